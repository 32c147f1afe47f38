"""Folders laid out as ImageNet's, train/CLASS/*.jpg and val/CLASS/*.jpg, listed by torchvision;
timm's training transforms."""

import copy
import os
import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import torch

from .clutter import is_clutter, is_data
from .pictures import look_at, open_picture

SPLIT_FOLDERS = {"train": ("train",), "test": ("val", "test")}
CROP = (
    224 / 232
)  # the centre square's share of the resized shorter side: the released code's evaluation
HEADERS = 10_000  # so many pictures' headers are read when a set is opened


class PictureFolder(torch.utils.data.Dataset):
    """The pictures of one split: item i is (uint8 [3, image_size, image_size], label), decoded when
    read. Attributes as those of torchvision's ImageFolder."""

    def __init__(self, root: Path, image_size: int):
        try:
            from torchvision import datasets, transforms
        except ImportError as error:
            raise ImportError("'imagefolder' needs torchvision: pip install torchvision") from error
        self.root, self.loader = root, open_picture
        self.classes = class_folders(root)
        self.class_to_idx = {name: label for label, name in enumerate(self.classes)}
        others: list[str] = []
        try:
            self.samples = datasets.folder.make_dataset(
                root,
                self.class_to_idx,
                is_valid_file=partial(is_picture, folder=root, others=others),
            )
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"{root} is not laid out as one folder a class with .jpg or .png files in "
                f"each: {' '.join(str(error).split())}"
            ) from error
        if others:
            warnings.warn(
                f"{len(others)} files in {root} have not the ending of a picture that is read, "
                f"as {others[0]}: they are left out, and check-data lists them",
                stacklevel=4,
            )
        self.transform = transforms.Compose(
            [
                transforms.Resize(round(image_size / CROP)),
                transforms.CenterCrop(image_size),
                transforms.PILToTensor(),
            ]
        )

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        path, label = self.samples[index]
        return self.transform(self.loader(path)), label

    def renumbered(self, classes: Sequence[str]) -> "PictureFolder":
        """The same pictures, their labels numbered by `classes`, which are the same in another
        order."""
        other = copy.copy(self)
        other.classes = list(classes)
        other.class_to_idx = {name: label for label, name in enumerate(classes)}
        other.samples = [
            (path, other.class_to_idx[self.classes[label]]) for path, label in self.samples
        ]
        return other


def class_folders(root: Path) -> list[str]:
    """The names of the class folders, sorted. Raises FileNotFoundError where there is none."""
    found = sorted(
        entry.name for entry in os.scandir(root) if entry.is_dir() and not is_clutter(entry.name)
    )
    if not found:
        raise FileNotFoundError(
            f"{root} is not laid out as one folder a class with .jpg or .png files in each: it has "
            "no folder"
        )
    return found


def is_picture(path: str, folder: Path, others: list[str] | None = None) -> bool:
    """Whether a file in `folder` has the ending of a picture, and is not clutter; what is neither
    is added to `others`."""
    from torchvision.datasets.folder import IMG_EXTENSIONS

    if not is_data(path, folder):
        return False
    if path.lower().endswith(IMG_EXTENSIONS):
        return True
    if others is not None:
        others.append(path)
    return False


def split_folder(folder: Path, split: str) -> Path | None:
    """The folder of one split, "train" or "test", where there is one."""
    return next((folder / name for name in SPLIT_FOLDERS[split] if (folder / name).is_dir()), None)


def open_image_folder(folder: Path | None, split: str, image_size: int) -> PictureFolder:
    """The pictures of one split.

    Labels number the class folders in alphabetical order. The shorter side is resized to image_size
    * 232 / 224, bilinearly, then the centre is cut out. What systems leave in folders is passed
    over (`clutter`). The headers of a set of at most HEADERS pictures are read at once, so that
    most bad files are known before training starts. Raises FileNotFoundError for a missing folder
    or class without images, ValueError for a bad file, ImportError without torchvision.
    """
    if folder is None:
        raise ValueError(
            "folder is None, expected the folder that has train/ and val/ for 'imagefolder'"
        )
    if not isinstance(image_size, int) or image_size < 1:
        raise ValueError(f"image_size is {image_size!r}, expected a whole number of pixels >= 1")
    root = split_folder(folder, split)
    if root is None:
        wanted = " or ".join(str(folder / name) for name in SPLIT_FOLDERS[split])
        raise FileNotFoundError(
            f"no folder {wanted}; expected one folder a class in it, each with .jpg or .png files"
        )
    dataset = PictureFolder(root, image_size)
    if len(dataset) <= HEADERS:
        for path, _ in dataset.samples:
            look_at(path)
    return dataset


class Photos(torch.utils.data.Dataset):
    """The photographs of an ImageFolder under timm's ImageNet transforms: item (index, seed) is
    (float32 [3, H, W], standardised; label).

    A random crop of 8% to 100% of the area with sides of 3:4 to 4:3 (timm's defaults), resized
    bilinearly; then a flip, the policy or the colour
    jitter, and erasing with noise, as `augment` says. All draws of an item come from its seed."""

    def __init__(
        self, dataset, augment, image_size: int, mean: tuple[float, ...], std: tuple[float, ...]
    ):
        try:
            from timm.data import create_transform
        except ImportError as error:
            raise ImportError(
                "policy, colour_jitter and erasing need the package timm: pip install timm"
            ) from error
        self.dataset, given = (
            dataset,
            dict(
                hflip=0.5 if augment.flip else 0.0,
                color_jitter=augment.colour_jitter or None,
                re_prob=augment.erasing,
            ),
        )
        try:
            self.transform = create_transform(
                image_size,
                is_training=True,
                auto_augment=augment.policy or None,
                interpolation="bilinear",
                re_mode="pixel",
                mean=mean,
                std=std,
                **given,
            )
        except (AssertionError, ValueError, KeyError, IndexError):
            raise ValueError(
                f"policy is {augment.policy!r}, expected one that timm knows, such as "
                "'rand-m9-mstd0.5-inc1'"
            ) from None

    def __getitem__(self, item: tuple[int, int]):
        index, seed = item
        path, label = self.dataset.samples[index]
        with drawing_from(seed):
            return self.transform(self.dataset.loader(path)), label


@contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Within, what Python, numpy and torch draw on the CPU follows from `seed`; afterwards their
    generators are as they were.

    timm's transforms draw from all three, and take no generator of their own."""
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would seed the GPUs as well
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])
