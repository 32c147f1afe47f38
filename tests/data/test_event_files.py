"""Loaders of CIFAR10-DVS, DVS128 Gesture and N-MNIST on folders of the right layout, beside tonic's
own; and the split that shares nothing."""

import sys
import types

import numpy as np
import pytest

from trevsnn_lite.data.event_camera import EVENT_DTYPE
from trevsnn_lite.data.event_files import CIFAR_CLASSES, FOLDERS, read_events
from trevsnn_lite.data.events import load_events

tonic = pytest.importorskip("tonic")
TRAIN_NUMBERS, TEST_NUMBERS = (100, 101, 999), (0, 7, 99)


def some_events(seed, n=40, sensor=128, step=1) -> np.ndarray:
    random = np.random.default_rng(seed)
    events = np.empty(n, EVENT_DTYPE)
    events["x"], events["y"], events["p"] = (
        *random.integers(0, sensor, (2, n)),
        random.integers(0, 2, n),
    )
    events["t"] = np.sort(random.integers(0, 5000, n)) * step
    events["t"] -= events["t"][0]
    return events


def write_aedat(path, events, start=7_000_000):
    """AEDAT 2.0 as jAER writes it: y in bits 8-14, x in bits 1-7, mirrored as the DVS128's wiring
    is, polarity bit 0 for ON."""
    jaer_y, jaer_x = (
        127 - events["x"].astype(np.uint32),
        127 - events["y"].astype(np.uint32),
    )  # as dat2mat.m reads it: x from y's bits
    address = jaer_y << 8 | jaer_x << 1 | (~events["p"]).astype(np.uint32)
    words = np.stack([address, (events["t"] + start).astype(np.uint32)], 1).astype(">u4")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"#!AER-DAT2.0\r\n# This is a raw AE data file\r\n" + words.tobytes())


def write_bin(path, events):
    """N-MNIST: x, y, polarity and 23 bits of time in 5 bytes."""
    t, p = events["t"], events["p"].astype(int)
    columns = [events["x"], events["y"], p << 7 | t >> 16, t >> 8 & 255, t & 255]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(np.stack(columns, 1).astype(np.uint8).tobytes())


@pytest.fixture
def cifar(tmp_path):
    for label, name in enumerate(CIFAR_CLASSES):
        for number in (*TRAIN_NUMBERS, *TEST_NUMBERS):
            write_aedat(
                tmp_path / "CIFAR10DVS" / name / f"cifar10_{name}_{number}.aedat",
                some_events(1000 * label + number),
            )
    return tmp_path


@pytest.fixture
def gestures(tmp_path):
    """People of their own in each split; tonic's arrays are [N, 4] with milliseconds."""
    for split, users in ("Train", ("user01_led", "user02_lab")), ("Test", ("user24_led",)):
        for user in users:
            folder = tmp_path / "DVSGesture" / f"ibmGesture{split}" / user
            folder.mkdir(parents=True)
            for label in range(11):
                events = some_events(label + 100 * int(user[4:6]), step=1000)
                np.save(
                    folder / f"{label}.npy",
                    np.stack(
                        [events["x"], events["y"], events["p"], events["t"] // 1000], 1
                    ).astype(float),
                )
    return tmp_path


@pytest.fixture
def digits(tmp_path):
    for k, split in enumerate(("Train", "Test")):
        for digit in range(10):
            for number in (2, 11):
                write_bin(
                    tmp_path / "NMNIST" / split / str(digit) / f"{number:05d}.bin",
                    some_events(100 * k + 10 * digit + number, sensor=34),
                )
    return tmp_path


def contents(event_set) -> list[bytes]:
    return [event_set.raw(i)[0].tobytes() for i in range(len(event_set))]


def test_what_was_written_is_read(cifar, gestures, digits):
    assert (
        load_events("cifar10-dvs", "train", cifar).raw(0)[0].tobytes() == some_events(100).tobytes()
    )
    assert (
        load_events("dvs128-gesture", "test", gestures).raw(3)[0].tobytes()
        == some_events(2403 - 1, step=1000).tobytes()
    )  # 0, 1, 10, 2 by name
    assert (
        load_events("n-mnist", "test", digits).raw(19)[0].tobytes()
        == some_events(201, sensor=34).tobytes()
    )


@pytest.mark.parametrize(
    ("name", "theirs"), [("dvs128-gesture", "DVSGesture"), ("n-mnist", "NMNIST")]
)
@pytest.mark.parametrize("split", ["train", "test"])
def test_events_and_labels_are_those_of_tonic_s_own_loader(
    name, theirs, split, gestures, digits, monkeypatch
):
    folder, kind = (
        {"dvs128-gesture": gestures, "n-mnist": digits}[name],
        getattr(tonic.datasets, theirs),
    )
    monkeypatch.setattr(
        kind, "_check_exists", lambda self: True
    )  # it counts files and asks for the archive, and would go and fetch it
    reference, ours = (
        kind(save_to=str(folder), train=split == "train"),
        load_events(name, split, folder),
    )
    expected = {path: reference[i] for i, path in enumerate(reference.data)}
    assert len(ours) == len(expected) > 0
    for i, (path, label) in enumerate(ours.recordings.files):
        events, their_label = expected[str(path)]
        found, our_label = ours.raw(i)
        assert our_label == label == their_label
        assert all((found[axis] == events[axis]).all() for axis in "xytp")


def test_aedat_2_is_read_as_spikingjelly_reads_it(tmp_path):
    """An independent reader of the authors' files: which bits are x, which way the axes run, what
    polarity means."""
    reference = pytest.importorskip("spikingjelly.datasets.cifar10_dvs")
    write_aedat(tmp_path / "cifar10_cat_1.aedat", some_events(3))
    expected, found = (
        reference._load_origin_data(tmp_path / "cifar10_cat_1.aedat"),
        read_events(tmp_path / "cifar10_cat_1.aedat"),
    )
    assert (
        all((found[axis] == expected[axis]).all() for axis in "xyp")
        and (found["t"] == expected["t"] - 7_000_000).all()
    )


def test_cifar10_dvs_has_files_0_to_99_of_each_class_for_testing_and_shares_no_recording(cifar):
    train, test = (load_events("cifar10-dvs", split, cifar) for split in ("train", "test"))
    assert len(train) == len(test) == 30 and len(train.class_names) == 10
    for event_set, numbers in (train, TRAIN_NUMBERS), (test, TEST_NUMBERS):
        assert sorted(
            int(path.stem.rsplit("_")[-1]) for path, _ in event_set.recordings.files
        ) == sorted(numbers * 10)
        assert [label for _, label in event_set.recordings.files] == sorted(list(range(10)) * 3)
    assert not {path for path, _ in train.recordings.files} & {
        path for path, _ in test.recordings.files
    }
    assert (
        not set(contents(train)) & set(contents(test)) and len(set(contents(train))) == 30
    )  # nor under another name


def test_the_released_code_s_way_would_share_every_test_recording(cifar):
    """It trains on all files of a class and tests on the last tenth of the same list
    (build_data.py): the contrast, not a split to use."""
    files = {name: sorted((cifar / "CIFAR10DVS" / name).glob("*.aedat")) for name in CIFAR_CLASSES}
    train = {path for paths in files.values() for path in paths}
    test = {path for paths in files.values() for path in paths[-max(1, len(paths) // 10) :]}
    assert len(test) == 10 and train & test == test


@pytest.mark.parametrize(
    ("name", "folder"), [("dvs128-gesture", "gestures"), ("n-mnist", "digits")]
)
def test_the_other_splits_share_nothing_either(name, folder, request):
    train, test = (
        load_events(name, split, request.getfixturevalue(folder)) for split in ("train", "test")
    )
    assert len(train) and len(test) and not set(contents(train)) & set(contents(test))


def test_order_is_by_name_and_not_by_the_file_system_s(cifar):
    files = [path for path, _ in load_events("cifar10-dvs", "train", cifar).recordings.files]
    assert files == sorted(files)
    assert [path.name for path in files[:3]] == [
        f"cifar10_airplane_{k}.aedat" for k in TRAIN_NUMBERS
    ]


def test_the_folder_itself_will_do(cifar):
    assert len(load_events("cifar10-dvs", "test", cifar / "CIFAR10DVS")) == 30


def test_aedat4_goes_through_tonic_and_the_package_aedat(tmp_path, monkeypatch):
    """aedat can read such files but not write them, so a stand-in decodes here: what is tested is
    that its fields land in ours."""

    class Decoder:
        def __init__(self, path):
            self.events = some_events(int(path.rsplit("_", 1)[1].removesuffix(".aedat4")))

        def id_to_stream(self):
            return {0: {"type": "frame"}, 1: {"type": "events"}}

        def __iter__(self):
            packet = np.empty(
                len(self.events), [("t", "u8"), ("x", "u2"), ("y", "u2"), ("on", "?")]
            )
            packet["t"], packet["x"], packet["y"], packet["on"] = (
                self.events["t"] + 5_000_000,
                *(self.events[axis] for axis in "xyp"),
            )
            return iter(
                [{"stream_id": 1, "events": packet[:9]}, {"stream_id": 1, "events": packet[9:]}]
            )

    for label, name in enumerate(CIFAR_CLASSES):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"cifar10_{name}_{label}.aedat4").touch()
    monkeypatch.setitem(sys.modules, "aedat", types.SimpleNamespace(Decoder=Decoder))
    event_set = load_events("cifar10-dvs", "test", tmp_path)
    assert len(event_set) == 10 and all(
        event_set.raw(i)[0].tobytes() == some_events(i).tobytes() for i in range(10)
    )
    monkeypatch.setitem(sys.modules, "aedat", None)
    with pytest.raises(
        ImportError,
        match="reading cifar10_airplane_0.aedat4 needs the package aedat: pip install aedat",
    ):
        event_set.raw(0)


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("split", ["train", "test"])
def test_an_empty_folder_gets_one_sentence_that_says_what_and_where_from(
    name, split, tmp_path, monkeypatch
):
    with pytest.raises(
        FileNotFoundError, match=r"no .* in .*; unpack .*https://.* there"
    ) as caught:
        load_events(name, split, tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="trevsnn_lite"):
        load_events(name, split)
    assert (
        list(tmp_path.iterdir()) == []
    )  # looking for files leaves nothing behind, and fetches nothing


def test_a_forgotten_archive_is_named(cifar):
    for path in (cifar / "CIFAR10DVS" / "frog").glob("*"):
        path.unlink()
    with pytest.raises(FileNotFoundError, match="no CLASS/cifar10_CLASS_0.aedat .* of frog in "):
        load_events("cifar10-dvs", "test", cifar)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("00002.bin", b"\x01\x02\x03"),
        ("3.npy", b"no array"),
        ("a_0.aedat", b"#!AER-DAT2.0\r\n"),
        ("a_1.aedat", b""),
        ("a_3.aedat", b"#!AER-DAT2.0\r\n" + bytes(12)),
        ("a_2.aedat", b"nonsense"),
    ],
)
def test_a_damaged_file_is_named(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} is truncated, altered or no event file"):
        read_events(tmp_path / name)


def test_files_out_of_place_get_one_sentence(tmp_path, gestures, cifar):
    with pytest.raises(FileNotFoundError, match="no file .*gone.bin"):
        read_events(tmp_path / "gone.bin")
    np.save(gestures / "DVSGesture" / "ibmGestureTrain" / "user01_led" / "11.npy", np.zeros((2, 4)))
    with pytest.raises(
        ValueError, match="11.npy has the label '11' in its path, expected a number from 0 to 10"
    ):
        load_events("dvs128-gesture", "train", gestures)
    write_aedat(cifar / "CIFAR10DVS" / "cat" / "cifar10_cat.aedat", some_events(0))
    with pytest.raises(ValueError, match="cifar10_cat.aedat has no number at the end of its name"):
        load_events("cifar10-dvs", "train", cifar)


def test_gesture_is_never_mirrored(gestures):
    from trevsnn_lite.data import Augment, batches

    train = load_events("dvs128-gesture", "train", gestures, size=32)
    with pytest.raises(ValueError, match="flip is True, expected False for dvs128-gesture"):
        batches(train, 4, 0, 0, Augment(flip=True))
    frames, labels = next(batches(train, 4, 0, 0, Augment(shift=2)))
    assert frames.shape == (4, 4, 2, 32, 32) and labels.shape == (4,)
