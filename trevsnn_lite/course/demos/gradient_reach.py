"""GradientReach, the time term of Eq. (4): what is left of a gradient k steps back, by the decay's
power and by the gate that the surrogate's window makes of each step."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, Touch, fill, fixed, random, short
from trevsnn_lite.course.demos.surrogate_window import SURROGATES, surrogate

NEURONS, THRESHOLD = 40, 1.0
# Neuron n's inputs are a stream of their own, so that a later T only goes on. Of sixty thousand
# streams neuron 20 has one with which ▶ shuts nearer and nearer gates. All forty are as most are:
# of them as many reach no step as of four thousand neurons, within 3, at each mean input.
SEED, FIRST = 57418, 20
RESETS = ("none", "soft")  # of a hard one the slope may exceed 1: it is no gate
LEFT, RIGHT, BASE, FULL = 36, 376, 284, 94
GATE, TALL = 144, 16  # the strip of the gates
BOLD = 54  # letters of a product


def run(
    decay: float, settle: float, steps: int, surrogate_kind: str, reset: str
) -> list[tuple[list[float], list[float], list[float], list[float]]]:
    """For each of forty neurons, with random inputs X of this mean: (V[1..T], dV[T]/dV[t] for t =
    1..T, the gates: dV[t+1]/dV[t] over the decay, X[1..T]). As in Eq. (1), a step adds X / tau."""
    found = []
    for n in range(1, NEURONS + 1):
        draw = random(SEED + n)
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
    """GradientReach(settle=0.9, reset="soft", tau=4, steps=10, kind="rectangle", neuron=20, bar=0):
    `bar` steps back from T the bar lies whose product is written out; 0: where a gate is shut."""

    name = "gradient-reach"
    size = (400, 352)
    controls = (
        Slider("settle", 0.5, 1.2, 0.05, 0.9),
        Choice("reset", RESETS, "soft"),
        Slider("tau", 1.1, 10, 0.1, 4),
        Slider("steps", 2, 16, 1, 10),
        Choice("kind", SURROGATES, "rectangle"),
        Slider("neuron", 1, NEURONS, 1, FIRST),
        Touch("bar", 16, 0),
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
        # the step that the verdict speaks of: the nearest that is shut, or the first
        shown = steps - 1 - params["bar"] if 0 < params["bar"] < steps else max(closed, 0)
        walls = params["reset"] != "none"
        idle = sum(other[1][-2] == 0 for other in found)

        def said(t: int, whole: bool) -> tuple[str, str]:
            return _product(t, decay, reach, gates, walls, whole)

        chain = [_line(*said(shown + 1, True)), _line(*said(shown, False))]
        alone = _product(0, decay, leak, gates, False, False)[1]
        values = {
            "tau": fixed(tau, 1),
            "decay": fixed(decay, 3),
            "back": steps - 1,
            "at": steps - 1 - closed,
            "before": steps - 2 - closed,
            "leak": short(leak[0]),
            "reach": short(abs(reach[0])),
            "mean": short(mean[0]),
            "neuron": neuron,
            "past": short(past),
            "meanPast": short(mean_past),
            "leakPast": short(leak_past),
            "leakSaid": alone,
            "reachSaid": said(0, False)[1],
            "leftSaid": said(closed + 1, True)[1],
            "ever": short(tau - 1),
            "inside": inside,
            "neurons": NEURONS,
            "idle": idle,
            "kind": words["options"][kind],
            "reset": words["resets"][params["reset"]],
            "shown": steps - 1 - shown,
            "product": chain[1],
            "rule": _rule(v, inputs, shown, tau, walls),
        }
        rows = [
            fill(words["chain"], {"at": steps - 2 - shown + k, "product": product})
            for k, product in enumerate(chain)
        ]
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
            "idle": idle,
        }
        settle = params["settle"]
        way = _verdict(params["reset"], reach, leak, closed)
        number = {"shut": "leftSaid", "open": "leakSaid", "ajar": "reachSaid"}.get(way)
        small = number and "×" in values[number]  # too many words: the sum below has it
        verdict = words["v-" + way + ("-small" if small else "")]
        if way not in ("none", "ajar"):
            verdict += " " + words["of-all"][min(idle, 2)]
        return {
            "numbers": numbers,
            "marks": [
                *_potential(v, shown, settle, _most(tau), kind if walls else "", words),
                *(_strip(gates, words) if walls else []),
                *_bars(reach, leak, mean, shown, words),
                *_chain(rows, walls, words),
            ],
            "verdict": fill(verdict, values),
            "sentence": " ".join(
                fill(words[part], values) for part in ("leaks", "gates", "sum", "weight")
            ),
            "grips": [
                [
                    *("settle", "y", LEFT, _height(settle, _most(tau)) - 8, 400 - LEFT, 16),
                    *(_height(0, _most(tau)), 0, _height(1, _most(tau)), 1),
                ],
                [
                    *("bar", "x", LEFT, GATE, RIGHT - LEFT, BASE + 18 - GATE),
                    *(_x(0, steps), steps - 1, _x(steps - 1, steps), 0),
                ],
            ],
        }


def _left(x: float, digits: int = 3) -> str:
    """A share in so many digits; below a thousandth with a power of ten."""
    if x == 0:
        return "0"
    if x < 0.001:
        return f"{fixed(_scaled(x), digits - 1)} × {short(x).split(' × ')[1]}"
    decimals, y = digits - 1, x
    while y < 1:
        decimals, y = decimals + 1, y * 10
    text = fixed(x, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scaled(x: float) -> float:
    """What stands before the power of ten, as `short` has it."""
    while x < 0.995:
        x *= 10
    return x


def _factor(x: float) -> tuple[str, float]:
    """(a factor as it is written, what is written)."""
    if 0 < x < 0.001:
        return f"({_left(x)})", float(fixed(_scaled(x), 2)) * (x / _scaled(x))
    return _left(x), float(_left(x))


def _open(gate: float) -> tuple[str, float]:
    """How far open a gate is, by how far it is shut."""
    if 0 < gate < 0.001:
        return _factor(gate)
    shut = fixed(1 - gate, 3 if gate == 0 or gate >= 0.1 else 4 if gate >= 0.01 else 5)
    shut = shut.rstrip("0").rstrip(".")
    return f"(1 − {shut})", 1 - float(shut)


def _product(
    t: int, decay: float, reach: list, gates: list, walls: bool, whole: bool
) -> tuple[str, str]:
    """(the factors of what is left at step t, what they make): what is left a step nearer to T,
    times decay, times the open gate. The `whole` product from T on, where it is of few decays and
    of open gates. It is given in as many digits as the factors make that are written."""
    back = len(gates) - t
    if whole and back < 5 and all(gate == 1 for gate in gates[t:]):
        factors = [_factor(decay)] * back
    else:
        factors = [_factor(reach[t + 1]), _factor(decay)] + ([_open(gates[t])] if walls else [])
    made = 1.0
    for _, value in factors:
        made *= value
    same = [d for d in (3, 2) if _left(made, d) == _left(reach[t], d)]
    return " × ".join(text for text, _ in factors), _left(reach[t], (*same, 1)[0])


def _line(factors: str, left: str) -> str:
    if factors in ("", left):
        return left
    return f"{factors} {'=' if left == '0' else '≈'} {left}"


def _rule(v: list, inputs: list, t: int, tau: float, walls: bool) -> str:
    """How V came about at step t: decay times what the step before left, and the input over tau."""
    before = v[t - 1] if t else 0.0
    kept = fixed(before, 2)
    if walls and before >= THRESHOLD:
        kept = f"({kept} − {short(THRESHOLD)})"
    return (
        f"{fixed(1 - 1 / tau, 2)} · {kept} + {fixed(inputs[t], 2)} / {short(tau)} ≈ "
        f"{fixed(v[t], 2)}"
    )


def _verdict(reset: str, reach: list[float], leak: list[float], closed: int) -> str:
    if reset == "none":
        return "none"
    if closed >= 0:
        return "shut" if closed < len(reach) - 2 else "at-once"
    return "open" if abs(abs(reach[0]) - leak[0]) < 1e-9 * leak[0] else "ajar"


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


def _most(tau: float) -> float:
    """Of the potential's axis: above all that any neuron reaches at this time constant, whatever
    is dragged or played."""
    return 1.88 if tau >= 4 else 2.4


def _height(value: float, most: float) -> float:
    return 122 - 84 * value / most


def _half(kind: str, share: float) -> float:
    """How far from the threshold the surrogate h is down to this share of its peak."""
    if kind == "rectangle":
        return 0.5
    if kind == "triangle":
        return 1 - share
    if kind == "arctan":
        return math.sqrt(1 / share - 1) / math.pi
    return math.acosh(1 / math.sqrt(share)) / 2


def _potential(v: list, shown: int, settle: float, most: float, kind: str, words: dict) -> list:
    """The neuron shown; that whose product is written out has a dark ring. The darker the ground by
    h, the more a potential there shuts its gate; without a reset (no kind) there is no gate. The
    last step has none: the gradient starts there."""
    steps, window, hard = len(v), bool(kind), kind == "rectangle"

    def y(value: float) -> float:
        return _height(value, most)

    shares = (0.5,) if hard else (0.1, 0.5)
    swatches = (
        ((8, "f-rule", "window"),) if hard else ((8, "f-rule", "half"), (172, "f-soft", "tenth"))
    )
    halves = [_half(kind, share) for share in shares] if window else []
    bands = [(y(min(1 + half, most)), y(1 - half)) for half in halves]
    last = _x(steps - 1, steps) - (RIGHT - LEFT) / steps / 2

    marks = [
        ["text", 8, 13, words["potential"], "bold"],
        ["circle", 102, 9, 4, "f-blue"],
        ["text", 110, 13, words["spike"], ""],
        ["line", 158, 9, 174, 9, "s-ink dash"],
        ["text", 178, 13, words["threshold"], ""],
        ["line", 254, 9, 270, 9, "s-blue thick"],
        ["text", 275, 13, words["level"], ""],
        *(
            mark
            for x, ground, name in (swatches if window else ())
            for mark in (
                ["rect", x, 20, 12, 11, ground + " s-rule"],
                ["text", x + 17, 30, words[name], ""],
            )
        ),
        ["circle", 296, 26, 4, "f-paper s-ink thick"],
        ["text", 306, 30, words["picked"], ""],
        *(
            ["rect", LEFT, top, last - LEFT, low - top, ground]
            for (top, low), ground in zip(
                bands, ("f-rule",) if hard else ("f-soft s-rule", "f-rule")
            )
        ),
        *(
            ["text", LEFT + 4, y(most) + 11, f"↑ {fixed(1 + half, 2)}", "quiet"]
            for half in halves
            if 1 + half > most
        ),
        ["line", LEFT, y(0), RIGHT, y(0), "s-rule"],
        ["line", LEFT, y(1), RIGHT, y(1), "s-ink dash"],
        ["line", RIGHT + 4, y(settle), 398, y(settle), "s-blue thick"],
    ]
    marks += [["text", 30, y(level) + 4, str(level), "end quiet"] for level in range(int(most) + 1)]
    if window:  # down to its gate
        marks.append(["line", _x(shown, steps), y(v[shown]), _x(shown, steps), GATE, "s-ink dots"])
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
            + (" s-ink thick" if t == shown else "" if value >= THRESHOLD else " s-volt thick"),
        ]
        for t, value in enumerate(v)
    ]


def _strip(gates: list, words: dict) -> list:
    """Between the pictures a gate for each step, below its potential and above what it leaves:
    grey from the top as far down as it is shut. The last step's own would lead beyond T."""
    steps = len(gates) + 1
    width = 0.6 * (RIGHT - LEFT) / steps
    marks = [
        ["rect", 8, 128, 274, 14, "f-paper"],  # the leader passes behind the words
        ["rect", 8, 129, 11, 11, "f-paper s-ink"],
        ["rect", 8, 129, 11, 6, "f-rule s-ink"],
        ["text", 25, 139, words["gate"], ""],
        ["text", _x(steps - 1, steps), GATE + 13, words["last"], "mid quiet"],
    ]
    for t, gate in enumerate(gates):
        left, shut = _x(t, steps) - width / 2, TALL * (1 - min(abs(gate), 1))
        marks.append(["rect", left, GATE, width, TALL, "f-paper s-ink"])
        if shut > 0:
            marks.append(["rect", left, GATE, width, shut, "f-rule s-ink"])
    return marks


def _bars(reach: list, leak: list, mean: list, shown: int, words: dict) -> list:
    """What is left at each step: of the neuron shown a bar, of all the mean as a tick."""
    steps = len(reach)
    width = 0.6 * (RIGHT - LEFT) / steps

    def high(value: float) -> float:
        return FULL * min(abs(value), 1.08)

    marks = [
        ["text", 8, 177, words["left"], "bold f-orange"],
        ["rect", 122, 167, 14, 11, "hollow s-ink dots"],
        ["text", 141, 177, words["alone"], ""],
        ["line", 248, 173, 262, 173, "s-ink thick"],
        ["text", 267, 177, fill(words["mean"], {"neurons": NEURONS}), ""],
        ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
        ["text", 30, BASE + 4, "0", "end quiet"],
        ["text", 30, BASE - FULL + 4, "1", "end quiet"],
    ]
    for t in range(steps):
        x, bar, alone = _x(t, steps), high(reach[t]), high(leak[t])
        marks += [
            ["rect", x - width / 2, BASE - bar, width, bar, "f-orange"],
            ["rect", x - width / 2, BASE - alone, width, alone, "hollow s-ink dots"],
            [
                *("text", x, BASE + 14, str(steps - 1 - t)),
                "mid bold" if t == shown else "mid quiet",
            ],
        ]
        if t < steps - 1:  # at T itself it is 1 in all
            level = BASE - high(mean[t])
            marks.append(["line", x - width / 4, level, x + width / 4, level, "s-ink thick"])
    return marks


def _chain(rows: list[str], walls: bool, words: dict) -> list:
    """Below the bars the product that makes the one shown, and the one before it."""
    return [
        ["text", 8, 313, words["each" if walls else "each-free"], "quiet"],
        ["text", 392, 313, words["back"], "end quiet"],
        ["text", 8, 330, rows[0], "f-orange"],
        # bold, the longest leave the picture
        ["text", 8, 346, rows[1], "f-orange" if len(rows[1]) > BOLD else "bold f-orange"],
    ]
