"""Sphinx extension of this book: what the footer says of a page's last check, a problem report
filled in for the page, and words for the search.

The date and the versions come from data/chapter_costs.json, where each chapter's last full run
stands, never from the day of the build."""

import json
import pathlib
import re
import urllib.parse

from docutils import nodes

GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "theta": "θ",
    "Theta": "Θ",
    "lambda": "λ",
    "mu": "μ",
    "sigma": "σ",
    "tau": "τ",
}
# a page is found by a term of one word that it names this often; by one of several words, or in a
# title, that it names once
OFTEN = 3
SYMBOLS = re.compile(r"[A-Za-zα-ωΑ-Ω]\[[^\[\](),]{1,6}\]|O\([^(),]{1,6}\)|[α-ωΑ-Ω]")


def last_check(records: dict[str, dict], page: str) -> dict:
    """The record of a chapter's last run; for another page {date, versions} of the chapter that was
    run longest ago. {} where nothing was run."""
    record = records.get(page.rsplit("/", 1)[-1]) or min(
        records.values(), key=lambda run: run["date"], default={}
    )
    return {name: record[name] for name in ("date", "versions") if name in record}


def checked_by(check: dict) -> str:
    """The versions in one line: "trevsnn-lite 0.1.0, Python 3.11.7, ..."."""
    names = sorted(
        check.get("versions", {}), key=lambda name: (name != "trevsnn-lite", name != "Python")
    )
    return ", ".join(f"{name} {check['versions'][name]}" for name in names)


def report_address(repository: str, page: str, check: dict) -> str:
    """A new issue of the repository, with the page and what it was checked with filled in; what is
    left are the reader's two answers."""
    body = (
        f"Page: {page}\nLast checked: {check.get('date', 'never')}, "
        f"{checked_by(check)}\n\nWhere on the page:\n\nWhat I saw, and what I "
        "expected:\n\n"
        "My versions, if I ran it (the line that the first code cell prints):\n"
    )
    return f"{repository}/issues/new?" + urllib.parse.urlencode(
        {"title": f"{page}: ", "body": body}, quote_via=urllib.parse.quote
    )


def plain(formula: str) -> str:
    r"""A formula without its marks-up, indices and spaces: r"\tau_m V^l[t + 1]" -> "τV[t+1]"."""
    formula = re.sub(r"\\([A-Za-z]+)", lambda found: GREEK.get(found[1], ""), formula)
    formula = re.sub(r"[\^_](\{[^{}]*\}|.)", "", formula)
    return re.sub(r"[\s{}\\,;!]", "", formula)


def symbols(formulas: list[str], text: str) -> set[str]:
    """The symbols that formulas and running text name: V[t], O(L), τ; a Greek letter also by its
    name."""
    found = {symbol for formula in formulas for symbol in SYMBOLS.findall(plain(formula))} | set(
        re.findall(r"O\([^(),\s]{1,6}\)|[α-ωΑ-Ω]", text)
    )
    return found | {name for name, letter in GREEK.items() if letter in found}


def glossary(page: str) -> list[tuple[list[str], list[str]]]:
    """The terms of glossary.md: (English names, Chinese names) of each entry."""
    block = page.split("```{glossary}")[1].split("```")[0]
    entries = [entry.splitlines() for entry in block.split("\n\n")]
    names = [
        [line.strip() for line in lines if line.strip() and not line.startswith((" ", ":"))]
        for lines in entries
    ]
    chinese = re.compile(r"[\u4e00-\u9fff]")
    return [
        ([n for n in entry if not chinese.search(n)], [n for n in entry if chinese.search(n)])
        for entry in names
        if entry
    ]


def chinese_terms(text: str, titles: str, terms: list[tuple[list[str], list[str]]]) -> set[str]:
    """The Chinese names of the terms that a page names often enough; of names such as "ANN 转 SNN"
    their Chinese words."""
    found = set()
    for english, chinese in terms:
        names = re.compile(
            r"(?<!\w)(?:" + "|".join(re.escape(name) for name in english) + r")(?:s|es)?(?!\w)",
            re.IGNORECASE,
        )
        if names.search(titles) or len(names.findall(text)) >= (1 if " " in english[0] else OFTEN):
            found |= {word for name in chinese for word in re.findall(r"[\u4e00-\u9fff]+", name)}
    return found


def add_words(app, document, page: str) -> None:
    """Symbols and Chinese terms as the page's keywords, which Sphinx's search takes whole."""
    list_of_terms = pathlib.Path(app.srcdir) / "book/glossary.md"
    terms = glossary(list_of_terms.read_text("utf8")) if list_of_terms.is_file() else []
    formulas = [
        node.astext()
        for node in document.findall(lambda node: isinstance(node, (nodes.math, nodes.math_block)))
    ]
    text, titles = (
        document.astext(),
        " ".join(node.astext() for node in document.findall(nodes.title)),
    )
    words = symbols(formulas, text) | chinese_terms(text, titles, terms)
    if words:
        document.insert(0, nodes.meta("", name="keywords", content=", ".join(sorted(words))))


def add_check(app, page: str, template: str, context: dict, document) -> None:
    """What the footer's template needs, and the same address for the theme's own button "Open
    issue"."""
    check = last_check(app.config.chapter_costs, page)
    address = report_address(
        app.config.html_theme_options.get("repository_url", "").rstrip("/"), page, check
    )
    context.update(
        page_checked_on=check.get("date", ""),
        page_checked_with=checked_by(check),
        page_report=address,
    )
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", [group]):
            if button.get("label") == "source-issues-button":
                button["url"] = address


def read_costs(app, config) -> None:
    """data/chapter_costs.json as a setting, so that pages are written again when it changes. A book
    without the file was never checked."""
    file = pathlib.Path(app.srcdir) / "data/chapter_costs.json"
    config.chapter_costs = json.loads(file.read_text("utf8")) if file.is_file() else {}


def setup(app) -> dict:
    """Called by Sphinx."""
    app.add_config_value("chapter_costs", {}, "html", [dict])
    app.connect("config-inited", read_costs)
    app.connect("doctree-resolved", add_words)
    app.connect(
        "html-page-context", add_check, priority=900
    )  # after the theme has made its buttons
    app.add_js_file("search_words.js")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
