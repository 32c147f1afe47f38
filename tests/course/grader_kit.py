"""For the grader's tests: papers made from a real chapter's student edition, and a student's process
with each of the walls that this system can build."""

import functools
import json
import os
import pathlib
import shutil
import tempfile

import pytest

from classroom import editions, sandbox, wall
from trevsnn_lite.course.exercise import find

ROOT = pathlib.Path(__file__).parents[2]
IDS = ["07.a", "07.b", "07.c", "07.d", "07.e"]
RIGHT = {id: find(id).solution for id in IDS}


@functools.cache
def source(chapter: str = "07") -> str:
    """The student edition of a chapter as JSON."""
    file = next((ROOT / "chapters").glob(f"{chapter}_*.ipynb"))
    return json.dumps(editions.student_notebook(json.loads(file.read_text("utf8")), chapter))


def paper(answers: dict[str, str], checks: bool = True, tags: bool = True) -> str:
    """A notebook in which the stubs of `answers` are replaced by code, with or without the line
    that checks it and the tag that names the exercise; by nothing where the code is ""."""
    chapter = next(iter(answers), "07")[:2]
    notebook, cells = json.loads(source(chapter)), []
    for cell in notebook["cells"]:
        ids = [tag.removeprefix("exercise-") for tag in cell["metadata"].get("tags", [])]
        id = next((id for id in ids if id in answers), None)
        if id is not None:
            line = f'\n\ncourse.check("{id}", {find(id).answer})' if checks else ""
            cell["source"] = answers[id] + line
            cell["metadata"] = cell["metadata"] if tags else {}
        if id is None or answers[id]:
            cells.append(cell)
    return json.dumps({**notebook, "cells": cells})


def tools() -> list[str]:
    """The programs here that build walls, where the system lets them."""
    return [tool for tool, program in PROGRAMS.items() if shutil.which(program)]


PROGRAMS = {"bubblewrap": "bwrap", "unshare": "unshare"}
INSIST = bool(os.environ.get("TREVSNN_REQUIRE_WALL"))  # where a wall must stand, as in CI


@functools.cache
def bare() -> bool:
    """Whether this system builds no wall at all."""
    with tempfile.TemporaryDirectory() as folder:
        (library := pathlib.Path(folder) / "library").mkdir()
        (root := pathlib.Path(folder) / "root").mkdir()
        seen = sandbox.view(sandbox.library(library), sandbox.Limits(), ())
        try:
            wall.build(seen, root, library / "classroom/probe.py")
        except wall.NoWall:
            assert not INSIST
            return True
    return False


class Room:
    """A student's process behind the wall of `tool` ("" for none), and what stands around it:
    folders of papers and results, a library's copy."""

    def __init__(self, tool: str, limits: sandbox.Limits | None = None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trevsnn-room-"))
        self.papers, self.out = self.folder / "papers", self.folder / "out"
        for name in ("papers", "out", "library", "root"):
            (self.folder / name).mkdir()
        (self.papers / "bert.ipynb").write_text("{}")
        self.limits = limits or sandbox.Limits(seconds=60.0, memory=2**30)
        self.library = sandbox.library(self.folder / "library")
        self.view = sandbox.view(self.library, self.limits, (self.papers, self.out))
        self.tool, self.wall = tool, None
        if tool:
            self.wall = wall.Wall(tool, self.words(self.view))
            fault = wall.tried(self.wall, self.view, self.library / "classroom/probe.py")
            if fault and not INSIST:
                pytest.skip(f"{tool} builds no wall here: {fault}")
            assert not fault
        self.process = sandbox.StudentProcess(self.limits, self.library, self.wall)

    def words(self, view: wall.View) -> tuple[str, ...]:
        """What builds the wall of this view."""
        if self.tool == "bubblewrap":
            return wall._bubblewrap(view)
        return wall._unshare(view, self.folder / "root")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.close()
        shutil.rmtree(self.folder)

    def seen(self, code: str):
        """What a cell with this code puts into `seen`."""
        self.process.start([(code, "07.a", False)])
        return self.process.answer("07.a", "seen", True, "seen = ...")
