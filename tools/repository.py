"""The repository's address stands in _config.yml; this writes it everywhere: `python -m
tools.repository URL` (make set-repository URL=...), and with
`--cells` the set-up cell into every chapter (make setup-cells)."""

import argparse
import json
import os
import pathlib
import re
import sys

from trevsnn_lite.course import setup_cell

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


def configured(root: pathlib.Path = ROOT) -> str:
    """`repository.url` of _config.yml."""
    found = re.search(
        r"^repository:\n(?:  .*\n)*?  url: *(\S+)",
        (root / "_config.yml").read_text("utf8"),
        re.MULTILINE,
    )
    if not found:
        raise ValueError(
            "_config.yml has no repository.url, expected the repository's address there."
        )
    return found[1].strip("\"'")


def addresses(url: str) -> re.Pattern:
    """Every way in which a text names the repository: its page and all behind it, and Colab's
    address for it."""
    slug = url.removeprefix("https://github.com/")
    return re.compile(
        rf"(?P<before>(?:https?://github\.com|git@github\.com:|colab\.research\.google\.com/github|raw\.githubusercontent\.com)/?){re.escape(slug)}(?![\w-])"
    )


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


def set_repository(url: str, root: pathlib.Path = ROOT) -> list[pathlib.Path]:
    """Write the address into every file that names the one of _config.yml, and into _config.yml
    last; the files that changed."""
    new, old = checked(url), configured(root)
    pattern, slug = addresses(checked(old)), new.removeprefix("https://github.com/")
    changed = []
    for file in sorted(
        texts(root), key=lambda file: file == root / "_config.yml"
    ):  # stopped halfway, it can be called again
        text = file.read_text("utf8")
        there = pattern.sub(lambda found: found["before"] + slug, text)
        if there != text:
            write(file, there)
            changed.append(file)
    return changed


def write_cells(root: pathlib.Path = ROOT) -> list[pathlib.Path]:
    """Write each chapter's set-up cell as `course.setup_cell` has it, and leave all else, stored
    outputs included; the notebooks that changed.

    Raises ValueError for a notebook whose first code cell is none."""
    version = re.search(
        r'^version = "([^"]+)"', (root / "pyproject.toml").read_text("utf8"), re.MULTILINE
    )[1]
    changed = []
    for file in sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb")):
        text = file.read_text("utf8")
        notebook = json.loads(text)
        cell = next(
            (cell for cell in notebook["cells"] if cell["cell_type"] == "code"), {"source": ""}
        )
        if "course.setup(" not in "".join(cell["source"]):
            raise ValueError(
                f"{file.name}: the first code cell does not call course.setup, expected "
                "the set-up cell."
            )
        cell["source"] = setup_cell(configured(root), file.stem[:2], version).splitlines(
            keepends=True
        )
        there = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        if there != text:
            write(file, there)
            changed.append(file)
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
    parser.add_argument("--cells", action="store_true", help="write only the set-up cells")
    given = parser.parse_args(arguments)
    try:
        changed = ([] if given.cells else set_repository(given.url)) + write_cells()
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
