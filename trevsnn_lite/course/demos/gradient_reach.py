"""GradientReach, the time term of Eq. (4): what is left of a gradient k steps back, by the decay's
power and by the gate that the surrogate's window makes of each step."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, random, short
from trevsnn_lite.course.demos.surrogate_window import SURROGATES, surrogate

NEURONS, THRESHOLD = 40, 1.0
RESETS = ("none", "soft")  # of a hard one the slope may exceed 1: it is no gate
LEFT, RIGHT, BASE, FULL = 36, 392, 310, 108
MOST = 2.4  # of a potential and of an input: one axis at every setting


def run(
    decay: float, settle: float, steps: int, surrogate_kind: str, reset: str
) -> list[tuple[list[float], list[float], list[float], list[float]]]:
    """For each of forty neurons, with random inputs X of this mean: (V[1..T], dV[T]/dV[t] for t =
    1..T, the gates: dV[t+1]/dV[t] over the decay, X[1..T]). As in Eq. (1), a step adds X / tau."""
    draw, found = random(2), []
    for _ in range(NEURONS):
        v, gates, inputs, kept = [], [], [], 0.0
        for _ in range(steps):
            inputs.append(2 * settle * draw())
            v.append(decay * kept + (1 - decay) * inputs[-1])
            h, fired = surrogate(surrogate_kind, v[-1] - THRESHOLD, 1.0), v[-1] >= THRESHOLD
            if reset == "none":
                kept, slope = v[-1], 1.0
            else:
                kept, slope = v[-1] - (THRESHOLD if fired else 0.0), 1 - THRESHOLD * h
            gates.append(slope)
        gates.pop()  # the last step's own would lead beyond T
        reach = [1.0]
        for gate in reversed(gates):
            reach.append(reach[-1] * (decay * gate))
        found.append((v, reach[::-1], gates, inputs))
    return found


class GradientReach(Demo):
    """GradientReach(settle=0.9, reset="soft", tau=4, steps=10, kind="rectangle", neuron=25)."""

    name = "gradient-reach"
    size = (400, 344)
    controls = (
        Slider("settle", 0, 1.2, 0.1, 0.9),
        Choice("reset", RESETS, "soft"),
        Slider("tau", 1.1, 10, 0.1, 4),
        Slider("steps", 2, 16, 1, 10),
        Choice("kind", SURROGATES, "rectangle"),
        Slider("neuron", 1, NEURONS, 1, 25),
    )
    plays = "settle"
    folded = ("tau", "steps", "kind", "neuron")

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        tau, steps, kind, neuron = (params[name] for name in ("tau", "steps", "kind", "neuron"))
        decay = 1 - 1 / tau
        found = run(decay, params["settle"], steps, kind, params["reset"])
        v, reach, gates, inputs = found[neuron - 1]
        mean = [_mean([abs(other[1][t]) for other in found]) for t in range(steps)]
        leak = [decay ** (steps - 1 - t) for t in range(steps)]
        past, mean_past, leak_past = (
            _sum([abs(x) for x in values[:-1]]) for values in (reach, mean, leak)
        )
        inside = sum(abs(x - THRESHOLD) <= 0.5 for x in v[:-1])
        closed = max((t for t, gate in enumerate(gates) if gate == 0), default=-1)
        shown = _shown(gates)
        values = {
            "tau": fixed(tau, 1),
            "decay": fixed(decay, 3),
            "back": steps - 1,
            "at": steps - 1 - closed,
            "leak": short(leak[0]),
            "reach": short(abs(reach[0])),
            "mean": short(mean[0]),
            "neuron": neuron,
            "past": short(past),
            "meanPast": short(mean_past),
            "leakPast": short(leak_past),
            "leakSaid": _said(leak[0]),
            "reachSaid": _said(abs(reach[0])),
            "ever": short(tau - 1),
            "inside": inside,
            "neurons": NEURONS,
            "kind": words["options"][kind],
            "reset": words["resets"][params["reset"]],
        }
        walls = params["reset"] != "none"
        rule = _rule(v, inputs, shown, tau, walls, words)
        marks = _potential(
            v, inputs, gates, shown, rule, params["settle"], kind if walls else "", words
        )
        numbers = {
            "v": v,
            "inputs": inputs,
            "reach": reach,
            "gates": gates,
            "shown": shown,
            "mean": mean,
            "leak": leak,
            "past": past,
            "inside": inside,
        }
        return {
            "numbers": numbers,
            "marks": marks + _bars(reach, leak, gates, closed, walls, words),
            "verdict": fill(
                words["v-" + _verdict(params["reset"], v, reach, leak, closed)], values
            ),
            "sentence": " ".join(
                fill(words[part], values) for part in ("leaks", "gates", "weight")
            ),
            "grips": [
                [
                    *("settle", "y", LEFT, _height(params["settle"]) - 8, RIGHT + 8 - LEFT, 16),
                    *(_height(0), 0, _height(1), 1),
                ]
            ],
        }


def _shown(gates: list[float]) -> int:
    """The step whose sum is written out: of the most shut gates the nearest; the last step where
    all are open."""
    most = max([1 - gate for gate in gates], default=0.0)
    if most == 0:
        return len(gates)
    return max(t for t, gate in enumerate(gates) if 1 - gate == most)


def _rule(v: list, inputs: list, t: int, tau: float, walls: bool, words: dict) -> str:
    """How V came about at step t: decay times what the step before left, and the input over tau."""
    before = v[t - 1] if t else 0.0
    kept = fixed(before, 2)
    if walls and before >= THRESHOLD:
        kept = f"({kept} − {short(THRESHOLD)})"
    values = {
        "back": len(v) - 1 - t,
        "decay": fixed(1 - 1 / tau, 2),
        "kept": kept,
        "input": fixed(inputs[t], 2),
        "tau": short(tau),
        "v": fixed(v[t], 2),
    }
    return fill(words["rule-now" if t == len(v) - 1 else "rule"], values)


def _verdict(reset: str, v: list[float], reach: list[float], leak: list[float], closed: int) -> str:
    if reset == "none":
        return "none"
    if closed >= 0:
        return "shut" if max(v) >= THRESHOLD else "silent"
    return "open" if abs(abs(reach[0]) - leak[0]) < 1e-9 * leak[0] else "ajar"


def _said(x: float) -> str:
    """In a verdict, a number that takes one word."""
    return "<0.001" if x < 0.001 else short(x)


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


def _height(value: float) -> float:
    return 154 - 98 * value / MOST


def _half(kind: str, share: float) -> float:
    """How far from the threshold the surrogate h is down to this share of its peak."""
    if kind == "rectangle":
        return 0.5
    if kind == "triangle":
        return 1 - share
    if kind == "arctan":
        return math.sqrt(1 / share - 1) / math.pi
    return math.acosh(1 / math.sqrt(share)) / 2


def _potential(
    v: list,
    inputs: list,
    gates: list,
    shown: int,
    rule: str,
    settle: float,
    kind: str,
    words: dict,
) -> list:
    """The neuron shown and its inputs; what closes its gate, or most shuts it, has a dark ring.
    The darker the ground by h, the more a potential there shuts its gate; without a reset (no
    kind) there is no gate. The last step has none: the gradient starts there."""
    y, steps, window = _height, len(v), bool(kind)
    hard = kind == "rectangle"
    shares = (0.5,) if hard else (0.1, 0.5)
    swatches = (
        ((8, "f-soft", "window"),) if hard else ((8, "f-rule", "half"), (172, "f-soft", "tenth"))
    )
    ringed = {t for t, gate in enumerate(gates) if gate == 0 or t == shown}
    halves = [_half(kind, share) for share in shares] if window else []
    last = _x(steps - 1, steps) - (RIGHT - LEFT) / steps / 2

    marks = [
        ["text", 8, 13, words["potential"], "bold"],
        ["circle", 94, 9, 4, "f-blue"],
        ["text", 102, 13, words["spike"], ""],
        ["line", 141, 9, 157, 9, "s-ink dash"],
        ["text", 161, 13, words["threshold"], ""],
        ["line", 227, 9, 241, 9, "s-blue thick"],
        ["text", 246, 13, words["input"], ""],
        ["line", 286, 9, 302, 9, "s-blue thick dots"],
        ["text", 306, 13, words["level"], ""],
        ["text", 8, 30, rule, ""],
        *(
            mark
            for x, ground, name in (swatches if window else ())
            for mark in (
                ["rect", x, 37, 12, 11, ground + " s-rule"],
                ["text", x + 17, 47, words[name], ""],
            )
        ),
        *(
            ["rect", LEFT, y(1 + half), last - LEFT, y(1 - half) - y(1 + half), ground]
            for half, ground in zip(halves, ("f-soft", "f-rule"))
        ),
        ["line", LEFT, y(0), RIGHT, y(0), "s-rule"],
        ["line", LEFT, y(1), RIGHT, y(1), "s-ink dash"],
        ["line", LEFT, y(settle), RIGHT, y(settle), "s-blue thick dots"],
    ]
    marks += [["text", 30, y(level) + 4, str(level), "end quiet"] for level in range(3)]
    marks += [
        ["line", _x(t, steps) - 7, y(x), _x(t, steps) + 7, y(x), "s-blue thick"]
        for t, x in enumerate(inputs)
    ]
    # from what closes its gate, or most shuts it, down to the gate
    marks += [
        [
            *("line", _x(t, steps), y(v[t]), _x(t, steps) + (RIGHT - LEFT) / steps / 2),
            *(BASE - FULL * min(1, 1 - gates[t]), "s-ink dots"),
        ]
        for t in sorted(ringed)
    ]
    marks.append(
        ["path", [c for t, x in enumerate(v) for c in (_x(t, steps), y(x))], "s-volt thick"]
    )
    return marks + [
        [
            "circle",
            _x(t, steps),
            y(value),
            4.5,
            ("f-blue" if value >= THRESHOLD else "f-paper")
            + (" s-ink thick" if t in ringed else "" if value >= THRESHOLD else " s-volt thick"),
        ]
        for t, value in enumerate(v)
    ]


def _bars(reach: list, leak: list, gates: list, closed: int, walls: bool, words: dict) -> list:
    """What is left at each step, and between two steps the gate: as high as it is closed."""
    steps = len(reach)
    pitch = (RIGHT - LEFT) / steps
    width = 0.6 * pitch

    def high(value: float) -> float:
        return FULL * min(abs(value), 1.08)

    marks = [
        ["rect", 8, 162, RIGHT - 8, 16, "f-paper"],  # the leaders pass behind the words
        ["text", 8, 174, words["left"], "bold f-orange halo"],
        *([["rect", 122, 164, 4, 11, "f-ink"]] if walls else []),
        *([["text", 131, 174, words["gate"], "halo"]] if walls else []),
        ["rect", 270, 164, 14, 11, "hollow s-ink dots"],
        ["text", 289, 174, words["alone"], "halo"],
        ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
        ["text", 30, BASE + 4, "0", "end quiet"],
        ["text", 30, BASE - FULL + 4, "1", "end quiet"],
    ]
    for t in range(steps):
        x = _x(t, steps)
        marks += [
            ["rect", x - width / 2, BASE - high(reach[t]), width, high(reach[t]), "f-orange"],
            [
                "rect",
                x - width / 2,
                BASE - high(leak[t]),
                width,
                high(leak[t]),
                "hollow s-ink dots",
            ],
            ["text", x, BASE + 15, str(steps - 1 - t), "mid quiet"],
        ]
    for t, gate in enumerate(gates):
        shut = FULL * (1 - min(abs(gate), 1))
        if shut > 0:
            marks.append(["rect", _x(t, steps) + pitch / 2 - 2, BASE - shut, 4, shut, "f-ink"])
    if closed >= 0:  # the nearest: beyond it nothing arrives
        x = _x(closed, steps) + pitch / 2
        end, x = ("end ", x - 6) if closed == steps - 2 else ("", x + 6)
        marks.append(["text", x, BASE - FULL + 8, words["closed"], end + "bold halo"])
    return [*marks, ["text", RIGHT, BASE + 29, words["back"], "end quiet"]]
