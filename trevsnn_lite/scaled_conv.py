"""Scaled weight standardisation (Brock, De and Smith, 2021), the paper's "proper normalisation" of weights in a network without BatchNorm."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPSILON = 1e-6  # added to the variance, so that a filter of equal weights does not divide by zero


def standardise(weight: Tensor, gain: Tensor, gamma: float = 1.0) -> Tensor:
    """W^ = gain * gamma * (W - mean) / sqrt((var + eps) * N), with mean, variance (biased) and fan-in N of each output channel.

    weight: [out, in / groups, kH, kW]; gain: [out]. An input of independent, unit-variance entries leaves with variance (gain * gamma)^2.
    One batch_norm call does it: the filters are its channels, their entries its batch (the trick, not the code, is timm's)."""
    fan_in = weight[0].numel()
    flat = weight.reshape(1, weight.shape[0], fan_in)
    return F.batch_norm(flat, None, None, gain * (gamma * fan_in**-0.5), training=True, eps=EPSILON).view_as(weight)


def firing_probability(threshold: float) -> float:
    """The chance that a unit normal potential reaches the threshold: 0.31 at 0.5."""
    return 0.5 * math.erfc(threshold / math.sqrt(2.0))


def spike_gamma(threshold: float) -> float:
    """Brock's gamma for a spike, 1 / sqrt(p (1 - p)) with the firing probability p (2.16 at 0.5): a convolution of spikes with this gain has unit variance."""
    p = firing_probability(threshold)
    return (p * (1.0 - p)) ** -0.5


class ScaledConv2d(nn.Conv2d):
    """A convolution whose weight is standardised at each call, with a learnable gain per output channel that starts at `gain`."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, *, stride: int = 1, groups: int = 1, bias: bool = True, gain: float = 1.0):
        super().__init__(in_channels, out_channels, kernel_size, stride=stride, padding=kernel_size // 2, groups=groups, bias=bias)
        self.gain = nn.Parameter(torch.full((out_channels,), gain))

    def effective_weight(self) -> Tensor:
        """The standardised weight that the convolution uses: what is left after folding, [out, in / groups, kH, kW]."""
        return standardise(self.weight, self.gain)

    def forward(self, x: Tensor) -> Tensor:
        """x: [B, in, H, W] -> [B, out, ceil(H / stride), ceil(W / stride)]."""
        return self._conv_forward(x, self.effective_weight(), self.bias)
