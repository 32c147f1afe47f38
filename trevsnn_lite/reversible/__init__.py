"""Reversible training over time, Eqs. (9)-(11): one engine for every recurrence of this form.

    forwards    v_l <- decay_l * reset(v_l) + current_l       t = 0 .. T-1, levels upwards
    backwards   v_l <- unreset((v_l - current_l) / decay_l)   t = T-1 .. 0, levels downwards

decay_l and current_l may depend on the run's input, on the spikes of the new v_{l-1} and on the old
v_{i>l}: on the way back all three are known again before v_l is undone. Potentials come from the
last step; the rest is computed a second time, a level of a step at a time, differentiated, freed.

`python -m trevsnn_lite.reversible` shows that the gradients are autograd's, and what is saved."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trevsnn_lite import spike_tape
from trevsnn_lite.neurons import reset_potential
from trevsnn_lite.replay import ALONE, Replay, leaf
from trevsnn_lite.reversible.strategies import (
    MEMORY_STRATEGIES,
    STRATEGIES,
    Recompute,
    ReconstructionWarning,
    Reversible,
    Taped,
    overrides,
    reconstruction_error,
)
from trevsnn_lite.shapes import (
    check_attribute,
    check_buffers,
    check_hooks,
    check_layers,
    check_nothing_left,
    check_potentials,
    check_read_out,
    check_read_outs,
    check_recalled,
    check_run,
    check_spikes,
    check_unchanged,
    check_undoes,
    check_update,
)
from trevsnn_lite.spikes import refuse_second_derivative, spike

__all__ = [
    "MEMORY_STRATEGIES",
    "Cell",
    "Mismatch",
    "Recompute",
    "ReconstructionWarning",
    "Reversible",
    "Taped",
    "advance",
    "check",
    "move",
    "reconstruction_error",
    "run",
]
ENGINE = 3  # counts the engines that recorded runs were made with
KEPT = 3 / 4  # of the largest level: the levels whose graphs of the last step are kept, not rebuilt


class Cell(nn.Module):
    """A recurrence of `levels` potentials: define `update` and `read_out`, the rest is there.

    Its parameters are its own, listed nowhere. It may draw random numbers, hold layers with running
    statistics and set numbers on itself, such as a slope for `fire`. It keeps nothing else from one
    call to the next: see `check`."""

    levels: int = 1
    threshold: float = 0.5  # a number; a learnt one stands in a `fire` of the cell's own
    surrogate: str = "rectangle"
    reset: str = "none"  # as in the paper; or "soft", or "hard", which only `recompute` can undo

    def update(
        self, t: int, level: int, x: Tensor, below: Tensor | None, above: tuple[Tensor, ...]
    ):
        """(decay, current) that move one level by step t, Eq. (10).

        x: the run's input; below: the spikes of the new v_{level-1}, None for level 0; above: the
        old v_{level+1}, v_{level+2}, ..., none where all were at rest. The decay is a number or a
        tensor that broadcasts with v, and has its dtype; the current has v's shape."""
        raise TypeError(f"{type(self).__name__} defines no update(t, level, x, below, above).")

    def read_out(self, t: int, top: Tensor) -> Tensor | None:
        """What leaves the network at step t, of the last level's new potential; None: nothing."""
        raise TypeError(f"{type(self).__name__} defines no read_out(t, top).")

    def fire(self, v: Tensor) -> Tensor:
        """Eq. (2): the spikes of turned-on neurons."""
        return spike(v, self.threshold, self.surrogate)

    def after_reset(self, v: Tensor) -> Tensor:
        """What a spike leaves of v for the next step."""
        if self.reset == "none":
            return v
        return reset_potential(v, check_spikes(self, self.fire(v)), self.reset, self.threshold)

    def __setattr__(self, name: str, value):
        check_attribute(self, name, value)
        super().__setattr__(name, value)


# ------------------------------------------------------------------------ forwards and backwards


def run(
    cell: Cell,
    x: Tensor,
    steps: int,
    states: Sequence[Tensor] | None = None,
    memory: str | Recompute = "taped",
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run `steps` steps: (read-outs [T', ...] of the T' steps that are read, final potentials).

    states: V[0] of each level, None for all at rest. memory: "store" (plain autograd: the fastest
    where it fits), "recompute", "reversible", "taped", or a strategy, such as Taped(bits=2).
    Raises ValueError for a strategy that is unknown or cannot undo the cell's reset, and
    FloatingPointError where a final potential is NaN or infinite; the backward pass raises
    RuntimeError where the cell computes otherwise than in the forward pass."""
    if not isinstance(cell, Cell):
        raise TypeError(
            f"cell is a {type(cell).__name__}, expected a reversible.Cell: of a module that wraps "
            "one, such as DistributedDataParallel, its .module."
        )
    states = check_run(cell, x, steps, states)
    strategy = _strategy(cell, memory)
    if strategy is None or not torch.is_grad_enabled() or x.is_meta:
        outputs: list[Tensor] = []
        new: Sequence[Tensor] = states
        for t in range(steps):
            old, new = new, []
            for level in range(cell.levels):
                new.append(advance(cell, t, level, x, new, old)[1])
            output = check_read_out(cell, cell.read_out(t, new[-1]))
            outputs += [] if output is None else [output]
        check_potentials(x, new)
        return torch.stack(check_read_outs(cell, outputs)), tuple(new)
    return _recorded(cell, x, steps, states, strategy)


def advance(cell: Cell, t: int, level: int, x: Tensor, new, old) -> tuple[Tensor, Tensor]:
    """Eq. (10), one level of one step: (its decay, its new potential).

    new: this step's potentials, of the levels below at least; old: those before it, () at rest."""
    decay, current = move(cell, t, level, x, new, old)
    kept = cell.after_reset(old[level]) if old else None
    return decay, spike_tape.leak_and_add(kept, decay, current)


def move(cell: Cell, t: int, level: int, x: Tensor, new, old) -> tuple[Tensor, Tensor]:
    """(decay, current) of one level of one step, checked and of the potential's dtype."""
    below = check_spikes(cell, cell.fire(new[level - 1])) if level else None
    given = cell.update(t, level, x, below, tuple(old[level + 1 :]))
    return check_update(f"update(t={t}, level={level}) of {type(cell).__name__}", given)


def check_memory(memory: str | Recompute) -> str | Recompute:
    """The strategy as it came; ValueError if there is none of this name."""
    if isinstance(memory, Recompute) or memory in MEMORY_STRATEGIES:
        return memory
    names = ", ".join(MEMORY_STRATEGIES)
    raise ValueError(f"memory is {memory!r}, expected one of {names}, or an object as Taped().")


def _strategy(cell: Cell, memory: str | Recompute) -> Recompute | None:
    reset = "own" if overrides(cell, "after_reset") else cell.reset
    if reset not in Recompute.undoes:
        raise ValueError(f"reset is {reset!r}, expected one of none, soft, hard.")
    if check_memory(memory) == "store":
        return None
    strategy = STRATEGIES[memory]() if isinstance(memory, str) else memory
    able = [name for name, kind in STRATEGIES.items() if reset in kind.undoes]
    check_undoes(cell, memory, strategy.undoes, reset, able)
    return strategy


@torch._disable_dynamo  # as torch.compiler.disable, which would load the compiler at import
def _recorded(cell: Cell, x: Tensor, steps: int, states: tuple[Tensor, ...], strategy: Recompute):
    check_layers(cell)
    with ALONE:
        replay = Replay(cell, x)
        flat = (*states, *replay.tensors)
        outputs, *finals = _Run.apply(cell, replay, steps, strategy, len(states), x, *flat)
    return outputs, tuple(finals)


class _Run(torch.autograd.Function):
    """A whole run as one node of autograd's graph: parameters in, their gradients out, so that
    hooks, DDP and accumulation work as usual, and weights that change meanwhile are refused."""

    @staticmethod
    def forward(ctx, cell, replay, steps, strategy, given, x, *tensors):
        ctx.set_materialize_grads(False)
        ctx.cell, ctx.replay, ctx.steps = cell, replay, steps
        ctx.strategy = strategy.start() or strategy  # a caller's own may return nothing
        ctx.given, ctx.kept, ctx.graphs, ctx.rows = given, {}, {}, {}
        _stand_in(ctx, x)
        outputs, new = [], list(tensors[:given])  # type: list[Tensor], list[Tensor]
        for t in range(steps):
            old, new = new, []
            built = _built_once(old) if t == steps - 1 else range(0)
            old = [leaf(v) if level in built else v for level, v in enumerate(old)]
            for level in range(cell.levels):
                new.append(_record_level(ctx, t, level, x, new, old, level in built))
            replay.before()
            output = check_read_out(cell, cell.read_out(t, new[-1]))
            replay.after(*[] if output is None else [output])
            check_unchanged(cell, (*new, *(old if t else ())))
            if output is not None:
                ctx.rows[t] = len(outputs)
                outputs.append(output)
        check_potentials(x, new)
        ctx.strategy.finish(steps)
        check_nothing_left(cell, replay.tensors_before)
        ctx.finals, finals = new, [v.detach() for v in new]
        ctx.save_for_backward(x, *finals, *tensors)
        return torch.stack(check_read_outs(cell, outputs)), *finals

    @staticmethod
    def backward(ctx, grad_outputs, *grads):
        refuse_second_derivative()
        x, *saved = ctx.saved_tensors  # refuses what was changed in place since the forward pass
        new, ctx.finals = ctx.finals, None
        if new is None:  # a second backward pass
            _stand_in(ctx, x)
            new = [leaf(v) for v in saved[: ctx.cell.levels]]
        del saved
        ctx.maybe_clear_saved_tensors()
        for level, grad in enumerate(grads):
            new[level].grad = grad
        del grads, grad
        with ctx.replay.again():
            for t in reversed(range(ctx.steps)):
                if grad_outputs is not None and t in ctx.rows:
                    _undo_read_out(ctx, t, new[-1], grad_outputs[ctx.rows[t]])
                old = [None] * ctx.cell.levels if (t, 0) in ctx.kept else []
                for level in reversed(range(ctx.cell.levels)):
                    _undo_level(ctx, t, level, new, old)
                new = old
        if ctx.strategy.exact:
            ctx.replay.refuse_what_differs(lambda piece: _name(ctx.cell, piece))
        of_states = [v.grad for v in new] if ctx.given else []
        of_tensors = [ctx.replay.leaves[id(p)].grad for p in ctx.replay.tensors]
        of_x, ctx.x, ctx.replay.leaves = ctx.x.grad, None, {}
        return None, None, None, None, None, of_x, *of_states, *of_tensors


def _stand_in(ctx, x: Tensor) -> None:
    """Leaves of the run's own for its input and for the parameters."""
    _, _, _, _, _, of_x, *of_tensors = ctx.needs_input_grad
    ctx.x = leaf(x, of_x)
    ctx.replay.stand_in(of_tensors[ctx.given :])


def _record_level(ctx, t: int, level: int, x: Tensor, new: list, old: list, once: bool) -> Tensor:
    """Compute one level of one step, and keep what its backward pass will need: the graph itself if
    it is built once."""
    cell, replay = ctx.cell, ctx.replay
    replay.before()
    if once:
        with torch.enable_grad(), replay.on_leaves():
            decay, v = advance(cell, t, level, ctx.x, new, old)
        check_buffers(cell, replay.buffers)
        ctx.graphs[level] = v, old[level]
        replay.after()
    else:
        decay, current = move(cell, t, level, x, new, old)
        rest = cell.after_reset(old[level]) if old else None
        v = spike_tape.leak_and_add(rest, decay, current)
        replay.after(current, decay, *[rest] if _resets(cell, rest) else [])
    if old:
        # V[0] is the caller's: keeping it costs nothing; nor does an empty batch.
        how = ctx.strategy if t and v.numel() else Recompute()
        before = old[level].detach()
        ctx.kept[t, level] = how, how.keep(cell, before, v.detach(), decay.detach())
    return leaf(v) if t == ctx.steps - 1 else v


def _resets(cell: Cell, rest: Tensor | None) -> bool:
    """Whether what is left of the old potential is another tensor than it."""
    return rest is not None and (cell.reset != "none" or overrides(cell, "after_reset"))


def _built_once(old: Sequence[Tensor]) -> range:
    """The levels above the lowest whose graphs of the last step are kept: as many, from the top, as
    are gone, and their memory free again, when the largest level is computed a second time."""
    sizes = [v.numel() for v in old]
    fitting = [i for i in range(1, len(sizes)) if sum(sizes[i:]) <= KEPT * max(sizes)]
    return range(min(fitting, default=len(sizes)), len(sizes))


def _undo_read_out(ctx, t: int, top: Tensor, grad: Tensor) -> None:
    piece = t * (ctx.cell.levels + 1) + ctx.cell.levels
    ctx.replay.find(piece)
    with torch.enable_grad():
        output = check_read_out(ctx.cell, ctx.cell.read_out(t, top))
    ctx.replay.compare(piece, *[] if output is None else [output])
    if output is not None and output.requires_grad:
        ctx.replay.backward(output, grad, top)


def _undo_level(ctx, t: int, level: int, new: list, old: list) -> None:
    """Eq. (11), one level of one step, and its gradients: from new[level] to old[level], both
    leaves. Its graph is gone when this returns, and so is new[level]: the largest level sets the
    peak."""
    cell, (how, kept) = ctx.cell, ctx.kept.get((t, level), (None, None))
    check_hooks(cell, new[level])
    v, grad, new[level] = new[level].detach(), new[level].grad, None
    graph, found = ctx.graphs.pop(level, (None, None)) if t == ctx.steps - 1 else (None, None)
    if graph is None:
        piece = t * (cell.levels + 1) + level
        ctx.replay.find(piece)
        with torch.set_grad_enabled(grad is not None):
            decay, current = move(cell, t, level, ctx.x, new, old)
            ctx.replay.compare(piece, current, decay)
            if old:
                before = how.recall(cell, kept, v, current.detach(), decay.detach())
                found = leaf(check_recalled(how, before, v))
            rest = cell.after_reset(found) if old else None
            graph = spike_tape.leak_and_add(rest, decay, current, value=False)
        if _resets(cell, rest):
            ctx.replay.compare(piece, rest)
        del decay, current, rest
    if old:
        old[level] = found
    del v, found
    if grad is not None and graph.requires_grad:
        ctx.replay.backward(graph, grad, ctx.x, *new, *old)


def _name(cell: Cell, piece: int) -> str:
    t, level = divmod(piece, cell.levels + 1)
    part = "read_out" if level == cell.levels else f"update(level={level})"
    return f"{part} of {type(cell).__name__} at step {t}"


from trevsnn_lite.reversible.checking import Mismatch, check  # noqa: E402  they need `run`
