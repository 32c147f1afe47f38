"""HeldFixed, the inference column of Table 1: what T sub-networks cost, by what is held fixed while
T grows (weights, width, channels, or one network)."""

import math

from trevsnn_lite.course.demo import Choice, Demo, fill, fixed, short

CHANNELS = 48  # of the one network at T = 1
ONE = 24  # the length of a bar of 1
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
    """HeldFixed(held="budget", steps=4)."""

    name = "held-fixed"
    size = (400, 360)
    controls = (
        Choice("held", WAYS, "budget"),
        Choice("steps", (1, 2, 4, 8, 16), 4),
    )
    plays = "steps"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        held, steps = params["held"], params["steps"]
        found, side = factors(held, steps), width(held, steps)
        values = {
            "held": words["options"][held],
            "steps": steps,
            "width": fixed(side, 1),
            **{row: short(found[row]) for row in ROWS},
        }
        most = max(found.values())
        values["grow"] = fill(words["twice" if most == 2 else "fold"], {"times": short(most)})
        sentence = " ".join(
            fill(words[part], values)
            for part in (
                "one" if steps == 1 else "repeat" if held == "repeat" else "many",
                "counts",
                *(["small"] if _edge(held, steps) < SMALLEST else []),
            )
        )
        return {
            "numbers": {"width": side, **found},
            "marks": [
                mark
                for i, way in enumerate(WAYS)
                for mark in _column(i, way, way == held, steps, words)
            ]
            + [["text", 8, 171 + 38 * i, words["rows"][row], "quiet"] for i, row in enumerate(ROWS)]
            + [
                ["text", 8, 48, words["area"], "quiet"],
                ["rect", 8, 328, 11, 11, "f-orange"],
                ["text", 24, 338, words["grown"], ""],
                ["rect", 172, 328, 11, 11, "f-blue"],
                ["text", 188, 338, words["kept"], ""],
                ["line", 13.5, 344, 13.5, 357, "s-ink"],
                ["text", 24, 355, words["scale"], ""],
            ],
            "verdict": fill(words["v-one" if steps == 1 else "v-" + held], values),
            "sentence": sentence,
            "grips": [["held", "x", 2, 0, 396, 321, 52, 0, 150, 1]],
        }


def _pitch(steps: int) -> float:
    return 90 / max(math.ceil(math.sqrt(steps)), 2)


def _edge(way: str, steps: int) -> float:
    """The side of a sub-network's square."""
    return (_pitch(steps) - 3) * width(way, steps) / CHANNELS


def _column(i: int, way: str, chosen: bool, steps: int, words: dict) -> list:
    """One way to size them: its sub-networks as squares, its counts as bars."""
    left, found, columns = 8 + 98 * i, factors(way, steps), math.ceil(math.sqrt(steps))
    pitch, edge = _pitch(steps), max(SMALLEST, _edge(way, steps))
    marks = [["rect", left - 5, 2, 96, 317, "f-soft s-blue"]] if chosen else []
    for row, text in enumerate(words["heads"][way]):
        marks.append(["text", left, 16 + 15 * row, text, ""])
    for t in range(steps):
        x, bottom = left + pitch * (t % columns), 51 + pitch * (t // columns + 1)
        again = way == "repeat" and t > 0
        shape = "hollow s-blue dash" if again else "f-blue"
        marks.append(["rect", x, bottom - edge, edge, edge, shape])
    for row, name in enumerate(ROWS):
        # four doublings on either side of x 1, which stays where it is
        y, length = 176 + 38 * row, ONE + 5 * math.log2(found[name])
        grown = "f-orange" if found[name] > 1 else "f-blue"
        marks += [
            ["rect", left, y, length, 12, grown],
            [
                "text",
                left + 4 + max(ONE, length),
                y + 11,
                "× " + short(found[name]),
                "bold" if chosen else "",
            ],
            ["line", left + ONE, y - 2, left + ONE, y + 14, "s-ink"],
        ]
    return marks
