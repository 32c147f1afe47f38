"""Folded networks against the ones that they were folded from: logits, states, what is left of
parameters, and that training is refused."""

import pytest
import torch
from torch import nn

from tests.networks import small_batch
from tests.trained_like import active_net, trained_like
from trevsnn_lite.config import ReleasedConfig, preset
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.presets import build
from trevsnn_lite.released.network import ReleasedTRevSNN
from trevsnn_lite.scaled_conv import ScaledConv2d


def check_equal(found, expected, tolerance=1e-5):
    assert (found - expected).abs().max() <= tolerance * expected.abs().max()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("reset", ["none", "soft", "hard"])
@pytest.mark.parametrize("feedback", ["all-levels", "next-level", "none"])
def test_logits_and_states_stay(feedback, reset, dtype):
    net, (images, _) = (
        active_net(feedback=feedback, reset=reset, dtype=dtype),
        small_batch(dtype=dtype, size=24),
    )
    logits, states = net(images, return_states=True)
    assert (
        all(0.02 < net.fire(state).mean() < 0.98 for state in states)
        and logits.std(1).mean() > 0.05
    )
    for merge_pairs in (False, True):
        folded, final = fold(net, merge_pairs)(images, return_states=True)
        check_equal(folded, logits, 1e-5 if dtype == torch.float32 else 1e-12)
        for found, expected in zip(final, states):
            check_equal(found, expected, 1e-5 if dtype == torch.float32 else 1e-12)
        torch.testing.assert_close(fold(net, merge_pairs)(images, states), net(images, states))


@pytest.mark.parametrize(
    "changes",
    [
        {"stem_stride": 1},
        {"stem_stride": 4},
        {"kernel_size": 3, "expansion": 1},
        {"blocks_per_level": 2},
        {"time_steps": 1},
        {"block": "ms-resnet"},
    ],
    ids=str,
)
def test_other_configurations(changes):
    net, (images, _) = (
        active_net(dtype=torch.float64, **changes),
        small_batch(dtype=torch.float64, size=24),
    )
    for merge_pairs in (False, True):
        check_equal(fold(net, merge_pairs)(images), net(images), 1e-12)


def test_frames_of_events():
    net = active_net(inputs="frames", in_channels=2, dtype=torch.float64)
    frames = torch.randn(
        4, 3, 2, 24, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(3)
    )
    for merge_pairs in (False, True):
        folded = fold(net, merge_pairs)
        check_equal(folded(frames), net(frames), 1e-12)
        check_equal(folded.decide(folded(frames)), net(frames).mean(0), 1e-12)


def test_what_is_left_are_plain_layers_and_the_network_itself_stays():
    net = active_net()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    folded = fold(net, merge_pairs=True)
    assert (
        all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
        and net.training
    )
    assert {type(m) for m in folded.modules() if list(m.parameters(recurse=False))} == {
        nn.Conv2d,
        nn.Linear,
        type(folded.cell),
    }  # the last holds the decays
    assert [name for name, _ in folded.cell.named_parameters(recurse=False)] == ["decay"]
    assert not any(
        "alpha" in name or "gain" in name
        for block in ("convnext", "ms-resnet")
        for name in fold(active_net(block=block)).state_dict()
    )
    assert any(isinstance(m, ScaledConv2d) for m in net.modules()) and not any(
        m.training for m in folded.modules()
    )
    assert [m for m in folded.modules() if isinstance(m, nn.Conv2d) and m.groups > 1] == []


def test_training_and_other_networks_are_refused():
    net, (images, _) = active_net(), small_batch(size=24)
    folded = fold(net)
    assert folded.eval() is folded and not folded(images).requires_grad
    with pytest.raises(RuntimeError, match="a folded network is for inference alone"):
        folded.train()
    with pytest.raises(
        TypeError, match="net is a FoldedTRevSNN, expected a TRevSNN or a ReleasedTRevSNN"
    ):
        fold(folded)
    with pytest.raises(ValueError, match=r"images has the shape \[3, 3, 8, 8\]"):
        folded(images[..., :8, :8])


@pytest.mark.parametrize(
    "changes", [{}, {"deep_supervision": False}, {"time_steps": 2}, {"kernel_size": 3}], ids=str
)
def test_the_released_network(changes):
    config = ReleasedConfig(
        **{"widths": (6, 8, 10, 12), "num_classes": 7, "image_size": 32} | changes
    )
    net = trained_like(ReleasedTRevSNN(config, memory="store", seed=0).double()).eval()
    images = torch.randn(
        3, 3, 48, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(2)
    )
    logits, states = net(images, return_states=True)
    assert (
        all(0.02 < net.fire(state).mean() < 0.98 for state in states)
        and logits[-1].std(0).mean() > 0.01
    )
    for merge_pairs in (False, True):
        folded, final = fold(net, merge_pairs)(images, return_states=True)
        assert folded.shape == (1, 3, 7)
        check_equal(folded, logits[-1:], 1e-12)
        for found, expected in zip(final, states):
            check_equal(found, expected, 1e-12)


def test_the_released_network_deployed_has_the_paper_s_parameters():
    """15.2M and 29.8M, to 0.3%: gains and BatchNorm's scales are folded away as well. What the
    columns share is still shared, once merged too."""
    for name, paper, merged in (
        ("released-tiny", 15.2e6, 306_373_096),
        ("released-small", 29.8e6, 598_167_656),
    ):
        with torch.device("meta"):
            net = build(preset(name))
            assert sum(p.numel() for p in fold(net).parameters()) == pytest.approx(paper, rel=3e-3)
            assert sum(p.numel() for p in fold(net, merge_pairs=True).parameters()) == merged
