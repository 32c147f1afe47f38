"""Our gradient rules against SpikingJelly's neurons, the networks of its model zoo, and its
operation counters against counts by hand."""

import pytest
import torch
from torch import nn

from tests.networks import worst_relative_error
from tests.test_gradient_rules import batch, gradients, small_stack
from trevsnn_lite.baselines.gradient_rules import RULES, Stack
from trevsnn_lite.baselines.peers import PEERS, operation_counts, peer, stack_of_nodes

functional = pytest.importorskip("spikingjelly.activation_based.functional")


def layers_of(stack: Stack) -> list[nn.Module | None]:
    return [None if index in stack.neurons else layer for index, layer in enumerate(stack.layers)]


def peer_gradients(stack: Stack, rule: str, inputs, target) -> dict[str, torch.Tensor]:
    """What SpikingJelly's neurons make of the same layers, batch and loss, in single-step mode;
    names as in the Stack."""
    net = stack_of_nodes(layers_of(stack), rule, **stack.lif)
    total = 0.0
    for x in inputs:
        loss = nn.functional.cross_entropy(net(x), target) / len(inputs)
        if rule == "stbp":
            total = total + loss
        else:
            loss.backward()
    if rule == "stbp":
        total.backward()
    return {f"layers.{name}": parameter.grad for name, parameter in net.named_parameters()}


@pytest.mark.parametrize("surrogate", ["triangle", "sigmoid", "arctan", "rectangle"])
@pytest.mark.parametrize("rule", ["stbp", "ottt", "sltt"])
def test_gradients_equal_spikingjellys(rule, surrogate):
    """Two convolutions and two linear layers, three layers of neurons, five steps; float64 leaves
    rounding alone."""
    net, (inputs, target) = small_stack(decay=0.6), batch()
    net.lif["surrogate"] = surrogate
    found, outcome = gradients(net, RULES[rule], inputs, target, decay=0.6)
    assert worst_relative_error(found, peer_gradients(net, rule, inputs, target)) < 1e-12
    assert all(gradient.abs().max() > 0 for gradient in found.values())
    assert outcome.logits.std() > 0.05


@pytest.mark.parametrize("rule", ["stbp", "ottt", "sltt"])
def test_gradients_equal_spikingjellys_with_batch_norm_and_a_hard_reset(rule):
    net, (inputs, target) = small_stack(reset="hard"), batch()
    layers = layers_of(net)
    layers[0].bias = None  # before BatchNorm its gradient is 0, and what is left is rounding
    net = Stack(layers[:1] + [nn.BatchNorm2d(6).double()] + layers[1:], **net.lif)
    expected = peer_gradients(
        net, rule, inputs, target
    )  # first: it copies the running statistics, and training changes them
    found, _ = gradients(net, RULES[rule], inputs, target, decay=0.5)
    assert worst_relative_error(found, expected) < 1e-12


@pytest.mark.parametrize("rule", ["stbp", "ottt", "sltt"])
def test_gradients_equal_spikingjellys_to_one_millionth_in_float32(rule):
    """Ten times the relative rounding of float32 (1.2e-7): the two sum the same numbers in other
    orders."""
    net, (inputs, target) = small_stack(torch.float32), batch(dtype=torch.float32)
    found, _ = gradients(net, RULES[rule], inputs, target, decay=0.5)
    assert worst_relative_error(found, peer_gradients(net, rule, inputs, target)) < 1e-6


def test_trap_multi_step_mode_silently_turns_sltt_into_bptt():
    """SLTTLIFNode refuses step_mode="m" when it is built, and set_step_mode changes it all the
    same: the multi-step path never cuts the potential."""
    net, (inputs, target) = small_stack(), batch()
    node_net = stack_of_nodes(layers_of(net), "sltt", **net.lif)
    functional.set_step_mode(node_net, "m")
    spatial = [module for module in node_net if not hasattr(module, "step_mode")]
    x = inputs
    for module in node_net:
        x = functional.seq_to_ann_forward(x, module) if module in spatial else module(x)
    sum(nn.functional.cross_entropy(logits, target) for logits in x).div(len(inputs)).backward()
    trapped = {f"layers.{name}": parameter.grad for name, parameter in node_net.named_parameters()}
    assert worst_relative_error(trapped, gradients(net, RULES["stbp"], inputs, target)[0]) < 1e-12
    assert worst_relative_error(trapped, gradients(net, RULES["sltt"], inputs, target)[0]) > 0.01


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rule": "rtrl"}, "rule is 'rtrl'"),
        ({"reset": "none"}, "reset is 'none'"),
        ({"decay": 0.0}, "decay is 0.0"),
        ({"surrogate": "box"}, "surrogate is 'box'"),
    ],
)
def test_wrong_conventions_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        stack_of_nodes([None], **({"rule": "sltt", "decay": 0.5} | changes))


@pytest.mark.parametrize("name", PEERS)
def test_parameters_are_those_that_the_authors_state(name):
    """To 0.1%: the zoo's Spikformer drops the biases that BatchNorm makes idle (16.80 M for 16.81),
    its SEW-ResNet-34 has 21.80 M for 21.79."""
    with torch.device("meta"):
        net = peer(name)
    millions = sum(parameter.numel() for parameter in net.parameters()) / 1e6
    assert PEERS[name].stated is None or millions == pytest.approx(PEERS[name].stated, rel=1e-3)
    assert millions > (
        2 if name in ("ms-resnet-10", "sdt-2-256") else 11
    )  # the small ones stand beside networks of the benchmark's size


@pytest.mark.parametrize("name", ["sew-resnet-18", "ms-resnet-18", "spikformer-8-384", "sdt-8-384"])
def test_images_and_frames_become_logits_of_every_step_and_nothing_is_remembered(name):
    net = peer(name, num_classes=5, time_steps=2, image_size=32, in_channels=2, seed=1).eval()
    for module in net.modules():
        module.train(
            isinstance(module, nn.modules.batchnorm._BatchNorm)
        )  # with the batch's statistics, or no spike is fired before training
    images = torch.randn(2, 2, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits = net(images)
        assert logits.shape == (2, 2, 5)
        assert torch.equal(
            net(images.expand(2, -1, -1, -1, -1)), logits
        )  # a second batch starts at rest
        memories = [
            value for module in net.modules() for value in getattr(module, "_memories", {}).values()
        ]
        assert memories and not any(isinstance(value, torch.Tensor) for value in memories)
        assert (net(images.flip(3)) - logits).abs().max() > 1e-6
        if name.startswith(("ms", "sdt")):  # whose own forward is the mean over time
            torch.testing.assert_close(net.net(images), logits.mean(0))


@pytest.mark.parametrize("name", ["spiking-vgg-11", "sew-resnet-50", "spikformer-8-512"])
def test_shapes_without_numbers(name):
    with torch.device("meta"):
        net = peer(name, num_classes=5, time_steps=2, image_size=128, in_channels=2)
        assert net(torch.empty(2, 3, 2, 128, 128)).shape == (2, 3, 5)


def test_weights_come_from_the_seed_alone():
    before = torch.random.get_rng_state()
    nets = [peer("sew-resnet-18", num_classes=3, image_size=32, seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(nets[0].net.fc.weight, nets[1].net.fc.weight) and not torch.equal(
        nets[0].net.fc.weight, nets[2].net.fc.weight
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "ms-resnet-104"}, "name is 'ms-resnet-104', expected one of sew-resnet-18"),
        ({"num_classes": 0}, "num_classes is 0"),
        ({"image_size": 16}, "image_size is 16"),
    ],
)
def test_wrong_peers_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        peer(**({"name": "sew-resnet-18"} | changes))


def test_wrong_frames_are_named():
    net = peer("sew-resnet-18", num_classes=3, time_steps=2, image_size=32)
    with pytest.raises(
        ValueError,
        match=r"images have the shape \[3, 1, 3, 32, 32\], expected \[B, C, H, W\] or \[2, B, C, H, W\]",
    ):
        net(torch.zeros(3, 1, 3, 32, 32))


class Counted(nn.Module):
    """Real image -> 3x3 convolution, normalised -> spikes -> linear -> linear."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.hidden, self.out = (
            nn.Conv2d(1, 2, 3, padding=1),
            nn.BatchNorm2d(2),
            nn.Linear(32, 3),
            nn.Linear(3, 2),
        )

    def forward(self, x):
        spikes = (self.norm(self.conv(x)) > 0).float()
        self.spikes = int(spikes.sum())
        return self.out(self.hidden(spikes.flatten(1)))


def test_operation_counts_by_hand():
    net = Counted()
    counts = operation_counts(
        net, torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    )
    assert net.spikes > 0
    assert counts.layers["conv"] == (0, 4 * 4 * 2 * 9)  # positions x outputs x kernel
    assert counts.layers["hidden"] == (
        net.spikes * 3,
        0,
    )  # each spike adds one weight to each of 3 sums
    assert counts.layers["out"] == (0, 3 * 2)
    assert (counts.synaptic, counts.macs) == (net.spikes * 3, 288 + 6)
