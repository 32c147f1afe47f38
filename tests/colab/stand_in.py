"""A built book of a few lines, with what the real one gives away: for tests of the bundles that
need no build."""

import html
import json
import pathlib
import sys

from tools import search_index, seminar
from trevsnn_lite import course
from trevsnn_lite.course.exercise import exercises

SIDEBAR = """<nav><p aria-level="2" class="caption" role="heading"><span>Chapters</span></p>
<ul class="nav bd-sidenav"><li class="toctree-l1"><a href="{up}book/intro.html">Intro</a></li></ul>
<p aria-level="2" class="caption" role="heading"><span>Teaching</span></p>
<ul class="nav bd-sidenav"><li class="toctree-l1"><a href="{up}book/teaching/index.html">Teach</a></li>
<li class="toctree-l1"><a href="{up}book/grading.html">Grading</a></li></ul></nav>"""
PAGE = """<!DOCTYPE html><html><head><link rel="next" href="{up}book/teaching/index.html"></head>
<body>{sidebar}<article class="bd-article"><section id="page"><h1>{name}</h1><p>See the <a href="{up}book/teaching/question_key.html#x">key of all</a>, and
<a href="{up}book/intro.html">the intro</a>.</p>{more}
<a class="right-next" href="{up}book/teaching/index.html">next</a></section></article></body></html>"""


def site(folder: pathlib.Path, root: pathlib.Path) -> pathlib.Path:
    """Write it into `folder`; the folder."""

    def write(name: str, text: str) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf8")

    def page(name: str, more: str = "") -> None:
        up = "../" * name.count("/")
        write(name, PAGE.format(up=up, name=name, sidebar=SIDEBAR.format(up=up), more=more))

    sys.path.append(str(root / "book/_ext"))
    import answer_page

    for name, text in answer_page.scripts().items():
        write(f"_static/answers/{name}", text)
    for name in ("index.html", "book/intro.html", "book/grading.html"):
        page(name)
    for name in ("index", "question_bank"):
        page(f"book/teaching/{name}.html")
    bank = json.loads((root / "data/teaching/questions.json").read_text("utf8"))
    page("book/teaching/question_key.html", html.escape(seminar.question_key(bank)))
    page("book/teaching/examination.html", html.escape(seminar.examination(root)))
    page("book/teaching/discussion.html", html.escape(seminar.discussion(root)))
    page("book/teaching/marked_reports.html", html.escape(seminar.reports(root)))
    write("_static/teaching/run-sheet-1.html", "answers to votes")
    write("_images/B1.svg", "<svg/>")
    for file in sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb")):
        solutions = "".join(
            f"<details><summary>Solution of {one.id}</summary><pre>{coloured(one.solution)}</pre>"
            "</details>"
            for one in exercises(file.name[:2])
        )
        boxes = "".join(
            f'<div class="tanswer" data-exercise="{one.id}" data-answer="{one.answer}" '
            f'data-form="{html.escape(json.dumps(answer_page.form(one)))}"><pre>{one.answer} = ...'
            "</pre></div>"
            for one in exercises(file.name[:2])
        )
        quiz = course.quiz(file.name[:2])._repr_html_()
        page(f"chapters/{file.stem}.html", boxes + solutions + quiz)
        write(f"_sources/chapters/{file.name}", file.read_text("utf8"))
    for file in (root / "book/teaching").glob("*.md"):
        write(f"_sources/book/teaching/{file.name}", file.read_text("utf8"))
    page("chapters/.draft.html")  # an editor's leftovers, built by accident
    write("_sources/chapters/.draft.ipynb", "{}")
    search_index.write(folder)
    return folder


def coloured(code: str) -> str:
    """Code as pages have it, a tag round each word."""
    return " ".join(f'<span class="n">{html.escape(word)}</span>' for word in code.split(" "))


def slides(folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<p>Slides</p>", "utf8")
    return folder
