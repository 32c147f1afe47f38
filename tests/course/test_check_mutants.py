"""The checks of exercises refuse mutants of the solutions and accept right answers in other styles
and types: a sample here, all of them where slow tests run."""

import dataclasses
import math

import pytest
import torch

from tools import exercise_mutants
from tools.exercise_trials import ALIKE, INPUTS
from trevsnn_lite.course.answers import plain
from trevsnn_lite.course.exercise import exercises, find

EXERCISES = [e for n in range(20) for e in exercises(f"{n:02d}")]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_a_sample_of_mutants_is_refused_and_right_answers_are_accepted(exercise):
    trial = exercise_mutants.tried(exercise, count=5, sample=3, seed=1)
    assert trial.accepted == [] and trial.refused == []
    assert trial.right >= 2 + len(exercise_mutants.CLOTHES), "the solution and another style"


@pytest.mark.slow
def test_the_shares_of_all_mutants_and_right_answers(capsys):
    assert exercise_mutants.main([]) == 0
    told = capsys.readouterr().out
    assert len(told.splitlines()) > len(EXERCISES) and "DRAW MORE" not in told


# What a review found accepted, of the exercises that are left, and its kinds elsewhere.
WRONG = {
    "00.b round for floor": ("00.b", "affords = (round(16 / 64 / (1.12 / 16)), round(16 / 1.12))"),
    "00.b not whole": ("00.b", "affords = (3.57, 14.29)"),
    "05.b decay written in": ("05.b", ("decay * trace", "0.5 * trace")),
    "06.b threshold missing": ("06.b", ("1.0 - threshold * h", "1.0 - h")),
    "06.b window open": ("06.b", ("<= 0.5", "< 0.5")),
    "07.e tolerance written in": ("07.e", ("<= tolerance", "<= 1e-4")),
    "07.e border open": ("07.e", ("<= tolerance", "< tolerance")),
    "08.b window open": ("08.b", ("<= 0.5", "< 0.5")),
    "08.b threshold written in": ("08.b", ("v - threshold", "v - 0.5")),
    "10.c alpha written in": ("10.c", ("alpha * weight", "0.3 * weight")),
    "12.b whole widths": ("12.b", ("t * steps // duration", "t // (duration // steps)")),
    "12.b last frame filled up": (
        "12.b",
        ("t * steps // duration", "np.minimum(t // (duration // steps), steps - 1)"),
    ),
    "12.d a recording twice": ("12.d", ("return [name", "return [names[-1]] + [name")),
    "15.a within two per cent": ("15.a", "layers = 45.9"),
    "15.b NaN for true": ("15.b", ("return all", "return float('nan') if T > 8 else all")),
    "17.e a silent channel": ("17.e", (".clamp(min=1e-12)", "")),
    "17.e bits written in": ("17.e", ("(bits - 1)", "3")),
    "18.c within ten per cent": ("18.c", "steps = 7.5"),
}


@pytest.mark.parametrize("id, code", WRONG.values(), ids=WRONG)
def test_what_was_accepted_once_is_refused(id, code):
    exercise = find(id)
    if isinstance(code, tuple):
        assert code[0] in exercise.solution
        code = exercise.solution.replace(*code)
    assert exercise.judge(exercise.run(code))[0] in ("wrong", "error")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_nan_is_no_answer(exercise):
    solution = exercise_mutants.ran(exercise, exercise.solution)
    nans = exercise_mutants.OF_RESULTS["NaN"]
    if callable(solution):
        answer = lambda *given, **named: nans(plain(solution(*given, **named)))
        some = lambda *given, **named: exercise_mutants.OF_RESULTS["first NaN"](
            plain(solution(*given, **named))
        )
    else:
        answer, some = nans(plain(solution)), [math.nan] * 2
    if exercise.id in ("12.d", "16.b", "18.d"):
        return  # words
    assert exercise.judge(answer)[0] != "correct" and exercise.judge(some)[0] != "correct"


def test_a_lax_check_and_a_strict_one_are_found_out():
    exercise = find("07.c")
    lax = exercise_mutants.tried(
        dataclasses.replace(exercise, check=lambda answer: None), sample=20
    )
    assert len(lax.accepted) == lax.changed > 10 and not lax.refused
    strict = dataclasses.replace(exercise, check=lambda answer: "other")
    strict = exercise_mutants.tried(strict, sample=20)
    assert len(strict.refused) == strict.right > 10 and not strict.accepted
    assert exercise_mutants.shares([lax, strict]) == (
        1 - lax.changed / (lax.changed + strict.changed),
        1 - strict.right / (lax.right + strict.right),
    )


def test_mutants_that_change_nothing_are_known_as_such():
    exercise = find("03.a")
    code = (
        "def kept(sizes, steps):\n    return sum(steps * (a + b) for a, b in zip(sizes[1:], sizes))"
    )
    inputs = exercise_mutants.inputs_of("03.a", 20, 0)
    assert (
        inputs
        == exercise_mutants.inputs_of("03.a", 20, 0)
        != exercise_mutants.inputs_of("03.a", 20, 1)
    )
    wanted = [exercise.run(exercise.solution)(*one) for one in inputs]

    def changes(code):
        return exercise_mutants.changes("03.a", exercise.run(code), wanted, inputs)

    assert changes(code) is False
    assert changes(code.replace("steps *", "steps + ")) is True
    assert changes(code.replace("sizes[1:]", "sizes[1:] + None")) is None


def test_mutants_are_of_many_kinds():
    found = dict(exercise_mutants.of_code(find("12.b").solution))
    assert {
        "comparison",
        "less one",
        "rounded",
        "rounded up",
        "y for x",
        "lines 1 and 2 exchanged",
    } & {*found} >= {"less one", "rounded", "rounded up", "y for x", "lines 1 and 2 exchanged"}
    changes = [change for change, _ in exercise_mutants.mutants_of(find("05.b"))]
    assert any(change.startswith("decay = 0.9 written in") for change in changes)
    assert "errors and inputs exchanged" in changes and "inputs reversed" in changes


def test_every_function_has_legal_inputs():
    functions = {e.id for e in EXERCISES if callable(exercise_mutants.ran(e, e.solution))}
    assert functions == INPUTS.keys()
    assert ALIKE.keys() | exercise_mutants.styles().keys() <= {e.id for e in EXERCISES}


def test_an_unknown_exercise_is_said(capsys):
    assert exercise_mutants.main(["07.a", "99.z"]) == 2
    assert "no exercise 99.z" in capsys.readouterr().err


def test_the_clock_counts_processor_time():
    with pytest.raises(exercise_mutants.TooLong), exercise_mutants.limited(0.05):
        while True:
            torch.ones(1)
