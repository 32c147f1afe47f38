"""What of a chapter goes on slides: its question, the prediction, the demo, a formula by hand,
figures, the box, the verdict, a vote, the discussion.

Chosen by the chapters' common form (headings, outputs, boxes), so that a chapter needs no second
text. A Markdown cell tagged "slide" is added as it stands."""

import re
from dataclasses import dataclass

HEADING = re.compile(r"#{1,3} +.*")
BOX = re.compile(r"^> \*\*(?:Paper|Often)[^\n]*(?:\n>[^\n]*)*", re.MULTILINE)
LIVE = re.compile(
    r"[Ww]ith a kernel|[Ss]weep|[Yy]our own"
)  # sections whose figure is the first of many
FIGURES, WORDS = 3, 90
BY_HAND = {"15": "15.9", "16": "16.4", "17": "17.6"}
"""Chapters without a displayed formula: the section whose beginning is shown in its place."""


@dataclass(frozen=True)
class Slide:
    """One slide: `text` is Markdown, or HTML where `kind` is "demo", "figure" or "vote"."""

    kind: str
    title: str
    text: str
    section: str = ""  # "7.4", where it comes from


def slides(notebook: dict, chapter: str) -> list[Slide]:
    """The slides of a chapter ("07"), in the order in which a meeting needs them."""
    cells = _placed(notebook)
    name, question = cells[0][1], _question(cells)
    found = [
        Slide("title", name, question),
        _section(cells, "predict", "Predict first"),
        *_outputs(cells, "course.demos.", "demo")[:2],
    ]
    found += [_by_hand(cells, chapter), *_figures(cells), *_boxes(cells)]
    found += [
        Slide("by hand", heading, text, number)
        for cell, heading, number, text in cells
        if "slide" in cell["metadata"].get("tags", [])
    ]
    found += [
        Slide("vote", "One question of the quiz", chapter),
        _section(cells, "verdict", "Recap"),
        _section(cells, "discuss", "Discuss"),
    ]
    return [slide for slide in found if slide is not None]


def _placed(notebook: dict) -> list[tuple[dict, str, str, str]]:
    """Each cell with the heading under which it stands, the section's number, and its text without
    that heading."""
    heading, number, placed = "", "", []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        for piece in _split(text) if cell["cell_type"] == "markdown" else [text]:
            if cell["cell_type"] == "markdown" and (line := HEADING.match(piece)):
                heading, number = _numbered(line[0], number)
                piece = piece[line.end() :].strip()
            placed.append((cell, heading, number, piece))
    return placed


def _split(text: str) -> list[str]:
    """A Markdown text in pieces that begin with its headings; a line of a code block is no heading."""  # noqa: E501
    pieces, fenced = [""], False
    for line in text.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if HEADING.match(line) and not fenced and pieces[-1]:
            pieces.append("")
        pieces[-1] += line
    return pieces


def _numbered(line: str, before: str) -> tuple[str, str]:
    """A heading without its marks and number, and its number; a subsection has its section's."""
    found = re.fullmatch(r"#+ +(\d+\.\d+ +)?(.*)", line)
    return found[2], (found[1] or before).strip()


def _question(cells) -> str:
    """The chapter's question: the heading that follows the title, without "The question:"."""
    title = cells[0][1]
    question = next(
        heading.removeprefix("The question: ") for _, heading, _, _ in cells if heading != title
    )
    return question[0].upper() + question[1:]


def _section(cells, kind: str, start: str) -> Slide | None:
    for cell, heading, number, text in cells:
        if heading.startswith(start) and cell["cell_type"] == "markdown":
            return Slide(kind, "What stands" if kind == "verdict" else heading, text, number)
    return None


def _outputs(cells, start: str, kind: str) -> list[Slide]:
    found = []
    for cell, heading, number, text in cells:
        if cell["cell_type"] == "code" and text.strip().startswith(start):
            shown = [
                output["data"]["text/html"]
                for output in cell["outputs"]
                if "text/html" in output.get("data", {})
            ]
            found += [Slide(kind, heading, "".join(html), number) for html in shown]
    return found


def _figures(cells) -> list[Slide]:
    """At most three figures, spread over the chapter; the last is always among them. Of a chapter
    without figures, its tables."""
    shown: dict[str, list[Slide]] = {"tfigure": [], "ttable": []}
    for cell, heading, number, _ in cells:
        for output in cell.get("outputs", []):
            html = "".join(output.get("data", {}).get("text/html", ""))
            kind = html[len('<div class="') :].partition('"')[0]
            if kind in shown and not LIVE.search(heading):
                shown[kind].append(Slide("figure", heading, html, number))
    found = shown["tfigure"] or shown["ttable"]
    if len(found) > FIGURES:
        found = [found[round(k * (len(found) - 1) / (FIGURES - 1))] for k in range(FIGURES)]
    return found


def _by_hand(cells, chapter: str) -> Slide | None:
    """The first displayed formula with the words around it."""
    for cell, heading, number, text in cells:
        if cell["cell_type"] != "markdown" or heading.startswith("Predict"):
            continue
        if "$$" in text or number == BY_HAND.get(chapter):
            return Slide("by hand", heading, _around(text), number)
    return None


def _around(text: str) -> str:
    """The paragraphs around the first formula, up to about WORDS words; from the beginning where
    there is none."""
    blocks = [
        block
        for block in re.split(
            r"\n{2,}", re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
        )
        if block.strip()
    ]
    first = next((n for n, block in enumerate(blocks) if "$$" in block), 0)
    start, end, count = first, first + 1, len(blocks[first].split())
    if first and count + len(blocks[first - 1].split()) <= WORDS:
        start, count = first - 1, count + len(blocks[first - 1].split())
    while end < len(blocks) and count + len(blocks[end].split()) <= WORDS:
        count, end = count + len(blocks[end].split()), end + 1
    while end > first + 1 and blocks[end - 1].rstrip().endswith(
        ":"
    ):  # what it announces is not shown
        end -= 1
    return "\n\n".join(blocks[start:end])


def _boxes(cells) -> list[Slide]:
    """The box that compares paper, code and book, and the first misconception."""
    boxes = [
        (number, box)
        for cell, _, number, text in cells
        if cell["cell_type"] == "markdown"
        for box in BOX.findall(text)
    ]
    found = []
    for kind, title, start in (
        ("box", "Paper, released code, this book", "> **Paper"),
        ("belief", "Often believed", "> **Often"),
    ):
        number, box = next(
            ((number, box) for number, box in boxes if box.startswith(start)), ("", "")
        )
        if box:
            text = re.sub(r"^> ?", "", box, flags=re.MULTILINE)
            text = re.sub(
                r"^\*\*Paper, released code, this book\.\*\*",
                "",
                re.sub(r"^\*\*Often believed: ", "**", text, flags=re.MULTILINE),
            )
            found.append(Slide(kind, title, text.strip(), number))
    return found
