"""Scaled weight standardisation (Brock, De and Smith, 2021; used by Brock, De, Smith and Simonyan,
2021, which the paper cites): normalised weights in a network without BatchNorm, section 4.3."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trevsnn_lite.spike_conv import Conv2d, SpikeConv2d, WithVJP

EPSILON = 1e-6  # added to the variance, so that a filter of equal weights does not divide by zero


def standardise(weight: Tensor, gain: Tensor, gamma: float = 1.0) -> Tensor:
    """W^ = gain * gamma * (W - mean) / sqrt((var + eps) * N), with mean, variance (biased) and
    fan-in N of each output channel.

    weight: [out, in / groups, kH, kW]; gain: [out]. An input of independent, unit-variance entries
    leaves with variance (gain * gamma)^2. Raises ValueError for a fan-in of 1, whose weights would
    all be 0."""
    fan_in = weight[0].numel()
    if fan_in < 2:
        raise ValueError(
            f"weight has the shape {list(weight.shape)}: standardised weights need at least 2 "
            "inputs to each output (a wider kernel, or more channels), got 1."
        )
    # One image of group_norm, whose groups are the filters (the trick is timm's, with batch_norm).
    rows, factor = weight.flatten(1).unsqueeze(0), gamma * fan_in**-0.5
    return F.group_norm(rows, len(weight), gain * factor, eps=EPSILON).view_as(weight)


def standardise_vjp(weight: Tensor, gain: Tensor) -> WithVJP:
    """`standardise`, with its vector-Jacobian product: by hand, for a graph of its own takes three
    times as long."""
    filters, fan_in = len(weight), weight[0].numel()
    rows, factor = weight.reshape(1, filters, fan_in).contiguous(), fan_in**-0.5
    sizes, scale = (1, filters, fan_in, filters), gain * factor
    made, mean, rstd = torch.ops.aten.native_group_norm(rows, scale, None, *sizes, EPSILON)

    def vjp(grad: Tensor) -> tuple[Tensor, Tensor]:
        of_rows, of_scale, _ = torch.ops.aten.native_group_norm_backward(
            grad.reshape(rows.shape), rows, mean, rstd, scale, *sizes, (True, True, False)
        )
        return of_rows.view_as(weight), of_scale * factor

    return made.view_as(weight), vjp


def firing_probability(threshold: float) -> float:
    """The chance that a unit normal potential reaches the threshold: 0.31 at 0.5."""
    return 0.5 * math.erfc(threshold / math.sqrt(2.0))


def spike_gamma(threshold: float) -> float:
    """Brock's gamma for a spike, 1 / sqrt(p (1 - p)) with the firing probability p (2.16 at 0.5): a
    convolution of spikes with this gain has unit variance."""
    p = firing_probability(threshold)
    return (p * (1.0 - p)) ** -0.5


class _Scaled(nn.Conv2d):
    """A convolution whose weight is standardised at each call, with a learnable gain per output
    channel that starts at `gain`. It keeps the image's size, or divides it by the stride."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        groups: int = 1,
        bias: bool = True,
        gain: float = 1.0,
        **fire,
    ):
        padding = kernel_size // 2
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            groups=groups,
            bias=bias,
            **fire,
        )
        self.gain = nn.Parameter(torch.full((out_channels,), gain))

    make, make_vjp = staticmethod(standardise), staticmethod(standardise_vjp)

    def made_of(self, scale: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self.weight, self.gain if scale is None else self.gain * scale


class ScaledConv2d(_Scaled, Conv2d):
    """A convolution with standardised weights."""


class ScaledSpikeConv2d(_Scaled, SpikeConv2d):
    """A convolution of the spikes that a potential fires, with standardised weights."""
