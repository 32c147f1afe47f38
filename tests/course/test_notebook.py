"""course.setup, course.show and the cell that installs the library where it is missing."""

import json
import os
import random
import re
import subprocess
import sys

import numpy
import pytest
import torch

from tools import repository
from trevsnn_lite import course
from trevsnn_lite.course import home


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


def test_every_chapter_starts_with_the_setup_cell(root):
    for notebook in sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb")):
        code = [
            c for c in json.loads(notebook.read_text("utf8"))["cells"] if c["cell_type"] == "code"
        ]
        assert "".join(code[0]["source"]) == repository.cell(notebook.stem[:2], root), (
            f"{notebook.name}: the first code cell is not the book's; type make setup-cells"
        )


HOMES = {
    "none": (home.GITHUB + home.NOWHERE, ()),
    "a home": ("https://github.com/" + "some-owner/its-book", ()),
    "mirrors": ("https://github.com/" + "some-owner/its-book", ("https://a.example/w/", "pypi")),
}


@pytest.mark.parametrize("kind", HOMES)
def test_the_setup_cell_is_short_and_asks_the_right_places(kind):
    url, mirrors = HOMES[kind]
    cell = course.setup_cell(url, "07", version="0.1.0", run=12, mirrors=mirrors)
    lines = cell.splitlines()
    assert max(map(len, lines)) <= 79 and len(list(filter(str.strip, lines))) <= 17
    asked = re.findall(r"-f ([^ \n\"]+)", cell)
    pages = [] if kind == "none" else ["https://some-owner.github.io/its-book/wheels/"]
    assert asked == [".", *pages, *(mirror for mirror in mirrors if mirror != "pypi")]
    assert ("--no-index" in cell) is ("pypi" not in mirrors), "a name that is not ours is not asked"
    assert ("has no home yet" in cell) is (kind == "none")
    assert cell.endswith('course.setup(seed=0, chapter="07", run=12, version="0.1.0")')


@pytest.mark.parametrize(
    "url, address",
    [
        ("https://github.com/Some-Owner/its.book/", "https://some-owner.github.io/its.book/"),
        ("https://github.com/owner/owner.github.io", "https://owner.github.io/"),
    ],
)
def test_the_pages_address_follows_from_the_repository(url, address):
    assert home.site(url) == address


@pytest.mark.parametrize("url", ["https://gitlab.com/a/b", "https://github.com/a"])
def test_pages_of_a_repository_elsewhere_must_be_given(url):
    with pytest.raises(
        ValueError, match=f"repository is '{url}', expected https://github.com/OWNER"
    ):
        home.site(url)


@pytest.mark.parametrize("there", [False, True])
def test_the_setup_cell_installs_where_the_library_is_missing_alone(tmp_path, there):
    """A pip that cannot find the wheel: without the library the cell stops, with it nothing is
    asked for."""
    hidden = "import sys\nsys.modules['trevsnn_lite'] = None\n"
    environment = {
        **os.environ,
        "TREVSNN_WHEEL": str(tmp_path / "none-1-py3-none-any.whl"),
        "PIP_NO_INDEX": "1",
    }
    cell = course.setup_cell(home.GITHUB + home.NOWHERE, "01")
    done = subprocess.run(
        [sys.executable, "-c", ("" if there else hidden) + cell],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode == 0) is there and ("trevsnn_lite" in done.stdout) is there
    assert there or done.stderr.rstrip().endswith(
        "RuntimeError: This book has no home yet: upload the book's wheel beside this notebook, "
        "and run this again."
    )


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
