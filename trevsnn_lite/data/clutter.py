"""What operating systems and Jupyter leave in data folders, which is neither class nor data."""

from pathlib import Path, PurePath

NAMES = {
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "icon\r",
    "@eadir",
    "$recycle.bin",
    "system volume information",
    "lost+found",
    "__pycache__",
}


def is_clutter(name: str) -> bool:
    """Whether a file or folder of this name is hidden (.DS_Store, ._photo.jpg,
    .ipynb_checkpoints) or one of NAMES, in whatever case."""
    return name.startswith(".") or name.lower() in NAMES


def is_data(path: str | Path, folder: str | Path) -> bool:
    """Whether no part of `path` below `folder` is clutter."""
    return not any(map(is_clutter, PurePath(path).relative_to(folder).parts))
