"""UnrolledGraph, Table 1 and Fig. 5: in which arrows of the unrolled network each method lets an
error flow back, what it holds at once, and its work."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, short

METHODS = ("stbp", "ottt", "sltt", "sltt-k", "srev", "trev")
SHAPES = {
    "keep": "f-blue",
    "hand": "f-orange",
    "brief": "f-soft s-blue",
    "rebuild": "f-paper s-orange dots",
    "forward": "f-soft s-rule",
}


def drawn_steps(steps: int, k: int) -> list[int]:
    """The K steps with a backward pass, spread evenly; SLTT-K itself draws them at random."""
    return [t for t in range(1, steps + 1) if t * k // steps > (t - 1) * k // steps]


def state(method: str, layer: int, step: int, layers: int, steps: int, k: int) -> str:
    """What a cell is at the worst moment: kept, rebuilt and in hand, freed after its own step's
    backward pass, rebuilt at another moment, or run forwards only."""
    if method in ("ottt", "sltt", "sltt-k"):
        backward = drawn_steps(steps, k if method == "sltt-k" else steps)
        return "keep" if step == backward[-1] else "brief" if step in backward else "forward"
    kept, in_hand = {
        "stbp": (True, False),
        "srev": (layer == layers, layer == layers - 1),
        "trev": (layer == layers and step == steps, step == max(1, steps - 1)),
    }[method]
    return "keep" if kept else "hand" if in_hand else "rebuild"


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
    """UnrolledGraph(method="stbp", layers=3, steps=4, k=2)."""

    name = "unrolled-graph"
    size = (400, 358)
    controls = (
        Choice("method", METHODS, "stbp"),
        Slider("layers", 1, 6, 1, 3),
        Slider("steps", 1, 8, 1, 4),
        Slider("k", 1, 8, 1, 2, limit="steps"),
    )
    plays = "method"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        method, layers, steps = params["method"], params["layers"], params["steps"]
        k = min(params["k"], steps)
        found = {name: counts(name, layers, steps, k) for name in METHODS}
        values = {
            "method": words["options"][method],
            "layers": layers,
            "steps": steps,
            "k": k,
            "how": fill(words["how"][method], {"k": k}),
            **{name: short(value) for name, value in found[method].items()},
            "all": short(found["stbp"]["paths"]),
            "cells": short(found["stbp"]["held"]),
        }
        undoes = method in ("srev", "trev")
        vain = undoes and found[method]["held"] == found["stbp"]["held"]
        marks = _graph(method, layers, steps, k, words) + _table(found, method, words)
        return {
            "numbers": found,
            "marks": marks,
            "verdict": fill(words["v-vain" if vain else "v-" + method], values),
            "sentence": fill(words["sentence"], values),
            "grips": [["method", "y", 8, 250, 384, 106, 261, 0, 278, 1]],
        }


def _graph(method: str, layers: int, steps: int, k: int, words: dict) -> list:
    wide, high = min(82, 330 / steps), min(56, 154 / layers)
    marks = [
        ["text", 8, 14, words["depth"], "quiet"],
        ["text", 52, 44 + layers * high, words["time"], "quiet"],
        ["text", 392, 44 + layers * high, words["whole"], "end quiet"],
    ]
    number = dict.fromkeys(SHAPES, 0)

    def x(step: int) -> float:
        return 52 + (step - 0.5) * wide

    def y(layer: int) -> float:
        return 28 + (layers - layer + 0.5) * high

    for layer in range(1, layers + 1):
        for step in range(1, steps + 1):
            up, on = (arrow(method, time, layer, step, layers, steps, k) for time in (False, True))
            if layer < layers:
                marks.append(
                    [
                        "line",
                        x(step),
                        y(layer) - 8,
                        x(step),
                        y(layer + 1) + 8,
                        "s-blue thick" if up == "both" else "s-ink dots",
                    ]
                )
            if step < steps and on != "none":
                marks.append(
                    [
                        "line",
                        x(step) + 8,
                        y(layer),
                        x(step + 1) - 8,
                        y(layer),
                        "s-orange thick" if on == "both" else "s-ink dots",
                    ]
                )
            cell = state(method, layer, step, layers, steps, k)
            number[cell] += 1
            marks.append(["circle", x(step), y(layer), 7, SHAPES[cell]])
            if method == "ottt" and step == steps:
                marks.append(["circle", x(step), y(layer), 3, "f-orange"])
    left = 76
    for cell, shape in SHAPES.items():
        if number[cell]:
            word = fill(words[cell], {"n": number[cell]})
            marks += [["circle", left, 10, 6, shape], ["text", left + 11, 14, word, ""]]
            left += 36 + 6.6 * len(word)
    if method == "ottt":
        word = fill(words["trace"], {"n": layers})
        marks += [["circle", left, 10, 3, "f-orange"], ["text", left + 8, 14, word, ""]]
    for x0, shape, word in (
        (8, "s-blue thick", "up"),
        (178, "s-orange thick", "on"),
        (256, "s-ink dots", "one-way"),
    ):
        marks += [["line", x0, 222, x0 + 18, 222, shape], ["text", x0 + 24, 226, words[word], ""]]
    return marks


def _table(found: dict, method: str, words: dict) -> list:
    most = max(row["held"] for row in found.values())
    marks = [
        ["text", 92, 246, words["held"], "bold"],
        ["text", 284, 246, words["work"], "end bold"],
        ["text", 392, 246, words["paths"], "end bold"],
    ]
    for row, name in enumerate(METHODS):
        top, chosen, length = 254 + 17 * row, name == method, 120 * found[name]["held"] / most
        weight = " bold" if chosen else ""
        marks += [
            ["text", 86, top + 11, words["rows"][name], "end" + weight],
            ["rect", 92, top, length, 14, "f-blue" if chosen else "f-rule"],
            ["text", 97 + length, top + 11, short(found[name]["held"]), weight.strip()],
            ["text", 284, top + 11, short(found[name]["work"]), "end" + weight],
            ["text", 392, top + 11, short(found[name]["paths"]), "end" + weight],
        ]
    return marks
