"""MultiLevel, Eqs. (10) and (11): which potentials enter which, forwards and backwards, and how far
a rounding error grows on its way back."""

import math
from typing import ClassVar

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, short

POTENTIALS, CURRENTS = (0.4, 0.6, 0.8, 0.2), (0.2, 0.1, 0.5, 0.3)  # of levels 1 to 4
STEPS = 24
LEFT, RIGHT = 84, 258


def sources(level: int, levels: int, feedback: str) -> list[int]:
    """The levels (1 the lowest) whose old potentials enter this level's new one; Eq. (10): its own
    and all above."""
    return list(
        range(
            level,
            {"all-levels": levels, "next-level": min(level + 1, levels), "none": level}[feedback]
            + 1,
        )
    )


def charged(levels: int, decay: float, feedback: str) -> list[float]:
    """The new potentials, Eq. (10) with one decay for all levels."""
    return [
        sum(decay * POTENTIALS[i - 1] for i in sources(level, levels, feedback))
        + CURRENTS[level - 1]
        for level in range(1, levels + 1)
    ]


def growth(levels: int, decay: float, feedback: str, n: int) -> float:
    """The largest factor by which n steps undone can multiply an error in the lowest of `levels`
    levels, where all new potentials have errors of one size, with signs at their worst.

    Undoing multiplies by (U decay)^-1, U of ones: (I - N)^n / decay^n for all levels, (I + N)^-n /
    decay^n for the next alone, N the shift by one level."""
    if feedback == "next-level":
        total = math.comb(n + levels - 1, levels - 1)
    else:
        total = sum(math.comb(n, k) for k in range(levels)) if feedback == "all-levels" else 1
    return total * (1 / decay) ** n


class MultiLevel(Demo):
    """MultiLevel(direction="back", level=3, levels=3, feedback="all-levels", decay=0.5,
    steps=8)."""

    name = "multi-level"
    size = (400, 378)
    controls = (
        Choice("direction", ("forward", "back"), "back"),
        Slider("level", 1, 4, 1, 3, limit="levels"),
        Slider("levels", 1, 4, 1, 3),
        Choice("feedback", ("all-levels", "next-level", "none"), "all-levels"),
        Slider("decay", 0.1, 0.9, 0.05, 0.5),
        Slider("steps", 1, STEPS, 1, 8),
    )
    plays = "level"
    falls: ClassVar = {"direction": "back"}

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        levels, decay, feedback, back = (
            params["levels"],
            params["decay"],
            params["feedback"],
            params["direction"] == "back",
        )
        level, n = min(params["level"], levels), params["steps"]
        new, above = charged(levels, decay, feedback), sources(level, levels, feedback)[1:]
        entering = levels - level + 1
        worst, alone = (growth(count, decay, feedback, n) for count in (entering, 1))
        d, own = fixed(decay, 2), fixed(POTENTIALS[level - 1], 2)
        taken = "".join(f" {'−' if back else '+'} {d}·{fixed(POTENTIALS[i - 1], 2)}" for i in above)
        values = {
            "level": level,
            "levels": levels,
            "decay": d,
            "old": own,
            "new": fixed(new[level - 1], 3),
            "current": fixed(CURRENTS[level - 1], 2),
            "taken": taken,
            "whole": fixed(new[level - 1], 3).removesuffix("0"),
            "above": "+".join(fixed(POTENTIALS[i - 1], 2) for i in above),
            "known": f"{level + 1}–{above[-1]}" if len(above) > 1 else level + 1,
            "below": words["image"] if level == 1 else fill(words["spikes"], {"below": level - 1}),
            "n": n,
            "worst": short(worst),
            "alone": short(alone),
            "times": short(worst / alone),
        }
        values["more"] = fill(words["same" if worst == alone else "more"], values)
        order = "back" if above else "backalone"
        said = order if len(above) < 2 else "backmany"
        sentence = " ".join(
            fill(words[part], values) for part in ((order, "grown") if back else ("forward",))
        )
        marks = _transfer(level, levels, above, new, back, words) + _growth(
            level, levels, decay, feedback, n, back, words
        )
        return {
            "numbers": {"new": new, "above": above, "worst": worst, "alone": alone},
            "marks": marks,
            "verdict": fill(words["v-" + (said if back else "forward")], values),
            "sentence": sentence,
            "grips": [
                ["level", "y", 8, 22, 384, 204, _height(1, levels), 1, _height(2, levels), 2],
                *([["steps", "x", 44, 246, 340, 110, 44, 0, 384, STEPS]] if back else []),
            ],
        }


def _height(at: int, levels: int) -> float:
    """The row of a level, 1 below; four fill the picture, fewer are spread."""
    return 198 - (52, 100, 78, 52)[levels - 1] * (at - 1) - (78 if levels == 1 else 0)


def _transfer(level: int, levels: int, above: list, new: list, back: bool, words: dict) -> list:
    def y(at: int) -> float:
        return _height(at, levels)

    marks = [
        ["text", LEFT, 14, words["before"], "mid bold"],
        ["text", RIGHT, 14, words["after"], "mid bold"],
    ]
    if level > 1:
        marks.append(["line", RIGHT, y(level - 1) - 17, RIGHT, y(level) + 17, "s-blue thick"])
    marks.append(["line", LEFT + 18, y(level), RIGHT - 18, y(level), "s-orange thick"])
    for i in above:
        bend = (
            _arc(y(i) + 8, y(level) - 10, 26 + 22 * (i - level))
            if back
            else [RIGHT - 14, y(level) - 12]
        )
        marks.append(["path", [LEFT + 16, y(i) + 8, *bend], "s-orange dash"])
    for at in range(1, levels + 1):
        marks.append(
            ["text", 8, y(at) + 4, f"{words['level']} {at}", "bold" if at == level else "quiet"]
        )
        for x, value, known in (
            (LEFT, POTENTIALS[at - 1], not back or at > level),
            (RIGHT, new[at - 1], back or at < level),
        ):
            asked = at == level and not known
            marks.append(
                [
                    "circle",
                    x,
                    y(at),
                    17,
                    "f-paper s-orange thick"
                    if asked
                    else "f-soft s-rule"
                    if known
                    else "f-paper s-rule dots",
                ]
            )
            marks.append(
                [
                    "text",
                    x,
                    y(at) + 4,
                    fixed(value, 2) if known or asked else "?",
                    "mid bold" if asked else "mid",
                ]
            )
    current = words["image"] if level == 1 else fill(words["spikes"], {"below": level - 1})
    return [
        *marks,
        ["text", 284, y(level) - 2, "+ " + fixed(CURRENTS[level - 1], 2), ""],
        ["text", 284, y(level) + 12, current, "quiet"],
    ]


def _arc(start: float, end: float, width: float) -> list:
    """Points of a bow from (LEFT + 16, start) to (LEFT + 16, end)."""
    return [
        c
        for k in range(1, 9)
        for c in (LEFT + 16 + width * k * (8 - k) / 16, start + (end - start) * k / 8)
    ]


def _growth(
    level: int, levels: int, decay: float, feedback: str, steps: int, back: bool, words: dict
) -> list:
    """Pale going forwards, where no error grows so."""
    entering = levels - level + 1
    worst = growth(entering, decay, feedback, steps)
    top = max(growth(4, decay, name, STEPS) for name in ("all-levels", "next-level"))

    def x(n: int) -> float:
        return 44 + 340 * n / STEPS

    def y(value: float) -> float:
        return 356 - 92 * math.log10(value) / math.log10(top)

    powers = ((5, "⁵"), (10, "¹⁰"), (15, "¹⁵"), (20, "²⁰"), (25, "²⁵"))
    apart = 5 if top < 1e15 else 10
    ticks = [power for power in powers if 10.0 ** power[0] <= top and power[0] % apart == 0]
    ink, curve = ("", "s-orange thick") if back else (" quiet", "s-rule thick")
    marks = [
        ["text", 8, 238, words["growth"], "bold" + ink],
        ["line", x(0), y(1), x(STEPS), y(1), "s-rule"],
        ["text", 38, y(1) + 4, "1", "end quiet"],
        *(["line", x(0), y(10.0**e), x(STEPS), y(10.0**e), "s-grid"] for e, _ in ticks),
        *(["text", 38, y(10.0**e) + 4, f"10{sup}", "end quiet"] for e, sup in ticks),
        ["text", 392, 374, words["undone"], "end quiet"],
    ]
    for count, style in ((entering, curve), (1, "s-ink dash" if back else "s-rule dash")):
        marks.append(
            [
                "path",
                [c for n in range(STEPS + 1) for c in (x(n), y(growth(count, decay, feedback, n)))],
                style,
            ]
        )
    legend = [
        ["rect", 66, 246, 150, 36, "f-paper"],
        ["line", 70, 256, 90, 256, curve],
        ["text", 96, 260, fill(words["many"], {"level": level, "levels": levels}), ink[1:]],
        ["line", 70, 273, 90, 273, "s-ink dash" if back else "s-rule dash"],
        ["text", 96, 277, words["one"], ink[1:]],
    ]
    if not back:
        return [*marks, *legend]
    marks += legend
    marks.append(["circle", x(steps), y(worst), 5, "f-orange"])
    if entering > 1:
        marks.append(["circle", x(steps), y(growth(1, decay, feedback, steps)), 4, "f-paper s-ink"])
    side = "end bold halo" if steps > 5 else "bold halo"
    return [*marks, ["text", x(steps) - 8, y(worst) - 8, short(worst), side]]
