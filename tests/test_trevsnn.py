"""T-RevSNN: its parts against plain formulas, Eq. (10) inside the network, that the default is the
paper's, and what it refuses."""

import pytest
import torch
from torch.nn import functional as F

from tests.networks import gradients, small_batch, small_net, worst_relative_error
from trevsnn_lite import TRevSNN, preset, reversible
from trevsnn_lite.blocks import BasicBlock
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.shapes import level_shapes
from trevsnn_lite.trevsnn import Down, GroupedEncoder, Up


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


def test_the_groups_together_are_one_convolution():
    torch.manual_seed(0)
    encoder, images = GroupedEncoder(3, 2, 5, stride=2), torch.randn(2, 2, 9, 9)
    together = encoder.encode(images)
    assert together.shape == (3, 2, 5, 5, 5)
    for t, group in enumerate(encoder):
        torch.testing.assert_close(together[t], group(images))


def test_a_stem_of_stride_4_is_two_convolutions_whose_channels_are_divided_over_the_steps():
    encoder = GroupedEncoder(4, 3, 10, stride=4)
    assert [tuple(conv.weight.shape) for conv in encoder[0]] == [(3, 3, 7, 7), (10, 3, 3, 3)]
    assert encoder.encode(torch.randn(2, 3, 16, 16)).shape == (4, 2, 10, 4, 4)


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
        if len(net.read_outs) > 1 or t == net.steps - 1:
            logits.append(net.read_outs[t if len(net.read_outs) > 1 else 0](below))
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
@pytest.mark.parametrize(("read_out", "read"), [("last", 1), ("every", 5)])
def test_the_network_is_eq_10(feedback, fed, read_out, read):
    given = {"time_steps": 5, "feedback": feedback, "read_out": read_out}
    net = small_net(dtype=torch.float64, **given)
    images, _ = small_batch(dtype=torch.float64)
    assert [list(net.feeds(level)) for level in range(4)] == fed
    expected, potentials = by_hand(net, images)
    for memory in ("store", "taped"):
        net.memory = memory
        logits, states = net(images, return_states=True)
        assert logits.shape == (read, 3, 5)
        torch.testing.assert_close(logits, expected, atol=1e-9, rtol=0)
        for found, v in zip(states, potentials):
            torch.testing.assert_close(found, v, atol=1e-9, rtol=0)


def test_one_step_by_hand_is_what_a_run_makes_of_its_first():
    net, (images, _) = small_net(time_steps=1), small_batch()
    new = []
    for level in range(net.levels):
        new.append(reversible.advance(net, 0, level, images, new, ())[1])
    logits, states = net(images, return_states=True)
    assert torch.equal(logits[0], net.read_out(0, new[-1]))
    assert all(map(torch.equal, states, new))


# ------------------------------------------------------------- the default network is the paper's


def test_the_weights_that_feed_a_turned_on_neuron_are_one_for_all_steps_and_no_others():
    net = small_net(time_steps=3, blocks_per_level=2)
    for level in range(net.levels):
        blocks = [net.subnets[t][level].blocks for t in range(3)]
        first, last = blocks[0][0], blocks[0][-1]
        for other in blocks[1:]:
            assert other[-1].project is last.project
            assert other[-1].depthwise_out is last.depthwise_out
            assert other[-1].alpha is last.alpha
            assert other[-1].depthwise_in is not last.depthwise_in
            assert other[-1].expand is not last.expand
            assert other[0].project is not first.project and other[0].alpha is not first.alpha

    def parameters(t):
        return {id(p) for p in [*net.subnets[t].parameters(), *net.encoder[t].parameters()]}

    shared = [net.subnets[0][level].blocks[-1] for level in range(net.levels)]
    halves = [[b.alpha, *b.project.parameters(), *b.depthwise_out.parameters()] for b in shared]
    assert parameters(0) & parameters(1) == {id(p) for half in halves for p in half}
    every = small_net(time_steps=3, sharing="none")
    subnets = [{id(p) for p in subnet.parameters()} for subnet in every.subnets]
    assert not subnets[0] & subnets[1] and not subnets[1] & subnets[2]


def test_what_comes_down_comes_from_the_next_level_and_not_to_sub_network_0():
    net = small_net(time_steps=3)
    ups = [[list(part.ups) for part in subnet] for subnet in net.subnets]
    assert ups == [[[], [], [], []], [["1"], ["2"], ["3"], []], [["1"], ["2"], ["3"], []]]


def test_the_last_level_stays_at_the_resolution_of_the_one_before():
    net, (images, _) = small_net(), small_batch()
    _, states = net(images, return_states=True)
    assert [tuple(v.shape[1:]) for v in states] == level_shapes(net.config)
    assert [v.shape[-1] for v in states] == [8, 4, 2, 2]
    assert net.subnets[0][-1].down.kernel_size == (1, 1)
    assert net.subnets[0][1].down.kernel_size == (3, 3)
    former = small_net(last_stride=2)
    assert former(images, return_states=True)[1][-1].shape[-1] == 1


def test_the_last_step_alone_is_read():
    net, (images, _) = small_net(time_steps=3), small_batch()
    assert len(net.read_outs) == 1 and net(images).shape == (1, 3, 5)
    top = torch.randn(3, 12, 2, 2)
    assert net.read_out(0, top) is None and net.read_out(1, top) is None
    assert torch.equal(net.decide(net(images)), net(images)[0])


@pytest.mark.parametrize("memory", ["store", "recompute"])
def test_the_gradient_of_sub_network_0_flows_through_turned_on_neurons_alone(memory):
    """Nothing but the potentials leads from step 0 to the last one: cut there, and the weights of
    sub-network 0 that are its own have no gradient."""
    net, (images, _) = small_net(memory, time_steps=2), small_batch()
    own = [net.encoder[0].weight, net.subnets[0][0].blocks[0].depthwise_in.weight]
    whole = torch.autograd.grad(net(images).square().sum(), own)
    assert all(grad.abs().max() > 0 for grad in whole)
    net.after_reset = lambda v: v.detach()
    for part in net.subnets[1]:
        part.ups.clear()
    cut = torch.autograd.grad(net(images).square().sum(), own, allow_unused=True)
    assert all(grad is None or not grad.any() for grad in cut)


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


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("memory", ["store", "taped"])
def test_a_network_of_half_precision_is_refused(memory, dtype):
    with pytest.raises(TypeError, match=f"the network is of {dtype}, expected torch.float32 or"):
        small_net(memory).to(dtype)(GOOD.to(dtype))


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
    (grad,) = torch.autograd.grad(net.decays().sum(), net.decay)
    assert grad.tolist() == [1.0] * 4, "a decay at the edge must be able to leave it"


ODD = [
    {"image_size": 1},
    {"image_size": 2, "stem_stride": 4},
    {"image_size": 13, "stem_stride": 4},
    {"image_size": 7, "last_stride": 2},
    {"time_steps": 1},
    {"num_classes": 1},
    {"widths": (2, 2, 2, 2, 2)},
    {"widths": (5,)},
    {"blocks_per_level": 3, "kernel_size": 3},
    {"inputs": "frames", "image_size": 9},
    {"decay": 0.02},
    {"reset": "soft", "decay": 0.9},
    {"threshold": -0.5},
    {"block": "ms-resnet", "kernel_size": 1, "expansion": 1},
]


@pytest.mark.parametrize("changes", ODD, ids=str)
def test_every_accepted_configuration_trains_in_both_ways_and_folds(changes):
    batch = 1 if changes.get("image_size", 16) < 8 else 3
    size, steps = changes.get("image_size", 16), changes.get("time_steps", 4)
    shape = (batch, 3, size, size)
    shape = (steps, *shape) if changes.get("inputs") == "frames" else shape
    images = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    target = torch.zeros(batch, dtype=torch.int64)
    found = {m: gradients(small_net(m, **changes), images, target) for m in ("store", "taped")}
    assert worst_relative_error(found["taped"], found["store"]) <= 1e-4
    net = small_net("store", **changes).eval()
    with torch.no_grad():
        torch.testing.assert_close(fold(net)(images), net(images), rtol=1e-4, atol=1e-5)
