"""Linear layers in a row, or side by side, as one convolution: the algebra of structural
re-parameterisation (RepVGG: Ding et al., 2021)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trevsnn_lite.spike_conv import Conv2d


def plain(conv: nn.Conv2d) -> nn.Conv2d:
    """A plain convolution of its own with the weight that `conv` uses: the standardised one, if it
    is scaled. What fires before it is left out."""
    weight = conv.effective_weight() if isinstance(conv, Conv2d) else conv.weight
    return _conv2d(weight, conv.bias, conv)


def scaled(conv: nn.Conv2d, scale: Tensor) -> nn.Conv2d:
    """scale * conv(x), for one number or one per output channel (any shape that holds them)."""
    factors = scale.flatten()
    return _conv2d(
        conv.weight * factors.view(-1, 1, 1, 1),
        None if conv.bias is None else conv.bias * factors,
        conv,
    )


def normed(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """norm(conv(x)) with the running statistics: weight * g / sigma, and the bias that goes with
    it."""
    factors = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    bias = norm.bias + factors * ((0.0 if conv.bias is None else conv.bias) - norm.running_mean)
    return _conv2d(conv.weight * factors.view(-1, 1, 1, 1), bias, conv)


def joined(convs: Sequence[nn.Conv2d], side_by_side: bool = False) -> nn.Conv2d:
    """Convolutions of one input as one, their output channels in a row; side_by_side: each of
    channels of its own, which are in a row as well."""
    return _conv2d(
        torch.cat([conv.weight for conv in convs]),
        torch.cat([conv.bias for conv in convs]),
        convs[0],
        groups=len(convs) if side_by_side else 1,
    )


def merged(first: nn.Conv2d, second: nn.Conv2d) -> nn.Module:
    """second(first(x)) as one dense convolution, borders included, for a depthwise and a 1x1
    convolution in either order, or two 1x1 ones; strides 1.

    A bias before a convolution that pads is there inside the image and not around it: it becomes
    the weight of one more channel (`WithOnes`).
    Raises ValueError for other pairs. Two convolutions that both look around, such as 7x7 then 3x3,
    are one inside the image alone, not at its border."""
    if _is_pointwise(second) and (_is_depthwise(first) or _is_pointwise(first)):
        across = second.weight.flatten(1)  # [out, C]
        dense = (
            across[:, :, None, None] * first.weight.transpose(0, 1)
            if _is_depthwise(first)
            else (across @ first.weight.flatten(1))[:, :, None, None]
        )
        bias = (
            second.bias
            if first.bias is None
            else across @ first.bias + (0.0 if second.bias is None else second.bias)
        )
        return _conv2d(dense, bias, first, groups=1)
    if _is_pointwise(first) and _is_depthwise(second):
        if first.bias is None:
            return _conv2d(
                second.weight * first.weight, second.bias, second, groups=1
            )  # [C, 1, k, k] * [C, in, 1, 1]
        across = torch.cat([first.weight, first.bias.view(-1, 1, 1, 1)], 1)  # [C, in + 1, 1, 1]
        return WithOnes(_conv2d(second.weight * across, second.bias, second, groups=1))
    raise ValueError(
        f"first is {first} and second is {second}, expected a depthwise and a 1x1 "
        "convolution of stride 1, or two 1x1 ones."
    )


class WithOnes(nn.Module):
    """A convolution of x [B, C, H, W] and one more channel that is 1 everywhere: a neuron that
    always fires. Its border is padded as x's is."""

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(torch.cat([x, torch.ones_like(x[:, :1])], 1))


def _is_pointwise(conv: nn.Conv2d) -> bool:
    return (
        conv.groups == 1
        and conv.kernel_size == (1, 1)
        and conv.stride == (1, 1)
        and conv.padding == (0, 0)
    )


def _is_depthwise(conv: nn.Conv2d) -> bool:
    return (
        conv.groups == conv.in_channels == conv.out_channels
        and conv.stride == (1, 1)
        and conv.padding_mode == "zeros"
    )


def _conv2d(
    weight: Tensor, bias: Tensor | None, like: nn.Conv2d, groups: int | None = None
) -> nn.Conv2d:
    """A plain convolution with a copy of this weight and bias, and the stride and padding of
    `like`."""
    groups = like.groups if groups is None else groups
    geometry = {
        "stride": like.stride,
        "padding": like.padding,
        "dilation": like.dilation,
        "groups": groups,
    }
    conv = nn.Conv2d(
        weight.shape[1] * groups,
        weight.shape[0],
        weight.shape[2:],
        bias=bias is not None,
        **geometry,
        device="meta",
    )
    conv.weight = nn.Parameter(weight.detach().clone(), requires_grad=False)
    if bias is not None:
        conv.bias = nn.Parameter(bias.detach().clone(), requires_grad=False)
    return conv
