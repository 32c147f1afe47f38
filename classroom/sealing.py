"""The student edition's library: the package's source without a solution in it, its checks and
quizzes compressed so that nobody reads them by accident.

Sealed is not secret: whoever unpacks a check finds what it compares with. book/grading.md says
so."""

import ast
import base64
import json
import pathlib
import zlib

from trevsnn_lite.course.exercise import exercises

SEALED = '''"""Exercises of chapter {chapter}: their checks, compressed so that nobody reads them by accident. Solutions are in the teacher edition alone."""
import base64
import zlib

exec(zlib.decompress(base64.b64decode("""
{content}
""")))
'''  # noqa: E501
UNCHECKED = '''"""Exercises of chapter {chapter}, without checks: the teacher's grader has them."""
from trevsnn_lite.course.exercise import Exercise

EXERCISES = ({exercises})
'''


def seal_package(package: pathlib.Path, checks: str) -> None:
    """Rewrite course/exercises/chNN.py and course/quizzes/chNN.json of a copy of the package.
    `checks`: "sealed", or "none" for no check at all."""
    if checks not in ("sealed", "none"):
        raise ValueError(f"checks is {checks!r}, expected 'sealed' or 'none'.")
    for file in sorted((package / "course/exercises").glob("ch*.py")):
        chapter = file.stem[2:]
        content = _sealed(without_solutions(file.read_text("utf8"))) if checks == "sealed" else None
        file.write_text(
            SEALED.format(chapter=chapter, content=content) if content else _unchecked(chapter),
            "utf8",
        )
    for file in sorted((package / "course/quizzes").glob("ch*.json")):
        file.write_text(
            json.dumps({"sealed": _sealed(file.read_text("utf8"), width=None)}) + "\n", "utf8"
        )


def without_solutions(source: str) -> str:
    """The module's source without solutions, wrong answers, and what only they used. Its checks and
    diagnoses stay: a check needs what it compares with."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "Exercise"
        ):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "wrong"]
            for keyword in node.keywords:
                keyword.value = ast.Constant("") if keyword.arg == "solution" else keyword.value
    while unused := [node for node in tree.body if _names(node) and not _names(node) & _used(tree)]:
        tree.body = [node for node in tree.body if node not in unused]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _names(node: ast.stmt) -> set[str]:
    """What a statement at the module's level defines; nothing for EXERCISES, which is what the
    module is for."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return {
        child.id for target in targets for child in ast.walk(target) if isinstance(child, ast.Name)
    } - {"EXERCISES"}


def _used(tree: ast.Module) -> set[str]:
    """Names that one statement of the module uses and another defines; a function that calls itself
    does not keep itself."""
    return {
        child.id
        for node in tree.body
        for child in ast.walk(node)
        if isinstance(child, ast.Name)
        and isinstance(child.ctx, ast.Load)
        and not (isinstance(node, ast.FunctionDef) and child.id == node.name)
    }


def _unchecked(chapter: str) -> str:
    plain = ("id", "title", "minutes", "difficulty", "kind", "question", "answer", "hints")
    rows = [
        ", ".join(
            [
                *(f"{name}={getattr(one, name)!r}" for name in plain),
                'check=None, correct="", diagnoses={}, solution=""',
            ]
        )
        for one in exercises(chapter)
    ]
    return UNCHECKED.format(
        chapter=chapter, exercises="".join(f"\n    Exercise({row})," for row in rows) + "\n"
    )


def _sealed(text: str, width: int | None = 120) -> str:
    content = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return (
        "\n".join(content[i : i + width] for i in range(0, len(content), width))
        if width
        else content
    )
