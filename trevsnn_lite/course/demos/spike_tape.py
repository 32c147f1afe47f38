"""SpikeTape, Eqs. (1) and (9) on a grid: the low bits of a potential that the tape keeps, and how
they pick the one whole number that it was.

The rule is `trevsnn_lite.spike_tape`'s; at a grid of 2^-22 the numbers are those of the library in
float32."""

import math

from trevsnn_lite.course.demo import Demo, Slider, fill, fixed, random, short
from trevsnn_lite.course.demos.undo_neuron import bits_taped

STEPS, THRESHOLD, REACH = (
    12,
    1.0,
    6,
)  # the picture shows REACH grid points on either side of the estimate
LEFT, RIGHT, MIDDLE, PITCH = 36, 392, 226, 26


def nearest(x: float) -> int:
    """The whole number nearest to x, halves to the even one, as torch rounds."""
    below = math.floor(x)
    return below + (x - below > 0.5 or (x - below == 0.5 and below % 2 == 1))


def run(decay: float, bits: int, grid: int, seed: int) -> dict:
    """In units of 2^-grid: `true` V[0..T], `inputs`, the `tape` (V[t] modulo 2^bits, t = 0..T-1),
    `estimates` of Eq. (9) and `recovered` V[0..T]."""
    draw = random(seed)
    inputs = [math.floor(2 * (1 - decay) * draw() * 2.0**grid) for _ in range(STEPS)]
    true = [math.floor(0.4 * 2.0**grid)]
    for current in inputs:
        true.append(nearest(decay * true[-1] + current))
    tape, modulus = [v % 2**bits for v in true[:-1]], 2**bits
    estimates, recovered = [], true[-1:]
    for current, low in zip(reversed(inputs), reversed(tape)):
        estimates.append((recovered[-1] - current) / decay)
        recovered.append(low + modulus * nearest((estimates[-1] - low) / modulus))
    return {
        "true": true,
        "inputs": inputs,
        "tape": tape,
        "estimates": estimates[::-1],
        "recovered": recovered[::-1],
    }


class SpikeTape(Demo):
    """SpikeTape(decay=0.5, bits=2, undone=5, grid=4, seed=1)."""

    name = "spike-tape"
    size = (400, 330)
    controls = (
        Slider("decay", 0.05, 0.95, 0.01, 0.5),
        Slider("bits", 0, 8, 1, 2),
        Slider("undone", 1, STEPS, 1, 5),
        Slider("grid", 3, 22, 1, 4),
        Slider("seed", 0, 99, 1, 1),
    )
    plays = "undone"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        decay, bits, undone, grid = (params[name] for name in ("decay", "bits", "undone", "grid"))
        found, t = run(decay, bits, grid, params["seed"]), STEPS - undone
        wrong = [k for k in range(t, STEPS) if found["recovered"][k] != found["true"][k]]
        marks = (
            _potentials(found, wrong, t, grid, words)
            + _tape(found, bits, t, words)
            + _line(found, bits, t, words)
        )
        return {
            "numbers": {**found, "wrong": wrong, "needed": bits_taped(decay)},
            "marks": marks,
            **_said(params, found, wrong, t, words),
            "grips": [["undone", "x", LEFT - 12, 20, RIGHT - LEFT, 168, RIGHT, 0, LEFT, STEPS]],
        }


def _said(params: dict, found: dict, wrong: list, t: int, words: dict) -> dict:
    """The verdict and the sentence."""
    decay, bits, grid, undone = (params[name] for name in ("decay", "bits", "grid", "undone"))
    needed, estimate, got, true = (
        bits_taped(decay),
        found["estimates"][t],
        found["recovered"][t],
        found["true"][t],
    )
    values = {
        "t": t,
        "next": t + 1,
        "later": f"{found['recovered'][t + 1]:,}".replace("-", "−"),
        "input": f"{found['inputs'][t]:,}",
        "decay": fixed(decay, 2),
        "estimate": short(estimate),
        "got": f"{got:,}".replace("-", "−"),
        "true": f"{true:,}",
        "bits": bits,
        "low": format(found["tape"][t], f"0{bits}b") if bits else "",
        "apart": 2**bits,
        "needed": needed,
        "reach": fixed(0.5 / decay, 1),
        "grid": grid,
        "undone": undone,
        "count": len(wrong),
        "first": wrong[-1] if wrong else t,
        "kept": bits * STEPS,
        "whole": (grid + 2) * STEPS,
    }
    parts = (
        "undo",
        "nothing" if bits == 0 else "low",
        "right" if got == true else "wrong",
        "all" if not wrong else "some",
        "enough" if bits >= needed else "few",
    )
    right = "v-again" if wrong else "v-right"
    said = right if got == true else "v-first" if wrong == [t] else "v-wrong"
    return {
        "verdict": fill(words[said], values),
        "sentence": " ".join(fill(words[part], values) for part in parts),
    }


def _potentials(found: dict, wrong: list, t: int, grid: int, words: dict) -> list:
    def x(step: int) -> float:
        return LEFT + (RIGHT - LEFT) * step / STEPS

    def y(units: float) -> float:
        return 116 - 42 * min(max(units / 2.0**grid, -0.15), 2.15)

    marks = [
        ["text", 8, 13, words["potential"], "bold"],
        ["line", 130, 9, 150, 9, "s-blue thick"],
        ["text", 155, 13, words["forward"], ""],
        ["circle", 222, 9, 3, "hollow s-orange thick"],
        ["text", 230, 13, words["recovered"], ""],
        ["circle", 304, 9, 3, "f-orange s-orange"],
        ["text", 312, 13, words["wrongly"], ""],
    ]
    lines = range(2 * 2**grid + 1) if grid <= 4 else (0, 2**grid, 2 * 2**grid)
    marks += [
        ["line", LEFT, y(k), RIGHT, y(k), "s-rule" if k % 2**grid == 0 else "s-grid"] for k in lines
    ]
    marks += [["text", 30, y(k * 2**grid) + 4, str(k), "end quiet"] for k in (0, 1, 2)]
    marks += [
        ["line", x(t), 20, x(t), 122, "s-ink dots"],
        *([["line", x(wrong[-1]), 20, x(wrong[-1]), 122, "s-orange thick"]] if wrong else []),
        [
            "path",
            [c for step, v in enumerate(found["true"]) for c in (x(step), y(v))],
            "s-blue thick",
        ],
    ]
    for step in range(t, STEPS + 1):
        at, tip = y(found["recovered"][step]), 4 if found["recovered"][step] < 0 else -4
        if -0.15 <= found["recovered"][step] / 2.0**grid <= 2.15:
            marks.append(
                [
                    "circle",
                    x(step),
                    at,
                    3,
                    "f-orange s-orange" if step in wrong else "hollow s-orange thick",
                ]
            )
        else:  # beyond the picture
            marks.append(
                [
                    "path",
                    [x(step) - 3, at - tip / 2, x(step), at + tip / 2, x(step) + 3, at - tip / 2],
                    "s-orange thick",
                ]
            )
    if wrong and wrong[-1] > t + 1:
        name = fill(words["step"], {"t": wrong[-1]})
        marks.append(["text", min(x(wrong[-1]), 360), 136, name, "mid bold f-orange"])
    return [
        *marks,
        ["text", min(max(x(t), 50), 360), 136, fill(words["step"], {"t": t}), "mid bold"],
    ]


def _tape(found: dict, bits: int, t: int, words: dict) -> list:
    """One box a step: the remainder that was written going forwards; those not yet read going back
    are pale."""
    marks = [["text", 8, 158, fill(words["tape"], {"bits": bits, "apart": 2**bits}), "bold"]]
    width = (RIGHT - LEFT) / STEPS
    for step, low in enumerate(found["tape"]):
        marks.append(
            [
                "rect",
                LEFT + width * (step - 0.5) + 2,
                166,
                width - 4,
                20,
                "f-soft s-orange thick" if step == t else "f-soft s-rule",
            ]
        )
        marks.append(
            [
                "text",
                LEFT + width * step,
                180,
                str(low) if bits else "–",
                "mid bold" if step == t else "mid" if step > t else "mid quiet",
            ]
        )
    return marks


def _line(found: dict, bits: int, t: int, words: dict) -> list:
    """The whole numbers about the estimate of V[t]: those with the taped bits are marked, the
    nearest of them is taken."""
    estimate, got, true = found["estimates"][t], found["recovered"][t], found["true"][t]
    centre = nearest(estimate)
    given = short(estimate) if abs(estimate) < 100 else f"{centre:,}".replace("-", "−")

    def x(units: float) -> float:
        return MIDDLE + PITCH * (units - centre)

    marks = [
        ["text", 8, 212, fill(words["which"], {"t": t}), "bold"],
        ["line", LEFT, 268, RIGHT, 268, "s-rule"],
        ["line", x(estimate), 234, x(estimate), 242, "s-ink thick"],
        ["line", x(estimate), 258, x(estimate), 280, "s-ink thick"],
        ["text", x(estimate), 230, fill(words["estimate"], {"estimate": given}), "mid"],
        ["text", 8, 254, fill(words["rest"], {"apart": 2**bits}), "quiet"],
    ]
    for units in range(centre - REACH, centre + REACH + 1):
        if units > centre - REACH + 1 or bits < 7:
            marks.append(
                [
                    "text",
                    x(units),
                    254,
                    str(units % 2**bits),
                    "mid quiet" if (units - found["tape"][t]) % 2**bits else "mid bold",
                ]
            )
        if (units - found["tape"][t]) % 2**bits:
            marks.append(["circle", x(units), 268, 3, "f-rule"])
        else:
            marks.append(
                [
                    "circle",
                    x(units),
                    268,
                    7,
                    "f-orange" if units == got else "f-paper s-orange thick",
                ]
            )
    if abs(true - centre) <= REACH:
        marks.append(["circle", x(true), 268, 11, "hollow s-blue thick"])
    else:  # beyond the line: said at its end
        left = true < centre
        text = fill(words["left-of" if left else "right-of"], {"true": f"{true:,}"})
        marks.append(["text", 8 if left else RIGHT, 288, text, "bold" if left else "end bold"])
    place, style = (
        (x(got), "mid bold")
        if abs(got - centre) <= REACH
        else (8, "bold")
        if got < centre
        else (RIGHT, "end bold")
    )
    marks.append(["text", place, 303, f"{got:,}".replace("-", "−"), style])
    for left, shape, word in (
        (20, "f-paper s-orange thick", "same"),
        (150, "f-orange", "taken"),
        (276, "hollow s-blue thick", "truth"),
    ):
        marks += [["circle", left, 319, 6, shape], ["text", left + 11, 323, words[word], ""]]
    return marks
