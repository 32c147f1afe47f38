"""The sandbox of the grader: a fresh process per notebook with a clean environment, limits and,
where the system allows it, a wall round it (wall.py), and a way to ask it for answers.

It is no security boundary against an attack on the kernel: see book/grading.md."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass

import torch

import trevsnn_lite
from classroom import transport
from classroom.processor import Share
from classroom.wall import PYTHON, View, Wall
from trevsnn_lite.course.expected import expected_file

PACKAGE = pathlib.Path(trevsnn_lite.__file__).parent
CLASSROOM = pathlib.Path(__file__).parent
ROOT = CLASSROOM.parent
START = 120.0  # seconds for the libraries to load
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from classroom import student_process; "
    "student_process.main(int(sys.argv[2]))"
)


@dataclass(frozen=True)
class Limits:
    """Of one student's process. `memory` is what its code may take beyond the libraries, `seconds`
    is for one exercise with the cells it needs, `file` is for one file, `room` for all of them
    behind a wall."""

    seconds: float = 120.0
    memory: int = 4 * 2**30
    file: int = 256 * 2**20
    room: int = 256 * 2**20
    processes: int = 256


class Ended(BaseException):
    """The process gives no answer any more. Not an Exception: a check's own `except` must not take
    it for the student's error."""

    def __init__(self, verdict: str, sentence: str):
        super().__init__(sentence)
        self.verdict, self.sentence = verdict, sentence


def library(folder: pathlib.Path) -> pathlib.Path:
    """A copy of the library without exercises, checks, solutions and quizzes, for students'
    processes; the data beside it, and of the classroom what runs in them."""
    left_out = shutil.ignore_patterns("ch[0-9][0-9].*", "_data", "__pycache__")
    shutil.copytree(PACKAGE, folder / "trevsnn_lite", ignore=left_out)
    (folder / "classroom").mkdir()
    for name in ("__init__", "student_process", "slices", "transport", "probe"):
        shutil.copy(CLASSROOM / f"{name}.py", folder / "classroom")
    data = expected_file().parent
    (folder / ("data" if data == PACKAGE.parent / "data" else "trevsnn_lite/_data")).symlink_to(
        data
    )
    return folder


def view(original: pathlib.Path, limits: Limits, papers: tuple[pathlib.Path, ...]) -> View:
    """What a student's process may see: Python, the library's copy, the data. What it must not:
    solutions, wherever they lie, the papers, the results, the checkout."""
    names = ("trevsnn_lite", "classroom", "tools", "chapters", "book", "tests", "_build", ".git")
    shown = (sys.base_prefix, sys.prefix, original, expected_file().parent)
    secret = (PACKAGE, *(ROOT / name for name in names), *papers)
    return View(
        tuple(pathlib.Path(place).resolve() for place in shown),
        tuple(place.resolve() for place in secret),
        limits.room,
    )


class StudentProcess:
    """One process that holds a notebook's cells. `original` is a folder that `library` has made.
    Whoever starts it closes it."""

    def __init__(self, limits: Limits, original: pathlib.Path, wall: Wall | None = None):
        self.limits, self.original, self.wall, self.functions = limits, original, wall, []
        # Behind a wall its home is in memory, and no folder of the machine is its own.
        self.folder = None if wall else pathlib.Path(tempfile.mkdtemp(prefix="trevsnn-grade-"))
        self.process = self.end = None
        self.killed = False

    def start(self, cells: list[tuple[str, str, bool]]) -> None:
        """Start it with a notebook's cells, [(text, exercise of its tag, whether the chapter brings
        it), ...]. Raises Ended."""
        home = self.wall.home if self.wall else str(self.folder)
        own, theirs = socket.socketpair()
        self.end = transport.Channel(own)
        environment = {
            "PATH": os.defpath,
            "HOME": home,
            "TMPDIR": home,
            "USER": "student",
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
        }
        # What it prints goes nowhere: a notebook that prints a gigabyte fills neither memory nor
        # disk.
        self.process = subprocess.Popen(
            [
                *(self.wall.command() if self.wall else ()),
                PYTHON,
                "-I",
                "-c",
                PROGRAM,
                str(self.original),
                str(theirs.fileno()),
            ],
            cwd=self.folder or "/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
        theirs.close()
        if self.killed:
            self.kill()
        # ends what may have escaped from the process group
        processor = int(START + 30 * self.limits.seconds)
        job = {
            "cells": cells,
            "memory": self.limits.memory,
            "file": self.limits.file,
            "processor": processor,
            "processes": self.limits.processes if self.wall else None,
        }
        try:
            self._exchange(job, Share(self.process.pid, START))
        except Ended as end:
            verdict = "busy" if end.verdict == "busy" else "crashed"
            raise Ended(verdict, f"The process did not start: {end.sentence}") from None

    def answer(self, id: str, name: str, alone: bool, stub: str):
        """The student's answer: plain data, None where there is none, or a Remote function. The
        time of an exercise begins here. Raises Ended, or Failed where the cell raised; KeyError
        where the notebook has no such cell."""
        share = Share(self.process.pid, self.limits.seconds)
        reply = self._exchange({"id": id, "name": name, "alone": alone, "stub": stub}, share)
        if reply.get("missing") is True:
            raise KeyError(id)
        return Remote(self, share) if reply.get("function") is True else self._value(reply)

    def call(self, arguments: tuple, keywords: dict, share: Share):
        """What the student's function gives for these arguments. Functions among them stay here:
        the process asks for their values."""
        reply = self._exchange({"call": (arguments, keywords)}, share)
        while "ask" in reply:
            reply = self._exchange(self._asked(reply), share)
        value = self._value(reply)
        for n, item in enumerate(arguments):
            if isinstance(item, torch.nn.Module):
                try:
                    item.load_state_dict(transport.decode(reply["states"][str(n)]))
                except Exception as error:
                    raise Ended(
                        "unreadable", f"What came back is no answer ({type(error).__name__})."
                    ) from None
        return value

    def _asked(self, reply: dict) -> dict:
        try:
            return {"value": self.functions[reply["ask"]](*transport.decode(reply["arguments"]))}
        except Exception as error:  # the student's arguments may be anything
            return {"error": f"{type(error).__name__}: {error}"}

    def _value(self, reply: dict):
        if "error" in reply:
            if reply.get("memory"):
                raise Ended(
                    "memory limit",
                    f"The code asked for more than {self.limits.memory / 2**30:g} GiB of memory.",
                )
            earlier = f" ({reply['earlier']})" if reply.get("earlier") else ""
            raise Failed(f"{reply['error']}{earlier}"[:600])
        try:
            return transport.decode(reply["value"])
        except (KeyError, transport.Unreadable):
            raise Ended("unreadable", "What came back is no answer.") from None

    def _exchange(self, message: dict, share: Share) -> dict:
        try:
            self.end.send(transport.pickled(message, self.functions), share)
            return transport.from_json(self.end.receive(share, transport.MOST_BYTES))
        except TimeoutError:
            raise _late(share) from None
        except transport.Unreadable:
            raise Ended(
                "unreadable",
                "What came back is no answer, or a larger one than any exercise asks for.",
            ) from None
        except (EOFError, OSError):
            raise Ended(
                "crashed", f"The process ended before it had answered ({self._how()})."
            ) from None

    def _how(self) -> str:
        try:
            status = self.process.wait(2)
        except subprocess.TimeoutExpired:
            return "it closed its connection"
        number = (
            -status if status < 0 else status - 128 if status > 128 else 0
        )  # unshare gives a signal as 128 + n
        return (
            signal.Signals(number).name
            if number in set(signal.Signals)
            else f"exit status {status}"
        )

    def kill(self) -> None:
        """End the process and its children, also where it is only about to start."""
        self.killed = True
        if self.process:
            with suppress(OSError):  # all of the group may have ended
                os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and its children, and remove its folder."""
        self.kill()
        if self.process:
            self.process.wait()
        if self.end:
            self.end.end.close()
        for _ in range(20 if self.folder else 0):  # a child that is being ended may still write
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                break
            time.sleep(0.05)


def _late(share: Share) -> Ended:
    """Told apart: a machine that has other things to do, a loop, and a wait for what never
    comes."""
    if share.busy:
        seconds = time.monotonic() - share.begin
        return Ended(
            "busy",
            f"The machine was busy: {share.used:.0f} s of processor time in {seconds:.0f} s. This "
            "says nothing about the answer.",
        )
    spent = (
        f"it worked for {share.used:.0f} s of them"
        if share.used >= share.seconds / 2
        else "it waited for something"
    )
    return Ended("time limit", f"No answer within {share.seconds:g} s; {spent}.")


class Failed(Exception):
    """The student's own code raised; the message is its error's."""


class Remote:
    """A student's function, as a check sees it: called here, run there."""

    def __init__(self, process: StudentProcess, share: Share):
        self.process, self.share = process, share

    def __call__(self, *arguments, **keywords):
        return self.process.call(arguments, keywords, self.share)
