"""One run of the benchmark as one JSON record, its table, and its figures."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from trevsnn_lite.experiments import plots
from trevsnn_lite.files import write_atomically

from . import measure
from .networks import METHODS
from .rows import Progress, free, on_cuda
from .settings import chosen

SCHEMA = "trevsnn_lite bench 3"
SECTIONS = (
    "training",
    "spikingjelly",
    "equal_parameters",
    "gpu",
)  # whose rows are `rows.rows_of`'s


def bench(
    quick: bool = False,
    seed: int = 0,
    device: str = "cpu",
    out: str | Path | None = None,
    note: str = "",
    progress: bool = True,
) -> dict:
    """Measure, and return the record; with `out` write it there (JSON) and its figures beside it
    (PNG and SVG). note: what a reader of the numbers must know.

    Times on the CPU are the processor's, of all threads. A method that fails, for lack of memory or
    otherwise, is a row that says so; a section that fails, or for
    which no time is left (settings' `limit_s`), is named in `failed`. Raises ImportError where
    SpikingJelly or matplotlib is missing, before anything is measured."""
    from trevsnn_lite.baselines import peers

    peers.at_rest(torch.nn.Identity())
    if out is not None:
        plots.require_matplotlib()
    settings, load = chosen(quick, device), _load()
    run = Progress(settings["limit_s"], progress)
    sections, failed = _measured(settings, seed, device, run)
    rows = sections.pop("training") or []
    gpu = sections.pop("mixed") + sections.pop("compiled")
    record = {
        "schema": SCHEMA,
        "command": _command(quick, seed, device),
        "seed": seed,
        "note": note,
        "machine": _machine(device),
        "versions": _versions(device),
        "arithmetic": _arithmetic(),
        "settings": settings,
        "training": rows,
        "slopes": measure.slopes(rows),
        **sections,
        "gpu": gpu,
        "failed": failed,
    }
    record["machine"] |= {"load_before": load, "load_after": _load()}
    record["seconds"] = round(run.seconds, 1)
    record = json.loads(json.dumps(record))
    if out is not None:
        _write(record, Path(out))
    return record


def _measured(settings: dict, seed: int, device: str, run: Progress) -> tuple[dict, dict[str, str]]:
    """({section: what it gives, or an empty list}, {section: why it is missing})."""
    found, failed = {}, {}
    for name in measure.SECTIONS:
        found[name] = []
        try:
            if run.late:
                failed[name] = run.late
            else:
                found[name] = getattr(measure, name)(settings, seed, device, run)
        except Exception as error:  # minutes on a lent machine are not lost for one section
            failed[name] = f"{type(error).__name__}: {error}"
        if name in failed:
            run.say(f"{name} failed: {failed[name]}")
        free(device)
    return found, failed


def table(record: dict) -> str:
    """All rows as plain text."""
    lines = [
        f"{record['machine']['description']}, load {record['machine']['load_before']} to "
        f"{record['machine']['load_after']}; {record['note'] or 'no note'}"
    ]
    lines += [_line(row) for section in SECTIONS for row in record[section]]
    lines += [
        f"{row['network']} {row['size']}  {row['method']:11} keeps "
        f"{row['bytes_per_image_and_step'] / 2**10:8.1f} kB more an image at each step"
        for row in record["slopes"]
    ]
    lines += [
        f"inference, {row['network'] + ', merged' * row['merged']:16} T = {row['T']}  "
        f"{row['images_per_second']:8.1f} images/s  {row['seconds_over_T1']:.2f} x T = 1"
        for row in record["inference"]
    ]
    lines += [
        f"{row['network']}, T = {row['T']:2}  {row['method']:11} gradients within "
        f"{row['gradient_error']:.1e} of store's"
        for row in record["exactness"]
    ]
    return "\n".join(lines + [f"{name} failed: {why}" for name, why in record["failed"].items()])


def _line(row: dict) -> str:
    named = f"{row['network'] + ' ' + row['size']:30} T = {row['T']:2}  {row['method']:20}"
    if row["seconds"] is None:
        return f"{named} {'out of memory' if row.get('out_of_memory') else row['error']}"
    told = (
        f"{named} {row['seconds']:8.4f} s  {row['images_per_second']:8.1f} images/s  "
        f"{row['peak_bytes_per_image'] / 2**20:8.3f} MB/image"
    )
    told += f"  {row['cuda_peak_bytes'] / 2**30:6.2f} GB in all" if "cuda_peak_bytes" in row else ""
    if row.get("seconds_over_store") is not None:
        told += f"  {row['seconds_over_store']:5.2f} x store"
    return told + (
        f"  gradients within {row['gradient_error']:.1e} of store's, first call "
        f"{row['first_seconds']:.1f} s"
        if "gradient_error" in row
        else ""
    )


def figure(record: dict):
    """Peak memory and step time against T for each method, at the size with most T; to be called
    inside `plots.style()`."""
    size, networks = (
        max(
            record["settings"]["sizes"],
            key=lambda name: len(record["settings"]["sizes"][name]["T"]),
        ),
        record["settings"]["networks"],
    )
    clock, all_steps = record["machine"]["clock"], record["settings"]["sizes"][size]["T"]
    drawn, axes = plots.figure(2, len(networks))
    for column, network in enumerate(networks):
        measured = [
            row
            for row in record["training"]
            if (row["network"], row["size"]) == (network, size) and row["seconds"] is not None
        ]
        for colour, method in enumerate(METHODS):
            rows = [row for row in measured if row["method"] == method]
            steps = [row["T"] for row in rows]
            plots.band(
                axes[0][column],
                steps,
                [[row["peak_bytes_per_image"] / 2**20 for row in rows]],
                method,
                colour,
            )
            plots.band(axes[1][column], steps, [[row["seconds"] for row in rows]], method, colour)
        axes[0][column].set(
            title=f"{network}, {size}",
            ylabel="peak memory, MB an image",
            yscale="log",
            xscale="log",
        )
        axes[1][column].set(xlabel="T", ylabel=f"step, s ({clock})", yscale="log", xscale="log")
        for axis in (axes[0][column], axes[1][column]):
            axis.set_xticks(all_steps, [str(t) for t in all_steps])
            axis.minorticks_off()
    axes[0][0].legend()
    return drawn


def _write(record: dict, out: Path) -> None:
    parts = []
    for name, value in record.items():
        lines = isinstance(value, list) and value
        shown = (
            "[\n  " + ",\n  ".join(json.dumps(item) for item in value) + "\n ]"
            if lines
            else json.dumps(value)
        )
        parts.append(f" {json.dumps(name)}: {shown}")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, ("{\n" + ",\n".join(parts) + "\n}\n").encode())
    with plots.style():
        drawn = figure(record)
    for kind in ("png", "svg"):
        write_atomically(out.with_suffix(f".{kind}"), plots.image(drawn, kind))


def _command(quick: bool, seed: int, device: str) -> str:
    return (
        "python -m trevsnn_lite bench"
        + " --quick" * quick
        + f" --seed {seed}"
        + (f" --device {device}" if device != "cpu" else "")
    )


def _load() -> float | None:
    """Processes that ran or waited for a processor, on average over the last minute; None where the
    system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _machine(device: str) -> dict:
    threads = torch.get_num_threads()
    described = (
        f"{os.cpu_count()}-core {platform.machine().replace('_', '-')} CPU, {threads} "
        f"thread{'s' * (threads > 1)}"
    )
    if not on_cuda(device):
        return {"description": described, "threads": threads, "clock": "processor time"}
    gpu = torch.cuda.get_device_properties(device)
    about = {
        "name": gpu.name,
        "memory_bytes": gpu.total_memory,
        "multiprocessors": gpu.multi_processor_count,
        "capability": f"{gpu.major}.{gpu.minor}",
    }
    return {
        "description": f"{gpu.name}, {described}",
        "threads": threads,
        "clock": "wall clock, synchronised",
        "gpu": about,
    }


def _arithmetic() -> dict:
    """How the GPU rounds and chooses its kernels: torch's settings, which this benchmark leaves as
    they are."""
    cudnn = torch.backends.cudnn
    return {
        "tf32_in_convolutions": cudnn.allow_tf32,
        "tf32_in_matrix_products": torch.backends.cuda.matmul.allow_tf32,
        "cudnn_benchmark": cudnn.benchmark,
        "cudnn_deterministic": cudnn.deterministic,
    }


def _versions(device: str) -> dict:
    found = {"python": platform.python_version(), "torch": torch.__version__}
    if on_cuda(device):
        driver = getattr(
            torch._C, "_cuda_getDriverVersion", lambda: None
        )()  # the newest CUDA that the driver runs: 13000 is 13.0
        found |= {
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "cuda_of_the_driver": driver,
        }
    for package in ("spikingjelly", "trevsnn_lite", *(("triton",) if on_cuda(device) else ())):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
