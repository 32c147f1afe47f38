"""The spike tape: the few bits per turned-on neuron and step that make undoing Eq. (1) exact in
float arithmetic.

Potentials live on a grid of spacing q (2^-22 in float32): V[t+1] = snap(decay * V[t] + current).
Undoing gives a = (V[t+1] - current) / decay, which lies within (rounding error) / decay of V[t].
The tape holds the low bits of the integer V[t] / q. Only one grid point with these low bits lies
near a, and it is V[t] itself: nothing is left over that later steps could amplify. Two bits do for
decay >= 1/3 where |V[t+1]| < 4; the few neurons beyond that, whose float is coarser than the grid,
have more of their own. Where 8 bits would not do, the tape holds the float itself: an anchor."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from trevsnn_lite.shapes import check_leak
from trevsnn_lite.spikes import refuse_second_derivative

GRID = {torch.float32: 2.0**-22, torch.float64: 2.0**-44}
FINE = {dtype: 2.0 * q / torch.finfo(dtype).eps for dtype, q in GRID.items()}  # 4 in float32
CHUNK = 2**15  # neurons that `read` takes at once on a CPU: its float64 stays in a cache


def snap(exact: Tensor, dtype: torch.dtype) -> Tensor:
    """The nearest grid point of each entry of `exact` (float64) as `dtype`; at most q / 2 away
    while |V| < 4 (float32)."""
    return exact.mul(1.0 / GRID[dtype]).round().to(dtype).mul(GRID[dtype])


def leak_and_add(kept: Tensor | None, decay: Tensor, current: Tensor, value: bool = True) -> Tensor:
    """Eq. (1) on the grid: V[t+1] = snap(decay * kept + current); `kept` is V[t] after its reset,
    or None for a neuron at rest (V[0] = 0). Its gradient is that of decay * kept + current.

    value: False for the graph alone, in no memory, where V[t+1] is known already. Raises ValueError
    where the shapes do not fit."""
    if kept is not None:
        check_leak(kept, decay, current)
    return _LeakAndAdd.apply(kept, decay, current, value)


class _LeakAndAdd(torch.autograd.Function):
    @staticmethod
    def forward(ctx, kept: Tensor | None, decay: Tensor, current: Tensor, value: bool) -> Tensor:
        ctx.save_for_backward(kept, decay)
        if not value:
            return current.new_zeros(()).expand(current.shape)
        exact = current.double()
        return snap(
            exact if kept is None else torch.addcmul(exact, kept.double(), decay.double()),
            current.dtype,
        )

    @staticmethod
    def backward(ctx, grad: Tensor):
        refuse_second_derivative()
        kept, decay = ctx.saved_tensors
        of_kept, of_decay, *_ = ctx.needs_input_grad
        if kept is None:
            return None, None, grad, None
        grad_decay = (grad * kept).sum_to_size(decay.shape) if of_decay else None
        return grad * decay if of_kept else None, grad_decay, grad, None


class Entry(NamedTuple):
    """What the tape holds of one level's potential at one step: `data` packed along the axes of
    `order`, `bits` a neuron (None: the float itself), spikes for a reset, and the entry of the few
    that need more bits."""

    data: Tensor
    bits: int | None
    spikes: Tensor | None
    order: tuple[int, ...] = ()
    few: "Entry | None" = None


def undoing_error(decay: Tensor, largest: Tensor, dtype: torch.dtype) -> Tensor:
    """How many grid units the estimate of V[t] by `read` may be wrong, where |V[t]|, |V[t+1]| <=
    largest and |decay| is at least `decay`: an error of e units in V[t+1] is e / decay in V[t]. A
    quarter of a unit is left to a current that is computed again on other hardware paths."""
    spacing = torch.finfo(dtype).eps * torch.exp2(torch.log2(largest.clamp(min=1e-30)).floor())
    # Beyond |V| = 4 (float32) the float itself rounds, too.
    coarser = torch.where(spacing > GRID[dtype], spacing / GRID[dtype], 0.0)
    arithmetic = 4.0 * torch.finfo(torch.float64).eps * largest / GRID[dtype]  # of `read`
    return (0.5 * (1.0 + coarser) + arithmetic) / decay + 0.25


def lost_by_reset(v: Tensor, spikes: Tensor | None, threshold: float) -> Tensor:
    """By how many grid units at most a soft reset of v is rounded: V - threshold is on no grid."""
    if spikes is None:
        return v.new_zeros((), dtype=torch.float64)
    taken = threshold * spikes.to(v.dtype)
    kept = v - taken
    less = kept - v  # the rounding itself, exact: Knuth's two-sum
    return ((v - (kept - less)) - (taken + less)).abs().max().double() / GRID[v.dtype]


def bits_needed(decay: float, largest: float, dtype: torch.dtype, lost: float = 0.0) -> int | None:
    """Bits per neuron that make undoing exact where |V[t]|, |V[t+1]| <= largest and a reset has
    `lost` units: `bits` low bits tell apart errors below 2^(bits - 1) units. None where more than 8
    would be needed (keep the float)."""
    if not (decay > 0.0 and math.isfinite(largest)):
        return None
    smallest, most = torch.tensor([decay, largest], dtype=torch.float64)
    error = undoing_error(smallest, most, dtype).item()
    return next((bits for bits in (1, 2, 4, 8) if 2 ** (bits - 1) >= error + lost), None)


def write(
    v: Tensor,
    v_next: Tensor,
    decay: Tensor,
    spikes: Tensor | None,
    bits: int | None = None,
    lost: Tensor | float = 0.0,
) -> Entry:
    """The entry from which `read` restores v, given v_next; `spikes` (bool or None) only where a
    reset makes them needed.

    bits: None for as few as these values need, which reads them: it stops a GPU. The smallest
    |decay| counts, for it is what undoing divides by. Its sign does not matter. lost: units that a
    reset has lost."""
    order, few, largest = memory_order(v), None, math.inf
    laid, next_laid = v.permute(order), v_next.permute(order)  # as they lie in memory
    spikes = None if spikes is None else spikes.permute(order)
    if bits is None:
        smallest = decay.abs().min().item()
        largest = max(torch.stack(p.aminmax()).abs().max().item() for p in (laid, next_laid))
        bits = bits_needed(smallest, largest, v.dtype, float(lost))
        if bits is None:
            return Entry(v, None, None)
        fewer = bits_needed(smallest, FINE[v.dtype] / 2, v.dtype, float(lost)) or bits
        if fewer < bits and len((at := _coarse(next_laid))[0]) * bits < v.numel() * (bits - fewer):
            fired = None if spikes is None else spikes[at]
            few, bits = write(laid[at], next_laid[at], decay, fired, bits), fewer
    # What is beyond 32 bits has low bits of 0, and is cut: some processors would end at 2^31 - 1.
    integers = torch.int32 if v.dtype == torch.float32 else torch.int64
    index = laid.mul(1.0 / GRID[v.dtype])  # exact: a power of two
    index = index if largest < 2.0**31 * GRID[v.dtype] else index.fmod_(2.0**31)
    low = index.to(integers).to(torch.uint8).bitwise_and_(2**bits - 1)
    packed = None if spikes is None else pack(spikes.to(torch.uint8), 1)
    return Entry(pack(low, bits), bits, packed, order, few)


def read(entry: Entry, v_next: Tensor, current: Tensor, decay: Tensor, threshold: float) -> Tensor:
    """The potential V[t] that `write` was given, bit for bit, from V[t+1] and the current of step
    t+1 (both shaped as V; decay broadcasts with it)."""
    if entry.bits is None:
        return entry.data
    grid, modulus = GRID[v_next.dtype], float(2**entry.bits)
    order = entry.order or memory_order(v_next)
    threshold = torch.tensor(threshold, dtype=v_next.dtype).item()  # as the reset had it
    inverse = (1.0 / (decay.double() * (grid * modulus))).expand(v_next.shape).permute(order)
    decay = decay.expand(v_next.shape).permute(order)
    v_next, current = v_next.permute(order), current.permute(order)
    code = unpack(entry.data, entry.bits, v_next.shape)
    spikes = None if entry.spikes is None else unpack(entry.spikes, 1, v_next.shape)
    restored, count = v_next.new_empty(v_next.shape), max(1, v_next.numel())  # laid as V[t] was
    rows = max(1, (CHUNK if v_next.is_cpu else count) * len(v_next) // count)
    for start in range(0, len(v_next), rows):
        part = slice(start, start + rows)
        # An estimate of V[t] / (q 2^bits), a real number; the nearest with the low bits is V[t].
        estimate = (v_next[part].double() - current[part]).mul_(inverse[part])
        if spikes is not None:
            estimate.add_(spikes[part], alpha=threshold / (grid * modulus))
        low = code[part].double()
        estimate.sub_(low, alpha=1.0 / modulus).round_().add_(low, alpha=1.0 / modulus)
        restored[part] = estimate.mul_(grid * modulus)
    if entry.few is not None:
        at = _coarse(v_next)
        # Else this is not the V[t+1] of `write`: the cell computes otherwise, as `Replay` will say.
        if (entry.few.bits or 0) * len(at[0]) <= 8 * entry.few.data.numel():
            restored[at] = read(entry.few, v_next[at], current[at], decay[at], threshold)
    return restored.permute([order.index(axis) for axis in range(v_next.dim())])


def _coarse(v: Tensor) -> tuple[Tensor, ...]:
    """Where a float is coarser than the grid: |V| >= 4 (float32). Where few rows of the last axis
    have any, these are found first."""
    rows = (v.abs().amax(-1) >= FINE[v.dtype]).nonzero(as_tuple=True) if v.dim() > 1 else ()
    by_rows = rows and 4 * len(rows[0]) * v.shape[-1] <= v.numel()
    *at, last = ((v[rows] if by_rows else v).abs() >= FINE[v.dtype]).nonzero(as_tuple=True)
    return (*(axis[at[0]] for axis in rows), last) if by_rows else (*at, last)


def memory_order(v: Tensor) -> tuple[int, ...]:
    """The axes of v from the slowest to the fastest in memory, so that packing walks through
    channels-last potentials as they lie."""
    return tuple(sorted(range(v.dim()), key=lambda axis: -v.stride()[axis]))


def pack(values: Tensor, bits: int) -> Tensor:
    """uint8 values below 2^bits, any shape -> flat uint8 with 8 / bits of them in a byte."""
    per_byte = 8 // bits
    flat = values.flatten()
    if flat.numel() % per_byte:
        flat = torch.cat([flat, flat.new_zeros(-flat.numel() % per_byte)])
    lanes = flat.view(per_byte, -1)
    packed = lanes[0].clone()
    for lane in range(1, per_byte):
        packed |= lanes[lane] << (bits * lane)
    return packed


def unpack(packed: Tensor, bits: int, shape: torch.Size) -> Tensor:
    """The inverse of `pack`: uint8 values of the given shape."""
    lanes = [(packed >> (bits * lane)) & (2**bits - 1) for lane in range(8 // bits)]
    return torch.cat(lanes)[: shape.numel()].view(shape)
