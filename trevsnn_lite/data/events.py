"""Event recordings as frames [T, 2, H, W], behind one call: simulated ones, CIFAR10-DVS, DVS128
Gesture, N-MNIST. Caches and padding by tonic."""

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
from .loading import read

SIMULATED = "simulated-dvs"
NAMES = (SIMULATED, *FOLDERS)
CUTS = ("time", "count")


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
    seed) and turned into frames, whole numbers [T, 2, H, W]."""

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
        try:
            return self.to_frames(events), label
        except ValueError as error:
            by = "" if self.change is None else ", changed by augment.events"
            raise ValueError(f"recording {index}{by}: {error}") from error


@dataclass(frozen=True, eq=False)
class EventSet:
    """One split of event recordings. `set[i]` is (frames float32 [T, 2, H, W], label), with channel
    0 OFF and 1 ON; `raw(i)` the events themselves.

    `data.batches` gives frames float32 [T, B, 2, H, W] and labels int64 [B]. A recording's frames
    are divided by their root mean square,
    so that neither contrast nor T sets the scale; `load_events` says what T is.
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
    """Item i is (frames, whole numbers [T, 2, H, W]; label), through tonic's cache."""
    to_frames: Callable
    indices: np.ndarray
    """Which of the recordings belong to this set, in its order."""
    places: tuple[int, ...] | None = None
    """Where each of the recordings' labels stands in class_names, if not at its own number."""

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        one = torch.tensor([range(len(self))[index]], device="cpu")
        ((counts, labels),) = self.read_batches([one])
        return self.standardise(counts)[:, 0], int(labels[0])

    def raw(self, index: int) -> tuple[np.ndarray, int]:
        """(events, a structured array of x, y, t in microseconds and p, sorted by time; label)."""
        events, label = self.recordings[int(self.indices[index])]
        return events, label if self.places is None else self.places[label]

    def take(self, indices) -> "EventSet":
        """The recordings that `indices` selects (a slice, a list or an index array), as another
        EventSet with the same cache."""
        return replace(self, indices=self.indices[indices])

    def renumbered(self, class_names: tuple[str, ...]) -> "EventSet":
        """The same recordings, their labels numbered by `class_names`, which are the same in
        another order."""
        before = self.places or range(len(self.class_names))
        places = tuple(class_names.index(self.class_names[place]) for place in before)
        return replace(self, class_names=class_names, places=places)

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
        for counts, labels in read(self.frames, chosen, workers, pad):
            yield counts, labels if self.places is None else labels.new_tensor(self.places)[labels]

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

    "simulated-dvs"   10,000 / 2,000 of 34 x 34, simulated from the shipped Fashion-MNIST images
    "cifar10-dvs"     9,000 / 1,000 of 128 x 128: CLASS/*.aedat or *.aedat4; the test set is files
                      0-99 of each class
    "dvs128-gesture"  1,077 / 264 of 128 x 128: ibmGestureTrain/ and ibmGestureTest/, as tonic packs
                      them
    "n-mnist"         60,000 / 10,000 of 34 x 34: Train/ and Test/

    time_steps        T: each recording is cut into so many frames, by equal times (cut="time") or
                      equal numbers of events (cut="count")
    time_window       instead of time_steps: microseconds a frame; T then varies, and a batch is
                      padded to its longest recording
    size              height and width of the frames, pixels; the sensor's if None
    seed, camera      of the simulated set
    cache             a folder for the frames (tonic.DiskCachedDataset), made again where a
                      recording has changed; in memory if None (tonic.MemoryCachedDataset)

    `folder`, by default the cache folder of `data.downloads`, holds the files or tonic's folder of
    them (NMNIST, ...); for the simulated set it is that of the images. Every event is in one frame.
    Raises FileNotFoundError for what is missing, ValueError for an unknown name, split or number,
    and, when it is read, for a bad recording.
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
            recordings.stamps() if cache else (),
        )
    how = {"time_steps": time_steps, "cut": cut, "time_window": time_window}
    framed = Framed(recordings, partial(to_frames, sensor=sensor, size=size or sensor, **how))
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


def to_frames(
    events: np.ndarray, sensor: int, size: int, time_steps: int, cut: str, time_window: int | None
) -> np.ndarray:
    """Events of a sensor x sensor camera as counts int16 [T, 2, size, size] (int32 where a pixel
    has more than 32,767 in a frame), as `load_events` says. Every event is in one frame.

    tonic's ToFrame is not used, for it drops the events at the end of a recording, and all of one
    that has fewer events, or microseconds, than frames. Raises ValueError for an event outside the
    sensor.
    """
    x, y = events["x"].astype(np.int64), events["y"].astype(np.int64)
    outside = (x < 0) | (x >= sensor) | (y < 0) | (y >= sensor)
    if outside.any():
        k = int(outside.argmax())
        raise ValueError(
            f"event {k} of {len(events)} lies at x = {x[k]}, y = {y[k]}, expected 0 to {sensor - 1}"
        )
    since = events["t"] - events["t"].min(initial=np.iinfo(np.int64).max)
    if time_window:
        frame = since // time_window
        time_steps = int(frame.max(initial=0)) + 1
    elif cut == "time":
        frame = since * time_steps // (since.max(initial=0) + 1)
    else:
        place = np.argsort(np.argsort(since, kind="stable"))  # a transform may leave it unsorted
        frame = place * time_steps // max(len(events), 1)
    shape = time_steps, 2, size, size
    places = frame, events["p"].astype(np.int64), y * size // sensor, x * size // sensor
    counts = np.bincount(np.ravel_multi_index(places, shape), minlength=np.prod(shape))
    most = counts.max(initial=0)
    return counts.astype(np.int16 if most <= np.iinfo(np.int16).max else np.int32).reshape(shape)


def _tonic(module: str = ""):
    """tonic or one of its modules, which only event data need."""
    from importlib import import_module

    try:
        return import_module(f"tonic.{module}" if module else "tonic")
    except ImportError as error:
        raise ImportError("event data need the package tonic: pip install tonic") from error
