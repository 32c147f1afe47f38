"""Inference at a fixed budget of parameters (Table 1's O(1)): T sub-networks whose parameters add
up to the same number, for any T.

The image is encoded once and each sub-network runs once, so that the pointwise and strided
convolutions cost about the same at every T. Not all does:
parameters go with T * width^2, so that widths go with T^-1/2, and what goes with T * width
(neurons, depthwise convolutions, the encoder's channels)
grows with T^1/2.
At fixed widths, T times the sub-networks are T times the work: there is no O(1) then."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from trevsnn_lite.config import ReleasedConfig, TRevSNNConfig
from trevsnn_lite.meters.energy import energy
from trevsnn_lite.meters.time import side_by_side
from trevsnn_lite.presets import build

TOLERANCE = 0.02


def parameters(config: TRevSNNConfig | ReleasedConfig) -> int:
    """Trainable parameters of the network, counted without allocating them."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build(config).parameters())


def at_fixed_budget(
    config: TRevSNNConfig, steps: Sequence[int], tolerance: float = TOLERANCE
) -> list[TRevSNNConfig]:
    """For each T in `steps`, the configuration with its widths scaled by one factor so that its
    parameters are those of `config`.

    Raises ValueError where whole widths come no closer than `tolerance` (relative), or for a T
    below 1."""
    budget = parameters(config)
    return [
        config if t == config.time_steps else at_budget(config, t, budget, tolerance) for t in steps
    ]


def at_budget(
    config: TRevSNNConfig | ReleasedConfig, t: int, budget: int, tolerance: float = TOLERANCE
) -> TRevSNNConfig | ReleasedConfig:
    """The configuration with T = t whose widths, scaled by one factor, give the parameters nearest
    to `budget`; ValueError beyond `tolerance` (relative).

    By bisection of the factor; the nearest of all that were tried, for rounding makes steps."""
    low, high, tried = (
        0.0,
        2.0 * config.time_steps * max(1.0, (budget / parameters(config)) ** 0.5),
        {},
    )
    for _ in range(24):
        factor = (low + high) / 2
        candidate = replace(
            config,
            name=f"{config.name}-T{t}",
            time_steps=t,
            widths=tuple(max(2, round(factor * width)) for width in config.widths),
        )
        if candidate not in tried:
            tried[candidate] = parameters(candidate)
        low, high = (factor, high) if tried[candidate] < budget else (low, factor)
    nearest = min(tried, key=lambda candidate: abs(tried[candidate] - budget))
    if abs(tried[nearest] / budget - 1.0) > tolerance:
        raise ValueError(
            f"steps holds {t}, for which widths {nearest.widths} give {tried[nearest]:,} "
            f"parameters, the nearest to {budget:,}; "
            f"expected a T, or larger widths, that come within {tolerance:.0%}."
        )
    return nearest


class InferenceCost(NamedTuple):
    """One network, per image. `seconds` and `spread`: of a whole batch, side by side with the
    others; None if not timed."""

    steps: int
    widths: tuple[int, ...]
    parameters: int
    macs: float
    """Of a dense pass."""
    mac: float
    """Multiply-accumulates, where inputs are reals."""
    ac: float
    """Additions, where inputs are spikes: exact."""
    millijoules: float
    seconds: float | None
    spread: float | None


def inference_costs(
    nets: Sequence[nn.Module], images: Tensor, rounds: int = 7
) -> list[InferenceCost]:
    """Costs of T-RevSNNs (folded ones, for deployment) on one batch of images [B, C, H, W], or
    frames [T, B, C, H, W]. rounds: of timing; 0 for none.

    Firing rates, and with them additions and energy, are those of the given weights and images."""
    reports = [energy(net, images, images.shape[-4]) for net in nets]

    def passing(net: nn.Module):
        def run():
            with torch.no_grad():
                net(images)

        return run

    times = (
        side_by_side({str(i): passing(net) for i, net in enumerate(nets)}, rounds) if rounds else {}
    )
    return [
        InferenceCost(
            net.config.time_steps,
            net.config.widths,
            sum(p.numel() for p in net.parameters()),
            report.macs,
            report.mac,
            report.ac,
            report.millijoules,
            *times.get(str(i), (None, None))[:2],
        )
        for i, (net, report) in enumerate(zip(nets, reports))
    ]


def inference_table(costs: Sequence[InferenceCost]) -> str:
    """A line per network, as plain text; times as multiples of the first network's."""
    rows = [("T", "widths", "parameters", "MACs if dense", "MAC", "AC", "mJ", "time, x first")]
    for cost in costs:
        time = (
            "-"
            if cost.seconds is None
            else f"{cost.seconds / costs[0].seconds:.2f} +- {cost.spread / costs[0].seconds:.2f}"
        )
        counts = (f"{count:,.0f}" for count in (cost.parameters, cost.macs, cost.mac, cost.ac))
        rows.append(
            (
                str(cost.steps),
                "/".join(map(str, cost.widths)),
                *counts,
                f"{cost.millijoules:.4f}",
                time,
            )
        )
    lengths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(length) for cell, length in zip(row, lengths)).rstrip() for row in rows
    )
