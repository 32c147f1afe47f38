"""Folding for inference (structural re-parameterisation, Fig. 4): scaled weights, scales and
BatchNorm become plain convolutions, with the same logits.

    scaled weights   W^ is computed once
    ReZero           alpha * DW(x): DW's weight and bias times alpha
    read-out         one linear map of spike counts
    encoder          T groups of one convolution: the one convolution
    merge_pairs      PW(DW(s)) and DW(PW(s)): one dense convolution of DW's size
    released         BatchNorm into the convolution before it; the two last classifiers into one;
                     the heads for training left out

Exact in real arithmetic, borders included. In floats the logits agree to rounding, about 1e-6 of
their size, unless a potential lies so close to its threshold
(1e-7, in float32) that rounding decides the spike. Not merged: the released stem's two
convolutions, which are one inside the image alone.

Spikes meet additions alone only with merge_pairs: without it, the second convolution of each pair
multiplies real numbers. Merged, a pair has
kernel_size^2 times the pointwise weights, and whether it costs less energy depends on the firing
rate r before it (MAC 4.6 pJ, AC 0.9 pJ, h hidden channels):
    PW(DW(s))    below r = 4.6 / (0.9 kernel_size^2), which is 0.20 for 5x5
    DW(PW(s))    below about r = 4.6 / (0.9 h), which is 0.03 for h = 192
Either way there are multiplications left where no spikes are: the encoder or stem, `Up`, which
takes potentials, the released head, which takes a mean,
and the leaks."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

import torch
from torch import Tensor, nn

from trevsnn_lite import reversible
from trevsnn_lite.blocks import BasicBlock, MSResNetBlock
from trevsnn_lite.deploy import merging
from trevsnn_lite.released import network as released
from trevsnn_lite.released.config import HEADS
from trevsnn_lite.released.network import ReleasedTRevSNN
from trevsnn_lite.shapes import check_images, check_states, level_shapes
from trevsnn_lite.spike_conv import Conv2d, SpikeConv2d
from trevsnn_lite.spikes import spike
from trevsnn_lite.trevsnn import ReadOut, TRevSNN


def fold(net: TRevSNN | ReleasedTRevSNN, merge_pairs: bool = False) -> "Folded":
    """net(images) in evaluation mode, of plain convolutions and linear maps, for inference alone;
    `net` stays as it is.

    merge_pairs: also merge each depthwise-pointwise pair. Raises TypeError for a network of another
    kind."""
    kinds = {TRevSNN: FoldedTRevSNN, ReleasedTRevSNN: FoldedReleased}
    found = next((folded for kind, folded in kinds.items() if isinstance(net, kind)), None)
    if found is None:
        raise TypeError(
            f"net is a {type(net).__name__}, expected a TRevSNN or a ReleasedTRevSNN that "
            "is not folded yet."
        )
    with torch.no_grad():
        return found(net, merge_pairs).requires_grad_(False).eval()


class Folded(nn.Module):
    """What every folded network is: a cell of plain layers, driven by the engine of the unfolded
    one (same steps, same grid), in evaluation mode for good."""

    def __init__(self, net: nn.Module, merge_pairs: bool):
        super().__init__()
        self.config, self.cell = net.config, deepcopy(net)
        _Folding(merge_pairs).below(self.cell)

    def run(
        self, images: Tensor, states: Sequence[Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """(logits, final potentials), without checks that read the data: what a graph can be traced
        from."""
        return reversible.run(self.cell, self.encode(images), self.cell.steps, states, "store")

    def decide(self, logits: Tensor) -> Tensor:
        """The prediction [B, K], as the unfolded network makes it from its logits."""
        return self.cell.decide(logits)

    def train(self, mode: bool = True) -> "Folded":
        if mode:
            raise RuntimeError(
                "a folded network is for inference alone: train the network that it was "
                "folded from."
            )
        return super().train(False)


class FoldedTRevSNN(Folded):
    """images [B, C, H, W] -> logits [T, B, K], as TRevSNN; an image is encoded once, for all steps,
    frames [T, B, C, H, W] one by one."""

    def __init__(self, net: TRevSNN, merge_pairs: bool):
        super().__init__(net, merge_pairs)
        _, height, width = level_shapes(net.config)[-1]
        self.encoder = None
        if net.config.inputs != "frames":
            self.encoder = _joined(list(self.cell.encoder))
            self.cell.encoder = nn.ModuleList(_Group(t) for t in range(net.steps))
        self.cell.read_outs = nn.ModuleList(
            SpikeCountReadOut(read_out, height * width) for read_out in self.cell.read_outs
        )

    def encode(self, images: Tensor) -> Tensor:
        """All groups of images at once, [T, B, C_0, H_0, W_0]; frames as they are."""
        return (
            images
            if self.encoder is None
            else self.encoder(images).unflatten(1, (self.config.time_steps, -1)).movedim(1, 0)
        )

    def forward(
        self, images: Tensor, states: Sequence[Tensor] | None = None, return_states: bool = False
    ):
        """As TRevSNN.forward, errors included."""
        check_images(images, self.config, self.cell.decay)
        if states is not None:
            check_states(states, images, self.config, self.cell.decay.dtype)
        logits, finals = self.run(images, states)
        return (logits, finals) if return_states else logits


class FoldedReleased(Folded):
    """images [B, 3, H, W] -> logits [1, B, K]: the released network's prediction, its last head."""

    def __init__(self, net: ReleasedTRevSNN, merge_pairs: bool):
        super().__init__(net, merge_pairs)
        steps = net.config.read_steps
        if (
            net.config.deep_supervision and len(steps) == HEADS and steps[-1] == net.steps - 1
        ):  # else an earlier head is the last that reads
            self.config = self.cell.config = replace(net.config, deep_supervision=False)
            self.cell.heads = self.cell.heads[-1:]
        self.cell.heads[-1] = merging.merged(*self.cell.heads[-1])
        self.cell.memory = "store"

    def encode(self, images: Tensor) -> Tensor:
        return self.cell.stem(images)

    def run(
        self, images: Tensor, states: Sequence[Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, finals = super().run(images, states)
        return logits[-1:], finals

    def forward(self, images: Tensor, return_states: bool = False):
        """As ReleasedTRevSNN.forward, errors included, but for the heads."""
        logits, finals = self.cell(images, return_states=True)
        return (logits[-1:], finals) if return_states else logits[-1:]


def _joined(groups: list[nn.Module]) -> nn.Module:
    """The T groups of the encoder as one: of one convolution each, or of two, of which the second
    sees its own group's channels alone."""
    if not isinstance(groups[0], nn.Sequential):
        return merging.joined(groups)
    first, second = zip(*groups)
    return nn.Sequential(merging.joined(first), merging.joined(second, side_by_side=True))


class _Group(nn.Module):
    """Group t of the images, which were encoded at once."""

    def __init__(self, t: int):
        super().__init__()
        self.t = t

    def forward(self, groups: Tensor) -> Tensor:
        return groups[self.t]


class Fire(nn.Module):
    """The spikes of a potential, as the layer that is folded fires them."""

    def __init__(self, layer: SpikeConv2d):
        super().__init__()
        self.threshold, self.surrogate = layer.threshold, layer.surrogate
        self.strict = isinstance(layer, released.RoundsHalfToEven)  # in evaluation, as here

    def forward(self, u: Tensor) -> Tensor:
        spikes = spike(u, self.threshold, self.surrogate)
        return spikes * (u != self.threshold) if self.strict else spikes


class FoldedBlock(nn.Module):
    """U' = U + second(S(first(S(U)))), with the block's scale inside `second`; each of the two is
    one convolution, or a pair that is not merged."""

    def __init__(self, first: nn.Module, second: nn.Module):
        super().__init__()
        self.first, self.second = first, second

    def forward(self, u: Tensor) -> Tensor:
        """[B, C, H, W] -> the same."""
        return u + self.second(self.first(u))


class SpikeCountReadOut(nn.Module):
    """Spikes [B, C, H, W] -> logits [B, K] from each channel's number of spikes: additions alone.
    Mean, shift and scale are in the linear map."""

    def __init__(self, read_out: ReadOut, positions: int):
        super().__init__()
        self.linear = deepcopy(read_out.linear)
        self.linear.weight.mul_(read_out.scale)
        self.linear.bias.sub_(self.linear.weight.sum(1) * read_out.rate)
        self.linear.weight.div_(positions)

    def forward(self, spikes: Tensor) -> Tensor:
        return self.linear(spikes.sum((-2, -1)))


class _Folding:
    """One walk over a network's modules. What was shared stays shared: `done` maps each module, or
    pair, to what stands for it."""

    def __init__(self, merge_pairs: bool):
        self.merge_pairs, self.done = merge_pairs, {}

    def below(self, module: nn.Module) -> nn.Module:
        """What stands for `module`: itself, with all that can be folded below it replaced in place,
        or a folded layer."""
        if module not in self.done:
            self.done[module] = self._folded(module)
        return self.done[module]

    def _folded(self, module: nn.Module) -> nn.Module:
        if isinstance(module, BasicBlock):
            return self._block(module, module.alpha)
        if isinstance(module, released.Block):
            return self._block(module, module.scale)
        if isinstance(module, MSResNetBlock):
            return FoldedBlock(self._layer(module.first), self._layer(module.second, module.alpha))
        if isinstance(module, Conv2d):
            return self._layer(module)
        for name, child in module.named_children():
            setattr(module, name, self.below(child))
        if isinstance(module, nn.Sequential) and isinstance(module[-1], nn.BatchNorm2d):
            conv = module[0]
            if not isinstance(conv, nn.Sequential):
                return merging.normed(*module)
            return nn.Sequential(conv[0], merging.normed(conv[1], module[1]))
        return module

    def _layer(self, conv: Conv2d, scale: Tensor | None = None) -> nn.Module:
        """A plain convolution; after a layer that fires, where `conv` does."""
        return self._together((conv,), scale)

    def _block(self, block: nn.Module, scale: Tensor | None) -> FoldedBlock:
        return FoldedBlock(
            self._together((block.depthwise_in, block.expand)),
            self._together((block.project, block.depthwise_out), scale),
        )

    def _together(self, convs: tuple[Conv2d, ...], scale: Tensor | None = None) -> nn.Module:
        """Convolutions in a row, the last times `scale`; where the first fires, so does this."""
        if convs not in self.done:
            row = [merging.plain(conv) for conv in convs]
            if scale is not None:
                row[-1] = merging.scaled(row[-1], scale)
            if self.merge_pairs and len(row) == 2:
                row = [merging.merged(*row)]
            fire = [Fire(convs[0])] if isinstance(convs[0], SpikeConv2d) else []
            self.done[convs] = nn.Sequential(*fire, *row) if len([*fire, *row]) > 1 else row[0]
        return self.done[convs]
