"""Sphinx extension of this book: what demos and quizzes share stands once on a page.

In a notebook each output has to work alone, so each carries the style and the toolkit. On a page of
the book the first is enough."""

import re

SHARED = re.compile(
    r"<style>(\.tbox, \.tmarks \{[^<]*)</style>|<script>window\.trevsnnDemo = .*?</script>", re.S
)


def once(body: str) -> str:
    """The page without a style that an earlier one says already, and without a toolkit that is
    there."""
    styles: list[str] = []
    scripts: set[str] = set()

    def kept(found: re.Match) -> str:
        style = found[1]
        again = (
            found[0] in scripts if style is None else any(old.startswith(style) for old in styles)
        )
        if style is None:
            scripts.add(found[0])
        else:
            styles.append(style)
        return "" if again else found[0]

    return SHARED.sub(kept, body)


def shorten(app, pagename, templatename, context, doctree) -> None:
    if "body" in context:
        context["body"] = once(context["body"])


def setup(app) -> dict:
    app.connect("html-page-context", shorten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
