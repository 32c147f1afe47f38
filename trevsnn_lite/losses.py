"""Losses on the T read-outs of a spiking network: mean cross-entropy, deep supervision, TET (Deng
et al. 2022).

Every loss takes logits [T, B, K] (time, batch, classes) and integer labels [B], and returns one
scalar in nats.
"""

from collections.abc import Sequence
from numbers import Real

import torch
import torch.nn.functional as F
from torch import Tensor


def cross_entropy_of_mean(logits: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """CE(mean_t O[t], y): the T read-outs vote first and are judged once."""
    _check(logits, target, label_smoothing)
    return F.cross_entropy(logits.mean(0), target, label_smoothing=label_smoothing)


def cross_entropy_per_step(logits: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """CE(O[t], y) averaged over the batch, for every step t: [T]."""
    _check(logits, target, label_smoothing)
    steps, batch, _ = logits.shape
    losses = F.cross_entropy(
        logits.flatten(0, 1),
        target.repeat(steps),
        label_smoothing=label_smoothing,
        reduction="none",
    )
    return losses.view(steps, batch).mean(1)  # [T * B] -> [T]


def deep_supervision(
    logits: Tensor,
    target: Tensor,
    label_smoothing: float = 0.0,
    weights: Sequence[float] | None = None,
) -> Tensor:
    """sum_t w_t CE(O[t], y): every sub-network is judged, the later ones more.

    `weights` holds T numbers; by default w_t = (t + 1) / (1 + 2 + ... + T), which sums to one.
    The released code's choice is `released_heads`.
    """
    losses = cross_entropy_per_step(logits, target, label_smoothing)
    steps = len(losses)
    if weights is None:
        weights = [2 * (t + 1) / (steps * (steps + 1)) for t in range(steps)]
    if len(weights) != steps:
        raise ValueError(f"weights has {len(weights)} numbers, expected {steps}, one per step.")
    return (losses * losses.new_tensor(weights)).sum()


def tet(
    logits: Tensor,
    target: Tensor,
    label_smoothing: float = 0.0,
    means: float = 1.0,
    lam: float = 0.05,
) -> Tensor:
    """(1 - lam) mean_t CE(O[t], y) + lam MSE(O, means): temporal efficient training, Deng et al.
    2022.

    The second term pulls every read-out towards `means` (phi in the paper, the firing threshold in
    its code).
    """
    if not 0 <= lam <= 1:
        raise ValueError(f"lam is {lam}, expected a number in [0, 1].")
    judged = cross_entropy_per_step(logits, target, label_smoothing).mean()
    return (1 - lam) * judged + lam * (logits - means).square().mean()


def released_heads(logits: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """sum_i ((i + 1) / n) CE(O[i], y) + CE(O[n - 1], y): the released network's loss on its n heads
    [n, B, K]; 0.25, 0.5, 0.75 and 2.0 for four."""
    _check(logits, target, label_smoothing)
    weights = [(i + 1) / len(logits) for i in range(len(logits))]
    weights[-1:] = [weight + 1.0 for weight in weights[-1:]]
    return deep_supervision(logits, target, label_smoothing, weights)


LOSSES = {
    "cross-entropy": cross_entropy_of_mean,
    "deep-supervision": deep_supervision,
    "released-heads": released_heads,
    "tet": tet,
}


def _check(logits: Tensor, target: Tensor, label_smoothing: float) -> None:
    for name, given in {"logits": logits, "target": target}.items():
        if not isinstance(given, Tensor):
            raise TypeError(f"{name} is a {type(given).__name__}, expected a torch.Tensor.")
    if not logits.is_floating_point():
        raise TypeError(f"logits holds {logits.dtype}, expected floats.")
    if not isinstance(label_smoothing, Real) or not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing is {label_smoothing!r}, expected a number in [0, 1].")
    if logits.dim() != 3 or logits.numel() == 0:
        raise ValueError(
            f"logits have the shape {list(logits.shape)}, expected [T, B, K] with at "
            "least one of each."
        )
    if target.shape != logits.shape[1:2]:
        raise ValueError(
            f"target has the shape {list(target.shape)}, expected [{logits.shape[1]}], "
            "one label per image."
        )
    if target.dtype != torch.int64:
        raise TypeError(f"target holds {target.dtype}, expected int64 labels.")
    lowest, highest = (int(label) for label in target.aminmax())
    if lowest < 0 or highest >= logits.shape[2]:
        raise ValueError(
            f"target holds labels from {lowest} to {highest}, expected 0 to {logits.shape[2] - 1}."
        )
