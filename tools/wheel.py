"""The library's wheel, built from a copy of the checkout and without a network: the same files give
the same bytes."""

import os
import pathlib
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
) -> pathlib.Path:
    """Build the wheel of `root` into the folder `out` and return its path; `change` may alter the
    copy that it is built from.

    Raises OSError with pip's last line where pip cannot build it."""
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
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--no-build-isolation",
            "--wheel-dir",
            built,
            source,
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
        )
        if done.returncode:
            raise OSError(
                "the wheel could not be built: "
                f"{(done.stderr.strip().splitlines() or ['pip said nothing'])[-1]}"
            )
        wheel = next(built.glob("*.whl"))
        part = out / f".{wheel.name}.{os.getpid()}.part"
        shutil.copy(wheel, part)
        os.replace(part, out / wheel.name)
    return out / wheel.name
