"""Trained weights by name: "fashion", of images, and "events", of simulated event recordings. Each
file is a checkpoint without its optimiser, beside a card that says how it was made (data/weights;
made by `python -m tools.weights`)."""

import json
from pathlib import Path

from torch import nn

PACKAGE = Path(__file__).resolve().parent
FOLDERS = (PACKAGE.parent / "data/weights", PACKAGE / "_data/weights")
"""Of a checkout, of an installed wheel."""
INDEX = "index.json"
"""Name -> file, bytes, sha256, and url where the file is too large to be shipped."""


def load_pretrained(name: str, memory: str = "taped") -> nn.Module:
    """The network of this name, trained, in evaluation mode; `class_names` are its classes'.

    The file is shipped with the library, or downloaded once where its card says so; its sha256 is
    checked each time, and nothing is unpickled. Raises ValueError for an unknown name or an altered
    file, FileNotFoundError for a missing one, ConnectionError where a download fails, ImportError
    without the package safetensors (pooch too, for a download)."""
    from trevsnn_lite.data.downloads import cache_folder, fetch, sha256_of
    from trevsnn_lite.training import load_network

    folder, known = index()
    if name not in known:
        there = ", ".join(sorted(known)) or "none, for no weights are shipped yet"
        raise ValueError(f"name is {name!r}, expected one of {there}.")
    entry = known[name]
    path = folder / entry["file"]
    if entry.get("url"):
        path = fetch(entry["url"], cache_folder() / "weights" / entry["file"], entry["sha256"])
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist; it comes with the project's checkout and its wheel, install "
            "either again."
        )
    if (came := sha256_of(path)) != entry["sha256"]:
        raise ValueError(
            f"{path} is truncated or altered: its sha256 is {came}, expected {entry['sha256']} as "
            f"in {INDEX}; restore it from the repository."
        )
    return load_network(path, memory)


def index() -> tuple[Path, dict[str, dict]]:
    """The folder of the weights, and what its index holds by name."""
    folder = next((folder for folder in FOLDERS if (folder / INDEX).is_file()), None)
    if folder is None:
        raise FileNotFoundError(
            f"no {INDEX} in {' or '.join(map(str, FOLDERS))}; it comes with the project's checkout "
            "and its wheel, install either again."
        )
    try:
        known = json.loads((folder / INDEX).read_text("utf8"))
        if not all({"file", "sha256"} <= set(entry) for entry in known.values()):
            raise KeyError("file and sha256")
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise ValueError(
            f"{folder / INDEX} is truncated or altered ({error!r}); restore it from the repository."
        ) from None
    return folder, known
