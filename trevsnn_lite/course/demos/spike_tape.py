"""SpikeTape, Eqs. (1) and (9) on a grid: the low bits of a potential that the tape keeps, and how
they pick the one whole number that it was.

The rule is `trevsnn_lite.spike_tape`'s; at a grid of 2^-22 the numbers are those of the library in
float32."""

import math

from trevsnn_lite.course.demo import Demo, Slider, fill, random, short
from trevsnn_lite.course.demos.undo_neuron import bits_taped

NAMED = 48  # letters: in a longer line the numbers stand without their names
STEPS, REACH = 12, 6  # the line shows at least REACH whole numbers on either side of the estimate
LEFT, RIGHT, MIDDLE, HALF = 36, 388, 212, 162


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
    """SpikeTape(bits=0, decay=0.5, undone=12, grid=4, seed=1)."""

    name = "spike-tape"
    size = (400, 312)
    controls = (
        Slider("bits", 0, 6, 1, 0),
        Slider("decay", 0.05, 0.95, 0.01, 0.5),
        Slider("undone", 1, STEPS, 1, STEPS),
        Slider("grid", 3, 22, 1, 4),
        Slider("seed", 0, 99, 1, 1),
    )
    plays = "bits"
    folded = ("undone", "grid", "seed")

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        decay, bits, undone, grid = (params[name] for name in ("decay", "bits", "undone", "grid"))
        found, t = run(decay, bits, grid, params["seed"]), STEPS - undone
        wrong = [k for k in range(t, STEPS) if found["recovered"][k] != found["true"][k]]
        shown = wrong[-1] if wrong else _hardest(found, t)
        error = 0.5 / decay
        inside = len(candidates(found, bits, shown, error))
        marks = _potentials(found, wrong, t, shown, grid, error, words)
        marks += _line(found, bits, shown, decay, words)
        return {
            "numbers": {
                **found,
                "wrong": wrong,
                "shown": shown,
                "needed": bits_taped(decay),
                "inside": inside,
            },
            "marks": marks,
            **_said(params, found, wrong, shown, inside, words),
            "grips": [["undone", "x", LEFT - 12, 20, RIGHT - LEFT + 24, 150, RIGHT, 0, LEFT, 12]],
        }


def candidates(found: dict, bits: int, k: int, error: float) -> list[int]:
    """The whole numbers within `error` of the estimate of V[k] that end in the taped bits: the
    truth is one of them where V[k+1] is right, and where it is the only one, it is found."""
    estimate, apart = found["estimates"][k], 2**bits
    lowest = math.ceil(estimate - error - 1e-6)
    first = lowest + (found["tape"][k] - lowest) % apart
    return list(range(first, math.floor(estimate + error + 1e-6) + 1, apart))


def _hardest(found: dict, t: int) -> int:
    """Of the steps undone that whose estimate was the worst, the latest of equals."""
    return max(range(t, STEPS), key=lambda k: (abs(found["estimates"][k] - found["true"][k]), k))


def _said(params: dict, found: dict, wrong: list, k: int, inside: int, words: dict) -> dict:
    """The verdict and the sentence, about step k."""
    decay, bits, undone = (params[name] for name in ("decay", "bits", "undone"))
    needed, estimate, got, true = (
        bits_taped(decay),
        found["estimates"][k],
        found["recovered"][k],
        found["true"][k],
    )
    values = {
        "t": k,
        "next": k + 1,
        "later": f"{found['recovered'][k + 1]:,}".replace("-", "−"),
        "input": f"{found['inputs'][k]:,}",
        "decay": short(decay),
        "estimate": short(estimate),
        "got": f"{got:,}".replace("-", "−"),
        "true": f"{true:,}",
        "bits": bits,
        "low": _low(found, bits, k),
        "apart": 2**bits,
        "needed": needed,
        "reach": short(0.5 / decay),
        "undone": undone,
        "count": len(wrong),
        "inside": inside,
        "less": f"{min(got, true):,}",
        "more": f"{max(got, true):,}",
    }
    least = 1  # the fewest that are sure; the library packs 1, 2, 4 or 8
    while 2 ** (least - 1) <= 0.5 / decay:
        least += 1
    parts = (
        "undo",
        "nothing" if bits == 0 else "low",
        "right" if got == true else "wrong",
        "all" if not wrong else "some",
        "enough" if bits >= least else "few",
    )
    values["least"] = least
    said = ("few" if bits else "none") if wrong else "right" if bits >= least else "luck"
    if said == "few" and inside == 2 and true < 1000:  # the truth and what was taken for it
        said = "two"
    return {
        "verdict": fill(words["v-" + said], values),
        "sentence": " ".join(fill(words[part], values) for part in parts),
    }


def _low(found: dict, bits: int, k: int) -> str:
    return format(found["tape"][k], f"0{bits}b") if bits else ""


def _power(exponent: int) -> str:
    """2^exponent, short enough for an axis."""
    if exponent < 10:
        return str(2**exponent)
    return "2" + str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _potentials(
    found: dict, wrong: list, t: int, shown: int, grid: int, error: float, words: dict
) -> list:
    """The way forwards as a line, what was undone as dots; a wrong one hangs on the truth. The
    part about the potential that is asked for is framed: the number line shows it larger."""

    def x(step: int) -> float:
        return LEFT + (RIGHT - LEFT) * step / STEPS

    def y(units: float) -> float:
        return 152 - 56 * min(max(units / 2.0**grid, -0.15), 2.15)

    marks = [
        ["text", 8, 13, words["potential"], "bold"],
        ["line", 104, 9, 120, 9, "s-volt thick"],
        ["text", 124, 13, words["forward"], ""],
        ["circle", 192, 9, 4.5, "f-green"],
        ["text", 200, 13, words["recovered"], ""],
        ["circle", 260, 9, 4.5, "f-orange"],
        ["text", 268, 13, words["wrongly"], ""],
        ["path", [320, 13, 324, 8, 328, 13], "s-orange thick"],
        ["text", 333, 13, words["beyond"], ""],
    ]
    for k in (0, 1, 2):
        height = y(k * 2**grid)
        marks.append(["line", LEFT, height, RIGHT, height, "s-grid" if k else "s-rule"])
        text = _power(grid + k - 1) if k else "0"
        marks.append(["text", 32, height + 4, text, "end quiet"])
    centre, half = nearest(found["estimates"][shown]), max(REACH, error + 1.5)
    high, low = y(centre + half), y(centre - half)
    at = x(shown)
    marks += [
        ["rect", at - 8, high - 4, 16, low - high + 8, "f-soft s-rule"],
        # filled, without lines: these had crossed the question
        [
            *("path", [at - 8, low + 4, at + 8, low + 4, RIGHT, 239, MIDDLE - HALF - 14, 239]),
            "filled",
        ],
    ]
    points = [c for step, v in enumerate(found["true"]) for c in (x(step), y(v))]
    marks.append(["path", points, "s-volt thick"])
    for step in wrong:
        from_, to = y(found["true"][step]), y(found["recovered"][step])
        marks.append(["line", x(step), from_, x(step), to, "s-orange"])
    for step in range(t, STEPS + 1):
        at, tip = y(found["recovered"][step]), 5 if found["recovered"][step] < 0 else -5
        if -0.15 <= found["recovered"][step] / 2.0**grid <= 2.15:
            shape = "f-orange" if step in wrong else "f-green"
            marks.append(["circle", x(step), at, 4.5, shape])
        else:  # beyond the picture
            arrow = [x(step) - 4, at - tip, x(step), at, x(step) + 4, at - tip]
            marks.append(["path", arrow, "s-orange thick"])
    colour = " f-orange" if wrong else ""
    for step, place, style in (
        (shown, x(shown), "mid bold halo" + colour),
        (0, x(0), "mid quiet"),
        (STEPS, 398, "end quiet"),
    ):
        if style[-5:] != "quiet" or abs(step - shown) > 1:
            marks.append(["text", place, 178, fill(words["step"], {"t": step}), style])
    return marks


def _line(found: dict, bits: int, k: int, decay: float, words: dict) -> list:
    """The whole numbers about the estimate of V[k]: the band in which the truth lies, those with
    the taped bits as rings, and the nearest of them, which is taken."""
    estimate, got, true = found["estimates"][k], found["recovered"][k], found["true"][k]
    error = 0.5 / decay
    centre = nearest(estimate)
    given = short(estimate) if abs(estimate) < 100 else f"{centre:,}".replace("-", "−")
    taken = "f-green" if got == true else "f-orange"
    values = {
        "t": k,
        "low": _low(found, bits, k),
        "later": f"{found['recovered'][k + 1]:,}",
        "input": f"{found['inputs'][k]:,}",
        "decay": short(decay),
        "estimate": given,
        "reach": short(error),
    }
    half = max(REACH, error + 1.5)
    pitch = HALF / half
    every = math.ceil(27 / pitch - 1e-9)  # so that their numbers have room

    def x(units: float) -> float:
        return MIDDLE + pitch * (units - centre)

    named = fill(words["estimate"], values)
    line = named if len(named) <= NAMED else fill(words["estimate-bare"], values)
    marks = [
        ["rect", x(estimate - error), 239, 2 * error * pitch, 26, "f-soft s-rule"],
        ["text", 8, 200, fill(words["which" if bits else "which-none"], values), "bold"],
        ["line", LEFT, 252, RIGHT, 252, "s-rule"],
        ["line", x(estimate), 234, x(estimate), 266, "s-ink thick"],
        ["text", x(estimate), 227, line, "mid"],
    ]
    inside = set(candidates(found, bits, k, error))
    for units in range(centre - math.floor(half), centre + math.floor(half) + 1):
        alike = (units - found["tape"][k]) % 2**bits == 0
        if not alike:
            marks.append(["circle", x(units), 252, 2.5, "f-rule"])
        elif units == got:
            marks.append(["circle", x(units), 252, 7, taken])
        else:
            ring = "f-paper s-ink thick" if units in inside else "f-paper s-ink"
            marks.append(["circle", x(units), 252, 6, ring])
        if abs(centre) < 93 and units != got and (units - got) % every == 0:
            text = str(units).replace("-", "−")
            marks.append(["text", x(units), 281, text, "mid quiet"])
    marks.append(["circle", x(true), 252, 10.5, "hollow s-volt thick"])
    marks.append(["text", x(got), 281, f"{got:,}".replace("-", "−"), "mid bold"])
    for left, radius, shape, word in (
        (20, 6, "f-paper s-ink", "same" if bits else "any"),
        (188, 6, taken, "taken"),
        (304, 7, "hollow s-volt thick", "truth"),
    ):
        text = fill(words[word], values)
        marks += [["circle", left, 302, radius, shape], ["text", left + 12, 306, text, ""]]
    return marks
