"""course.setup, course.show and the cell that installs the library in Colab."""

import importlib.metadata
import json
import os
import random
import re
import subprocess
import sys

import numpy
import pytest
import torch
import yaml

from trevsnn_lite import course


def test_setup_seeds_everything_leaves_threads_alone_and_prints_one_line(capsys):
    threads = torch.get_num_threads()
    draws = []
    for seed in (3, 3, 4):
        course.setup(seed=seed)
        draws.append((random.random(), numpy.random.rand(), torch.rand(()).item()))
    assert draws[0] == draws[1] != draws[2] and torch.get_num_threads() == threads
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and re.fullmatch(
        r"trevsnn_lite \S+, Python [\d.]+, torch \S+, .+, seed 3", lines[0]
    )


@pytest.mark.parametrize("seed", [-1, 1.5, True, "0", None])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(ValueError, match=f"seed is {seed!r}, expected an integer from 0"):
        course.setup(seed=seed)


def test_a_figure_is_the_same_on_every_run_and_carries_its_alt_text(capsys):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    course.setup()
    pages = []
    for _ in range(2):
        figure, axes = plt.subplots()
        axes.plot([1, 2, 4], label="T")
        pages.append(course.show(figure, 'Memory "grows" from 1 to 4')._repr_html_())
    assert (
        pages[0] == pages[1]
        and 'alt="Memory &quot;grows&quot; from 1 to 4"' in pages[0]
        and not plt.get_fignums()
    )
    assert plt.rcParams["figure.facecolor"] == "white"
    with pytest.raises(ValueError, match="alt is empty"):
        course.show(plt.figure(), " ")
    plt.close("all")


def test_the_library_imports_no_course_and_the_course_torch_and_numpy_alone():
    code = (
        "import sys, trevsnn_lite; assert 'trevsnn_lite.course' not in sys.modules\n"
        "from trevsnn_lite import course; assert not "
        "{'matplotlib', 'IPython', 'ipywidgets', 'timm'} & set(sys.modules), "
        "sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def repository(root) -> str:
    return yaml.safe_load((root / "_config.yml").read_text("utf8"))["repository"]["url"]


def test_every_chapter_starts_with_the_setup_cell(root):
    for notebook in sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb")):
        code = [
            c for c in json.loads(notebook.read_text("utf8"))["cells"] if c["cell_type"] == "code"
        ]
        cell = course.setup_cell(
            repository(root), notebook.stem[:2], importlib.metadata.version("trevsnn-lite")
        )
        assert "".join(code[0]["source"]) == cell, (
            f"{notebook.name}: the first code cell is not the book's; type make setup-cells"
        )


@pytest.mark.parametrize("colab", [False, True])
def test_the_setup_cell_installs_in_colab_alone_and_a_wrong_wheel_fails(root, tmp_path, colab):
    """A fake google.colab and a pip that cannot find the wheel: in Colab the cell stops, elsewhere
    it runs through."""
    fake = (
        "import sys, types\nsys.modules['google.colab'] = types.ModuleType('colab')\n"
        if colab
        else ""
    )
    environment = {
        **os.environ,
        "TREVSNN_WHEEL": str(tmp_path / "none-1-py3-none-any.whl"),
        "PIP_NO_INDEX": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", fake + course.setup_cell(repository(root), "01")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode != 0) is colab and ("trevsnn_lite" in done.stdout) is not colab


def test_all_files_of_the_course_are_packed_into_the_wheel(root):
    import fnmatch
    import tomllib

    patterns = tomllib.loads((root / "pyproject.toml").read_text("utf8"))["tool"]["setuptools"][
        "package-data"
    ]["*"]
    files = [
        f
        for f in (root / "trevsnn_lite/course").rglob("*")
        if f.is_file() and f.suffix not in (".py", ".pyc")
    ]
    assert files and not [
        f.name for f in files if not any(fnmatch.fnmatch(f.name, pattern) for pattern in patterns)
    ]
