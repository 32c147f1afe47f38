"""Image sets behind one call: the shipped 10,000 of Fashion-MNIST, all of it, CIFAR-10, and folders
laid out as ImageNet's."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .batches import Augment, batches
from .downloads import cache_folder, fetch, sha256_of
from .folders import Photos, PictureFolder, open_image_folder
from .loading import read
from .readers import read_cifar_batch, read_cifar_pickle, read_idx

__all__ = ["NAMES", "Augment", "FolderImageSet", "ImageSet", "batches", "load_images"]

SPLITS = ("train", "test")
FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
FASHION_PARTS = {"train": "train", "test": "t10k"}  # the original's file names
FASHION_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
FASHION_SHA256 = {  # of the files at FASHION_URL; Debian's hold the same values, packed again
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",  # noqa: E501
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",  # noqa: E501
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
# Mean and standard deviation of each channel over the original training set, pixels in [0, 1]. The
# shipped subset takes
# those of all 60,000 images, so that a network trained on either reads the other.
STATISTICS = {
    "fashion-mnist": ((0.2860,), (0.3530,)),
    "cifar-10": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "imagefolder": (
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
    ),  # ImageNet's, as torchvision and timm have them
}
STATISTICS["fashion-mnist-10k"] = STATISTICS["fashion-mnist"]


@dataclass(frozen=True, eq=False)
class _Described:
    """What every image set says of itself."""

    class_names: tuple[str, ...]
    name: str
    split: str
    mean: tuple[float, ...]
    """One a channel, for pixels in [0, 1]."""
    std: tuple[float, ...]
    """One a channel, for pixels in [0, 1]."""

    def standardise(self, images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """uint8 [B, C, H, W] to (x / 255 - mean) / std."""
        mean, std = (
            torch.tensor(value, dtype=dtype, device=images.device)[:, None, None]
            for value in (self.mean, self.std)
        )
        return (images.to(dtype) - 255 * mean) / (255 * std)


@dataclass(frozen=True, eq=False)
class ImageSet(_Described):
    """One split in memory: images uint8 [N, C, H, W], labels int64 [N]."""

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self):
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise ValueError(
                f"images are {self.images.dtype} {list(self.images.shape)}, expected "
                "uint8 [N, C, H, W]"
            )
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels are {self.labels.dtype} {list(self.labels.shape)}, expected "
                f"int64 [{len(self.images)}], one an image"
            )
        if len(self.labels) and not (
            self.labels.min() >= 0 and self.labels.max() < len(self.class_names)
        ):
            raise ValueError(
                f"labels run from {self.labels.min()} to {self.labels.max()}, expected 0 "
                f"to {len(self.class_names) - 1}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices) -> "ImageSet":
        """The examples that `indices` selects (a slice, a list or an index array), as another
        ImageSet."""
        return replace(self, images=self.images[indices], labels=self.labels[indices])

    def renumbered(self, class_names: tuple[str, ...]) -> "ImageSet":
        """The same images, their labels numbered by `class_names`, which are the same in another
        order."""
        places = np.array([class_names.index(name) for name in self.class_names], np.int64)
        return replace(self, labels=places[self.labels], class_names=class_names)

    def tensors(self, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
        """All standardised images [N, C, H, W] in `dtype`, and the labels [N]; made anew at each
        call."""
        return self.standardise(torch.from_numpy(self.images), dtype), torch.from_numpy(self.labels)

    def read_batches(
        self, parts: Iterable[Tensor], workers: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """For each index tensor [B] in `parts`: images uint8 [B, C, H, W] and labels [B]."""
        images, labels = torch.from_numpy(self.images), torch.from_numpy(self.labels)
        return ((images[part], labels[part]) for part in parts)


@dataclass(frozen=True, eq=False)
class FolderImageSet(_Described):
    """One split on disk, decoded when read: `dataset` gives (uint8 [C, H, W], label)."""

    dataset: PictureFolder
    image_size: int

    def __len__(self) -> int:
        return len(self.dataset)

    def renumbered(self, class_names: tuple[str, ...]) -> "FolderImageSet":
        """The same images, their labels numbered by `class_names`, which are the same in another
        order."""
        return replace(self, dataset=self.dataset.renumbered(class_names), class_names=class_names)

    def read_batches(
        self, parts: Iterable[Tensor], workers: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """For each index tensor [B] in `parts`: images uint8 [B, C, H, W] and labels [B], decoded
        by `workers` processes."""
        return read(self.dataset, [part.tolist() for part in parts], workers)

    def read_photos(
        self, parts: Iterable[Tensor], seeds: Iterable[Tensor], augment: Augment, workers: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """As `read_batches`, but cut out at random and changed as `augment` says, image k by the
        draws of seeds[k]: float32, standardised."""
        photos = Photos(self.dataset, augment, self.image_size, self.mean, self.std)
        items = [list(zip(part.tolist(), seed.tolist())) for part, seed in zip(parts, seeds)]
        return read(photos, items, workers)


def load_images(
    name: str,
    split: str,
    folder: str | os.PathLike | None = None,
    download: bool = False,
    image_size: int = 224,
) -> ImageSet | FolderImageSet:
    """Loads one split ("train" or "test") of an image set.

    "fashion-mnist-10k"  10,000 / 2,000 images 1 x 28 x 28. Shipped: data/ of the checkout, else
                         inside the installed package
    "fashion-mnist"      60,000 / 10,000 images 1 x 28 x 28. Debian's package
                         dataset-fashion-mnist, then the cache folder
    "cifar-10"           50,000 / 10,000 images 3 x 32 x 32. cifar-10-batches-py in the cache folder
    "imagefolder"        3 x image_size x image_size. `folder` has train/CLASS/*.jpg and val/ or
                         test/

    With `folder`, only that folder is looked in. `download` fetches a missing "fashion-mnist" or
    "cifar-10" into `folder`, else into the cache folder ($XDG_CACHE_HOME or ~/.cache, then
    trevsnn_lite). Raises FileNotFoundError for what is missing and ValueError for an unknown name
    or split and for a damaged file.
    """
    if name not in NAMES:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(map(repr, NAMES))}")
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}, expected 'train' or 'test'")
    mean, std = STATISTICS[name]
    described = dict(name=name, split=split, mean=mean, std=std)
    folder = None if folder is None else Path(folder)
    if name == "imagefolder":
        dataset = open_image_folder(folder, split, image_size)
        return FolderImageSet(
            dataset=dataset, image_size=image_size, class_names=tuple(dataset.classes), **described
        )
    images, labels, class_names = _READ[name](split, folder, download)
    try:
        return ImageSet(images=images, labels=labels, class_names=class_names, **described)
    except ValueError as error:
        raise ValueError(f"the files of {name} ({split}) do not fit together: {error}") from error


def _find(places: Iterable[Path], files: Iterable[str]) -> list[Path] | None:
    """The paths of all `files`, plain or gzip'd, in the first of `places` that has them all."""
    for place in places:
        found = [
            next((p for p in (place / f"{file}.gz", place / file) if p.is_file()), None)
            for file in files
        ]
        if None not in found:
            return found
    return None


def _fashion_files(split: str) -> list[str]:
    return [
        f"{FASHION_PARTS[split]}-images-idx3-ubyte",
        f"{FASHION_PARTS[split]}-labels-idx1-ubyte",
    ]


def _idx_pair(paths: list[Path]) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    return read_idx(paths[0], 3)[:, None], read_idx(paths[1], 1).astype(np.int64), FASHION_CLASSES


def _read_shipped(split: str, folder: Path | None, download: bool):
    """The subset under data/, each file held to the sha256 that data/MANIFEST.json records."""
    package = Path(__file__).resolve().parents[1]
    roots = (
        [folder, folder.parent] if folder else [package.parent / "data", package / "_data"]
    )  # a checkout, an installed wheel
    files = [f"fashion_mnist_10k/{file}.gz" for file in _fashion_files(split)]
    root = next(
        (r for r in roots if all((r / file).is_file() for file in ["MANIFEST.json", *files])), None
    )
    if root is None:
        raise FileNotFoundError(
            f"no MANIFEST.json and {' and '.join(files)} in {' or '.join(map(str, roots))}; "
            "they come with the project's checkout and its wheel, install either again"
        )
    try:
        entries = json.loads((root / "MANIFEST.json").read_text(encoding="utf-8"))["files"]
        recorded = {entry["name"]: entry["sha256"] for entry in entries}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{root / 'MANIFEST.json'} is truncated or altered ({error!r}); restore it "
            "from the repository"
        ) from error
    for file in files:
        if (came := sha256_of(root / file)) != recorded.get(file):
            raise ValueError(
                f"{root / file} is truncated or altered: its sha256 is {came}, expected "
                f"{recorded.get(file)} "
                "as in MANIFEST.json; restore it from the repository"
            )
    return _idx_pair([root / file for file in files])


def _read_fashion(split: str, folder: Path | None, download: bool):
    """All of Fashion-MNIST: the four idx files as the authors, Debian or torchvision
    (FashionMNIST/raw) lay them."""
    cache = cache_folder() / "fashion-mnist"
    places = (
        [folder, folder / "FashionMNIST" / "raw", folder / "fashion-mnist"]
        if folder
        else [DEBIAN_FOLDER, cache]
    )
    files = _fashion_files(split)
    paths = _find(places, files)
    if paths is None and download:
        paths = [
            fetch(f"{FASHION_URL}{f}.gz", (folder or cache) / f"{f}.gz", FASHION_SHA256[f"{f}.gz"])
            for f in files
        ]
    if paths is None:
        raise FileNotFoundError(
            f"no {files[0]}.gz and {files[1]}.gz in {' or '.join(map(str, places))}; "
            "install Debian's package "
            "dataset-fashion-mnist, name their folder, or pass download=True"
        )
    return _idx_pair(paths)


def _read_cifar(split: str, folder: Path | None, download: bool):
    """CIFAR-10 from the python batches in `folder` or its cifar-10-batches-py."""
    root = folder or cache_folder()
    files = ["batches.meta"] + (
        [f"data_batch_{k}" for k in range(1, 6)] if split == "train" else ["test_batch"]
    )
    places = [root / "cifar-10-batches-py", root]
    paths = _find(places, files)
    if paths is None and download:
        from torchvision.datasets import (
            CIFAR10,
        )  # checks the archive's md5 and unpacks it into cifar-10-batches-py

        root.mkdir(parents=True, exist_ok=True)
        CIFAR10(root, download=True)
        paths = _find(places, files)
    if paths is None:
        raise FileNotFoundError(
            f"no {', '.join(files)} in {' or '.join(map(str, places))}; unpack "
            "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz there, or pass download=True"
        )
    names = read_cifar_pickle(paths[0]).get("label_names")
    if not (isinstance(names, list) and len(names) == 10):
        raise ValueError(
            f"{paths[0]} has {names!r} under 'label_names', expected a list of 10 names"
        )
    images, labels = zip(*map(read_cifar_batch, paths[1:]))
    return np.concatenate(images), np.concatenate(labels), tuple(names)


_READ = {
    "fashion-mnist-10k": _read_shipped,
    "fashion-mnist": _read_fashion,
    "cifar-10": _read_cifar,
}
NAMES = (*_READ, "imagefolder")
