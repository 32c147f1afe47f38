"""Exercises: every solution passes, every wrong answer earns its diagnosis, no diagnosis gives the
solution away, and chapters show what the exercises say."""

import ast
import json

import numpy as np
import pytest
import torch

from trevsnn_lite import course
from trevsnn_lite.course import answers
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
    verdict, found, line = exercise.judge(exercise.run(exercise.wrong[name]))
    assert (verdict, found) == ("wrong", name)
    said = f"not right yet. {exercise.diagnoses[name]}"
    if exercise.example and name == "other":  # behind it stands what one small call gives
        call, wanted = exercise.example
        assert line.startswith(f"{said} `{call}` ") and mechanism._short(wanted) in line
    else:
        assert line == said


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


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if e.example], ids=lambda e: e.id)
def test_an_example_says_what_the_solution_gives(exercise):
    call, wanted = exercise.example
    names = {**exercise.check.__globals__, exercise.answer: exercise.run(exercise.solution)}
    assert answers.same(answers.plain(eval(call, names)), wanted, 1e-5)


def test_an_example_says_what_came():
    kept = mechanism.find("03.a")
    assert kept.diagnose(lambda sizes, steps: 7).endswith(
        "`kept([3, 4, 2], 3)` should give 39; yours gives 7."
    )
    assert kept.diagnose(lambda sizes, steps: 39).endswith(
        "`kept([3, 4, 2], 3)` gives 39, as it should; other inputs were tried as well."
    )
    assert kept.diagnose(lambda sizes, steps: 7 / (len(sizes) - 3)).endswith("division by zero")
    told = kept.diagnose(lambda sizes, steps: 7 if sizes != [3, 4, 2] else sizes["a"])
    assert told.endswith("`kept([3, 4, 2], 3)` stops with TypeError; it should give 39.")


CATCH_ALL = {"10.a": {"mean"}, "10.b": {"vanilla", "add", "ms fires", "iand", "and"}}


def written(text: str) -> str:
    return text.replace(" ", "").replace("·", "*").replace("`", "").replace("×", "*")


def parts(solution: str) -> set[str]:
    """What a reader would have to find: the values of names, what functions give back or assign,
    and each calculation in them of two operations or more."""
    found = set()
    for node in ast.walk(ast.parse(solution)):
        if isinstance(node, (ast.BinOp, ast.Call, ast.Compare)):
            inner = sum(isinstance(n, (ast.BinOp, ast.Compare)) for n in ast.walk(node))
            found |= {written(ast.unparse(node))} if inner >= 2 else set()
    return found


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_the_first_wrong_guess_does_not_show_the_solution(exercise):
    """Diagnoses that any wrong answer can earn hold no calculation of the solution and no value
    of it."""
    answer = exercise.run(exercise.solution)
    flat = [] if callable(answer) or isinstance(answer, dict) else np.ravel(answer).tolist()
    values = [f"{n:g}" for n in flat if isinstance(n, float) and n != int(n)]
    for name in {"other"} & exercise.diagnoses.keys() | CATCH_ALL.get(exercise.id, set()):
        text = exercise.diagnoses[name]
        assert not [part for part in parts(exercise.solution) if part in written(text)], name
        assert not [value for value in values if value in text], name
        assert "solve" not in text.lower() and "divide by" not in text.lower(), name


def test_plain_values():
    assert answers.plain({np.int64(1): (torch.tensor(2), {3.0}, np.array([[True]]))}) == {
        1: [2, [3.0], [[True]]]
    }
    assert answers.plain(n for n in "ab") == ["a", "b"]
    with pytest.raises(TypeError, match="a object was given, expected a number"):
        answers.plain([object()])
    assert not answers.same(float("nan"), float("nan")) and answers.same([2.0], 2)
    assert not answers.same("2", 2) and not answers.same(2, "2") and not answers.same([1], [1, 2])


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
