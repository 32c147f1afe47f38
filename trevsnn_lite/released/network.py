"""The network of the authors' released code (BICLab/T-RevSNN, commit 3b75b37), as a cell of the
same engine: Eq. (10) with another current.

Built from a description, not from their code. It shares weights and feeds back as the paper does.
What differs from the paper and from `trevsnn.TRevSNN`: the whole image goes to every column; what
comes down are spikes, before the blocks; decays are free numbers per channel and column; BatchNorm
stands between levels; depthwise weights are not standardised; up to four heads read the last
level."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from trevsnn_lite import reversible
from trevsnn_lite.released.config import HEADS, ReleasedConfig
from trevsnn_lite.scaled_conv import ScaledConv2d, ScaledSpikeConv2d
from trevsnn_lite.shapes import check_values
from trevsnn_lite.spike_conv import Conv2d, SpikeConv2d
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


class RoundsHalfToEven:
    """Q: 1 where u >= 0.5; in evaluation 0 at 0.5 itself, for there the released code rounds."""

    @property
    def strict(self) -> bool:
        return not self.training

    @strict.setter
    def strict(self, value: bool):
        """What the constructor of SpikeConv2d says does not count."""


class QConv2d(RoundsHalfToEven, SpikeConv2d):
    """A convolution of Q(u)."""


class ScaledQConv2d(RoundsHalfToEven, ScaledSpikeConv2d):
    """A convolution of Q(u), with standardised weights."""


class Block(nn.Module):
    """h + scale * DW(PW(Q(PW(DW(Q(h)))))), [B, C, H, W]; the second block of a level has no scale,
    and shares its last two convolutions over columns."""

    def __init__(self, channels: int, kernel_size: int, shared: tuple[nn.Module, nn.Module] | None):
        super().__init__()
        self.depthwise_in = _depthwise(QConv2d, channels, kernel_size)
        self.expand = ScaledConv2d(channels, 4 * channels, 1)
        self.project, self.depthwise_out = shared or second_half(channels, kernel_size)
        self.scale = None if shared else nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, h: Tensor) -> Tensor:
        hidden = self.expand(self.depthwise_in(h))
        return h + self.depthwise_out(self.project(hidden), self.scale)


def second_half(channels: int, kernel_size: int) -> tuple[nn.Module, nn.Module]:
    """The last two convolutions of a block."""
    return ScaledQConv2d(4 * channels, channels, 1), _depthwise(Conv2d, channels, kernel_size)


def _depthwise(kind: type, channels: int, kernel_size: int) -> nn.Conv2d:
    return kind(channels, channels, kernel_size, padding=kernel_size // 2, groups=channels)


class Level(nn.Module):
    """One level of one column: what comes from below and from above, two blocks, and the decays of
    its turned-on neurons."""

    def __init__(
        self, config: ReleasedConfig, t: int, level: int, shared: tuple[nn.Module, nn.Module]
    ):
        super().__init__()
        width, widths = config.widths[level], config.widths
        kernel, stride = (1, 1) if level == 3 else (3, 2)
        self.down = self.up = None
        if level:
            down = Conv2d(widths[level - 1], width, kernel, stride, kernel // 2, bias=False)
            self.down = nn.Sequential(down, nn.BatchNorm2d(width))
        if t and level < 3:
            up = QConv2d(widths[level + 1], width, 1, bias=False)
            self.up = nn.Sequential(up, nn.BatchNorm2d(width))
        self.enlarge = 2.0 if level < 2 else 1.0
        first = Block(width, config.kernel_size, None)
        self.blocks = nn.ModuleList([first, Block(width, config.kernel_size, shared)])
        self.alpha = nn.Parameter(torch.full((width, 1, 1), 0.5))

    def forward(self, below: Tensor, above: Tensor | None) -> Tensor:
        h = below if self.down is None else self.down(below)
        if above is not None and self.up is not None:
            h = h + F.interpolate(self.up(above), scale_factor=self.enlarge, mode="nearest")
        for block in self.blocks:
            h = block(h)
        return h


class ReleasedTRevSNN(reversible.Cell):
    """images [B, 3, H, W], H and W multiples of 16 -> logits [heads, B, K]; the last head is the
    prediction, the others are for training. `memory` as in `TRevSNN`."""

    threshold, reset, levels = THRESHOLD, "none", 4

    def __init__(self, config: ReleasedConfig, memory: str = "taped", seed: int | None = None):
        super().__init__()
        if not isinstance(config, ReleasedConfig):
            raise TypeError(
                f"config is a {type(config).__name__}, expected a ReleasedConfig "
                "(trevsnn_lite.build makes the network of any preset)."
            )
        self.config, self.memory = config, reversible.check_memory(memory)
        self.steps = config.time_steps
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            width, classes = config.widths[0], config.num_classes
            self.stem = nn.Sequential(
                ScaledConv2d(config.in_channels, width, 7, stride=2),
                ScaledConv2d(width, width, 3, stride=2),
            )
            shared = [second_half(width, config.kernel_size) for width in config.widths]
            self.subnets = nn.ModuleList(
                nn.ModuleList(Level(config, t, level, shared[level]) for level in range(4))
                for t in range(self.steps)
            )
            early = HEADS - 1 if config.deep_supervision else 0
            heads = [ScaledConv2d(config.widths[-1], classes, 1) for _ in range(early + 1)]
            heads[-1] = nn.Sequential(heads[-1], ScaledConv2d(classes, classes, 1))
            self.heads = nn.ModuleList(heads)
            for name, parameter in self.named_parameters():
                if "depthwise" in name and name.endswith("weight"):
                    nn.init.normal_(parameter, std=0.02)
                elif "depthwise" in name:
                    nn.init.zeros_(parameter)

    def forward(self, images: Tensor, return_states: bool = False):
        """Logits [heads, B, K] of the heads that read; with return_states also the four final
        potentials. Raises ValueError or TypeError for images that do not fit."""
        self._check(images)
        encoded = self._encode_once(images)
        logits, finals = reversible.run(self, encoded, self.steps, None, self.memory)
        return (logits, finals) if return_states else logits

    def _check(self, images: Tensor) -> None:
        channels = self.config.in_channels
        wanted = f"[B, {channels}, H, W] with H and W multiples of 16"
        if not isinstance(images, Tensor):
            raise TypeError(
                f"images is a {type(images).__name__}, expected a torch.Tensor {wanted}."
            )
        shape = list(images.shape)
        fits = len(shape) == 4 and shape[1] == channels and images.numel() > 0
        if not fits or shape[2] % 16 or shape[3] % 16:
            raise ValueError(f"images has the shape {shape}, expected {wanted}.")
        check_values(images, self.stem[0].weight)
        if self.training and shape[0] * shape[2] * shape[3] == 256:
            raise ValueError(
                f"images has the shape {shape}, one value a channel for BatchNorm in the last "
                "levels: expected two images or larger ones in training, or net.eval()."
            )

    def _encode_once(self, images: Tensor) -> Tensor:
        if self.memory == "store":
            return self.encode(images)
        return checkpoint(self.encode, images, use_reentrant=False, preserve_rng_state=False)

    def encode(self, images: Tensor) -> Tensor:
        """What all columns see, [B, C_0, H / 4, W / 4]."""
        return self.stem(images.contiguous(memory_format=torch.channels_last))  # faster on CPUs

    def decide(self, logits: Tensor) -> Tensor:
        """The prediction [B, K] from the heads [heads, B, K]: the last head."""
        return logits[-1]

    def fire(self, v: Tensor) -> Tensor:
        """Q(v)."""
        spikes = spike(v, THRESHOLD)
        return spikes if self.training else spikes * (v != THRESHOLD)

    def update(
        self, t: int, level: int, x: Tensor, below: Tensor | None, above: tuple[Tensor, ...]
    ):
        """(alpha of this level's channels in column t, [C, 1, 1], kept away from zero; current)."""
        column = self.subnets[t][level]
        current = column(below if level else x, above[0] if above else None)
        return _AwayFromZero.apply(column.alpha), current

    def read_out(self, t: int, top: Tensor) -> Tensor | None:
        """Spatial mean of the last potential, or of its spikes for the last head -> logits
        [B, K]."""
        if t not in self.config.read_steps:
            return None
        last = len(self.heads) - 1
        index = self.config.read_steps.index(t) if self.config.deep_supervision else last
        seen = self.fire(top) if index == last else top
        return self.heads[index](seen.mean((-2, -1), keepdim=True)).flatten(1)
