"""Tests of bf16 and of gradient accumulation: the gradients are close to, or equal to, those of
whole batches in float32; and of inputs a step at a time."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from trevsnn_lite.losses import LOSSES
from trevsnn_lite.training import evaluate, train
from trevsnn_lite.training.run import Run
from trevsnn_lite.training.scale_out import OneProcess


def gradients(tiny, config, count=8, width=1, seed=0):
    """(gradients, loss) of one batch; ReZero opened, so that they reach everything."""
    net = tiny.network(config.memory, widths=(8 * width, 8 * width), image_size=8)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("alpha"):
                parameter.fill_(0.5)
    run = Run(net, config, {}, OneProcess(torch.device("cpu")))
    loss, _ = run.gradients(*tiny.images(count).tensors(), total=count)
    return {
        name: parameter.grad
        for name, parameter in net.named_parameters()
        if parameter.grad is not None
    }, loss


@pytest.mark.parametrize("loss", LOSSES)
def test_accumulated_parts_have_the_gradients_of_the_whole(tiny, loss):
    whole, value = gradients(tiny, replace(tiny.CONFIG, loss=loss))
    for parts in (2, 3):  # 3 + 3 + 2 images
        summed, again = gradients(tiny, replace(tiny.CONFIG, loss=loss, accumulate=parts))
        assert again == pytest.approx(value, rel=1e-6) and summed.keys() == whole.keys()
        assert (
            max(
                (
                    (summed[name] - whole[name]).abs().max()
                    / whole[name].abs().max().clamp(min=1e-12)
                ).item()
                for name in whole
            )
            < 5e-5
        )  # ReZero's alpha sums terms of both signs


def test_bf16_gradients_point_the_same_way(tiny):
    """Some spikes differ, since a potential of 8 bits lies on the other side of the threshold; so
    directions are compared."""
    for memory in ("store", "taped"):
        exact, value = gradients(tiny, replace(tiny.CONFIG, memory=memory), count=30, width=4)
        rough, again = gradients(
            tiny, replace(tiny.CONFIG, memory=memory, precision="bf16"), count=30, width=4
        )
        assert again == pytest.approx(value, rel=0.05) and again != value
        one, other = (
            torch.cat([found[name].flatten() for name in exact]) for found in (exact, rough)
        )
        assert torch.isfinite(other).all() and torch.cosine_similarity(one, other, dim=0) > 0.9
        assert {grad.dtype for grad in rough.values()} == {torch.float32}


def test_bf16_taped_has_the_gradients_of_bf16_store(tiny):
    stored, taped = (
        gradients(tiny, replace(tiny.CONFIG, memory=memory, precision="bf16"))[0]
        for memory in ("store", "taped")
    )
    assert (
        max(
            (
                (taped[name] - stored[name]).abs().max() / stored[name].abs().max().clamp(min=1e-12)
            ).item()
            for name in stored
        )
        < 0.02
    )


def test_bf16_training_is_finite_and_learns(tiny, tmp_path):
    losses = [
        row["train_loss"]
        for row in train(
            tiny.network(),
            tiny.data(),
            replace(tiny.CONFIG, precision="bf16"),
            tmp_path,
            progress=False,
        ).history
    ]
    assert all(0 < loss < 5 for loss in losses) and losses[-1] < losses[0]


class Frames:
    """Noise recordings: frames [T = 2, B, 1, 8, 8], whose summed brightness in one row is the
    class."""

    name, class_names = "frames", ("top", "middle", "bottom")

    def __init__(self, tiny, count):
        self.images = tiny.images(count)

    def __len__(self):
        return len(self.images)

    def read_batches(self, parts, workers=0):
        return (
            (torch.stack([images, images.flip(-1)]), labels)
            for images, labels in self.images.read_batches(parts)
        )

    def standardise(self, frames):
        return self.images.standardise(frames)


class Stepwise(nn.Module):
    """frames [T, B, 1, 8, 8] -> logits [T, B, 3]."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(64, 3)
        nn.init.zeros_(self.linear.weight)

    def forward(self, frames):
        assert frames.shape[0] == 2
        return self.linear(frames.flatten(2))


def test_frames_pass_through_the_loop(tiny, tmp_path):
    """The batch's size comes from the labels: 7 recordings of 2 frames, of which the last batch has
    3, in two parts."""
    torch.manual_seed(0)
    data = Frames(tiny, 24), Frames(tiny, 30)
    net, config = (
        Stepwise(),
        replace(
            tiny.CONFIG,
            batch_size=7,
            accumulate=2,
            flip=True,
            shift=1,
            epochs=2,
            checkpoint_steps=1,
        ),
    )
    result = train(net, data, config, tmp_path, progress=False)
    assert 0 < result.history[-1]["train_accuracy"] <= 1 and result.history[-1][
        "test_accuracy"
    ] == evaluate(net, data[1], batch_size=7)
