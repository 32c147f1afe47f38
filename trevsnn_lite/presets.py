"""Building a network from its configuration, and the presets in one table with their parameter
counts, and why they differ from the paper's."""

from collections.abc import Sequence

import torch

from trevsnn_lite.config import PRESETS, TRevSNNConfig, preset
from trevsnn_lite.released.config import ReleasedConfig
from trevsnn_lite.released.network import ReleasedTRevSNN
from trevsnn_lite.trevsnn import TRevSNN

NETWORKS = {TRevSNNConfig: TRevSNN, ReleasedConfig: ReleasedTRevSNN}

WHY_THE_PAPER_S_COUNTS_DIFFER = """\
paper-384 and paper-512 have the widths, steps, blocks and kernels of the paper's networks of 15.2M and 29.8M parameters, and more parameters:
                                                                                              384      512
  no sharing: the released network shares two convolutions of each level over all steps    +2.87M   +5.57M
  the way down to the last level is 3x3 here, 1x1 in the released network                  +3.15M   +6.29M
  feedback comes from all higher levels (Eq. (10)), there from the next one alone          +0.50M   +1.03M
  all T read-outs count here; of the four there, three are left out at inference           +1.16M   +1.54M
The rest, under 0.1M, is the stem, gains, biases and BatchNorm."""

WHY_THE_RELEASED_COUNTS_DIFFER = """\
released-tiny and released-small are the authors' own networks. Without the three heads that only training uses (1.16M, 1.54M) and without the last
classifier, which merges into the one before it (1.00M), they have the paper's 15.2M and 29.8M parameters."""


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
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build(preset(name)).parameters())


def presets_table(names: Sequence[str] = ()) -> str:
    """A line per preset (all if none is named): parameters, steps, widths, image size, classes.
    Raises ValueError for an unknown name."""
    rows = [("preset", "parameters", "T", "widths", "blocks", "image", "classes")]
    for name in names or PRESETS:
        config = preset(name)
        size = f"{config.in_channels} x {config.image_size} x {config.image_size}"
        rows.append(
            (
                name,
                f"{parameter_count(name):,}",
                config.time_steps,
                "/".join(map(str, config.widths)),
                getattr(config, "blocks_per_level", 2),
                size,
                config.num_classes,
            )
        )
    lengths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(str(cell).ljust(length) for cell, length in zip(row, lengths)).rstrip()
        for row in rows
    ]
    if any(row[0].startswith("paper-") for row in rows):
        lines += ["", WHY_THE_PAPER_S_COUNTS_DIFFER]
    if any(row[0].startswith("released-") for row in rows):
        lines += ["", WHY_THE_RELEASED_COUNTS_DIFFER]
    return "\n".join(lines)
