"""HeldFixed, the inference column of Table 1: what T sub-networks cost, by what is held fixed while
T grows (weights, width, channels, or one network)."""

import math

from trevsnn_lite.course.demo import Choice, Demo, fill, fixed, short

CHANNELS = 48  # of the one network at T = 1
ROWS = ("weights", "products", "neurons", "encoder")


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
    size = (400, 252)
    controls = (
        Choice("held", ("budget", "width", "channels", "repeat"), "budget"),
        Choice("steps", (1, 2, 4, 8, 16), 4),
    )

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
        sentence = " ".join(
            fill(words[part], values)
            for part in (
                "one" if steps == 1 else "repeat" if held == "repeat" else "many",
                "counts",
            )
        )
        return {
            "numbers": {"width": side, **found},
            "marks": _squares(held, steps, side, words) + _bars(found, words),
            "sentence": sentence,
        }


def _squares(held: str, steps: int, side: float, words: dict) -> list:
    marks = [["text", 8, 14, words["squares"], "bold"]]
    edge = 42 * side / CHANNELS
    for t in range(steps):
        x, bottom = 10 + 48 * (t % 8), 66 + 48 * (t // 8)
        again = held == "repeat" and t > 0
        marks.append(
            ["rect", x, bottom - edge, edge, edge, "hollow s-blue dash" if again else "f-blue"]
        )
    return marks


def _bars(found: dict, words: dict) -> list:
    marks = [["text", 8, 142, words["bars"], "bold"]]
    for row, name in enumerate(ROWS):
        y = 152 + 24 * row
        length = 12 * found[name]
        marks += [
            ["text", 142, y + 12, words["rows"][name], "end"],
            ["rect", 148, y, length, 15, "f-orange" if found[name] > 1 else "f-blue"],
            ["text", 153 + length, y + 12, "× " + short(found[name]), ""],
        ]
    return marks
