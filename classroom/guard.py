"""A fingerprint of what the grader and the students' processes run: the library's copy, the
grader's own files, the library, and what Python reads at its start. It is taken before the first
notebook and compared before and after each."""

import hashlib
import pathlib
import sys
from collections.abc import Iterable

AT_START = ("*.pth", "sitecustomize.py", "usercustomize.py", "pyvenv.cfg", "_virtualenv.py")


class Changed(Exception):
    """A file is not what it was; the message is one sentence that names it."""


class Guard:
    """Holds `folders`, whole, and what Python reads at its start out of the folders `starts`."""

    def __init__(self, folders: Iterable[pathlib.Path], starts: Iterable[pathlib.Path] = ()):
        self.folders, self.starts = tuple(folders), tuple(starts)
        self.known = self._hashes()

    def verify(self, when: str) -> None:
        """Raises Changed where a file has changed, come or gone. `when`: "while anna.ipynb ran"."""
        found = self._hashes()
        if found == self.known:
            return
        file = sorted({file for file, _ in found.items() ^ self.known.items()})[0]
        raise Changed(
            f"{file} changed {when}: by a notebook, or by another program of yours. The run is "
            "stopped and nothing is written; look at that file, then grade again."
        )

    def _hashes(self) -> dict[pathlib.Path, bytes]:
        files = [file for folder in self.folders for file in folder.rglob("*")]
        files += [
            file for folder in self.starts for pattern in AT_START for file in folder.glob(pattern)
        ]
        return {file: _hash(file) for file in files if "__pycache__" not in file.parts}


def start_folders() -> tuple[pathlib.Path, ...]:
    """Where Python looks for .pth files and sitecustomize: the folders of its path, and its own."""
    places = dict.fromkeys(pathlib.Path(place) for place in (*sys.path, sys.prefix) if place)
    return tuple(place for place in places if place.is_dir())


def _hash(file: pathlib.Path) -> bytes:
    try:
        return hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b"no file"
    except OSError as error:  # gone between the list and the look, or locked away: also a change
        return type(error).__name__.encode()
