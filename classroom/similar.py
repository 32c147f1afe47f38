"""Papers that are nearly the same. Of each answer are taken the runs of five tokens, names and
comments left out of account, less what the stub, the published solution or a third of the class has
as well (never fewer than three students): what is left, and two papers share, was not found twice
by chance. A hint to look, no proof."""

import io
import itertools
import keyword
import tokenize
from collections import Counter
from dataclasses import dataclass

from classroom.papers import Paper, read
from classroom.slices import CHECKED
from trevsnn_lite.course.exercise import exercises

RUN = 5
LEAST = 12  # runs that two papers must share
SHARE = 0.6  # of the smaller paper's
LONGEST = 20_000  # characters of a cell that are looked at


@dataclass(frozen=True)
class Pair:
    """Two students, the share of the smaller's own code that both have, and in which exercises."""

    students: tuple[str, str]
    share: float
    exercises: tuple[str, ...]


def pairs(papers: tuple[Paper, ...]) -> list[Pair]:
    """The most alike first; none for two papers of one student."""
    own: dict[str, dict[str, set]] = {}
    for paper in papers:
        for id, found in _answers(paper).items():
            own.setdefault(paper.student, {}).setdefault(id, set()).update(found)
    students = sorted(own)
    spread = Counter(
        (id, run) for student in students for id, runs in own[student].items() for run in runs
    )
    common = max(3, len(students) / 3)
    rare = {
        student: {
            (id, run)
            for id, runs in own[student].items()
            for run in runs
            if spread[id, run] <= common
        }
        for student in students
    }
    found = []
    for one, other in itertools.combinations(students, 2):
        shared = rare[one] & rare[other]
        least = min(len(rare[one]), len(rare[other]))
        if len(shared) >= LEAST and len(shared) >= SHARE * least:
            ids = tuple(sorted({id for id, _ in shared}))
            found.append(Pair((one, other), len(shared) / least, ids))
    return sorted(found, key=lambda pair: -pair.share)


def _answers(paper: Paper) -> dict[str, set]:
    """exercise -> its runs of tokens."""
    try:
        cells, chapters = read(paper)
    except (ValueError, OSError):
        return {}
    found: dict[str, set] = {}
    for exercise in (one for chapter in sorted(chapters) for one in exercises(chapter)):
        known = _runs(exercise.stub) | _runs(exercise.solution)
        for source, tag in cells:
            if tag == exercise.id or exercise.id in CHECKED.findall(source):
                found.setdefault(exercise.id, set()).update(_runs(source) - known)
    return found


def _runs(source: str) -> set[tuple[str, ...]]:
    words = _words(source)
    return {tuple(words[n : n + RUN]) for n in range(len(words) - RUN + 1)}


def _words(source: str) -> list[str]:
    """The tokens that do something; every name is one word, but Python's own."""
    lines = [line for line in source[:LONGEST].splitlines() if not CHECKED.search(line)]
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    words: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                words.append("name")
            elif token.type not in silent:
                words.append(token.string)
    except (tokenize.TokenError, SyntaxError):  # what came before the fault counts
        pass
    return [word for word in words if word and not _is_text(word)]


def _is_text(word: str) -> bool:
    return word.startswith(('"""', "'''"))
