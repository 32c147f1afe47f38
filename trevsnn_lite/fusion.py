"""Fusion between levels (Fig. 3): `Down` takes a level's spikes to the next level's shape, `Up`
takes a higher level's potential to a lower level's."""

from torch import Tensor, nn
from torch.nn import functional as F

from trevsnn_lite.scaled_conv import ScaledConv2d


class Down(ScaledConv2d):
    """Spikes [B, C, H, W] -> current [B, C', ceil(H / 2), ceil(W / 2)], by a 3x3 convolution of
    stride 2."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__(in_channels, out_channels, 3, stride=2)


class Up(nn.Module):
    """Potential [B, C', H', W'] -> [B, C, H, W]: a 1x1 convolution without bias, then
    nearest-neighbour upsampling.

    Linear, as the sum of potentials in Eq. (10) is, and zero for a potential at rest."""

    def __init__(self, in_channels: int, out_channels: int, gain: float):
        super().__init__()
        self.mix = ScaledConv2d(in_channels, out_channels, 1, bias=False, gain=gain)

    def forward(self, v: Tensor, size: tuple[int, int], decay: Tensor | float = 1.0) -> Tensor:
        """decay * mix(v), enlarged: multiplied where it is small."""
        return F.interpolate(decay * self.mix(v), size=size, mode="nearest")
