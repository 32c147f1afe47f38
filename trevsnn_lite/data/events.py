"""Event recordings as frames [T, 2, H, W], behind one call: simulated ones, CIFAR10-DVS, DVS128
Gesture, N-MNIST. Frames, caches, padding by tonic."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .downloads import cache_folder
from .event_camera import EventCamera, simulate
from .event_files import FOLDERS
from .images import SPLITS, load_images

SIMULATED = "simulated-dvs"
NAMES = (SIMULATED, *FOLDERS)
CUTS = {"time": "n_time_bins", "count": "n_event_bins"}  # tonic.transforms.ToFrame's names


class SimulatedDVS:
    """Simulated recordings of one split of the shipped Fashion-MNIST images; item i is (events of
    EVENT_DTYPE, label), simulated when read.

    An item is a function of (split, seed, camera, i) alone.
    """

    def __init__(
        self,
        split: str,
        seed: int = 0,
        camera: EventCamera | None = None,
        folder: str | os.PathLike | None = None,
    ):
        self._images = load_images("fashion-mnist-10k", split, folder)
        self._seeds = (seed, SPLITS.index(split))
        self.camera, self.class_names = camera or EventCamera(), self._images.class_names
        simulate(self._images.images[:0, 0], self.camera, self._seeds)  # refuses a bad seed here

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        index = range(len(self))[
            index
        ]  # a negative index counts from the end, one too large is an IndexError
        (events,) = simulate(
            self._images.images[index : index + 1, 0], self.camera, self._seeds, first=index
        )
        return events, int(self._images.labels[index])


@dataclass(frozen=True, eq=False)
class Framed:
    """A data set of tonic's kind: recordings, each changed by `change` (if any; drawn from its
    seed) and turned into frames, int16 [T, 2, H, W]."""

    recordings: object
    to_frames: Callable
    change: Callable | None = None
    seeds: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.recordings)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        events, label = self.recordings[index]
        if self.change is not None:
            before = (
                np.random.get_state()
            )  # tonic's transforms draw from NumPy's global generator: lend it a seed, give it back
            np.random.seed(self.seeds[index])
            try:
                events = self.change(events)
            finally:
                np.random.set_state(before)
        return self.to_frames(events).astype(np.int16), label


@dataclass(frozen=True, eq=False)
class EventSet:
    """One split of event recordings. `set[i]` is (frames float32 [T, 2, H, W], label), with channel
    0 OFF and 1 ON; `raw(i)` the events themselves.

    `data.batches` gives frames float32 [T, B, 2, H, W] and labels int64 [B]. A recording's frames
    are divided by their root mean square,
    so that neither contrast nor T sets the scale; what T is, tonic's ToFrame decides (see
    `load_events`).
    """

    name: str
    split: str
    class_names: tuple[str, ...]
    size: int
    """Height and width of the frames, pixels."""
    flippable: bool
    """Whether a mirrored recording still belongs to its class: not for DVS128 Gesture, whose
    classes are left and right."""
    recordings: object
    """Item i is (events, label)."""
    frames: object
    """Item i is (frames int16 [T, 2, H, W], label), through tonic's cache."""
    to_frames: Callable
    indices: np.ndarray
    """Which of the recordings belong to this set, in its order."""

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        ((counts, labels),) = self.read_batches([torch.tensor([range(len(self))[index]])])
        return self.standardise(counts)[:, 0], int(labels[0])

    def raw(self, index: int) -> tuple[np.ndarray, int]:
        """(events: a structured array with x, y, t in microseconds and p, sorted by time; label)."""
        return self.recordings[int(self.indices[index])]

    def take(self, indices) -> "EventSet":
        """The recordings that `indices` selects (a slice, a list or an index array), as another
        EventSet with the same cache."""
        return replace(self, indices=self.indices[indices])

    def changed(self, change: Callable, seeds: Iterable[int]) -> "EventSet":
        """The same set with a tonic transform applied to recording i's events, its draws seeded by
        seeds[i]; not cached."""
        of = np.zeros(len(self.recordings), np.int64)
        of[self.indices] = np.fromiter(seeds, np.int64)
        return replace(
            self, frames=Framed(self.recordings, self.to_frames, change, tuple(of.tolist()))
        )

    def read_batches(
        self, parts: Iterable[Tensor], workers: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """For each index tensor [B] in `parts`: event counts [T, B, 2, H, W] and labels [B]; a
        shorter recording ends in empty frames."""
        pad = _tonic("collation").PadTensors(batch_first=False)
        chosen = [self.indices[part.numpy()].tolist() for part in parts]
        own = (
            torch.Generator()
        )  # a loader seeds its workers from it, else from the global generator
        return iter(
            torch.utils.data.DataLoader(
                self.frames,
                batch_sampler=chosen,
                num_workers=workers,
                collate_fn=pad,
                generator=own,
            )
        )

    def standardise(self, counts: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Event counts [T, B, 2, H, W] with each recording divided by its root mean square."""
        scale = counts.to(dtype).square().mean((0, 2, 3, 4), keepdim=True).sqrt()
        return counts.to(dtype) / torch.where(
            scale > 0, scale, 1
        )  # a recording without an event stays 0


def load_events(
    name: str,
    split: str,
    folder: str | os.PathLike | None = None,
    time_steps: int = 4,
    cut: str = "time",
    time_window: int | None = None,
    size: int | None = None,
    seed: int = 0,
    camera: EventCamera | None = None,
    cache: str | os.PathLike | None = None,
) -> EventSet:
    """Loads one split ("train" or "test") of an event data set as frames.

    name              where it is looked for                                                 recordings         sensor
    "simulated-dvs"   nothing to fetch: simulated from the shipped Fashion-MNIST images      10,000 / 2,000     34 x 34
    "cifar10-dvs"     CLASS/*.aedat or *.aedat4; the test set is files 0-99 of each class    9,000 / 1,000      128 x 128
    "dvs128-gesture"  ibmGestureTrain/ and ibmGestureTest/ as tonic packs them               1,077 / 264        128 x 128
    "n-mnist"         Train/ and Test/                                                       60,000 / 10,000    34 x 34

    time_steps        T: each recording is cut into so many frames, by equal times (cut="time") or equal numbers of events (cut="count")
    time_window       instead of time_steps: microseconds a frame; T then varies, and a batch is padded to its longest recording
    size              height and width to which tonic's Downsample brings the events, pixels; the sensor's if None
    seed, camera      of the simulated set
    cache             a folder for the frames (tonic.DiskCachedDataset); in memory if None (tonic.MemoryCachedDataset)

    `folder`, by default the cache folder of `data.downloads`, holds the files or tonic's folder of
    them (NMNIST, ...); for the simulated set
    it is that of the images. Raises FileNotFoundError for what is missing, ValueError for an
    unknown name, split or number.
    """
    _check(
        {"name": (name, NAMES), "split": (split, SPLITS), "cut": (cut, CUTS)},
        {"time_steps": time_steps, "time_window": time_window, "size": size},
    )
    if name == SIMULATED:
        recordings = SimulatedDVS(split, seed, camera, folder)
        classes, sensor, flippable, origin = (
            recordings.class_names,
            recordings.camera.sensor,
            True,
            (seed, recordings.camera),
        )
    else:
        kind = FOLDERS[name]
        recordings = kind.open(Path(folder) if folder else cache_folder(), split)
        classes, sensor, flippable, origin = (
            kind.classes,
            kind.sensor,
            kind.flippable,
            [str(file.path) for file in recordings.files],
        )
    how = {"time_window": time_window} if time_window else {CUTS[cut]: time_steps}
    framed = Framed(recordings, _to_frames(sensor, size or sensor, how))
    frames = _cached(framed, cache, f"{name}-{split}", (how, size, origin))
    return EventSet(
        name,
        split,
        classes,
        size or sensor,
        flippable,
        recordings,
        frames,
        framed.to_frames,
        np.arange(len(recordings)),
    )


def _check(words: dict[str, tuple], numbers: dict[str, int | None]) -> None:
    for given, (value, allowed) in words.items():
        if value not in allowed:
            raise ValueError(
                f"{given} is {value!r}, expected one of {', '.join(map(repr, allowed))}"
            )
    for given, value in numbers.items():
        if (value is not None or given == "time_steps") and (
            not isinstance(value, int) or isinstance(value, bool) or value < 1
        ):
            raise ValueError(f"{given} is {value!r}, expected a whole number >= 1")


def _cached(framed: Framed, cache: str | os.PathLike | None, name: str, depends_on: tuple):
    """tonic's cache around the frames. On disk it knows a file by its number alone: what the frames
    depend on goes into the folder's name."""
    if cache is None:
        return _tonic().MemoryCachedDataset(framed)
    key = hashlib.sha256(repr(depends_on).encode()).hexdigest()[:16]
    return _tonic().DiskCachedDataset(framed, cache_path=str(Path(cache) / f"{name}-{key}"))


def _to_frames(sensor: int, size: int, how: dict) -> Callable:
    """tonic's ToFrame, after its Downsample where the size is another. Of equal times it leaves out
    the last few microseconds, for it rounds down."""
    transforms = _tonic("transforms")
    to_frames = transforms.ToFrame(
        sensor_size=(size, size, 2), include_incomplete="time_window" in how, **how
    )
    if size == sensor:
        return to_frames
    shrink = transforms.Downsample(sensor_size=(sensor, sensor, 2), target_size=(size, size))
    return partial(_shrunk, shrink=shrink, to_frames=to_frames)


def _shrunk(events: np.ndarray, shrink: Callable, to_frames: Callable) -> np.ndarray:
    return to_frames(
        shrink(events)
    )  # tonic's Compose would hand an empty recording on without making frames of it


def _tonic(module: str = ""):
    """tonic or one of its modules, which only event data need."""
    from importlib import import_module

    try:
        return import_module(f"tonic.{module}" if module else "tonic")
    except ImportError as error:
        raise ImportError("event data need the package tonic: pip install tonic") from error
