"""EventFrames, the input of Table 3: a simulated event camera before which a shirt moves, its
events, and the frames that they are cut into."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, Touch, fill, fixed, random

SHIRT = [
    "000002cc700000",
    "00028eeddb5000",
    "002edddddde800",
    "006edddddddc00",
    "006edddddddd00",
    "007ddddddddd00",
    "007deddddded00",
    "008deddddded20",
    "008dedddddee30",
    "009dddddddde50",
    "009bddddde9e60",
    "00a8edddde7e60",
    "00a7eddddd7d60",
    "00969bcccb3960",
]  # Fashion-MNIST test image 49, 14 x 14
SENSOR, STEPS, STEP_TIME = (
    18,
    24,
    4000,
)  # pixels; positions of the shirt in one loop; microseconds each
CELL, RIGHT, WIDE = 13, 258, 132
# log intensities are whole micro-units, so that both languages cross a threshold alike
MICRO = 1_000_000


def pixel(row: int, column: int) -> float:
    return int(SHIRT[row][column], 16) / 15 if 0 <= row < 14 and 0 <= column < 14 else 0.0


def outline() -> list[tuple[float, float]]:
    """Where the shirt is bright: its edge as (column, row), down the left and up the right."""
    lit = [[i for i, v in enumerate(row) if int(v, 16) > 3] for row in SHIRT]
    left = [(row[0], r + down) for r, row in enumerate(lit) for down in (0, 1)]
    right = [(row[-1] + 1, r + down) for r, row in enumerate(lit) for down in (0, 1)]
    return left + right[::-1]


def place(path: str, radius: float, t: float) -> tuple[float, float]:
    """Columns and rows from the sensor's corner to the shirt's at time t."""
    angle = 2 * math.pi * t / (STEPS * STEP_TIME)
    down = math.sin(angle) if path == "circle" else 0.0
    return 2 + radius * (math.cos(angle) - 0.5), 2 + radius * down


def bounds(found: list, frames: list, shown: int, bins: int, cut: str) -> tuple[float, float]:
    """The times between which the shown frame's events lie."""
    if cut == "time":
        return STEPS * STEP_TIME * shown / bins, STEPS * STEP_TIME * (shown + 1) / bins
    first = next((e[0] for e, k in zip(found, frames) if k >= shown), 0) if shown else 0
    after = next((e[0] for e, k in zip(found, frames) if k > shown), STEPS * STEP_TIME)
    return first, after


def way(path: str, radius: float, start: float, end: float) -> tuple[str, str]:
    """Where the shirt went in that time, ("left", "down") and the like, from its way along x and
    y: "" for neither, twice where it also came back."""
    half, whole = STEPS * STEP_TIME / 2, STEPS * STEP_TIME
    (x, y), (right, down) = (place(path, radius, t) for t in (start, end))
    right, down = right - x, down - y
    if path == "circle":
        length = radius * 2 * math.pi * (end - start) / whole
    else:
        middle = place(path, radius, min(max(half, start), end))[0]
        length = abs(middle - x) + abs(right + x - middle)
    if math.hypot(right, down) < 0.8 * length or end == start:
        return "both", "both"
    return (
        ("left" if right < 0 else "right") if abs(right) > 0.5 * abs(down) else "",
        ("up" if down < 0 else "down") if abs(down) > 0.5 * abs(right) else "",
    )


def rounded(x: float) -> int:
    return math.floor(x * MICRO + 0.5)


def level(x: int, y: int, path: str, radius: float, step: int) -> int:
    """Log intensity, in micro-units, of sensor pixel (x, y) at a step: the shirt's centre is on its
    path, a black pixel still receives 0.25."""
    angle = 2 * math.pi * step / STEPS
    right, down = math.cos(angle) - 1, math.sin(angle) if path == "circle" else 0.0
    column, row = (
        x - 2 - rounded(radius * (right + 0.5)) / MICRO,
        y - 2 - rounded(radius * down) / MICRO,
    )
    c, r = math.floor(column), math.floor(row)
    u, v = column - c, row - r
    light = (1 - v) * ((1 - u) * pixel(r, c) + u * pixel(r, c + 1)) + v * (
        (1 - u) * pixel(r + 1, c) + u * pixel(r + 1, c + 1)
    )
    return rounded(math.log(0.25 + light))


def events(path: str, radius: float, threshold: float) -> list[list]:
    """[t in microseconds, y, x, +1 or -1], sorted: one each time that the log intensity is a
    threshold away from the last crossing."""
    step_up, found, draw = rounded(threshold), [], random(3)
    for y in range(SENSOR):
        for x in range(SENSOR):
            levels = [level(x, y, path, radius, s % STEPS) for s in range(STEPS + 1)]
            reference = levels[0] + math.floor(
                (2 * draw() - 1) * step_up
            )  # what a pixel saw before is unknown; else all would fire as the loop closes
            for s in range(STEPS):
                before, after = levels[s], levels[s + 1]
                sign = 1 if after > before else -1
                while sign * (after - reference) >= step_up:
                    reference += sign * step_up
                    found.append(
                        [
                            math.floor(
                                STEP_TIME * (s + (reference - before) / (after - before)) + 0.5
                            ),
                            y,
                            x,
                            sign,
                        ]
                    )
    return sorted(found)


def remembered(pixel: int, path: str, radius: float, threshold: float, own: list) -> tuple:
    """(a pixel's log intensity at each step, the level that it remembers at first and after each
    of its `own` events), in micro-units."""
    draw, (y, x) = random(3), divmod(pixel, SENSOR)
    share = [draw() for _ in range(pixel + 1)][-1]
    levels = [level(x, y, path, radius, s % STEPS) for s in range(STEPS + 1)]
    kept = [levels[0] + math.floor((2 * share - 1) * rounded(threshold))]
    for _, sign in own:
        kept.append(kept[-1] + sign * rounded(threshold))
    return levels, kept


def frame_of(at: int, t: int, total: int, bins: int, cut: str) -> int:
    """The frame, from 0, of event number `at` of `total` at time t."""
    return min(bins - 1, at * bins // total if cut == "count" else t * bins // (STEPS * STEP_TIME))


class EventFrames(Demo):
    """EventFrames(shown=1, bins=4, cut="time", path="line", threshold=0.5, radius=2)."""

    name = "event-camera"
    size = (400, 320)
    controls = (
        Slider("shown", 1, 8, 1, 1, limit="bins"),
        Slider("bins", 1, 8, 1, 4),
        Choice("cut", ("time", "count"), "time"),
        Choice("path", ("circle", "line"), "line"),
        Slider("threshold", 0.2, 1.2, 0.1, 0.5),
        Slider("radius", 0.5, 3, 0.5, 2),
        Touch("pixel", SENSOR * SENSOR, 9 * SENSOR + 3, stays=True),
    )
    plays = "shown"
    folded = ("threshold", "radius")

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        bins, shown = params["bins"], min(params["shown"], params["bins"]) - 1
        found = events(params["path"], params["radius"], params["threshold"])
        frames = [
            frame_of(at, event[0], len(found), bins, params["cut"])
            for at, event in enumerate(found)
        ]
        counts = [frames.count(k) for k in range(bins)]
        seen: dict[tuple[int, int], list[int]] = {}
        for event, frame in zip(found, frames):
            if frame == shown:
                seen.setdefault((event[1], event[2]), [0, 0])[event[3] > 0] += 1
        mine = [
            [event[0], event[3]]
            for event in found
            if event[1] * SENSOR + event[2] == params["pixel"]
        ]
        pixels = sorted([y, x, off, on] for (y, x), (off, on) in seen.items())
        both = sum(off > 0 and on > 0 for _, _, off, on in pixels)
        most = max((off + on for _, _, off, on in pixels), default=0)
        span = bounds(found, frames, shown, bins, params["cut"])
        went = way(params["path"], params["radius"], *span)
        known = [word for word in reversed(went) if word]
        values = {
            "way": words["ways"]["both"] if "both" in went else words["and"].join(known),
            "front": words["fronts"].get(known[0]),
            "back": words["backs"].get(known[0]),
            "ms": fixed((span[1] - span[0]) / 1000, 1),
            "events": f"{len(found):,}",
            "bins": bins,
            "cut": words["cuts"][params["cut"]],
            "shown": shown + 1,
            "count": f"{counts[shown]:,}",
            "most": most,
            "both": both,
            "pixels": len(pixels),
            "fewest": f"{min(counts):,}",
            "largest": f"{max(counts):,}",
            "threshold": fixed(params["threshold"], 1),
            "column": params["pixel"] % SENSOR + 1,
            "row": params["pixel"] // SENSOR + 1,
            "order": ", ".join(
                fill(
                    words["own-event"],
                    {"kind": words["on" if sign > 0 else "off"], "ms": fixed(t / 1000, 1)},
                )
                for t, sign in mine
            )
            or words["no-own"],
        }
        return {
            "numbers": {
                "counts": counts,
                "pixels": pixels,
                "events": len(found),
                "pixel": mine,
                "first": found[:5],
            },
            "marks": [
                *_sensor(pixels, params, span, went, words),
                *_time(found, frames, shown, counts, span, words),
                *_pixel(mine, params, words),
            ],
            "verdict": fill(
                _verdict(params, _sides(pixels, params, span, went), both, went, words), values
            ),
            "sentence": " ".join(
                fill(words[part], values)
                for part in ("sentence", "mixed-up" if both else "clean", "own")
            ),
            "grips": [
                [
                    *("shown", "x", RIGHT, 24, WIDE, 280),
                    *(RIGHT + WIDE / bins / 2, 1, RIGHT + WIDE / bins * (bins + 0.5), bins + 1),
                ],
                *(
                    [
                        *("pixel", "x", 8, 22 + CELL * row, CELL * SENSOR, CELL),
                        *(8 + CELL / 2, SENSOR * row, 8 + CELL * (SENSOR - 0.5)),
                        SENSOR * row + SENSOR - 1,
                    ]
                    for row in range(SENSOR)
                ),
            ],
        }


def _sides(pixels: list, params: dict, span: tuple, went: tuple) -> list[list]:
    """Of the frame's darker and of its brighter events: how many, and how far they lie, all in
    all, before the shirt's centre on its way."""
    column, row = place(params["path"], params["radius"], sum(span) / 2)
    right = {"left": -1, "right": 1}.get(went[0], 0)
    down = {"up": -1, "down": 1}.get(went[1], 0)
    sides: list[list] = [[0, 0.0], [0, 0.0]]
    for y, x, *kinds in pixels:
        ahead = right * (x - column - 6.5) + down * (y - row - 6.5)
        for side, count in zip(sides, kinds):
            side[0] += count
            side[1] += count * ahead
    return sides


def _verdict(params: dict, sides: list, both: int, went: tuple, words: dict) -> str:
    """The wording for the frame shown. An edge is said to change only where its events are in the
    frame: after a turn, or in a short frame, those of one kind can be missing."""
    mixed, ((off, behind), (on, ahead)) = "both" in went, sides
    if off + on == 0:
        return words["v-none"]
    if params["bins"] == 1:
        return words["v-single" if both else "v-apart"]
    if params["cut"] == "count":
        return words["v-count"]
    if mixed:
        return words["v-turn" if both else "v-turned"]
    if (off and behind > -1e-9) or (on and ahead < 1e-9):
        return words["v-few"]
    way = "straight" if "" in went else "slanted"
    return words[f"v-{way}" + ("" if off and on else "-front" if on else "-back")]


def _sensor(pixels: list, params: dict, span: tuple, went: tuple, words: dict) -> list:
    """The shirt half-way through the frame, the events, and the shirt's way."""
    side, (column, row) = CELL * SENSOR, place(params["path"], params["radius"], sum(span) / 2)
    shirt = [
        c
        for x, y in outline()
        for c in (
            8 + CELL * min(max(x + column, 0), SENSOR),
            22 + CELL * min(max(y + row, 0), SENSOR),
        )
    ]
    marks = [
        ["text", 8, 14, words["frame"], "bold"],
        ["rect", 8, 22, side, side, "f-dim"],
        ["path", shirt, "f-lit"],
    ]
    for y, x, off, on in pixels:
        size = min(CELL, 5 + 2 * (off + on))
        marks.append(
            [
                "rect",
                8 + CELL * x + (CELL - size) / 2,
                22 + CELL * y + (CELL - size) / 2,
                size,
                size,
                "f-green" if off and on else "f-orange" if on else "f-blue",
            ]
        )
    moving = "both" not in went
    if moving:
        ends = [place(params["path"], params["radius"], t) for t in span]
        marks += _arrow(
            *(8 + CELL * (x + 7) if i else 22 + CELL * (y + 7) for x, y in ends for i in (1, 0))
        )
    row, column = divmod(params["pixel"], SENSOR)
    marks.append(
        [
            *("rect", 7 + CELL * column, 21 + CELL * row, CELL + 2, CELL + 2),
            "hollow s-ink thick",
        ]
    )
    for i, (key, colour) in enumerate(
        (("on", "f-orange"), ("off", "f-blue"), ("mixed", "f-green"))
    ):
        marks += [
            ["rect", 8 + 74 * i, 266, 10, 10, colour],
            ["text", 22 + 74 * i, 275, words[key], ""],
        ]
    return [
        *marks,
        ["rect", 8, 285, 10, 10, "f-lit s-rule"],
        ["text", 22, 294, words["shirt"], ""],
        *(_arrow(156, 290, 138, 290) * moving),
        *([["text", 162, 294, words["goes"], ""]] * moving),
        ["text", 8, 313, words["larger"], "quiet"],
    ]


def _arrow(x: float, y: float, right: float, down: float) -> list:
    """From (x, y) to (right, down), with a head."""
    length = math.hypot(right - x, down - y)
    u, v = 6 * (right - x) / length, 6 * (down - y) / length
    head = [right - u - v, down - v + u, right, down, right - u + v, down - v - u]
    return [["line", x, y, right, down, "s-ink thick"], ["path", head, "s-ink thick"]]


def _time(found: list, frames: list, shown: int, counts: list, span: tuple, words: dict) -> list:
    """Events in each 4 ms and in each frame, by kind. A band marks the frame shown: blue and
    orange are kinds of events, everywhere."""
    slots, kinds = [[0, 0] for _ in range(STEPS)], [[0, 0] for _ in counts]
    for event, frame in zip(found, frames):
        slots[min(STEPS - 1, event[0] // STEP_TIME)][event[3] > 0] += 1
        kinds[frame][event[3] > 0] += 1
    totals, pitch = [a + b for a, b in slots], WIDE / STEPS
    top, most, width = max(1, *totals), max(1, *counts), WIDE / len(counts)

    def within(x: float) -> float:
        return min(max(x, RIGHT + 8), RIGHT + WIDE - 8)

    def stack(x: float, ground: float, wide: float, unit: float, kinds: list) -> list:
        """Darker events on the ground, brighter ones on them."""
        off, on = (unit * n for n in kinds)
        heights = ((ground - off, off, "f-blue"), (ground - off - on, on, "f-orange"))
        return [["rect", x, y, wide, high, colour] for y, high, colour in heights if high]

    start, end = (RIGHT + WIDE * t / (STEPS * STEP_TIME) for t in span)
    marks = [
        ["rect", start, 20, end - start, 144, "f-soft s-rule"],
        ["rect", RIGHT + width * shown, 218, width, 76, "f-soft s-rule"],
        ["text", RIGHT, 14, words["rate"], "bold"],
        ["text", within(RIGHT + pitch * totals.index(max(totals))), 34, str(top), "mid quiet"],
        ["line", RIGHT, 82, RIGHT + WIDE, 82, "s-rule"],
    ]
    for heights, colour in ((totals, "f-orange"), ([off for off, _ in slots], "f-blue")):
        tops = [
            c
            for i, n in enumerate(heights)
            for c in (
                RIGHT + pitch * i,
                82 - 44 * n / top,
                RIGHT + pitch * (i + 1),
                82 - 44 * n / top,
            )
        ]
        marks.append(["path", [RIGHT, 82, *tops, RIGHT + WIDE, 82], colour])
    marks += [
        ["rect", RIGHT, 184, 10, 10, "f-soft s-rule"],
        ["text", RIGHT + 14, 193, words["band"], "quiet"],
        ["text", RIGHT + WIDE, 193, words["time"], "end quiet"],
        ["text", RIGHT, 212, words["each"], "bold"],
        ["line", RIGHT, 294, RIGHT + WIDE, 294, "s-rule"],
    ]
    for k, pair in enumerate(kinds):
        x = RIGHT + width * k
        marks += stack(x + 2, 294, width - 4, 58 / most, pair)
        marks.append(
            ["text", x + width / 2, 308, str(k + 1), "mid bold" if k == shown else "mid quiet"]
        )
    x, height = within(RIGHT + width * (shown + 0.5)), 58 * counts[shown] / most
    return [*marks, ["text", x, 290 - height, f"{counts[shown]:,}", "mid bold halo"]]


def _pixel(mine: list, params: dict, words: dict) -> list:
    """The ringed pixel's light, on a logarithmic scale, the level that it remembers, and an event
    each time that the two are a threshold apart."""
    levels, kept = remembered(
        params["pixel"], params["path"], params["radius"], params["threshold"], mine
    )
    low, high = min(levels + kept), max(levels + kept)
    unit, middle = 46 / max(1.6 * MICRO, high - low), (low + high) / 2

    def x(t: float) -> float:
        return RIGHT + WIDE * t / (STEPS * STEP_TIME)

    def y(value: float) -> float:
        return 136 - unit * (value - middle)

    light = [c for s, value in enumerate(levels) for c in (x(s * STEP_TIME), y(value))]
    stairs, dots = [RIGHT, y(kept[0])], []
    for (t, sign), before, after in zip(mine, kept, kept[1:]):
        stairs += [x(t), y(before), x(t), y(after)]
        dots.append(["circle", x(t), y(after), 3, "f-orange" if sign > 0 else "f-blue"])
    return [
        ["text", RIGHT, 102, words["pixel"], "bold"],
        ["path", [*stairs, RIGHT + WIDE, y(kept[-1])], "s-ink dash"],
        ["path", light, "s-ink thick"],
        *dots,
        ["text", RIGHT, 177, words["memory"], "quiet"],
    ]
