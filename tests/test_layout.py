"""Tests of the code's shape: import levels, lazy imports, lengths, first lines, and text that names
no machine."""

import ast
import io
import pathlib
import re
import subprocess
import sys
import tokenize

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "trevsnn_lite"
AT_MODULE_LEVEL = {"torch", "numpy", "trevsnn_lite"} | set(sys.stdlib_module_names)
MACHINE_PATH = re.compile(
    r"(?<![\w.:/~-])/(?:work|root|home/\w+|Users/\w+)(?=[/\s\"'`),;]|$)", re.MULTILINE
)
IGNORED = re.compile(r"/(\.git|\.venv|_build|__pycache__|\.pytest_cache|[^/]+\.egg-info)/|^/runs/")
NO_CODE = (
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
)
# A line of code that raises it, not a text that speaks of it, as the grader does of nbgrader's stubs.
UNFINISHED = re.compile(
    r"\b(?:TO" r"DO|FIX" r"ME)\b|^\s*raise NotImplemented" r"Error", re.MULTILINE
)


def project_files() -> list[pathlib.Path]:
    """The project's own files: tracked or not yet tracked, never ignored ones."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        found = (ROOT / name for name in listed.stdout.split("\0") if name)
    else:  # an unpacked archive
        found = (
            f for f in ROOT.rglob("*") if not IGNORED.search("/" + f.relative_to(ROOT).as_posix())
        )
    return sorted(f for f in found if f.is_file())


FILES = project_files()
PYTHON = [f for f in FILES if f.suffix == ".py"]
MODULES = [f for f in PYTHON if f.is_relative_to(PACKAGE)]


def name(file: pathlib.Path) -> str:
    """The file's path from the root, as a test's name."""
    return file.relative_to(ROOT).as_posix()


def imported(tree: ast.AST, module: pathlib.Path) -> set[str]:
    """Absolute dotted names of all that the syntax tree imports, `from` names included."""
    package = module.relative_to(ROOT).parent.parts
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{stem}.{alias.name}" for alias in node.names}
    return names


def test_module_level_imports_are_torch_and_numpy_alone():
    """Other packages are imported inside the functions that need them, so that the library imports
    without them."""
    faults = []
    for module in MODULES:
        top = [
            node
            for node in ast.parse(module.read_text("utf8")).body
            if isinstance(node, (ast.Import, ast.ImportFrom))
        ]
        packages = {dotted.split(".")[0] for node in top for dotted in imported(node, module)}
        faults += [f"{name(module)}: {package}" for package in packages - AT_MODULE_LEVEL]
    assert faults == []


def test_imports_run_downwards():
    """The layers that pyproject.toml lists; import-linter's own report says which import climbs."""
    found = subprocess.run(
        [pathlib.Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_code_keeps_the_linter_s_rules_and_its_format():
    for command in (["check"], ["format", "--check"]):
        found = subprocess.run(
            [pathlib.Path(sys.executable).with_name("ruff"), *command, "."],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert found.returncode == 0, found.stdout + found.stderr


def test_text_names_no_machine_and_is_finished():
    own = pathlib.Path(__file__).resolve()
    faults = []
    for file in FILES:
        if (
            file.is_relative_to(ROOT / "book/_static/mathjax")
            or file.is_relative_to(ROOT / "book/_static/reveal")
            or file.resolve() == own
        ):
            continue
        try:
            text = file.read_text("utf8")
        except UnicodeDecodeError:
            continue  # images, packed arrays
        faults += [
            f"{name(file)}: a machine's path, {m.group()}" for m in MACHINE_PATH.finditer(text)
        ]
        if file.suffix in (".py", ".md", ".ipynb", ".yml"):
            faults += [
                f"{name(file)}: an unfinished mark, {m.group()}" for m in UNFINISHED.finditer(text)
            ]
    assert faults == []


def lines_of_code(name: str) -> int:
    """Lines that hold code: no blank ones, comments or docstrings."""
    source = (PACKAGE / name).read_text("utf8")
    words = {
        row
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in NO_CODE
        for row in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            words -= set(range(node.lineno, node.end_lineno + 1))
    return len(words)


def test_the_engine_is_short():
    """What a reader of chapter 7 reads to find its two lines running; checks of arguments stand in
    shapes, the check of a user's cell in checking."""
    face = ["reversible/__init__.py", "reversible/strategies.py"]
    rest = ["replay.py", "spike_tape.py", "spike_conv.py", "kernels.py"]
    assert sum(map(lines_of_code, face)) <= 350
    assert sum(map(lines_of_code, face + rest)) <= 800
