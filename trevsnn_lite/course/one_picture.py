"""The two drawings of chapter 0: from a photograph to a class, and the book's eight words on the
paper's network. Every part that a word names carries it as its id in the SVG (a sub-network is a
column)."""

from trevsnn_lite.course.diagrams import (
    BLUE,
    GREY,
    ORANGE,
    PAPER,
    RED,
    SHARED,
    SPIKES,
    _arrow,
    _box,
    _canvas,
    _circle,
)
from trevsnn_lite.course.notebook import Picture, show
from trevsnn_lite.course.palette import PALETTE

WORDS = ("step", "stage", "level", "layer", "block", "group", "sub-network", "column")
GREEN, LEVEL = PALETTE["green"], "#9a6700"
TRAINS = ((1, 0, 1, 1), (0, 0, 1, 0), (1, 1, 1, 1)), ((0, 1, 0, 1), (0, 0, 0, 0), (0, 1, 1, 1))
"""Spikes of three neurons of each of two layers at four steps, as drawn: an example."""
PITCH, RISE = 2.1, 2.0


def photograph_to_class(image, answer: str, caption: str = "") -> Picture:
    """A photograph (a 2-D array), two layers of three neurons with the spikes that they send at
    four steps, the read-out, and the class `answer`. Drawn, not computed."""
    figure, axes = _canvas(5.6, 3.5, (-0.2, 12.4), (-2.0, 5.6))
    axes.imshow(image, cmap="gray_r", extent=(0, 2.4, 1.3, 3.7), aspect="auto", zorder=2)
    axes.set(xlim=(-0.2, 12.4), ylim=(-2.0, 5.6))
    axes.text(1.2, 4.3, "photograph", ha="center", fontsize=10)
    axes.text(1.2, 0.55, "the same\nat every step", ha="center", va="center", fontsize=9.5)
    for number, trains in enumerate(TRAINS, 1):
        left = 3.0 + 3.6 * (number - 1)
        axes.text(left + 1.3, 5.0, f"layer {number}", ha="center", fontsize=10)
        for row, train in enumerate(trains):
            y = 4.0 - 1.5 * row
            _circle(axes, left + 0.55, y, 19, f"neuron-{number}-{row}", "none", 2.2)
            axes.text(left + 0.55, y - 0.02, "V", ha="center", va="center", fontsize=9.5, zorder=4)
            axes.plot([left + 1.1, left + 2.8], [y - 0.35] * 2, "-", color=GREY, lw=0.8)
            for step, spike in enumerate(train):
                if spike:
                    x = left + 1.3 + 0.42 * step
                    axes.plot([x, x], [y - 0.35, y + 0.35], "-", color=BLUE, lw=2.4)
        axes.text(left + 1.9, 0.15, "steps\n1 2 3 4", ha="center", va="center", fontsize=9.5)
    for start, colour in ((2.5, RED), (6.0, BLUE), (9.6, BLUE)):
        for y in (3.4, 2.5, 1.6):
            _arrow(axes, (start, 2.5 + (y - 2.5) / 3), (start + 0.65, y), colour, 1.2)
    _box(axes, 11.2, 3.2, 1.9, 0.8, "read-out", PAPER, "black", "read-out")
    _arrow(axes, (11.2, 2.7), (11.2, 1.9), "black", 1.2)
    axes.text(11.2, 1.4, answer, ha="center", va="center", fontsize=10, weight="bold")
    lines = ("circle: a neuron with its membrane potential V", "red: real numbers    blue: spikes")
    for row, text in enumerate(lines):
        axes.text(6.1, -1.1 - 0.62 * row, text, ha="center", va="center", fontsize=9.5)
    spikes = [sum(map(sum, trains)) for trains in TRAINS]
    return show(
        figure,
        "From left to right: a photograph, the same at each of four steps; layer 1 and layer 2, "
        "three neurons each, with a mark at every step at which a neuron spikes, "
        f"{spikes[0]} and {spikes[1]} marks in this example; a read-out; the class {answer}. Real "
        "numbers enter layer 1, spikes enter layer 2 and the read-out.",
        caption,
    )


def eight_words(caption: str = "", steps: int = 4, stages: int = 4) -> Picture:
    """The paper's network as T columns of stages, and below it one stage opened: two blocks, one of
    them with its layers. Each of WORDS stands beside what it names."""
    middle, right = PITCH * (steps - 1) / 2, PITCH * (steps - 1)
    figure, axes = _canvas(5.6, 7.9, (-3.0, right + 1.25), (-7.3, RISE * stages + 2.2))
    for stage in range(stages):
        y = RISE * stage
        for t in range(steps):
            x = PITCH * t
            _box(axes, x, y + 0.45, 1.5, 0.62, "2 blocks", SPIKES, BLUE, f"stage-{t}-{stage}")
            axes.plot([x, x], [y + 0.76, y + 0.9], "-", color="black", lw=1)
            _circle(axes, x, y + 1.16, 17, f"level-{t}-{stage}", "none", 2.4)
            if stage < stages - 1:
                _arrow(axes, (x, y + 1.4), (x, y + RISE + 0.14), BLUE, 1.8)
            if t < steps - 1:
                ends = (x + 0.25, y + 1.16), (x + PITCH - 0.25, y + 1.16)
                _arrow(axes, *ends, ORANGE, 1.4)
                if stage:
                    ends = (x + 0.2, y + 1.02), (x + PITCH - 0.2, y + 1.3 - RISE)
                    _arrow(axes, *ends, ORANGE, 1.0, "--")
        axes.text(-1.1, y + 0.45, f"stage {stage + 1}", ha="right", va="center", color=BLUE)
        axes.text(-1.1, y + 1.16, f"level {stage + 1}", ha="right", va="center", color=LEVEL)
    top = RISE * stages
    for t in range(steps):
        _box(axes, PITCH * t, -0.85, 1.7, 0.6, f"group {t + 1}", "#eeeeee", "black", f"group-{t}")
        _arrow(axes, (PITCH * t, -0.53), (PITCH * t, 0.12), RED)
        axes.text(PITCH * t, -1.6, f"step {t + 1}", ha="center", va="center")
    _arrow(axes, (-0.9, -2.05), (right + 0.9, -2.05), "black", 1.2, gid="step")
    axes.text(-1.1, -2.05, "time", ha="right", va="center")
    _arrow(axes, (right, top - 0.6), (right, top + 0.25), BLUE, 1.8)
    _box(axes, right, top + 0.55, 1.8, 0.6, "read-out", PAPER, "black", "read-out")
    _frame(axes, PITCH * (steps - 2), -0.38, top - 0.45, "column")
    axes.text(
        PITCH * (steps - 2) - 0.2, top + 0.75, f"sub-network {steps - 1}\n= column {steps - 1}",
        ha="center", va="bottom", color=GREEN,
    )  # fmt: skip
    _opened(axes, middle)
    return show(
        figure,
        f"T-RevSNN with {steps} steps from left to right and {stages} stages upwards. At step t, "
        "group t of the encoded image enters sub-network t, also called column t, from below. Each "
        "stage of a column is two blocks and, above them, a turned-on layer, the stage's level. "
        f"Blue arrows: spikes go up. {(steps - 1) * (2 * stages - 1)} orange arrows: potentials go "
        "to the next step, to the same level and to the level below. The read-out is on the last "
        "column. Below, one stage opened: block 1, block 2 with its six layers (spikes, 5 × 5, "
        "1 × 1, spikes, 1 × 1, 5 × 5), and the turned-on layer.",
        caption,
    )


def _frame(axes, x: float, low: float, high: float, gid: str) -> None:
    from matplotlib.patches import Rectangle

    frame = Rectangle((x - 0.92, low), 1.84, high - low, fill=False, edgecolor=GREEN, gid=gid)
    frame.set(linestyle="--", linewidth=1.8)
    axes.add_patch(frame)


def _opened(axes, middle: float) -> None:
    """One stage lying on its side: a block, a block with its layers, the turned-on layer."""
    axes.text(middle - 5.9, -2.95, "one stage, opened:", va="center", color=BLUE)
    _box(axes, middle - 5.2, -4.6, 1.4, 2.0, "block 1", SPIKES, BLUE, "block-0")
    _box(axes, middle - 0.8, -4.6, 6.1, 2.0, "", SPIKES, BLUE, "block-1")
    axes.text(middle - 0.8, -3.9, "block 2: six layers", ha="center", va="center")
    names = ("spikes", "5 × 5", "1 × 1", "spikes", "1 × 1", "5 × 5")
    for k, name in enumerate(names):
        x, fill = middle - 3.25 + 0.98 * k, SHARED if k > 3 else PAPER
        _box(axes, x, -4.85, 0.92, 0.7, "", fill, "black", f"layer-{k}")
        axes.text(x, -4.85, name, ha="center", va="center", fontsize=8.5)
    _circle(axes, middle + 3.2, -4.6, 19, "turned-on", "none", 2.4)
    axes.text(middle + 3.2, -4.0, "level", ha="center", va="center", color=LEVEL)
    axes.text(middle + 3.2, -5.5, "turned-on\nlayer", ha="center", va="center")
    for start, end in ((-4.45, -3.9), (2.3, 2.85)):
        _arrow(axes, (middle + start, -4.6), (middle + end, -4.6), RED, 1.5)
    lines = (
        "blue: spikes    red: real numbers",
        "orange: potentials of the step before",
        "yellow: weights that all steps share",
    )
    for row, text in enumerate(lines):
        axes.text(middle - 0.9, -6.1 - 0.5 * row, text, ha="center", va="center", fontsize=9.5)
