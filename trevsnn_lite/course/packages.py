"""What a chapter's set-up makes sure of: the library's version and data, and the packages that the
chapter needs beside torch and numpy."""

import importlib
import importlib.metadata
import json
import pathlib
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec

# Beside torch and numpy. Chapter 4 can do without spikingjelly.
EVERY = "matplotlib ipywidgets"
NEEDS = {
    "04": "spikingjelly",
    "11": "tqdm safetensors",
    "12": "tonic",
    "17": "onnx onnxruntime onnxscript tqdm safetensors",
}
# A version that pip takes as a constraint; a system's own packages may carry another kind.
PLAIN = re.compile(r"(\d+!)?\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?(\+[a-z0-9.]+)?")


def every() -> list[str]:
    """Names of all packages that some chapter needs, with those to open it: the one list behind the
    classroom's editions and their checks."""
    return list(dict.fromkeys(f"torch numpy jupyterlab {EVERY} {' '.join(NEEDS.values())}".split()))


def needs(chapter: str) -> str:
    """Names of the packages that chapter "03" needs beside torch and numpy, in one string."""
    return f"{EVERY} {NEEDS.get(chapter, '')}".strip()


def version() -> str | None:
    """The installed library's version, None in a checkout that is not installed."""
    try:
        return importlib.metadata.version("trevsnn-lite")
    except importlib.metadata.PackageNotFoundError:
        return None


def data_folder() -> pathlib.Path | None:
    """The checkout's folder data, or the copy of it that a wheel carries; None without either."""
    package = pathlib.Path(__file__).resolve().parents[1]
    places = (package.parent / "data", package / "_data")
    return next((place for place in places if (place / "MANIFEST.json").is_file()), None)


def in_checkout() -> bool:
    """Whether the library is used where it is developed, and not installed from a wheel."""
    folder = data_folder()
    return folder is not None and folder.name == "data"


def runs(chapter: str) -> int:
    """How often chapter "03" had been run when this library was made; 0 for an unknown one."""
    file = (data_folder() or pathlib.Path()) / "chapter_costs.json"
    records = json.loads(file.read_text("utf8")) if file.is_file() else {}
    return next((entry.get("run", 1) for name, entry in records.items() if name[:2] == chapter), 0)


def check_library(wanted: str | None, chapter: str | None = None, run: int = 0) -> None:
    """ImportError where the installed library is not of the version `wanted` (a label behind it,
    "+student", counts as the same), or is older than the chapter, whose run `run` it does not know;
    FileNotFoundError where files of its data are missing or cut off."""
    found = version()
    again = (
        "Remove it (%pip uninstall -y trevsnn-lite), restart the kernel and run this cell again, "
        "or in a checkout type make env; TREVSNN_WHEEL in the environment names a wheel."
    )
    if wanted and found and found.split("+")[0] != wanted:
        raise ImportError(
            f"This chapter belongs to trevsnn_lite {wanted}, and {found} is installed. {again}"
        )
    folder = data_folder()
    if folder and chapter and run > runs(chapter):
        raise ImportError(
            f"The installed trevsnn_lite {found or ''} is older than this chapter: it knows its "
            f"run {runs(chapter)}, and this is run {run}. {again}"
        )
    again = "Install the whole wheel, or restore the checkout's folder data."
    if folder is None:
        raise FileNotFoundError(
            "The installed trevsnn_lite has no data: there is no data/MANIFEST.json "
            f"beside it and no _data/MANIFEST.json in it. {again}"
        )
    sizes = {
        entry["name"]: entry["bytes"]
        for entry in json.loads((folder / "MANIFEST.json").read_text("utf8"))["files"]
    }
    for name, size in {**sizes, "expected.json": None}.items():
        came = (folder / name).stat().st_size if (folder / name).is_file() else None
        if came is None or size not in (None, came):
            raise FileNotFoundError(
                f"The data of the installed trevsnn_lite are not whole: {name} "
                f"{'is missing' if came is None else 'is cut off'}. {again}"
            )


def obtain(names: list[str]) -> str:
    """Install what is missing of `names`, and leave every package as it is that is there; in a
    checkout install nothing. "" where all are there, else a sentence that names those still
    missing."""
    missing = _missing(names)
    complaint = _install(missing) if missing and not in_checkout() else ""
    if complaint and len(missing) > 1:  # one that cannot be had keeps no other away
        complaint = max(_install([name]) for name in missing)
    importlib.invalidate_caches()
    missing = _missing(missing)
    return (
        f"Missing: {', '.join(missing)}. Cells that need it stop or say so: python -m pip "
        f"install {' '.join(missing)}{complaint}"
        if missing
        else ""
    )


def _missing(names: list[str]) -> list[str]:
    return [name for name in names if find_spec(name) is None]


def _install(names: list[str]) -> str:
    """pip's complaint, or ""."""
    held = "".join(
        f"{found.name}=={found.version}\n"
        for found in importlib.metadata.distributions()
        if found.name and PLAIN.fullmatch(found.version or "")
    )
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "held.txt")
        file.write_text(held, "utf8")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-color", "--retries=1"]
        done = subprocess.run([*pip, "-c", file, *names], capture_output=True, text=True)
    said = done.stderr.strip().splitlines() or ["nothing"]
    return f" (pip said: {said[-1]})" if done.returncode else ""
