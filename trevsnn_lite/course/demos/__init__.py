"""The demos, one class a file, each with a JavaScript twin of the same name; their wording stands in words.en.json."""
from trevsnn_lite.course.demos.memory_bill import MemoryBill
from trevsnn_lite.course.demos.undo_neuron import UndoNeuron
from trevsnn_lite.course.demos.what_runs_when import WhatRunsWhen

ALL = (MemoryBill, UndoNeuron, WhatRunsWhen)
__all__ = ["ALL", "MemoryBill", "UndoNeuron", "WhatRunsWhen"]
