"""A slow answer and a busy machine are told apart: with a clock of the test's own, so that the
machine's load does not matter."""

import os
import subprocess
import sys

import pytest

from classroom import grading, papers, processor, sandbox


class Machine:
    """A clock, and a process on it that gets `share` of a processor, stands in line for `line` of
    the time, and waits for something else in the rest."""

    def __init__(self, monkeypatch, share: float, line: float):
        self.now, self.share, self.line = 1000.0, share, line
        monkeypatch.setattr(processor.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(processor, "used_and_waits", lambda pid: self.told())

    def told(self) -> tuple[float, dict[int, float]]:
        passed = self.now - 1000.0
        return 7.0 + self.share * passed, {1: 3.0 + self.line * passed, 2: 0.0}

    def run(self, seconds: float) -> tuple[float, processor.Share]:
        """How long the process is waited for."""
        share = processor.Share(1, seconds)
        while (left := share.left()) > 0:
            self.now += left
        return self.now - 1000.0, share


@pytest.mark.parametrize(
    "used, line, waited, busy, sentence",
    [
        (1.0, 0.0, 10.0, False, "No answer within 10 s; it worked for 10 s of them."),
        (0.0, 0.0, 10.0, False, "No answer within 10 s; it waited for something."),
        (0.5, 0.5, 19.0, False, "No answer within 10 s; it worked for"),
        (0.01, 0.99, 600.0, True, "The machine was busy: 6 s of processor time in 600 s."),
        (0.05, 0.95, 180.0, False, "No answer within 10 s; it worked for"),
        # children that stand in each other's way on an idle machine
        (2.0, 0.9, 10.0, False, "No answer within 10 s; it worked for 20 s of them."),
    ],
)
def test_the_time_in_line_is_not_the_students(used, line, waited, busy, sentence, monkeypatch):
    machine = Machine(monkeypatch, used, line)
    took, share = machine.run(10.0)
    assert waited - 1 <= took <= waited + 1 and share.busy is busy
    late = sandbox._late(share)
    assert late.verdict == ("busy" if busy else "time limit") and sentence in late.sentence


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="Linux tells it")
def test_the_system_tells_the_time_of_a_process_and_its_children():
    program = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    tree = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}]); input()"
    with subprocess.Popen(
        [sys.executable, "-c", tree], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        used = 0.0
        while used < 0.3:  # the child's time is its parent's once it has ended
            used, waits = processor.used_and_waits(process.pid)
        assert process.pid in waits and all(wait >= 0 for wait in waits.values())
        process.communicate(b"\n")
    assert processor.used_and_waits(process.pid) == (0.0, {})


def test_what_came_out_as_busy_is_graded_again_when_the_rest_is_done():
    asked: list[str] = []

    class Grader:
        stopped, changed = False, None

        def notebook(self, paper):
            asked.append(paper.student)
            tries = asked.count(paper.student)
            verdict = (
                "busy"
                if (paper.student in "bd" and tries == 1) or paper.student == "d"
                else "correct"
            )
            return [grading.Grade(paper.student, "07.a", verdict, "", 0.0, paper.name)]

    found = tuple(papers.Paper(name, f"{name}.ipynb", None) for name in "abcd")
    said: list[str] = []
    grades = grading._all(found, Grader(), 1, said.append)
    assert asked == [*"abcd", *"bd"]
    assert [one.verdict for one in grades] == ["correct", "correct", "correct", "busy"]
    assert "The machine was busy: 2 notebooks are graded again, one by one." in said
