"""The spiking ResNets: each shortcut against its equation, identity and what breaks it, values on
the wires, state in and state out."""

import pytest
import torch
from torch import nn

from tests.networks import small_batch
from trevsnn_lite.baselines.spiking_resnet import (
    NORMS,
    SHORTCUTS,
    Block,
    SpikingResNet,
    SpikingResNetConfig,
)
from trevsnn_lite.baselines.stepwise import Neurons

SMALL = {
    "widths": (6,),
    "blocks_per_stage": 3,
    "in_channels": 3,
    "image_size": 8,
    "num_classes": 5,
    "time_steps": 3,
}


def batch():
    return small_batch(size=8)


def resnet(seed=0, **changes) -> SpikingResNet:
    return SpikingResNet(SpikingResNetConfig(**SMALL | changes), seed=seed)


def fire(currents, decay=0.5, threshold=1.0):
    """Eqs. (1) and (2) with a soft reset, written out."""
    v = spikes = torch.zeros_like(currents[0])
    out = []
    for x in currents:
        v = decay * (v - threshold * spikes) + x
        spikes = (v >= threshold).to(x.dtype)
        out.append(spikes)
    return out


def inputs(shortcut, steps=4):
    torch.manual_seed(1)
    x = torch.randn(steps, 3, 6, 8, 8)
    return list(x if shortcut == "ms" else (x > 0.5).float())


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_a_block_is_its_equation(shortcut, norm):
    torch.manual_seed(0)
    config, xs = SpikingResNetConfig(shortcut=shortcut, norm=norm), inputs(shortcut)
    block = Block(config, 6)
    spikes = fire(xs) if shortcut == "ms" else xs
    branch = [block.second(s) for s in fire([block.first(s) for s in spikes])]
    expected = {
        "vanilla": lambda: fire([b + x for b, x in zip(branch, xs)]),
        "sew-add": lambda: [b + x for b, x in zip(fire(branch), xs)],
        "sew-and": lambda: [b * x for b, x in zip(fire(branch), xs)],
        "sew-iand": lambda: [(1 - b) * x for b, x in zip(fire(branch), xs)],
        "ms": lambda: [b + x for b, x in zip(branch, xs)],
    }[shortcut]()
    states = None
    for x, reference in zip(xs, expected):
        neurons = Neurons(states, **config.neuron)
        torch.testing.assert_close(block(x, neurons), reference)
        states = neurons.new
    assert torch.stack(expected).ne(torch.stack(xs)).float().mean() > 0.01, (
        "the branch must do something"
    )


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("threshold", [0.5, 1.0, 1.25])
@pytest.mark.parametrize("shortcut", ["sew-add", "sew-iand", "ms"])
def test_silent_branches_make_the_identity_whatever_the_threshold(shortcut, threshold, norm):
    first, *rest = resnet(
        shortcut=shortcut, norm=norm, threshold=threshold, branch_gain=0.0
    ).features(batch()[0])
    assert first.any() and len(rest) == 3
    for later in rest:
        assert torch.equal(later, first)


def test_the_vanilla_identity_hangs_on_the_threshold():
    """With V_th = 1 a lone spike passes the last neuron; with 1.25 it does not, and with 0.5 what a
    soft reset leaves fires once more."""
    same = {}
    for threshold in (0.5, 1.0, 1.25):
        first, *rest = resnet(
            shortcut="vanilla",
            threshold=threshold,
            branch_gain=0.0,
            time_steps=16,
            blocks_per_stage=1,
            decay=0.75,
        ).features(batch()[0])
        same[threshold] = torch.equal(rest[-1], first)
    assert same == {0.5: False, 1.0: True, 1.25: False}


def test_a_vanilla_identity_stops_the_gradient_of_silent_neurons():
    passed = {}
    for shortcut in ("vanilla", "sew-add", "ms"):
        config = SpikingResNetConfig(shortcut=shortcut, branch_gain=0.0)
        x = inputs(shortcut)[0].requires_grad_()
        Block(config, 6)(x, Neurons(None, **config.neuron)).sum().backward()
        passed[shortcut] = torch.equal(x.grad, torch.ones_like(x)), torch.equal(x.grad, x.detach())
    assert passed == {"vanilla": (False, True), "sew-add": (True, False), "ms": (True, False)}


def always_fire(net: SpikingResNet) -> None:
    for norm in (m for m in net.modules() if isinstance(m, nn.BatchNorm2d)):
        nn.init.zeros_(norm.weight), nn.init.constant_(norm.bias, 1.5)


def test_sew_add_counts_up_to_depth_plus_one_and_the_others_stay_binary():
    images, _ = batch()
    net = resnet(shortcut="sew-add", blocks_per_stage=5)
    values = set(net.features(images)[-1].unique().tolist())
    assert values <= {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0} and max(values) >= 3
    always_fire(net)
    assert [features.unique().tolist() for features in net.features(images)] == [
        [1.0],
        [2.0],
        [3.0],
        [4.0],
        [5.0],
        [6.0],
    ]
    for shortcut in ("vanilla", "sew-and", "sew-iand"):
        for features in resnet(shortcut=shortcut).features(images):
            assert set(features.unique().tolist()) <= {0.0, 1.0}


def test_and_is_silent_with_a_silent_branch_and_the_identity_with_a_firing_one():
    images, _ = batch()
    net = resnet(shortcut="sew-and", branch_gain=0.0)
    first, second, *_ = net.features(images)
    assert first.any() and not second.any()
    for block in net.body[1:]:
        nn.init.constant_(block.second[1].bias, 1.5)
    first, *_, last = net.features(images)
    assert torch.equal(first, last)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_all_convolutions_but_the_stem_meet_0_and_1_except_sew_adds(shortcut):
    net, seen = resnet(shortcut=shortcut, widths=(6, 8), blocks_per_stage=2), set()
    convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 2 + 2 * 4
    for convolution in convolutions[1:]:
        convolution.register_forward_pre_hook(
            lambda _, given: seen.update(given[0].unique().tolist())
        )
    net(batch()[0])
    assert seen == {0.0, 1.0} if shortcut != "sew-add" else {0.0, 1.0, 2.0} <= seen


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_forward_is_its_steps_and_state_goes_in_and_out(shortcut):
    net, (images, _) = (
        resnet(shortcut=shortcut, widths=(6, 8), norm="scaled", blocks_per_stage=1),
        batch(),
    )
    states, logits = None, []
    for _ in range(3):
        first, second = net.step(images, states), net.step(images, states)
        assert torch.equal(first[0], second[0]), "a step must leave nothing behind"
        logits_t, states = first
        logits.append(logits_t)
    assert isinstance(states, tuple) and all(isinstance(state, torch.Tensor) for state in states)
    expected = torch.stack(logits)
    assert expected.shape == (3, 3, 5)
    assert shortcut == "sew-and" or not torch.equal(
        expected[0], expected[1]
    )  # an AND of sparse spikes is silent at the start
    assert torch.equal(net(images), expected)
    assert torch.equal(net(images.expand(3, *images.shape).clone()), expected)
    frames = torch.stack([images, 2 * images])
    assert torch.equal(net(frames)[1], net.step(2 * images, net.step(images)[1])[0])


def test_scaled_weights_keep_samples_apart_and_batchnorm_does_not():
    images, _ = batch()
    for norm, apart in (("scaled", True), ("batch", False)):
        net = resnet(norm=norm)
        assert torch.allclose(net(images)[:, :1], net(images[:1]), atol=1e-6) == apart


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("threshold", [0.5, 1.0])
def test_currents_start_with_the_thresholds_standard_deviation(norm, threshold):
    torch.manual_seed(0)
    config = SpikingResNetConfig(
        shortcut="vanilla", norm=norm, threshold=threshold, in_channels=3, widths=(32,)
    )
    net, images = SpikingResNet(config, seed=0), torch.randn(8, 3, 28, 28)
    stem = net.body[0].conv(images)
    assert stem[..., 1:-1, 1:-1].std().item() == pytest.approx(threshold, rel=0.1)
    first = net.body[1].first((stem >= threshold).float())
    assert first[..., 1:-1, 1:-1].std().item() == pytest.approx(threshold, rel=0.15)


@pytest.mark.parametrize("shortcut", ["vanilla", "sew-add", "sew-iand", "ms"])
def test_gradients_reach_every_parameter(shortcut):
    net, (images, target) = (
        resnet(shortcut=shortcut, norm="scaled", widths=(6, 8), blocks_per_stage=1),
        batch(),
    )
    nn.functional.cross_entropy(net(images).mean(0), target).backward()
    assert {
        name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()
    } == set()


def test_depth_is_a_free_number():
    net = resnet(blocks_per_stage=24)
    assert len(net.body) == 25 and torch.isfinite(net(batch()[0])).all()


def test_a_seed_fixes_the_weights_and_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    first, second, third = (resnet(seed=seed).read_out.weight for seed in (1, 1, 2))
    assert torch.equal(first, second) and not torch.equal(first, third)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"shortcut": "sew"},
            "shortcut is 'sew', expected one of vanilla, sew-add, sew-and, sew-iand, ms.",
        ),
        ({"norm": "layer"}, "norm is 'layer', expected one of batch, scaled."),
        ({"branch_gain": -1.0}, "branch_gain is -1.0, expected a finite number of at least 0."),
        ({"widths": ()}, r"widths is \(\), expected one positive integer per stage"),
        ({"widths": 16}, "widths is 16, expected one positive integer per stage"),
        ({"blocks_per_stage": 0}, "blocks_per_stage is 0, expected an integer of at least 1."),
        ({"time_steps": 2.0}, "time_steps is 2.0, expected an integer of at least 1."),
        ({"decay": 0.0}, r"decay is 0.0, expected a number in \(0, 1\]."),
        ({"threshold": 0}, "threshold is 0, expected a finite number above 0"),
        ({"reset": "off"}, "reset is 'off', expected one of none, soft, hard."),
        ({"surrogate": "relu"}, "surrogate is 'relu', expected one of rectangle"),
    ],
)
def test_bad_fields_get_one_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        SpikingResNetConfig(**changes)


def test_bad_states_and_images_get_one_sentence():
    net, (images, _) = resnet(), batch()
    _, states = net.step(images)
    with pytest.raises(
        ValueError,
        match=r"states has the shape \[3, 6, 8, 8\] for layer 0 of the neurons, expected a potential of the shape \[2, 6, 8, 8\]",
    ):
        net.step(images[:2], states)
    with pytest.raises(ValueError, match="states has none for layer 6 of the neurons"):
        net.step(images, states[:-1])
    with pytest.raises(
        ValueError,
        match="states has 8 potentials, expected one for each of the 7 layers of neurons",
    ):
        net.step(images, (*states, states[0]))
    with pytest.raises(
        ValueError, match=r"images has the shape \[3, 3, 4, 4\], expected \[B, 3, 8, 8\]"
    ):
        net(images[..., :4, :4])
    with pytest.raises(
        ValueError, match=r"images has the shape \[6, 1, 8, 8\], expected \[B, 3, 8, 8\]"
    ):
        net(images[None, :, :1].expand(2, -1, -1, -1, -1))
