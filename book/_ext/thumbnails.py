"""The small pictures of the map of chapters, one idea each, in the page's colours: SVG of 96 x 56,
drawn by code. Classes stand in _static/front.css; the hues are those of course/palette.py."""

import math


def dot(x: float, y: float, r: float = 4, kind: str = "f-orange") -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" class="{kind}"/>'


def line(d: str, kind: str = "s-ink") -> str:
    return f'<path d="{d}" class="{kind}"/>'


def box(x: float, y: float, w: float, h: float, kind: str = "f-soft") -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" class="{kind}"/>'


def curve(points, kind: str) -> str:
    return line("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points), kind)


def charging() -> list[tuple[float, float]]:
    """A potential under a constant input that fires at the threshold and starts anew."""
    v, points = 0.0, []
    for step in range(80):
        v = 0.93 * v + 0.1
        points.append((10 + step, 48 - 34 * v))
        v = 0.0 if v >= 1 else v
    return points


def one_picture() -> str:
    columns = [dot(18 + 20 * t, y, 5) for t in range(4) for y in (12, 28, 44)]
    ways = [line(f"M{18 + 20 * t} 39V33M{18 + 20 * t} 23V17", "s-blue") for t in range(4)]
    return "".join(ways + columns)


def neuron() -> str:
    spikes = "".join(f"M{x:.0f} 12V4" for x, y in charging() if y <= 14)
    return (
        line("M8 14H90", "s-ink dash") + curve(charging(), "s-orange") + line(spikes, "s-blue bold")
    )


def surrogate() -> str:
    bell = [(x, 46 - 30 * math.exp(-(((x - 48) / 13) ** 2))) for x in range(10, 87, 2)]
    return line("M10 46H48V14H86", "s-ink") + curve(bell, "s-vermilion bold")


def bill() -> str:
    return "".join(
        box(14 + 18 * t, 48 - 9 * (t + 1), 12, 9 * (t + 1), "f-vermilion") for t in range(4)
    )


def chip() -> str:
    pins = "".join(f"M{x} 8V48" for x in (38, 48, 58)) + "".join(
        f"M24 {y}H72" for y in (18, 28, 38)
    )
    return (
        line(pins)
        + box(32, 12, 32, 32, "f-paper")
        + line("M50 16l-8 14h6l-2 10 9-14h-6z", "f-blue")
    )


def cut() -> str:
    cells = "".join(dot(18 + 30 * t, y, 5) for t in range(3) for y in (14, 42))
    ways = line("".join(f"M{18 + 30 * t} 37V19" for t in range(3)), "s-blue")
    links = line(
        "M24 14H34M38 14H43M54 14H64M68 14H73M24 42H34M38 42H43M54 42H64M68 42H73", "s-ink"
    )
    return ways + links + cells + line("M33 6l7 16M63 6l7 16M33 34l7 16M63 34l7 16", "s-vermilion")


def layers() -> str:
    return "".join(
        box(8 + 10 * n, 16, 7, 24, "f-blue" if n in (3, 7) else "f-soft") for n in range(8)
    )


def undo() -> str:
    there = "M16 20C30 4 66 4 80 20"
    return (
        line(there, "s-orange bold")
        + line("M74 16l7 5 2-8", "s-orange bold")
        + line("M80 36C66 52 30 52 16 36", "s-blue bold")
        + line("M22 40l-7-5-2 8", "s-blue bold")
        + dot(14, 28, 5)
        + dot(82, 28, 5)
    )


def turned_off() -> str:
    off = "".join(dot(18 + 20 * t, y, 4.5, "hollow") for t in range(4) for y in (30, 46))
    on = line("M22 12H78", "s-orange bold") + "".join(dot(18 + 20 * t, 12, 5) for t in range(4))
    return off + on


def levels() -> str:
    boxes = "".join(
        box(x - s / 2, y - s / 2, s, s, "f-orange")
        for x in (26, 70)
        for y, s in ((44, 16), (25, 11), (9, 7))
    )
    links = line("M34 44H60M32 25H63M30 9H65", "s-orange") + line(
        "M31 12L62 23M33 29L60 42", "s-orange dash"
    )
    return links + boxes


def block() -> str:
    layers_ = "".join(
        box(38, 10 + 10 * n, 26, 7, kind)
        for n, kind in enumerate(("f-soft", "f-blue", "f-soft", "f-blue"))
    )
    return line("M51 54V4M51 52H24V7H46", "s-vermilion") + layers_ + dot(51, 6, 4, "hollow")


def whole() -> str:
    places = [(18 + 20 * t, 46 - 17 * level) for t in range(4) for level in range(3)]
    ways = "".join(f"M{x} {y - 4}v-9" for x, y in places if y > 20)
    links = "".join(f"M{x + 4} {y}h12" for x, y in places if x < 70)
    down = "".join(f"M{x + 3} {y + 3}l14 11" for x, y in places if x < 70 and y < 40)
    return (
        line(ways, "s-blue") + line(links, "s-orange") + line(down, "s-orange")
        + "".join(dot(x, y, 4) for x, y in places)
    )  # fmt: skip


def events() -> str:
    angles = [n * 2 * math.pi / 14 for n in range(14)]
    return "".join(
        box(43 + 30 * math.cos(a), 23 + 18 * math.sin(a), 6, 6, "f-orange" if a < 3 else "f-purple")
        for a in angles
    ) + line("M39 26h14m-5-5l5 5-5 5", "s-ink")


def tables() -> str:
    rules = line("M10 8H86M10 20H86M10 34H86M10 48H86")
    return rules + box(12, 24, 62, 6, "f-vermilion") + box(12, 38, 14, 6, "f-blue")


def ablations() -> str:
    rows = ((12, 30, 58), (26, 44, 70), (40, 36, 82))
    return line("M48 4V52", "s-ink dash") + "".join(
        line(f"M{a} {y}H{b}", "s-blue") + dot((a + b) / 2, y, 4, "f-blue") for y, a, b in rows
    )


def paper_and_code() -> str:
    left = box(10, 6, 32, 44, "sheet") + line("M15 15H37M15 23H37M15 31H37M15 39H30")
    right = box(54, 6, 32, 44, "sheet") + line("M59 15H72M63 23H81M63 31H76M59 39H70")
    return left + right + line("M43 25h10M43 31h10M51 20l-6 16", "s-vermilion bold")


def limits() -> str:
    points = ((16, 44), (28, 38), (38, 40), (50, 26), (62, 22), (74, 12))
    return line("M8 30H88", "s-ink dash") + "".join(
        dot(x, y, 4, "f-blue" if y > 30 else "f-sky") for x, y in points
    )


def uses() -> str:
    return (
        box(10, 8, 26, 14, "f-soft") + box(10, 34, 26, 14, "f-soft")
        + line("M38 15C50 15 48 28 56 28M38 41C50 41 48 28 56 28", "s-ink")
        + box(58, 19, 28, 18, "f-green")
    )  # fmt: skip


def recall() -> str:
    return box(22, 6, 52, 44, "sheet") + line(
        "".join(f"M30 {16 + 12 * n}l4 4 7-8M48 {16 + 12 * n}h18" for n in range(3)), "s-green"
    )


def next_paper() -> str:
    return box(30, 4, 36, 48, "sheet") + line("M36 14H60M36 24H60M36 34H52", "s-ink dash")


THUMBNAILS = (
    one_picture, neuron, surrogate, bill, chip, cut, layers, undo, turned_off, levels, block,
    whole, events, tables, ablations, paper_and_code, limits, uses, recall, next_paper,
)  # fmt: skip
"""By the number of the chapter."""


def thumbnail(chapter: int) -> str:
    """The SVG of one chapter, silent: the chapter's name stands beside it."""
    return (
        '<svg viewBox="0 0 96 56" class="thumb" aria-hidden="true" focusable="false">'
        f"{THUMBNAILS[chapter]()}</svg>"
    )
