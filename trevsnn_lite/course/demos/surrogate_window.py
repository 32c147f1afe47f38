"""SurrogateWindow, Eqs. (4) and (5): the surrogate h, which of sixty potentials it lets an error
through, and the factor that it leaves in time."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, random, short

SURROGATES = ("rectangle", "arctan", "sigmoid", "triangle")
NEURONS, THRESHOLD, SEEN = 60, 1.0, 0.05  # an error counts as let through where h is at least SEEN
GRID = [-2 + 0.02 * k for k in range(201)]
LEFT, RIGHT = 44, 392


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


def distances(mean: float, spread: float) -> list[float]:
    """Sixty draws of V - V_th, nearly normal: sums of twelve uniform numbers, the same in both
    languages."""
    draw = random(1)
    return [mean + spread * (sum(draw() for _ in range(12)) - 6) for _ in range(NEURONS)]


class SurrogateWindow(Demo):
    """SurrogateWindow(kind="rectangle", width=1, mean=-0.5, spread=0.8, decay=0.5, back=4)."""

    name = "surrogate-window"
    size = (400, 330)
    controls = (
        Choice("kind", SURROGATES, "rectangle"),
        Slider("width", 0.1, 4, 0.1, 1),
        Slider("mean", -2, 2, 0.1, -0.5),
        Slider("spread", 0.1, 3, 0.1, 0.8),
        Slider("decay", 0.05, 0.95, 0.01, 0.5),
        Slider("back", 1, 16, 1, 4),
    )

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        kind, width, decay, back = (params[name] for name in ("kind", "width", "decay", "back"))
        x = distances(params["mean"], params["spread"])
        h = [surrogate(kind, at, width) for at in x]
        factors = [
            decay * (1 - THRESHOLD * value) for value in h
        ]  # soft reset, Eqs. (4) and (5) together
        through = (
            sum(
                abs(math.prod(factors[(start + k) % NEURONS] for k in range(back)))
                for start in range(NEURONS)
            )
            / NEURONS
        )
        passed = sum(value >= SEEN for value in h)
        numbers = {
            "x": x,
            "h": h,
            "factors": factors,
            "passed": passed,
            "mean": sum(h) / NEURONS,
            "through": through,
            "leak": decay**back,
        }
        peak = surrogate(kind, 0.0, width)
        values = {
            "kind": words["options"][kind],
            "width": fixed(width, 1),
            "peak": short(peak),
            "passed": passed,
            "neurons": NEURONS,
            "average": fixed(sum(h) / NEURONS, 3),
            "decay": fixed(decay, 2),
            "lowest": short(decay * (1 - THRESHOLD * peak)),
            "back": back,
            "through": short(through),
            "leak": short(decay**back),
        }
        sentence = " ".join(fill(words[part], values) for part in ("space", "time"))
        marks = _space(kind, width, x, h, words) + _time(kind, width, decay, x, factors, words)
        return {"numbers": numbers, "marks": marks, "sentence": sentence}


def _x(at: float) -> float:
    return LEFT + (RIGHT - LEFT) * (min(max(at, -2.0), 2.0) + 2) / 4


def _space(kind: str, width: float, x: list, h: list, words: dict) -> list:
    top = max(1.2, 1.1 * surrogate(kind, 0.0, width))

    def y(value: float) -> float:
        return 122 - 92 * value / top

    marks = [
        ["text", 8, 13, words["shape"], "bold"],
        ["line", LEFT, y(0), RIGHT, y(0), "s-rule"],
        ["text", 38, y(0) + 4, "0", "end quiet"],
        ["line", LEFT, y(1), RIGHT, y(1), "s-rule"],
        ["text", 38, y(1) + 4, "1", "end quiet"],
        ["line", _x(0), 24, _x(0), 148, "s-ink dash"],
        [
            "path",
            [c for at in GRID for c in (_x(at), y(surrogate(kind, at, width)))],
            "s-blue thick",
        ],
    ]
    for at, value in zip(x, h):
        marks.append(
            [
                "rect",
                _x(at) - 1,
                128 if value >= SEEN else 138,
                2,
                10,
                "f-orange" if value >= SEEN else "f-rule",
            ]
        )
    marks += [
        ["text", _x(at), 162, label, "mid quiet"]
        for at, label in ((-1, "−1"), (0, words["threshold"]), (1, "+1"))
    ]
    return marks


def _time(kind: str, width: float, decay: float, x: list, factors: list, words: dict) -> list:
    def y(value: float) -> float:
        return 252 - 62 * min(max(value, -1.0), 1.0)

    marks = [["text", 8, 181, words["factor"], "bold"]]
    for value, label in ((-1, "−1"), (0, "0"), (1, "1")):
        marks += [
            ["line", LEFT, y(value), RIGHT, y(value), "s-rule"],
            ["text", 38, y(value) + 4, label, "end quiet"],
        ]
    curve = [
        c for at in GRID for c in (_x(at), y(decay * (1 - THRESHOLD * surrogate(kind, at, width))))
    ]
    marks += [["line", _x(0), 190, _x(0), 314, "s-ink dash"], ["path", curve, "s-blue thick"]]
    return marks + [["circle", _x(at), y(value), 2, "f-orange"] for at, value in zip(x, factors)]
