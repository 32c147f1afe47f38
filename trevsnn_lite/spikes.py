"""Spikes and surrogate gradients: S = Theta(V - V_th), Eq. (2), and the h(.) that stands for
Theta's derivative in Eqs. (4)-(8)."""

import math
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor


def rectangle(x: Tensor) -> Tensor:
    """h(x) = 1 where |x| <= 1/2, else 0: the window of STBP (Wu et al., 2018), of width 1."""
    return (x.abs() <= 0.5).to(x.dtype)


def arctan(x: Tensor) -> Tensor:
    """h(x) = 1 / (1 + (pi x)^2): the derivative of arctan(pi x) / pi."""
    return 1.0 / (1.0 + (math.pi * x) ** 2)


def sigmoid(x: Tensor) -> Tensor:
    """h(x) = 4 s (1 - s) with s = sigmoid(4 x): the derivative of sigmoid(4 x)."""
    s = torch.sigmoid(4.0 * x)
    return 4.0 * s * (1.0 - s)


def triangle(x: Tensor) -> Tensor:
    """h(x) = max(0, 1 - |x|)."""
    return (1.0 - x.abs()).clamp(min=0.0)


SURROGATES = {"rectangle": rectangle, "arctan": arctan, "sigmoid": sigmoid, "triangle": triangle}
"""Each maps x = V - V_th to h(x) and has area 1, so that changing the shape does not change the
mean gradient of a flat potential."""


def _heaviside(potential: Tensor, threshold: float) -> Tensor:
    if torch.compiler.is_compiling():
        return (potential >= threshold).to(potential.dtype)
    return torch.ge(
        potential, threshold, out=torch.empty_like(potential)
    )  # straight into floats: no pass over booleans


@lru_cache
def _just_outside(threshold: float, dtype: torch.dtype) -> tuple[float, float]:
    """The numbers of `dtype` next below and next above the rectangle's window [threshold - 1/2,
    threshold + 1/2]; no subnormal ones, which CPUs may flush to 0."""
    edges = torch.tensor([threshold - 0.5, threshold + 0.5], dtype=dtype)
    low, high = torch.nextafter(edges, torch.tensor([-math.inf, math.inf], dtype=dtype)).tolist()
    tiny = torch.finfo(dtype).tiny
    return (-tiny if -tiny < low < 0.0 else low), (tiny if 0.0 < high < tiny else high)


def window(potential: Tensor, threshold: float) -> Tensor:
    """h of the rectangle as int8, one byte a neuron: `rectangle(potential - threshold)` in two
    vectorised passes, where comparing takes three slow ones.

    hardtanh's backward pass is 1 (the gradient it is given) strictly between two numbers, else
    0."""
    if torch.compiler.is_compiling():
        return rectangle(potential - threshold).to(torch.int8)
    low, high = _just_outside(threshold, potential.dtype)
    return torch.ops.aten.hardtanh_backward(
        potential.new_ones(()).expand_as(potential), potential, low, high
    ).to(torch.int8)


class Source(NamedTuple):
    """What spikes were fired from, the arguments of `spike`, so that they can be fired again."""

    potential: Tensor
    threshold: float
    surrogate: str


def source_of(spikes: Tensor) -> Source | None:
    """What `spike` fired this very tensor from, if it was asked to remember."""
    return getattr(spikes, "source", None)


def left_to_torch(x: Tensor) -> bool:
    """Whether convolutions of x are torch's own: under autocast, and where torch.compile looks on."""
    kind = "cpu" if x.is_cpu else x.device.type
    return torch.compiler.is_compiling() or (
        (kind == "cpu" or torch.amp.is_autocast_available(kind)) and torch.is_autocast_enabled(kind)
    )


class _Spike(torch.autograd.Function):
    """Theta forwards, h backwards. The rectangle needs one window byte per neuron for that, or the
    potential where that is kept anyway; the others the potential."""

    @staticmethod
    def forward(
        ctx, potential: Tensor, threshold: float, surrogate: str, remembered: bool
    ) -> Tensor:
        ctx.threshold, ctx.surrogate, ctx.windows = (
            threshold,
            surrogate,
            surrogate == "rectangle" and not remembered,
        )
        ctx.save_for_backward(window(potential, threshold) if ctx.windows else potential)
        return _heaviside(potential, threshold)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (saved,) = ctx.saved_tensors
        if ctx.windows:
            return (
                saved.to(grad.dtype).mul_(grad),
                None,
                None,
                None,
            )  # in place: no third tensor of this size
        return through_surrogate(grad, saved, ctx.threshold, ctx.surrogate), None, None, None


def through_surrogate(
    grad: Tensor, potential: Tensor, threshold: float, surrogate: str, in_place: bool = False
) -> Tensor:
    """grad * h(potential - threshold), the gradient of the potential from that of the spikes;
    in_place: in the memory of grad, where no graph forbids it."""
    if surrogate != "rectangle":
        return grad * SURROGATES[surrogate](potential - threshold)
    if torch.compiler.is_compiling():
        return grad * rectangle(potential - threshold)
    window = _just_outside(threshold, potential.dtype)
    if in_place and not torch.is_grad_enabled():
        return torch.ops.aten.hardtanh_backward.grad_input(
            grad, potential, *window, grad_input=grad
        )
    return torch.ops.aten.hardtanh_backward(grad, potential, *window)


def spike(
    potential: Tensor, threshold: float = 0.5, surrogate: str = "rectangle", remember: bool = False
) -> Tensor:
    """Theta(potential - threshold), 1 at the threshold itself; any shape, same dtype out; the
    gradient is grad * h(potential - threshold).

    remember: the spikes carry their `Source`, and a `convolution.Conv2d` that they enter keeps the
    potential, 4 bytes a neuron, in place of spikes and window, 5; its
    gradient goes to the potential at once, past the spikes.
    Raises ValueError for an unknown surrogate."""
    if surrogate not in SURROGATES:
        raise ValueError(f"surrogate is {surrogate!r}, expected one of {', '.join(SURROGATES)}.")
    if not (torch.is_grad_enabled() and potential.requires_grad):
        return _heaviside(potential.detach(), threshold)
    remember = remember and not left_to_torch(potential)  # whose convolutions keep spikes
    spikes = _Spike.apply(potential, threshold, surrogate, remember)
    if remember:
        spikes.source = Source(potential, threshold, surrogate)
    return spikes
