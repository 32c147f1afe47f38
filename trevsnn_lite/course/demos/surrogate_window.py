"""SurrogateWindow, Eq. (5): the surrogate h over sixty potentials, and which of them learn."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, random, short

SURROGATES = ("rectangle", "arctan", "sigmoid", "triangle")
NEURONS, SPREAD = 60, 0.8
NOTHING, LITTLE = 0.001, 0.1  # of the error: below the first a neuron is counted as cut off
ENDING = ("rectangle", "triangle")  # 0 outside a window; the others are 0 nowhere
LOW, HIGH = -4, 3  # of the picture: no neuron lies beyond
GRID = [LOW + 0.02 * k for k in range(351)]
LEFT, RIGHT, RADIUS = 38, 392, 3.4
UNIT = 60  # of the axis at every setting; a narrower window leaves the picture
TIMES, FLOOR = 10, 308  # how much higher the strip draws, and its axis; it ends at LITTLE


def surrogate(kind: str, x: float, width: float) -> float:
    """h(x / width) / width for the h of `trevsnn_lite.spikes`: of another width, area 1."""
    x = abs(x / width)
    if kind == "rectangle":
        return (1.0 if x <= 0.5 else 0.0) / width
    if kind == "triangle":
        return max(0.0, 1 - x) / width
    if kind == "arctan":
        return 1 / (1 + (math.pi * x) ** 2) / width
    s = 1 / (1 + math.exp(-4 * x))
    return 4 * s * (1 - s) / width


def distances(mean: float, spread: float = SPREAD) -> list[float]:
    """Sixty draws of V - V_th, nearly normal: sums of twelve uniform numbers, the same in both
    languages."""
    draw = random(1)
    return [mean + spread * (sum(draw() for _ in range(12)) - 6) for _ in range(NEURONS)]


class SurrogateWindow(Demo):
    """SurrogateWindow(width=1, kind="rectangle", mean=-1.2)."""

    name = "surrogate-window"
    size = (400, 344)
    controls = (
        Slider("width", 0.1, 4, 0.1, 1),
        Choice("kind", SURROGATES, "rectangle"),
        Slider("mean", -2, 1, 0.1, -1.2),
    )
    plays = "width"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        kind, width = params["kind"], params["width"]
        x = distances(params["mean"])
        h = [surrogate(kind, at, width) for at in x]
        peak = surrogate(kind, 0.0, width)
        passed = sum(value >= NOTHING for value in h)
        little = sum(NOTHING <= value < LITTLE for value in h)
        cut = kind in ENDING and all(value == 0 or value >= NOTHING for value in h)
        values = {
            "kind": words["options"][kind],
            "width": fixed(width, 1),
            "peak": short(peak),
            "most": short(max(h)),
            "passed": passed,
            "out": NEURONS - passed,
            "rest": words["rest-none" if cut else "rest-little"],
            "lost": ""
            if passed == NEURONS
            else fill(words["lost-none" if cut else "lost-little"], {"out": NEURONS - passed}),
            "little": little,
            "neurons": NEURONS,
            "average": fixed(sum(h) / NEURONS, 3),
            "times": TIMES,
            "base": fixed(2 * width, 1),  # of a triangle; its width is that at half its height
        }
        base = ground(kind)
        knob = _y(surrogate(kind, width / 2, width), base)
        if (
            kind == "rectangle"
        ):  # on its upright side, clear of the mark where it leaves the picture
            knob = (knob + base) / 2
        return {
            "numbers": {"x": x, "h": h, "passed": passed, "little": little},
            "marks": _window(kind, width, peak, x, h, values, words)
            + ([] if kind in ENDING else _strip(kind, width, x, h, values, words))
            + _neurons(x, h, base),
            "verdict": fill(words["v-" + _verdict(kind, passed, little, peak, max(h))], values),
            "sentence": " ".join(fill(words[part], values) for part in ("space", "who")),
            "grips": [
                ["width", "x", _x(width / 2) - 9, 20, 18, knob - 14, _x(0), 0, _x(1), 2],
                ["mean", "x", LEFT, base + 1, RIGHT - LEFT, 62, _x(0), 0, _x(1), 1],
            ],
        }


def _verdict(kind: str, passed: int, little: int, peak: float, most: float) -> str:
    if passed == NEURONS and little:
        return "tails"
    if passed == 0:
        return "none" if kind in ENDING else "faint"
    return "loud" if most > 1 else "wide" if peak < 1 else "some"


def _x(at: float) -> float:
    return LEFT + (RIGHT - LEFT) * (min(max(at, LOW), HIGH) - LOW) / (HIGH - LOW)


def ground(kind: str) -> float:
    """Where the axis lies: a curve without tails has the strip's room too."""
    return 226 if kind in ENDING else 158


def _y(h: float, base: float) -> float:
    """At the height 26 the picture ends."""
    return max(base - UNIT * h, 26)


def _window(
    kind: str, width: float, peak: float, x: list, h: list, values: dict, words: dict
) -> list:
    """The surrogate, in whose window an error gets through: at each neuron a bar of the height h,
    the factor of its error."""
    base = ground(kind)
    points = [(at, surrogate(kind, at, width)) for at in GRID]
    if kind == "rectangle":  # its sides are upright
        half = width / 2
        points = [(LOW, 0), (-half, 0), (-half, peak), (half, peak), (half, 0), (HIGH, 0)]
    curve = [c for at, h in points for c in (_x(at), _y(h, base))]
    marks = [["text", 8, 13, words["can"], "bold"], ["text", 258, 13, words["cannot"], "bold"]]
    faint = kind not in ENDING or any(0 < value < NOTHING for value in h)
    for left, shape, word in (
        (94, "f-volt s-volt", "gets"),
        (164, "f-paper s-volt thick", "little"),
        (323, "f-rule s-rule", "faint" if faint else "nothing"),
    ):
        marks += [["circle", left, 9, 4.5, shape], ["text", left + 9, 13, words[word], ""]]
    marks += [
        ["path", [_x(LOW), base, *curve, _x(HIGH), base], "filled"],
        *(
            [
                "line",
                _x(at),
                base,
                _x(at),
                _y(value, base),
                "s-volt thick" if value >= LITTLE else "s-volt",
            ]
            for at, value in sorted(zip(x, h))
            if value >= NOTHING
        ),
        ["line", LEFT, base, RIGHT, base, "s-rule"],
        ["line", _x(0), 22, _x(0), FLOOR + 4, "s-ink dash"],
        *(["line", _x(at), base - 3, _x(at), FLOOR + 4, "s-rule"] for at in (-2, 2)),
        ["path", curve, "s-blue thick"],
    ]
    marks += [
        ["text", 32, _y(v, base) + 4, str(v), "end quiet"]
        for v in range(int((base - 26) / UNIT) + 1)
    ]
    if base - UNIT * peak < 26:  # broken at the top
        marks.append(["line", _x(0) - 14, 31, _x(0) + 14, 25, "s-ink"])
        marks.append(["text", _x(0) - 18, 32, f"↑ {short(peak)}", "end bold halo"])
    area = fill(words["areas"].get(kind, words["areas"]["other"]), values)
    marks += [["text", LEFT + 8, 54, words["area"], ""], ["text", LEFT + 8, 71, area, "quiet"]]
    for at, label in ((-2, "−2"), (0, words["threshold"]), (2, "+2")):
        marks.append(["text", _x(at), FLOOR + 15, label, "mid" if at == 0 else "mid quiet"])
    marks.append(["text", _x(0) + 24, 54, words["fires"], ""])
    return [*marks, ["text", RIGHT, FLOOR + 31, words["axis"], "end quiet"]]


def _strip(kind: str, width: float, x: list, h: list, values: dict, words: dict) -> list:
    """The lowest part of the window, up to LITTLE, once more and TIMES as high, in a frame and on
    an axis of its own: what lies higher leaves it at the top."""

    def y(share: float) -> float:
        return FLOOR - TIMES * UNIT * min(share, LITTLE)

    base, low = ground(kind), ground(kind) - UNIT * LITTLE
    edge, top = width * _reach(kind, LITTLE * width), y(LITTLE)
    outside = [(at, surrogate(kind, at, width)) for at in GRID if abs(at) > edge + 1e-9]
    tails = (
        [*(p for p in outside if p[0] < 0), (-edge, LITTLE)],
        [(edge, LITTLE), *(p for p in outside if p[0] > 0)],
    )
    left, right = ([c for at, share in tail for c in (_x(at), y(share))] for tail in tails)
    wide = RIGHT - LEFT
    return [
        # where it lies in the window, and what leads from there to the strip
        ["rect", LEFT, low, wide, base - low, "hollow s-grid"],
        *(["line", side, base, side, top, "s-grid"] for side in (LEFT, RIGHT)),
        ["rect", LEFT, top, wide, FLOOR - top, "hollow s-rule"],
        ["path", [_x(LOW), FLOOR, *left, *right, _x(HIGH), FLOOR], "filled"],
        *(
            ["line", _x(at), FLOOR, _x(at), y(value), "s-volt thick"]
            for at, value in sorted(zip(x, h))
            if value >= NOTHING
        ),
        *(["path", curve, "s-blue thick"] for curve in (left, right)),
        ["text", LEFT + 8, top - 5, fill(words["strip"], values), "halo"],
        *(["text", 32, y(share) + 4, str(share), "end quiet"] for share in (0, LITTLE)),
    ]


def _reach(kind: str, share: float) -> float:
    """How far from the threshold, in widths, h is down to this share of its peak."""
    if kind == "arctan":
        return math.sqrt(1 / share - 1) / math.pi
    return math.acosh(1 / math.sqrt(share)) / 2


def _neurons(x: list, h: list, base: float) -> list:
    """A dot for each below the axis, as high as those left of it leave room."""
    marks, rows = [], []
    for at, value in sorted(zip(x, h)):
        place = _x(at)
        row = next((k for k, last in enumerate(rows) if place - last >= 2 * RADIUS), len(rows))
        rows[row : row + 1] = [place]
        shape = (
            "f-rule s-rule"
            if value < NOTHING
            else "f-paper s-volt thick"
            if value < LITTLE
            else "f-volt s-volt"
        )
        marks.append(["circle", place, base + 3 + RADIUS + 2 * RADIUS * row, RADIUS - 0.6, shape])
    return marks
