"""The grader on a folder with a right, a wrong, a hanging, a crashing, a flooding and cheating
notebooks, all made from a real chapter's student edition."""

import csv
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from classroom import __main__ as cli
from classroom import editions, grades_page, grading, sandbox
from trevsnn_lite.course.exercise import find

IDS = ["07.a", "07.b", "07.c", "07.d", "07.e"]
LIMITS = grading.Limits(seconds=20.0, memory=2**30, file=2**20)
RIGHT = {id: find(id).solution for id in IDS}
WRONG = {id: (name := sorted(find(id).wrong)[0], find(id).wrong[name]) for id in IDS}
CHECK = '\n\ncourse.check("{id}", {name})'
PATCHED = """
import trevsnn_lite.course.exercise as mechanism
mechanism.Exercise.judge = lambda self, answer: ("correct", "", "correct.")
mechanism.Exercise.diagnose = lambda self, answer: "correct."
mechanism.check = course.check = print
def undo(last, inputs, decay):
    return []
"""
ALWAYS_EQUAL = """
class Yes:
    __eq__ = __le__ = __lt__ = lambda self, other: True
    __hash__ = lambda self: 3
    __float__ = lambda self: 7.5
    __sub__ = __abs__ = lambda self, *other: self
unlucky_steps = Yes()
"""
FAKE_RESULTS = """
import pathlib
for name in ("grades.csv", "grades.html", {out!r}):
    try:
        pathlib.Path(name).write_text("student,exercise,verdict\\ncheating,07.c,correct\\n")
    except OSError:
        pass
print("07.c: correct.")
def undo_soft(v_next, current, decay, threshold, spike):
    return 0.0
"""
SOLUTIONS = "from trevsnn_lite.course.exercise import find\nexec(find('07.d').solution)"
FLOOD = """
import os, sys
line = "x" * 2**20 + "\\n"
for _ in range(512):
    sys.stdout.write(line), sys.stderr.write(line)
"""
FLOODED_CHANNEL = """
import os
for descriptor in range(3, 64):
    try:
        os.set_blocking(descriptor, True)
        while True:
            os.write(descriptor, b"\\xff" * 2**20)
    except OSError:
        pass
"""
FORKS = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        time.sleep(600)
        os._exit(0)
"""


@pytest.fixture(scope="module")
def source(root) -> dict:
    return editions.student_notebook(
        json.loads((root / "chapters/07_reversibility.ipynb").read_text("utf8")), "07"
    )


def paper(source: dict, answers: dict[str, str], checks: bool = True, tags: bool = True) -> str:
    """A notebook in which the stubs of `answers` are replaced by code, with or without the line
    that checks it and the tag that names the exercise."""
    notebook = json.loads(json.dumps(source))
    for cell in notebook["cells"]:
        for id, code in answers.items():
            if f"exercise-{id}" in cell["metadata"].get("tags", []):
                cell["source"] = code + (
                    CHECK.format(id=id, name=find(id).answer) if checks else ""
                )
                cell["metadata"] = cell["metadata"] if tags else {}
    return json.dumps(notebook)


def answers_of(kind: str, out: pathlib.Path) -> dict[str, str]:
    name = {id: find(id).answer for id in IDS}
    return {
        "right": RIGHT,
        "wrong": {id: code for id, (_, code) in WRONG.items()},
        "hanging": {
            **RIGHT,
            "07.b": "while True:\n    pass\nk = 3",
            "07.c": "def undo_soft(**given):\n    while True:\n        pass",
        },
        "crashing": {
            "07.a": "import os\nos._exit(0)\nundo = 1",
            "07.b": "import ctypes\nctypes.string_at(0)\nk = 3",
            "07.c": "def undo_soft(**given):\n    raise SystemExit(0)",
            "07.d": f"{name['07.d']} = bytearray(2**32)",
            "07.e": RIGHT["07.e"],
        },
        "flooding": {
            "07.a": FLOOD + RIGHT["07.a"],
            "07.b": f"{name['07.b']} = list(range(3 * 10**6))",
            "07.c": FLOODED_CHANNEL + RIGHT["07.c"],
            "07.d": "open('big', 'wb').write(bytes(2**22))",
            "07.e": FORKS + RIGHT["07.e"],
        },
        "cheating": {
            "07.a": PATCHED,
            "07.b": f"{ALWAYS_EQUAL}{name['07.b']} = Yes()",
            "07.c": FAKE_RESULTS.format(out=str(out / "grades.csv")),
            "07.d": SOLUTIONS,
            "07.e": "import sys\nprint('07.e: correct.')\nsys.exit(0)",
        },
    }[kind]


@pytest.fixture(scope="module")
def graded(source, tmp_path_factory):
    """The folder, graded once: (grades by student and exercise, folder, what was said)."""
    folder = tmp_path_factory.mktemp("papers")
    for kind in ("right", "wrong", "hanging", "crashing", "flooding", "cheating"):
        (folder / f"{kind}.ipynb").write_text(paper(source, answers_of(kind, folder)), "utf8")
    (folder / "without-check-lines.ipynb").write_text(paper(source, RIGHT, checks=False), "utf8")
    (folder / "without-tags").mkdir()
    (folder / "without-tags/07.ipynb").write_text(
        paper(source, {**RIGHT, "07.e": "print('07.e: correct.')"}, checks=False, tags=False),
        "utf8",
    )
    (folder / "untouched.ipynb").write_text(json.dumps(source), "utf8")
    (folder / "torn.ipynb").write_text('{"cells": [', "utf8")
    said: list[str] = []
    grades = grading.grade(folder, folder, LIMITS, workers=2, say=said.append)
    return {(one.student, one.exercise): one for one in grades}, folder, said


def verdicts(graded, student: str) -> list[str]:
    return [graded[0][student, id].verdict for id in IDS]


def test_right_answers_are_correct_with_or_without_the_line_that_checks(graded):
    assert verdicts(graded, "right") == verdicts(graded, "without-check-lines") == ["correct"] * 5


def test_wrong_answers_get_their_diagnosis(graded):
    assert verdicts(graded, "wrong") == ["wrong"] * 5
    for id, (name, _) in WRONG.items():
        assert graded[0]["wrong", id].diagnosis == f"{name}: {find(id).diagnoses[name]}"


def test_a_hanging_answer_costs_its_own_exercise_alone(graded):
    assert verdicts(graded, "hanging") == [
        "correct",
        "time limit",
        "time limit",
        "correct",
        "correct",
    ]
    assert graded[0]["hanging", "07.c"].diagnosis == "No answer within 20 s."


def test_a_crash_is_named_and_costs_its_own_exercise_alone(graded):
    assert verdicts(graded, "crashing") == [
        "crashed",
        "crashed",
        "error",
        "memory limit",
        "correct",
    ]
    assert (
        "exit status 0" in graded[0]["crashing", "07.a"].diagnosis
        and "SIGSEGV" in graded[0]["crashing", "07.b"].diagnosis
    )
    assert (
        "SystemExit" in graded[0]["crashing", "07.c"].diagnosis
        and "1 GiB" in graded[0]["crashing", "07.d"].diagnosis
    )


def test_a_flood_is_read_no_further_than_its_cap(graded):
    assert verdicts(graded, "flooding") == [
        "correct",
        "unreadable",
        "unreadable",
        "error",
        "correct",
    ]
    assert "File too large" in graded[0]["flooding", "07.d"].diagnosis


def test_no_cheat_earns_a_verdict(graded):
    assert verdicts(graded, "cheating") == ["wrong", "wrong", "wrong", "error", "error"]
    assert "KeyError" in graded[0]["cheating", "07.d"].diagnosis, (
        "the students' process holds no solutions"
    )
    assert "cheating,07.c,wrong" in (graded[1] / "grades.csv").read_text("utf8")


def test_what_is_missing_is_named(graded):
    assert verdicts(graded, "untouched") == ["not done"] * 5
    assert verdicts(graded, "without-tags") == ["correct"] * 4 + ["not done"]
    assert (
        graded[0]["without-tags", "07.e"].diagnosis == "The notebook has no cell for this exercise."
    )
    assert graded[0]["torn", ""].diagnosis == "The file is no notebook (JSONDecodeError)."


def test_the_files_are_whole_and_in_the_notebooks_order(graded):
    rows = list(csv.DictReader((graded[1] / "grades.csv").open(encoding="utf8")))
    students = list(dict.fromkeys(row["student"] for row in rows))
    assert students == [
        "cheating",
        "crashing",
        "flooding",
        "hanging",
        "right",
        "torn",
        "untouched",
        "without-check-lines",
        "without-tags",
        "wrong",
    ]
    assert [row["exercise"] for row in rows if row["student"] == "right"] == IDS and tuple(
        rows[0]
    ) == grades_page.FIELDS
    page = (graded[1] / "grades.html").read_text("utf8")
    assert (
        page.count("<tr>") == 2 + len(students) + len(rows)
        and "http" not in page
        and not list(graded[1].glob(".*part"))
    )
    assert len(graded[2]) == 1 + 10 and any(
        "right.ipynb: 5 of 5 correct" in line for line in graded[2]
    )


def test_no_process_is_left_behind(graded):
    left = (
        subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout.count(
            "trevsnn-grade-"
        )
        if sandbox.wall(())
        else 0
    )
    assert left == 0, "forked children outlive their notebook"


def test_without_a_wall_the_limits_and_verdicts_are_the_same(source, tmp_path, monkeypatch):
    monkeypatch.setattr(grading, "wall", lambda hidden: ())
    (tmp_path / "anna.ipynb").write_text(
        paper(
            source,
            {
                **RIGHT,
                "07.b": "import ctypes\nctypes.string_at(0)\nk = 3",
                "07.c": PATCHED + "undo_soft = 1",
            },
        ),
        "utf8",
    )
    said: list[str] = []
    grades = grading.grade(tmp_path, tmp_path / "new/out", LIMITS, say=said.append)
    assert [one.verdict for one in grades] == [
        "correct",
        "crashed",
        "error",
        "correct",
        "correct",
    ] and "SIGSEGV" in grades[1].diagnosis
    assert "can reach the network" in said[0] and (tmp_path / "new/out/grades.csv").is_file()


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["{tmp}/none"], "There is no folder"),
        (["{tmp}"], "holds no notebook: expected"),
        (["{tmp}", "--time-limit", "0"], "expected more than 0 s"),
        (["{tmp}", "--workers", "0"], "at least one worker"),
        (["{tmp}", "--memory-limit", "1"], "at least 64 MiB"),
        (["{tmp}", "--out", "{tmp}/file"], "which is a file, expected a folder"),
    ],
)
def test_bad_arguments_get_one_sentence(arguments, sentence, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["grade", *(text.format(tmp=tmp_path) for text in arguments)]) == 2
    said = capsys.readouterr()
    assert (
        sentence in said.err
        and said.err.count("\n") == 1
        and not said.out
        and list(tmp_path.iterdir()) == [tmp_path / "file"]
    )


def test_the_command_line_grades_and_says_where(source, tmp_path):
    (tmp_path / "anna.ipynb").write_text(paper(source, RIGHT), "utf8")
    command = [
        sys.executable,
        "-m",
        "classroom",
        "grade",
        str(tmp_path),
        "--out",
        str(tmp_path / "out"),
        "--time-limit",
        "30",
        "--workers",
        "1",
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert (
        done.returncode == 0
        and "grades.csv" in done.stdout
        and "[1/1] anna, anna.ipynb: 5 of 5 correct" in done.stderr
    ), done.stderr


def test_a_grader_that_is_stopped_leaves_no_process_and_no_file(source, tmp_path):
    (tmp_path / "hanging.ipynb").write_text(
        paper(source, {"07.a": "while True:\n    pass"}), "utf8"
    )
    grader = subprocess.Popen(
        [sys.executable, "-m", "classroom", "grade", str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert "1 notebooks" in grader.stderr.readline()
    while not list(tmp_path.glob("trevsnn-grade-*/home")):
        time.sleep(0.1)
    grader.terminate()
    assert (
        grader.communicate(timeout=60)[1] == "Stopped. Nothing was written.\n"
        and grader.returncode == 130
    )
    assert [file.name for file in tmp_path.iterdir()] == ["hanging.ipynb"] and str(
        tmp_path
    ) not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
