"""Folders laid out as ImageNet's, train/CLASS/*.jpg and val/CLASS/*.jpg: torchvision's ImageFolder,
timm's training transforms."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

SPLIT_FOLDERS = {"train": ("train",), "test": ("val", "test")}
CROP = (
    224 / 232
)  # the centre square's share of the resized shorter side: the released code's evaluation


def open_image_folder(folder: Path | None, split: str, image_size: int):
    """torchvision's ImageFolder over one split: each item is (uint8 [3, image_size, image_size],
    label), decoded when read.

    Labels number the class folders in alphabetical order. The shorter side is resized to image_size
    * 232 / 224, bilinearly, then
    the centre is cut out. Raises FileNotFoundError for a missing folder or class without images,
    ImportError without torchvision.
    """
    if folder is None:
        raise ValueError(
            "folder is None, expected the folder that has train/ and val/ for 'imagefolder'"
        )
    if not isinstance(image_size, int) or image_size < 1:
        raise ValueError(f"image_size is {image_size!r}, expected a whole number of pixels >= 1")
    root = next((folder / name for name in SPLIT_FOLDERS[split] if (folder / name).is_dir()), None)
    if root is None:
        wanted = " or ".join(str(folder / name) for name in SPLIT_FOLDERS[split])
        raise FileNotFoundError(
            f"no folder {wanted}; expected one folder a class in it, each with .jpg or .png files"
        )
    try:
        from torchvision import datasets, transforms
    except ImportError as error:
        raise ImportError("'imagefolder' needs torchvision: pip install torchvision") from error
    to_square = transforms.Compose(
        [
            transforms.Resize(round(image_size / CROP)),
            transforms.CenterCrop(image_size),
            transforms.PILToTensor(),
        ]
    )
    try:
        return datasets.ImageFolder(root, transform=to_square, loader=_open_rgb)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{root} is not laid out as one folder a class with .jpg or .png files in "
            f"each: {str(error).strip()}"
        ) from error


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


def loader(dataset, items: list, workers: int):
    """A DataLoader over lists of items, one a batch, with at most a worker a core. It draws their
    seeds from a generator of its own: torch's stays as it was."""
    return torch.utils.data.DataLoader(
        dataset,
        batch_sampler=items,
        num_workers=min(workers, os.cpu_count() or 1),
        generator=torch.Generator(),
    )


def _open_rgb(path: str):
    """One image as RGB; torchvision's own loader does not say which file is damaged."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except OSError as error:  # PIL's UnidentifiedImageError is one
        raise ValueError(f"{path} is truncated, altered or no image ({error})") from error
