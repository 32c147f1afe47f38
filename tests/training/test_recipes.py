"""Tests of the training settings: the schedule and the parameter groups by numbers, and bad values
by their sentences."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from trevsnn_lite import PRESETS
from trevsnn_lite.training import RECIPES, TrainConfig, learning_rate, make_optimizer


def test_every_preset_has_a_recipe():
    assert set(RECIPES) == set(PRESETS)


def test_learning_rate_rises_then_follows_a_cosine():
    config = TrainConfig(epochs=5, warmup_epochs=1, lr=0.4, min_lr=0.2)
    rates = [learning_rate(step, 4, config) for step in range(20)]
    assert rates[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4])  # four steps of warm-up
    assert rates[4] == pytest.approx(0.4) and rates[12] == pytest.approx(
        0.3
    )  # half-way down after half of the other sixteen
    assert rates[8] == pytest.approx(0.3 + 0.1 * 2**-0.5) and 0.2 < rates[19] < 0.202
    assert learning_rate(20, 4, config) == pytest.approx(0.2)
    assert learning_rate(0, 4, replace(config, warmup_epochs=0)) == pytest.approx(0.4)


@pytest.mark.parametrize("optimizer", ["adamw", "lamb"])
def test_only_weights_decay(optimizer):
    if optimizer == "lamb":
        pytest.importorskip("timm")
    net = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Linear(4, 5))
    net.gain = nn.Parameter(torch.ones(4, 1, 1, 1))
    net.scale = nn.Parameter(torch.tensor(0.0))
    made = make_optimizer(net, TrainConfig(optimizer=optimizer, weight_decay=0.5, lr=0.1))
    decayed = {id(p): group["weight_decay"] for group in made.param_groups for p in group["params"]}
    assert {name: decayed[id(p)] for name, p in net.named_parameters()} == {
        "0.weight": 0.5, "1.weight": 0.5, "0.bias": 0.0, "1.bias": 0.0, "gain": 0.0, "scale": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes, error, words",
    [
        ({"epochs": 0}, ValueError, "epochs is 0, expected at least 1"),
        ({"batch_size": 1.5}, TypeError, "batch_size is 1.5, expected int"),
        ({"flip": 1}, TypeError, "flip is 1, expected bool"),
        ({"lr": 0}, ValueError, "lr is 0.0, expected a finite number above 0"),
        ({"lr": float("nan")}, ValueError, "lr is nan"),
        (
            {"weight_decay": -1.0},
            ValueError,
            "weight_decay is -1.0, expected a finite number of at least 0",
        ),
        ({"ema_decay": 1.0}, ValueError, r"ema_decay is 1.0, expected a number in \[0, 1\)"),
        ({"precision": "fp16"}, ValueError, "precision is 'fp16', expected one of fp32, bf16"),
        ({"accumulate": 0}, ValueError, "accumulate is 0, expected at least 1"),
        ({"optimizer": "adam"}, ValueError, "optimizer is 'adam', expected one of adamw, lamb"),
        (
            {"loss": "mse"},
            ValueError,
            "loss is 'mse', expected one of cross-entropy, deep-supervision, .*tet",
        ),
    ],
)
def test_bad_values_are_named(changes, error, words):
    with pytest.raises(error, match=words):
        TrainConfig(**changes)
