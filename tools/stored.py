"""The stored outputs of demos and quizzes in the chapters: which are not what they give now, and
new ones in their place, without running the rest."""

import ast
import json
import os
import pathlib

from trevsnn_lite import course

HOLDERS = ("course.demos.", "course.quiz", "course.worksheet")


def shown(source: str):
    """The demo, quiz or worksheet that a cell `course.demos.NAME(...)`, `course.quiz("07")` or
    `course.worksheet("recall")` shows; None for any other cell. Arguments have to be constants."""
    if not source.strip().startswith(HOLDERS):
        return None
    try:
        call = ast.parse(source.strip(), mode="eval").body
        arguments = [ast.literal_eval(value) for value in call.args]
        named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        what = ast.unparse(call.func).removeprefix("course.")
    except (SyntaxError, ValueError, AttributeError):
        return None
    if what in ("quiz", "worksheet"):
        return getattr(course, what)(*arguments, **named)
    return getattr(course.demos, what.removeprefix("demos."))(*arguments, **named)


def renewed(text: str) -> tuple[str, list[str]]:
    """(a notebook's text with the outputs of today, the sources of the cells that changed). Nothing
    else in the text is touched."""
    notebook, changed = json.loads(text), []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        holder = shown(source) if cell["cell_type"] == "code" else None
        if holder is None:
            continue
        data = {
            "text/html": holder._repr_html_().splitlines(keepends=True),
            "text/plain": repr(holder).splitlines(keepends=True),
        }
        output = {
            "data": data,
            "execution_count": cell["execution_count"],
            "metadata": {},
            "output_type": "execute_result",
        }
        if cell["outputs"] != [output]:
            cell["outputs"] = [output]
            changed.append(source)
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n" if changed else text), changed


def renew(files: list[pathlib.Path], check: bool = False) -> int:
    """Renew each notebook, or only say what is not of today; the number of outputs that were not."""  # noqa: E501
    total = 0
    for file in files:
        text, changed = renewed(file.read_text("utf8"))
        total += len(changed)
        if changed:
            print(f"{file.name}: {'not of today' if check else 'renewed'}: {', '.join(changed)}")
        if changed and not check:
            temporary = file.with_suffix(".tmp")
            temporary.write_text(text, "utf8")
            os.replace(temporary, file)
    return total
