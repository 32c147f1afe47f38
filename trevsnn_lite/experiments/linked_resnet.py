"""The network and the cases of Fig. 2's experiment: a small spiking ResNet of vanilla blocks, in
which every neuron layer's link through time can be cut on its own.

All T steps of a layer are computed before the next layer, which gives the numbers of the
step-by-step order and takes a third of its time on a CPU."""

import random
from collections.abc import Collection, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from trevsnn_lite.neurons import charge
from trevsnn_lite.scaled_conv import ScaledConv2d, firing_probability, spike_gamma
from trevsnn_lite.spikes import spike

# Without a reset and with the input times 1/tau a potential reaches its input only after some tau
# steps: at a threshold of 1 the upper layers stay silent at tau = 2.
THRESHOLD = 0.5

CASES = {
    "case 1": "stage ends alone",
    "control 1": "as many others alone",
    "case 2": "all but stage ends",
    "control 2": "all but as many others",
    "none": "nowhere",
}
"""Where gradients through time are kept; the "others" of the controls are random layers that are no
stage ends."""


class WatchedConv2d(ScaledConv2d):
    """A scaled convolution that adds the gradients of its *standardised* weight to `total`, where
    there is one. Those of the weight itself have mean 0 in each filter, since standardising takes
    the mean away, so that a layer's mean gradient, Fig. 2's number, would be rounding."""

    total: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        weight = self.effective_weight()
        if self.total is not None and weight.requires_grad:
            weight.register_hook(self._add)
        return self._conv_forward(x, weight, self.bias)

    def _add(self, gradient: Tensor) -> None:
        self.total.add_(gradient)  # and returns nothing: what a hook returns replaces the gradient


class LinkedResNet(nn.Module):
    """Stem, then stages of vanilla blocks LIF(conv(LIF(conv(s))) + shortcut(s)), then a linear
    read-out of the spikes' mean over space at each step.

    Neurons of Eqs. (1) and (2), with one decay 1 - 1/tau and, as there, no reset; convolutions with
    standardised weights, since BatchNorm over time would link the steps as well.
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
            self.stem = WatchedConv2d(channels, widths[0], 3, stride=2)
            self.convs, self.shortcuts = nn.ModuleList(), nn.ModuleList()
            for below, width in zip([widths[0], *widths], widths):
                for block in range(blocks):
                    first = block == 0
                    stride = 2 if first and len(self.convs) else 1
                    self.convs.append(
                        WatchedConv2d(below if first else width, width, 3, stride=stride, gain=gain)
                    )
                    self.convs.append(WatchedConv2d(width, width, 3, gain=gain))
                    self.shortcuts.append(
                        WatchedConv2d(below, width, 1, stride=2, gain=gain)
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

    def collect(self) -> list[Tensor]:
        """A tensor for each convolution, in the order of the modules, to which from now on its
        weight's gradients are added."""
        watched = [module for module in self.modules() if isinstance(module, WatchedConv2d)]
        for convolution in watched:
            convolution.total = torch.zeros_like(convolution.weight)
        return [convolution.total for convolution in watched]

    def _fire(self, currents: Tensor, linked: bool) -> Tensor:
        """LIF neurons over time: currents [T, B, C, H, W] -> spikes of the same shape."""
        v, potentials = torch.zeros_like(currents[0]), []
        for current in currents:
            v = charge(v if linked else v.detach(), (1 - self.decay) * current, self.decay)
            potentials.append(v)
        return spike(torch.stack(potentials), THRESHOLD)

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
    """The gradient of the cross-entropy with respect to the weights of all convolutions, as one
    vector."""
    found = net.collect()
    loss = cross_entropy(net(images, steps, linked).mean(0), labels)
    torch.autograd.grad(loss, [parameter for parameter in net.parameters() if parameter.dim() > 1])
    return flat(found)


def flat(tensors: Iterable[Tensor]) -> Tensor:
    """All entries as one vector."""
    return torch.cat([tensor.flatten() for tensor in tensors])


def cosine(a: Tensor, b: Tensor) -> float:
    """Eq. (12), the cosine of the angle between two vectors; 0 where one of them is zero."""
    return (a @ b / (a.norm() * b.norm()).clamp(min=1e-30)).item()
