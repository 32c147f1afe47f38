"""Sphinx extension of this book: the drawing that grows, at the head of each chapter's page.

It is put into the page, not into the notebook: a notebook's words and outputs stay as they are."""

import pathlib
import re
import sys

CHAPTER = re.compile(r"chapters/(\d\d)_\w+$")


def with_drawing(body: str, drawing: str) -> str:
    """The page's text with the drawing before its first section, below title and costs.

    Raises ValueError for a page without a section."""
    starts = [found.start() for found in re.finditer(r"<section\b", body)]
    if len(starts) < 2:
        raise ValueError("The chapter's page has no section: its drawing has no place.")
    return f"{body[: starts[1]]}{drawing}\n{body[starts[1] :]}"


def show(app, page: str, template: str, context: dict, document) -> None:
    """Called for each page."""
    found = CHAPTER.match(page)
    if found is None or app.builder.format != "html":
        return
    root = str(pathlib.Path(app.srcdir))
    if root not in sys.path:
        sys.path.append(root)
    from tools.outline import PARTS
    from trevsnn_lite.course import growing

    slugs = {n: one[0] for _, chapters in PARTS.values() for n, one in chapters.items()}
    drawing = growing.figure(int(found[1]), lambda chapter: f"{slugs[chapter]}.html")
    context["body"] = with_drawing(context["body"], drawing)
    app.add_css_file("growing.css")


def setup(app) -> dict:
    """Called by Sphinx."""
    app.connect("html-page-context", show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
