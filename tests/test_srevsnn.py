"""S-RevSNN: autograd's gradients, memory flat in depth and linear in T, and an inverse that holds
over 24 blocks."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from tests.networks import gradients, small_batch, worst_relative_error
from trevsnn_lite.baselines import reversible_depth
from trevsnn_lite.baselines.srevsnn import SRevSNN, SRevSNNConfig, fire
from trevsnn_lite.meters.memory import step_memory

SMALL = {
    "widths": (6, 8),
    "blocks_per_stage": 2,
    "image_size": 8,
    "time_steps": 3,
    "in_channels": 3,
    "num_classes": 5,
}


def srevsnn(memory="reversible", seed=0, dtype=torch.float32, **changes) -> SRevSNN:
    return SRevSNN(SRevSNNConfig(**SMALL | changes), memory, seed).to(dtype)


def batch(seed=0, **changes):
    return small_batch(seed, **{"batch": 4, "size": 8} | changes)


def error(seed=0, dtype=torch.float32, **changes) -> float:
    images, target = batch(seed, dtype=dtype)
    expected = gradients(srevsnn("store", seed, dtype, **changes), images, target)
    assert len(expected) == len(list(srevsnn(**changes).parameters())) and all(
        grad.any() for grad in expected.values()
    )
    return worst_relative_error(
        gradients(srevsnn("reversible", seed, dtype, **changes), images, target), expected
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_gradients_are_autograds(seed):
    """1e-4 is T-RevSNN's bound; on the grid every spike is rebuilt, so that only the order of sums
    could differ."""
    assert error(seed) <= 1e-4
    assert error(seed, torch.float64) <= 1e-9


@pytest.mark.parametrize(
    "changes",
    [
        {"surrogate": "sigmoid"},
        {"surrogate": "arctan", "reset": "hard"},
        {"reset": "none"},
        {"widths": (8,)},
        {"time_steps": 7},
        {"exact": False},
        {"blocks_per_stage": 24, "widths": (6,), "time_steps": 2},
    ],
    ids=str,
)
def test_gradients_hold_for_every_configuration(changes):
    assert error(**changes) <= 1e-4


def test_all_floats_come_back_after_24_blocks():
    stage, x = srevsnn(blocks_per_stage=24).stages[0], torch.randn(4, 2, 6, 8, 8)
    x = (x / reversible_depth.GRID[x.dtype]).round() * reversible_depth.GRID[x.dtype]
    with torch.no_grad():
        y = reversible_depth.run(stage, x, dim=2)
        assert (y - x).abs().max() > 1
        assert torch.equal(reversible_depth.invert(stage, y, dim=2), x)


@pytest.fixture(scope="module")
def measured():
    """(kept for backward, peak of a training step) in bytes, by (blocks in the one stage, T)."""
    images, target = batch()

    def measure(blocks, time_steps):
        net = srevsnn(widths=(8,), blocks_per_stage=blocks, time_steps=time_steps)
        gradients(net, images, target)
        net.zero_grad(set_to_none=True)
        logits = []
        kept = step_memory(lambda: logits.append(net(images))).kept
        logits.clear()
        return kept, step_memory(lambda: cross_entropy(net(images).mean(0), target).backward()).peak

    return {key: measure(*key) for key in ((6, 1), (24, 1), (6, 4))}


STAGE_OUTPUT = 4 * 4 * 8 * 8 * 8  # bytes of one step


def test_memory_is_flat_in_depth(measured):
    """But for each block's statistics and, at the peak, its gradients, which grow with the
    parameters, not with the image."""
    gradients = 4 * sum(p.numel() for p in srevsnn(widths=(8,)).stages[0][0].parameters())
    growths = [(at_24 - at_6) / 18 for at_6, at_24 in zip(measured[6, 1], measured[24, 1])]
    assert growths[0] <= 0.05 * STAGE_OUTPUT
    assert growths[1] - gradients <= 0.05 * STAGE_OUTPUT


def test_memory_is_linear_in_t(measured):
    for at_1, at_4 in zip(measured[6, 1], measured[6, 4]):
        assert 2.5 < at_4 / at_1 < 4.2  # the stem's share is paid once: it encodes the image once


def test_kept_is_the_stages_output_with_little_else(measured):
    growth = (measured[6, 4][0] - measured[6, 1][0]) / 3
    assert STAGE_OUTPUT < growth < 1.6 * STAGE_OUTPUT  # the read-out's neurons keep two windows


def test_store_and_reversible_agree_bit_for_bit_forwards_and_frames_are_taken():
    images, _ = batch()
    logits = srevsnn()(images)
    assert logits.shape == (3, 4, 5) and torch.equal(logits, srevsnn("store")(images))
    assert torch.equal(
        srevsnn().eval()(images), srevsnn().eval()(images.expand(3, *images.shape).clone())
    )
    assert srevsnn()(torch.stack([images, 2 * images])).shape == (2, 4, 5)
    with torch.no_grad():
        assert torch.equal(srevsnn()(images), logits)


def test_neurons_start_at_rest_each_time():
    neuron = SRevSNNConfig().neuron
    currents = torch.tensor([0.6, 0.6, 0.9, 0.0])[:, None]
    assert fire(currents, neuron).flatten().tolist() == [
        0.0,
        0.0,
        1.0,
        0.0,
    ]  # V = 0.6, 0.9, 1.35, (1.35 - 1) / 2
    assert torch.equal(fire(currents, neuron), fire(currents, neuron))


def test_statistics_are_counted_once():
    images, target = batch()
    nets = srevsnn("store"), srevsnn("reversible")
    for net in nets:
        for _ in range(2):
            cross_entropy(net(images).mean(0), target).backward()
    for expected, found in zip(*(net.buffers() for net in nets), strict=True):
        torch.testing.assert_close(found, expected)
    assert nets[1].stages[0][0].f[0].norm.num_batches_tracked == 2


def test_gradients_accumulate_and_hooks_fire():
    net, (images, target) = srevsnn(), batch()
    once, seen = gradients(net, images, target), []
    for parameter in net.parameters():
        parameter.register_post_accumulate_grad_hook(lambda p: seen.append(p))
    cross_entropy(net(images).mean(0), target).backward()
    assert {id(p) for p in seen} == {id(p) for p in net.parameters()}
    for name, parameter in net.named_parameters():
        torch.testing.assert_close(parameter.grad, 2 * once[name])


def test_frozen_parameters_get_no_gradient_and_change_no_other():
    images, target = batch()
    expected = gradients(srevsnn("store"), images, target)
    net = srevsnn()
    net.stem.requires_grad_(False), net.stages[0][1].requires_grad_(False)
    found = gradients(net, images, target)
    assert not any(name.startswith(("stem", "stages.0.1.")) for name in found)
    assert worst_relative_error(found, {name: expected[name] for name in found}) <= 1e-5


def test_images_that_need_gradients_get_them():
    def run(memory):
        images = batch()[0].requires_grad_()
        return torch.autograd.grad(srevsnn(memory)(images).square().sum(), images)[0]

    assert run("store").any()
    torch.testing.assert_close(run("reversible"), run("store"), rtol=1e-5, atol=1e-8)


def test_autocast_is_repeated_in_the_backward_pass():
    images, target = batch()

    def run(memory):
        net = srevsnn(memory)
        with torch.autocast("cpu", torch.bfloat16):
            loss = cross_entropy(net(images).mean(0).float(), target)
        loss.backward()
        return {name: parameter.grad for name, parameter in net.named_parameters()}

    assert worst_relative_error(run("reversible"), run("store")) <= 1e-2


def test_a_second_derivative_is_refused_with_a_sentence():
    net, (images, target) = srevsnn(), batch()
    loss = cross_entropy(net(images).mean(0), target)
    with pytest.raises(RuntimeError, match="asks for a second derivative, which spikes lack"):
        torch.autograd.grad(loss, list(net.parameters()), create_graph=True)


def test_convolutions_but_the_stem_meet_spikes():
    net, seen = srevsnn(), set()
    convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    for convolution in convolutions[1:]:
        convolution.register_forward_pre_hook(
            lambda _, given: seen.update(given[0].unique().tolist())
        )
    net(batch()[0])
    assert len(convolutions) == 1 + 1 + 2 * 2 * 4 and seen == {0.0, 1.0}


def test_bad_fields_and_strategies_get_one_sentence():
    with pytest.raises(
        ValueError, match=r"widths is \(8, 7\), expected even numbers of channels, to be halved."
    ):
        SRevSNNConfig(widths=(8, 7))
    with pytest.raises(ValueError, match="memory is 'taped', expected one of store, reversible."):
        SRevSNN(SRevSNNConfig(), memory="taped")
    with pytest.raises(
        ValueError, match=r"images has the shape \[4, 3, 6, 6\], expected \[B, 3, 8, 8\]"
    ):
        srevsnn()(batch(size=6)[0])
