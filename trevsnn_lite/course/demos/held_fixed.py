"""HeldFixed, the inference column of Table 1: what T sub-networks cost, by what is held fixed while
T grows (weights, width, channels, or one network)."""

import math

from trevsnn_lite.course.demo import Choice, Demo, fill, fixed, short

CHANNELS = 48  # of the one network at T = 1
GUTTER, PITCH = 68, 83  # the rows' names; a column
UNIT, STEP = 17, 19  # the side of the one network's square, whatever T; from square to square
SMALLEST = 3  # the side of a square that can be seen
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
    size = (400, 258)
    controls = (
        Choice("steps", (1, 2, 4, 8, 16), 4),
        Choice("held", WAYS, "budget"),
    )
    plays = "steps"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        held, steps = params["held"], params["steps"]
        found, side = factors(held, steps), width(held, steps)
        small = any(_edge(way, steps) < SMALLEST for way in WAYS)
        area = [*words["area"], *(words["outlined"] if small else [])]
        values = {
            "held": words["options"][held],
            "steps": steps,
            "width": fixed(side, 1),
            **{row: short(found[row]) for row in ROWS},
        }
        sentence = " ".join(
            fill(words[part], values)
            for part in (
                "one" if steps == 1 else "repeat" if held == "repeat" else "many",
                "counts",
                *(["small"] if small else []),
            )
        )
        return {
            "numbers": {"width": side, **found},
            "marks": [
                mark
                for i, way in enumerate(WAYS)
                for mark in _column(i, way, way == held, steps, words)
            ]
            + [["text", 4, 15 + 15 * i, text, "bold"] for i, text in enumerate(words["title-held"])]
            + [["text", 4, 47 + 12.5 * i, text, "quiet"] for i, text in enumerate(area)]
            + [["text", 4, _line(i) - 1, words["rows"][row], ""] for i, row in enumerate(ROWS)],
            "verdict": fill(words["v-one" if steps == 1 else "v-" + held], values),
            "sentence": sentence,
            "grips": [
                [
                    *("held", "x", GUTTER, 0, 4 * PITCH, 258, GUTTER + PITCH / 2, 0),
                    *(GUTTER + 1.5 * PITCH, 1),
                ]
            ],
        }


def _line(row: int) -> float:
    """The foot of a row's numbers."""
    return 146 + 34 * row


def _edge(way: str, steps: int) -> float:
    """The side of a sub-network's square."""
    return UNIT * width(way, steps) / CHANNELS


def _factor(value: float) -> str:
    return "÷" + short(1 / value) if value < 1 else "×" + short(value)


def _column(i: int, way: str, chosen: bool, steps: int, words: dict) -> list:
    """One way to size them: its sub-networks as squares, its counts as factors."""
    left, found, columns = GUTTER + PITCH * i, factors(way, steps), math.ceil(math.sqrt(steps))
    true, rows = _edge(way, steps), math.ceil(steps / columns)
    edge = max(SMALLEST, true)
    start, top = left + 4 + STEP * (4 - columns) / 2, 38 + STEP * (4 - rows) / 2
    marks = [["rect", left, 1, PITCH - 1, 256, "f-soft s-blue"]] if chosen else []
    for row, text in enumerate(words["heads"][way]):
        marks.append(["text", left + 4, 15 + 15 * row, text, ""])
    for t in range(steps):
        x, bottom = start + STEP * (t % columns), top + STEP * (t // columns + 1)
        again = way == "repeat" and t > 0
        outlined = "hollow s-blue" if true < SMALLEST else "f-blue"
        shape = "hollow s-blue dash" if again else outlined
        if true < UNIT:  # within the one network's frame, so that a part is seen as one
            marks.append(["rect", x, bottom - UNIT, UNIT, UNIT, "hollow s-rule"])
        marks.append(["rect", x, bottom - edge, edge, edge, shape])
    for row, name in enumerate(ROWS):
        colour = "f-orange" if found[name] > 1 else "f-blue"
        marks.append(["text", left + 6, _line(row), _factor(found[name]), "big " + colour])
    return marks
