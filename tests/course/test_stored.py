"""Stored outputs of demos and quizzes: those of the chapters are of today, and renewing touches
nothing else."""

import json

from tools import stored
from tools.__main__ import main
from trevsnn_lite import course


def notebook(*cells) -> str:
    return (
        json.dumps(
            {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
            ensure_ascii=False,
            indent=1,
        )
        + "\n"
    )


def code(source: str, **output) -> dict:
    outputs = (
        [{"data": output, "execution_count": 3, "metadata": {}, "output_type": "execute_result"}]
        if output
        else []
    )
    return {
        "cell_type": "code",
        "execution_count": 3,
        "id": "7",
        "metadata": {"tags": ["a"]},
        "outputs": outputs,
        "source": [source],
    }


def test_the_chapters_show_the_demos_of_today(root):
    stale = {
        file.name: changed
        for file in sorted((root / "chapters").glob("*.ipynb"))
        if (changed := stored.renewed(file.read_text("utf8"))[1])
    }
    assert not stale, "run: python -m tools demos chapters/*.ipynb"


def test_only_demos_and_quizzes_are_renewed(tmp_path, capsys):
    others = [
        code("course.demos", **{"text/plain": ["x"]}),
        code("course.demos.MemoryBill(layers=n)"),
        code("print(course.quiz)"),
        code('course.check("07.a", f)'),
    ]
    file = tmp_path / "a.ipynb"
    file.write_text(
        notebook(
            *others,
            code("course.demos.MemoryBill(layers=3)", **{"text/html": ["old"]}),
            code('course.quiz("07")'),
        ),
        "utf8",
    )
    before = file.read_text("utf8")
    assert main(["demos", "--check", str(file)]) == 1 and file.read_text("utf8") == before
    assert main(["demos", str(file)]) == 0 == main(["demos", "--check", str(file)])
    cells = json.loads(file.read_text("utf8"))["cells"]
    assert (
        cells[:4] == others
        and cells[4]["metadata"] == {"tags": ["a"]}
        and cells[4]["outputs"][0]["execution_count"] == 3
    )
    assert (
        "".join(cells[4]["outputs"][0]["data"]["text/html"])
        == course.demos.MemoryBill(layers=3)._repr_html_()
    )
    assert "".join(cells[5]["outputs"][0]["data"]["text/plain"]) == repr(course.quiz("07"))
    assert (
        "a.ipynb: renewed: course.demos.MemoryBill(layers=3), course.quiz"
        in capsys.readouterr().out
        and list(tmp_path.iterdir()) == [file]
    )


def test_a_missing_notebook_is_named(tmp_path, capsys):
    assert (
        main(["demos", str(tmp_path / "none.ipynb")]) == 2
        and "There is no notebook" in capsys.readouterr().err
    )
