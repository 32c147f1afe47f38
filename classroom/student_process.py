"""Inside the sandbox: run a student's cells and hand out values. Nothing here is trusted: the
grader compares, and this process can only misstate its own answers."""

import ast
import asyncio
import builtins
import inspect
import os
import pathlib
import resource
import socket
import sys
from contextlib import suppress

import torch

from classroom import slices, transport
from trevsnn_lite import course


def main(descriptor: int) -> None:
    """Serve the grader on a socket until it closes."""
    channel = transport.Channel(socket.socket(fileno=descriptor))
    job = transport.unpickled(channel.receive(), None)
    student = Student(job["cells"], channel)
    course.setup()  # every chapter's first cell: its libraries load before the clock runs
    limit(job["memory"], job["file"], job["processor"], job["processes"])
    channel.send(transport.to_json({"ready": True}))
    with suppress(EOFError, OSError):
        while True:
            request = transport.unpickled(channel.receive(), student.stand_in)
            try:
                reply = (
                    student.call(*request["call"])
                    if "call" in request
                    else student.answer(**request)
                )
                message = transport.to_json(reply)
            # SystemExit and KeyboardInterrupt too: a notebook's cell does not end this process
            except BaseException as error:
                message = transport.to_json(_failure(error))
            channel.send(message)
    os._exit(0)


def limit(memory: int, file: int, processor: int, processes: int | None) -> None:
    """Limits of this process and its children: bytes beyond what the libraries hold already, bytes
    of one file, seconds of processor time, processes."""
    statm = pathlib.Path("/proc/self/statm")
    held = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.is_file() else 0
    wanted = [
        ("RLIMIT_AS", held + memory),
        ("RLIMIT_FSIZE", file),
        ("RLIMIT_CPU", processor),
        # Not 0: a core that the system pipes to a program of its own is stopped by 1 alone.
        ("RLIMIT_CORE", 1),
        ("RLIMIT_NPROC", processes),
    ]
    for name, most in wanted:
        if most is not None and hasattr(resource, name):
            with suppress(ValueError, OSError):  # macOS has no limit on addresses
                resource.setrlimit(getattr(resource, name), (most, most))


class Student:
    """A notebook's namespace, filled as far as the exercises asked for need it."""

    def __init__(self, cells: list[tuple[str, str, bool]], channel: transport.Channel):
        self.cells = [slices.Cell(*cell) for cell in cells]
        for cell in self.cells:
            cell.parse()
        self.channel, self.done, self.given, self.function = channel, set(), {}, None
        self.namespace = {
            "__name__": "__main__",
            "__builtins__": builtins,
            "display": lambda *values: None,
            "get_ipython": Shell,
        }
        course.check = lambda id, answer: self.given.update(
            {id: answer}
        )  # a cell's own check call tells which value is the answer

    def answer(self, id: str, name: str, alone: bool, stub: str) -> dict:
        """Run what the exercise's cell needs, then the cell. {"value": ...}, {"function": True} or
        {"missing": True}."""
        last = slices.answer_cell(self.cells, id, name, alone, stub)
        if last is None:
            return {"missing": True}
        if self.cells[last].broken:
            return {"error": self.cells[last].broken}
        trouble = self._prepare(slices.needed(self.cells, last))
        try:
            self._run(last)
        except Exception as error:
            return {**_failure(error), "earlier": trouble}
        value = self.given.get(id, self.namespace.get(name, ...))
        if value is None or value is ...:
            return {"value": None}
        self.function = value if callable(value) else None
        return {"function": True} if callable(value) else {"value": transport.encode(value)}

    def call(self, arguments: tuple, keywords: dict) -> dict:
        """Call the last answer. What it did to the tensors of a network that it was given goes
        back, too."""
        value = self.function(*arguments, **keywords)
        states = {
            n: transport.encode(dict(item.state_dict()))
            for n, item in enumerate(arguments)
            if isinstance(item, torch.nn.Module)
        }
        return {"value": transport.encode(value), "states": states}

    def stand_in(self, number: int):
        """A function that stayed with the grader: calling it asks there."""

        def function(*arguments):
            self.channel.send(
                transport.to_json({"ask": number, "arguments": transport.encode(list(arguments))})
            )
            reply = transport.unpickled(self.channel.receive(), self.stand_in)
            if "error" in reply:
                raise ValueError(reply["error"])
            return reply["value"]

        return function

    def _prepare(self, cells: list[int]) -> str:
        """Run earlier cells. Where one fails the next runs all the same, as a student may have run
        them: the first failure in a sentence, or ""."""
        trouble = ""
        for n in cells:
            try:
                self._run(n)
            except MemoryError:
                raise
            except Exception as error:
                trouble = (
                    trouble or f"cell {n + 1} of the code cells failed with {type(error).__name__}"
                )
        return trouble

    def _run(self, n: int) -> None:
        if n not in self.done:
            self.done.add(n)
            code = compile(
                self.cells[n].tree,
                f"<cell {n + 1}>",
                "exec",
                flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
                dont_inherit=True,
            )
            running = eval(code, self.namespace)
            if inspect.iscoroutine(running):  # the cell awaits
                asyncio.run(running)


class Shell:
    """Stands for IPython: magics and !shell commands do nothing and give nothing."""

    def __getattr__(self, name: str):
        return lambda *words, **named: [] if name == "getoutput" else None


def _failure(error: BaseException) -> dict:
    memory = isinstance(error, MemoryError) or "can't allocate memory" in str(error)
    return {"error": f"{type(error).__name__}: {error}"[:500], "memory": memory}


if __name__ == "__main__":
    main(int(sys.argv[1]))
