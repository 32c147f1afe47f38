"""One run of the benchmark as one JSON record, its table, and its figures."""

import json
import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from trevsnn_lite import plots
from trevsnn_lite.training.checkpoints import write_atomically

from . import measure

SCHEMA = "trevsnn_lite bench 1"
BASE, SMALL, LARGE, TINY = (32, 64, 128, 192), (16, 32, 64, 96), (48, 96, 192, 288), (4, 6, 8, 8)
SETTINGS = {
    "full": {
        "networks": ["released", "paper"], "images": 16, "rounds": 7, "all_rounds_up_to": 4, "peer_rounds": 5, "inference_rounds": 15,
        "sizes": {"small": (SMALL, 64, (4,)), "base": (BASE, 64, (2, 4, 8, 16, 32)), "large": (LARGE, 64, (4,))},
        "peer_size": (BASE, 64), "peer_T": [4, 16], "zoo": ["ms-resnet-10", "sdt-2-256"],
    },
    "quick": {
        "networks": ["released", "paper"], "images": 2, "rounds": 2, "all_rounds_up_to": 8, "peer_rounds": 2, "inference_rounds": 2,
        "sizes": {"tiny": (TINY, 32, (2, 4))}, "peer_size": (TINY, 32), "peer_T": [4], "zoo": [],
    },
}  # fmt: skip


def bench(quick: bool = False, seed: int = 0, device: str = "cpu", out: str | Path | None = None, note: str = "", progress: bool = True) -> dict:
    """Measure, and return the record; with `out` write it there (JSON) and its figures beside it (PNG and SVG). note: what a reader of the numbers must know.

    Times on the CPU are the processor's, of all threads. Raises ImportError where SpikingJelly or matplotlib is missing, before anything is measured."""
    from trevsnn_lite import peers

    peers.at_rest(torch.nn.Identity())
    if out is not None:
        plots.require_matplotlib()
    settings, started, load = SETTINGS["quick" if quick else "full"], time.perf_counter(), _load()

    def say(line: str) -> None:
        if progress:
            print(f"[{time.perf_counter() - started:4.0f} s] {line}", flush=True)

    rows, limits = measure.training(settings, seed, device, say)
    record = {
        "schema": SCHEMA, "command": _command(quick, seed, device), "seed": seed, "note": note, "machine": _machine(device), "versions": _versions(), "settings": settings,
        "training": rows, "limits": limits, "slopes": measure.slopes(rows), "spikingjelly": measure.spikingjelly(settings, seed, device, say),
        "equal_parameters": measure.equal_parameters(settings, seed, device, say), "inference": measure.inference(settings, seed, device, say),
        "gpu": measure.on_gpu(settings, seed, device, say),
    }  # fmt: skip
    record["machine"] |= {"load_before": load, "load_after": _load()}
    record["seconds"] = round(time.perf_counter() - started, 1)
    record = json.loads(json.dumps(record))
    if out is not None:
        _write(record, Path(out))
    return record


def table(record: dict) -> str:
    """All rows as plain text."""
    lines = [f"{record['machine']['description']}, load {record['machine']['load_before']} to {record['machine']['load_after']}; {record['note'] or 'no note'}"]
    for section in ("training", "spikingjelly", "equal_parameters", "gpu"):
        for row in record[section]:
            ratios = "".join(f"  {row[key]:5.2f} {text}" for key, text in (("seconds_over_store", "x store"), ("seconds_over_floor", "x floor")) if key in row)
            name = f"{row['network']} {row['size']}"
            lines.append(f"{name:30} T = {row['T']:2}  {row['method']:18} {row['seconds']:8.4f} s  {row['images_per_second']:8.1f} images/s  {row['peak_bytes_per_image'] / 2**20:8.3f} MB/image{ratios}")
    lines += [f"{row['network']} {row['size']}  {row['method']:11} keeps {row['bytes_per_image_and_step'] / 2**10:8.1f} kB more an image at each step" for row in record["slopes"]]
    lines += [f"inference, {row['network'] + ', merged' * row['merged']:16} T = {row['T']}  {row['images_per_second']:8.1f} images/s  {row['seconds_over_T1']:.2f} x T = 1" for row in record["inference"]]
    return "\n".join(lines)


def figure(record: dict):
    """Peak memory and step time against T for each method, at the size with most T; to be called inside `plots.style()`."""
    sizes = [row["size"] for row in record["training"]]
    size, networks = max(sizes, key=sizes.count), record["settings"]["networks"]
    drawn, axes = plots.figure(2, len(networks))
    for column, network in enumerate(networks):
        chosen = [row for row in record["training"] if (row["network"], row["size"]) == (network, size)]
        for colour, method in enumerate(dict.fromkeys(row["method"] for row in chosen)):
            rows = [row for row in chosen if row["method"] == method]
            steps = [row["T"] for row in rows]
            plots.band(axes[0][column], steps, [[row["peak_bytes_per_image"] / 2**20 for row in rows]], method, colour)
            plots.band(axes[1][column], steps, [[row["seconds"] for row in rows]], method, colour)
        axes[0][column].set(title=f"{network}, {size}", ylabel="peak memory, MB an image", yscale="log", xscale="log")
        axes[1][column].set(xlabel="T", ylabel="step, s of the processor", yscale="log", xscale="log")
        for axis in (axes[0][column], axes[1][column]):
            axis.set_xticks(steps, [str(t) for t in steps])
            axis.minorticks_off()
    axes[0][0].legend()
    return drawn


def _write(record: dict, out: Path) -> None:
    parts = []
    for name, value in record.items():
        lines = isinstance(value, list) and value
        shown = "[\n  " + ",\n  ".join(json.dumps(item) for item in value) + "\n ]" if lines else json.dumps(value)
        parts.append(f" {json.dumps(name)}: {shown}")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, ("{\n" + ",\n".join(parts) + "\n}\n").encode())
    with plots.style():
        drawn = figure(record)
    for kind in ("png", "svg"):
        write_atomically(out.with_suffix(f".{kind}"), plots.image(drawn, kind))


def _command(quick: bool, seed: int, device: str) -> str:
    return "python -m trevsnn_lite bench" + " --quick" * quick + f" --seed {seed}" + (f" --device {device}" if device != "cpu" else "")


def _load() -> float | None:
    """Processes that ran or waited for a processor, on average over the last minute; None where the system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _machine(device: str) -> dict:
    threads = torch.get_num_threads()
    described = f"{os.cpu_count()}-core {platform.machine().replace('_', '-')} CPU, {threads} thread{'s' * (threads > 1)}"
    if torch.device(device).type == "cuda":
        described = f"{torch.cuda.get_device_name(device)}, {described}"
    return {"description": described, "threads": threads, "clock": "wall" if torch.device(device).type == "cuda" else "processor time"}


def _versions() -> dict:
    found = {"python": platform.python_version(), "torch": torch.__version__}
    for package in ("spikingjelly", "trevsnn_lite"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
