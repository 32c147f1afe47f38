"""Reversible training over time, Eqs. (9)-(11): one engine for four memory strategies, for any recurrence of the form below.

    forwards, t = 0 .. T-1, levels upwards      v_l <- decay_{t,l} * reset(v_l) + current_{t,l}(new v_{l-1}, old v_{i>l})
    backwards, t = T-1 .. 0, levels downwards   v_l <- unreset((v_l - current_{t,l}) / decay_{t,l})

The backward pass rebuilds one level of one step at a time, differentiates it and frees it, so that the largest level sets the peak. What differs is how the
old potential comes back (`PLANS`): kept as a float at every step (`recompute`), divided out (`reversible`), or divided out and corrected by the tape
(`taped`). `store` is plain autograd. The engine knows no network: see `Cell` for what it asks of one."""

import math
import warnings
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten

from trevsnn_lite import spike_tape
from trevsnn_lite.recurrence import Cell, all_parameters, step, trainable
from trevsnn_lite.replay import autocast_state, random_state_of, statistics_frozen
from trevsnn_lite.spike_tape import Entry

MEMORY_STRATEGIES = ("store", "recompute", "reversible", "taped")


class ReconstructionWarning(UserWarning):
    """Undoing the recurrence without a tape will lose more precision than training can bear."""


def reconstruction_error(steps: int, decay: float, dtype: torch.dtype = torch.float32) -> float:
    """Absolute error of the first potential that is rebuilt from V[T] by Eq. (9): half a grid unit, times 1/decay for each of T - 1 steps."""
    return 0.5 * spike_tape.GRID[dtype] * decay ** -(steps - 1)


def run(cell: Cell, inputs: Tensor, states: Sequence[Tensor] | None = None, memory: str = "taped") -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run all steps: (read-outs [T, ...], or fewer where a step is not read; final potentials). states: V[0] of each level, None for all at rest.

    Raises ValueError for an unknown strategy or one that cannot undo the cell's reset; warns where `reversible` cannot hold."""
    if memory not in MEMORY_STRATEGIES:
        raise ValueError(f"memory is {memory!r}, expected one of {', '.join(MEMORY_STRATEGIES)}.")
    states = tuple(states) if states is not None else None
    if memory == "store" or not torch.is_grad_enabled():
        outputs = []
        for t in range(cell.steps):
            states, output, _ = step(cell, t, inputs, states)
            outputs += [] if output is None else [output]
        return torch.stack(outputs), states
    _check_reversible(cell, memory)
    flat = [*(states or ()), *all_parameters(cell)]
    outputs, *finals = _Chain.apply(cell, memory, len(states or ()), inputs, *flat)
    return outputs, tuple(finals)


def _check_reversible(cell: Cell, memory: str) -> None:
    """Refuse what cannot be undone; say with a number when undoing without a tape cannot hold."""
    if (memory == "reversible" and cell.reset != "none") or (memory == "taped" and cell.reset == "hard"):
        cure = "'taped', 'recompute' or 'store'" if cell.reset == "soft" else "'recompute' or 'store'"
        raise ValueError(f"memory={memory!r} cannot undo reset={cell.reset!r}, which maps two potentials to one; expected {cure}.")
    if memory == "reversible":
        decays = [cell.leak(t, level).detach() for t in range(1, cell.steps) for level in range(cell.levels)]
        if not decays:
            return
        slowest, dtype = min(decay.abs().min().item() for decay in decays), decays[0].dtype
        error = reconstruction_error(cell.steps, slowest, dtype)
        if not error < 1e-4:
            limit = 1 + int(math.log(1e-4 / reconstruction_error(1, slowest, dtype)) / -math.log(slowest))
            warnings.warn(
                f"memory='reversible' divides by the decay {slowest:.3g} {cell.steps - 1} times: the first potentials come back with an error of about "
                f"{error:.1e} ({dtype}), and spikes will flip; it holds up to T = {limit}. Use memory='taped'.",
                ReconstructionWarning,
                stacklevel=3,
            )


class _Chain(torch.autograd.Function):
    """The whole run as one node of autograd's graph: parameters in, their gradients out, so that hooks, DDP and accumulation work as usual."""

    @staticmethod
    def forward(ctx, cell: Cell, memory: str, given: int, inputs: Tensor, *tensors: Tensor):
        ctx.set_materialize_grads(False)
        ctx.cell, ctx.given, ctx.autocast = cell, given, autocast_state(inputs)
        states = tensors[:given] or None
        tape, outputs, ctx.random_states = [], {}, []
        with torch.autocast(**ctx.autocast):
            for t in range(cell.steps):
                new, output, random_states = step(cell, t, inputs, states)
                tape.append(None if states is None else [_keep(cell, memory, t, *level) for level in zip(range(cell.levels), states, new)])
                states = new
                outputs |= {} if output is None else {t: output}
                ctx.random_states.append(random_states)
        leaves, ctx.layout = tree_flatten(tape)
        ctx.plain = [None if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        ctx.save_for_backward(inputs, *states, *(leaf if isinstance(leaf, Tensor) else None for leaf in leaves))
        ctx.row = {t: row for row, t in enumerate(outputs)}  # of the read-outs, by step
        return torch.stack(list(outputs.values())), *states

    @staticmethod
    def backward(ctx, grad_outputs: Tensor, *grads: Tensor):
        if torch.is_grad_enabled():
            raise RuntimeError("create_graph=True asks for a second derivative of a reversible run, which only memory='store' can give.")
        cell, (inputs, *kept) = ctx.cell, ctx.saved_tensors
        states, leaves = kept[: cell.levels], kept[cell.levels :]
        tape = tree_unflatten([plain if leaf is None else leaf for leaf, plain in zip(leaves, ctx.plain)], ctx.layout)
        del kept, leaves
        sums = GradientSums(inputs)
        with statistics_frozen(cell), torch.autocast(**ctx.autocast):
            for t in reversed(range(cell.steps)):
                if grad_outputs is not None and t in ctx.row:
                    grads = _undo_read_out(cell, t, states[-1], grads, grad_outputs[ctx.row[t]], sums)
                states, grads = _undo_step(cell, t, inputs, states, tape.pop(), ctx.random_states[t], grads, sums)
        return (None, None, None, sums.inputs, *(grads if ctx.given else ()), *map(sums.of, all_parameters(cell)))


class GradientSums:
    """The gradients that the backward pass sums up: of the inputs if they need one, and of the parameters."""

    def __init__(self, inputs: Tensor):
        self.inputs = torch.zeros_like(inputs) if inputs.requires_grad else None
        self._of: dict[Tensor, Tensor] = {}  # tensors hash by identity

    def of(self, parameter: Tensor) -> Tensor | None:
        return self._of.get(parameter)

    def add(self, parameters: Sequence[Tensor], grads: Sequence[Tensor | None]) -> None:
        for parameter, grad in zip(parameters, grads):
            if grad is not None:
                self._of[parameter] = grad if parameter not in self._of else self._of[parameter] + grad


def _undo_read_out(cell: Cell, t: int, top: Tensor, grads: Sequence[Tensor | None], grad_output: Tensor, sums: GradientSums):
    """Differentiate the read-out of step t: the gradients of the new potentials, with its share added to the last level's."""
    top, weights = _leaf(top), trainable(cell, t, cell.levels)
    with torch.enable_grad():
        output = cell.read_out(t, top)
    grad_top, *grad_weights = torch.autograd.grad(output, [top, *weights], grad_output, allow_unused=True)
    sums.add(weights, grad_weights)
    return [*grads[:-1], _plus(grads[-1], grad_top)]


def _undo_step(cell, t, inputs, new, entries, random_states, grads, sums):
    """Undo and differentiate one step, levels downwards: (old potentials, their gradients); (None, ...) where all were at rest before it."""
    old: list[Tensor | None] = [None] * cell.levels
    grads_old: list[Tensor | None] = [None] * cell.levels
    grads = list(grads)
    for level in reversed(range(cell.levels)):
        feeds = () if entries is None else cell.feeds(level)
        below = _leaf(new[level - 1]) if level else None
        above = [_leaf(old[i]) for i in feeds]
        image = inputs.detach().requires_grad_(sums.inputs is not None)
        with torch.enable_grad(), random_state_of(random_states[level]):
            decay = cell.leak(t, level)
            current = cell.current(t, level, image, None if below is None else cell.spikes(below), above).to(decay.dtype)
        results = [(current, grads[level])]
        if entries is not None:
            old[level] = _recall(cell, entries[level], new[level], current.detach(), decay.detach())
            grad_decay, grad_leak = _leak_gradients(cell, old[level], decay.detach(), grads[level])
            grads_old[level] = _plus(grads_old[level], grad_leak)
            results.append((decay, grad_decay))
        weights = trainable(cell, t, level)
        wanted = [x for x in (below, image, *above, *weights) if x is not None and x.requires_grad]
        results = [(result, grad) for result, grad in results if result.requires_grad and grad is not None]
        found = _gradients(results, wanted)
        del current, results  # this level's graph is gone before the next is rebuilt
        sums.add(weights, [found.get(w) for w in weights])
        sums.inputs = _plus(sums.inputs, found.get(image))
        if level:
            grads[level - 1] = _plus(grads[level - 1], found.get(below))
        for i, leaf in zip(feeds, above):
            grads_old[i] = _plus(grads_old[i], found.get(leaf))
    return (None if entries is None else old), grads_old


def _gradients(results: Sequence[tuple[Tensor, Tensor]], wanted: Sequence[Tensor]) -> dict[Tensor, Tensor | None]:
    """The gradient of sum(result * its gradient) for each wanted tensor that it reaches."""
    if not (results and wanted):
        return {}
    return dict(zip(wanted, torch.autograd.grad([result for result, _ in results], wanted, [grad for _, grad in results], allow_unused=True)))


def _keep(cell: Cell, memory: str, t: int, level: int, v: Tensor, v_next: Tensor) -> Entry | None:
    """What this strategy keeps of one level's potential before step t; a V[0] that the caller gave is kept whole, for it costs nothing."""
    if memory == "recompute" or t == 0:
        return Entry(v, None, None)
    if memory == "reversible":
        return None
    return spike_tape.write(v, v_next, cell.leak(t, level), v >= cell.threshold if cell.reset == "soft" else None)


def _recall(cell: Cell, entry: Entry | None, v_next: Tensor, current: Tensor, decay: Tensor) -> Tensor:
    """The potential before the step: Eq. (9) alone where nothing was kept, else from the entry."""
    if entry is None:
        return (v_next - current) / decay
    return spike_tape.read(entry, v_next, current, decay, cell.threshold)


def _leak_gradients(cell: Cell, old: Tensor, decay: Tensor, grad: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
    """The gradients that flow from V[t+1] to the decay, and to V[t] of the same level through the leak and the reset."""
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
