"""The book's pages, and its build as `make book` does it."""

import functools
import pathlib
import shutil
import subprocess
import sys

import bs4
import yaml

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = (
    *("_config.yml", "_toc.yml", "book", "chapters", "tools/outline.py", "tools/search_index.py"),
    *("data/chapter_costs.json", "data/expected.json", "data/ledger.json"),
    *("trevsnn_lite/course/palette.py", "trevsnn_lite/course/demos"),
    *(f"trevsnn_lite/course/{name}" for name in ("exercise.py", "answers.py", "exercises")),
    *(f"trevsnn_lite/course/{name}.py" for name in ("growing", "lenses", "strokes")),
)
"""What a page is made of."""


@functools.cache
def parsed(file: pathlib.Path) -> bs4.BeautifulSoup:
    """A built page, parsed once for all tests of a process: leave it as it is."""
    return bs4.BeautifulSoup(file.read_bytes(), "html.parser")


def read_yaml(name: str) -> dict:
    """The repository's YAML file `name`."""
    return yaml.safe_load((ROOT / name).read_text("utf8"))


def pages() -> list[str]:
    """The book's pages in order, as in _toc.yml: paths without ending."""
    toc = read_yaml("_toc.yml")
    return [
        toc["root"],
        *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"]),
    ]


def build(source: pathlib.Path) -> subprocess.CompletedProcess:
    """Runs jupyter-book on the folder `source` with every warning an error."""
    jupyter_book = pathlib.Path(sys.executable).with_name("jupyter-book")
    done = subprocess.run(
        [jupyter_book, "build", source, "-W", "-n", "--keep-going", "--quiet"],
        capture_output=True,
        text=True,
        timeout=600,
    )
    if (
        done.returncode
    ):  # Sphinx reports a page's warnings only when it reads that page: forget what was read
        shutil.rmtree(source / "_build/.doctrees", ignore_errors=True)
    return done


def newest(paths) -> float:
    """The latest modification time of the files at or under `paths`."""
    files = [f for p in paths for f in ([p] if p.is_file() else p.rglob("*")) if f.is_file()]
    return max(f.stat().st_mtime for f in files)
