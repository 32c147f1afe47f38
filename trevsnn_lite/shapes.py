"""Shapes and checks of what comes in from outside. Order of axes everywhere: T time, B batch, C
channels, H, W."""

import math
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.nn.utils import parametrize

from trevsnn_lite.spikes import check_threshold, refuse_transforms

HALF = (torch.float16, torch.bfloat16)
WHOLE = (torch.float32, torch.float64)
OWN = set(vars(nn.Module()))  # attributes of torch's: parameters, buffers, hooks
PLAIN = (bool, int, float, str)  # the values of settings


def level_shapes(config) -> list[tuple[int, int, int]]:
    """(C, H, W) of each level's potential: the encoder divides the size by its stride, each later
    level halves it, rounding up; the last keeps it where `last_stride` is 1."""
    size, shapes = -(-config.image_size // config.stem_stride), []
    for level, width in enumerate(config.widths):
        if level:
            last = level == len(config.widths) - 1
            size = -(-size // (config.last_stride if last else 2))
        shapes.append((width, size, size))
    return shapes


def check_images(images: Tensor, config, like: Tensor) -> None:
    """Images must be [B, C, H, W], frames of events [T, B, C, H, W]; of `like`'s dtype (or half
    precision under autocast), finite, of the configured size."""
    expected = (config.in_channels, config.image_size, config.image_size)
    frames = config.inputs == "frames"
    wanted = f"[{f'{config.time_steps}, ' if frames else ''}B, {', '.join(map(str, expected))}]"
    if not isinstance(images, Tensor):
        raise TypeError(f"images is a {type(images).__name__}, expected a torch.Tensor {wanted}.")
    fits = (
        images.dim() == 4 + frames
        and tuple(images.shape[-3:]) == expected
        and (not frames or len(images) == config.time_steps)
    )
    if not fits or images.shape[-4] == 0:
        why = (
            f": inputs='frames', one frame for each of the {config.time_steps} steps"
            if frames
            else ""
        )
        raise ValueError(
            f"images has the shape {list(images.shape)}, expected {wanted} with B >= 1{why}."
        )
    check_values(images, like)


def check_values(images: Tensor, like: Tensor) -> None:
    """Images must be of `like`'s dtype (or half precision under autocast), a network's of single or
    double precision, and finite."""
    if like.dtype not in (torch.float32, torch.float64):
        raise TypeError(
            f"the network is of {like.dtype}, expected torch.float32 or torch.float64: its "
            "potentials need them. Compute in half precision under torch.autocast."
        )
    if images.layout != torch.strided:
        raise TypeError(f"images is {images.layout}, expected a dense tensor, images.to_dense().")
    if images.device != like.device:
        raise ValueError(
            f"images is on {images.device}, expected {like.device}, where the network is."
        )
    autocast = not images.is_meta and torch.is_autocast_enabled(images.device.type)
    allowed = {like.dtype} | ({torch.float16, torch.bfloat16} if autocast else set())
    if images.dtype not in allowed:
        raise TypeError(
            f"images has the dtype {images.dtype}, expected {like.dtype} (scale integer images to "
            "floats first)."
        )
    unread = images.is_meta or torch.compiler.is_compiling()
    if not unread and not torch.isfinite(images).all():
        raise ValueError(
            f"images holds {(~torch.isfinite(images)).sum().item()} NaN or infinite values, "
            "expected finite numbers."
        )


def check_states(
    states: Sequence[Tensor], images: Tensor, config, dtype: torch.dtype = torch.float32
) -> None:
    """States must be one [B, C_l, H_l, W_l] of `dtype` per level, with the images' batch size."""
    if not isinstance(states, list | tuple):
        raise TypeError(f"states is a {type(states).__name__}, expected a tuple of potentials.")
    batch = images.shape[-4]
    expected = [(batch, *shape) for shape in level_shapes(config)]
    if len(states) != len(expected):
        raise ValueError(
            f"states has {len(states)} potentials, expected one for each of the "
            f"{len(expected)} levels."
        )
    for level, (state, shape) in enumerate(zip(states, expected)):
        if not isinstance(state, Tensor) or state.dtype != dtype:
            kind = state.dtype if isinstance(state, Tensor) else type(state).__name__
            raise TypeError(f"states[{level}] is a {kind}, expected a tensor of {dtype}.")
        if tuple(state.shape) != shape:
            raise ValueError(
                f"states[{level}] has the shape {list(state.shape)}, expected "
                f"{list(shape)} for {batch} images."
            )


def check_run(cell, x: Tensor, steps: int, states: Sequence[Tensor] | None) -> tuple[Tensor, ...]:
    """What `reversible.run` is given: a cell with levels and a threshold, a tensor, steps, and no
    states or one for each level, which it returns as a tuple."""
    refuse_transforms()
    if not isinstance(x, Tensor):
        raise TypeError(f"x is a {type(x).__name__}, expected a torch.Tensor.")
    if x.layout != torch.strided:
        raise TypeError(f"x is {x.layout}, expected a dense tensor, x.to_dense().")
    for name, value in {"steps": steps, f"levels of {type(cell).__name__}": cell.levels}.items():
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} is {value!r}, expected an integer of at least 1.")
    if isinstance(cell.threshold, Tensor):
        raise TypeError(
            f"threshold of {type(cell).__name__} is a tensor, expected a number: for thresholds of "
            "several values override fire, by spike(v - self.thresholds, 0.0)."
        )
    check_threshold(cell.threshold)
    if not isinstance(states, list | tuple | type(None)):
        raise TypeError(f"states is a {type(states).__name__}, expected a tuple of potentials.")
    states = tuple(states or ())
    if len(states) not in (0, cell.levels):
        raise ValueError(
            f"states has {len(states)} potentials, expected one for each of {cell.levels} levels."
        )
    for level, state in enumerate(states):
        kind = state.dtype if isinstance(state, Tensor) else type(state).__name__
        if kind not in WHOLE:
            raise TypeError(
                f"states[{level}] is a {kind}, expected a tensor of torch.float32 or torch.float64."
            )
    return states


def check_potentials(x: Tensor, potentials: Sequence[Tensor]) -> None:
    """A threshold hides what is not a number: a NaN potential gives no spike, and logits that look
    as any. So potentials must be finite at the end, through which every NaN stays. It looks at the
    device once."""
    if torch.compiler.is_compiling() or any(v.is_meta for v in potentials):
        return
    sums = torch.stack([v.detach().sum().double() for v in potentials])
    if sums.isfinite().all():
        return
    level = int((~sums.isfinite()).nonzero()[0])
    likely = "a current or a decay grows without bound, or is NaN at some step"
    if (x.is_floating_point() or x.is_complex()) and not x.isfinite().all():
        likely = "x holds NaN or infinite values"
    raise FloatingPointError(
        f"the potential of level {level} is NaN or infinite after the last step: {likely}."
    )


def check_spikes(cell, spikes: Tensor) -> Tensor:
    """What a cell's `fire` gives: a tensor of floats."""
    if not isinstance(spikes, Tensor) or not spikes.is_floating_point():
        kind = spikes.dtype if isinstance(spikes, Tensor) else type(spikes).__name__
        raise TypeError(
            f"fire of {type(cell).__name__} gives a {kind}, expected a tensor of floats, as "
            "spike(v, threshold) does: a comparison has no gradient."
        )
    return spikes


def check_leak(kept: Tensor, decay: Tensor, current: Tensor) -> None:
    """Raise ValueError where decay * kept + current would not have the shape of `kept`."""
    extra = decay.dim() - kept.dim()
    fits = extra <= 0 and all(
        size in (1, full) for size, full in zip(decay.shape, kept.shape[-extra:])
    )
    if kept.shape != current.shape or not fits:
        raise ValueError(
            f"the current has the shape {list(current.shape)} and the decay {list(decay.shape)}, "
            f"expected the potential's, {list(kept.shape)}, which at step 0 is that of states, or "
            "for the decay one that broadcasts with it."
        )


def check_update(what: str, given) -> tuple[Tensor, Tensor]:
    """What a cell's `update` gives, as (decay, current): two tensors of one dtype, single or
    double; half precision only where autocast computed it."""
    parts = given if isinstance(given, tuple) else (given,)
    fits = len(parts) == 2 and isinstance(parts[0], Tensor | Real) and isinstance(parts[1], Tensor)
    if not fits:
        raise TypeError(
            f"{what} gives {', '.join(type(part).__name__ for part in parts)}, expected (decay, "
            "current): a number or a tensor, and a tensor."
        )
    decay, current = parts
    if not current.dim():
        raise ValueError(f"{what} gives a current without an axis, expected neurons: [B, ...].")
    if current.dtype in HALF and torch.is_autocast_enabled(current.device.type):
        current = current.float()
    if not isinstance(decay, Tensor):
        if not math.isfinite(decay):
            raise ValueError(f"{what} gives the decay {decay}, expected a finite number.")
        decay = torch.as_tensor(float(decay), dtype=current.dtype, device=current.device)
    elif decay.dtype in HALF and torch.is_autocast_enabled(current.device.type):
        decay = decay.float()
    if decay.dtype != current.dtype or decay.dtype not in WHOLE:
        raise TypeError(
            f"{what} gives a {decay.dtype} decay and a {current.dtype} current, expected both of "
            "torch.float32 or both of torch.float64: potentials need that precision. Keep the "
            "module in one of them, and compute in half precision under torch.autocast."
        )
    return decay, current


def check_read_out(cell, output):
    """What `read_out` gives, as it came: a tensor or None. Raises TypeError for anything else."""
    if output is not None and not isinstance(output, Tensor):
        raise TypeError(
            f"read_out of {type(cell).__name__} gives a {type(output).__name__}, expected a "
            "tensor (several by torch.cat, split afterwards), or None for a step not read."
        )
    return output


def check_read_outs(cell, outputs: list[Tensor]) -> list[Tensor]:
    """The read-outs of a run, as they came. Raises ValueError where there is none, or where they
    have several shapes."""
    if not outputs:
        raise ValueError(f"read_out of {type(cell).__name__} gives None at every step.")
    first = outputs[0].shape
    other = next((output.shape for output in outputs if output.shape != first), None)
    if other is not None:  # not by a set: its hashes would fix the batch size of an export
        raise ValueError(
            f"read_out gives {list(first)} and {list(other)} at two steps, expected one shape."
        )
    return outputs


def check_undoes(cell, memory, undoes: Sequence[str], reset: str, able: list[str]) -> None:
    """Raises ValueError where a strategy that undoes these resets does not undo the cell's own.
    able: the names of those that do."""
    if reset not in undoes:
        what = (
            f"the after_reset that {type(cell).__name__} defines"
            if reset == "own"
            else f"reset={reset!r}, which maps two values to one"
        )
        raise ValueError(
            f"memory={memory!r} cannot undo {what}; expected {', '.join([*able, 'store'])}."
        )


def check_recalled(strategy, found, like: Tensor) -> Tensor:
    """What a strategy's `recall` gives: the potential, as one of the same shape and dtype."""
    if not isinstance(found, Tensor) or (found.shape, found.dtype) != (like.shape, like.dtype):
        came = f"{found.dtype} {list(found.shape)}" if isinstance(found, Tensor) else repr(found)
        raise TypeError(
            f"recall of {type(strategy).__name__} gives {came}, expected the potential that keep "
            f"was given, {like.dtype} {list(like.shape)}."
        )
    return found


def check_unchanged(cell, potentials: Sequence[Tensor]) -> None:
    """Raise RuntimeError where a cell has changed a potential in place while it ran."""
    if any(v._version for v in potentials):
        raise RuntimeError(
            f"{type(cell).__name__} changes a potential in place (`above`, `top`, or the v of "
            "fire), which is needed as it was: use an operation that makes a new tensor."
        )


def spikes_of_one_bit(cell, v: Tensor, own: bool) -> Tensor | None:
    """Where v fires, as bool: one bit by which to tell what a soft reset took; None without one.
    own: whether the cell has a `fire` of its own, which must give 0 and 1 and draw nothing."""
    if cell.reset != "soft":
        return None
    drawn, before = torch.get_rng_state(), [(b, version(b)) for b in cell.buffers()] if own else []
    attributes = [(part, dict(vars(part))) for part in cell.modules()] if own else []
    fired = cell.fire(v)  # once more: a number that it sets on the cell or a layer is set back
    for part, then in attributes:
        vars(part).clear()
        vars(part).update(then)
    # Compared as they stand: a new tensor may have the place, and so the id, of one that is gone.
    if any(b is not old or version(b) != was for (old, was), b in zip(before, cell.buffers())):
        raise ValueError(
            f"fire of {type(cell).__name__} changes a buffer, and memory='taped' fires once more "
            "to keep what a soft reset took; expected reset='none', or memory='recompute'."
        )
    if own and not torch.equal(drawn, torch.get_rng_state()):
        raise ValueError(
            f"fire of {type(cell).__name__} draws random numbers, and memory='taped' fires once "
            "more to keep what a soft reset took; expected reset='none', or memory='recompute'."
        )
    if own and not torch.equal(fired, (fired > 0).to(fired.dtype)):
        raise ValueError(
            f"fire of {type(cell).__name__} gives more than 0 and 1, and memory='taped' undoes a "
            "soft reset by one bit; expected spikes of 0 and 1, reset='none', or "
            "memory='recompute'."
        )
    return fired > 0


def check_attribute(cell, name: str, value) -> None:
    """What may be set on a cell: a threshold that is a number, and no layer by a name of its class,
    which Python would find first."""
    if name == "threshold":  # torch would say that the name is taken
        check_threshold(value)
    if isinstance(value, nn.Module) and hasattr(type(cell), name):
        raise TypeError(
            f"{name} is a {type(value).__name__}, and the class {type(cell).__name__} has a {name} "
            "that hides it: give the layer another name, and call it in a method of your own."
        )


def check_made(cls: type) -> None:
    """A convolution that makes its weight otherwise has other gradients: both or neither."""
    if ("make" in vars(cls)) != ("make_vjp" in vars(cls)):
        raise TypeError(
            f"{cls.__name__} defines one of make and make_vjp, expected both: the backward pass "
            "takes the gradients of the weight from make_vjp."
        )


def check_finite(what: str, value: float) -> None:
    if not math.isfinite(value):
        raise FloatingPointError(f"{what} is NaN or infinite, expected finite numbers.")


def check_tape(bits: int, most: float) -> None:
    """Raise ValueError where a tape of so many bits does not undo a step exactly; most: the largest
    error over what they tell apart."""
    if not math.isfinite(most):
        raise ValueError(
            f"a decay is 0, which a tape of a fixed number of bits ({bits}, as on a GPU) cannot "
            "undo: use memory='recompute'."
        )
    if most > 1.0:
        raise ValueError(
            f"bits is {bits}, too few to undo these potentials and decays: errors would be "
            f"{most:.3g} times what they tell apart. Use more bits, memory='recompute', or bound "
            "the gate."
        )


def check_layers(module: nn.Module) -> None:
    """Raise what stands in the way of computing a module twice: a trace, which follows no second
    computation; lazy layers without a size, and scripted ones, whose parameters have no stand-ins;
    layers in a plain list, whose statistics would count twice and whose parameters nobody sees; and
    parametrize.cached(), under which a weight that is computed without a graph would be used
    again."""
    if torch.jit.is_tracing():
        raise RuntimeError(
            f"torch.jit.trace cannot follow the backward pass of {type(module).__name__}, which "
            "computes it twice: trace it under torch.no_grad(), or with memory='store'."
        )
    named = list(module.named_modules())
    known = {part for _, part in named}
    for path, part in named:
        lazy = next((n for n, p in part._parameters.items() if is_lazy(p)), None)
        if lazy is not None:
            raise ValueError(
                f"{f'{path}.{lazy}'.lstrip('.')} of {type(module).__name__} is a lazy layer's, "
                "which has no size yet: run the cell once with memory='store'."
            )
        if isinstance(part, torch.jit.ScriptModule):
            raise TypeError(
                f"{type(module).__name__} holds a scripted or traced module, whose parameters "
                "cannot be stood in for: expected a plain nn.Module, or memory='store'."
            )
        for name, value in _attributes(part):
            for one in _modules_in(value):
                if one is not value and one not in known and _is_alive(one):
                    raise TypeError(
                        f"{'.'.join(filter(None, (path, name)))} of {type(module).__name__} is a "
                        f"{type(value).__name__} with a {type(one).__name__}, expected an "
                        "nn.ModuleList or nn.ModuleDict: its parameters are none of the network's."
                    )
    if getattr(parametrize, "_cache_enabled", 0):
        raise RuntimeError(
            "parametrize.cached() is on, and a run computes weights twice, once without a graph: "
            "leave it for the run and its backward pass, or use memory='store'."
        )


def _attributes(part: nn.Module) -> list[tuple[str, Any]]:
    """What a module holds besides torch's own and the values of settings, also in tuples."""

    def simple(value) -> bool:
        if isinstance(value, tuple):
            return all(isinstance(one, PLAIN) for one in value)
        return value is None or isinstance(value, PLAIN)

    return [(n, v) for n, v in vars(part).items() if n not in OWN and not simple(v)]


def _modules_in(value, depth: int = 4) -> Iterator[nn.Module]:
    """The modules that a value is or holds, in containers of containers."""
    if isinstance(value, nn.Module):
        yield value
    elif isinstance(value, list | tuple | set | dict) and depth:
        for one in list(value.values() if isinstance(value, dict) else value):
            if not isinstance(one, PLAIN):
                yield from _modules_in(one, depth - 1)


def _is_alive(module: nn.Module) -> bool:
    """Whether it learns, or changes by being computed: not a frozen one in eval mode."""
    learns = any(parameter.requires_grad for parameter in module.parameters())
    return learns or any(part.training and part._buffers for part in module.modules())


def tensors_on(module: nn.Module) -> dict[str, list[tuple[weakref.ref, int]]]:
    """The tensors that a module's attributes hold, also in containers and in objects of them, each
    with how often it has been changed; and its buffers, whose changes are no concern here. Not what
    torch makes anew before each call, by hooks: normed and pruned weights."""
    found = {}
    for path, part in module.named_modules():
        for name, value in _attributes(part):
            held = [(weakref.ref(one), version(one)) for one in _tensors_in(value)]
            if held and name not in _made_by_hooks(part):
                found[f"{path}.{name}".lstrip(".")] = held
        for name, buffer in part._buffers.items():
            if buffer is not None:
                found[f"{path}.{name}".lstrip(".")] = []
    return found


def _made_by_hooks(part: nn.Module) -> set[str | None]:
    hooks = part._forward_pre_hooks.values()
    return {getattr(hook, name, None) for hook in hooks for name in ("name", "_tensor_name")}


def check_nothing_left(cell, before: dict) -> None:
    """Raise RuntimeError if a cell holds a tensor that it did not hold before, when `tensors_on`
    gave `before`, or has changed one: what is computed without a graph has no gradient, and the
    second pass would find it there."""

    def same(old, new):
        return len(old) == len(new) and all(
            a() is b() and x == y for (a, x), (b, y) in zip(old, new, strict=True)
        )

    now = tensors_on(cell)
    new = sorted(path for path in now if not (path in before and same(before[path], now[path])))
    if new:
        raise RuntimeError(
            f"{type(cell).__name__} has put a tensor on self.{new[0]} while it ran. Under "
            "reversible training such a tensor has no gradient, and the backward pass finds it "
            "again. Compute it at each step and keep it in a local variable, give it out by "
            "read_out, keep a number (.item()), register a buffer with its size in __init__, or "
            "use memory='store'."
        )


def check_added(adding: list | None) -> None:
    """Raise RuntimeError where a gradient comes while none may: `adding` is empty."""
    if adding == []:
        raise RuntimeError(
            "a parameter of the cell gets a gradient while the cell is computed, by a backward() "
            "in its own code, which runs twice: give a local loss out by read_out, or use "
            "memory='store'."
        )


def check_buffers(cell, buffers) -> None:
    """Raise RuntimeError if a cell has put something with a graph into a buffer; buffers:
    (dictionary, name, the tensor that stood there before the run) of each."""
    for place, name, before in buffers:
        if place[name].requires_grad and place[name] is not before:
            raise RuntimeError(
                f"{type(cell).__name__} puts a tensor with a gradient into its buffer {name}, from "
                "which the gradient does not go on to earlier steps. Detach it, make it a level of "
                "the cell, or use memory='store'."
            )


def check_graph(module: nn.Module, output: Tensor, leaves: Iterable[Tensor | None]) -> None:
    """Raise RuntimeError if the graph of `output` goes on to other leaves: their gradients would
    come at each step, past the hooks, or past autograd.grad, that the caller has for the run."""
    known, waiting, seen = set(map(id, leaves)), [output.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        after = [one for one, _ in node.next_functions]
        waiting += after
        leaf = not after and type(node).__name__ == "AccumulateGrad"
        other: Tensor | None = getattr(node, "variable") if leaf else None  # noqa: B009
        if other is not None and id(other) not in known:
            raise RuntimeError(
                f"{type(module).__name__} uses a tensor {list(other.shape)} with a gradient that "
                "is neither a parameter of its own nor computed in the run: one computed before "
                "it, or a parameter in a plain list. Register parameters (nn.Parameter, "
                "nn.ParameterList), give tensors to run as part of x, or use memory='store'."
            )


def version(tensor: Tensor) -> int:
    """How often a tensor has been changed in place."""
    return 0 if tensor.is_inference() else tensor._version


def _tensors_in(value, depth: int = 3) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    if isinstance(value, (*PLAIN, Tensor, nn.Module)) or depth == 0:
        return
    if isinstance(value, dict):
        inside = list(value.values())
    elif isinstance(value, (list, tuple, set, frozenset, deque)):
        inside = list(value)
    else:
        slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        inside = [getattr(value, name, None) for name in slots if isinstance(name, str)]
        inside += getattr(value, "__dict__", {}).values()
    for one in inside:
        if not isinstance(one, PLAIN):
            yield from _tensors_in(one, depth - 1)


def check_hooks(cell, potential: Tensor) -> None:
    """Raise RuntimeError if a leaf has another hook than its own: its gradient comes in parts; or
    if it is none any more."""
    if not potential.requires_grad:
        raise RuntimeError(
            f"{type(cell).__name__} detaches a potential in place (`above`, `top`, or the v of "
            "fire), which cuts it off from all that is computed of it: use .detach()."
        )
    if len(potential._backward_hooks or ()) > 1:
        raise RuntimeError(
            f"{type(cell).__name__} registers a hook on a potential (`above` or `top`; "
            "FlopCounterMode does where a layer takes one), whose gradient comes in parts: hook "
            "what is computed of it, or use memory='store'."
        )
