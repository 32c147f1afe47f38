"""The built book as students get it: without the teaching pages, solutions and the quizzes' keys,
and with no link to what is left out."""

import pathlib
import posixpath
import re
import shutil
import urllib.parse

import bs4

from tools import search_index

GONE = re.compile(
    r"(_sources/)?book/(teaching/|grading\b)|_static/(answers|micropython|teaching)/"
    r"|_images/B\d+\.svg$|objects\.inv$|(.*/)?\.\w"
)
SOLUTION = re.compile(r"\s*Solution of \d\d\.[a-z]")
ASK = "Take this quiz in your notebook: run its cell."
ASK_EXERCISE = "Answer this exercise in your notebook: its cell checks it."


def write(site: pathlib.Path, out: pathlib.Path, chapters: pathlib.Path) -> None:
    """Copy the built book `site` to `out`; the sources of its pages are the notebooks in
    `chapters`, the student edition's."""
    for file in sorted(site.rglob("*")):
        name = file.relative_to(site).as_posix()
        if not file.is_file() or GONE.match(name):
            continue
        if file.suffix == ".ipynb" and not (chapters / file.name).is_file():
            continue  # none of the book's chapters
        copy = out / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".html":
            copy.write_text(page(file.read_text("utf8"), name), "utf8")
        elif file.suffix == ".ipynb":  # not one of the teacher's, whatever page offers it
            shutil.copyfile(chapters / file.name, copy)
        elif name != search_index.NAME:
            shutil.copyfile(file, copy)
    search_index.write(out)  # of these pages alone


def page(text: str, name: str) -> str:
    """A page of the book without solutions, keys, and links to pages that are gone."""
    soup = bs4.BeautifulSoup(text, "html.parser")
    for details in soup.find_all("details"):
        if details.summary and SOLUTION.match(details.summary.get_text()):
            details.decompose()
    for quiz in soup.select(".tquiz"):
        said = soup.new_tag("p")
        said.string = ASK
        quiz.replace_with(said)
    for box in soup.select(".tanswer"):  # the stub stays, and nothing of what judges it
        box.attrs = {}
        said = soup.new_tag("p")
        said.string = ASK_EXERCISE
        box.append(said)
    for link in soup.select("a[href], link[href]"):
        if link.attrs is None or not _gone(link["href"], name):  # None: it went with its row
            continue
        row = link.find_parent("li", class_=re.compile(r"^toctree-l"))
        if row:
            row.decompose()
        elif link.name == "link" or {"left-prev", "right-next"} & set(link.get("class", [])):
            link.decompose()
        else:
            link.unwrap()
    for rows in soup.select("ul.bd-sidenav"):  # a part of the sidebar that has lost all its pages
        if not rows.find("li"):
            caption = rows.find_previous_sibling()
            if caption and "caption" in caption.get("class", []):
                caption.decompose()
            rows.decompose()
    return str(soup)


def _gone(address: str, name: str) -> bool:
    """Whether a link on page `name` leads to a page that is left out."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path:
        return False
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), parts.path))
    return bool(GONE.match(target))
