"""The demos, one class a file, each with a JavaScript twin of the same name; their wording stands
in words.en.json."""

from trevsnn_lite.course.demos.energy_bill import EnergyBill
from trevsnn_lite.course.demos.event_camera import EventFrames
from trevsnn_lite.course.demos.gradient_reach import GradientReach
from trevsnn_lite.course.demos.held_fixed import HeldFixed
from trevsnn_lite.course.demos.lif_neuron import LIFNeuron
from trevsnn_lite.course.demos.memory_bill import MemoryBill
from trevsnn_lite.course.demos.merge_pair import MergePair
from trevsnn_lite.course.demos.multi_level import MultiLevel
from trevsnn_lite.course.demos.ratio_machine import RatioMachine
from trevsnn_lite.course.demos.residual_depth import ResidualDepth
from trevsnn_lite.course.demos.spike_tape import SpikeTape
from trevsnn_lite.course.demos.surrogate_window import SurrogateWindow
from trevsnn_lite.course.demos.undo_neuron import UndoNeuron
from trevsnn_lite.course.demos.unrolled_graph import UnrolledGraph
from trevsnn_lite.course.demos.what_runs_when import WhatRunsWhen

ALL = (
    EnergyBill,
    EventFrames,
    GradientReach,
    HeldFixed,
    LIFNeuron,
    MemoryBill,
    MergePair,
    MultiLevel,
    RatioMachine,
    ResidualDepth,
    SpikeTape,
    SurrogateWindow,
    UndoNeuron,
    UnrolledGraph,
    WhatRunsWhen,
)
__all__ = [
    "ALL",
    "EnergyBill",
    "EventFrames",
    "GradientReach",
    "HeldFixed",
    "LIFNeuron",
    "MemoryBill",
    "MergePair",
    "MultiLevel",
    "RatioMachine",
    "ResidualDepth",
    "SpikeTape",
    "SurrogateWindow",
    "UndoNeuron",
    "UnrolledGraph",
    "WhatRunsWhen",
]
