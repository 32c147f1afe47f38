"""Records data/runs/table-controls.json for chapter 13: Table 2's full-size networks at several
batch sizes, and what their layers are fed with.

    OMP_NUM_THREADS=1 python tools/make_table_controls.py

Random weights and random images of 224 x 224, as in the experiment table-2. About ten minutes on
one core; a measurement that is in the file already
is not repeated."""

import json
import os
import platform
from pathlib import Path

import torch
from torch import nn

from trevsnn_lite import preset
from trevsnn_lite.baselines.peers import peer
from trevsnn_lite.experiments.contenders import step_of
from trevsnn_lite.experiments.table_2 import FULL, PEERS
from trevsnn_lite.meters.energy import INPUTS, energy
from trevsnn_lite.meters.memory import step_memory
from trevsnn_lite.presets import build
from trevsnn_lite.reversible import ENGINE

FILE = Path(__file__).parents[1] / "data/runs/table-controls.json"
BATCHES = (1, 2, 4)
SEEDS = (0, 1, 2)
STRATEGIES = ("store", "recompute", "taped")


def network(name: str, memory: str = "taped", seed: int = 0) -> nn.Module:
    return (
        build(preset("released-small"), memory=memory, seed=seed)
        if name == FULL
        else peer(PEERS[name], seed=seed)
    )


def images(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 3, 224, 224, generator=torch.Generator().manual_seed(seed))


def peak(name: str, batch: int, memory: str = "taped") -> int:
    """Bytes that a training step holds at once, beside parameters and their gradients."""
    net, labels = network(name, memory), torch.arange(batch)
    step = step_of(
        net, {"loss": "released-heads" if name == FULL else "tet"}, images(batch), labels
    )
    step()  # what is allocated once for all steps is no step's
    net.zero_grad(set_to_none=True)
    return step_memory(step).peak


def operations(name: str, seed: int, statistics: bool) -> dict:
    """Connections an image by what feeds them, additions by rate, millijoules; `statistics`: after
    BatchNorm has taken its mean and variance from the image."""
    net, x = network(name, seed=seed), images(1, seed)
    if statistics:
        for module in net.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.momentum = 1.0
        with torch.no_grad():
            net.train()(x)
    report = energy(net, x)
    encoder = (
        {layer.name for layer in report.layers if layer.name.startswith("stem")}
        if name == FULL
        else {report.layers[0].name}
    )
    fed = {"encoder": sum(layer.macs for layer in report.layers if layer.name in encoder)}
    fed |= {
        kind: sum(
            layer.macs
            for layer in report.layers
            if layer.inputs == kind and layer.name not in encoder
        )
        for kind in INPUTS
    }
    return {
        "connections": fed,
        "additions": sum(layer.by_rate for layer in report.layers),
        "millijoules": report.millijoules_by_rate,
    }


def plan():
    """(what identifies a measurement, how it is made), the quick ones first."""
    for name in (FULL, *PEERS):
        for seed in SEEDS:
            for statistics in (False, True):
                yield (
                    {
                        "measured": "operations",
                        "network": name,
                        "seed": seed,
                        "statistics": statistics,
                    },
                    lambda n=name, s=seed, t=statistics: operations(n, s, t),
                )
    for memory in STRATEGIES:
        yield (
            {"measured": "strategy", "network": FULL, "memory": memory},
            lambda m=memory: {"bytes": peak(FULL, 1, m)},
        )
    for batch in BATCHES:
        for name in (FULL, *PEERS):
            yield (
                {"measured": "batch", "network": name, "batch": batch},
                lambda n=name, b=batch: {"bytes": peak(n, b)},
            )


def main() -> None:
    about = {
        "command": "OMP_NUM_THREADS=1 python tools/make_table_controls.py",
        "machine": "2-core x86-64 CPU, 1 thread",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "engine": ENGINE,
        "cannot": "Random weights and one random image of 224 x 224 a seed: rates of trained "
        "networks are others. float32 on a CPU; a GPU in mixed precision allocates "
        "otherwise.",
    }
    runs = json.loads(FILE.read_text("utf8"))["runs"] if FILE.exists() else []
    for key, measure in plan():
        if any(key.items() <= run.items() for run in runs):
            continue
        runs.append({**key, **measure()})
        print(runs[-1], flush=True)
        part = FILE.with_suffix(".part")
        lines = ",\n    ".join(json.dumps(run) for run in runs)
        part.write_text(
            json.dumps({"about": about}, indent=2)[:-2] + f',\n  "runs": [\n    {lines}\n  ]\n}}\n',
            "utf8",
        )
        os.replace(part, FILE)


if __name__ == "__main__":
    main()
