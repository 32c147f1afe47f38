"""The basic block (Fig. 4): ConvNeXt's depthwise and pointwise convolutions between spikes, ReZero
and the membrane shortcut.

    U' = U + alpha * DW(PW(S(PW(DW(S(U))))))     S: turned-off neurons, Eq. (6); DW: depthwise;
                                                 PW: pointwise, C -> 4C -> C

Table 6 takes MS-ResNet's block in its place: U' = U + alpha * conv(S(conv(S(U)))), of two dense
convolutions. alpha goes into the weights of the last convolution, as it does at inference."""

from typing import Any

import torch
from torch import Tensor, nn

from trevsnn_lite.scaled_conv import ScaledConv2d, ScaledSpikeConv2d


class BasicBlock(nn.Module):
    """Potentials in, potentials out, [B, C, H, W]. The shortcut adds potentials (Hu et al., 2024);
    every spike meets a convolution.

    ReZero (Bachlechner et al., 2021) scales the residual branch by alpha, 0 at the start, so that a
    new block is the identity. shared: a block whose second half (project, depthwise_out, alpha) is
    this one's too: the weights that feed a turned-on neuron."""

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: int = 5,
        expansion: int = 4,
        threshold: float = 0.5,
        surrogate: str = "rectangle",
        shared: "BasicBlock | None" = None,
    ):
        super().__init__()
        hidden = expansion * channels
        fire: dict[str, Any] = {"threshold": threshold, "surrogate": surrogate}
        depthwise: dict[str, Any] = {"kernel_size": kernel_size, "groups": channels}
        self.threshold, self.surrogate = threshold, surrogate
        self.depthwise_in = ScaledSpikeConv2d(channels, channels, **depthwise, bias=False, **fire)
        self.expand = ScaledConv2d(channels, hidden, 1)
        if shared is None:
            self.project = ScaledSpikeConv2d(hidden, channels, 1, bias=False, **fire)
            self.depthwise_out = ScaledConv2d(channels, channels, **depthwise)
            self.alpha = nn.Parameter(torch.zeros(()))
        else:
            self.project, self.depthwise_out = shared.project, shared.depthwise_out
            self.alpha = shared.alpha

    def branch(self, u: Tensor, scale: Tensor | None = None) -> Tensor:
        """The residual branch F of U + alpha * F(U), or scale * F(U)."""
        hidden = self.expand(self.depthwise_in(u))
        return self.depthwise_out(self.project(hidden), scale)

    def forward(self, u: Tensor) -> Tensor:
        return u + self.branch(u, self.alpha)


class MSResNetBlock(nn.Module):
    """MS-ResNet's block (Hu et al., 2024) of turned-off neurons, as Table 6 has it under temporal
    reversibility: potentials in, potentials out, [B, C, H, W]. shared: a block whose second
    convolution and alpha are this one's too.

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
        shared: "MSResNetBlock | None" = None,
    ):
        super().__init__()
        hidden = expansion * channels
        fire: dict[str, Any] = {"threshold": threshold, "surrogate": surrogate}
        self.threshold, self.surrogate = threshold, surrogate
        self.first = ScaledSpikeConv2d(channels, hidden, kernel_size, **fire)
        if shared is None:
            self.second = ScaledSpikeConv2d(hidden, channels, kernel_size, **fire)
            self.alpha = nn.Parameter(torch.zeros(()))
        else:
            self.second, self.alpha = shared.second, shared.alpha

    def branch(self, u: Tensor, scale: Tensor | None = None) -> Tensor:
        """The residual branch F of U + alpha * F(U), or scale * F(U)."""
        return self.second(self.first(u), scale)

    def forward(self, u: Tensor) -> Tensor:
        return u + self.branch(u, self.alpha)


BLOCKS = {"convnext": BasicBlock, "ms-resnet": MSResNetBlock}
