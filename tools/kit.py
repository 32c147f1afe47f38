"""What every edition carries for a bare laptop: packages.txt, the versions that the tests passed
with, the check for the evening before, the fetcher for rooms without a network, and the README's
lines on all of it."""

import itertools
import pathlib
import re
import shutil
import tomllib

from tools import wheel
from trevsnn_lite.course import packages

ROOT = wheel.ROOT
FILES = ("check_laptop.py", "fetch_packages.py")
INSTALL = """Once, with Python 3.11 or newer, in this folder. Systems whose Python is `externally-managed` need the environment, the others profit by it:

```bash
python3 -m venv course-env              # Windows: py -m venv course-env
source course-env/bin/activate          # Windows: course-env\\Scripts\\activate
python -m pip install -r packages.txt -c constraints.txt ./{wheel}
python check_laptop.py
```

On Linux without an NVIDIA GPU add `--extra-index-url https://download.pytorch.org/whl/cpu` to the third line, which saves 3 GB. *Without a network*: on a machine
that has one, `python fetch_packages.py` fetches the packages for Linux, Windows and macOS (Apple's processors) into `wheels`; give `--python 3.12` if that is what the
laptops have. Copy the folder, and let the third line be

```bash
python -m pip install --no-index --find-links wheels/linux -r packages.txt ./{wheel}    # or wheels/windows, wheels/macos
```

`check_laptop.py` is the line to run the evening before. It ends with *Ready.*, or says what is missing. Then, and each time after the second line:

```bash
OMP_NUM_THREADS=1 jupyter lab chapters  # Windows: $env:OMP_NUM_THREADS=1; jupyter lab chapters
```
"""  # noqa: E501


def requirements(root: pathlib.Path = ROOT) -> str:
    """packages.txt: the packages of all chapters, with their ranges in pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    found: dict[str, list[str]] = {}
    for line in itertools.chain(*groups):
        name, limits = re.fullmatch(r"([\w-]+)(?:\[.*\])?(.*)", line).groups()
        found.setdefault(name, []).extend(part for part in limits.split(",") if part)
    lines = [name + ",".join(dict.fromkeys(found[name])) for name in packages.every()]
    return "# Made from the project's one list; the versions of constraints.txt are tested.\n" + (
        "".join(f"{line}\n" for line in lines)
    )


def put(folder: pathlib.Path, root: pathlib.Path = ROOT) -> None:
    """Write the files into an edition's folder."""
    (folder / "packages.txt").write_text(requirements(root), "utf8")
    for name in FILES:
        shutil.copyfile(root / "tools" / name, folder / name)
    shutil.copyfile(root / "constraints.txt", folder / "constraints.txt")


def install(library: str) -> str:
    """The README's lines, for the wheel of this name."""
    return INSTALL.format(wheel=library)
