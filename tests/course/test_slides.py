"""The slides: chosen by the chapters' form, offline, each within its frame, with demos that answer
to the keyboard."""

import functools
import hashlib
import json
import re

import bs4
import pytest

from tools import outline, plans
from tools import slides as decks
from tools.slide_choice import WORDS, by_hand, predictions, slides, words

CHAPTERS = {
    f"{number:02d}": decks.ROOT / f"chapters/{slug}.ipynb"
    for _, found in outline.PARTS.values()
    for number, (slug, _, _) in found.items()
}
DECKS = [
    *(f"plan-{plan.id}" for plan in plans.load()),
    *(f"part-{part}" for part in outline.PARTS),
]
# Of the slide that is shown: its scale, what does not fit, wrong formulas, and its lowest letters in
# pixels of a frame of 720 (not those of formulas, whose indices are lower, and of demos).
MEASURE = """() => { const s = Reveal.getCurrentSlide(), f = s.querySelector(".fit"), frame = s.querySelector(".frame");
  const walk = document.createTreeWalker(frame, NodeFilter.SHOW_TEXT); let low = 999;
  for (let n; (n = walk.nextNode()); ) { const e = n.parentElement;
    if (!n.textContent.trim() || e.closest("style, script, svg, mjx-container, .tdemo") || !e.getClientRects().length) continue;
    let zoom = 1; for (let a = e; a; a = a.parentElement) zoom *= parseFloat(getComputedStyle(a).zoom) || 1;
    low = Math.min(low, zoom * parseFloat(getComputedStyle(e).fontSize)); }
  return [s.id, Number(f.dataset.scale), frame.scrollHeight - frame.clientHeight, f.scrollWidth - f.clientWidth, s.querySelectorAll("mjx-merror, mjx-mtext[style*='red']").length, low]; }"""
# What a reader of the slide does not read as words.
NO_WORDS = (
    "table, pre, code, .math, svg, style, script, .tdemo, .kind, .source, [role=status], aside"
)


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


@functools.cache
def sections(folder, deck: str) -> list[bs4.Tag]:
    page = bs4.BeautifulSoup((folder / f"{deck}.html").read_text("utf8"), "html.parser")
    return page.select(".slides > section")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_gives_its_question_prediction_figures_verdict_and_discussion(chapter):
    found = kinds(chapter)
    assert (
        found[:2] == ["title", "predict"]
        and found[-1] == "discuss"
        and {"vote", "verdict", "figure"} <= set(found)
        and {"box", "belief"} & set(found)  # boxes on paper and code begin with chapter 7
    )
    assert "course.demos." not in CHAPTERS[chapter].read_text("utf8") or "demo" in found
    assert "by hand" in found or chapter == "19"  # whose example is that of chapter 5


@pytest.mark.parametrize("chapter", [chapter for chapter in CHAPTERS if by_hand(chapter)])
def test_what_is_by_hand_has_its_numbers_and_they_are_the_section_s(chapter):
    cells = json.loads(CHAPTERS[chapter].read_text("utf8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    for slide in by_hand(chapter):
        own = re.search(rf"^## {slide.section} .*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[0]
        if chapter == "09" and slide.section == "9.4":  # the printed line stands in the prediction
            own += text[text.index("## Predict first") : text.index("## 9.1 ")] + "0.6, 0.8"
        known = set(numbers(own))
        lost = [number for number in numbers(slide.text) if number not in known]
        assert lost == [], f"{slide.section}: {lost} are not in the section"
        assert len(re.findall(r"\d", slide.text)) >= 10 and slide.notes, slide.section


def numbers(text: str) -> list[str]:
    """Numbers with a point or of two digits and more; the others are too common to tell."""
    return re.findall(r"\d+\.\d+|\d{2,}", text.replace("{,}", "").replace(",", " "))


def test_chapter_7_s_first_slide_by_hand_is_eq_9():
    first = by_hand("07")[0]
    assert first.section == "7.4" and "(Eq. 9)" in first.text


@pytest.mark.parametrize("deck", DECKS)
def test_no_slide_has_more_than_sixty_words(folder, deck):
    for section in sections(folder, deck):
        shown = bs4.BeautifulSoup(str(section), "html.parser")
        for hidden in shown.select(NO_WORDS):
            hidden.decompose()
        read = [word for word in shown.get_text(" ").split() if re.search(r"\w", word)]
        assert len(read) <= WORDS == 60, f"{deck} {section['id']}: {len(read)} words"


@pytest.mark.parametrize("deck", DECKS)
def test_a_speaker_has_minutes_and_answers(folder, deck):
    for section in sections(folder, deck):
        kind, notes = section["class"][0], section.select_one("aside.notes")
        if kind == "title":
            continue
        said = notes.get_text(" ")
        assert re.match(r"About \d+ minutes?\.", said) and section["data-timing"], section["id"]
        if kind == "vote" or (kind == "predict" and "(A)" in section.get_text()):
            assert re.search(r"Answer: \([a-eA-E]\)", said), section["id"]
        if kind == "discuss":
            assert "Listen for: " in said, section["id"]
        assert not re.search(r"[\\$]|\]\(", said), (section["id"], said)
    assert "<img" not in str([section.select("aside") for section in sections(folder, deck)])


def test_votes_and_predictions_are_lists_with_letters(folder):
    for deck in DECKS:
        for section in sections(folder, deck):
            if "vote" in section["class"]:
                letters = [b.get_text() for b in section.select(".topt label > b")]
                assert letters == ["(a)", "(b)", "(c)", "(d)"][: len(letters)] and letters[2:]
            if "predict" in section["class"] and "(B)" in section.get_text():
                letters = [strong.get_text() for strong in section.select("li strong:first-child")]
                assert letters[:3] in (["(A)", "(B)", "(C)"], ["(A)", "(B)"]), section["id"]


def test_every_prediction_of_the_chapters_is_settled():
    for chapter, file in CHAPTERS.items():
        notebook = json.loads(file.read_text("utf8"))
        asked = [
            one for one in slides(notebook, chapter) if "(**(A)" in one.text or "(A)" in one.text
        ]
        asked = [one for one in asked if one.kind == "predict"]
        found = predictions(notebook)
        assert len(found) == len(asked) and all(said for _, said, _ in found.values()), chapter


def test_the_table_of_all_differences_is_on_slides_row_by_row(folder):
    rows = [
        row.td.get_text()
        for section in sections(folder, "part-4")
        if "Table 15.8" in section.get_text()
        for row in section.select("tbody tr")
    ]
    assert rows == [str(n) for n in range(1, 39)]


def test_a_plan_s_deck_shows_every_step_and_deals_out_its_minutes(folder):
    for plan in plans.load():
        found = {section["id"]: section for section in sections(folder, f"plan-{plan.id}")}
        for n, meeting in enumerate(plan.meetings, 1):
            assert f"meeting-{n}" in found
            for k, row in enumerate(meeting.rows, 1):
                own = [one for id, one in found.items() if id.startswith(f"meeting-{n}-{k}-")]
                seconds = sum(int(one.get("data-timing", 0)) for one in own)
                assert own and abs(seconds - 60 * row.minutes) <= 5, (plan.id, n, k)
                assert plans.told(row.what)[:30] in own[0].select_one("aside").get_text()


def test_a_long_text_goes_on_over_slides_of_like_length():
    text = "\n".join(f"{n}. {'word ' * 24}end." for n in range(1, 6))
    cells = [{"cell_type": "markdown", "source": f"# 7 · T\n\n## Q\n\nx\n\n## Recap\n\n{text}"}]
    parts = [one for one in slides({"cells": [{**cells[0], "metadata": {}}]}, "07")]
    parts = [one for one in parts if one.kind == "verdict"]
    assert [one.title for one in parts] == [
        "What stands (1/3)",
        "What stands (2/3)",
        "What stands (3/3)",
    ]
    assert [words(one.text) for one in parts] == [52, 52, 26]


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


@pytest.mark.slow
@pytest.mark.parametrize(
    "deck", [pytest.param(d, marks=pytest.mark.slow if d in DECKS[1:] else ()) for d in DECKS]
)
def test_every_slide_fits_its_frame_and_nothing_is_fetched(browser, folder, deck):
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
    tab.goto((folder / f"{deck}.html").as_uri())
    tab.wait_for_selector("body[data-formulas=ready]")
    count = tab.evaluate("Reveal.getTotalSlides()")
    for n in range(count):
        tab.evaluate(f"Reveal.slide({n})")
        id, scale, too_high, too_wide, red, low = tab.evaluate(MEASURE)
        if not (scale >= 0.8 and too_high <= 0 and too_wide <= 1 and red == 0 and low >= 21.9):
            faults.append(
                f"{id}: scale {scale}, {too_high} high, {too_wide} wide, {red} red, {low} low"
            )
    assert (
        faults == []
        and count > 10
        and tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    )
    tab.context.close()


@pytest.mark.slow
def test_a_demo_answers_to_its_keys_and_the_slides_to_theirs(browser, folder):
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    tab.goto((folder / "part-1.html").as_uri())
    tab.wait_for_selector("body[data-formulas=ready]")
    tab.evaluate(
        "Reveal.slide(Reveal.getSlides().findIndex((one) => one.classList.contains('demo')))"
    )
    here, said = (
        tab.evaluate("Reveal.getIndices().h"),
        tab.locator("section.present .twords p").text_content(),
    )
    tab.locator("section.present input[type=range]").first.focus()
    tab.keyboard.press("ArrowRight")
    assert (
        tab.locator("section.present .twords p").text_content() != said
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


@pytest.mark.slow
def test_the_print_view_keeps_margins_and_the_label_above_the_heading(browser, folder):
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    tab.goto(f"{(folder / 'plan-1.html').as_uri()}?view=print")
    tab.wait_for_selector("body[data-formulas=ready]")
    tab.wait_for_selector(".pdf-page")
    tab.wait_for_function("document.querySelectorAll('.pdf-page').length > 10")
    places = tab.evaluate(
        """() => [...document.querySelectorAll('.pdf-page')].map((page) => {
          const box = (name) => page.querySelector(name)?.getBoundingClientRect(), own = page.getBoundingClientRect();
          const kind = box('.kind'), head = box('h1, h2');
          return [head.left - own.left, kind ? head.top - kind.bottom : 9]; })"""
    )
    assert len(places) > 10 and all(left >= 50 and gap >= 0 for left, gap in places), places
    tab.close()


@pytest.mark.slow
def test_s_opens_the_notes_without_a_network(browser, folder):
    context = browser.new_context()
    asked = []
    context.on(
        "request",
        lambda request: (
            asked.append(request.url)
            if not request.url.startswith(("file:", "data:", "blob:", "about:"))
            else None
        ),
    )
    tab = context.new_page()
    tab.goto((folder / "plan-1.html").as_uri())
    tab.wait_for_selector("body[data-formulas=ready]")
    tab.evaluate("Reveal.slide(4)")
    with context.expect_page() as opened:
        tab.keyboard.press("s")
    opened.value.wait_for_function("document.body.innerText.includes('Answer: (C)')")
    assert asked == []
    context.close()
