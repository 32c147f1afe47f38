"""The index of equations, figures and tables as the page book/equations.md: from
`paper_map.PAPER_MAP` to the code, the chapter and the ledger."""

import re

from trevsnn_lite.course import ledger
from trevsnn_lite.paper_map import PAPER_MAP

HEAD = """# Equations, figures and tables

<!-- Written by python -m tools.pages from trevsnn_lite/paper_map.py: edit that. -->

Where each equation, figure and table of the paper stands in this book's code, and which chapter teaches it. The equations themselves stand in the [notation](notation.md);
the first column links their rows of the [ledger](ledger.md). Names are those of modules in `trevsnn_lite`; an experiment runs by `python -m trevsnn_lite run ID`."""  # noqa: E501
FOOT = """The ablation of the levels has no table in the paper; it stands in section 5.2. Table 7 holds settings: [Leaving one machine](scale_out.md) compares them with the recipe here."""  # noqa: E501
LEDGER_IDS = {"levels": "levels-with", "released code": "code-params-tiny"}
QUESTIONS = {
    "levels": "the next stage's feature, with and without",
    "released code": "the authors' network, rebuilt",
}


def page(chapters: dict[int, str]) -> str:
    """The page's Markdown; `chapters` maps the number of each chapter in the book to its file's
    stem."""
    quantities = {row["id"]: row["quantity"] for row in ledger.load()["rows"]}
    lines = ["| paper | what, and where in code | ch. |", "|---|---|---|"]
    for number, place in PAPER_MAP.items():
        id = ledger_id(number)
        what = QUESTIONS.get(number, quantities[id])
        chapter = (
            f"[{place.chapter}](../chapters/{chapters[place.chapter]}.ipynb)"
            if place.chapter in chapters
            else str(place.chapter)
        )
        lines.append(
            f"| [{number}](ledger.md#ledger-{id}) | {what}: {in_code(place.code)} | {chapter} |"
        )
    return "\n\n".join([HEAD, "\n".join(lines), FOOT]) + "\n"


def ledger_id(number: str) -> str:
    """The ledger's row of a number of PAPER_MAP: "Eq. (10)" -> "eq-10", "Fig. 1(b)" -> "fig-1"."""
    kind, digits = re.match(r"([A-Za-z]+)\D*(\d*)", number).groups()
    return LEDGER_IDS.get(number) or f"{kind.lower()}-{digits}"


def in_code(code: str) -> str:
    """A place of PAPER_MAP as words: `run fig-2` for an experiment, else `module.name`."""
    module, name = code.split(":")
    if module.startswith("experiments."):
        return f"`run {module.removeprefix('experiments.').replace('_', '-')}`"
    return f"`{module}.{name}`"
