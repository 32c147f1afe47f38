"""The images of an experiment brought to another size: halved, so that a core trains on them in
seconds, or with a border, for networks that want multiples of 16."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from trevsnn_lite.data import ImageSet

from .record import Bench


def halved(images: ImageSet) -> ImageSet:
    """Each 2 x 2 pixels their mean, rounded: [N, C, H, W] -> [N, C, H / 2, W / 2]."""
    count, channels, height, width = images.images.shape
    pairs = images.images.reshape(count, channels, height // 2, 2, width // 2, 2)
    return replace(images, images=np.rint(pairs.mean((3, 5))).astype(np.uint8))


def bordered(images: ImageSet, size: int, channels: int) -> ImageSet:
    """A black border around each image up to size x size pixels, a single channel repeated: [N, 1,
    H, W] -> [N, channels, size, size]."""
    height, width = images.images.shape[-2:]
    top, left = (size - height) // 2, (size - width) // 2
    padded = np.pad(
        images.images, ((0, 0), (0, 0), (top, size - height - top), (left, size - width - left))
    )
    mean, std = (given * (channels // len(given)) for given in (images.mean, images.std))
    return replace(
        images, images=padded.repeat(channels // padded.shape[1], axis=1), mean=mean, std=std
    )


def pictures(bench: Bench, changes: Mapping) -> tuple[ImageSet, ImageSet]:
    """The bench's training and test images: as they are, {"halve": True}, or {"size": 32,
    "channels": 3}."""
    change = (
        halved
        if changes.get("halve")
        else (lambda images: bordered(images, **changes))
        if changes
        else (lambda images: images)
    )
    return tuple(change(images) for images in bench.images)
