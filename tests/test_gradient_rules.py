"""STBP, OTTT, SLTT and SLTT-K against a network of three weights worked out by hand, against each
other, and in the memory that they hold.

By hand (x = 1, 1/2, 1; decay 1/2, threshold 1, soft reset; h(V) = max(0, 1 - |V - 1|); L = (o -
1/2)^2 / 2, so dL/do = o - 1/2):

    x --w1=1.2--> neuron 1 --w2=0.9--> neuron 2 --w3=1--> o

    t           1       2        3       V1: 1.2, then (1.2 - 1)/2 + 0.6 = 0.7, then 0.7/2 + 1.2 = 1.55
    V1          1.2     0.7      1.55    V2: 0.9, then 0.9/2 = 0.45, then 0.45/2 + 0.9 = 1.125
    s1, h1      1, .8   0, .7    1, .45
    V2          0.9     0.45     1.125
    s2, h2      0, .9   0, .45   1, .875
    dL/do      -0.5    -0.5      0.5
    g2 = dL/do w3 h2:   -0.45    -0.225     0.4375
    g1 = g2 w2 h1:      -0.324   -0.14175   0.1771875

SLTT (times T = 3):  dw3 = 0.5 s2[3] = 0.5;   dw2 = -0.45 * 1 - 0.225 * 0 + 0.4375 * 1 = -0.0125;
                     dw1 = -0.324 * 1 - 0.14175 * 0.5 + 0.1771875 * 1 = -0.2176875.
OTTT: the trace of s1 is 1, 0.5, 1.25 and that of s2 is 0, 0, 1; w1 has none. dw2 = -0.45 - 0.1125 +
0.546875 = -0.015625.
STBP: d[t] = g[t] + (1/2) (1 - h[t]) d[t+1], where 1 - h is the derivative of V - s.
      d2 = (-0.455234375, -0.1046875, 0.4375), dw2 = d2[1] + d2[3] = -0.017734375;
      d1 = d2 w2 h1 + (1/2) (1 - h1) d1[t+1] = (-0.33170625, -0.039375, 0.1771875), dw1 = d1[1] +
      d1[2] / 2 + d1[3] = -0.17420625.
Online OTTT, a step of 1 on w2 alone after each step (times T): w2 = 0.9 + 0.45 = 1.35, then +
0.1125 = 1.4625; now V2[3] = 0.225 + 1.4625 = 1.6875,
      h2 = 0.3125, g2 = 0.15625, and w2 = 1.4625 - 0.15625 * 1.25 = 1.2671875.
"""

import itertools

import pytest
import torch
from torch import nn

from tests.networks import worst_relative_error
from trevsnn_lite.baselines.gradient_rules import (
    RULES,
    Stack,
    ottt,
    ottt_online,
    sltt,
    sltt_k,
    stbp,
)
from trevsnn_lite.meters.memory import step_memory

INPUTS = torch.tensor([1.0, 0.5, 1.0], dtype=torch.float64).view(3, 1, 1)
HALF = torch.full((1, 1), 0.5, dtype=torch.float64)
BY_HAND = {
    "stbp": (-0.17420625, -0.017734375, 0.5),
    "ottt": (-0.2176875, -0.015625, 0.5),
    "sltt": (-0.2176875, -0.0125, 0.5),
}  # T times dw1, dw2, dw3


def half_squared(logits, target):
    return ((logits - target) ** 2).sum() / 2


def chain(weights=(1.2, 0.9, 1.0)) -> Stack:
    layers = [nn.Linear(1, 1, bias=False, dtype=torch.float64) for _ in weights]
    for layer, weight in zip(layers, weights):
        nn.init.constant_(layer.weight, weight)
    return Stack([layers[0], None, layers[1], None, layers[2]], decay=0.5, surrogate="triangle")


def small_stack(dtype=torch.float64, decay=0.5, seed=0, width=6, size=8, **neuron) -> Stack:
    layers = [
        nn.Conv2d(2, width, 3, padding=1),
        None,
        nn.Conv2d(width, width, 3, padding=1),
        None,
        nn.AvgPool2d(2),
        nn.Flatten(),
    ]
    layers += [nn.Linear(width * (size // 2) ** 2, 10), None, nn.Linear(10, 4)]
    for layer in layers:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.normal_(
                layer.weight,
                0.05,
                2.0 / layer.weight[0].numel() ** 0.5,
                generator=torch.Generator().manual_seed(seed),
            )
            nn.init.zeros_(layer.bias)
    return Stack(layers, decay=decay, surrogate="triangle", **neuron).to(dtype)


def batch(steps=5, dtype=torch.float64, size=8, seed=1):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(steps, 3, 2, size, size, generator=random, dtype=dtype), torch.tensor(
        [0, 3, 1]
    )


def gradients(net, rule, *args, **options):
    net.zero_grad()
    outcome = rule(net, *args, **options)
    return {name: parameter.grad.clone() for name, parameter in net.named_parameters()}, outcome


@pytest.mark.parametrize("name", BY_HAND)
def test_three_weights_by_hand(name):
    net = chain()
    outcome = RULES[name](net, INPUTS, HALF, half_squared, decay=0.5)
    assert [3 * parameter.grad.item() for parameter in net.parameters()] == pytest.approx(
        BY_HAND[name], rel=1e-12
    )
    assert outcome.logits.flatten().tolist() == [0, 0, 1] and not outcome.logits.requires_grad
    assert outcome.loss == pytest.approx(0.125)


@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, (-0.324, -0.45, 0.0)), (1, (-0.070875, 0.0, 0.0)), (2, (0.1771875, 0.4375, 0.5))],
)
def test_sltt_k_of_one_step_by_hand(step, expected):
    seed = next(
        seed
        for seed in range(100)
        if torch.randperm(3, generator=torch.Generator().manual_seed(seed))[0] == step
    )
    net = chain()
    outcome = sltt_k(
        net, INPUTS, HALF, half_squared, k=1, generator=torch.Generator().manual_seed(seed)
    )
    assert [3 * parameter.grad.item() for parameter in net.parameters()] == pytest.approx(
        expected, rel=1e-12
    )
    assert outcome.loss == pytest.approx(0.125)  # of all the steps


def test_online_ottt_by_hand():
    net = chain()
    w2, seen = net.layers[2].weight, []

    def update():
        w2.data -= 3.0 * w2.grad
        net.zero_grad()
        seen.append(w2.item())

    ottt_online(net, INPUTS, HALF, half_squared, decay=0.5, after_step=update)
    assert seen == pytest.approx([1.35, 1.4625, 1.2671875], rel=1e-12)


def test_ottt_of_one_layer_without_a_reset_is_bptt():
    """One layer of neurons leaves nothing for the spatial error to miss, and without a reset
    dV[t]/dW is the trace itself. The first layer needs one, then."""
    net = Stack([nn.Linear(5, 4), None], decay=0.7, reset="none", surrogate="arctan").double()
    inputs = (
        torch.rand(6, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64) < 0.5
    ).double()
    target = torch.tensor([0, 1, 2])
    expected, _ = gradients(net, stbp, inputs, target)
    found, _ = gradients(net, ottt, inputs, target, decay=0.7, traced=["layers.0"])
    assert (
        worst_relative_error({"w": found["layers.0.weight"]}, {"w": expected["layers.0.weight"]})
        < 1e-12
    )
    untraced, _ = gradients(net, ottt, inputs, target, decay=0.7)
    assert (
        worst_relative_error({"w": untraced["layers.0.weight"]}, {"w": expected["layers.0.weight"]})
        > 0.01
    )


def test_k_equal_to_t_is_sltt_and_one_step_is_stbp():
    net, (inputs, target) = small_stack(), batch()
    whole, _ = gradients(net, sltt, inputs, target)
    sampled, _ = gradients(
        net, sltt_k, inputs, target, k=5, generator=torch.Generator().manual_seed(3)
    )
    assert all(torch.equal(sampled[name], whole[name]) for name in whole)
    expected, _ = gradients(net, stbp, inputs[:1], target)
    for rule in (sltt, ottt):
        found, _ = gradients(net, rule, inputs[:1], target, decay=0.5)
        assert worst_relative_error(found, expected) < 1e-12


def test_all_rules_compute_the_same_logits_and_different_gradients():
    net, (inputs, target) = small_stack(), batch()
    found = {name: gradients(net, RULES[name], inputs, target, decay=0.5) for name in BY_HAND}
    assert all(torch.equal(found[name][1].logits, found["stbp"][1].logits) for name in BY_HAND)
    weights = {name: found[name][0]["layers.6.weight"] for name in BY_HAND}
    for one, other in (("ottt", "sltt"), ("ottt", "stbp"), ("sltt", "stbp")):
        assert worst_relative_error({"w": weights[one]}, {"w": weights[other]}) > 0.01
    first = {name: {"w": found[name][0]["layers.0.weight"]} for name in BY_HAND}
    assert (
        worst_relative_error(first["ottt"], first["sltt"]) < 1e-12
    )  # the first layer has no trace


def test_sltt_k_draws_other_steps_at_each_call_and_the_same_from_the_same_seed():
    net, (inputs, target) = small_stack(), batch()
    generator = torch.Generator().manual_seed(0)
    first, second = (
        gradients(net, sltt_k, inputs, target, k=2, generator=generator)[0] for _ in range(2)
    )
    again = gradients(net, sltt_k, inputs, target, k=2, generator=generator.manual_seed(0))[0]
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], second[name]) for name in first)


class Twice(nn.Module):
    """A layer called twice a step, or two layers of the same weights; each call is followed by an
    in-place operation."""

    def __init__(self, shared: bool):
        super().__init__()
        self.into, self.first = nn.Linear(5, 4), nn.Linear(4, 4)
        self.second = self.first if shared else nn.Linear(4, 4)

    def step(self, x, states):
        neuron = Stack([None], decay=0.5, surrogate="triangle")
        s0, (v0,) = neuron.step(self.into(x), None if states is None else states[:1])
        s1, (v1,) = neuron.step(self.first(s0).mul_(2.0), None if states is None else states[1:])
        return self.second(s1).mul_(0.5), (v0, v1)


def test_a_shared_layer_has_a_trace_for_each_call():
    shared, apart = Twice(shared=True).double(), Twice(shared=False).double()
    for net in (shared, apart):
        for parameter in net.parameters():
            nn.init.normal_(
                parameter, generator=torch.Generator().manual_seed(parameter.numel())
            )  # equal shapes, equal weights
    inputs, target = (
        torch.randn(4, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64),
        torch.tensor([0, 1, 2]),
    )
    (found, _), (expected, _) = (
        gradients(net, ottt, inputs, target, decay=0.5) for net in (shared, apart)
    )
    total = expected["first.weight"] + expected["second.weight"]
    assert (
        worst_relative_error({"w": found["first.weight"]}, {"w": total}) < 1e-12
        and expected["first.weight"].abs().max() > 0
    )


def test_memory_does_not_grow_with_t_unless_the_graph_is_held():
    net, (images, target) = (
        small_stack(torch.float32, width=16, size=16),
        batch(1, torch.float32, 16),
    )
    peaks = {}
    for name, steps in itertools.product(("stbp", "sltt", "ottt", "sltt-k"), (2, 8)):
        options = {"decay": 0.5, "k": 2, "generator": torch.Generator().manual_seed(0)}
        net.zero_grad()
        peaks[name, steps] = step_memory(
            lambda: RULES[name](net, images.expand(steps, -1, -1, -1, -1), target, **options)
        ).peak
    assert peaks["stbp", 8] > 2.5 * peaks["stbp", 2]
    for name in ("sltt", "ottt", "sltt-k"):
        assert peaks[name, 8] < 1.05 * peaks[name, 2] and peaks[name, 8] < 0.5 * peaks["stbp", 8]


def test_hooks_are_gone_even_after_an_error():
    net, (inputs, target) = small_stack(), batch()
    ottt(net, inputs, target, decay=0.5)
    assert not any(module._forward_hooks for module in net.modules())
    with pytest.raises(IndexError):
        ottt(net, inputs, target + 4, decay=0.5)
    assert not any(module._forward_hooks for module in net.modules())


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("ottt", {}, r"decay is None, expected a number in \[0, 1\) for the traces of ottt"),
        ("ottt", {"decay": 1.0}, "decay is 1.0"),
        ("ottt", {"decay": 0.5, "traced": ["layers.1"]}, r"traced names \['layers.1'\], expected"),
        ("ottt-online", {"decay": 0.5}, "after_step is None, expected a function for ottt-online"),
        ("sltt", {"after_step": print}, "expected None for sltt"),
        (
            "sltt-k",
            {"k": 9, "generator": torch.Generator()},
            "k is 9, expected a number of steps from 1 to 5",
        ),
        ("sltt-k", {"k": 2}, "generator is None"),
    ],
)
def test_wrong_options_are_named(name, options, message):
    net, (inputs, target) = small_stack(), batch()
    with pytest.raises(ValueError, match=message):
        RULES[name](net, inputs, target, **options)


def test_wrong_inputs_and_states_are_named():
    net, (inputs, target) = small_stack(), batch()
    with pytest.raises(
        ValueError, match=r"inputs have the shape \[0, 3, 2, 8, 8\], expected \[T, B, ...\]"
    ):
        sltt(net, inputs[:0], target)
    net.step = lambda x, states: (x.flatten(1)[:, :4].requires_grad_(), [x])
    with pytest.raises(TypeError, match="net.step returned list as states"):
        sltt(net, inputs, target)
