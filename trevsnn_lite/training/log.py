"""What people see of a run: log.csv with one row an epoch, a progress bar, and one line an epoch."""

import csv
import io
from pathlib import Path

from .checkpoints import write_atomically

COLUMNS = (
    "epoch",
    "lr",
    "train_loss",
    "train_accuracy",
    "test_accuracy",
    "ema_test_accuracy",
    "seconds",
)


def write_log(path: Path, history: list[dict]) -> None:
    """The whole log as CSV, replaced at once: the checkpoint holds the history, the file is a view
    of it. None becomes an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_atomically(path, text.getvalue().encode())


def progress_bar(title: str, steps: int, done: int, progress: bool):
    """tqdm's bar on stderr; none where stderr is no terminal or `progress` is off."""
    try:
        from tqdm import tqdm
    except ImportError:
        raise ImportError("progress needs the package tqdm: pip install tqdm.") from None
    return tqdm(
        desc=title, total=steps, initial=done, leave=False, disable=None if progress else True
    )


def sentence(row: dict, epochs: int) -> str:
    """One row of the history in words."""
    tests = {"test": row["test_accuracy"], "averaged weights": row["ema_test_accuracy"]}
    tested = "".join(
        f"  {name} {100 * value:.2f}%" for name, value in tests.items() if value is not None
    )
    return (
        f"epoch {row['epoch']}/{epochs}  {row['seconds']:.1f} s  loss {row['train_loss']:.4f} "
        f" train {100 * row['train_accuracy']:.2f}%{tested}"
    )
