"""The linear floor: it learns what a sum over time shows, and nothing of what only the order shows."""

import numpy as np
import pytest
import torch

from trevsnn_lite.data import load_events
from trevsnn_lite.data.event_camera import EVENT_DTYPE
from trevsnn_lite.data.events import EventSet, Framed
from trevsnn_lite.training.floor import linear_floor, summed

tonic = pytest.importorskip("tonic")


class Recordings(list):
    """A list of (events, label)."""


def event_set(kind: str, n: int, seed: int) -> EventSet:
    """ "place": class 1 fires on the right half. "order": both classes fire at the same pixels,
    class 1 from right to left."""
    random, recordings = np.random.default_rng(seed), Recordings()
    for label in random.integers(0, 2, n):
        events = np.empty(60, EVENT_DTYPE)
        x = random.permutation(np.arange(60) % 8) if kind == "place" else np.sort(np.arange(60) % 8)
        if kind == "place":
            x = x // 2 + 4 * label
        elif label:
            x = x[::-1]
        events["x"], events["y"], events["p"], events["t"] = (
            x,
            random.integers(0, 8, 60),
            random.integers(0, 2, 60),
            np.arange(60) * 100,
        )
        recordings.append((events, int(label)))
    to_frames = tonic.transforms.ToFrame(sensor_size=(8, 8, 2), n_event_bins=4)
    return EventSet(
        kind,
        "train",
        ("0", "1"),
        8,
        True,
        recordings,
        Framed(recordings, to_frames),
        to_frames,
        np.arange(n),
    )


def test_it_reads_where_events_fell_but_not_in_which_order():
    assert linear_floor(event_set("place", 200, 0), event_set("place", 100, 1)) > 0.97
    assert (
        0.3 < linear_floor(event_set("order", 200, 0), event_set("order", 200, 1)) < 0.7
    )  # chance is 1/2


def test_summed_is_the_sum_over_time_with_polarities_apart():
    recordings = event_set("order", 5, 2)
    sums, labels = summed(recordings)
    assert sums.shape == (5, 2 * 8 * 8) and labels.tolist() == [recordings[i][1] for i in range(5)]
    assert all(torch.allclose(sums[i], recordings[i][0].sum(0).flatten()) for i in range(5))


def test_the_same_seed_gives_the_same_number_and_the_global_generator_is_left_alone():
    train, test = (
        load_events("simulated-dvs", split).take(slice(0, 120)) for split in ("train", "test")
    )
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first = linear_floor(train, test, seed=5, epochs=3, batch_size=20)
    assert torch.equal(torch.get_rng_state(), before) and first == linear_floor(
        train, test, seed=5, epochs=3, batch_size=20
    )
    assert first > 0.2  # chance is 1/10


def test_sets_that_do_not_belong_together_are_refused():
    train, other = event_set("place", 4, 0), load_events("simulated-dvs", "test")
    with pytest.raises(
        ValueError,
        match="train and test have 4 and 2000 recordings of 2 and 10 classes, expected at "
        "least one each of the same classes",
    ):
        linear_floor(train, other)
    with pytest.raises(ValueError, match="have 4 and 0 recordings"):
        linear_floor(train, train.take([]))
