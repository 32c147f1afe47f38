"""`python -m tools.slides`: a deck of slides for each seminar plan and each part of the book, made
from the chapters' stored notebooks, into _build/slides.

reveal.js and MathJax are the copies in book/_static, so the decks work from a file and without a
network; the demos in them are alive. S opens the speaker's window: minutes, answers, what to listen
for."""

import argparse
import html
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile

from tools import outline, plans
from tools.slide_choice import Slide, slides
from trevsnn_lite.course import questions

ROOT = pathlib.Path(__file__).parents[1]
DECK = pathlib.Path(__file__).parent / "deck"
SIGNS = {
    "\\cdot": "·",
    "\\times": "×",
    "\\tau": "τ",
    "\\lambda": "λ",
    "\\alpha": "α",
    "\\ge": "≥",
    "\\le": "≤",
    "\\pm": "±",
    "\\dots": "…",
    "\\tfrac12": "1/2",
    "\\,": " ",
    "^2": "²",
}
KINDS = {
    "predict": "Predict",
    "demo": "Demo",
    "by hand": "By hand",
    "figure": "Result",
    "table": "Result",
    "box": "Compare",
    "belief": "Misconception",
    "verdict": "Verdict",
    "vote": "Vote",
    "discuss": "Discuss",
    "board": "Board",
    "laptop": "Laptops",
    "task": "Task",
}
PAGE = """<!doctype html>
<html lang="en" data-theme="light">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<link rel="stylesheet" href="assets/reveal/reveal.css"><link rel="stylesheet" href="assets/slides.css"></head>
<body>
<div class="reveal"><div class="slides">
{sections}
</div></div>
<script src="assets/reveal/reveal.js"></script><script src="assets/reveal/notes.js"></script><script src="assets/slides.js"></script><script async src="assets/mathjax/tex-chtml-full.js"></script>
</body></html>
"""  # noqa: E501
INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Slides</title><link rel="stylesheet" href="assets/slides.css"></head>
<body class="index"><main><h1>Slides</h1><h2>A deck for each plan</h2><ul>
{plans}
</ul><h2>A deck for each part of the book</h2><ul>
{decks}
</ul><p>Keys: space or arrows go on, F fills the screen, O shows all slides, S opens the speaker's window (minutes, answers, a clock). PageUp and PageDown work inside a demo too, and Escape leaves a demo's slider.
To print, add <code>?view=print</code> to a deck's address; for notes on the same paper add <code>?view=print&amp;showNotes=separate-page</code>.</p></main></body></html>
"""  # noqa: E501


def main(arguments: list[str] | None = None) -> int:
    """Write the decks; 0 done, 2 this is no checkout or the folder is not ours."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.slides", description="Slides for each plan and each part of the book."
    )
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        default=pathlib.Path("_build/slides"),
        help="the folder (default: %(default)s)",
    )
    given = parser.parse_args(arguments)
    try:
        counts = write(given.out)
    except (FileNotFoundError, ValueError) as error:
        print(f"slides: {error}", file=sys.stderr)
        return 2
    print(
        "\n".join(f"{name}: {count} slides" for name, count in counts.items())
        + f"\nOpen {given.out / 'index.html'} in a browser."
    )
    return 0


def write(out: pathlib.Path) -> dict[str, int]:
    """Write all decks into `out`, replacing earlier ones; {file: number of slides}."""
    if not (ROOT / "book/_static/reveal").is_dir():
        raise FileNotFoundError(
            f"there is no folder {ROOT / 'book/_static/reveal'}: run this in a checkout, "
            "the installed library has no book."
        )
    if out.exists() and not (out / "assets/slides.js").is_file():
        raise ValueError(f"--out is {out}, which exists and holds no slides: name a new folder.")
    book = "../html" if (out.parent / "html/book/ledger.html").is_file() else None
    made = plans.load()
    decks = {f"plan-{plan.id}.html": plan_deck(plan, book) for plan in made}
    decks |= {f"part-{part}.html": deck(part, book) for part in outline.PARTS}
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".slides-") as temporary:
        folder = pathlib.Path(temporary) / "slides"
        (folder / "assets").mkdir(parents=True)
        for name in ("reveal", "mathjax"):
            shutil.copytree(ROOT / "book/_static" / name, folder / "assets" / name)
        for name in ("slides.css", "slides.js"):
            shutil.copy(DECK / name, folder / "assets")
        for name, text in decks.items():
            (folder / name).write_text(text, "utf8")
        listed = {
            "plans": [(f"plan-{plan.id}", plan.title) for plan in made],
            "decks": [(f"part-{part}", title) for part, (title, _) in outline.PARTS.items()],
        }
        links = {
            kind: "\n".join(
                f'<li><a href="{name}.html">{html.escape(title)}</a></li>' for name, title in rows
            )
            for kind, rows in listed.items()
        }
        (folder / "index.html").write_text(INDEX.format(**links), "utf8")
        shutil.rmtree(out, ignore_errors=True)
        os.replace(folder, out)
    return {name: text.count("<section") for name, text in decks.items()}


def deck(part: int, book: str | None = None) -> str:
    """The page of one part. `book`: where the built book stands, as an address from the decks; None
    leaves the links to it out."""
    title, chapters = outline.PARTS[part]
    files = {number: ROOT / f"chapters/{slug}.ipynb" for number, (slug, _, _) in chapters.items()}
    there = {number: file for number, file in files.items() if file.is_file()}
    names = "".join(
        f'<li><a href="#/chapter-{number}">{number} · {html.escape(chapters[number][1])}</a></li>'
        for number in there
    )
    sections = [_title("start", html.escape(title), f'<ol class="chapters">{names}</ol>')]
    for number, file in there.items():
        chapter = f"{number:02d}"
        notebook = json.loads(file.read_text("utf8"))
        for n, slide in enumerate(slides(notebook, chapter)):
            id = f"chapter-{number}" if n == 0 else f"chapter-{number}-{n}"
            sections.append(_section(slide, id, book, f"Chapter {number}"))
    return PAGE.format(title=html.escape(title), sections="\n".join(sections))


def plan_deck(plan: plans.Plan, book: str | None = None) -> str:
    """The page of one plan: its steps in order, each slide with its minutes, the first of a step
    with what the plan says of it."""
    names = "".join(
        f'<li><a href="#/meeting-{n}">{n} · {html.escape(meeting.title)}</a></li>'
        for n, meeting in enumerate(plan.meetings, 1)
    )
    shown = f'<ol class="chapters">{names}</ol>' if len(plan.meetings) > 1 else ""
    about = f'<p class="question">{_inline(plan.idea)}</p>' if plan.idea else ""
    sections = [_title("start", html.escape(plan.title), about + shown)]
    for n, meeting in enumerate(plan.meetings, 1):
        for id, slide, start in meeting_slides(meeting, n):
            if slide.kind == "opening":
                text = f'<p class="question">{_inline(slide.text)}</p>'
                sections.append(_title(id, _inline(slide.title), text, slide))
            else:
                label = f"{start // 60}:{start % 60:02d}"
                sections.append(_section(slide, id, book, "", label))
    return PAGE.format(title=html.escape(plan.title), sections="\n".join(sections))


def meeting_slides(meeting: plans.Meeting, n: int) -> list[tuple[str, Slide, int]]:
    """(id, slide, the minute at which its step begins) of a meeting, its title first."""
    asked = f"{meeting.minutes} minutes. Read before: chapters {_listed(meeting.chapters)}."
    opening = Slide("opening", f"{n} · {meeting.title}", asked, "", asked)
    found, start = [(f"meeting-{n}", opening, 0)], 0
    for k, row in enumerate(meeting.rows, 1):
        for m, slide in enumerate(plans.chosen(row)):
            if m == 0:
                end = start + row.minutes
                begins = f"**{_clock(start)} to {_clock(end)}** {plans.told(row.what)}"
                begins += "" if begins[-1] in ".?!" else "."
                if row.unread != "the same":
                    begins += f" If nobody has read: {plans.told(row.unread)}."
                slide = _with(slide, f"{begins}\n\n{slide.notes}".strip())
            found.append((f"meeting-{n}-{k}-{m + 1}", slide, start))
        start += row.minutes
    return found


def _listed(numbers: list[int]) -> str:
    words = [str(number) for number in numbers]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def _with(slide: Slide, notes: str) -> Slide:
    return Slide(slide.kind, slide.title, slide.text, slide.section, notes, slide.minutes)


def _title(id: str, title: str, content: str, slide: Slide | None = None) -> str:
    timing = _timing(slide) if slide else ""
    return (
        f'<section id="{id}" class="title"{timing}><div class="frame"><div class="fit">'
        f"<h1>{title}</h1>{content}</div></div>{_notes(slide) if slide else ''}</section>"
    )


def _timing(slide: Slide) -> str:
    """Seconds, for the clock of the speaker's window."""
    return f' data-timing="{round(60 * slide.minutes)}"' if slide.minutes else ""


def _section(slide: Slide, id: str, book: str | None, whole: str, label: str = "") -> str:
    """A slide. `whole` names its place where it has no section, `label` the time of its step."""
    if slide.kind == "title":
        text = f'<p class="question">{_inline(slide.text)}</p>'
        return _title(id, _inline(slide.title), text, slide)
    where = f"Section {slide.section}" if slide.section else whole
    source = where
    if book and "." in slide.section:
        stem = plans.SLUGS[int(slide.section.split(".")[0])]
        source = f'<a href="{book}/chapters/{stem}.html" target="_blank">{where}</a>'
    name = slide.kind.replace(" ", "-")
    kind = KINDS[slide.kind] + (f" · {label}" if label else "")
    timing = _timing(slide)
    return (
        f'<section id="{id}" class="{name}"{timing}><div class="frame"><p class="kind">{kind}</p>'
        f'<p class="source">{source}</p>'
        f'<div class="fit"><h2>{_inline(slide.title)}</h2>{_content(slide, book)}</div></div>'
        f"{_notes(slide)}</section>"
    )


def _content(slide: Slide, book: str | None) -> str:
    if slide.kind == "vote":
        return _ballot(*json.loads(slide.text))
    as_html = slide.kind in ("demo", "title", "figure", "board") or slide.text.startswith("<div")
    return slide.text if as_html else rendered(slide.text, book)


def _ballot(chapter: str, n: int) -> str:
    """One question of a quiz, with letters at its options to raise hands for."""
    one = questions.quiz(chapter).questions[n : n + 1]
    page = questions.Quiz(chapter, one)._repr_html_().replace("<legend>1. ", "<legend>")
    page = re.sub(r" \(ledger [\w-]+\)", "", page)
    letters = iter("abcdef")
    return re.sub(
        r'(<label for="[^"]*">)', lambda found: f"{found[1]}<b>({next(letters)})</b> ", page
    )


def _notes(slide: Slide) -> str:
    """What the speaker's window shows: minutes, then the slide's notes. Formulas stay plain text,
    since that window sets none."""
    minutes = max(1, round(slide.minutes)) if slide.minutes else 0
    about = f"About {minutes} minute{'s' if minutes > 1 else ''}." if minutes else ""
    text = f"{about}\n\n{_plain(slide.notes)}".strip()
    return f'<aside class="notes">{_notes_markdown(text)}</aside>' if text else ""


def _notes_markdown(text: str) -> str:
    from markdown_it import MarkdownIt

    return re.sub(r"<a [^>]*>|</a>", "", MarkdownIt("commonmark").render(text)).strip()


def _plain(text: str) -> str:
    """A text whose formulas are words: good enough to be read aloud."""
    text = re.sub(r"<[^>]*>|\{cite\}`[^`]*`", "", html.unescape(text))
    text = re.sub(r"\{(?:term|numref|ref|doc)\}`([^`<]+)(?:<[^>]*>)?`", r"\1", text)

    def formula(found: re.Match) -> str:
        tex = found[1]
        for name, sign in SIGNS.items():
            tex = tex.replace(name, sign)
        tex = re.sub(r"\\t?frac\s*\{?([^{}]+?)\}?\s*\{([^{}]+)\}", r"\1/\2", tex)
        tex = re.sub(r"\\(?:text|mathrm|hat)\{([^}]*)\}", r"\1", tex)
        return re.sub(r"\\[a-zA-Z]+|[{}\\]", "", tex)

    return re.sub(r"\${1,2}([^$]+)\${1,2}", formula, text)


def rendered(text: str, book: str | None) -> str:
    """Markdown of a chapter as HTML: formulas are left to MathJax, hints are left out, links lead
    into the built book or nowhere."""
    text = re.sub(r"<details>.*?</details>|<br>", "", text, flags=re.DOTALL)
    text = re.sub(r"[ ,;]*\{cite\}`[^`]*`", "", text)
    text = re.sub(r"\{(?:term|numref|ref|doc)\}`([^`<]+)(?:<[^>]*>)?`", r"\1", text)
    return re.sub(
        r'<a href="([^"]*)">(.*?)</a>',
        lambda found: _link(found[1], found[2], book),
        _markdown().render(text),
        flags=re.DOTALL,
    )


def _link(address: str, text: str, book: str | None) -> str:
    if re.match(r"https?:", address):
        return f'<a href="{address}" target="_blank" rel="noopener">{text}</a>'
    row = re.search(r"#(ledger-[\w-]+)$", address)
    title = f' title="{row[1].replace("-", " ", 1)}"' if row else ""
    page = re.fullmatch(r"(?:\.\./)?(book/|chapters/)?([\w-]+)\.(?:md|ipynb)(#[\w-]*)?", address)
    if not book or not page:
        return f"<span{title}>{text}</span>"
    return (
        f'<a href="{book}/{page[1] or "chapters/"}{page[2]}.html{page[3] or ""}" '
        f'target="_blank"{title}>{text}</a>'
    )


def _inline(text: str) -> str:
    return _markdown().renderInline(text)


def _markdown():
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    def formula(content: str, options: dict) -> str:
        left, right = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
        return left + html.escape(content) + right

    return (
        MarkdownIt("commonmark", {"html": True})
        .enable("table")
        .use(dollarmath_plugin, renderer=formula)
    )


if __name__ == "__main__":
    sys.exit(main())
