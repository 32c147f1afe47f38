"""The grader's result as a CSV and as one self-contained page: a table of students by exercises,
then every row with its diagnosis."""

import csv
import datetime
import html
import io
import os
import pathlib

FIELDS = ("student", "exercise", "verdict", "diagnosis", "seconds", "notebook")
MARKS = {
    "correct": "✓",
    "wrong": "✗",
    "error": "!",
    "not done": "–",
    "time limit": "∞",
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
.correct { color: var(--good); } .wrong, .error, .crashed, .unreadable, .limit { color: var(--bad); } .not-done, small { color: var(--quiet); }
"""  # noqa: E501


def write(grades: list, out: pathlib.Path) -> None:
    """Write out/grades.csv and out/grades.html; each is whole or is not there."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in (("grades.csv", as_csv(grades)), ("grades.html", as_page(grades))):
        part = out / f".{name}.{os.getpid()}.part"
        part.write_text(text, "utf8")
        os.replace(part, out / name)


def as_csv(grades: list) -> str:
    """One row for each exercise of each notebook. A text that a spreadsheet would take for a
    formula gets an apostrophe in front."""
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(FIELDS)
    for grade in grades:
        rows.writerow([_harmless(getattr(grade, name)) for name in FIELDS])
    return buffer.getvalue()


def _harmless(value):
    if not isinstance(value, str):
        return value
    line = " ".join(
        value.encode("utf8", "replace").decode().split()
    )  # a student's error may hold line breaks and half characters
    return f"'{line}" if line[:1] in ("=", "+", "-", "@") else line


def as_page(grades: list) -> str:
    """The page; all that comes from students is escaped."""
    papers = list(dict.fromkeys((grade.student, grade.notebook) for grade in grades))
    ids = sorted({grade.exercise for grade in grades if grade.exercise})
    found = {(grade.student, grade.notebook, grade.exercise): grade for grade in grades}
    many = len({student for student, _ in papers}) < len(papers)
    head = "".join(f'<th scope="col">{id}</th>' for id in ids)
    body = "".join(_line(student, notebook, ids, found, many) for student, notebook in papers)
    rows = "".join(
        f'<tr><th scope="row">{_text(g.student)}</th><td>{_text(g.exercise or g.notebook)}</td>'
        f'{_cell(g)}<td>{_text(g.diagnosis)}</td><td class="n">{g.seconds:.1f}</td></tr>'
        for g in grades
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Grades</title><style>{STYLE}</style></head>
<body><main><h1>Grades</h1>
<p>{len(papers)} notebooks, {sum(g.verdict == "correct" for g in grades)} of {sum(bool(g.exercise) for g in grades)} answers correct. Made on {datetime.date.today().isoformat()}.</p>
<div class="wide" tabindex="0" role="region" aria-label="Students and exercises"><table><caption>Students and exercises</caption>
<thead><tr><th scope="col">Student</th>{head}<th scope="col">Correct</th></tr></thead><tbody>{body}</tbody></table></div>
<div class="wide" tabindex="0" role="region" aria-label="Every answer"><table><caption>Every answer</caption>
<thead><tr><th scope="col">Student</th><th scope="col">Exercise</th><th scope="col">Verdict</th><th scope="col">Diagnosis</th><th scope="col">Seconds</th></tr></thead><tbody>{rows}</tbody></table></div>
</main></body></html>
"""  # noqa: E501


def _line(student: str, notebook: str, ids: list[str], found: dict, many: bool) -> str:
    own = [found.get((student, notebook, id)) for id in ids]
    cells = "".join("<td></td>" if grade is None else _cell(grade) for grade in own)
    if (student, notebook, "") in found:
        cells = f'<td class="unreadable" colspan="{len(ids) or 1}">? no notebook</td>'
    right = sum(grade is not None and grade.verdict == "correct" for grade in own)
    title = _text(student) + (f" <small>{_text(notebook)}</small>" if many else "")
    return f'<tr><th scope="row">{title}</th>{cells}<td class="n">{right}</td></tr>'


def _cell(grade) -> str:
    kind = "limit" if "limit" in grade.verdict else grade.verdict.replace(" ", "-")
    return (
        f'<td class="{kind}"><span aria-hidden="true">{MARKS[grade.verdict]}</span> '
        f"{grade.verdict}</td>"
    )


def _text(text: str) -> str:
    return html.escape(text.encode("utf8", "replace").decode())
