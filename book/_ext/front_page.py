"""Sphinx extension of this book: the front page's film and its map of chapters, as directives that
hold no text of their own."""

import html
import json
import math
import pathlib
import sys

from docutils import nodes
from docutils.parsers.rst import Directive

HERE = pathlib.Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))


class Film(Directive):
    """The network run forwards and undone: trevsnn_lite/course/demos/undo_network.py."""

    def run(self) -> list:
        from trevsnn_lite.course.demos import undo_network
        from trevsnn_lite.course.palette import css

        style = f"<style>:root{{{css()}}}</style>"
        return [nodes.raw("", style + undo_network.film(), format="html")]


def chapter_map(parts: dict, costs: dict[str, dict], address) -> str:
    """The map as HTML: a list for each part of the book, of its chapters with picture, name and
    minutes. parts: `outline.PARTS`; address: a chapter's page, by its slug."""
    from thumbnails import thumbnail

    from tools.outline import minutes

    found = []
    for title, chapters in parts.values():
        numeral, question = title.split(" ", 1)
        cards = "".join(
            f'<li><a href="{html.escape(address(slug))}">{thumbnail(number)}'
            f'<span class="what"><b>{number}</b> {html.escape(name)}</span>'
            f'<span class="time">{minutes(costs[slug])} min</span></a></li>'
            for number, (slug, name, _) in chapters.items()
        )
        found.append(
            f'<section class="part"><h3><span>{numeral}</span> {html.escape(question)}</h3>'
            f"<ul>{cards}</ul></section>"
        )
    return f'<div class="map">{"".join(found)}</div>'


class Map(Directive):
    """The chapters by part, with their minutes from data/chapter_costs.json."""

    def run(self) -> list:
        env = self.state.document.settings.env
        root = pathlib.Path(env.srcdir)
        if str(root) not in sys.path:
            sys.path.append(str(root))
        from tools.outline import PARTS

        env.note_dependency("data/chapter_costs.json")
        env.note_dependency("tools/outline.py")
        costs = json.loads((root / "data/chapter_costs.json").read_text("utf8"))
        text = chapter_map(PARTS, costs, lambda slug: f"../chapters/{slug}.html")
        return [nodes.raw("", text, format="html")]


def add_style(app, page: str, template: str, context: dict, document) -> None:
    """front.css, for the front page alone."""
    if page == app.config.root_doc:
        app.add_css_file("front.css")


DIALS = {
    "memory": ("headline-memory", "13.times-by-batch", "less memory"),
    "time": ("headline-time", None, "faster training"),
    "energy": ("headline-energy", "13.energy-ratios", "less energy"),
}
"""What a dial shows: the paper's factor (row of the ledger), ours (value that chapter 13 expects),
and of what."""
LOWEST, HIGHEST = 0.25, 64.0  # of a dial's scale


def factors(root: pathlib.Path, name: str) -> tuple[float, list[float]]:
    """(the paper's factor, those that chapter 13 measured)."""
    row, expected, _ = DIALS[name]
    rows = json.loads((root / "data/ledger.json").read_text("utf8"))["rows"]
    paper = float(next(found["value"] for found in rows if found["id"] == row))
    if expected is None:
        return paper, []
    values = json.loads((root / "data/expected.json").read_text("utf8"))[expected]["value"]
    return paper, [value[0] if isinstance(value, list) else value for value in values.values()]


def dial(name: str, paper: float, ours: list[float]) -> str:
    """A scale of factors by powers of 2, with the paper's as a diamond and ours as dots."""

    def place(factor: float) -> float:
        return 10 + 152 * math.log(factor / LOWEST) / math.log(HIGHEST / LOWEST)

    ticks = "".join(
        f'<path d="M{place(at):.1f} 22v5"/><text x="{place(at):.1f}" y="40">{label}</text>'
        for at, label in ((0.25, "¼"), (1, "1"), (4, "4"), (16, "16"), (64, "64"))
    )
    x = place(paper)
    dots = "".join(f'<circle cx="{place(factor):.1f}" cy="22" r="5"/>' for factor in ours)
    told = "; ".join(
        [
            f"The paper: {paper:g} times {DIALS[name][2]}",
            f"here: {', '.join(f'{factor:.2g}' for factor in ours)} times"
            if ours
            else "here: not measured",
        ]
    )
    return (
        f'<svg class="dial" viewBox="0 0 172 44" role="img" aria-label="{html.escape(told)}">'
        f'<path d="M10 22H162"/>{ticks}{dots}'
        f'<path class="paper" d="M{x:.1f} 7l6 7-6 7-6-7z"/></svg>'
    )


class Dial(Directive):
    """One number of the abstract beside what this book measured."""

    required_arguments = 1

    def run(self) -> list:
        env = self.state.document.settings.env
        name = self.arguments[0]
        if name not in DIALS:
            raise self.error(f"dial is {name!r}, expected one of {', '.join(DIALS)}.")
        for file in ("data/ledger.json", "data/expected.json"):
            env.note_dependency(file)
        found = factors(pathlib.Path(env.srcdir), name)
        return [nodes.raw("", dial(name, *found), format="html")]


def setup(app) -> dict:
    """Called by Sphinx."""
    app.add_directive("film", Film)
    app.add_directive("chapter-map", Map)
    app.add_directive("dial", Dial)
    app.connect("html-page-context", add_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
