"""Building a network from its configuration, and the presets in one table with an account of their
parameters."""

from collections.abc import Sequence

import torch

from trevsnn_lite.config import PRESETS, TRevSNNConfig, preset
from trevsnn_lite.released.config import ReleasedConfig
from trevsnn_lite.released.network import ReleasedTRevSNN
from trevsnn_lite.trevsnn import TRevSNN

NETWORKS = {TRevSNNConfig: TRevSNN, ReleasedConfig: ReleasedTRevSNN}


def build(
    config: TRevSNNConfig | ReleasedConfig, memory: str = "taped", seed: int | None = None
) -> TRevSNN | ReleasedTRevSNN:
    """The network of a configuration: build(preset("released-tiny")). Raises TypeError for anything
    else."""
    if type(config) not in NETWORKS:
        raise TypeError(
            f"config is a {type(config).__name__}, expected one of "
            f"{', '.join(kind.__name__ for kind in NETWORKS)}."
        )
    return NETWORKS[type(config)](config, memory=memory, seed=seed)


def parameter_count(name: str) -> int:
    """Trainable parameters of a preset, counted without allocating them."""
    counts = account(preset(name))
    return sum(counts.values()) - counts[MERGED]


def account(config: TRevSNNConfig | ReleasedConfig) -> dict[str, int]:
    """What the trainable parameters are, counted without allocating them: those at inference, as
    the paper counts them (15.2M, 29.8M), and what only training has."""
    with torch.device("meta"):
        net = build(config)
    counts = {AT_INFERENCE: 0, MERGED: 0, TRAINING_HEADS: 0, LAST_CLASSIFIER: 0}
    last = f"heads.{len(net.heads) - 1}." if isinstance(net, ReleasedTRevSNN) else ""
    for name, parameter in net.named_parameters():
        what = AT_INFERENCE
        if last and name.startswith("heads."):
            if not name.startswith(last):
                what = TRAINING_HEADS
            elif name.startswith(f"{last}1."):
                what = LAST_CLASSIFIER
        counts[what] += parameter.numel()
        if what == AT_INFERENCE and name.endswith(("gain", "alpha", "scale")):
            counts[MERGED] += parameter.numel()
    return counts


AT_INFERENCE = "at inference"
MERGED = "of them gains and ReZero scales, which merge into weights"
TRAINING_HEADS = "heads that only training uses"
LAST_CLASSIFIER = "last classifier, which merges into the one before"


def presets_table(names: Sequence[str] = ()) -> str:
    """A line per preset (all if none is named): parameters, at inference and what only training
    has, steps, widths, image size, classes. Raises ValueError for an unknown name."""
    rows, notes = [], []
    for name in names or PRESETS:
        config = preset(name)
        counts = account(config)
        size = f"{config.in_channels} x {config.image_size} x {config.image_size}"
        rows.append(
            {
                "preset": name,
                "trained": f"{parameter_count(name):,}",
                "at inference": f"{counts[AT_INFERENCE]:,}",
                "T": str(config.time_steps),
                "widths": "/".join(map(str, config.widths)),
                "blocks": str(getattr(config, "blocks_per_level", 2)),
                "image": size,
                "classes": str(config.num_classes),
            }
        )
        more = [f"{counts[what]:,} {what}" for what in list(counts)[1:] if counts[what]]
        notes.append(f"{name}: {'; '.join(more)}.")
    columns = list(rows[0])
    lengths = {c: max(len(c), *(len(row[c]) for row in rows)) for c in columns}
    lines = [
        "  ".join(row[c].ljust(lengths[c]) for c in columns).rstrip()
        for row in [dict(zip(columns, columns)), *rows]
    ]
    return "\n".join([*lines, "", *notes])
