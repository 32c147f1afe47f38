"""2-D convolutions that are faster on CPUs than torch's own and give the same sums: each part by
the kernel that measured fastest. Autocast and torch.compile get torch's.

pointwise      1x1 over few channels-last pixels is one linear map of their channels; over any number, its two gradients are one matrix product each
depthwise      the gradient of the weight is a depthwise convolution itself, of the input with the output's gradient: faster than oneDNN's own, but for 3x3
spikes         made by `spikes.spike` with remember=True are not kept for the backward pass, but made again from the potential, which is kept anyway
               (or two bits of it: `codes`) and gets its gradient here, in the memory of that of the
               spikes; so on GPUs as well
bias           summed on its own: oneDNN's backward pass takes up to a third longer when it is asked for the bias's gradient as well
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trevsnn_lite import codes
from trevsnn_lite.spikes import Source, left_to_torch, source_of, spike, through_surrogate

# pixels of a batch from which oneDNN's convolution is faster than a linear map, which needs no
# weights reordered
FEW = 1024
CHUNK = (
    2**18
    # entries of the input that the depthwise weight's gradient takes at once: what it copies stays in a
    # processor's cache
)


class Conv2d(nn.Conv2d):
    """nn.Conv2d; `plain` = True takes torch's own kernels, the twin that tests and benchmarks
    compare with."""

    plain = False

    def forward(self, x: Tensor, scale: Tensor | None = None) -> Tensor:
        """The convolution; times `scale`, [C, 1, 1] of the output's channels, by scaled weights:
        nothing of the output's size is kept for the scale's gradient."""
        if scale is None:
            return self._conv_forward(x, self.weight, self.bias)
        return self._conv_forward(
            x,
            self.weight * scale.unsqueeze(-1),
            None if self.bias is None else self.bias * scale.flatten(),
        )

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        source = source_of(x)
        if self.plain or x.dim() != 4 or not (source or x.is_cpu) or left_to_torch(x):
            return super()._conv_forward(x, weight, bias)
        geometry = (self.stride, self.padding, self.groups)
        if not torch.is_grad_enabled() or not (x.requires_grad or weight.requires_grad):
            return _convolve(x, weight, bias, *geometry)
        remake = getattr(weight, "remake", None)
        if source is not None:
            return _Convolution.apply(source.potential, (x, source), weight, remake, bias, geometry)
        if remake is None and _is_linear(x, weight, *geometry):
            return _convolve(x, weight, bias, *geometry)
        return _Convolution.apply(x, None, weight, remake, bias, geometry)


def _is_linear(
    x: Tensor, weight: Tensor, stride: tuple[int, int], padding: tuple[int, int], groups: int
) -> bool:
    """Whether a convolution is computed as a linear map of few pixels."""
    return x.numel() // x.shape[1] < FEW and _is_pointwise(x, weight, stride, padding, groups)


def _is_pointwise(
    x: Tensor, weight: Tensor, stride: tuple[int, int], padding: tuple[int, int], groups: int
) -> bool:
    """Whether each pixel's channels, which lie side by side, are mapped on their own; on a GPU
    torch's convolutions are faster."""
    alone = weight.shape[2:] == (1, 1) and (stride, padding, groups) == ((1, 1), (0, 0), 1)
    return alone and x.is_cpu and x.is_contiguous(memory_format=torch.channels_last)


def _convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: tuple[int, int],
    padding: tuple[int, int],
    groups: int,
) -> Tensor:
    """The forward pass, by the same kernel with and without a graph: what is rebuilt must be what
    was there, to the last bit."""
    if not _is_linear(x, weight, stride, padding, groups):
        return F.conv2d(x, weight, bias, stride, padding, groups=groups)
    rows = F.linear(_rows(x), weight.flatten(1), bias)
    return rows.unflatten(0, (x.shape[0], *x.shape[2:])).movedim(-1, 1)


class Remake(NamedTuple):
    """How a weight that is not kept for the backward pass is made again: make(*tensors), of tensors
    that are kept anyway or small."""

    make: Callable[..., Tensor]
    tensors: tuple[Tensor, ...]


class _Convolution(torch.autograd.Function):
    """`_convolve` of x, or of the spikes that x fired; differentiable twice, for its backward pass
    is made of operations that are."""

    @staticmethod
    def forward(
        ctx,
        x: Tensor,
        fired: tuple[Tensor, Source] | None,
        weight: Tensor,
        remake: Remake | None,
        bias: Tensor | None,
        geometry: tuple,
    ) -> Tensor:
        """fired: the spikes, inside a tuple past which autograd does not look, and what `spike`
        made them from: x."""
        x_or_spikes, ctx.how, ctx.layout = x, None, None
        if fired is not None:
            x_or_spikes, (_, *ctx.how) = fired
            if codes.is_coded(fired[1]):
                x, ctx.layout = codes.write(x_or_spikes, x, fired[1].threshold)
        weights, ctx.make = ((weight,), None) if remake is None else (remake.tensors, remake.make)
        ctx.save_for_backward(x, *weights)
        ctx.geometry = geometry
        return _convolve(x_or_spikes, weight, bias, *geometry)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (x, *weight), geometry, how = ctx.saved_tensors, ctx.geometry, ctx.how
        weight = weight[0] if ctx.make is None else ctx.make(*weight)
        of_x, _, of_weight, _, of_bias, _ = ctx.needs_input_grad
        window = None
        if ctx.layout is not None:
            x, window = codes.read(x, ctx.layout)
        # The weight's gradient first: spikes that are fired again for it are gone before the
        # input's gradient, which is as large, is there.
        fired_again = how is not None and window is None
        grad_weight = (
            _grad_weight(spike(x, *how) if fired_again else x, weight, grad, *geometry)
            if of_weight
            else None
        )
        grad_x = _grad_x(x, weight, grad, *geometry) if of_x else None
        if of_x and window is not None:
            grad_x = grad_x.mul_(window)
        elif of_x and how is not None:
            grad_x = through_surrogate(grad_x, x, *how, in_place=True)
        return grad_x, None, grad_weight, None, grad.sum((0, 2, 3)) if of_bias else None, None


def _grad_x(
    x: Tensor,
    weight: Tensor,
    grad: Tensor,
    stride: tuple[int, int],
    padding: tuple[int, int],
    groups: int,
) -> Tensor:
    """Gradient of the input, from that of the output; of x only the shape and the format count."""
    if _is_pointwise(x, weight, stride, padding, groups):
        return (
            (_rows(grad) @ weight.flatten(1))
            .unflatten(0, (x.shape[0], *x.shape[2:]))
            .movedim(-1, 1)
        )
    return torch.ops.aten.convolution_backward(
        grad, x, weight, None, stride, padding, (1, 1), False, (0, 0), groups, (True, False, False)
    )[0]


def _grad_weight(
    x: Tensor,
    weight: Tensor,
    grad: Tensor,
    stride: tuple[int, int],
    padding: tuple[int, int],
    groups: int,
) -> Tensor:
    """Gradient of the weight, laid as the weight is, for it would be copied later."""
    if _is_pointwise(x, weight, stride, padding, groups):
        return (_rows(grad).t() @ _rows(x)).view_as(weight)
    if x.is_contiguous(memory_format=torch.channels_last) and _is_correlation(x, weight, grad):
        images = max(1, CHUNK // x[0].numel())
        return sum(
            _correlation(*part, weight.shape[2:])
            for part in zip(x.split(images), grad.split(images))
        )
    return torch.ops.aten.convolution_backward(
        grad, x, weight, None, stride, padding, (1, 1), False, (0, 0), groups, (False, True, False)
    )[1].contiguous()


def _rows(x: Tensor) -> Tensor:
    """[B, C, H, W] -> [B H W, C], a view where x is channels-last."""
    return x.movedim(1, -1).flatten(0, 2)


def _is_correlation(x: Tensor, weight: Tensor, grad: Tensor) -> bool:
    """Whether the weight's gradient is that of a depthwise convolution, wider than 3x3, that keeps
    the image's size: what `_correlation` computes."""
    (out, inputs, *kernel), alone = weight.shape, x.shape[1]
    return (
        x.is_cpu
        and x.dtype == torch.float32
        and out == alone
        and inputs == 1
        and grad.shape == x.shape
        and all(k % 2 for k in kernel)
        and max(kernel) > 3
    )


def _correlation(x: Tensor, grad: Tensor, kernel: Sequence[int]) -> Tensor:
    """Gradient of a depthwise weight [C, 1, kH, kW], kernels odd, from the input x and the output's
    gradient, both [B, C, H, W].

    Each image's channel is slid over itself: a depthwise convolution of B C channels with x as its
    one image, grad as its kernels of H x W, and kH x kW
    outputs, which are then summed over B."""
    batch, channels, height, width = x.shape
    image = x.permute(2, 3, 0, 1).reshape(1, height, width, batch * channels).movedim(-1, 1)
    slid = F.conv2d(
        image,
        grad.reshape(batch * channels, 1, height, width),
        None,
        1,
        (kernel[0] // 2, kernel[1] // 2),
        groups=batch * channels,
    )
    return (
        slid.movedim(1, -1)
        .reshape(*kernel, batch, channels)
        .sum(2)
        .permute(2, 0, 1)
        .unsqueeze(1)
        .contiguous()
    )
