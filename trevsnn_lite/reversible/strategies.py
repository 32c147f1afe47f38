"""What is kept of a potential for the backward pass, and how it comes back: Eq. (9)."""

import copy
import warnings

import torch
from torch import Tensor

from trevsnn_lite import spike_tape
from trevsnn_lite.shapes import check_finite, check_tape, spikes_of_one_bit


class Recompute:
    """Each potential as it is, at every step: what the released code keeps, 32 bits a neuron.

    Not where memory is short and T is large: it grows with T sixteen times as fast as the tape."""

    undoes: tuple[str, ...] = ("none", "soft", "hard", "own")  # own: a cell's after_reset
    exact: bool = True

    def keep(self, cell, v: Tensor, v_next: Tensor, decay: Tensor):
        return v

    def recall(self, cell, kept, v_next: Tensor, current: Tensor, decay: Tensor) -> Tensor:
        return kept

    def start(self) -> "Recompute":
        """Before a forward pass: the strategy of this run alone, which it shares neither with
        a run inside it nor with one that raised before."""
        return self

    def finish(self, steps: int) -> None:
        """After the forward pass."""


class Reversible(Recompute):
    """Nothing: Eq. (9) as it stands, the paper's claim.

    Not for many steps: rounding grows as (1 / decay)^T, and flips spikes. It warns."""

    undoes = ("none",)
    exact = False
    decays: list[Tensor]  # of one run

    def start(self):
        run = copy.copy(self)
        run.decays = []
        return run

    def keep(self, cell, v, v_next, decay):
        self.decays.append(decay.detach().abs().min())
        return None

    def recall(self, cell, kept, v_next, current, decay):
        return (v_next - current) / decay

    def finish(self, steps):
        if not self.decays:
            return
        slowest, dtype = torch.stack(self.decays).min().item(), self.decays[0].dtype
        self.decays = []
        check_finite("a decay", slowest)
        if not slowest > 0.0:
            raise ValueError("a decay is 0, which memory='reversible' cannot undo; use 'taped'.")
        error = reconstruction_error(steps, slowest, dtype)
        if not error < 1e-4:
            warnings.warn(
                f"memory='reversible' divides by the decay {slowest:.3g} {steps - 1} times: the "
                f"first potentials come back with an error of about {error:.1e} ({dtype}), and "
                "spikes will flip. Use memory='taped'.",
                ReconstructionWarning,
                stacklevel=8,  # the line that called run
            )


class Taped(Recompute):
    """The low bits of each potential, and its spike where a reset needs it: exact at any T.

    bits: how many; None for as few as each level needs, read off its values, or 8 on a GPU, which
    reading would stop. Two do while |V| < 4 and decay >= 1/3. Not where decays come near 0 (gates
    that close): there the float itself is kept, and `recompute` is simpler."""

    undoes = ("none", "soft")
    errors: list[Tensor]  # of one run, where bits are fixed

    def __init__(self, bits: int | None = None):
        if bits not in (None, 2, 4, 8):
            raise ValueError(f"bits is {bits!r}, expected None, 2, 4 or 8.")
        self.bits = bits

    def start(self):
        run = copy.copy(self)
        run.errors = []
        return run

    def keep(self, cell, v, v_next, decay):
        spikes = spikes_of_one_bit(cell, v, overrides(cell, "fire"))
        lost = spike_tape.lost_by_reset(v, spikes, cell.threshold)
        bits = 8 if self.bits is None and v.is_cuda else self.bits
        if bits is not None:
            largest = torch.maximum(v.abs().max(), v_next.abs().max()).double()
            error = spike_tape.undoing_error(decay.abs().min().double(), largest, v.dtype)
            self.errors.append((error + lost) / 2 ** (bits - 1))
        return spike_tape.write(v, v_next, decay, spikes, bits, lost)

    def recall(self, cell, kept, v_next, current, decay):
        return spike_tape.read(kept, v_next, current, decay, cell.threshold)

    def finish(self, steps):
        errors, self.errors = self.errors, []
        if errors:
            check_tape(self.bits or 8, torch.stack(errors).max().item())


def overrides(cell, method: str) -> bool:
    """Whether a cell has a method of its own in place of Cell's."""
    from trevsnn_lite.reversible import Cell

    return getattr(type(cell), method) is not getattr(Cell, method) or method in vars(cell)


STRATEGIES = {"recompute": Recompute, "reversible": Reversible, "taped": Taped}
MEMORY_STRATEGIES = ("store", *STRATEGIES)


class ReconstructionWarning(UserWarning):
    """Undoing without a tape will lose more precision than training can bear."""


def reconstruction_error(steps: int, decay: float, dtype: torch.dtype = torch.float32) -> float:
    """Absolute error of the first potential that is rebuilt from V[T] by Eq. (9): half a grid unit,
    times 1 / decay for each of T - 1 steps."""
    return 0.5 * spike_tape.GRID[dtype] * decay ** -(steps - 1)
