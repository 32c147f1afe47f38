"""HeldFixed, the inference column of Table 1: what T sub-networks cost, by what is held fixed while
T grows (weights, width, channels, or one network)."""

import math

from trevsnn_lite.course.demo import Choice, Demo, fill, short

CHANNELS = 48  # of the one network at T = 1
LEFT, RIGHT, UNIT = 8, 392, 1.5  # pixels a channel, whatever T
TAB, TABS = 82, 79  # the first way's tab; from tab to tab
TOP, FOOT = 34, 190  # of the square at T = 1; what the row of squares stands on
PLACES = (8, 70, 208, 318)  # of the four counts
NAMED = 18  # pixels of a side in which a number has room
ROWS = ("weights", "products", "neurons", "encoder")
WAYS = ("budget", "width", "channels", "repeat")


def width(held: str, steps: int) -> float:
    """Channels of each sub-network. A 1x1 convolution has width^2 weights, so weights shared out
    among T want width / sqrt(T)."""
    return CHANNELS / {"budget": math.sqrt(steps), "channels": steps, "width": 1, "repeat": 1}[held]


def factors(held: str, steps: int) -> dict[str, float]:
    """Each count over that of T = 1: weights of 1x1 layers, their multiply-accumulates at a
    position, neurons run there, the encoder's multiply-accumulates."""
    grown = math.sqrt(steps)
    counts = {
        "budget": (1, 1, grown, grown),
        "width": (steps, steps, steps, steps),
        "channels": (1 / steps, 1 / steps, 1, 1),
        "repeat": (1, steps, steps, steps),
    }[held]
    return dict(zip(ROWS, counts))


class HeldFixed(Demo):
    """HeldFixed(steps=4, held="budget")."""

    name = "held-fixed"
    size = (400, 296)
    controls = (
        Choice("steps", (1, 4, 16), 4),  # square numbers, so that a width is a whole one
        Choice("held", WAYS, "budget"),
    )
    plays = "steps"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        held, steps = params["held"], params["steps"]
        found, side = factors(held, steps), width(held, steps)
        room = math.floor((RIGHT - LEFT) / (UNIT * side) + 1e-9)
        drawn = steps if steps <= room else room - 1
        values = {
            "held": words["whole"][held],
            "steps": steps,
            "side": short(side),
            "area": short(side * side * (1 if held == "repeat" else steps)),
            "one": short(CHANNELS * CHANNELS),
            "row": short(steps * side),
            "lost": steps - 1,
            "more": steps - drawn,
            **{row: short(found[row]) for row in ROWS},
        }
        how = "one" if steps == 1 else "repeat" if held == "repeat" else "many"
        sentence = " ".join(fill(words[part], values) for part in (how, "counts"))
        return {
            "numbers": {"width": side, **found},
            "marks": _tabs(held, words)
            + _square(held, steps, values, words)
            + _row(held, steps, drawn, values, words)
            + _counts(held, found, words),
            "verdict": fill(words["v-one" if steps == 1 else "v-" + held], values),
            "sentence": sentence,
            "grips": [
                ["held", "x", TAB, 1, 4 * TABS, 26, TAB + TABS / 2, 0, TAB + 1.5 * TABS, 1],
            ],
        }


def _tabs(held: str, words: dict) -> list:
    marks: list = [["text", 4, 18, words["title-held"], "bold"]]
    for i, way in enumerate(WAYS):
        at = TAB + TABS * i
        shape = "f-soft s-blue" if way == held else "hollow s-rule"
        marks.append(["rect", at, 2, TABS - 3, 24, shape])
        marks.append(["text", at + (TABS - 3) / 2, 18, words["options"][way], "mid"])
    return marks


def _square(held: str, steps: int, values: dict, words: dict) -> list:
    """The weights of the network at T = 1, and what becomes of them: cut into T squares, or all but
    T blocks lost."""
    whole = UNIT * CHANNELS
    marks: list = []
    if held == "channels":
        edge = whole / steps
        marks.append(["rect", LEFT, TOP, whole, whole, "hollow s-rule dash"])
        for t in range(steps):
            marks.append(["rect", LEFT + edge * t, TOP + edge * t, edge, edge, "f-blue"])
            marks += _named(t, steps, LEFT + edge * t, TOP + edge * t, edge)
    else:
        marks.append(["rect", LEFT, TOP, whole, whole, "f-blue"])
    if held == "budget":
        cuts = round(math.sqrt(steps))
        edge = whole / cuts
        for i in range(1, cuts):
            marks.append(["line", LEFT + edge * i, TOP, LEFT + edge * i, TOP + whole, "s-rule"])
            marks.append(["line", LEFT, TOP + edge * i, LEFT + whole, TOP + edge * i, "s-rule"])
        for t in range(steps):
            marks += _named(t, steps, LEFT + edge * (t % cuts), TOP + edge * (t // cuts), edge)
    marks.append(["text", LEFT + whole + 14, TOP + 15, fill(words["start"], values), "bold"])
    if steps > 1:
        for row, part in enumerate(("does", "areas")):
            text = fill(words[part][held], values)
            marks.append(["text", LEFT + whole + 14, TOP + 38 + 19 * row, text, "bold" * row])
    return marks


def _named(t: int, steps: int, x: float, y: float, edge: float) -> list:
    """The number of a sub-network in its square: the same in the square at T = 1 and in the row. Of
    many, the first four and the last."""
    if steps == 1 or edge < NAMED or 4 <= t < steps - 1:
        return []
    return [["text", x + edge / 2, y + edge / 2 + 4.5, str(t + 1), "mid f-paper"]]


def _row(held: str, steps: int, drawn: int, values: dict, words: dict) -> list:
    """The T squares side by side: all their channels in one row, beside those of T = 1. Of one
    network run T times: its runs."""
    one, edge = UNIT * CHANNELS, UNIT * width(held, steps)
    marks: list = [["line", LEFT + one, TOP + one, LEFT + one, FOOT + 18, "s-ink dots"]]
    for t in range(drawn):
        again = held == "repeat" and t > 0  # the same weights once more
        shape = "f-paper s-blue dash" if again else "f-blue s-rule"
        marks.append(["rect", LEFT + edge * t, FOOT - edge, edge, edge, shape])
        if held in ("budget", "channels"):
            marks += _named(t, steps, LEFT + edge * t, FOOT - edge, edge)
    end = min(RIGHT, LEFT + edge * steps)
    marks.append(["rect", LEFT, FOOT + 6, one, 6, "f-blue"])
    if end > LEFT + one + 0.5:
        marks.append(["rect", LEFT + one, FOOT + 6, end - LEFT - one, 6, "f-orange"])
    if drawn < steps:  # a broken end
        at = LEFT + edge * drawn
        marks.append(["text", at + 8, FOOT - edge / 2 + 4, fill(words["more"], values), "bold"])
        for x in (at + 4, at + 9):
            marks.append(["line", x - 3, FOOT + 15, x + 3, FOOT + 3, "s-ink thick"])
    said = "row-one" if steps == 1 else "runs" if held == "repeat" else "row"
    return [*marks, ["text", LEFT, FOOT + 31, fill(words[said], values), "bold"]]


def _counts(held: str, found: dict, words: dict) -> list:
    """What each cost is times that of T = 1, and the sign of where it is seen above: in the area of
    the squares (of one network's runs also of the dashed ones), or in the length of the bar."""
    marks: list = []
    for at, name in zip(PLACES, ROWS):
        value = found[name]
        text = "÷" + short(1 / value) if value < 1 else "×" + short(value)
        colour = "f-orange" if value > 1 else "f-blue"
        marks += [
            ["text", at, 245, words["rows"][name], ""],
            ["text", at, 268, text, "big " + colour],
        ]
        if name in ("neurons", "encoder"):
            marks += [["rect", at, 280, 10, 5, "f-blue"], ["rect", at + 10, 280, 12, 5, "f-orange"]]
            marks.append(["text", at + 27, 287, words["length"], "quiet"])
            continue
        dashed = 14 if name == "products" and held == "repeat" else 0
        marks.append(["rect", at, 277, 10, 10, "f-blue"])
        if dashed:
            marks.append(["rect", at + dashed, 277, 10, 10, "f-paper s-blue dash"])
        area = words["area" if name == "weights" else "area-places"]
        marks.append(["text", at + 15 + dashed, 287, area, "quiet"])
    return marks
