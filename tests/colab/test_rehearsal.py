"""The rehearsal of Colab: a right wheel passes, each wrong one fails with a sentence. `make
rehearse` runs the chapters themselves; here a notebook of two cells."""

import json
import os
import pathlib
import re
import shutil
import zipfile

import nbformat
import pytest

from tools import colab, rehearse, run_notebook, wheel
from tools.repository import configured
from trevsnn_lite import course
from trevsnn_lite.course import expected, packages

ROOT = pathlib.Path(__file__).parents[2]
ID = next(
    id
    for id, entry in sorted(expected.load().items())
    if isinstance(entry.get("value"), int) and not isinstance(entry["value"], bool)
)

COSTS = json.loads((ROOT / "data/chapter_costs.json").read_text("utf8"))
RUN = COSTS["01_the_spiking_neuron"]["run"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """One rehearsal's stage with the right wheel; of the packages that Colab lacks, a small one
    comes from a wheel."""
    folder = tmp_path_factory.mktemp("colab")
    library = wheel.build(folder / "built")
    return rehearse.Stage(
        folder,
        str(library),
        colab.share(folder / "shared"),
        colab.wheelhouse(folder / "wheels", ("loguru", "packaging")),
    )


def notebook(folder: pathlib.Path, change=lambda cell: cell) -> pathlib.Path:
    """The set-up cell, altered by `change`, and one value of the book."""
    value = expected.load()[ID]
    cells = [
        nbformat.v4.new_code_cell(change(course.setup_cell(configured(), "01"))),
        nbformat.v4.new_code_cell(f"course.expect({ID!r}, {value['value']})"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "01_short.ipynb")
    return folder / "01_short.ipynb"


def with_wheel(stage, library) -> rehearse.Stage:
    return rehearse.Stage(stage.folder, str(library), stage.shared, stage.wheelhouse)


@pytest.mark.slow
def test_the_right_wheel_passes_and_the_library_comes_from_it(stage, tmp_path):
    report = stage.run(notebook(tmp_path))
    assert report["faults"] == [] and len(report["values"]) == 1 and report["colab"] == "True"
    assert re.fullmatch(r"trevsnn_lite \S+, Python [\d.]+, torch \S+, .+, seed 0", report["line"])
    assert "/env/lib/" in report["library"] and rehearse.row(
        tmp_path / "01_short.ipynb", report
    ).endswith("| 1 | passed |")


@pytest.mark.slow
def test_the_library_is_out_of_sight_until_the_wheel_is_installed(stage, tmp_path):
    """Else a rehearsal on this checkout's editable install would pass with any wheel."""
    report = stage.run(notebook(tmp_path, lambda cell: "from trevsnn_lite import course"))
    assert report["faults"] == ["ModuleNotFoundError: No module named 'trevsnn_lite'"]


def altered(folder: pathlib.Path, file: str, text: str, replacement: str) -> None:
    path = folder / file
    assert text in path.read_text("utf8")
    path.write_text(path.read_text("utf8").replace(text, replacement, 1), "utf8")


WRONG = {
    "older": (
        lambda source: altered(source, "pyproject.toml", 'version = "0.1.0"', 'version = "0.0.9"'),
        r"ImportError: This chapter belongs to trevsnn_lite 0\.1\.0, and 0\.0\.9 is installed",
    ),
    "without data": (
        lambda source: altered(source, "pyproject.toml", '    "trevsnn_lite._data",\n', ""),
        "FileNotFoundError: The installed trevsnn_lite has no data",
    ),
    "of other values": (
        lambda source: altered(
            source, "data/expected.json", f'"{ID}": {{"value": ', f'"{ID}": {{"value": 9'
        ),
        rf"AssertionError: {re.escape(ID)}: expected",
    ),
    "of an earlier run": (
        lambda source: altered(
            source,
            "data/chapter_costs.json",
            f'"01_the_spiking_neuron": {{\n  "run": {RUN}',
            '"01_the_spiking_neuron": {\n  "run": 0',
        ),
        r"ImportError: The installed trevsnn_lite 0\.1\.0 is older than this chapter: it knows its run 0, "
        rf"and this is run {RUN}\.",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_wheel_fails_with_a_sentence(stage, tmp_path, kind):
    change, sentence = WRONG[kind]
    faults = with_wheel(stage, wheel.build(tmp_path / "built", change=change)).run(
        notebook(tmp_path)
    )["faults"]
    assert len(faults) == 1 and re.match(sentence, faults[0]), faults


@pytest.mark.slow
def test_a_wheel_that_is_missing_damaged_or_another_s_fails_with_a_sentence(stage, tmp_path):
    damaged = tmp_path / pathlib.Path(stage.wheel).name
    damaged.write_bytes(pathlib.Path(stage.wheel).read_bytes()[:100_000])
    for library in (
        tmp_path / "none" / damaged.name,
        damaged,
        next(stage.wheelhouse.glob("packaging*")),
    ):
        faults = with_wheel(stage, library).run(notebook(tmp_path))["faults"]
        wanted = (
            "ModuleNotFoundError: No module named 'trevsnn_lite'"
            if "packaging" in library.name
            else "RuntimeError: This book has no home yet: upload the book's wheel beside this "
            "notebook, and run this again."
        )
        assert faults[0] == wanted, faults


@pytest.mark.slow
def test_a_wheel_beside_the_notebook_is_enough(stage, tmp_path):
    """As it is uploaded by hand: the book has no home, and TREVSNN_WHEEL is not set."""
    beside = f"import shutil\nshutil.copy({stage.wheel!r}, '.')\n"
    unset = "import os\ndel os.environ['TREVSNN_WHEEL']\n"
    report = stage.run(notebook(tmp_path, lambda cell: unset + beside + cell))
    assert report["faults"] == [] and "/env/lib/" in report["library"]
    report = stage.run(notebook(tmp_path, lambda cell: unset + cell))
    assert report["faults"][0].startswith("RuntimeError: This book has no home yet: upload")


@pytest.mark.slow
def test_a_set_up_that_replaces_colab_s_packages_is_found(stage, tmp_path):
    change = (
        'subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", '
        '"--ignore-installed", "packaging"], check=True)\n\ncourse.setup('
    )
    report = stage.run(notebook(tmp_path, lambda cell: cell.replace("\ncourse.setup(", change)))
    assert report["faults"] == ["the set-up put its own packaging beside Colab's"]


@pytest.mark.slow
def test_values_that_do_not_come_are_found(stage, tmp_path):
    report = stage.run(
        notebook(tmp_path, lambda cell: cell + '\nif False:\n    course.expect("01.lost", 3)')
    )
    assert report["faults"] == [
        "1 of 2 values of course.expect came; first that is missing: 01.lost"
    ]


@pytest.mark.slow
def test_what_is_missing_comes_and_what_is_still_missing_is_said(stage, tmp_path):
    def needs(names: str):
        line = f"from trevsnn_lite.course import packages\npackages.NEEDS['01'] = '{names}'\n"
        return lambda cell: cell.replace("course.setup(", line + "course.setup(")

    report = stage.run(notebook(tmp_path, needs("loguru")))
    assert report["faults"] == [] and "Missing" not in report["line"]
    report = stage.run(notebook(tmp_path, needs("nothing_here loguru")))
    assert report["faults"] == [] and re.search(
        r"seed 0\nMissing: nothing_here\. .*pip install nothing_here \(pip said: ERROR",
        report["line"],
    )


def test_a_library_from_elsewhere_is_a_fault(tmp_path):
    colab.environment(tmp_path / "env", tmp_path)
    report = {
        "error": "",
        "values": [],
        "stored": [],
        "library": "/elsewhere/trevsnn_lite/__init__.py",
    }
    assert [fault.split(",")[0] for fault in rehearse.faults(report, tmp_path / "env")] == [
        "the library came from /elsewhere/trevsnn_lite/__init__.py"
    ]


def test_whatever_is_there_is_held_while_packages_come(monkeypatch):
    """pip sees the exact version of every package that is there, protobuf among them, and installs
    what is missing alone."""
    seen = {}

    def pip(command, **settings):
        held = pathlib.Path(command[command.index("-c") + 1]).read_text()
        seen.update(command=command, held=held)
        return type("Done", (), {"returncode": 1, "stderr": "ERROR: none"})

    monkeypatch.setattr(packages.subprocess, "run", pip)
    monkeypatch.setattr(packages, "in_checkout", lambda: False)
    assert packages.obtain(["numpy", "nothing_here"]).startswith("Missing: nothing_here. ")
    assert seen["command"][-1] == "nothing_here" and "numpy" not in seen["command"]
    held = {line.split("==")[0] for line in seen["held"].splitlines()}
    assert held >= {"torch", "numpy", "protobuf", "matplotlib"}
    assert all("==" in line for line in seen["held"].splitlines())


@pytest.mark.parametrize(
    "version, plain",
    [
        ("2.11.0+cu128", True),
        ("1.0.post2", True),
        ("3.0rc1", True),
        ("1.1build1", False),
        ("", False),
    ],
)
def test_a_version_that_pip_would_not_take_is_no_constraint(version, plain):
    assert bool(packages.PLAIN.fullmatch(version)) is plain


def test_in_a_checkout_nothing_is_installed(monkeypatch):
    monkeypatch.setattr(packages.subprocess, "run", lambda *_, **__: pytest.fail("pip was called"))
    assert packages.in_checkout() and packages.obtain(["numpy"]) == ""
    assert packages.obtain(["nothing_here"]) == (
        "Missing: nothing_here. Cells that need it stop or say so: python -m pip install "
        "nothing_here"
    )


def test_a_library_that_does_not_know_the_chapter_s_run_is_too_old():
    known = packages.runs("07")
    packages.check_library(None, "07", known)
    packages.check_library(None, "07", known - 1)  # a saved copy of an older chapter
    with pytest.raises(
        ImportError,
        match=rf"is older than this chapter: .* run {known}, and this is run {known + 1}\.",
    ):
        packages.check_library(None, "07", known + 1)
    assert packages.runs("77") == 0


def test_a_bare_jupyter_has_a_kernel_and_torch_alone():
    core, absent = colab.closure(colab.BARE), set(colab.beside())
    assert {"ipykernel", "torch", "numpy", "sympy", "traitlets"} <= core
    assert {"matplotlib", "spikingjelly", "tonic", "scipy"} <= absent and not core & absent


@pytest.mark.parametrize(
    "chapter",
    sorted(pathlib.Path(wheel.ROOT, "chapters").glob("[0-9][0-9]_*.ipynb")),
    ids=lambda file: file.stem,
)
def test_chapters_use_cpu_sizes_on_every_machine(chapter):
    """No cell moves to a GPU, so that a chapter computes the same with and without one."""
    text = "".join(
        "".join(cell["source"])
        for cell in json.loads(chapter.read_text("utf8"))["cells"]
        if cell["cell_type"] == "code"
    )
    assert not re.findall(r"\.cuda\(|is_available\(|\"cuda|'cuda|set_default_device", text)


@pytest.mark.slow
def test_the_wheel_is_the_same_each_time_and_carries_the_data(tmp_path):
    """From a copy, which nobody edits meanwhile; the second time with newer files of other modes."""
    for name in ("trevsnn_lite", "data"):
        shutil.copytree(
            wheel.ROOT / name,
            tmp_path / "source" / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    for name in ("README.md", "LICENSE", "pyproject.toml"):
        shutil.copyfile(wheel.ROOT / name, tmp_path / "source" / name)
    first = wheel.build(tmp_path / "first", tmp_path / "source")
    for file in (tmp_path / "source").rglob("*"):
        os.utime(file)
        file.chmod(0o700)
    again = wheel.build(tmp_path / "again", tmp_path / "source")
    assert again.read_bytes() == first.read_bytes() and again.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(again) as archive:
        names = set(archive.namelist())
    assert {
        "trevsnn_lite/_data/MANIFEST.json",
        "trevsnn_lite/_data/expected.json",
        "trevsnn_lite/_data/fashion_mnist_10k/train-images-idx3-ubyte.gz",
    } <= names
    assert not [name for name in names if name.startswith(("tools/", "tests/", "chapters/"))]


def test_a_library_that_cannot_be_built_is_one_sentence(tmp_path):
    with pytest.raises(OSError, match="the wheel could not be built: "):
        wheel.build(
            tmp_path,
            change=lambda source: (source / "pyproject.toml").write_text("[project", "utf8"),
        )


def test_the_command_names_what_is_not_there(capsys):
    assert (
        rehearse.main(["nowhere.ipynb"]) == 2
        and capsys.readouterr().err == "There is no file nowhere.ipynb.\n"
    )


@pytest.mark.parametrize("silences, passes, tries", [(0, True, 1), (1, True, 2), (2, False, 2)])
def test_a_kernel_that_falls_silent_gets_one_more_try_and_the_table_says_so(
    monkeypatch, silences, passes, tries
):
    made = []

    def attempt(self, file):
        made.append(file)
        silent = len(made) <= silences
        return {"silent": silent, "faults": ["TimeoutError: no answer"] if silent else []}

    monkeypatch.setattr(rehearse.Stage, "attempt", attempt)
    report = rehearse.Stage(pathlib.Path(), "", pathlib.Path(), pathlib.Path()).run(
        pathlib.Path("01_a.ipynb")
    )
    line = rehearse.row(pathlib.Path("01_a.ipynb"), report)
    assert (
        (not report["faults"], len(made)) == (passes, tries)
        and ("passed" in line) == passes
        and ("second try" in line) == (tries == 2)
    )


def test_a_cell_without_an_answer_is_reported_as_silence(monkeypatch, tmp_path):
    monkeypatch.setattr(run_notebook, "SILENCE", 2)
    file = tmp_path / "slow.ipynb"
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import time; time.sleep(60)")]),
        file,
    )
    report = run_notebook.run(file, {})
    assert report["silent"] and "Timeout" in report["error"]


def test_a_line_that_comes_in_pieces_is_one_line(monkeypatch, tmp_path):
    """A busy kernel sends what one `print` wrote in several messages."""
    pieces = (
        "import time\nfor piece in ({pieces}):\n    print(piece, end='', flush=True)\n    "
        "time.sleep(0.3)"
    )
    monkeypatch.setattr(run_notebook, "WHERE", pieces.format(pieces="'/a path/lib', ' ', 'False'"))
    line = "01.a: 3  ✓ exactly"
    cell = nbformat.v4.new_code_cell(pieces.format(pieces=f"{line[:4]!r}, {line[4:]!r}"))
    file = tmp_path / "pieces.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), file)
    report = run_notebook.run(file, {})
    assert (report["error"], report["values"], report["library"], report["colab"]) == (
        "",
        ["01.a"],
        "/a path/lib",
        "False",
    )
