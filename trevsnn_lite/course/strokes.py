"""Strokes of the drawing that grows (`growing`): small pieces of SVG, with their style in
book/_static/growing.css."""

import html
import math

HUES = ("blue", "vermilion", "green", "purple", "orange", "sky", "grey")
"""Of the palette; `ink` beside them is the page's text."""


def numbers(*values: float) -> str:
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
        "".join(f"M{numbers(x - r, y)}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0"
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
            f"M{numbers(x0, y0)}L{numbers(*base)}M{numbers(*tip)}"
            f"L{numbers(base[0] + a, base[1] + b)}L{numbers(base[0] - a, base[1] - b)}z"
        )
    return line("".join(found), f"a-{hue} {more}".strip())


def bends(ways, hue: str, more: str = "dash") -> str:
    """Arrows bent once: (x, y, control x, control y, x, y)."""
    lines = "".join(
        f"M{numbers(x0, y0)}Q{numbers(cx, cy, x1, y1)}" for x0, y0, cx, cy, x1, y1 in ways
    )
    heads = []
    for _, _, cx, cy, x1, y1 in ways:
        far = math.hypot(x1 - cx, y1 - cy)
        u, v = (x1 - cx) / far, (y1 - cy) / far
        a, b = (x1 - 6 * u - 3 * v, y1 - 6 * v + 3 * u), (x1 - 6 * u + 3 * v, y1 - 6 * v - 3 * u)
        heads.append(f"M{numbers(x1, y1)}L{numbers(*a)}L{numbers(*b)}z")
    return line(lines, f"s-{hue} {more}") + line("".join(heads), f"f-{hue}")


def crosses(places, kind: str, r: float = 4.5) -> str:
    return line(
        "".join(f"M{numbers(x - r, y - r)}l{2 * r:g} {2 * r:g}m0 {-2 * r:g}l{-2 * r:g} {2 * r:g}"
                for x, y in places),
        kind,
    )  # fmt: skip


def bits(places) -> str:
    """Two low bits beside each place, a 1 and a 0."""
    one = "".join(f"M{numbers(x, y)}h5v5h-5z" for x, y in places)
    nought = "".join(f"M{numbers(x + 7, y)}h5v5h-5z" for x, y in places)
    return line(one, "f-blue") + line(nought, "s-blue thin")


def badge(x: float, y: float, sign) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="8.5"{_classes("num")}/>' + text(
        x, y + 4.2, str(sign), "on mid"
    )
