"""What the chapters are made with: one set-up call, values held to a tolerance, exercises that
check themselves, quizzes and demos."""

from trevsnn_lite.course import demos, diagrams, labs, one_picture, paper_figures
from trevsnn_lite.course.exercise import check, notebook_cells
from trevsnn_lite.course.expected import expect, expected_ids
from trevsnn_lite.course.home import setup_cell
from trevsnn_lite.course.notebook import PALETTE, setup, show
from trevsnn_lite.course.questions import quiz
from trevsnn_lite.course.tables import table
from trevsnn_lite.course.worksheet import worksheet

__all__ = [
    "PALETTE",
    "check",
    "demos",
    "diagrams",
    "expect",
    "expected_ids",
    "labs",
    "notebook_cells",
    "one_picture",
    "paper_figures",
    "quiz",
    "setup",
    "setup_cell",
    "show",
    "table",
    "worksheet",
]
