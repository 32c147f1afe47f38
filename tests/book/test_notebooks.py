"""Tests of the chapters as files: executed in order, enough compared values, no errors, nothing
that changes from run to run."""

import json
import pathlib
import re

import nbformat
import pytest

from tests.book.building import ROOT, pages
from tools import chapter as written
from tools import repository
from trevsnn_lite.course import home

CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
MIN_HELD = 6
MAX_BYTES = 5_000_000

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)


def code_cells(chapter: pathlib.Path) -> list[dict]:
    """The notebook's code cells that are not empty, with `source` as one text."""
    cells = json.loads(chapter.read_text("utf8"))["cells"]
    return [
        {**cell, "source": "".join(cell["source"])}
        for cell in cells
        if cell["cell_type"] == "code" and "".join(cell["source"]).strip()
    ]


def test_every_notebook_is_a_page_and_every_chapter_a_notebook():
    named = [page for page in pages() if page.startswith("chapters/")]
    assert sorted(named) == [f"chapters/{chapter.stem}" for chapter in CHAPTERS]
    assert all(re.fullmatch(r"\d\d_[a-z0-9_]+", chapter.stem) for chapter in CHAPTERS)


@each_chapter
def test_enough_values_are_held(chapter):
    """`course.expect` raises where a value differs, whatever the cell shows: count its cells, and
    none may be left out of the run."""
    held = [cell["source"] for cell in code_cells(chapter) if "course.expect(" in cell["source"]]
    assert len(held) >= MIN_HELD, f"{len(held)} cells hold a value; at least {MIN_HELD} must"
    assert not [source for source in held if re.search(r"#\s*NBVAL_SKIP", source)]


@each_chapter
def test_the_text_beside_the_notebook_is_the_notebook(chapter):
    """Who reviews a change reads chapters/text; who runs a chapter opens the notebook."""
    text = ROOT / f"chapters/text/{chapter.stem}.md"
    assert text.read_text("utf8") == written.text_of(nbformat.read(chapter, as_version=4)), (
        f"run: python -m tools.chapter {chapter.stem[:2]}"
    )


@each_chapter
def test_code_is_formatted_in_79_columns_and_folded_where_the_page_hides_it(chapter):
    notebook = nbformat.read(chapter, as_version=4)
    again = written.renewed(nbformat.read(chapter, as_version=4), chapter.stem[:2])
    assert [(cell.source, cell.metadata) for cell in again.cells] == [
        (cell.source, cell.metadata) for cell in notebook.cells
    ], f"run: python -m tools.chapter {chapter.stem[:2]}"


@each_chapter
def test_was_executed_from_top_to_bottom_without_errors(chapter):
    cells = code_cells(chapter)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not [
        cell["source"]
        for cell in cells
        for output in cell["outputs"]
        if output["output_type"] == "error"
        and "raises-exception" not in cell["metadata"].get("tags", [])
    ]


@each_chapter
def test_holds_nothing_that_changes_from_run_to_run(chapter):
    """Times of execution and the versions of the kernel: `make notebooks` strips them."""
    notebook = json.loads(chapter.read_text("utf8"))
    assert "language_info" not in notebook["metadata"], "run `make notebooks`"
    assert not [cell for cell in notebook["cells"] if "execution" in cell["metadata"]], (
        "run `make notebooks`"
    )
    assert chapter.stat().st_size <= MAX_BYTES


@each_chapter
def test_code_names_the_configured_repository_alone(chapter):
    """The setup cell installs from the pages of the repository of _config.yml."""
    settings = repository.settings()
    url, own_pages = settings["url"], settings["pages"] or home.site(settings["url"])
    own = url.rsplit("/", 1)[1]
    found = [
        address
        for cell in code_cells(chapter)
        for address in re.findall(r"https?://[^\s'\")]+", cell["source"])
        if own in address
    ]
    assert [
        address
        for address in found
        if not re.match(f"{re.escape(url)}(?![\\w-])|{re.escape(own_pages)}", address)
    ] == []
