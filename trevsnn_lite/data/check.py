"""Reading every file of a data folder, and saying what is wrong, by kind: before a run of days
finds out."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from torch.utils.data import Dataset

from .classes import difference
from .clutter import is_clutter
from .downloads import cache_folder
from .event_files import FOLDERS
from .folders import class_folders, is_picture, split_folder
from .images import NAMES as IMAGE_SETS
from .images import SPLITS, load_images
from .loading import read
from .pictures import open_picture

SHOWN = 20  # sentences of one kind
PART = 64  # files that a worker reads at a time
FEW = 1_000  # files that are read without workers


@dataclass
class Report:
    """What `check_data` found; printed, the list by kind."""

    folder: str
    read: dict[str, int] = field(default_factory=dict)
    """For each split, how many files were read."""
    faults: dict[str, list[str]] = field(default_factory=dict)
    """For each kind, a sentence for each file."""
    clutter: int = 0
    """How many files and folders are passed over, being systems' own."""

    @property
    def faulty(self) -> bool:
        return bool(self.faults)

    def add(self, kind: str, sentence: str) -> None:
        self.faults.setdefault(kind, []).append(sentence)

    def __str__(self) -> str:
        counts = ", ".join(f"{split} {count:,}" for split, count in self.read.items()) or "none"
        lines = [f"{self.folder}: files read: {counts}."]
        if self.clutter:
            lines.append(f"Passed over: {self.clutter:,} hidden or systems' own files and folders.")
        for kind in sorted(self.faults):
            sentences = self.faults[kind]
            lines += ["", f"{kind} ({len(sentences):,})"]
            lines += [f"  {sentence}" for sentence in sentences[:SHOWN]]
            if len(sentences) > SHOWN:
                lines.append(f"  ... and {len(sentences) - SHOWN:,} more")
        wrong = sum(map(len, self.faults.values()))
        return "\n".join([*lines, "", f"{wrong:,} faults." if wrong else "Nothing is wrong."])


def check_data(given: str | os.PathLike) -> Report:
    """Reads both splits of the data in a folder, every file of them; `given` is the folder, or
    NAME=FOLDER for one whose contents do not tell the set, or the name of a set in its usual place.

    Raises FileNotFoundError where there is no such folder, ImportError where a reader is missing.
    """
    name, equals, folder = str(given).partition("=")
    if name not in (*IMAGE_SETS, *FOLDERS) or (name == "imagefolder" and not equals):
        name, folder = "", str(given)
    if folder and not Path(folder).is_dir():
        raise FileNotFoundError(
            f"FOLDER is {given}, expected a folder, NAME=FOLDER or NAME, with one of "
            f"{', '.join((*IMAGE_SETS, *FOLDERS))} as NAME."
        )
    name, where = name or kind_of(Path(folder)), Path(folder) if folder else None
    report = Report(f"{name} in {where or 'its usual place'}")
    if name == "imagefolder":
        _check_pictures(where, report)
    elif name in FOLDERS:
        _check_recordings(name, where or cache_folder(), report)
    else:
        _check_arrays(name, where, report)
    return report


def kind_of(folder: Path) -> str:
    """Which data set a folder holds, as far as names tell; "imagefolder" where they do not."""
    for name, kind in FOLDERS.items():
        if (folder / kind.root).is_dir() or any(kind.find(folder, split) for split in SPLITS):
            return name
    signs = {
        "cifar-10": ("cifar-10-batches-py", "batches.meta"),
        "fashion-mnist-10k": ("MANIFEST.json", "fashion_mnist_10k"),
        "fashion-mnist": ("FashionMNIST", "train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"),
    }
    found = (
        name for name, files in signs.items() if any((folder / file).exists() for file in files)
    )
    return next(found, "imagefolder")


def _check_arrays(name: str, folder: Path | None, report: Report) -> None:
    for split in SPLITS:
        try:
            report.read[split] = len(load_images(name, split, folder))
        except (ValueError, OSError) as error:
            report.add("missing or damaged set", str(error))


def _check_recordings(name: str, folder: Path, report: Report) -> None:
    kind = FOLDERS[name]
    for split in SPLITS:
        try:
            recordings = kind.open(folder, split)  # refused where a class has no recording
        except (ValueError, OSError) as error:
            report.add("missing recordings", str(error))
            continue
        report.read[split] = len(recordings)
        _read_all(range(len(recordings)), recordings.__getitem__, "bad recording", report)


def _check_pictures(folder: Path, report: Report) -> None:
    names = {}
    for split in SPLITS:
        root = split_folder(folder, split)
        if root is None:
            report.add("missing split", f"{folder} has no folder for {split} images")
            continue
        try:
            names[split] = class_folders(root)
        except OSError as error:
            report.add("missing split", str(error))
            continue
        pictures = []
        for label in names[split]:
            found = list(_pictures_of(root, root / label, report))
            if not found:
                report.add("class without pictures", f"{root / label} holds no picture")
            pictures += found
        for path in sorted(root.iterdir()):
            if not path.is_dir() and not is_clutter(path.name):
                report.add("outside the classes", f"{path} lies beside the class folders")
        report.read[split] = len(pictures)
        _read_all(pictures, open_picture, "damaged picture", report)
        report.clutter += sum(map(is_clutter, os.listdir(root)))
    if len(names) == 2 and (differing := difference(names["test"], names["train"])):
        report.add(
            "classes differ",
            f"the test images need the classes of the training images; {differing}",
        )


def _pictures_of(root: Path, folder: Path, report: Report) -> Iterator[Path]:
    """The pictures of a class; what is beside them goes into the report."""
    for here, folders, files in os.walk(folder, followlinks=True):
        report.clutter += sum(map(is_clutter, [*folders, *files]))
        folders[:] = sorted(name for name in folders if not is_clutter(name))
        for name in sorted(files):
            path = Path(here, name)
            others: list[str] = []
            if is_picture(str(path), root, others):
                yield path
            elif others:
                report.add("not read", f"{path} has not the ending of a picture that is read")


class _Tried(Dataset):
    """Item i is (kind, sentence) of what went wrong with reading the i-th, or None."""

    def __init__(self, items: Iterable, attempt: Callable, kind: str):
        self.items, self.attempt, self.kind = items, attempt, kind

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[str, str] | None:
        try:
            self.attempt(self.items[index])
        except (ValueError, OSError) as error:
            return getattr(error, "kind", self.kind), str(error)
        return None


def _read_all(items: Iterable, attempt: Callable, kind: str, report: Report) -> None:
    parts = [list(range(i, min(i + PART, len(items)))) for i in range(0, len(items), PART)]
    workers = 0 if len(items) <= FEW else os.cpu_count() or 1
    for found in read(_Tried(items, attempt, kind), parts, workers, list):
        for fault in filter(None, found):
            report.add(*fault)
