"""Gradient rules through time (Table 1, Fig. 5, and the baselines of Tables 2 and 3): STBP, OTTT,
SLTT and SLTT-K, for any stepwise network.

A stepwise network is a module with step(x, states) -> (logits [B, K], states): x is one step's
input [B, ...], states a tuple of tensors, None before the
first step. The loss is (1/T) sum_t L(logits[t], target). The rules differ in what they keep of Eqs.
(3)-(5), for a LIF neuron with the input W s_in:

- STBP (Wu et al., 2018): everything; the graph of all T steps is held until the end.
- SLTT (Meng et al., 2023): dW = sum_t g[t] s_in[t]^T. The error g[t] comes from L[t] by the spatial
path alone; nothing passes from step to step, so the
  reset term is cut, too, and each step's graph is freed before the next step. SLTT-K does this for
  K random steps, the other T - K have no backward pass.
- OTTT (Xiao et al., 2022): dW = sum_t g[t] a[t]^T with the same g[t] and the presynaptic trace a[t]
= decay a[t-1] + s_in[t]: what V[t] would be in terms
  of W if there were no reset. Accumulated over the steps ("ottt"), or with an update of the weights
  after each step ("ottt-online").

Which layers have a trace? As in OTTT's own code and in SpikingJelly's OTTTSequential: every linear
or convolutional layer except those that the network's
input reaches directly (there the gradient is g[t] x[t]^T), and also the read-out, although no
potential sums its input up. All other parameters, biases and
BatchNorm's among them, have the gradient of their own step, and BatchNorm's statistics are those of
one step; OTTT's networks standardise weights instead.
Whether the input reaches a layer directly is read off the graph: no parameter or neuron of this
step lies before it. A layer that is fed from the states
alone (a recurrent one) looks the same: name it in `traced`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from trevsnn_lite.neurons import lif_step
from trevsnn_lite.spikes import check_number

TRACED = (nn.Linear, nn.Conv1d, nn.Conv2d)


class Outcome(NamedTuple):
    """What a rule returns beside the gradients: the loss (1/T) sum_t L[t] and the detached logits
    [T, B, K]."""

    loss: float
    logits: Tensor


@dataclass(frozen=True)
class Rule:
    """A gradient rule as a function; its fields say what it keeps. All rules take the same
    arguments, each reads those that it needs."""

    name: str
    through_time: bool = False  # states keep their graph
    traced: bool = False  # weight gradients from presynaptic traces
    online: bool = False  # the weights change after every step
    sampled: bool = False  # k of the T steps have a backward pass

    def __call__(
        self,
        net: nn.Module,
        inputs: Tensor,
        target: Tensor,
        loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
        *,
        decay: float | None = None,
        traced: Collection[str] | None = None,
        after_step: Callable[[], object] | None = None,
        k: int | None = None,
        generator: torch.Generator | None = None,
    ) -> Outcome:
        """Run net over inputs [T, B, ...] forwards and backwards, and add to the parameters' .grad;
        loss maps (logits [B, K], target) to a scalar.

        ottt, ottt-online: `decay` of the traces, 1 - 1/tau; `traced` names the layers with a trace,
        where the rule above is not what you want.
        ottt-online: `after_step` is called after each step's backward pass; let it update the
        weights and clear the gradients.
        sltt-k: `k` steps, drawn without replacement from `generator` (on the CPU).
        Raises ValueError for an argument that the rule needs and lacks; after_step is refused where
        nothing would call it."""
        if not isinstance(inputs, Tensor):
            raise TypeError(f"inputs is a {type(inputs).__name__}, expected a torch.Tensor.")
        if inputs.is_floating_point() and not inputs.isfinite().all():
            raise ValueError("inputs holds NaN or infinite values, expected finite numbers.")
        if inputs.dim() < 2 or len(inputs) == 0:
            raise ValueError(
                f"inputs have the shape {list(inputs.shape)}, expected [T, B, ...] with "
                "at least one step."
            )
        self._check(decay, k, generator, after_step, len(inputs))
        if self.through_time:
            return _through_time(net, inputs, target, loss)
        chosen = set(
            torch.randperm(len(inputs), generator=generator)[:k].tolist()
            if self.sampled
            else range(len(inputs))
        )
        with (
            _presynaptic_traces(net, decay, traced)
            if self.traced
            else nullcontext(lambda: None) as next_step
        ):
            return _step_by_step(net, inputs, target, loss, chosen, next_step, after_step)

    def _check(self, decay, k, generator, after_step, steps: int) -> None:
        if self.traced and not (decay is not None and 0.0 <= decay < 1.0):
            raise ValueError(
                f"decay is {decay}, expected a number in [0, 1) for the traces of {self.name}."
            )
        if self.sampled and not (type(k) is int and 1 <= k <= steps):
            raise ValueError(
                f"k is {k}, expected a number of steps from 1 to {steps} for {self.name}."
            )
        if self.sampled and generator is None:
            raise ValueError(
                f"generator is None, expected a torch.Generator from which {self.name} "
                "draws its steps."
            )
        if self.online != (after_step is not None):
            raise ValueError(
                f"after_step is {after_step}, expected "
                f"{'a function' if self.online else 'None'} for {self.name}."
            )


stbp = Rule("stbp", through_time=True)
ottt = Rule("ottt", traced=True)
ottt_online = Rule("ottt-online", traced=True, online=True)
sltt = Rule("sltt")
sltt_k = Rule("sltt-k", sampled=True)
RULES = {rule.name: rule for rule in (stbp, ottt, ottt_online, sltt, sltt_k)}


def _through_time(net, inputs: Tensor, target: Tensor, loss) -> Outcome:
    states, logits, total = None, [], 0.0
    for x in inputs:
        read_out, states = net.step(x, states)
        total = total + loss(read_out, target) / len(inputs)
        logits.append(read_out)
    total.backward()
    return Outcome(total.item(), torch.stack(logits).detach())


def _step_by_step(
    net, inputs: Tensor, target: Tensor, loss, chosen: set[int], next_step, after_step
) -> Outcome:
    states, logits, total = None, [], 0.0
    for t, x in enumerate(inputs):
        next_step()
        with torch.set_grad_enabled(t in chosen):
            read_out, states = net.step(x, states)
            value = loss(read_out, target) / len(inputs)
        if t in chosen:
            value.backward()
        states, total = _detached(states), total + value.detach()
        logits.append(read_out.detach())
        if after_step is not None:
            after_step()
    return Outcome(total.item(), torch.stack(logits))


def _detached(states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    if not (isinstance(states, tuple) and all(isinstance(state, Tensor) for state in states)):
        raise TypeError(
            f"net.step returned {type(states).__name__} as states, expected a tuple of tensors."
        )
    return tuple(state.detach() for state in states)


class _Replace(torch.autograd.Function):
    """The value of the second argument with the gradient of the first."""

    @staticmethod
    def forward(ctx, graph: Tensor, value: Tensor) -> Tensor:
        return value.detach()  # a fresh tensor to autograd, no view: later layers may work in place

    @staticmethod
    def backward(ctx, grad: Tensor):
        return grad, None


@contextmanager
def _presynaptic_traces(
    net: nn.Module, decay: float, names: Collection[str] | None
) -> Iterator[Callable[[], None]]:
    """While it lasts, weight gradients of the traced layers are g[t] a[t]^T; yields a function to
    call before each step.

    A layer that is linear in its input x is run once more with x replaced by the trace a: the
    weight's gradient is made of the input's value, now a, and the
    input's gradient is not. The value of the second run is thrown away. A layer that is called
    several times a step has a trace for each call."""
    layers = {name: layer for name, layer in net.named_modules() if isinstance(layer, TRACED)}
    if names is not None and not set(names) <= set(layers):
        raise ValueError(
            f"traced names {sorted(set(names) - set(layers))}, expected linear or "
            f"convolutional layers among {sorted(layers)}."
        )
    traces, calls = {}, Counter()

    def hook(layer: nn.Module, args: tuple[Tensor], output: Tensor) -> Tensor | None:
        (x,) = args
        if (
            names is None and not x.requires_grad
        ):  # no neuron of this network before it: its input is the network's
            return None
        key = layer, calls[layer]
        calls[layer] += 1
        traces[key] = decay * traces[key] + x.detach() if key in traces else x.detach()
        on_trace = layer.forward(_Replace.apply(x, traces[key]))
        return _Replace.apply(on_trace, output.detach())

    handles = [
        layer.register_forward_hook(hook)
        for name, layer in layers.items()
        if names is None or name in names
    ]
    try:
        yield calls.clear
    finally:
        for handle in handles:
            handle.remove()


class Stack(nn.Module):
    """The plainest stepwise network: layers one after another, with a LIF neuron
    (`neurons.lif_step`) wherever `layers` holds None.

    It stands beside SpikingJelly's network of the same layers (`peers.stack_of_nodes`)."""

    def __init__(
        self,
        layers: Sequence[nn.Module | None],
        *,
        decay: float,
        threshold: float = 1.0,
        reset: str = "soft",
        surrogate: str = "rectangle",
    ):
        super().__init__()
        self.layers = nn.ModuleList(
            layer if layer is not None else nn.Identity() for layer in layers
        )
        self.neurons = [index for index, layer in enumerate(layers) if layer is None]
        check_number("decay", decay), check_number("threshold", threshold)
        self.lif = {"decay": decay, "threshold": threshold, "reset": reset, "surrogate": surrogate}

    def step(
        self, x: Tensor, states: tuple[Tensor, ...] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """One step: x [B, ...] -> what the last layer gives; the states are the potentials V[t],
        one tensor for each None."""
        potentials = []
        for index, layer in enumerate(self.layers):
            if index in self.neurons:
                v = torch.zeros_like(x) if states is None else states[len(potentials)]
                x, v = lif_step(x, v, **self.lif)
                potentials.append(v)
            else:
                x = layer(x)
        return x, tuple(potentials)
