"""Simulated recordings whose class lies in the order of their frames alone: a picture glides across
the sensor four times, each time a quarter of a turn further, clockwise or anticlockwise.

The shutter is closed between two glides, while the picture goes back. So the frames of a clockwise
recording, in reverse order, are those of an anticlockwise one: their sum is the same, and each
single frame is as frequent in either class. Simulated, as in `event_camera`."""

import os

import numpy as np

from .event_camera import DARK, moving_view, threshold_crossings
from .events import EventSet, Framed, _cached
from .images import SPLITS, load_images

CLASSES = ("clockwise", "anticlockwise")
GLIDES = 4  # and frames: one for each glide
SENSOR = 18  # height and width, pixels
LENGTH = 4.0  # of a glide, pixels
PLACEMENT = 1.0  # how far the glides' middle lies at most from the sensor's, along each axis
THRESHOLD = 0.5  # contrast threshold
POSITIONS = 8  # of the picture within a glide; the light changes linearly in between
GLIDE_TIME, PERIOD = 40_000, 50_000  # microseconds: a glide, and until the next one begins


class Turns:
    """Recordings of one split of the shipped Fashion-MNIST images, halved to 14 x 14; item i is
    (events of EVENT_DTYPE, label), simulated when read.

    Recording i turns clockwise where i is even. Its first direction (right, down, left or up), the
    picture's place and the pixels' first references are drawn from (seed, split, i)."""

    class_names = CLASSES

    def __init__(self, split: str, seed: int = 0, folder: str | os.PathLike | None = None):
        self._pictures = load_images("fashion-mnist-10k", split, folder).images[:, 0]
        self._seeds = (seed, SPLITS.index(split))

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        index = range(len(self))[index]  # one too large is an IndexError
        random, label = np.random.default_rng([*self._seeds, index]), index % 2
        picture = self._pictures[index].reshape(14, 2, 14, 2).mean((1, 3)) / 255.0
        first, place = random.integers(4), random.uniform(-PLACEMENT, PLACEMENT, 2)
        parts = []
        for number in range(GLIDES):
            angle = np.pi / 2 * (first + (-number if label else number))
            heading = np.array([np.cos(angle), np.sin(angle)])  # x to the right, y down
            reference = random.uniform(-1, 1, (1, SENSOR, SENSOR))
            events = glide(picture, place, heading, reference)
            events["t"] += number * PERIOD
            parts.append(events)
        whole = np.concatenate(parts)
        return whole[np.lexsort((whole["p"], whole["x"], whole["y"], whole["t"]))], label


def glide(
    picture: np.ndarray, place: np.ndarray, heading: np.ndarray, reference: np.ndarray
) -> np.ndarray:
    """Events, in no order, of a picture [h, w] in [0, 1] that moves LENGTH pixels along `heading`
    (x, y), half of them before and half behind `place`; reference: as in `threshold_crossings`."""
    along = LENGTH * np.linspace(-0.5, 0.5, POSITIONS)
    positions = (place + along[:, None] * heading)[:, None]  # [S, 1, 2]
    levels = np.log(DARK + moving_view(picture[None], positions, SENSOR))
    times = np.linspace(0, GLIDE_TIME, POSITIONS)
    return threshold_crossings(levels, times, THRESHOLD, reference)[0]


def frames_of_glides(events: np.ndarray) -> np.ndarray:
    """Counts int16 [4, 2, 18, 18]: a frame for each glide; channel 0 OFF, 1 ON."""
    shape = GLIDES, 2, SENSOR, SENSOR
    places = events["t"] // PERIOD, events["p"].astype(int), events["y"], events["x"]
    counts = np.bincount(np.ravel_multi_index(places, shape), minlength=np.prod(shape))
    return counts.astype(np.int16).reshape(shape)


def load_turns(split: str, seed: int = 0, folder: str | os.PathLike | None = None) -> EventSet:
    """One split ("train": 10,000, "test": 2,000) of `Turns` as an EventSet: frames [4, 2, 18, 18],
    classes "clockwise" and "anticlockwise".

    Raises ValueError for an unknown split, ImportError without tonic."""
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}, expected one of {', '.join(map(repr, SPLITS))}")
    recordings = Turns(split, seed, folder)
    return EventSet(
        name="simulated-turns",
        split=split,
        class_names=CLASSES,
        size=SENSOR,
        flippable=False,  # a mirrored turn goes the other way
        recordings=recordings,
        frames=_cached(Framed(recordings, frames_of_glides), None, "", ()),
        to_frames=frames_of_glides,
        indices=np.arange(len(recordings)),
    )
