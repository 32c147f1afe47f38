"""The slides: chosen by the chapters' form, offline, each within its frame, with demos that answer
to the keyboard."""

import hashlib
import json

import pytest

from tests.conftest import skips_pages
from tools import outline
from tools import slides as decks
from tools.slide_choice import slides

needs_browser = pytest.mark.skipif(skips_pages(), reason="no Chromium or Chrome is installed")
CHAPTERS = {
    f"{number:02d}": decks.ROOT / f"chapters/{slug}.ipynb"
    for _, found in outline.PARTS.values()
    for number, (slug, _, _) in found.items()
}
MEASURE = """() => { const s = Reveal.getCurrentSlide(), f = s.querySelector(".fit");
  return [s.id, Number(f.dataset.scale), s.scrollHeight - s.clientHeight, f.scrollWidth - f.clientWidth, s.querySelectorAll("mjx-merror, mjx-mtext[style*='red']").length]; }"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All decks, written once."""
    out = tmp_path_factory.mktemp("decks") / "slides"
    decks.write(out)
    return out


def kinds(chapter: str) -> list[str]:
    return [
        slide.kind for slide in slides(json.loads(CHAPTERS[chapter].read_text("utf8")), chapter)
    ]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_gives_its_question_prediction_figures_verdict_and_discussion(chapter):
    found = kinds(chapter)
    assert (
        found[:2] == ["title", "predict"]
        and found[-3:] == ["vote", "verdict", "discuss"]
        and "figure" in found
        and {"box", "belief"} & set(found)  # boxes on paper and code begin with chapter 7
    )
    assert "course.demos." not in CHAPTERS[chapter].read_text("utf8") or "demo" in found
    assert 6 <= len(found) <= 14


def test_a_tagged_cell_is_a_slide_and_a_comment_in_code_is_no_heading():
    cells = [
        {"cell_type": "markdown", "source": text, "metadata": tags}
        for text, tags in (
            ("# 7 · T", {}),
            ("## The question: why?\n\ntext", {}),
            ("## 7.1 Idea\n\n```python\n# no heading\n```\n\nmine", {"tags": ["slide"]}),
            ("$$a$$\n\n## 7.2 Recap\n\nend", {}),
        )
    ]
    found = {slide.kind: slide for slide in slides({"cells": cells}, "07")}
    assert (
        found["title"].text == "Why?"
        and found["verdict"].text == "end"
        and found["verdict"].section == "7.2"
    )
    tagged = [slide for slide in slides({"cells": cells}, "07") if "mine" in slide.text]
    assert [(slide.title, slide.section) for slide in tagged] == [
        ("Idea", "7.1")
    ] and "# no heading" in tagged[0].text


def test_text_is_rendered_without_roles_and_links_lead_into_the_book_or_nowhere():
    text = (
        "[8.6](../book/ledger.md#ledger-headline-memory), {term}`tape`, "
        "[7](07_reversibility.ipynb), $a<b$ {cite}`x`<details>hint</details>"
    )
    assert decks.rendered(text, None).strip() == (
        r'<p><span title="ledger headline-memory">8.6</span>, tape, <span>7</span>, <span '
        r'class="math inline">\(a&lt;b\)</span></p>'
    )
    linked = decks.rendered(text, "../html")
    assert (
        'href="../html/book/ledger.html#ledger-headline-memory"' in linked
        and 'href="../html/chapters/07_reversibility.html"' in linked
    )


def test_the_vendored_reveal_is_unaltered():
    folder = decks.ROOT / "book/_static/reveal"
    sums = dict(
        reversed(line.split(maxsplit=1))
        for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    assert {
        name.removeprefix("./"): hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in sums
    } == {name.removeprefix("./"): value for name, value in sums.items()}
    assert {file.name for file in folder.iterdir()} == {
        name.removeprefix("./") for name in sums
    } | {"SHA256SUMS"} and "MIT" in (folder / "reveal.js").read_text("utf8")[:200]


def test_a_folder_that_holds_no_slides_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("x")
    assert (
        decks.main(["--out", str(tmp_path / "mine")]) == 2
        and "holds no slides" in capsys.readouterr().err
    )
    assert (tmp_path / "mine/thesis.txt").is_file()


@needs_browser
@pytest.mark.parametrize("part", outline.PARTS)
def test_every_slide_fits_its_frame_and_nothing_is_fetched(browser, folder, part):
    tab = browser.new_context(
        viewport={"width": 1280, "height": 720}, color_scheme="dark"
    ).new_page()  # slides stay light
    faults = []
    tab.on(
        "console", lambda message: faults.append(message.text) if message.type == "error" else None
    )
    tab.on("pageerror", lambda error: faults.append(error.message))
    tab.on(
        "request",
        lambda request: (
            faults.append(request.url)
            if not request.url.startswith(("file:", "data:", "blob:"))
            else None
        ),
    )
    tab.on("requestfailed", lambda request: faults.append(f"failed {request.url}"))
    tab.goto((folder / f"part-{part}.html").as_uri())
    tab.wait_for_selector("body[data-formulas=ready]")
    count = tab.evaluate("Reveal.getTotalSlides()")
    for n in range(count):
        tab.evaluate(f"Reveal.slide({n})")
        id, scale, too_high, too_wide, red = tab.evaluate(MEASURE)
        if not (scale >= 0.7 and too_high <= 0 and too_wide <= 1 and red == 0):
            faults.append(f"{id}: scale {scale}, {too_high} high, {too_wide} wide, {red} red")
    assert (
        faults == []
        and count > 10
        and tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    )
    tab.context.close()


@needs_browser
def test_a_demo_answers_to_its_keys_and_the_slides_to_theirs(browser, folder):
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    tab.goto((folder / "part-1.html").as_uri())
    tab.wait_for_selector("body[data-formulas=ready]")
    tab.evaluate(
        "Reveal.slide(Reveal.getSlides().findIndex((one) => one.classList.contains('demo')))"
    )
    here, said = (
        tab.evaluate("Reveal.getIndices().h"),
        tab.locator("section.present .tsay").inner_text(),
    )
    tab.locator("section.present input[type=range]").first.focus()
    tab.keyboard.press("ArrowRight")
    assert (
        tab.locator("section.present .tsay").inner_text() != said
        and tab.evaluate("Reveal.getIndices().h") == here
    )
    tab.keyboard.press("PageDown")
    assert tab.evaluate("Reveal.getIndices().h") == here + 1
    tab.keyboard.press("ArrowLeft")
    assert tab.evaluate("Reveal.getIndices().h") == here
    tab.locator("section.present select").first.focus()
    tab.keyboard.press("Escape")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("Reveal.getIndices().h") == here + 1
    tab.close()
