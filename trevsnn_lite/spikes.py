"""Spikes and surrogate gradients: S = Theta(V - V_th), Eq. (2), and the h(.) that stands for Theta's derivative in Eqs. (4)-(8)."""

import math

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
"""Each maps x = V - V_th to h(x) and has area 1, so that changing the shape does not change the mean gradient of a flat potential."""


def _heaviside(potential: Tensor, threshold: float) -> Tensor:
    return torch.ge(potential, threshold, out=torch.empty_like(potential))  # straight into floats: no pass over booleans


class _Spike(torch.autograd.Function):
    """Theta forwards, h backwards. The rectangle needs one window bit per neuron for that, the others the potential itself."""

    @staticmethod
    def forward(ctx, potential: Tensor, threshold: float, surrogate: str) -> Tensor:
        ctx.threshold, ctx.surrogate = threshold, surrogate
        if surrogate == "rectangle":
            ctx.save_for_backward((potential >= threshold - 0.5).logical_and_(potential <= threshold + 0.5))
        else:
            ctx.save_for_backward(potential)
        return _heaviside(potential, threshold)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (saved,) = ctx.saved_tensors
        slope = saved if ctx.surrogate == "rectangle" else SURROGATES[ctx.surrogate](saved - ctx.threshold)
        return grad * slope, None, None


def spike(potential: Tensor, threshold: float = 0.5, surrogate: str = "rectangle") -> Tensor:
    """Theta(potential - threshold), 1 at the threshold itself; any shape, same dtype out; the gradient is grad * h(potential - threshold).

    Raises ValueError for an unknown surrogate."""
    if surrogate not in SURROGATES:
        raise ValueError(f"surrogate is {surrogate!r}, expected one of {', '.join(SURROGATES)}.")
    if not (torch.is_grad_enabled() and potential.requires_grad):
        return _heaviside(potential.detach(), threshold)
    return _Spike.apply(potential, threshold, surrogate)
