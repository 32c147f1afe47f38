"""S-RevSNN (Zhang and Zhang, AAAI 2024; arXiv 2312.07922): a spiking network that is reversible
over depth, the column "S-RevSNN" of Table 1.

Its activations [T, B, C, H, W] are split on channels: y1 = x1 + F(x2), y2 = x2 + G(y1), with F, G =
SN-conv-BN-SN-conv-BN over all T. Kept for the backward
pass: each stage's output. So training memory does not grow with depth, but does with T; its work is
still O(L T), of which the forward half is done twice."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from trevsnn_lite.baselines import reversible_depth
from trevsnn_lite.baselines.reversible_depth import MEMORY_STRATEGIES, Coupling
from trevsnn_lite.baselines.spiking_config import SpikingConfig, check_config
from trevsnn_lite.baselines.stepwise import Neurons, as_frames, check_batch


@dataclass(frozen=True)
class SRevSNNConfig(SpikingConfig):
    """An S-RevSNN. Raises ValueError, naming the field, for a value that makes no network."""

    exact: bool = True
    """Sums on a grid, so that undoing is exact (`reversible_depth`); False: plain float sums, as
    published."""

    def __post_init__(self):
        super().__post_init__()
        if any(width % 2 for width in self.widths):
            raise ValueError(
                f"widths is {self.widths!r}, expected even numbers of channels, to be halved."
            )


class SpikesConvNorm(nn.Module):
    """SN-conv-BN: potentials [T, B, C, H, W] -> [T, B, C', ceil(H / stride), ceil(W / stride)].

    The neurons start at rest at each call, so that it is a function of its input; BatchNorm's
    statistics are over T, batch and space, as tdBN's."""

    def __init__(self, config: SpikingConfig, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.neuron = config.neuron
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        nn.init.constant_(self.norm.weight, config.threshold)

    def forward(self, x: Tensor) -> Tensor:
        spikes = fire(x, self.neuron)
        return self.norm(self.conv(spikes.flatten(0, 1))).unflatten(0, x.shape[:2])


def fire(currents: Tensor, neuron: dict) -> Tensor:
    """All T steps of LIF neurons that start at rest: currents [T, ...] -> spikes [T, ...]."""
    states, spikes = None, []
    for x in currents:
        neurons = Neurons(states, **neuron)
        spikes.append(neurons(x))
        states = neurons.new
    return torch.stack(spikes)


class SRevSNN(nn.Module):
    """Stem, stages of reversible blocks with a downsampling SN-conv-BN between them, mean over
    space, linear read-out.

    `memory`: "reversible" keeps each stage's output, "store" is plain autograd; it changes no
    number that comes out."""

    def __init__(self, config: SRevSNNConfig, memory: str = "reversible", seed: int | None = None):
        super().__init__()
        check_config(config, SRevSNNConfig)
        if memory not in MEMORY_STRATEGIES:
            raise ValueError(
                f"memory is {memory!r}, expected one of {', '.join(MEMORY_STRATEGIES)}."
            )
        self.config, self.memory = config, memory
        widths = config.widths
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            self.stem = nn.Sequential(
                nn.Conv2d(config.in_channels, widths[0], 3, padding=1, bias=False),
                nn.BatchNorm2d(widths[0]),
            )
            self.downs = nn.ModuleList(
                SpikesConvNorm(config, narrow, wide, stride=2) for narrow, wide in pairwise(widths)
            )
            self.stages = nn.ModuleList(
                nn.ModuleList(
                    Coupling(self._branch(width // 2), self._branch(width // 2))
                    for _ in range(config.blocks_per_stage)
                )
                for width in widths
            )
            self.read_out = nn.Linear(widths[-1], config.num_classes)

    def _branch(self, channels: int) -> nn.Sequential:
        """F or G, on half of the channels."""
        return nn.Sequential(
            SpikesConvNorm(self.config, channels, channels),
            SpikesConvNorm(self.config, channels, channels),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, C, H, W], shown at each step, or frames [T, B, C, H, W] -> logits [T, B, K].

        Raises ValueError or TypeError for images that do not fit the configuration."""
        frames = as_frames(images, self.config, self.read_out.weight)
        if self.training:
            shown = 1 if frames.stride(0) == 0 else len(frames)  # the stem sees an image once
            smallest = -(-self.config.image_size // 2 ** (len(self.config.widths) - 1))
            at_stem = shown * frames.shape[1] * self.config.image_size**2
            check_batch(min(at_stem, len(frames) * frames.shape[1] * smallest**2), images)
        x = self._encode(frames)
        for level, stage in enumerate(self.stages):
            x = self.downs[level - 1](x) if level else x
            x = reversible_depth.run(
                stage,
                x.to(self.read_out.weight.dtype),
                dim=2,
                memory=self.memory,
                exact=self.config.exact,
            )
        return self.read_out(fire(x, self.config.neuron).mean((-2, -1)))

    def _encode(self, frames: Tensor) -> Tensor:
        """The stem, once for an image shown T times: [T, B, in, H, W] -> [T, B, C, H, W]."""
        if frames.stride(0) == 0:
            encoded = self.stem(frames[0])
            return encoded.expand(len(frames), *encoded.shape)
        return self.stem(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])
