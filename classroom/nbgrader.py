"""The student edition for a course that uses nbgrader, and its papers back: our tags of exercises
as nbgrader's metadata of cells (its schema 3), and the reverse.

An exercise becomes two cells: the answer's (solution), with the stub between nbgrader's marks so
that its `generate_assignment` keeps the rest, and a locked one that it grades, which asks our
check."""

import copy
import json
import pathlib
import re

from classroom.slices import CHECKED, TAG
from trevsnn_lite.course.exercise import find

SCHEMA = 3
# nbgrader puts its own stub in place of what stands between these.
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
TEST = """# Graded by the course's own check.
from trevsnn_lite.course.exercise import find

verdict, name, line = find("{id}").judge({answer})
assert verdict == "correct", line
"""


def export(folder: pathlib.Path, out: pathlib.Path) -> str:
    """Write every notebook of a student edition's `folder` to out/source/NAME/NAME.ipynb; a
    sentence about it. ValueError where the folder holds none."""
    files = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not files:
        raise ValueError(
            f"{folder} holds no chapter: expected the `chapters` of a student edition, as "
            "`make student` writes it."
        )
    for file in files:
        notebook = to_nbgrader(json.loads(file.read_text("utf8")))
        _write(notebook, out / "source" / file.stem / file.name)
    return f"{len(files)} notebooks are in {out / 'source'}, for nbgrader's generate_assignment."


def bring_back(folder: pathlib.Path, out: pathlib.Path) -> str:
    """Write every notebook below `folder`, nbgrader's `submitted`, to `out` with our tags, under
    the same names; a sentence about it. ValueError where there is none."""
    files = sorted(folder.rglob("*.ipynb"))
    files = [file for file in files if not any(part.startswith(".") for part in file.parts)]
    if not files:
        raise ValueError(f"{folder} holds no notebook: expected nbgrader's folder `submitted`.")
    for file in files:
        notebook = from_nbgrader(json.loads(file.read_text("utf-8-sig")))
        _write(notebook, out / file.relative_to(folder))
    return f"{len(files)} notebooks are in {out}, for `python -m classroom grade {out}`."


def to_nbgrader(notebook: dict) -> dict:
    """A copy of a student edition's notebook in which nbgrader finds every exercise."""
    found = copy.deepcopy(notebook)
    cells = []
    for cell in found["cells"]:
        cells.append(cell)
        ids = _ids(cell)
        if cell["cell_type"] != "code" or not ids:
            continue
        id = ids[0]
        cell["source"] = _marked("".join(cell["source"]))
        cell["metadata"]["nbgrader"] = _metadata(TAG, id, solution=True)
        test = {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {"nbgrader": _metadata("check-", id, grade=True, locked=True, points=1)},
            "outputs": [],
            "source": TEST.format(id=id, answer=find(id).answer),
        }
        if "id" in cell:
            test["id"] = f"check-{_dashed(id)}"
        cells.append(test)
    found["cells"] = cells
    return found


def from_nbgrader(notebook: dict) -> dict:
    """A copy without nbgrader's metadata and tests; the cells of exercises carry our tags."""
    found = copy.deepcopy(notebook)
    cells = []
    for cell in found["cells"]:
        foreign = cell["metadata"].pop("nbgrader", None) or {}
        id = exercise_of(foreign)
        if foreign.get("grade") and not foreign.get("solution"):
            continue
        if id:
            tags = cell["metadata"].get("tags", [])
            cell["metadata"]["tags"] = list(dict.fromkeys([*tags, TAG + id]))
            cell["source"] = _unmarked("".join(cell["source"]))
        cells.append(cell)
    found["cells"] = cells
    return found


def exercise_of(foreign: dict) -> str:
    """The exercise that a cell's nbgrader metadata names as its answer's; "" for none."""
    name = foreign.get("grade_id")
    known = re.fullmatch(TAG + r"(\d\d)-([a-z])", name) if isinstance(name, str) else None
    right = known and foreign.get("solution") is True
    return f"{known[1]}.{known[2]}" if right else ""


def _ids(cell: dict) -> list[str]:
    tags = [tag for tag in cell["metadata"].get("tags", []) if tag.startswith(TAG)]
    return [tag.removeprefix(TAG) for tag in tags] or CHECKED.findall("".join(cell["source"]))


def _metadata(kind: str, id: str, **given) -> dict:
    plain = {"grade": False, "locked": False, "solution": False, "task": False}
    return {**plain, **given, "grade_id": f"{kind}{_dashed(id)}", "schema_version": SCHEMA}


def _dashed(id: str) -> str:
    return id.replace(".", "-")  # nbgrader's ids have no dot


def _marked(source: str) -> str:
    """Each line that holds the dots of a stub, between the marks."""
    lines: list[str] = []
    for line in source.splitlines():
        indent = re.match(r"\s*", line)[0]
        stub = re.fullmatch(r"\s*(\w+ = )?\.\.\.\s*", line)
        lines += [f"{indent}{BEGIN}", line, f"{indent}{END}"] if stub else [line]
    return "\n".join(lines)


def _unmarked(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if line.strip() not in (BEGIN, END))


def _write(notebook: dict, file: pathlib.Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf8")
    part.replace(file)
