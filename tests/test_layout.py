"""Tests of the code's shape: import levels, lazy imports, lengths, first lines, and text that names no machine."""
import ast
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "trevsnn_lite"
MAX_FILE_LINES, MAX_FUNCTION_LINES = 220, 40

# A file imports only from lines above its own. A folder stands for all its files, which may import one another.
LEVELS = [
    "spikes spike_tape shapes replay allocation",
    "codes",
    "convolution",
    "scaled_conv",
    "neurons losses merging",
    "gradient_rules recurrence stepwise spiking_config paper_map reversible_depth",
    "undoing blocks fusion encoding conversion srevsnn spiking_resnet",
    "config reversible",
    "trevsnn released",
    "presets fold released_names",
    "__init__",  # what `import trevsnn_lite` offers
    "meters data export verify_released",
    "training plots",
    "peers",
    "experiments bench",
    "course commands",
    "__main__",
]
LEVEL = {unit: level for level, units in enumerate(LEVELS) for unit in units.split()}
AT_MODULE_LEVEL = {"torch", "numpy", "trevsnn_lite"} | set(sys.stdlib_module_names)
MACHINE_PATH = re.compile(r"(?<![\w.:/~-])/(?:work|root|home/\w+|Users/\w+)(?=[/\s\"'`),;]|$)", re.MULTILINE)
IGNORED = re.compile(r"/(\.git|\.venv|_build|__pycache__|\.pytest_cache|[^/]+\.egg-info)/|^/runs/")
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME)\b|raise NotImplemented" r"Error")


def project_files() -> list[pathlib.Path]:
    """The project's own files: tracked or not yet tracked, never ignored ones."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        found = (ROOT / name for name in listed.stdout.split("\0") if name)
    else:  # an unpacked archive
        found = (f for f in ROOT.rglob("*") if not IGNORED.search("/" + f.relative_to(ROOT).as_posix()))
    return sorted(f for f in found if f.is_file())


FILES = project_files()
PYTHON = [f for f in FILES if f.suffix == ".py"]
MODULES = [f for f in PYTHON if f.is_relative_to(PACKAGE)]


def name(file: pathlib.Path) -> str:
    """The file's path from the root, as a test's name."""
    return file.relative_to(ROOT).as_posix()


def unit(module: pathlib.Path) -> str:
    """The name under which a module stands in LEVEL: its folder in trevsnn_lite, or its own name."""
    return pathlib.Path(module.relative_to(PACKAGE).parts[0]).stem


def imported(tree: ast.AST, module: pathlib.Path) -> set[str]:
    """Absolute dotted names of all that the syntax tree imports, `from` names included."""
    package = module.relative_to(ROOT).parent.parts
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{stem}.{alias.name}" for alias in node.names}
    return names


def units_imported(tree: ast.AST, module: pathlib.Path) -> set[str]:
    """Names in LEVEL of the trevsnn_lite files that a syntax tree imports; `__init__` for a name of the package itself."""
    found = set()
    for dotted in imported(tree, module):
        first, *rest = dotted.split(".")
        if first == "trevsnn_lite":
            stem = rest[0] if rest else "__init__"
            found.add(stem if (PACKAGE / f"{stem}.py").exists() or (PACKAGE / stem).is_dir() else "__init__")
    return found


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_imports_only_lower_levels(module):
    own = unit(module)
    assert own in LEVEL, f"{name(module)} has no level: add {own!r} to LEVELS in tests/test_layout.py, below all that it imports"
    others = units_imported(ast.parse(module.read_text("utf8")), module) - {own}
    assert not [other for other in others if LEVEL.get(other, len(LEVELS)) >= LEVEL[own]], "imports from its own or a higher level"


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_module_level_imports_are_torch_and_numpy_alone(module):
    """Other packages are imported inside the functions that need them, so that the library imports without them."""
    top = [node for node in ast.parse(module.read_text("utf8")).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    packages = {dotted.split(".")[0] for node in top for dotted in imported(node, module)}
    assert packages <= AT_MODULE_LEVEL


@pytest.mark.parametrize("file", PYTHON, ids=name)
def test_lengths_and_first_line(file):
    text = file.read_text("utf8")
    tree = ast.parse(text)
    assert text.count("\n") <= MAX_FILE_LINES, f"{text.count(chr(10))} lines"
    functions = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions if f.end_lineno - f.lineno >= MAX_FUNCTION_LINES}
    assert not long, f"longer than {MAX_FUNCTION_LINES} lines: {long}"
    if text.strip():
        docstring = ast.get_docstring(tree)
        assert docstring and docstring.splitlines()[0].strip(), "the file's first line does not say what it implements"


def test_text_names_no_machine_and_is_finished():
    own = pathlib.Path(__file__).resolve()
    faults = []
    for file in FILES:
        if file.is_relative_to(ROOT / "book/_static/mathjax") or file.is_relative_to(ROOT / "book/_static/reveal") or file.resolve() == own:
            continue
        try:
            text = file.read_text("utf8")
        except UnicodeDecodeError:
            continue  # images, packed arrays
        faults += [f"{name(file)}: a machine's path, {m.group()}" for m in MACHINE_PATH.finditer(text)]
        if file.suffix in (".py", ".md", ".ipynb", ".yml"):
            faults += [f"{name(file)}: an unfinished mark, {m.group()}" for m in UNFINISHED.finditer(text)]
    assert faults == []
