"""Reversible training over time, Eqs. (9)-(11): one engine for four memory strategies, for any
recurrence of the form below.

    forwards, t = 0 .. T-1, levels upwards      v_l <- decay_{t,l} * reset(v_l) + current_{t,l}(new v_{l-1}, old v_{i>l})
    backwards, t = T-1 .. 0, levels downwards   v_l <- unreset((v_l - current_{t,l}) / decay_{t,l})

The backward pass rebuilds one level of one step at a time, differentiates it and frees it. Smaller
levels of the last steps are not rebuilt: their graphs are
kept, as many as fit (`undoing.KEPT`), so that the largest level and a constant set the peak. What
differs is how the
old potential comes back: kept as a float at every step (`recompute`), divided out (`reversible`),
or divided out and corrected by the tape
(`taped`). `store` is plain autograd. The engine knows no network: see `Cell` for what it asks of
one."""

import math
import warnings
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten

from trevsnn_lite import spike_tape
from trevsnn_lite.recurrence import Cell, all_parameters, current_and_decay, step
from trevsnn_lite.replay import autocast_state, statistics_frozen
from trevsnn_lite.spike_tape import Entry
from trevsnn_lite.undoing import GradientSums, Graph, build, kept_graphs, undo_read_out, undo_step

MEMORY_STRATEGIES = ("store", "recompute", "reversible", "taped")


class ReconstructionWarning(UserWarning):
    """Undoing the recurrence without a tape will lose more precision than training can bear."""


def reconstruction_error(steps: int, decay: float, dtype: torch.dtype = torch.float32) -> float:
    """Absolute error of the first potential that is rebuilt from V[T] by Eq. (9): half a grid unit,
    times 1/decay for each of T - 1 steps."""
    return 0.5 * spike_tape.GRID[dtype] * decay ** -(steps - 1)


def run(
    cell: Cell, inputs: Tensor, states: Sequence[Tensor] | None = None, memory: str = "taped"
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run all steps: (read-outs [T, ...], or fewer where a step is not read; final potentials).
    states: V[0] of each level, None for all at rest.

    Raises ValueError for an unknown strategy or one that cannot undo the cell's reset; warns where
    `reversible` cannot hold."""
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
    if (memory == "reversible" and cell.reset != "none") or (
        memory == "taped" and cell.reset == "hard"
    ):
        cure = (
            "'taped', 'recompute' or 'store'" if cell.reset == "soft" else "'recompute' or 'store'"
        )
        raise ValueError(
            f"memory={memory!r} cannot undo reset={cell.reset!r}, which maps two "
            f"potentials to one; expected {cure}."
        )
    if memory == "reversible":
        decays = [
            cell.leak(t, level).detach()
            for t in range(1, cell.steps)
            for level in range(cell.levels)
        ]
        if not decays:
            return
        slowest, dtype = min(decay.abs().min().item() for decay in decays), decays[0].dtype
        error = reconstruction_error(cell.steps, slowest, dtype)
        if not error < 1e-4:
            limit = 1 + int(
                math.log(1e-4 / reconstruction_error(1, slowest, dtype)) / -math.log(slowest)
            )
            warnings.warn(
                f"memory='reversible' divides by the decay {slowest:.3g} {cell.steps - 1} "
                "times: the first potentials come back with an error of about "
                f"{error:.1e} ({dtype}), and spikes will flip; it holds up to T = "
                f"{limit}. Use memory='taped'.",
                ReconstructionWarning,
                stacklevel=3,
            )


class _Chain(torch.autograd.Function):
    """The whole run as one node of autograd's graph: parameters in, their gradients out, so that
    hooks, DDP and accumulation work as usual."""

    @staticmethod
    def forward(ctx, cell: Cell, memory: str, given: int, inputs: Tensor, *tensors: Tensor):
        ctx.set_materialize_grads(False)
        ctx.cell, ctx.given, ctx.autocast = cell, given, autocast_state(inputs)
        states = tensors[:given] or None
        tape, outputs, ctx.random_states, ctx.graphs = [], {}, [], {}
        coded = (
            getattr(cell, "codes_spikes", False) and not ctx.autocast["enabled"]
        )  # under which convolutions are torch's, and keep spikes
        with torch.autocast(**ctx.autocast):
            for t in range(cell.steps):
                kept = kept_graphs(_sizes(cell, states), t, cell.steps, coded)
                compute = _Computing(kept, ctx.needs_input_grad[3], coded, t == cell.steps - 1)
                new, output, random_states = step(cell, t, inputs, states, compute)
                entries = None
                if states is not None:
                    held = [
                        t == cell.steps - 1 or level in kept or (t - 1, level + 1) in ctx.graphs
                        for level in range(cell.levels)
                    ]
                    whole = [memory == "taped" and of_level for of_level in held]
                    entries = [
                        _keep(cell, memory, t, *level)
                        for level in zip(whole, states, new, compute.decays)
                    ]
                tape.append(entries)
                for level, graph in compute.graphs.items():
                    ctx.graphs[t, level] = (
                        graph
                        if entries is not None and not _is_whole(entries[level])
                        else graph._replace(current=None)
                    )
                states = new
                outputs |= {} if output is None else {t: output}
                ctx.random_states.append(random_states)
        leaves, ctx.layout = tree_flatten(tape)
        ctx.plain = [None if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        ctx.save_for_backward(
            inputs, *states, *(leaf if isinstance(leaf, Tensor) else None for leaf in leaves)
        )
        ctx.row = {t: row for row, t in enumerate(outputs)}  # of the read-outs, by step
        return torch.stack(list(outputs.values())), *states

    @staticmethod
    def backward(ctx, grad_outputs: Tensor, *grads: Tensor):
        if torch.is_grad_enabled():
            raise RuntimeError(
                "create_graph=True asks for a second derivative of a reversible run, "
                "which only memory='store' can give."
            )
        cell, (inputs, *kept) = ctx.cell, ctx.saved_tensors
        states, grads, leaves = kept[: cell.levels], list(grads), kept[cell.levels :]
        tape = tree_unflatten(
            [plain if leaf is None else leaf for leaf, plain in zip(leaves, ctx.plain)], ctx.layout
        )
        del kept, leaves
        ctx.maybe_clear_saved_tensors()
        sums = GradientSums(cell, inputs)
        with statistics_frozen(cell), torch.autocast(**ctx.autocast):
            for t in reversed(range(cell.steps)):
                if grad_outputs is not None and t in ctx.row:
                    grads = undo_read_out(
                        cell, t, states[-1], grads, grad_outputs[ctx.row[t]], sums
                    )
                states, grads = undo_step(
                    cell,
                    t,
                    inputs,
                    states,
                    tape.pop(),
                    ctx.random_states[t],
                    ctx.graphs,
                    grads,
                    sums,
                )
        return (
            None,
            None,
            None,
            sums.inputs,
            *(grads if ctx.given else ()),
            *map(sums.of, all_parameters(cell)),
        )


def _sizes(cell: Cell, states: Sequence[Tensor] | None) -> Sequence[int]:
    """The neurons of each level, as the cell or its potentials tell; empty where neither does."""
    return getattr(cell, "sizes", [v.numel() for v in states or ()])


class _Computing:
    """`current_and_decay` of one step, level after level, that notes the decays and keeps the
    graphs of the levels in `kept`.

    coded: those that wait while others are built hold codes: all but, at the last step, those above
    the lowest, which are differentiated first."""

    def __init__(self, kept: range, of_inputs: bool, coded: bool, last: bool):
        self.kept, self.of_inputs = kept, of_inputs
        self.coded = kept if coded and not last else kept[:1] if coded else range(0)
        self.decays: list[Tensor] = []
        self.graphs: dict[int, Graph] = {}

    def __call__(self, cell: Cell, t: int, level: int, *given) -> tuple[Tensor, Tensor]:
        if level in self.kept:
            self.graphs[level] = graph = build(
                cell, t, level, *given, self.of_inputs, level in self.coded
            )
            current, decay = graph.current, graph.decay.detach()
        else:
            current, decay = current_and_decay(cell, t, level, *given)
        self.decays.append(decay)
        return current, decay


def _keep(
    cell: Cell, memory: str, t: int, whole: bool, v: Tensor, v_next: Tensor, decay: Tensor
) -> Entry | None:
    """What this strategy keeps of one level's potential before step t. A V[0] that the caller gave
    is kept `whole` in any case: it costs nothing."""
    if whole or memory == "recompute" or t == 0:
        return Entry(v, None, None)
    if memory == "reversible":
        return None
    return spike_tape.write(v, v_next, decay, v >= cell.threshold if cell.reset == "soft" else None)


def _is_whole(entry: Entry | None) -> bool:
    return entry is not None and entry.bits is None
