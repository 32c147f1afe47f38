"""2-D convolutions by the kernel that measured fastest on CPUs; the sums are torch's own.

Nothing depends on this file but speed. To delete it, let `spike_conv` call F.conv2d and the two
gradients of torch.nn.grad, and fire by `spikes.spike`:

    pointwise   1x1 over few channels-last pixels is one linear map of their channels; its two
                gradients are one matrix product each, over any number of pixels
    depthwise   the gradient of the weight is itself a depthwise convolution, of the input with the
                output's gradient: faster than oneDNN's own, but for 3x3
    spikes      fired straight into floats, and the surrogate's gradient in the memory of the
                spikes' gradient: no pass over booleans
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from trevsnn_lite.spikes import SURROGATES

FEW = 1024  # pixels of a batch from which oneDNN's convolution is faster than a linear map
CHUNK = 2**18  # entries that the depthwise weight's gradient copies at once: they stay in a cache


def fire(potential: Tensor, threshold: float) -> Tensor:
    """Theta(potential - threshold), without a graph."""
    return torch.ge(potential, threshold, out=torch.empty_like(potential))


def through_surrogate(grad: Tensor, potential: Tensor, threshold: float, surrogate: str) -> Tensor:
    """grad * h(potential - threshold), in the memory of grad where h is the rectangle."""
    if surrogate != "rectangle":
        return grad * SURROGATES[surrogate](potential - threshold)
    # hardtanh's backward pass is 1 (the gradient it is given) strictly between two numbers, else 0.
    low, high = _just_outside(threshold, potential.dtype)
    return torch.ops.aten.hardtanh_backward.grad_input(grad, potential, low, high, grad_input=grad)


@lru_cache
def _just_outside(threshold: float, dtype: torch.dtype) -> tuple[float, float]:
    """The numbers of `dtype` next below and next above the window [threshold - 1/2, threshold +
    1/2]; no subnormal ones, which CPUs may flush to 0."""
    edges = torch.tensor([threshold - 0.5, threshold + 0.5], dtype=dtype)
    low, high = torch.nextafter(edges, torch.tensor([-math.inf, math.inf], dtype=dtype)).tolist()
    tiny = torch.finfo(dtype).tiny
    return (-tiny if -tiny < low < 0.0 else low), (tiny if 0.0 < high < tiny else high)


def convolve(x, weight, bias, stride, padding, groups) -> Tensor:
    """F.conv2d, by the same kernel with and without a graph: what is computed again must be what
    was there, to the last bit."""
    few = x.numel() // max(1, x.shape[1]) < FEW
    if not (few and _is_pointwise(x, weight, stride, padding, groups)):
        return F.conv2d(x, weight, bias, stride, padding, groups=groups)
    return _from_rows(F.linear(_rows(x), weight.flatten(1), bias), x)


def grad_input(x, weight, grad, stride, padding, groups) -> Tensor:
    """torch.nn.grad.conv2d_input; of x only the shape and the format count."""
    if _is_pointwise(x, weight, stride, padding, groups):
        return _from_rows(_rows(grad) @ weight.flatten(1), x)
    return _convolution_backward(x, weight, grad, stride, padding, groups, (True, False, False))[0]


def grad_weight(x, weight, grad, stride, padding, groups) -> Tensor:
    """torch.nn.grad.conv2d_weight, laid as the weight is."""
    if _is_pointwise(x, weight, stride, padding, groups):
        return (_rows(grad).t() @ _rows(x)).view_as(weight)
    if _is_correlation(x, weight, grad):
        images = max(1, CHUNK // x[0].numel())
        parts = zip(x.split(images), grad.split(images))
        return sum(_correlation(*part, weight.shape[2:]) for part in parts)
    asked = (False, True, False)
    return _convolution_backward(x, weight, grad, stride, padding, groups, asked)[1].contiguous()


def _convolution_backward(x, weight, grad, stride, padding, groups, asked):
    return torch.ops.aten.convolution_backward(
        grad, x, weight, None, stride, padding, (1, 1), False, (0, 0), groups, asked
    )


def _is_pointwise(x, weight, stride, padding, groups) -> bool:
    """Whether each pixel's channels, which lie side by side, are mapped on their own. Not on GPUs,
    where torch's convolutions are faster."""
    alone = tuple(weight.shape[2:]) == (1, 1) and (*stride, *padding, groups) == (1, 1, 0, 0, 1)
    return alone and x.is_cpu and x.is_contiguous(memory_format=torch.channels_last)


def _rows(x: Tensor) -> Tensor:
    """[B, C, H, W] -> [B H W, C], a view where x is channels-last."""
    return x.movedim(1, -1).flatten(0, 2)


def _from_rows(rows: Tensor, like: Tensor) -> Tensor:
    """[B H W, C'] -> [B, C', H, W] of the batch and size of `like`."""
    return rows.unflatten(0, (like.shape[0], *like.shape[2:])).movedim(-1, 1)


def _is_correlation(x: Tensor, weight: Tensor, grad: Tensor) -> bool:
    """Whether the weight's gradient is that of a depthwise convolution, wider than 3x3, that keeps
    the image's size: what `_correlation` computes."""
    (out, inputs, *kernel), format = weight.shape, torch.channels_last
    depthwise = out == x.shape[1] and inputs == 1 and grad.shape == x.shape
    wide = all(k % 2 for k in kernel) and max(kernel) > 3
    return depthwise and wide and x.is_cpu and x.is_contiguous(memory_format=format)


def _correlation(x: Tensor, grad: Tensor, kernel: Sequence[int]) -> Tensor:
    """Gradient of a depthwise weight [C, 1, kH, kW], kernels odd, from the input x and the output's
    gradient, both [B, C, H, W].

    Each image's channel is slid over itself: a depthwise convolution of B C channels with x as its
    one image, grad as its kernels of H x W, and kH x kW outputs, which are then summed over B."""
    batch, channels, height, width = x.shape
    alone, padding = batch * channels, (kernel[0] // 2, kernel[1] // 2)
    image = x.permute(2, 3, 0, 1).reshape(1, height, width, alone).movedim(-1, 1)
    slid = F.conv2d(image, grad.reshape(alone, 1, height, width), None, 1, padding, groups=alone)
    summed = slid.movedim(1, -1).reshape(*kernel, batch, channels).sum(2)
    return summed.permute(2, 0, 1).unsqueeze(1).contiguous()
