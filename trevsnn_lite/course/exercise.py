"""Exercises that check themselves: a question, a check that names the likely mistakes, hints, a
solution, and the stub made from it."""

import ast
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field

from trevsnn_lite.course.answers import plain, same

KINDS = {"code": "code", "paper": "pen and paper", "break": "break it and see"}


class NotAnswered(Exception):
    """The reader's function gave back nothing yet."""


@dataclass(frozen=True)
class Exercise:
    """One exercise. `solution` and each text of `wrong` are code that defines the name `answer`."""

    id: str  # chapter, point, letter: "07.a"
    title: str
    minutes: int
    difficulty: int  # 1 to 3
    kind: str  # a key of KINDS
    question: str  # Markdown
    answer: str  # the name that the reader's cell defines, and that `check` is given
    # given the answer in plain Python values, or a function that gives back such: None where it is
    # right, else a key of `diagnoses`; None in an edition without checks
    check: Callable[[object], str | None] | None
    correct: str  # what the right answer shows, in one sentence
    diagnoses: dict[str, str]  # name -> what went wrong and where to look, in one or two sentences
    hints: tuple[str, ...]
    solution: str
    wrong: dict[str, str] = field(default_factory=dict)  # name of a diagnosis -> code that earns it
    # of a function: a small call, and what it should give; shown where no known mistake fits
    example: tuple[str, object] | None = None

    def __post_init__(self):
        if self.kind not in KINDS or self.difficulty not in (1, 2, 3):
            raise ValueError(
                f"Exercise {self.id} has kind {self.kind!r} and difficulty "
                f"{self.difficulty!r}, expected a kind of {', '.join(KINDS)} and 1 to 3."
            )

    @property
    def stub(self) -> str:
        """The solution with the bodies of its functions and the values of its names taken out."""
        return make_stub(self.solution)

    def run(self, code: str):
        """The value of `answer` after running `code` in a namespace of its own."""
        namespace: dict = {"__name__": f"exercise_{self.id}"}
        exec(compile(code, f"<exercise {self.id}>", "exec"), namespace)
        return namespace[self.answer]

    def diagnose(self, answer) -> str:
        """One line on the answer, never an error: what a notebook prints."""
        return self.judge(answer)[2]

    def judge(self, answer) -> tuple[str, str, str]:
        """(verdict, name, line): the verdict is "correct", "wrong", "error", "not done" or, in an
        edition without checks, "handed in"; the name is the
        diagnosis's, or the error's; the line is what a notebook prints. Never raises for an
        answer."""
        if answer is None or answer is ...:
            return "not done", "", "not answered yet."
        if self.check is None:
            return (
                "handed in",
                "",
                "answered. This edition has no checks: your teacher's grader will judge it.",
            )
        failed: list[Exception] = []
        try:
            name = self.check(_guarded(answer, failed) if callable(answer) else plain(answer))
        except NotAnswered:
            return (
                "not done",
                "",
                "not answered yet (the function gives back nothing; if it should, is the "
                "`return` missing?).",
            )
        except Exception as error:  # the reader's own code may fail in any way
            return (
                "error",
                type(error).__name__,
                f"not right yet: {'your function' if failed else 'the check'} stopped with "
                f"{type(error).__name__}: {error}",
            )
        return (
            ("correct", "", f"correct. {self.correct}")
            if name is None
            else (
                "wrong",
                name,
                f"not right yet. {self.diagnoses[name]}{self._tried(name, answer)}",
            )
        )

    def _tried(self, name: str, answer) -> str:
        """What the example gives and should give; nothing where a known mistake was named."""
        if self.example is None or name != "other":
            return ""
        call, wanted = self.example[0], _short(self.example[1])
        try:
            got = eval(call, {**self.check.__globals__, self.answer: _guarded(answer, [])})
        except Exception as error:  # the reader's own code may fail in any way
            return f" `{call}` stops with {type(error).__name__}; it should give {wanted}."
        if same(got, self.example[1], 1e-5):
            return f" `{call}` gives {wanted}, as it should; other inputs were tried as well."
        return f" `{call}` should give {wanted}; yours gives {_short(got)}."


def check(id: str, answer) -> None:
    """Print whether `answer` solves the exercise, or which mistake it looks like. Never raises for
    an answer, right or wrong."""
    print(f"{id}: {find(id).diagnose(answer)}")


def exercises(chapter: str) -> tuple[Exercise, ...]:
    """The exercises of a chapter ("07"), in their order; none where the chapter has no file in
    course/exercises."""
    name = f"trevsnn_lite.course.exercises.ch{chapter}"
    return importlib.import_module(name).EXERCISES if importlib.util.find_spec(name) else ()


def find(id: str) -> Exercise:
    """The exercise of this id; KeyError with the ids there are."""
    known = exercises(str(id).partition(".")[0])
    found = next((exercise for exercise in known if exercise.id == id), None)
    if found is None:
        raise KeyError(
            f"There is no exercise {id!r}; its chapter has "
            f"{', '.join(e.id for e in known) or 'none'}."
        )
    return found


def notebook_cells(id: str) -> list[tuple[str, str]]:
    """The cells that put an exercise into its chapter, as (kind, text): question with hints, stub
    with check, solution.
    Plain Markdown and <details>, which Colab shows as well as the rendered page does. A test holds
    the chapters to these texts."""
    exercise = find(id)
    level = "●" * exercise.difficulty + "○" * (3 - exercise.difficulty)
    head = (
        f"**Exercise {id}: {exercise.title}** ({exercise.minutes} minutes, "
        f"{KINDS[exercise.kind]}, difficulty {level})"
    )
    hints = [
        f"<details><summary>Hint {n}</summary>\n\n{hint}\n\n</details>"
        for n, hint in enumerate(exercise.hints, 1)
    ]
    solution = (
        "<details><summary>Solution of "
        f"{id}</summary>\n\n```python\n{exercise.solution.strip()}\n```\n\n{exercise.correct}\n\n</details>"
    )
    return [
        ("markdown", "\n\n".join([head, exercise.question.strip(), *hints])),
        ("code", f'{exercise.stub}\n\ncourse.check("{id}", {exercise.answer})'),
        ("markdown", solution),
    ]


def make_stub(solution: str) -> str:
    """Functions keep their signature and docstring, names keep their left side, all else (imports,
    given values in tuples) stays."""
    lines = solution.strip().splitlines()
    parts = []
    for node in ast.parse("\n".join(lines)).body:
        text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        if isinstance(node, ast.FunctionDef):
            documented = ast.get_docstring(node) is not None
            last = node.body[0].end_lineno if documented else node.body[0].lineno - 1
            text = "\n".join(lines[node.lineno - 1 : last]) + "\n    ..."
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = f"{node.targets[0].id} = ..."
        parts.append((text, "\n\n\n" if isinstance(node, ast.FunctionDef) else "\n"))
    return "".join(text + end for text, end in parts).strip()


def _guarded(function: Callable, failed: list) -> Callable:
    """The reader's function, its results in plain Python values; `failed` gets its errors."""

    def call(*arguments, **keywords):
        try:
            result = function(*arguments, **keywords)
        except Exception as error:  # the reader's own code may fail in any way
            failed.append(error)
            raise
        if result is None or result is ...:
            raise NotAnswered
        return plain(result)

    return call


def _short(value) -> str:
    """A value in at most 80 characters, its numbers in six digits."""
    if isinstance(value, list):
        text = f"[{', '.join(map(_short, value))}]"
    else:
        text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
