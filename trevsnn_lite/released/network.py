"""The network of the authors' released code (BICLab/T-RevSNN, commit 3b75b37), as a cell of the
same engine: Eq. (10) with another `current`.

Built from a description, not from their code. What differs from the paper and from
`trevsnn.TRevSNN`: the whole image goes to every column, only the next
level feeds back, by spikes and before the blocks; decays are free numbers per channel and column;
BatchNorm stands between levels; two convolutions of each
level are shared by all columns; depthwise weights are not standardised; up to four heads read the
last level."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from trevsnn_lite import reversible
from trevsnn_lite.config import RELEASED_HEADS as HEADS
from trevsnn_lite.config import ReleasedConfig
from trevsnn_lite.convolution import Conv2d
from trevsnn_lite.scaled_conv import ScaledConv2d
from trevsnn_lite.spikes import spike

THRESHOLD = 0.5
SMALLEST_DECAY = 1e-3  # |alpha| is kept at least this large, for undoing divides by it


class _AwayFromZero(torch.autograd.Function):
    """alpha with |alpha| >= SMALLEST_DECAY and its sign; the gradient of the identity, so that a
    decay can leave the edge again."""

    @staticmethod
    def forward(ctx, alpha: Tensor) -> Tensor:
        return torch.copysign(alpha.abs().clamp_(min=SMALLEST_DECAY), alpha)

    @staticmethod
    def backward(ctx, grad: Tensor):
        return grad


class Block(nn.Module):
    """h + scale * DW(PW(Q(PW(DW(Q(h)))))), [B, C, H, W]; the second block of a level has no scale,
    and shares its last two convolutions over columns."""

    def __init__(self, channels: int, kernel_size: int, shared: tuple[nn.Module, nn.Module] | None):
        super().__init__()
        depthwise = {"kernel_size": kernel_size, "padding": kernel_size // 2, "groups": channels}
        self.depthwise_in = Conv2d(channels, channels, **depthwise)
        self.expand = ScaledConv2d(channels, 4 * channels, 1)
        self.project, self.depthwise_out = shared or (
            ScaledConv2d(4 * channels, channels, 1),
            Conv2d(channels, channels, **depthwise),
        )
        self.scale = None if shared else nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, h: Tensor, fire) -> Tensor:
        x = self.project(fire(self.expand(self.depthwise_in(fire(h)))))
        return h + self.depthwise_out(x, self.scale)


class Level(nn.Module):
    """One level of one column: what comes from below and from above, two blocks, and the decays of
    its turned-on neurons."""

    def __init__(
        self, config: ReleasedConfig, t: int, level: int, shared: tuple[nn.Module, nn.Module]
    ):
        super().__init__()
        width, widths = config.widths[level], config.widths
        kernel, stride = (1, 1) if level == 3 else (3, 2)
        self.down = (
            nn.Sequential(
                Conv2d(widths[level - 1], width, kernel, stride, kernel // 2, bias=False),
                nn.BatchNorm2d(width),
            )
            if level
            else None
        )
        self.up = (
            nn.Sequential(Conv2d(widths[level + 1], width, 1, bias=False), nn.BatchNorm2d(width))
            if t and level < 3
            else None
        )
        self.enlarge = 2 if level < 2 else 1
        self.blocks = nn.ModuleList(
            [Block(width, config.kernel_size, None), Block(width, config.kernel_size, shared)]
        )
        self.alpha = nn.Parameter(torch.full((width, 1, 1), 0.5))

    def forward(self, below: Tensor, above: Tensor | None, fire) -> Tensor:
        h = below if self.down is None else self.down(below)
        if above is not None:
            h = h + F.interpolate(
                self.up(fire(above)), scale_factor=float(self.enlarge), mode="nearest"
            )
        for block in self.blocks:
            h = block(h, fire)
        return h


class ReleasedTRevSNN(nn.Module):
    """images [B, 3, H, W], H and W multiples of 16 -> logits [heads, B, K]; the last head is the
    prediction, the others are for training.

    `memory` as in `TRevSNN`. A `Cell` of `reversible.run`."""

    threshold, reset, levels, codes_spikes = THRESHOLD, "none", 4, True

    def __init__(self, config: ReleasedConfig, memory: str = "taped", seed: int | None = None):
        super().__init__()
        if memory not in reversible.MEMORY_STRATEGIES:
            raise ValueError(
                f"memory is {memory!r}, expected one of {', '.join(reversible.MEMORY_STRATEGIES)}."
            )
        self.config, self.memory, self.steps = config, memory, config.time_steps
        self.sizes = [width * positions for width, positions in zip(config.widths, (16, 4, 1, 1))]
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            width, classes = config.widths[0], config.num_classes
            self.stem = nn.Sequential(
                ScaledConv2d(config.in_channels, width, 7, stride=2),
                ScaledConv2d(width, width, 3, stride=2),
            )
            self.stem[
                1
                # torch's own saves its input before it computes: a checkpoint that computes the stem
                # again stops there
            ].plain = True
            shared = [_shared(width, config.kernel_size) for width in config.widths]
            self.subnets = nn.ModuleList(
                nn.ModuleList(Level(config, t, level, shared[level]) for level in range(4))
                for t in range(self.steps)
            )
            early = (
                [ScaledConv2d(config.widths[-1], classes, 1) for _ in range(HEADS - 1)]
                if config.deep_supervision
                else []
            )
            last = nn.Sequential(
                ScaledConv2d(config.widths[-1], classes, 1), ScaledConv2d(classes, classes, 1)
            )
            self.heads = nn.ModuleList([*early, last])
            for name, parameter in self.named_parameters():
                if "depthwise" in name and name.endswith("weight"):
                    nn.init.trunc_normal_(parameter, std=0.02)
                elif "depthwise" in name:
                    nn.init.zeros_(parameter)
        self.used_at = {
            (t, level): self._used_at(t, level) for t in range(self.steps) for level in range(5)
        }

    def forward(self, images: Tensor, return_states: bool = False):
        """Logits [heads, B, K] of the heads that read; with return_states also the four final
        potentials."""
        if (
            images.dim() != 4
            or images.shape[1] != self.config.in_channels
            or images.shape[-2] % 16
            or images.shape[-1] % 16
            or images.numel() == 0
        ):
            raise ValueError(
                f"images has the shape {list(images.shape)}, expected [B, "
                f"{self.config.in_channels}, H, W] with H and W multiples of 16."
            )
        encoded = (
            self.encode(images)
            if self.memory == "store"
            else checkpoint(self.encode, images, use_reentrant=False, preserve_rng_state=False)
        )
        logits, finals = reversible.run(self, encoded, None, self.memory)
        return (logits, finals) if return_states else logits

    def encode(self, images: Tensor) -> Tensor:
        """What all columns see, [B, C_0, H / 4, W / 4]."""
        return self.stem(
            images.contiguous(memory_format=torch.channels_last)
        )  # 3 x faster depthwise on CPUs

    def decide(self, logits: Tensor) -> Tensor:
        """The prediction [B, K] from the heads [heads, B, K]: the last head."""
        return logits[-1]

    def fire(self, u: Tensor) -> Tensor:
        """Q: 1 where u >= 0.5; in evaluation 0 at 0.5 itself, for there the released code rounds
        half to even."""
        spikes = spike(u, THRESHOLD, remember=True)
        return spikes if self.training else spikes * (u != THRESHOLD)

    spikes = fire

    def after_reset(self, v: Tensor) -> Tensor:
        return v

    def leak(self, t: int, level: int) -> Tensor:
        """alpha of this level's channels in column t, [C, 1, 1], with its sign, kept away from
        zero."""
        return _AwayFromZero.apply(self.subnets[t][level].alpha)

    def feeds(self, level: int) -> range:
        return range(level + 1, min(level + 2, 4))

    def current(
        self, t: int, level: int, inputs: Tensor, below: Tensor | None, above: Sequence[Tensor]
    ) -> Tensor:
        return self.subnets[t][level](
            below if level else inputs, above[0] if above else None, self.fire
        )

    def read_out(self, t: int, top: Tensor) -> Tensor | None:
        """Spatial mean of the last potential, or of its spikes for the last head -> logits [B, K]."""
        if t not in self.config.read_steps:
            return None
        index = (
            self.config.read_steps.index(t) if self.config.deep_supervision else len(self.heads) - 1
        )
        seen = self.fire(top) if index == len(self.heads) - 1 else top
        return self.heads[index](seen.mean((-2, -1), keepdim=True)).flatten(1)

    def parameters_of(self, t: int, level: int) -> list[nn.Parameter]:
        return self.used_at[t, level]

    def _used_at(self, t: int, level: int) -> list[nn.Parameter]:
        if level < 4:
            return list(self.subnets[t][level].parameters())
        return list(self.heads.parameters()) if t in self.config.read_steps else []


def _shared(width: int, kernel_size: int) -> tuple[ScaledConv2d, Conv2d]:
    """The two convolutions of one level that all columns share."""
    return ScaledConv2d(4 * width, width, 1), Conv2d(
        width, width, kernel_size, padding=kernel_size // 2, groups=width
    )
