"""Recordings on disk: CIFAR10-DVS, DVS128 Gesture and N-MNIST, indexed here and decoded by
tonic.io.

tonic 1.7's own dataset classes are not used for the index, for three reasons: they start a download
whenever the archive is not kept beside
the unpacked files; CIFAR10DVS and DVSGesture take the files in the order in which the file system
lists them, so that batches are not
reproducible; and CIFAR10DVS has no split. Class names, labels and folder names are theirs (the
tests hold both against each other).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .clutter import is_data
from .event_camera import EVENT_DTYPE

CIFAR_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
GESTURES = (
    "Hand clapping",
    "Right hand wave",
    "Left hand wave",
    "Right arm cw",
    "Right arm ccw",
    "Left arm cw",
    "Left arm ccw",
    "Arm roll",
    "Air drums",
    "Air guitar",
    "Other gestures",
)
DIGITS = (
    "0 - zero",
    "1 - one",
    "2 - two",
    "3 - three",
    "4 - four",
    "5 - five",
    "6 - six",
    "7 - seven",
    "8 - eight",
    "9 - nine",
)
CIFAR_TEST_FILES = range(100)  # of every class's 1,000: the fixed split
SLACK = 1_000  # microseconds: packets of one camera may overtake each other by so much
LONGEST = 60_000_000  # microseconds: several times the longest recording of the three sets
FASTEST = 10  # events a microsecond, on average: several times what the three sensors send


class Recording(NamedTuple):
    path: Path
    label: int


@dataclass(frozen=True)
class EventFolder:
    """One event data set on disk: where its files lie and what they are called."""

    classes: tuple[str, ...]
    sensor: int
    """Height and width of the sensor, pixels."""
    root: str
    """tonic's name for the data set's folder."""
    find: Callable[[Path, str], list[Recording]]
    """(folder, split) -> the recordings, sorted by path; empty where none is there."""
    layout: dict[str, str]
    """For each split, the files that are looked for, as a pattern under the folder."""
    source: str
    """Where the files come from, in words that follow "unpack"."""
    flippable: bool = True
    """Whether a mirrored recording still belongs to its class."""

    def open(self, folder: Path, split: str) -> "FileRecordings":
        """The split's recordings under `folder` or `folder`/root. Raises FileNotFoundError where a
        class has none."""
        places = folder, folder / self.root
        found = next((found for place in places if (found := self.find(place, split))), [])
        lacking = [
            name
            for label, name in enumerate(self.classes)
            if label not in {recording.label for recording in found}
        ]
        if (
            lacking
        ):  # one forgotten archive would otherwise train a network that has never seen a class
            of = f" of {', '.join(lacking)}" if found else ""
            raise FileNotFoundError(
                f"no {self.layout[split]}{of} in {places[0]} or {places[1]}; unpack "
                f"{self.source} there (the book's page Data says how)"
            )
        return FileRecordings(tuple(found))


@dataclass(frozen=True)
class FileRecordings:
    """Recordings decoded when read: item i is (events of EVENT_DTYPE, sorted, from t = 0
    microseconds; label)."""

    files: tuple[Recording, ...]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        path, label = self.files[index]
        return read_events(path), label

    def stamps(self) -> list[tuple[str, int, int]]:
        """What tells one state of the files from another: path, bytes, time of change of each."""
        states = ((path, path.stat()) for path, _ in self.files)
        return [(str(path), state.st_size, state.st_mtime_ns) for path, state in states]


class Format(NamedTuple):
    """One format of event files."""

    read: Callable[[Path], dict[str, np.ndarray]]
    """The columns x, y, t and p, as wide as the file has them."""
    sensor: int
    """Height and width of the sensor, pixels."""
    unit: int = 1
    """Microseconds in one unit of t."""
    wraps: int | None = None
    """Where the counter of microseconds starts again from 0, if it has an end."""


def read_events(path: Path) -> np.ndarray:
    """The events of one file, by its suffix: .bin (N-MNIST), .npy (tonic's DVS128 Gesture), .aedat
    or .aedat4 (CIFAR10-DVS); of EVENT_DTYPE, sorted, from t = 0.

    Raises FileNotFoundError for a missing file, ImportError where tonic (or, for .aedat4, aedat) is
    missing, and ValueError for a damaged file and for events that no such sensor can have sent,
    naming the first.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    if path.suffix not in FORMATS:
        raise ValueError(f"{path} ends in {path.suffix!r}, expected one of {', '.join(FORMATS)}")
    form = FORMATS[path.suffix]
    try:
        columns = form.read(path)
    except ImportError as error:
        package = "aedat" if path.suffix == ".aedat4" and error.name == "aedat" else "tonic"
        raise ImportError(
            f"reading {path.name} needs the package {package}: pip install {package}"
        ) from error
    except Exception as error:  # a damaged file raises nearly any exception
        raise ValueError(
            f"{path} is truncated, altered or no event file ({type(error).__name__}: "
            f"{' '.join(str(error).split())}); unpack it again"
        ) from error
    try:
        return checked(columns, form.sensor, form.unit, form.wraps)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def checked(
    columns: dict[str, np.ndarray], sensor: int, unit: int = 1, wraps: int | None = None
) -> np.ndarray:
    """Columns x, y, p and t, in `unit` microseconds, of whatever width as events of EVENT_DTYPE,
    sorted, from t = 0.

    Polarities are 0 and 1, or -1 and 1. A counter that started again is continued, events up to
    SLACK late are put in their place. Raises ValueError, naming the first bad event, for what would
    otherwise be wrapped, cut off or lost on the way.
    """
    n = len(columns["t"])
    if n == 0:
        raise ValueError("no event in it, expected at least one: unpack it again, or leave it out")
    x, y, p = (_whole(name, columns[name]) for name in "xyp")
    t = _whole("t", columns["t"], unit)
    outside = (x < 0) | (x >= sensor) | (y < 0) | (y >= sensor)
    if outside.any():
        k = int(outside.argmax())
        raise ValueError(
            f"event {k} of {n} lies at x = {x[k]}, y = {y[k]}, expected 0 to {sensor - 1}, as the "
            f"sensor has {sensor} x {sensor} pixels ({outside.sum()} such)"
        )
    kinds = set(np.unique(p).tolist())
    if not (kinds <= {0, 1} or kinds <= {-1, 1}):
        k = int(((p != 0) & (p != 1)).argmax())
        raise ValueError(
            f"event {k} of {n} has the polarity {p[k]}, expected 0 and 1, or -1 and 1, throughout"
        )
    if wraps is not None:
        t = t + wraps * np.cumsum(np.diff(t, prepend=t[0]) < -wraps // 2)
    late = np.maximum.accumulate(t) - t
    if late.max() > SLACK:
        k = int((late > SLACK).argmax())
        raise ValueError(
            f"event {k} of {n} is {late[k]} microseconds older than one before it, expected at "
            f"most {SLACK}: its time stamps run backwards, or its counter was set back"
        )
    t = t - t.min()
    duration = int(t.max())
    if duration > LONGEST:
        raise ValueError(
            f"{n} events in {duration / 1e6:,.0f} s, expected at most {LONGEST / 1e6:.0f} s: are "
            "its time stamps of another unit?"
        )
    if n > sensor**2 + FASTEST * duration:
        raise ValueError(
            f"{n} events in {duration} microseconds, expected at most one a pixel and {FASTEST} a "
            "microsecond: are its time stamps of another unit?"
        )
    events = np.empty(n, EVENT_DTYPE)
    events["x"], events["y"], events["t"], events["p"] = x, y, t, p > 0
    return events[np.argsort(t, kind="stable")]


def _whole(name: str, values: np.ndarray, unit: int = 1) -> np.ndarray:
    """`values` times `unit` as int64, where those are whole numbers that it holds."""
    values = np.asarray(values)
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{name} is of type {values.dtype}, expected whole numbers")
    scaled = values.astype(np.float64) * unit  # exact where it matters, below 2**53
    with np.errstate(invalid="ignore"):
        near = np.abs(scaled - np.rint(scaled)) <= (0 if unit == 1 else 0.01)
        bad = ~(near & (np.abs(scaled) <= 2**53))
    if bad.any():
        k = int(bad.argmax())
        of = "" if unit == 1 else f" of microseconds in units of {unit}"
        raise ValueError(
            f"event {k} of {len(values)} has {name} = {values[k]}, expected a whole number{of}"
        )
    return np.rint(scaled).astype(np.int64)


def _read_bin(path: Path) -> dict[str, np.ndarray]:
    """N-MNIST: 5 bytes an event, microseconds."""
    from tonic.io import events_struct, read_mnist_file

    if path.stat().st_size % 5:
        raise ValueError(f"{path.stat().st_size} bytes, expected 5 for each event")
    events = read_mnist_file(str(path), dtype=events_struct)
    return {name: events[name] for name in "xytp"}


def _read_npy(path: Path) -> dict[str, np.ndarray]:
    """DVS128 Gesture as tonic packed it: [N, 4], columns x, y, polarity, milliseconds."""
    events = np.load(path)
    if events.ndim != 2 or events.shape[1] != 4 or events.dtype.kind not in "biuf":
        raise ValueError(
            f"an array {list(events.shape)} of {events.dtype}, expected [N, 4] of numbers"
        )
    return {name: events[:, column] for column, name in enumerate("xypt")}


def _read_aedat(path: Path) -> dict[str, np.ndarray]:
    """CIFAR10-DVS as its authors published it: AEDAT 2.0 of a 128 x 128 sensor, microseconds.

    tonic.io.read_dvs_128 takes x from the bits that jAER writes y to, and leaves both axes and the
    polarity reversed: the picture would be on its side. The masks are jAER's for the DVS128, the
    reversal that of the data set's own script dat2mat.m, as in SpikingJelly.
    """
    from tonic.io import get_aer_events_from_file, read_aedat_header_from_file

    version, start, _ = read_aedat_header_from_file(str(path))
    if not 2 <= version < 3:
        raise ValueError(f"AEDAT {version}, expected 2.0")
    raw = get_aer_events_from_file(str(path), version, start)
    if path.stat().st_size - start != raw.nbytes:
        raise ValueError(
            f"{len(raw)} whole events in the {path.stat().st_size - start} bytes after its header"
        )
    address = raw["address"].astype(np.int64)
    return {  # what lies above the 15 bits of a pixel is kept: then x is below 0
        "x": 127 - (address >> 8),
        "y": 127 - (address >> 1 & 0x7F),
        "p": 1 - (address & 1),
        "t": raw["timeStamp"],
    }


def _read_aedat4(path: Path) -> dict[str, np.ndarray]:
    """CIFAR10-DVS as tonic packed it: AEDAT 4, microseconds; needs the package aedat."""
    from tonic.io import read_aedat4

    events = read_aedat4(str(path))
    return {
        ours: events[theirs] for ours, theirs in zip("xytp", ("x", "y", "t", events.dtype.names[3]))
    }  # polarity: "on" or "p"


FORMATS = {
    ".bin": Format(_read_bin, 34, wraps=2**23),
    ".npy": Format(_read_npy, 128, unit=1000),
    ".aedat": Format(_read_aedat, 128, wraps=2**32),
    ".aedat4": Format(_read_aedat4, 128),
}


def _find_cifar(folder: Path, split: str) -> list[Recording]:
    """Files 0-99 of each class are the test set, the others the training set: by the number in the
    file's name, so that no order matters."""
    for suffix in (
        ".aedat",
        ".aedat4",
        # the authors' files first: they need no further package; never both, they hold the same
        # recordings
    ):
        found = []
        for label, name in enumerate(CIFAR_CLASSES):
            for path in _files(folder, f"{name}/*{suffix}"):
                number = re.search(r"(\d+)$", path.stem)
                if number is None:
                    raise ValueError(
                        f"{path} has no number at the end of its name, expected "
                        f"cifar10_{name}_K{suffix}"
                    )
                if (int(number[1]) in CIFAR_TEST_FILES) == (split == "test"):
                    found.append(Recording(path, label))
        if found:
            return found
    return []


def _find_gestures(folder: Path, split: str) -> list[Recording]:
    """The data set's own split, by persons: ibmGestureTrain/userNN_LIGHT/LABEL.npy."""
    files = _files(folder, f"ibmGesture{split.capitalize()}/user*/*.npy")
    return [Recording(path, _label(path, path.stem, len(GESTURES))) for path in files]


def _find_digits(folder: Path, split: str) -> list[Recording]:
    """MNIST's own split: Train/D/*.bin."""
    files = _files(folder, f"{split.capitalize()}/*/*.bin")
    return [Recording(path, _label(path, path.parent.name, len(DIGITS))) for path in files]


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files of a pattern under `folder`, sorted, without what systems leave there."""
    return sorted(path for path in folder.glob(pattern) if is_data(path, folder))


def _label(path: Path, text: str, classes: int) -> int:
    if not text.isdecimal() or int(text) >= classes:
        raise ValueError(
            f"{path} has the label {text!r} in its path, expected a number from 0 to {classes - 1}"
        )
    return int(text)


FOLDERS = {
    "cifar10-dvs": EventFolder(
        CIFAR_CLASSES, 128, "CIFAR10DVS", _find_cifar,
        {"train": "CLASS/cifar10_CLASS_100.aedat to _999 (or .aedat4)",
         "test": "CLASS/cifar10_CLASS_0.aedat to _99 (or .aedat4)"},
        "airplane.zip, ..., truck.zip of CIFAR10-DVS "
            "(https://figshare.com/articles/dataset/CIFAR10-DVS_New/4724671)"),
    "dvs128-gesture": EventFolder(
        GESTURES, 128, "DVSGesture", _find_gestures,
        {"train": "ibmGestureTrain/userNN_LIGHT/LABEL.npy",
         "test": "ibmGestureTest/userNN_LIGHT/LABEL.npy"},
        "ibmGestureTrain.tar.gz and ibmGestureTest.tar.gz "
            "(https://figshare.com/ndownloader/files/38022171 and 38020584)", flippable=False),
    "n-mnist": EventFolder(
        DIGITS, 34, "NMNIST", _find_digits,
        {"train": "Train/DIGIT/*.bin", "test": "Test/DIGIT/*.bin"},
        "train.zip and test.zip of N-MNIST (https://www.garrickorchard.com/datasets/n-mnist)"),
}  # fmt: skip
