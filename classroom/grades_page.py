"""The grader's results: grades.csv (every answer), students.csv (a line and a total for each
student), grades.html (both, the class by mistakes, papers that are alike, what was passed over) and
feedback/STUDENT.txt."""

import csv
import datetime
import html
import io
import os
import pathlib
import re
import shutil
import unicodedata
from collections import Counter

FIELDS = ("student", "exercise", "verdict", "diagnosis", "seconds", "notebook")
MARKS = {
    "correct": "✓",
    "wrong": "✗",
    "error": "!",
    "not done": "–",
    "time limit": "∞",
    "busy": "…",
    "memory limit": "▣",
    "crashed": "×",
    "unreadable": "?",
}
STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6e8eb); --paper: light-dark(#ffffff, #16191d); --line: light-dark(#c4c9d0, #454c55);
  --good: light-dark(#00563c, #6fd6b0); --bad: light-dark(#9c3d00, #ffab76); --quiet: light-dark(#4d555f, #a9b1bb); }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; } caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; } td.n { text-align: right; }
.correct { color: var(--good); } .wrong, .error, .crashed, .unreadable, .limit, .busy { color: var(--bad); } .not-done, small { color: var(--quiet); }
"""  # noqa: E501


class Results:
    """The grades by student. Of an exercise that a student has handed in twice the better counts:
    one point for each that is correct."""

    def __init__(self, grades: list, found):
        self.grades, self.found = grades, found
        self.ids = sorted({grade.exercise for grade in grades if grade.exercise})
        self.best: dict[tuple[str, str], object] = {}
        for grade in grades:
            key = (grade.student, grade.exercise)
            if key not in self.best or grade.verdict == "correct":
                self.best[key] = grade
        names = [*(grade.student for grade in grades), *found.missing]
        self.students = sorted(dict.fromkeys(names), key=str.casefold)

    def of(self, student: str) -> list:
        return [grade for grade in self.grades if grade.student == student]

    def points(self, student: str) -> int:
        return sum(
            self.best[student, id].verdict == "correct"
            for id in self.ids
            if (student, id) in self.best
        )

    def note(self, student: str) -> str:
        """What is not in the numbers."""
        own = [grade.notebook for grade in self.of(student) if not grade.exercise]
        return ". ".join(
            [
                *(["handed in nothing"] if student in self.found.missing else []),
                *(["not on the roster"] if student in self.found.strangers else []),
                *(f"{name} could not be read" for name in own),
            ]
        )

    def mistakes(self) -> list[tuple[str, str, int, int]]:
        """(exercise, mistake, students who made it, students who answered), the commonest first."""
        rows = []
        for id in self.ids:
            own = [self.best[one, id] for one in self.students if (one, id) in self.best]
            answered = [grade for grade in own if grade.verdict != "not done"]
            kinds = Counter(
                grade.diagnosis.partition(": ")[0] if grade.verdict == "wrong" else grade.verdict
                for grade in answered
                if grade.verdict != "correct"
            )
            rows += [(id, name, number, len(answered)) for name, number in kinds.items()]
        return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def write(grades: list, found, alike: list, out: pathlib.Path) -> None:
    """Write the results to `out`; each file is whole or is not there. `found`: a papers.Class,
    `alike`: of similar.pairs."""
    results = Results(grades, found)
    out.mkdir(parents=True, exist_ok=True)
    # The mark in front tells Excel that a file is UTF-8.
    for name, text in (
        ("grades.csv", "\ufeff" + as_csv(grades)),
        ("students.csv", "\ufeff" + as_students(results)),
        ("grades.html", as_page(results, alike)),
    ):
        part = out / f".{name}.{os.getpid()}.part"
        part.write_text(text, "utf8")
        os.replace(part, out / name)
    part = out / f".feedback.{os.getpid()}.part"
    part.mkdir()
    for student, name in _file_names(results.students).items():
        (part / name).write_text(as_feedback(results, student), "utf8")
    shutil.rmtree(out / "feedback", ignore_errors=True)
    os.replace(part, out / "feedback")


def as_csv(grades: list) -> str:
    """One row for each exercise of each notebook."""
    return _table([FIELDS, *([getattr(grade, name) for name in FIELDS] for grade in grades)])


def as_students(results: Results) -> str:
    """One row for each student: points, of how many, the verdict on each exercise."""
    rows = [
        [
            student,
            results.points(student),
            len(results.ids),
            *(getattr(results.best.get((student, id)), "verdict", "") for id in results.ids),
            results.note(student),
        ]
        for student in results.students
    ]
    return _table([["student", "points", "of", *results.ids, "note"], *rows])


def as_feedback(results: Results, student: str) -> str:
    """What one student may read: the own verdicts and diagnoses, nobody else's."""
    lines = [f"{student}: {results.points(student)} of {len(results.ids)} answers correct.", ""]
    for grade in results.of(student):
        what = f"{grade.exercise or grade.notebook}: {grade.verdict}"
        lines.append(f"{what}. {grade.diagnosis}".strip())
    if student in results.found.missing:
        lines.append("Nothing was handed in under this name.")
    return "\n".join(visible(line) for line in lines) + "\n"


def visible(text: str) -> str:
    """One line without line breaks, terminal codes, characters that turn the direction of writing
    round, and halves of characters: these stand as \\x1b and the like."""
    text = " ".join(text.encode("utf8", "replace").decode().split())
    return "".join(
        char.encode("unicode_escape").decode()
        if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp")
        and char not in "\u200c\u200d"  # joiners: names in Persian and Hindi have them
        else char
        for char in text
    )


def as_page(results: Results, alike: list) -> str:
    """The page; all that comes from students is escaped."""
    grades, found, ids = results.grades, results.found, results.ids
    right = sum(grade.verdict == "correct" for grade in grades)
    head = ["Student", *ids, "Points", "Note"]
    mistakes = [
        (id, _text(name), f"{number} of {answered}")
        for id, name, number, answered in results.mistakes()
    ]
    answers = [
        (
            _text(g.student),
            _text(g.exercise or "no notebook"),
            _mark(g),
            _text(g.diagnosis),
            f"{g.seconds:.1f}",
            _text(g.notebook),
        )
        for g in grades
    ]
    pairs = [
        (_text(" and ".join(pair.students)), f"{pair.share:.0%}", ", ".join(pair.exercises))
        for pair in alike
    ]
    passed = [(_text(name), _text(reason)) for name, reason in found.passed_over]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Grades</title><style>{STYLE}</style></head>
<body><main><h1>Grades</h1>
<p>{len(found.papers)} notebooks of {len(results.students) - len(found.missing)} students, {right} of {sum(bool(g.exercise) for g in grades)} answers correct. Made on {datetime.date.today().isoformat()}.</p>
{_html("Students", head, [_line(results, student) for student in results.students])}
{_html("The class: who fell for what", ["Exercise", "Mistake", "Students, of those who answered"], mistakes)}
{_html("Papers that are alike, beyond the stub, the book's solution and what many have; look before you judge", ["Students", "Of the shorter one", "In"], pairs)}
{_html("Passed over: no paper", ["File", "Why"], passed)}
{_html("Every answer", ["Student", "Exercise", "Verdict", "Diagnosis", "Seconds", "Notebook"], answers)}
</main></body></html>
"""  # noqa: E501


def _line(results: Results, student: str) -> tuple[str, ...]:
    own = [results.best.get((student, id)) for id in results.ids]
    points = f"{results.points(student)} of {len(results.ids)}"
    marks = ("" if grade is None else _mark(grade) for grade in own)
    return (_text(student), *marks, points, _text(results.note(student)))


def _html(caption: str, head: list[str], rows: list[tuple[str, ...]]) -> str:
    """A table, its first column the head of its rows; nothing where it has no row."""
    if not rows:
        return ""
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(map(_td, row[1:]))}</tr>' for row in rows
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{caption}"><table>'
        f"<caption>{caption}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
        "</div>"
    )


def _td(text: str) -> str:
    number = re.fullmatch(r"[\d.]+( of \d+|%)?", text)
    return f'<td class="n">{text}</td>' if number else f"<td>{text}</td>"


def _mark(grade) -> str:
    kind = "limit" if "limit" in grade.verdict else grade.verdict.replace(" ", "-")
    return (
        f'<span class="{kind}"><span aria-hidden="true">{MARKS[grade.verdict]}</span> '
        f"{grade.verdict}</span>"
    )


def _text(text: str) -> str:
    return html.escape(visible(text))


def _table(rows: list) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(
        [_harmless(value) for value in row] for row in rows
    )
    return buffer.getvalue()


def _harmless(value):
    """A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    line = visible(value)
    return f"'{line}" if line[:1] in ("=", "+", "-", "@") else line


def _file_names(students: list[str]) -> dict[str, str]:
    """A file's name for each student, safe on every system, each once."""
    names: dict[str, str] = {}
    for student in students:
        plain = re.sub(r"[^\w .-]|^[. ]+|[. ]+$", "_", visible(student))[:80] or "_"
        name, n = f"{plain}.txt", 2
        while name.casefold() in {taken.casefold() for taken in names.values()}:
            name, n = f"{plain}_{n}.txt", n + 1
        names[student] = name
    return names
