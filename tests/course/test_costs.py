"""The cost strips: measured by running a copy, written into one cell and one record, and never
typed."""

import json
import os
import pathlib

import nbformat
import pytest

from tools import costs
from trevsnn_lite.course import expected

CHAPTERS = sorted((pathlib.Path(__file__).parents[2] / "chapters").glob("[0-9][0-9]_*.ipynb"))
TEXT = (
    "# Two *words*\n\n```python\nnot counted = "
    "1\n```\n<details><summary>Hint</summary></details> [here](https://example.org/a-b) it's "
    "$x^2$"
)


def notebook(*sources, tags=("cost-strip",)):
    cells = [
        nbformat.v4.new_markdown_cell(TEXT),
        nbformat.v4.new_markdown_cell("placeholder", metadata={"tags": list(tags)}),
    ]
    return nbformat.v4.new_notebook(
        cells=cells + [nbformat.v4.new_code_cell(source) for source in sources]
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with its own expected.json, so that the record is written there."""
    (tmp_path / "expected.json").write_text("{}", "utf8")
    monkeypatch.setenv("TREVSNN_EXPECTED", str(tmp_path / "expected.json"))
    return tmp_path


def test_a_run_is_measured_and_changes_the_strip_alone(folder, monkeypatch, capsys):
    file = folder / "03_tiny.ipynb"
    before = notebook(
        "import os, time\nwhile time.process_time() < 1.0: pass\nblock = "
        "bytearray(200_000_000)\nassert 'TREVSNN_RECORD' not in os.environ",
        "del block",
    )
    nbformat.write(before, file)
    (folder / "chapter_costs.json").write_text('{"07_other": {"words": 1}}', "utf8")
    monkeypatch.setenv("TREVSNN_RECORD", "1")
    assert costs.main([str(file)]) == 0
    records = json.loads((folder / "chapter_costs.json").read_text("utf8"))
    record = records["03_tiny"]
    assert records["07_other"] == {"words": 1} and capsys.readouterr().out.startswith(
        "03_tiny: 7 words"
    )
    assert record["words"] == 7 and record["minutes_to_read"] == 1
    assert record["seconds"] >= 1.0 and 200 <= record["peak_mb"] < 400, (
        "the block that the first cell held counts, although the second freed it; this "
        "process is not"
    )
    assert (
        record["machine"].startswith(f"{os.cpu_count()}-core ")
        and "_" not in record["machine"]
        and record["versions"]["torch"]
    )
    after = nbformat.read(file, as_version=4)
    assert (
        after.cells[1].source == costs.strip(record)
        and f"{record['peak_mb']} MB" in after.cells[1].source
    )
    after.cells[1].source = "placeholder"
    assert after == before, "no outputs, no counts, no other cell"
    assert not list(folder.glob("*.part"))


def test_a_notebook_that_fails_is_left_as_it_was(folder, capsys):
    file = folder / "03_tiny.ipynb"
    nbformat.write(notebook("raise OSError('no disk')"), file)
    before = file.read_bytes()
    assert costs.main([str(file)]) == 1
    assert "03_tiny.ipynb did not run to its end: OSError: no disk" in capsys.readouterr().err
    assert file.read_bytes() == before and not (folder / "chapter_costs.json").exists()


@pytest.mark.parametrize(
    "tags, words",
    [
        ((), "has 0 cells tagged 'cost-strip', expected one Markdown cell"),
        (None, "there is no notebook"),
    ],
)
def test_wrong_input_is_one_sentence(folder, capsys, tags, words):
    file = folder / "03_tiny.ipynb"
    if tags is not None:
        nbformat.write(notebook(tags=tags), file)
    assert costs.main([str(file)]) == 2
    message = capsys.readouterr().err
    assert words in message and message.count("\n") == 1


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_the_strip_of_a_chapter_is_that_of_its_record(chapter):
    records = json.loads((expected.expected_file().parent / "chapter_costs.json").read_text("utf8"))
    cell = costs.strip_cell(nbformat.read(chapter, as_version=4), chapter.name)
    assert chapter.stem in records and cell.source == costs.strip(records[chapter.stem]), (
        "run python -m tools.costs"
    )
    record = records[chapter.stem]
    assert record["words"] == costs.words(nbformat.read(chapter, as_version=4)), "run it again"
    # A minute on a quiet machine; on a shared one the same run has taken half as long again.
    assert record["minutes_to_read"] <= 25 and record["seconds"] <= 90
