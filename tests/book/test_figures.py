"""Tests of the pictures: each has an alternative text that is computed and holds its numbers, comes
from the course's helper as SVG, and is legible on a telephone."""

import ast
import base64
import json
import pathlib
import re

import bs4
import pytest

from tests.book.building import ROOT, pages, parsed
from trevsnn_lite.course import notebook

CHAPTERS = sorted((ROOT / "chapters").glob("[0-9][0-9]_*.ipynb"))
ON_A_TELEPHONE = 350  # CSS pixels for a picture on a screen of 390
SMALLEST = 6.5  # CSS pixels: the height of the smallest letters there, as printed captions have it

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)


def without_words(page: bs4.BeautifulSoup) -> list[str]:
    """The pictures of a page without an alternative text; in a cell's output also those whose text
    has no number, or that no helper of the course made."""
    faults = []
    for picture in page.find_all("img"):
        text = (picture.get("alt") or "").strip()
        output = picture.find_parent(class_="cell_output")
        if not text:
            faults.append(f"no alternative text: {picture.get('src', '')[:60]}")
        elif output and not re.search(r"\d", text):
            faults.append(f"no number in: {text}")
        elif output and not picture.find_parent(
            class_=re.compile(r"^(tfigure|tbox|tdemo|tpicture)$")
        ):
            faults.append(f"not by course.show: {text}")
    return faults


def typed(source: str) -> list[str]:
    """The calls of `show` in a cell whose alternative text is a constant: typed, not computed."""
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("course.show", "show", "notebook.show")
    ]
    return [
        ast.unparse(call)[:120]
        for call in calls
        if not any(
            isinstance(node, (ast.FormattedValue, ast.Name, ast.Call))
            for text in call.args[1:]
            for node in ast.walk(text)
        )
    ]


def cells(chapter: pathlib.Path) -> list[dict]:
    """The chapter's code cells."""
    return [
        cell
        for cell in json.loads(chapter.read_text("utf8"))["cells"]
        if cell["cell_type"] == "code"
    ]


@pytest.mark.parametrize("page", pages())
def test_every_picture_has_words_with_its_numbers(site, page):
    assert without_words(parsed(site / f"{page}.html")) == []


@each_chapter
def test_the_words_of_a_figure_are_computed(chapter):
    assert [
        call
        for cell in cells(chapter)
        if not "".join(cell["source"]).lstrip().startswith("%")
        for call in typed("".join(cell["source"]))
    ] == []


@each_chapter
def test_every_figure_is_a_vector_drawing_of_the_course_s_helper(chapter):
    """No PNG, and no figure that a cell's end or plt.show() put out past the helper, for that has
    no words."""
    kinds = [
        kind
        for cell in cells(chapter)
        for output in cell["outputs"]
        for kind in output.get("data", {})
        if kind.startswith("image/")
    ]
    assert kinds == []
    assert not [
        cell["source"]
        for cell in cells(chapter)
        if re.search(r"\bplt\.(show|style)\(|rcParams|matplotlib\.use\(", "".join(cell["source"]))
    ], "the style is set by course.setup"


@each_chapter
def test_letters_are_legible_on_a_telephone(chapter):
    outputs = "".join(
        "".join(output.get("data", {}).get("text/html", ""))
        for cell in cells(chapter)
        for output in cell["outputs"]
    )
    small = []
    for found in re.findall(
        r'class="tfigure".*?src="data:image/svg\+xml;base64,([^"]+)"', outputs, re.DOTALL
    ):
        svg = base64.b64decode(found).decode()
        width = float(re.search(r'width="([\d.]+)pt"', svg)[1])
        sizes = [
            100 * float(scale)
            for scale in re.findall(
                r"translate\([^)]*\)(?: rotate\([^)]*\))? scale\((0\.\d+) -", svg
            )
        ]
        pixels = min(sizes, default=99) * min(1.0 / 0.75, ON_A_TELEPHONE / width)
        small += (
            [f"{pixels:.1f} pixels in a figure {width / 72:.1f} inches wide"]
            if pixels < SMALLEST
            else []
        )
    assert small == []


@pytest.mark.parametrize(
    "picture, fault",
    [
        ('<img src="a.svg">', "no alternative text"),
        ('<img src="a.svg" alt=" ">', "no alternative text"),
        (
            '<div class="cell_output"><div class="tfigure"><img src="a.svg" alt="Loss '
            'falls."></div></div>',
            "no number in",
        ),
        (
            '<div class="cell_output"><img src="a.svg" alt="Loss falls to 0.3."></div>',
            "not by course.show",
        ),
    ],
)
def test_a_picture_without_words_is_found(site, picture, fault):
    """Planted into a copy of a built chapter, beside pictures that are sound."""
    page = site / f"chapters/{CHAPTERS[0].stem}.html"
    assert without_words(parsed(page)) == []
    planted = page.read_text("utf8").replace("</article>", picture + "</article>", 1)
    found = without_words(bs4.BeautifulSoup(planted, "html.parser"))
    assert len(found) == 1 and found[0].startswith(fault)


@pytest.mark.parametrize(
    "source, count",
    [
        ('course.show(figure, "Loss falls to 0.3.")', 1),
        ('course.show(figure, "Loss " "falls to 0.3.")', 1),
        ('course.show(figure, f"Loss falls to {loss}.")', 0),
        ('course.show(figure, "Loss: " + ", ".join(losses))', 0),
        ("course.show(figure, words)", 0),
    ],
)
def test_typed_words_are_found(source, count):
    assert len(typed(source)) == count


def test_figures_of_chapters_and_of_experiments_have_one_palette():
    from trevsnn_lite.experiments import plots

    assert {colour.lower() for colour in plots.COLOURS[:6]} == {
        notebook.PALETTE[name].lower()
        for name in ("blue", "vermilion", "green", "purple", "orange", "sky")
    }
    shared = set(plots.STYLE) & set(notebook.STYLE) - {
        name for name in notebook.STYLE if "size" in name or "width" in name
    }
    assert {name: plots.STYLE[name] for name in shared} == {
        name: notebook.STYLE[name] for name in shared
    }


def labs_without_a_still(chapter: pathlib.Path) -> list[str]:
    """The functions that a chapter gives to sliders and calls nowhere without them: no test would
    run them, and the page would show nothing."""
    tree = ast.parse("\n".join("".join(cell["source"]) for cell in cells(chapter)))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    given = [
        call.args[0] for call in calls if ast.unparse(call.func).rsplit(".", 1)[-1] == "sliders"
    ]
    names = {
        node.func.id
        for lab in given
        for node in ast.walk(lab)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    } - {"display"}
    names |= {lab.id for lab in given if isinstance(lab, ast.Name)}
    inside = {id(node) for lab in given for node in ast.walk(lab)}
    called = {
        call.func.id for call in calls if isinstance(call.func, ast.Name) and id(call) not in inside
    }
    opened = [
        call for call in calls if ast.unparse(call.func).endswith("open_lab")
    ]  # shows its still by itself, and has its own tests
    return sorted(names - called) if given or opened else ["no lab"]


@each_chapter
def test_a_lab_is_run_without_its_sliders_too(chapter):
    """Chapter 0 has no sliders: its experiment is the memory budget."""
    assert labs_without_a_still(chapter) == (["no lab"] if chapter.stem[:2] == "00" else [])


def test_a_lab_that_only_sliders_would_run_is_found(tmp_path):
    file = tmp_path / "01_planted.ipynb"
    for source, found in (
        ("def sweep(T):\n    print(T)\nsliders(sweep, T=[1, 2])", ["sweep"]),
        ("sweep(1)\nsliders(sweep, T=[1, 2])", []),
        ("sliders(lambda **chosen: display(sweep(**chosen)), T=[1, 2])", ["sweep"]),
        ("print(1)", ["no lab"]),
    ):
        file.write_text(
            json.dumps({"cells": [{"cell_type": "code", "source": source, "outputs": []}]})
        )
        assert labs_without_a_still(file) == found
