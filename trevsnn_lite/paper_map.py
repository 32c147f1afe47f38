"""Where each equation, figure and table of the paper stands: the formula by hand, the code that
runs it in a T-RevSNN, and the section that teaches it. `tests/test_paper_map.py` trains a step and
holds `runs` to it."""

from typing import NamedTuple


class Place(NamedTuple):
    """Code is "module:name" below trevsnn_lite.

    chapter: its number; section: words of that section's heading; by_hand: the textbook's formula,
    which nothing but teaching may call; runs: what a training step of the default network enters,
    or, for a table or a figure of results, the experiment that `run` runs."""

    chapter: int
    section: str
    by_hand: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


PAPER_MAP = {
    "Eq. (1)": Place(
        1,
        "From the differential equation",
        ("neurons:charge",),
        ("reversible:advance", "spike_tape:leak_and_add"),
    ),
    "Eq. (2)": Place(
        1, "Fire, then reset", ("spikes:spike",), ("reversible:Cell.fire", "kernels:fire")
    ),
    "Eq. (3)": Place(
        2,
        "Three steps backwards, by hand",
        ("baselines.gradient_rules:stbp",),
        ("spike_conv:_Convolution.backward", "replay:leaf"),
    ),
    "Eq. (4)": Place(
        2,
        "Three steps backwards, by hand",
        ("baselines.gradient_rules:stbp",),
        ("spike_tape:_LeakAndAdd.backward", "spikes:_Spike.backward"),
    ),
    "Eq. (5)": Place(
        2,
        "Three steps backwards, by hand",
        ("baselines.gradient_rules:stbp",),
        ("kernels:grad_input", "kernels:through_surrogate"),
    ),
    "Eq. (6)": Place(8, "Eq. (6): what", ("neurons:turned_off",), ("spike_conv:Conv2d.forward",)),
    "Eq. (7)": Place(
        8, "Eq. (7): the chain", ("neurons:turned_off",), ("spike_conv:_Convolution.backward",)
    ),
    "Eq. (8)": Place(8, "Eq. (8): is it", (), ("trevsnn:TRevSNN.update", "reversible:_undo_level")),
    "Eq. (9)": Place(
        7,
        "Eq. (9) by hand",
        ("neurons:undo_charge",),
        ("reversible.strategies:Taped.recall", "spike_tape:read"),
    ),
    "Eq. (10)": Place(
        9,
        "Eq. (10) by hand",
        ("neurons:multilevel_charge",),
        ("reversible:move", "trevsnn:Level.forward"),
    ),
    "Eq. (11)": Place(
        9,
        "Back again, from the top down",
        ("neurons:multilevel_undo",),
        ("reversible:_Run.backward", "reversible:_undo_level"),
    ),
    "Eq. (12)": Place(6, "How low can a cosine fall", ("experiments.linked_resnet:cosine",)),
    "Eq. (13)": Place(4, "A picojoule at a time", ("meters.energy:energy",)),
    "Fig. 1": Place(8, "Encode once", (), ("trevsnn:TRevSNN.__init__", "trevsnn:TRevSNN.update")),
    "Fig. 2": Place(6, "Fig. 2", (), ("experiments.fig_2:EXPERIMENT",)),
    "Fig. 3": Place(9, "Levels of different size", (), ("trevsnn:Down", "trevsnn:Up.forward")),
    "Fig. 4": Place(
        10, "ConvNeXt-style block", (), ("blocks:BasicBlock.forward", "blocks:BasicBlock.branch")
    ),
    "Fig. 5": Place(
        5,
        "Along which arrows",
        ("baselines.gradient_rules:RULES", "baselines.srevsnn:SRevSNN"),
        ("reversible:_Run.backward",),
    ),
    "Table 1": Place(5, "Exponents", (), ("experiments.table_1:EXPERIMENT",)),
    "Table 2": Place(13, "Accuracy", (), ("experiments.table_2:EXPERIMENT",)),
    "Table 3": Place(12, "Experiment", (), ("experiments.table_3:EXPERIMENT",)),
    "Table 4": Place(14, "Table 4", (), ("experiments.table_4:EXPERIMENT",)),
    "Table 5": Place(14, "ReZero", (), ("experiments.table_5:EXPERIMENT",)),
    "Table 6": Place(14, "Table 6", (), ("experiments.table_6:EXPERIMENT",)),
    "Table 7": Place(15, "against itself", (), ("training.recipes:RECIPES",)),
    "levels": Place(14, "Links between levels", (), ("experiments.levels:EXPERIMENT",)),
    "released code": Place(15, "Is our network theirs", (), ("released.network:ReleasedTRevSNN",)),
}
"""Eqs. (3)-(5) and (7) are gradients: "by hand" is what autograd makes of the forward pass. "Table
5" is the scaled residual (ReZero); "levels" is the ablation of section 5.2, which has no table."""
