"""What people see of a run: log.csv with a row an epoch, a progress bar, and a line an epoch."""

import csv
import io
import sys
import warnings
from pathlib import Path

from trevsnn_lite.files import write_atomically

COLUMNS = (
    "epoch",
    "lr",
    "train_loss",
    "train_accuracy",
    "test_accuracy",
    "ema_test_accuracy",
    "seconds",
)


class Log:
    """log.csv of one run: a view of the history, which the checkpoint holds."""

    def __init__(self, path: Path):
        self.path, self.warned = path, False

    def write(self, history: list[dict]) -> None:
        """The whole log as CSV, replaced at once; None becomes an empty cell.

        A log that cannot be replaced (a spreadsheet has it open, a folder has its name) ends no
        run: it warns once, and the next epoch writes all rows again."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
        try:
            write_atomically(self.path, text.getvalue().encode())
        except OSError as error:
            if not self.warned:
                warnings.warn(
                    f"{error} The run goes on: its checkpoint holds the rows, and each later epoch "
                    "(or --resume) tries to write them all.",
                    stacklevel=2,
                )
            self.warned = True


def progress_bar(title: str, steps: int, done: int, progress: bool):
    """tqdm's bar on stderr; none where stderr is closed or no terminal, or `progress` is off."""
    try:
        from tqdm import tqdm
    except ImportError:
        raise ImportError("progress needs the package tqdm: pip install tqdm.") from None
    shown = progress and sys.stderr is not None and not sys.stderr.closed
    return tqdm(desc=title, total=steps, initial=done, leave=False, disable=None if shown else True)


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
