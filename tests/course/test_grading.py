"""The grader on a folder with a right, a wrong, a hanging, a crashing, a flooding and a cheating
notebook, all made from a real chapter's student edition; graded once for all tests."""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time

import pytest

from classroom import __main__ as cli
from classroom import grades_page, grading, guard, wall
from tests.course.grader_kit import IDS, RIGHT, ROOT, bare, paper, source
from trevsnn_lite.course.exercise import find

# Seconds of the process's own: what a busy machine makes it wait is not counted.
LIMITS = grading.Limits(seconds=4.0, memory=2**30, file=2**20)
WRONG = {id: (name := sorted(find(id).wrong)[0], find(id).wrong[name]) for id in IDS}
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
k = Yes()
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
# A frame of its own in the place of the answer, and a child that sends more of them later.
FRAMES = """
import json, os, stat, struct, time
def send():
    text = json.dumps({"verdict": "correct", "correct": True}).encode()
    for n in range(3, 64):
        if os.path.exists(f"/proc/self/fd/{n}") and stat.S_ISSOCK(os.fstat(n).st_mode):
            os.write(n, struct.pack(">Q", len(text)) + text)
send()
if os.fork() == 0:
    while True:
        time.sleep(1)
        send()
anchor_bits = 1
"""
FLOOD = """
import os, sys
line = "x" * 2**20 + "\\n"
for _ in range(256):
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
# Right answers in other clothes.
STYLES = {
    "07.a": "%%time\n" + RIGHT["07.a"] + "\n?undo",
    "07.b": "files = !ls\n!ls\nk?\n%time k = 3\nassert files is not None",
    "07.c": "import asyncio\nawait asyncio.sleep(0)\n" + RIGHT["07.c"],
    "07.d": 'print("%d"\n% 3)\n' + RIGHT["07.d"],
    "07.e": "%%capture text\n%%time\n" + RIGHT["07.e"],
}


def answers_of(kind: str, out) -> dict[str, str]:
    name = {id: find(id).answer for id in IDS}
    return {
        "right": RIGHT,
        "styles": STYLES,
        "wrong": {id: code for id, (_, code) in WRONG.items()},
        "hanging": {
            **RIGHT,
            "07.b": "while True:\n    pass\nk = 3",
            "07.e": "def anchor_bits(*given):\n    import time\n    time.sleep(3600)",
        },
        "crashing": {
            "07.a": "import os\nos._exit(0)\nundo = 1",
            "07.b": "import ctypes\nctypes.string_at(0)\nk = 3",
            "07.c": "def undo_soft(**given):\n    raise SystemExit(0)",
            "07.d": RIGHT["07.d"],
            "07.e": f"{name['07.e']} = bytearray(2**32)",
        },
        "flooding": {
            "07.a": FLOOD + FORKS + RIGHT["07.a"],
            "07.b": f"{name['07.b']} = list(range(3 * 10**6))",
            "07.c": RIGHT["07.c"],
            "07.d": "open('big', 'wb').write(bytes(2**22))",
            "07.e": FLOODED_CHANNEL + RIGHT["07.e"],
        },
        "cheating": {
            "07.a": PATCHED,
            "07.b": ALWAYS_EQUAL,
            "07.c": FAKE_RESULTS.format(out=str(out / "grades.csv")),
            "07.d": SOLUTIONS,
            "07.e": FRAMES,
        },
    }[kind]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder, graded once: (grades by student and exercise, folder, what was said)."""
    folder = tmp_path_factory.mktemp("papers")
    for kind in ("styles", "wrong", "hanging", "crashing", "flooding", "cheating"):
        (folder / f"{kind}.ipynb").write_text(paper(answers_of(kind, folder)), "utf8")
    # Without tags and checks, a stub pasted below a solution, an exercise deleted whose name stands
    # in a loop, one left as it was.
    mixed = json.loads(paper({**RIGHT, "07.d": ""}, checks=False, tags=False))
    stubs = json.loads(source())["cells"]
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    solved = {**code, "source": RIGHT["07.a"] + "\n\ncourse.check('07.a', undo)"}
    again = [cell for cell in stubs if "exercise-07.a" in cell["metadata"].get("tags", [])]
    loop = {**code, "source": f"for {find('07.d').answer} in range(3):\n    pass"}
    mixed["cells"] += [solved, *again, loop]
    (folder / "mixed").mkdir()
    (folder / "mixed/07.ipynb").write_text(json.dumps(mixed), "utf-16")
    (folder / "torn.ipynb").write_text('{"cells": [', "utf8")
    said: list[str] = []
    room = str(tmp_path_factory.mktemp("room"))  # it stands in the command of each process
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", room)
        grades = grading.grade(
            folder, folder, LIMITS, workers=2, say=said.append, unprotected=bare()
        )
    left = [line for line in processes() if room in line]
    said.append(f"{len(left)} processes are left")
    return {(one.student, one.exercise): one for one in grades}, folder, said


def processes() -> list[str]:
    """The commands of all that run."""
    shown = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True).stdout
    return shown.splitlines()


def verdicts(graded, student: str) -> list[str]:
    return [graded[0][student, id].verdict for id in IDS]


def diagnosis(graded, student: str, id: str) -> str:
    return graded[0][student, id].diagnosis


def test_right_answers_are_correct_with_magics_shell_help_and_await(graded):
    assert verdicts(graded, "styles") == ["correct"] * 5, [
        diagnosis(graded, "styles", id) for id in IDS
    ]


def test_right_answers_are_correct_without_tags_and_checks_and_with_a_stub_below(graded):
    assert verdicts(graded, "mixed") == ["correct"] * 3 + ["not done", "correct"]
    assert "2 cells hold this exercise" in diagnosis(graded, "mixed", "07.a")
    assert diagnosis(graded, "mixed", "07.d") == "The notebook has no cell for this exercise."


def test_wrong_answers_get_their_diagnosis(graded):
    assert verdicts(graded, "wrong") == ["wrong"] * 5
    for id, (name, _) in WRONG.items():
        assert diagnosis(graded, "wrong", id).startswith(f"{name}: {find(id).diagnoses[name]}")


def test_a_hanging_answer_costs_its_own_exercise_alone(graded):
    assert verdicts(graded, "hanging") == ["correct", "time limit", *["correct"] * 2, "time limit"]
    assert diagnosis(graded, "hanging", "07.b").startswith("No answer within 4 s; it worked for")
    assert diagnosis(graded, "hanging", "07.e").endswith("it waited for something.")


def test_a_crash_is_named_and_costs_its_own_exercise_alone(graded):
    assert verdicts(graded, "crashing") == [
        "crashed",
        "crashed",
        "error",
        "correct",
        "memory limit",
    ]
    assert "exit status 0" in diagnosis(graded, "crashing", "07.a")
    assert "SIGSEGV" in diagnosis(graded, "crashing", "07.b")
    assert "SystemExit" in diagnosis(graded, "crashing", "07.c")
    assert "1 GiB" in diagnosis(graded, "crashing", "07.e")


def test_a_flood_is_read_no_further_than_its_cap(graded):
    assert verdicts(graded, "flooding") == [
        "correct",
        "unreadable",
        "correct",
        "error",
        "unreadable",
    ]
    assert "File too large" in diagnosis(graded, "flooding", "07.d")


def test_no_cheat_earns_a_verdict(graded):
    assert verdicts(graded, "cheating") == ["wrong"] * 3 + ["error", "unreadable"]
    assert "KeyError" in diagnosis(graded, "cheating", "07.d"), "it holds no solutions"
    assert "cheating,07.c,wrong" in (graded[1] / "grades.csv").read_text("utf8")


def test_no_process_is_left_behind(graded):
    assert graded[2][-1] == "0 processes are left" or bare(), "children outlive their notebook"


def test_the_files_are_whole_and_in_the_students_order(graded):
    _, folder, said = graded
    rows = list(csv.DictReader((folder / "grades.csv").open(encoding="utf-8-sig")))
    students = list(dict.fromkeys(row["student"] for row in rows))
    assert students == sorted(["torn", "mixed", *(kind for kind in KINDS)])
    assert [row["exercise"] for row in rows if row["student"] == "wrong"] == IDS
    assert tuple(rows[0]) == grades_page.FIELDS
    lines = list(csv.DictReader((folder / "students.csv").open(encoding="utf-8-sig")))
    assert {line["student"]: line["points"] for line in lines}["mixed"] == "4"
    assert len(lines) == len(students) and lines[0]["of"] == "5"
    page = (folder / "grades.html").read_text("utf8")
    assert "http" not in page and "could not be read" in page
    assert {file.stem for file in (folder / "feedback").iterdir()} == set(students)
    assert not list(folder.glob(".*part"))
    assert any("styles.ipynb: 5 of 5 correct" in line for line in said)
    # What it read and what it wrote is not mixed up when it grades again.
    assert not any("Passed over" in line for line in said)


KINDS = ("styles", "wrong", "hanging", "crashing", "flooding", "cheating")


def test_what_is_printed_of_the_wall_is_what_stands(graded):
    said = graded[2][0]
    if not bare():
        assert "behind a wall built by " in said and "which was tried just now" in said
    else:
        assert "NO WALL" in said


SABOTAGE = """
import pathlib, sys
with open(sys.path[0] + "/classroom/student_process.py", "a") as file:
    file.write("# a word for the next one")
"""


def test_a_notebook_that_changes_what_others_run_stops_the_run(tmp_path):
    """Without a wall, where it can."""
    (tmp_path / "eve.ipynb").write_text(paper({"07.a": SABOTAGE + RIGHT["07.a"]}), "utf8")
    (tmp_path / "zoe.ipynb").write_text(paper(RIGHT), "utf8")
    said: list[str] = []
    with pytest.raises(guard.Changed, match=r"student_process.py changed while eve.ipynb ran"):
        grading.grade(tmp_path, tmp_path / "out", LIMITS, say=said.append, unprotected=True)
    assert "NO WALL" in said[0] and not (tmp_path / "out").exists()


def test_without_a_wall_nothing_is_graded_but_by_request(tmp_path, monkeypatch, capsys):
    def none(*given):
        raise wall.NoWall("unshare: it is not installed")

    monkeypatch.setattr(wall, "build", none)
    (tmp_path / "torn.ipynb").write_text("{", "utf8")
    assert cli.main(["grade", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "builds no wall" in said and "--unprotected" in said and said.count("\n") == 1
    assert cli.main(["grade", str(tmp_path), "--unprotected"]) == 0
    assert "NO WALL" in capsys.readouterr().err and (tmp_path / "grades.csv").is_file()


def test_a_folder_of_papers_is_not_taken_for_the_feedback(tmp_path, capsys):
    """It would be replaced."""
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback/07.ipynb").write_text("{}")
    assert cli.main(["grade", str(tmp_path)]) == 2
    assert "name another folder with --out" in capsys.readouterr().err
    assert (tmp_path / "feedback/07.ipynb").is_file()


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["{tmp}/none"], "There is no folder"),
        (["{tmp}"], "holds no notebook (1 files passed over): expected"),
        (["{tmp}", "--time-limit", "0"], "expected more than 0 s"),
        (["{tmp}", "--workers", "0"], "at least one worker"),
        (["{tmp}", "--memory-limit", "1"], "at least 64 MiB"),
        (["{tmp}", "--out", "{tmp}/file"], "which is a file, expected a folder"),
        (["{tmp}", "--roster", "{tmp}/file"], "which holds no name"),
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


def test_the_command_line_grades_and_says_where(tmp_path):
    (tmp_path / "anna.ipynb").write_text("", "utf8")  # no process needs to start for this one
    command = [sys.executable, "-m", "classroom", "grade", str(tmp_path), "--workers", "1"]
    command += ["--out", str(tmp_path / "out"), *(["--unprotected"] if bare() else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == 0 and "grades.html" in done.stdout, done.stderr
    assert "[1/1] anna, anna.ipynb: 0 of 1 correct" in done.stderr
    assert "The file is empty." in (tmp_path / "out/grades.csv").read_text("utf8")


def test_a_grader_that_is_stopped_leaves_no_process_and_no_file(tmp_path):
    (tmp_path / "hanging.ipynb").write_text(paper({"07.a": "while True:\n    pass"}), "utf8")
    command = [sys.executable, "-m", "classroom", "grade", str(tmp_path)]
    command += ["--unprotected"] if bare() else []
    grader = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        cwd=ROOT,
    )

    def running() -> bool:
        return any("student_process" in line and str(tmp_path) in line for line in processes())

    assert "1 notebooks" in grader.stderr.readline()
    end = time.monotonic() + 300
    while not running():
        assert grader.poll() is None and time.monotonic() < end, grader.stderr.read()
        time.sleep(0.1)
    grader.terminate()
    assert (
        grader.communicate(timeout=60)[1] == "Stopped. Nothing was written.\n"
        and grader.returncode == 130
    )
    assert [file.name for file in tmp_path.iterdir()] == ["hanging.ipynb"] and not running()
