"""The package: what importing it needs, and that the wheel carries every folder of the library and
its data."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_importing_needs_torch_and_numpy_alone():
    """The library, which brings no course; then the course; then the command line up to what `info`
    prints. One process, for it takes seconds to import torch."""
    code = (
        "import sys, torch, numpy\n"
        "before = set(sys.modules)\n"
        "def more():\n"
        "    names = {m.split('.')[0] for m in set(sys.modules) - before}\n"
        "    known = {'trevsnn_lite', 'torch', 'numpy'} | sys.stdlib_module_names\n"
        "    print('more:', *sorted(names - known))\n"
        "import trevsnn_lite\n"
        "more()\n"
        "assert 'trevsnn_lite.course' not in sys.modules\n"
        "from trevsnn_lite import course\n"
        "more()\n"
        "from trevsnn_lite.__main__ import main\n"
        "assert main(['info']) == 0\n"
        "print([n for n in ('timm', 'matplotlib', 'torchvision') if n in sys.modules])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.splitlines()
    assert found[:2] == ["more:", "more:"] and found[-1] == "[]" and len(found) > 5


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
