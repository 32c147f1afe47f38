"""Sphinx extension of this book: in a table's narrow column a name of code breaks where its parts
meet, as in time_|steps, and nowhere else; a checksum after each 16 letters. custom.css keeps the
rest of a name together."""

import re

TABLE = re.compile(r"<table\b.*?</table>", re.S)
CODE = re.compile(r"<code\b.*?</code>", re.S)
TEXT = re.compile(r">([^<>]+)<")
MEET = re.compile(r"[_./=\[,](?=\w)|[0-9a-f]{16}(?=[0-9a-f]{8})")


def breakable(body: str) -> str:
    """The page with a <wbr> at each place in the code of a table where a line may end."""

    def of_text(found: re.Match) -> str:
        return ">" + MEET.sub(r"\g<0><wbr>", found[1]) + "<"

    def of_code(found: re.Match) -> str:
        return TEXT.sub(of_text, found[0])

    return TABLE.sub(lambda table: CODE.sub(of_code, table[0]), body)


def write(app, page: str, template: str, context: dict, document) -> None:
    """Called by Sphinx for each page."""
    if app.builder.format == "html" and "<table" in context.get("body", ""):
        context["body"] = breakable(context["body"])


def setup(app) -> dict:
    """Called by Sphinx."""
    app.connect("html-page-context", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
