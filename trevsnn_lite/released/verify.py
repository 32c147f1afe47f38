"""`python -m trevsnn_lite verify-released FILE.npz`: this library's released network against
numbers that the authors' own code made.

The file holds a configuration, an input, weights, and what the released code computed from them:
logits, final states, loss and gradients."""

import json
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from trevsnn_lite.config import ReleasedConfig
from trevsnn_lite.losses import released_heads
from trevsnn_lite.released.names import load_authors_state, our_name
from trevsnn_lite.released.network import ReleasedTRevSNN
from trevsnn_lite.reversible import MEMORY_STRATEGIES

TOLERANCE, GRADIENT_TOLERANCE = 1e-5, 1e-4
EXACT_STRATEGIES = (
    "store",
    "recompute",
    "taped",
)  # `reversible` is shown but not judged: float arithmetic limits it (chapter 7)
CONFIG_NAMES = {
    "channels": "widths",
    "num_subnet": "time_steps",
    "kernel_size": "kernel_size",
    "num_classes": "num_classes",
    "inter_supv": "deep_supervision",
}
# of the largest gradient in the file: below this a gradient counts as zero, and is compared on that
# scale
ZERO_GRADIENT = 1e-6


class Row(NamedTuple):
    """The worst differences of one memory strategy: of logits and states relative to the largest
    entry (at least 1), of each gradient relative to its own."""

    memory: str
    logits_train: float
    logits_eval: float
    states: float
    loss: float
    gradients: float
    worst_gradient: str

    @property
    def passes(self) -> bool:
        return (
            max(self.logits_train, self.logits_eval, self.states, self.loss) <= TOLERANCE
            and self.gradients <= GRADIENT_TOLERANCE
        )


def read_file(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz file. Raises FileNotFoundError for a missing file, ValueError for
    another kind of file or one without the needed arrays."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"FILE is {path}, which does not exist; expected an .npz file with the "
            "released network's numbers."
        )
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = dict(arrays)
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, AttributeError):
        raise ValueError(
            f"FILE {path} is not a readable .npz file; expected one with the released "
            "network's numbers."
        ) from None
    needed = (
        "config",
        "input",
        "target",
        "loss",
        "logits_train.",
        "logits_eval.",
        "state_train.",
        "state_eval.",
        "param.",
        "grad.",
    )
    missing = [name for name in needed if not any(entry.startswith(name) for entry in found)]
    if missing:
        raise ValueError(
            f"FILE {path} lacks {', '.join(missing)}; expected the arrays of a released network."
        )
    return found


def verify(path: str | Path, strategies: Sequence[str] = MEMORY_STRATEGIES) -> list[Row]:
    """Compare with the file under each memory strategy. Raises as `read_file` does, and ValueError
    for a configuration that makes no network."""
    arrays = read_file(path)
    return [_compare(arrays, memory) for memory in strategies]


def report(rows: Sequence[Row]) -> str:
    """A line per strategy: worst differences, and whether they are within the tolerances."""
    lines = [
        f"{'memory':<12}{'logits train':>14}{'logits eval':>14}{'states':>11}{'loss':>11}"
        f"{'gradients':>12}  verdict"
    ]
    for row in rows:
        verdict = "ok" if row.passes else f"FAILED (worst gradient: {row.worst_gradient})"
        if row.memory not in EXACT_STRATEGIES:
            verdict = (
                f"{'ok' if row.passes else 'beyond the tolerance'}, not judged: undoing "
                "without a tape loses digits at every step"
            )
        numbers = (
            f"{row.logits_train:>14.1e}{row.logits_eval:>14.1e}{row.states:>11.1e}{row.loss:>11.1e}"
            f"{row.gradients:>12.1e}"
        )
        lines.append(f"{row.memory:<12}{numbers}  {verdict}")
    return "\n".join(
        [
            *lines,
            f"tolerances: {TOLERANCE:.0e} for logits, states and loss, "
            f"{GRADIENT_TOLERANCE:.0e} for every gradient",
        ]
    )


def passes(rows: Sequence[Row]) -> bool:
    """Whether every strategy that promises the gradients of plain autograd kept its promise."""
    return all(row.passes for row in rows if row.memory in EXACT_STRATEGIES)


def build(arrays: dict[str, np.ndarray], memory: str) -> ReleasedTRevSNN:
    """The file's network with the file's weights. Raises ValueError for a configuration or weights
    that make no network."""
    try:
        given = json.loads(str(arrays["config"]))
        fields = {ours: given[theirs] for theirs, ours in CONFIG_NAMES.items()}
    except (json.JSONDecodeError, KeyError, TypeError):
        raise ValueError(
            f"FILE's config is {str(arrays['config'])[:80]!r}, expected JSON with "
            f"{', '.join(CONFIG_NAMES)}."
        ) from None
    config = ReleasedConfig("file", in_channels=arrays["input"].shape[1], **fields)
    net = ReleasedTRevSNN(config, memory=memory, seed=0)
    load_authors_state(
        net,
        {
            name.removeprefix("param."): torch.from_numpy(value)
            for name, value in arrays.items()
            if name.startswith("param.")
        },
    )
    return net


def _compare(arrays: dict[str, np.ndarray], memory: str) -> Row:
    net, images, target = (
        build(arrays, memory),
        torch.from_numpy(arrays["input"]),
        torch.from_numpy(arrays["target"]),
    )
    with torch.no_grad():
        logits_eval, states_eval = net.eval()(
            images, return_states=True
        )  # before training mode touches BatchNorm's statistics
    logits, states = net.train()(images, return_states=True)
    loss = released_heads(logits, target)
    loss.backward()
    grads = {
        our_name(name.removeprefix("grad.")): torch.from_numpy(value)
        for name, value in arrays.items()
        if name.startswith("grad.")
    }
    floor = ZERO_GRADIENT * max(grad.abs().max().item() for grad in grads.values())
    errors = {
        name: _gradient_error(net.get_parameter(name).grad, grad, floor)
        for name, grad in grads.items()
    }
    worst = max(errors, key=errors.get)
    expected_loss = float(arrays["loss"])
    return Row(
        memory,
        _worst(arrays, "logits_train", logits),
        _worst(arrays, "logits_eval", logits_eval),
        max(_worst(arrays, "state_train", states), _worst(arrays, "state_eval", states_eval)),
        _number((loss.detach() - expected_loss).abs() / max(abs(expected_loss), 1.0)),
        errors[worst],
        worst,
    )


def _worst(arrays: dict[str, np.ndarray], prefix: str, found: Sequence[Tensor]) -> float:
    """The largest difference between `found` and the file's arrays PREFIX.0, PREFIX.1, ...,
    relative to the largest entry of each (at least 1)."""
    expected = [
        torch.from_numpy(arrays[f"{prefix}.{i}"])
        for i in range(sum(name.startswith(f"{prefix}.") for name in arrays))
    ]
    if len(expected) != len(found):
        raise ValueError(
            f"FILE holds {len(expected)} arrays {prefix}.*, the network of its "
            f"configuration makes {len(found)}."
        )
    if any(a.shape != b.shape for a, b in zip(found, expected)):
        raise ValueError(
            f"FILE holds {prefix}.* of the shapes {[list(b.shape) for b in expected]}, "
            f"the network makes {[list(a.shape) for a in found]}."
        )
    return max(
        _number((a - b).abs().max() / b.abs().max().clamp(min=1.0)) for a, b in zip(found, expected)
    )


def _gradient_error(found: Tensor | None, expected: Tensor, floor: float) -> float:
    found = torch.zeros_like(expected) if found is None else found.reshape(expected.shape)
    return _number((found - expected).abs().max() / expected.abs().max().clamp(min=floor))


def _number(error: Tensor) -> float:
    """The error as a float, infinite where it is not a number: max() would pass over a nan."""
    return math.inf if torch.isnan(error) else error.item()
