"""Recordings in the field: what no sensor can have sent is refused with the file and its first bad
event, what is merely unusual is read right, and no event is lost on the way to the frames."""

import numpy as np
import pytest
import torch

from trevsnn_lite.data import EventCamera, batches, load_events
from trevsnn_lite.data.event_camera import EVENT_DTYPE
from trevsnn_lite.data.event_files import FASTEST, LONGEST, SLACK, checked, read_events
from trevsnn_lite.data.events import EventSet, Framed, to_frames

tonic = pytest.importorskip("tonic")


def columns(n=40, sensor=128, **changes) -> dict[str, np.ndarray]:
    """A good recording of n events in 50 n microseconds, some of its columns replaced."""
    random = np.random.default_rng(0)
    x, y = random.integers(0, sensor, (2, n))
    return {"x": x, "y": y, "t": np.arange(n) * 50, "p": random.integers(0, 2, n)} | changes


def with_one(values, k, value):
    values = np.array(values)
    values[k] = value
    return values


def write(path, given):
    """As the format of the file's ending lays them: .bin, .npy or .aedat."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, np.stack([given[name] for name in "xypt"], 1))
        return path
    x, y, t, p = (np.asarray(given[name]).astype(np.int64) for name in "xytp")
    if path.suffix == ".bin":
        rows = np.stack([x, y, p << 7 | t >> 16 & 127, t >> 8 & 255, t & 255], 1)
        path.write_bytes(rows.astype(np.uint8).tobytes())
    else:
        words = np.stack([127 - x << 8 | 127 - y << 1 | 1 - p, t], 1).astype(np.uint32)
        path.write_bytes(b"#!AER-DAT2.0\r\n# a recording\r\n" + words.astype(">u4").tobytes())
    return path


# What no sensor can have sent


@pytest.mark.parametrize(
    ("file", "sensor", "change", "message"),
    [
        ("r.bin", 34, {"x": 40}, "event 7 of 40 lies at x = 40, y = .*, expected 0 to 33"),
        ("r.bin", 34, {"y": 34}, "event 7 of 40 lies at x = .*, y = 34, expected 0 to 33"),
        ("r.npy", 128, {"x": 128}, "event 7 of 40 lies at x = 128"),
        ("r.npy", 128, {"x": -1}, "event 7 of 40 lies at x = -1"),
        ("r.npy", 128, {"y": 65536 + 5}, "event 7 of 40 lies at x = .*, y = 65541"),
        ("r.npy", 128, {"y": 2**32}, "event 7 of 40 lies at x = .*, y = 4294967296"),
        ("r.aedat", 128, {"x": -1}, "event 7 of 40 lies at x = -1"),
        ("r.aedat", 128, {"x": -2000}, "event 7 of 40 lies at x = -2000"),
        ("r.npy", 128, {"p": 2}, "event 7 of 40 has the polarity 2, expected 0 and 1, or -1 and 1"),
        ("r.npy", 128, {"p": -1}, "event 7 of 40 has the polarity -1, expected 0 and 1, or"),
    ],
)
def test_a_bad_event_is_named_with_its_file(file, sensor, change, message, tmp_path):
    given = columns(sensor=sensor)
    assert len(read_events(write(tmp_path / file, given))) == 40
    ((name, value),) = change.items()
    path = write(tmp_path / file, given | {name: with_one(given[name], 7, value)})
    with pytest.raises(ValueError, match=f"{file}: {message}") as caught:
        read_events(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("x", 3.5, "event 7 of 40 has x = 3.5, expected a whole number"),
        ("y", np.nan, "event 7 of 40 has y = nan, expected a whole number"),
        ("p", np.inf, "event 7 of 40 has p = inf, expected a whole number"),
        ("x", 1e300, "event 7 of 40 has x = 1e"),
        ("t", np.nan, "event 7 of 40 has t = nan, expected a whole number of microseconds"),
    ],
)
def test_what_is_no_whole_number_is_refused(name, value, message, tmp_path):
    given = columns()
    changed = given | {name: with_one(given[name].astype(float), 7, value)}
    with pytest.raises(ValueError, match=message):
        read_events(write(tmp_path / "r.npy", changed))


@pytest.mark.parametrize("kind", ["u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_columns_of_any_width_are_read_alike(kind):
    given = columns(t=np.arange(40))
    found = checked({name: values.astype(kind) for name, values in given.items()}, 128)
    assert (found == checked(given, 128)).all() and found.dtype == EVENT_DTYPE


def test_a_number_beyond_int64_is_no_small_one():
    given = columns()
    for name in "xyt":
        huge = with_one(given[name].astype(np.uint64), 7, 2**64 - 3)
        with pytest.raises(ValueError, match=f"event 7 of 40 has {name} = 18446744073709551613"):
            checked(given | {name: huge}, 128)


@pytest.mark.parametrize("file", ["r.bin", "r.npy"])
def test_an_empty_recording_is_named(file, tmp_path):
    empty = columns(n=0)
    with pytest.raises(ValueError, match=f"{file}: no event in it, expected at least one"):
        read_events(write(tmp_path / file, empty))


def test_a_rest_of_an_event_is_no_whole_one(tmp_path):
    path = write(tmp_path / "r.bin", columns(sensor=34))
    for extra in range(1, 5):
        path.write_bytes(path.read_bytes()[: 40 * 5] + bytes(extra))
        with pytest.raises(ValueError, match=f"r.bin is truncated.*{200 + extra} bytes, expected"):
            read_events(path)


def test_another_ending_or_version_is_refused(tmp_path):
    with pytest.raises(ValueError, match="r.txt ends in '.txt', expected one of .bin, .npy"):
        read_events(write(tmp_path / "r.npy", columns()).rename(tmp_path / "r.txt"))
    path = write(tmp_path / "r.aedat", columns())
    path.write_bytes(path.read_bytes().replace(b"DAT2.0", b"DAT3.1"))
    with pytest.raises(ValueError, match="r.aedat is truncated.*AEDAT 3.1, expected 2.0"):
        read_events(path)


# Polarities, and times that wrap, run backwards or are of another unit


def test_minus_one_and_one_are_off_and_on(tmp_path):
    given = columns()
    plain, signed = (write(tmp_path / f"{k}.npy", given | {"p": p}) for k, p in enumerate(
        (given["p"], 2 * given["p"] - 1)))  # fmt: skip
    assert (read_events(signed) == read_events(plain)).all()
    assert (read_events(signed)["p"] == given["p"]).all() and 0 < given["p"].sum() < 40


@pytest.mark.parametrize(("file", "counter"), [("r.bin", 2**23), ("r.aedat", 2**32)])
def test_a_counter_that_starts_again_goes_on(file, counter, tmp_path):
    given = columns(sensor=34)
    plain = read_events(write(tmp_path / file, given))
    late = (given["t"] + counter - 1000) % counter
    assert late[0] > late[-1]
    assert (read_events(write(tmp_path / file, given | {"t": late})) == plain).all()


def test_time_stamps_that_run_backwards_are_refused(tmp_path):
    given = columns()
    backwards = given | {"t": given["t"][::-1]}
    with pytest.raises(
        ValueError, match="r.aedat: event 21 of 40 is 1050 microseconds older than one before it"
    ):
        read_events(write(tmp_path / "r.aedat", backwards))
    again = given | {"t": given["t"] * 3 % 3000}  # a counter that was set back
    with pytest.raises(ValueError, match="event 20 of 40 is 2850 microseconds older .* set back"):
        read_events(write(tmp_path / "r.aedat", again))


def test_packets_that_overtake_each_other_are_put_in_order(tmp_path):
    given = columns()
    order = np.arange(40).reshape(-1, 2)[:, ::-1].ravel()  # each pair the wrong way round
    shuffled = {name: values[order] for name, values in given.items()}
    found = read_events(write(tmp_path / "r.aedat", shuffled))
    assert (found == read_events(write(tmp_path / "s.aedat", given))).all() and SLACK >= 50


def test_another_unit_is_noticed(tmp_path):
    seconds = columns(n=2000, t=np.linspace(0, 6, 2000))
    with pytest.raises(ValueError, match="r.npy: event 7 of 2000 has t = 0.021.*in units of 1000"):
        read_events(write(tmp_path / "r.npy", seconds))
    microseconds = columns(t=np.linspace(0, 6_000_000, 40).round())
    with pytest.raises(
        ValueError, match="r.npy: 40 events in 6,000 s, expected at most 60 s: .* another unit"
    ):
        read_events(write(tmp_path / "r.npy", microseconds))
    whole_seconds = columns(n=50_000, t=np.arange(50_000) // 10_000)
    with pytest.raises(ValueError, match="r.aedat: 50000 events in 4 microseconds, expected at"):
        read_events(write(tmp_path / "r.aedat", whole_seconds))
    assert LONGEST > 20e6 and FASTEST >= 1  # DVS128 Gesture's longest is under 20 s


def test_milliseconds_to_three_places_are_microseconds(tmp_path):
    given = columns()
    found = read_events(write(tmp_path / "r.npy", given | {"t": given["t"] / 1000}))
    assert (found["t"] == given["t"]).all()


# Every event is in one frame


def events_at(times, x=3, y=5) -> np.ndarray:
    events = np.zeros(len(times), EVENT_DTYPE)
    events["x"], events["y"], events["t"] = x, y, times
    return events


@pytest.mark.parametrize("cut", ["time", "count"])
@pytest.mark.parametrize(
    "times", [[], [9], [7] * 5, [0, 1, 2], [0, 100, 199], [0] * 9 + [1], list(range(0, 4003, 7))]
)
@pytest.mark.parametrize("steps", [1, 4, 64])
def test_no_event_is_lost(cut, times, steps):
    frames = to_frames(events_at(times), 34, 34, steps, cut, None)
    assert frames.shape == (steps, 2, 34, 34) and frames.sum() == len(times)
    assert frames[:, 0, 5, 3].sum() == len(times)
    held = frames.sum((1, 2, 3))
    if cut == "count" and times:
        assert held.max() - held.min() <= 1


def test_frames_of_equal_times_by_hand():
    held = to_frames(events_at([0, 1, 2, 3, 4, 5, 6, 7]), 34, 34, 4, "time", None).sum((1, 2, 3))
    assert held.tolist() == [2, 2, 2, 2]
    held = to_frames(events_at([0, 24, 25, 74, 75, 99]), 34, 34, 4, "time", None).sum((1, 2, 3))
    assert held.tolist() == [2, 1, 1, 2]
    held = to_frames(events_at([0, 9, 10, 20]), 34, 34, 4, "time", 10).sum((1, 2, 3))
    assert held.tolist() == [2, 1, 1]  # of 10 microseconds each, as many as there are


def test_frames_are_tonic_s_but_for_the_events_that_it_drops():
    events = load_events("simulated-dvs", "test").raw(0)[0]
    theirs = tonic.transforms.ToFrame(sensor_size=(34, 34, 2), n_time_bins=4)(events)
    ours = to_frames(events, 34, 34, 4, "time", None)
    dropped = len(events) - theirs.sum()
    assert ours.sum() == len(events) and 0 < dropped < 5
    assert (ours >= theirs).all() and (ours - theirs)[3].sum() == dropped


def test_a_pixel_with_more_events_than_16_bits_count():
    frames = to_frames(events_at(np.arange(40_000)), 34, 17, 1, "time", None)
    assert frames[0, 0, 2, 1] == 40_000 == frames.sum()
    recordings = [(events_at(np.arange(40_000)), 0), (events_at([1, 2]), 1)]

    def framing(events):
        return to_frames(events, 34, 34, 2, "time", None)

    made = EventSet("few", "train", ("a", "b"), 34, True, recordings, Framed(recordings, framing),
                    framing, np.arange(2))  # fmt: skip
    counts, _ = next(made.read_batches([torch.tensor([0, 1])]))
    assert counts[:, :, 0, 5, 3].tolist() == [[20_000, 1], [20_000, 1]]


def test_a_transform_that_moves_events_off_the_sensor_is_named():
    from trevsnn_lite.data import Augment

    made = load_events("simulated-dvs", "test").take([3])

    def aside(events):
        events["x"] += 5
        return events

    with pytest.raises(
        ValueError, match="recording 3, changed by augment.events: event .* x = 3[4-8], .* 0 to 33"
    ):
        next(batches(made, 1, 0, 0, Augment(events=aside)))


def test_a_transform_that_leaves_events_unsorted_is_cut_by_their_times():
    events = events_at([30, 0, 20, 10])
    for cut in ("time", "count"):
        events["x"] = [3, 0, 2, 1]
        frames = to_frames(events, 34, 34, 4, cut, None)
        assert [frames[t, 0, 5].argmax() for t in range(4)] == [0, 1, 2, 3]


# Folders and caches


@pytest.fixture
def digits(tmp_path):
    for split in ("Train", "Test"):
        for digit in range(10):
            write(tmp_path / "NMNIST" / split / str(digit) / "00002.bin", columns(sensor=34))
    return tmp_path


def test_what_systems_leave_is_no_recording(digits):
    for name in ("3/._00002.bin", "__MACOSX/00002.bin", ".ipynb_checkpoints/00002.bin"):
        path = digits / "NMNIST" / "Train" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"rubbish")
    assert len(load_events("n-mnist", "train", digits)) == 10
    cifar = digits / "CIFAR10DVS"
    for name in load_events("simulated-dvs", "test").class_names:
        (cifar / name).mkdir(parents=True, exist_ok=True)
    from trevsnn_lite.data.event_files import CIFAR_CLASSES

    for name in CIFAR_CLASSES:
        (cifar / name).mkdir(exist_ok=True)
        for path in (f"cifar10_{name}_0.aedat", f"._cifar10_{name}_0.aedat"):
            write(cifar / name / path, columns())
    assert len(load_events("cifar10-dvs", "test", digits)) == 10


def test_a_cache_knows_when_a_recording_has_changed(digits, tmp_path):
    def first():
        made = load_events("n-mnist", "train", digits, cache=tmp_path / "frames")
        return made[0][0], made

    before, made = first()
    assert torch.equal(first()[0], before)
    path = made.recordings.files[0].path
    write(path, columns(sensor=34, x=np.full(40, 2), y=np.full(40, 3)))  # of the same size
    after, _ = first()
    assert not torch.equal(after, before) and after[:, :, 3, 2].any()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_bad_recording_names_itself_out_of_a_worker(workers, digits):
    write(digits / "NMNIST" / "Train" / "4" / "00002.bin", columns(sensor=34, x=np.full(40, 40)))
    train = load_events("n-mnist", "train", digits)
    with pytest.raises(ValueError, match="4/00002.bin: event 0 of 40 lies at x = 40") as caught:
        list(batches(train, 5, 0, 0, workers=workers))
    assert "\n" not in str(caught.value)


def test_a_still_camera_s_empty_recording_stays_zero():
    still = load_events("simulated-dvs", "train", camera=EventCamera(radius=0.0))
    assert not still[0][0].any()
