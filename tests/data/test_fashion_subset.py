"""The shipped images: what MANIFEST.json says of them, their balance, and that the committed script
makes them again."""

import hashlib
import json
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from trevsnn_lite.data.images import DEBIAN_FOLDER, FASHION_CLASSES, STATISTICS, load_images
from trevsnn_lite.data.readers import read_idx

DATA = Path(__file__).resolve().parents[2] / "data"
ENTRIES = {
    entry["name"]: entry
    for entry in json.loads((DATA / "MANIFEST.json").read_text(encoding="utf-8"))["files"]
}
FASHION = [name for name in ENTRIES if name.startswith("fashion_mnist_10k/")]
needs_debian = pytest.mark.skipif(
    not (DEBIAN_FOLDER / "train-images-idx3-ubyte.gz").is_file(),
    reason="Debian's package dataset-fashion-mnist is not installed",
)


def hashes(images: np.ndarray) -> list[str]:
    return [hashlib.sha256(image.tobytes()).hexdigest() for image in images]


@pytest.mark.parametrize("name", FASHION)
def test_manifest_agrees_with_the_file(name):
    entry, path = ENTRIES[name], DATA / name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
    assert path.stat().st_size == entry["bytes"]
    assert (
        "dataset-fashion-mnist" in entry["source"]
        and "MIT" in entry["licence"]
        and "make_fashion_subset.py" in entry["made_by"]
    )
    assert tuple(entry["class_names"]) == FASHION_CLASSES


def test_manifest_names_every_shipped_file_and_they_stay_small():
    assert sorted(FASHION) == sorted(
        f"fashion_mnist_10k/{path.name}" for path in (DATA / "fashion_mnist_10k").iterdir()
    )
    assert len(FASHION) == 4
    assert sum((DATA / name).stat().st_size for name in FASHION) < 6_000_000


@pytest.mark.parametrize("split, per_class", [("train", 1000), ("test", 200)])
def test_classes_are_balanced(split, per_class):
    shipped = load_images("fashion-mnist-10k", split)
    assert shipped.images.shape == (10 * per_class, 1, 28, 28)
    assert np.bincount(shipped.labels).tolist() == [per_class] * 10


def test_no_image_twice_and_none_in_both_parts():
    train, test = (
        hashes(load_images("fashion-mnist-10k", split).images) for split in ("train", "test")
    )
    assert len(set(train)) == 10_000 and len(set(test)) == 2_000
    assert not set(train) & set(test)


@needs_debian
def test_the_script_makes_the_same_files_again(tmp_path):
    (tmp_path / "MANIFEST.json").write_text(json.dumps({"files": [{"name": "runs/other.csv"}]}))
    command = [
        sys.executable,
        str(DATA.parent / "tools/make_fashion_subset.py"),
        "--out",
        str(tmp_path),
    ]
    subprocess.run(command, check=True, capture_output=True)
    made = {
        entry["name"]: entry
        for entry in json.loads((tmp_path / "MANIFEST.json").read_text())["files"]
    }
    assert made.pop("runs/other.csv") == {"name": "runs/other.csv"}  # others' entries survive
    for name in FASHION:
        assert made[name]["sha256_unpacked"] == ENTRIES[name]["sha256_unpacked"]
        if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng packs the same values into other bytes
            assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_the_script_says_what_is_missing(tmp_path):
    command = [
        sys.executable,
        str(DATA.parent / "tools/make_fashion_subset.py"),
        "--source",
        str(tmp_path),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "install Debian's package dataset-fashion-mnist" in done.stderr
    assert not (tmp_path / "out").exists()


@needs_debian
def test_originals_statistics_and_duplicates():
    train, test = load_images("fashion-mnist", "train"), load_images("fashion-mnist", "test")
    assert (len(train), len(test)) == (60_000, 10_000)
    mean, std = STATISTICS["fashion-mnist"]
    assert (
        abs(train.images.mean() / 255 - mean[0]) < 1e-4
        and abs(train.images.std() / 255 - std[0]) < 1e-4
    )
    assert (
        len(set(hashes(train.images)) | set(hashes(test.images))) == 70_000
    )  # the original repeats no image


@needs_debian
def test_subset_comes_from_the_right_parts():
    for part, split in ("train", "train"), ("t10k", "test"):
        original = dict(
            zip(
                hashes(read_idx(DEBIAN_FOLDER / f"{part}-images-idx3-ubyte.gz", 3)),
                read_idx(DEBIAN_FOLDER / f"{part}-labels-idx1-ubyte.gz", 1),
            )
        )
        shipped = load_images("fashion-mnist-10k", split)
        assert [original[h] for h in hashes(shipped.images)] == shipped.labels.tolist()
