"""The two file formats, idx and CIFAR-10's pickles, on folders that the tests lay out themselves,
whole and damaged."""

import gzip
import pickle
import struct

import numpy as np
import pytest

from trevsnn_lite.data.images import load_images

RNG = np.random.default_rng(0)


def idx(array: np.ndarray) -> bytes:
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


@pytest.fixture
def fashion(tmp_path):
    """A folder with 20 / 10 random images in the original's four files."""
    for part, n in ("train", 20), ("t10k", 10):
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(
            gzip.compress(idx(RNG.integers(0, 256, (n, 28, 28), np.uint8)))
        )
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(
            gzip.compress(idx(np.arange(n, dtype=np.uint8) % 10))
        )
    return tmp_path


@pytest.fixture
def cifar(tmp_path):
    """A folder laid out as cifar-10-python.tar.gz unpacks, with 4 images a batch."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for k, name in enumerate(
        [
            "data_batch_1",
            "data_batch_2",
            "data_batch_3",
            "data_batch_4",
            "data_batch_5",
            "test_batch",
        ]
    ):
        entry = {
            "data": np.full((4, 3072), k, np.uint8),
            "labels": [0, 1, 2, 9],
            "batch_label": name,
            "filenames": ["a"] * 4,
        }
        (folder / name).write_bytes(pickle.dumps(entry, protocol=2))
    (folder / "batches.meta").write_bytes(
        pickle.dumps({"label_names": list("abcdefghij"), "num_vis": 3072}, protocol=2)
    )
    return tmp_path


# idx files


@pytest.mark.parametrize("inside", ["", "FashionMNIST/raw", "fashion-mnist"])
@pytest.mark.parametrize("unpacked", [False, True])
def test_fashion_layouts(fashion, tmp_path_factory, inside, unpacked):
    root = tmp_path_factory.mktemp("other")
    (root / inside).mkdir(parents=True, exist_ok=True)
    for path in fashion.iterdir():
        content = path.read_bytes()
        (root / inside / (path.stem if unpacked else path.name)).write_bytes(
            gzip.decompress(content) if unpacked else content
        )
    train, test = (
        load_images("fashion-mnist", split, folder=str(root)) for split in ("train", "test")
    )
    assert train.images.shape == (20, 1, 28, 28) and test.images.shape == (10, 1, 28, 28)
    assert train.labels.tolist() == list(range(10)) * 2
    assert (
        gzip.decompress((fashion / "train-images-idx3-ubyte.gz").read_bytes())[16:]
        == train.images.tobytes()
    )


def packed(array):
    return gzip.compress(idx(array))


@pytest.mark.parametrize(
    "content, message",
    [
        (packed(np.zeros((20, 28, 28), np.uint8))[:-20], "truncated or altered"),
        (b"<html>not found</html>", "truncated or altered, expected a gzip'd idx file"),
        (gzip.compress(b""), r"starts with the bytes \(none\), expected 00 00 08 03"),
        (packed(np.zeros(20, np.uint8)), "starts with the bytes 00 00 08 01, expected 00 00 08 03"),
        (
            gzip.compress(idx(np.zeros((20, 28, 28), np.uint8))[:-5]),
            "holds 15675 bytes of values, expected 15680",
        ),
        (
            packed(np.zeros((19, 28, 28), np.uint8)),
            r"do not fit together: labels are int64 \[20\], expected int64 \[19\]",
        ),
    ],
    ids=["cut", "a web page", "empty", "labels", "too few values", "too few images"],
)
def test_damaged_idx_files(fashion, content, message):
    (fashion / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_images("fashion-mnist", "train", folder=fashion)


def test_label_out_of_range(fashion):
    (fashion / "train-labels-idx1-ubyte.gz").write_bytes(packed(np.full(20, 10, np.uint8)))
    with pytest.raises(ValueError, match="labels run from 10 to 10, expected 0 to 9"):
        load_images("fashion-mnist", "train", folder=fashion)


# CIFAR-10


def test_cifar(cifar):
    for folder in cifar, cifar / "cifar-10-batches-py":
        train, test = (load_images("cifar-10", split, folder=folder) for split in ("train", "test"))
        assert train.images.shape == (20, 3, 32, 32) and test.images.shape == (4, 3, 32, 32)
        assert (
            train.images[:, 0, 0, 0].tolist() == [k for k in range(5) for _ in range(4)]
            and (test.images == 5).all()
        )
        assert train.labels.tolist() == [0, 1, 2, 9] * 5 and train.class_names == tuple(
            "abcdefghij"
        )


def test_cifar_as_python_2_wrote_it(cifar):
    """The real files: protocol 2, str for bytes, numpy.core; written here opcode by opcode."""

    def text(value):
        return b"U" + bytes([len(value)]) + value

    pixels = bytes(range(256)) * 12
    dtype = (
        b"cnumpy\ndtype\n"
        + text(b"u1")
        + b"K\x00K\x01\x87R"
        + b"(K\x03"
        + text(b"|")
        + b"NNN"
        + b"J\xff\xff\xff\xff" * 2
        + b"K\x00tb"
    )
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n"
        + b"cnumpy\nndarray\n"
        + b"K\x00\x85"
        + text(b"b")
        + b"\x87R"
        + b"(K\x01K\x01M\x00\x0c\x86"
        + dtype
        + b"\x89"
        + b"T"
        + struct.pack("<i", 3072)
        + pixels
        + b"tb"
    )
    batch = b"\x80\x02}(" + text(b"data") + array + text(b"labels") + b"](K\x07e" + b"u."
    (cifar / "cifar-10-batches-py" / "test_batch").write_bytes(batch)
    test = load_images("cifar-10", "test", folder=cifar)
    assert test.labels.tolist() == [7] and test.images.tobytes() == pixels


def test_a_pickle_that_calls_something_is_refused(cifar):
    target = cifar / "called"
    (cifar / "cifar-10-batches-py" / "test_batch").write_bytes(
        b"cos\nmkdir\n(S'" + str(target).encode() + b"'\ntR."
    )
    with pytest.raises(ValueError, match="it asks for os.mkdir, which no image file needs"):
        load_images("cifar-10", "test", folder=cifar)
    assert not target.exists()


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "test_batch is truncated, altered or no CIFAR-10 file"),
        (
            pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": [0] * 4}, 2)[:-40],
            "test_batch is truncated",
        ),
        (pickle.dumps([1], 2), "holds a list, expected the dict"),
        (pickle.dumps({"labels": [0]}, 2), "has NoneType under 'data'"),
        (
            pickle.dumps({"data": np.zeros((4, 3072), np.float32), "labels": [0] * 4}, 2),
            r"has float32 \[4, 3072\] under 'data', expected uint8",
        ),
        (
            pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": [0] * 3}, 2),
            "a list of 4 integers",
        ),
    ],
    ids=["empty", "cut", "a list", "no images", "float images", "too few labels"],
)
def test_damaged_cifar(cifar, content, message):
    (cifar / "cifar-10-batches-py" / "test_batch").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_images("cifar-10", "test", folder=cifar)
