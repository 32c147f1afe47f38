"""Recordings that turn: their class is the order of their frames, and nothing else."""

import numpy as np
import pytest
import torch

from trevsnn_lite.data import batches
from trevsnn_lite.data.motion import GLIDES, PERIOD, Turns, frames_of_glides, load_turns


def headings(frames: np.ndarray) -> np.ndarray:
    """Of each frame [2, H, W] the direction, 0 to 3 quarter turns from right towards down, in which
    ON lies from OFF: a picture that is brighter than its surroundings glides that way."""
    signed = frames[:, 1].astype(float) - frames[:, 0]
    rows, columns = np.mgrid[:18, :18] - 8.5
    angle = np.arctan2((signed * rows).sum((1, 2)), (signed * columns).sum((1, 2)))
    return np.rint(angle / (np.pi / 2)).astype(int) % 4


def test_each_glide_is_a_quarter_of_a_turn_further_the_class_says_which_way():
    turns = Turns("train")
    for index in range(40):
        events, label = turns[index]
        found = headings(frames_of_glides(events))
        assert label == index % 2
        assert set(np.diff(found) % 4) == {3 if label else 1}, (index, found)


def test_the_frames_in_reverse_are_a_recording_of_the_other_class_with_the_same_sum():
    events, label = Turns("test")[0]
    frames = frames_of_glides(events)
    assert label == 0 and set(np.diff(headings(frames[::-1])) % 4) == {3}
    assert (frames[::-1].sum(0) == frames.sum(0)).all() and len(set(headings(frames))) == 4


def test_first_directions_are_equally_frequent_in_both_classes():
    turns = Turns("train")
    found = {0: [], 1: []}
    for index in range(200):
        events, label = turns[index]
        found[label].append(headings(frames_of_glides(events))[0])
    for of_class in found.values():
        assert np.bincount(of_class, minlength=4).min() >= 13  # of 100; 25 is the mean


def test_every_event_is_in_the_frame_of_its_glide_and_none_in_the_pause():
    events, _ = Turns("test")[3]
    frames = frames_of_glides(events)
    assert frames.shape == (GLIDES, 2, 18, 18) and frames.sum() == len(events)
    assert frames.sum((1, 2, 3)).tolist() == np.bincount(events["t"] // PERIOD).tolist()
    assert (events["t"] % PERIOD <= 40_000).all() and (np.diff(events["t"]) >= 0).all()


def test_a_recording_depends_on_split_seed_and_place_alone():
    one, again = load_turns("test").raw(7)[0], load_turns("test").raw(7)[0]
    assert (one == again).all()
    for other in (load_turns("train").raw(7)[0], load_turns("test", seed=1).raw(7)[0]):
        assert len(other) != len(one) or not (other == one).all()


def test_batches_are_frames_of_steps_and_a_mirrored_turn_is_refused():
    turns = load_turns("train").take(slice(0, 6))
    frames, labels = next(batches(turns, 6, seed=0, epoch=0, shuffle=False))
    assert frames.shape == (4, 6, 2, 18, 18) and frames.dtype == torch.float32
    assert labels.tolist() == [0, 1, 0, 1, 0, 1] and not turns.flippable
    with pytest.raises(ValueError, match="split is 'valid'"):
        load_turns("valid")
    with pytest.raises(IndexError):
        turns.recordings[10_000]
