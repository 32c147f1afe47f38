"""How an experiment is declared (`Experiment`), run arm by arm so that an interruption keeps the
finished arms (`carry_out`), and recorded (`Result`)."""

import hashlib
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from trevsnn_lite.data import ImageSet, load_images
from trevsnn_lite.experiments import plots
from trevsnn_lite.files import locked, make_folder, write_atomically
from trevsnn_lite.meters.memory import short_collections
from trevsnn_lite.reversible import ENGINE

SCALES = ("smoke", "cpu", "gpu")

TIMED = ("seconds", "cpu_seconds", "step_seconds", "spread", "inference", "times")
"""What another run on the same machine finds otherwise: kept apart in ID.json."""

COUNTED = ("parameters", "deployed", "layers", "macs", "memory", "peak", "kept") + (
    "bytes",
    "kept_bytes",
    "bytes_per_image",
)
"""What one engine finds alike on every machine with the same torch: a test counts it again."""


class Quoted(NamedTuple):
    """What the paper reports, and how far it has been checked that it does."""

    says: str
    status: str


@dataclass(frozen=True)
class Experiment:
    """One table or figure. Results are JSON values, so that a recorded run draws its figure and its
    verdict again."""

    title: str
    shows: str
    cannot: str
    """What the experiment does not show: printed beside every result."""
    paper: tuple[Quoted, ...]
    settings: Mapping[str, dict]
    """By scale: all that a run depends on beside its seed. "data" names the images; "train_images"
    and "test_images" how many."""
    arms: Callable[[dict, int], list[dict]]
    """(settings, first seed) -> the runs, each a flat dict; together with the settings they are the
    configuration."""
    measure: Callable[["Bench", dict], dict]
    """(bench, arm) -> what was measured."""
    table: Callable[[list[dict]], list[list[str]]]
    """The arms with what was measured -> header and rows."""
    verdict: Callable[[list[dict]], str]
    """The same -> one sentence that follows from the numbers."""
    draw: Callable[[list[dict]], object]
    """The same -> a figure of `plots`."""


@dataclass(frozen=True)
class Result:
    """What ID.json holds, under these names."""

    id: str
    title: str
    scale: str
    seed: int
    command: str
    machine: str
    versions: dict
    configuration_hash: str
    settings: dict
    paper: list
    cannot: str
    verdict: str
    table: list
    seconds: float
    cpu_seconds: float
    """Of the processor, on all threads: close to the seconds that a quiet machine takes with one
    thread."""
    arms: list
    engine: int | None = None
    """`ENGINE` of the library that measured; None in records from before it was noted."""
    small: list | None = None
    """What that engine counts at smoke scale, by arm: `counted` of its arms. Of cpu runs."""

    def text(self) -> str:
        """The table, the paper's numbers beside it, the verdict, and what is not shown."""
        lengths = [
            max(len(row[column]) for row in self.table) for column in range(len(self.table[0]))
        ]
        rows = [
            "  ".join(cell.ljust(length) for cell, length in zip(row, lengths)).rstrip()
            for row in self.table
        ]
        quoted = [f"The paper: {says} [{status}]" for says, status in self.paper]
        about = (
            f"{self.scale} scale, {self.seconds:.0f} s ({self.cpu_seconds:.0f} s of processor "
            f"time) on {self.machine}"
        )
        return "\n".join(
            [
                self.title,
                "",
                rows[0],
                "-" * len(rows[0]),
                *rows[1:],
                "",
                *quoted,
                f"Here: {self.verdict}",
                f"Not shown: {self.cannot}",
                f"({about})",
            ]
        )


class Bench:
    """What an arm is measured with: settings, device, images, and the arm's own folder, for what it
    writes on its way and removes."""

    def __init__(
        self, settings: dict, device: str = "cpu", progress: bool = False, download: bool = False
    ):
        self.settings, self.device, self.progress, self.download = (
            settings,
            device,
            progress,
            download,
        )
        self.folder: Path | None = None

    @cached_property
    def images(self) -> tuple[ImageSet, ImageSet]:
        """Training and test images: the first of each class, as many of each."""
        return tuple(self._take(split) for split in ("train", "test"))

    def _take(self, split: str) -> ImageSet:
        images = load_images(self.settings["data"], split, download=self.download)
        each = self.settings[f"{split}_images"] // len(images.class_names)
        return images.take(
            np.concatenate(
                [
                    np.flatnonzero(images.labels == label)[:each]
                    for label in range(len(images.class_names))
                ]
            )
        )


def configuration_hash(experiment: Experiment, scale: str, seed: int) -> str:
    """Twelve digits that change with the settings or with any arm: a recorded run with others is
    not the code's."""
    settings = experiment.settings[scale]
    return _hash([settings, experiment.arms(settings, seed)])


def carry_out(
    id: str,
    experiment: Experiment,
    scale: str,
    seed: int,
    out_dir: Path,
    device: str,
    progress: bool,
    download: bool,
) -> Result:
    """Measure the arms that `out_dir` does not hold yet, then write ID.json, ID.png and ID.svg
    there."""
    plots.require_matplotlib()
    with locked(out_dir), short_collections():
        return _carry_out(id, experiment, scale, seed, out_dir, device, progress, download)


def _carry_out(
    id: str,
    experiment: Experiment,
    scale: str,
    seed: int,
    out_dir: Path,
    device: str,
    progress: bool,
    download: bool,
) -> Result:
    settings, kept = experiment.settings[scale], out_dir / "arms"
    make_folder(kept)
    arms, done, spent = experiment.arms(settings, seed), [], 0.0
    alike = {
        name: value for name, value in settings.items() if name != "seeds"
    }  # more seeds leave the arms of the others as they are
    bench = Bench(settings, device, progress and scale == "gpu", download)
    try:
        for arm in arms:
            name = f"{id}-{_hash([alike, arm, device, ENGINE])}.json"
            done.append(_measured(experiment, bench, arm, kept / name))
            spent += done[-1]["seconds"]
            if progress:
                left = spent / len(done) * (len(arms) - len(done))
                print(
                    f"[{len(done)}/{len(arms)}] {_name(arm)}: {done[-1]['seconds']:.1f} "
                    f"s, about {left:.0f} s left",
                    flush=True,
                )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"Stopped with {len(done)} of {len(arms)} arms done; {kept} keeps them, and "
            "the same command goes on."
        ) from None
    option = "" if device == "cpu" else f" --device {device}"
    result = Result(
        id=id,
        title=experiment.title,
        scale=scale,
        seed=seed,
        command=f"python -m trevsnn_lite run {id} --scale {scale} --seed {seed}{option}",
        machine=_machine(device),
        versions=_versions(),
        configuration_hash=configuration_hash(experiment, scale, seed),
        settings=_as_json(settings),
        paper=_as_json(experiment.paper),
        cannot=experiment.cannot,
        verdict=experiment.verdict(done),
        table=experiment.table(done),
        seconds=round(spent, 1),
        cpu_seconds=round(sum(arm["cpu_seconds"] for arm in done), 1),
        arms=done,
        engine=ENGINE,
        small=_at_smoke_scale(experiment, seed, device) if scale == "cpu" else None,
    )
    with plots.style():
        drawn = experiment.draw(done)
    for kind in ("png", "svg"):
        write_atomically(out_dir / f"{id}.{kind}", plots.image(drawn, kind))
    write_atomically(out_dir / f"{id}.json", _text(_parted(asdict(result))).encode())
    return result


def _at_smoke_scale(experiment: Experiment, seed: int, device: str) -> list[dict]:
    settings = experiment.settings["smoke"]
    bench, found = Bench(settings, device), []
    with tempfile.TemporaryDirectory() as folder:
        for arm in experiment.arms(settings, seed):
            bench.folder = Path(folder) / "arm"
            found.append({**arm, **experiment.measure(bench, arm)})
    return counted(_as_json(found))


def counted(arms: list[dict]) -> list[dict]:
    """Of each arm what is named in `COUNTED`, in its place."""
    return [_chosen(arm, COUNTED) or {} for arm in arms]


def _chosen(value, names: tuple[str, ...]):
    """The parts of nested dicts and lists that stand under one of the names; None where none do."""
    if isinstance(value, dict):
        parts = {
            name: part if name in names else _chosen(part, names) for name, part in value.items()
        }
        return {name: part for name, part in parts.items() if part is not None} or None
    if isinstance(value, list):
        parts = [_chosen(part, names) for part in value]
        return parts if any(part is not None for part in parts) else None
    return None


def _without(value, names: tuple[str, ...]):
    """The rest: nested dicts and lists without what stands under one of the names."""
    if isinstance(value, dict):
        return {name: _without(part, names) for name, part in value.items() if name not in names}
    return [_without(part, names) for part in value] if isinstance(value, list) else value


def _together(value, more):
    """What `_without` and `_chosen` took apart."""
    if isinstance(value, dict) and isinstance(more, dict):
        ours = {name: _together(part, more.get(name)) for name, part in value.items()}
        return ours | {name: part for name, part in more.items() if name not in ours}
    if isinstance(value, list) and isinstance(more, list):
        return [_together(*pair) for pair in zip(value, more, strict=True)]
    return value


def _parted(record: dict) -> dict:
    """A record as it is written: "arms" holds what follows from code, data and seed, "timed" what a
    clock said, arm by arm."""
    arms = record["arms"]
    timed = [_chosen(arm, TIMED) or {} for arm in arms]
    return {**record, "arms": [_without(arm, TIMED) for arm in arms], "timed": timed}


def load_result(path: str | Path) -> Result:
    """The result that `carry_out` wrote. Raises FileNotFoundError where there is none, ValueError
    for another file."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist, or is no file; expected a record's JSON.")
    try:
        record = json.loads(path.read_text("utf8"))
        if "timed" in record:  # since engine 3; older records hold both in one
            record["arms"] = _together(record["arms"], record.pop("timed"))
        known = {"engine": None, "small": None} | record
        return Result(**{field.name: known[field.name] for field in fields(Result)})
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is truncated or no recorded experiment, expected one that `run` wrote "
            f"({error!r})."
        ) from None


def _measured(experiment: Experiment, bench: Bench, arm: dict, file: Path) -> dict:
    """The arm with what was measured and the seconds it took: from its file, else measured and
    written there."""
    if file.exists():
        return json.loads(file.read_text("utf8"))
    started, cpu_started = time.perf_counter(), time.process_time()
    bench.folder = file.with_suffix("")
    found = experiment.measure(bench, arm)
    measured = _as_json(
        {
            **arm,
            **found,
            "seconds": round(time.perf_counter() - started, 2),
            "cpu_seconds": round(time.process_time() - cpu_started, 2),
        }
    )
    write_atomically(file, json.dumps(measured).encode())
    return measured


def _name(arm: dict) -> str:
    return ", ".join(f"{name} {value}" for name, value in arm.items())


def _hash(value) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def _as_json(value):
    """Tuples as lists, as they come back from a file."""
    return json.loads(json.dumps(value))


def _text(record: dict) -> str:
    """JSON with one arm and one row a line, so that two records can be compared by eye."""
    parts = []
    for name, value in record.items():
        lines = isinstance(value, list) and value and isinstance(value[0], (dict, list))
        shown = (
            "[\n  " + ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n ]"
            if lines
            else json.dumps(value, ensure_ascii=False)
        )
        parts.append(f" {json.dumps(name)}: {shown}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _versions() -> dict:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def _machine(device: str) -> str:
    """In general words: nothing that names one machine."""
    threads = torch.get_num_threads()
    cpu = (
        f"{os.cpu_count()}-core {platform.machine().replace('_', '-')} CPU, {threads} "
        f"thread{'s' * (threads > 1)}"
    )
    return (
        cpu
        if torch.device(device).type != "cuda"
        else f"{torch.cuda.get_device_name(device)}, {cpu}"
    )
