"""UnrolledGraph, Table 1 and Fig. 5: an error walks back through the unrolled network. Where it
may go by each method, what waits for it, and what the method pays."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, short

METHODS = ("stbp", "ottt", "sltt", "sltt-k", "srev", "trev")
BY_STEP = ("ottt", "sltt", "sltt-k")  # a backward pass at each step, before the next one runs
K = 2  # the steps of SLTT-K that have one
LONGEST = 8  # time steps
SHAPES = {
    "fresh": "f-green s-green",
    "here": "f-orange s-orange",
    "held": "f-blue s-blue",
    "absent": "f-paper s-rule thick",
}
LEFT, TOP, FLOOR = 62, 44, 210  # of the grid, and where its steps are numbered
ROW = 28  # of the table: a finger needs 24 pixels on a telephone
BAR = 84  # the longest bar of the table, in pixels


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


def film(method: str, layers: int, steps: int, k: int) -> list[tuple[str, list, list]]:
    """The moments of the way back, ("run", [layer, step] from which, the cells that are now there)
    or ("error", the cell to which it has come, [that cell]).

    S-RevSNN rebuilds a layer from the one above it, at all steps at once. T-RevSNN runs a step
    again from the image, and so undoes the last layer to the step before."""
    rows, columns = range(1, layers + 1), range(1, steps + 1)
    pairs = []  # (where from, what is run or rebuilt, where the error goes then)
    if method == "srev":
        for layer in rows[::-1]:  # below the first lies the image, which is kept
            below = [[layer - 1, t] for t in columns if layer > 1]
            pairs.append(([layer, steps], below, [[layer, t] for t in columns[::-1]]))
    else:
        for t in columns if method in BY_STEP else columns[::-1]:
            column = [[layer, t] for layer in rows]
            run = [] if method == "stbp" else column
            if method == "trev":
                run = column[:-1] + [[layers, t - 1]] * (t > 1)
            back = column[::-1] if learns(method, t, steps, k) else []
            pairs.append(([layers, t], run, back))
    return [
        moment
        for at, run, back in pairs
        for moment in [("run", at, run)] * bool(run) + [("error", cell, [cell]) for cell in back]
    ]


def held(method: str, layers: int, steps: int, k: int, moment: int) -> list:
    """The cells in memory at this moment: 0 is before the first of the film. A cell is free once
    the error has been there."""
    cells = [[layer, step] for layer in range(1, layers + 1) for step in range(1, steps + 1)]
    now = [cell for cell in cells if fate(method, *cell, layers, steps, k) == "keep"]
    for number, (what, _, where) in enumerate(film(method, layers, steps, k)[:moment], 1):
        if what == "run":
            now += [cell for cell in where if learns(method, cell[1], steps, k)]
        elif number < moment:
            now = [cell for cell in now if cell not in where]
    return now


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


def ways(method: str, layers: int, steps: int, k: int) -> list[int]:
    """The paths from the losses of all steps that come to the first layer's weights at steps 1, 2,
    ..., T: along the arrows that an error takes. OTTT's trace holds the inputs of t steps."""
    found = [[0] * (steps + 2) for _ in range(layers + 2)]
    for layer in range(layers, 0, -1):
        for step in range(steps, 0, -1):
            cell = (layer, step, layers, steps, k)
            if learns(method, step, steps, k):
                found[layer][step] += 1 if layer == layers else found[layer + 1][step]
            if arrow(method, True, *cell) == "both":
                found[layer][step] += found[layer][step + 1]
    return [found[1][t] * (t if method == "ottt" else 1) for t in range(1, steps + 1)]


def counts(method: str, layers: int, steps: int, k: int) -> dict:
    """Cells held at the worst moment, work (cells run, forwards and again, and errors at cells),
    the errors' part of it, the paths from the loss of all steps to the first layer's weights that
    the method's gradient follows, and all those that its network has.

    A path climbs from (layer 1, t) to (the last layer, t' >= t). OTTT's trace stands for those that
    leak first and climb then; T-RevSNN's network has no others, since below its last layer no
    potential is passed on."""
    cells, every = layers * steps, math.comb(steps + layers, layers + 1)
    pairs = steps * (steps + 1) // 2
    held, runs, errors, paths, there = {
        "stbp": (cells, cells, cells, every, every),
        "ottt": (2 * layers, cells, cells, pairs, every),
        "sltt": (layers, cells, cells, steps, every),
        "sltt-k": (layers, cells, layers * k, k, every),
        "srev": (min(2, layers) * steps, 2 * cells, cells, every, every),
        "trev": (layers + (steps > 1), 2 * cells, cells, pairs, pairs),
    }[method]
    return {"held": held, "work": runs + errors, "errors": errors, "paths": paths, "all": there}


class UnrolledGraph(Demo):
    """UnrolledGraph(moment=0, method="stbp", layers=3, steps=4)."""

    name = "unrolled-graph"
    size = (400, 358)
    controls = (
        Slider("moment", 0, 56, 1, 0, limit="moments"),
        Choice("method", METHODS, "stbp"),
        Slider("layers", 1, 6, 1, 3),
        Slider("steps", 1, LONGEST, 1, 4),
    )
    plays = "moment"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        method, layers, steps = params["method"], params["layers"], params["steps"]
        k = min(K, steps)
        case = (method, layers, steps, k)
        moments = film(*case)
        moment = min(params["moment"], len(moments))
        found = {name: counts(name, layers, steps, k) for name in METHODS}
        what, (layer, step), _ = moments[moment - 1] if moment else ("", (0, 0), [])
        now = len(held(*case, moment))
        values = {
            "method": words["options"][method],
            "layers": layers,
            "steps": steps,
            "k": k,
            "how": fill(words["how"][method], {"k": k}),
            **{name: short(value) for name, value in found[method].items()},
            "runs": short(found[method]["work"] - found[method]["errors"]),
            "every": fill(
                words["every" if steps > 1 else "every-one"], {"all": short(found[method]["all"])}
            ),
            "name": words["rows"][method],
            "cells": short(found["stbp"]["held"]),
            "now": now,
            "layer": layer,
            "step": step,
            "before": step - 1,
            "below": layer - 1,
        }
        vain = method not in ("stbp", "ottt") and found[method]["held"] == found["stbp"]["held"]
        if what == "run":
            said = _run(method, step, steps, k)
        elif 0 < moment < len(moments):
            said = "v-there"
            if method == "ottt":
                said = "v-meets" if layer == 1 else "v-there-ottt"
        elif vain:
            said = "v-one" if steps == 1 else "v-vain"
        elif method == "ottt" and steps == 1:
            said = "v-one-ottt"
        elif method == "sltt-k" and not moment and k == steps:
            said = "before-sltt-k-all"
        else:
            said = "v-" + method if moment else "before-" + method
        return {
            "numbers": {**found, "now": now, "moments": len(moments)},
            "marks": _graph(*case, moment, values, words)
            + _table(
                found, method, layers, now + (layers if method == "ottt" else 0), values, words
            ),
            "verdict": fill(words[said], values),
            "sentence": fill(words["sentence"], values),
            "grips": [  # three rows on the left, three on the right
                ["method", "y", 8, 272, 190, 3 * ROW, 286, 0, 286 + ROW, 1],
                ["method", "y", 202, 272, 190, 3 * ROW, 286, 3, 286 + ROW, 4],
            ],
        }


def _run(method: str, step: int, steps: int, k: int) -> str:
    if method == "trev":
        return "v-again" if step > 1 else "v-again-first"
    if method == "srev":
        return "v-undone"
    return "v-run" if learns(method, step, steps, k) else "v-forward"


def _graph(
    method: str, layers: int, steps: int, k: int, moment: int, values: dict, words: dict
) -> list:
    case = (layers, steps, k)
    below = 52 if method == "ottt" else 20  # the first layer's row: room for its trace
    wide, high = min(82, 330 / steps), (FLOOR - TOP - below) / max(1, layers - 1)
    left, top = LEFT + (330 - wide * steps) / 2, TOP if layers > 1 else (FLOOR - below + TOP) / 2

    def x(step: int) -> float:
        return left + (step - 0.5) * wide

    def y(layer: int) -> float:
        return top + (layers - layer) * high

    moments, now = film(method, *case), held(method, *case, moment)
    been = [cell for what, cell, _ in moments[:moment] if what == "error"]
    what, _, where = moments[moment - 1] if moment else ("", [], [])
    fresh = where if what == "run" else []
    marks = [
        ["text", 8, 14, fill(words["traced" if method == "ottt" else "now"], values), "bold"],
        ["text", 392, 14, words["loss"], "end bold f-orange"],
        ["line", x(1) - 14, 21, x(steps) + 14, 21, "s-orange thick"],
    ]
    for layer in range(layers, 0, -1):
        marks.append(["text", 8, y(layer) + 4, f"{words['layer']} {layer}", "quiet"])
        if method == "ottt":
            marks.append(["circle", left, y(layer), 3.5, "f-blue"])
        for step in range(1, steps + 1):
            here, above = [layer, step], y(layer + 1) + 9 if layer < layers else 22  # the loss
            colour = "s-orange thick" if here in been else "s-orange"
            marks += _upright(
                (method, layer, step, *case), x(step), above, y(layer) - 9, colour, here in fresh
            )
            on = arrow(method, True, layer, step, *case) if step < steps else "none"
            ends = (x(step + 1) - 9, y(layer), x(step) + 9, y(layer))
            if on == "both":
                undone = method == "trev" and here in fresh
                marks += _way(*ends, "s-green thick" if undone else colour)
            elif on == "forward":
                marks.append(["line", *ends, "s-rule thick dots"])
            at = "fresh" if here in fresh else "here" if here in where else "held"
            shape = SHAPES[at if at != "held" or here in now else "absent"]
            marks.append(["circle", x(step), y(layer), 7, shape])
    floor, arrived = y(1) + below, [cell[1] for cell in been if cell[0] == 1]
    if method == "ottt":
        marks += _trace(arrived, x, y(1), steps, words)
    if arrived:
        marks.append(["text", 8, floor + 16, words["paths"], "quiet"])
    for step, number in enumerate(ways(method, *case), 1):
        label = f"{words['step']} {step}" if step == 1 else str(step)
        marks.append(["text", x(step), floor, label, "mid quiet"])
        if [1, step] in been:
            marks.append(["text", x(step), floor + 16, short(number), "mid bold f-orange"])
    return marks + _legend(method, words)


def _trace(arrived: list, x, top: float, steps: int, words: dict) -> list:
    """At each step to which an error has come, the inputs that the first layer's trace brings to
    it, one dot each: with the error's way down, as many paths."""
    marks = [["text", 8, top + 27, words["trace"], "f-blue"]] * bool(arrived)
    for step in arrived:
        deep, colour = (
            top + 10 + 26 * step / steps,
            "s-blue thick" if step == arrived[-1] else "s-blue",
        )
        marks.append(["path", [x(step), top + 8, x(step), deep, x(1), deep], colour])
        marks += [["circle", x(t), deep, 1.7, "f-blue"] for t in range(1, step + 1)]
    return marks


def _upright(cell: tuple, x: float, above: float, below: float, colour: str, fresh: bool) -> list:
    """What leads from a cell to the layer above it, or to the loss: it runs now, upwards, or is
    rebuilt now, from above; else the error's way down, if it has one."""
    method, layer, step, layers, steps, k = cell
    if fresh and layer < layers:
        ends = (below, above) if method != "srev" else (above, below)
        return _way(x, ends[0], x, ends[1], "s-green thick")
    if learns(method, step, steps, k):
        return _way(x, above, x, below, colour)
    return [["line", x, above, x, below, "s-rule thick dots"]] if layer < layers else []


def _legend(method: str, words: dict) -> list:
    marks, run = [], "run" if method in BY_STEP else "rebuilt"
    for left, shape, word in (
        (12, "held", "held"),
        (62, "here", "here"),
        (154, "absent", "absent"),
        *([] if method == "stbp" else [(231, "fresh", run)]),
    ):
        marks += [
            ["circle", left, 242, 6, SHAPES[shape]],
            ["text", left + 11, 246, words[word], ""],
        ]
    if method in BY_STEP:
        marks += [
            ["line", 299, 242, 313, 242, "s-rule thick dots"],
            ["text", 317, 246, words["cut"], ""],
        ]
    return marks


def _way(x: float, y: float, left: float, down: float, colour: str) -> list:
    """An arrow to the left, down or up."""
    if y == down:
        head = [left + 5, down - 4, left, down, left + 5, down + 4]
    else:
        back = 5 if y < down else -5
        head = [left - 4, down - back, left, down, left + 4, down - back]
    return [["line", x, y, left, down, colour], ["path", head, colour]]


def _table(found: dict, method: str, layers: int, now: int, values: dict, words: dict) -> list:
    """What each method holds at the worst moment; of the chosen one also what it holds now, and the
    paths that it follows."""
    unit = BAR / (LONGEST * layers)  # STBP's at the largest T: one scale at every T
    marks = [
        ["text", 8, 266, words["most"], "bold"],
        ["text", 392, 266, fill(words["follows"], values), "end"],
    ]
    for number, name in enumerate(METHODS):
        left, top = 8 + 194 * (number // 3), 272 + ROW * (number % 3)
        held, weight = found[name]["held"], "bold" if name == method else ""
        bar = left + 72
        marks += [
            ["text", left + 66, top + 18, words["rows"][name], ("end " + weight).strip()],
            ["rect", bar, top + 6, unit * held, 16, "f-rule"],
            *([["rect", bar, top + 6, unit * now, 16, "f-blue"]] if weight else []),
            ["text", bar + 5 + unit * held, top + 18, short(held), weight],
        ]
    return marks
