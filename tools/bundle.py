"""The classroom bundle: one zip with the wheel, the notebooks, the data, the built book and
instructions, for machines without a network (make bundle).

`python -m tools.bundle [--site _build/html] [--out _build]`. The same inputs give the same
bytes."""

import argparse
import os
import pathlib
import re
import sys
import tempfile
import zipfile

from tools import wheel
from tools.repository import configured
from trevsnn_lite.course import home

ROOT = wheel.ROOT
LEFT_OUT = re.compile(
    r"(^|/)(__pycache__|\.ipynb_checkpoints|\.doctrees|\.buildinfo)(/|$)|\.(py|part|pyc)$"
)
README = """# {title}: the classroom bundle

Everything here works without a network.

**To read**: open `site/index.html` in a browser. Formulas, figures, demos, quizzes and the search work from the disk.

**To run the chapters**, with Python 3.11 or newer and the packages below:

```bash
python -m pip install --no-index --no-deps {wheel}
jupyter lab chapters
```

Run a notebook from its top. Its first cell prints one line with the versions, and names what is missing. A CPU is enough; each chapter's page says how long it takes.

| chapters | packages beside torch 2.6 or newer and numpy 1.26 or newer |
|---|---|
| all | jupyterlab, matplotlib; ipywidgets for the sliders |
{needs}
On a machine with a network: `python -m pip install torch numpy jupyterlab matplotlib ipywidgets{extra}`. The teacher's machine can fetch them for others that have the same
system and Python: `python -m pip download -d packages ...`, and there `python -m pip install --no-index --find-links packages ...`.

| here | is |
|---|---|
| `site/` | the built book |
| `chapters/` | the notebooks, with stored outputs |
| `book/` | the pages that the notebooks link to |
| `data/` | the images, the expected values and the recorded runs; the wheel carries its own copy |
| `{wheel}` | the library |

Code is under the MIT licence (`LICENSE`), text and figures are under CC BY 4.0 (`LICENSE-content`). {repository}
"""  # noqa: E501


def files(root: pathlib.Path, site: pathlib.Path) -> dict[str, pathlib.Path]:
    """Path in the bundle -> file, but for the wheel and the README. FileNotFoundError where the
    site lacks a chapter."""
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
    found = {f"chapters/{file.name}": file for file in chapters}
    for name, folder in {"site": site, "data": root / "data"}.items():
        found |= {
            f"{name}/{file.relative_to(folder).as_posix()}": file
            for file in folder.rglob("*")
            if file.is_file()
        }
    found |= {file.relative_to(root).as_posix(): file for file in (root / "book").rglob("*.md")}
    found |= {
        name: root / name
        for name in ("LICENSE", "LICENSE-content", "CITATION.cff", "requirements.txt")
    }
    return {name: file for name, file in sorted(found.items()) if not LEFT_OUT.search(name)}


def instructions(root: pathlib.Path, library: str) -> str:
    """The bundle's README."""
    from trevsnn_lite.course.packages import NEEDS

    title = re.search(r"^title: (.*)$", (root / "_config.yml").read_text("utf8"), re.MULTILINE)[
        1
    ].strip("\"'")
    more = {chapter: names.split() for chapter, names in sorted(NEEDS.items())}
    rows = "".join(f"| {chapter} | {', '.join(names)} |\n" for chapter, names in more.items())
    extra = "".join(f" {name}" for name in dict.fromkeys(" ".join(NEEDS.values()).split()))
    url = configured(root)
    address = f"The project's address: {url}" if home.has_home(url) else "The book has no home yet."
    return README.format(title=title, wheel=library, needs=rows, extra=extra, repository=address)


def bundle(out: pathlib.Path, site: pathlib.Path, root: pathlib.Path = ROOT) -> pathlib.Path:
    """Write the zip into the folder `out`, in one step; its path."""
    contents = files(root, site)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".bundle-") as temporary:
        folder = pathlib.Path(temporary)
        library = wheel.build(folder, root)
        name = f"trevsnn-book-{library.name.split('-')[1]}"
        (folder / "README.md").write_text(instructions(root, library.name), "utf8")
        contents |= {library.name: library, "README.md": folder / "README.md"}
        with zipfile.ZipFile(
            folder / "bundle.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9
        ) as archive:
            for path, file in sorted(contents.items()):
                entry = zipfile.ZipInfo(f"{name}/{path}", date_time=(1980, 1, 1, 0, 0, 0))
                entry.compress_type, entry.external_attr, entry.create_system = (
                    zipfile.ZIP_DEFLATED,
                    0o100644 << 16,
                    3,
                )
                archive.writestr(entry, file.read_bytes(), compresslevel=9)
        os.replace(folder / "bundle.zip", out / f"{name}.zip")
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
    given = parser.parse_args(arguments)
    try:
        written = bundle(given.out, given.site)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    with zipfile.ZipFile(written) as archive:
        names = archive.infolist()
    size = (
        f"{written.stat().st_size / 1e6:.1f} MB, "
        f"{sum(entry.file_size for entry in names) / 1e6:.1f} MB unpacked, {len(names)} files"
    )
    print(f"The bundle is {os.path.relpath(written)}: {size}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
