"""Grade a folder of students' notebooks: `python -m classroom grade FOLDER`. The checks
run here, on plain values; students' code runs in a sandbox.

A notebook is read as JSON and never opened otherwise. Each gets a fresh process (sandbox.py), a
fresh one again after an exercise that ended it."""

import importlib.util
import json
import pathlib
import queue
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from classroom import grades_page, papers, similar, wall
from classroom.guard import Changed, Guard, start_folders
from classroom.papers import Class, Paper, read
from classroom.sandbox import (
    CLASSROOM,
    PACKAGE,
    ROOT,
    Ended,
    Limits,
    StudentProcess,
    library,
    view,
)
from classroom.slices import CHECKED
from trevsnn_lite.course.exercise import Exercise, exercises

PROTECTED = (
    "each notebook runs behind a wall built by {tool}, which was tried just now: it can write "
    "nowhere but in {size} MiB of memory of its own, it sees no paper, no result, no solution and "
    "no home folder, no network, no process but its own, and has no privilege"
)
UNPROTECTED = (
    "NO WALL stands round the notebooks: their code runs as you, and can read and change your "
    "files and the other papers, reach the network and leave processes behind"
)


@dataclass(frozen=True)
class Grade:
    """One row of the result."""

    student: str
    exercise: str  # "" where the notebook could not be read
    # correct, wrong, error, not done, time limit, busy, memory limit, crashed, unreadable
    verdict: str
    diagnosis: str
    seconds: float
    notebook: str


class Grader:
    """Grades notebooks one by one, from several threads at once, until it is stopped. `original` is
    a folder that sandbox.library has made, `guard` verifies what runs."""

    def __init__(
        self,
        limits: Limits,
        original: pathlib.Path,
        barrier: wall.Wall | None,
        guard: Guard,
    ):
        self.limits, self.original, self.barrier, self.guard = limits, original, barrier, guard
        self.stopped: bool = False
        self.changed: Changed | None = None
        self.live: set[StudentProcess] = set()

    def stop(self) -> None:
        """End every student's process that is running."""
        self.stopped = True
        for process in list(self.live):
            process.kill()

    def notebook(self, paper: Paper) -> list[Grade]:
        """One grade for each exercise of the notebook's chapters, in their order. Raises Changed
        where its run, or another's at the same time, has changed a file that must not change."""
        try:
            cells, chapters = read(paper)
        except (ValueError, OSError) as error:
            return [Grade(paper.student, "", "unreadable", str(error), 0.0, paper.name)]
        self.guard.verify(f"before {paper.name} ran")
        given = [(*cell, cell[0].strip() in _given(frozenset(chapters))) for cell in cells]
        grades, process = [], None
        try:
            for exercise in (
                exercise for chapter in sorted(chapters) for exercise in exercises(chapter)
            ):
                if self.stopped:
                    break
                start = time.monotonic()
                try:
                    process = process or self._process(given)
                    start = time.monotonic()  # the libraries' loading is not the student's time
                    verdict, diagnosis = _judge(exercise, process)
                except Ended as end:
                    verdict, diagnosis = end.verdict, end.sentence
                    process = self._close(process)  # the next exercise gets a fresh one
                grades.append(
                    Grade(
                        paper.student,
                        exercise.id,
                        verdict,
                        f"{diagnosis} {_copies(cells, exercise.id)}".strip(),
                        round(time.monotonic() - start, 1),
                        paper.name,
                    )
                )
        finally:
            self._close(process)
        self.guard.verify(f"while {paper.name} ran")
        return grades

    def _process(self, cells: list[tuple[str, str, bool]]) -> StudentProcess:
        process = StudentProcess(self.limits, self.original, self.barrier)
        self.live.add(process)
        try:
            process.start(cells)
        except BaseException:
            self._close(process)
            raise
        return process

    def _close(self, process: StudentProcess | None) -> None:
        for one in [process] if process else []:
            one.close()
            self.live.discard(one)


def _judge(exercise: Exercise, process: StudentProcess) -> tuple[str, str]:
    """(verdict, diagnosis) by the check that was loaded here, from our own files."""
    alone = [other.answer for other in exercises(exercise.id[:2])].count(exercise.answer) == 1
    try:
        answer = process.answer(exercise.id, exercise.answer, alone, exercise.stub)
    except KeyError:
        return "not done", "The notebook has no cell for this exercise."
    except Exception as error:
        return "error", f"The answer's cell stopped with {error}"
    verdict, name, line = exercise.judge(answer)
    texts = {
        "correct": "",
        "wrong": f"{name}: {line.removeprefix('not right yet. ')}",
        "not done": "The answer was left as it was.",
        "error": line.partition(": ")[2].replace("with Failed: ", "with ", 1),
    }
    return verdict, texts[verdict]


def _copies(cells: list[tuple[str, str]], id: str) -> str:
    numbers = [
        n for n, (source, tag) in enumerate(cells, 1) if tag == id or id in CHECKED.findall(source)
    ]
    if len(numbers) < 2:
        return ""
    *first, last = map(str, numbers)
    return (
        f"({len(numbers)} cells hold this exercise, code cells {', '.join(first)} and {last}; the "
        "last that is no stub counts.)"
    )


_KNOWN: dict[str, frozenset[str]] = {}


def _given(chapters: frozenset[str]) -> frozenset[str]:
    """The code cells that the chapters themselves bring: no student's answer."""
    for chapter in chapters - _KNOWN.keys():
        texts = [file.read_text("utf8") for file in (ROOT / "chapters").glob(f"{chapter}_*.ipynb")]
        cells = [cell for text in texts for cell in json.loads(text)["cells"]]
        _KNOWN[chapter] = frozenset("".join(cell["source"]).strip() for cell in cells)
    return frozenset().union(*(_KNOWN[chapter] for chapter in chapters))


def grade(
    folder: pathlib.Path,
    out: pathlib.Path,
    limits: Limits,
    workers: int = 1,
    say: Callable[[str], None] = print,
    roster: pathlib.Path | None = None,
    unprotected: bool = False,
) -> list[Grade]:
    """Grade every notebook in `folder`, and write the results to `out` when all are done.
    ValueError or OSError for bad arguments, wall.NoWall where the system builds no wall and
    `unprotected` does not allow to go without, Changed where a file changed that must not."""
    found = _checked(folder, out, limits, workers, roster)
    with tempfile.TemporaryDirectory(prefix="trevsnn-grade-") as temporary:
        (original := pathlib.Path(temporary) / "library").mkdir()
        (empty := pathlib.Path(temporary) / "root").mkdir()
        library(original)
        seen = view(original, limits, (folder, out))
        barrier = None
        if not unprotected:
            barrier = wall.build(seen, empty, original / "classroom/probe.py")
        guard = Guard((original, PACKAGE, CLASSROOM), start_folders())
        said = UNPROTECTED
        if barrier:
            said = PROTECTED.format(tool=barrier.tool, size=limits.room // 2**20)
        say(
            f"{len(found.papers)} notebooks, {limits.seconds:g} s and {limits.memory / 2**30:g} "
            f"GiB for each exercise; {said}."
        )
        for name, reason in found.passed_over:
            say(grades_page.visible(f"Passed over: {name}: {reason}."))
        grades = _all(found.papers, Grader(limits, original, barrier, guard), workers, say)
    grades_page.write(grades, found, similar.pairs(found.papers), out)
    return grades


def _all(
    found: tuple[Paper, ...], grader: Grader, workers: int, say: Callable[[str], None]
) -> list[Grade]:
    """The grades in the papers' order, whichever is done first; what came out as busy is graded
    again when nothing else runs. Ctrl-C ends the students' processes and is passed on."""
    results: dict[int, list[Grade]] = {}
    _round(dict(enumerate(found)), results, grader, workers, say)
    busy = {n: found[n] for n in results if any(one.verdict == "busy" for one in results[n])}
    if busy:
        say(f"The machine was busy: {len(busy)} notebooks are graded again, one by one.")
        _round(busy, results, grader, 1, say)
    return [one for n in sorted(results) for one in results[n]]


def _round(
    found: dict[int, Paper],
    results: dict[int, list[Grade]],
    grader: Grader,
    workers: int,
    say: Callable[[str], None],
) -> None:
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    ended: queue.SimpleQueue = (
        queue.SimpleQueue()
    )  # not Thread.join: interrupted, it takes a thread that runs for one that has ended
    done = iter(range(1, len(found) + 1))
    for item in found.items():
        waiting.put(item)

    def work() -> None:
        try:
            while not grader.stopped:
                n, paper = waiting.get_nowait()
                start = time.monotonic()
                results[n] = _guarded(grader, paper)
                right = sum(one.verdict == "correct" for one in results[n])
                if not grader.stopped:
                    said = f"{paper.student}, {paper.name}: {right} of {len(results[n])} correct"
                    say(
                        f"[{next(done)}/{len(found)}] {grades_page.visible(said)}, "
                        f"{time.monotonic() - start:.0f} s"
                    )
        except queue.Empty:
            pass
        except Changed as changed:
            grader.changed = grader.changed or changed
            grader.stop()
        finally:
            ended.put(1)

    left = min(workers, len(found))
    for _ in range(left):
        threading.Thread(target=work).start()
    while left:
        try:
            left -= ended.get()
        except KeyboardInterrupt:
            grader.stop()
    if grader.changed:
        raise grader.changed
    if grader.stopped:
        raise KeyboardInterrupt


def _guarded(grader: Grader, paper: Paper) -> list[Grade]:
    """A fault of the grader costs one notebook: the others are graded all the same."""
    try:
        return grader.notebook(paper)
    except Changed:
        raise
    except Exception as error:
        said = f"The grader failed here with {type(error).__name__}: {error}"
        return [Grade(paper.student, "", "unreadable", said, 0.0, paper.name)]


def _checked(
    folder: pathlib.Path,
    out: pathlib.Path,
    limits: Limits,
    workers: int,
    roster: pathlib.Path | None,
) -> Class:
    if importlib.util.find_spec("IPython") is None:
        raise ValueError("The grader reads cells with IPython, which is not installed.")
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out is {out}, which is a file, expected a folder.")
    other = [file.name for file in (out / "feedback").glob("*") if file.suffix != ".txt"]
    if other:
        raise ValueError(
            f"{out / 'feedback'} is where the texts for students go, and it holds {other[0]}: "
            "name another folder with --out."
        )
    if not limits.seconds > 0 or limits.memory < 2**26 or workers < 1:
        raise ValueError(
            f"The limits are {limits.seconds:g} s, {limits.memory / 2**20:g} MiB and "
            f"{workers} workers, expected more than 0 s, at least 64 MiB and at least one "
            "worker."
        )
    found = papers.collect(folder, out, papers.read_roster(roster) if roster else ())
    if not found.papers:
        passed = f" ({len(found.passed_over)} files passed over)" if found.passed_over else ""
        raise FileNotFoundError(
            f"{folder} holds no notebook{passed}: expected {folder}/STUDENT.ipynb or "
            f"{folder}/STUDENT/ANY.ipynb."
        )
    return found
