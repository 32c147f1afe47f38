"""MemoryBill, Table 1: which cells of the unrolled network (layers x time steps) STBP, checkpoints
and T-RevSNN hold at most, and the work they do. The other rows of the table are UnrolledGraph's."""

from trevsnn_lite.course.demo import Demo, Slider, fill, short

METHODS = ("stbp", "checkpoint", "trev")
PASSES = {"stbp": 2, "checkpoint": 3, "trev": 3}  # forwards, again, backwards
LONGEST, DEEPEST = 32, 16
WIDE, HIGH = 8.5, 5  # one cell, at every L and T: what a method holds is an area
LEFT, TOP, APART = 120, 26, 92  # of the first grid's frame; from a grid to the next
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
    """(held, work) for one image, all constants one: a cell's forward, rebuilding and backward
    count one each.

    T-RevSNN's cells do a T-th of a layer's work each, at a fixed budget of weights."""
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
    size = (400, 304)
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
            ["text", 74, 14, words["time"], "quiet"],
        ]
        for left, shape, word in (
            (166, "f-blue", "keep"),
            (220, "f-green", "hand"),
            (324, "f-soft s-rule", "absent"),
        ):
            marks += [["rect", left, 4, 11, 11, shape], ["text", left + 15, 14, words[word], ""]]
        for row, name in enumerate(METHODS):
            marks += _row(row, name, layers, steps, held[name], work[name], words)
        floor, top = TOP + HIGH * DEEPEST, TOP + HIGH * (DEEPEST - layers)
        right = LEFT + WIDE * steps
        return {
            "numbers": {"held": held, "work": work},
            "marks": marks,
            "verdict": fill(words["v-one" if steps == 1 else "v-more"], values),
            "sentence": fill(words["sentence"], values),
            "grips": [
                # one knob lies at the left of the middle, one below: never on each other
                [
                    "layers",
                    "y",
                    LEFT - 4,
                    top - 8,
                    16 + WIDE * (steps - 1) / 2,
                    16,
                    floor,
                    0,
                    TOP,
                    16,
                ],
                ["steps", "x", right - 8, TOP, 16, floor - TOP + 10, LEFT, 0, LEFT + 32 * WIDE, 32],
            ],
        }


def _row(row: int, name: str, layers: int, steps: int, held: int, work: int, words: dict) -> list:
    """One method: what it holds and why it works so much, its cells, and the frame of the largest
    network. Layer 1 lies below."""
    top = TOP + APART * row
    shades = "".join(
        SHADES[cell(name, layer, step, layers, steps)]
        for layer in range(layers, 0, -1)
        for step in range(1, steps + 1)
    )
    values = {"passes": PASSES[name], "cells": short(layers * steps), "steps": steps}
    count, noun = short(held), words["cell" if held == 1 else "cells"]
    shared = name == "trev" and steps > 1
    return [
        ["text", 8, top + 10, words["rows"][name], "bold"],
        ["text", 8, top + 32, count, "big"],
        ["text", 14 + 15 * len(count), top + 32, noun, "bold"],
        ["text", 8, top + 50, f"{words['work']} {short(work)}", "quiet"],
        ["text", 8, top + 65, fill(words["product"], values), "quiet"],
        *([["text", 8, top + 80, fill(words["shared"], values), "quiet"]] if shared else []),
        ["rect", LEFT, top, WIDE * LONGEST, HIGH * DEEPEST, "hollow s-grid"],
        ["cells", LEFT, top + HIGH * (DEEPEST - layers), WIDE, HIGH, steps, shades],
    ]
