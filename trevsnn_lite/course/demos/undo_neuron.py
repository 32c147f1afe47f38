"""UndoNeuron, Eqs. (1) and (9): one turned-on neuron run forwards, then undone from its last
potential, with p bits of precision or with a tape.

Without the tape every sum, product and quotient is rounded to p significant bits. With it the
potentials live on a grid, and the lowest bits of each,
which undoing would lose, are kept: the rule of `trevsnn_lite.spike_tape`."""

import math

from trevsnn_lite.course.demo import Demo, Slider, Switch, fill, fixed, random, short

THRESHOLD = 1.0
NAMED = 53  # letters: in a longer line the numbers stand without their names
START = 0.4
LEFT, RIGHT = 44, 392


def rounded(x: float, bits: int) -> float:
    """x to `bits` significant bits (Veltkamp's splitting), without a limit on the exponent: 24 is
    float32, 11 float16, 8 bfloat16."""
    scaled = x * (2.0 ** (53 - bits) + 1) if bits < 53 else x
    return scaled - (scaled - x) if bits < 53 else x


def bits_taped(decay: float) -> int:
    """Bits a step that tell the true potential from its neighbours: 1, 2, 4 or 8 (packed into
    bytes)."""
    bits = 1
    while 2 ** (bits - 1) < 0.5 / decay + 0.25:
        bits *= 2
    return bits


def inputs_of(decay: float, steps: int, bits: int, seed: int) -> list[float]:
    draw = random(seed)
    return [rounded(2 * (1 - decay) * draw(), bits) for _ in range(steps)]


def run(
    decay: float, steps: int, bits: int, seed: int, tape: bool
) -> tuple[list[float], list[float]]:
    """(V[0..T] forwards, V[0..T] recovered from V[T] and the inputs)."""
    inputs = inputs_of(decay, steps, bits, seed)
    grid, modulus = 2.0 ** -min(bits - 2, 44), 2 ** bits_taped(decay)
    v = [round(START / grid) * grid if tape else rounded(START, bits)]
    for current in inputs:
        v.append(
            round((decay * v[-1] + current) / grid) * grid
            if tape
            else rounded(rounded(decay * v[-1], bits) + current, bits)
        )
    recovered = v[-1:]
    for t in range(steps - 1, -1, -1):
        if tape:
            count = v[t] / grid
            low = count - modulus * math.floor(count / modulus)
            near = (recovered[-1] - inputs[t]) / decay / grid
            recovered.append((round((near - low) / modulus) * modulus + low) * grid)
        else:
            recovered.append(rounded(rounded(recovered[-1] - inputs[t], bits) / decay, bits))
    return v, recovered[::-1]


class UndoNeuron(Demo):
    """UndoNeuron(undone=12, decay=0.5, bits=24, tape=False, steps=32, seed=1)."""

    name = "undo-neuron"
    size = (400, 344)
    controls = (
        Slider("undone", 0, 64, 1, 12, limit="steps"),
        Slider("decay", 0.05, 0.99, 0.01, 0.5),
        Slider("bits", 2, 53, 1, 24),
        Switch("tape"),
        Slider("steps", 2, 64, 1, 32),
        Slider("seed", 0, 99, 1, 1),
    )
    plays = "undone"
    folded = ("steps", "seed")

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        decay, steps, bits, tape = (params[name] for name in ("decay", "steps", "bits", "tape"))
        undone = min(params["undone"], steps)
        v, recovered = run(decay, steps, bits, params["seed"], tape)
        errors = [abs(recovered[steps - k] - v[steps - k]) for k in range(undone + 1)]
        flips = [
            t
            for t in range(max(1, steps - undone), steps)
            if (v[t] >= THRESHOLD) != (recovered[t] >= THRESHOLD)
        ]
        numbers = {
            "forward": v,
            "recovered": recovered[steps - undone :],
            "errors": errors,
            "flips": flips,
            "tape_bits": bits_taped(decay) if tape else 0,
        }
        marks = _potentials(v, recovered, flips, undone, errors, words)
        if undone:  # Eq. (9) at the last step undone, as it was computed
            at = steps - undone
            given = inputs_of(decay, steps, bits, params["seed"])[at]
            values = {
                "at": at,
                "later": short(recovered[at + 1]),
                "input": short(given),
                "decay": short(decay),
                "now": short(recovered[at]),
            }
            named = fill(words["undo"], values)
            line = named if len(named) <= NAMED else fill(words["undo-bare"], values)
            marks.append(["text", 8, 30, line, "bold"])
        if tape:
            marks += _tape(v, decay, bits, undone, words)
        else:
            marks += _errors(errors, decay, bits, steps, words)
        return {
            "numbers": numbers,
            "marks": marks,
            **_said(params, undone, v, recovered, flips, words),
            "grips": [["undone", "x", LEFT, 20, RIGHT - LEFT, 168, RIGHT, 0, LEFT, steps]],
        }


def _x(t: int, steps: int) -> float:
    return LEFT + (RIGHT - LEFT) * t / steps


def _y(v: float) -> float:
    return 118 - 37 * min(max(v, -0.15), 2.15)


def _point(x: float, v: float) -> list:
    """A circle, or an arrowhead at the edge of the picture where the potential lies beyond it."""
    if -0.15 <= v <= 2.15:
        return ["circle", x, _y(v), 3, "hollow s-orange thick"]
    tip = 4 if v < 0 else -4
    return [
        "path",
        [x - 3, _y(v) - tip / 2, x, _y(v) + tip / 2, x + 3, _y(v) - tip / 2],
        "s-orange thick",
    ]


def _potentials(
    v: list, recovered: list, flips: list, undone: int, errors: list, words: dict
) -> list:
    steps = len(v) - 1
    first = steps - undone
    marks = [
        ["text", 8, 13, words["potential"], "bold"],
        ["line", 130, 9, 150, 9, "s-blue thick"],
        ["text", 155, 13, words["forward"], ""],
        ["circle", 222, 9, 3, "hollow s-orange thick"],
        ["text", 230, 13, words["recovered"], ""],
        ["line", 306, 9, 326, 9, "s-ink dash"],
        ["text", 331, 13, words["threshold"], ""],
        ["line", LEFT, _y(1), RIGHT, _y(1), "s-ink dash"],
        ["line", LEFT, _y(0), RIGHT, _y(0), "s-rule"],
    ]
    marks += [["text", 24, _y(level) + 4, str(level), "end quiet"] for level in (0, 1, 2)]
    marks.append(
        ["path", [c for t in range(steps + 1) for c in (_x(t, steps), _y(v[t]))], "s-blue thick"]
    )
    marks += [_point(_x(t, steps), recovered[t]) for t in range(first, steps + 1)]
    marks.append(["text", 8, 145, words["spikes"], "bold"])
    for row, values, start, colour in (
        (0, v, 1, "f-blue"),
        (1, recovered, max(first, 1), "f-orange"),
    ):
        y = 151 + 15 * row
        marks += [
            ["rect", _x(t, steps) - 1.5, y, 3, 11, colour]
            for t in range(start, steps + 1)
            if values[t] >= THRESHOLD
        ]
        marks.append(["line", LEFT, y + 12, RIGHT, y + 12, "s-rule"])
    for t in flips:
        marks += _cross(_x(t, steps), 185)
    if any(not -0.15 <= recovered[t] <= 2.15 for t in range(first, steps + 1)) or max(errors) > 1e3:
        marks.append(["path", [185, 143, 188, 139, 191, 143], "s-orange thick"])
        marks.append(["text", 197, 145, words["beyond"], ""])
    return marks + ([*_cross(74, 141), ["text", 84, 145, words["cross"], ""]] if flips else [])


def _cross(x: float, y: float) -> list:
    return [
        ["line", x - 4, y - 4, x + 4, y + 4, "s-ink thick"],
        ["line", x - 4, y + 4, x + 4, y - 4, "s-ink thick"],
    ]


def _tape(v: list, decay: float, bits: int, undone: int, words: dict) -> list:
    """What the tape takes: the low bits of each potential, a column a step, the lowest below;
    those that a step back has read in colour."""
    taped, steps, grid = bits_taped(decay), len(v) - 1, 2.0 ** -min(bits - 2, 44)
    side = min(9.0, (RIGHT - LEFT) / steps - 1)
    values = {"tapebits": taped, "total": taped * steps, "steps": steps, "stored": bits * steps}
    marks: list = [["text", 8, 206, fill(words["tape-title"], values), "bold"]]
    for t in range(steps):
        count = math.floor(v[t] / grid + 0.5)
        read = "f-orange" if t >= steps - undone else "f-rule"
        for row in range(taped):
            one = count // 2**row % 2 == 1
            shape = read if one else "hollow " + read.replace("f-", "s-")
            marks.append(["rect", _x(t, steps) - side / 2, 300 - 11 * row, side, side, shape])
    return [*marks, ["text", 8, 332, fill(words["tape-cost"], values), ""]]


def _errors(errors: list, decay: float, bits: int, steps: int, words: dict) -> list:
    def height(exponent: float) -> float:
        return 320 - 5 * (min(max(exponent, -17.0), 3.0) + 17)  # 10³ stays below the heading

    marks = [["text", 8, 206, words["error"], "bold"]]
    for exponent, label in ((-16, "10⁻¹⁶"), (-8, "10⁻⁸"), (0, "1")):
        marks.append(["line", 44, height(exponent), RIGHT, height(exponent), "s-rule"])
        marks.append(["text", 40, height(exponent) + 4, label, "end quiet"])
    if all(error == 0 for error in errors):
        marks.append(["text", 205, 253, words["exact" if len(errors) > 1 else "yet"], "mid"])
    else:
        slope, origin = -math.log10(decay), -bits * math.log10(2)
        shown = [k for k in range(steps + 1) if origin + slope * k <= 3]
        line = [c for k in shown for c in (_x(steps - k, steps), height(origin + slope * k))]
        marks.append(["path", line, "s-blue dash"])
        # the growth stands along the line: below it, where it rises to the left, else above
        k = shown[len(shown) // 2]
        at, level = _x(steps - k, steps), height(origin + slope * k)
        below = level + 22 <= 314
        text, place = (
            fill(words["growth"], {"factor": short(1 / decay)}),
            level + (22 if below else -8),
        )
        style = "end halo f-blue" if below else "mid halo f-blue"
        marks.append(["text", max(at - 10, 212) if below else 220, place, text, style])
        if bits >= 24 and origin + slope * steps <= 3:
            marks.append(["text", RIGHT, height(0) - 4, words["as-large"], "end quiet"])
        last = [short(error) for error in errors[-2:]]
        said = fill(words["from-to"], {"was": last[0], "size": last[-1]})
        marks.append(["text", 392, 206, said, "end f-orange"])
        marks.append(["text", 125, 336, words["predicted"], "quiet"])
        marks.append(["line", 100, 332, 120, 332, "s-blue dash"])
    for k, error in enumerate(errors):
        x = _x(steps - k, steps)  # under its circle
        if error > 1e3:  # an arrowhead where it lies above the plot
            marks.append(["path", [x - 3, 222, x, 218, x + 3, 222], "s-orange thick"])
        elif error > 0:
            marks.append(["circle", x, height(math.log10(error)), 2.5, "f-orange"])
        elif k:
            marks.append(["circle", x, 320, 2.5, "f-paper s-orange"])
    if 0 in errors[1:]:
        marks.append(["circle", 282, 332, 2.5, "f-paper s-orange"])
        marks.append(["text", 290, 336, words["no-error"], "quiet"])
    return marks


def _said(params: dict, undone: int, v: list, recovered: list, flips: list, words: dict) -> dict:
    """The verdict and the sentence."""
    decay, steps, bits = (params[name] for name in ("decay", "steps", "bits"))
    taped, at = bits_taped(decay), steps - undone
    kind = words["formats"].get(str(bits))
    values = {
        "decay": fixed(decay, 2),
        "tau": fixed(1 / (1 - decay), 2),
        "bits": bits,
        "format": fill(words["precision"], {"kind": kind}) if kind else "",
        "factor": fixed(1 / decay, 2),
        "grid": short(2.0 ** -min(bits - 2, 44)),
        "tapebits": taped,
        "total": taped * steps,
        "stored": bits * steps,
        "steps": steps,
        "undone": undone,
        "at": at,
        "now": short(recovered[at]),
        "then": short(v[at]),
        "size": short(abs(recovered[at] - v[at])).replace(" ", "\u00a0"),  # on one line
        "count": len(flips),
    }
    who = "forgets" if kind else "forget"
    values["forgets"] = fill(words[who], {"kind": kind[0].upper() + kind[1:] if kind else bits})
    if flips:
        values |= {"first": flips[-1], "back": steps - flips[-1]}
    exactly, same = recovered[at] == v[at], short(recovered[at]) == short(v[at])
    middle = "none" if undone == 0 else "exactly" if exactly else "close" if same else "wrong"
    parts = [
        "taped" if params["tape"] else "float",
        middle,
        *([] if undone == 0 else ["flips" if flips else "noflip"]),
    ]
    verdict = (
        "none"
        if undone == 0
        else "flips"
        if flips
        else "wrong"
        if not exactly
        else "exactly"
        if not params["tape"]
        else "taped"
        if taped < bits
        else "vain"
    )
    return {
        "verdict": fill(words["v-" + verdict], values),
        "sentence": " ".join(fill(words[part], values) for part in parts),
    }
