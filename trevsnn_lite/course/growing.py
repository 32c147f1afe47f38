"""One cartoon of the network that grows through the chapters: at the left the network as far as it
is built, at the right what the chapter adds, larger.

A part keeps its place and form from the chapter that adds it to the end. A chapter that adds
nothing marks where on the network it looks. The cartoon has four steps and three stages of a few
neurons; the paper's network has four stages, and thousands of neurons in each. Inline SVG: hues are
the palette's, and the page's theme switches them."""

import functools
import html
import math
import re
from collections.abc import Callable
from typing import NamedTuple

WIDTH, HEIGHT = 352, 207  # the network
LENS_WIDTH, LENS_HEIGHT = 328, 172  # what the chapter adds
X, Y, R = (76, 146, 216, 286), (144, 96, 48), 9.5  # steps, stages from below, a neuron
FOOT = 186  # where the input runs
STEPS, STAGES = range(len(X)), range(len(Y))
HUES = ("blue", "vermilion", "green", "purple", "orange", "sky", "grey")


def _n(*values: float) -> str:
    return " ".join(f"{round(value, 1):g}" for value in values)


def _classes(kind: str) -> str:
    """The attribute. Selectors of one class alone reach what `<use>` repeats."""
    return f' class="{" ".join("g" + one for one in kind.split())}"' if kind else ""


def line(d: str, kind: str) -> str:
    return f'<path d="{d}"{_classes(kind)}/>'


def box(x: float, y: float, w: float, h: float, kind: str, round_: float = 2) -> str:
    place = f'x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}"'
    return f'<rect {place} rx="{round_:g}"{_classes(kind)}/>'


def text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{_classes(kind)}>{html.escape(words)}</text>'


def rings(places, r: float, kind: str) -> str:
    """Circles, as one path."""
    return line(
        "".join(f"M{_n(x - r, y)}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0"
                for x, y in places),
        kind,
    )  # fmt: skip


def arrows(ends, hue: str, more: str = "", size: float = 5) -> str:
    """Straight arrows (x, y, x, y), as one path: a straight line has nothing to fill."""
    found = []
    for x0, y0, x1, y1 in ends:
        far = math.hypot(x1 - x0, y1 - y0)
        u, v = (x1 - x0) / far, (y1 - y0) / far
        tip, base = (x1 - u, y1 - v), (x1 - size * u, y1 - size * v)
        a, b = -0.5 * size * v, 0.5 * size * u
        found.append(
            f"M{_n(x0, y0)}L{_n(*base)}M{_n(*tip)}L{_n(base[0] + a, base[1] + b)}"
            f"L{_n(base[0] - a, base[1] - b)}z"
        )
    return line("".join(found), f"a-{hue} {more}".strip())


def bends(ways, hue: str, more: str = "dash") -> str:
    """Arrows bent once: (x, y, control x, control y, x, y)."""
    lines = "".join(f"M{_n(x0, y0)}Q{_n(cx, cy, x1, y1)}" for x0, y0, cx, cy, x1, y1 in ways)
    heads = []
    for _, _, cx, cy, x1, y1 in ways:
        far = math.hypot(x1 - cx, y1 - cy)
        u, v = (x1 - cx) / far, (y1 - cy) / far
        a, b = (x1 - 6 * u - 3 * v, y1 - 6 * v + 3 * u), (x1 - 6 * u + 3 * v, y1 - 6 * v - 3 * u)
        heads.append(f"M{_n(x1, y1)}L{_n(*a)}L{_n(*b)}z")
    return line(lines, f"s-{hue} {more}") + line("".join(heads), f"f-{hue}")


def crosses(places, kind: str, r: float = 4.5) -> str:
    return line(
        "".join(f"M{_n(x - r, y - r)}l{2 * r:g} {2 * r:g}m0 {-2 * r:g}l{-2 * r:g} {2 * r:g}"
                for x, y in places),
        kind,
    )  # fmt: skip


def bits(places) -> str:
    """Two low bits beside each place, a 1 and a 0."""
    one = "".join(f"M{_n(x, y)}h5v5h-5z" for x, y in places)
    nought = "".join(f"M{_n(x + 7, y)}h5v5h-5z" for x, y in places)
    return line(one, "f-blue") + line(nought, "s-blue thin")


def repeated(name: str, unit: str, columns: int = len(X), rows: int = len(Y)) -> str:
    """A drawing at step 1 of stage 1, and again at other steps and stages."""
    rise, pitch = Y[1] - Y[0], X[1] - X[0]
    up = "".join(f'<use href="#g-{name}" y="{rise * s}"/>' for s in range(1, rows))
    across = "".join(f'<use href="#g-{name}-all" x="{pitch * t}"/>' for t in range(1, columns))
    return f'<g id="g-{name}-all"><g id="g-{name}">{unit}</g>{up}</g>{across}'


def badge(x: float, y: float, sign) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="8.5"{_classes("num")}/>' + text(
        x, y + 4.2, str(sign), "on mid"
    )


def neurons(places) -> str:
    return rings(places, R, "neuron")


# The parts, on the network's own grid.


def outline() -> str:
    x, y = 4, FOOT - 13
    shirt = f"M{x + 10} {y + 5}l-5 4 2 4 3-1v8h10v-8l3 1 2-4-5-4c-2 2-8 2-10 0z"
    grid = "".join(f"M{X[0]} {y - 3}H{X[3]}" for y in Y) + f"M{X[3]} {Y[2]}H318"
    return (
        line(grid + "".join(f"M{x} {FOOT}V{Y[2]}" for x in X) + f"M34 {FOOT}H{X[3]}", "ghost")
        + repeated("ghost", rings([(X[0], Y[0])], R, "ghost"))
        + "".join(text(X[t], 13, f"step {t + 1}", "mid") for t in STEPS)
        + "".join(text(2, Y[s] + 4, f"stage {s + 1}") for s in STAGES)
        + box(x, y, 30, 26, "sheet")
        + line(shirt, "f-grey")
        + text(350, Y[2] + 4, "class", "end")
    )


def neuron() -> str:
    return (
        neurons([(X[0], Y[0])])
        + arrows([(X[0], Y[0] - R, X[0], Y[1] + R)], "blue")
        + line(f"M34 {FOOT}H{X[0]}", "s-vermilion")
        + arrows([(X[0], FOOT, X[0], Y[0] + R)], "vermilion")
    )


def errors() -> str:
    down = [(X[0] - 8, Y[s + 1] + 5, X[0] - 36, Y[s] - 24, X[0] - 9, Y[s] - 5) for s in (0, 1)]
    return (
        neurons([(X[0], Y[1]), (X[0], Y[2])])
        + arrows([(X[0], Y[1] - R, X[0], Y[2] + R)], "blue")
        + bends(down, "ink")
    )


def steps() -> str:
    column = (
        arrows([(X[1], Y[s] - R, X[1], Y[s + 1] + R) for s in (0, 1)], "blue")
        + arrows([(X[1], FOOT, X[1], Y[0] + R)], "vermilion")
        + neurons([(X[1], y) for y in Y])
    )
    return (
        repeated("link", arrows([(X[0] + R, Y[0] - 3, X[1] - R, Y[0] - 3)], "orange"), 3)
        + line(f"M{X[0]} {FOOT}H{X[3]}", "s-vermilion")
        + repeated("column", column, 3, 1)
    )


def back_in_time() -> str:
    top = Y[2] - 9
    return repeated(
        "back", bends([(X[1] - 4, top, (X[0] + X[1]) / 2, top - 22, X[0] + 4, top)], "ink"), 3, 1
    )


def undoing() -> str:
    back = arrows([(X[1] - R, Y[0] + 4, X[0] + R, Y[0] + 4)], "blue")
    return repeated("undo", back + bits([(X[0] + 9, Y[0] - 15)]), 3) + rings(
        [(X[3], y) for y in Y], R, "f-orange held"
    )


def turned_off() -> str:
    row = rings([(X[0] + d, Y[0] + 22) for d in (-11, 0, 11)], 3.8, "hollow")
    return repeated("off", row)


def subnetworks() -> str:
    return repeated("band", box(X[0] - 26, 20, 52, FOOT - 28, "band", 8), rows=1)


def groups() -> str:
    return repeated("group", box(X[0] - 9, FOOT - 7, 18, 14, "sheet"), rows=1) + "".join(
        text(X[t], FOOT + 4, str(t + 1), "mid") for t in STEPS
    )


def levels() -> str:
    return repeated(
        "down", arrows([(X[0] + 8, Y[1] + 7, X[1] - 8, Y[0] - 7)], "orange", "dash"), 3, 2
    )


def blocks() -> str:
    x, y = X[0], Y[0]
    frame = line(f"M{x - 17} {y + 15.5}h34v13h-34z", "s-ink")
    return repeated("block", frame + line(f"M{x} {y + 33}h22v-20h-17", "s-vermilion"))


def whole() -> str:
    shared = line(f"M{X[0] - 8} {Y[0] + 12.5}h16", "s-grey wide")
    return repeated("shared", shared) + arrows([(X[3] + R, Y[2], 317, Y[2])], "ink", "bold", 7)


def events() -> str:
    x, y = X[0], FOOT + 14
    frame = (
        box(x - 9, y - 6, 18, 12, "sheet")
        + rings([(x - 4, y - 2), (x - 3, y + 2)], 1.5, "f-purple")
        + rings([(x + 3, y - 2), (x + 4, y + 2)], 1.5, "f-orange")
    )
    return repeated("frame", frame, rows=1) + text(x - 14, y + 4, "or", "end")


class Part(NamedTuple):
    """A part of the network: the chapter that adds it, its name for the reader, its drawing."""

    chapter: int
    name: str
    draw: Callable[[], str]


PARTS = {
    "outline": Part(0, "the outline: a photograph, four steps, three stages, a class", outline),
    "neuron": Part(1, "a neuron with its potential V, its input and its spike", neuron),
    "errors": Part(2, "errors that go back through spikes", errors),
    "steps": Part(3, "T steps, and potentials that go from step to step", steps),
    "back": Part(6, "the error's way back in time", back_in_time),
    "undoing": Part(7, "steps undone: the last potentials and low bits are kept", undoing),
    "off": Part(8, "turned-off neurons", turned_off),
    "bands": Part(8, "a sub-network for each step", subnetworks),
    "groups": Part(8, "four groups of the image, encoded once", groups),
    "levels": Part(9, "links from the next stage", levels),
    "blocks": Part(10, "the block, with its shortcut", blocks),
    "whole": Part(11, "shared weights, and the read-out of the last step", whole),
    "events": Part(12, "events in place of the photograph", events),
}
"""In the order of the chapters; drawn in that order, but for what lies underneath."""
UNDERNEATH = ("outline", "bands")


def at(chapter: int) -> list[str]:
    """The parts that are there at the end of a chapter."""
    return [name for name, part in PARTS.items() if part.chapter <= chapter]


def new(chapter: int) -> list[str]:
    return [name for name, part in PARTS.items() if part.chapter == chapter]


# What a chapter adds or looks at, larger: the lens.


def _title(words: str) -> str:
    return text(14, 22, words, "name")


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
    d = f"M{_n(x - half, top)}A{r:g} {r:g} 0 {int(v > 0.5)} 0 {_n(x + half, top)}z"
    return line(d, kind) + rings([(x, y)], r, "s-orange")


def lens_outline() -> str:
    rows = (
        (("blue",), "spikes: 0 or 1"),
        (("orange",), "potentials: what a neuron remembers"),
        (("vermilion",), "real numbers: the photograph, encoded"),
        (("ink", "dash"), "errors, on their way back"),
    )
    return _title("The colours, here and in all chapters") + "".join(
        arrows([(16, 52 + 29 * k, 60, 52 + 29 * k)], *hue, size=6) + text(74, 56.5 + 29 * k, words)
        for k, (hue, words) in enumerate(rows)
    )


def lens_neuron() -> str:
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


def lens_errors() -> str:
    bell = [(x, 142 - 74 * math.exp(-(((x - 230) / 24) ** 2))) for x in range(166, 295, 4)]
    return (
        _title("Back through a spike, by a surrogate")
        + line("M20 142H152M166 142H314", "s-grey thin")
        + line("M22 142H84V66H150", "s-blue bold")
        + line("M" + "L".join(_n(*place) for place in bell), "s-ink bold dash")
        + line("M84 142v6M230 142v6", "s-ink")
        + text(84, 162, "threshold", "mid")
        + text(230, 162, "threshold", "mid")
        + text(20, 48, "forwards: a step")
        + text(166, 48, "backwards: a bell’s slope")
    )


def lens_steps() -> str:
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


def lens_energy() -> str:
    from trevsnn_lite.course import ledger

    value = {row["id"]: row["value"] for row in ledger.load()["rows"]}
    add, both = value["energy-ac"], value["energy-mac"]
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


def lens_cuts() -> str:
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


def lens_back() -> str:
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


def lens_undoing() -> str:
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


def lens_off() -> str:
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


def lens_levels() -> str:
    return (
        _title("Eq. (10): three things make V[t+1]")
        + rings([(46, 66), (46, 122), (172, 122)], 15, "neuron")
        + arrows([(61, 122, 156, 122)], "orange", "bold", 8)
        + arrows([(60, 73, 158, 115)], "orange", "bold dash", 8)
        + arrows([(172, 166, 172, 138)], "blue", "bold", 8)
        + text(46, 46, "step t", "mid") + text(172, 102, "step t+1", "mid")
        + text(102, 80, "the next stage’s old V")
        + text(108, 138, "own old V", "mid") + text(184, 158, "spikes from below")
    )  # fmt: skip


def lens_blocks() -> str:
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


def lens_whole() -> str:
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


def lens_events() -> str:
    left = ((-7, -18), (-19, -9), (-14, 1), (-8, -2), (-8, 18))
    corners = left + tuple((-a, b) for a, b in reversed(left))
    outline = []
    for (xa, ya), (xb, yb) in zip(corners, corners[1:] + corners[:1]):
        many = max(1, round(math.hypot(xb - xa, yb - ya) / 5))
        outline += [(xa + (xb - xa) * k / many, ya + (yb - ya) * k / many) for k in range(many)]
    x, y = 47, 84
    off = line("".join(f"M{_n(x + a, y + b)}h0" for a, b in outline if a < -4), "s-purple dot")
    on = line("".join(f"M{_n(x + a, y + b)}h0" for a, b in outline if a > 4), "s-orange dot")
    shirt = f'<g id="g-shirt">{off}{on}</g>'
    return (
        _title("A new frame at each step")
        + "".join(box(x - 31 + 78 * t, y - 32, 62, 64, "sheet") for t in STEPS)
        + shirt
        + "".join(f'<use href="#g-shirt" x="{78 * t + 3 * t}"/>' for t in STEPS[1:])
        + "".join(text(x + 78 * t, y + 48, f"step {t + 1}", "mid") for t in STEPS)
        + rings([(20, 155)], 4, "f-orange") + text(30, 159.5, "brighter")
        + rings([(106, 155)], 4, "f-purple") + text(116, 159.5, "darker")
    )  # fmt: skip


def _value(row: str) -> str:
    from trevsnn_lite.course import ledger

    return next(found["value"] for found in ledger.load()["rows"] if found["id"] == row)


def lens_tables() -> str:
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


def lens_ablations() -> str:
    number = {row: float(_value(row)) for row in ABLATED}
    with_, without = (float(part) for part in _value("rezero-top1").split("; "))
    sixteen = float(_value("t4-other").split("; ")[1].split("%")[0])
    rows = (
        ("16 steps for 4", sixteen - number["t4-t4-top1"]),
        ("no link from next stage", number["levels-without"] - number["levels-with"]),
        ("no scale α", without - with_),
        ("ResNet made reversible", number["t6-reversible-top1"] - number["t6-ms34-top1"]),
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


def lens_code() -> str:
    return _title("What the released program does") + _rows(
        (
            "the whole image enters at every step",
            "the next stage sends spikes, not V",
            "the decay is a free number",
            "states of every step are kept",
            "four read-outs, weighted",
        )
    )


def lens_limits() -> str:
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


def lens_uses() -> str:
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


def lens_recall() -> str:
    names = ("purpose", "method", "process", "results", "conclusion")
    return _title("From memory") + "".join(
        badge(24, 50 + 25 * k, k + 1)
        + text(42, 54.5 + 25 * k, name)
        + line(f"M124 {56 + 25 * k}H316", "s-grey thin dash")
        for k, name in enumerate(names)
    )


def lens_next() -> str:
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


# Marks of chapters that add nothing, on the network.


def mark_kept() -> str:
    return rings([(x, y) for x in X for y in Y], 13.5, "s-vermilion bold")


def mark_spikes() -> str:
    up = [(x, Y[s] - R, x, Y[s + 1] + R) for x in X for s in (0, 1)]
    return arrows(up, "blue", "bold", 7)


def mark_cuts() -> str:
    return crosses([((X[t] + X[t + 1]) / 2, y - 3) for t in STEPS[:-1] for y in Y], "s-sky wide", 6)


def mark_layers() -> str:
    down = [(x + 5, Y[s + 1] + R, x + 5, Y[s] - R) for x in X for s in (0, 1)]
    return arrows(down, "green", "bold", 7)


def marks(*places) -> Callable[[], str]:
    """Numbered badges at (x, y)."""
    return lambda: "".join(badge(x, y, k) for k, (x, y) in enumerate(places, 1))


BETWEEN = tuple((X[t] + X[t + 1]) / 2 for t in STEPS[:-1])


class Chapter(NamedTuple):
    """What the drawing of a chapter says: the line below it, where the lens is (x, y, radius), and
    what is told to who does not see it, beside the parts."""

    caption: str
    lens: Callable[[], str]
    told: str
    spot: tuple[float, float, float] | None = None
    mark: Callable[[], str] | None = None


CHAPTERS = (
    Chapter(
        "So far: nothing. New: the outline, from a photograph to a class.",
        lens_outline,
        "Colours, here and later: spikes are blue, potentials orange, real numbers vermilion; "
        "errors on their way back are dashed.",
    ),
    Chapter(
        "So far: the outline. New: one neuron, its potential and its spike.",
        lens_neuron,
        "Input raises the potential V of a neuron, a leak lowers it, and at the threshold the "
        "neuron sends a spike to the stage above.",
        (X[0], Y[0], 15),
    ),
    Chapter(
        "So far: one neuron. New: errors go back through spikes.",
        lens_errors,
        "Two neurons stand above the first. Forwards a spike is a step at the threshold; backwards "
        "the error is multiplied by the slope of a surrogate, a bell around the threshold.",
        (X[0] - 14, (Y[0] + Y[1]) / 2, 17),
    ),
    Chapter(
        "So far: one step. New: four steps, and what training keeps.",
        lens_steps,
        "The column is drawn once for each of four steps; potentials go from step to step. "
        "Ordinary training keeps all 3 × 4 = 12 potentials, marked by rings: O(L T).",
        mark=mark_kept,
    ),
    Chapter(
        "So far: four steps. Here: the energy of one spike.",
        lens_energy,
        "All arrows that carry spikes are marked. By the paper's prices an addition, for a spike, "
        "takes 0.9 pJ, a multiplication with an addition 4.6 pJ.",
        (X[1], (Y[0] + Y[1]) / 2, 15),
        mark_spikes,
    ),
    Chapter(
        "So far: four steps. Here: links in time that others cut.",
        lens_cuts,
        "The links in time are crossed out, since OTTT and SLTT let no error go back along them: "
        "another gradient. Checkpoints and S-RevSNN compute states again: the same gradient.",
        (BETWEEN[1], Y[1] - 3, 15),
        mark_cuts,
    ),
    Chapter(
        "So far: four steps. New: an error’s way back in time.",
        lens_back,
        "Dashed arrows lead from the last step back to the first. Each step back multiplies an "
        "error by 1 − 1/τ, at τ = 2 by one half.",
        (BETWEEN[1], Y[2] - 12, 15),
    ),
    Chapter(
        "So far: steps that are kept. New: steps that are undone.",
        lens_undoing,
        "V[t+1] is V[t] times the decay, plus input. Backwards the input is taken away and the "
        "rest is divided by the decay. The last potentials are kept, and of earlier ones a few low "
        "bits: these are this book's addition to the paper's Eq. (9).",
        (BETWEEN[1], Y[1], 20),
    ),
    Chapter(
        "So far: neurons that remember. New: turned-off neurons, which forget.",
        lens_off,
        "Below each turned-on neuron, which remembers, stands a row of turned-off ones, which have "
        "no link in time. Each step has its own sub-network, and its own group of the image, which "
        "is encoded once.",
        (X[1], Y[1] + 22, 20),
    ),
    Chapter(
        "So far: links within a stage. New: links from the next.",
        lens_levels,
        "Eq. (10): a new potential is made of its own old one, of the old one of the next stage, "
        "and of spikes from below.",
        (BETWEEN[1], (Y[0] + Y[1]) / 2, 17),
    ),
    Chapter(
        "So far: rows of turned-off neurons. New: the block around them.",
        lens_blocks,
        "The block: spikes, a 5 × 5 and a 1 × 1 convolution, spikes, a 1 × 1 and a 5 × 5 "
        "convolution, and the scale α, which is 0 at the start; a shortcut leads around them.",
        (X[1] + 2, Y[1] + 22, 23),
    ),
    Chapter(
        "So far: the parts. New: shared weights, one read-out: the whole.",
        lens_whole,
        "All parts stand in full colour. The weights below each turned-on neuron are shared by all "
        "steps, and the last step alone is read.",
    ),
    Chapter(
        "So far: one photograph. New: events, a new frame each step.",
        lens_events,
        "In place of the groups a frame of events enters at each step: dots where a pixel became "
        "brighter or darker.",
        ((X[1]), FOOT + 14, 14),
    ),
    Chapter(
        "So far: the whole. Here: where memory, time and energy arise.",
        lens_tables,
        "Numbers mark the kept potentials, the steps and the spikes. Bars compare the Spike-driven "
        "Transformer with T-RevSNN by Table 2 of the paper: 730.0 and 85.7 MB an image, 18.8 and "
        "9.1 minutes an epoch, 4.5 and 2.8 mJ an image.",
        mark=marks((X[3] + 17, Y[1]), (X[1] + 36, 10), (X[0] + 12, Y[0] - 24)),
    ),
    Chapter(
        "So far: the whole. Here: four parts, changed one by one.",
        lens_ablations,
        "Numbers mark what the paper changes, with points of accuracy: 16 steps for 4, −5.2; no "
        "link from the next stage, −1.2; no scale α, −0.3; another network made reversible, −1.6.",
        mark=marks((X[3] + 34, 10), (BETWEEN[1], 120), (X[1] + 26, 166), (BETWEEN[0], Y[1])),
    ),
    Chapter(
        "So far: the paper’s network. Here: where the authors’ program differs.",
        lens_code,
        "Numbers mark five places: the whole image enters at every step; the next stage sends "
        "spikes, not potentials; the decay is a free number; states of every step are kept; four "
        "read-outs are weighted.",
        mark=marks(
            (BETWEEN[0], FOOT), (BETWEEN[1], 72), (BETWEEN[1], Y[0]), (X[0], Y[2]), (308, Y[2] - 16)
        ),
    ),
    Chapter(
        "So far: the whole. Here: four limits of it.",
        lens_limits,
        "Numbers mark four limits: a network trained for four steps has no fifth; at τ = 2 a "
        "potential is 1/128 of itself after seven steps; more steps take more time to train; on "
        "still images time added no accuracy that this book could see.",
        mark=marks((X[3] + 34, 10), (BETWEEN[1], Y[1]), (X[1] + 36, 10), (331, Y[2] + 18)),
    ),
    Chapter(
        "So far: the trained whole. Here: two layers merged into one.",
        lens_uses,
        "A 5 × 5 layer and the 1 × 1 layer after it have few weights, and real numbers between "
        "them. Merged into one layer they only add, and have many weights.",
        (X[1] + 2, Y[1] + 22, 23),
    ),
    Chapter(
        "So far: everything. Here: can you name each part?",
        lens_recall,
        "Purpose, method, process, results, conclusion: five questions, from memory.",
        mark=lambda: "".join(
            badge(x, y, "?")
            for x, y in (
                (X[1], Y[1]),
                (X[2], Y[0] + 22),
                (BETWEEN[1], 72),
                (BETWEEN[0], Y[2]),
                (X[3], FOOT),
            )
        ),
    ),
    Chapter(
        "So far: T-RevSNN. Here: another paper’s way, on the same drawing.",
        lens_next,
        "Green arrows go down in each column: S-RevSNN undoes layers, T-RevSNN undoes steps.",
        (X[1] + 5, (Y[0] + Y[1]) / 2, 17),
        mark_layers,
    ),
)


def _group(name: str, state: str, drawing: str, title: str, address: str | None) -> str:
    inner = f'<g class="{state}" data-part="{name}">{drawing}</g>'
    if address is None:
        return inner
    told = f"<title>{html.escape(title)}</title>"
    return f'<a href="{html.escape(address)}" tabindex="-1">{told}{inner}</a>'


def network(chapter: int, address: Callable[[int], str]) -> str:
    """The network at a chapter: what is there is quiet, and leads to the chapter that added it."""
    bright = chapter in (11, 18)  # where the whole is the subject
    fresh = new(chapter)
    order = sorted(at(chapter), key=lambda name: (name not in UNDERNEATH, name in fresh))
    found = []
    for name in order:
        part = PARTS[name]
        there = None if name in fresh else address(part.chapter)
        state = "new" if name in fresh else "there" if bright or name == "outline" else "quiet"
        title = f"Chapter {part.chapter}: {part.name}"
        found.append(_group(name, state, part.draw(), title, there))
    one = CHAPTERS[chapter]
    extra = f'<g class="new">{one.mark()}</g>' if one.mark else ""
    if one.spot:
        x, y, r = one.spot
        extra += f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" class="gspot"/>'
    return (
        f'<svg class="gnet" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false">'
        f"{''.join(found)}{extra}</svg>"
    )


def told(chapter: int) -> str:
    """The drawing in words."""
    there = "; ".join(PARTS[name].name for name in at(chapter) if name not in new(chapter))
    added = "; ".join(PARTS[name].name for name in new(chapter))
    return (
        "A cartoon of the paper’s network, as far as it is built"
        + (f". There: {there}" if there else "")
        + (f". New: {added}" if added else "")
        + f". {CHAPTERS[chapter].told}"
    )


@functools.cache
def _palette() -> str:
    from trevsnn_lite.course.palette import DARK, PALETTE

    return "".join(f"--g-{hue}:light-dark({PALETTE[hue]},{DARK[hue]});" for hue in HUES)


def figure(chapter: int, address: Callable[[int], str]) -> str:
    """The chapter's drawing as HTML. address: a chapter's page, by its number.

    Raises ValueError for a chapter that the book does not have."""
    if not 0 <= chapter < len(CHAPTERS):
        raise ValueError(f"chapter is {chapter!r}, expected one of 0 to {len(CHAPTERS) - 1}.")
    one = CHAPTERS[chapter]
    ringed = " ringed" if one.spot else ""
    items = "".join(
        f'<li><a href="{html.escape(address(part.chapter))}">Chapter {part.chapter}</a>: '
        f"{html.escape(part.name)}</li>"
        for name, part in PARTS.items()
        if part.chapter < chapter
    )
    past, word, rest = re.split(r" (New|Here): ", html.escape(one.caption))
    caption = f"<span>{past}</span> <b>{word}:</b> {rest}"
    parts = f'<nav aria-label="Parts so far"><ul>{items}</ul></nav>'
    below = f"<details><summary>{caption}</summary>{parts}</details>" if items else caption
    return (
        f'<figure class="growing" style="{_palette()}"><div class="gboth">'
        f"{network(chapter, address)}"
        f'<svg class="glens{ringed}" viewBox="0 0 {LENS_WIDTH} {LENS_HEIGHT}" role="img" '
        f'aria-label="{html.escape(told(chapter))}">{one.lens()}</svg></div>'
        f"<figcaption>{below}</figcaption></figure>"
    )
