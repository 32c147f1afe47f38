"""Computing a piece of a module twice with one effect: the same weights, modes, running statistics,
random numbers and autocast as the first time, and the module left as it was found."""

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from trevsnn_lite.shapes import OWN, check_added, check_buffers, check_graph, tensors_on, version
from trevsnn_lite.spike_tape import memory_order

ALONE = threading.RLock()  # leaves stand in a module for its parameters: one run at a time
COPIED = {"_modules", *(name for name in vars(nn.Module()) if "hook" in name)}
SAME = 1e-6  # two computations of one thing may differ by this share, summed over their entries


def leaf(tensor: Tensor, needs_grad: bool = True, adding: list | None = None) -> Tensor:
    """A leaf in the memory of `tensor`, whose `.grad` can be added to any number of times. adding:
    empty while none may come.

    Autograd may give two leaves one memory as their first gradients (views of one tensor) and adds
    the next ones in place: here the first is copied before the second arrives."""
    stand_in = tensor.detach().requires_grad_(needs_grad)
    if needs_grad:
        alive = weakref.ref(stand_in)
        owned: list[bool] = []

        def before_it_is_added(_):
            check_added(adding)
            found = alive()
            if found is not None and found.grad is not None and not owned:
                found.grad = found.grad.clone()
                owned.append(True)

        stand_in.register_hook(before_it_is_added)
    return stand_in


class Replay:
    """What `module` was when its forward pass began, and what it has changed of itself since.

    Pieces are numbered in the order of the forward pass. Parameters are stood in for by `leaves`,
    which sum the gradients of all pieces. Buffers are copied when a piece has changed them, so that
    each piece finds again what it found, and no piece counts twice, whatever the layer. `like`: a
    tensor on the device that draws random numbers."""

    def __init__(self, module: nn.Module, like: Tensor):
        self.module, self.device = module, like.device
        self.parts = list(module.modules())
        self.parameters = _places(self.parts, "_parameters")
        self.buffers = _places(self.parts, "_buffers")
        self.tensors = list({id(p): p for _, _, p in self.parameters}.values())
        self.leaves: dict[int, Tensor] = {}
        self.changes: list[list[tuple[int, Tensor]]] = [[] for _ in self.buffers]
        self.changed_by: dict[int, list[int]] = {}
        self.versions: list[tuple[int, int] | None] = [None] * len(self.buffers)
        self.seen: list[tuple] = [()] * len(self.parts)
        self.attributes: list[dict[str, Any]] = [{}] * len(self.parts)
        self.found: list[tuple[tuple[Tensor, ...], list[dict[str, Any]]]] = []
        self.marks: dict[int, Tensor] = {}
        self.tensors_before = tensors_on(module)
        self.compared: dict[int, Any] = {}
        self.at, self.adding = 0, []  # type: int, list[bool]
        self.after()
        self.first = self.attributes
        kind = like.device.type
        self.autocast: dict[str, Any] = {
            "device_type": kind,
            "dtype": torch.get_autocast_dtype(kind),
            "enabled": torch.is_autocast_enabled(kind),
            "cache_enabled": False,  # it would keep casts made without a graph
        }

    def stand_in(self, asked: Sequence[bool]) -> None:
        """Make new leaves of `tensors`; asked: which of them are asked for a gradient."""
        self.leaves = {id(p): leaf(p, need, self.adding) for p, need in zip(self.tensors, asked)}

    def before(self) -> None:
        """Before the next piece: keep the generators' states, one copy where none is drawn, and the
        attributes that earlier pieces have set."""
        state = _random_state(self.device)
        same = self.found and all(map(torch.equal, state, self.found[-1][0]))
        self.found.append((self.found[-1][0] if same else state, self.attributes))

    def after(self, *computed: Tensor) -> None:
        """After a piece: keep what it has changed of buffers and attributes, and a mark of what it
        gave."""
        piece = len(self.found) - 1
        for index, part in enumerate(self.parts):
            held = vars(part)
            seen = (*held, *map(id, held.values()))
            if part._modules or part._forward_hooks or part._forward_pre_hooks:
                seen += (*map(id, part._modules.values()), *part._forward_hooks)
                seen += (*part._forward_pre_hooks,)
            if seen != self.seen[index]:
                self.seen[index], now = seen, _attributes(part)
                if not _same(now, self.attributes[index]):  # a tensor made anew is no attribute
                    self.attributes = [*self.attributes]
                    self.attributes[index] = now
        if computed:
            self.marks[piece] = _mark(*computed)
        for index, (place, name, _) in enumerate(self.buffers):
            found = (id(place[name]), version(place[name]))
            if found != self.versions[index]:
                self.versions[index] = found
                self.changes[index].append((piece, place[name].detach().clone()))
                self.changed_by.setdefault(piece, []).append(index)

    @contextmanager
    def on_leaves(self) -> Iterator[None]:
        """Inside, the leaves stand in for the parameters."""
        now = [(place, name, place[name]) for place, name, _ in self.parameters]
        try:
            for place, name, parameter in self.parameters:
                place[name] = self.leaves[id(parameter)]
            yield
        finally:
            for place, name, parameter in now:
                place[name] = parameter

    @contextmanager
    def again(self) -> Iterator[None]:
        """Inside, the module is what it was, on the leaves; afterwards, what it is now."""
        with ALONE:
            self._refuse_other_parts()
            buffers = [(place, name, place[name]) for place, name, _ in self.buffers]
            now, random_now = [dict(vars(part)) for part in self.parts], _random_state(self.device)
            # What an interrupted pass has left.
            self.at, self.compared, self.adding[:] = len(self.found), {}, []
            try:
                for (place, name, _), changes in zip(self.buffers, self.changes):
                    place[name] = changes[-1][1]
                for part, then in zip(self.parts, self.first):
                    _set_back(part, then)
                with self.on_leaves(), torch.autocast(**self.autocast):
                    yield
            finally:
                for place, name, buffer in buffers:
                    place[name] = buffer
                for part, attributes in zip(self.parts, now):
                    vars(part).clear()
                    vars(part).update(attributes)
                _set_random_state(random_now, self.device)

    def find(self, piece: int) -> None:
        """Inside `again`, where pieces are found from the last to the first: the buffers,
        attributes and generators as this one found them."""
        for later in range(piece, self.at + 1):
            for index in self.changed_by.get(later, ()):
                place, name, _ = self.buffers[index]
                then = next(v for by, v in reversed(self.changes[index]) if by < piece)
                place[name] = then.clone()
        self.at = piece
        state, attributes = self.found[piece]
        for index, last in enumerate(self.attributes):
            if last is not self.first[index]:
                _set_back(self.parts[index], attributes[index])
        _set_random_state(state, self.device)

    def _refuse_other_parts(self) -> None:
        found, then = _places(self.parts, "_parameters"), self.parameters
        same = [(id(place), name) for place, name, _ in found] == [(id(p), n) for p, n, _ in then]
        if not same or set(self.parts) != set(self.module.modules()):
            raise RuntimeError(
                f"{type(self.module).__name__} has other layers or parameters in the backward pass "
                "than in the forward pass: a part of it was replaced, added, removed or "
                "parametrised in between. Do that before the forward pass, or use memory='store'."
            )

    def compare(self, piece: int, *computed: Tensor) -> None:
        """Note what a piece has given the second time, for `refuse_what_differs`."""
        if piece in self.marks:
            self.compared[piece] = self.compared.get(piece, 0.0) + _mark(*computed)
        check_buffers(self.module, self.buffers)

    def backward(self, output: Tensor, grad: Tensor | None, *inputs: Tensor | None) -> None:
        """The gradients of a piece, outside of autocast, as a backward pass runs; inputs: leaves
        that it was computed of, besides the parameters'."""
        check_graph(self.module, output, (*self.leaves.values(), *inputs))
        with torch.autocast(self.autocast["device_type"], enabled=False):
            self.adding.append(True)
            torch.autograd.backward([output], [grad])
            self.adding.clear()

    def refuse_what_differs(self, name: Callable[[int], str]) -> None:
        """Raise RuntimeError if a piece gave something else the second time: the gradients are
        another network's. It looks at the device once. name: how a piece is called."""
        pieces, marks, self.compared = list(self.compared), list(self.compared.values()), {}
        if not pieces:
            return
        now, then = torch.stack(marks), torch.stack([self.marks[piece] for piece in pieces])
        # What was not finite before, such as a mask's -inf, tells nothing.
        differs = ~((now - then).abs() <= SAME * then.abs()) & then.isfinite()
        if not differs.any():
            return
        first = int(differs.nonzero()[0])
        raise RuntimeError(
            f"{name(pieces[first])} computed something else in the backward pass "
            f"({now[first].item():.6g}, in sum) than in the forward pass "
            f"({then[first].item():.6g}), so its gradients would be wrong. Likely it holds "
            "something from one call to the next, draws from a generator of its own, or a part of "
            "it, the input or a last potential was replaced or written in between (by .data, "
            "say); memory='store' allows that."
        )


def _mark(*computed: Tensor) -> Tensor:
    """One number by which to tell whether the same was computed twice."""
    return torch.stack([_number(one) for one in computed]).sum()


def _number(computed: Tensor) -> Tensor:
    """The length of `computed`, which no sign or order changes, and its sum by weights of both
    signs, which each of them does. The weights go by the axes, whatever the order in memory."""
    if computed.numel() < 2:
        return computed.detach().double().sum()
    computed = torch.view_as_real(computed) if computed.is_complex() else computed
    order, dtype = memory_order(computed), torch.promote_types(computed.dtype, torch.float32)
    signed = flat = computed.detach().to(dtype).permute(order).reshape(-1)
    for axis in reversed(order):
        if (size := computed.shape[axis]) > 1:
            at = torch.arange(axis + 1, axis + size + 1, device=flat.device, dtype=dtype)
            signed = signed.view(-1, size).mv(at.square().cos())  # no period, others for each axis
    return (4 * flat.dot(flat).sqrt() + signed.squeeze()).double()


def _places(modules: list[nn.Module], kind: str) -> list[tuple[dict, str, Tensor]]:
    """(dictionary, name, tensor) of each parameter or buffer, at each place where it stands."""
    places = [(getattr(module, kind), name) for module in modules for name in getattr(module, kind)]
    return [(place, name, place[name]) for place, name in places if place[name] is not None]


def _attributes(part: nn.Module) -> dict[str, Any]:
    """What a module holds besides tensors: a rate of dropout, its mode, layers and hooks."""
    found = {n: v for n, v in vars(part).items() if n not in OWN and not isinstance(v, Tensor)}
    copied = {n: _copy(vars(part)[n]) for n in COPIED}
    return found | copied | {"training": part.training}


def _copy(value: Any) -> Any:
    return value.copy() if isinstance(value, dict) else value


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    same = (v is other[n] or (n in COPIED and v == other[n]) for n, v in one.items())
    return one.keys() == other.keys() and all(same)


def _set_back(part: nn.Module, then: dict[str, Any]) -> None:
    for name in vars(part).keys() - then.keys() - OWN:
        if not isinstance(vars(part)[name], Tensor):
            del vars(part)[name]
    vars(part).update(then, **{n: _copy(then[n]) for n in COPIED})


def _random_state(device: torch.device) -> tuple[Tensor, ...]:
    on_device = (torch.cuda.get_rng_state(device),) if device.type == "cuda" else ()
    return torch.get_rng_state(), *on_device


def _set_random_state(state: tuple[Tensor, ...], device: torch.device) -> None:
    torch.set_rng_state(state[0])
    for one in state[1:]:
        torch.cuda.set_rng_state(one, device)
