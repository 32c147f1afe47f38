"""SurrogateWindow, Eq. (5): the surrogate h over sixty potentials, and which of them learn."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, random, short

SURROGATES = ("rectangle", "arctan", "sigmoid", "triangle")
NEURONS, SPREAD = 60, 0.8
NOTHING, LITTLE = 0.001, 0.1  # of the error: below the first a neuron is counted as cut off
ENDING = ("rectangle", "triangle")  # 0 outside a window; the others are 0 nowhere
LOW, HIGH = -4, 3  # of the picture: no neuron lies beyond
GRID = [LOW + 0.02 * k for k in range(351)]
LEFT, RIGHT, BASE, RADIUS = 38, 392, 172, 3.4
LENS = 20  # how much higher the tails are drawn: those under LITTLE are under 2 then
TOP = 2.2  # of the axis at every setting; a narrower window leaves the picture


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
    size = (400, 276)
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
        values = {
            "kind": words["options"][kind],
            "width": fixed(width, 1),
            "peak": short(peak),
            "most": short(max(h)),
            "passed": passed,
            "out": NEURONS - passed,
            "rest": words["rest-none" if kind in ENDING else "rest-little"],
            "little": little,
            "neurons": NEURONS,
            "average": fixed(sum(h) / NEURONS, 3),
            "sum": fixed(sum(h), 1),
            "base": fixed(2 * width, 1),  # of a triangle; its width is that at half its height
        }
        knob = _y(surrogate(kind, width / 2, width))
        return {
            "numbers": {"x": x, "h": h, "passed": passed, "little": little},
            "marks": _window(kind, width, peak, x, h, values, words)
            + _lens(kind, width, x, h, words)
            + _neurons(x, h),
            "verdict": fill(words["v-" + _verdict(kind, passed, little, peak, max(h))], values),
            "sentence": " ".join(fill(words[part], values) for part in ("space", "who")),
            "grips": [
                ["width", "x", _x(width / 2) - 9, 20, 18, knob - 14, _x(0), 0, _x(1), 2],
                ["mean", "x", LEFT, BASE + 1, RIGHT - LEFT, 62, _x(0), 0, _x(1), 1],
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


def _y(h: float) -> float:
    return BASE - (BASE - 26) * min(h, TOP) / TOP


def _window(
    kind: str, width: float, peak: float, x: list, h: list, values: dict, words: dict
) -> list:
    """The surrogate, in whose window an error gets through: at each neuron a bar of the height h,
    its share of the error."""
    points = [(at, surrogate(kind, at, width)) for at in GRID]
    if kind == "rectangle":  # its sides are upright
        half = width / 2
        points = [(LOW, 0), (-half, 0), (-half, peak), (half, peak), (half, 0), (HIGH, 0)]
    curve = [c for at, h in points for c in (_x(at), _y(h))]
    marks = [["text", 8, 13, words["shape"], "bold"]]
    for left, shape, word in (
        (172, "f-volt s-volt", "gets"),
        (246, "f-paper s-volt thick", "little"),
        (332, "f-rule s-rule", "nothing" if kind in ENDING else "faint"),
    ):
        marks += [["circle", left, 9, 4.5, shape], ["text", left + 9, 13, words[word], ""]]
    marks += [
        ["path", [_x(LOW), BASE, *curve, _x(HIGH), BASE], "filled"],
        *(
            [
                "line",
                _x(at),
                BASE,
                _x(at),
                _y(value),
                "s-volt thick" if value >= LITTLE else "s-volt",
            ]
            for at, value in sorted(zip(x, h))
            if value >= NOTHING
        ),
        ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
        ["line", _x(0), 22, _x(0), BASE, "s-ink dash"],
        ["path", curve, "s-blue thick"],
        ["text", 32, BASE + 4, "0", "end quiet"],
    ]
    marks += [["text", 32, _y(v) + 4, str(v), "end quiet"] for v in (1, 2)]
    if peak > TOP:  # broken at the top
        marks.append(["line", _x(0) - 14, 31, _x(0) + 14, 25, "s-ink"])
        marks.append(["text", _x(0) - 18, 32, f"↑ {short(peak)}", "end bold halo"])
    # beside every curve, the narrow ones' broken end and their number too, and the lens
    place, end = (RIGHT, "end ") if _tail(kind, x, h) < 0 else (LEFT + 8, "")
    area = fill(words["areas"].get(kind, words["areas"]["other"]), values)
    marks.append(["text", place, 60, area, end + "quiet"])
    marks.append(["text", place, 77, fill(words["sum"], values), end.strip()])
    for at, label in ((-2, "−2"), (0, words["threshold"]), (2, "+2")):
        marks.append(["text", _x(at), 253, label, "mid" if at == 0 else "mid quiet"])
    return [*marks, ["text", RIGHT, 270, words["axis"], "end quiet"]]


def _tail(kind: str, x: list, h: list) -> int:
    """On which side of the threshold more neurons get little, -1 or 1; 0 where h has no tails."""
    if kind in ENDING:
        return 0
    left = sum(at < 0 for at, value in zip(x, h) if value < LITTLE)
    return -1 if 2 * left >= sum(value < LITTLE for value in h) else 1


def _lens(kind: str, width: float, x: list, h: list, words: dict) -> list:
    """One of the long tails, from where h is LITTLE on, LENS times as high, on an axis of its own;
    none where no bar lies in it."""
    side = _tail(kind, x, h)
    inside = [p for p in sorted(zip(x, h)) if NOTHING <= p[1] < LITTLE and side * p[0] > 0]
    if not inside:
        return []
    edge = width * _reach(kind, LITTLE * width)
    left, right = (LEFT, _x(-edge)) if side < 0 else (_x(edge), RIGHT)
    tail = [at for at in GRID if side * at >= edge]
    curve = [c for at in tail for c in (_x(at), _y(LENS * surrogate(kind, at, width)))]
    top = _y(LENS * LITTLE)
    return [
        ["rect", left, top, right - left, BASE - top, "hollow s-grid"],
        *(
            ["rect", _x(at) - 1, _y(LENS * value), 2, BASE - _y(LENS * value), "hollow s-volt"]
            for at, value in inside
        ),
        ["path", curve, "s-blue dots"],
        *_lens_axis(left if side < 0 else right, -side),
        [
            "text",
            left if side < 0 else right,
            top - 4,
            fill(words["lens"], {"times": LENS}),
            "bold halo" if side < 0 else "end bold halo",
        ],
    ]


def _lens_axis(edge: float, inwards: int) -> list:
    """What the heights in the lens are: at its outer edge, where the bars are low."""
    marks: list = []
    for share, down in ((LITTLE / 2, 4), (LITTLE, 12)):
        y, style = _y(LENS * share), "quiet halo" if inwards > 0 else "end quiet halo"
        marks.append(["line", edge, y, edge + 5 * inwards, y, "s-rule"])
        marks.append(["text", edge + 8 * inwards, y + down, str(share), style])
    return marks


def _reach(kind: str, share: float) -> float:
    """How far from the threshold, in widths, h is down to this share of its peak."""
    if kind == "arctan":
        return math.sqrt(1 / share - 1) / math.pi
    return math.acosh(1 / math.sqrt(share)) / 2


def _neurons(x: list, h: list) -> list:
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
        marks.append(["circle", place, BASE + 3 + RADIUS + 2 * RADIUS * row, RADIUS - 0.6, shape])
    return marks
