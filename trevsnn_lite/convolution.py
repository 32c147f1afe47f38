"""2-D convolutions that are faster on CPUs than torch's own and give the same sums: each part by the kernel that measured fastest.

    pointwise      1x1 over few channels-last pixels is one linear map of their channels; over any number, its two gradients are one matrix product each
    depthwise      the gradient of the weight: all rows of some images in one matrix product a kernel row; on wide images oneDNN's
    spikes         made by `spikes.spike` with remember=True are not kept for the backward pass, but made again from the potential, which is kept anyway
    bias           summed on its own: oneDNN's backward pass takes up to a third longer when it is asked for the bias's gradient as well
"""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trevsnn_lite.spikes import Source, source_of

FEW = 1024  # pixels of a batch from which oneDNN's convolution is faster than a linear map, which needs no weights reordered
WIDE = 32  # pixels of a row, beyond which the product by rows, which computes W x W sums for W x kW, is slower than oneDNN's
CHUNK = 2**17  # entries that the product by rows takes at once: what it copies stays in a processor's cache


class Conv2d(nn.Conv2d):
    """nn.Conv2d; `plain` = True takes torch's own kernels, the twin that tests and benchmarks compare with."""

    plain = False

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.plain or x.dim() != 4 or not x.is_cpu or torch.is_autocast_enabled("cpu"):
            return super()._conv_forward(x, weight, bias)
        source, geometry = source_of(x), (self.stride, self.padding, self.groups)
        trained = torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad)
        if not trained or (source is None and _is_linear(x) and _is_pointwise(x, weight, *geometry)):
            return _convolve(x, weight, bias, *geometry)
        return _Convolution.apply(x, source, weight, bias, *geometry)


def _is_linear(x: Tensor) -> bool:
    """Whether a pointwise convolution of x is computed as a linear map."""
    return x.numel() // x.shape[1] < FEW


def _is_pointwise(x: Tensor, weight: Tensor, stride: tuple[int, int], padding: tuple[int, int], groups: int) -> bool:
    """Whether each pixel's channels, which lie side by side, are mapped on their own."""
    return weight.shape[2:] == (1, 1) and (stride, padding, groups) == ((1, 1), (0, 0), 1) and x.is_contiguous(memory_format=torch.channels_last)


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, stride: tuple[int, int], padding: tuple[int, int], groups: int) -> Tensor:
    """The forward pass, by the same kernel with and without a graph: what is rebuilt must be what was there, to the last bit."""
    if not (_is_linear(x) and _is_pointwise(x, weight, stride, padding, groups)):
        return F.conv2d(x, weight, bias, stride, padding, groups=groups)
    rows = F.linear(x.movedim(1, -1).flatten(0, 2), weight.flatten(1), bias)
    return rows.unflatten(0, (x.shape[0], *x.shape[2:])).movedim(-1, 1)


class _Convolution(torch.autograd.Function):
    """`_convolve`; differentiable twice, for its backward pass is made of operations that are. `source`: what x was fired from, or None."""

    @staticmethod
    def forward(ctx, x: Tensor, source: Source | None, weight: Tensor, bias: Tensor | None, stride: tuple[int, int], padding: tuple[int, int], groups: int) -> Tensor:
        ctx.save_for_backward(x if source is None else source.potential, weight)
        ctx.source, ctx.geometry = source and source._replace(potential=None), (stride, padding, groups)
        return _convolve(x, weight, bias, stride, padding, groups)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (x, weight), (stride, padding, groups) = ctx.saved_tensors, ctx.geometry
        of_x, _, of_weight, of_bias = ctx.needs_input_grad[:4]
        if ctx.source is not None:
            x = ctx.source._replace(potential=x).fire()
        out, _, *kernel = weight.shape
        grad_bias = grad.sum((0, 2, 3)) if of_bias else None
        channels_last, grad_weight = x.is_contiguous(memory_format=torch.channels_last), None
        if _is_pointwise(x, weight, stride, padding, groups):
            return *_pointwise(x, weight, grad, of_x, of_weight), grad_bias, None, None, None
        if of_weight and channels_last and groups == out == x.shape[1] and grad.shape == x.shape and kernel[0] % 2 == kernel[1] % 2 == 1 and x.shape[3] <= WIDE:
            chunk = max(1, CHUNK // x[0].numel())
            grad_weight, of_weight = sum(_by_rows(*part, kernel) for part in zip(x.split(chunk), grad.split(chunk))), False
        found = torch.ops.aten.convolution_backward(grad, x, weight, None, stride, padding, (1, 1), False, (0, 0), groups, (of_x, of_weight, False))
        return found[0], None, found[1].contiguous() if of_weight else grad_weight, grad_bias, None, None, None  # as the weight lies, or it would be copied later


def _pointwise(x: Tensor, weight: Tensor, grad: Tensor, of_x: bool, of_weight: bool) -> tuple[Tensor | None, None, Tensor | None]:
    """Gradients of a 1x1 convolution: of x [B, C, H, W] and of weight [out, C, 1, 1], from that of its output [B, out, H, W]."""
    rows = grad.movedim(1, -1).flatten(0, 2)  # [B H W, out]
    grad_x = (rows @ weight.flatten(1)).unflatten(0, (x.shape[0], *x.shape[2:])).movedim(-1, 1) if of_x else None
    grad_weight = (rows.t() @ x.movedim(1, -1).flatten(0, 2)).view_as(weight) if of_weight else None
    return grad_x, None, grad_weight


def _by_rows(x: Tensor, grad: Tensor, kernel: list[int]) -> Tensor:
    """Gradient of a depthwise weight [C, 1, kH, kW], kernels odd, from the input x and the output's gradient, both [B, C, H, W].

    Kernel row d meets row i of the output and row i + d - kH // 2 of the input. With rows of zeros between the images, all rows lie in one list, and one
    matrix product [W, rows] x [rows, W] a channel sums grad[i, w] * x[i + d - kH // 2, w'] over them; the diagonals w' - w are the kernel's columns."""
    batch, channels, height, width = x.shape
    margin, count = kernel[0] // 2, batch * (height + 2 * (kernel[0] // 2))
    lists = x.new_empty(2, channels, batch, height + 2 * margin, width)
    lists[..., :margin, :], lists[..., margin + height :, :] = 0.0, 0.0
    lists[0, :, :, margin : margin + height], lists[1, :, :, margin : margin + height] = x.transpose(0, 1), grad.transpose(0, 1)
    inputs, outputs = lists.view(2, channels, count, width)
    outputs = outputs[:, margin : count - margin].transpose(1, 2)
    products = [torch.bmm(outputs, inputs[:, d : count - 2 * margin + d]) for d in range(kernel[0])]
    return (torch.stack(products, 1).flatten(2) @ _diagonals(width, kernel[1], x.dtype)).unsqueeze(1)


@lru_cache(maxsize=64)
def _diagonals(width: int, columns: int, dtype: torch.dtype) -> Tensor:
    """[width * width, columns]: 1 where the entry (w, w') of a square matrix lies on the diagonal w' - w = column - columns // 2."""
    place = torch.arange(width)
    return (place[None, :, None] - place[:, None, None] == torch.arange(columns) - columns // 2).flatten(0, 1).to(dtype)
