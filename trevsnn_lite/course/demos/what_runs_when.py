"""WhatRunsWhen, Eq. (10) and the inference column of Table 1: T sub-networks on T groups of one
encoded image, and what an image costs."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed

LEVELS = 4
RING = 8  # how far above its block a potential is drawn
RINGS = ("f-paper s-volt thick", "f-volt s-volt")  # of the step shown, of the one before
WHOLE = 34.5  # the width of one network: eight stand side by side
STRIPS, OURS, THEIRS = 96, 315, 334  # left edge and tops of what has run so far
STEM = (
    3 * 9 * 64 * 16 * 16
)  # 3x3 convolution, 3 -> 64 channels, stride 2 on 32x32 pixels: multiply-accumulates
POSITIONS = (16 * 16, 8 * 8, 4 * 4, 4 * 4)  # pixels of each level
WEIGHTS = (
    2 * 64 * 256
)  # a level's two 1x1 convolutions, 64 -> 256 -> 64: the budget of all sub-networks together
ENCODER = WHOLE * STEM / (WEIGHTS * sum(POSITIONS))  # its share of the products, as wide
ONE = ENCODER + WHOLE
AHEAD = "hollow s-rule"


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
    """WhatRunsWhen(steps=4, step=2, feedback="next-level")."""

    name = "what-runs-when"
    size = (400, 356)
    controls = (
        Slider("step", 1, 8, 1, 2, limit="steps"),
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
        marks = _network(steps, step, arrows, words) + _vanilla(steps, step, words)
        marks += _so_far(steps, step, words)
        top = sources(1, feedback)[-1]
        values = {
            "step": step,
            "steps": steps,
            "arrows": len(arrows),
            "part": words["parts"][str(steps)],
            "whole": words["whole"].get(str(steps), fill(words["whole"]["more"], {"steps": steps})),
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
                    276,
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
        return "v-last-" + feedback
    return {"next-level": "v-next", "all-levels": "v-all", "none": "v-none"}[feedback]


def _millions(count: int) -> str:
    return fixed(count / 1e6, 2)


def _place(steps: int):
    """(the middle of a step's column, the width of a whole network): a network's width is its share
    of the weights, so that areas are work; it is the same at every T."""
    pitch = 324 / steps
    return (lambda t: 66 + pitch * (t - 0.5)), WHOLE


def _shade(t: int, step: int) -> str:
    return "f-blue" if t == step else "f-rule" if t < step else AHEAD


def _network(steps: int, step: int, arrows: list, words: dict) -> list:
    """T-RevSNN: a T-th of the network at each step; the image is encoded before the first."""
    x, whole = _place(steps)
    width = whole / steps

    def y(level: int) -> float:
        return 150 - 34 * (level - 1)

    marks = [
        ["rect", 8, 4, 11, 11, "f-blue"],
        ["text", 24, 14, words["now"], ""],
        ["rect", 86, 4, 11, 11, "f-rule"],
        ["text", 102, 14, words["done"], ""],
        *(
            [["rect", 158, 4, 11, 11, AHEAD], ["text", 174, 14, words["ahead"], ""]]
            * (step < steps)
        ),
        ["text", 8, 32, words["ours"], "bold"],
    ]
    if arrows:
        marks += [
            ["circle", 234, 10, 4.5, RINGS[1]],
            ["line", 240, 10, 258, 10, "s-volt thick"],
            ["path", [254, 6, 258, 10, 254, 14], "s-volt thick"],
            ["circle", 265, 10, 4.5, RINGS[0]],
            ["text", 276, 14, words["kept"], ""],
            *_cut(92, 120, 28),
            ["text", 126, 32, words["off"], ""],
        ]
    else:
        marks += [["circle", 240, 10, 4.5, RINGS[0]], ["text", 250, 14, words["new"], ""]]
    if len(arrows) > LEVELS:
        marks += [
            ["line", 234, 28, 258, 28, "s-volt thick dash"],
            ["text", 276, 32, words["above"], ""],
        ]
    marks += [
        ["text", 8, y(level) + 10, f"{words['level']} {level}", "quiet"]
        for level in range(1, LEVELS + 1)
    ]
    marks += _encoder(steps, step)
    for t in range(1, steps + 1):
        wire = "s-blue thick" if t == step else "s-rule"
        for level in range(1, LEVELS + 1):
            if level > 1:
                marks.append(["line", x(t), y(level) + 12, x(t), y(level) + 34, wire])
            marks.append(["rect", x(t) - width / 2, y(level), width, 12, _shade(t, step)])
        marks.append(
            [
                "text",
                x(t),
                195,
                f"{words['sub']} {t}" if t == 1 else str(t),
                "mid bold" if t == step else "mid quiet",
            ]
        )
    for level in range(1, LEVELS + 1):
        for t in (step - 1, step):
            if t > 0:
                marks.append(["circle", x(t), y(level) - RING, 4.5, RINGS[t < step]])
        if step > 1:
            marks += _cut(x(step - 1) + width / 2, x(step) - width / 2, y(level) + 6)
    for source, level in arrows:
        ends = (x(step - 1) + 6, y(source) - RING, x(step) - 7, y(level) - RING)
        style = "s-volt thick" if source == level else "s-volt thick dash"
        marks += [["line", *ends, style], ["path", _head(*ends), "s-volt thick"]]
    marks.append(["text", 8, 179, words["encoder"], "quiet"])
    return marks


def _cut(left: float, right: float, y: float) -> list:
    """A link in time of a block's other layers, which T-RevSNN turns off."""
    cut = left + 0.75 * (right - left)  # where no arrow from above crosses it
    return [
        ["line", left, y, cut - 3, y, "s-rule thick"],
        ["line", cut + 3, y, right, y, "s-rule thick"],
        *(["line", cut + side, y - 3, cut + side, y + 3, "s-ink"] for side in (-3, 3)),
    ]


def _so_far(steps: int, step: int, words: dict) -> list:
    """The operations of each step, side by side, as wide as drawn above, each encoder before
    its network; on one scale with a tick at one whole run; a part ahead is empty."""
    marks = [["text", 8, 309, words["work"], "bold"]]
    for top, name in ((OURS, "ours"), (THEIRS, "vanilla")):
        marks.append(["text", 8, top + 12, words[name], ""])
        left = STRIPS
        for t in range(1, steps + 1):
            shade, width = _shade(t, step), WHOLE / steps if name == "ours" else WHOLE
            if name == "vanilla" or t == 1:
                marks.append(["rect", left, top, ENCODER, 15, shade])
                left = left + ENCODER
            marks.append(["rect", left, top, width, 15, shade])
            marks.append(["rect", left, top, 0.8, 15, "f-paper"])
            left = left + width
    said = fill(words["shares"], {"step": step, "steps": steps}) if step < steps else words["full"]
    marks.append(["text", STRIPS + ONE + 8, OURS + 12, said, "bold f-blue"])
    for t in range(1, step + 1):
        middle, colour = STRIPS + ONE * (t - 0.5), " f-paper" if t == step else ""
        marks.append(["text", middle, THEIRS + 12, str(t), "mid bold" + colour])
    return [*marks, ["line", STRIPS + ONE, OURS - 3, STRIPS + ONE, THEIRS + 18, "s-ink"]]


def _encoder(steps: int, step: int) -> list:
    """One encoder, as wide as each of the vanilla SNN's, that runs once, before the first step: its
    T parts, and the wires on which they reach their columns; the frame is the part that is read
    now."""
    x, whole = _place(steps)
    left, part = x(1) - whole / 2, whole / steps
    marks: list = []
    for t in [*(t for t in range(1, steps + 1) if t != step), step]:
        place = left + part * (t - 0.5)
        wire = [place, 170, place, 166, x(t), 166, x(t), 162]
        marks.append(["path", wire, "s-blue thick" if t == step else "s-rule"])
    marks.append(["rect", left, 170, whole, 10, "f-blue" if step == 1 else "f-rule"])
    for t in range(1, steps):
        marks.append(["rect", left + part * t - 0.4, 170, 0.8, 10, "f-paper"])
    if step > 1:
        marks.append(["rect", left + part * (step - 1), 170, part, 10, "hollow s-blue thick"])
    return marks


def _vanilla(steps: int, step: int, words: dict) -> list:
    """The same steps of a vanilla SNN: the encoder and the whole network at each of them."""
    x, whole = _place(steps)
    marks = [["text", 8, 215, words["vanilla"], "bold"]]
    for t in range(1, steps + 1):
        for row in range(LEVELS + 1):  # the lowest is the encoder
            top = 222 + 14 * row + 4 * (row == LEVELS)
            marks.append(["rect", x(t) - whole / 2, top, whole, 10, _shade(t, step)])
    if step > 1:  # every neuron hands its potential on
        for row in range(LEVELS):
            y, ends = 227 + 14 * row, (x(step - 1) + whole / 2, x(step) - whole / 2)
            marks.append(["line", ends[0], y, ends[1], y, "s-volt thick"])
    marks.append(["text", 8, 249, words["network"], "quiet"])
    marks.append(["text", 8, 291, words["encoder"], "quiet"])
    return marks


def _head(x: float, y: float, right: float, down: float) -> list:
    """The head of an arrow from (x, y) to (right, down)."""
    length = math.hypot(right - x, down - y)
    u, v = 4 * (right - x) / length, 4 * (down - y) / length
    return [right - u - v, down - v + u, right, down, right - u + v, down - v - u]
