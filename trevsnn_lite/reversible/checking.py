"""Whether a cell gives under a strategy what plain autograd gives: for users' own cells."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from trevsnn_lite.reversible import Cell, Recompute, run


class Mismatch(AssertionError):
    """A reversible run that does not give what plain autograd gives; the sentence says what."""


def check(
    cell: Cell,
    x: Tensor,
    steps: int,
    states: Sequence[Tensor] | None = None,
    memory: str | Recompute = "taped",
    tolerance: float = 1e-4,
) -> float:
    """Compare read-outs, final potentials and every gradient with plain autograd's, on this input,
    and return the largest relative error; the cell is left as it was.

    Raises Mismatch, naming the first that differs by more than `tolerance` and the likely cause,
    and what `run` raises."""
    # Plain autograd first: what it leaves outside of the cell has a graph, which the run refuses.
    expected, found = (_probe(cell, x, steps, states, way) for way in ("store", memory))
    total = sum(g.double().square().sum().item() for g in expected.values() if g is not None) ** 0.5
    worst = 0.0
    for name, right in expected.items():
        mine = found[name]
        if (mine is None) != (right is None):
            got, wanted = ("none", "one") if mine is None else ("one", "none")
            raise Mismatch(
                f"{name} has {got}, and by plain autograd it has {wanted}: is it used outside "
                "update and read_out, or behind a detach or a no_grad?"
            )
        if mine is None or right is None:
            continue
        if not (right.is_floating_point() or right.is_complex()):  # counted spikes, a class
            mine, right = mine.double(), right.double()
        finite = right[right.isfinite()]
        scale = max(finite.norm().item(), 1e-4 * total, 1e-30)
        difference = torch.where(mine == right, 0.0, mine - right)  # an infinity is itself
        error = (difference.norm() / scale).item()
        if not error <= tolerance:
            cause = (
                "two calls of the cell do not give the same: it holds something from one call to "
                "the next, or draws from a generator of its own"
                if not name.startswith("the gradient")
                else "undoing has lost precision (a decay near 0, a potential beyond 4), or the "
                "cell computes its gradient otherwise at the second call, by something that it "
                "holds from one call to the next, such as a slope in a dictionary"
            )
            raise Mismatch(f"{name} differs by {error:.2g} of its size. Likely {cause}.")
        worst = max(worst, error)
    return worst


def _probe(cell, x, steps, states, memory) -> dict[str, Tensor | None]:
    """What a run gives, and the gradients of a fixed random combination of it."""
    with _left_as_it_was(cell), torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):
        torch.manual_seed(0)
        x = x.detach().requires_grad_(x.is_floating_point())
        given = None if states is None else [v.detach().requires_grad_() for v in states]
        outputs, finals = run(cell, x, steps, given, memory)
        results = {"the read-out": outputs}
        results |= {f"the final potential of level {i}": v for i, v in enumerate(finals)}
        torch.manual_seed(1)
        parts = [
            (torch.randn_like(result) * result.nan_to_num(0.0, 0.0, 0.0)).sum()
            for result in results.values()
            if result.requires_grad
        ]
        wanted = {"the input": x} | {f"states[{i}]": v for i, v in enumerate(given or ())}
        wanted = {name: v for name, v in (wanted | dict(cell.named_parameters())).items()}
        wanted = {name: v for name, v in wanted.items() if v.requires_grad}
        grads: Sequence[Tensor | None] = [None] * len(wanted)
        if parts:
            total = torch.stack(parts).sum()
            grads = torch.autograd.grad(total, list(wanted.values()), allow_unused=True)
    found: dict[str, Tensor | None] = {name: v.detach() for name, v in results.items()}
    dense = [grad.to_dense() if grad is not None else None for grad in grads]
    return found | {f"the gradient of {name}": grad for name, grad in zip(wanted, dense)}


@contextmanager
def _left_as_it_was(cell: Cell) -> Iterator[None]:
    """Afterwards the attributes and buffers of the cell are what they were, also after an error."""
    attributes = [(part, dict(vars(part))) for part in cell.modules()]
    buffers = [
        (part._buffers, name, buffer, None if buffer is None else buffer.clone())
        for part in cell.modules()
        for name, buffer in part._buffers.items()
    ]
    try:
        yield
    finally:
        for part, then in attributes:
            vars(part).clear()
            vars(part).update(then)
        with torch.no_grad():
            for place, name, buffer, before in buffers:
                place[name] = None if buffer is None or before is None else buffer.copy_(before)
