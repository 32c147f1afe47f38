"""LIFNeuron, Eqs. (1) and (2): one neuron under a constant current, its potential, its spikes and
its f-I curve, for three resets."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, Switch, fill, fixed, short

CURRENTS = [0.05 * k for k in range(31)]  # of the f-I curve
LEFT, RIGHT, GROUND, UNIT, TOP = 44, 376, 130, 34, 2.5  # pixels a unit of V; the axis ends at TOP


def nears(added: float, decay: float, threshold: float) -> bool:
    """Whether the potential nears the threshold for ever: it reaches it by rounding alone."""
    return abs(added - threshold * (1 - decay)) < 1e-9


def run(
    added: float, decay: float, threshold: float, reset: str, steps: int
) -> tuple[list[float], list[float], list[int]]:
    """(V[1..T] as compared with the threshold, what each leaves for the next step, the steps 1..T
    that spike), from rest, with `added` at each step."""
    v, kept, spikes = [], [], []
    never = nears(added, decay, threshold)
    for t in range(1, steps + 1):
        v.append(decay * (kept[-1] if kept else 0.0) + added)
        fired = v[-1] >= threshold and not never
        spikes += [t] * fired
        kept.append(
            v[-1] - threshold
            if fired and reset == "soft"
            else 0.0
            if fired and reset == "hard"
            else v[-1]
        )
    return v, kept, spikes


class LIFNeuron(Demo):
    """LIFNeuron(current=0.9, tau=2, steps=24, reset="soft", shown=2, threshold=1,
    divided=False)."""

    name = "lif-neuron"
    size = (400, 320)
    controls = (
        Slider("current", 0, 1.5, 0.05, 0.9),
        Slider("tau", 1.1, 10, 0.1, 2),
        Slider("steps", 4, 60, 1, 24),
        Choice("reset", ("none", "soft", "hard"), "soft"),
        Slider("shown", 1, 60, 1, 2, limit="steps"),
        Slider("threshold", 0.2, 2, 0.1, 1),
        Switch("divided"),
    )
    plays = "current"
    folded = ("shown", "threshold", "divided")

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        tau, threshold, steps, reset = (
            params[name] for name in ("tau", "threshold", "steps", "reset")
        )
        decay, scale = 1 - 1 / tau, 1 / tau if params["divided"] else 1.0
        added = scale * params["current"]
        v, kept, spikes = run(added, decay, threshold, reset, steps)
        curve = [
            len(run(scale * current, decay, threshold, reset, steps)[2]) / steps
            for current in CURRENTS
        ]
        near = nears(added, decay, threshold)
        close = abs(added * tau - threshold) < 0.006  # too close for two decimals
        silent = _silent(scale * tau, threshold)
        values = {
            "tau": fixed(tau, 1),
            "decay": fixed(decay, 3),
            "exact": fixed(math.exp(-1 / tau), 3),
            "added": fixed(added, 3),
            "threshold": fixed(threshold, 1),
            "reset": words["resets"][reset],
            "count": len(spikes),
            "steps": steps,
            "rate": fixed(len(spikes) / steps, 3),
            "first": spikes[0] if spikes else 0,
            "settle": fixed(added * tau, 3 if close and not near else 2),
            "levels": steps + 1,
            "silent": short(silent),
            "every": short(CURRENTS[curve.index(1)]) if 1 in curve else "",
        }
        ending = "fires" if spikes else "later" if added * tau > threshold and not near else "never"
        verdict = _verdict(ending, near, curve, silent, params["current"], len(spikes), steps)
        shown = min(params["shown"], steps)
        before = kept[shown - 2] if shown > 1 else 0.0
        said = {
            "t": shown,
            "decay": short(decay),
            "before": fixed(before, 2),
            "added": short(added),
            "after": fixed(v[shown - 1], 2),
            "threshold": fixed(threshold, 1),
        }
        fired, level = shown in spikes, fixed(threshold, 2)
        rule = words["rule-below" if said["after"] == level and not fired else "rule"]
        rule = fill(rule + (words["spike-" + reset] if fired else ""), said)
        marks = (
            _potential(v, kept, spikes, threshold, words)
            + _step(v, before, decay, shown, rule)
            + _train(spikes, steps, shown, words)
            + _curve(curve, params["current"], len(spikes) / steps, words)
            + _settling(v, added * tau, threshold, values, words)
        )
        numbers = {
            "v": v,
            "kept": kept,
            "spikes": spikes,
            "curve": curve,
            "decay": decay,
            "exact": math.exp(-1 / tau),
            "settle": added * tau,
        }
        return {
            "numbers": numbers,
            "marks": marks,
            "verdict": fill(words["v-" + verdict], values),
            "sentence": " ".join(
                (
                    fill(words["setting"], values),
                    rule + ".",
                    *(fill(words[part], values) for part in (ending, "values")),
                )
            ),
            "grips": [
                [
                    *("threshold", "y", LEFT, _height(threshold) - 8),
                    *(400 - LEFT, 16, _height(0), 0, _height(1), 1),
                ],
                [
                    *("shown", "x", LEFT, _height(TOP), RIGHT - LEFT, 120),
                    *(LEFT + (RIGHT - LEFT) / steps, 1, RIGHT, steps),
                ],
                ["current", "x", LEFT, 208, RIGHT - LEFT, 92, LEFT, 0, RIGHT, 1.5],
            ],
        }


def _silent(gain: float, threshold: float) -> float:
    """The largest of CURRENTS under which no potential passes the threshold, however long one
    waits; the spikes of a few steps would not tell."""
    return max(current for current in CURRENTS if gain * current <= threshold + 1e-9)


def _verdict(
    ending: str, near: bool, curve: list, silent: float, current: float, count: int, steps: int
) -> str:
    if ending != "fires":
        return "nears" if near else ending if current else "rest"
    if steps <= 8:
        return "few"
    if abs(current - silent - 0.05) < 0.01:
        return "just"
    return "all" if count == steps else "fires" if 1 in curve else "some"


def _height(value: float) -> float:
    """One scale at every setting, so that the threshold moves only where it is moved."""
    return GROUND - UNIT * min(value, TOP)


def _potential(v: list, kept: list, spikes: list, threshold: float, words: dict) -> list:
    steps, y = len(v), _height

    def x(t: int) -> float:
        return LEFT + (RIGHT - LEFT) * t / steps

    marks = [
        ["text", 8, 13, words["potential"], "bold"],
        ["line", 216, 9, 236, 9, "s-ink dash"],
        ["text", 241, 13, words["threshold"], ""],
        ["line", LEFT, y(0), RIGHT, y(0), "s-rule"],
        ["line", LEFT, y(threshold), RIGHT, y(threshold), "s-ink dash"],
        ["text", 38, y(threshold) + 4, fixed(threshold, 1), "end bold"],
    ]
    for value in (0, 1, 2):
        if abs(y(value) - y(threshold)) > 13:
            marks.append(["text", 38, y(value) + 4, str(value), "end quiet"])
    points = [x(0), y(0)]
    for t in range(steps):
        points += [x(t + 1), y(v[t])]
        if kept[t] != v[t]:
            points += [x(t + 1), y(kept[t])]
    marks.append(["path", points, "s-volt thick"])
    for t in range(steps):
        at, colour = x(t + 1), "blue" if t + 1 in spikes else "volt"
        if v[t] > TOP:  # beyond the picture
            top = y(TOP)
            marks.append(["path", [at - 3, top + 2, at, top - 3, at + 3, top + 2], "s-" + colour])
        else:
            marks.append(["circle", at, y(v[t]), 2.5, "f-" + colour])
    return marks


def _settling(v: list, settle: float, threshold: float, values: dict, words: dict) -> list:
    """Where the potential tends to as long as nothing is taken from it: too weak a current's line
    lies below the threshold. No potential comes above it."""
    if not 0 < settle <= TOP:
        return []
    at = _height(settle)
    arrived = min(v[len(v) * 3 // 5 :]) > settle - 0.05
    if max(v) < settle - 0.5 and threshold < settle - 0.5:
        label = at + 14.0  # clear of the rule of the step
    elif 0.5 <= settle < threshold and arrived:
        label = at + 15.0  # clear of the line of the threshold
    else:
        label = (_height(threshold) if 0 < threshold - settle < 0.5 else at) - 5
    return [
        ["line", LEFT, at, RIGHT, at, "s-volt dots"],
        ["text", RIGHT, label, fill(words["settles"], values), "end quiet halo"],
    ]


def _step(v: list, before: float, decay: float, shown: int, rule: str) -> list:
    """The rule of one step: what is left of the potential before, and the current on top."""
    steps = len(v)
    left, right = (LEFT + (RIGHT - LEFT) * t / steps for t in (shown - 1, shown))
    low = _height(decay * before)
    return [
        ["text", 8, 31, rule, "bold"],
        ["line", left, _height(before), left, low, "s-ink thick"],
        ["line", left, low, right, low, "s-ink dots"],
        ["line", right, low, right, _height(v[shown - 1]), "s-ink thick"],
        ["circle", right, _height(v[shown - 1]), 5.5, "hollow s-ink"],
    ]


def _train(spikes: list, steps: int, shown: int, words: dict) -> list:
    """The spikes, and the numbers of the steps, as many as have room."""
    marks = [["text", 8, 150, words["spikes"], "bold"], ["line", LEFT, 171, RIGHT, 171, "s-rule"]]
    marks += [
        ["rect", LEFT + (RIGHT - LEFT) * t / steps - 1.5, 156, 3, 15, "f-blue"] for t in spikes
    ]
    every = next(n for n in (1, 2, 4, 5, 10) if n * (RIGHT - LEFT) / steps >= 24)
    for t in range(1, steps + 1):
        if t == shown or (t % every == 0 and abs(t - shown) * (RIGHT - LEFT) / steps >= 20):
            style = "mid bold" if t == shown else "mid quiet"
            marks.append(["text", LEFT + (RIGHT - LEFT) * t / steps, 186, str(t), style])
    return [*marks, ["text", RIGHT, 150, words["time"], "end quiet"]]


def _curve(curve: list, current: float, rate: float, words: dict) -> list:
    def x(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * value / 1.5

    def y(value: float) -> float:
        return 292 - 74 * value

    marks = [
        ["text", 8, 206, words["curve"], "bold"],
        ["text", 38, y(0) + 4, "0", "end quiet"],
        ["text", 38, y(1) + 4, "1", "end quiet"],
        ["line", LEFT, y(0), RIGHT, y(0), "s-rule"],
        ["line", LEFT, y(1), RIGHT, y(1), "s-rule"],
    ]
    marks += [["text", x(value), 308, str(value), "mid quiet"] for value in (0, 0.5, 1)]
    marks += [["circle", x(at), y(value), 2.5, "f-blue"] for at, value in zip(CURRENTS, curve)]
    return [
        *marks,
        ["circle", x(current), y(rate), 6, "hollow s-ink thick"],
        ["text", RIGHT, 308, words["current"], "end quiet"],
    ]
