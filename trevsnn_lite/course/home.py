"""Where the book lives, as its repository's address says it, and the set-up cell, which fetches the
library from there."""

from trevsnn_lite.course import packages

GITHUB = "https://github.com/"
# What `repository.url` names until the book has a home: an address that leads nowhere.
NOWHERE = "trevsnn-book/trevsnn-lite"

# Every chapter's first code cell is this text, filled in by `setup_cell`; `make setup-cells` writes
# it, and a test holds it to that. First the library alone, from the book's own places; then what
# it needs and the environment lacks, and pip is not asked about the rest, which it might replace.
SETUP_CELL = """\
# Installs the book's library where it is missing; what is there stays.
import importlib.util, os, subprocess, sys

try:
    from trevsnn_lite import course
except ImportError:
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--retries=1"]
    wheel = os.environ.get("TREVSNN_WHEEL", "trevsnn-lite=={version}")
    places = "{places}
    if subprocess.run([*pip, wheel, *places.split()]).returncode:
        raise RuntimeError("{lost}: upload the book's "
                           "wheel beside this notebook, and run this again.")
    if None in map(importlib.util.find_spec, ("numpy", "torch")):
        subprocess.run([*pip, "numpy", "torch"])
    from trevsnn_lite import course

course.setup(seed=0, chapter="{chapter}", run={run}, version="{version}")"""


def has_home(repository: str) -> bool:
    """Whether `repository.url` of _config.yml is an address, and not the placeholder."""
    return repository.rstrip("/") != GITHUB + NOWHERE


def site(repository: str) -> str:
    """The address of the book's pages, with a slash at its end, as GitHub Pages gives it to
    `repository`. ValueError for a repository elsewhere: its pages' address must be given."""
    owner, _, name = repository.rstrip("/").removeprefix(GITHUB).partition("/")
    if not repository.startswith(GITHUB) or not name:
        raise ValueError(
            f"repository is {repository!r}, expected {GITHUB}OWNER/REPOSITORY, or the address of "
            "its pages beside it (html.baseurl of _config.yml)."
        )
    root = f"https://{owner.lower()}.github.io/"
    return root if name.lower() == f"{owner.lower()}.github.io" else f"{root}{name}/"


def setup_cell(
    repository: str,
    chapter: str,
    version: str | None = None,
    run: int | None = None,
    pages: str | None = None,
    mirrors: tuple[str, ...] = (),
) -> str:
    """The text of the first code cell of `chapter` ("03").

    `repository`: `repository.url` of _config.yml. `version`: the library's unless given. `run`:
    how often the chapter was run, from data/chapter_costs.json unless given. `pages`: where the
    book's pages are unless it follows from `repository`. `mirrors`: further places for the wheel,
    each the address of a page of wheels, or "pypi"."""
    home = has_home(repository)
    options = "--no-deps" if "pypi" in mirrors else "--no-deps --no-index"
    pages_of_wheels = [f"{pages or site(repository)}wheels/"] if home else []
    pages_of_wheels += [mirror for mirror in mirrors if mirror != "pypi"]
    return SETUP_CELL.format(
        places=f'{options} -f ."'  # a wheel beside the notebook
        + "".join(f'\n    places += " -f {page}"' for page in pages_of_wheels),
        lost="No wheel came" if home else "This book has no home yet",
        chapter=chapter,
        run=packages.runs(chapter) if run is None else run,
        version=version or packages.version() or "0.1.0",
    )
