"""The library's wheel, built from a copy of the checkout and without a network: the same files give
the same bytes.

`python -m tools.wheel [--out _build] [--release]` (make wheel) writes one whose version carries the
checkout's commit, trevsnn_lite-0.1.0+g1a2b3c4-py3-none-any.whl; a release's wheel carries the
version alone, and its source archive lies beside it."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent
EPOCH = "315532800"  # 1 January 1980, the first day that a zip file can name


def build(
    out: pathlib.Path,
    root: pathlib.Path = ROOT,
    change: Callable[[pathlib.Path], None] | None = None,
    sdist: bool = False,
) -> pathlib.Path:
    """Build the wheel of `root` into the folder `out` and return its path; `change` may alter the
    copy that it is built from. `sdist`: the source archive instead.

    Raises OSError with pip's last line where it cannot be built."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="trevsnn-wheel-") as temporary:
        source, built = pathlib.Path(temporary, "source"), pathlib.Path(temporary, "built")
        for name in ("trevsnn_lite", "data"):
            shutil.copytree(
                root / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.part")
            )
        for name in ("README.md", "LICENSE", "pyproject.toml"):
            shutil.copy(root / name, source)
        if change:
            change(source)
        for path in [source, *source.rglob("*")]:  # modes are stored: not those of whoever builds
            path.chmod(0o755 if path.is_dir() else 0o644)
        pip = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
        archive = f"from setuptools import build_meta; build_meta.build_sdist({str(built)!r})"
        command = ["-c", archive] if sdist else [*pip, "--wheel-dir", str(built), str(source)]
        done = subprocess.run(
            [sys.executable, *command],
            cwd=source,
            capture_output=True,
            text=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
        )
        if done.returncode:
            raise OSError(
                "the wheel could not be built: "
                f"{(done.stderr.strip().splitlines() or ['pip said nothing'])[-1]}"
            )
        (found,) = built.glob("*.tar.gz" if sdist else "*.whl")
        part = out / f".{found.name}.{os.getpid()}.part"
        shutil.copy(found, part)
        os.replace(part, out / found.name)
    return out / found.name


def labelled(label: str) -> Callable[[pathlib.Path], None]:
    """A change for `build`: `label` ("g1a2b3c4") behind the version."""

    def change(source: pathlib.Path) -> None:
        settings = source / "pyproject.toml"
        text = re.sub(
            r'(?m)^(version = "[^"+]*)[^"]*', rf"\1+{label}", settings.read_text("utf8"), count=1
        )
        settings.write_text(text, "utf8")

    return change


def commit(root: pathlib.Path = ROOT) -> str:
    """The checkout's commit as a label, "g1a2b3c4"; "g1a2b3c4.changed" where the library differs
    from it, "changed" outside a repository."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True)
        return done.stdout.strip()

    head = git("rev-parse", "--short=7", "HEAD")
    if not head:
        return "changed"
    changed = git("status", "--porcelain", "--", "trevsnn_lite", "data", "pyproject.toml")
    return f"g{head}.changed" if changed else f"g{head}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.wheel", description="Writes the wheel.")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "_build")
    parser.add_argument(
        "--release", action="store_true", help="no commit in the version; a source archive as well"
    )
    given = parser.parse_args(arguments)
    try:
        written = [build(given.out, change=None if given.release else labelled(commit()))]
        if given.release:
            written.append(build(given.out, sdist=True))
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Written: {', '.join(os.path.relpath(file) for file in written)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
