"""What must not be in a student's hands: texts of solutions, of keys and of discussion notes, and a
search for them in a folder, through pages, notebooks, wheels and zips."""

import html
import io
import json
import pathlib
import re
import zipfile
from collections.abc import Iterator

from tools import seminar, wheel
from trevsnn_lite.course import exercise

# Nothing to read there, or compressed in ways that hold no text of ours.
PASSED = (".png", ".svg", ".woff", ".woff2", ".ttf", ".eot", ".gz", ".safetensors", ".ico", ".pyc")
LEAST, MOST = 36, 90  # letters and digits of a canary


def canaries(root: pathlib.Path = wheel.ROOT) -> dict[str, str]:
    """{its letters and digits: what it belongs to}."""
    found: dict[str, str] = {}

    def add(text: str, name: str) -> None:
        pieces = (letters(part) for part in re.split(r"\[[^]]*\]\([^)]*\)|\(?ledger [\w-]+", text))
        piece = max(pieces, key=len)[:MOST]
        if len(piece) >= LEAST:
            found[piece] = name

    chapters = sorted(file.name[:2] for file in (root / "chapters").glob("[0-9]*.ipynb"))
    for one in (one for chapter in chapters for one in exercise.exercises(chapter)):
        found[letters(f"Solution of {one.id}")] = f"the heading of the solution of {one.id}"
        given = {letters(line) for line in one.stub.splitlines()}
        own = [line for line in one.solution.splitlines() if letters(line) not in given]
        add("\n".join(own), f"the solution of {one.id}")
        for text in (one.correct, *one.diagnoses.values()):
            add(text, f"what is said of answers to {one.id}")
    bank = json.loads((root / "data/teaching/questions.json").read_text("utf8"))
    for one in seminar.entries(bank):
        add(one["reason"], f"the key of {one['id']}")
        if not seminar.public(one):
            add(one["question"], f"the question {one['id']}")
    for line in seminar.reports(root).splitlines():
        if line.startswith("> "):
            add(line, "a marked report")
    notes = json.loads((root / "data/teaching/discussion.json").read_text("utf8"))
    for chapter, answers in notes.items():
        for text in dict(answers).values():
            add(text, f"a discussion note of chapter {int(chapter)}")
    return found


def letters(text: str) -> str:
    """The text's small ASCII letters and digits alone: whatever a page, a notebook or a re-written
    program puts between them."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def leaks(folder: pathlib.Path, known: dict[str, str] | None = None) -> list[str]:
    """ "FILE holds WHAT" for each canary in each file below `folder`."""
    known = canaries() if known is None else known
    return [
        f"{name} holds {what}"
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        for name, text in texts(file.relative_to(folder).as_posix(), file.read_bytes())
        for canary, what in known.items()
        if canary in text
    ]


def texts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """(name, letters) of a file, and of each member of an archive, however deep."""
    if name.endswith(PASSED):
        return
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from texts(f"{name}/{member}", archive.read(member))
        return
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", content.decode("utf8", "ignore"))
    text = re.sub(r"\\u[0-9a-fA-F]{4}|\\[nrt]", " ", text)
    yield name, letters(text)
    if name.endswith((".html", ".ipynb", ".js")):  # code in colours has tags between its words
        yield name, letters(html.unescape(re.sub(r"</?[a-zA-Z][^<>]*>", "", text)))
