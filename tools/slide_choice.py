"""What of a chapter goes on slides: its question, predictions, demos, what is computed by hand,
figures, the box, the verdict, a vote, the discussion; each with what the speaker says.

Chosen by the chapters' common form (headings, outputs, boxes). What is computed by hand is written
for slides, in deck/by_hand.md. A Markdown cell tagged "slide" is added as it stands. No slide has
more than WORDS words beside formulas, tables and code: longer texts go on over several."""

import dataclasses
import functools
import json
import pathlib
import re
from dataclasses import dataclass

from trevsnn_lite.course import questions

HEADING = re.compile(r"#{1,3} +.*")
BOX = re.compile(r"^> \*\*(?:Paper|Often)[^\n]*(?:\n>[^\n]*)*", re.MULTILINE)
# Sections whose figure is the first of many.
LIVE = re.compile(r"[Ww]ith a kernel|[Ss]weep|[Yy]our own")
# "**A: (C)**", "**B is (C). C is (A).**": where a chapter settles its predictions.
SETTLED = re.compile(r"\b([A-E])(?: is|:) \(([A-E])\)")
FIGURES, WORDS, ROWS = 3, 60, 9
ROOT = pathlib.Path(__file__).parents[1]
MINUTES = {
    "predict": 3,
    "demo": 5,
    "by hand": 6,
    "figure": 2,
    "box": 3,
    "belief": 2,
    "vote": 3,
    "verdict": 1,
    "discuss": 4,
}
"""A speaker's minutes for a slide of each kind, where no plan gives others."""


@dataclass(frozen=True)
class Slide:
    """One slide: `text` is Markdown, or HTML where `kind` is "demo", "figure", "board" or "vote".
    `notes` is Markdown: what the speaker needs beside it."""

    kind: str
    title: str
    text: str
    section: str = ""  # "7.4", where it comes from
    notes: str = ""
    minutes: float = 0


def slides(notebook: dict, chapter: str) -> list[Slide]:
    """The slides of a chapter ("07"), in the order in which a meeting needs them."""
    found = everything(notebook, chapter)
    shown = [one for one in found if one.kind == "figure" and not LIVE.search(one.title)]
    shown = [one for one in shown if "tfigure" in one.text] or shown
    if len(shown) > FIGURES:
        shown = [shown[round(k * (len(shown) - 1) / (FIGURES - 1))] for k in range(FIGURES)]
    demos, chosen = 2, []
    for one in found:
        if one.kind == "table":
            continue
        if one.kind == "figure" and not any(one is figure for figure in shown):
            continue
        if one.kind == "demo":
            demos -= 1
        if one.kind != "demo" or demos >= 0:
            chosen.append(one)
    return chosen


def everything(notebook: dict, chapter: str) -> list[Slide]:
    """All that can be shown of a chapter: its slides, all figures, all tables."""
    cells = _placed(notebook)
    found = [
        Slide("title", cells[0][1], _question(cells)),
        *_predictions(cells),
        *_demos(cells),
        *by_hand(chapter),
        *_shown(cells),
        *_tables(cells),
        *_boxes(cells),
    ]
    found += [
        Slide("by hand", heading, text, number)
        for cell, heading, number, text in cells
        if "slide" in cell["metadata"].get("tags", [])
    ]
    found += [_vote(chapter), *_section(cells, "verdict", "Recap", "What stands")]
    found += _discussion(cells, chapter)
    return [
        dataclasses.replace(part, minutes=part.minutes or MINUTES.get(part.kind, 0))
        for one in found
        for part in split(one)
    ]


def split(slide: Slide) -> list[Slide]:
    """The slide, or several, each with at most WORDS words and its title numbered."""
    if slide.kind in ("title", "vote") or slide.text.startswith("<"):
        return [slide]
    texts = _pages(slide.text, WORDS - 2 - words(slide.title))
    if len(texts) < 2:
        return [slide]
    return [
        dataclasses.replace(
            slide, title=f"{slide.title} ({n}/{len(texts)})", text=text, minutes=slide.minutes
        )
        for n, text in enumerate(texts, 1)
    ]


def words(text: str) -> int:
    """Words of a Markdown text that are read on a slide: no formulas, tables and code."""
    text = re.sub(r"<!--.*?-->|<details>.*?</details>|\{cite\}`[^`]*`", "", text, flags=re.DOTALL)
    text = re.sub(r"```.*?```|\$\$.*?\$\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"^\|.*$", " ", text, flags=re.MULTILINE)
    text = re.sub(r"\]\([^)]*\)|\$[^$]*\$|(?<!\})`[^`]*`", "", text)
    return len([word for word in text.split() if re.search(r"\w", word)])


def _pages(text: str, limit: int) -> list[str]:
    """A text's blocks on as few pages as hold them, each about as full as the next."""
    blocks = _blocks(text, limit)
    fewest = _packed(blocks, limit)
    least = words(text) // len(fewest)
    even = (_packed(blocks, most) for most in range(least, limit + 1))
    fitting = (p for p in even if len(p) == len(fewest) and max(map(words, p)) <= limit)
    return next(fitting, fewest)


def _packed(blocks: list[str], limit: int) -> list[str]:
    """Blocks packed into pages; what announces something does not end a page."""
    pages: list[list[str]] = [[]]
    for block in blocks:
        if pages[-1] and words("\n\n".join([*pages[-1], block])) > limit:
            kept = []
            while len(pages[-1]) > 1 and pages[-1][-1].rstrip().endswith(":"):
                kept.insert(0, pages[-1].pop())
            pages.append(kept)
        pages[-1].append(block)
    return ["\n\n".join(page) for page in pages if page]


def _blocks(text: str, limit: int) -> list[str]:
    """Paragraphs, items of lists, tables and formulas; of a long one its sentences."""
    found = []
    for block in re.split(r"\n{2,}", text.strip()):
        items = re.split(r"\n(?=(?:-|\d+\.) )", block)
        for item in items:
            if words(item) <= limit:
                found.append(item)
                continue
            mark = re.match(r"(?:-|\d+\.) ", item)
            sentences = re.split(r"(?<=[.!?;:]) (?=[A-Z*\"(\[$]|and )", item)
            parts = [sentences[0]]
            for sentence in sentences[1:]:
                if words(f"{parts[-1]} {sentence}") <= limit:
                    parts[-1] += f" {sentence}"
                else:
                    parts.append(sentence)
            found += [parts[0], *(f"{'- ' if mark else ''}{part}" for part in parts[1:])]
    return found


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


def _section(cells, kind: str, start: str, title: str) -> list[Slide]:
    for cell, heading, number, text in cells:
        if heading.startswith(start) and cell["cell_type"] == "markdown":
            return [Slide(kind, title, text, number)]
    return []


def predictions(notebook: dict) -> dict[str, tuple[str, str, str]]:
    """{"A": (the right option's letter, its text, the section that settles it)}."""
    return _settled(_placed(notebook))


def _settled(cells) -> dict[str, tuple[str, str, str]]:
    options = {
        letter: dict(re.findall(r"^- \(([A-E])\) (.*)$", asked, re.MULTILINE))
        for letter, asked in _asked(cells)[1]
    }
    found: dict[str, tuple[str, str, str]] = {}
    for cell, heading, number, text in cells:
        if cell["cell_type"] != "markdown" or heading.startswith("Predict"):
            continue
        for bold in re.findall(r"\*\*(.+?)\*\*", text):
            for letter, right in SETTLED.findall(bold):
                if letter in options:
                    said = options[letter].get(right, "").rstrip(".,;?")
                    found.setdefault(letter, (right, said, number))
    return found


def _asked(cells) -> tuple[str, list[tuple[str, str]]]:
    """What stands before a chapter's predictions, and each with its options a line; "A" where it
    has one without a letter."""
    text = "\n\n".join(
        text
        for cell, heading, _, text in cells
        if heading.startswith("Predict first") and cell["cell_type"] == "markdown"
    )
    text = re.sub(r"(?:^|(?<=\n))(?:Sections? \d|Write your choices)[^\n]*", "", text)
    text = re.sub(r"[;,]?\s+(?:or )?(?=\([B-E]\) )", "\n- ", text)
    text = re.sub(r"^-[ ]*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(- \([A-E]\) .*?)(?:[;,.]|,? or)?[ ]*\n?$", r"\1", text, flags=re.MULTILINE)
    before, *rest = re.split(r"^\*\*([A-E])\.\*\* ", text, flags=re.MULTILINE)
    if not rest:
        return "", [("A", text.strip())]
    return before.strip(), [(rest[n], rest[n + 1].strip()) for n in range(0, len(rest), 2)]


def _predictions(cells) -> list[Slide]:
    """A slide for each prediction, its options in lines to raise hands for."""
    before, asked = _asked(cells)
    answers, found = _settled(cells), []
    alone = len(asked) == 1
    for letter, text in asked:
        options = [line for line in text.splitlines() if line.startswith("- (")]
        asks = "\n".join(line for line in text.splitlines() if line not in options).strip()
        shown = re.sub(r"^- (\([A-E]\))", r"- **\1**", "\n".join(options), flags=re.MULTILINE)
        right, said, section = answers.get(letter, ("", "", ""))
        notes = "Everybody writes a letter down before hands go up. Count them on the board."
        if right:
            notes += f"\n\nAnswer: ({right}) {said} (section {section})."
        title = "Predict" if alone else f"Predict {letter}"
        body = f"{asks}\n\n{shown}".strip()
        if words(f"{title} {body}") > WORDS:  # the case, then the question with its options
            case, question = re.fullmatch(r"(.*[.!?])\s+(.+)", asks, re.DOTALL).groups()
            found.append(Slide("predict", f"{title}: the case", case, notes=notes, minutes=1))
            body = f"{question}\n\n{shown}"
        if before and words(f"{title} {before} {body}") <= WORDS:
            body = f"{before}\n\n{body}"
        elif before and not found:
            found.append(Slide("predict", "Before you predict", before, minutes=1))
        found.append(Slide("predict", title, body, notes=notes))
    return found


def _demos(cells) -> list[Slide]:
    found, said = [], ""
    for cell, heading, number, text in cells:
        if cell["cell_type"] == "markdown":
            said = text
        elif text.strip().startswith("course.demos."):
            last = re.split(r"\n{2,}", said.strip())[-1]
            for output in cell["outputs"]:
                if html := "".join(output.get("data", {}).get("text/html", "")):
                    own = re.search(r'class="ttitle"[^>]*>([^<]*)<', html)
                    found.append(Slide("demo", own[1] if own else heading, html, number, last))
    return found


def _shown(cells) -> list[Slide]:
    """All figures and tables; of a long table several slides. What a figure shows in numbers is
    the speaker's."""
    found = []
    for cell, heading, number, text in cells:
        for output in [] if "sliders(" in text else cell.get("outputs", []):
            html = "".join(output.get("data", {}).get("text/html", ""))
            if html.startswith('<div class="tfigure') and "tcaption" in html:
                alt = re.search(r' alt="([^"]*)"', html)
                found.append(Slide("figure", heading, html, number, alt[1] if alt else ""))
            elif html.startswith('<div class="ttable'):
                own = heading.startswith("Paper, released code")
                found += [
                    Slide("box" if own else "figure", heading, part, number) for part in _rows(html)
                ]
    return found


def _tables(cells) -> list[Slide]:
    """The tables of the text, which plans show."""
    return [
        Slide("table", heading, re.sub(r"^> ?", "", table, flags=re.MULTILINE).strip(), number)
        for cell, heading, number, text in cells
        if cell["cell_type"] == "markdown"
        for table in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    ]


def _rows(table: str) -> list[str]:
    """A table's HTML, in parts that a slide can hold."""
    head, body, tail = re.fullmatch(r"(.*<tbody>)(.*)(</tbody>.*)", table, re.DOTALL).groups()
    rows = re.findall(r"<tr>.*?</tr>", body, re.DOTALL)
    lengths = [len(re.sub(r"<[^>]*>", "", row)) for row in rows]
    most = ROWS if sum(lengths) / max(1, len(rows)) < 70 else 5
    count = max(1, -(-len(rows) // most))
    most = -(-len(rows) // count)
    return [f"{head}{''.join(rows[n : n + most])}{tail}" for n in range(0, max(1, len(rows)), most)]


@functools.cache
def _hand() -> dict[str, list[Slide]]:
    text = (pathlib.Path(__file__).parent / "deck/by_hand.md").read_text("utf8")
    found: dict[str, list[Slide]] = {}
    for block in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        section, _, title = head.partition(" ")
        shown, _, notes = body.partition("\nNotes: ")
        found.setdefault(f"{int(section.split('.')[0]):02d}", []).append(
            Slide("by hand", title, shown.strip(), section, notes.strip())
        )
    return found


def by_hand(chapter: str) -> list[Slide]:
    """What of a chapter is computed by hand, from deck/by_hand.md."""
    return _hand().get(chapter, [])


def _vote(chapter: str) -> Slide:
    """The first question of the quiz that is short enough to read from the back."""
    asked = questions.quiz(chapter).questions

    def length(one: dict) -> int:
        return words(" ".join([one["question"], *(option["text"] for option in one["options"])]))

    chosen = next((one for one in asked if length(one) <= WORDS - 8), min(asked, key=length))
    n = asked.index(chosen)
    right = next(k for k, option in enumerate(chosen["options"]) if option["right"])
    notes = f"Answer: ({'abcdef'[right]}). {chosen['options'][right]['reason']}"
    return Slide("vote", "Which is right?", json.dumps([chapter, n]), "", notes)


def _discussion(cells, chapter: str) -> list[Slide]:
    """A slide for each question, with what to listen for."""
    answers = json.loads((ROOT / "data/teaching/discussion.json").read_text("utf8"))
    answers = dict(answers.get(chapter, {}))
    found = []
    for one in _section(cells, "discuss", "Discuss", "Discuss"):
        items = re.findall(r"^(?:-|\d+\.) +(.*(?:\n[ \t]+.*)*)", one.text, re.MULTILINE)
        for n, item in enumerate(items or [one.text], 1):
            asked = re.sub(r"\s*\n\s+", " ", item).strip()
            heard = next((say for start, say in answers.items() if asked.startswith(start)), "")
            heard = "Listen for: " + re.sub(r"\[(§[^]]*)\]\(\)", r"\1", heard) if heard else ""
            title = f"Discuss {n}" if len(items) > 1 else "Discuss"
            found.append(dataclasses.replace(one, title=title, text=asked, notes=heard))
    return found


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
