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

from trevsnn_lite.replay import autocast_state, random_state, random_state_of, statistics_frozen

MEMORY_STRATEGIES = ("store", "reversible")
GRID = {
    torch.float32: 2.0**-17,
    torch.float64: 2.0**-44,
}  # sums are exact below 128 and 512; beyond, they round as floats do


class Coupling(nn.Module):
    """One reversible block of two branches, each of which keeps the shape of its half.
    `draws_random`: whether they draw random numbers (dropout)."""

    draws_random = False

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
    size, or a dtype without a grid."""
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
    return _Chain.apply(blocks, dim, exact, x, *all_parameters(blocks))


def invert(blocks: Sequence[Coupling], y: Tensor, *, dim: int = 1, exact: bool = True) -> Tensor:
    """The x from which `run` made y (snapped, with `exact`); BatchNorm must stand as it did, and
    nothing is counted into its statistics."""
    y1, y2 = y.chunk(2, dim)
    with torch.no_grad():
        for block in reversed(blocks):
            with statistics_frozen(block):
                y2 = y2 - _branch(block.g, y1, exact)
                y1 = y1 - _branch(block.f, y2, exact)
    return torch.cat([y1, y2], dim)


def all_parameters(blocks: Sequence[Coupling]) -> list[Tensor]:
    """Each trainable parameter once, in a fixed order."""
    return list(dict.fromkeys(p for block in blocks for p in block.parameters() if p.requires_grad))


class _Chain(torch.autograd.Function):
    """The whole chain as one node of autograd's graph: parameters in, their gradients out, so that
    hooks, DDP and accumulation work as usual."""

    @staticmethod
    def forward(
        ctx, blocks: Sequence[Coupling], dim: int, exact: bool, x: Tensor, *parameters: Tensor
    ) -> Tensor:
        ctx.blocks, ctx.dim, ctx.exact, ctx.autocast, ctx.random_states = (
            blocks,
            dim,
            exact,
            autocast_state(x),
            [],
        )
        x1, x2 = x.chunk(2, dim)
        with torch.autocast(**ctx.autocast):
            for block in blocks:
                before_f = random_state(block, x)
                x1 = x1 + _branch(block.f, x2, exact)
                ctx.random_states.append((before_f, random_state(block, x)))
                x2 = x2 + _branch(block.g, x1, exact)
        y = torch.cat([x1, x2], dim)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, grad: Tensor):
        if torch.is_grad_enabled():
            raise RuntimeError(
                "create_graph=True asks for a second derivative of a reversible run, "
                "which only memory='store' can give."
            )
        (y,) = ctx.saved_tensors
        y1, y2 = y.chunk(2, ctx.dim)
        grad1, grad2 = grad.chunk(2, ctx.dim)
        sums: dict[Tensor, Tensor] = {}  # tensors hash by identity
        del y, grad
        with torch.autocast(**ctx.autocast):
            for block, (before_f, before_g) in zip(
                reversed(ctx.blocks), reversed(ctx.random_states)
            ):
                with statistics_frozen(block):
                    y2, grad1 = _undo(block.g, y1, y2, grad1, grad2, before_g, ctx.exact, sums)
                    y1, grad2 = _undo(block.f, y2, y1, grad2, grad1, before_f, ctx.exact, sums)
        grad_x = torch.cat([grad1, grad2], ctx.dim) if ctx.needs_input_grad[3] else None
        return (None, None, None, grad_x, *map(sums.get, all_parameters(ctx.blocks)))


def _undo(
    branch: nn.Module,
    source: Tensor,
    total: Tensor,
    grad_source: Tensor,
    grad_total: Tensor,
    before,
    exact: bool,
    sums: dict,
):
    """Undo and differentiate total = x + branch(source): (x, the gradient of source); the
    parameters' gradients go into `sums`."""
    source = source.detach().requires_grad_()
    weights = [p for p in branch.parameters() if p.requires_grad]
    with torch.enable_grad(), random_state_of(before):
        y = _branch(branch, source, exact)
    x = total - y.detach()
    found = torch.autograd.grad(y, [source, *weights], grad_total, allow_unused=True)
    for weight, grad in zip(weights, found[1:]):
        if grad is not None:
            sums[weight] = grad if weight not in sums else sums[weight] + grad
    return x, grad_source if found[0] is None else grad_source + found[0]
