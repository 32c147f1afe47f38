"""The index of equations, figures and tables as the page book/equations.md: from
`paper_map.PAPER_MAP` to the lines of code, the section and the ledger."""

import pathlib
import re

from tools.seminar import headings
from trevsnn_lite.course import ledger
from trevsnn_lite.paper_map import PAPER_MAP, Place

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = """# Equations, figures and tables

<!-- Written by python -m tools.pages from trevsnn_lite/paper_map.py: edit that. -->

Where each equation, figure and table of the paper stands in this book's code, and which section teaches it. *By hand* is the formula as one writes it down, which only teaching calls. *Runs* is the code that a training step of T-RevSNN enters; a test trains a step and looks.
The links lead to the line. The equations themselves stand in the [notation](notation.md); the first column links their rows of the [ledger](ledger.md). An experiment runs by `python -m trevsnn_lite run ID`."""  # noqa: E501
FOOT = """The ablation of the levels has no table in the paper; it stands in section 5.2. Table 7 holds settings: [Leaving one machine](scale_out.md) compares them with the recipe here."""  # noqa: E501
LEDGER_IDS = {
    "Eq. (12)": "fig2-values",
    "Eq. (13)": "energy-ac",
    "levels": "levels-with",
    "released code": "code-params-tiny",
}
QUESTIONS = {
    "Eq. (12)": "cosine similarity",
    "Eq. (13)": "energy of an answer",
    "levels": "the next stage's feature, with and without",
    "released code": "the authors' network, rebuilt",
}


def page(chapters: dict[int, str], root: pathlib.Path = ROOT) -> str:
    """The page's Markdown; `chapters` maps the number of each chapter in the book to its file's
    stem."""
    quantities = {row["id"]: row["quantity"] for row in ledger.load()["rows"]}
    lines = ["| paper | what | by hand | runs | taught in |", "|---|---|---|---|---|"]
    for number, place in PAPER_MAP.items():
        id = ledger_id(number)
        what = QUESTIONS.get(number) or quantities[id]
        cells = [
            f"[{number}](ledger.md#ledger-{id})",
            what,
            "<br>".join(map(in_code, place.by_hand)),
            "<br>".join(map(in_code, place.runs)),
            taught(place, chapters, root),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n\n".join([HEAD, "\n".join(lines), FOOT]) + "\n"


def ledger_id(number: str) -> str:
    """The ledger's row of a number of PAPER_MAP: "Eq. (10)" -> "eq-10"."""
    kind, digits = re.match(r"([A-Za-z]+)\D*(\d*)", number).groups()
    return LEDGER_IDS.get(number) or f"{kind.lower()}-{digits}"


def in_code(code: str) -> str:
    """A place of PAPER_MAP as a link to its file, which book/_ext/source_lines.py turns into one to
    its line: `run fig-2` for an experiment, else `module.name`."""
    module, name = code.split(":")
    words = f"{module.rsplit('.', 1)[-1]}.{name}"
    if name == "EXPERIMENT":
        words = f"run {module.removeprefix('experiments.').replace('_', '-')}"
    file = module.replace(".", "/")
    if (ROOT / "trevsnn_lite" / file).is_dir():
        file += "/__init__"
    return f"[`{words}`](../trevsnn_lite/{file}.py#{name})"


def taught(place: Place, chapters: dict[int, str], root: pathlib.Path = ROOT) -> str:
    """A link to the section, or the chapter's number where the book has no such chapter yet.
    ValueError unless one numbered heading of the chapter has the words."""
    if place.chapter not in chapters:
        return str(place.chapter)
    file = f"chapters/{chapters[place.chapter]}.ipynb"
    there = headings(root / file)
    found = {number: anchor for number, anchor in there.items() if slug(place.section) in anchor}
    if len(found) != 1:
        raise ValueError(
            f"section is {place.section!r}, and {file} has {len(found)} headings with these words, "
            f"expected one of {', '.join(there.values())} (in trevsnn_lite/paper_map.py)."
        )
    ((number, anchor),) = found.items()
    return f"[§{number}](../{file}#{anchor})"


def slug(words: str) -> str:
    """Words as they stand in a heading's anchor, by the rule of MyST and GitHub."""
    return re.sub(r"[^\w\u4e00-\u9fff\- ]", "", words.lower()).replace(" ", "-")
