"""Energy of one pass, layer by layer: operations counted on the data, MAC 4.6 pJ and AC 0.9 pJ (45
nm, Horowitz, 2014), as in Table 2's mJ column.

A convolution or linear layer that multiplies real numbers does one multiply-accumulate (MAC) per
weight and output, borders and zeros included. One whose
inputs are whole numbers only adds: an input n reaches a weight n times, and each time is one
accumulate (AC). A spike is n = 1. Three conventions:
  exact     each spike counted with the outputs that it reaches: fewer at a border, and as the
            stride lets it;
  by rate   firing rate x MACs, which takes every spike to be an inner one;
  Eq. (13)  the paper's: the first convolution multiplies, once; all else adds, by rate, whatever
            it is fed.
Not counted, as in the papers: memory traffic, biases, leaks, thresholds, sums of potentials,
pooling. A real 32-bit chip spends most on memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from trevsnn_lite.spike_conv import Conv2d

MAC_PICOJOULES, AC_PICOJOULES = 4.6, 0.9
LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
INPUTS = (
    "zeros",
    "spikes",
    "integers",
    "reals",
)  # the last that any call of a layer met is the layer's


class LayerCost(NamedTuple):
    """One layer, per sample, all its calls together."""

    name: str
    weight: tuple[int, ...]
    """[out, in / groups, kH, kW], or [out, in]."""
    macs: float
    """One for each weight and output of a dense pass."""
    rate: float
    """Share of the inputs that are not zero; for spikes, the firing rate."""
    inputs: str
    """"zeros" (nothing fires before it), "spikes" (all 0 or 1), "integers" or "reals", as met in
    the data."""
    synaptic: float
    """Additions, exact, if the inputs are whole numbers; 0 for reals."""
    by_rate: float
    """Additions as rate (of integers: mean size) x macs; 0 for reals."""

    @property
    def mac(self) -> float:
        """Multiply-accumulates that have to be done: all if the inputs are reals, else none."""
        return self.macs if self.inputs == "reals" else 0.0

    @property
    def picojoules(self) -> float:
        return MAC_PICOJOULES * self.mac + AC_PICOJOULES * self.synaptic


@dataclass(frozen=True)
class EnergyReport:
    """Operations and energy per sample. `elsewhere`: MACs that torch met outside the layers, such
    as attention's products; no energy is given to them."""

    layers: tuple[LayerCost, ...]
    elsewhere: float
    first: str
    """The layer that was called first."""
    first_macs: float
    """Its MACs in one call."""

    @property
    def macs(self) -> float:
        """MACs of the same network if every layer were dense and real."""
        return sum(layer.macs for layer in self.layers)

    @property
    def mac(self) -> float:
        return sum(layer.mac for layer in self.layers)

    @property
    def ac(self) -> float:
        return sum(layer.synaptic for layer in self.layers)

    @property
    def millijoules(self) -> float:
        """With the exact additions."""
        return 1e-9 * (MAC_PICOJOULES * self.mac + AC_PICOJOULES * self.ac)

    @property
    def millijoules_by_rate(self) -> float:
        """With the papers' additions, rate x MACs."""
        return 1e-9 * (
            MAC_PICOJOULES * self.mac + AC_PICOJOULES * sum(layer.by_rate for layer in self.layers)
        )

    @property
    def millijoules_by_equation_13(self) -> float:
        """E_MAC FL_1 + E_AC T sum FL fr: FL the MACs of one step, fr the share of inputs that are
        not zero. So a depthwise convolution's real sums, which the next one multiplies, count as
        additions, and an encoder that runs at every step counts once."""
        added = sum(layer.rate * layer.macs for layer in self.layers if layer.name != self.first)
        return 1e-9 * (MAC_PICOJOULES * self.first_macs + AC_PICOJOULES * added)

    def table(self) -> str:
        """A line per layer and one of totals, as plain text."""
        rows = [("layer", "weight", "inputs", "rate", "MACs", "MAC", "AC", "AC by rate", "pJ")]
        for layer in self.layers:
            operations = (
                f"{count:,.0f}"
                for count in (
                    layer.macs,
                    layer.mac,
                    layer.synaptic,
                    layer.by_rate,
                    layer.picojoules,
                )
            )
            rows.append(
                (
                    layer.name,
                    "x".join(map(str, layer.weight)),
                    layer.inputs,
                    f"{layer.rate:.3f}",
                    *operations,
                )
            )
        totals = (
            self.macs,
            self.mac,
            self.ac,
            sum(layer.by_rate for layer in self.layers),
            1e9 * self.millijoules,
        )
        rows.append(("total", "", "", "", *(f"{total:,.0f}" for total in totals)))
        lengths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [
            "  ".join(
                cell.ljust(n) if i < 3 else cell.rjust(n)
                for i, (cell, n) in enumerate(zip(row, lengths))
            ).rstrip()
            for row in rows
        ]
        lines.append(
            f"per sample: {self.millijoules:.3g} mJ with exact additions, "
            f"{self.millijoules_by_rate:.3g} mJ by rate"
        )
        if self.elsewhere:
            lines.append(
                f"{self.elsewhere:,.0f} further MACs lie outside these layers and are in "
                "neither number"
            )
        return "\n".join(lines)


def energy(net: nn.Module, inputs: Tensor, samples: int | None = None) -> EnergyReport:
    """Run net(inputs) once in evaluation mode, without gradients, and count what each convolution
    and linear layer does per sample.

    samples: how many samples `inputs` holds, len(inputs) unless given (pass the batch size for
    inputs [T, B, ...]).
    Raises ValueError if no convolution or linear layer is reached."""
    samples = len(inputs) if samples is None else samples
    if samples < 1:
        raise ValueError(f"samples is {samples}, expected at least 1.")
    tallies, hooks, called = {}, [], []
    modes = [(module, module.training) for module in net.modules() if module.training]
    try:
        for name, module in net.named_modules():
            if isinstance(module, LAYERS):
                tallies[name] = _Tally(module, name, called)
                hooks.append(module.register_forward_hook(tallies[name].add))
        if modes:  # a folded network is always in evaluation mode
            net.eval()
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            net(inputs)
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes:
            module.training = training
    layers = tuple(tally.cost(samples) for tally in tallies.values() if tally.entries)
    if not layers:
        raise ValueError(
            f"net is a {type(net).__name__} whose pass reaches no convolution or linear "
            "layer, expected at least one."
        )
    elsewhere = counter.get_total_flops() / 2 / samples - sum(layer.macs for layer in layers)
    first_macs = tallies[called[0]].macs / called.count(called[0]) / samples
    return EnergyReport(layers, elsewhere, called[0], first_macs)


@dataclass
class _Tally:
    """What one layer met so far. `events` sums |inputs| over samples and channels, per size of the
    input: [H, W] (a scalar for linear layers). `called` is every layer's: who was called, in
    order."""

    layer: nn.Module
    name: str
    called: list[str]
    macs: int = 0
    entries: int = 0
    nonzero: int = 0
    inputs: str = "zeros"
    events: dict[tuple[int, ...], Tensor] = field(default_factory=dict)

    def add(self, layer: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
        """A forward hook. Leading axes of the input (samples, and steps where a layer takes several
        at once) are summed over."""
        x = args[0].detach()
        x = layer.seen(x) if isinstance(layer, Conv2d) else x  # potentials, of a layer that fires
        self.called.append(self.name)
        self.macs += output.numel() * layer.weight[0].numel()
        self.entries += x.numel()
        self.nonzero += int(x.count_nonzero())
        self.inputs = max(self.inputs, _kind(x), key=INPUTS.index)
        size = () if isinstance(layer, nn.Linear) else tuple(x.shape[-len(layer.kernel_size) :])
        events = x.abs().double().reshape(-1, *size).sum(0)
        self.events[size] = self.events[size] + events if size in self.events else events

    def cost(self, samples: int) -> LayerCost:
        whole = self.inputs != "reals"
        mean = sum(float(events.sum()) for events in self.events.values()) / self.entries
        exact = (
            sum(
                float((events.cpu() * reach(self.layer, size)).sum())
                for size, events in self.events.items()
            )
            if whole
            else 0.0
        )
        return LayerCost(
            self.name,
            tuple(self.layer.weight.shape),
            self.macs / samples,
            self.nonzero / self.entries,
            self.inputs,
            exact / samples,
            mean * self.macs / samples if whole else 0.0,
        )


def _kind(x: Tensor) -> str:
    if not x.any():
        return "zeros"
    if bool(((x == 0) | (x == 1)).all()):
        return "spikes"
    return "integers" if bool((x == x.round()).all()) else "reals"


def reach(layer: nn.Module, size: Sequence[int]) -> Tensor:
    """How many outputs each input position of a layer feeds, all output channels together: [H, W]
    for an input of that size, a scalar if linear.

    Raises ValueError for padding other than zeros, where an input is used more often than its place
    says."""
    if isinstance(layer, nn.Linear):
        return torch.tensor(float(layer.out_features), dtype=torch.float64)
    if layer.padding_mode != "zeros":
        raise ValueError(
            f"a convolution has padding_mode={layer.padding_mode!r}, expected 'zeros'."
        )
    found = torch.ones((), dtype=torch.float64)
    for axis, length in enumerate(size):
        found = found.unsqueeze(-1) * _reach_along(layer, axis, length)
    return found * (layer.out_channels // layer.groups)


def _reach_along(layer: nn.Module, axis: int, length: int) -> Tensor:
    """Of one axis: how often each of its positions lies under one of the kernel's entries,
    [length]."""
    span, stride = layer.dilation[axis] * (layer.kernel_size[axis] - 1), layer.stride[axis]
    before, after = {"same": (span // 2, span - span // 2), "valid": (0, 0)}.get(layer.padding) or (
        layer.padding[axis],
    ) * 2
    starts = torch.arange(0, length + before + after - span, stride) - before
    under = (
        starts[:, None] + layer.dilation[axis] * torch.arange(layer.kernel_size[axis])
    ).flatten()
    return torch.bincount(under[(under >= 0) & (under < length)], minlength=length).double()
