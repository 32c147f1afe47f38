"""The repository's address stands in _config.yml; every set-up cell and link is held to it, and one
command writes a new one everywhere."""

import json
import re
import shutil

import pytest
import yaml

from tools import repository

NEW = (
    "https://github.com/" + "new-owner/New.name_2"
)  # in two parts: this file is copied and rewritten too
PLACES = (
    "README.md",
    "CITATION.cff",
    "pyproject.toml",
    "_config.yml",
    "book/setup.md",
    "book/how_to_use.md",
)


@pytest.fixture
def copy(root, tmp_path):
    """The project's text files, as a tree of their own, and what its cells take from data/."""
    for file in repository.texts(root):
        there = tmp_path / file.relative_to(root)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, there)
    return tmp_path


def contents(folder) -> dict:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def strays(folder) -> list[str]:
    """Links to a repository of this name that is not the configured one, and places that do not
    name the configured one."""
    url = repository.configured(folder)
    slug, name = url.removeprefix("https://github.com/"), url.rsplit("/", 1)[1]
    link = re.compile(
        rf"(?:github\.com|colab\.research\.google\.com/github|raw\.githubusercontent\.com)[/:]([\w.-]+/{re.escape(name)})(?![\w-])"
    )
    found = [
        f"{file.relative_to(folder)}: {other}"
        for file in repository.texts(folder)
        for other in link.findall(file.read_text("utf8"))
        if other != slug
    ]
    chapters = sorted((folder / "chapters").glob("[0-9][0-9]_*.ipynb"))
    for chapter in chapters:
        code = [
            cell
            for cell in json.loads(chapter.read_text("utf8"))["cells"]
            if cell["cell_type"] == "code"
        ]
        cell = repository.cell(chapter.stem[:2], folder)
        text = (folder / "chapters/text" / f"{chapter.stem}.md").read_text("utf8")
        if "".join(code[0]["source"]) != cell or cell not in text:
            found.append(f"{chapter.relative_to(folder)}: the set-up cell")
    assert chapters
    return found + [
        f"{place}: nothing" for place in PLACES if url not in (folder / place).read_text("utf8")
    ]


def test_every_cell_and_link_names_the_configured_repository(root):
    assert strays(root) == []


def set_to(url: str, copy, pages: str | None = None) -> set[str]:
    """As the command does it; the files that changed."""
    changed = repository.set_repository(url, copy, pages) + repository.write_cells(copy)
    return {file.relative_to(copy).as_posix() for file in changed}


def test_a_new_address_is_written_everywhere_once_and_the_way_back_gives_the_same_files(copy):
    before, old = contents(copy), repository.configured(copy)
    changed = set_to(NEW + ".git/", copy)
    assert changed >= {
        *PLACES,
        *(f"chapters/{file.name}" for file in (copy / "chapters").glob("*.ipynb")),
        *(f"chapters/text/{file.name}" for file in (copy / "chapters/text").glob("*.md")),
    }
    assert strays(copy) == [] and repository.configured(copy) == NEW
    assert [
        file.name
        for file in repository.texts(copy)
        if repository.addresses(old).search(file.read_text("utf8"))
    ] == []
    slug = NEW.removeprefix("https://github.com/")
    readme = (copy / "README.md").read_text("utf8")
    first = f"{slug}/blob/main/chapters/00_one_picture.ipynb"
    for address in (
        f"https://colab.research.google.com/github/{first}",
        f"https://kaggle.com/kernels/welcome?src=https://github.com/{first}",
        f"https://mybinder.org/v2/gh/{slug}/main?urlpath=lab/tree/chapters/00_one_picture.ipynb",
        "https://new-owner.github.io/New.name_2/",
    ):
        assert f"]({address})" in readme
    assert "has no home yet" not in readme
    assert repository.write_cells(copy) == []  # the cells are what the generator writes
    assert yaml.safe_load((copy / "_config.yml").read_text("utf8"))["repository"]["url"] == NEW
    assert set_to(NEW, copy) == set()
    set_to(old, copy)
    assert contents(copy) == before


def test_pages_at_an_address_of_their_own_are_where_the_cells_look(copy):
    set_to(NEW, copy, pages="https://book.example.org")
    assert repository.settings(copy)["pages"] == "https://book.example.org/"
    text = (copy / "chapters/text/07_reversibility.md").read_text("utf8")
    assert "-f https://book.example.org/wheels/" in text and "github.io" not in text
    assert "](https://book.example.org)" in (copy / "README.md").read_text("utf8")
    set_to(NEW, copy, pages="https://other.example.org/")
    assert (copy / "_config.yml").read_text("utf8").count("  baseurl:") == 1
    assert repository.settings(copy)["pages"] == "https://other.example.org/"


def test_a_mirror_is_given_in_one_place(copy):
    set_to(NEW, copy)
    settings = copy / "_config.yml"
    text = settings.read_text("utf8")
    assert "wheel_mirrors: []" in text
    settings.write_text(
        text.replace("wheel_mirrors: []", "wheel_mirrors: [https://m.example/wheels/, pypi]"),
        "utf8",
    )
    assert len(repository.write_cells(copy)) == 2 * len(list((copy / "chapters").glob("*.ipynb")))
    cell = repository.cell("07", copy)
    assert " -f https://m.example/wheels/" in cell and "--no-index" not in cell


def test_a_text_with_another_set_up_cell_is_refused(copy):
    text = copy / "chapters/text/01_the_spiking_neuron.md"
    text.write_text(text.read_text("utf8").replace("util, os, subprocess", "util, os"), "utf8")
    with pytest.raises(ValueError, match="01_the_spiking_neuron.md has another set-up cell than"):
        repository.write_cells(copy)


@pytest.mark.parametrize(
    "file, text",
    [
        ("README.md", "github.com/{}/issues"),
        ("book/api.md", "github.com/{}/blob"),
        ("CITATION.cff", "{}"),
    ],
)
def test_a_cell_or_link_left_behind_is_found(copy, file, text):
    slug = repository.configured(copy).removeprefix("https://github.com/")
    whole = (copy / file).read_text("utf8")
    assert text.format(slug) in whole
    (copy / file).write_text(
        whole.replace(text.format(slug), text.format("somebody/" + slug.split("/")[1])), "utf8"
    )
    assert any(stray.startswith(file) for stray in strays(copy))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "new-owner/name",
        "http://github.com/a/b",
        "https://gitlab.com/a/b",
        "https://github.com/a",
        "https://github.com/a/b/c",
        "https://github.com/-a/b",
        "https://github.com/a--b/c",
        "https://github.com/a/..",
        "https://github.com/a/b c",
        "https://github.com/a/b\\1",
    ],
)
def test_a_bad_address_is_refused_in_one_sentence_and_nothing_changes(copy, url):
    before = contents(copy)
    with pytest.raises(
        ValueError,
        match="^URL is .*, expected https://github.com/OWNER/REPOSITORY: Colab opens notebooks "
        "from GitHub alone.$",
    ):
        repository.set_repository(url, copy)
    assert contents(copy) == before


def test_the_command_says_so_too(capsys):
    assert repository.main(["https://example.org/a/b"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_other_repositories_are_left_alone(copy):
    slug = repository.configured(copy).removeprefix("https://github.com/")
    (copy / "other.md").write_text(
        f"https://github.com/{slug}-data https://github.com/x/y {slug} "
        f"https://github.com/{slug}. git@github.com:{slug}.git\n",
        "utf8",
    )
    repository.set_repository(NEW, copy)
    new = NEW.removeprefix("https://github.com/")
    assert (copy / "other.md").read_text("utf8") == (
        f"https://github.com/{slug}-data https://github.com/x/y {slug} "
        f"https://github.com/{new}. git@github.com:{new}.git\n"
    )


def test_a_chapter_without_the_set_up_cell_is_refused(copy):
    chapter = copy / "chapters/01_the_spiking_neuron.ipynb"
    chapter.write_text(
        chapter.read_text("utf8").replace("course.setup(", "course.nothing("), "utf8"
    )
    with pytest.raises(
        ValueError,
        match="01_the_spiking_neuron.ipynb: the first code cell does not call course.setup",
    ):
        repository.write_cells(copy)
