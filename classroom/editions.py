"""Student and teacher editions of the chapters, from the one source in chapters/: `make student`,
`make teacher`. Each is a folder and a zip of it."""

import copy
import json
import os
import pathlib
import re
import shutil
import tempfile

from classroom import sealing, teacher_notes
from classroom.slices import CHECKED, TAG
from tools import kit, seminar
from tools import wheel as wheels
from trevsnn_lite.course.exercise import exercises

ROOT = wheels.ROOT
SOLUTION = re.compile(r"<details><summary>Solution of (\d\d\.[a-z])</summary>")
WHEEL_ADDRESS = re.compile(r'(os\.environ\.get\("TREVSNN_WHEEL", )"[^"]*"')
PAGE = re.compile(r"\]\(\.\./book/(\w+\.md)")
STUDENT_README = """# {title}: student edition

{install}
Open a notebook of `chapters` and run it from the top. Under each exercise stands a cell with a stub. Replace the dots by your answer and run the cell{check}. Leave the line with
`course.check` as it is, and keep one cell for each exercise. You may add cells above it.

Hand in the notebook, saved, under your own name: `anna.ipynb`. What is checked is your answer, run afresh; stored outputs count for nothing.
"""  # noqa: E501
TEACHER_README = """# {title}: teacher edition, which holds solutions and keys: not for students

`chapters` holds every notebook with solutions, and under each exercise the mistakes that its check can name, with an answer that makes each.
`notes.md` has the times of all chapters and the keys of the quizzes. `{wheel}` is the whole library, with all checks.

{install}
- Student edition: `make student` in a checkout of the project; the stubs and hints of these notebooks, and a library without solutions.
- Grading: `python -m classroom grade FOLDER`, with FOLDER/STUDENT.ipynb or FOLDER/STUDENT/ANY.ipynb. Read `book/grading.md` first: it says what the
  sandbox does not protect from.
"""  # noqa: E501


def student(out: pathlib.Path, checks: str = "sealed", wheel_url: str | None = None) -> str:
    """Write the student edition to the folder `out` and to `out`.zip; a sentence about it.
    ValueError or FileNotFoundError for bad arguments.

    `wheel_url`: where the teacher publishes the student wheel, for the set-up cell in Colab."""

    return _edition(out, lambda folder: fill_student(folder, checks, wheel_url))


def fill_student(
    folder: pathlib.Path, checks: str = "sealed", wheel_url: str | None = None
) -> pathlib.Path:
    """Write the student edition's files into `folder`; the wheel's path."""

    def seal(source: pathlib.Path) -> None:
        wheels.labelled("student")(source)
        sealing.seal_package(source / "trevsnn_lite", checks)

    wheel = wheels.build(folder, change=seal)
    texts = _notebooks(
        folder, lambda notebook, name: student_notebook(notebook, name[:2], wheel_url)
    )
    _pages(texts, folder)
    kit.put(folder)
    check = (
        ": it names the likely mistake"
        if checks == "sealed"
        else "; your teacher's grader will judge it"
    )
    (folder / "README.md").write_text(
        STUDENT_README.format(title=_title(), install=kit.install(wheel.name), check=check), "utf8"
    )
    return wheel


def teacher(out: pathlib.Path) -> str:
    """Write the teacher edition to the folder `out` and to `out`.zip; a sentence about it."""

    def fill(folder: pathlib.Path) -> None:
        wheel = wheels.build(folder).name
        texts = _notebooks(
            folder, lambda notebook, name: teacher_notes.teacher_notebook(notebook, name)
        )
        _pages(texts + "](../book/grading.md", folder)
        if (ROOT / "book/teaching").is_dir():
            shutil.copytree(ROOT / "book/teaching", folder / "book/teaching")
            seminar.put_teacher_only(folder / "book/teaching", ROOT)
        kit.put(folder)
        names = sorted(file.stem for file in (folder / "chapters").glob("*.ipynb"))
        (folder / "notes.md").write_text(teacher_notes.overview(names), "utf8")
        (folder / "README.md").write_text(
            TEACHER_README.format(title=_title(), wheel=wheel, install=kit.install(wheel)), "utf8"
        )

    return _edition(out, fill)


def student_notebook(notebook: dict, chapter: str, wheel_url: str | None = None) -> dict:
    """A copy without solutions. Exercise cells are tagged for the grader; they and the quiz lose
    their stored outputs."""
    found = copy.deepcopy(notebook)
    texts = ["".join(cell["source"]) for cell in found["cells"]]
    given = [id for text in texts for id in SOLUTION.findall(text)]
    known = [exercise.id for exercise in exercises(chapter)]
    if sorted(given) != sorted(known):
        raise ValueError(
            f"The notebook of chapter {chapter} shows solutions of "
            f"{', '.join(given) or 'nothing'}, expected {', '.join(known) or 'nothing'}."
        )
    found["cells"] = [
        cell for cell, text in zip(found["cells"], texts) if not SOLUTION.match(text.strip())
    ]
    for cell in found["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and (CHECKED.search(text) or "course.quiz(" in text):
            cell["outputs"], cell["execution_count"] = [], None
            cell["metadata"]["tags"] = [
                *cell["metadata"].get("tags", []),
                *(TAG + id for id in CHECKED.findall(text)),
            ]
        if wheel_url and cell["cell_type"] == "code" and "TREVSNN_WHEEL" in text:
            cell["source"], changes = WHEEL_ADDRESS.subn(rf'\g<1>"{wheel_url}"', text)
            if changes != 1:
                raise ValueError(
                    f"The set-up cell of chapter {chapter} names no wheel after "
                    "TREVSNN_WHEEL, so --wheel-url has no place in it."
                )
    found["metadata"]["trevsnn_chapter"] = chapter
    return found


def _edition(out: pathlib.Path, fill) -> str:
    """Fill a temporary folder, then put it and its zip in place, so that no half edition is ever
    seen."""
    if not (ROOT / "chapters").is_dir() or not (ROOT / "pyproject.toml").is_file():
        raise FileNotFoundError(
            "Editions are made from the project's checkout, and this library was "
            "installed without it: clone the repository."
        )
    if out.exists() and not ((out / "README.md").is_file() and (out / "chapters").is_dir()):
        raise ValueError(f"--out is {out}, which exists and is no edition: name a new folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as temporary:
        folder = pathlib.Path(temporary) / f"trevsnn-{out.name}"
        folder.mkdir()
        fill(folder)
        zipped = shutil.make_archive(
            str(pathlib.Path(temporary) / out.name), "zip", temporary, folder.name
        )
        shutil.rmtree(out, ignore_errors=True)
        os.replace(folder, out)
        os.replace(zipped, out.with_name(f"{out.name}.zip"))
    size = out.with_name(f"{out.name}.zip").stat().st_size / 1e6
    return f"The {out.name} edition is in {out}, and as one file of {size:.1f} MB in {out}.zip."


def _notebooks(folder: pathlib.Path, change) -> str:
    """Write every chapter, changed; their text."""
    (folder / "chapters").mkdir()
    texts = []
    for file in sorted((ROOT / "chapters").glob("[0-9][0-9]_*.ipynb")):
        notebook = change(json.loads(file.read_text("utf8")), file.stem)
        texts.append(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
        (folder / "chapters" / file.name).write_text(texts[-1], "utf8")
    return "".join(texts)


def _pages(texts: str, folder: pathlib.Path) -> None:
    """Copy the book's pages that the notebooks link to."""
    (folder / "book").mkdir()
    for name in sorted(set(PAGE.findall(texts))):
        shutil.copy(ROOT / "book" / name, folder / "book")


def _title() -> str:
    return re.search(r"^title: (.*)$", (ROOT / "_config.yml").read_text("utf8"), re.MULTILINE)[
        1
    ].strip("\"'")
