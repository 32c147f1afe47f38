"""Two bits of a potential: what a graph that waits for its backward pass keeps of a neuron that
only fires.

The backward pass asks two things of a potential: did it fire, and, with the rectangle as the
surrogate, did it lie in the window? The answers take 1/16 of its memory,
and a few passes over it: worth it where the graph would be built again otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import torch
from torch import Tensor

from trevsnn_lite.spike_tape import memory_order, pack, unpack
from trevsnn_lite.spikes import Source, window

_coding = ContextVar("coding", default=False)


@contextmanager
def coding(wanted: bool = True) -> Iterator[None]:
    """Convolutions inside, in this thread, keep codes of the potentials whose spikes they see. A
    context, as torch.enable_grad is one: networks pass nothing on."""
    token = _coding.set(wanted)
    try:
        yield
    finally:
        _coding.reset(token)


def is_coded(source: Source) -> bool:
    """Whether codes are to be kept of this potential: not where a leaf holds it in any case, nor
    where a surrogate asks for more than two bits."""
    return _coding.get() and source.surrogate == "rectangle" and not source.potential.is_leaf


class Layout(NamedTuple):
    """How spikes lay in memory: their axes from the slowest to the fastest, the shape in this
    order, and the dtype."""

    axes: list[int]
    shape: torch.Size
    dtype: torch.dtype


def write(spikes: Tensor, potential: Tensor, threshold: float) -> tuple[Tensor, Layout]:
    """Spike + 2 x window of each neuron, four neurons in a byte; of the spikes, 0 or 1, that the
    potential, of the same shape, fired at `threshold`."""
    axes = memory_order(spikes)
    spikes, potential = spikes.permute(axes), potential.permute(axes)
    code = (
        window(potential, threshold).mul_(2).add_(spikes.to(torch.int8))
    )  # signed: float32 to uint8 takes six times as long on CPUs
    return pack(code.view(torch.uint8), 2), Layout(axes, spikes.shape, spikes.dtype)


def read(codes: Tensor, layout: Layout) -> tuple[Tensor, Tensor]:
    """(spikes, window) as 0 and 1 in the spikes' dtype, laid in memory as the spikes were."""
    code, back = (
        unpack(codes, 2, layout.shape),
        [layout.axes.index(axis) for axis in range(len(layout.axes))],
    )
    return (code & 1).to(layout.dtype).permute(back), (code >> 1).to(layout.dtype).permute(back)
