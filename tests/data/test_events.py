"""EventSet: frames, caches, padding, augmentation and mini-batches of simulated recordings."""

import numpy as np
import pytest
import torch

from trevsnn_lite.data import Augment, EventCamera, SimulatedDVS, batches, load_events, load_images
from trevsnn_lite.data.event_camera import simulate

tonic = pytest.importorskip("tonic")


@pytest.fixture(scope="module")
def small():
    return load_events("simulated-dvs", "train", time_steps=3).take(slice(0, 12))


def test_it_is_called_simulated_and_carries_the_images_classes(small):
    images = load_images("fashion-mnist-10k", "train")
    assert (
        small.name == "simulated-dvs"
        and small.class_names == images.class_names
        and small.split == "train"
    )
    assert (
        len(load_events("simulated-dvs", "train")) == 10_000
        and len(load_events("simulated-dvs", "test")) == 2_000
    )
    assert [small[i][1] for i in range(12)] == images.labels[:12].tolist()


def test_recordings_come_from_the_images_and_differ_between_seeds_and_splits(small):
    images = load_images("fashion-mnist-10k", "train").images[:3, 0]
    expected = simulate(images, EventCamera(), (0, 0))
    assert [small.raw(i)[0].tobytes() for i in range(3)] == [
        events.tobytes() for events in expected
    ]
    assert SimulatedDVS("train", seed=1)[0][0].tobytes() != expected[0].tobytes()
    tested = load_images("fashion-mnist-10k", "test").images[:1, 0]
    assert (
        SimulatedDVS("test")[0][0].tobytes() == simulate(tested, EventCamera(), (0, 1))[0].tobytes()
    )  # draws of its own, not the training set's
    assert SimulatedDVS("test")[-1][0].tobytes() == SimulatedDVS("test")[1999][0].tobytes()
    with pytest.raises(IndexError):
        SimulatedDVS("test")[2000]


def test_frames_count_the_events_of_each_polarity(small):
    events, _ = small.raw(5)
    counts, _ = next(small.read_batches([torch.tensor([5])]))
    assert counts.shape == (3, 1, 2, 34, 34)
    since, end = events["t"] - events["t"][0], events["t"][-1] - events["t"][0] + 1
    for t in range(3):
        here = events[(3 * since >= t * end) & (3 * since < (t + 1) * end)]
        for polarity in (0, 1):
            expected = np.zeros((34, 34), int)
            np.add.at(
                expected, (here["y"][here["p"] == polarity], here["x"][here["p"] == polarity]), 1
            )
            assert (counts[t, 0, polarity].numpy() == expected).all()
    assert counts.sum() == len(events)


def test_one_recording_is_its_frames_divided_by_their_root_mean_square(small):
    frames, label = small[5]
    counts, labels = next(small.read_batches([torch.tensor([5])]))
    assert (
        frames.shape == (3, 2, 34, 34)
        and frames.dtype == torch.float32
        and isinstance(label, int)
        and label == labels.item()
    )
    assert frames.square().mean().item() == pytest.approx(1.0, rel=1e-5)
    assert torch.allclose(frames / frames.max(), counts[:, 0] / counts.max())
    still = load_events("simulated-dvs", "train", camera=EventCamera(radius=0.0))
    assert not still[0][0].any() and still[0][0].shape == (4, 2, 34, 34)  # no event: zeros, not nan


def test_cut_by_count_gives_frames_of_equal_numbers_of_events():
    counts, _ = next(
        load_events("simulated-dvs", "test", time_steps=5, cut="count").read_batches(
            [torch.arange(4)]
        )
    )
    totals = counts.sum((2, 3, 4))  # [T, B]
    assert (
        totals.shape == (5, 4)
        and (totals.max(0).values - totals.min(0).values).max() <= 5
        and totals.min() > 100
    )


def test_a_time_window_gives_recordings_of_different_lengths_padded_with_empty_frames():
    short, long = (
        load_events(
            "simulated-dvs", "test", time_window=20_000, camera=EventCamera(loops=loops)
        ).take([0])
        for loops in (1, 2)
    )
    lengths = [event_set[0][0].shape[0] for event_set in (short, long)]
    assert lengths == [5, 10]
    both = tonic.collation.PadTensors(batch_first=False)(
        [(torch.ones(length, 2, 34, 34), 0) for length in lengths]
    )[0]
    assert (
        both.shape == (10, 2, 2, 34, 34) and not both[5:, 0].any() and both[:, 1].all()
    )  # what read_batches collates with


def test_size_shrinks_the_frames_and_keeps_the_events():
    big, half = (load_events("simulated-dvs", "test", size=size) for size in (None, 17))
    a, b = (next(event_set.read_batches([torch.arange(3)]))[0] for event_set in (big, half))
    assert b.shape == (4, 3, 2, 17, 17) and half.size == 17
    assert torch.equal(a.unflatten(3, (17, 2)).unflatten(5, (17, 2)).sum((4, 6)), b)


def test_batches_are_time_first_and_every_recording_comes_once(small):
    found = list(batches(small, 5, seed=0, epoch=0))
    assert [frames.shape for frames, _ in found] == [
        (3, n, 2, 34, 34) for n in (5, 5, 2)
    ] and found[0][1].dtype == torch.int64
    sums = sorted(frames[:, b].sum().item() for frames, _ in found for b in range(frames.shape[1]))
    assert sums == pytest.approx(sorted(small[i][0].sum().item() for i in range(12)))
    assert sorted(torch.cat([labels for _, labels in found]).tolist()) == sorted(
        small[i][1] for i in range(12)
    )


def test_a_flip_mirrors_all_frames_of_a_recording_or_none(small):
    plain = dict(zip(range(12), batches(small, 1, 0, 0)))
    flipped = 0
    for k, (frames, _) in enumerate(batches(small, 1, 0, 0, Augment(flip=True))):
        mirrored = [torch.equal(frames[t], plain[k][0][t].flip(-1)) for t in range(3)]
        assert all(mirrored) or torch.equal(frames, plain[k][0])
        flipped += all(mirrored)
    assert 0 < flipped < 12


def test_tonic_s_augmentation_depends_on_seed_and_epoch_alone_and_leaves_numpy_s_generator(small):
    augment = Augment(events=tonic.transforms.DropEvent(p=0.5))

    def seen(epoch, **options):
        return [frames for frames, _ in batches(small, 5, 3, epoch, augment, **options)]

    np.random.seed(1)
    state = np.random.get_state()[1].copy()
    first = seen(0)
    assert (np.random.get_state()[1] == state).all()
    np.random.seed(2)
    assert all(torch.equal(a, b) for a, b in zip(first, seen(0))) and not torch.equal(
        first[0], seen(1)[0]
    )
    assert torch.equal(seen(0, start=2)[0], first[2]) and torch.equal(
        next(batches(small, 5, 3, 0, augment, workers=1))[0], first[0]
    )
    whole, half = (
        next(batches(small, 12, 0, 0, given, shuffle=False))[0] for given in (None, augment)
    )
    assert (half.count_nonzero() < whole.count_nonzero()) and not torch.equal(half, whole)
    dropped = small.changed(augment.events, range(12))
    counts, kept = (
        next(event_set.read_batches([torch.arange(12)]))[0].sum((0, 2, 3, 4))
        for event_set in (small, dropped)
    )
    assert torch.allclose(kept / counts, torch.tensor(0.5), atol=0.01)


def test_only_event_sets_take_event_transforms():
    images = load_images("fashion-mnist-10k", "test")
    with pytest.raises(
        TypeError,
        match="augment.events changes the recordings of an EventSet, but image_set is of type "
        "ImageSet",
    ):
        batches(images, 5, 0, 0, Augment(events=len))


def test_frames_are_cached_by_tonic_in_memory_or_on_disk(tmp_path, monkeypatch):
    options = {"time_steps": 2, "cache": tmp_path}
    first = load_events("simulated-dvs", "test", **options).take([3, 1])
    frames = [first[i][0] for i in range(2)]
    assert (
        isinstance(first.frames, tonic.DiskCachedDataset)
        and len(list(tmp_path.rglob("*.hdf5"))) == 2
    )
    monkeypatch.setattr(
        SimulatedDVS, "__getitem__", lambda self, index: pytest.fail("simulated again")
    )
    again = load_events("simulated-dvs", "test", **options).take([3, 1])
    assert all(torch.equal(again[i][0], frames[i]) for i in range(2))
    monkeypatch.undo()
    others = (
        {"time_steps": 3},
        {"seed": 1},
        {"camera": EventCamera(threshold=0.7)},
        {"cut": "count"},
        {"size": 17},
        {"time_window": 50_000},
    )
    found = [
        load_events("simulated-dvs", "test", **options | other).take([3])[0][0] for other in others
    ]  # none is the file of another
    assert all(
        a.shape != b.shape or not torch.equal(a, b)
        for i, a in enumerate([frames[0], *found])
        for b in found[i:]
    )
    memory = load_events("simulated-dvs", "test")
    calls = []
    monkeypatch.setattr(
        SimulatedDVS,
        "__getitem__",
        lambda self, index: (
            calls.append(index) or (simulate(np.ones((1, 8, 8), np.uint8), self.camera)[0], 0)
        ),
    )
    assert torch.equal(memory[7][0], memory[7][0]) and calls == [7]


def test_take_and_negative_indices(small):
    part = small.take([4, 2]).take([1])
    assert (
        len(part) == 1
        and torch.equal(part[0][0], small[2][0])
        and part.raw(0)[0].tobytes() == small.raw(2)[0].tobytes()
    )
    drop = tonic.transforms.DropEvent(p=0.5)
    assert torch.equal(
        part.changed(drop, [8])[0][0], small.changed(drop, range(6, 18))[2][0]
    )  # a seed goes with its recording
    assert torch.equal(small[-1][0], small[11][0])
    with pytest.raises(IndexError):
        part[1]


def test_the_global_generators_are_left_alone(small):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(batches(small, 5, 0, 0))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"name": "cifar10"},
            "name is 'cifar10', expected one of 'simulated-dvs', 'cifar10-dvs', "
            "'dvs128-gesture', 'n-mnist'",
        ),
        ({"split": "val"}, "split is 'val', expected one of 'train', 'test'"),
        ({"cut": "events"}, "cut is 'events', expected one of 'time', 'count'"),
        ({"time_steps": 0}, "time_steps is 0, expected a whole number >= 1"),
        ({"time_steps": None}, "time_steps is None"),
        ({"time_window": 0.5}, "time_window is 0.5"),
        ({"size": -1}, "size is -1"),
        ({"seed": -1}, r"seed is \(-1, 0\), expected a whole number >= 0"),
    ],
)
def test_bad_arguments_get_one_sentence(options, message):
    with pytest.raises(ValueError, match=message):
        load_events(**{"name": "simulated-dvs", "split": "train"} | options)
