"""The sandbox of the grader: a fresh process per notebook with a clean environment, a folder of its
own and limits, and a way to ask it for answers.

It keeps accidents and cheap tricks from the teacher's machine and from the verdicts. It is no
security boundary: see book/grading.md."""

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
from trevsnn_lite.course.expected import expected_file

PACKAGE = pathlib.Path(trevsnn_lite.__file__).parent
CLASSROOM = pathlib.Path(__file__).parent
START = 120.0  # seconds for the libraries to load, on a busy machine
UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child")
# Empty folders over those that a student must not read; then all rights to take them away again are
# dropped, and with them sudo and the like.
COVER = (
    'while [ "$1" != -- ]; do mount -t tmpfs -o ro,size=4k none "$1" || exit 97; shift; '
    "done; shift; "
    'exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"'
)
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from classroom import student_process; "
    "student_process.main(int(sys.argv[2]))"
)


@dataclass(frozen=True)
class Limits:
    """Of one student's process. `memory` is what its code may take beyond the libraries, `seconds`
    is for one exercise with the cells it needs."""

    seconds: float = 120.0
    memory: int = 4 * 2**30
    file: int = 256 * 2**20
    processes: int = 256


class Ended(BaseException):
    """The process gives no answer any more. Not an Exception: a check's own `except` must not take
    it for the student's error."""

    def __init__(self, verdict: str, sentence: str):
        super().__init__(sentence)
        self.verdict, self.sentence = verdict, sentence


def wall(hidden: tuple[pathlib.Path, ...]) -> tuple[str, ...]:
    """The command that puts what the system allows between a student's process and the teacher's:
    best, no network, no child that outlives its parent, and
    the `hidden` folders empty; else without the last; else (), nothing."""
    covered = [str(folder) for folder in hidden]
    for command in ((*UNSHARE, "--mount", "sh", "-c", COVER, "sh", *covered, "--"), UNSHARE):
        with suppress(OSError, subprocess.TimeoutExpired):
            if subprocess.run([*command, "true"], capture_output=True, timeout=30).returncode == 0:
                return command
    return ()


def to_hide(papers: pathlib.Path) -> tuple[pathlib.Path, ...]:
    """Folders that hold solutions or other students' papers; never one that a student's process
    needs: Python's own, the data, the temporary folder."""
    root = CLASSROOM.parent
    names = ("trevsnn_lite", "classroom", "tools", "chapters", "book", "tests", "_build", ".git")
    folders = [PACKAGE, *(root / name for name in names if root / name != PACKAGE)]
    needed = [
        pathlib.Path(place).resolve()
        for place in (sys.prefix, sys.base_prefix, tempfile.gettempdir(), expected_file().parent)
    ]
    found = [folder.resolve() for folder in (*folders, papers) if folder.is_dir()]
    return tuple(
        folder for folder in found if not any(place.is_relative_to(folder) for place in needed)
    )


def library(folder: pathlib.Path) -> pathlib.Path:
    """A copy of the library without exercises, checks, solutions and quizzes, for students'
    processes; the data beside it, and of the classroom what runs in them."""
    shutil.copytree(
        PACKAGE, folder / "trevsnn_lite", ignore=shutil.ignore_patterns("ch[0-9][0-9].*", "_data")
    )
    (folder / "classroom").mkdir()
    for name in ("__init__", "student_process", "slices", "transport"):
        shutil.copy(CLASSROOM / f"{name}.py", folder / "classroom")
    data = expected_file().parent
    (folder / ("data" if data == PACKAGE.parent / "data" else "trevsnn_lite/_data")).symlink_to(
        data
    )
    return folder


class StudentProcess:
    """One process that holds a notebook's cells. `original` is a folder that `library` has made,
    `wall` what `wall` has found. Whoever starts it closes it."""

    def __init__(self, limits: Limits, original: pathlib.Path, wall: tuple[str, ...] = ()):
        self.limits, self.original, self.wall, self.functions = limits, original, wall, []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trevsnn-grade-"))
        self.process = self.end = None
        self.killed = False

    def start(self, cells: list[tuple[str, str]]) -> None:
        """Start it with a notebook's cells, [(text, exercise of its tag), ...]. Raises Ended."""
        home = self.folder / "home"
        home.mkdir()
        shutil.copytree(
            self.original, self.folder / "library", symlinks=True
        )  # its own copy: it may spoil it for itself alone
        own, theirs = socket.socketpair()
        self.end = transport.Channel(own)
        environment = {
            "PATH": os.defpath,
            "HOME": str(home),
            "TMPDIR": str(home),
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
        }
        # What it prints goes nowhere: a notebook that prints a gigabyte fills neither memory nor
        # disk.
        self.process = subprocess.Popen(
            [
                *self.wall,
                sys.executable,
                "-I",
                "-c",
                PROGRAM,
                str(self.folder / "library"),
                str(theirs.fileno()),
            ],
            cwd=home,
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
        processor = int(
            START + 30 * self.limits.seconds
        )  # ends what may have escaped from the process group
        job = {
            "cells": cells,
            "memory": self.limits.memory,
            "file": self.limits.file,
            "processor": processor,
            "processes": self.limits.processes if self.wall else None,
        }
        try:
            self._exchange(job, time.monotonic() + START)
        except Ended as end:
            raise Ended("crashed", f"The process did not start: {end.sentence}") from None

    def answer(self, id: str, name: str, alone: bool, deadline: float):
        """The student's answer: plain data, None where there is none, or a Remote function. Raises
        Ended, or Failed where the cell raised; KeyError where the
        notebook has no such cell."""
        reply = self._exchange({"id": id, "name": name, "alone": alone}, deadline)
        if reply.get("missing") is True:
            raise KeyError(id)
        return Remote(self, deadline) if reply.get("function") is True else self._value(reply)

    def call(self, arguments: tuple, keywords: dict, deadline: float):
        """What the student's function gives for these arguments. Functions among them stay here:
        the process asks for their values."""
        reply = self._exchange({"call": (arguments, keywords)}, deadline)
        while "ask" in reply:
            reply = self._exchange(self._asked(reply), deadline)
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

    def _exchange(self, message: dict, deadline: float) -> dict:
        try:
            self.end.send(transport.pickled(message, self.functions), deadline)
            return transport.from_json(self.end.receive(deadline, transport.MOST_BYTES))
        except TimeoutError:
            raise Ended("time limit", f"No answer within {self.limits.seconds:g} s.") from None
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
        for _ in range(20):  # a child that is being ended may still write
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                break
            time.sleep(0.05)


class Failed(Exception):
    """The student's own code raised; the message is its error's."""


class Remote:
    """A student's function, as a check sees it: called here, run there."""

    def __init__(self, process: StudentProcess, deadline: float):
        self.process, self.deadline = process, deadline

    def __call__(self, *arguments, **keywords):
        return self.process.call(arguments, keywords, self.deadline)
