"""`python -m tools.pages`: writes what follows from data and code, book/ledger.md,
book/equations.md the tables of book/part_1.md to part_5.md, and what book/teaching takes from the
chapters.

First it brings the ledger's `treated` up to date: a chapter of the book treats a row if, and only
if, it links to it; of chapters that are not written yet the plan stays.
Then it lists the paper's numbers that stand in a chapter without their row."""

import json
import os
import pathlib
import re
import sys

from tools import equations, notation, outline, seminar
from trevsnn_lite.course import exercise, ledger

PASSES: dict[tuple[str, str], str] = {}
"""(place as `texts` names it before the comma, number as found) -> why it is not the paper's
number, though it looks like it."""


def main() -> int:
    """Write the pages; 0 all numbers have their rows, 1 some do not, 2 this is no checkout."""
    root = pathlib.Path(__file__).parents[1]
    if not (root / "book").is_dir():
        print(
            f"There is no folder {root / 'book'}: run this in a checkout, the installed "
            "library has no book.",
            file=sys.stderr,
        )
        return 2
    chapters = in_the_book(root)
    found = up_to_date(ledger.load(), root, chapters)
    write(root / "data/ledger.json", as_json(found))
    for page, text in generated(root, found, chapters).items():
        write(root / page, text)
    missing = [
        f"{where}: {number}"
        for where, text in texts(root)
        for number in unlisted(where, text, found["rows"])
    ]
    print(
        "\n".join(missing)
        or "Every number of the paper in the chapters stands beside its row of the ledger."
    )
    return bool(missing)


def in_the_book(root: pathlib.Path) -> dict[int, str]:
    """The chapters that _toc.yml lists: number -> file's stem."""
    return {
        int(stem[:2]): stem
        for stem in re.findall(
            r"^\s*- file: chapters/(\d\d_\w+)", (root / "_toc.yml").read_text("utf8"), re.MULTILINE
        )
    }


def generated(root: pathlib.Path, found: dict, chapters: dict[int, str]) -> dict[str, str]:
    """Each page's path and what it should hold: the two indices, and the parts' pages with their
    tables."""
    costs = json.loads((root / "data/chapter_costs.json").read_text("utf8"))
    parts = {
        f"book/part_{part}.md": outline.filled(
            (root / f"book/part_{part}.md").read_text("utf8"), part, chapters, costs
        )
        for part in outline.PARTS
    }
    return {
        "book/ledger.md": ledger.page(found, chapters),
        "book/equations.md": equations.page(chapters),
        "book/notation.md": notation.filled((root / "book/notation.md").read_text("utf8"), root),
        **parts,
        **seminar.generated(root),
    }


def markdown_cells(notebook: pathlib.Path) -> list[str]:
    """The text of a notebook's Markdown cells."""
    return [
        "".join(cell["source"])
        for cell in json.loads(notebook.read_text("utf8"))["cells"]
        if cell["cell_type"] == "markdown"
    ]


def up_to_date(found: dict, root: pathlib.Path, chapters: dict[int, str]) -> dict:
    """The ledger with `treated` as the chapters have it."""
    linked = {
        number: {
            id
            for cell in markdown_cells(root / f"chapters/{stem}.ipynb")
            for id in ledger.links(cell)
        }
        for number, stem in chapters.items()
    }
    rows = [
        {
            **row,
            "treated": sorted(
                {n for n in row["treated"] if n not in linked}
                | {n for n in linked if row["id"] in linked[n]}
            ),
        }
        for row in found["rows"]
    ]
    return {**found, "rows": rows}


def texts(root: pathlib.Path) -> list[tuple[str, str]]:
    """All texts in which a number and its row must stand together: (where, text). A Markdown cell;
    a whole exercise; a question of a quiz; a section of a page."""
    parts = []
    for notebook in sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb")):
        exercises = exercise.exercises(notebook.stem[:2])
        shown = {
            text.strip()
            for e in exercises
            for kind, text in exercise.notebook_cells(e.id)
            if kind == "markdown"
        }
        parts += [
            (f"{notebook.stem}, cell {n}", cell)
            for n, cell in enumerate(markdown_cells(notebook))
            if cell.strip() not in shown
        ]
        parts += [
            (
                f"exercise {e.id}",
                "\n".join([e.question, *e.hints, e.solution, e.correct, *e.diagnoses.values()]),
            )
            for e in exercises
        ]
    for quiz in sorted((root / "trevsnn_lite/course/quizzes").glob("ch*.json")):
        questions = json.loads(quiz.read_text("utf8"))["questions"]
        parts += [
            (f"quiz {quiz.stem}, question {n}", json.dumps(question, ensure_ascii=False))
            for n, question in enumerate(questions, 1)
        ]
    for sheet in sorted((root / "trevsnn_lite/course/worksheets").glob("*.json")):
        lines = enumerate(sheet.read_text("utf8").splitlines(), 1)
        parts += [(f"worksheet {sheet.stem}, line {n}", line) for n, line in lines]
    for page in sorted([*(root / "book").glob("*.md"), *(root / "book/teaching").glob("*.md")]):
        sections = (
            re.split(r"^(?=#)", page.read_text("utf8"), flags=re.MULTILINE)
            if page.name != "ledger.md"
            else []
        )
        parts += [(f"{page.name}, section {n}", section) for n, section in enumerate(sections)]
    return parts


def unlisted(where: str, text: str, rows: list[dict]) -> list[str]:
    """The numbers that `ledger.uncited` finds, less PASSES."""
    place = where.split(",")[0]
    return [
        fault
        for fault in ledger.uncited(text, rows)
        if (place, fault.rsplit(": ", 1)[0]) not in PASSES
    ]


def as_json(found: dict) -> str:
    """The ledger's file, as edited by hand: a field a line."""
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def write(file: pathlib.Path, text: str) -> None:
    """Write through a temporary file, so that none is left half-written."""
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, "utf8")
    os.replace(part, file)


if __name__ == "__main__":
    sys.exit(main())
