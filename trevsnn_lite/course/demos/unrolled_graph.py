"""UnrolledGraph, Table 1 and Fig. 5: an error walks back through the unrolled network. Where it
may go by each method, what waits for it, and what the method pays."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, short

METHODS = ("stbp", "ottt", "sltt", "sltt-k", "srev", "trev")
BY_STEP = ("ottt", "sltt", "sltt-k")  # a backward pass at each step, before the next one runs
K = 2  # the steps of SLTT-K that have one
LONGEST = 8  # time steps
LEFT, TOP = 62, 48  # of the grid


def drawn_steps(steps: int, k: int) -> list[int]:
    """The K steps with a backward pass, spread evenly; SLTT-K itself draws them at random."""
    return [t for t in range(1, steps + 1) if t * k // steps > (t - 1) * k // steps]


def learns(method: str, step: int, steps: int, k: int) -> bool:
    """Whether an error comes back at this step."""
    return method != "sltt-k" or step in drawn_steps(steps, k)


def fate(method: str, layer: int, step: int, layers: int, steps: int, k: int) -> str:
    """What becomes of a cell: kept to the end, freed after its own step's backward pass, rebuilt,
    or run forwards only."""
    if method in BY_STEP:
        return "brief" if learns(method, step, steps, k) else "forward"
    kept = {"stbp": True, "srev": layer == layers, "trev": (layer, step) == (layers, steps)}
    return "keep" if kept[method] else "rebuild"


def turn(method: str, layer: int, step: int, layers: int, steps: int, k: int) -> int:
    """The moment, from 1 on, at which the error (or a forward pass alone) is at this cell."""
    if method == "srev":  # layer by layer
        return (layers - layer) * steps + steps - step + 1
    if method in BY_STEP:  # from the first step on
        down = learns(method, step, steps, k)
        return (step - 1) * layers + (layers - layer + 1 if down else layer)
    return (steps - step) * layers + layers - layer + 1


def held(method: str, layer: int, step: int, layers: int, steps: int, k: int, moment: int) -> bool:
    """Whether the cell is in memory at this moment: 0 is before the error's first cell."""
    waits = turn(method, layer, step, layers, steps, k) >= moment
    if method == "stbp":
        return waits
    if method in BY_STEP:
        now = max(0, moment - 1) // layers + 1
        return waits and step == now and learns(method, step, steps, k)
    if moment == 0:
        return fate(method, layer, step, layers, steps, k) == "keep"
    if method == "srev":  # the layer that the error is in, and the one rebuilt from it
        now = layers - (moment - 1) // steps
        return layer == now - 1 or (layer == now and waits)
    now = steps - (moment - 1) // layers  # the step, and the potential that it was undone from
    return (step == now and waits) or (layer, step) == (layers, now + 1)


def arrow(
    method: str, through_time: bool, layer: int, step: int, layers: int, steps: int, k: int
) -> str:
    """An arrow out of a cell, to the layer above or the next step: "both" ways, "forward" only, or
    "none" at all."""
    if through_time:
        return {"stbp": "both", "srev": "both", "trev": "both" if layer == layers else "none"}.get(
            method, "forward"
        )
    return "forward" if method == "sltt-k" and step not in drawn_steps(steps, k) else "both"


def counts(method: str, layers: int, steps: int, k: int) -> dict:
    """Cells held at the worst moment, cells run (forwards, again, backwards), and paths from the
    loss of all steps to the first layer's weights.

    A path climbs from (layer 1, t) to (the last layer, t' >= t). OTTT's trace stands for those that
    leak first and climb then."""
    cells, every = layers * steps, math.comb(steps + layers, layers + 1)
    pairs = steps * (steps + 1) // 2
    held, work, paths = {
        "stbp": (cells, 2 * cells, every),
        "ottt": (2 * layers, 2 * cells, pairs),
        "sltt": (layers, 2 * cells, steps),
        "sltt-k": (layers, cells + layers * k, k),
        "srev": (min(2, layers) * steps, 3 * cells, every),
        "trev": (layers + (steps > 1), 3 * cells, pairs),
    }[method]
    return {"held": held, "work": work, "paths": paths}


class UnrolledGraph(Demo):
    """UnrolledGraph(moment=0, method="stbp", layers=3, steps=4)."""

    name = "unrolled-graph"
    size = (400, 346)
    controls = (
        Slider("moment", 0, 48, 1, 0, limit="layers*steps"),
        Choice("method", METHODS, "stbp"),
        Slider("layers", 1, 6, 1, 3),
        Slider("steps", 1, LONGEST, 1, 4),
    )
    plays = "moment"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        method, layers, steps = params["method"], params["layers"], params["steps"]
        k, moment = min(K, steps), min(params["moment"], layers * steps)
        found = {name: counts(name, layers, steps, k) for name in METHODS}
        cells = [(layer, step) for layer in range(1, layers + 1) for step in range(1, steps + 1)]
        here = next(
            (cell for cell in cells if turn(method, *cell, layers, steps, k) == moment), None
        )
        now = sum(held(method, *cell, layers, steps, k, moment) for cell in cells)
        values = {
            "method": words["options"][method],
            "layers": layers,
            "steps": steps,
            "k": k,
            "how": fill(words["how"][method], {"k": k}),
            **{name: short(value) for name, value in found[method].items()},
            "all": short(found["stbp"]["paths"]),
            "cells": short(found["stbp"]["held"]),
            "now": now,
            "layer": here[0] if here else 0,
            "step": here[1] if here else 0,
        }
        vain = method in ("srev", "trev") and found[method]["held"] == found["stbp"]["held"]
        if 0 < moment < layers * steps:
            back = "v-there-ottt" if method == "ottt" else "v-there"
            said = back if learns(method, here[1], steps, k) else "v-forward"
        elif vain:
            said = "v-one" if steps == 1 else "v-vain"
        else:
            said = "v-" + method if moment else "before-" + method
        return {
            "numbers": {**found, "now": now},
            "marks": _graph(method, layers, steps, k, moment, values, words)
            + _table(found, method, layers, now + (layers if method == "ottt" else 0), words),
            "verdict": fill(words[said], values),
            "sentence": fill(words["sentence"], values),
            "grips": [["method", "y", 8, 244, 384, 100, 253, 0, 269, 1]],
        }


def _graph(
    method: str, layers: int, steps: int, k: int, moment: int, values: dict, words: dict
) -> list:
    wide, high = min(82, 330 / steps), min(65, 130 / max(1, layers - 1))

    def x(step: int) -> float:
        return LEFT + (step - 0.5) * wide

    def y(layer: int) -> float:
        return TOP + (layers - layer) * high

    marks = [
        ["text", 8, 14, fill(words["traced" if method == "ottt" else "now"], values), "bold"],
        ["text", 392, 14, words["loss"], "end bold f-orange"],
        ["line", x(1) - 14, 21, x(steps) + 14, 21, "s-orange thick"],
    ]
    for layer in range(layers, 0, -1):
        marks.append(["text", 8, y(layer) + 4, f"{words['layer']} {layer}", "quiet"])
        if method == "ottt":
            marks.append(["circle", LEFT, y(layer), 3.5, "f-blue"])
        for step in range(1, steps + 1):
            cell = (method, layer, step, layers, steps, k)
            colour = "s-orange thick" if turn(*cell) <= moment else "s-orange"
            above = y(layer + 1) + 9 if layer < layers else 22  # the loss
            if learns(method, step, steps, k):
                marks += _way(x(step), above, x(step), y(layer) - 9, colour)
            elif layer < layers:
                marks.append(["line", x(step), above, x(step), y(layer) - 9, "s-rule thick dots"])
            on = arrow(method, True, *cell[1:]) if step < steps else "none"
            ends = (x(step + 1) - 9, y(layer), x(step) + 9, y(layer))
            if on == "both":
                marks += _way(*ends, colour)
            elif on == "forward":
                marks.append(["line", *ends, "s-rule thick dots"])
            marks.append(["circle", x(step), y(layer), 7, _shape(cell, moment)])
    floor = y(1) + 24
    for step in range(1, steps + 1):
        label = f"{words['step']} {step}" if step == 1 else str(step)
        marks.append(["text", x(step), floor, label, "mid quiet"])
    return marks + _legend(method, words)


def _legend(method: str, words: dict) -> list:
    marks = []
    for left, shape, word in (
        (14, "f-blue s-blue", "held"),
        (66, "f-orange s-orange", "here"),
        (154, "f-paper s-orange thick", "freed"),
        (212, "f-paper s-rule thick", "absent"),
    ):
        marks += [["circle", left, 218, 6, shape], ["text", left + 12, 222, words[word], ""]]
    if method in BY_STEP:
        marks += [
            ["line", 286, 218, 306, 218, "s-rule thick dots"],
            ["text", 312, 222, words["cut"], ""],
        ]
    return marks


def _shape(cell: tuple, moment: int) -> str:
    """How a cell is drawn: the error is here, it is held, has been passed, or is not there yet."""
    at, back = turn(*cell), learns(cell[0], cell[2], *cell[4:])
    if at == moment:
        return "f-orange s-orange" if back else "f-rule s-rule"
    if held(*cell, moment):
        return "f-blue s-blue"
    if at < moment:
        return "f-paper s-orange thick" if back else "f-soft s-rule"
    return "f-paper s-rule thick"


def _way(x: float, y: float, left: float, down: float, colour: str) -> list:
    """An arrow to the left or down."""
    if y == down:
        head = [left + 5, down - 4, left, down, left + 5, down + 4]
    else:
        head = [left - 4, down - 5, left, down, left + 4, down - 5]
    return [["line", x, y, left, down, colour], ["path", head, colour]]


def _table(found: dict, method: str, layers: int, now: int, words: dict) -> list:
    """Each method's price; of the chosen one also what it holds now."""
    most = LONGEST * layers  # STBP's at the largest T: one scale at every T
    marks = [
        ["text", 92, 240, words["most"], "bold"],
        ["text", 300, 240, words["work"], "end bold"],
        ["text", 392, 240, words["paths"], "end bold"],
    ]
    for row, name in enumerate(METHODS):
        top, chosen, length = 246 + 16 * row, name == method, 120 * found[name]["held"] / most
        weight = " bold" if chosen else ""
        marks += [
            ["text", 86, top + 11, words["rows"][name], "end" + weight],
            ["rect", 92, top, length, 13, "f-rule"],
            *([["rect", 92, top, 120 * now / most, 13, "f-blue"]] if chosen else []),
            ["text", 97 + length, top + 11, short(found[name]["held"]), weight.strip()],
            ["text", 300, top + 11, short(found[name]["work"]), "end" + weight],
            ["text", 392, top + 11, short(found[name]["paths"]), "end" + weight],
        ]
    return marks
