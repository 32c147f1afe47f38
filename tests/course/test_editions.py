"""Student and teacher editions: no solution in the student's, whichever file one looks into; all of
the teacher's notes in the teacher's."""

import base64
import itertools
import json
import pathlib
import re
import subprocess
import sys
import zipfile
import zlib

import pytest

from classroom import __main__ as cli
from classroom import editions, sealing, teacher_notes
from trevsnn_lite.course.exercise import Exercise, exercises

SEAL = re.compile(r'b64decode\("""\s*([\w+/=\s]+)"""|"sealed": "([\w+/=]+)"')


def squeezed(text: str) -> str:
    """The text without any space, as notebooks, Markdown and re-written code differ in it."""
    return re.sub(r"\s+", "", text)


def unsealed(text: str) -> str:
    return "".join(
        zlib.decompress(base64.b64decode(a or b)).decode() for a, b in SEAL.findall(text)
    )


def giveaways(code: str, stub: str, least: int = 1) -> list[str]:
    """What must stand nowhere: each run of `least` lines or more that the stub does not have, and
    within it each pair of neighbours."""
    known = {squeezed(line) for line in stub.splitlines()}
    runs, run = [], []
    for line in [squeezed(line) for line in code.strip().splitlines() if line.strip()] + [""]:
        if line and line not in known:
            run.append(line)
        elif run:
            runs.append(run)
            run = []
    return ["".join(run) for run in runs if len(run) >= least] + [
        a + b for run in runs for a, b in itertools.pairwise(run)
    ]


def contents(file: pathlib.Path) -> dict[str, str]:
    """The texts of a file, of the members of a wheel, of a notebook's cells and outputs."""
    if file.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(file) as archive:
            members = {
                name: archive.read(name)
                for name in archive.namelist()
                if not name.endswith((".gz", ".safetensors", "/"))
            }
        return {
            f"{file.name}/{name}": content.decode()
            for name, content in members.items()
            if not name.endswith(".whl")
        }
    text = file.read_text("utf8")
    if file.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        return {
            file.name: "\n".join("".join(cell["source"]) for cell in cells),
            f"{file.name}, outputs": json.dumps([cell.get("outputs") for cell in cells]),
        }
    return {file.name: text}


@pytest.fixture(scope="module")
def student(tmp_path_factory) -> pathlib.Path:
    out = tmp_path_factory.mktemp("editions") / "student"
    assert cli.main(["student", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def texts(student) -> dict[str, str]:
    return {
        name: text
        for file in sorted(student.rglob("*"))
        if file.is_file()
        for name, text in contents(file).items()
    }


@pytest.fixture(scope="module")
def all_exercises(student) -> list[Exercise]:
    return [
        exercise
        for file in sorted((student / "chapters").glob("*.ipynb"))
        for exercise in exercises(file.name[:2])
    ]


def leaks(texts: dict[str, str], codes: list[tuple[str, str, str]], least: int = 1) -> list[str]:
    """Where parts of codes, (name, code, stub), stand in texts. A short part such as `k = 3` counts
    only as a line of its own."""
    spread = {name: squeezed(text) for name, text in texts.items()}
    lines = {squeezed(line) for text in texts.values() for line in text.splitlines()}
    return [
        f"{id}: {part[:90]}"
        for id, code, stub in codes
        for part in giveaways(code, stub, least)
        if (any(part in text for text in spread.values()) if len(part) > 8 else part in lines)
    ]


def solutions(found: list[Exercise]) -> list[tuple[str, str, str]]:
    return [(exercise.id, exercise.solution, exercise.stub) for exercise in found]


def wrong_answers(found: list[Exercise]) -> list[tuple[str, str, str]]:
    return [
        (f"{exercise.id} {name}", code, exercise.stub)
        for exercise in found
        for name, code in exercise.wrong.items()
    ]


def test_no_solution_is_in_any_file(texts, all_exercises):
    assert (
        len(texts) > 150
        and len(all_exercises) > 60
        and any(name.endswith("exercises/ch07.py") for name in texts)
    )
    assert leaks(texts, solutions(all_exercises)) == []
    assert not [
        name
        for name, text in texts.items()
        if name.endswith((".ipynb", ".md", "outputs")) and "Solution of" in text
    ]


def test_no_wrong_answer_is_in_any_file(texts, all_exercises):
    """Of two lines or more: that a number such as 16 stands somewhere says nothing. Chapter 17
    itself shows the one that is let pass."""
    assert {
        leak.partition(":")[0] for leak in leaks(texts, wrong_answers(all_exercises), least=2)
    } <= {"17.e one scale"}


def test_the_sealed_checks_hold_no_solution_either(texts, all_exercises):
    """Unpacked, a check shows what it compares with: single lines at most, and nothing that an
    exercise calls a solution or a wrong answer."""
    opened = {name: unsealed(text) for name, text in texts.items() if "exercises/ch" in name}
    assert len(opened) >= 18 and all(
        "EXERCISES" in text and "wrong=" not in text for text in opened.values()
    )
    assert leaks(opened, solutions(all_exercises), least=2) == []


def test_a_solution_left_behind_would_be_found(texts, all_exercises):
    name = next(name for name in texts if name.startswith("07"))
    exercise = next(exercise for exercise in all_exercises if exercise.id == "07.a")
    assert leaks(
        {name: texts[name] + exercise.solution.replace("    ", "\t")}, solutions([exercise])
    )
    assert leaks(
        {"ch07.py": (editions.ROOT / "trevsnn_lite/course/exercises/ch07.py").read_text("utf8")},
        solutions([exercise]),
    )


def test_stubs_and_hints_stay_and_quizzes_are_not_in_plain_text(texts, all_exercises):
    spread = squeezed("".join(text for name, text in texts.items() if name.endswith(".ipynb")))
    for exercise in all_exercises:
        assert squeezed(exercise.stub) in spread and all(
            squeezed(hint) in spread for hint in exercise.hints
        ), exercise.id
    assert not [
        name
        for name, text in texts.items()
        if '"right": true' in text
        or ("Not this one." in text and not name.endswith("questions.py"))
    ]


def test_the_notebooks_carry_tags_for_the_grader_and_their_links_lead_somewhere(student):
    for file in sorted((student / "chapters").glob("*.ipynb")):
        notebook = json.loads(file.read_text("utf8"))
        tags = [
            tag
            for cell in notebook["cells"]
            for tag in cell["metadata"].get("tags", [])
            if tag.startswith("exercise-")
        ]
        assert (
            tags == [f"exercise-{exercise.id}" for exercise in exercises(file.name[:2])]
            and notebook["metadata"]["trevsnn_chapter"] == file.name[:2]
        )
        links = re.findall(
            r"\]\(((?:\.\./book/)?\w+\.(?:md|ipynb))",
            "".join("".join(cell["source"]) for cell in notebook["cells"]),
        )
        assert not [link for link in links if not (file.parent / link).is_file()], file.name


def test_the_students_library_checks_and_quizzes_without_a_solution(student, tmp_path):
    """In a process that has this library alone."""
    with zipfile.ZipFile(next(student.glob("trevsnn_lite-*+student-*.whl"))) as wheel:
        wheel.extractall(tmp_path)
    program = """if True:
        import sys
        sys.path.insert(0, sys.argv[1])
        from trevsnn_lite import course
        from trevsnn_lite.course.exercise import find
        assert course.__file__.startswith(sys.argv[1])
        course.check("07.b", 3)
        course.check("07.b", 22)
        course.check("07.a", lambda last, inputs, decay: [])
        print(len(course.quiz("07").questions), repr(find("07.a").solution), find("07.a").wrong)
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    lines = done.stdout.splitlines()
    assert [line[:16] for line in lines[:3]] == [
        "07.b: correct. N",
        "07.b: not right ",
        "07.a: not right ",
    ] and lines[3].endswith("'' {}"), done


def test_an_edition_without_checks_says_so(tmp_path):
    text = sealing._unchecked("07")
    module: dict = {}
    exec(text, module)
    one = module["EXERCISES"][0]
    assert (
        one.diagnose(3)
        == "answered. This edition has no checks: your teacher's grader will judge it."
        and one.diagnose(None) == "not answered yet."
    )
    assert [e.id for e in module["EXERCISES"]] == [e.id for e in exercises("07")] and module[
        "EXERCISES"
    ][0].hints == exercises("07")[0].hints
    with pytest.raises(ValueError, match="checks is 'some', expected 'sealed' or 'none'"):
        sealing.seal_package(tmp_path, "some")


def test_the_zip_is_the_folder(student):
    with zipfile.ZipFile(student.with_name("student.zip")) as archive:
        packed = {
            name.removeprefix("trevsnn-student/")
            for name in archive.namelist()
            if not name.endswith("/")
        }
    assert packed == {
        file.relative_to(student).as_posix() for file in student.rglob("*") if file.is_file()
    }


def test_the_wheel_address_is_the_teachers(root):
    notebook = json.loads((root / "chapters/07_reversibility.ipynb").read_text("utf8"))
    changed = editions.student_notebook(notebook, "07", "https://example.org/student.whl")
    cell = next(cell for cell in changed["cells"] if "TREVSNN_WHEEL" in "".join(cell["source"]))
    assert 'os.environ.get("TREVSNN_WHEEL", "https://example.org/student.whl")' in cell["source"]
    compile(cell["source"], "cell", "exec")


def test_a_chapter_that_shows_too_few_solutions_is_refused(root):
    notebook = json.loads((root / "chapters/07_reversibility.ipynb").read_text("utf8"))
    notebook["cells"] = [
        cell
        for cell in notebook["cells"]
        if not "".join(cell["source"]).startswith("<details><summary>Solution of 07.c")
    ]
    with pytest.raises(
        ValueError,
        match="The notebook of chapter 07 shows solutions of 07.a, 07.b, 07.d, 07.e, expected 07.a",
    ):
        editions.student_notebook(notebook, "07")


def test_teachers_get_solutions_mistakes_times_and_keys(root):
    name = "07_reversibility"
    source = json.loads((root / f"chapters/{name}.ipynb").read_text("utf8"))
    found = teacher_notes.teacher_notebook(source, name)
    text = "\n".join("".join(cell["source"]) for cell in found["cells"])
    for exercise in exercises("07"):
        assert (
            f"Solution of {exercise.id}" in text and f"| {exercise.id} | {exercise.title} |" in text
        )
        assert all(
            f"- **{mistake}**. {told}" in text for mistake, told in exercise.diagnoses.items()
        )
        assert all(squeezed(code) in squeezed(text) for code in exercise.wrong.values())
    assert re.search(
        r"Reading takes about \d+ minutes, running \d+ s, the exercises 47 minutes\.".replace(
            "47", str(sum(e.minutes for e in exercises("07")))
        ),
        text,
    )
    added = [cell for cell in found["cells"] if "teacher" in cell["metadata"].get("tags", [])]
    assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"]) and len(
        found["cells"]
    ) - len(source["cells"]) == len(added)
    assert [cell for cell in found["cells"] if cell not in added] == source["cells"]


def test_the_overview_adds_up():
    text = teacher_notes.overview(["07_reversibility", "09_multi_level"])
    rows = [
        [part.strip() for part in line.split("|")[1:-1]]
        for line in text.splitlines()
        if line.startswith(("| [", "| all"))
    ]
    assert [int(rows[2][i]) for i in (1, 2, 4, 5, 6)] == [
        int(rows[0][i]) + int(rows[1][i]) for i in (1, 2, 4, 5, 6)
    ]
    assert "## 07_reversibility" in text and "The quiz's key." in text


def test_bad_arguments_get_one_sentence_and_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("x")
    assert (
        cli.main(["student", "--out", str(tmp_path / "mine")]) == 2
        and cli.main(["teacher", "--out", str(tmp_path / "mine")]) == 2
    )
    said = capsys.readouterr().err
    assert (
        said.count("which exists and is no edition: name a new folder.") == 2
        and said.count("\n") == 2
    )
    assert [file.name for file in tmp_path.rglob("*")] == ["mine", "thesis.txt"]
