"""The backward pass of `reversible`: undo and differentiate the recurrence a step at a time, levels
downwards, each level's graph freed before the next is built."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from trevsnn_lite import spike_tape
from trevsnn_lite.codes import coding
from trevsnn_lite.recurrence import Cell, current_and_decay, trainable
from trevsnn_lite.replay import random_state_of
from trevsnn_lite.spike_tape import Entry


class GradientSums:
    """The gradients that the backward pass sums up: of the inputs if they need one, and of the
    parameters. Those of a parameter that the steps share are added into
    memory of their own, which is the gradient's in the end: no other tensor of that size waits."""

    def __init__(self, cell: Cell, inputs: Tensor):
        self.of_inputs, self.inputs = inputs.requires_grad, None
        self._of: dict[
            int, Tensor
        ] = {}  # by the parameter's id: a tensor's own hash is a slow way to the same number
        uses = Counter(
            id(p)
            for t in range(cell.steps)
            for level in range(cell.levels + 1)
            for p in cell.parameters_of(t, level)
        )
        self._shared = {parameter for parameter, count in uses.items() if count > 1}

    def of(self, parameter: Tensor) -> Tensor | None:
        return self._of.get(id(parameter))

    def add(self, parameters: Sequence[Tensor], grads: Sequence[Tensor | None]) -> None:
        for parameter, grad in zip(parameters, grads):
            if grad is None:
                continue
            if id(parameter) not in self._of:
                self._of[id(parameter)] = grad.clone() if id(parameter) in self._shared else grad
            else:
                self._of[id(parameter)].add_(grad)


def undo_read_out(
    cell: Cell,
    t: int,
    top: Tensor,
    grads: list[Tensor | None],
    grad_output: Tensor,
    sums: GradientSums,
):
    """Differentiate the read-out of step t: the gradients of the new potentials, with its share
    added to the last level's."""
    top, weights = _leaf(top), trainable(cell, t, cell.levels)
    with torch.enable_grad():
        output = cell.read_out(t, top)
    grad_top, *grad_weights = torch.autograd.grad(
        output, [top, *weights], grad_output, allow_unused=True
    )
    sums.add(weights, grad_weights)
    return [*grads[:-1], _plus(grads[-1], grad_top)]


class Graph(NamedTuple):
    """One level of one step, computed with a graph on leaves of its own: what its backward pass
    needs."""

    below: Tensor | None
    above: list[Tensor]
    image: Tensor
    edge: GradientEdge | None  # where the current came from; its value only undoing needs
    current: Tensor | None
    decay: Tensor


def build(
    cell: Cell,
    t: int,
    level: int,
    inputs: Tensor,
    below: Tensor | None,
    above: Sequence[Tensor],
    of_inputs: bool,
    coded: bool = False,
) -> Graph:
    """The graph of one level of one step. below, above: as `recurrence.current_and_decay` takes
    them; of_inputs: whether the inputs need a gradient.

    coded: it will wait, and keeps two bits of what only fires."""
    below, above = None if below is None else _leaf(below), [_leaf(old) for old in above]
    image = inputs.detach().requires_grad_(of_inputs)
    with torch.enable_grad(), coding(coded):
        current, decay = current_and_decay(cell, t, level, image, below, above)
    edge = get_gradient_edge(current) if current.requires_grad else None
    return Graph(below, above, image, edge, current.detach(), decay)


KEPT = (5 / 4, 5 / 8)
KEPT_OF_CODES = (5 / 4, 5 / 8, 5 / 8)
"""How large the levels may be together whose graphs are kept, of the last step, of the one before
it, and so on: shares of the largest level's size.

Those of the last step are gone before the largest level is rebuilt, and cost no memory as long as
they are no larger than that level with the gradients of its
backward pass, which take a quarter more. Those of earlier steps wait meanwhile: what they cost does
not grow with T, as a tape does. Most of a graph are the potentials
of turned-off neurons: where two bits of each will do (`codes`), more graphs can wait in the same
place."""


def kept_graphs(sizes: Sequence[int], t: int, steps: int, of_codes: bool) -> range:
    """The levels, of `sizes` neurons, whose graphs of step t of `steps` are kept rather than built
    again: from the top, as many as fit; none of unknown sizes.

    Step 0, whose graphs hold no older potentials, counts as step 1."""
    shares, waiting = KEPT_OF_CODES if of_codes else KEPT, max(0, steps - 1 - max(t, 1))
    share = shares[waiting] if waiting < len(shares) else 0.0
    fitting = [level for level in range(1, len(sizes)) if sum(sizes[level:]) <= share * max(sizes)]
    return range(min(fitting, default=len(sizes)), len(sizes))


def undo_step(cell, t, inputs, new, entries, random_states, graphs, grads, sums):
    """Undo and differentiate one step, levels downwards: (old potentials, their gradients); (None,
    ...) where all were at rest before it.

    The lists `new` and `grads`, and `graphs` (those kept, by level), are emptied on the way: all of
    a level is freed when it is done."""
    old: list[Tensor | None] = [None] * cell.levels
    grads_old: list[Tensor | None] = [None] * cell.levels
    for level in reversed(range(cell.levels)):
        entry = entries[level] if entries is not None else None
        _undo_level(
            cell,
            t,
            level,
            inputs,
            new,
            old,
            entries is not None,
            entry,
            random_states[level],
            graphs,
            grads,
            grads_old,
            sums,
        )
    return (None if entries is None else old), grads_old


def _undo_level(
    cell, t, level, inputs, new, old, moved, entry, random_state, graphs, grads, grads_old, sums
):
    """One level of `undo_step`: its graph and all that hangs on it is gone when this returns.
    moved: whether there was a potential before the step."""
    feeds = cell.feeds(level) if moved else ()
    graph = graphs.pop((t, level), None)
    if graph is None:
        with random_state_of(random_state):
            graph = build(
                cell,
                t,
                level,
                inputs,
                new[level - 1] if level else None,
                [old[i] for i in feeds],
                sums.of_inputs,
            )
    below, above, image, edge, current, decay = graph
    v, grad, new[level], grads[level] = new[level], grads[level], None, None
    edges, of_edges = ([edge], [grad]) if edge is not None and grad is not None else ([], [])
    if moved:
        old[level] = _recall(cell, entry, v, current, decay.detach())
        grad_decay, grads_old[level] = _leak_gradients(cell, old[level], decay.detach(), grad)
        if grad_decay is not None and decay.requires_grad:
            edges.append(get_gradient_edge(decay))
            of_edges.append(grad_decay)
    del v, current, graph, edge
    weights = trainable(cell, t, level)
    of_below, of_image, *found = _gradients(edges, of_edges, [below, image, *above, *weights])
    sums.add(weights, found[len(above) :])
    sums.inputs = _plus(sums.inputs, of_image)
    if level:
        grads[level - 1] = _plus(grads[level - 1], of_below)
    for i, of_above in zip(feeds, found):
        grads_old[i] = _plus(grads_old[i], of_above)


def _gradients(
    edges: list[GradientEdge], of_edges: list[Tensor], tensors: Sequence[Tensor | None]
) -> list[Tensor | None]:
    """The gradient of what the edges lead to, given its own, for each of the tensors; None for one
    that it does not reach."""
    wanted = [tensor for tensor in tensors if tensor is not None and tensor.requires_grad]
    if not (edges and wanted):
        return [None] * len(tensors)
    found = iter(torch.autograd.grad(edges, wanted, of_edges, allow_unused=True))
    return [
        next(found) if tensor is not None and tensor.requires_grad else None for tensor in tensors
    ]


def _recall(
    cell: Cell, entry: Entry | None, v_next: Tensor, current: Tensor | None, decay: Tensor
) -> Tensor:
    """The potential before the step: Eq. (9) alone where nothing was kept, else from the entry.
    current: None only where the entry needs none."""
    if entry is None:
        return (v_next - current) / decay
    return spike_tape.read(entry, v_next, current, decay, cell.threshold)


def _leak_gradients(
    cell: Cell, old: Tensor, decay: Tensor, grad: Tensor | None
) -> tuple[Tensor | None, Tensor | None]:
    """The gradients that flow from V[t+1] to the decay, and to V[t] of the same level through the
    leak and the reset."""
    if grad is None:
        return None, None
    leaf = _leaf(old)
    with torch.enable_grad():
        kept = cell.after_reset(leaf)
    grad_decay, grad = (grad * kept.detach()).sum_to_size(decay.shape), grad * decay
    return grad_decay, grad if kept is leaf else torch.autograd.grad(kept, leaf, grad)[0]


def _leaf(tensor: Tensor) -> Tensor:
    return tensor.detach().requires_grad_()


def _plus(total: Tensor | None, term: Tensor | None) -> Tensor | None:
    return term if total is None else total if term is None else total + term
