"""The library and the chapters on newer Pythons, without one: metadata, syntax, and modules that
later versions removed. .ci/run runs the chapters on a newer one."""

import ast
import json
import pathlib
import re
import shutil
import subprocess
import tomllib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The standard library's removals: 3.12 (What's New: asynchat to smtpd), 3.13 (PEP 594) and 3.14.
REMOVED = set(
    [
        "asynchat",
        "asyncore",
        "distutils",
        "imp",
        "smtpd",
        "aifc",
        "audioop",
        "cgi",
        "cgitb",
        "chunk",
        "crypt",
        "imghdr",
        "mailcap",
        "msilib",
        "nis",
        "nntplib",
        "ossaudiodev",
        "pipes",
        "sndhdr",
        "spwd",
        "sunau",
        "telnetlib",
        "uu",
        "xdrlib",
        "lib2to3",
    ]
)
NEWER = next(filter(None, map(shutil.which, ("python3.14", "python3.13", "python3.12"))), None)


def sources() -> dict[str, str]:
    """Name -> code: the library's files, the tools and each chapter's code cells."""
    found = {
        file.relative_to(ROOT).as_posix(): file.read_text("utf8")
        for folder in ("trevsnn_lite", "tools")
        for file in (ROOT / folder).rglob("*.py")
    }
    for chapter in (ROOT / "chapters").glob("[0-9][0-9]_*.ipynb"):
        cells = json.loads(chapter.read_text("utf8"))["cells"]
        found[chapter.name] = "\n\n".join(
            "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"
        )
    return {
        name: re.sub(r"^\s*[%!].*$", "", text, flags=re.MULTILINE)
        if name.endswith(".ipynb")
        else text
        for name, text in found.items()
    }


def faults(text: str) -> list[str]:
    """What an older or newer Python would stumble over."""
    try:
        tree = ast.parse(text, feature_version=(3, 11))
    except SyntaxError as error:
        return [f"line {error.lineno}: {error.msg}"]
    names = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    names += [
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level
    ]
    return [f"{name} is gone in a newer Python" for name in names if name.split(".")[0] in REMOVED]


def test_code_is_of_the_oldest_python_s_syntax_and_of_modules_that_stay():
    assert {name: faults(text) for name, text in sources().items() if faults(text)} == {}
    assert (
        faults("import distutils.util")
        and faults("from cgi import escape")
        and faults("def f[T](x: T): pass")
    )


@pytest.mark.filterwarnings("error")
def test_nothing_warns_when_it_is_compiled():
    """A backslash that means nothing: DeprecationWarning in 3.11, SyntaxWarning from 3.12 on."""
    for name, text in sources().items():
        compile(text, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_the_metadata_admit_newer_pythons():
    from packaging.specifiers import SpecifierSet

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    admitted = SpecifierSet(settings["requires-python"])
    assert (
        all(version in admitted for version in ("3.11", "3.12", "3.13.1", "3.14"))
        and "3.10" not in admitted
    )


@pytest.mark.skipif(
    not NEWER or subprocess.run([NEWER, "-c", ""], capture_output=True).returncode != 0,
    reason="there is no Python 3.12 or newer on the PATH",
)
def test_a_newer_python_reads_every_file():
    code = (
        "import sys, json\nfor name, text in json.load(sys.stdin).items(): compile(text, "
        "name, 'exec')"
    )
    subprocess.run(
        [NEWER, "-W", "error", "-c", code], input=json.dumps(sources()), text=True, check=True
    )
