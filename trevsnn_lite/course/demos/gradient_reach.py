"""GradientReach, the time term of Eq. (4): what is left of a gradient k steps back, by the decay's
power and by the surrogate's window at each step."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, random, short
from trevsnn_lite.course.demos.surrogate_window import SURROGATES, surrogate

NEURONS, THRESHOLD = 40, 1.0
RESETS = ("none", "soft", "hard")
LEFT, RIGHT = 44, 392


def run(
    decay: float, settle: float, steps: int, surrogate_kind: str, reset: str
) -> list[tuple[list[float], list[float]]]:
    """For each of forty neurons, whose random currents would settle it at this mean potential:
    (V[1..T], dV[T]/dV[t] for t = 1..T)."""
    draw, found = random(2), []
    for _ in range(NEURONS):
        v, factors, kept = [], [], 0.0
        for _ in range(steps):
            v.append(decay * kept + 2 * settle * (1 - decay) * draw())
            h, fired = surrogate(surrogate_kind, v[-1] - THRESHOLD, 1.0), v[-1] >= THRESHOLD
            if reset == "none":
                kept, slope = v[-1], 1.0
            elif reset == "soft":
                kept, slope = v[-1] - (THRESHOLD if fired else 0.0), 1 - THRESHOLD * h
            else:
                kept, slope = 0.0 if fired else v[-1], (0.0 if fired else 1.0) - v[-1] * h
            factors.append(decay * slope)
        reach = [1.0]
        for factor in reversed(factors[:-1]):  # the last step's own factor would lead beyond T
            reach.append(reach[-1] * factor)
        found.append((v, reach[::-1]))
    return found


class GradientReach(Demo):
    """GradientReach(tau=4, steps=6, settle=0.6, kind="rectangle", reset="soft", neuron=7)."""

    name = "gradient-reach"
    size = (400, 332)
    controls = (
        Slider("tau", 1.1, 10, 0.1, 4),
        Slider("steps", 2, 16, 1, 6),
        Slider("settle", 0, 3, 0.1, 0.6),
        Choice("kind", SURROGATES, "rectangle"),
        Choice("reset", RESETS, "soft"),
        Slider("neuron", 1, NEURONS, 1, 7),
    )
    plays = "steps"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        tau, steps, kind, neuron = (params[name] for name in ("tau", "steps", "kind", "neuron"))
        decay = 1 - 1 / tau
        found = run(decay, params["settle"], steps, kind, params["reset"])
        v, reach = found[neuron - 1]
        mean = [_mean([abs(other[t]) for _, other in found]) for t in range(steps)]
        leak = [decay ** (steps - 1 - t) for t in range(steps)]
        past, mean_past, leak_past = (
            _sum([abs(x) for x in values[:-1]]) for values in (reach, mean, leak)
        )
        inside = sum(abs(x - THRESHOLD) <= 0.5 for x in v[:-1])
        values = {
            "tau": fixed(tau, 1),
            "decay": fixed(decay, 3),
            "back": steps - 1,
            "leak": short(leak[0]),
            "reach": short(abs(reach[0])),
            "mean": short(mean[0]),
            "neuron": neuron,
            "past": short(past),
            "meanPast": short(mean_past),
            "leakPast": short(leak_past),
            "leakSaid": _said(leak[0], words),
            "reachSaid": _said(abs(reach[0]), words),
            "said": _said(mean[0], words),
            "ever": short(tau - 1),
            "inside": inside,
            "neurons": NEURONS,
            "kind": words["options"][kind],
            "reset": words["resets"][params["reset"]],
        }
        if params["reset"] == "none":
            verdict = "long" if leak_past > 4 else "none"
        else:
            same = all(abs(abs(x) - leak[0]) < 1e-9 * leak[0] for x in (reach[0], mean[0]))
            verdict = "same" if same else "gates"
        closed = max((t for t in range(steps) if reach[t] == 0), default=-1)
        top = max(2.2, 1.05 * params["settle"], 1.05 * max(v))
        window = kind == "rectangle" and params["reset"] != "none"
        marks = _potential(v, params["settle"], top, window, closed, words) + _bars(
            reach, mean, leak, words
        )
        numbers = {
            "v": v,
            "reach": reach,
            "mean": mean,
            "leak": leak,
            "past": past,
            "inside": inside,
        }
        return {
            "numbers": numbers,
            "marks": marks,
            "verdict": fill(words["v-" + verdict], values),
            "sentence": " ".join(
                fill(words[part], values) for part in ("leaks", "gates", "weight")
            ),
            "grips": [
                [
                    *("settle", "y", LEFT, _height(params["settle"], top) - 8, RIGHT - LEFT, 16),
                    *(_height(0, top), 0, _height(1, top), 1),
                ]
            ],
        }


def _said(x: float, words: dict) -> str:
    """In a verdict, a number that takes one word."""
    return words["nothing"] if x == 0 else "<0.001" if x < 0.001 else short(x)


def _sum(values: list[float]) -> float:
    """Added in order, so that the twin rounds alike."""
    total = 0.0
    for value in values:
        total += value
    return total


def _mean(values: list[float]) -> float:
    return _sum(values) / len(values)


def _x(t: int, steps: int) -> float:
    """The middle of step t = 0..T-1."""
    return LEFT + (RIGHT - LEFT) * (t + 0.5) / steps


def _height(value: float, top: float) -> float:
    return 138 - 96.8 * value / top


def _potential(v: list, settle: float, top: float, window: bool, closed: int, words: dict) -> list:
    """The neuron shown. A window alone closes a gate; the last that does is tied to its bar."""

    def y(value: float) -> float:
        return _height(value, top)

    marks = [
        ["text", 8, 13, words["potential"], "bold"],
        ["circle", 136, 9, 4, "f-orange"],
        ["text", 145, 13, words["spike"], ""],
        ["line", 202, 9, 218, 9, "s-blue dots"],
        ["text", 223, 13, words["input"], ""],
        *([["line", 284, 9, 300, 9, "s-orange dash"]] if closed >= 0 else []),
        *([["text", 305, 13, words["closed"], ""]] if closed >= 0 else []),
        *([["rect", 129, 21, 14, 11, "f-soft s-rule"]] if window else []),
        *([["text", 149, 30, words["window"], ""]] if window else []),
        *([["rect", LEFT, y(1.5), RIGHT - LEFT, y(0.5) - y(1.5), "f-soft"]] if window else []),
        ["line", LEFT, y(0), RIGHT, y(0), "s-rule"],
        ["line", LEFT, y(1), RIGHT, y(1), "s-ink dash"],
        ["line", LEFT, y(settle), RIGHT, y(settle), "s-blue dots"],
    ]
    marks += [
        ["text", 38, y(level) + 4, str(level), "end quiet"] for level in range(math.floor(top) + 1)
    ]
    if closed >= 0:
        x = _x(closed, len(v))
        marks += [  # between the plots it leaves heading and legend alone
            ["line", x, y(v[closed]), x, 146, "s-orange dash"],
            ["line", x, 186, x, 300, "s-orange dash"],
        ]
    marks.append(
        ["path", [c for t, value in enumerate(v) for c in (_x(t, len(v)), y(value))], "s-blue"]
    )
    return marks + [
        [
            "circle",
            _x(t, len(v)),
            y(value),
            4,
            "f-orange" if value >= THRESHOLD else "f-paper s-blue thick",
        ]
        for t, value in enumerate(v)
    ]


def _bars(reach: list, mean: list, leak: list, words: dict) -> list:
    steps = len(reach)
    width, base = 0.6 * (RIGHT - LEFT) / steps, 300

    def high(value: float) -> float:
        return 110 * min(abs(value), 1.15)

    marks = [
        ["text", 8, 160, words["left"], "bold halo"],
        ["line", LEFT, base, RIGHT, base, "s-rule"],
        ["line", LEFT, base - 110, RIGHT, base - 110, "s-rule"],
        ["text", 38, base + 4, "0", "end quiet"],
        ["text", 38, base - 106, "1", "end quiet"],
    ]
    for t in range(steps):
        x = _x(t, steps)
        marks += [
            ["rect", x - width / 2, base - high(reach[t]), width, high(reach[t]), "f-blue"],
            [
                "rect",
                x - width / 2 - 2,
                base - high(leak[t]),
                width + 4,
                high(leak[t]),
                "hollow s-ink dots",
            ],
            ["circle", x, base - high(mean[t]), 3.5, "f-orange"],
            ["text", x, 314, str(steps - 1 - t), "mid quiet"],
        ]
    marks += [
        ["rect", 8, 169, 11, 11, "f-blue"],
        ["text", 24, 179, words["this"], "halo"],
        ["circle", 124, 175, 4, "f-orange"],
        ["text", 134, 179, fill(words["all"], {"neurons": NEURONS}), "halo"],
    ]
    return [
        *marks,
        ["rect", 240, 169, 11, 11, "hollow s-ink dots"],
        ["text", 256, 179, words["alone"], "halo"],
        ["text", RIGHT, 328, words["back"], "end quiet"],
    ]
