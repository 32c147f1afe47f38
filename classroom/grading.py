"""Grade a folder of students' notebooks: `python -m classroom grade FOLDER`. The checks
run here, on plain values; students' code runs in a sandbox.

A notebook is read as JSON and never opened otherwise. Each gets a fresh process (sandbox.py), a
fresh one again after an exercise that ended it."""

import json
import pathlib
import queue
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from classroom import grades_page
from classroom.sandbox import Ended, Limits, StudentProcess, library, to_hide, wall
from classroom.slices import CHECKED, TAG
from trevsnn_lite.course.exercise import Exercise, exercises

MOST_BYTES = 64 * 2**20  # of a notebook's file
CHAPTERS = [f"{n:02d}" for n in range(20)]


@dataclass(frozen=True)
class Grade:
    """One row of the result."""

    student: str
    exercise: str  # "" where the notebook could not be read
    verdict: str  # correct, wrong, error, not done, time limit, memory limit, crashed, unreadable
    diagnosis: str
    seconds: float
    notebook: str


def notebooks(folder: pathlib.Path) -> list[tuple[str, pathlib.Path]]:
    """(student, file), sorted by file: FOLDER/anna.ipynb, FOLDER/anna/any.ipynb. Hidden folders
    (.ipynb_checkpoints) are passed over."""
    files = [
        file
        for pattern in ("*.ipynb", "*/*.ipynb")
        for file in folder.glob(pattern)
        if file.is_file()
    ]
    files = [
        file
        for file in files
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]
    return sorted(
        ((file.stem if file.parent == folder else file.parent.name), file) for file in files
    )


def read(file: pathlib.Path) -> tuple[list[tuple[str, str]], set[str]]:
    """The code cells of a notebook, each with the exercise that its tag names, and the chapters it
    belongs to. ValueError with one sentence."""
    if file.stat().st_size > MOST_BYTES:
        raise ValueError(
            f"The file has {file.stat().st_size / 2**20:.0f} MiB, more than "
            f"{MOST_BYTES // 2**20}: clear the outputs."
        )
    try:
        content = json.loads(file.read_text("utf8"))
        cells = [_cell(cell) for cell in content["cells"] if cell["cell_type"] == "code"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"The file is no notebook ({type(error).__name__}).") from None
    chapters = {id[:2] for source, tag in cells for id in [tag, *CHECKED.findall(source)] if id}
    metadata = content.get("metadata")
    named = metadata.get("trevsnn_chapter") if isinstance(metadata, dict) else None
    start = re.match(r"\d\d(?=_)", file.name)
    chapters |= {named} if named in CHAPTERS else {start[0]} if start and not chapters else set()
    chapters = {chapter for chapter in chapters if chapter in CHAPTERS and exercises(chapter)}
    if not chapters:
        raise ValueError(
            "The notebook belongs to no chapter that has exercises: it has no cell with "
            "a check, and its name does not begin with 07_ or the like."
        )
    return cells, chapters


def _cell(cell: dict) -> tuple[str, str]:
    source = "".join(cell["source"])
    tags = [
        tag
        for tag in cell.get("metadata", {}).get("tags", [])
        if isinstance(tag, str) and re.fullmatch(TAG + r"\d\d\.[a-z]", tag)
    ]
    return source, tags[0].removeprefix(TAG) if tags else ""


class Grader:
    """Grades notebooks one by one, from several threads at once, until it is stopped. `original` is
    a folder that sandbox.library has made."""

    def __init__(self, limits: Limits, original: pathlib.Path, barrier: tuple[str, ...] = ()):
        self.limits, self.original, self.barrier, self.stopped, self.live = (
            limits,
            original,
            barrier,
            False,
            set(),
        )

    def stop(self) -> None:
        """End every student's process that is running."""
        self.stopped = True
        for process in list(self.live):
            process.kill()

    def notebook(self, student: str, file: pathlib.Path) -> list[Grade]:
        """One grade for each exercise of the notebook's chapters, in their order."""
        try:
            cells, chapters = read(file)
        except (ValueError, OSError) as error:
            return [Grade(student, "", "unreadable", str(error), 0.0, file.name)]
        grades, process = [], None
        try:
            for exercise in (
                exercise for chapter in sorted(chapters) for exercise in exercises(chapter)
            ):
                if self.stopped:
                    break
                start = time.monotonic()
                try:
                    process = process or self._process(cells)
                    start = time.monotonic()  # the libraries' loading is not the student's time
                    verdict, diagnosis = _judge(exercise, process, start + self.limits.seconds)
                except Ended as end:
                    verdict, diagnosis = end.verdict, end.sentence
                    process = self._close(process)  # the next exercise gets a fresh one
                grades.append(
                    Grade(
                        student,
                        exercise.id,
                        verdict,
                        diagnosis,
                        round(time.monotonic() - start, 1),
                        file.name,
                    )
                )
        finally:
            self._close(process)
        return grades

    def _process(self, cells: list[tuple[str, str]]) -> StudentProcess:
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


def _judge(exercise: Exercise, process: StudentProcess, deadline: float) -> tuple[str, str]:
    """(verdict, diagnosis) by the check that was loaded here, from our own files."""
    alone = [other.answer for other in exercises(exercise.id[:2])].count(exercise.answer) == 1
    try:
        answer = process.answer(exercise.id, exercise.answer, alone, deadline)
    except KeyError:
        return "not done", "The notebook has no cell for this exercise."
    except Exception as error:
        return "error", f"The answer's cell stopped with {error}"
    verdict, name, line = exercise.judge(answer)
    if verdict == "wrong":
        return verdict, f"{name}: {exercise.diagnoses[name]}"
    texts = {
        "correct": "",
        "not done": "The answer was left as it was.",
        "error": line.partition(": ")[2].replace("with Failed: ", "with ", 1),
    }
    return verdict, texts[verdict]


def grade(
    folder: pathlib.Path,
    out: pathlib.Path,
    limits: Limits,
    workers: int = 1,
    say: Callable[[str], None] = print,
) -> list[Grade]:
    """Grade every notebook in `folder`, and write out/grades.csv and out/grades.html when all are
    done. ValueError or FileNotFoundError for bad arguments."""
    found = _checked(folder, out, limits, workers)
    barrier = wall(to_hide(folder))
    said = (
        "without network, and sees neither solutions nor other papers"
        if "--mount" in barrier
        else "without network"
        if barrier
        else (
            "with no wall around it: `unshare` is missing or forbidden, so the notebooks' "
            "code can reach the network, read your files and leave processes behind"
        )
    )
    say(
        f"{len(found)} notebooks, {limits.seconds:g} s and {limits.memory / 2**30:g} GiB "
        f"for each exercise; each notebook runs {said}."
    )
    with tempfile.TemporaryDirectory(prefix="trevsnn-grade-") as temporary:
        grades = _all(
            found, Grader(limits, library(pathlib.Path(temporary)), barrier), workers, say
        )
    grades_page.write(grades, out)
    return grades


def _all(
    found: list[tuple[str, pathlib.Path]], grader: Grader, workers: int, say: Callable[[str], None]
) -> list[Grade]:
    """The grades in the notebooks' order, whichever is done first. Ctrl-C ends the students'
    processes and is passed on."""
    results: dict[int, list[Grade]] = {}
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    ended: queue.SimpleQueue = (
        queue.SimpleQueue()
    )  # not Thread.join: interrupted, it takes a thread that runs for one that has ended
    for item in enumerate(found):
        waiting.put(item)

    def work() -> None:
        try:
            while not grader.stopped:
                n, (student, file) = waiting.get_nowait()
                start = time.monotonic()
                results[n] = _guarded(grader, student, file)
                right = sum(one.verdict == "correct" for one in results[n])
                if not grader.stopped:
                    say(
                        f"[{len(results)}/{len(found)}] {student}, {file.name}: {right} "
                        f"of {len(results[n])} correct, {time.monotonic() - start:.0f} s"
                    )
        except queue.Empty:
            pass
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
    if grader.stopped:
        raise KeyboardInterrupt
    return [one for n in sorted(results) for one in results[n]]


def _guarded(grader: Grader, student: str, file: pathlib.Path) -> list[Grade]:
    """A fault of the grader costs one notebook: the others are graded all the same."""
    try:
        return grader.notebook(student, file)
    except Exception as error:
        return [
            Grade(
                student,
                "",
                "unreadable",
                f"The grader failed here with {type(error).__name__}: {error}",
                0.0,
                file.name,
            )
        ]


def _checked(
    folder: pathlib.Path, out: pathlib.Path, limits: Limits, workers: int
) -> list[tuple[str, pathlib.Path]]:
    if sys.platform == "win32":
        raise ValueError(
            "The grader needs Linux or macOS, for the limits it sets on processes. On "
            "Windows, use WSL."
        )
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out is {out}, which is a file, expected a folder.")
    if not limits.seconds > 0 or limits.memory < 2**26 or workers < 1:
        raise ValueError(
            f"The limits are {limits.seconds:g} s, {limits.memory / 2**20:g} MiB and "
            f"{workers} workers, expected more than 0 s, at least 64 MiB and at least one "
            "worker."
        )
    found = notebooks(folder)
    if not found:
        raise FileNotFoundError(
            f"{folder} holds no notebook: expected {folder}/STUDENT.ipynb or "
            f"{folder}/STUDENT/ANY.ipynb."
        )
    return found
