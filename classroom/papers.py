"""The papers of a class: which files of a folder are notebooks, whose they are, and what was passed
over. Nothing is unpacked, no link is followed, no file vanishes without a word."""

import csv
import json
import os
import pathlib
import re
import stat
import unicodedata
import zipfile
from dataclasses import dataclass

from classroom import nbgrader
from classroom.slices import CHECKED, TAG
from trevsnn_lite.course.exercise import exercises

MOST_BYTES = 64 * 2**20  # of a notebook
MOST_MEMBERS = 2000  # of a zip
LONGEST_NAME = 1000  # of a file in a zip
CHAPTERS = [f"{n:02d}" for n in range(20)]
# 07.ipynb, 07.IPYNB, 07.ipynb.txt, "07.ipynb (1)"; browsers and Windows make these.
NOTEBOOK = re.compile(r"(.+?)\.ipynb(?:[ .(].*)?", re.IGNORECASE | re.DOTALL)
PERHAPS = {"", ".txt", ".json"}  # endings under which a notebook may have been saved
ARCHIVES = {".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"}
# anna_07_reversibility, anna-ch07, "Anna Smith 07": the name before the chapter's number
PREFIX = re.compile(r"(.*?[^\s_.-])[\s_.-]+(?:ch(?:apter)?[\s_.-]*)?\d\d(?!\d).*", re.IGNORECASE)


@dataclass(frozen=True)
class Paper:
    """A notebook: whose it is, its path for people, and where its bytes are. `member` is its name
    within a zip."""

    student: str
    name: str
    file: pathlib.Path
    member: str = ""

    def content(self) -> bytes:
        """Raises ValueError with one sentence, or OSError."""
        if not self.member:
            size = self.file.stat().st_size
            return self.file.read_bytes() if size <= MOST_BYTES else _too_large(size)
        try:
            with zipfile.ZipFile(self.file) as archive, archive.open(self.member) as part:
                content = part.read(MOST_BYTES + 1)  # what the zip says of its size may be wrong
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, KeyError) as error:
            raise ValueError(f"The zip gives no such file ({type(error).__name__}).") from None
        return content if len(content) <= MOST_BYTES else _too_large(len(content))


@dataclass(frozen=True)
class Class:
    """All of a folder: its papers, (file, reason) of what was passed over, and of the roster who
    handed in nothing, and who is not on it."""

    papers: tuple[Paper, ...]
    passed_over: tuple[tuple[str, str], ...]
    missing: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


def collect(folder: pathlib.Path, out: pathlib.Path, roster: tuple[str, ...] = ()) -> Class:
    """Every file below `folder`, but the grader's own results in `out`. A student is named by a
    name of the roster in the path; else by the first folder (or zip) below `folder`; else by what
    stands before the chapter's number in the file's name, or by the file's name."""
    folder, out = folder.resolve(), out.resolve()
    found: list[tuple[tuple[str, ...], str, pathlib.Path, str]] = []
    passed: list[tuple[str, str]] = []
    for path in _walk(folder, out, passed):
        parts = path.relative_to(folder).parts
        reason = _unfit(path)
        if reason:
            passed.append(("/".join(parts), reason))
        elif path.suffix.lower() == ".zip":
            _zip(path, parts, found, passed)
        else:
            found.append((parts, "/".join(parts), path, ""))
    known = {_plain(name): name for name in roster}
    papers = sorted(
        (Paper(_student(parts, known), name, path, member) for parts, name, path, member in found),
        key=lambda paper: (paper.student.casefold(), paper.name),
    )
    students = dict.fromkeys(paper.student for paper in papers)
    return Class(
        tuple(papers),
        tuple(sorted(passed)),
        tuple(name for name in roster if name not in students),
        tuple(name for name in students if roster and name not in roster),
    )


def read_roster(file: pathlib.Path) -> tuple[str, ...]:
    """The names of a class from a CSV with commas or semicolons: the column `student` or `name`,
    else the first. ValueError or OSError with one sentence."""
    text = decoded(file.read_bytes())
    first = text.partition("\n")[0]
    rows = [
        [field.strip() for field in row]
        for row in csv.reader(text.splitlines(), delimiter=";" if ";" in first else ",")
        if any(field.strip() for field in row)
    ]
    head = [field.casefold() for field in rows[0]] if rows else []
    column = next((head.index(name) for name in ("student", "name") if name in head), None)
    names = [row[column or 0] for row in rows[column is not None :] if len(row) > (column or 0)]
    names = list(dict.fromkeys(name for name in names if name))
    if not names:
        raise ValueError(f"--roster is {file}, which holds no name: expected one a line.")
    return tuple(names)


def decoded(content: bytes) -> str:
    """Text in UTF-8, with or without its mark, UTF-16, UTF-32, else Latin-1."""
    try:
        return content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def read(paper: Paper) -> tuple[list[tuple[str, str]], set[str]]:
    """The code cells of a notebook, each with the exercise that its tag or nbgrader's id names, and
    the chapters it belongs to. ValueError with one sentence."""
    raw = paper.content()
    if not raw.strip():
        raise ValueError("The file is empty.")
    try:
        content = json.loads(decoded(raw))
        cells = [_cell(cell) for cell in content["cells"] if cell["cell_type"] == "code"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"The file is no notebook ({type(error).__name__}).") from None
    chapters = {id[:2] for source, tag in cells for id in [tag, *CHECKED.findall(source)] if id}
    metadata = content.get("metadata")
    named = metadata.get("trevsnn_chapter") if isinstance(metadata, dict) else None
    start = re.match(r"\d\d(?=_)", pathlib.PurePosixPath(paper.name).name)
    chapters |= {named} if named in CHAPTERS else {start[0]} if start and not chapters else set()
    chapters = {chapter for chapter in chapters if chapter in CHAPTERS and exercises(chapter)}
    if not chapters:
        raise ValueError(
            "The notebook belongs to no chapter that has exercises: it has no cell with "
            "a check, and its name does not begin with 07_ or the like."
        )
    return cells, chapters


def _cell(cell: dict) -> tuple[str, str]:
    source, metadata = "".join(cell["source"]), cell.get("metadata") or {}
    tags = [tag for tag in metadata.get("tags") or [] if isinstance(tag, str)]
    foreign = metadata.get("nbgrader") or {}
    if id := nbgrader.exercise_of(foreign):
        tags.append(TAG + id)
    tags = [tag for tag in tags if re.fullmatch(TAG + r"\d\d\.[a-z]", tag)]
    if foreign.get("grade") is True and foreign.get("solution") is not True:
        source = ""  # nbgrader's own test of an answer is none
    return source, tags[0].removeprefix(TAG) if tags else ""


def _walk(folder: pathlib.Path, out: pathlib.Path, passed: list[tuple[str, str]]):
    own = {out / name for name in ("grades.csv", "students.csv", "grades.html", "feedback")}
    for entry in sorted(folder.iterdir()):
        if entry in own:
            continue
        if entry.is_symlink():
            passed.append((entry.name, "a link: links are not followed"))
        elif entry.name.startswith((".", "__MACOSX")):
            passed.append((entry.name, "hidden: a copy that Jupyter or the system keeps"))
        elif entry.is_dir():
            below: list[tuple[str, str]] = []
            try:
                yield from _walk(entry, out, below)
            except OSError as error:
                passed.append((entry.name, f"cannot be read ({type(error).__name__})"))
            passed.extend((f"{entry.name}/{inner}", reason) for inner, reason in below)
        else:
            yield entry


def _unfit(path: pathlib.Path) -> str:
    """Why a file cannot be a paper; "" where it can."""
    if not stat.S_ISREG(path.lstat().st_mode):
        return "no regular file"
    if not os.access(path, os.R_OK):
        return "cannot be read: it is not yours to read"
    return "" if path.suffix.lower() == ".zip" else _unnamed(path.name, lambda: _head(path))


def _unnamed(name: str, head) -> str:
    """Why a file of this name is no notebook; "" where it may be. `head()`: its first bytes."""
    suffix = pathlib.PurePosixPath(name).suffix.lower()
    if NOTEBOOK.fullmatch(name):
        return ""
    if suffix in PERHAPS and re.match(r'\s*\{\s*"(cells|metadata|nbformat)', decoded(head())):
        return ""
    if suffix in ARCHIVES:
        return f"a {suffix} archive: unpack it, only .zip is read"
    return f"no notebook: its name ends in {suffix}" if suffix else "no notebook"


def _head(path: pathlib.Path) -> bytes:
    with path.open("rb") as file:
        return file.read(400)


def _zip(path: pathlib.Path, parts: tuple[str, ...], found: list, passed: list) -> None:
    outer = (*parts[:-1], path.stem)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        passed.append(("/".join(parts), f"no zip that can be read ({type(error).__name__})"))
        return
    seen = set()
    for info in members[:MOST_MEMBERS]:
        # ../ and a drive's letter mean nothing here: nothing is unpacked
        inner = tuple(
            part for part in re.split(r"[/\\]", info.filename) if part not in ("", ".", "..")
        )
        name = "/".join((*parts, *inner))
        hidden = any(part.startswith((".", "__MACOSX")) for part in inner)
        if len(info.filename) > LONGEST_NAME:
            name, reason = f"{name[:60]}...", "its name is too long"
        elif not inner or hidden:
            reason = "hidden: a copy that Jupyter or the system keeps"
        elif info.flag_bits & 1:
            reason = "in a zip with a password"
        elif stat.S_ISLNK(info.external_attr >> 16):
            reason = "a link: links are not followed"
        elif inner[-1].lower().endswith(".zip"):
            reason = "a zip in a zip: unpack the outer one"
        elif info.filename in seen:
            reason = "a second file of this name in the zip"
        else:
            reason = _unnamed(inner[-1], lambda: b"")
        seen.add(info.filename)
        if reason:
            passed.append((name, reason))
        else:
            found.append(((*outer, *inner), name, path, info.filename))
    if len(members) > MOST_MEMBERS:
        more = len(members) - MOST_MEMBERS
        passed.append(("/".join(parts), f"{more} more files of it: only {MOST_MEMBERS} are read"))


def _student(parts: tuple[str, ...], known: dict[str, str]) -> str:
    named = NOTEBOOK.fullmatch(parts[-1])
    stem = named[1] if named else pathlib.PurePosixPath(parts[-1]).stem
    for part in (*parts[:-1], stem):
        plain = _plain(part)
        fits = [name for name in known if f"{plain} ".startswith(f"{name} ")]
        if fits:
            return known[max(fits, key=len)]
    if len(parts) > 1:
        return parts[0]
    before = PREFIX.fullmatch(stem)
    return before[1] if before else stem


def _plain(name: str) -> str:
    """A name without case, signs and forms of letters: "Müller_Anna" is "müller anna"."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", name).casefold()).strip()


def _too_large(size: int):
    raise ValueError(
        f"The file has {size / 2**20:.0f} MiB or more, and {MOST_BYTES // 2**20} are allowed: "
        "clear the outputs."
    )
