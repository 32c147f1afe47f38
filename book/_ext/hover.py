"""Sphinx extension of this book: a link to a term, to a row of the ledger or to an equation shows
what is there (book/_static/hover.js); and in the chapters terms of the glossary are linked.

The notes are made of the built pages of glossary, ledger and notation, and loaded on first use."""

import json
import pathlib
import re
import sys

from docutils import nodes

NAME = "_static/hover_notes.js"
GLOSSARY, LEDGER, NOTATION = "book/glossary", "book/ledger", "book/notation"
# Terms that are everyday words too, or that every reader knows: they are not linked by themselves.
EVERYDAY = {
    *("ablation", "activation", "anchor", "batch normalisation", "BatchNorm", "block", "budget"),
    *("column", "degradation", "gain", "group", "ImageNet", "layer", "level", "recompute"),
    *("rounding", "stage"),
}
NOT_THERE = re.compile(r"(?:[\d.]+ )?(?:Predict first|References and terms)$")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def pattern(names: list[str]) -> re.Pattern:
    """The terms as whole words, in singular and plural, the longest first; an abbreviation keeps
    its capitals."""
    parts = []
    for name in sorted(names, key=len, reverse=True):
        words = r"[\s-]+".join(map(re.escape, re.split(r"[ -]", name)))
        parts.append(words if re.search(r"[A-Z]{2}", name) else f"(?i:{words})")
    return re.compile(rf"(?<![\w-])(?P<term>{'|'.join(parts)})(?:s|es)?(?![\w-])")


def plain(text: str) -> str:
    """A term as it is compared: without capitals, hyphens, ends of lines."""
    return re.sub(r"[\s-]+", " ", text).lower()


def link_terms(app, document, page: str) -> None:
    """A chapter's first use of each term, where no link leads yet, becomes one to the glossary."""
    if not page.startswith("chapters/") or app.builder.format != "html":
        return
    terms = {
        name: anchor
        for (kind, name), (where, anchor) in app.env.get_domain("std").objects.items()
        if kind == "term" and where == GLOSSARY and not CHINESE.search(name)
    }
    known = {plain(name): name for name in terms if name not in EVERYDAY}
    if not known:
        return
    wanted = pattern(list(known.values()))
    seen: set[str] = set()
    address = app.builder.get_relative_uri(page, GLOSSARY)
    for section in list(document.findall(_is_part)):
        title = section.next_node(nodes.title)
        if title is not None and NOT_THERE.match(title.astext()):
            continue
        linked = {link.get("refuri", "") for link in section.findall(nodes.reference)}
        seen |= {name for name in terms if f"{address}#{terms[name]}" in linked}
        for text in list(section.findall(nodes.Text)):
            if _is_prose(text):
                _link(text, wanted, known, terms, seen, address)


def _is_part(node: nodes.Node) -> bool:
    """Whether it is a section with a heading of the second rank."""
    return (
        isinstance(node, nodes.section)
        and isinstance(node.parent, nodes.section)
        and not isinstance(node.parent.parent, nodes.section)
    )


def _is_prose(text: nodes.Text) -> bool:
    """Whether a text is one of sentences: in a paragraph, and in no heading, link, code, table."""
    prose, node = False, text.parent
    while node is not None:
        if isinstance(node, (nodes.title, nodes.reference, nodes.literal, nodes.math, nodes.table)):
            return False
        if isinstance(node, (nodes.literal_block, nodes.raw, nodes.math_block, nodes.caption)):
            return False
        if "cell_output" in getattr(node, "get", dict)("classes", ()):
            return False
        prose |= isinstance(node, nodes.paragraph)
        node = node.parent
    return prose


def _link(text, wanted, known, terms, seen, address) -> None:
    """Replace a text by its parts, those that name a term for the first time as links."""
    parts, at = [], 0
    for found in wanted.finditer(text):
        name = known[plain(found["term"])]
        if name in seen:
            continue
        seen.add(name)
        parts.append(nodes.Text(text[at : found.start()]))
        parts.append(
            nodes.reference(
                "", found[0], internal=True, refuri=f"{address}#{terms[name]}", classes=["tterm"]
            )
        )
        at = found.end()
    if parts:
        text.parent.replace(text, [*parts, nodes.Text(text[at:])])


def notes(pages: dict) -> dict[str, str]:
    """{"glossary.html#term-x": HTML, ...} of the parsed pages {name: soup}."""
    found = {}
    for node in pages[GLOSSARY].select("dl.glossary > dt[id]"):
        names, told = [node.get_text().strip("¶# \n")], node.find_next_sibling()
        while told.name == "dt":
            names.append(told.get_text().strip("¶# \n"))
            told = told.find_next_sibling()
        zh = "".join(f' <span lang="zh">{name}</span>' for name in names if CHINESE.search(name))
        found[f"glossary.html#{node['id']}"] = f"<strong>{names[0]}</strong>{zh}{_html(told)}"
    equations = {
        int(number[1]): formula
        for section in pages[NOTATION].select("section[id^=eq-]")
        if (number := re.match(r"eq-(\d+)-", section["id"]))
        and (formula := section.select_one("div.math"))
    }
    for section in pages[NOTATION].select("section[id^=eq-]"):
        number = re.match(r"eq-(\d+)-", section["id"])
        if number and int(number[1]) in equations:
            title = section.find(re.compile("^h")).get_text().strip("# \n")
            formula = _html(equations[int(number[1])])
            found[f"notation.html#{section['id']}"] = f"<strong>{title}</strong>{formula}"
    for node in pages[LEDGER].select("dt:has(> .ledger-id)"):
        row, told = node.select_one(".ledger-id")["id"], node.find_next_sibling("dd")
        value = "".join(one.get_text() for one in node.select("strong"))
        number = re.match(r"ledger-eq-(\d+)$", row)
        formula = _html(equations[int(number[1])]) if number and int(number[1]) in equations else ""
        title = "" if value in ("", "whole") else f"<strong>{value}</strong>"
        found[f"ledger.html#{row}"] = f"{title}{formula}{_html(told)}"
    return found


def _html(node) -> str:
    """The inside of a node for a note: no links, no ids, and formulas as MathML alone."""
    from bs4 import BeautifulSoup

    from tools.search_index import formula, readable

    copy = BeautifulSoup(str(node), "html.parser")
    for one in copy.select(".math, .katex"):
        if one.decomposed or not one.parent:
            continue
        mathml = one.find("math")
        if mathml:
            for noted in mathml.select("annotation"):
                noted.decompose()
            one.replace_with(mathml)
        else:
            line = copy.new_tag("p" if one.name == "div" else "span")
            line.string = readable(formula(one))
            one.replace_with(line)
    for one in copy.select("a, span:not(.ledger-status, [lang])"):
        one.unwrap()
    return re.sub(r"\s+", " ", (copy.find("dd") or copy).decode_contents())


def write_notes(app, error) -> None:
    """When all pages are written."""
    out, root = pathlib.Path(app.outdir), str(pathlib.Path(app.srcdir))
    names = (GLOSSARY, LEDGER, NOTATION)
    if (
        error
        or app.builder.format != "html"
        or not all((out / f"{n}.html").is_file() for n in names)
    ):
        return
    if root not in sys.path:
        sys.path.append(root)
    from bs4 import BeautifulSoup

    from trevsnn_lite.files import write_atomically

    pages = {n: BeautifulSoup((out / f"{n}.html").read_text("utf8"), "html.parser") for n in names}
    content = json.dumps(notes(pages), ensure_ascii=False, separators=(",", ":"))
    write_atomically(out / NAME, f"window.bookNotes={content};\n".encode())


def setup(app) -> dict:
    """Called by Sphinx."""
    app.connect("doctree-resolved", link_terms, priority=900)
    app.connect("build-finished", write_notes)
    app.add_css_file("hover.css")
    app.add_js_file("hover.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
