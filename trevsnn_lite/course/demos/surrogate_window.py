"""SurrogateWindow, Eqs. (4) and (5): the surrogate h, which of sixty potentials it lets an error
through, and the factor that it leaves in time."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, random, short

SURROGATES = ("rectangle", "arctan", "sigmoid", "triangle")
NEURONS, THRESHOLD, SEEN = 60, 1.0, 0.05  # drawn in orange: h at least SEEN
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
    size = (400, 354)
    controls = (
        Choice("kind", SURROGATES, "rectangle"),
        Slider("width", 0.1, 4, 0.1, 1),
        Slider("mean", -2, 2, 0.1, -0.5),
        Slider("spread", 0.1, 3, 0.1, 0.8),
        Slider("decay", 0.05, 0.95, 0.01, 0.5),
        Slider("back", 1, 16, 1, 4),
    )
    plays = "mean"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        kind, width, decay, back = (params[name] for name in ("kind", "width", "decay", "back"))
        x = distances(params["mean"], params["spread"])
        h = [surrogate(kind, at, width) for at in x]
        factors = [
            decay * (1 - THRESHOLD * value) for value in h
        ]  # soft reset, Eqs. (4) and (5) together
        reach = left(factors)
        through = reach[back - 1]
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
        lowest = decay * (1 - THRESHOLD * peak)
        values = {
            "kind": words["options"][kind],
            "width": fixed(width, 1),
            "peak": short(peak),
            "passed": passed,
            "seen": SEEN,
            "neurons": NEURONS,
            "average": fixed(sum(h) / NEURONS, 3),
            "decay": fixed(decay, 2),
            "lowest": short(lowest),
            "back": back,
            "through": short(through),
            "leak": short(decay**back),
        }
        ending = _ending(kind, through, decay**back)
        if ending in ("less", "more"):
            times = through / decay**back
            values["times"] = short(times if times > 1 else 1 / times)
        sentence = " ".join(fill(words[part], values) for part in ("space", "time"))
        marks = _space(kind, width, x, h, words) + _time(kind, width, decay, x, factors, words)
        return {
            "numbers": numbers,
            "marks": marks + _bars(reach, decay, back, words),
            "verdict": fill(words["v-" + ending], values),
            "sentence": sentence,
            "grips": [
                ["width", "x", _x(width / 2) - 9, 20, 18, 92, _x(0), 0, _x(1), 2],
                ["mean", "x", LEFT, 112, RIGHT - LEFT, 24, _x(0), 0, _x(1), 1],
                [
                    *("decay", "y", LEFT, _level(decay, lowest) - 8, RIGHT - LEFT, 16),
                    *(_level(0, lowest), 0, _level(1, lowest), 1),
                ],
                ["back", "x", LEFT, 286, RIGHT - LEFT, 66, LEFT, 0.5, RIGHT, 16.5],
            ],
        }


def _ending(kind: str, through: float, leak: float) -> str:
    """Which verdict tells what is left of a gradient, where the decay alone leaves `leak`."""
    if through == 0:
        return "nothing"
    if not (min(through, leak) >= 0.001 and through < 1e6):  # as a ratio, which is shorter
        same = 0.99 < through / leak < 1.01
        return "same" if same else "more" if through > leak else "less"
    if through < leak / 2:
        return "blocked"
    return "grows" if through > 1.01 * leak else "tails" if kind == "arctan" else "open"


def left(factors: list[float]) -> list[float]:
    """The mean size of the product of n factors of neighbours in the list, for n = 1 to 16."""
    products, means = [1.0] * NEURONS, []
    for n in range(16):
        products = [p * factors[(start + n) % NEURONS] for start, p in enumerate(products)]
        means.append(sum(map(abs, products)) / NEURONS)
    return means


def _x(at: float) -> float:
    return LEFT + (RIGHT - LEFT) * (min(max(at, -2.0), 2.0) + 2) / 4


def _seen(kind: str, width: float) -> float:
    """How far from the threshold the surrogate lets an error through, as drawn."""
    return max((at for at in GRID if surrogate(kind, at, width) >= SEEN), default=0.0)


def _space(kind: str, width: float, x: list, h: list, words: dict) -> list:
    peak, far = surrogate(kind, 0.0, width), _seen(kind, width)
    top = max(1.2, 1.1 * peak)

    def y(value: float) -> float:
        return 108 - 82 * value / top

    marks = [
        ["rect", _x(-far), 20, _x(far) - _x(-far), 242, "f-soft"],
        ["text", 8, 13, words["shape"], "bold"],
        ["line", LEFT, y(0), RIGHT, y(0), "s-rule"],
        ["text", 38, y(0) + 4, "0", "end quiet"],
        *([["text", 38, y(peak) + 4, short(peak), "end quiet"]] if y(0) - y(peak) > 13 else []),
        ["line", LEFT, y(peak), _x(0), y(peak), "s-grid"],
        ["line", _x(0), 20, _x(0), 136, "s-ink dash"],
        [
            "path",
            [c for at in GRID for c in (_x(at), y(surrogate(kind, at, width)))],
            "s-blue thick",
        ],
    ]
    for at, value in zip(x, h):
        seen = value >= SEEN
        marks.append(
            ["rect", _x(at) - 1, 113 if seen else 123, 2, 10, "f-orange" if seen else "f-rule"]
        )
    marks += [
        ["text", _x(at), 147, label, "mid quiet"]
        for at, label in ((-1, "−1"), (0, words["threshold"]), (1, "+1"))
    ]
    return marks


def _level(factor: float, lowest: float) -> float:
    """Where a factor in time is drawn: from 1 down to -1, or to the lowest of them."""
    return 178 + 82 * (1 - factor) / (1 - min(lowest, -1.0))


def _time(kind: str, width: float, decay: float, x: list, factors: list, words: dict) -> list:
    lowest = min(decay * (1 - THRESHOLD * surrogate(kind, 0.0, width)), -1.0)

    def y(value: float) -> float:
        return _level(value, lowest)

    marks = [["text", 8, 164, words["factor"], "bold halo"]]
    for value in (lowest, 0, 1):
        marks.append(["line", LEFT, y(value), RIGHT, y(value), "s-grid" if value else "s-rule"])
        if value < 1 or y(0) - y(1) > 13:
            marks.append(["text", 38, y(value) + 4, short(value), "end quiet"])
    curve = [
        c for at in GRID for c in (_x(at), y(decay * (1 - THRESHOLD * surrogate(kind, at, width))))
    ]
    marks += [["line", _x(0), 178, _x(0), 260, "s-ink dash"], ["path", curve, "s-blue thick"]]
    return marks + [["circle", _x(at), y(value), 2, "f-orange"] for at, value in zip(x, factors)]


def _bars(reach: list, decay: float, back: int, words: dict) -> list:
    """What is left after n steps back, from a millionth to 1 on a scale of powers of ten: bars, and
    dotted what the decay alone would leave."""

    def tall(value: float) -> float:
        return 46 * max(0.0, min(1.0, 1 + math.log10(value) / 6)) if value > 0 else 0.0

    pitch, marks = (RIGHT - LEFT) / 16, [["text", 8, 280, words["left"], "bold"]]
    for n, value in enumerate(reach, 1):
        x, high, alone = LEFT + pitch * (n - 1) + 3, tall(value), tall(decay**n)
        colour = "f-orange" if n == back else "f-blue"
        marks += [
            ["rect", x, 336 - high, pitch - 6, high, colour],
            ["rect", x - 2, 336 - alone, pitch - 2, alone, "hollow s-ink dots"],
        ]
    marks += [
        ["text", LEFT + pitch * (n - 0.5), 350, str(n), "mid bold" if n == back else "mid quiet"]
        for n in sorted({1, 8, 16, back})
        if n == back or abs(n - back) > 1
    ]
    marks += [["text", 38, y, label, "end quiet"] for y, label in ((295, "1"), (340, "10⁻⁶"))]
    return [*marks, ["line", LEFT, 336, RIGHT, 336, "s-rule"]]
