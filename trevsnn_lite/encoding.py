"""Encode once, then T groups (Fig. 1(b)): one convolution of the image whose output channels are
split over the T sub-networks.

Group t is computed inside step t, so that training never holds more than one group; together the
groups are the one convolution. For events, whose
frames differ from step to step, the same groups are a stem per step: group t sees frame t alone,
nothing is encoded once, and no cost is saved."""

import torch
from torch import Tensor, nn

from trevsnn_lite.scaled_conv import ScaledConv2d

STEM_KERNELS = {1: 3, 2: 5, 4: 7}


class GroupedEncoder(nn.ModuleList):
    """T groups of `width` output channels of one strided convolution. It multiplies real numbers,
    as `fusion.Up` and the second half of
    each depthwise-pointwise pair do; every other convolution meets spikes."""

    def __init__(self, time_steps: int, in_channels: int, width: int, stride: int):
        super().__init__(
            ScaledConv2d(in_channels, width, STEM_KERNELS[stride], stride=stride)
            for _ in range(time_steps)
        )

    def encode(self, images: Tensor) -> Tensor:
        """All groups of an image at once, as at inference: [B, in, H, W] -> [T, B, width, H /
        stride, W / stride]."""
        weight = torch.cat([group.effective_weight() for group in self])
        bias = torch.cat([group.bias for group in self])
        first = self[0]
        encoded = nn.functional.conv2d(images, weight, bias, first.stride, first.padding)
        return encoded.unflatten(1, (len(self), -1)).movedim(1, 0)
