"""The student edition as nbgrader reads it, and its papers back."""

import json
import re

import nbformat
import pytest

from classroom import __main__ as cli
from classroom import nbgrader, papers
from tests.course.grader_kit import IDS, RIGHT, paper, source
from trevsnn_lite.course.exercise import find

# What nbgrader's schema 3 demands of a cell's metadata: its fields with their types, and its ids.
FIELDS = {
    "schema_version": int,
    "grade": bool,
    "locked": bool,
    "solution": bool,
    "task": bool,
    "grade_id": str,
    "points": (int, float),
}


@pytest.fixture(scope="module")
def exported() -> dict:
    return nbgrader.to_nbgrader(json.loads(source()))


def of_nbgrader(notebook: dict) -> list[dict]:
    cells = [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    return [cell["metadata"]["nbgrader"] for cell in cells]


def test_every_exercise_is_an_answer_and_a_locked_test_with_a_point(exported):
    found = of_nbgrader(exported)
    assert len(found) == 2 * len(IDS)
    for own, test, id in zip(found[::2], found[1::2], IDS):
        assert own["grade_id"] == f"exercise-{id.replace('.', '-')}"
        assert (own["solution"], own["grade"], own["locked"]) == (True, False, False)
        assert (test["solution"], test["grade"], test["locked"]) == (False, True, True)
        assert test["points"] == 1 and "points" not in own


def test_the_metadata_is_as_the_schema_demands(exported):
    found = of_nbgrader(exported)
    for one in found:
        assert set(one) <= set(FIELDS) and all(
            type(one[n]) is not str or n == "grade_id" for n in one
        )
        assert all(isinstance(value, FIELDS[name]) for name, value in one.items())
        assert one["schema_version"] == 3 and re.fullmatch(r"[a-zA-Z0-9_\-]+", one["grade_id"])
        assert one["grade"] == ("points" in one)
    ids = [one["grade_id"] for one in found]
    assert len(set(ids)) == len(ids)
    nbformat.validate(nbformat.from_dict(exported))


def test_nbgraders_own_validator_takes_it(exported):
    """Where nbgrader is installed: CI does without its server."""
    nbgraderformat = pytest.importorskip("nbgrader.nbgraderformat")
    nbgraderformat.MetadataValidator().validate_nb(nbformat.from_dict(exported))


def test_the_stub_is_kept_when_nbgrader_puts_its_own_line_for_the_marks(exported):
    """As its generate_assignment does: the marks and what stands between them."""
    region = re.compile(r"( *)### BEGIN SOLUTION\n.*?### END SOLUTION", re.DOTALL)
    for cell in exported["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            text, changes = region.subn(r"\1raise NotImplementedError()", cell["source"])
            assert changes >= 1 and "SOLUTION" not in text and "course.check(" in text
            compile(text, "cell", "exec")


def test_the_test_cell_tells_right_from_wrong(exported):
    tests = [cell["source"] for cell in exported["cells"] if "check-" in str(cell["metadata"])]
    for id, test in zip(IDS, tests):
        exercise = find(id)
        exec(test, {exercise.answer: exercise.run(exercise.solution)})
        name, wrong = next(iter(exercise.wrong.items()))
        with pytest.raises(AssertionError) as error:
            exec(test, {exercise.answer: exercise.run(wrong)})
        assert exercise.diagnoses[name] in str(error.value)


def test_there_and_back_again_is_the_same(exported):
    back = nbgrader.from_nbgrader(exported)
    wanted = json.loads(source())
    for one, other in zip(back["cells"], wanted["cells"], strict=True):
        assert one["metadata"] == other["metadata"]
        assert "".join(one["source"]) == "".join(other["source"])


def test_a_paper_of_nbgrader_is_graded_as_it_is(tmp_path):
    """FOLDER/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb, without our tags."""
    notebook = nbgrader.to_nbgrader(json.loads(paper(RIGHT, checks=False)))
    for cell in notebook["cells"]:
        cell["metadata"].pop("tags", None)
    place = tmp_path / "anna/07_reversibility"
    place.mkdir(parents=True)
    (place / "07_reversibility.ipynb").write_text(json.dumps(notebook))
    (one,) = papers.collect(tmp_path, tmp_path / "out").papers
    cells, chapters = papers.read(one)
    assert one.student == "anna" and chapters == {"07"}
    assert [tag for _, tag in cells if tag] == IDS
    assert not any("assert verdict" in text for text, _ in cells), "its tests are no cell of ours"


def test_the_command_writes_nbgraders_folders(tmp_path, capsys):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters/07_reversibility.ipynb").write_text(source())
    arguments = ["nbgrader", str(tmp_path / "chapters"), "--out", str(tmp_path / "course")]
    assert cli.main(arguments) == 0
    written = tmp_path / "course/source/07_reversibility/07_reversibility.ipynb"
    assert len(of_nbgrader(json.loads(written.read_text("utf8")))) == 2 * len(IDS)
    back = ["nbgrader", str(tmp_path / "course/source"), "--out", str(tmp_path / "b"), "--back"]
    assert (
        cli.main(back) == 0 and (tmp_path / "b/07_reversibility/07_reversibility.ipynb").is_file()
    )
    capsys.readouterr()
    assert cli.main(["nbgrader", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    assert "holds no chapter" in capsys.readouterr().err
