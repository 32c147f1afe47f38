"""T-RevSNN: its parts against plain formulas, Eq. (10) inside the network, and what it refuses."""

import pytest
import torch
from torch.nn import functional as F

from tests.networks import small_batch, small_net
from trevsnn_lite import TRevSNN, preset
from trevsnn_lite.blocks import BasicBlock
from trevsnn_lite.encoding import GroupedEncoder
from trevsnn_lite.fusion import Down, Up
from trevsnn_lite.scaled_conv import spike_gamma


def test_a_new_block_is_the_identity_and_a_trained_one_adds_alpha_times_its_branch():
    torch.manual_seed(0)
    block, u = BasicBlock(8), torch.randn(2, 8, 7, 7)
    assert torch.equal(block(u), u)
    with torch.no_grad():
        block.alpha.fill_(0.3)
        torch.testing.assert_close(block(u), u + 0.3 * block.branch(u))


def test_the_branch_is_spike_depthwise_pointwise_twice_as_in_fig_4():
    torch.manual_seed(0)
    block, u = BasicBlock(8, kernel_size=5, expansion=4), torch.randn(2, 8, 7, 7)
    h = F.conv2d((u >= 0.5).float(), block.depthwise_in.effective_weight(), padding=2, groups=8)
    h = F.conv2d(h, block.expand.effective_weight(), block.expand.bias)
    assert h.shape[1] == 32
    h = F.conv2d((h >= 0.5).float(), block.project.effective_weight())
    h = F.conv2d(
        h, block.depthwise_out.effective_weight(), block.depthwise_out.bias, padding=2, groups=8
    )
    torch.testing.assert_close(block.branch(u), h)


def test_gamma_brings_a_convolution_of_random_spikes_to_unit_variance():
    torch.manual_seed(0)
    down = Down(64, 64)
    spikes = (torch.randn(16, 64, 18, 18) >= 0.5).float()
    assert (spike_gamma(0.5) * down(spikes))[..., 1:, 1:].var().item() == pytest.approx(
        1.0, rel=0.05
    )
    assert spike_gamma(0.0) == pytest.approx(2.0)


def test_the_groups_together_are_one_convolution():
    torch.manual_seed(0)
    encoder, images = GroupedEncoder(3, 2, 5, stride=2), torch.randn(2, 2, 9, 9)
    together = encoder.encode(images)
    assert together.shape == (3, 2, 5, 5, 5)
    for t, group in enumerate(encoder):
        torch.testing.assert_close(together[t], group(images))


@pytest.mark.parametrize("size", [1, 7, 8, 13])
def test_fusion_up_meets_the_shape_that_fusion_down_left(size):
    x = torch.randn(2, 4, size, size)
    down = Down(4, 6)(x)
    assert down.shape == (2, 6, -(-size // 2), -(-size // 2))
    up = Up(6, 4, 1.0)
    assert up(down, x.shape[-2:]).shape == x.shape
    assert not up(torch.zeros_like(down), x.shape[-2:]).any()


def by_hand(net, images):
    """Eq. (10) written out, without the grid: v_l <- sum_{i >= l} decay_i (aligned v_i) +
    blocks(input), levels upwards."""
    decays, logits, old = net.decays(), [], None
    for t in range(net.steps):
        new, below = [], net.encoder[t](images)
        for level in range(net.levels):
            part = net.subnets[t][level]
            v = part.blocks(part.down(below))
            if old is not None:
                v = v + decays[level] * old[level]
                for i in net.feeds(level):
                    v = v + decays[i] * F.interpolate(
                        part.ups[str(i)].mix(old[i]), size=v.shape[-2:], mode="nearest"
                    )
            new.append(v)
            below = (v >= net.threshold).to(v.dtype)
        logits.append(net.read_outs[t](below))
        old = new
    return torch.stack(logits), old


@pytest.mark.parametrize(
    ("feedback", "fed"),
    [
        ("all-levels", [[1, 2, 3], [2, 3], [3], []]),
        ("next-level", [[1], [2], [3], []]),
        ("none", [[]] * 4),
    ],
)
def test_the_network_is_eq_10(feedback, fed):
    net, (images, _) = (
        small_net(time_steps=5, feedback=feedback, dtype=torch.float64),
        small_batch(dtype=torch.float64),
    )
    assert [list(net.feeds(level)) for level in range(4)] == fed
    expected, potentials = by_hand(net, images)
    for memory in ("store", "taped"):
        net.memory = memory
        logits, states = net(images, return_states=True)
        assert logits.shape == (5, 3, 5)
        torch.testing.assert_close(logits, expected, atol=1e-9, rtol=0)
        for found, v in zip(states, potentials):
            torch.testing.assert_close(found, v, atol=1e-9, rtol=0)


def test_sub_networks_share_no_parameters_but_the_decays():
    net = small_net(time_steps=3)
    seen = [{id(p) for level in range(5) for p in net.parameters_of(t, level)} for t in range(3)]
    assert seen[0] & seen[1] == seen[1] & seen[2] == {id(net.decay)}
    assert {id(p) for p in net.parameters()} == set.union(*seen)


def test_a_seed_fixes_the_weights_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second, third = (small_net(seed=seed).encoder[0].weight for seed in (1, 1, 2))
    assert torch.equal(first, second) and not torch.equal(first, third)
    assert torch.equal(torch.get_rng_state(), before)


def test_going_on_from_given_states_is_going_on():
    net, (images, _) = small_net(time_steps=2), small_batch()
    _, states = net(images, return_states=True)
    assert not torch.equal(net(images, states), net(images))


GOOD = torch.zeros(2, 3, 16, 16)


@pytest.mark.parametrize(
    ("images", "error", "sentence"),
    [
        (GOOD[0], ValueError, r"images has the shape \[3, 16, 16\], expected \[B, 3, 16, 16\]"),
        (
            GOOD[:, :1],
            ValueError,
            r"images has the shape \[2, 1, 16, 16\], expected \[B, 3, 16, 16\]",
        ),
        (GOOD[:0], ValueError, r"images has the shape \[0, 3, 16, 16\], expected .* B >= 1"),
        (GOOD.byte(), TypeError, "images has the dtype torch.uint8, expected torch.float32"),
        (GOOD.double(), TypeError, "images has the dtype torch.float64, expected torch.float32"),
        (GOOD / 0, ValueError, "images holds 1536 NaN or infinite values"),
        (GOOD + float("inf"), ValueError, "images holds 1536 NaN or infinite values"),
        (GOOD.numpy(), TypeError, r"images is a ndarray, expected a torch.Tensor \[B, 3, 16, 16\]"),
    ],
)
def test_bad_images_get_one_sentence(images, error, sentence):
    with pytest.raises(error, match=sentence):
        small_net()(images)


def test_bad_states_get_one_sentence():
    net = small_net()
    _, states = net(GOOD, return_states=True)
    with pytest.raises(
        ValueError,
        match=r"states\[0\] has the shape \[2, 6, 8, 8\], expected \[1, 6, 8, 8\] for 1 images",
    ):
        net(GOOD[:1], states)
    with pytest.raises(
        ValueError, match="states has 2 potentials, expected one for each of the 4 levels"
    ):
        net(GOOD, states[:2])


def test_an_unknown_memory_strategy_gets_one_sentence():
    with pytest.raises(
        ValueError, match="memory is 'tape', expected one of store, recompute, reversible, taped."
    ):
        TRevSNN(preset("fashion-mini"), memory="tape")


def test_a_learnt_decay_stays_where_it_can_be_undone():
    net = small_net()
    with torch.no_grad():
        net.decay.copy_(torch.tensor([-0.3, 0.0, 0.4, 1.7]))
    assert net.decays().tolist() == pytest.approx([1 / 64, 1 / 64, 0.4, 1.0])
