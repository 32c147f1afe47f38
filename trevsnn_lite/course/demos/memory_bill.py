"""MemoryBill, Table 1: which cells of the unrolled network (layers x time steps) STBP, checkpoints
and T-RevSNN hold at most, and the work they do. The other rows of the table are UnrolledGraph's."""

from trevsnn_lite.course.demo import Demo, Slider, fill, short

METHODS = ("stbp", "checkpoint", "trev")
PASSES = {"stbp": 2, "checkpoint": 3, "trev": 3}  # forwards, again, backwards
LONGEST, DEEPEST = 32, 16
WIDE, HIGH = 6.5, 5  # one cell, at every L and T: what a method holds is an area
LEFT, TOP, APART = 108, 40, 116  # of the first grid's frame; from a grid to the next
AWAY = 8  # of a ring from its edge: it covers no cell
SHADES = {"keep": "3", "hand": "8", "absent": "7"}


def segment_length(steps: int) -> int:
    """Steps between two checkpoints: the square root of T, rounded up."""
    length = 1
    while length * length < steps:
        length += 1
    return length


def cell(method: str, layer: int, step: int, layers: int, steps: int) -> str:
    """What becomes of layer 1..L at step 1..T, at the moment when most is held: "keep", since the
    forward pass; "hand", rebuilt for the error that comes next; or "absent"."""
    if method == "stbp":
        return "keep"
    if method == "checkpoint":
        length = segment_length(steps)
        if step > steps - length:
            return "hand"
        return "absent" if (steps - step) % length else "keep"
    if layer == layers and step == steps:
        return "keep"  # what the step before is undone from
    return "hand" if step == steps or (layer == layers and step == steps - 1) else "absent"


def units(method: str, layers: int, steps: int) -> tuple[int, int]:
    """(held, work) for one image, all constants one: a cell's forward, second and backward run
    count one each.

    What is kept of a cell to start from is its potential, so that every cell runs again: as in
    PyTorch's checkpoints, which forget the last segment too, and in the library. T-RevSNN's cells
    do a T-th of a layer's work each, at a fixed budget of weights."""
    cells = layers * steps
    length = segment_length(steps)
    saved = (steps + length - 1) // length - 1  # checkpoints before the segment in hand
    return {
        "stbp": (cells, 2 * cells),
        "checkpoint": (layers * (saved + length), 3 * cells),
        "trev": (layers + (steps > 1), 3 * layers),
    }[method]


class MemoryBill(Demo):
    """MemoryBill(steps=16, layers=8)."""

    name = "memory-bill"
    size = (400, 372)
    controls = (Slider("steps", 1, LONGEST, 1, 16), Slider("layers", 1, DEEPEST, 1, 8))
    plays = "steps"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        layers, steps = params["layers"], params["steps"]
        held, work = ({m: units(m, layers, steps)[i] for m in METHODS} for i in (0, 1))
        values = {
            "layers": layers,
            "steps": steps,
            "segment": segment_length(steps),
            **{name: short(count) for name, count in held.items()},
            **{name + "Work": short(count) for name, count in work.items()},
        }
        marks = [
            ["text", 8, 14, words["depth"], "quiet"],
            ["text", 78, 14, words["time"], "quiet"],
        ]
        for left, shape, word in (
            (190, "f-blue", "keep"),
            (248, "f-green", "hand"),
            (322, "f-soft s-rule", "absent"),
        ):
            marks += [["rect", left, 4, 11, 11, shape], ["text", left + 15, 14, words[word], ""]]
        for row, name in enumerate(METHODS):
            marks += _row(row, name, layers, steps, held[name], work[name], words)
            if name != "stbp":
                marks += _back(row, name, layers, steps, words)
        floor, top = TOP + HIGH * DEEPEST, TOP + HIGH * (DEEPEST - layers)
        right, long = LEFT + WIDE * steps, WIDE * steps / 2
        ends = LEFT + AWAY, LEFT + WIDE * LONGEST + AWAY
        return {
            "numbers": {"held": held, "work": work},
            "marks": marks,
            "verdict": fill(words["v-one" if steps == 1 else "v-more"], values),
            "sentence": fill(words["sentence"], values),
            "grips": [
                # the rings lie outside, one above and one to the right: never on each other
                ["layers", "y", LEFT - 4, top - 16, 16 + long, 16, floor - AWAY, 0, TOP - AWAY, 16],
                ["steps", "x", right, TOP, 16, floor - TOP + 4, ends[0], 0, ends[1], LONGEST],
            ],
        }


def _row(row: int, name: str, layers: int, steps: int, held: int, work: int, words: dict) -> list:
    """One method: what it holds, its cells, the frame of the largest network, and its work. Layer 1
    lies below."""
    top = TOP + APART * row
    shades = "".join(
        SHADES[cell(name, layer, step, layers, steps)]
        for layer in range(layers, 0, -1)
        for step in range(1, steps + 1)
    )
    values = {"cells": short(layers * steps), "steps": steps, "work": short(work)}
    count, noun = short(held), words["cell" if held == 1 else "cells"]
    shared = "work-shared" if name == "trev" and steps > 1 else f"work-{PASSES[name]}"
    return [
        ["text", 8, top + 14, words["rows"][name], "bold"],
        ["text", 8, top + 38, count, "big"],
        ["text", 14 + 15 * len(count), top + 38, noun, "bold"],
        ["text", 8, top + 56, words["most"], "quiet"],
        ["text", 8, top + 95, fill(words[shared], values), ""],
        ["rect", LEFT, top, WIDE * LONGEST, HIGH * DEEPEST, "hollow s-grid"],
        ["cells", LEFT, top + HIGH * (DEEPEST - layers), WIDE, HIGH, steps, shades],
    ]


def _back(row: int, name: str, layers: int, steps: int, words: dict) -> list:
    """What the rebuilt cells are rebuilt from: a segment from its checkpoint, or from rest; a step
    from its image, below it, and the last layer's step before by undoing."""
    floor = TOP + APART * row + HIGH * DEEPEST
    top, right = floor - HIGH * layers, LEFT + WIDE * steps
    if name == "checkpoint":
        rest, y = steps - segment_length(steps), top - 6
        start = [LEFT + WIDE * (rest - 0.5), top - 1] if rest else [LEFT, y]
        return [  # from rest: there a bar, since no cell comes before
            *([] if rest else [["line", LEFT, y - 4, LEFT, y + 4, "s-ink"]]),
            ["path", [*start, start[0], y, right + 5, y], "s-ink"],
            ["path", [right + 1, y - 4, right + 5, y, right + 1, y + 4], "s-ink"],
            ["text", right + 11, y + 4, words["again"], ""],
        ]
    x, low = right + 5, max(floor, top + 9)
    marks = [
        ["line", x, low, x, top + 1, "s-ink"],
        ["path", [x - 4, top + 5, x, top + 1, x + 4, top + 5], "s-ink"],
        ["text", right + 13, floor - 4, words["again"], ""],
    ]
    if steps > 1:
        now, before, y = right - WIDE / 2, right - 1.5 * WIDE, top - 8
        marks += [
            ["path", [now, top - 1, now, y, before, y, before, top - 1], "s-ink"],
            ["path", [before - 3, top - 5, before, top - 1, before + 3, top - 5], "s-ink"],
            ["text", right + 3, min(top - 7, floor - 17), words["undo"], ""],
        ]
    return marks
