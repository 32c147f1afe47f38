"""SpikeConv2d(u) = conv(spike(u)): potentials in, potentials out, as Fig. 4 reads.

For the backward pass a layer keeps what it is given and its own parameters, nothing else: spikes
are fired again from the potential, and weights made again from what they are made of."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from trevsnn_lite import kernels
from trevsnn_lite.shapes import check_made
from trevsnn_lite.spikes import check_surrogate, check_threshold, refuse_second_derivative, spike

WithVJP = tuple[Tensor, Callable[[Tensor], tuple[Tensor, ...]]]
"""A result, and what leads a gradient of it back to those of the arguments, as torch.func.vjp."""


class Conv2d(nn.Conv2d):
    """nn.Conv2d, by faster kernels on CPUs. Its weight is `make(*made_of())`, and made again for
    the backward pass by `make_vjp`: a subclass with a `make` has a `make_vjp` of its own."""

    make: Callable[..., Tensor] = staticmethod(lambda weight: weight)
    make_vjp: Callable[..., WithVJP] = staticmethod(lambda w: (w, lambda grad: (grad,)))

    def __init_subclass__(cls, **given):
        super().__init_subclass__(**given)
        check_made(cls)

    def made_of(self, scale: Tensor | None = None) -> tuple[Tensor, ...]:
        """What the weight, times `scale`, is made of."""
        return (self.weight if scale is None else self.weight * scale.view(-1, 1, 1, 1),)

    def effective_weight(self) -> Tensor:
        """The weight that the convolution uses, [out, in / groups, kH, kW]."""
        return self.make(*self.made_of())

    def forward(self, x: Tensor, scale: Tensor | None = None) -> Tensor:
        """x: [B, in, H, W] -> scale * conv(x), [B, out, H', W'], for one number or one per output
        channel. The weights are scaled: nothing of the output's size is kept for its gradient."""
        bias = self.bias if scale is None or self.bias is None else self.bias * scale.flatten()
        tensors = self.made_of(scale)
        if self._left_to_torch(x):
            return self._conv_forward(self.seen(x), self.make(*tensors), bias)
        geometry = (self.stride, self.padding, self.groups)
        made = self.make, self.make_vjp
        return _Convolution.apply(x, bias, geometry, self._fires(), made, *tensors)

    def _fires(self) -> tuple[float, str, bool] | None:
        """(threshold, surrogate, strict) if the layer convolves the spikes of its input."""

    def seen(self, x: Tensor) -> Tensor:
        """What is convolved: x, or the spikes that it fires."""
        return x

    def _left_to_torch(self, x: Tensor) -> bool:
        """Where the kernels do not fit; under autocast, which casts what it convolves; and where
        torch.compile looks on."""
        plain = self.padding_mode == "zeros" and self.dilation == (1, 1) and x.dim() == 4
        if torch.compiler.is_compiling() or not plain or isinstance(self.padding, str):
            return True
        kind = x.device.type
        return torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)


class SpikeConv2d(Conv2d):
    """A convolution of the spikes that a potential u fires: nn.Conv2d(...)(spike(u, threshold,
    surrogate)), kept as u alone.

    strict: fire above the threshold only, not at it. Raises ValueError for an unknown surrogate."""

    def __init__(
        self, *args, threshold: float = 0.5, surrogate: str = "rectangle", strict=False, **kwargs
    ):
        super().__init__(*args, **kwargs)
        check_surrogate(surrogate)
        check_threshold(threshold)
        self.threshold, self.surrogate, self.strict = threshold, surrogate, strict

    def _fires(self) -> tuple[float, str, bool]:
        return self.threshold, self.surrogate, self.strict

    def seen(self, x: Tensor) -> Tensor:
        spikes = spike(x, self.threshold, self.surrogate)
        return spikes * (x != self.threshold) if self.strict else spikes


class _Convolution(torch.autograd.Function):
    """The convolution of x, or of the spikes that x fires, with the weight made of `tensors`. The
    bias's gradient is summed on its own: oneDNN takes a third longer with it."""

    @staticmethod
    def forward(ctx, x: Tensor, bias: Tensor | None, geometry: tuple, fires, made, *tensors):
        ctx.save_for_backward(x, *tensors)
        make, ctx.make_vjp = made
        ctx.geometry, ctx.fires = geometry, fires
        seen = x if fires is None else _fired(x, fires)
        return kernels.convolve(seen, make(*tensors), bias, *geometry)

    @staticmethod
    def backward(ctx, grad: Tensor):
        refuse_second_derivative()
        (x, *tensors), fires = ctx.saved_tensors, ctx.fires
        of_x, of_bias, _, _, _, *of_tensors = ctx.needs_input_grad
        grad_x, grads = None, (None,) * len(tensors)
        weight, vjp = ctx.make_vjp(*tensors)
        # The weight first: the spikes are gone before the input's gradient, as large, is there.
        if any(of_tensors):
            seen = x if fires is None else _fired(x, fires)
            grad_weight = kernels.grad_weight(seen, weight, grad, *ctx.geometry)
            del seen
            grads = vjp(grad_weight)
        del vjp
        if of_x:
            grad_x = kernels.grad_input(x, weight, grad, *ctx.geometry)
            if fires is not None:
                grad_x = kernels.through_surrogate(grad_x, x, *fires[:2])
        return grad_x, grad.sum((0, 2, 3)) if of_bias else None, None, None, None, *grads


def _fired(u: Tensor, fires: tuple[float, str, bool]) -> Tensor:
    threshold, _, strict = fires
    if strict:  # the next float: u >= it where u > threshold
        edge = torch.tensor(threshold, dtype=u.dtype)
        threshold = torch.nextafter(edge, torch.full_like(edge, math.inf)).item()
    return kernels.fire(u, threshold)
