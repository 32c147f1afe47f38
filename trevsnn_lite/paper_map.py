"""Where each equation and figure of the paper that is implemented stands in the code: number -> (file:name, chapter)."""

from typing import NamedTuple


class Place(NamedTuple):
    """`code` as "module:name" below trevsnn_lite; `chapter` is the chapter of the outline that teaches it."""

    code: str
    chapter: int


PAPER_MAP = {
    "Eq. (1)": Place("neurons:charge", 1),
    "Eq. (2)": Place("spikes:spike", 1),
    "Eq. (3)": Place("neurons:lif_step", 2),
    "Eq. (4)": Place("spikes:spike", 2),
    "Eq. (5)": Place("neurons:lif_step", 2),
    "Eq. (6)": Place("neurons:turned_off", 8),
    "Eq. (7)": Place("neurons:turned_off", 8),
    "Eq. (8)": Place("trevsnn:TRevSNN", 8),
    "Eq. (9)": Place("neurons:undo_charge", 7),
    "Eq. (10)": Place("neurons:multilevel_charge", 9),
    "Eq. (11)": Place("neurons:multilevel_undo", 9),
    "Fig. 1(b)": Place("encoding:GroupedEncoder", 8),
    "Fig. 3": Place("fusion:Up", 9),
    "Fig. 4": Place("blocks:BasicBlock", 10),
}
"""Eqs. (3)-(5) and (7) are gradients: autograd computes them from the forward pass that is named here."""
