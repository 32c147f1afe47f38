"""Spikes and surrogate gradients: S = Theta(V - V_th), Eq. (2), and the h(.) that stands for
Theta's derivative in Eqs. (4)-(8)."""

import math
from numbers import Real

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


def check_surrogate(surrogate: str) -> None:
    if surrogate not in SURROGATES:
        raise ValueError(f"surrogate is {surrogate!r}, expected one of {', '.join(SURROGATES)}.")


def check_threshold(threshold: float | Tensor) -> None:
    """A threshold is a finite number, or a tensor of numbers that are not learnt."""
    if isinstance(threshold, Tensor):
        if threshold.requires_grad:
            raise TypeError(
                "threshold is a tensor with a gradient, expected a number: where it is learnt, "
                "write spike(potential - threshold, 0.0)."
            )
    else:
        check_number("threshold", threshold)


def check_number(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} is {value!r}, expected a number.")
    if not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}, expected a finite number.")


def spike(potential: Tensor, threshold: float = 0.5, surrogate: str = "rectangle") -> Tensor:
    """Theta(potential - threshold), 1 at the threshold itself; any shape, same dtype out. Its
    gradient is grad * h(potential - threshold). The threshold itself has none: learn it by
    spike(potential - threshold, 0.0).

    Raises ValueError or TypeError for an unknown surrogate, a threshold that is no finite number,
    and a potential that is no tensor of real numbers."""
    check_surrogate(surrogate)
    check_threshold(threshold)
    refuse_transforms()
    if not isinstance(potential, Tensor) or potential.is_complex():
        kind = potential.dtype if isinstance(potential, Tensor) else type(potential).__name__
        raise TypeError(f"potential is a {kind}, expected a torch.Tensor of real numbers.")
    return _Spike.apply(potential, threshold, surrogate)


def refuse_transforms() -> None:
    """At the head of a forward pass, where torch's own sentence speaks of its internals."""
    if not torch.compiler.is_compiling() and torch._C._are_functorch_transforms_active():
        raise RuntimeError(
            "torch.func's transforms (grad, vmap, jvp) do not pass through spikes: use "
            "torch.autograd.grad, and functional_call outside of them."
        )


def refuse_second_derivative() -> None:
    """At the head of a backward pass: without this, autograd would take its result for a constant,
    and a gradient penalty would do nothing, in silence."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        raise RuntimeError("create_graph=True asks for a second derivative, which spikes lack.")


def _where(compare, potential: Tensor, threshold: float | Tensor) -> Tensor:
    """1 where compare(potential, threshold), else 0, of the potential's dtype. On CPUs it takes a
    quarter of the time of booleans, unless the compiler joins these to what follows."""
    if isinstance(threshold, Tensor) or torch.compiler.is_compiling():
        return compare(potential, threshold).to(potential.dtype)
    return compare(potential, threshold, out=torch.empty_like(potential))


class _Spike(torch.autograd.Function):
    """Theta forwards, h backwards. The rectangle keeps one byte a neuron, the others the
    potential."""

    @staticmethod
    def forward(ctx, potential: Tensor, threshold: float, surrogate: str) -> Tensor:
        ctx.threshold, ctx.surrogate = threshold, surrogate
        saved = potential
        if surrogate == "rectangle":  # |potential - threshold| <= 1/2
            saved = _where(torch.ge, potential, threshold - 0.5).to(torch.uint8)
            saved &= _where(torch.le, potential, threshold + 0.5).to(torch.uint8)
        ctx.save_for_backward(saved)
        return _where(torch.ge, potential, threshold)

    @staticmethod
    def backward(ctx, grad: Tensor):
        refuse_second_derivative()
        (saved,) = ctx.saved_tensors
        if ctx.surrogate == "rectangle":
            return grad * saved, None, None
        return grad * SURROGATES[ctx.surrogate](saved - ctx.threshold), None, None
