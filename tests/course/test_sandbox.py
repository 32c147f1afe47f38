"""The sandbox: what a student's process sees and what it does not, what may come out of it, and
which cells of a notebook an answer needs."""

import html
import json
import pathlib
import time

import pytest

from classroom import grades_page, grading, sandbox, slices, transport
from trevsnn_lite.course.exercise import find

LIMITS = grading.Limits(seconds=60.0, memory=2**30)


@pytest.mark.parametrize("id", ["05.e", "10.b", "11.d", "12.b", "19.b"])
def test_checks_that_hand_over_functions_networks_and_arrays_see_the_same_in_the_sandbox(
    id, tmp_path
):
    exercise = find(id)
    cases = {"": exercise.solution, **exercise.wrong}
    process = sandbox.StudentProcess(LIMITS, sandbox.library(tmp_path))
    try:
        process.start([(code, str(n)) for n, code in enumerate(cases.values())])
        for n, name in enumerate(cases):
            answer = process.answer(str(n), exercise.answer, False, time.monotonic() + 60)
            assert exercise.judge(answer)[:2] == (("wrong", name) if name else ("correct", "")), (
                name
            )
    finally:
        process.close()
    assert not process.folder.exists()


def seen_by_a_student(code: str, tmp_path: pathlib.Path, wall: tuple[str, ...]):
    process = sandbox.StudentProcess(LIMITS, sandbox.library(tmp_path), wall)
    try:
        process.start([(code, "07.a")])
        return process.answer("07.a", "seen", True, time.monotonic() + 60), process
    finally:
        process.close()


def test_a_process_sees_no_environment_home_or_network_of_the_teacher(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "s3cret")
    wall = sandbox.wall(())
    code = (
        "import os, socket\nseen = [dict(os.environ), os.getcwd(), [name for _, name in "
        "socket.if_nameindex()]]"
    )
    (environment, cwd, interfaces), process = seen_by_a_student(code, tmp_path, wall)
    assert (
        "SECRET" not in environment
        and environment["HOME"] == cwd
        and cwd.startswith(str(process.folder))
        and not process.folder.exists()
    )
    assert interfaces == ["lo"] or not wall


def test_solutions_and_other_papers_are_out_of_sight_and_stay_so(tmp_path):
    """Also for a student who tries to take the cover away, in a user namespace of its own too."""
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "bert.ipynb").write_text("{}")
    hidden = (papers, sandbox.PACKAGE, sandbox.CLASSROOM)
    wall = sandbox.wall(hidden)
    if "--mount" not in wall:
        pytest.skip("this system forbids mounts in a user namespace")
    (tmp_path / "library").mkdir()
    names = [str(folder) for folder in hidden]
    code = (
        f"import os, subprocess\nnames = {names}\nfor name in names:\n    "
        "subprocess.run(['umount', name])\n    subprocess.run(['unshare', '-rm', "
        "'umount', name])\n"
        "seen = [os.listdir(name) for name in names] + [int(line.split()[1], 16) for "
        "line in open('/proc/self/status') if line.startswith('CapEff')]"
    )
    assert seen_by_a_student(code, tmp_path / "library", wall)[0] == [[], [], [], 0]
    assert (papers / "bert.ipynb").is_file() and (sandbox.PACKAGE / "__init__.py").is_file()


def test_of_a_checkout_everything_with_answers_in_it_is_hidden(tmp_path):
    root = sandbox.CLASSROOM.parent.resolve()
    answers = {"trevsnn_lite", "classroom", "tools", "chapters", "book", "tests"}
    assert {root / name for name in answers} <= set(sandbox.to_hide(tmp_path))


def test_nothing_is_hidden_that_python_needs(tmp_path):
    assert tmp_path.resolve() not in sandbox.to_hide(
        pathlib.Path(tmp_path.anchor)
    ) and sandbox.PACKAGE.resolve() in sandbox.to_hide(tmp_path)
    assert tmp_path.resolve() in sandbox.to_hide(tmp_path) and pathlib.Path(
        "/"
    ) not in sandbox.to_hide(pathlib.Path("/"))


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 10**30, -0.5, "x", [1, (2, {"a": {3}})], ..., {(1, 2): [None]}],
    ids=repr,
)
def test_plain_values_cross_unchanged(value):
    assert transport.decode(json.loads(json.dumps(transport.encode(value)))) == value


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "object"},
        {"kind": "tensor", "dtype": "float32", "shape": [2**40], "of": ""},
        {"kind": "tensor", "dtype": "float32", "shape": [-1], "of": "AAAA"},
        {"kind": "tensor", "dtype": "load", "shape": [], "of": ""},
        {"kind": "set", "of": [[1]]},
        {},
        {"kind": "dict", "of": [[1]]},
    ],
    ids=str,
)
def test_what_encode_did_not_write_is_unreadable(data):
    with pytest.raises(transport.Unreadable):
        transport.decode(data)


def cells(*sources: str) -> list[slices.Cell]:
    found = [slices.Cell(source) for source in sources]
    for cell in found:
        cell.parse()
    return found


@pytest.mark.parametrize(
    "sources, wanted",
    [
        (("import math", "x = 2", "y = 3", "tau = math.log(x)"), [0, 1]),
        (("def f():\n    return g()", "def g():\n    return 1", "other = 1", "tau = f()"), [0, 1]),
        (("net = [1]", "net.append(2)", "print('net')", "tau = len(net)"), [0, 1]),
        (("inputs = 5", "def f(inputs):\n    k = inputs\n    return k\ntau = f"), []),
        (("name = 1", "for name in 'ab':\n    print(name)\ntau = 1"), []),
        (("tau = 1", "tau = 2\ncheck('01.a', tau)"), []),
        (("from math import *", "tau = log(3)"), [0]),
        (("x = 1", "x = = 2", "%matplotlib inline\nx += 1", "!ls\ntau = x"), [0, 2]),
    ],
)
def test_an_answer_takes_the_cells_that_it_rests_on(sources, wanted):
    found = cells(*sources)
    assert slices.needed(found, len(found) - 1) == wanted


def test_the_last_cell_that_is_tagged_or_checks_is_the_answer():
    found = cells("tau = ...\ncourse.check('01.a', tau)", 'tau = 1\ncheck("01.a", tau)', "tau = 3")
    assert slices.answer_cell(found, "01.a", "tau", alone=True) == 1
    assert (
        slices.answer_cell(found, "01.c", "tau", alone=True) == 2
        and slices.answer_cell(found, "01.c", "tau", alone=False) is None
    )
    found[0].tag = "01.c"
    assert slices.answer_cell(found, "01.c", "tau", alone=True) == 0


def test_the_page_and_the_csv_disarm_what_students_write():
    grade = grading.Grade(
        "<b>eve</b>", "07.a", "error", "=HYPERLINK('x')\nnext \ud800 <script>", 1.0, "@x.ipynb"
    )
    page, table = grades_page.as_page([grade]), grades_page.as_csv([grade])
    assert "<b>" not in page and "<script>" not in page and html.escape("<b>eve</b>") in page
    assert "'=HYPERLINK('x') next" in table and "'@x.ipynb" in table and table.count("\n") == 2
