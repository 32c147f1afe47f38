"""Sphinx extension of this book: labs, whose sliders need a kernel, on a page that has none.

A lab folds away, with the sentence before it, into a closed note that says what it is. A figure
that the text speaks of stays as an ordinary one. The line in which the notebook asks for a kernel
goes (course.live prints it)."""

import ast
import html
import re

from docutils import nodes

from trevsnn_lite.course.live import STILL

SPEAKS_OF_IT = re.compile(r"kernel|JupyterLab|sliders|[Tt]he lab\b")
CAPTION = re.compile(r">((?:Figure|Table) \d+\.\d+)\.<")


def sliders(code: str) -> list[str]:
    """What the cell's sliders change: the names of the choices, in words."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rsplit(".", 1)[-1]
            if name in ("sliders", "open_lab"):
                return [choice.arg.replace("_", " ") for choice in node.keywords]
    return []


def listed(names: list[str]) -> str:
    """ "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


def fold(app, document, page: str) -> None:
    """Called for each page."""
    for cell in list(document.findall(_is_lab)):
        for block in list(cell.findall(nodes.literal_block)):
            _without_the_line(block)
        outputs = "".join(node.astext() for node in cell.findall(nodes.raw))
        named = CAPTION.search(outputs)
        if named and re.search(rf"{re.escape(named[1])}(?!\d)", _prose(document)):
            continue
        before = cell.parent[cell.parent.index(cell) - 1]
        speaks = isinstance(before, nodes.paragraph) and SPEAKS_OF_IT.search(before.astext())
        _wrap([before, cell] if speaks else [cell], sliders(cell[0].astext()))


def _is_lab(node: nodes.Node) -> bool:
    return (
        isinstance(node, nodes.container)
        and "cell" in node["classes"]
        and any(STILL in block.astext() for block in node.findall(nodes.literal_block))
    )


def _without_the_line(block: nodes.literal_block) -> None:
    text = block.astext()
    if STILL not in text:
        return
    rest = "\n".join(line for line in text.splitlines() if line != STILL).strip("\n")
    if rest:
        block.replace_self(nodes.literal_block(rest, rest, **block.attributes))
    else:
        block.parent.remove(block)


def _prose(document) -> str:
    """The text of the page's paragraphs and lists, without what its cells show."""
    return " ".join(node.astext() for node in document.findall(nodes.paragraph))


def _wrap(folded: list[nodes.Node], names: list[str]) -> None:
    """Put the nodes, which stand one after the other, into a closed note."""
    summary = html.escape(f"In JupyterLab or Colab: sliders for {listed(names)}")
    parent = folded[0].parent
    at = parent.index(folded[0])
    for node in folded:
        parent.remove(node)
    parent[at:at] = [
        nodes.raw("", f'<details class="tkernel"><summary>{summary}</summary>', format="html"),
        *folded,
        nodes.raw("", "</details>", format="html"),
    ]


def setup(app) -> dict:
    """Called by Sphinx."""
    app.connect("doctree-resolved", fold)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
