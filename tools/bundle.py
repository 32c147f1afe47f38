"""The classroom bundles, each one zip for machines without a network: the teacher's (make bundle)
with wheel, notebooks, data, the built book, slides and keys; the students' (make bundle STUDENT=1)
without keys, notes and solutions, and with the student edition's library and notebooks.

`python -m tools.bundle [--student] [--site _build/html] [--slides _build/slides] [--out _build]`.
The same inputs give the same bytes."""

import argparse
import os
import pathlib
import re
import shutil
import sys
import tempfile
import zipfile

from tools import kit, seminar, wheel
from tools.repository import configured
from trevsnn_lite.course import home

ROOT = wheel.ROOT
LEFT_OUT = re.compile(
    r"(^|/)(__pycache__|\.ipynb_checkpoints|\.doctrees|\.buildinfo)(/|$)|\.(py|part|pyc|lock)$"
)
TEACHER = (
    "Teacher's bundle: it holds solutions, keys and discussion notes. "
    "For students: make bundle STUDENT=1."
)
STUDENT = "Students' bundle: it holds no solutions, keys or notes."
README = """{whose}

# {title}

Everything here works without a network.

**To read**: open `site/index.html` in a browser. Formulas, figures, demos and the search work from the disk.

**To run the chapters**:

{install}
Run a notebook from its top. Its first cell prints one line with the versions, and names what is missing. A CPU is enough; each chapter's page says how long it takes.

| here | is |
|---|---|
{rows}
Code is under the MIT licence (`LICENSE`), text and figures are under CC BY 4.0 (`LICENSE-content`). {repository}
"""  # noqa: E501
ROWS = {
    "site/": "the built book",
    "chapters/": "the notebooks, with stored outputs",
    "book/": "the pages that the notebooks link to",
    "data/": "the images, the expected values, the recorded runs; the wheel has its own copy",
    "slides/": "the decks: open `slides/index.html`",
    "packages.txt": "the packages, all of them, and `constraints.txt` the versions that are tested",
    "check_laptop.py": "the check to run the evening before",
    "fetch_packages.py": "fetches the packages for laptops without a network",
}
SHARED = ("LICENSE", "LICENSE-content", "CITATION.cff")


def built(site: pathlib.Path, root: pathlib.Path) -> None:
    """FileNotFoundError where the built book lacks a chapter."""
    chapters = sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb"))
    absent = [
        page
        for page in ["index.html", *(f"chapters/{file.stem}.html" for file in chapters)]
        if not (site / page).is_file()
    ]
    if absent or not chapters:
        raise FileNotFoundError(
            f"The built book in {site} lacks {', '.join(absent[:3]) or 'its chapters'}: "
            "type make book first."
        )


def fill_teacher(
    folder: pathlib.Path, site: pathlib.Path, slides: pathlib.Path, root: pathlib.Path = ROOT
) -> str:
    """Write the teacher's files into `folder`; the wheel's name."""
    if not (slides / "index.html").is_file():
        raise FileNotFoundError(f"There are no slides in {slides}: type make slides first.")
    for file in sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb")):
        _copy(file, folder / "chapters" / file.name)
    for file in (root / "book").rglob("*.md"):
        _copy(file, folder / file.relative_to(root))
    for name, source in {"site": site, "data": root / "data", "slides": slides}.items():
        _copy(source, folder / name)
    seminar.put_teacher_only(folder / "book/teaching", root)
    kit.put(folder, root)
    return wheel.build(folder, root).name


def fill_student(folder: pathlib.Path, site: pathlib.Path) -> str:
    """Write the students' files into `folder`; the wheel's name. ValueError where a solution, a
    key or a note would be among them."""
    from classroom import canaries, editions, student_site

    library = editions.fill_student(folder)
    student_site.write(site, folder / "site", folder / "chapters")
    _copy(ROOT / "data", folder / "data", "teaching")
    if found := canaries.leaks(folder):
        raise ValueError(
            f"The students' bundle is not written: {found[0]}"
            f"{f', and {len(found) - 1} more' if len(found) > 1 else ''}."
        )
    return library.name


def _copy(source: pathlib.Path, target: pathlib.Path, *left_out: str) -> None:
    """Copy a file, or a folder without caches and folders of the names `left_out`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copyfile(source, target)
        return
    for file in source.rglob("*"):
        name = file.relative_to(source).as_posix()
        if file.is_file() and not LEFT_OUT.search(name) and name.split("/")[0] not in left_out:
            _copy(file, target / name)


def instructions(root: pathlib.Path, library: str, student: bool = False) -> str:
    """The bundle's README."""
    title = re.search(r"^title: (.*)$", (root / "_config.yml").read_text("utf8"), re.MULTILINE)[
        1
    ].strip("\"'")
    here = {name: what for name, what in ROWS.items() if not (student and name == "slides/")}
    here[library] = "the library" + (", without solutions" if student else "")
    rows = "".join(f"| `{name}` | {what} |\n" for name, what in here.items())
    url = configured(root)
    return README.format(
        whose=STUDENT if student else TEACHER,
        title=title,
        install=kit.install(library),
        rows=rows,
        repository=f"The project's address: {url}"
        if home.has_home(url)
        else "The book has no home yet.",
    )


def bundle(
    out: pathlib.Path,
    site: pathlib.Path,
    root: pathlib.Path = ROOT,
    slides: pathlib.Path | None = None,
) -> pathlib.Path:
    """Write a zip into the folder `out`, in one step; its path. The teacher's where `slides` names
    their folder, the students' (of this checkout) where it is None."""
    built(site, root)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".bundle-") as temporary:
        folder = pathlib.Path(temporary, "bundle")
        folder.mkdir()
        student = slides is None
        library = (
            fill_student(folder, site) if student else fill_teacher(folder, site, slides, root)
        )
        for name in SHARED:
            _copy(root / name, folder / name)
        (folder / "README.md").write_text(instructions(root, library, student), "utf8")
        version = library.split("-")[1].split("+")[0]
        name = f"trevsnn-book-{version}-{'student' if student else 'teacher'}"
        packed = pathlib.Path(temporary, "bundle.zip")
        with zipfile.ZipFile(packed, "w") as archive:
            for file in sorted(file for file in folder.rglob("*") if file.is_file()):
                path = f"{name}/{file.relative_to(folder).as_posix()}"
                entry = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
                entry.compress_type, entry.external_attr, entry.create_system = (
                    zipfile.ZIP_DEFLATED,
                    0o100644 << 16,
                    3,
                )
                archive.writestr(entry, file.read_bytes(), compresslevel=9)
        os.replace(packed, out / f"{name}.zip")
    return out / f"{name}.zip"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.bundle", description="Writes one zip that works without a network."
    )
    parser.add_argument(
        "--site",
        type=pathlib.Path,
        default=ROOT / "_build/html",
        help="the built book (default: _build/html)",
    )
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        default=ROOT / "_build",
        help="folder for the zip (default: _build)",
    )
    parser.add_argument(
        "--slides",
        type=pathlib.Path,
        default=ROOT / "_build/slides",
        help="the decks, for the teacher (default: _build/slides)",
    )
    parser.add_argument(
        "--student", action="store_true", help="the students' bundle: no solutions, keys, notes"
    )
    given = parser.parse_args(arguments)
    try:
        written = bundle(given.out, given.site, slides=None if given.student else given.slides)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    with zipfile.ZipFile(written) as archive:
        names = archive.infolist()
    size = (
        f"{written.stat().st_size / 1e6:.1f} MB, "
        f"{sum(entry.file_size for entry in names) / 1e6:.1f} MB unpacked, {len(names)} files"
    )
    print(STUDENT if given.student else TEACHER)
    print(f"The bundle is {os.path.relpath(written)}: {size}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
