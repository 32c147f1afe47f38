"""The teacher's bundle, unpacked elsewhere: the wheel installs and a chapter runs without a
network, the book opens from the disk, two bundles are the same."""

import json
import os
import re
import shutil
import subprocess
import zipfile

import pytest

from tests.book.conftest import build_report, site  # noqa: F401 (fixtures)
from tests.colab import stand_in
from tests.conftest import skips_pages
from tools import bundle, colab, kit, rehearse

pytestmark = pytest.mark.slow  # builds a wheel, an environment and two zips of the whole site


@pytest.fixture(scope="module")
def packed(site, tmp_path_factory):  # noqa: F811
    slides = stand_in.slides(tmp_path_factory.mktemp("decks") / "slides")
    return bundle.bundle(tmp_path_factory.mktemp("out"), site, slides=slides)


@pytest.fixture(scope="module")
def unpacked(packed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    assert re.fullmatch(r"trevsnn-book-[\d.]+-teacher", top.name)
    return top


def test_it_holds_what_a_classroom_needs(unpacked, root):
    for folder, pattern in (("chapters", "[0-9][0-9]_*.ipynb"), ("book", "*.md")):
        assert {f.name: f.read_bytes() for f in (unpacked / folder).glob("*") if f.is_file()} == {
            f.name: f.read_bytes() for f in (root / folder).glob(pattern)
        }
    assert (
        (unpacked / "data/MANIFEST.json").is_file()
        and (unpacked / "site/index.html").is_file()
        and (unpacked / "LICENSE").is_file()
    )
    assert not [
        f for f in unpacked.rglob("*") if "__pycache__" in f.parts or f.suffix in (".pyc", ".part")
    ]
    readme = (unpacked / "README.md").read_text("utf8")
    assert (
        next(unpacked.glob("*.whl")).name in readme
        and "{" not in readme
        and "onnxruntime" in (unpacked / "packages.txt").read_text("utf8")
    )


def test_links_of_the_notebooks_lead_to_files_of_the_bundle(unpacked):
    broken = []
    for chapter in (unpacked / "chapters").glob("*.ipynb"):
        cells = json.loads(chapter.read_text("utf8"))["cells"]
        text = "\n".join(
            "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"
        )
        links = re.findall(r"\]\(((?![a-z]+:)[\w./-]+\.(?:md|ipynb))", text)
        broken += [
            f"{chapter.name}: {link}" for link in links if not (chapter.parent / link).is_file()
        ]
    assert broken == []


def test_a_chapter_runs_from_it_without_a_network(unpacked, tmp_path):
    """The README's two commands, in a fresh environment that shares torch and not this checkout's
    library."""
    python = colab.environment(
        tmp_path / "env", colab.share(tmp_path / "shared", absent=()), colab=False
    )
    variables, offline = colab.variables(tmp_path / "home"), colab.no_network()
    (wheel,) = unpacked.glob("*.whl")
    subprocess.run(
        [*offline, python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel],
        env=variables,
        check=True,
        timeout=300,
    )
    chapter = shutil.copy(unpacked / "chapters/01_the_spiking_neuron.ipynb", tmp_path)
    subprocess.run(
        [
            *offline,
            python,
            rehearse.RUNNER,
            chapter,
            tmp_path / "report.json",
            "ipc" if offline else "tcp",
        ],
        env=variables,
        check=True,
        timeout=600,
    )
    report = json.loads((tmp_path / "report.json").read_text("utf8"))
    assert (
        rehearse.faults(report, tmp_path / "env") == []
        and len(report["values"]) >= 5
        and report["colab"] == "False"
    )


@pytest.mark.skipif(skips_pages(), reason="no Chromium or Chrome is installed")
@pytest.mark.parametrize(
    "name", ["index.html", "chapters/07_reversibility.html", "search.html?q=memory"]
)
def test_the_book_opens_from_the_disk(unpacked, browser, name):
    context = browser.new_context(offline=True)
    page, asked, errors = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: errors.append(request.url))
    page.goto((unpacked / "site").as_uri() + "/" + name)
    if name == "index.html":
        page.wait_for_url(
            "**/intro.html"
        )  # index.html sends on to the first page, which must be there before the window closes
    page.wait_for_load_state("load")
    if name.startswith("chapters"):
        assert page.locator(".katex").count() > 100  # formulas, without a script
        assert page.locator(".cell_output img").count() > 3
    if name.startswith("search"):
        page.wait_for_selector("#search-results li", timeout=60_000)
    context.close()
    assert [
        url for url in asked if not url.startswith(("file:", "data:", "blob:"))
    ] == [] and errors == []


def test_two_bundles_of_the_same_files_are_the_same(root, tmp_path):
    """Also where the files are newer: dates and modes of files are not stored. From a copy, which
    nobody edits meanwhile."""
    source = tmp_path / "source"
    for name in ("trevsnn_lite", "chapters", "book", "data"):
        shutil.copytree(root / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (
        "README.md",
        "LICENSE",
        "LICENSE-content",
        "CITATION.cff",
        "constraints.txt",
        "pyproject.toml",
        "_config.yml",
    ):
        shutil.copyfile(root / name, source / name)
    (source / "tools").mkdir()
    for name in kit.FILES:
        shutil.copyfile(root / "tools" / name, source / "tools" / name)
    stand_in.site(source / "site", root)
    slides = stand_in.slides(source / "slides")
    first = bundle.bundle(tmp_path / "first", source / "site", source, slides)
    for file in source.rglob("*"):
        os.utime(file)
        file.chmod(0o700 if file.is_dir() else 0o600)
    second = bundle.bundle(tmp_path / "second", source / "site", source, slides)
    assert first.read_bytes() == second.read_bytes() and [
        file.name for file in second.parent.iterdir()
    ] == [second.name]


def test_a_book_that_is_not_built_is_refused_and_nothing_is_left(tmp_path, capsys):
    assert bundle.main(["--site", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 2
    assert re.fullmatch(
        r"The built book in .* lacks index.html, .*: type make book first.\n",
        capsys.readouterr().err,
    ) and not list(tmp_path.iterdir())
