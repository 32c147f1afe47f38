"""Exercises: every solution passes, every wrong answer earns its diagnosis, and chapters show what
the exercises say."""

import json

import pytest

from trevsnn_lite import course
from trevsnn_lite.course import exercise as mechanism

CHAPTERS = [f"{n:02d}" for n in range(20)]
EXERCISES = [e for chapter in CHAPTERS for e in mechanism.exercises(chapter)]
WRONG = [(e, name) for e in EXERCISES for name in e.diagnoses]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_the_solution_is_right_and_its_stub_is_unanswered(exercise, capsys):
    course.check(exercise.id, exercise.run(exercise.solution))
    assert capsys.readouterr().out == f"{exercise.id}: correct. {exercise.correct}\n"
    course.check(exercise.id, exercise.run(exercise.stub))
    assert capsys.readouterr().out.startswith(f"{exercise.id}: not answered yet")
    course.check(exercise.id, None)
    assert capsys.readouterr().out.startswith(f"{exercise.id}: not answered yet")


@pytest.mark.parametrize("exercise, name", WRONG, ids=lambda x: x if isinstance(x, str) else x.id)
def test_each_wrong_answer_earns_its_own_diagnosis(exercise, name):
    assert exercise.check(exercise.run(exercise.wrong[name])) == name
    assert (
        exercise.diagnose(exercise.run(exercise.wrong[name]))
        == f"not right yet. {exercise.diagnoses[name]}"
    )


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_an_exercise_is_whole(exercise):
    assert set(exercise.wrong) == set(exercise.diagnoses) and exercise.diagnoses, (
        "one wrong solution per diagnosis"
    )
    assert (
        len(exercise.hints) == 2
        and exercise.question
        and exercise.correct
        and 1 <= exercise.minutes <= 45
    )
    assert (
        exercise.id.split(".")[0] in CHAPTERS and [e.id for e in EXERCISES].count(exercise.id) == 1
    )
    body = exercise.solution.strip().splitlines()[-1].strip()
    assert body not in exercise.stub, "the stub gives the solution away"


ODD_ANSWERS = (3.5, "ten", lambda: 1, lambda *a, **k: 1 / 0, lambda *a, **k: "x", [1, 2], {})


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_no_answer_raises(exercise, capsys):
    for answer in ODD_ANSWERS:
        course.check(exercise.id, answer)
        assert capsys.readouterr().out.startswith(f"{exercise.id}: not right yet"), answer


def test_unknown_exercises_are_named():
    with pytest.raises(KeyError, match="There is no exercise '07.zz'; its chapter has 07.a"):
        course.check("07.zz", 1)
    with pytest.raises(KeyError, match="its chapter has none"):
        course.check("98.a", 1)


def test_a_stub_keeps_signature_docstring_and_imports():
    stub = mechanism.make_stub(
        'import math\n\n\ndef f(x, *, k=2):\n    """What f gives."""\n    y = x\n    '
        "return y\n\n\nsteps = f(3)\n"
    )
    assert (
        stub == 'import math\ndef f(x, *, k=2):\n    """What f gives."""\n    ...\n\n\nsteps = ...'
    )


def test_chapters_hold_the_cells_that_the_exercises_give(root):
    """Questions, stubs and solutions in the notebooks are generated, so a change of an exercise
    shows in its chapter."""
    for notebook in sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb")):
        cells = [
            (cell["cell_type"], "".join(cell["source"]).strip())
            for cell in json.loads(notebook.read_text("utf8"))["cells"]
        ]
        for exercise in mechanism.exercises(notebook.name[:2]):
            for kind, text in course.notebook_cells(exercise.id):
                assert (kind, text.strip()) in cells, (
                    f"{notebook.name} lacks this {kind} cell of exercise {exercise.id}, "
                    f"see `python -m tools exercise {exercise.id}`:\n{text}"
                )
