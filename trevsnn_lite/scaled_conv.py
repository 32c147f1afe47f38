"""Scaled weight standardisation (Brock, De and Smith, 2021), the paper's "proper normalisation" of
weights in a network without BatchNorm."""

import math
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trevsnn_lite.convolution import Conv2d, Remake

EPSILON = 1e-6  # added to the variance, so that a filter of equal weights does not divide by zero
LARGE = (
    2**14
    # weights from which batch_norm, which takes them one after another on CPUs, is slower than a mean
    # and a norm, and made again rather than kept
)


def standardise(weight: Tensor, gain: Tensor, gamma: float = 1.0) -> Tensor:
    """W^ = gain * gamma * (W - mean) / sqrt((var + eps) * N), with mean, variance (biased) and
    fan-in N of each output channel.

    weight: [out, in / groups, kH, kW]; gain: [out]. An input of independent, unit-variance entries
    leaves with variance (gain * gamma)^2."""
    # One batch of batch_norm, whose channels are the filters and whose entries theirs (the trick,
    # not the code, is timm's).
    fan_in = weight[0].numel()
    factor = gamma * fan_in**-0.5
    if not weight.is_cpu or weight.numel() < LARGE or torch.compiler.is_compiling():
        return F.batch_norm(
            weight.flatten(1).unsqueeze(0), None, None, gain * factor, training=True, eps=EPSILON
        ).view_as(weight)
    standardised, mean, inverse = _Standardise.apply(weight, gain, factor)
    standardised.remake = Remake(partial(_again, factor), (weight, gain, mean, inverse))
    return standardised


def _again(factor: float, weight: Tensor, gain: Tensor, mean: Tensor, inverse: Tensor) -> Tensor:
    """The standardised weight, for a backward pass; from the beginning where that is differentiated
    itself."""
    if torch.is_grad_enabled():
        return _Standardise.apply(weight, gain, factor)[0]
    return _scaled_(weight.flatten(1) - mean.unsqueeze(1), gain * factor, inverse).view_as(weight)


def _scaled_(centred: Tensor, scale: Tensor, inverse: Tensor) -> Tensor:
    return centred.mul_((inverse * scale).unsqueeze(1))


class _Standardise(torch.autograd.Function):
    """The batch_norm call of `standardise` with a forward pass of more, but vectorised, operations;
    the backward pass is batch_norm's own.

    Also gives the mean and 1 / sqrt(var + eps) of each output channel, [out], without a graph."""

    @staticmethod
    def forward(ctx, weight: Tensor, gain: Tensor, factor: float) -> tuple[Tensor, Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        flat = weight.flatten(1)
        mean = flat.mean(1)
        centred = flat - mean.unsqueeze(1)
        inverse = (
            torch.linalg.vector_norm(centred, dim=1)
            .square_()
            .div_(flat.shape[1])
            .add_(EPSILON)
            .rsqrt_()
        )
        scale = gain * factor
        ctx.save_for_backward(weight, scale, mean, inverse)
        ctx.factor = factor
        ctx.mark_non_differentiable(mean, inverse)
        return _scaled_(centred, scale, inverse).view_as(weight), mean, inverse

    @staticmethod
    def backward(ctx, grad: Tensor, *_):
        weight, scale, mean, inverse = ctx.saved_tensors
        wanted = (ctx.needs_input_grad[0], ctx.needs_input_grad[1], False)
        of_weight, of_scale, _ = torch.ops.aten.native_batch_norm_backward(
            grad.flatten(1).unsqueeze(0),
            weight.flatten(1).unsqueeze(0),
            scale,
            None,
            None,
            mean,
            inverse,
            True,
            EPSILON,
            wanted,
        )
        return (
            of_weight.view_as(weight) if wanted[0] else None,
            of_scale * ctx.factor if wanted[1] else None,
            None,
        )


def firing_probability(threshold: float) -> float:
    """The chance that a unit normal potential reaches the threshold: 0.31 at 0.5."""
    return 0.5 * math.erfc(threshold / math.sqrt(2.0))


def spike_gamma(threshold: float) -> float:
    """Brock's gamma for a spike, 1 / sqrt(p (1 - p)) with the firing probability p (2.16 at 0.5): a
    convolution of spikes with this gain has unit variance."""
    p = firing_probability(threshold)
    return (p * (1.0 - p)) ** -0.5


class ScaledConv2d(Conv2d):
    """A convolution whose weight is standardised at each call, with a learnable gain per output
    channel that starts at `gain`."""

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
    ):
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2,
            groups=groups,
            bias=bias,
        )
        self.gain = nn.Parameter(torch.full((out_channels,), gain))

    def effective_weight(self) -> Tensor:
        """The standardised weight that the convolution uses: what is left after folding, [out, in /
        groups, kH, kW]."""
        return standardise(self.weight, self.gain)

    def forward(self, x: Tensor) -> Tensor:
        """x: [B, in, H, W] -> [B, out, ceil(H / stride), ceil(W / stride)]."""
        return self._conv_forward(x, self.effective_weight(), self.bias)
