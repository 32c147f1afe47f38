"""T-RevSNN for images and for events: the encoder's T groups, T sub-networks that meet only at the
turned-on neuron of each level, and T read-outs
(Figs. 1(b), 3)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trevsnn_lite import reversible
from trevsnn_lite.blocks import BLOCKS
from trevsnn_lite.config import TRevSNNConfig
from trevsnn_lite.encoding import GroupedEncoder
from trevsnn_lite.fusion import Down, Up
from trevsnn_lite.neurons import reset_potential
from trevsnn_lite.scaled_conv import firing_probability, spike_gamma
from trevsnn_lite.shapes import check_images, check_states, level_shapes
from trevsnn_lite.spikes import spike

SMALLEST_DECAY = (
    1 / 64
)  # a learnt decay stays in [this or its initial value, 1]: undoing divides by it

FEEDBACK_GAIN = (
    0.1  # of the paths from above at the start: an untrained level must not drown the image
)


class ReadOut(nn.Module):
    """Spikes of the last level [B, C, H, W] -> logits [B, K]: a linear map of the firing rate over
    space, shifted and scaled to unit variance.

    The shift and the scale are those of independent unit normal potentials; they fold into the
    linear map, so that only additions of spikes remain."""

    def __init__(self, width: int, positions: int, num_classes: int, threshold: float):
        super().__init__()
        self.linear = nn.Linear(width, num_classes)
        self.rate, self.scale = (
            firing_probability(threshold),
            spike_gamma(threshold) * positions**0.5,
        )

    def forward(self, spikes: Tensor) -> Tensor:
        return self.linear((spikes.mean((-2, -1)) - self.rate) * self.scale)


class Level(nn.Module):
    """One level (stage) of one sub-network: turned-off blocks, and the paths by which potentials of
    higher levels come down."""

    def __init__(self, config: TRevSNNConfig, level: int, sources: range):
        super().__init__()
        widths, width = config.widths, config.widths[level]
        self.down = Down(widths[level - 1], width) if level else nn.Identity()
        block = {
            "kernel_size": config.kernel_size,
            "expansion": config.expansion,
            "threshold": config.threshold,
            "surrogate": config.surrogate,
        }
        self.blocks = nn.Sequential(
            *(BLOCKS[config.block](width, **block) for _ in range(config.blocks_per_level))
        )
        self.ups = nn.ModuleDict(
            {str(i): Up(widths[i], width, gain=FEEDBACK_GAIN) for i in sources}
        )

    def forward(self, below: Tensor, above: dict[int, Tensor], decays: Tensor) -> Tensor:
        """The current of Eq. (10): sum_{i > l} decay_i V^i[t] plus what the blocks make of the
        input from below."""
        current = self.blocks(self.down(below))
        for i, v in above.items():
            current = current + self.ups[str(i)](v, current.shape[-2:], decays[i])
        return current


class TRevSNN(nn.Module):
    """T-RevSNN. `memory` says what the forward pass keeps for the backward pass (see `reversible`);
    it changes no number that comes out.

    It is the `Cell` that `reversible.run` drives: `leak`, `current`, `spikes`, `after_reset`,
    `read_out`, `feeds`, `parameters_of`. It could tell its `sizes`, and that it
    `codes_spikes`: more graphs would be kept, and fewer levels rebuilt, for a tenth to a fifth more
    memory at T = 4. It is here for memory."""

    def __init__(self, config: TRevSNNConfig, memory: str = "taped", seed: int | None = None):
        super().__init__()
        if memory not in reversible.MEMORY_STRATEGIES:
            raise ValueError(
                f"memory is {memory!r}, expected one of {', '.join(reversible.MEMORY_STRATEGIES)}."
            )
        if not isinstance(config, TRevSNNConfig):
            raise TypeError(
                f"config is a {type(config).__name__}, expected a TRevSNNConfig "
                "(trevsnn_lite.build makes the network of any preset)."
            )
        self.config, self.memory = config, memory
        self.steps, self.levels = config.time_steps, len(config.widths)
        self.threshold, self.reset = config.threshold, config.reset
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            self.encoder = GroupedEncoder(
                config.time_steps, config.in_channels, config.widths[0], config.stem_stride
            )
            self.subnets = nn.ModuleList(
                nn.ModuleList(
                    Level(config, level, self.feeds(level)) for level in range(self.levels)
                )
                for _ in range(self.steps)
            )
            width, height, columns = level_shapes(config)[-1]
            self.read_outs = nn.ModuleList(
                ReadOut(width, height * columns, config.num_classes, config.threshold)
                for _ in range(self.steps)
            )
        self.decay = nn.Parameter(torch.full((self.levels,), config.decay))
        self.used_at = {
            (t, level): self._used_at(t, level)
            for t in range(self.steps)
            for level in range(self.levels + 1)
        }  # walking modules takes time

    def forward(
        self, images: Tensor, states: Sequence[Tensor] | None = None, return_states: bool = False
    ):
        """images [B, C, H, W] -> logits [T, B, K], one read-out per sub-network; with return_states
        also V[T], one [B, C_l, H_l, W_l] per level.

        Where config.inputs is "frames", images are frames [T, B, C, H, W]. states: V[0] per level,
        all at rest if None. Raises ValueError or TypeError for what does
        not fit the configuration."""
        check_images(images, self.config, self.decay)
        if states is not None:
            check_states(states, images, self.config)
        logits, finals = reversible.run(self, images, states, self.memory)
        return (logits, finals) if return_states else logits

    def decide(self, logits: Tensor) -> Tensor:
        """The prediction [B, K] from the read-outs [T, B, K]: their mean, taken after the loop over
        time."""
        return logits.mean(0)

    def decays(self) -> Tensor:
        """decay_l = 1 - 1/tau_l of each level, [L], kept where Eq. (10) can be undone."""
        return self.decay.clamp(min(SMALLEST_DECAY, self.config.decay), 1.0)

    def leak(self, t: int, level: int) -> Tensor:
        """The decay of this level, the same at every step."""
        return self.decays()[level]

    def feeds(self, level: int) -> range:
        """The levels above whose old potentials enter this one."""
        reach = {"all-levels": self.levels, "next-level": level + 2, "none": level + 1}[
            self.config.feedback
        ]
        return range(level + 1, min(reach, self.levels))

    def current(
        self, t: int, level: int, inputs: Tensor, below: Tensor | None, above: Sequence[Tensor]
    ) -> Tensor:
        """What step t adds to the potential of this level: from group t of the encoded image or of
        frame t (level 0) or spikes from below, and from above."""
        if level == 0:
            seen = inputs[t] if self.config.inputs == "frames" else inputs
            below = self.encoder[t](seen).contiguous(
                memory_format=torch.channels_last
            )  # 3 x faster depthwise on CPUs
        return self.subnets[t][level](below, dict(zip(self.feeds(level), above)), self.decays())

    def spikes(self, v: Tensor) -> Tensor:
        return spike(v, self.threshold, self.config.surrogate, remember=True)

    def after_reset(self, v: Tensor) -> Tensor:
        return (
            v
            if self.reset == "none"
            else reset_potential(v, self.spikes(v), self.reset, self.threshold)
        )

    def read_out(self, t: int, top: Tensor) -> Tensor:
        """The last level's potential [B, C, H, W] -> logits [B, K] of sub-network t, from its
        spikes."""
        return self.read_outs[t](self.spikes(top))

    def parameters_of(self, t: int, level: int) -> list[nn.Parameter]:
        """The parameters that `current` (or, for level = L, `read_out`) uses at step t."""
        return self.used_at[t, level]

    def _used_at(self, t: int, level: int) -> list[nn.Parameter]:
        if level == self.levels:
            return list(self.read_outs[t].parameters())
        own = [self.decay, *self.subnets[t][level].parameters()]
        return own if level else [*self.encoder[t].parameters(), *own]
