"""What a chapter adds to the drawing that grows (`growing`), or looks at on it, larger: one picture
a chapter."""

import math

from trevsnn_lite.course import ledger
from trevsnn_lite.course.strokes import (
    arrows,
    badge,
    bends,
    box,
    crosses,
    line,
    numbers,
    rings,
    text,
)

WIDTH, HEIGHT = 328, 172
STEPS, STAGES = range(4), range(3)


def _title(words: str) -> str:
    return text(14, 22, words, "name")


def _value(row: str) -> str:
    return next(found["value"] for found in ledger.load()["rows"] if found["id"] == row)


def _rows(rows, top: float = 50, pitch: float = 25) -> str:
    """Numbered lines."""
    return "".join(
        badge(24, top + pitch * k, k + 1) + text(42, top + pitch * k + 4.5, words)
        for k, words in enumerate(rows)
    )


def _vessel(x: float, y: float, r: float, v: float, kind: str = "f-orange pale") -> str:
    """A neuron as a vessel that is filled to v of its height."""
    top = y + r * (1 - 2 * v)
    half = math.sqrt(r * r - (top - y) ** 2)
    d = f"M{numbers(x - half, top)}A{r:g} {r:g} 0 {int(v > 0.5)} 0 {numbers(x + half, top)}z"
    return line(d, kind) + rings([(x, y)], r, "s-orange")


def outline() -> str:
    rows = (
        (("blue",), "spikes: 0 or 1"),
        (("orange",), "potentials: what a neuron remembers"),
        (("vermilion",), "real numbers: the photograph, encoded"),
        (("ink", "dash"), "errors, on their way back"),
    )
    return _title("The colours in these drawings") + "".join(
        arrows([(16, 52 + 29 * k, 60, 52 + 29 * k)], *hue, size=6) + text(74, 56.5 + 29 * k, words)
        for k, (hue, words) in enumerate(rows)
    )


def neuron() -> str:
    x, y = 84, 98
    return (
        _title("A neuron")
        + _vessel(x, y, 36, 0.6)
        + text(x, y + 17, "V", "mid name")
        + line(f"M{x - 46} {y - 22}H{x + 62}", "s-ink dash")
        + arrows([(x, y - 36, x, 32)], "blue", "bold", 8)
        + arrows([(x, 166, x, y + 36)], "vermilion", "bold", 8)
        + arrows([(x + 34, y + 14, x + 56, y + 22)], "orange", "bold", 8)
        + text(x + 16, 46, "a spike, when V is at the threshold")
        + text(x + 68, y - 18, "threshold")
        + text(x + 48, y + 4, "V, the membrane potential")
        + text(x + 62, y + 28, "a leak lowers V")
        + text(x + 16, 162, "input raises V")
    )


def errors() -> str:
    bell = [(x, 142 - 74 * math.exp(-(((x - 230) / 24) ** 2))) for x in range(166, 295, 4)]
    return (
        _title("Back through a spike, by a surrogate")
        + line("M20 142H152M166 142H314", "s-grey thin")
        + line("M22 142H84V66H150", "s-blue bold")
        + line("M" + "L".join(numbers(*place) for place in bell), "s-ink bold dash")
        + line("M84 142v6M230 142v6", "s-ink")
        + text(84, 162, "threshold", "mid")
        + text(230, 162, "threshold", "mid")
        + text(20, 48, "forwards: a step")
        + text(166, 48, "backwards: this slope")
        + text(26, 136, "0")
        + text(140, 60, "1")
    )


def steps() -> str:
    cells = [(32 + 38 * t, 128 - 34 * s) for t in STEPS for s in STAGES]
    return (
        _title("What training keeps: every potential")
        + arrows([(x + 12, y, x + 26, y) for x, y in cells if x < 140], "orange")
        + rings(cells, 8, "neuron")
        + rings(cells, 11, "s-vermilion bold")
        + text(89, 158, "time", "mid")
        + arrows([(108, 154, 150, 154)], "ink")
        + text(176, 60, "3 layers, 4 steps:")
        + text(176, 82, "12 potentials", "name")
        + text(176, 112, "The bill grows with")
        + text(176, 130, "every step: O(LT)")
    )


def energy() -> str:
    add, both = _value("energy-ac"), _value("energy-mac")
    unit = 236 / float(both)
    return (
        _title("What one arrow costs")
        + text(16, 52, "a spike: only add")
        + box(16, 60, unit * float(add), 18, "f-blue")
        + text(26 + unit * float(add), 74, f"{add} pJ")
        + text(16, 106, "a real number: multiply, then add")
        + box(16, 114, 236, 18, "f-vermilion")
        + text(262, 128, f"{both} pJ")
        + text(16, 158, "Prices of the paper, for 45 nm chips.")
    )


def cuts() -> str:
    y = 78
    ends = (30, 124), (198, 292)
    pairs = "".join(
        rings([(a, y), (b, y)], 13, "neuron") + arrows([(a + 13, y - 5, b - 13, y - 5)], "orange")
        for a, b in ends
    )
    again = f"M198 {y + 13}v8q0 8 8 8h78q8 0 8-8v-4"
    return (
        _title("Two ways out of the bill")
        + pairs
        + arrows([(111, y + 5, 43, y + 5)], "ink", "dash")
        + crosses([(77, y + 5)], "s-sky wide", 8)
        + line(again, "s-purple bold")
        + arrows([(292, y + 22, 292, y + 13)], "purple", "bold", 7)
        + text(77, 124, "cut the error’s way", "mid name")
        + text(77, 143, "OTTT, SLTT:", "mid")
        + text(77, 160, "another gradient", "mid")
        + text(245, 124, "compute again", "mid name")
        + text(245, 143, "checkpoints, S-RevSNN:", "mid")
        + text(245, 160, "the same gradient", "mid")
    )


def back() -> str:
    floor = 126
    bars = "".join(
        box(36 + 74 * (3 - k), floor - 84 * 0.5**k, 34, 84 * 0.5**k, "f-ink")
        + text(53 + 74 * (3 - k), floor + 17, f"step {4 - k}", "mid")
        for k in range(4)
    )
    ways = [(252, 50, 216, 34, 188, 74), (176, 84, 142, 62, 114, 96), (102, 105, 74, 84, 44, 108)]
    words = ("× ½", "× ½", "× ½")
    return (
        _title("What is left of an error")
        + bars
        + bends(ways, "ink")
        + "".join(text(cx - 8, cy + 6, w, "mid") for (_, _, cx, cy, _, _), w in zip(ways, words))
        + text(14, floor + 37, "Each step back: × (1 − 1/τ). Here τ = 2.")
    )


def undoing() -> str:
    y = 92
    return (
        _title("A step undone")
        + _vessel(58, y, 30, 0.7)
        + _vessel(272, y, 30, 0.45, "f-orange")
        + text(58, y + 17, "V[t]", "mid name")
        + text(272, y - 9, "V[t+1]", "mid name")
        + arrows([(90, y - 12, 240, y - 12)], "orange", "bold", 8)
        + arrows([(240, y + 12, 90, y + 12)], "blue", "bold", 8)
        + text(168, y - 20, "× decay, + input", "mid")
        + text(168, y + 30, "− input, ÷ decay", "mid")
        + box(44, 133, 11, 11, "f-blue", 1) + box(60, 133, 11, 11, "bit", 1)
        + text(82, 142.5, "kept: a few low bits")
        + text(272, 143, "known", "mid")
    )  # fmt: skip


def off() -> str:
    on, off = 62, 116
    return (
        _title("On and off")
        + rings([(90, on), (190, on)], 14, "neuron")
        + arrows([(104, on, 176, on)], "orange", "bold", 7)
        + rings([(90, off), (190, off)], 9, "hollow")
        + text(16, on + 4, "on") + text(16, off + 4, "off")
        + text(216, on + 4, "remembers V")
        + text(216, off + 4, "forgets V")
        + text(140, off + 4, "no link", "mid")
        + text(16, 158, "Encoded once, the image comes in four groups.")
    )  # fmt: skip


def levels() -> str:
    return (
        _title("Eq. (10): three things make V[t+1]")
        + rings([(46, 66), (46, 122), (172, 122)], 15, "neuron")
        + arrows([(61, 122, 156, 122)], "orange", "bold", 8)
        + arrows([(60, 73, 158, 115)], "orange", "bold dash", 8)
        + arrows([(172, 166, 172, 138)], "blue", "bold", 8)
        + text(46, 46, "step t", "mid") + text(192, 112, "step t+1")
        + text(102, 80, "the next stage’s old V")
        + text(108, 138, "own old V", "mid") + text(184, 158, "spikes from below")
    )  # fmt: skip


def blocks() -> str:
    names = ("spike", "5 × 5", "1 × 1", "spike", "1 × 1", "5 × 5", "α")
    wide = [38, 38, 38, 38, 38, 38, 20]
    found, x = [], 24.0
    for name, w in zip(names, wide):
        kind = "bluebox" if name == "spike" else "sheet"
        found.append(box(x, 92, w, 28, kind, 3) + text(x + w / 2, 110, name, "mid tiny"))
        x += w + 2
    return (
        _title("The block: six layers, and a way around")
        + line("M12 106H24M284 106H295", "s-ink")
        + line("M18 106V62H304V97", "s-vermilion bold")
        + "".join(found)
        + rings([(304, 106)], 8.5, "neuron s-ink")
        + text(304, 110.5, "+", "mid name")
        + text(160, 56, "shortcut: real numbers pass unchanged", "mid")
        + text(14, 146, "At the start α = 0: the block changes nothing.")
    )


def whole() -> str:
    rows = (
        (rings([(30, 0)], 9, "neuron"), "turned on: remembers"),
        (rings([(30, 0)], 5, "hollow"), "turned off: forgets"),
        (rings([(30, 0)], 9, "f-orange held"), "kept: the last potentials, a few bits"),
        (line("M20 0h20", "s-grey wide"), "weights that all steps share"),
        (arrows([(16, 0, 44, 0)], "ink", "bold", 7), "read: the last step alone"),
    )
    return _title("T-RevSNN, whole") + "".join(
        f'<g transform="translate(0 {48 + 26 * k})">{sign}{text(58, 4.5, words)}</g>'
        for k, (sign, words) in enumerate(rows)
    )


def events() -> str:
    left = ((-7, -18), (-19, -9), (-14, 1), (-8, -2), (-8, 18))
    corners = left + tuple((-a, b) for a, b in reversed(left))
    outline = []
    for (xa, ya), (xb, yb) in zip(corners, corners[1:] + corners[:1]):
        many = max(1, round(math.hypot(xb - xa, yb - ya) / 5))
        outline += [(xa + (xb - xa) * k / many, ya + (yb - ya) * k / many) for k in range(many)]
    x, y = 47, 84
    start = x - 7
    off = line(
        "".join(f"M{numbers(start + a, y + b)}h0" for a, b in outline if a < -4), "s-purple dot"
    )
    on = line(
        "".join(f"M{numbers(start + a, y + b)}h0" for a, b in outline if a > 4), "s-orange dot"
    )
    shirt = f'<g id="g-shirt">{off}{on}</g>'
    return (
        _title("A new frame at each step")
        + "".join(box(x - 31 + 78 * t, y - 32, 62, 64, "sheet") for t in STEPS)
        + shirt
        + "".join(f'<use href="#g-shirt" x="{83 * t}"/>' for t in STEPS[1:])
        + "".join(text(x + 78 * t, y + 48, f"step {t + 1}", "mid") for t in STEPS)
        + rings([(20, 155)], 4, "f-orange") + text(30, 159.5, "brighter")
        + rings([(106, 155)], 4, "f-purple") + text(116, 159.5, "darker")
    )  # fmt: skip


def tables() -> str:
    rows = (
        ("memory", "t2-sdt-memory", _value("t2-memory-512"), "MB", "per image"),
        ("time", "t2-sdt-minutes", _value("t2-minutes").split(", ")[1], "min", "per epoch"),
        ("energy", "t2-sdt-energy", _value("t2-energy-512"), "mJ", "per image"),
    )
    found = []
    for k, (name, other, ours, unit, per) in enumerate(rows):
        y, theirs = 44 + 43 * k, float(_value(other))
        found.append(
            badge(24, y + 9, k + 1)
            + text(40, y + 6, name)
            + text(40, y + 20, per, "tiny")
            + box(106, y - 4, 130, 11, "f-grey")
            + text(242, y + 5.5, f"{theirs:.1f} {unit}")
            + box(106, y + 10, 130 * float(ours) / theirs, 11, "f-blue")
            + text(112 + 130 * float(ours) / theirs, y + 20, ours)
        )
    return (
        _title("Table 2, the paper")
        + box(152, 12, 10, 10, "f-grey")
        + text(166, 21.5, "Transformer")
        + box(248, 12, 10, 10, "f-blue")
        + text(262, 21.5, "T-RevSNN")
        + "".join(found)
    )


ABLATED = (
    *("t4-t4-top1", "levels-with", "levels-without"),
    *("t6-reversible-top1", "t6-ms34-top1"),
)


def ablations() -> str:
    number = {row: float(_value(row)) for row in ABLATED}
    with_, without = (float(part) for part in _value("rezero-top1").split("; "))
    sixteen = float(_value("t4-other").split("; ")[1].split("%")[0])
    rows = (
        ("16 steps instead of 4", sixteen - number["t4-t4-top1"]),
        ("no link from next stage", number["levels-without"] - number["levels-with"]),
        ("no scale α", without - with_),
        ("MS-ResNet made reversible", number["t6-reversible-top1"] - number["t6-ms34-top1"]),
    )
    zero = 278
    found = "".join(
        badge(24, 50 + 27 * k, k + 1)
        + text(40, 54.5 + 27 * k, name)
        + box(zero + 15 * points, 44 + 27 * k, -15 * points, 12, "f-blue")
        + text(zero + 6, 54.5 + 27 * k, f"{points:.1f}".replace("-", "−"))
        for k, (name, points) in enumerate(rows)
    )
    return (
        _title("Points of accuracy, in the paper")
        + line(f"M{zero} 38V146", "s-ink")
        + found
        + text(14, 162, "One run each. Is a small bar an effect?")
    )


def code() -> str:
    return _title("What the released program does") + _rows(
        (
            "the whole image enters at every step",
            "the next stage sends spikes, not V",
            "the decay is a free number",
            "states of every step are kept",
            "four read-outs, weighted",
        )
    )


def limits() -> str:
    return _title("Four limits") + _rows(
        (
            "trained for four steps: there is no fifth",
            "memory fades: 1/128 after 7 steps (τ = 2)",
            "more steps take more time to train",
            "still images: time added no accuracy here",
        ),
        54,
        29,
    )


def uses() -> str:
    return (
        _title("Two layers, or one that only adds")
        + box(20, 58, 74, 30, "sheet", 4) + text(57, 78, "5 × 5", "mid")
        + box(20, 106, 74, 30, "sheet", 4) + text(57, 126, "1 × 1", "mid")
        + arrows([(57, 88, 57, 105)], "vermilion", "bold", 6)
        + arrows([(108, 97, 160, 97)], "ink", "bold", 8) + text(134, 86, "merge", "mid")
        + box(174, 62, 96, 70, "bluebox", 4) + text(222, 102, "one layer", "mid name")
        + text(57, 158, "few weights", "mid")
        + text(222, 158, "many weights, only adds", "mid")
        + arrows([(222, 46, 222, 61), (57, 42, 57, 57)], "blue", "bold", 6)
    )  # fmt: skip


def recall() -> str:
    names = ("purpose", "method", "process", "results", "conclusion")
    return _title("From memory") + "".join(
        badge(24, 50 + 25 * k, k + 1)
        + text(42, 54.5 + 25 * k, name)
        + line(f"M124 {56 + 25 * k}H316", "s-grey thin dash")
        for k, name in enumerate(names)
    )


def next_paper() -> str:
    xs, ys = (40, 82, 124, 204, 246, 288), (54, 86, 118)
    back = [(x + 33.5, y, x + 8.5, y) for x in xs[:2] for y in ys]
    down = [(x, y + 9, x, y + 23.5) for x in xs[3:] for y in ys[:2]]
    return (
        _title("Which way is undone?")
        + rings([(x, y) for x in xs for y in ys], 8.5, "neuron")
        + arrows(back, "blue", "bold", 7)
        + arrows(down, "green", "bold", 7)
        + text(82, 146, "T-RevSNN", "mid name") + text(82, 163, "steps", "mid")
        + text(246, 146, "S-RevSNN", "mid name") + text(246, 163, "layers", "mid")
    )  # fmt: skip
