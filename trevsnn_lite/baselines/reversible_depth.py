"""Reversible training over depth (RevNet: Gomez et al., 2017): a chain of couplings that keeps its
output alone for the backward pass.

    forwards    y1 = x1 + F(x2)     y2 = x2 + G(y1)
    backwards   x2 = y2 - G(y1)     x1 = y1 - F(x2)

In float arithmetic (y - F) + F is not y: errors of 1e-7 add up from block to block, and where F
holds neurons one of them flips a spike, after which
the rebuilt activations are another network's. So x and the branches live on a grid (2^-17 in
float32), on which sums below 128 are exact: what is rebuilt
is what was there, bit for bit, as long as F and G repeat themselves."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trevsnn_lite.replay import ALONE, Replay, leaf
from trevsnn_lite.shapes import check_layers
from trevsnn_lite.spikes import refuse_second_derivative

MEMORY_STRATEGIES = ("store", "reversible")
GRID = {
    torch.float32: 2.0**-17,
    torch.float64: 2.0**-44,
}  # sums are exact below 128 and 512; beyond, they round as floats do


class Coupling(nn.Module):
    """One reversible block of two branches, each of which keeps the shape of its half."""

    def __init__(self, f: nn.Module, g: nn.Module):
        super().__init__()
        self.f, self.g = f, g


class _Snap(torch.autograd.Function):
    """The nearest grid point, with the gradient of the identity."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        grid = GRID[x.dtype]
        return x.mul(1.0 / grid).round_().mul_(grid)

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        return grad


def _branch(branch: nn.Module, x: Tensor, exact: bool) -> Tensor:
    y = branch(x).to(x.dtype)
    return _Snap.apply(y) if exact else y


def run(
    blocks: Sequence[Coupling],
    x: Tensor,
    *,
    dim: int = 1,
    memory: str = "reversible",
    exact: bool = True,
) -> Tensor:
    """The chain's output, shaped as x, whose two halves along `dim` are x1 and x2. `exact`: on the
    grid; without it sums are those of plain floats.

    `memory` changes no number that comes out. Raises ValueError for an unknown strategy, an odd
    size, or a dtype without a grid; TypeError for what is no chain of couplings or no tensor."""
    if not isinstance(x, Tensor):
        raise TypeError(f"x is a {type(x).__name__}, expected a torch.Tensor.")
    blocks = list(blocks)
    other = next((block for block in blocks if not isinstance(block, Coupling)), None)
    if other is not None:
        raise TypeError(f"blocks holds a {type(other).__name__}, expected Couplings alone.")
    if memory not in MEMORY_STRATEGIES:
        raise ValueError(f"memory is {memory!r}, expected one of {', '.join(MEMORY_STRATEGIES)}.")
    if x.shape[dim] % 2:
        raise ValueError(
            f"x has the shape {list(x.shape)}, expected an even size along dimension "
            f"{dim}, to be halved."
        )
    if exact and x.dtype not in GRID:
        raise ValueError(
            f"x has the dtype {x.dtype}, expected torch.float32 or torch.float64 for exact=True."
        )
    x = _Snap.apply(x) if exact else x
    if memory == "store" or not torch.is_grad_enabled():
        x1, x2 = x.chunk(2, dim)
        for block in blocks:
            x1 = x1 + _branch(block.f, x2, exact)
            x2 = x2 + _branch(block.g, x1, exact)
        return torch.cat([x1, x2], dim)
    chain = nn.ModuleList(blocks)
    check_layers(chain)
    with ALONE:
        replay = Replay(chain, x)
        return _Chain.apply(blocks, replay, dim, exact, x, *replay.tensors)


def invert(blocks: Sequence[Coupling], y: Tensor, *, dim: int = 1, exact: bool = True) -> Tensor:
    """The x from which `run` made y (snapped, with `exact`); BatchNorm must stand as it did, and
    nothing is counted into its statistics."""
    y1, y2 = y.chunk(2, dim)
    replay = Replay(nn.ModuleList(blocks), y)
    replay.stand_in([False] * len(replay.tensors))
    with torch.no_grad(), replay.again():
        for block in reversed(blocks):
            y2 = y2 - _branch(block.g, y1, exact)
            y1 = y1 - _branch(block.f, y2, exact)
    return torch.cat([y1, y2], dim)


class _Chain(torch.autograd.Function):
    """The whole chain as one node of autograd's graph: parameters in, their gradients out, so that
    hooks, DDP and accumulation work as usual."""

    @staticmethod
    def forward(ctx, blocks, replay: Replay, dim: int, exact: bool, x: Tensor, *tensors: Tensor):
        ctx.branches, ctx.replay, ctx.dim, ctx.exact = [], replay, dim, exact
        total, source = x.chunk(2, dim)  # x1 and x2, then y1 and y2
        for branch in (branch for block in blocks for branch in (block.f, block.g)):
            replay.before()
            change = _branch(branch, source, exact)
            replay.after(change)
            total, source = source, total + change
            ctx.branches.append(branch)
        y = torch.cat([total, source], dim)
        ctx.save_for_backward(y, *tensors)
        return y

    @staticmethod
    def backward(ctx, grad: Tensor):
        refuse_second_derivative()
        replay, needs = ctx.replay, ctx.needs_input_grad
        y, *_ = ctx.saved_tensors  # refuses what was changed in place since the forward pass
        replay.stand_in(needs[5:])
        source, total = y.chunk(2, ctx.dim)
        grad_source, grad_total = grad.chunk(2, ctx.dim)
        del y, grad
        with replay.again():
            for piece, branch in reversed(list(enumerate(ctx.branches))):
                replay.find(piece)
                x, grad_x = _undo(ctx, piece, branch, source, total, grad_source, grad_total)
                source, total, grad_source, grad_total = x, source, grad_total, grad_x
        replay.refuse_what_differs(lambda piece: f"branch {'fg'[piece % 2]} of block {piece // 2}")
        of_x = torch.cat([grad_source, grad_total], ctx.dim) if needs[4] else None
        of_tensors = [replay.leaves[id(p)].grad for p in replay.tensors]
        replay.leaves = {}  # else each gradient would be copied on its way to its parameter
        return None, None, None, None, of_x, *of_tensors


def _undo(ctx, piece, branch, source, total, grad_source, grad_total) -> tuple[Tensor, Tensor]:
    """Undo and differentiate total = x + branch(source): (x, the gradient of source)."""
    source = leaf(source)
    with torch.enable_grad():
        y = _branch(branch, source, ctx.exact)
    ctx.replay.compare(piece, y)
    x = total - y.detach()
    if y.requires_grad:
        ctx.replay.backward(y, grad_total, source)
    return x, grad_source if source.grad is None else grad_source + source.grad
