"""The basic block (Fig. 4): ConvNeXt's depthwise and pointwise convolutions between spikes, ReZero
and the membrane shortcut.

    U' = U + alpha * DW(PW(S(PW(DW(S(U))))))      S: turned-off neurons, Eq. (6); DW: depthwise; PW: pointwise, C -> 4C -> C

Table 6 takes MS-ResNet's block in its place: U' = U + alpha * conv(S(conv(S(U)))), two dense
convolutions."""

import torch
from torch import Tensor, nn

from trevsnn_lite.neurons import turned_off
from trevsnn_lite.scaled_conv import ScaledConv2d


class BasicBlock(nn.Module):
    """Potentials in, potentials out, [B, C, H, W]. The shortcut adds potentials (Hu et al., 2024);
    every spike meets a convolution.

    ReZero (Bachlechner et al., 2021) scales the residual branch by alpha, 0 at the start, so that a
    new block is the identity."""

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: int = 5,
        expansion: int = 4,
        threshold: float = 0.5,
        surrogate: str = "rectangle",
    ):
        super().__init__()
        hidden = expansion * channels
        self.threshold, self.surrogate = threshold, surrogate
        self.depthwise_in = ScaledConv2d(
            channels, channels, kernel_size, groups=channels, bias=False
        )
        self.expand = ScaledConv2d(channels, hidden, 1)
        self.project = ScaledConv2d(hidden, channels, 1, bias=False)
        self.depthwise_out = ScaledConv2d(channels, channels, kernel_size, groups=channels)
        self.alpha = nn.Parameter(torch.zeros(()))

    def branch(self, u: Tensor) -> Tensor:
        """The residual branch F of U + alpha * F(U)."""
        hidden = self.expand(self.depthwise_in(turned_off(u, self.threshold, self.surrogate)))
        return self.depthwise_out(self.project(turned_off(hidden, self.threshold, self.surrogate)))

    def forward(self, u: Tensor) -> Tensor:
        return u + self.alpha * self.branch(u)


class MSResNetBlock(nn.Module):
    """MS-ResNet's block (Hu et al., 2024) of turned-off neurons, as Table 6 has it under temporal
    reversibility: potentials in, potentials out, [B, C, H, W].

    Both convolutions meet spikes alone. Scaled weights and ReZero stand in for BatchNorm, whose
    second one starts at 0 in MS-ResNet: the same identity."""

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: int = 3,
        expansion: int = 1,
        threshold: float = 0.5,
        surrogate: str = "rectangle",
    ):
        super().__init__()
        hidden = expansion * channels
        self.threshold, self.surrogate = threshold, surrogate
        self.first = ScaledConv2d(channels, hidden, kernel_size)
        self.second = ScaledConv2d(hidden, channels, kernel_size)
        self.alpha = nn.Parameter(torch.zeros(()))

    def branch(self, u: Tensor) -> Tensor:
        """The residual branch F of U + alpha * F(U)."""
        hidden = self.first(turned_off(u, self.threshold, self.surrogate))
        return self.second(turned_off(hidden, self.threshold, self.surrogate))

    def forward(self, u: Tensor) -> Tensor:
        return u + self.alpha * self.branch(u)


BLOCKS = {"convnext": BasicBlock, "ms-resnet": MSResNetBlock}
