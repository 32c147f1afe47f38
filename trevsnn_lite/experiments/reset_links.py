"""The network and the cases of `fig_2_controls`: a small spiking ResNet of vanilla blocks, in
which every neuron layer's link through time can be cut on its own.

All T steps of a layer are computed before the next layer, which gives the numbers of the
step-by-step order and takes a third of its time on a CPU."""

import random
from collections.abc import Collection, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from trevsnn_lite.neurons import lif_step
from trevsnn_lite.scaled_conv import ScaledConv2d, firing_probability, spike_gamma

THRESHOLD = 1.0

CASES = {
    "case 1": "stage ends alone",
    "control 1": "as many others alone",
    "case 2": "all but stage ends",
    "control 2": "all but as many others",
    "none": "nowhere",
}
"""Where gradients through time are kept; the "others" of the controls are random layers that are no
stage ends."""


class LinkedResNet(nn.Module):
    """Stem, then stages of vanilla blocks LIF(conv(LIF(conv(s))) + shortcut(s)), then a linear
    read-out of the spikes' mean over space at each step.

    LIF neurons of Eq. (1) with soft reset and one decay; convolutions with standardised weights,
    since BatchNorm over time would link the steps as well.
    Neuron layers are numbered from 0, the stem's; `stage_ends` are the last of each stage: all that
    leaves a stage passes through them."""

    def __init__(
        self,
        widths: Iterable[int],
        blocks: int,
        decay: float,
        classes: int,
        channels: int,
        seed: int,
    ):
        super().__init__()
        widths, gain = list(widths), spike_gamma(THRESHOLD)
        self.decay, self.blocks = decay, blocks
        self.layers = 1 + 2 * blocks * len(widths)
        self.stage_ends = tuple(2 * blocks * (stage + 1) for stage in range(len(widths)))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.stem = ScaledConv2d(channels, widths[0], 3, stride=2)
            self.convs, self.shortcuts = nn.ModuleList(), nn.ModuleList()
            for below, width in zip([widths[0], *widths], widths):
                for block in range(blocks):
                    first = block == 0
                    stride = 2 if first and len(self.convs) else 1
                    self.convs.append(
                        ScaledConv2d(below if first else width, width, 3, stride=stride, gain=gain)
                    )
                    self.convs.append(ScaledConv2d(width, width, 3, gain=gain))
                    self.shortcuts.append(
                        ScaledConv2d(below, width, 1, stride=2, gain=gain)
                        if stride == 2
                        else nn.Identity()
                    )
            self.linear = nn.Linear(widths[-1], classes)

    def forward(self, images: Tensor, steps: int, linked: Collection[int] | None = None) -> Tensor:
        """images [B, C, H, W], shown at every step -> logits [T, B, K]. The layers not in `linked`
        keep their potentials, but no gradient through time."""
        linked = range(self.layers) if linked is None else linked
        spikes = self._fire(self.stem(images).expand(steps, -1, -1, -1, -1), 0 in linked)
        for block, shortcut in enumerate(self.shortcuts):
            first, second = 2 * block + 1, 2 * block + 2
            inner = self._fire(self._each(self.convs[first - 1], spikes), first in linked)
            spikes = self._fire(
                self._each(self.convs[second - 1], inner) + self._each(shortcut, spikes),
                second in linked,
            )
        rate = firing_probability(
            THRESHOLD
        )  # shift and scale bring the rates' mean over some ten positions near unit variance
        return self.linear((spikes.mean((-2, -1)) - rate) * 10.0)

    def _fire(self, currents: Tensor, linked: bool) -> Tensor:
        """LIF neurons over time: currents [T, B, C, H, W] -> spikes of the same shape."""
        v, spikes = torch.zeros_like(currents[0]), []
        for current in currents:
            fired, v = lif_step(
                current, v if linked else v.detach(), decay=self.decay, threshold=THRESHOLD
            )
            spikes.append(fired)
        return torch.stack(spikes)

    @staticmethod
    def _each(layer: nn.Module, spikes: Tensor) -> Tensor:
        """The layer at every step: [T, B, C, H, W] -> [T, B, C', H', W']."""
        return layer(spikes.flatten(0, 1)).unflatten(0, spikes.shape[:2])


def linked_layers(net: LinkedResNet, case: str, draw: int) -> list[int]:
    """The layers whose gradient through time a case keeps; the controls' random layers, never stage
    ends, follow from `draw`."""
    everywhere, ends = range(net.layers), set(net.stage_ends)
    others = [layer for layer in everywhere if layer not in ends]
    drawn = set(random.Random(draw).sample(others, len(ends)))
    kept = {
        "full": set(everywhere),
        "case 1": ends,
        "control 1": drawn,
        "case 2": set(everywhere) - ends,
        "control 2": set(everywhere) - drawn,
        "none": set(),
    }
    return sorted(kept[case])


def weight_gradient(
    net: LinkedResNet, images: Tensor, labels: Tensor, steps: int, linked: Collection[int]
) -> Tensor:
    """The gradient of the cross-entropy with respect to all weights (not gains and biases), as one
    vector."""
    loss = cross_entropy(net(images, steps, linked).mean(0), labels)
    weights = [parameter for parameter in net.parameters() if parameter.dim() > 1]
    return torch.cat([gradient.flatten() for gradient in torch.autograd.grad(loss, weights)])


def cosine(a: Tensor, b: Tensor) -> float:
    """The cosine of the angle between two vectors; 0 where one of them is zero."""
    return (a @ b / (a.norm() * b.norm()).clamp(min=1e-30)).item()
