"""T-RevSNN on one page (Figs. 1(b) and 3): the image is encoded once, its features are divided into
T groups, and T sub-networks, one per step, meet only at the turned-on neuron of each level (stage).

Axes: T time, B batch, C channels, H, W, K classes."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trevsnn_lite import reversible
from trevsnn_lite.blocks import BLOCKS
from trevsnn_lite.config import STEM_KERNELS, TRevSNNConfig
from trevsnn_lite.scaled_conv import ScaledConv2d, firing_probability, spike_gamma
from trevsnn_lite.shapes import check_images, check_states, level_shapes

SMALLEST_DECAY = 1 / 64  # a learnt decay stays in [this or its initial value, 1]: undoing divides
FEEDBACK_GAIN = (
    0.1  # of the paths from above at the start: an untrained level must not drown the image
)


class GroupedEncoder(nn.ModuleList):
    """Encode once, then T groups (Fig. 1(b)): convolutions of the image, whose channels are divided
    over the T steps. Strides 1 and 2 are one convolution; stride 4 is the released network's stem,
    7x7 and then 3x3, its channels divided after the first. The encoder multiplies real numbers, as
    `Up` does; every other convolution, or pair of them, meets spikes.

    Group t is computed inside step t, so that training never holds more than one group. For events,
    whose frames differ, group t is the encoder of frame t: nothing is encoded once."""

    def __init__(self, time_steps: int, in_channels: int, width: int, stride: int):
        def group() -> nn.Module:
            if stride < 4:
                return ScaledConv2d(in_channels, width, STEM_KERNELS[stride], stride=stride)
            divided = -(-width // time_steps)
            first = ScaledConv2d(in_channels, divided, 7, stride=2)
            return nn.Sequential(first, ScaledConv2d(divided, width, 3, stride=2))

        super().__init__(group() for _ in range(time_steps))

    def encode(self, images: Tensor) -> Tensor:
        """All groups of an image at once, as at inference: [B, in, H, W] -> [T, B, C, H', W']."""
        return torch.stack([group(images) for group in self])


class Down(ScaledConv2d):
    """Spikes of a level [B, C, H, W] -> current of the next: a 3x3 convolution of stride 2, or a
    1x1 one of stride 1 to the last level (Fig. 3)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 2):
        super().__init__(in_channels, out_channels, 3 if stride == 2 else 1, stride=stride)


class Up(nn.Module):
    """Potential of a higher level [B, C', H', W'] -> [B, C, H, W] of a lower one (Fig. 3): a 1x1
    convolution without bias, then nearest-neighbour upsampling.

    Linear, as the sum of potentials in Eq. (10) is, and zero for a potential at rest."""

    def __init__(self, in_channels: int, out_channels: int, gain: float):
        super().__init__()
        self.mix = ScaledConv2d(in_channels, out_channels, 1, bias=False, gain=gain)

    def forward(self, v: Tensor, size: tuple[int, int], decay: Tensor | float = 1.0) -> Tensor:
        """decay * mix(v), enlarged: multiplied where it is small."""
        return F.interpolate(decay * self.mix(v), size=size, mode="nearest")


class Level(nn.Module):
    """One level (stage) of one sub-network: what comes from below, turned-off blocks, and what
    comes down from `above`, the levels that feed back. shared: the same level of sub-network 0,
    whose weights that feed the turned-on neuron are this one's too."""

    def __init__(
        self, config: TRevSNNConfig, level: int, above: range, shared: "Level | None" = None
    ):
        super().__init__()
        self.blocks: nn.Sequential
        widths, width = config.widths, config.widths[level]
        stride = config.last_stride if level == len(widths) - 1 else 2
        self.down = Down(widths[level - 1], width, stride) if level else nn.Identity()
        names = ("kernel_size", "expansion", "threshold", "surrogate")
        block = {name: getattr(config, name) for name in names}
        turned_off = (
            BLOCKS[config.block](width, **block) for _ in range(config.blocks_per_level - 1)
        )
        last = BLOCKS[config.block](width, **block, shared=shared and shared.blocks[-1])
        self.blocks = nn.Sequential(*turned_off, last)
        self.ups = nn.ModuleDict({str(i): Up(widths[i], width, gain=FEEDBACK_GAIN) for i in above})

    def forward(self, below: Tensor, above: Sequence[Tensor], first: int, decays: Tensor) -> Tensor:
        """The current of Eq. (10): what the blocks make of the input from below, plus decay_i
        V^i[t] of the levels above that feed back. above: the old potentials of levels `first`,
        `first` + 1, ..."""
        current = self.blocks(self.down(below))
        for name, up in self.ups.items() if above else ():  # nothing comes down from rest
            i = int(name)
            current = current + up(above[i - first], current.shape[-2:], decays[i])
        return current


class ReadOut(nn.Module):
    """Spikes of the last level [B, C, H, W] -> logits [B, K]: a linear map of the firing rate over
    space, shifted and scaled to unit variance.

    The shift and the scale are those of independent unit normal potentials; they fold into the
    linear map, so that only additions of spikes remain."""

    def __init__(self, width: int, positions: int, num_classes: int, threshold: float):
        super().__init__()
        self.linear = nn.Linear(width, num_classes)
        self.rate = firing_probability(threshold)
        self.scale = spike_gamma(threshold) * positions**0.5

    def forward(self, spikes: Tensor) -> Tensor:
        return self.linear((spikes.mean((-2, -1)) - self.rate) * self.scale)


class TRevSNN(reversible.Cell):
    """T-RevSNN, by default the paper's. `memory` says what the forward pass keeps for the backward
    pass (see `reversible`); it changes no number that comes out.

    Raises ValueError for an unknown strategy, TypeError for a configuration of another network."""

    def __init__(self, config: TRevSNNConfig, memory: str = "taped", seed: int | None = None):
        super().__init__()
        if not isinstance(config, TRevSNNConfig):
            raise TypeError(
                f"config is a {type(config).__name__}, expected a TRevSNNConfig "
                "(trevsnn_lite.build makes the network of any preset)."
            )
        self.config, self.memory = config, reversible.check_memory(memory)
        self.steps, self.levels = config.time_steps, len(config.widths)
        self.threshold, self.surrogate = config.threshold, config.surrogate
        self.reset = config.reset
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            self.encoder = GroupedEncoder(
                config.time_steps, config.in_channels, config.widths[0], config.stem_stride
            )
            self.subnets = nn.ModuleList()
            for t in range(self.steps):
                levels = (self._level(t, level) for level in range(self.levels))
                self.subnets.append(nn.ModuleList(levels))
            width, height, columns = level_shapes(config)[-1]
            read_outs = self.steps if config.read_out == "every" else 1
            self.read_outs = nn.ModuleList(
                ReadOut(width, height * columns, config.num_classes, config.threshold)
                for _ in range(read_outs)
            )
        self.decay = nn.Parameter(torch.full((self.levels,), float(config.decay)))

    def _level(self, t: int, level: int) -> Level:
        shared = t > 0 and self.config.sharing == "turned-on"
        above = self.feeds(level) if t else range(0)  # at rest before step 0: nothing comes down
        return Level(self.config, level, above, self._at(0, level) if shared else None)

    def _at(self, t: int, level: int) -> Level:
        return cast(Level, cast(nn.ModuleList, self.subnets[t])[level])

    def forward(
        self, images: Tensor, states: Sequence[Tensor] | None = None, return_states: bool = False
    ):
        """images [B, C, H, W] -> logits [1, B, K] of the last step, or [T, B, K] where
        config.read_out is "every"; with return_states also V[T], one [B, C_l, H_l, W_l] per level.

        Where config.inputs is "frames", images are frames [T, B, C, H, W]. states: V[0] per level,
        all at rest if None; they leak into step 0, and nothing comes down from them. Raises
        ValueError or TypeError for what does not fit the configuration."""
        check_images(images, self.config, self.decay)
        if states is not None:
            check_states(states, images, self.config, self.decay.dtype)
        logits, finals = reversible.run(self, images, self.steps, states, self.memory)
        return (logits, finals) if return_states else logits

    def decide(self, logits: Tensor) -> Tensor:
        """The prediction [B, K] from the read-outs: their mean, taken after the loop over time."""
        return logits.mean(0)

    def decays(self) -> Tensor:
        """decay_l = 1 - 1/tau_l of each level, [L], kept where Eq. (10) can be undone; the gradient
        is that of the identity, so that a decay can leave the edge again."""
        bounded = self.decay.clamp(min(SMALLEST_DECAY, self.config.decay), 1.0)
        return self.decay + (bounded - self.decay).detach()

    def feeds(self, level: int) -> range:
        """The levels above whose old potentials enter this one."""
        reach = {"all-levels": self.levels, "next-level": level + 2, "none": level + 1}
        return range(level + 1, min(reach[self.config.feedback], self.levels))

    def update(
        self, t: int, level: int, x: Tensor, below: Tensor | None, above: tuple[Tensor, ...]
    ):
        """(decay, current) of step t: from group t of the encoded image or of frame t (level 0) or
        the spikes from below, and from above."""
        if level == 0:
            seen = x[t] if self.config.inputs == "frames" else x
            below = self.encoder[t](seen)
            below = below.contiguous(memory_format=torch.channels_last)  # 3 x faster on CPUs
        decays = self.decays()
        return decays[level], self._at(t, level)(below, above, level + 1, decays)

    def read_out(self, t: int, top: Tensor) -> Tensor | None:
        """The last level's potential [B, C, H, W] -> logits [B, K], from its spikes; None at a step
        that is not read."""
        if self.config.read_out == "last":
            return self.read_outs[0](self.fire(top)) if t == self.steps - 1 else None
        return self.read_outs[t](self.fire(top))
