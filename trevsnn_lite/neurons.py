"""Spiking neurons: charge (Eq. (1)), fire (Eq. (2)), reset; undo (Eq. (9)); turned off (Eq. (6));
several levels at once (Eqs. (10) and (11))."""

from collections.abc import Sequence

import torch
from torch import Tensor

from trevsnn_lite.spikes import check_number, spike

RESETS = ("none", "soft", "hard")


def charge(v: Tensor, current: Tensor, decay: Tensor | float) -> Tensor:
    """Eq. (1): V[t+1] = decay * V[t] + current, with decay = 1 - 1/tau and the factor 1/tau of the
    paper inside `current`."""
    return decay * v + current


def undo_charge(v_next: Tensor, current: Tensor, decay: Tensor | float) -> Tensor:
    """Eq. (9): V[t] = (V[t+1] - current) / decay. Errors leave 1/decay times larger."""
    return (v_next - current) / decay


def reset_potential(v: Tensor, spikes: Tensor, kind: str, threshold: float) -> Tensor:
    """What a spike leaves of the potential that fired: all of it ("none", as in Eqs. (9)-(11)), V -
    V_th ("soft"), or 0 ("hard")."""
    if kind == "none":
        return v
    if kind == "soft":
        return v - threshold * spikes
    if kind == "hard":
        return v * (1.0 - spikes)
    raise ValueError(f"reset is {kind!r}, expected one of {', '.join(RESETS)}.")


def lif_step(
    x: Tensor,
    v: Tensor,
    *,
    decay: Tensor | float,
    threshold: float = 1.0,
    reset: str = "soft",
    surrogate: str = "rectangle",
):
    """One step of a turned-on LIF neuron: (spikes[t+1], V[t+1]) from input x[t+1] and V[t]; all
    shapes equal, or broadcastable.

    V is the potential that was compared with the threshold, so a reset acts at the start of the
    next step. Raises ValueError or TypeError for a decay or threshold that is no finite number, and
    for an unknown reset or surrogate."""
    if not isinstance(decay, Tensor):
        check_number("decay", decay)
    kept = reset_potential(v, spike(v, threshold, surrogate), reset, threshold)
    v_next = charge(kept, x, decay)
    return spike(v_next, threshold, surrogate), v_next


def turned_off(u: Tensor, threshold: float = 0.5, surrogate: str = "rectangle") -> Tensor:
    """Eq. (6): a neuron without temporal dynamics. Its potential is its input, and nothing is left
    of it for the next step."""
    return spike(u, threshold, surrogate)


def multilevel_charge(
    potentials: Sequence[Tensor], currents: Sequence[Tensor], decays: Sequence[float]
) -> list[Tensor]:
    """Eq. (10): V^l[t+1] = sum_{i >= l} decay_i V^i[t] + current_l, for levels of one shape
    (networks align shapes first: `trevsnn.Up`)."""
    levels = range(len(potentials))
    return [
        sum(decays[i] * potentials[i] for i in levels if i >= level) + currents[level]
        for level in levels
    ]


def multilevel_undo(
    potentials: Sequence[Tensor], currents: Sequence[Tensor], decays: Sequence[float]
) -> list[Tensor]:
    """The inverse of Eq. (10), solved from the top level down: V^l[t] = (V^l[t+1] - current_l -
    sum_{i > l} decay_i V^i[t]) / decay_l.

    The paper's Eq. (11) stands for this; as arXiv v1 prints it, it does not invert Eq. (10)
    (chapter 9)."""
    earlier: list[Tensor] = list(potentials)
    for level in reversed(range(len(potentials))):
        above = sum(
            (decays[i] * earlier[i] for i in range(level + 1, len(potentials))),
            torch.zeros_like(potentials[level]),
        )
        earlier[level] = undo_charge(potentials[level], currents[level] + above, decays[level])
    return earlier
