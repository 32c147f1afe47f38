"""Tests of the ImageNet recipe: its numbers, that it starts on a folder of tiny photographs, and
that its augmentation follows from the seed."""

import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from trevsnn_lite import __main__ as command_line
from trevsnn_lite.data import Augment, batches, load_images
from trevsnn_lite.data.folders import Photos
from trevsnn_lite.training import RECIPES, TrainConfig, learning_rate

pytest.importorskip("timm")
SMALL = ["image_size=32", "num_classes=3", "widths=4,6,6,8", "kernel_size=3"]
RECIPE = RECIPES["paper-384"].training


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """train/ and val/ with three classes of 4 and 2 noisy JPEGs of 48 x 40 pixels."""
    Image = pytest.importorskip("PIL.Image")
    folder, draw = tmp_path_factory.mktemp("imagenet"), np.random.default_rng(0)
    for split, count in ("train", 4), ("val", 2):
        for label, name in enumerate(("ant", "bee", "cat")):
            (folder / split / name).mkdir(parents=True)
            for number in range(count):
                pixels = draw.integers(0, 150, (40, 48, 3), np.uint8)
                pixels[..., label] += 100
                Image.fromarray(pixels).save(folder / split / name / f"{number}.jpg")
    return folder


def changed(folder, workers=0, epoch=0, **options):
    """All changed images of an epoch, in batches of 5."""
    augment = Augment(
        flip=True, policy=RECIPE.policy, colour_jitter=RECIPE.colour_jitter, erasing=RECIPE.erasing
    )
    images = load_images("imagefolder", "train", folder, image_size=32)
    return list(
        batches(images, 5, seed=0, epoch=epoch, augment=augment, workers=workers, **options)
    )


def test_the_recipe_is_the_logs():
    assert (RECIPE.epochs, RECIPE.batch_size, RECIPE.optimizer, RECIPE.weight_decay) == (
        300,
        4096,
        "lamb",
        0.01,
    )
    assert (RECIPE.lr, RECIPE.adaptive_clip, RECIPE.label_smoothing, RECIPE.ema_decay) == (
        8e-3,
        0.02,
        0.1,
        0.9992,
    )
    steps = 312  # of an epoch, as in the log
    rates = [
        learning_rate(step, steps, RECIPE) for step in (0, 20 * steps, 160 * steps, 300 * steps - 1)
    ]
    assert rates == pytest.approx([4e-5, 8e-3, (8e-3 + 4e-6) / 2, 4e-6], rel=0.05)
    assert RECIPES["paper-512"].training == RECIPE and RECIPE.loss == "cross-entropy"
    for name in ("released-tiny", "released-small"):
        assert RECIPES[name].training == replace(RECIPE, loss="released-heads")


def steps_of(images, augment) -> list[str]:
    photos = Photos(images.dataset, augment, 32, images.mean, images.std)
    return [type(step).__name__ for step in photos.transform.transforms]


def test_the_transforms_are_timms(photographs):
    images = load_images("imagefolder", "train", photographs, image_size=32)
    names = steps_of(images, RECIPE.augment)
    # Colour jitter is not among them: timm leaves it out beside a policy.
    assert names == [
        "RandomResizedCropAndInterpolation",
        "RandomHorizontalFlip",
        "RandAugment",
        "MaybeToTensor",
        "Normalize",
        "RandomErasing",
    ]
    assert steps_of(images, Augment(colour_jitter=0.4))[1] == "ColorJitter"


def test_augmentation_follows_from_the_seed_alone(photographs):
    random.seed(3), np.random.seed(3), torch.manual_seed(3)
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    first = changed(photographs)
    assert [images.shape for images, _ in first] == [
        (5, 3, 32, 32),
        (5, 3, 32, 32),
        (2, 3, 32, 32),
    ] and first[0][0].dtype == torch.float32
    assert states == (
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_rng_state().tolist(),
    )  # nobody else's draws moved
    random.seed(4), np.random.seed(4), torch.manual_seed(4)
    for again in (changed(photographs), changed(photographs, workers=2)):
        assert all(
            torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])
            for a, b in zip(first, again, strict=True)
        )
    assert all(
        torch.equal(a[0], b[0])
        for a, b in zip(first[1:], changed(photographs, start=1), strict=True)
    )
    shares = [changed(photographs, share=(rank, 2)) for rank in range(2)]
    assert all(
        torch.equal(whole, torch.cat([one, other]))
        for (whole, _), (one, _), (other, _) in zip(first, *shares, strict=True)
    )
    assert not torch.equal(first[0][0], changed(photographs, epoch=1)[0][0])


def test_bad_policies_are_named(photographs, tiny):
    with pytest.raises(ValueError, match="policy is 'randm9', expected one that timm knows"):
        batches(
            load_images("imagefolder", "train", photographs, image_size=32),
            5,
            0,
            0,
            Augment(policy="randm9"),
        )
    with pytest.raises(
        ValueError,
        match="policy, colour_jitter or erasing, which change the photographs of a folder, and "
        "tiny is none",
    ):
        batches(tiny.images(5), 5, 0, 0, Augment(erasing=0.25))
    with pytest.raises(ValueError, match="shift is 2, expected 0 beside policy"):
        TrainConfig(erasing=0.25)


@pytest.mark.parametrize("preset", ["paper-384", "released-tiny"])
def test_the_recipe_starts_on_photographs(preset, photographs, tmp_path, capsys):
    out = tmp_path / "run"
    command = [
        "train",
        "--preset",
        preset,
        "--data",
        str(photographs),
        "--out",
        str(out),
        "--batch-size",
        "6",
        "--epochs",
        "2",
    ]
    assert (
        command_line.main(
            [*command, "--set", *SMALL, "accumulate=2", "checkpoint_steps=1", "warmup_epochs=1"]
        )
        == 0
    )
    assert "on 6 images" in capsys.readouterr().out
    assert sorted(file.name for file in out.iterdir()) == [
        "final.safetensors",
        "last.safetensors",
        "log.csv",
    ]


@pytest.mark.slow  # test_cli.py starts two processes by itself
def test_the_recipe_starts_under_torchrun(photographs, tmp_path, root):
    pytest.importorskip("accelerate")
    command = [
        "train",
        "--preset",
        "paper-512",
        "--data",
        photographs,
        "--out",
        tmp_path / "run",
        "--batch-size",
        "6",
        "--epochs",
        "1",
        "--set",
        *SMALL,
    ]
    launcher = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        "-m",
        "trevsnn_lite",
    ]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launcher, *command],
        cwd=root,
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert (
        "on 6 images" in done.stdout
        and (tmp_path / "run" / "last-1-0" / "2-of-2.safetensors").is_file()
    )


def test_adaptive_clipping_bounds_each_unit(tiny):
    from trevsnn_lite.training.recipes import clip_gradients

    linear = torch.nn.Linear(4, 3)
    linear.weight.grad, linear.bias.grad = (
        torch.tensor([[3.0], [1e-4], [1.0]]).expand(3, 4).clone(),
        None,
    )
    before = linear.weight.grad.clone()
    clip_gradients(linear, replace(tiny.CONFIG, adaptive_clip=0.02, clip_norm=0.0))
    norms, limits = linear.weight.grad.norm(dim=1), 0.02 * linear.weight.detach().norm(dim=1)
    torch.testing.assert_close(norms[[0, 2]], limits[[0, 2]])
    assert torch.equal(linear.weight.grad[1], before[1])
