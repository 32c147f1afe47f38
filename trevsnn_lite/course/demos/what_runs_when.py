"""WhatRunsWhen, Eq. (10) and the inference column of Table 1: T sub-networks on T groups of one
encoded image, and what an image costs."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed

LEVELS = 3
RING = 8  # how far above its block a potential is drawn
RINGS = ("f-paper s-volt thick", "f-volt s-volt")  # of the step shown, of the one before
WHOLE = 34.5  # the width of one network: eight stand side by side
STRIPS, RUN, OURS, THEIRS = 8, 96, 294, 341  # left edge, one run's width, tops of what has run
HIGH, ROW = 14, 4  # of every strip, so that areas are work; the runs in a row
STRIPES = (2.5, 6.1, 9.7)  # across what all steps share
ONE = 12_532_069  # products of the network at T = 1, which a vanilla SNN runs at each step
CHANNELS = 43  # that its encoder makes
PARTS = {  # at one budget of weights, Table 8.3: the encoder's channels; products of the encoder,
    # of a step's own weights, of those that all steps share, of what comes from above, of reading
    "next-level": {
        1: (43, 210_700, 12_319_629, 0, 0, 1_740),
        2: (66, 323_400, 4_322_731, 2_938_579, 530_376, 1_310),
        4: (96, 470_400, 2_382_576, 1_648_752, 282_240, 960),
        8: (136, 666_400, 1_256_164, 887_978, 141_610, 680),
    },
    "all-levels": {
        1: (43, 210_700, 12_319_629, 0, 0, 1_740),
        2: (66, 323_400, 4_257_708, 2_897_713, 729_365, 1_300),
        4: (96, 470_400, 2_312_457, 1_598_527, 382_298, 940),
        8: (136, 666_400, 1_221_472, 865_732, 191_639, 670),
    },
    "none": {
        1: (43, 210_700, 12_319_629, 0, 0, 1_740),
        2: (68, 333_200, 4_540_977, 3_093_174, 0, 1_350),
        4: (100, 490_000, 2_572_500, 1_776_250, 0, 1_000),
        8: (144, 705_600, 1_378_321, 967_309, 0, 710),
    },
}
AHEAD = "hollow s-rule"


def costs(steps: int, feedback: str, step: int) -> dict[str, int]:
    """Products after `step` steps for one image, a weight at a position each: of the encoder, of
    own weights, of shared ones, of what comes from above; of the vanilla SNN."""
    _, encoder, own, shared, above, read = PARTS[feedback][steps]
    return {
        "encoder": encoder,
        "own": step * own + (read if step == steps else 0),
        "shared": step * shared,
        "above": (step - 1) * above,
        "vanilla": step * ONE,
    }


def sources(level: int, feedback: str) -> list[int]:
    """The levels whose old potentials enter this level's new one: its own, and those above that
    `feedback` lets through (Eq. (10): all; the paper's network: the next)."""
    top = {"all-levels": LEVELS, "next-level": min(level + 1, LEVELS), "none": level}[feedback]
    return list(range(level, top + 1))


class WhatRunsWhen(Demo):
    """WhatRunsWhen(steps=4, step=2, feedback="next-level")."""

    name = "what-runs-when"
    size = (400, 372)
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
        cost, last = costs(steps, feedback, step), costs(steps, feedback, steps)
        arrows = (
            [[i, level] for level in range(1, LEVELS + 1) for i in sources(level, feedback)]
            if step > 1
            else []
        )
        marks = _network(steps, step, feedback, arrows, words) + _vanilla(steps, step, words)
        marks += _so_far(steps, step, feedback, words)
        top = sources(1, feedback)[-1]
        values = {
            "step": step,
            "steps": steps,
            "arrows": len(arrows),
            "count": LEVELS,
            "whole": words["whole"].get(str(steps), fill(words["whole"]["more"], {"steps": steps})),
            "top": top,
            "sources": words["level1"] if top == 1 else fill(words["levels"], {"top": top}),
            "ran": _runs(cost)["ran"],
            "all": _millions(_sum(last)),
            "times": fixed(_sum(last) / ONE, 2),
            **{part: _millions(last[part]) for part in ("encoder", "own", "shared", "above")},
            "vanilla": _millions(last["vanilla"]),
        }
        sentence = " ".join(
            fill(words[part], values) for part in ("first" if step == 1 else "later", "cost")
        )
        if feedback == "none" and steps > 1:
            sentence += " " + words["freed"]
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
                    36,
                    324,
                    236,
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


def _sum(cost: dict[str, int]) -> int:
    return sum(cost[part] for part in ("encoder", "own", "shared", "above"))


def _runs(cost: dict[str, int]) -> dict[str, str]:
    """All parts and their sum in runs, with two decimals that add up: the sum is rounded, and its
    hundredths are dealt to the parts, one more to those that lose most."""
    parts = ("encoder", "own", "above", "shared")
    found = {part: 100 * cost[part] // ONE for part in parts}
    ran = (200 * _sum(cost) + ONE) // (2 * ONE)
    lost = sorted(parts, key=lambda part: -(100 * cost[part] % ONE))
    for part in lost[: ran - sum(found.values())]:
        found[part] += 1
    return {name: fixed(count / 100, 2) for name, count in (found | {"ran": ran}).items()}


def _millions(count: int) -> str:
    return fixed(count / 1e6, 2)


def _middle(steps: int):
    """The middle of each step's column."""
    return lambda t: 66 + 324 / steps * (t - 0.5)


def _width(steps: int, feedback: str) -> float:
    """Of a sub-network: its share of the products of one run, of which one is as wide at every T;
    so areas are work."""
    _, _, own, shared, _, _ = PARTS[feedback][steps]
    return WHOLE * (own + shared) / PARTS["none"][1][2]


def _shade(t: int, step: int) -> str:
    return "f-blue" if t == step else "f-rule" if t < step else AHEAD


def _network(steps: int, step: int, feedback: str, arrows: list, words: dict) -> list:
    """T-RevSNN: a narrow network at each step; the image is encoded before the first."""
    x, width = _middle(steps), _width(steps, feedback)

    def y(level: int) -> float:
        return 138 - 34 * (level - 1)

    marks = _keys(steps, step, feedback, len(arrows), words)
    marks += [
        ["text", 8, y(level) + 10, f"{words['level']} {level}", "quiet"]
        for level in range(1, LEVELS + 1)
    ]
    marks += _encoder(steps, step, feedback, words)
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
                188,
                f"{words['sub']} {t}" if t == 1 else str(t),
                "mid bold" if t == step else "mid quiet",
            ]
        )
    for level in range(1, LEVELS + 1):
        for t in (step - 1, step):
            if t > 0:
                marks.append(["circle", x(t), y(level) - RING, 4.5, RINGS[t < step]])
        marks += [["circle", x(t), y(level) - RING, 2, "f-volt"] for t in range(1, step - 1)]
        if step > 1:
            marks += _cut(x(step - 1) + width / 2, x(step) - width / 2, y(level) + 6)
    for source, level in arrows:
        style = "s-volt" if source == level else "s-volt dash"
        for t in range(2, step):  # what was handed on before, thin
            ends = x(t - 1) + 3, y(source) - RING, x(t) - 3, y(level) - RING
            marks.append(["line", *ends, style])
    for source, level in arrows:
        ends = (x(step - 1) + 6, y(source) - RING, x(step) - 7, y(level) - RING)
        style = "s-volt thick" if source == level else "s-volt thick dash"
        marks += [["line", *ends, style], ["path", _head(*ends), "s-volt thick"]]
    marks.append(["text", 8, 162 + _high(steps) / 2, words["encoder"], "quiet"])
    return marks


def _keys(steps: int, step: int, feedback: str, arrows: int, words: dict) -> list:
    """What the signs mean, and that the columns divide one budget."""
    marks = [
        ["rect", 8, 4, 11, 11, "f-blue"],
        ["text", 24, 14, words["now"], ""],
        ["rect", 86, 4, 11, 11, "f-rule"],
        ["text", 102, 14, words["done"], ""],
        *(
            [["rect", 158, 4, 11, 11, AHEAD], ["text", 174, 14, words["ahead"], ""]]
            * (step < steps)
        ),
        ["text", 8, 52, words["ours"], "bold"],
        ["text", 82, 52, fill(words["budget" if steps > 1 else "budget1"], {"steps": steps}), ""],
    ]
    if feedback == "none" and steps > 1:
        marks.append(["text", 130, 32, words["wider"], ""])
    if arrows:
        marks += [
            ["circle", 234, 10, 4.5, RINGS[1]],
            ["line", 240, 10, 258, 10, "s-volt thick"],
            ["path", [254, 6, 258, 10, 254, 14], "s-volt thick"],
            ["circle", 265, 10, 4.5, RINGS[0]],
            ["text", 276, 14, words["kept"], ""],
            *_cut(8, 36, 28),
            ["text", 42, 32, words["off"], ""],
        ]
    else:
        marks += [["circle", 240, 10, 4.5, RINGS[0]], ["text", 250, 14, words["new"], ""]]
    if arrows > LEVELS:
        marks += [
            ["line", 234, 28, 258, 28, "s-volt thick dash"],
            ["text", 276, 32, words["above"], ""],
        ]
    return marks


def _cut(left: float, right: float, y: float) -> list:
    """A link in time of a block's other layers, which T-RevSNN turns off."""
    cut = left + 0.75 * (right - left)  # where no arrow from above crosses it
    return [
        ["line", left, y, cut - 3, y, "s-rule thick"],
        ["line", cut + 3, y, right, y, "s-rule thick"],
        *(["line", cut + side, y - 3, cut + side, y + 3, "s-ink"] for side in (-3, 3)),
    ]


def _so_far(steps: int, step: int, feedback: str, words: dict) -> list:
    """The products so far on one scale at every T, with a line at one run, in the order in which
    they run: the encoder's; then each step's of its own weights, in its colour of what comes from
    above, and striped of the weights that all steps share. So what has run ends at its number. At
    the last step a bracket shows what exceeds one run: the shared weights' T - 1 repeats."""
    _, encoder, own, shared, above, read = PARTS[feedback][steps]
    unit, one = RUN / ONE, STRIPS + RUN
    marks = [["text", 8, 284, words["work"], "bold"]]
    left = STRIPS + unit * encoder
    marks.append(["rect", STRIPS, OURS, unit * encoder, HIGH, _shade(1, step)])
    for t in range(1, steps + 1):
        for count, shade in (
            (own + (read if t == steps else 0), _shade(t, step)),
            (above if t > 1 else 0, "f-volt" if t <= step else AHEAD),
            (shared, _shade(t, step)),
        ):
            if count:
                marks.append(["rect", left, OURS, unit * count, HIGH, shade])
                left = left + unit * count
        start = left - unit * shared
        for y in STRIPES if shared else ():
            ahead = ["line", start, OURS + y + 0.7, left, OURS + y + 0.7, "s-rule"]
            ran = ["rect", start, OURS + y, unit * shared, 1.4, "f-paper"]
            marks.append(ran if t <= step else ahead)
        if t < steps:
            marks.append(["rect", left - 0.6, OURS, 1.2, HIGH, "f-paper"])
    if shared:
        marks.append(["rect", 128, 274, 11, 11, "f-rule"])
        marks += [["rect", 128, 274 + y * 11 / HIGH, 11, 1.4, "f-paper"] for y in STRIPES]
        said = "more" if step == steps else "again"
        text = words["twice"] if said == "more" and steps == 2 else words[said]
        marks.append(["text", 144, 284, fill(text, {"times": steps - 1}), ""])
        if step == steps:
            marks.append(["path", [one, 292, one, 289, left, 289, left, 292], "s-ink"])
    cost = costs(steps, feedback, step)
    values = _runs(cost) | {"step": step}
    marks.append(["text", STRIPS + 1.6 * RUN + 4, OURS + 11, fill(words["ran"], values), ""])
    name = "sum1" if steps == 1 else "sum2" if cost["above"] else "sum2none"
    marks.append(["text", 8, OURS + 27, fill(words[name], values), ""])
    marks.append(["text", 8, THEIRS - 4, fill(words["theirs"], values), ""])
    for t in range(1, steps + 1):
        left, top = STRIPS + RUN * ((t - 1) % ROW), THEIRS + (HIGH + 1) * ((t - 1) // ROW)
        marks.append(["rect", left, top, RUN, HIGH, _shade(t, step)])
        marks.append(["rect", left, top, 0.8, HIGH, "f-paper"])
        if t <= step:
            style = "mid bold" + (" f-paper" if t == step else "")
            marks.append(["text", left + RUN / 2, top + 11.5, str(t), style])
    return [
        *marks,
        ["line", one, OURS - 2, one, OURS + HIGH + 2, "s-ink thick"],
        ["line", one, THEIRS - 2, one, THEIRS + HIGH + 1, "s-ink thick"],
    ]


def _encoder(steps: int, step: int, feedback: str, words: dict) -> list:
    """One encoder, as large beside the vanilla SNN's as it has channels, that runs once, before
    the first step: its T groups, and the wires on which they reach their columns; the frame is the
    group that is read now. At T = 8 it is as high again, or it would lie below steps 2 and 3."""
    x, high = _middle(steps), _high(steps)
    whole = WHOLE * PARTS[feedback][steps][0] / CHANNELS * 10 / high
    left, part = x(1) - WHOLE / 2 - 5 * (steps == 8), whole / steps
    marks: list = []
    for t in [*(t for t in range(1, steps + 1) if t != step), step]:
        place = left + part * (t - 0.5)
        wire = [place, 158, place, 154, x(t), 154, x(t), 150]
        marks.append(["path", wire, "s-blue thick" if t == step else "s-rule"])
    marks.append(["rect", left, 158, whole, high, "f-blue" if step == 1 else "f-rule"])
    for t in range(1, steps):
        marks.append(["rect", left + part * t - 0.4, 158, 0.8, high, "f-paper"])
    if step > 1:
        marks.append(["rect", left + part * (step - 1), 158, part, high, "hollow s-blue thick"])
        reads = fill(words["reads"], {"step": step, "steps": steps})
        marks.append(["text", left + whole + 6, 163 + high / 2, reads, ""])
    return marks


def _high(steps: int) -> int:
    """Of T-RevSNN's encoder."""
    return 20 if steps == 8 else 10


def _vanilla(steps: int, step: int, words: dict) -> list:
    """The same steps of a vanilla SNN: the encoder and the whole network at each of them."""
    x, whole = _middle(steps), WHOLE
    marks = [["text", 8, 202, words["vanilla"], "bold"]]
    for t in range(1, steps + 1):
        for row in range(LEVELS + 1):  # the lowest is the encoder
            top = 210 + 14 * row + 4 * (row == LEVELS)
            marks.append(["rect", x(t) - whole / 2, top, whole, 10, _shade(t, step)])
    for t in range(2, step + 1):  # every neuron hands its potential on
        for row in range(LEVELS):
            y, ends = 215 + 14 * row, (x(t - 1) + whole / 2, x(t) - whole / 2)
            marks.append(["line", ends[0], y, ends[1], y, "s-volt" + " thick" * (t == step)])
    marks.append(["text", 8, 232, words["network"], "quiet"])
    marks.append(["text", 8, 266, words["encoder"], "quiet"])
    return marks


def _head(x: float, y: float, right: float, down: float) -> list:
    """The head of an arrow from (x, y) to (right, down)."""
    length = math.hypot(right - x, down - y)
    u, v = 4 * (right - x) / length, 4 * (down - y) / length
    return [right - u - v, down - v + u, right, down, right - u + v, down - v - u]
