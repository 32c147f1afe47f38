"""The book's home. Its address stands in _config.yml and nowhere else; `python -m tools.repository
URL` (make set-repository URL=...) writes a new one everywhere: links, badges, set-up cells. With
`--cells` only the chapters' set-up cells are written anew (make setup-cells)."""

import argparse
import json
import os
import pathlib
import re
import sys

import yaml

from trevsnn_lite.course import home

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHAPE = re.compile(
    r"https://github\.com/(?P<owner>[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?)/(?P<name>[A-Za-z0-9._-]{1,100})"
)
KINDS = {".md", ".ipynb", ".cff", ".yml", ".toml", ".py", ".html", ".json", ".txt", ".js", ".css"}
SKIPPED = {
    ".git",
    ".venv",
    "_build",
    "__pycache__",
    "node_modules",
    ".ipynb_checkpoints",
    ".pytest_cache",
}


def checked(url: str) -> str:
    """`url` without a slash or .git at its end. ValueError unless it is a repository on GitHub:
    Colab opens notebooks from there alone."""
    plain = url.strip().removesuffix("/").removesuffix(".git")
    found = SHAPE.fullmatch(plain)
    if not found or found["name"] in (".", "..") or "--" in found["owner"]:
        raise ValueError(
            f"URL is {url!r}, expected https://github.com/OWNER/REPOSITORY: Colab opens "
            "notebooks from GitHub alone."
        )
    return plain


def settings(root: pathlib.Path = ROOT) -> dict:
    """What _config.yml says of the home: {url, pages (None: they follow from url), mirrors}."""
    found = yaml.safe_load((root / "_config.yml").read_text("utf8"))
    url = (found.get("repository") or {}).get("url")
    if not url:
        raise ValueError(
            "_config.yml has no repository.url, expected the repository's address there."
        )
    pages = (found.get("html") or {}).get("baseurl")
    mirrors = (found.get("sphinx") or {}).get("config", {}).get("wheel_mirrors", [])
    return {
        "url": url,
        "pages": pages and pages.rstrip("/") + "/",
        "mirrors": tuple(mirrors),
    }


def configured(root: pathlib.Path = ROOT) -> str:
    """`repository.url` of _config.yml."""
    return settings(root)["url"]


def cell(chapter: str, root: pathlib.Path = ROOT) -> str:
    """The set-up cell of `chapter` ("03"), as the checkout `root` has its version, its runs and its
    home."""
    of_book = (root / "pyproject.toml").read_text("utf8")
    records = json.loads((root / "data/chapter_costs.json").read_text("utf8"))
    runs = (entry.get("run", 1) for name, entry in records.items() if name[:2] == chapter)
    found = settings(root)
    return home.setup_cell(
        found["url"],
        chapter,
        version=re.search(r'^version = "([^"]+)"', of_book, re.MULTILINE)[1],
        run=next(runs, 0),
        pages=found["pages"],
        mirrors=found["mirrors"],
    )


def addresses(url: str) -> re.Pattern:
    """Every way in which a text names the repository: its page and all behind it, and Colab's
    address for it."""
    slug = url.removeprefix(home.GITHUB)
    places = (
        r"https?://github\.com|git@github\.com:|colab\.research\.google\.com/github|"
        r"raw\.githubusercontent\.com|mybinder\.org/v2/gh"
    )
    return re.compile(rf"(?P<before>(?:{places})/?){re.escape(slug)}(?![\w-])")


def texts(root: pathlib.Path) -> list[pathlib.Path]:
    """The project's text files."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name for name in folders if name not in SKIPPED and not name.endswith(".egg-info")
        )
        found += [
            pathlib.Path(folder, name)
            for name in sorted(files)
            if pathlib.Path(name).suffix in KINDS
        ]
    return found


def set_repository(
    url: str, root: pathlib.Path = ROOT, pages: str | None = None
) -> list[pathlib.Path]:
    """Write the address into every file that names the one of _config.yml, into README's badges,
    and into _config.yml last; the files that changed. `pages`: where the book's pages are, for a
    domain of their own."""
    new, old = checked(url), configured(root)
    pattern, slug = addresses(checked(old)), new.removeprefix(home.GITHUB)

    changed = []
    for file in sorted(
        texts(root), key=lambda file: file == root / "_config.yml"
    ):  # stopped halfway, it can be called again
        text = file.read_text("utf8")
        there = pattern.sub(lambda found: found["before"] + slug, text)
        if file == root / "_config.yml" and pages:
            there = re.sub(r"^  baseurl: .*\n", "", there, flags=re.MULTILINE)
            there = re.sub(r"^html:\n", f"html:\n  baseurl: {pages}\n", there, flags=re.MULTILINE)
        if file == root / "README.md":
            there = with_badges(there, new, pages)
        if there != text:
            write(file, there)
            changed.append(file)
    return changed


def with_badges(readme: str, url: str, pages: str | None = None) -> str:
    """README's first lines: where to read the book and to run it, or that it has no home yet."""
    block = (
        badges(url, pages or home.site(url))
        if home.has_home(url)
        else "*This book has no home yet*: links to its repository lead nowhere until "
        "`make set-repository URL=...` has been called."
    )
    marks = re.compile(r"(<!-- home -->\n).*?(\n<!-- end of home -->)", re.DOTALL)
    return marks.sub(lambda found: found[1] + block + found[2], readme)


def badges(url: str, pages: str) -> str:
    """Markdown of the badges: tests, book, and chapter 0 in Colab, Kaggle and Binder."""
    slug = url.removeprefix(home.GITHUB)
    first = f"{slug}/blob/main/chapters/00_one_picture.ipynb"
    binder = f"{slug}/main?urlpath=lab/tree/chapters/00_one_picture.ipynb"
    shown = [
        ("tests", f"{url}/actions/workflows/tests.yml/badge.svg", f"{url}/actions"),
        ("the book", "https://img.shields.io/badge/read-the_book-blue.svg", pages),
        (
            "Open in Colab",
            "https://colab.research.google.com/assets/colab-badge.svg",
            f"https://colab.research.google.com/github/{first}",
        ),
        (
            "Open in Kaggle",
            "https://kaggle.com/static/images/open-in-kaggle.svg",
            f"https://kaggle.com/kernels/welcome?src={home.GITHUB}{first}",
        ),
        (
            "Open in Binder",
            "https://mybinder.org/badge_logo.svg",
            f"https://mybinder.org/v2/gh/{binder}",
        ),
    ]
    return "\n".join(f"[![{name}]({picture})]({address})" for name, picture, address in shown)


def write_cells(root: pathlib.Path = ROOT) -> list[pathlib.Path]:
    """Write each chapter's set-up cell, in its notebook and in its text, and leave all else, stored
    outputs included; the files that changed.

    Raises ValueError for a notebook whose first code cell is none, or whose text has another."""
    changed = []
    for file in sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb")):
        text = file.read_text("utf8")
        notebook = json.loads(text)
        first = next((cell for cell in notebook["cells"] if cell["cell_type"] == "code"), {})
        old = "".join(first.get("source", ""))
        if "course.setup(" not in old:
            raise ValueError(
                f"{file.name}: the first code cell does not call course.setup, expected "
                "the set-up cell."
            )
        new = cell(file.stem[:2], root)
        pair = root / "chapters/text" / f"{file.stem}.md"
        source = pair.read_text("utf8")
        if old not in source:
            raise ValueError(
                f"{pair.name} has another set-up cell than its notebook: call "
                f"python -m tools.chapter {file.stem[:2]} first."
            )
        first["source"] = new.splitlines(keepends=True)
        there = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        for path, before, after in ((file, text, there), (pair, source, source.replace(old, new))):
            if before != after:
                write(path, after)
                changed.append(path)
    return changed


def write(file: pathlib.Path, text: str) -> None:
    """Replace the file in one step, so that none is left half-written; its mode stays."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    part.write_text(text, "utf8")
    part.chmod(file.stat().st_mode & 0o777)
    os.replace(part, file)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.repository",
        description="Writes the repository's address, or the chapters' set-up cells.",
    )
    parser.add_argument("url", nargs="?", default="", help="https://github.com/OWNER/REPOSITORY")
    parser.add_argument("--pages", help="where the book's pages are, unless GitHub Pages' address")
    parser.add_argument("--cells", action="store_true", help="write only the set-up cells")
    given = parser.parse_args(arguments)
    try:
        changed = [] if given.cells else set_repository(given.url, pages=given.pages)
        changed += write_cells()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    names = sorted({file.relative_to(ROOT).as_posix() for file in changed})
    print(
        f"{len(names)} files changed{': ' if names else ''}{', '.join(names)}. The "
        f"repository is {configured()}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
