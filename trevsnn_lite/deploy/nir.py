"""NIR, the format in which spiking simulators and chips exchange networks (Pedersen et al., 2024):
a T-RevSNN as one graph without time, a node for each layer of each step.

    V^l[t+1] = decay V^l[t] + current     Scale, and edges that meet: NIR adds them
    spikes                                Threshold
    convolutions                          Conv2d
    read-out                              SumPool2d and Conv2d

NIR's graphs run over time with the same weights at every step, and T-RevSNN's weights differ: hence
the steps lie side by side. What comes down from a level of another size cannot be written, for no
node of NIR enlarges a map; nor can a hard reset, which multiplies two signals, or frames, which
arrive one after the other. The potentials' grid is left out: NIR rounds nothing."""

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from trevsnn_lite.deploy.fold import Fire, Folded, FoldedTRevSNN, fold
from trevsnn_lite.files import write_atomically
from trevsnn_lite.shapes import level_shapes


def export_nir(net: nn.Module, path: str | os.PathLike) -> Path:
    """Write `nir_graph(net)` as a .nir file (HDF5), whole or not at all; returns the path. Errors
    as there; FileNotFoundError for a missing folder."""
    path, nir = Path(path), require_nir()
    graph = nir_graph(net)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"path is {str(path)!r}, whose folder does not exist: expected a file name in "
            "an existing folder."
        )
    written = io.BytesIO()
    nir.write(written, graph)
    write_atomically(path, written.getvalue())
    return path


def nir_graph(net: nn.Module) -> Any:
    """A T-RevSNN, folded (as it is, or by `fold`), as a nir.NIRGraph: "input" [C, H, W] to "output"
    [K, 1, 1], the prediction's logits, the mean of the read-outs.

    A spike is fired at the threshold here, above it there, so that thresholds are the float below.
    The logits differ by rounding, and by a spike where a potential lies within a unit of its grid
    (2^-22 for float32) of the threshold. Raises TypeError for another network, ValueError for what
    NIR cannot express, ImportError without the package nir."""
    nir = require_nir()
    folded = net if isinstance(net, Folded) else fold(net)
    _check(folded)
    with torch.no_grad():
        return _Unrolled(folded, nir).graph()


def require_nir():
    """The package, imported when asked for; ImportError, with what to type, where it is missing."""
    try:
        import nir
    except ImportError:
        raise ImportError("NIR files need the package nir: pip install nir.") from None
    return nir


def _check(folded: Folded) -> None:
    """Refuse what NIR has no node for."""
    if not isinstance(folded, FoldedTRevSNN):
        raise TypeError(
            "net is a ReleasedTRevSNN, expected a TRevSNN: what comes down in the released network "
            "is enlarged, and NIR has no node that enlarges a map."
        )
    config, sizes = folded.config, [shape[1] for shape in level_shapes(folded.config)]
    above = [(i, level) for level in range(folded.cell.levels) for i in folded.cell.feeds(level)]
    enlarged = next(((i, level) for i, level in above if sizes[i] != sizes[level]), None)
    if config.inputs != "image":
        raise ValueError(
            f"inputs is {config.inputs!r}, expected 'image': the steps lie side by side in a NIR "
            "graph, and frames come one after the other."
        )
    if enlarged is not None and config.time_steps > 1:
        i, level = enlarged
        raise ValueError(
            f"feedback is {config.feedback!r}, which enlarges level {i}'s maps from {sizes[i]} to "
            f"{sizes[level]} pixels for level {level}, expected 'none' (or levels of one size): "
            "NIR has no node that enlarges a map."
        )
    if config.reset == "hard":
        raise ValueError(
            "reset is 'hard', expected 'none' or 'soft': it multiplies a potential by its spikes, "
            "and NIR has no product of two signals."
        )


def _dense(conv: nn.Conv2d) -> Tensor:
    """The weight without groups, zeros between them: nir 1.0.8 writes groups, and refuses them when
    it reads, for it takes a group's channels for the input's."""
    if conv.groups == 1:
        return conv.weight
    blocks = conv.weight.new_zeros(conv.out_channels, conv.in_channels, *conv.kernel_size)
    outs, ins = conv.out_channels // conv.groups, conv.in_channels // conv.groups
    for group in range(conv.groups):
        rows = slice(group * outs, (group + 1) * outs)
        blocks[rows, group * ins : (group + 1) * ins] = conv.weight[rows]
    return blocks


class _Unrolled:
    """Nodes and edges of the steps, side by side. A signal is a tuple of names: of the nodes whose
    outputs, added, it is."""

    def __init__(self, folded: FoldedTRevSNN, nir: Any):
        self.folded, self.cell, self.nir = folded, folded.cell, nir
        self.shapes = level_shapes(folded.config)
        self.nodes: dict[str, Any] = {}
        self.edges: list[tuple[str, str]] = []

    def graph(self) -> Any:
        config, cell = self.folded.config, self.cell
        shape = np.array([config.in_channels, config.image_size, config.image_size])
        self.nodes["input"] = self.nir.Input(input_type={"input": shape})
        old: list[tuple[str, ...]] = []
        read = []
        for t in range(cell.steps):
            new: list[tuple[str, ...]] = []
            for level in range(cell.levels):
                new.append(self.level(t, level, new, old))
            if config.read_out == "every" or t == cell.steps - 1:
                read.append(self.read_out(t, new[-1]))
            old = new
        classes = (config.num_classes, 1, 1)
        if len(read) > 1:  # not edges that meet in the output: nirtorch gives back the first alone
            mean = self.nir.Scale(np.full(classes, 1 / len(read), self.dtype))
            read = [self.add("mean", mean, read)]
        self.add("output", self.nir.Output(output_type={"output": np.array(classes)}), read)
        return self.nir.NIRGraph(self.nodes, self.edges)

    def add(self, name: str, node: Any, signal: Sequence[str]) -> str:
        self.nodes[name] = node
        self.edges += [(source, name) for source in signal]
        return name

    def level(self, t: int, level: int, new: list, old: list) -> tuple[str, ...]:
        """The new potential of one level, Eq. (10)."""
        name, module = f"step_{t}_level_{level}", self.cell.subnets[t][level]
        decay = self.cell.decays()[level].item()
        if level:
            u = (self.conv(f"{name}_down", module.down, (self.spikes(t, level - 1, new[-1]),)),)
        else:
            u = self.encoded(t)
        for at, block in enumerate(module.blocks):
            hidden = self.row(f"{name}_block_{at}_first", block.first, u, level)
            u = (*u, *self.row(f"{name}_block_{at}_second", block.second, hidden, level))
        if not old:
            return u
        for above, up in module.ups.items():
            mix, factor = up.mix, self.cell.decays()[int(above)].item()
            u = (*u, self.conv(f"{name}_from_{above}", mix, old[int(above)], factor))
        kept = self.scale(f"{name}_leak", decay, old[level], level)
        if self.cell.reset == "soft":
            spikes = (self.spikes(t - 1, level, old[level]),)
            u = (*u, self.scale(f"{name}_reset", -decay * self.cell.threshold, spikes, level))
        return (*u, kept)

    def encoded(self, t: int) -> tuple[str, ...]:
        """Group t of the encoder, of one convolution or of two in a row."""
        encoder, signal = self.folded.encoder, ("input",)
        for at, conv in enumerate(encoder if isinstance(encoder, nn.Sequential) else [encoder]):
            weight, bias = (whole.chunk(self.cell.steps)[t] for whole in (conv.weight, conv.bias))
            signal = (self.plain(f"step_{t}_encoder_{at}", conv, weight, bias, signal),)
        return signal

    def row(self, name: str, row: nn.Module, signal: tuple[str, ...], level: int):
        """Layers in a row, of which the first may fire."""
        for at, layer in enumerate(row if isinstance(row, nn.Sequential) else [row]):
            if isinstance(layer, Fire):
                fired = self.threshold(layer.threshold, self.channels(row), level)
                signal = (self.add(f"{name}_spikes", fired, signal),)
            else:
                signal = (self.conv(f"{name}_{at}", layer, signal),)
        return signal

    @staticmethod
    def channels(row: nn.Module) -> int:
        return next(layer.in_channels for layer in row if isinstance(layer, nn.Conv2d))

    def spikes(self, t: int, level: int, potential: tuple[str, ...]) -> str:
        """Of the turned-on neurons of a level, once for all who ask."""
        name = f"step_{t}_level_{level}_spikes"
        if name not in self.nodes:
            fired = self.threshold(self.cell.threshold, self.shapes[level][0], level)
            self.add(name, fired, potential)
        return name

    def threshold(self, at: float, channels: int, level: int) -> Any:
        """Fires above the float below the threshold: at the threshold itself."""
        edge = np.full((channels, *self.shapes[level][1:]), at, self.dtype)
        return self.nir.Threshold(np.nextafter(edge, -np.inf, dtype=self.dtype))

    def scale(self, name: str, factor: float, signal: tuple[str, ...], level: int) -> str:
        return self.add(
            name, self.nir.Scale(np.full(self.shapes[level], factor, self.dtype)), signal
        )

    def conv(self, name: str, conv: nn.Conv2d, signal: Sequence[str], factor: float = 1.0) -> str:
        """factor * conv(signal)."""
        bias = torch.zeros(conv.out_channels).to(conv.weight) if conv.bias is None else conv.bias
        return self.plain(name, conv, _dense(conv) * factor, bias * factor, signal)

    def plain(self, name: str, like: nn.Conv2d, weight: Tensor, bias: Tensor, signal) -> str:
        """A convolution of this weight with the stride and padding of `like`."""
        geometry = like.stride, like.padding, like.dilation, 1
        node = self.nir.Conv2d(None, weight.cpu().numpy(), *geometry, bias.cpu().numpy())
        return self.add(name, node, signal)

    def read_out(self, t: int, top: tuple[str, ...]) -> str:
        """Counts of spikes, and the linear map of them."""
        config, last = self.folded.config, self.cell.levels - 1
        linear = self.cell.read_outs[t if config.read_out == "every" else 0].linear
        size, none = np.array(self.shapes[last][1:]), np.array([0, 0])
        spikes = (self.spikes(t, last, top),)
        counts = (self.add(f"step_{t}_counts", self.nir.SumPool2d(size, size, none), spikes),)
        weight = linear.weight[:, :, None, None].cpu().numpy()
        node = self.nir.Conv2d(None, weight, 1, 0, 1, 1, linear.bias.cpu().numpy())
        return self.add(f"step_{t}_logits", node, counts)

    @property
    def dtype(self):
        return self.cell.decay.cpu().numpy().dtype
