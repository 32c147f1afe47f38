"""EventFrames, the input of Table 3: a simulated event camera before which a shirt moves, its
events, and the frames that they are cut into."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, random

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
# log intensities are whole micro-units, so that both languages cross a threshold alike
MICRO = 1_000_000


def pixel(row: int, column: int) -> float:
    return int(SHIRT[row][column], 16) / 15 if 0 <= row < 14 and 0 <= column < 14 else 0.0


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


def frame_of(at: int, t: int, total: int, bins: int, cut: str) -> int:
    """The frame, from 0, of event number `at` of `total` at time t."""
    return min(bins - 1, at * bins // total if cut == "count" else t * bins // (STEPS * STEP_TIME))


class EventFrames(Demo):
    """EventFrames(threshold=0.5, path="circle", radius=2, bins=4, cut="time", shown=1)."""

    name = "event-camera"
    size = (400, 262)
    controls = (
        Slider("threshold", 0.2, 1.2, 0.1, 0.5),
        Choice("path", ("circle", "line"), "line"),
        Slider("radius", 0.5, 3, 0.5, 2),
        Slider("bins", 1, 8, 1, 4),
        Choice("cut", ("time", "count"), "time"),
        Slider("shown", 1, 8, 1, 1, limit="bins"),
    )
    plays = "shown"

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
        pixels = sorted([y, x, off, on] for (y, x), (off, on) in seen.items())
        both = sum(off > 0 and on > 0 for _, _, off, on in pixels)
        most = max((off + on for _, _, off, on in pixels), default=0)
        values = {
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
        }
        return {
            "numbers": {
                "counts": counts,
                "pixels": pixels,
                "events": len(found),
                "first": found[:5],
            },
            "marks": [*_sensor(pixels, words), *_time(found, frames, shown, counts, words)],
            "verdict": fill(words["v-mixed-up" if both else "v-clean"], values),
            "sentence": " ".join(
                fill(words[part], values) for part in ("sentence", "mixed-up" if both else "clean")
            ),
            "grips": [
                [
                    *("shown", "x", 222, 24, 168, 230),
                    *(222 + 84 / bins, 1, 222 + 168 / bins * (bins + 0.5), bins + 1),
                ]
            ],
        }


def _sensor(pixels: list, words: dict) -> list:
    marks = [["text", 8, 14, words["frame"], "bold"], ["rect", 8, 22, 198, 198, "f-soft"]]
    for y, x, off, on in pixels:
        size = min(11, 5 + 2 * (off + on))
        marks.append(
            [
                "rect",
                8 + 11 * x + (11 - size) / 2,
                22 + 11 * y + (11 - size) / 2,
                size,
                size,
                "f-green" if off and on else "f-orange" if on else "f-blue",
            ]
        )
    for i, (key, colour) in enumerate(
        (("on", "f-orange"), ("off", "f-blue"), ("mixed", "f-green"))
    ):
        marks += [
            ["rect", 8 + 74 * i, 232, 10, 10, colour],
            ["text", 22 + 74 * i, 241, words[key], ""],
        ]
    return marks


def _time(found: list, frames: list, shown: int, counts: list, words: dict) -> list:
    """Events in each 2 ms, the shown frame's in full colour, and each frame's number of events."""
    slots = [[0, 0] for _ in range(48)]
    for event, frame in zip(found, frames):
        slots[min(47, event[0] // 2000)][frame == shown] += 1
    top = max(1, max(a + b for a, b in slots))
    marks = [["text", 222, 14, words["rate"], "bold"], ["line", 222, 120, 390, 120, "s-rule"]]
    for i, (other, here) in enumerate(slots):
        whole, part = 90 * (other + here) / top, 90 * here / top
        marks += [
            ["rect", 222 + 3.5 * i, 120 - whole, 3, whole, "f-rule"],
            ["rect", 222 + 3.5 * i, 120 - part, 3, part, "f-blue"],
        ]
    marks += [
        ["text", 390, 134, words["time"], "end quiet"],
        ["text", 222, 154, words["each"], "bold"],
        ["line", 222, 240, 390, 240, "s-rule"],
    ]
    high = max(1, max(counts))
    for k, count in enumerate(counts):
        width = 168 / len(counts)
        marks.append(
            [
                "rect",
                222 + width * k + 2,
                240 - 76 * count / high,
                width - 4,
                76 * count / high,
                "f-blue" if k == shown else "f-rule",
            ]
        )
        marks.append(["text", 222 + width * (k + 0.5), 254, str(k + 1), "mid quiet"])
    return marks
