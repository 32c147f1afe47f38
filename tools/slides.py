"""`python -m tools.slides`: a deck of slides for each part of the book, made from the
chapters' stored notebooks, into _build/slides.

reveal.js and MathJax are the copies in book/_static, so the decks work from a file and without a
network; the demos in them are alive."""

import argparse
import html
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile

from tools import outline
from tools.slide_choice import Slide, slides
from trevsnn_lite.course import questions

ROOT = pathlib.Path(__file__).parents[1]
DECK = pathlib.Path(__file__).parent / "deck"
KINDS = {
    "predict": "Predict",
    "demo": "Demo",
    "by hand": "By hand",
    "figure": "Result",
    "box": "Compare",
    "belief": "Misconception",
    "verdict": "Verdict",
    "vote": "Vote",
    "discuss": "Discuss",
}
PAGE = """<!doctype html>
<html lang="en" data-theme="light">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<link rel="stylesheet" href="assets/reveal/reveal.css"><link rel="stylesheet" href="assets/slides.css"></head>
<body>
<div class="reveal"><div class="slides">
{sections}
</div></div>
<script src="assets/reveal/reveal.js"></script><script src="assets/slides.js"></script><script async src="assets/mathjax/tex-chtml-full.js"></script>
</body></html>
"""  # noqa: E501
INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Slides</title><link rel="stylesheet" href="assets/slides.css"></head>
<body class="index"><main><h1>Slides, a deck for each part</h1><ul>
{decks}
</ul><p>Keys: space or arrows go on, F fills the screen, O shows all slides, PageUp and PageDown work inside a demo too, and Escape leaves a demo's slider.
To print, add <code>?view=print</code> to a deck's address.</p></main></body></html>
"""  # noqa: E501


def main(arguments: list[str] | None = None) -> int:
    """Write the decks; 0 done, 2 this is no checkout or the folder is not ours."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.slides", description="Slides for each part of the book."
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
    decks = {f"part-{part}.html": deck(part, book) for part in outline.PARTS}
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
        links = "\n".join(
            f'<li><a href="part-{part}.html">{html.escape(title)}</a></li>'
            for part, (title, _) in outline.PARTS.items()
        )
        (folder / "index.html").write_text(INDEX.format(decks=links), "utf8")
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
    sections = [
        '<section id="start" class="title"><div '
        f'class="fit"><h1>{html.escape(title)}</h1><ol '
        f'class="chapters">{names}</ol></div></section>'
    ]
    for number, file in there.items():
        chapter = f"{number:02d}"
        notebook = json.loads(file.read_text("utf8"))
        for n, slide in enumerate(slides(notebook, chapter)):
            id = f"chapter-{number}" if n == 0 else f"chapter-{number}-{n}"
            sections.append(
                _section(
                    slide, id, _content(slide, chapter, book), f"chapters/{file.stem}.html", book
                )
            )
    return PAGE.format(title=html.escape(title), sections="\n".join(sections))


def _section(slide: Slide, id: str, content: str, page: str, book: str | None) -> str:
    if slide.kind == "title":
        return (
            f'<section id="{id}" class="title"><div '
            f'class="fit"><h1>{_inline(slide.title)}</h1><p '
            f'class="question">{_inline(slide.text)}</p></div></section>'
        )
    where = f"Section {slide.section}" if slide.section else f"Chapter {id.split('-')[1]}"
    source = f'<a href="{book}/{page}" target="_blank">{where}</a>' if book else where
    name = slide.kind.replace(" ", "-")
    return (
        f'<section id="{id}" class="{name}"><p class="kind">{KINDS[slide.kind]}</p><p '
        f'class="source">{source}</p>'
        f'<div class="fit"><h2>{_inline(slide.title)}</h2>{content}</div></section>'
    )


def _content(slide: Slide, chapter: str, book: str | None) -> str:
    if slide.kind == "vote":
        return questions.Quiz(chapter, questions.quiz(chapter).questions[:1])._repr_html_()
    if slide.kind == "figure":
        alt = re.search(r' alt="([^"]*)"', slide.text)
        return f'{slide.text}<p class="alt">{alt[1] if alt else ""}</p>'
    return slide.text if slide.kind in ("demo", "title") else rendered(slide.text, book)


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
