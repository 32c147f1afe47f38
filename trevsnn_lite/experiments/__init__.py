"""Recomputing the paper: one experiment for each of its tables and figures, at three scales, each
with its controls and a verdict from its own numbers.

    python -m trevsnn_lite run --list
    python -m trevsnn_lite run levels --scale cpu

To add one: write a file here that ends in `EXPERIMENT = Experiment(...)` (see `record.Experiment`;
`levels` is the shortest), and add a line to EXPERIMENTS.
Scales: "smoke" takes seconds and shows nothing but that it runs; "cpu" at most 15 minutes on two
cores, and its
recorded run lies in data/runs/ID.json, a copy of runs/ID-cpu/ID.json that a test holds to the
code's configuration; "gpu" is written for one large GPU and takes
hours. Every number that a run depends on stands in the experiment's `settings`, or is the seed."""

import textwrap
from pathlib import Path

import torch

from trevsnn_lite.experiments import plots

from . import (
    counts,
    departures,
    fig_2,
    levels,
    motion,
    released,
    table_1,
    table_2,
    table_3,
    table_4,
    table_5,
    table_6,
)
from .record import SCALES, Experiment, Result, carry_out, configuration_hash, load_result

__all__ = [
    "EXPERIMENTS",
    "SCALES",
    "Experiment",
    "Result",
    "configuration_hash",
    "draw",
    "listing",
    "load_result",
    "run",
]

EXPERIMENTS: dict[str, Experiment] = {
    "fig-2": fig_2.EXPERIMENT,
    "table-1": table_1.EXPERIMENT,
    "table-2": table_2.EXPERIMENT,
    "table-3": table_3.EXPERIMENT,
    "table-4": table_4.EXPERIMENT,
    "table-5": table_5.EXPERIMENT,
    "table-6": table_6.EXPERIMENT,
    "levels": levels.EXPERIMENT,
    "departures": departures.EXPERIMENT,
    "motion": motion.EXPERIMENT,
    "released": released.EXPERIMENT,
    "counts": counts.EXPERIMENT,
}


def run(
    id: str,
    scale: str = "cpu",
    seed: int = 0,
    out_dir: str | Path | None = None,
    progress: bool = True,
    *,
    device: str | None = None,
    download: bool = False,
) -> Result:
    """Run an experiment; print its table and verdict; write ID.json, ID.png and ID.svg to `out_dir`
    (default: runs/ID-scale).

    `seed` is the first of the experiment's seeds. Arms that `out_dir` holds from an interrupted run
    are not measured again. `device`: "cuda" at gpu
    scale, else "cpu", unless named. `download` fetches missing images. Raises ValueError for an
    unknown id, scale or device, ImportError without matplotlib."""
    experiment = _find(id)
    if scale not in SCALES:
        raise ValueError(f"scale is {scale!r}, expected one of {', '.join(SCALES)}.")
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed is {seed!r}, expected a whole number of at least 0.")
    device = device or ("cuda" if scale == "gpu" else "cpu")
    if torch.device(device).type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device is {device!r}, expected cpu here: torch finds no GPU.")
    result = carry_out(
        id,
        experiment,
        scale,
        seed,
        Path(out_dir or Path("runs") / f"{id}-{scale}"),
        device,
        progress,
        download,
    )
    print(result.text(), flush=True)
    return result


def draw(result: Result):
    """The figure of a result, also recorded: draw(load_result("data/runs/levels.json"))."""
    plots.require_matplotlib()
    with plots.style():
        return _find(result.id).draw(result.arms)


def listing() -> str:
    """What each experiment shows, and what it cannot."""
    parts = []
    for id, experiment in EXPERIMENTS.items():
        parts += [
            f"{id}: {experiment.title}",
            _indented("shows:  " + experiment.shows),
            _indented("cannot: " + experiment.cannot),
            "",
        ]
    return "\n".join(parts).rstrip()


def _indented(text: str) -> str:
    return textwrap.fill(text, 120, initial_indent="  ", subsequent_indent=" " * 10)


def _find(id: str) -> Experiment:
    if id not in EXPERIMENTS:
        raise ValueError(f"experiment is {id!r}, expected one of {', '.join(EXPERIMENTS)}.")
    return EXPERIMENTS[id]
