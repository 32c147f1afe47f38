"""A simulated event camera: an image moves before it in closed loops, and each pixel reports its
changes of log intensity.

The movement is that of CIFAR10-DVS (Li et al. 2017): repeated, closed, smooth loops of the image
before a still camera. The pixel is the
usual idealised one: a reference level, an event each time that the log intensity is a threshold
away from it, and the reference moves to
that crossing. Nothing else of a real sensor is modelled but noise events: no latency, no bandwidth,
no mismatch between pixels.
Whatever comes from here is called "simulated" wherever it is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EVENT_DTYPE = np.dtype(
    [("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", bool)]
)  # tonic.io.events_struct; t in microseconds
DARK = 0.25  # what a black pixel still receives, in units of a white one: its logarithm is finite
CHUNK = 16  # recordings simulated together: bounds the memory


@dataclass(frozen=True)
class EventCamera:
    """The camera and the movement before it. Raises ValueError, naming the field, for a value that
    gives no recording."""

    sensor: int = 34
    """Height and width of the sensor, pixels (34 as N-MNIST's)."""
    threshold: float = 0.5
    """Contrast threshold: the change of log intensity that makes an event."""
    loops: int = 2
    """How often the image runs through its closed path."""
    loop_time: int = 100_000
    """Duration of one loop, microseconds."""
    loop_steps: int = 24
    """Positions of the image within a loop, as a screen's refreshes; the intensity changes linearly
    in between."""
    radius: float = 3.0
    """Radius of the circular path, pixels."""
    placement: float = 4.0
    """How far the path's centre lies at most from the sensor's, along each axis, pixels; drawn anew
    for each recording."""
    noise_rate: float = 0.0
    """Noise events of either polarity, per pixel and second."""

    def __post_init__(self):
        for name in ("sensor", "loops", "loop_time", "loop_steps"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} is {value!r}, expected an integer of at least 1")
        for name in ("radius", "placement", "noise_rate"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}, expected a finite number of at least 0"
                )
        if not 0 < self.threshold < float("inf"):
            raise ValueError(f"threshold is {self.threshold!r}, expected a finite number above 0")


def circle(camera: EventCamera, starts: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """One loop: positions (x, y) of N images' centres relative to the sensor's, pixels:
    [loop_steps, N, 2]; the next would be the first again.

    starts [N]: where on the circle each begins, radians; centres [N, 2]: the circles' centres,
    pixels.
    """
    angles = (
        2 * np.pi * np.arange(camera.loop_steps)[:, None] / camera.loop_steps + starts
    )  # [loop_steps, N]
    return camera.radius * np.stack([np.cos(angles), np.sin(angles)], -1) + centres


def moving_view(images: np.ndarray, positions: np.ndarray, sensor: int) -> np.ndarray:
    """What the sensor sees of N moving images: images [N, h, w], positions [S, N, 2] (x, y) ->
    intensities [S, N, sensor, sensor].

    Linear interpolation in both directions; around an image it is dark (0).
    """

    def tents(offsets: np.ndarray, size: int) -> np.ndarray:
        """Weights [S, N, sensor, size] of the image's rows (columns) in each of the sensor's,
        triangles one pixel wide to each side."""
        on_sensor = np.arange(size) + (sensor - size) / 2 + offsets[..., None]  # [S, N, size]
        return np.maximum(0.0, 1.0 - np.abs(np.arange(sensor)[:, None] - on_sensor[..., None, :]))

    rows, columns = (
        tents(positions[..., 1], images.shape[1]),
        tents(positions[..., 0], images.shape[2]),
    )
    return rows @ images @ columns.swapaxes(-1, -2)


def threshold_crossings(
    levels: np.ndarray, times: np.ndarray, threshold: float, reference: np.ndarray | float = 0.0
):
    """Events of pixels whose log intensity runs linearly from levels[s] to levels[s + 1] between
    times[s] and times[s + 1].

    levels [S, N, H, W], times [S] in microseconds -> (events, of EVENT_DTYPE and in no order; the
    recording 0 .. N-1 of each).
    reference [N, H, W]: where each pixel's reference lies at first, in thresholds from its first
    level, in (-1, 1).
    Timestamps are where the line meets the crossing, rounded.
    """
    above = (levels - levels[0]) / threshold - reference  # in thresholds from the first reference
    crossed = np.zeros(levels.shape[1:], np.int64)  # how far the reference has moved since
    parts = []
    for s in range(len(levels) - 1):
        crossings = np.trunc(above[s + 1] - crossed).astype(
            np.int64
        )  # signed: ON or OFF events of each pixel in this step
        where = np.nonzero(crossings)
        here = crossings[where]
        count = np.abs(here)
        which = (
            np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 1
        )  # 1, 2, .. of each pixel
        before, after = above[s][where], above[s + 1][where]
        share = np.repeat((crossed[where] - before) / (after - before), count) + which * np.repeat(
            np.sign(here) / (after - before), count
        )
        events = np.empty(len(which), EVENT_DTYPE)
        n, events["y"], events["x"], events["p"] = (
            np.repeat(value, count) for value in (*where, here > 0)
        )
        events["t"] = np.rint(times[s] + share.clip(0, 1) * (times[s + 1] - times[s]))
        parts.append((events, n))
        crossed += crossings
    return np.concatenate([events for events, _ in parts]), np.concatenate([n for _, n in parts])


def simulate(
    images: np.ndarray, camera: EventCamera, seed: int | Sequence[int] = 0, first: int = 0
) -> list[np.ndarray]:
    """Simulated recordings, one for each image: uint8 [N, h, w] -> N arrays of EVENT_DTYPE, sorted
    by time.

    Recording i is a function of images[i], the camera, `seed` (a number or a few) and first + i:
    where it starts on the circle, where the
    circle lies, the pixels' first references and its noise are drawn from a generator of its own,
    so that recordings made one by one are those made together.
    """
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 3:
        came = (
            f"{images.dtype} {list(images.shape)}"
            if isinstance(images, np.ndarray)
            else type(images).__name__
        )
        raise ValueError(f"images are {came}, expected uint8 [N, h, w]")
    seeds = (seed,) if isinstance(seed, (int, np.integer)) else tuple(seed)
    if not seeds or any(not isinstance(value, (int, np.integer)) or value < 0 for value in seeds):
        raise ValueError(f"seed is {seed!r}, expected a whole number >= 0 or a few of them")
    recordings = []
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        recordings += _simulate(
            chunk,
            camera,
            [np.random.default_rng([*seeds, first + start + i]) for i in range(len(chunk))],
        )
    return recordings


def _simulate(
    images: np.ndarray, camera: EventCamera, random: list[np.random.Generator]
) -> list[np.ndarray]:
    """The recordings of a few images, each with its own generator."""
    starts = np.array([r.uniform(0, 2 * np.pi) for r in random])
    centres = np.stack([r.uniform(-camera.placement, camera.placement, 2) for r in random])
    loop = np.log(
        DARK + moving_view(images / 255.0, circle(camera, starts, centres), camera.sensor)
    )  # [loop_steps, N, H, W]
    steps = np.arange(camera.loops * camera.loop_steps + 1)
    levels, times = loop[steps % camera.loop_steps], steps * (camera.loop_time / camera.loop_steps)
    # What a pixel saw before the recording is unknown, so is its reference. Were it the first
    # level, a closed loop would end in a burst:
    # every pixel would come back to its reference at the same instant.
    reference = np.stack([r.uniform(-1, 1, levels.shape[2:]) for r in random])
    events, recording = threshold_crossings(levels, times, camera.threshold, reference)
    noise = [_noise(camera, r) for r in random]
    events = np.concatenate([events, *noise])
    recording = np.concatenate(
        [recording, np.repeat(np.arange(len(images)), [len(part) for part in noise])]
    )
    order = np.lexsort((events["p"], events["x"], events["y"], events["t"], recording))
    ends = np.cumsum(np.bincount(recording, minlength=len(images)))
    return np.split(events[order], ends[:-1])


def _noise(camera: EventCamera, random: np.random.Generator) -> np.ndarray:
    """Events at random pixels, times and polarities: a Poisson number of them."""
    duration = camera.loops * camera.loop_time
    events = np.empty(
        random.poisson(camera.noise_rate * camera.sensor**2 * duration * 1e-6), EVENT_DTYPE
    )
    events["x"], events["y"] = random.integers(0, camera.sensor, (2, len(events)))
    events["t"], events["p"] = (
        random.integers(0, duration, len(events)),
        random.integers(0, 2, len(events)),
    )
    return events
