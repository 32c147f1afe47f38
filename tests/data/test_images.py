"""load_images: the shipped set and its sha256, names and missing folders, ImageNet-style folders."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from trevsnn_lite.data import images as image_data
from trevsnn_lite.data.images import batches, load_images

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def image_folder(tmp_path):
    """train/{ant,bee}/ with 3 images each and val/ with 1, of one colour a class, .jpg and .png,
    also grey ones."""
    Image = pytest.importorskip("PIL.Image")
    pytest.importorskip("torchvision")
    for split, n in ("train", 3), ("val", 1):
        for name, level in ("ant", 50), ("bee", 200):
            (tmp_path / split / name).mkdir(parents=True)
            for k in range(n):
                mode, colour, ending = [
                    ("RGB", (level,) * 3, "jpg"),
                    ("L", level, "png"),
                    ("RGB", (level,) * 3, "png"),
                ][k]
                Image.new(mode, (40, 30), colour).save(tmp_path / split / name / f"{k}.{ending}")
    return tmp_path


# The shipped set


def test_shipped_is_standardised_with_the_originals_constants():
    shipped = load_images("fashion-mnist-10k", "test")
    images, labels = shipped.tensors()
    assert (
        images.dtype == torch.float32
        and labels.dtype == torch.int64
        and images.shape == (2000, 1, 28, 28)
    )
    expected = (shipped.images[7].astype(np.float64) / 255 - 0.2860) / 0.3530
    assert np.abs(images[7].numpy() - expected).max() < 1e-6
    assert abs(images.mean()) < 0.01 and abs(images.std() - 1) < 0.01
    assert shipped.tensors(torch.float64)[0].dtype == torch.float64
    assert shipped.class_names[0] == "T-shirt/top" and (shipped.name, shipped.split) == (
        "fashion-mnist-10k",
        "test",
    )


def test_shipped_loads_with_torch_and_numpy_alone():
    code = (
        "import sys\nfor name in 'torchvision PIL tqdm timm matplotlib "
        "safetensors'.split(): sys.modules[name] = None\n"
        "from trevsnn_lite.data import load_images, batches\n"
        "print(next(batches(load_images('fashion-mnist-10k', 'test'), 8, 0, 0))[0].shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "torch.Size([8, 1, 28, 28])", done.stderr


def test_an_installed_package_finds_its_copy(tmp_path):
    """Outside a checkout the files lie in trevsnn_lite/_data, where the wheel puts them."""
    shutil.copytree(
        ROOT / "trevsnn_lite",
        tmp_path / "site" / "trevsnn_lite",
        ignore=shutil.ignore_patterns("__pycache__", "_data"),
    )
    shutil.copytree(
        ROOT / "data",
        tmp_path / "site" / "trevsnn_lite" / "_data",
        ignore=shutil.ignore_patterns("runs", "*.py"),
    )
    code = (
        "import trevsnn_lite.data as d; s = d.load_images('fashion-mnist-10k', 'test'); "
        "print(d.__file__, len(s))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "site", capture_output=True, text=True
    )
    assert done.stdout.split() == [
        str(tmp_path / "site" / "trevsnn_lite" / "data" / "__init__.py"),
        "2000",
    ], done.stderr


@pytest.fixture
def shipped_copy(tmp_path):
    shutil.copytree(ROOT / "data" / "fashion_mnist_10k", tmp_path / "fashion_mnist_10k")
    shutil.copy(ROOT / "data" / "MANIFEST.json", tmp_path)
    return tmp_path


@pytest.mark.parametrize("file", ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"])
@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-1], lambda b: b[:500] + bytes([b[500] ^ 1]) + b[501:], lambda b: b""],
    ids=["cut", "one bit", "empty"],
)
def test_damaged_shipped_file_is_refused(shipped_copy, file, damage):
    path = shipped_copy / "fashion_mnist_10k" / file
    assert len(load_images("fashion-mnist-10k", "test", folder=shipped_copy)) == 2000
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(
        ValueError,
        match=f"{file} is truncated or altered: its sha256 is .* expected .* MANIFEST.json",
    ):
        load_images("fashion-mnist-10k", "test", folder=shipped_copy)


def test_damaged_or_missing_manifest(shipped_copy):
    assert (
        len(load_images("fashion-mnist-10k", "test", folder=shipped_copy / "fashion_mnist_10k"))
        == 2000
    )
    (shipped_copy / "MANIFEST.json").write_text('{"files": [')
    with pytest.raises(ValueError, match="MANIFEST.json is truncated or altered"):
        load_images("fashion-mnist-10k", "test", folder=shipped_copy)
    (shipped_copy / "MANIFEST.json").unlink()
    with pytest.raises(
        FileNotFoundError, match="no MANIFEST.json and fashion_mnist_10k/t10k-images-idx3-ubyte.gz"
    ):
        load_images("fashion-mnist-10k", "test", folder=shipped_copy)


# Names, splits, missing folders


@pytest.mark.parametrize("name", image_data.NAMES)
def test_missing_folder_says_what_was_expected(name, tmp_path):
    expected = {
        "fashion-mnist-10k": "train-images-idx3-ubyte.gz",
        "fashion-mnist": "train-images-idx3-ubyte.gz .*install Debian's package",
        "cifar-10": "batches.meta, data_batch_1.*cifar-10-python.tar.gz",
        "imagefolder": "absent/train; expected one folder a class",
    }
    with pytest.raises(FileNotFoundError, match=expected[name]):
        load_images(name, "train", folder=tmp_path / "absent")
    assert list(tmp_path.iterdir()) == []


def test_unknown_name_and_split():
    with pytest.raises(
        ValueError,
        match="name is 'mnist', expected one of 'fashion-mnist-10k', 'fashion-mnist', "
        "'cifar-10', 'imagefolder'",
    ):
        load_images("mnist", "train")
    with pytest.raises(ValueError, match="split is 'valid', expected 'train' or 'test'"):
        load_images("fashion-mnist-10k", "valid")
    with pytest.raises(ValueError, match="folder is None"):
        load_images("imagefolder", "train")


# ImageNet-style folders


def test_image_folder(image_folder):
    train = load_images("imagefolder", "train", folder=image_folder, image_size=16)
    test = load_images("imagefolder", "test", folder=image_folder, image_size=16)
    assert (len(train), len(test)) == (6, 2) and train.class_names == ("ant", "bee")
    images, labels = next(batches(train, 6, seed=0, epoch=0, shuffle=False))
    assert (
        images.shape == (6, 3, 16, 16)
        and images.dtype == torch.float32
        and labels.tolist() == [0, 0, 0, 1, 1, 1]
    )
    expected = (
        torch.tensor([50, 50, 50, 200, 200, 200])[:, None] / 255 - torch.tensor(train.mean)
    ) / torch.tensor(train.std)
    assert (images.mean((2, 3)) - expected).abs().max() < 0.02
    order = [labels.tolist() for _, labels in batches(train, 2, seed=3, epoch=1)]
    assert order == [labels.tolist() for _, labels in batches(train, 2, seed=3, epoch=1)]
    assert order[1:] == [
        labels.tolist() for _, labels in batches(train, 2, seed=3, epoch=1, start=1)
    ]


def test_image_folder_faults(image_folder):
    (image_folder / "train" / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="not laid out as one folder a class .*empty"):
        load_images("imagefolder", "train", folder=image_folder)
    with pytest.raises(ValueError, match="image_size is 0"):
        load_images("imagefolder", "train", folder=image_folder, image_size=0)
