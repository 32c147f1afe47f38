"""Shuffled, augmented mini-batches that depend on (seed, epoch, position) alone, so that a resumed
run sees the same ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Augment:
    """Random changes to training images: flips and shifts of pixels in memory, or timm's transforms
    of whole photographs (`photos`)."""

    flip: bool = False
    """Mirror each image left to right with probability 1/2."""
    shift: int = 0
    """Largest shift in pixels, along height and width; the pixels that come in are 0 (black)."""
    policy: str = ""
    """timm's name of a policy, such as "rand-m9-mstd0.5-inc1" (RandAugment); "" for none."""
    colour_jitter: float = 0.0
    """Strength of the changes of brightness, contrast and saturation; timm leaves them out beside a
    policy."""
    erasing: float = 0.0
    """Probability of filling a rectangle with noise."""
    events: Callable | None = None
    """A transform of tonic's (DropEvent, TimeJitter, ...) for the events of an EventSet, before
    they become frames."""

    def __post_init__(self):
        if not isinstance(self.shift, int) or self.shift < 0:
            raise ValueError(f"shift is {self.shift!r}, expected a whole number of pixels >= 0")
        if self.photos and self.shift:
            raise ValueError(
                f"shift is {self.shift}, expected 0 beside policy, colour_jitter or "
                "erasing: those crop at random"
            )

    @property
    def photos(self) -> bool:
        """Whether images are cropped at random out of the photographs of a folder, and changed by
        timm's transforms."""
        return bool(self.policy or self.colour_jitter or self.erasing)


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """The random stream of one epoch. SeedSequence mixes both numbers: seed 0, epoch 1 is not seed
    1, epoch 0."""
    for name, value in ("seed", seed), ("epoch", epoch):
        if not isinstance(value, (int, np.integer)) or value < 0:
            raise ValueError(f"{name} is {value!r}, expected a whole number >= 0")
    mixed = np.random.SeedSequence([int(seed), int(epoch)]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(mixed >> np.uint64(1)))  # manual_seed takes 63 bits


def flip_and_shift(
    images: Tensor, flip: Tensor, rows: Tensor, columns: Tensor, shift: int
) -> Tensor:
    """Mirrors image b where flip[b], then moves it by rows[b] down and columns[b] to the right,
    filling with zeros.

    images [B, C, H, W] of any dtype, or [T, B, C, H, W] whose T frames move as one; flip bool [B];
    rows and columns int64 [B], each in [-shift, shift].
    """
    if images.dim() == 5:
        steps = len(images)
        return flip_and_shift(
            images.flatten(0, 1),
            flip.repeat(steps),
            rows.repeat(steps),
            columns.repeat(steps),
            shift,
        ).unflatten(0, (steps, -1))
    height, width = images.shape[-2:]
    images = torch.where(flip[:, None, None, None], images.flip(-1), images)
    if shift == 0:
        return images
    padded = torch.nn.functional.pad(
        images, (shift, shift, shift, shift)
    )  # [B, C, H + 2 shift, W + 2 shift]
    windows = padded.unfold(2, height, 1).unfold(
        3, width, 1
    )  # [B, C, 2 shift + 1, 2 shift + 1, H, W], a view
    each = torch.arange(len(images), device=images.device)
    return windows[each, :, shift - rows, shift - columns]  # [B, C, H, W]


def share_of(batch: Tensor, share: tuple[int, int]) -> Tensor:
    """The part of a batch, a tensor [B], that falls to process `rank` of share = (rank, processes):
    parts follow one another and differ by at most one.

    Where B < processes some get nothing; they are handed the first entry, which `share_length` does
    not count, so that every process has a batch."""
    rank, processes = share
    part = batch[len(batch) * rank // processes : len(batch) * (rank + 1) // processes]
    return part if len(part) else batch[:1]


def share_length(batch: int, share: tuple[int, int]) -> int:
    """How many of `batch` images fall to process `rank` of share = (rank, processes)."""
    rank, processes = share
    return batch * (rank + 1) // processes - batch * rank // processes


def batches(
    image_set,
    batch_size: int,
    seed: int,
    epoch: int,
    augment: Augment | None = None,
    *,
    shuffle: bool = True,
    drop_last: bool = False,
    start: int = 0,
    workers: int = 0,
    share: tuple[int, int] = (0, 1),
) -> Iterator[tuple[Tensor, Tensor]]:
    """Mini-batches (images float32 [B, C, H, W], standardised; labels int64 [B]) of one epoch over
    an ImageSet or FolderImageSet.

    Of an EventSet: (frames float32 [T, B, 2, H, W]; labels int64 [B]), each recording's frames
    moved and mirrored together.

    The same seed and epoch give the same batches. All draws are made before the first batch, so
    `start` = k skips k
    batches and leaves the rest as they were: a run resumed in the middle of an epoch goes on
    exactly. `drop_last` leaves out
    a smaller last batch. `workers` processes decode the images of a FolderImageSet; sets in memory
    need none. With share = (rank, processes)
    come the images of each batch that `share_of` gives to that process, changed as they would be in
    one process.
    Flips and shifts work on the uint8 pixels, before standardising, so that 0 is black.
    """
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size is {batch_size!r}, expected a whole number >= 1")
    if not isinstance(start, int) or start < 0:
        raise ValueError(f"start is {start!r}, expected a whole number of batches >= 0")
    if augment is not None and not isinstance(augment, Augment):
        raise TypeError(f"augment is a {type(augment).__name__}, expected an Augment or None")
    if augment and augment.photos and not hasattr(image_set, "read_photos"):
        raise ValueError(
            "augment has a policy, colour_jitter or erasing, which change the "
            f"photographs of a folder, and {image_set.name} is none"
        )
    if augment and augment.flip and not getattr(image_set, "flippable", True):
        raise ValueError(
            f"flip is True, expected False for {image_set.name}: mirrored, its left-hand "
            "classes are its right-hand classes"
        )
    if augment and augment.events and not hasattr(image_set, "changed"):
        raise TypeError(
            "augment.events changes the recordings of an EventSet, but image_set is of "
            f"type {type(image_set).__name__}"
        )
    generator, size = epoch_generator(seed, epoch), len(image_set)
    with torch.device("cpu"):  # as the generator is, whatever torch.set_default_device says
        order = torch.randperm(size, generator=generator) if shuffle else torch.arange(size)
        if augment and augment.events:
            image_set = image_set.changed(
                augment.events, torch.randint(2**31, (size,), generator=generator).tolist()
            )  # a seed for each recording
        end = size - size % batch_size if drop_last else size
        places = [
            share_of(batch, share) for batch in torch.arange(end).split(batch_size)[start:]
        ]  # in the epoch's order
        if augment and augment.photos:
            seeds = torch.randint(
                2**63 - 1, (size,), generator=generator
            )  # one an image: whichever process reads it draws the same
            return image_set.read_photos(
                [order[here] for here in places], [seeds[here] for here in places], augment, workers
            )
        shift = augment.shift if augment else 0
        flips = torch.rand(size, generator=generator) < (0.5 if augment and augment.flip else 0.0)
        moves = torch.randint(-shift, shift + 1, (2, size), generator=generator)
        return _iterate(image_set, order, places, flips, moves, shift, augment, workers)


def _iterate(
    image_set,
    order: Tensor,
    places: list[Tensor],
    flips: Tensor,
    moves: Tensor,
    shift: int,
    augment,
    workers: int,
):
    """The loop of `batches`, apart from it so that bad arguments are refused at the call and not at
    the first batch."""
    for here, (images, labels) in zip(
        places, image_set.read_batches([order[here] for here in places], workers)
    ):
        if augment and (augment.flip or augment.shift):
            images = flip_and_shift(images, flips[here], moves[0, here], moves[1, here], shift)
        yield image_set.standardise(images), labels
