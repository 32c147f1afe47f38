"""The recurrence that can be undone: a state per level, updated upwards; Eq. (10) and the released
network are two choices of `current`.

v_l <- decay_{t,l} * reset(v_l) + current_{t,l}(below: spikes of the new v_{l-1}, above: old
v_{i>l})"""

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor, nn

from trevsnn_lite.replay import random_state
from trevsnn_lite.spike_tape import leak_and_add


class Cell(Protocol):
    """A recurrence: L levels (`levels`), T steps (`steps`), and the functions that join them. See
    `trevsnn.TRevSNN` for one.

    It may also say `draws_random`: that currents draw random numbers; `sizes`: the neurons of each
    level, or their ratios, from which is decided whose graphs are kept
    (else the potentials of step 1 tell); and `codes_spikes`: that most of what graphs keep are
    potentials of which two bits will do (`codes`), so that more are kept."""

    steps: int
    levels: int
    threshold: float
    reset: str  # "none", "soft" or "hard"

    def leak(
        self,
        t: int,
        level: int,
        # the decay: not zero; a number, or of a shape that the potential's broadcasts with, such as [C,
        # 1, 1]
    ) -> Tensor: ...
    def current(
        self, t: int, level: int, inputs: Tensor, below: Tensor | None, above: Sequence[Tensor]
    ) -> Tensor: ...
    def spikes(self, v: Tensor) -> Tensor: ...
    def after_reset(self, v: Tensor) -> Tensor: ...
    def read_out(
        self, t: int, top: Tensor
    ) -> Tensor | None: ...  # of the last level's potential; None at a step that is not read
    def feeds(self, level: int) -> range: ...
    def parameters_of(
        self, t: int, level: int
    ) -> list[nn.Parameter]: ...  # of leak and current; for level = L of read_out


def current_and_decay(
    cell: Cell, t: int, level: int, inputs: Tensor, below: Tensor | None, above: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """What moves one level by one step; below: the new potential of the level below (None for level
    0), above: the old ones of `cell.feeds(level)`."""
    decay = cell.leak(t, level)
    return cell.current(t, level, inputs, None if below is None else cell.spikes(below), above).to(
        decay.dtype
    ), decay


def step(
    cell: Cell,
    t: int,
    inputs: Tensor,
    old: Sequence[Tensor] | None,
    compute: Callable[..., tuple[Tensor, Tensor]] = current_and_decay,
):
    """One step of all levels, upwards: (new potentials, read-out or None, currents' random states
    if the cell draws any). compute: called as `current_and_decay`."""
    new: list[Tensor] = []
    random_states: list[list[Tensor] | None] = []
    for level in range(cell.levels):
        random_states.append(random_state(cell, inputs))
        above = () if old is None else tuple(old[i] for i in cell.feeds(level))
        current, decay = compute(cell, t, level, inputs, new[-1] if level else None, above)
        new.append(
            leak_and_add(None if old is None else cell.after_reset(old[level]), decay, current)
        )
    return tuple(new), cell.read_out(t, new[-1]), random_states


def trainable(cell: Cell, t: int, level: int) -> list[Tensor]:
    return [p for p in cell.parameters_of(t, level) if p.requires_grad]


def all_parameters(cell: Cell) -> list[Tensor]:
    """Each trainable parameter once, in a fixed order; parameters that steps share appear once."""
    return list(
        dict.fromkeys(
            p
            for t in range(cell.steps)
            for level in range(cell.levels + 1)
            for p in trainable(cell, t, level)
        )
    )
