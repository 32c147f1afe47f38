"""What the teacher edition adds to a chapter: times, the common mistakes of each exercise, and the
key of the quiz. All of it is made from the exercises,
the quizzes and the measured costs, so that none of it can drift from them."""

import copy
import hashlib
import json

from trevsnn_lite.course import questions
from trevsnn_lite.course.exercise import KINDS, Exercise, exercises
from trevsnn_lite.course.expected import expected_file

START = "**For the teacher.**"


def teacher_notebook(notebook: dict, name: str) -> dict:
    """A copy with notes for the teacher: behind the cost strip, behind each solution, behind the
    quiz."""
    chapter, found = name[:2], copy.deepcopy(notebook)
    behind = {
        f"<details><summary>Solution of {one.id}</summary>": mistakes(one)
        for one in exercises(chapter)
    }
    behind |= {
        f'course.quiz("{chapter}")': key(chapter),
        "**What this chapter costs.**": times(name),
    }
    cells = []
    for cell in found["cells"]:
        cells.append(cell)
        text = "".join(cell["source"]).strip()
        start = next((start for start in behind if text.startswith(start)), None)
        if start:
            cells.append(_cell(behind.pop(start), chapter))
    if behind:
        raise ValueError(
            f"{name} has no cell that begins with {', '.join(behind)}: there is no place "
            "for the teacher's notes on it."
        )
    found["cells"] = cells
    return found


def times(name: str) -> str:
    """Minutes of a chapter: reading, running, each exercise."""
    cost, own = _costs().get(name), exercises(name[:2])
    rows = [
        f"| {one.id} | {one.title} | {KINDS[one.kind]} | "
        f"{'●' * one.difficulty}{'○' * (3 - one.difficulty)} | {one.minutes} |"
        for one in own
    ]
    read = (
        f"Reading takes about {cost['minutes_to_read']} minutes, running "
        f"{cost['seconds']:.0f} s, the exercises {_minutes(name)} minutes."
        if cost
        else f"Its costs are not measured yet; the exercises take {_minutes(name)} minutes."
    )
    return "\n".join(
        [
            f"{START} {read}",
            "",
            "| exercise | title | kind | difficulty | minutes |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )


def mistakes(exercise: Exercise) -> str:
    """What the check of an exercise can name, each with what the student is told and an answer that
    earns it."""
    parts = [
        f"{START} Common mistakes in {exercise.id}, as the check names them; plan "
        f"{exercise.minutes} minutes."
    ]
    for name, text in exercise.diagnoses.items():
        parts.append(f"- **{name}**. {text}")
        parts.append(
            "  <details><summary>An answer that makes it</summary>\n\n  "
            f"```python\n{_indented(exercise.wrong[name])}\n  ```\n\n  </details>"
        )
    return "\n\n".join(parts)


def key(chapter: str) -> str:
    """The right option of each question of a chapter's quiz, with its reason."""
    rows = []
    for n, question in enumerate(questions.quiz(chapter).questions, 1):
        letter, right = next(
            (chr(97 + i), option) for i, option in enumerate(question["options"]) if option["right"]
        )
        rows.append(f"{n}. ({letter}) *{right['text']}*: {right['reason']}")
    return "\n".join([f"{START} The quiz's key.", "", *rows])


def overview(names: list[str]) -> str:
    """notes.md: the times of all chapters, and what their checks can tell apart."""
    costs, rows = _costs(), []
    for name in names:
        cost, own = costs.get(name, {}), exercises(name[:2])
        rows.append(
            (
                name,
                cost.get("minutes_to_read", 0),
                round(cost.get("seconds", 0)),
                cost.get("peak_mb", 0),
                len(own),
                _minutes(name),
                sum(len(one.diagnoses) for one in own),
            )
        )
    sums = [sum(row[i] for row in rows) for i in (1, 2, 4, 5, 6)]
    table = [
        f"| [{name}](chapters/{name}.ipynb) | {read} | {run} | {peak:,} | {count} | "
        f"{minutes} | {told} |"
        for name, read, run, peak, count, minutes, told in rows
    ]
    total = f"| all | {sums[0]} | {sums[1]} | | {sums[2]} | {sums[3]} | {sums[4]} |"
    keys = "\n\n".join(f"## {name}\n\n{key(name[:2])}" for name in names)
    return "\n".join(
        [
            "# Notes for the teacher",
            "",
            "Minutes to read at 120 words a minute, seconds to run and MB at the peak as "
            "measured for the cost strips, minutes for the exercises as their authors "
            "estimate them. "
            "The last column counts the mistakes that the chapter's checks can name.",
            "",
            "| chapter | read (min) | run (s) | peak (MB) | exercises | exercises (min) "
            "| mistakes named |",
            "|---|---|---|---|---|---|---|",
            *table,
            total,
            "",
            keys,
            "",
        ]
    )


def _minutes(name: str) -> int:
    return sum(one.minutes for one in exercises(name[:2]))


def _costs() -> dict:
    file = expected_file().parent / "chapter_costs.json"
    return json.loads(file.read_text("utf8")) if file.is_file() else {}


def _cell(text: str, chapter: str) -> dict:
    id = hashlib.sha256(f"{chapter}{text}".encode()).hexdigest()[:12]
    return {
        "cell_type": "markdown",
        "id": f"teacher-{id}",
        "metadata": {"tags": ["teacher"]},
        "source": text,
    }


def _indented(code: str) -> str:
    return "\n".join(f"  {line}" for line in code.strip().splitlines())
