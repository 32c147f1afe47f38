"""What Tables 1, 2, 3, 6 set side by side: rules against one another, training, the meters, the
images' sizes."""

import numpy as np
import pytest
import torch

from trevsnn_lite.data import ImageSet
from trevsnn_lite.experiments import contenders
from trevsnn_lite.experiments.pictures import bordered, halved
from trevsnn_lite.losses import tet
from trevsnn_lite.meters.memory import kept_for_backward
from trevsnn_lite.training import TrainConfig

RESNET = {
    "kind": "resnet",
    "shortcut": "ms",
    "norm": "scaled",
    "widths": (4,),
    "image_size": 6,
    "time_steps": 3,
}
OURS = {
    "kind": "t-revsnn",
    "memory": "taped",
    "widths": (4, 6),
    "image_size": 6,
    "in_channels": 1,
    "stem_stride": 1,
    "blocks_per_level": 1,
    "time_steps": 3,
}
S_REVSNN = {
    "kind": "s-revsnn",
    "memory": "reversible",
    "widths": (4,),
    "image_size": 6,
    "time_steps": 3,
}


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(4, 1, 6, 6, generator=torch.Generator().manual_seed(1)), torch.tensor(
        [0, 1, 2, 0]
    )


def gradients(contender: dict, seed: int = 0, **options) -> torch.Tensor:
    net = contenders.network(contender, seed)
    contenders.gradients(net, contender, *batch(), **options)
    return torch.cat(
        [parameter.grad.flatten() for parameter in net.parameters() if parameter.grad is not None]
    )


def test_stbp_is_autograd_and_sltt_k_with_all_steps_is_sltt():
    plain, stbp, sltt = (
        gradients({**RESNET, **rule}) for rule in ({}, {"rule": "stbp"}, {"rule": "sltt"})
    )
    torch.testing.assert_close(stbp, plain)
    torch.testing.assert_close(
        gradients({**RESNET, "rule": "sltt-k", "k": 3}, generator=torch.Generator().manual_seed(0)),
        sltt,
    )
    assert (sltt - stbp).norm() > 0.01 * stbp.norm() and (
        gradients({**RESNET, "rule": "ottt"}) - sltt
    ).norm() > 0.01 * sltt.norm()


def test_frames_go_to_the_rules_as_they_are():
    images, labels = batch()
    net = contenders.network(RESNET)
    logits = contenders.gradients(
        net, {**RESNET, "rule": "stbp"}, torch.stack([images, 0 * images]), labels
    )
    assert logits.shape == (2, 4, 10)


@pytest.mark.parametrize(
    "contender",
    [{**RESNET, "rule": "stbp"}, OURS, S_REVSNN],
    ids=lambda contender: contender["kind"],
)
def test_what_is_kept_is_what_the_forward_pass_leaves(contender):
    contender = {**contender, "time_steps": 8}
    net, (images, labels) = contenders.network(contender), batch()
    _, kept = contenders.bytes_of_step(net, contender, images, labels)
    expected = kept_for_backward(lambda: tet(net(images), labels))
    assert expected <= kept < 1.2 * expected, (
        "the logits, and the states after the last step, apart"
    )


def test_step_by_step_rules_keep_one_step_and_stbp_all():
    images, labels = batch()
    kept = {}
    for rule in ("stbp", "ottt", "sltt"):
        for steps in (2, 8):
            contender = {**RESNET, "rule": rule, "time_steps": steps}
            kept[rule, steps] = contenders.bytes_of_step(
                contenders.network(contender), contender, images, labels
            )
    for which in (0, 1):
        assert kept["stbp", 8][which] > 1.8 * kept["stbp", 2][which]
        assert (
            kept["ottt", 8][which] < 1.1 * kept["ottt", 2][which]
            and kept["sltt", 8][which] < 1.1 * kept["sltt", 2][which]
        )


TWICE = {
    **OURS,
    **{"kind": "reversible twice", "block": "ms-resnet", "kernel_size": 3, "expansion": 1},
    **{"widths": (8, 8), "blocks_per_level": 2, "last_stride": 2},
}


def test_reversible_over_time_and_depth_has_plain_autograds_gradients(monkeypatch):
    def found(contender: dict) -> torch.Tensor:
        net = contenders.network(contender, 0)
        for name, parameter in net.named_parameters():
            if name.endswith("alpha"):
                torch.nn.init.constant_(parameter, 0.5)  # or no gradient would reach a branch
        contenders.gradients(net, contender, *batch())
        return torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None])

    undone, run = found(TWICE), contenders.reversible_depth.run
    monkeypatch.setattr(
        contenders.reversible_depth, "run", lambda blocks, u: run(blocks, u, memory="store")
    )
    plain = found({**TWICE, "memory": "store"})
    assert undone.shape == plain.shape and plain.norm() > 0
    torch.testing.assert_close(undone, plain, rtol=1e-4, atol=1e-6)


def test_more_couplings_keep_no_more():
    """Over depth a level keeps its output alone: at its peak, one branch's graph."""
    peaks = []
    for blocks in (2, 6):
        contender = {**TWICE, "widths": (16,), "blocks_per_level": blocks}
        peaks.append(
            contenders.bytes_of_step(contenders.network(contender), contender, *batch())[0]
        )
    assert peaks[1] < 1.3 * peaks[0]


def picture_set(count: int = 40) -> ImageSet:
    """Class 0 is bright on the left, class 1 all over."""
    labels = np.arange(count) % 2
    images = np.zeros((count, 1, 6, 6), np.uint8)
    images[:, :, :, :3] = 200
    images[labels == 1] = 200
    return ImageSet(
        class_names=("half", "whole"),
        name="sides",
        split="train",
        mean=(0.4,),
        std=(0.4,),
        images=images,
        labels=labels,
    )


@pytest.mark.parametrize(
    "contender",
    [{**RESNET, "rule": "ottt"}, {**OURS, "num_classes": 2}, S_REVSNN],
    ids=lambda contender: contender["kind"],
)
def test_training_learns_and_repeats_itself(contender):
    weights, data, recipe = (
        [],
        picture_set(),
        TrainConfig(epochs=12, batch_size=10, lr=3e-2, flip=False, shift=0),
    )
    for _ in range(2):
        net = contenders.network(contender, seed=3)
        before = contenders.accuracy(net, data)
        contenders.fit(net, contender, data, recipe)
        weights.append(torch.cat([parameter.detach().flatten() for parameter in net.parameters()]))
    assert torch.equal(*weights) and contenders.accuracy(net, data) == 1.0 and before <= 0.5


def test_a_network_that_decides_itself_is_asked():
    class Stubborn(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(()))

        def forward(self, images):
            side = (images[:, 0, 0, -1] > 0).float()  # the last head is right, the mean is not
            return torch.stack(
                [torch.stack([side, 1 - side], 1) * 5, torch.stack([1 - side, side], 1)]
            )

        def decide(self, logits):
            return logits[-1]

    assert contenders.accuracy(Stubborn(), picture_set()) == 1.0


def test_pictures_are_halved_and_bordered():
    images = picture_set(2)
    small = halved(images)
    assert (
        small.images.shape == (2, 1, 3, 3)
        and small.images[0, 0, 0].tolist() == [200, 100, 0]
        and (small.labels == images.labels).all()
    )
    large = bordered(images, 10, 3)
    assert large.images.shape == (2, 3, 10, 10) and len(large.mean) == 3
    assert (
        large.images[:, 1, 2:8, 2:8] == images.images[:, 0]
    ).all() and large.images.sum() == 3 * images.images.sum()
    assert large.tensors()[0].shape == (2, 3, 10, 10)
