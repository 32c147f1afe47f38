"""A chapter is written as text, and run: `python -m tools.chapter 07 ...`.

chapters/text/NN_name.md (MyST Markdown, by jupytext) is the chapter's source beside the notebook.
This brings the text's change into the notebook, renews its exercises and its set-up cell from the
library, formats its code in 79 columns, folds what is hidden, runs it from top to bottom, and
writes both files. With --record, values of course.expect that are new or differ go into
data/expected.json; with --no-run nothing runs, and outputs of unchanged cells stay; with
--from-notebook the text is written anew from the notebook; with --check nothing is written, and
the exit status is 1 where text and notebook differ.

In a text, `+++` parts two cells of prose. Tags of code cells: `hide-input` (a figure's code),
`remove-cell` (holds values, shows nothing), `hide-cell` (the set-up); `remove-input` is given to
cells that only call for a demo, a quiz or a worksheet."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import jupytext
import nbformat
from jupytext.combine import combine_inputs_with_outputs

from tools import costs, repository
from trevsnn_lite import course
from trevsnn_lite.course.exercise import exercises

ROOT = pathlib.Path(__file__).resolve().parents[1]
COSTS = ROOT / "data/chapter_costs.json"
CHAPTERS, TEXTS = ROOT / "chapters", ROOT / "chapters/text"
COLUMNS = 79
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
KEPT = {"tags"}  # of a cell's metadata, the rest is made
HEADER = {
    "jupytext": {
        "cell_metadata_filter": "tags,-all",
        "text_representation": {"extension": ".md", "format_name": "myst"},
    },
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
}
CALLS = re.compile(r"course\.(?:demos\.\w+|quiz|worksheet)\([^\n]*\)")
"""A cell that only calls for something of the course: the page shows what comes, not the call."""
EXERCISE = re.compile(r"\*\*Exercise (\d\d\.\w+):")


def text_of(notebook) -> str:
    """The notebook's cells and tags as MyST Markdown."""
    cells = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        new = (
            nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        )
        cells.append(new(cell.source, metadata={"tags": list(tags)} if tags else {}))
    bare = nbformat.v4.new_notebook(cells=cells, metadata=HEADER)
    return jupytext.writes(bare, "md:myst")


def combined(text: str, notebook):
    """The notebook that the text stands for, with the outputs of `notebook` at cells that did not
    change; without a notebook (None), without outputs."""
    new = jupytext.reads(text, "md:myst")
    new.metadata = nbformat.from_dict({"kernelspec": HEADER["kernelspec"]})
    if notebook is not None:
        new = combine_inputs_with_outputs(new, notebook, fmt=None)
        new.metadata = notebook.metadata
    new.nbformat, new.nbformat_minor = 4, 5
    return new


def renewed(notebook, chapter: str):
    """Its set-up cell and its exercises as the library gives them, formatted and folded, with ids
    that stay from one writing to the next."""
    first = setup_cell(notebook)
    first.source = repository.cell(chapter)
    first.metadata["tags"] = ["hide-cell"]
    given = {id(first)}
    known = {exercise.id for exercise in exercises(chapter)}
    for place, cell in enumerate(notebook.cells):
        found = EXERCISE.match(cell.source) if cell.cell_type == "markdown" else None
        if found and found[1] in known:
            for cell, (_, source) in zip(notebook.cells[place:], course.notebook_cells(found[1])):
                cell.source = source.strip()
                given.add(id(cell))
    _format([c for c in notebook.cells if c.cell_type == "code" and id(c) not in given])
    for number, cell in enumerate(notebook.cells):
        cell.id = f"c{number:03d}"
        tags = list(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and CALLS.fullmatch(cell.source) and not HIDDEN & set(tags):
            tags.append("remove-input")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code" and HIDDEN & set(tags):
            cell.metadata |= {"cellView": "form", "jupyter": {"source_hidden": True}}
    return notebook


def setup_cell(notebook):
    """Its first code cell."""
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def _format(cells: list) -> None:
    """Each cell's code as ruff writes it in COLUMNS columns; cells that are no plain Python (a
    magic, an intended error of syntax) stay."""
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder) / f"{n:03d}.py" for n in range(len(cells))]
        for file, cell in zip(files, cells):
            file.write_text(cell.source + "\n", "utf8")
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--quiet"]
        subprocess.run([*command, "--line-length", str(COLUMNS), folder], stderr=subprocess.DEVNULL)
        for file, cell in zip(files, cells):
            cell.source = file.read_text("utf8").strip("\n")


def executed(notebook, record: bool = False):
    """Run it in chapters/ with one thread: (the notebook, what it costs)."""
    from nbclient import NotebookClient

    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    environment.pop("TREVSNN_RECORD", None)
    if record:
        environment["TREVSNN_RECORD"] = "1"
    notebook.cells.append(nbformat.v4.new_code_cell(costs.PEAK_CELL))
    NotebookClient(
        notebook,
        timeout=900,
        kernel_name="python3",
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(CHAPTERS)}},
    ).execute(env=environment)
    cost = costs.read(notebook, notebook.cells.pop())
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if record and cell.cell_type == "code":  # what recording says is for the author alone
            cell.outputs = [o for o in cell.outputs if not o.get("text", "").startswith("recorded")]
    notebook.metadata.pop("language_info", None)
    return notebook, cost


def files_of(chapter: str) -> tuple[pathlib.Path, pathlib.Path]:
    """(text, notebook) of a chapter, "07" or its name; SystemExit for one that is in neither."""
    stem = pathlib.Path(chapter).stem
    names = {
        path.stem for path in [*TEXTS.glob("[0-9][0-9]_*.md"), *CHAPTERS.glob("[0-9][0-9]_*.ipynb")]
    }
    found = [name for name in sorted(names) if name == stem or name[:2] == stem]
    if len(found) != 1:
        raise SystemExit(f"chapter is {chapter!r}, expected one of {', '.join(sorted(names))}.")
    return TEXTS / f"{found[0]}.md", CHAPTERS / f"{found[0]}.ipynb"


def write(file: pathlib.Path, text: str) -> None:
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, "utf8")
    os.replace(part, file)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.chapter",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("chapters", nargs="+", help="07, or a file's name")
    for name, words in {
        "record": "write values of course.expect that are new or differ",
        "no-run": "run nothing; outputs of unchanged cells stay",
        "from-notebook": "write the text anew from the notebook",
        "check": "write nothing; exit status 1 where text and notebook differ",
    }.items():
        parser.add_argument(f"--{name}", action="store_true", help=words)
    given, differing = parser.parse_args(arguments), 0
    for chapter in given.chapters:
        source, file = files_of(chapter)
        old = nbformat.read(file, as_version=4) if file.is_file() else None
        if given.check:
            differs = not source.is_file() or source.read_text("utf8") != text_of(old)
            differing += differs
            if differs:
                print(f"{source.name} and {file.name} differ: python -m tools.chapter {chapter}")
            continue
        text = text_of(old) if given.from_notebook else source.read_text("utf8")
        notebook = renewed(combined(text, old), file.stem[:2])
        costs.strip_cell(notebook, source.name)  # missing: known before minutes of running
        if given.no_run:
            cost = costs.recounted(notebook, file.stem, COSTS)
        else:
            notebook, cost = executed(notebook, given.record)
            cost["run"] = costs.runs(file.stem, COSTS) + 1
        if cost:
            costs.strip_cell(notebook, source.name).source = costs.strip(cost)
            costs.keep(cost, file.stem, COSTS)
            setup_cell(notebook).source = repository.cell(file.stem[:2])  # with this run's number
        write(file, nbformat.writes(notebook, indent=1) + "\n")
        write(source, text_of(notebook))
        print(f"{file.name}: written, {len(notebook.cells)} cells")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
