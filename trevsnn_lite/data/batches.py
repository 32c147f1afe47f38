"""Shuffled, augmented mini-batches that depend on (seed, epoch, position) alone, so that a resumed run sees the same ones."""
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Augment:
    """Random changes to training images: a horizontal flip of every second image, a shift by up to `shift` pixels each way."""

    flip: bool = False
    """Mirror each image left to right with probability 1/2."""
    shift: int = 0
    """Largest shift in pixels, along height and width; the pixels that come in are 0 (black)."""

    def __post_init__(self):
        if not isinstance(self.shift, int) or self.shift < 0:
            raise ValueError(f"shift is {self.shift!r}, expected a whole number of pixels >= 0")


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """The random stream of one epoch. SeedSequence mixes both numbers: seed 0, epoch 1 is not seed 1, epoch 0."""
    for name, value in ("seed", seed), ("epoch", epoch):
        if not isinstance(value, (int, np.integer)) or value < 0:
            raise ValueError(f"{name} is {value!r}, expected a whole number >= 0")
    mixed = np.random.SeedSequence([int(seed), int(epoch)]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(mixed >> np.uint64(1)))   # manual_seed takes 63 bits


def flip_and_shift(images: Tensor, flip: Tensor, rows: Tensor, columns: Tensor, shift: int) -> Tensor:
    """Mirrors image b where flip[b], then moves it by rows[b] down and columns[b] to the right, filling with zeros.

    images [B, C, H, W] of any dtype; flip bool [B]; rows and columns int64 [B], each in [-shift, shift].
    """
    height, width = images.shape[-2:]
    images = torch.where(flip[:, None, None, None], images.flip(-1), images)
    if shift == 0:
        return images
    padded = torch.nn.functional.pad(images, (shift, shift, shift, shift))   # [B, C, H + 2 shift, W + 2 shift]
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)                # [B, C, 2 shift + 1, 2 shift + 1, H, W], a view
    return windows[torch.arange(len(images)), :, shift - rows, shift - columns]   # [B, C, H, W]


def batches(image_set, batch_size: int, seed: int, epoch: int, augment: Augment | None = None, *,
            shuffle: bool = True, drop_last: bool = False, start: int = 0, workers: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
    """Mini-batches (images float32 [B, C, H, W], standardised; labels int64 [B]) of one epoch over an ImageSet or FolderImageSet.

    The same seed and epoch give the same batches. All draws are made before the first batch, so `start` = k skips k
    batches and leaves the rest as they were: a run resumed in the middle of an epoch goes on exactly. `drop_last` leaves out
    a smaller last batch. `workers` processes decode the images of a FolderImageSet; sets in memory need none.
    Augmentation works on the uint8 pixels, before standardising, so that 0 is black.
    """
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size is {batch_size!r}, expected a whole number >= 1")
    if not isinstance(start, int) or start < 0:
        raise ValueError(f"start is {start!r}, expected a whole number of batches >= 0")
    if augment is not None and not isinstance(augment, Augment):
        raise TypeError(f"augment is a {type(augment).__name__}, expected an Augment or None")
    generator, size = epoch_generator(seed, epoch), len(image_set)
    order = torch.randperm(size, generator=generator) if shuffle else torch.arange(size)
    shift = augment.shift if augment else 0
    flips = torch.rand(size, generator=generator) < (0.5 if augment and augment.flip else 0.0)
    moves = torch.randint(-shift, shift + 1, (2, size), generator=generator)
    end = size - size % batch_size if drop_last else size
    return _iterate(image_set, order[:end].split(batch_size)[start:], start * batch_size, flips, moves, shift, augment, workers)


def _iterate(image_set, parts, at: int, flips: Tensor, moves: Tensor, shift: int, augment, workers: int):
    """The loop of `batches`, apart from it so that bad arguments are refused at the call and not at the first batch."""
    for images, labels in image_set.read_batches(parts, workers):
        if augment:
            here = slice(at, at + len(labels))
            images = flip_and_shift(images, flips[here], moves[0, here], moves[1, here], shift)
        at += len(labels)
        yield image_set.standardise(images), labels
