"""Where each equation, figure and table of the paper that is implemented stands in the code: number
-> (file:name, chapter)."""

from typing import NamedTuple


class Place(NamedTuple):
    """`code` as "module:name" below trevsnn_lite; `chapter` is the chapter of the outline that
    teaches it."""

    code: str
    chapter: int


PAPER_MAP = {
    "Eq. (1)": Place("neurons:charge", 1),
    "Eq. (2)": Place("spikes:spike", 1),
    "Eq. (3)": Place("baselines.gradient_rules:stbp", 2),
    "Eq. (4)": Place("baselines.gradient_rules:stbp", 2),
    "Eq. (5)": Place("baselines.gradient_rules:stbp", 2),
    "Eq. (6)": Place("neurons:turned_off", 8),
    "Eq. (7)": Place("neurons:turned_off", 8),
    "Eq. (8)": Place("trevsnn:TRevSNN", 8),
    "Eq. (9)": Place("neurons:undo_charge", 7),
    "Eq. (10)": Place("neurons:multilevel_charge", 9),
    "Eq. (11)": Place("neurons:multilevel_undo", 9),
    "Fig. 1(b)": Place("encoding:GroupedEncoder", 8),
    "Fig. 2": Place("experiments.fig_2:EXPERIMENT", 6),
    "Fig. 3": Place("fusion:Up", 9),
    "Fig. 4": Place("blocks:BasicBlock", 10),
    "Fig. 5": Place("baselines.gradient_rules:RULES", 5),
    "Table 1": Place("experiments.table_1:EXPERIMENT", 5),
    "Table 2": Place("experiments.table_2:EXPERIMENT", 13),
    "Table 3": Place("experiments.table_3:EXPERIMENT", 12),
    "Table 4": Place("experiments.table_4:EXPERIMENT", 14),
    "Table 5": Place("experiments.rezero:EXPERIMENT", 14),
    "Table 6": Place("experiments.table_6:EXPERIMENT", 14),
    "levels": Place("experiments.multi_level:EXPERIMENT", 14),
    "released code": Place("released:ReleasedTRevSNN", 15),
}
"""Eqs. (3)-(5) and (7) are gradients: autograd computes them from the forward pass that is named
here. "Table 5" is the scaled residual (ReZero); "levels" is the ablation of section 5.2, which has
no table."""
