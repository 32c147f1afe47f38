"""WhatRunsWhen, Eq. (10) and the inference column of Table 1: T sub-networks on T groups of one
encoded image, and what an image costs."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, short

LEVELS = 4
STEM = (
    3 * 9 * 64 * 16 * 16
)  # 3x3 convolution, 3 -> 64 channels, stride 2 on 32x32 pixels: multiply-accumulates
POSITIONS = (16 * 16, 8 * 8, 4 * 4, 4 * 4)  # pixels of each level
WEIGHTS = (
    2 * 64 * 256
)  # a level's two 1x1 convolutions, 64 -> 256 -> 64: the budget of all sub-networks together


def costs(steps: int) -> dict[str, int]:
    """Multiply-accumulates for encoding and additions in the sub-networks, per image; every input
    spikes, so the additions are an upper bound."""
    body = WEIGHTS * sum(POSITIONS)
    return {
        "macs": STEM,
        "acs": steps * (body // steps),
        "vanilla_macs": steps * STEM,
        "vanilla_acs": steps * body,
    }


def sources(level: int, feedback: str) -> list[int]:
    """The levels whose old potentials enter this level's new one: its own, and those above that
    `feedback` lets through (Eq. (10): all; the paper's network: the next)."""
    top = {"all-levels": LEVELS, "next-level": min(level + 1, LEVELS), "none": level}[feedback]
    return list(range(level, top + 1))


class WhatRunsWhen(Demo):
    """WhatRunsWhen(steps=4, step=4, feedback="next-level")."""

    name = "what-runs-when"
    size = (400, 330)
    controls = (
        Slider("step", 1, 8, 1, 4, limit="steps"),
        Choice("steps", (1, 2, 4, 8), 4),
        Choice("feedback", ("next-level", "all-levels", "none"), "next-level"),
    )
    plays = "step"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        steps, feedback = params["steps"], params["feedback"]
        step = min(params["step"], steps)
        cost = costs(steps)
        arrows = (
            [[i, level] for level in range(1, LEVELS + 1) for i in sources(level, feedback)]
            if step > 1
            else []
        )
        marks = _network(steps, step, arrows, words)
        marks += _bars(250, "macs", cost, [1, step / steps], words)
        marks += _bars(296, "acs", cost, [step / steps] * 2, words)
        top = sources(1, feedback)[-1]
        values = {
            "step": step,
            "steps": steps,
            "arrows": len(arrows),
            "part": words["parts"][str(steps)],
            "top": top,
            "sources": words["level1"] if top == 1 else fill(words["levels"], {"top": top}),
            "macs": _millions(cost["macs"]),
            "acs": _millions(cost["acs"]),
            "vanillaMacs": _millions(cost["vanilla_macs"]),
            "vanillaAcs": _millions(cost["vanilla_acs"]),
        }
        sentence = " ".join(
            fill(words[part], values) for part in ("first" if step == 1 else "later", "cost")
        )
        pitch = 324 / steps
        return {
            "numbers": {**cost, "arrows": arrows},
            "marks": marks,
            "verdict": fill(words[_said(steps, step, feedback)], values),
            "sentence": sentence,
            "grips": [
                [
                    "step",
                    "x",
                    66,
                    20,
                    324,
                    212,
                    66 + pitch / 2,
                    1,
                    66 + pitch * (steps + 0.5),
                    steps + 1,
                ]
            ],
        }


def _said(steps: int, step: int, feedback: str) -> str:
    """The name of the verdict's wording."""
    if step == 1:
        return "v-one" if steps == 1 else "v-first"
    if step == steps:
        return "v-last"
    return {"next-level": "v-next", "all-levels": "v-all", "none": "v-none"}[feedback]


def _millions(count: int) -> str:
    return fixed(count / 1e6, 2)


def _network(steps: int, step: int, arrows: list, words: dict) -> list:
    pitch = 324 / steps
    width = min(pitch - 14, 54)

    def x(t: int) -> float:
        return 66 + pitch * (t - 0.5)

    def y(level: int) -> float:
        return 172 - 46 * (level - 1)

    marks = [
        ["rect", 8, 4, 11, 11, "f-blue"],
        ["text", 24, 14, words["now"], ""],
        ["rect", 88, 4, 11, 11, "f-rule"],
        ["text", 104, 14, words["done"], ""],
    ]
    if arrows:
        marks += [
            ["circle", 164, 10, 5, "f-volt s-volt"],
            ["line", 170, 10, 189, 10, "s-volt thick"],
            ["path", [185, 6, 189, 10, 185, 14], "s-volt thick"],
            ["text", 195, 14, words["kept"], ""],
        ]
    if any(source != level for source, level in arrows):
        marks += [
            ["line", 272, 10, 294, 10, "s-volt thick dash"],
            ["path", [290, 6, 294, 10, 290, 14], "s-volt thick"],
            ["text", 300, 14, words["above"], ""],
        ]
    marks += [
        ["text", 8, y(level) + 9, f"{words['level']} {level}", "quiet"]
        for level in range(1, LEVELS + 1)
    ]
    for t in range(1, steps + 1):
        colour = "f-blue" if t == step else "f-rule" if t < step else "f-soft"
        for level in range(1, LEVELS + 1):
            marks.append(
                [
                    "line",
                    x(t),
                    y(level) + 18,
                    x(t),
                    y(level) + (46 if level > 1 else 26),
                    "s-blue thick" if t == step else "s-rule",
                ]
            )
            marks.append(["rect", x(t) - width / 2, y(level), width, 18, colour])
        # the whole image is encoded before the first step; the frame is the group that is read now
        encoded = "f-rule s-blue thick" if t == step else "f-rule"
        marks.append(["rect", x(t) - pitch / 2 + 1, 198, pitch - 2, 12, encoded])
        marks.append(
            [
                "text",
                x(t),
                226,
                f"{words['sub']} {t}" if t == 1 else str(t),
                "mid bold" if t == step else "mid quiet",
            ]
        )
    for level in range(1, LEVELS + 1):
        for t in (step - 1, step):
            if t > 0:
                marks.append(
                    [
                        "circle",
                        x(t),
                        y(level) - 5,
                        5,
                        "f-paper s-volt thick" if t == step else "f-volt s-volt",
                    ]
                )
    for source, level in arrows:
        marks.append(
            [
                "line",
                x(step - 1) + 6,
                y(source) - 5,
                x(step) - 7,
                y(level) - 5,
                "s-volt thick" if source == level else "s-volt thick dash",
            ]
        )
        marks.append(
            [
                "path",
                _head(x(step - 1) + 6, y(source) - 5, x(step) - 7, y(level) - 5),
                "s-volt thick",
            ]
        )
    marks.append(["text", 8, 208, words["encoder"], "quiet"])
    return marks


def _head(x: float, y: float, right: float, down: float) -> list:
    """The head of an arrow from (x, y) to (right, down)."""
    length = math.hypot(right - x, down - y)
    u, v = 4 * (right - x) / length, 4 * (down - y) / length
    return [right - u - v, down - v + u, right, down, right - u + v, down - v - u]


def _bars(top: float, kind: str, cost: dict, spent: list, words: dict) -> list:
    """What an image costs, here and in a vanilla SNN, as encodings or networks; filled what is
    spent by this step's end."""
    marks = [["text", 8, top, words[kind], "bold"]]
    for row, (name, value) in enumerate(
        (("ours", cost[kind]), ("vanilla", cost["vanilla_" + kind]))
    ):
        y, length = top + 5 + 14 * row, 240 * value / (8 * cost[kind])
        shade, edge = ("f-rule", "s-rule") if row else ("f-blue", "s-blue")
        marks.append(["text", 86, y + 10, words[name], "end"])
        marks.append(["rect", 92, y, length, 11, "hollow " + edge])
        marks.append(["rect", 92, y, length * spent[row], 11, shade])
        marks.append(["text", 97 + length, y + 10, short(value / cost[kind] * spent[row]), ""])
    return marks
