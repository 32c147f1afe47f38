"""What a chapter's set-up makes sure of: the library's version and data, and the packages that the
chapter needs beside torch and numpy."""

import importlib
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from importlib.util import find_spec

# Beside torch, numpy and what training takes (in Colab as it is). Chapter 4 can do without
# spikingjelly; sliders say what they need where they are live.
NEEDS = {
    "04": "matplotlib spikingjelly",
    "12": "matplotlib tonic",
    "17": "matplotlib onnx onnxruntime onnxscript",
}
HELD = (
    "torch",
    "torchvision",
    "torchaudio",
    "numpy",
)  # what Colab compiled for one another: never replaced


def needs(chapter: str) -> str:
    """Names of the packages that chapter "03" needs beside torch and numpy, in one string."""
    return NEEDS.get(chapter, "matplotlib")


def version() -> str | None:
    """The installed library's version, None in a checkout that is not installed."""
    try:
        return importlib.metadata.version("trevsnn-lite")
    except importlib.metadata.PackageNotFoundError:
        return None


def check_library(wanted: str | None) -> None:
    """ImportError where the installed library is not of the version `wanted` (an edition's label,
    "+student", counts as the same),
    FileNotFoundError where files of its data are missing or cut off."""
    found = version()
    if wanted and found and found.split("+")[0] != wanted:
        raise ImportError(
            f"This chapter belongs to trevsnn_lite {wanted}, and {found} is installed: "
            "install the wheel that belongs to it "
            "(TREVSNN_WHEEL in the environment names another), or in a checkout type make env."
        )
    package = pathlib.Path(__file__).resolve().parents[1]
    folder = next(
        (
            place
            for place in (package.parent / "data", package / "_data")
            if (place / "MANIFEST.json").is_file()
        ),
        None,
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
    """Install in Colab what is missing of `names`, and leave torch and numpy as they are; elsewhere
    install nothing. "" where all are there,
    else a sentence that names those still missing."""
    missing = _missing(names)
    complaint = _install(missing) if missing and "google.colab" in sys.modules else ""
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
    installed = {
        found.name.lower(): found.version
        for found in importlib.metadata.distributions()
        if found.name
    }
    with tempfile.TemporaryDirectory() as folder:
        held = os.path.join(folder, "held.txt")
        pathlib.Path(held).write_text(
            "".join(f"{name}=={installed[name]}\n" for name in HELD if name in installed), "utf8"
        )
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-color", "-c", held, *names],
            capture_output=True,
            text=True,
        )
    return (
        f" (pip said: {(done.stderr.strip().splitlines() or ['nothing'])[-1]})"
        if done.returncode
        else ""
    )
