"""The sandbox: what a student's process sees and what it does not, what may come out of it, and
which cells of a notebook an answer needs."""

import json
import pathlib
import sys

import pytest

from classroom import sandbox, slices, transport, wall
from tests.course.grader_kit import Room, source, tools
from trevsnn_lite.course.exercise import exercises, find

ANY = tools()[:1] or [""]


@pytest.mark.parametrize("id", ["05.e", "10.b", "11.d", "12.b", "19.b"])
def test_checks_that_hand_over_functions_networks_and_arrays_see_the_same_in_the_sandbox(id):
    exercise = find(id)
    cases = {"": exercise.solution, **exercise.wrong}
    with Room(ANY[0]) as room:
        room.process.start([(code, str(n), False) for n, code in enumerate(cases.values())])
        for n, name in enumerate(cases):
            answer = room.process.answer(str(n), exercise.answer, False, exercise.stub)
            assert exercise.judge(answer)[:2] == (("wrong", name) if name else ("correct", "")), (
                name
            )


def test_without_a_wall_a_process_has_a_folder_of_its_own_that_goes_with_it(monkeypatch):
    monkeypatch.setenv("SECRET", "s3cret")
    with Room("") as room:
        environment, cwd = room.seen("import os\nseen = [dict(os.environ), os.getcwd()]")
        assert "SECRET" not in environment and environment["HOME"] == cwd
        assert pathlib.Path(cwd) == room.process.folder.resolve()
    assert not room.process.folder.exists()


def view(tmp_path: pathlib.Path, *secret: pathlib.Path) -> wall.View:
    return sandbox.view(tmp_path, sandbox.Limits(), secret)


def test_everything_with_answers_in_it_is_secret(tmp_path):
    answers = {"trevsnn_lite", "classroom", "tools", "chapters", "book", "tests"}
    seen = view(tmp_path / "library", tmp_path)
    assert {sandbox.ROOT / name for name in answers} | {tmp_path} <= set(seen.secret)
    places = {*seen.places, pathlib.Path(sys.prefix).resolve()}
    assert not any(sandbox.ROOT.is_relative_to(place) for place in places)


def test_a_library_that_is_installed_is_covered_where_it_lies(tmp_path):
    """As by `pip install .`: the full library in the site-packages that a notebook must see."""
    inside = tmp_path / "environment" / "trevsnn_lite"
    inside.mkdir(parents=True)
    seen = wall.View((tmp_path / "environment", inside.parent / "lib"), (inside, tmp_path))
    assert seen.covered == (inside,), "and never a folder in which something is shown"
    kinds = [line[0] for line in seen.lines() if str(tmp_path) in line[1]]
    assert kinds == ["show", "cover", "close"]


@pytest.mark.parametrize("tool", tools())
def test_a_wall_with_a_gap_is_not_believed(tool, tmp_path):
    """The probe finds papers that are shown, and a library that can be written."""
    with Room(tool) as room:
        probe = room.library / "classroom/probe.py"
        gap = wall.View((*room.view.shown, room.papers), room.view.secret, room.view.size)
        build = wall.Wall(tool, room.words(gap))
        assert wall.tried(build, gap, probe) == f"it sees {room.papers.resolve()}"
        words = [
            word.replace("--ro-bind", "--bind").replace("remount,bind,ro", "remount,bind,rw")
            for word in room.wall.words
        ]
        said = wall.tried(wall.Wall(tool, tuple(words)), room.view, probe)
        assert f"it can write in {room.library}" in said or f"write on {room.library}" in said


def test_no_wall_is_said_tool_by_tool(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(wall.NoWall) as error:
        wall.build(view(tmp_path), tmp_path, tmp_path / "probe.py")
    assert str(error.value) == "bubblewrap: it is not installed; unshare: it is not installed"


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
        # numbers of one hash: a set of them would cost the grader hours
        {"kind": "set", "of": [n * (2**61 - 1) for n in range(10**6)]},
    ],
    ids=lambda data: str(data)[:60],
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
        (("%%time\nx = 1", "%time y = x", "tau = await f(y)", "%%bash\nx=2"), [0, 1]),
    ],
)
def test_an_answer_takes_the_cells_that_it_rests_on(sources, wanted):
    found = cells(*sources)
    last = max(n for n, cell in enumerate(found) if "tau" in cell.source)
    assert slices.needed(found, last) == wanted


@pytest.mark.parametrize(
    "source, wanted",
    [
        ("%%time\nx = 1", "x = 1"),
        ("%%capture out\n%%time\nx = 1", "x = 1"),
        ("%time x = 1", "x = 1"),
        ("x = %time 1 + 1", "x = 1 + 1"),
        ("if y:\n    %time -n x = 1", "if y:\n    x = 1"),
        (">>> x = 1", "x = 1"),
        ('x = ("%d"\n  % 3)', "x = '%d' % 3"),
        ('x = """\n!ls\n%time\n"""', "x = '\\n!ls\\n%time\\n'"),
        ("%%bash\nls", "get_ipython().run_cell_magic('bash', '', 'ls\\n')"),
        ("x = !ls", "x = get_ipython().getoutput('ls')"),
        ("%timeit f()", "get_ipython().run_line_magic('timeit', 'f()')"),
        ("f?", "get_ipython().run_line_magic('pinfo', 'f')"),
    ],
)
def test_a_cell_is_read_as_ipython_reads_it(source, wanted):
    import ast

    assert ast.unparse(slices.plain(source)) == wanted


STUB = 'def f(x):\n    """What f does."""\n    ...'


@pytest.mark.parametrize(
    "source, stub",
    [
        (STUB + "\n\ncourse.check('01.a', f)", True),
        ("# a note\n" + STUB + "  # dots", True),
        ("def f(x):\n    ...", True),
        ("def f(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()", True),
        ("def f(x):\n    return x", False),
        ("def f(x):\n    pass", False),
        ("x = ", False),
    ],
)
def test_a_stub_is_known_whatever_its_comments_say(source, stub):
    assert slices.is_stub(cells(source)[0], STUB) is stub


def test_of_several_cells_the_last_that_is_no_stub_is_the_answer():
    found = cells("tau = ...\ncheck('01.a', tau)", 'tau = 1\ncheck("01.a", tau)', "tau = 3")
    found += cells("tau = ...\ncheck('01.a', tau)")

    def answer(id: str, alone: bool) -> int | None:
        return slices.answer_cell(found, id, "tau", alone, "tau = ...")

    assert answer("01.a", True) == 1
    assert answer("01.c", True) == 3 and answer("01.c", False) is None
    found[0].tag = "01.c"
    assert answer("01.c", True) == 0, "a stub is better than a cell of something else"


def test_a_name_in_a_loop_or_in_the_chapters_own_cells_is_no_answer():
    found = cells("for k in range(3):\n    print(k)", "k = 7", "import k")
    found[1].given = True
    assert slices.answer_cell(found, "07.b", "k", True, "k = ...") is None
    found[1].given = False
    assert slices.answer_cell(found, "07.b", "k", True, "k = ...") == 1


def test_no_exercise_waits_for_the_cells_above_it():
    """The solutions rest on the set-up cell alone: no training runs again for them."""
    for chapter in (f"{n:02d}" for n in range(20)):
        notebook = json.loads(source(chapter))
        found = [
            slices.Cell("".join(cell["source"]), given=True)
            for cell in notebook["cells"]
            if cell["cell_type"] == "code"
        ]
        for cell in found:
            cell.parse()
        for exercise in exercises(chapter):
            at = slices.answer_cell(found, exercise.id, exercise.answer, False, exercise.stub)
            check = f'course.check("{exercise.id}", {exercise.answer})'
            (solved,) = cells(f"{exercise.solution}\n{check}")
            assert slices.needed([*found[:at], solved], at) == [0], exercise.id
