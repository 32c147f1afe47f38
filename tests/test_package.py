"""The package: what importing it needs, and that the wheel carries every folder of the library and
its data."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_importing_needs_torch_and_numpy_alone():
    code = (
        "import sys, torch, numpy; before = set(sys.modules); import trevsnn_lite; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before} - "
        "{'trevsnn_lite', 'torch', 'numpy'} - sys.stdlib_module_names))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert found == []


def test_the_wheel_lists_every_folder_of_the_library():
    listed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["tool"]["setuptools"]["packages"]
    ) - {"trevsnn_lite._data"}
    folders = {
        folder
        for folder in (ROOT / "trevsnn_lite").rglob("*")
        if folder.is_dir() and folder.name != "__pycache__"
    }
    folders = {
        folder
        for folder in folders | {ROOT / "trevsnn_lite"}
        if any(file.suffix in {".py", ".json", ".js"} for file in folder.iterdir())
    }
    assert listed == {".".join(folder.relative_to(ROOT).parts) for folder in folders}
