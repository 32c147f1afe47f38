"""Five faults put into a copy of the library, one at a time: the chapter named here notices, by a
value that it holds with course.expect."""

import os
import re
import shutil
from typing import NamedTuple

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.book.building import ROOT


class Mutation(NamedTuple):
    """`edits`: (file of trevsnn_lite, text that stands in it once or more, what takes its place);
    `chapter`: whose cells must fail."""

    edits: tuple[tuple[str, str, str], ...]
    chapter: str


MUTATIONS = {
    "sign of the surrogate": Mutation(
        (
            (
                "spikes.py",
                "window = _just_outside(threshold, potential.dtype)",
                "window, grad = _just_outside(threshold, potential.dtype), -grad",
            ),
        ),
        "11",
    ),
    "exponent of the decay": Mutation(
        (
            ("neurons.py", "return decay * v + current", "return decay**2 * v + current"),
            ("recurrence.py", "decay = cell.leak(t, level)", "decay = cell.leak(t, level) ** 2"),
        ),
        "01",
    ),
    "branch of ReZero": Mutation(
        (
            (
                "blocks.py",
                "return u + self.alpha * self.branch(u)",
                "return self.alpha * u + self.branch(u)",
            ),
        ),
        "11",
    ),
    "reset: hard for soft": Mutation(
        (("neurons.py", "return v - threshold * spikes", "return v * (1.0 - spikes)"),), "01"
    ),
    "fan-in: fan-out in its place": Mutation(
        (("scaled_conv.py", "fan_in**-0.5", "weight.shape[0]**-0.5"),), "11"
    ),
}


def mutated(folder, edits) -> dict[str, str]:
    """Copy the package to `folder`, edit it, and return the environment in which a kernel imports
    the copy."""
    shutil.copytree(
        ROOT / "trevsnn_lite", folder / "trevsnn_lite", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "data").symlink_to(ROOT / "data")
    for name, old, new in edits:
        file = folder / "trevsnn_lite" / name
        text = file.read_text("utf8")
        assert old in text, f"{name} has no line {old!r} any more: write the mutation anew"
        file.write_text(text.replace(old, new), "utf8")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TREVSNN_")
    }
    return {
        **environment,
        "PYTHONPATH": str(folder),
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def first_fault(chapter: str, folder, environment: dict[str, str]) -> str | None:
    """Run a chapter's cells up to the first that fails: its error as "Name: message", or None."""
    (file,) = (ROOT / "chapters").glob(f"{chapter}_*.ipynb")
    notebook = nbformat.read(file, as_version=4)
    which = (
        f"import trevsnn_lite\nassert trevsnn_lite.__file__.startswith({str(folder)!r}), 'the "
        "kernel imports another copy'"
    )
    notebook.cells.insert(0, nbformat.v4.new_code_cell(which))
    try:
        NotebookClient(
            notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
        ).execute(env=environment)
    except CellExecutionError as error:
        return f"{error.ename}: {error.evalue}"
    return None


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_chapter_notices(tmp_path, name):
    edits, chapter = MUTATIONS[name]
    fault = first_fault(chapter, tmp_path, mutated(tmp_path, edits))
    assert fault and re.match(rf"AssertionError: {chapter}\.", fault), (
        f"chapter {chapter} should fail by a value that it holds; found: {fault}"
    )


def test_a_mutation_that_no_longer_applies_is_named(tmp_path):
    with pytest.raises(AssertionError, match="no line 'return 42'"):
        mutated(tmp_path, [("spikes.py", "return 42", "return 43")])
