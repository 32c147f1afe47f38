"""Inference at a fixed budget: the widths that are found, and the costs of their networks."""

import pytest
import torch

from trevsnn_lite import TRevSNN, preset
from trevsnn_lite.meters.inference import (
    at_fixed_budget,
    inference_costs,
    inference_table,
    parameters,
)


def test_the_budgets_match_and_widths_go_with_the_root_of_t():
    config = preset("fashion-mini", sharing="none")
    found = at_fixed_budget(config, (1, 2, 4, 8))
    assert [c.time_steps for c in found] == [1, 2, 4, 8] and found[2] is config
    for c in found:
        assert parameters(c) == pytest.approx(
            sum(p.numel() for p in TRevSNN(config).parameters()), rel=0.02
        )
        assert c.widths[-1] == pytest.approx(config.widths[-1] * (4 / c.time_steps) ** 0.5, rel=0.1)


def test_at_a_fixed_budget_inference_costs_o1_and_at_fixed_widths_it_does_not():
    config, images = (
        preset("fashion-mini"),
        torch.randn(1, 1, 28, 28, generator=torch.Generator().manual_seed(0)),
    )
    budget = inference_costs(
        [TRevSNN(c, seed=0) for c in at_fixed_budget(config, (1, 8))], images, rounds=0
    )
    widths = inference_costs(
        [TRevSNN(preset("fashion-mini", time_steps=t), seed=0) for t in (1, 8)], images, rounds=0
    )
    # Weights that steps share count once in the budget and run at every step.
    assert 1.25 < budget[1].macs / budget[0].macs < 2.0
    assert 7.9 < widths[1].macs / widths[0].macs < 9
    assert budget[0].seconds is None and budget[0].millijoules > 0


def test_timed_costs_and_their_table():
    nets = [TRevSNN(preset("fashion-mini", widths=(4, 6), time_steps=t), seed=0) for t in (1, 2)]
    costs = inference_costs(nets, torch.rand(2, 1, 28, 28), rounds=2)
    lines = inference_table(costs).splitlines()
    assert lines[1].split()[:3] == ["1", "4/6", f"{parameters(nets[0].config):,}"]
    assert " 1.00 +- " in lines[1] and costs[1].seconds > 0


def test_bad_input():
    with pytest.raises(ValueError, match="time_steps is 0"):
        at_fixed_budget(preset("fashion-mini"), (0,))
    with pytest.raises(
        ValueError,
        match="steps holds 64, for which widths .* expected a T, or larger widths, that come "
        "within 2%",
    ):
        at_fixed_budget(preset("fashion-mini", widths=(2, 3)), (64,))
