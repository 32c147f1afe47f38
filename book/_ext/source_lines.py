"""Sphinx extension of this book: links to names in trevsnn_lite become links to their lines in the
repository, and docstrings are read as the plain text that they are.

A page links `../trevsnn_lite/neurons.py#charge`, which opens the file where the repository is
browsed. In the built book it is https://github.com/.../neurons.py#L16, counted at each build."""

import ast
import pathlib
import re

from sphinx.errors import ExtensionError

LINK = re.compile(r"\]\((?:\.\./)+(trevsnn_lite/[\w/]+\.py)#([A-Za-z_][\w.]*)\)")


def line_of(source: str, name: str) -> int | None:
    """The line on which a dotted name, such as Cell.fire, is defined or assigned; None if it is
    not."""
    body: list[ast.stmt] = ast.parse(source).body
    line = None
    for part in name.split("."):
        found = next((node for node in body if part in _names(node)), None)
        if found is None:
            return None
        line, body = found.lineno, getattr(found, "body", [])
    return line


def _names(node: ast.stmt) -> list[str]:
    """What a statement defines."""
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    parts = [part for target in targets for part in getattr(target, "elts", [target])]
    return [part.id for part in parts if isinstance(part, ast.Name)]


def linked(text: str, root: pathlib.Path, repository: str, branch: str) -> tuple[str, set[str]]:
    """The page with its links to lines, and the files that they lead to. Raises ValueError for a
    file or a name that is not there."""
    files = set()

    def to_the_line(match: re.Match) -> str:
        file, name = match.groups()
        there = (root / file).is_file()
        line = line_of((root / file).read_text("utf8"), name) if there else None
        if line is None:
            raise ValueError(f"{file} has no {name}, which a page links.")
        files.add(file)
        return f"]({repository}/blob/{branch}/{file}#L{line})"

    return LINK.sub(to_the_line, text), files


def link_page(app, page: str, source: list[str]) -> None:
    """Before a page is read; it is read again when a file that it links changes."""
    try:
        source[0], files = linked(source[0], pathlib.Path(app.srcdir), *_repository(app))
    except ValueError as error:
        raise ExtensionError(f"{page}: {error}") from error
    for file in files:
        app.env.note_dependency(file)


def _repository(app) -> tuple[str, str]:
    options = app.config.html_theme_options
    return options["repository_url"].rstrip("/"), options["repository_branch"]


def plain(line: str) -> str:
    """A line of a docstring as reStructuredText that shows the same; `code` in backticks stays."""
    parts = re.split(r"(`+[^`]+`+)", line)
    for index, part in enumerate(parts):
        if index % 2:
            parts[index] = f"``{part.strip('`')}``"
        else:
            parts[index] = re.sub(r"([\\*_|])", r"\\\1", part)
    return "".join(parts)


def read_plainly(app, what, name, obj, options, lines: list[str]) -> None:
    """Called by autodoc for each docstring."""
    lines[:] = [plain(line) for line in lines]


def setup(app) -> dict:
    """Called by Sphinx."""
    app.connect("source-read", link_page)
    app.connect("autodoc-process-docstring", read_plainly)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
