"""Sphinx extension of this book: the search by sections, in place of Sphinx's.

Its index is written when the pages are (tools/search_index.py), and a page loads it on the first
use of the search (book/_static/search.js). Sphinx's own index, and the scripts that the theme loads
on every page for it, are not made."""

import pathlib
import re
import sys

# The bold line that begins an exercise.
EXERCISE = re.compile(r"<p>(?=<strong>Exercise (\d\d)\.([a-z])\b)")


def no_index(app) -> None:
    """Sphinx's builder makes no index of words, and no page for it."""
    app.builder.search = False


def search_page(app):
    """The page that the field's form leads to: a link search.html?q=... may be kept or shared."""
    return [("search", {}, "search.html")]


def anchors(app, page: str, template: str, context: dict, document) -> None:
    """An address for each exercise: chapters/07_reversibility.html#exercise-07-b."""
    if "<strong>Exercise " in context.get("body", ""):
        context["body"] = EXERCISE.sub(r'<p id="exercise-\1-\2">', context["body"])


def write_index(app, error) -> None:
    """When all pages are written."""
    if error is None and app.builder.format == "html":
        root = pathlib.Path(app.srcdir)
        if str(root) not in sys.path:
            sys.path.append(str(root))
        from tools import search_index

        search_index.write(pathlib.Path(app.outdir))


def setup(app) -> dict:
    """Called by Sphinx."""
    app.connect("builder-inited", no_index)
    app.connect("html-collect-pages", search_page)
    app.connect("html-page-context", anchors)
    app.connect("build-finished", write_index)
    app.add_css_file("search.css")
    app.add_js_file("search.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
