"""The names that a ledger row's `how` may use: what the library counts of the released network,
recorded runs, and a few functions. See `ledger`."""

import functools
import json
import math
import re
import statistics

import torch

from trevsnn_lite import build, losses, preset
from trevsnn_lite.course import expected

SHARED = r"subnets\.0\.\d\.blocks\.1\.(project|depthwise_out)\."
"""The two convolutions of each level that all columns of the released network share."""


def compute(how: str) -> float:
    """The value of an expression such as "4.50 / 2.8" or "deployed('released-tiny') / 1e6". The
    expressions stand in data/ledger.json: they are code."""
    return float(eval(how, {"__builtins__": {}}, NAMES))


def parameters(name: str, part: str = "", kernel_size: int | None = None) -> int:
    """Trainable parameters of a released preset, of those whose name begins with the pattern
    `part`; counted without allocating them."""
    return sum(
        parameter.numel()
        for key, parameter in _net(name, kernel_size).named_parameters()
        if re.match(part, key)
    )


def deployed(name: str, kernel_size: int | None = None) -> int:
    """Parameters without the three heads that only training uses and without the last classifier,
    which merges into the one before it."""
    return (
        parameters(name, "", kernel_size)
        - parameters(name, r"heads\.[012]\.", kernel_size)
        - parameters(name, r"heads\.3\.1\.", kernel_size)
    )


def layers(name: str, kind: str) -> int:
    """How many modules of the class `kind` a released preset has."""
    return sum(type(module).__name__ == kind for module in _net(name).modules())


def chance_loss(heads: int, classes: int) -> float:
    """The released loss of `heads` heads that give every class the same score."""
    return losses.released_heads(
        torch.zeros(heads, 1, classes), torch.zeros(1, dtype=torch.long)
    ).item()


def normal_tail(threshold: float) -> float:
    """The share of a standard normal variable that lies above `threshold`."""
    return 1 - statistics.NormalDist().cdf(threshold)


def run(id: str) -> dict:
    """The recorded run data/runs/ID.json."""
    return json.loads((expected.expected_file().parent / f"runs/{id}.json").read_text("utf8"))


@functools.cache
def _net(name: str, kernel_size: int | None = None):
    """The preset without weights."""
    config = preset(name, **({} if kernel_size is None else {"kernel_size": kernel_size}))
    with torch.device("meta"):
        return build(config)


NAMES = {
    "parameters": parameters,
    "deployed": deployed,
    "layers": layers,
    "chance_loss": chance_loss,
    "normal_tail": normal_tail,
    "run": run,
    "log": math.log,
    "pi": math.pi,
    "sqrt": math.sqrt,
    "SHARED": SHARED,
}
