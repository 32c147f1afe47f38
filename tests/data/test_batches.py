"""The order of mini-batches depends on seed and epoch alone; flips and shifts against a loop over
the images."""

import numpy as np
import pytest
import torch

from trevsnn_lite.data.batches import Augment, batches, flip_and_shift
from trevsnn_lite.data.images import ImageSet


def numbered(n=23, channels=1, size=6) -> ImageSet:
    """Image k has k in every pixel, and label k % 5; mean 0 and std 1/255, so that standardised
    pixels are the stored ones."""
    images = np.broadcast_to(
        np.arange(n, dtype=np.uint8)[:, None, None, None], (n, channels, size, size)
    ).copy()
    return ImageSet(
        images=images,
        labels=np.arange(n) % 5,
        class_names=tuple("abcde"),
        name="numbered",
        split="train",
        mean=(0.0,) * channels,
        std=(1 / 255,) * channels,
    )


def seen(**options) -> list[list[int]]:
    given = dict(batch_size=5, seed=0, epoch=0) | options
    return [images[:, 0, 0, 0].round().int().tolist() for images, _ in batches(numbered(), **given)]


def test_every_image_once_with_its_label():
    order = seen()
    assert [len(b) for b in order] == [5, 5, 5, 5, 3] and sorted(sum(order, [])) == list(range(23))
    for images, labels in batches(numbered(), 5, seed=0, epoch=0):
        assert images.dtype == torch.float32 and labels.dtype == torch.int64
        assert (images[:, 0, 0, 0].round().int() % 5).tolist() == labels.tolist()


def test_order_depends_on_seed_and_epoch_alone():
    torch.manual_seed(1)
    first, state = seen(seed=4, epoch=2), torch.get_rng_state()
    torch.manual_seed(2)
    assert seen(seed=4, epoch=2) == first
    others = [
        seen(seed=4, epoch=3),
        seen(seed=5, epoch=2),
        seen(seed=2, epoch=4),
        seen(seed=3, epoch=3),
    ]
    assert first not in others and all(a != b for i, a in enumerate(others) for b in others[:i])
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state)  # the global generator is not touched


def test_unshuffled_and_drop_last():
    assert sum(seen(shuffle=False), []) == list(range(23))
    assert [len(b) for b in seen(drop_last=True)] == [5, 5, 5, 5]


@pytest.mark.parametrize("start", [0, 1, 3, 5])
def test_start_goes_on_exactly(start):
    options = dict(batch_size=5, seed=1, epoch=1, augment=Augment(flip=True, shift=2))
    noise = ImageSet(
        images=np.random.default_rng(0).integers(0, 256, (23, 2, 6, 6), np.uint8),
        labels=np.zeros(23, np.int64),
        class_names=("a",),
        name="noise",
        split="train",
        mean=(0.3, 0.4),
        std=(0.2, 0.5),
    )
    whole, rest = list(batches(noise, **options)), list(batches(noise, **options, start=start))
    assert len(rest) == len(whole) - start
    assert all(torch.equal(a[0], b[0]) for a, b in zip(whole[start:], rest))


def test_flip_and_shift_against_a_loop():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (40, 2, 7, 5), generator=generator, dtype=torch.uint8)
    flip = torch.rand(40, generator=generator) < 0.5
    rows, columns = torch.randint(-2, 3, (2, 40), generator=generator)
    out = flip_and_shift(images, flip, rows, columns, shift=2)
    for b in range(40):
        source = images[b].flip(-1) if flip[b] else images[b]
        for y in range(7):
            for x in range(5):
                from_y, from_x = y - int(rows[b]), x - int(columns[b])
                inside = 0 <= from_y < 7 and 0 <= from_x < 5
                assert out[b, :, y, x].tolist() == (
                    source[:, from_y, from_x].tolist() if inside else [0, 0]
                )


def test_augmentation_uses_the_whole_range():
    """2,000 images with one bright pixel: all 25 shifts and both sides appear about equally often."""
    images = np.zeros((2000, 1, 9, 9), np.uint8)
    images[:, 0, 4, 2] = 255
    dots = ImageSet(
        images=images,
        labels=np.zeros(2000, np.int64),
        class_names=("a",),
        name="dots",
        split="train",
        mean=(0.0,),
        std=(1.0,),
    )
    ((moved, _),) = batches(dots, 2000, seed=0, epoch=0, augment=Augment(flip=True, shift=2))
    counts = moved.sum((0, 1))
    flipped = counts[:, 5:].sum() + counts[:, 4].sum() / 2
    assert moved.sum() == 2000 and counts[2:7].sum() == 2000
    assert 900 < flipped < 1100 and counts.sum(1)[2:7].min() > 320


@pytest.mark.parametrize(
    "options, message",
    [
        (dict(batch_size=0), "batch_size is 0"),
        (dict(batch_size=2.5), "batch_size is 2.5"),
        (dict(seed=-1), "seed is -1"),
        (dict(epoch=1.5), "epoch is 1.5"),
        (dict(start=-1), "start is -1"),
    ],
)
def test_bad_numbers_are_refused_at_the_call(options, message):
    with pytest.raises(ValueError, match=message):
        batches(numbered(), **(dict(batch_size=5, seed=0, epoch=0) | options))


def test_bad_augment():
    with pytest.raises(ValueError, match="shift is -1"):
        Augment(shift=-1)
    with pytest.raises(TypeError, match="augment is a dict, expected an Augment or None"):
        batches(numbered(), 5, 0, 0, {"flip": True})


@pytest.mark.parametrize(
    "images, labels, message",
    [
        (
            np.zeros((2, 1, 4, 4)),
            np.zeros(2, np.int64),
            r"images are float64 \[2, 1, 4, 4\], expected uint8",
        ),
        (np.zeros((2, 4, 4), np.uint8), np.zeros(2, np.int64), r"images are uint8 \[2, 4, 4\]"),
        (
            np.zeros((2, 1, 4, 4), np.uint8),
            np.zeros(3, np.int64),
            r"labels are int64 \[3\], expected int64 \[2\]",
        ),
        (
            np.zeros((2, 1, 4, 4), np.uint8),
            np.array([0, 5]),
            "labels run from 0 to 5, expected 0 to 4",
        ),
    ],
)
def test_image_set_checks_its_arrays(images, labels, message):
    with pytest.raises(ValueError, match=message):
        ImageSet(
            images=images,
            labels=labels,
            class_names=tuple("abcde"),
            name="x",
            split="train",
            mean=(0.0,),
            std=(1.0,),
        )


def test_take():
    assert (
        numbered().take([3, 1]).images[:, 0, 0, 0].tolist() == [3, 1]
        and len(numbered().take(slice(0, 4))) == 4
    )
