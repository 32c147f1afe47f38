"""Cells of a user's own against plain autograd: every kind of layer, of parameter and of change
between the forward and the backward pass is right, or is refused in a sentence."""

import copy
import functools
import math
import operator
import random
import threading
import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.utils import parametrizations, parametrize
from torch.utils.flop_counter import FlopCounterMode

from tests.networks import worst_relative_error
from trevsnn_lite import reversible, spike
from trevsnn_lite.reversible import Taped

STRATEGIES = ("recompute", "taped")


class Gated(reversible.Cell):
    """Two levels of gates that see the input, a decay for each pixel, and a path from above. layer:
    makes what stands behind each level's convolution."""

    levels = 2

    def __init__(self, layer=lambda channels: nn.Identity(), reset="none"):
        super().__init__()
        torch.manual_seed(0)
        self.reset = reset
        self.gates = nn.ModuleList(nn.Conv2d(6, 6, 1) for _ in range(2))
        self.mixes = nn.ModuleList(
            nn.Sequential(nn.Conv2d(6, 6, 3, padding=1), layer(6)) for _ in range(2)
        )
        self.down, self.head = nn.Conv2d(6, 6, 1, bias=False), nn.Linear(6, 3)

    def update(self, t, level, x, below, above):
        seen = below if level else x[t]
        gate = 0.4 + 0.5 * torch.sigmoid(self.gates[level](seen).to(self.head.weight.dtype))
        current = 0.2 + 2.0 * self.mixes[level](seen)
        return gate, current + sum(0.3 * self.down(v) for v in above)

    def read_out(self, t, top):
        return self.head(self.fire(top).mean((-2, -1)))


def frames(steps=4, dtype=torch.float32):
    return torch.randn(steps, 3, 6, 5, 5, generator=torch.Generator().manual_seed(1), dtype=dtype)


def result(make, memory, x=None, steps=None, between=None, states=None):
    """(gradients by name, everything else that must agree) of one training step."""
    cell, x = make(), frames() if x is None else x
    torch.manual_seed(2)
    outputs, finals = reversible.run(cell, x, steps or len(x), states, memory)
    if between is not None:
        between(cell)
    loss = outputs.square().sum() + sum(v.square().mean() for v in finals)
    loss.backward()
    grads = {name: p.grad for name, p in cell.named_parameters() if p.grad is not None}
    drawn = torch.rand(1)  # the generator must stand where plain autograd leaves it
    return grads, [outputs.detach(), *finals, *cell.buffers(), drawn]


def agree(make, memory="taped", tolerance=1e-4, **given):
    found, expected = result(make, memory, **given), result(make, "store", **given)
    assert expected[0] and all(grad.abs().max() > 0 for grad in expected[0].values())
    assert worst_relative_error(found[0], expected[0]) <= tolerance
    for mine, right in zip(found[1], expected[1], strict=True):
        assert torch.equal(mine, right)


# ------------------------------------------------------------------------ what a cell may compute


@pytest.mark.parametrize("reset", ["none", "soft"])
@pytest.mark.parametrize("steps", [2, 8, 32])
def test_gates_that_see_the_input(steps, reset):
    agree(lambda: Gated(reset=reset), x=frames(steps))
    agree(lambda: Gated(reset=reset), "recompute", x=frames(steps))


def test_sixty_four_steps_once():
    agree(lambda: Gated(reset="soft"), x=frames(64))


def test_a_hard_reset_is_recomputed():
    agree(lambda: Gated(reset="hard"), "recompute", x=frames(8))


def test_float64():
    agree(lambda: Gated().double(), tolerance=1e-9, x=frames(8, torch.float64))


class Noise(nn.Module):
    """A random draw that no layer of torch's makes."""

    def forward(self, x):
        return x + 0.3 * torch.randn_like(x) if torch.rand(()) < 0.7 else x


class Doubled(nn.Module):
    def forward(self, weight):
        return weight + weight.flip(0)


LAYERS = {
    "dropout": lambda c: nn.Dropout(0.3),
    "another draw": lambda c: Noise(),
    "batchnorm": nn.BatchNorm2d,
    "batchnorm, all batches": lambda c: nn.BatchNorm2d(c, momentum=None),
    "instancenorm": lambda c: nn.InstanceNorm2d(c, affine=True, track_running_stats=True),
    "spectral_norm": lambda c: parametrizations.spectral_norm(nn.Conv2d(c, c, 1)),
    "spectral_norm by hooks": lambda c: nn.utils.spectral_norm(nn.Conv2d(c, c, 1)),
    "weight_norm": lambda c: parametrizations.weight_norm(nn.Conv2d(c, c, 1)),
}


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("layer", LAYERS)
def test_layers_that_draw_and_that_count(layer, memory):
    agree(lambda: Gated(LAYERS[layer]), memory)


def parametrised(cell):
    parametrize.register_parametrization(cell.gates[0], "weight", Doubled())
    return cell


def replaced(cell):
    cell.head, cell.mixes[0][0] = nn.Linear(6, 5), nn.Conv2d(6, 6, 5, padding=2)
    return cell


def assigned(cell):
    state = {name: tensor * 1.5 for name, tensor in cell.state_dict().items()}
    cell.load_state_dict(state, assign=True)
    return cell


def tied(cell):
    cell.mixes[1], cell.gates[1].weight = cell.mixes[0], cell.gates[0].weight
    return cell


def frozen(cell):
    cell.mixes[0].requires_grad_(False), cell.head.requires_grad_(False)
    return cell


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("change", [parametrised, replaced, assigned, tied, frozen, nn.Module.eval])
def test_changes_before_the_forward_pass(change, memory):
    agree(lambda: change(Gated(nn.BatchNorm2d)), memory)


def test_parameters_that_are_another_s_results():
    """torch.func.functional_call, as in meta-learning: the gradients go on to what they came of."""

    class Net(nn.Module):
        def __init__(self, memory):
            super().__init__()
            self.cell, self.memory = Gated(), memory

        def forward(self, x):
            return reversible.run(self.cell, x, len(x), None, self.memory)[0]

    def gradients(memory):
        net, scale = Net(memory), torch.tensor(1.1, requires_grad=True)
        given = {name: scale * p for name, p in net.named_parameters()}
        functional_call(net, given, (frames(),)).square().sum().backward()
        return {"scale": scale.grad} | {name: p.grad for name, p in net.named_parameters()}

    assert worst_relative_error(gradients("taped"), gradients("store")) <= 1e-4


class InPlace(Gated):
    """What is made of spikes by an operation in place must not be lost."""

    def update(self, t, level, x, below, above):
        if below is not None:
            below.mul_(torch.linspace(0.5, 1.5, 6).view(6, 1, 1))
        return super().update(t, level, x, below, above)


class OneNumber(Gated):
    def update(self, t, level, x, below, above):
        return 0.7, super().update(t, level, x, below, above)[1]


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("kind", [InPlace, OneNumber])
def test_spikes_changed_in_place_and_a_decay_that_is_a_number(kind, memory):
    def make():
        cell = kind()
        if kind is OneNumber:
            cell.gates.requires_grad_(False)
        return cell

    agree(make, memory)


class Sum(reversible.Cell):
    """Old potentials enter as they are, so that autograd hands one memory to several of them as
    their gradient."""

    levels = 4

    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.linspace(0.2, 0.9, 4))

    def update(self, t, level, x, below, above):
        views = (v.flatten().view_as(v) for v in above)  # their gradients are views of one tensor
        return 0.5, sum(views, self.weights[level] * (below if level else x[t]))

    def fire(self, v):
        return torch.tanh(v)

    def read_out(self, t, top):
        return top.sum(-1)


@pytest.mark.parametrize("memory", STRATEGIES)
def test_gradients_that_share_their_memory_are_summed_apart(memory):
    """The loss sees the two lowest final potentials alone: all gradients of those above come
    through the paths from above."""

    def gradient(memory):
        cell, x = Sum(), torch.linspace(-0.1, 0.1, 30).view(3, 2, 5)
        _, (lowest, second, *_) = reversible.run(cell, x, 3, None, memory)
        (lowest.square().sum() + second.square().sum()).backward()
        return cell.weights.grad

    torch.testing.assert_close(gradient(memory), gradient("store"), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("memory", ["recompute", "reversible", "taped"])
def test_the_input_and_given_states_get_their_gradients(memory):
    def gradients(memory):
        x, random = frames().requires_grad_(), torch.Generator().manual_seed(3)
        states = [torch.randn(3, 6, 5, 5, generator=random).requires_grad_() for _ in range(2)]
        outputs, finals = reversible.run(Gated(), x, 4, states, memory)
        (outputs.square().sum() + finals[0].square().sum()).backward()
        return {"x": x.grad, "0": states[0].grad, "1": states[1].grad}

    expected = gradients("store")
    assert all(grad.abs().max() > 0 for grad in expected.values())
    assert worst_relative_error(gradients(memory), expected) <= 1e-4


@pytest.mark.parametrize("memory", STRATEGIES)
def test_a_second_backward_pass_adds_the_same_again(memory):
    cell = Gated(lambda c: nn.Sequential(nn.BatchNorm2d(c), nn.Dropout(0.2)))
    loss = reversible.run(cell, frames(), 4, None, memory)[0].square().sum()
    loss.backward(retain_graph=True)
    once = {name: p.grad.clone() for name, p in cell.named_parameters()}
    loss.backward()
    twice = {name: p.grad / 2 for name, p in cell.named_parameters()}
    assert worst_relative_error(twice, once) <= 1e-6
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        loss.backward()


@pytest.mark.parametrize("memory", STRATEGIES)
def test_autocast_is_repeated_in_the_backward_pass(memory):
    def run(memory):
        cell = Gated()
        with torch.autocast("cpu", torch.bfloat16):
            outputs, _ = reversible.run(cell, frames(), 4, None, memory)
        outputs.float().square().sum().backward()
        return {name: p.grad for name, p in cell.named_parameters()}

    assert worst_relative_error(run(memory), run("store")) <= 1e-2


# --------------------------------------------- what may change between forward and backward pass


def thaw_and_freeze(cell):
    cell.mixes[0].requires_grad_(True), cell.head.requires_grad_(True)
    cell.gates.requires_grad_(False)


def other_settings(cell):
    cell.threshold, cell.surrogate, cell.reset = 0.8, "sigmoid", "none"
    cell.mixes[0][1].eps, cell.mixes[0][1].momentum = 1.0, 0.9


RIGHT = {
    "other settings": other_settings,
    "frozen": lambda cell: cell.mixes.requires_grad_(False),
    "frozen and thawed": thaw_and_freeze,
    "evaluation": nn.Module.eval,
    "another forward pass": lambda cell: reversible.run(cell, frames(), 4),
}


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("between", RIGHT)
def test_what_may_change_before_the_backward_pass(between, memory):
    def make():
        cell = Gated(nn.BatchNorm2d, reset="soft")
        return frozen(cell) if between == "frozen and thawed" else cell

    agree(make, memory, between=RIGHT[between])


def test_the_backward_pass_leaves_modes_and_statistics_as_they_are_now():
    cell = Gated(nn.BatchNorm2d)
    outputs, _ = reversible.run(cell, frames(), 4)
    cell.eval(), cell.mixes[0][1].reset_running_stats()
    now = {name: tensor.clone() for name, tensor in cell.state_dict().items()}
    outputs.sum().backward()
    assert not any(module.training for module in cell.modules())
    assert all(torch.equal(tensor, now[name]) for name, tensor in cell.state_dict().items())


def changed_weight(cell):
    with torch.no_grad():
        cell.mixes[0][0].weight.add_(0.1)


def a_copy(cell):
    cell.head = copy.deepcopy(cell.head)  # of equal values: nothing that is computed shows it


def one_more(cell):
    cell.mixes[0].append(nn.Identity())


def normalised(cell):
    parametrizations.weight_norm(cell.mixes[0][0])


OTHER_PARTS = "Gated has other layers or parameters in the backward pass than in the forward pass"
REFUSED = {
    changed_weight: "has been modified by an inplace operation",
    a_copy: OTHER_PARTS,
    one_more: OTHER_PARTS,
    normalised: OTHER_PARTS,
}


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("change", REFUSED)
def test_what_may_not_is_refused(change, memory):
    with pytest.raises(RuntimeError, match=REFUSED[change]):
        result(Gated, memory, between=change)


class SetForFire(Gated):
    """Hands its neuron a slope by an attribute, another at each level and step."""

    slope = 1.0

    def update(self, t, level, x, below, above):
        self.slope = 1.0 + t + 0.5 * level
        return super().update(t, level, x, below, above)

    def fire(self, v):
        return spike(self.slope * v, 0.5 * self.slope, "arctan")


class Counting(SetForFire):
    """Holds a number from one call to the next."""

    def update(self, t, level, x, below, above):
        self.slope += 0.25
        decay, current = Gated.update(self, t, level, x, below, above)
        return decay, current + 0.01 * self.slope


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("kind", [SetForFire, Counting])
@pytest.mark.parametrize("reset", ["none", "soft"])
def test_numbers_of_the_cell_are_found_again_as_they_were_at_each_step(kind, memory, reset):
    agree(lambda: kind(reset=reset), memory)
    cells = kind(reset=reset), kind(reset=reset)
    for cell, way in zip(cells, (memory, "store")):
        outputs, _ = reversible.run(cell, frames(), 4, memory=way)
        for again in (True, False):  # twice through one run
            outputs.square().sum().backward(retain_graph=again)
    grads = [{name: p.grad for name, p in cell.named_parameters()} for cell in cells]
    assert worst_relative_error(*grads) <= 1e-4
    assert cells[0].slope == cells[1].slope


class FireSets(SetForFire):
    """Its neuron itself sets numbers: taped fires once more for a soft reset."""

    spikes = 0.0

    def update(self, t, level, x, below, above):
        decay, current = Gated.update(self, t, level, x, below, above)
        return decay, current - 1e-3 * self.slope

    def fire(self, v):
        fired = super().fire(v)
        self.slope *= 1.05
        self.spikes += fired.detach().sum().item()
        return fired


SLOPES = {
    "numpy's float": lambda t: np.float32(1.0 + t),
    "numpy's whole number": lambda t: np.arange(1, 9)[t],
    "a tuple": lambda t: (1.0 + t,),
    "None at first": lambda t: None if t == 0 else 1.0 + t,
    "None at last": lambda t: None if t == 3 else 1.0 + t,
    "a function": lambda t: lambda: 1.0 + t,
}


class AnySlope(SetForFire):
    def __init__(self, kind, reset):
        super().__init__(reset=reset)
        self.kind, self.slope = kind, None

    def update(self, t, level, x, below, above):
        self.slope = SLOPES[self.kind](t)
        return Gated.update(self, t, level, x, below, above)

    def fire(self, v):
        slope = self.slope() if callable(self.slope) else self.slope
        slope = slope[0] if isinstance(slope, tuple) else slope
        slope = 0.5 if slope is None else float(slope)
        return spike(slope * v, 0.5 * slope, "arctan")


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("kind", SLOPES)
@pytest.mark.parametrize("reset", ["none", "soft"])
def test_whatever_a_cell_sets_on_itself_is_found_again(kind, memory, reset):
    agree(lambda: AnySlope(kind, reset), memory)


@pytest.mark.parametrize("memory", STRATEGIES)
def test_numbers_that_the_neuron_sets_are_counted_once(memory):
    agree(lambda: FireSets(reset="soft"), memory)
    cells = [FireSets(reset="soft") for _ in range(2)]
    for cell, way in zip(cells, (memory, "store")):
        reversible.run(cell, frames(), 4, memory=way)[0].sum().backward()
    assert cells[0].spikes == cells[1].spikes > 0


class Neuron(nn.Module):
    slope, spikes = 1.0, 0.0

    def forward(self, v):
        fired = spike(self.slope * v, 0.5 * self.slope, "arctan")
        self.spikes += fired.detach().sum().item()
        return fired


class SlopeOfALayer(Gated):
    """Sets a slope on its neuron, which the gradient alone feels."""

    def __init__(self, reset="none"):
        super().__init__(reset=reset)
        self.neuron = Neuron()

    def update(self, t, level, x, below, above):
        self.neuron.slope = 1.0 + t + 0.5 * level
        return super().update(t, level, x, below, above)

    def fire(self, v):
        return self.neuron(v)


class RateOfALayer(SlopeOfALayer):
    """Drops out more at each step."""

    def __init__(self, reset="none"):
        super().__init__(reset)
        self.dropout = nn.Dropout(0.0)

    def update(self, t, level, x, below, above):
        self.dropout.p += 0.05
        decay, current = super().update(t, level, x, below, above)
        return decay, self.dropout(current)


class RunInside(Gated):
    """Runs a cell that sets numbers, in each update."""

    def __init__(self, reset="none"):
        super().__init__(reset=reset)
        self.inner = Counting()

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        inner = reversible.run(self.inner, x, 2)[0] if level == 0 else torch.ones(1)
        return decay, current * (1 + 0.1 * inner.mean())


class Chosen(SlopeOfALayer):
    """Takes another neuron at each step, and none at the end of one."""

    def __init__(self, reset="none"):
        super().__init__(reset)
        self.neurons = nn.ModuleList([Neuron(), Neuron()])
        self.neurons[1].slope = 3.0
        self.neuron = self.neurons[0]

    def update(self, t, level, x, below, above):
        self.neuron = self.neurons[t % 2]
        return Gated.update(self, t, level, x, below, above)

    def read_out(self, t, top):
        read = super().read_out(t, top)
        self.neuron = self.neurons[0] if self.reset == "soft" or t < 3 else None
        return read


class Steeper(torch.autograd.Function):
    """What it is given, and its gradient times k."""

    @staticmethod
    def forward(ctx, given, k):
        ctx.k = k
        return given.clone()

    @staticmethod
    def backward(ctx, grad):
        return ctx.k * grad, None


class Renamed(Gated):
    """Deletes a mark of a layer, and sets another to the same object: nothing else tells the two
    steps apart."""

    def __init__(self, reset="none"):
        super().__init__(reset=reset)
        self.head.even = True

    def update(self, t, level, x, below, above):
        if level == 0 and t:
            old, new = ("odd", "even") if hasattr(self.head, "odd") else ("even", "odd")
            delattr(self.head, old)
            setattr(self.head, new, True)
        return super().update(t, level, x, below, above)

    def fire(self, v):
        return Steeper.apply(super().fire(v), 3.0 if hasattr(self.head, "odd") else 1.0)


class Aside(Gated):
    """Draws a slope aside, which leaves the generator as it was; its read-out draws too."""

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        with torch.random.fork_rng():
            slope = 3 * torch.rand(())
        return decay, Steeper.apply(current, slope)

    def read_out(self, t, top):
        return nn.functional.dropout(super().read_out(t, top), 0.2)


class HungUp(SlopeOfALayer):
    """Hangs a hook up at each step, and takes it off at its end."""

    def update(self, t, level, x, below, above):
        if level == 0:
            hook = lambda module, given, fired: Steeper.apply(fired, 1 + t)
            self.hung = self.neuron.register_forward_hook(hook)
        return Gated.update(self, t, level, x, below, above)

    def read_out(self, t, top):
        read = super().read_out(t, top)
        self.hung.remove()
        return read


@pytest.mark.parametrize("memory", STRATEGIES)
def test_what_is_drawn_aside_is_drawn_again(memory):
    agree(Aside, memory)


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("kind", [SlopeOfALayer, RateOfALayer, RunInside, Renamed, Chosen, HungUp])
@pytest.mark.parametrize("reset", ["none", "soft"])
def test_whatever_is_set_on_a_layer_is_found_again(kind, memory, reset):
    agree(lambda: kind(reset), memory)
    cells = kind(reset), kind(reset)
    for cell, way in zip(cells, (memory, "store")):
        torch.manual_seed(0)
        reversible.run(cell, frames(), 4, memory=way)[0].sum().backward()
    settings = [
        [
            {n: v for n, v in vars(part).items() if isinstance(v, (bool, float))}
            for part in cell.modules()
        ]
        for cell in cells
    ]
    assert settings[0] == settings[1]


class Hidden(Gated):
    """Holds a hidden state from one call to the next, where only the cell looks."""

    def __init__(self):
        super().__init__()
        self.last = [0.0]

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        self.last[0] += 0.01 * current.detach().mean().item()
        return decay, current + self.last[0]


class OwnGenerator(Gated):
    def __init__(self):
        super().__init__()
        self.random = torch.Generator().manual_seed(0)

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        return decay, current + 0.1 * torch.randn(current.shape, generator=self.random)


class OwnGeneratorAtTheEnd(OwnGenerator):
    update = Gated.update

    def read_out(self, t, top):
        return super().read_out(t, top) + torch.rand((), generator=self.random)


class OwnDecay(OwnGenerator):
    """Draws in the decay alone, by which no current differs under `recompute`."""

    def update(self, t, level, x, below, above):
        decay, current = Gated.update(self, t, level, x, below, above)
        return decay - 0.1 * torch.rand((), generator=self.random), current


class OwnReset(OwnGenerator):
    """Draws in the reset alone."""

    update = Gated.update

    def after_reset(self, v):
        return v - 0.1 * torch.rand((), generator=self.random)


class OfPython(Gated):
    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        return decay, current + 0.1 * random.random()


class OfNumpy(Gated):
    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        return decay, current + 0.1 * np.random.rand()


class OwnOrder(OwnGenerator):
    """Shuffles the channels of its current: the same numbers at other places."""

    def update(self, t, level, x, below, above):
        decay, current = Gated.update(self, t, level, x, below, above)
        return decay, current[:, torch.randperm(current.shape[1], generator=self.random)]


class OwnSigns(OwnGenerator):
    """Turns the current round at random: the same sizes with other signs."""

    def update(self, t, level, x, below, above):
        decay, current = Gated.update(self, t, level, x, below, above)
        signs = torch.randint(0, 2, current.shape, generator=self.random) * 2 - 1
        return decay, current * signs


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize(
    "kind",
    [
        Hidden,
        OwnGenerator,
        OwnGeneratorAtTheEnd,
        OwnDecay,
        OwnReset,
        OwnOrder,
        OwnSigns,
        OfPython,
        OfNumpy,
    ],
)
def test_a_cell_that_cannot_be_computed_twice_is_refused(kind, memory):
    if kind is OwnReset and memory == "taped":
        pytest.skip("taped refuses any reset of a cell's own")
    said = "(update|read_out).* of .* computed something else in the backward pass"
    with pytest.raises(RuntimeError, match=said):
        result(kind, memory)
    result(kind, "store")


# ---------------------------------------------------------------------------- what is refused


class GateOfTheFirstStep(Gated):
    """Computes its gate once and holds it: without a graph, so the gate would not learn."""

    gate = None

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        if level:
            return decay, current
        if t == 0:
            self.gate = decay
        return self.gate, current


class LoggedInAList(Gated):
    def __init__(self):
        super().__init__()
        self.rates = []

    def update(self, t, level, x, below, above):
        if level:
            self.rates.append(below.mean())
        return super().update(t, level, x, below, above)


class Box:
    """An object that no module knows."""


class InAnObject(Gated):
    def __init__(self):
        super().__init__()
        self._notes = {"seen": [Box()]}

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        self._notes["seen"][0].gate = decay
        return decay, current


class Slotted:
    __slots__ = ("gate",)


class InAPlace(Gated):
    """Which has been there before, and may have held a tensor."""

    def __init__(self, place, put):
        super().__init__()
        self.put = put
        if place is None:
            self.register_buffer("place", None)
        else:
            self.place = place

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        if (t, level) == (0, 0):
            self.put(self, decay.detach())
        return decay, current


def put_by_name(cell, value):
    cell.place = value


PLACES = {
    "an attribute that holds a tensor": (lambda: torch.zeros(1), put_by_name),
    "a buffer that is None": (lambda: None, put_by_name),
    "a list of one": (lambda: [torch.zeros(1)], lambda c, v: operator.setitem(c.place, 0, v)),
    "a deque": (lambda: deque(maxlen=2), lambda c, v: c.place.append(v)),
    "slots": (Slotted, lambda c, v: setattr(c.place, "gate", v)),
    "a tensor, in place": (lambda: torch.zeros(1), lambda c, v: c.place.add_(v.mean())),
}


@pytest.mark.parametrize("memory", ["recompute", "taped"])
@pytest.mark.parametrize("place", PLACES)
def test_a_tensor_is_seen_wherever_it_is_left(place, memory):
    make, put = PLACES[place]
    said = "InAPlace has put a tensor on self.place"
    with pytest.raises(RuntimeError, match=said):
        result(lambda: InAPlace(make(), put), memory)
    cell = InAPlace(make(), put)
    if make() is None:
        return  # once it holds a tensor, it is a buffer like any other
    with torch.no_grad():
        reversible.run(cell, frames(), 4, None, memory)  # an evaluation leaves one there
    with pytest.raises(RuntimeError, match=said):
        result(lambda: cell, memory)


@pytest.mark.parametrize("memory", ["recompute", "taped"])
@pytest.mark.parametrize(
    "kind, name",
    [(GateOfTheFirstStep, "gate"), (LoggedInAList, "rates"), (InAnObject, "_notes")],
)
def test_a_tensor_that_is_left_on_the_cell_is_refused(kind, name, memory):
    with pytest.raises(RuntimeError, match=f"{kind.__name__} has put a tensor on self.{name}"):
        result(kind, memory)
    result(kind, "store")


class TraceInABuffer(Gated):
    """A running mean in a buffer, with its graph."""

    def __init__(self):
        super().__init__()
        self.register_buffer("trace", torch.zeros(3, 6, 5, 5))

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        if level:
            return decay, current
        self.trace = self.of(0.9 * self.trace + current)
        return decay, current + 0.1 * self.trace

    def of(self, trace):
        return trace


class DetachedTrace(TraceInABuffer):
    def of(self, trace):
        return trace.detach()


def test_a_buffer_holds_no_gradient():
    for memory in ("recompute", "taped"):
        with pytest.raises(
            RuntimeError, match="puts a tensor with a gradient into its buffer trac"
        ):
            result(TraceInABuffer, memory)
        agree(DetachedTrace, memory)


class TraceAtTheEnd(TraceInABuffer):
    """The top level's, at the last step, whose graph is kept; the read-out uses it."""

    def update(self, t, level, x, below, above):
        decay, current = Gated.update(self, t, level, x, below, above)
        if level == 1 and t == 3:
            self.trace = current
        return decay, current

    def read_out(self, t, top):
        return super().read_out(t, top) + self.trace.mean()


@pytest.mark.parametrize("memory", STRATEGIES)
def test_a_buffer_holds_no_gradient_at_the_last_step_either(memory):
    with pytest.raises(RuntimeError, match="TraceAtTheEnd puts a tensor with a gradient into its"):
        result(TraceAtTheEnd, memory)


@pytest.mark.parametrize("memory", STRATEGIES)
def test_a_buffer_that_was_set_in_an_evaluation_is_a_buffer(memory):
    def make():
        cell = DetachedTrace()
        with torch.inference_mode():
            cell.trace = cell.trace + 1.0
        return cell

    agree(make, memory)


def test_check_leaves_a_cell_as_it_was_and_an_infinity_is_itself():
    cell = DetachedTrace()
    before, values = cell.trace, cell.trace.clone()
    assert reversible.check(cell, frames(), 4) < 1e-4
    assert cell.trace is before and torch.equal(before, values)
    assert reversible.check(Masks(), frames(), 4) < 1e-4


class Masks(Gated):
    def read_out(self, t, top):
        return super().read_out(t, top).index_fill(1, torch.tensor([0]), -math.inf)


class CountsReadOuts(Gated):
    """The last thing that a run does changes what the next one finds."""

    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(()))

    def read_out(self, t, top):
        self.count = self.count + 1
        return (1 + 0.1 * self.count) * super().read_out(t, top)


class FailsBackwards(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        raise RuntimeError("a fault of the layer's own")


class Fails(Gated):
    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        return decay, FailsBackwards.apply(current)


class ShrinksTheCurrent(Gated):
    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        return decay, current[:1] if t else current


class WidensTheDecay(Gated):
    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        return decay.expand(2, *decay.shape), current


@pytest.mark.parametrize("memory", ["store", *STRATEGIES])
def test_what_a_read_out_counts_and_what_fails_in_a_layer(memory):
    agree(CountsReadOuts, memory)
    with pytest.raises(RuntimeError, match="^a fault of the layer's own"):
        result(Fails, memory)
    for cell, current in ((ShrinksTheCurrent, 1), (WidensTheDecay, 3)):
        with pytest.raises(
            ValueError, match=rf"the current has the shape \[{current}, 6, 5, 5\] and the decay"
        ):
            result(cell, memory)


class Plain(reversible.Cell):
    """One level, as a cell has unless it says otherwise; its input is its current."""

    decay = 0.5

    def update(self, t, level, x, below, above):
        assert below is None and above == ()
        return self.decay, x[t]

    def read_out(self, t, top):
        return self.fire(top)


def test_a_cell_has_one_level_and_reversible_needs_a_decay():
    outputs, finals = reversible.run(Plain(), frames(), 4, None, "store")
    assert len(finals) == 1 and len(outputs) == 4
    cell, x = Plain(), frames().requires_grad_()
    assert len(reversible.run(cell, x, 2, None, "reversible")[0]) == 2  # one decay
    cell.decay = 0.0
    with pytest.raises(ValueError, match="a decay is 0, which memory='reversible' cannot undo"):
        reversible.run(cell, x, 4, None, "reversible")


class InWholePrecision(Plain):
    """A region that its author keeps out of autocast."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 5)

    def update(self, t, level, x, below, above):
        with torch.autocast("cpu", enabled=False):
            return 0.5, self.layer(x[t])

    def read_out(self, t, top):
        with torch.autocast("cpu", enabled=False):
            return self.layer(top)


@pytest.mark.parametrize("memory", STRATEGIES)
def test_what_is_kept_out_of_autocast_is_so_on_the_way_back(memory):
    found = {}
    for way in (memory, "store"):
        torch.manual_seed(0)
        cell = InWholePrecision()
        with torch.autocast("cpu", torch.bfloat16):
            outputs, _ = reversible.run(cell, frames(), 4, None, way)
        outputs.square().sum().backward()
        found[way] = {name: p.grad for name, p in cell.named_parameters()}
    assert worst_relative_error(found[memory], found["store"]) < 1e-5


@pytest.mark.parametrize("strategy", [Taped(bits=2), reversible.Reversible()])
def test_a_run_that_failed_leaves_nothing_in_its_strategy(strategy):
    cell, fails = Plain(), Plain()
    fails.decay = 0.01
    fails.read_out = lambda t, top: 1 / 0
    with pytest.raises(ZeroDivisionError):
        reversible.run(fails, frames().requires_grad_(), 4, None, strategy)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reversible.run(cell, frames().requires_grad_(), 4, None, strategy)


def test_a_scripted_layer_is_refused():
    cell = Gated()
    cell.head = torch.jit.trace(nn.Linear(6, 5), torch.zeros(1, 6))
    with pytest.raises(TypeError, match="^Gated holds a scripted or traced module, .*store"):
        reversible.run(cell, frames(), 4)


class CallsCount(Gated):
    """One piece alone is another the second time."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def read_out(self, t, top):
        self.calls += [t]
        return super().read_out(t, top) + (len(self.calls) if t == 0 else 0)


def test_the_one_piece_that_differs_is_named():
    said = "^read_out of CallsCount at step 0 computed something else"
    with pytest.raises(RuntimeError, match=said):
        result(CallsCount, "taped")


class ComputesAgain(Gated):
    """Its last read-out is `change`d when it is computed a second time."""

    def __init__(self, change):
        super().__init__()
        self.change, self.calls = change, []

    def read_out(self, t, top):
        self.calls += [t]
        return self.change(top) if self.calls.count(t) == 2 and t == 3 else 1.0 * top


def test_what_lies_elsewhere_in_memory_differs_only_where_its_numbers_do():
    """Entries that change places, or their sign, are seen along each axis."""
    agree(lambda: ComputesAgain(lambda v: 1.0 * v.to(memory_format=torch.channels_last)), "taped")
    changes = [lambda v, axis=axis: v.flip(axis) for axis in range(4)]
    changes += [lambda v, axis=axis: v.roll(1, axis) for axis in range(4)]
    changes += [lambda v: v.mT, lambda v: v.flatten().flip(0).view_as(v), lambda v: -v]
    for change in changes:
        with pytest.raises(RuntimeError, match="^read_out of ComputesAgain at step 3 computed"):
            result(lambda change=change: ComputesAgain(change), "taped")


class MasksAClass(CallsCount):
    """-inf in what is read tells nothing about the other pieces, nor of them."""

    def update(self, t, level, x, below, above):
        self.calls += [t]
        decay, current = super().update(t, level, x, below, above)
        return decay, current + 0.1 * len(self.calls)

    def read_out(self, t, top):
        return Gated.read_out(self, t, top).index_fill(1, torch.tensor([0]), -math.inf)


def test_what_is_infinite_hides_no_other_piece():
    outputs, _ = reversible.run(cell := MasksAClass(), frames(), 4, None, "taped")
    with pytest.raises(RuntimeError, match="^update.* of MasksAClass at step 3 computed something"):
        outputs[:, :, 1:].sum().backward()
    assert cell.calls


class ResetsOffTheGrid(Plain):
    reset = "soft"

    def __init__(self, threshold, decay, scale):
        super().__init__()
        self.threshold, self.decay = threshold, decay
        self.scale = nn.Parameter(torch.tensor(float(scale)))

    def update(self, t, level, x, below, above):
        return self.decay, self.scale * x[t]


@pytest.mark.parametrize("bits", [None, 8])
@pytest.mark.parametrize(
    "threshold, decay, scale",
    [(0.6, 0.75, 1), (0.3, 0.29, 1), (1.3, 0.9, 2), (-1.1, 0.67, 1), (5.1, 0.9, 4), (0.1, 0.7, 8)],
)
def test_a_soft_reset_may_round_for_a_threshold_is_on_no_grid(threshold, decay, scale, bits):
    x = torch.randn(48, 16, 32, generator=torch.Generator().manual_seed(0))
    agree(lambda: ResetsOffTheGrid(threshold, decay, scale), reversible.Taped(bits), x=x)


class FiresByChance(Gated):
    def fire(self, v):
        return spike(v + 0.1 * torch.rand_like(v), 0.5)


def test_a_neuron_that_draws_is_computed_again_or_refused():
    agree(lambda: FiresByChance(reset="none"), "taped")
    agree(lambda: FiresByChance(reset="soft"), "recompute")
    with pytest.raises(
        ValueError, match="^fire of FiresByChance draws random numbers, and memory="
    ):
        result(lambda: FiresByChance(reset="soft"), "taped")


def test_a_layer_by_a_name_of_the_class_is_refused():
    cell = Gated()
    for name in ("fire", "surrogate", "update"):
        said = f"^{name} is a ReLU, and the class Gated has a {name} that hides it: give the layer"
        with pytest.raises(TypeError, match=said):
            setattr(cell, name, nn.ReLU())
    cell.fired = nn.ReLU()


class NoAxis(Plain):
    def update(self, t, level, x, below, above):
        return 0.5, x[t].mean()


@pytest.mark.parametrize("memory", ["store", *STRATEGIES])
def test_a_current_has_an_axis(memory):
    with pytest.raises(ValueError, match="NoAxis gives a current without an axis, expected neu"):
        reversible.run(NoAxis(), frames(), 4, None, memory)


class TurnsItsMemory(Gated):
    """Each third current lies in another order in memory, as a layer over channels leaves it."""

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        last = torch.channels_last if t % 3 == 0 else torch.contiguous_format
        return decay, current.contiguous(memory_format=last)


@pytest.mark.parametrize("reset", ["none", "soft"])
def test_a_current_may_lie_otherwise_in_memory_at_each_step(reset):
    agree(lambda: TurnsItsMemory(reset=reset), "taped", x=frames(16))


def test_check_takes_sparse_gradients():
    class Tokens(Plain):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(4, 3, sparse=True)

        def update(self, t, level, x, below, above):
            return 0.5, self.words(x[t])

    tokens = torch.randint(4, (4, 3), generator=torch.Generator().manual_seed(0))
    assert reversible.check(Tokens(), tokens, 4) < 1e-4


def test_a_lazy_layer_is_run_once_before():
    class Lazy(Plain):
        def __init__(self):
            super().__init__()
            self.layer = nn.LazyLinear(5)

        def update(self, t, level, x, below, above):
            return 0.5, self.layer(x[t])

    cell = Lazy()
    with pytest.raises(
        ValueError, match="^layer.weight of Lazy is a lazy layer's, .* run the cell"
    ):
        reversible.run(cell, frames(), 4)
    reversible.run(cell, frames(), 4, None, "store")
    assert reversible.check(cell, frames(), 4) < 1e-4


class HidesALayer(Gated):
    """Layers in a plain list: torch does not see them."""

    def __init__(self, prepare=lambda layer: layer, kind=list):
        super().__init__()
        self.hidden = kind([prepare(nn.BatchNorm2d(6))])

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        return decay, current + 0.1 * self.hidden[0](current)


@pytest.mark.parametrize("memory", STRATEGIES)
def test_layers_in_a_plain_list_are_refused_unless_they_are_frozen(memory):
    for kind in (list, tuple):
        said = f"hidden of HidesALayer is a {kind.__name__} with a BatchNorm2d, expected an nn.Mod"
        with pytest.raises(TypeError, match=said):
            result(lambda kind=kind: HidesALayer(kind=kind), memory)
    with pytest.raises(TypeError, match="hidden of HidesALayer"):  # its statistics go on
        result(lambda: HidesALayer(lambda layer: layer.requires_grad_(False)), memory)
    with pytest.raises(TypeError, match="hidden of HidesALayer is a list with a BatchNorm2d"):
        result(lambda: HidesALayer(kind=lambda layers: [*layers, {"more": layers}][1:]), memory)
    agree(lambda: HidesALayer(lambda layer: layer.eval().requires_grad_(False)), memory)
    agree(lambda: HidesALayer(kind=nn.ModuleList), memory)


class ChangesAbove(Gated):
    def update(self, t, level, x, below, above):
        for v in above:
            v.clamp_(max=0.6)
        return super().update(t, level, x, below, above)


class ChangesTop(Gated):
    def read_out(self, t, top):
        top.detach().clamp_(max=0.6)
        return super().read_out(t, top)


class ChangesV(Gated):
    def fire(self, v):
        return super().fire(v.sub_(0.1))


class HooksTop(Gated):
    def read_out(self, t, top):
        if top.requires_grad:
            top.register_hook(lambda grad: 0.5 * grad)
        return super().read_out(t, top)


class HooksACurrent(Gated):
    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        if current.requires_grad:
            current.register_hook(lambda grad: 0.5 * grad)
        return decay, current


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("kind", [ChangesAbove, ChangesTop, ChangesV, HooksTop])
def test_potentials_are_left_alone(kind, memory):
    said = "registers a hook on a potential" if kind is HooksTop else "a potential in place"
    with pytest.raises(RuntimeError, match=f"{kind.__name__} .*{said}"):
        result(kind, memory)
    agree(HooksACurrent, memory)


class Past(reversible.Cell):
    """Level 2 sees level 0 past level 1, which carries its spikes in channels of decay 0."""

    levels = 3

    def __init__(self, width=4):
        super().__init__()
        self.first, self.second = nn.Linear(5, width), nn.Linear(width, width)
        self.third = nn.Linear(2 * width, width)
        decays = torch.cat([torch.full((width,), 0.5), torch.zeros(width)])
        self.register_buffer("decays", decays)

    def fire(self, v):
        return v

    def update(self, t, level, x, below, above):
        if level == 0:
            return 0.5, self.first(x)
        if level == 1:
            spikes = spike(below, 0.5)
            return self.decays, torch.cat([self.second(spikes), spikes], -1)
        own, carried = below.chunk(2, -1)
        return 0.5, self.third(torch.cat([spike(own, 0.5), carried], -1))

    def read_out(self, t, top):
        return spike(top, 0.5)


@pytest.mark.parametrize("memory", ["recompute", "taped"])
def test_a_skip_past_a_level_is_carried_in_channels_of_decay_0(memory):
    torch.manual_seed(0)
    assert reversible.check(Past(), 2 * torch.randn(6, 5), 8, memory=memory) < 1e-4


class HeadOfPotentials(Past):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)

    def read_out(self, t, top):
        return self.head(top)


def test_a_counter_of_operations_counts_a_forward_pass_and_is_named_in_a_backward_pass():
    """It hangs hooks on what enters a layer: here on `top`."""
    cell, x, counted = HeadOfPotentials(), torch.randn(6, 5), []
    for memory in ("store", "taped"):
        with FlopCounterMode(display=False) as counter:
            reversible.run(cell, x, 3, memory=memory)
        counted.append(counter.get_total_flops())
    assert counted[0] == counted[1] > 0
    with FlopCounterMode(display=False), pytest.raises(RuntimeError, match="FlopCounterMode does"):
        reversible.run(cell, x, 3)[0].sum().backward()


def test_weights_that_are_cached_are_refused():
    with parametrize.cached():
        result(Gated, "store")
        with pytest.raises(RuntimeError, match="parametrize.cached.. is on"):
            result(Gated, "taped")


def test_threads_that_share_a_cell_wait_for_each_other():
    cell, inputs = Gated(nn.BatchNorm2d), [frames() * (1 + i) for i in range(3)]
    parameters = list(cell.parameters())

    def gradients(x):
        outputs, _ = reversible.run(cell, x, 4)
        return torch.autograd.grad(outputs.square().sum(), parameters)

    expected = [gradients(x) for x in inputs]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(gradients, inputs * 4))
    for mine, right in zip(found, expected * 4):
        assert all(map(torch.equal, mine, right))
    assert all(map(operator.is_, cell.parameters(), parameters))


class ComputedBefore(Gated):
    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        return decay, current * self.scale


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize(
    "made",
    {
        "a graph that saved tensors": lambda w: w.square(),
        "one that saved none": lambda w: w.clone(),
        "a leaf of no module": lambda w: w.detach().clone().requires_grad_(),
    }.values(),
    ids=["saved", "none saved", "leaf"],
)
def test_a_tensor_computed_before_the_run_is_refused_in_a_sentence(made, memory):
    """Its gradient would come at each step, past autograd.grad: the loss was right by backward(),
    and wrong by grad(), where the graph saves nothing."""
    cell = ComputedBefore()
    weight = nn.Parameter(torch.ones(6, 1, 1))
    cell.scale = made(weight)
    outputs, _ = reversible.run(cell, frames(), 4, memory=memory)
    with pytest.raises(RuntimeError, match=r"ComputedBefore uses a tensor \[6, 1, 1\].* before it"):
        outputs.sum().backward()
    assert weight.grad is None
    assert all(p.grad is None for p in cell.parameters())


class InAPlainList(Gated):
    def __init__(self):
        super().__init__()
        self.scales = [nn.Parameter(torch.ones(())) for _ in range(2)]

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        return decay, current * self.scales[level]


def test_parameters_in_a_plain_list_are_refused():
    with pytest.raises(RuntimeError, match="or a parameter in a plain list"):
        reversible.check(InAPlainList(), frames(), 4)


class RunsAnother(reversible.Cell):
    """A cell in whose upper update another cell runs, under the same strategy object. The upper
    level is the smaller one: its graph of the last step is built in the forward pass."""

    levels = 2

    def __init__(self, shared):
        super().__init__()
        torch.manual_seed(0)
        self.inner, self.shared = Gated(), shared
        self.into, self.up = nn.Linear(6, 7), nn.Linear(3, 3)

    def update(self, t, level, x, below, above):
        if level == 0:
            return 0.001 if t == 1 else 0.5, self.into(x[t].mean((-2, -1)))
        outputs, _ = reversible.run(self.inner, x, len(x), memory=self.shared)
        return 0.5, self.up(outputs.mean(0)) * below.mean(-1, keepdim=True)

    def read_out(self, t, top):
        return self.fire(top)


def test_a_strategy_that_a_run_inside_a_run_shares_judges_both():
    """Eight bits do for the inner decays of 0.4 and more, and not for the outer one of 0.001 at
    step 1, which the start of the inner run at the last step had made forgotten."""
    shared = Taped(bits=8)
    with pytest.raises(ValueError, match="bits is 8, too few"):
        reversible.run(RunsAnother(shared), frames(), 4, memory=shared)
    assert reversible.check(RunsAnother("taped"), frames(), 4) < 1e-4


class Counted(reversible.Recompute):
    def start(self):
        self.steps = 0

    def finish(self, steps):
        self.steps += steps


def test_a_strategy_of_one_s_own_may_start_itself():
    own = Counted()
    assert reversible.check(Gated(), frames(), 4, memory=own) < 1e-4 and own.steps == 4


class Runs(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = Gated()

    def forward(self, x):
        return reversible.run(self.cell, x, 4)[0]


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace.*:DeprecationWarning")
def test_a_trace_is_refused_and_one_without_gradients_is_right():
    model, x = Runs(), frames()
    with pytest.raises(RuntimeError, match="torch.jit.trace cannot follow .*no_grad"):
        torch.jit.trace(model, x, check_trace=False)
    with torch.no_grad():
        traced = torch.jit.trace(model, x, check_trace=False)
        assert torch.equal(traced(x + 0.1), model(x + 0.1))


def test_a_network_on_meta_has_shapes():
    cell = Gated().to("meta")
    outputs, finals = reversible.run(cell, frames().to("meta"), 4)
    assert outputs.shape == (4, 3, 3) and outputs.is_meta
    assert [v.shape for v in finals] == [(3, 6, 5, 5)] * 2


class Counts(Gated):
    def read_out(self, t, top):
        return (top > 0.5).sum((-2, -1))


def test_check_compares_whole_numbers_and_needs_no_gradient():
    assert reversible.check(Counts(), frames(), 4) == 0.0
    cell = Gated().requires_grad_(False)
    assert reversible.check(cell, (frames() > 0).long().float(), 4) < 1e-4


class Halved(Gated):
    def after_reset(self, v):
        return 0.5 * v


class LowerAfterASpike(Gated):
    def after_reset(self, v):
        return v - 0.3 * self.fire(v)


@pytest.mark.parametrize("kind", [Halved, LowerAfterASpike])
@pytest.mark.parametrize("reset", ["none", "soft", "of my own"])
def test_a_reset_of_the_cell_s_own_is_recomputed_and_not_undone(kind, reset):
    agree(lambda: kind(reset=reset), "recompute")
    for memory in ("taped", "reversible"):
        with pytest.raises(ValueError, match=f"the after_reset that {kind.__name__} defines"):
            result(lambda: kind(reset=reset), memory)


def test_an_unknown_reset_is_refused():
    with pytest.raises(ValueError, match="reset is 'foo', expected one of none, soft, hard"):
        result(lambda: Gated(reset="foo"), "taped")


class Ternary(Gated):
    def fire(self, v):
        return super().fire(v) - super().fire(-v)


class Shy(Gated):
    """A neuron of its own with spikes of 0 and 1."""

    def fire(self, v):
        return super().fire(0.8 * v)


def test_a_soft_reset_by_one_bit_needs_spikes_of_0_and_1():
    with pytest.raises(ValueError, match="fire of Ternary gives more than 0 and 1"):
        result(lambda: Ternary(reset="soft"), "taped")
    agree(lambda: Ternary(reset="soft"), "recompute")
    agree(lambda: Ternary(reset="none"), "taped")
    agree(lambda: Shy(reset="soft"), "taped")


@pytest.mark.parametrize(
    "gives, said",
    [
        (lambda d, c: c, "gives Tensor, expected"),
        (lambda d, c: (None, c), "gives NoneType, Tensor, expected"),
        (lambda d, c: (d, None), "gives Tensor, NoneType, expected"),
        (lambda d, c: (d, c, c), "gives Tensor, Tensor, Tensor, expected"),
    ],
)
@pytest.mark.parametrize("memory", ["store", "taped"])
def test_what_update_gives_is_a_decay_and_a_current(gives, said, memory):
    class Wrong(Gated):
        def update(self, *given):
            return gives(*super().update(*given))

    with pytest.raises(TypeError, match=said):
        result(Wrong, memory)


def test_what_read_out_gives_is_a_tensor():
    class Wrong(Gated):
        def read_out(self, t, top):
            return (super().read_out(t, top),)

    for memory in ("store", "taped"):
        with pytest.raises(TypeError, match="read_out of Wrong gives a tuple, expected a tensor"):
            result(Wrong, memory)


def test_too_few_bits_are_refused_and_enough_are_taken():
    agree(Gated, Taped(bits=4))
    x = 40.0 * frames()
    with pytest.raises(ValueError, match=r"bits is 2, too few .* times what they tell apart"):
        reversible.run(Gated(), x, 4, None, Taped(bits=2))
    agree(Gated, "taped", x=x)

    class Constant(Gated):  # half a unit and a quarter, over the decay, against two units
        def update(self, t, level, x, below, above):
            return self.decay, 0.1 * super().update(t, level, x, below, above)[1]

    Constant.decay = 0.3
    result(Constant, Taped(bits=2))
    Constant.decay = 0.28
    with pytest.raises(ValueError, match="bits is 2, too few"):
        result(Constant, Taped(bits=2))
    for bits in (1, 3):  # one bit undoes nothing where the last bit of a float may differ
        with pytest.raises(ValueError, match=f"bits is {bits}, expected None, 2, 4 or 8."):
            Taped(bits)


NOT_OF_ONE_DTYPE = "decay and a torch.* current, expected both of torch.float32 or both of"
GIVEN = {
    "a double decay": (lambda d, c: (d.double(), c), TypeError, NOT_OF_ONE_DTYPE),
    "a double number in a tensor": (
        lambda d, c: (torch.tensor(0.5, dtype=torch.float64), c), TypeError, NOT_OF_ONE_DTYPE,
    ),
    "a comparison": (lambda d, c: (d > 0.6, c), TypeError, "gives a torch.bool decay"),
    "a current of integers": (lambda d, c: (d, c.long()), TypeError, "a torch.int64 current"),
    "a complex current": (lambda d, c: (d, c * 1j), TypeError, "a torch.complex64 current"),
    "a decay that is no number": (lambda d, c: (math.nan, c), ValueError, "gives the decay nan"),
    "a gate that is no number": (
        lambda d, c: (d * math.nan, c), FloatingPointError, "level 0 is NaN .*: a current or a dec",
    ),
    "a current beyond floats": (
        lambda d, c: (d, c / 0), FloatingPointError, "the potential of level 0 is NaN or infinite",
    ),
}  # fmt: skip


@pytest.mark.parametrize("memory", ["store", "recompute", "reversible", "taped"])
@pytest.mark.parametrize("kind", GIVEN)
def test_decays_and_currents_are_finite_floats_of_one_dtype(kind, memory):
    gives, error, said = GIVEN[kind]

    class Wrong(Gated):
        def update(self, *given):
            return gives(*super().update(*given))

    with pytest.raises(error, match=said):
        result(Wrong, memory)


def test_bits_that_are_fixed_do_not_take_the_blame_for_what_is_no_number():
    class Wrong(Gated):
        def update(self, *given):
            decay, current = super().update(*given)
            return decay * math.nan, current

    with pytest.raises(FloatingPointError, match="is NaN or infinite"):
        result(Wrong, Taped(bits=8))


def test_numbers_that_are_no_decay_of_gates():
    for number in (1, np.float32(0.75), np.float64(0.75)):

        class Number(Gated):
            def update(self, *given, number=number):
                return number, super().update(*given)[1]

        def make(kind=Number):
            cell = kind()
            cell.gates.requires_grad_(False)
            return cell

        agree(make)


@pytest.mark.parametrize("reset", ["none", "soft"])
@pytest.mark.parametrize("memory", ["store", "taped"])
@pytest.mark.parametrize(
    "fires, said",
    [
        (lambda v: v > 0.5, "fire of Wrong gives a torch.bool, expected a tensor of floats"),
        (lambda v: (v > 0.5).int(), "fire of Wrong gives a torch.int32, expected"),
        (lambda v: None, "fire of Wrong gives a NoneType, expected"),
    ],
)
def test_what_fires_is_a_tensor_of_floats(fires, said, memory, reset):
    class Wrong(Gated):
        def fire(self, v):
            return fires(v)

    with pytest.raises(TypeError, match=said):
        result(lambda: Wrong(reset=reset), memory)


class LearntThreshold(Gated):
    """As the sentence says: the threshold in a fire of the cell's own."""

    def __init__(self):
        super().__init__()
        self.edge = nn.Parameter(torch.tensor(0.4))

    def fire(self, v):
        return spike(v - self.edge, 0.0)


def test_a_threshold_is_a_number_and_a_learnt_one_stands_in_fire():
    for value in (nn.Parameter(torch.tensor(0.4)), torch.tensor(0.4, requires_grad=True)):
        cell = Gated()
        with pytest.raises(TypeError, match="expected a number: where it is learnt, write spike"):
            cell.threshold = value
        with pytest.raises(TypeError, match="expected a number: where it is learnt, write spike"):
            spike(torch.zeros(2), value)
    agree(LearntThreshold)
    wrong = {
        "0.5": "threshold is '0.5', expected a number",
        math.nan: "threshold is nan, expected a finite",
    }
    for value, said in wrong.items():
        with pytest.raises((TypeError, ValueError), match=said):
            result(type("Wrong", (Gated,), {"threshold": value}), "store")
    several = type("Several", (Gated,), {"threshold": torch.full((6, 1, 1), 0.4)})
    with pytest.raises(TypeError, match="threshold of Several is a tensor, expected a number: for"):
        result(several, "taped")


@pytest.mark.parametrize("memory", ["store", "taped"])
def test_an_empty_batch_runs(memory):
    outputs, _ = reversible.run(Gated(), frames()[:, :0], 4, None, memory)
    outputs.sum().backward()
    assert outputs.shape == (4, 0, 3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("memory", ["store", "taped"])
def test_cells_of_half_precision_are_refused(memory, dtype):
    with pytest.raises(TypeError, match=f"gives a {dtype} decay .* under torch.autocast"):
        reversible.run(Gated().to(dtype), frames().to(dtype), 4, None, memory)


def test_bad_arguments_get_one_sentence():
    cell, x = Gated(), frames()
    assert reversible.run(cell, frames(), np.int64(4))[0].shape[0] == 4
    with pytest.raises(ValueError, match="steps is 0, expected an integer of at least 1"):
        reversible.run(cell, x, 0)
    with pytest.raises(ValueError, match="states has 1 potentials, expected one for each of 2 lev"):
        reversible.run(cell, x, 4, [torch.zeros(3, 6, 5, 5)])
    with pytest.raises(ValueError, match="memory is 'tape', expected one of store, recompute"):
        reversible.run(cell, x, 4, None, "tape")
    with pytest.raises(TypeError, match="cell is a Linear, expected a reversible.Cell"):
        reversible.run(nn.Linear(2, 2), x, 4)
    with pytest.raises(TypeError, match="Cell defines no update"):
        reversible.run(reversible.Cell(), x, 4)
    with pytest.raises(TypeError, match="Cell defines no read_out"):
        reversible.Cell().read_out(0, x)
    v = torch.zeros(3, 6, 5, 5)
    for states, said in (
        (torch.stack([v, v]), "states is a Tensor, expected a tuple of potentials"),
        ([v, None], r"states\[1\] is a NoneType, expected a tensor of torch.float32"),
        ([v.int(), v], r"states\[0\] is a torch.int32, expected a tensor of torch.float32"),
    ):
        with pytest.raises(TypeError, match=said):
            reversible.run(cell, x, 4, states)
    with pytest.raises(FloatingPointError, match="level 0 is NaN .*: x holds NaN"):
        reversible.run(cell, x + math.inf, 4)
    with pytest.raises(TypeError, match="x is torch.sparse_coo, expected a dense tensor"):
        reversible.run(cell, x.to_sparse(), 4)
    for levels in (0, 2.0, True, None):
        with pytest.raises(ValueError, match="levels of Wrong is .*, expected an integer of at"):
            reversible.run(type("Wrong", (Gated,), {"levels": levels})(), x, 4)
    with pytest.raises(RuntimeError, match="torch.func's transforms .* do not pass through spikes"):
        torch.func.vmap(lambda one: reversible.run(cell, one.unsqueeze(1), 4)[0], in_dims=1)(x)

    class Silent(Gated):
        def read_out(self, t, top):
            return None

    for memory in ("store", "taped"):
        with pytest.raises(ValueError, match="read_out of Silent gives None at every step"):
            reversible.run(Silent(), x, 4, None, memory)


# ------------------------------------------------------------------------------- check


def test_check_agrees_and_leaves_the_cell_as_it_was():
    cell = Gated(nn.BatchNorm2d)
    before = {name: tensor.clone() for name, tensor in cell.state_dict().items()}
    assert 0.0 <= reversible.check(cell, frames(), 4) <= 1e-4
    for name, tensor in cell.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert all(p.grad is None for p in cell.parameters())


class OtherGradient(Gated):
    """Leaves its gate's gradient out at the second call, which nothing that is computed shows."""

    levels = 1

    def __init__(self):
        super().__init__()
        self.calls = []

    def update(self, t, level, x, below, above):
        decay, current = super().update(t, level, x, below, above)
        self.calls.append(t)
        return decay if len(self.calls) <= 4 else decay.detach(), current


def test_check_names_what_differs():
    with pytest.raises(reversible.Mismatch, match="the read-out differs .* from one call to the"):
        reversible.check(Hidden(), frames(), 4, memory="reversible")
    with pytest.raises(RuntimeError, match="Hidden at step . computed something else"):
        reversible.check(Hidden(), frames(), 4)
    with pytest.raises(reversible.Mismatch, match="the gradient of .* undoing has lost precision"):
        reversible.check(OtherGradient(), frames(), 4)


class Silent(reversible.Cell):
    """Its current is 0 everywhere, as that of a level which nothing reaches."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def update(self, t, level, x, below, above):
        return 0.5, self.weight * torch.zeros_like(x[t])

    def read_out(self, t, top):
        return top


def test_a_current_of_zeros_is_computed_alike_both_times():
    """The mark of such a computation is 0: no difference is allowed there, and none is found."""
    cell = Silent()
    outputs, _ = reversible.run(cell, torch.ones(3, 2, 4), steps=3, memory="taped")
    outputs.sum().backward()
    assert cell.weight.grad == 0.0


# ------------------------------------------------- what a researcher's sixty uses have found


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("kind", ["full backward", "forward"])
def test_a_hook_that_is_taken_off_before_the_backward_pass_has_acted(kind, memory):
    """Under plain autograd it acts on the graph of the forward pass."""

    def clip(module, given, output):
        if output.requires_grad:
            output.register_hook(lambda grad: grad.clamp(-1e-3, 1e-3))

    def gradient(memory):
        cell = Gated()
        hook = (
            cell.mixes[1][0].register_forward_hook(clip)
            if kind == "forward"
            else cell.mixes[1][0].register_full_backward_hook(lambda m, i, o: (0.1 * i[0],))
        )
        outputs, _ = reversible.run(cell, frames(), 4, memory=memory)
        hook.remove()
        outputs.square().sum().backward()
        return {name: p.grad for name, p in cell.named_parameters()}, cell

    found, cell = gradient(memory)
    expected, _ = gradient("store")
    assert worst_relative_error(found, expected) < 1e-4
    assert not cell.mixes[1][0]._forward_hooks and not cell.mixes[1][0]._backward_hooks


def test_a_hook_that_is_hung_up_after_the_forward_pass_waits_for_the_next():
    cell, called = Gated(), []
    outputs, _ = reversible.run(cell, frames(), 4)
    cell.mixes[1][0].register_full_backward_hook(lambda *given: called.append(1))
    outputs.sum().backward()
    assert not called
    reversible.run(cell, frames(), 4)[0].sum().backward()
    assert len(called) == 4


class DetachesInPlace(Gated):
    where = "top"

    def update(self, t, level, x, below, above):
        if above and self.where == "above" and t == 2:
            above[0].detach_()
        return super().update(t, level, x, below, above)

    def read_out(self, t, top):
        if t == 2 and self.where == "top":
            top.detach_()
        return super().read_out(t, top)


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("where", ["above", "top"])
def test_a_potential_that_is_detached_in_place_is_refused(where, memory):
    cell = DetachesInPlace()
    cell.where = where
    outputs, _ = reversible.run(cell, frames(), 4, memory=memory)
    with pytest.raises(RuntimeError, match="detaches a potential in place .* use .detach"):
        outputs.sum().backward()


class LearnsByItself(Gated):
    """A local loss of each level, as in DECOLLE: its gradient would come twice."""

    def __init__(self):
        super().__init__()
        self.local = nn.Linear(5, 1)

    def update(self, t, level, x, below, above):
        if level:
            with torch.enable_grad():
                self.local(below.detach()).square().mean().backward()
        return super().update(t, level, x, below, above)


@pytest.mark.parametrize("memory", STRATEGIES)
def test_a_backward_pass_inside_a_cell_is_refused(memory):
    with pytest.raises(RuntimeError, match="gets a gradient while the cell is computed"):
        reversible.run(LearnsByItself(), frames(), 4, memory=memory)[0].sum().backward()


def test_a_backward_pass_that_was_interrupted_can_be_run_again():
    class Interrupted(Gated):
        left = [0]

        def update(self, *given):
            self.left[0] -= 1
            if self.left[0] == 0:
                raise KeyboardInterrupt
            return super().update(*given)

    cell = Interrupted()
    loss = reversible.run(cell, frames(), 4)[0].square().sum()
    cell.left[0] = 4
    with pytest.raises(KeyboardInterrupt):
        loss.backward(retain_graph=True)
    loss.backward()
    again = Gated()
    reversible.run(again, frames(), 4, memory="store")[0].square().sum().backward()
    expected = {name: p.grad for name, p in again.named_parameters()}
    found = {name: p.grad for name, p in cell.named_parameters()}
    assert worst_relative_error(found, expected) < 1e-4


class CountsInFire(Gated):
    """The threshold rises with each firing (homeostasis), so that one more moves it."""

    def __init__(self):
        super().__init__(reset="soft")
        self.register_buffer("edge", torch.tensor(0.5))

    def fire(self, v):
        spikes = spike(v - self.edge, 0.0)
        self.edge = self.edge + 0.02 * (spikes.detach().mean() - 0.2)
        return spikes


def test_a_fire_that_changes_a_buffer_is_refused_where_it_would_fire_once_more():
    with pytest.raises(ValueError, match="fire of CountsInFire changes a buffer, .*recompute"):
        reversible.run(CountsInFire(), frames(), 4)
    agree(CountsInFire, "recompute")


def test_a_decay_of_0_under_a_fixed_number_of_bits_is_called_so():
    class Forgets(Gated):
        def update(self, t, level, *given):
            decay, current = super().update(t, level, *given)
            return (decay if level else 0.0), current

    agree(Forgets, "taped")
    with pytest.raises(ValueError, match="a decay is 0, which a tape of a fixed number of bits"):
        reversible.run(Forgets(), frames(), 4, memory=Taped(8))


@pytest.mark.parametrize(
    "recalled, came",
    [
        (lambda kept: None, "None"),
        (lambda kept: kept.bfloat16(), r"torch.bfloat16 \[3, 6, 5, 5\]"),
        (lambda kept: kept[:1], r"torch.float32 \[1, 6, 5, 5\]"),
    ],
)
def test_what_an_own_strategy_recalls_is_a_potential(recalled, came):
    class Own(reversible.Recompute):
        def recall(self, cell, kept, v_next, current, decay):
            return recalled(kept)

    outputs, _ = reversible.run(Gated(), frames(), 4, memory=Own())
    with pytest.raises(TypeError, match=f"recall of Own gives {came}, expected the potential"):
        outputs.sum().backward()


def test_check_sees_a_weight_that_the_cell_has_kept_and_leaves_its_counters():
    class Keeps(Gated):
        calls = 0

        def __init__(self):
            super().__init__(lambda channels: nn.BatchNorm2d(channels))
            self.scale = nn.Parameter(torch.ones(()))

        def update(self, *given):
            self.calls += 1
            decay, current = super().update(*given)
            return decay, current * kept_scale(self)

    @functools.lru_cache
    def kept_scale(cell):
        return torch.tanh(cell.scale)

    cell = Keeps()
    with pytest.raises(
        RuntimeError, match="with a gradient that is neither a parameter of its own"
    ):
        reversible.check(cell, frames(), 4)
    assert cell.calls == 0 and cell.mixes[0][1].num_batches_tracked == 0


def test_check_takes_what_cannot_be_copied():
    class Holds(Gated):
        def __init__(self):
            super().__init__()
            self.lock, self.act = threading.Lock(), lambda seen: self.down(seen)

        def update(self, *given):
            decay, current = super().update(*given)
            return decay, current + self.act(current)

    assert reversible.check(Holds(), frames(), 4) < 1e-4


def test_sentences_say_what_to_do():
    class Two(Gated):
        def read_out(self, t, top):
            return top, self.fire(top)

    for make, memory, error, says in (
        (lambda: nn.DataParallel(Gated()), "taped", TypeError, r"such as .* its \.module"),
        (Two, "taped", TypeError, r"gives a tuple, expected a tensor \(several by torch.cat"),
        (Gated, Taped, ValueError, r"memory is <class .*, or an object as Taped\(\)"),
    ):
        with pytest.raises(error, match=says):
            reversible.run(make(), frames(), 4, memory=memory)
