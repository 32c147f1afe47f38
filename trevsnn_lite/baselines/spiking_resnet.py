"""Small spiking ResNets with the shortcuts that T-RevSNN is compared with (Tables 2 and 3):
vanilla, SEW (ADD, AND, IAND) and MS.

s: spikes, u: potential, SN: LIF neurons, N: normalisation, B(s) = N(conv(SN(N(conv(s))))) a branch
of two 3x3 convolutions. One block is

    vanilla    s' = SN(B(s) + s)       the sum meets a neuron: s' is 0 or 1      (Zheng, 2021)
    sew-add    s' = SN(B(s)) + s       integers: up to n + 1 after n blocks      (Fang, 2021)
    sew-and    s' = SN(B(s)) * s       0 or 1; a silent branch silences the block
    sew-iand   s' = (1 - SN(B(s))) * s 0 or 1; a silent branch leaves s
    ms         u' = u + B(SN(u))       potentials are added, convolutions see 0, 1   (Hu, 2024)"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trevsnn_lite.baselines import stepwise
from trevsnn_lite.baselines.spiking_config import SpikingConfig, check_config
from trevsnn_lite.baselines.stepwise import Neurons, States
from trevsnn_lite.scaled_conv import ScaledConv2d, spike_gamma

SHORTCUTS = ("vanilla", "sew-add", "sew-and", "sew-iand", "ms")
NORMS = ("batch", "scaled")


@dataclass(frozen=True)
class SpikingResNetConfig(SpikingConfig):
    """A small spiking ResNet. Raises ValueError, naming the field, for a value that makes no
    network."""

    shortcut: str = "ms"
    norm: str = "batch"
    """"batch": BatchNorm over the batch and space of one step. "scaled": scaled weights
    (`scaled_conv`), which keep samples and steps apart,
    as OTTT and anything that learns step by step wants."""
    branch_gain: float = 1.0
    """Gain of each branch's last normalisation at the start. 0 starts with silent branches: a
    sew-add, sew-iand or ms block is then the identity, a sew-and
    block is silent. A vanilla block hands its spikes on while one of them lifts the last neuron to
    V_th and what is left of it stays below: at threshold 1 with
    a reset, not at 1.25, nor at 0.5 with a soft reset and a decay above 0.5. Its gradient is not
    the identity's: the surrogate closes it where nothing came in."""

    def __post_init__(self):
        super().__post_init__()
        self.check_choices({"shortcut": SHORTCUTS, "norm": NORMS})
        if not isinstance(self.branch_gain, (int, float)) or not 0.0 <= self.branch_gain < float(
            "inf"
        ):
            raise ValueError(
                f"branch_gain is {self.branch_gain!r}, expected a finite number of at least 0."
            )


class NormedConv(nn.Sequential):
    """A 3x3 convolution and its normalisation, [B, in, H, W] -> [B, out, ceil(H / stride), ceil(W /
    stride)].

    At the start its output has the standard deviation gain * V_th: tdBN's scale (Zheng et al.,
    2021), for BatchNorm by its weight. Scaled weights count on
    `images` of unit variance, or else on spikes of neurons whose potentials have standard deviation
    V_th: with 2.74, as in OTTT's networks."""

    def __init__(
        self,
        config: SpikingResNetConfig,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        gain: float = 1.0,
        images: bool = False,
    ):
        gain = gain * config.threshold
        if config.norm == "scaled":
            conv = ScaledConv2d(
                in_channels,
                out_channels,
                3,
                stride=stride,
                gain=gain if images else gain * spike_gamma(1.0),
            )
            nn.init.zeros_(conv.bias)
            super().__init__(conv)
        else:
            norm = nn.BatchNorm2d(out_channels)
            nn.init.constant_(norm.weight, gain)
            super().__init__(
                nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False), norm
            )


class Stem(nn.Module):
    """Images to what the first block takes: spikes, or a potential for MS. The one convolution that
    meets real numbers."""

    def __init__(self, config: SpikingResNetConfig):
        super().__init__()
        self.conv, self.fires = (
            NormedConv(config, config.in_channels, config.widths[0], images=True),
            config.shortcut != "ms",
        )

    def forward(self, x: Tensor, neurons: Neurons) -> Tensor:
        return neurons(self.conv(x)) if self.fires else self.conv(x)


class Transition(nn.Module):
    """From one stage to the next, [B, C, H, W] -> [B, C', ceil(H / 2), ceil(W / 2)], without a
    shortcut, so that every block keeps its shape."""

    def __init__(self, config: SpikingResNetConfig, stage: int):
        super().__init__()
        self.conv, self.membrane = (
            NormedConv(config, config.widths[stage - 1], config.widths[stage], stride=2),
            config.shortcut == "ms",
        )

    def forward(self, x: Tensor, neurons: Neurons) -> Tensor:
        return self.conv(neurons(x)) if self.membrane else neurons(self.conv(x))


class Block(nn.Module):
    """One residual block: x [B, C, H, W] (spikes, integers for sew-add, potentials for ms) -> the
    same shape and kind."""

    def __init__(self, config: SpikingResNetConfig, width: int):
        super().__init__()
        self.shortcut = config.shortcut
        self.first, self.second = (
            NormedConv(config, width, width),
            NormedConv(config, width, width, gain=config.branch_gain),
        )

    def forward(self, x: Tensor, neurons: Neurons) -> Tensor:
        spikes = neurons(x) if self.shortcut == "ms" else x
        branch = self.second(neurons(self.first(spikes)))
        if self.shortcut == "ms":
            return x + branch
        if self.shortcut == "vanilla":
            return neurons(branch + x)
        fired = neurons(branch)
        return {
            "sew-add": lambda: fired + x,
            "sew-and": lambda: fired * x,
            "sew-iand": lambda: (1.0 - fired) * x,
        }[self.shortcut]()


class SpikingResNet(nn.Module):
    """A stepwise network: stem, blocks_per_stage blocks per stage with a transition between stages,
    mean over space, linear read-out.

    `body` lists stem, blocks and transitions in order; a forward hook on any of them sees what it
    hands on at each step."""

    def __init__(self, config: SpikingResNetConfig, seed: int | None = None):
        super().__init__()
        check_config(config, SpikingResNetConfig)
        self.config = config
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            body: list[nn.Module] = [Stem(config)]
            for stage, width in enumerate(config.widths):
                body += [Transition(config, stage)] if stage else []
                body += [Block(config, width) for _ in range(config.blocks_per_stage)]
            self.body = nn.ModuleList(body)
            self.read_out = nn.Linear(config.widths[-1], config.num_classes)

    def step(self, x: Tensor, states: States = None) -> tuple[Tensor, States]:
        """One step: x [B, C, H, W] and the potentials before it -> logits [B, K] and the potentials
        after it.

        Raises ValueError where `states` are not this network's."""
        neurons = Neurons(states, **self.config.neuron)
        for part in self.body:
            x = part(x, neurons)
        spikes = neurons(x) if self.config.shortcut == "ms" else x
        neurons.check_all_used()
        return self.read_out(spikes.mean((-2, -1))), tuple(neurons.new)

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, C, H, W], shown at each step, or frames [T, B, C, H, W] -> logits [T, B, K],
        all neurons at rest before.

        Raises ValueError or TypeError for images that do not fit the configuration."""
        frames = stepwise.as_frames(images, self.config, self.read_out.weight)
        if self.training and self.config.norm == "batch":
            smallest = -(-self.config.image_size // 2 ** (len(self.config.widths) - 1))
            stepwise.check_batch(frames.shape[1] * smallest**2, images)
        return stepwise.run(self.step, frames)

    def features(self, images: Tensor) -> list[Tensor]:
        """What each part of `body` hands on, [T, B, C, H, W] each: spikes, integers (sew-add) or
        potentials (ms), with their graph if gradients are on."""
        seen: list[list[Tensor]] = [[] for _ in self.body]
        hooks = [
            part.register_forward_hook(lambda _, given, output, into=into: into.append(output))
            for part, into in zip(self.body, seen)
        ]
        try:
            self(images)
        finally:
            for hook in hooks:
                hook.remove()
        return [torch.stack(outputs) for outputs in seen]
