"""What each memory strategy costs on the cell of the page book/your_own_network.md, measured on the
page's own code, and the table of the page: `python -m tools.own_network`."""

import json
import os
import pathlib
import platform
import re
import sys
import time
import warnings

import torch
from torch.nn.functional import cross_entropy

from tools.pages import write
from trevsnn_lite import __version__, reversible
from trevsnn_lite.meters.memory import step_memory
from trevsnn_lite.meters.time import side_by_side

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "book/your_own_network.md"
RECORD = ROOT / "data/own_network.json"
WIDTHS, SIZE, BATCH, STEPS, ROUNDS = (2, 32, 64), 64, 8, (4, 16, 64), 9
TABLE = re.compile(r"(<!-- table -->\n).*?(?=<!-- /table -->)", re.DOTALL)
FAR = (
    "reversible"  # does not hold as far as the others: weighed and timed at the fewest steps alone
)

KEEPS = {
    "store": "the graph of every step",
    "recompute": "each potential as it is, 32 bits",
    "reversible": "nothing",
    "taped": "1 to 8 bits of each potential, and its spike for a soft reset",
}
RESETS = {"store": "any", "recompute": "any", "reversible": "none", "taped": "none, soft"}
NOT_WHEN = {
    "store": "it does not fit into memory",
    "recompute": "T is large: what it keeps grows with T",
    "reversible": "T or 1/decay is large: rounding grows by 1/decay a step. It warns; it "
    "shows the paper's claim as it stands",
    "taped": "decays come near 0, or a reset is hard: `recompute` then. The default",
}


def blocks(page: str, language: str = "python") -> list[str]:
    """The code blocks of a page's Markdown, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def gated(seed: int = 0) -> reversible.Cell:
    """The page's first cell, with soft reset off so that every strategy can run it."""
    names = {}
    exec(blocks(PAGE.read_text("utf8"))[0], names)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        cell = names["Gated"](WIDTHS)
    cell.reset = "none"
    return cell


def steps_of(cell: reversible.Cell, steps: int, seed: int = 0) -> dict:
    """A training step by each strategy on the same frames; gradients are dropped before it."""
    random = torch.Generator().manual_seed(seed)
    frames = torch.randn(steps, BATCH, WIDTHS[0], SIZE, SIZE, generator=random)
    labels = torch.randint(0, 10, (BATCH,), generator=random)

    def step(memory: str) -> None:
        cell.zero_grad()
        logits, _ = reversible.run(cell, frames, steps, memory=memory)
        cross_entropy(logits.mean(0), labels).backward()

    return {
        memory: lambda memory=memory: step(memory)
        for memory in reversible.MEMORY_STRATEGIES
        if memory != FAR or steps == min(STEPS)
    }


def peaks(steps: int) -> dict[str, float]:
    """Bytes an image that a training step holds at its peak, by strategy."""
    cell, found = gated(), {}
    for memory, step in steps_of(cell, steps).items():
        step()
        cell.zero_grad()
        found[memory] = step_memory(step).peak / BATCH
    return found


def measured() -> dict:
    """The record: peak memory and processor time of a training step, by strategy and T."""
    load = round(os.getloadavg()[0], 2)
    rows = []
    for steps in STEPS:
        times = side_by_side(steps_of(gated(), steps), ROUNDS, clock=time.process_time)
        rows += [
            {
                "T": steps,
                "memory": memory,
                "peak_bytes_per_image": peak,
                "seconds": times[memory].median,
                "times_store": times[memory].over(times["store"]),
            }
            for memory, peak in peaks(steps).items()
        ]
    return {
        "command": "python -m tools.own_network",
        "cell": f"Gated({WIDTHS}) of book/your_own_network.md, reset none",
        "settings": {"batch": BATCH, "size": SIZE, "rounds": ROUNDS, "clock": "processor time"},
        "machine": {
            "description": f"{os.cpu_count()}-core {platform.machine().replace('_', '-')} CPU, "
            f"{torch.get_num_threads()} thread",
            "load_before": load,
            "load_after": round(os.getloadavg()[0], 2),
        },
        "versions": {"torch": torch.__version__, "trevsnn_lite": __version__},
        "engine": reversible.ENGINE,
        "rows": rows,
    }


def table(record: dict) -> str:
    """The page's two tables, what and how much, in Markdown."""
    names = reversible.MEMORY_STRATEGIES
    found = {(row["memory"], row["T"]): row for row in record["rows"]}
    what = ["| `memory=` | keeps of a neuron and step | resets | not when |", "|---|---|---|---|"]
    what += [f"| `{name}` | {KEEPS[name]} | {RESETS[name]} | {NOT_WHEN[name]} |" for name in names]
    head = [f"MB, T = {steps}" for steps in STEPS] + [f"time, T = {steps}" for steps in STEPS]
    much = [f"| `memory=` | {' | '.join(head)} |", "|---" + "|--:" * len(head) + "|"]
    for name in names:
        rows = [found.get((name, steps)) for steps in STEPS]
        cells = [f"{row['peak_bytes_per_image'] / 1e6:.2f}" if row else "-" for row in rows]
        cells += [f"{row['times_store']:.2f}" if row else "-" for row in rows]
        much.append(f"| `{name}` | {' | '.join(cells)} |")
    machine, settings = record["machine"], record["settings"]
    note = (
        f"Measured by `{record['command']}` on the cell above, widths {WIDTHS[1]} and {WIDTHS[2]}, "
        f"without its reset, on {settings['size']} x {settings['size']} frames: the most that a "
        f"training step holds for an image, and its processor time over that of `store`, median of "
        f"{settings['rounds']} rounds on a {machine['description']} under other load "
        f"({machine['load_before']:.0f} processes)."
    )
    return "\n".join([*what, "", note, "", *much]) + "\n"


def filled(page: str, record: dict) -> str:
    """The page with the table of the record."""
    return TABLE.sub(lambda found: found[1] + table(record), page)


def main() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", reversible.ReconstructionWarning)
        record = measured()
    write(RECORD, json.dumps(record, indent=1) + "\n")
    write(PAGE, filled(PAGE.read_text("utf8"), record))
    print(table(record))
    return 0


if __name__ == "__main__":
    sys.exit(main())
