"""Worksheets in a browser: what is written is there after a reload, goes into a file, can be
deleted, and never leaves the machine."""

import importlib
import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from docutils.nodes import make_id
from playwright.sync_api import expect

from trevsnn_lite import course

SHEET = importlib.import_module("trevsnn_lite.course.worksheet")
FOLDER, LINK = SHEET.FOLDER, SHEET.LINK

FORMS = {
    name: json.loads((FOLDER / f"{name}.json").read_text("utf8"))
    for name in ("recall", "next-paper")
}
WORDS = json.loads((FOLDER / "words.en.json").read_text("utf8"))
PURPOSE = "Two bills grow with T; lower <b>both</b>."


@pytest.fixture
def opened(browser, tmp_path):
    """A function that opens worksheets as a file; closed pages keep their browser's store."""
    context = browser.new_context(accept_downloads=True)

    def show(*sheets, name="sheet.html"):
        file = tmp_path / name
        file.write_text(
            "<!doctype html><html lang=en><meta charset=utf-8><title>t</title><main><h1>t</h1>"
            + "".join(sheet._repr_html_() for sheet in sheets)
            + "</main>",
            "utf8",
        )
        page = context.new_page()
        page.faults = []
        page.on(
            "request",
            lambda request: (
                page.faults.append(request.url)
                if not request.url.startswith(("file:", "blob:", "data:"))
                else None
            ),
        )
        page.on("pageerror", lambda error: page.faults.append(error.message))
        page.goto(file.as_uri())
        return page

    yield show
    context.close()


def exported(page, button=WORDS["export"]) -> tuple[str, str]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).first.click()
    return waiting.value.suggested_filename, waiting.value.path().read_text("utf8")


@pytest.mark.slow
def test_answers_stay_after_a_reload_and_are_exported_and_deleted(opened):
    page = opened(course.worksheet("recall", "purpose"), course.worksheet("recall", "score"))
    assert page.get_by_role("status").first.inner_text() == WORDS["ready"]
    page.get_by_label("Purpose: your answer").fill(PURPOSE)
    page.get_by_text("Checklist").first.click()
    page.get_by_role("checkbox").nth(1).check()
    assert page.get_by_role("status").first.inner_text() == WORDS["saved"]
    assert (
        "1 / 4" in page.locator("[data-score]").inner_text()
        and "1 / 26" in page.locator("[data-score]").inner_text()
    )
    page.reload()
    assert page.get_by_role("status").first.inner_text() == WORDS["found"]
    assert page.get_by_label("Purpose: your answer").input_value() == PURPOSE
    assert [
        box.is_checked() for box in page.get_by_role("checkbox", include_hidden=True).all()
    ] == [False, True, False, False]
    name, text = exported(page)
    assert (
        name == "recall-t-revsnn.md"
        and PURPOSE in text
        and "- [x] the memory bill" in text
        and text.count("- [x]") == 1
    )
    page.get_by_role("button", name=WORDS["delete"]).first.click()
    page.get_by_role("button", name=WORDS["no"]).first.click()
    assert page.get_by_label("Purpose: your answer").input_value() == PURPOSE
    page.get_by_role("button", name=WORDS["delete"]).first.click()
    page.get_by_role("button", name=WORDS["yes"]).first.click()
    assert (
        page.get_by_label("Purpose: your answer").input_value() == ""
        and page.get_by_role("status").first.inner_text() == WORDS["deleted"]
    )
    page.reload()
    assert (
        page.get_by_label("Purpose: your answer").input_value() == ""
        and page.evaluate("localStorage.length") == 0
    )
    assert page.faults == []


@pytest.mark.slow
def test_another_page_and_another_tab_see_the_same_answers(opened):
    first = opened(course.worksheet("recall", "guess"))
    second = opened(course.worksheet("recall", "score"), name="other.html")
    first.get_by_label("A. purpose").fill("3")
    second.wait_for_function(
        """() => {
            dispatchEvent(new Event("focus"));  // the reader comes back to this tab
            return /Purpose\\s+3\\s+0 \\/ 4/.test(document.querySelector("[data-score]").innerText);
        }""",
        timeout=60_000,
    )
    third = opened(course.worksheet("next-paper"), name="third.html")
    third.get_by_label("Problem", exact=True).fill("x")
    assert (
        first.get_by_label("A. purpose").input_value() == "3"
        and "**Problem**\n\nx" in exported(third)[1]
        and "x" not in exported(first)[1].split("Purpose")[1][:40]
    )


@pytest.mark.slow
def test_a_tab_that_was_told_nothing_reads_the_answers_when_it_is_looked_at(opened):
    """A browser tells a page what others wrote, in its own time or never; and never what the page
    itself wrote, which is how this test keeps it from being told."""
    page = opened(course.worksheet("recall", "score"))
    page.evaluate(
        "localStorage.setItem('trevsnn-book:worksheet:recall', '{\"guess-purpose\": \"3\"}')"
    )
    assert "Purpose\t–" in page.locator("[data-score]").inner_text()
    page.evaluate("dispatchEvent(new Event('focus'))")
    assert "Purpose\t3" in page.locator("[data-score]").inner_text()


@pytest.mark.slow
def test_works_by_keyboard_alone(opened):
    page = opened(course.worksheet("recall", "purpose"))
    answer, point = (
        page.get_by_label("Purpose: your answer"),
        page.get_by_role("checkbox", include_hidden=True).first,
    )
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )  # a browser drops keys until it has painted
    page.keyboard.press("Tab")
    expect(answer).to_be_focused()
    page.keyboard.type("typed")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # opens the checklist
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(point).to_be_checked()
    page.wait_for_timeout(
        1000
    )  # what was written must have left the page's process, which a reload may end
    page.reload()
    assert answer.input_value() == "typed"
    assert point.is_checked()


@pytest.mark.slow
def test_a_browser_that_keeps_nothing_is_named_and_the_page_still_works(opened):
    page = opened(course.worksheet("recall", "purpose"), course.worksheet("recall", "score"))
    page.context.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('no', 'QuotaExceededError'); };"
    )
    page.reload()
    assert page.get_by_role("status").first.inner_text() == WORDS["not kept"]
    page.get_by_label("Purpose: your answer").fill(PURPOSE)
    page.get_by_text("Checklist").first.click()
    page.get_by_role("checkbox").first.check()
    assert "1 / 26" in page.locator("[data-score]").inner_text() and PURPOSE in exported(page)[1]
    assert page.get_by_role("status").first.inner_text() == WORDS["exported"]


@pytest.mark.slow
def test_a_spoilt_store_is_an_empty_one(opened):
    page = opened(course.worksheet("recall", "purpose"))
    page.evaluate("localStorage.setItem('trevsnn-book:worksheet:recall', '{broken')")
    page.reload()
    assert page.get_by_label("Purpose: your answer").input_value() == "" and page.faults == []


@pytest.mark.slow
def test_the_browser_writes_the_file_that_python_writes(opened):
    page = opened(course.worksheet("next-paper"), course.worksheet("next-paper", filled="s-revsnn"))
    assert exported(page, WORDS["blank"]) == (
        "next-paper-form.md",
        course.worksheet("next-paper").markdown(),
    )
    with page.expect_download() as waiting:
        page.get_by_role("button", name=WORDS["export"]).nth(1).click()
    example = course.worksheet("next-paper", filled="s-revsnn")
    assert (
        waiting.value.suggested_filename == "my-next-paper-example.md"
        and waiting.value.path().read_text("utf8") == example.markdown()
    )
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_is_accessible(opened, scheme):
    page = opened(
        *(course.worksheet("recall", part) for part in FORMS["recall"]["parts"]),
        course.worksheet("next-paper"),
        course.worksheet("next-paper", filled="s-revsnn"),
    )
    page.emulate_media(color_scheme=scheme)
    page.add_style_tag(content="html { color-scheme: light dark; }")
    page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
    found = [
        (v["id"], v["nodes"][0]["html"][:120])
        for v in Axe().run(page).response["violations"]
        if v["impact"] in ("serious", "critical")
    ]
    assert found == []


@pytest.mark.slow
def test_without_scripts_the_form_says_so(browser, tmp_path):
    file = tmp_path / "sheet.html"
    file.write_text(
        "<!doctype html><meta charset=utf-8>" + course.worksheet("recall", "purpose")._repr_html_(),
        "utf8",
    )
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert (
        page.get_by_role("status").inner_text() == WORDS["no script"]
        and page.get_by_role("textbox").is_visible()
    )
    context.close()


def test_the_file_to_download_is_the_form(root):
    assert (root / "book/_static/forms/next-paper-form.txt").read_text("utf8") == course.worksheet(
        "next-paper"
    ).markdown()


def test_predicted_facts_are_as_many_as_the_checklist_has():
    parts = FORMS["recall"]["parts"]
    facts = {
        part: len(field["items"])
        for part, content in parts.items()
        for field in content["fields"]
        if field["kind"] == "checks"
    }
    guesses = {
        field["id"].removeprefix("guess-"): field["max"] for field in parts["guess"]["fields"]
    }
    assert guesses == facts and all(
        f"of {guesses[field['id'].removeprefix('guess-')]} facts" in field["label"]
        for field in parts["guess"]["fields"]
    )


def test_the_example_answers_every_field_of_its_form():
    example = json.loads((FOLDER / "next-paper.s-revsnn.json").read_text("utf8"))
    assert set(example["answers"]) == {
        field["id"] for part in FORMS["next-paper"]["parts"].values() for field in part["fields"]
    } and all(example["answers"].values())


def test_is_the_same_on_every_run_and_refuses_what_is_not_there(tmp_path, monkeypatch):
    assert (
        course.worksheet("recall", "purpose")._repr_html_()
        == course.worksheet("recall", "purpose")._repr_html_()
    )
    assert (
        repr(course.worksheet("recall", "purpose"))
        == "Worksheet 'T-RevSNN from memory', part 'purpose': shown in the rendered page."
    )
    with pytest.raises(ValueError, match="part is 'aim', expected one of guess, purpose"):
        course.worksheet("recall", "aim")
    with pytest.raises(FileNotFoundError, match="no worksheet 'exam'"):
        course.worksheet("exam")
    (tmp_path / "twice.json").write_text(
        json.dumps({"parts": {"a": {"title": "a", "fields": [{"id": "x", "kind": "text"}] * 2}}})
    )
    monkeypatch.setattr(
        importlib.import_module("trevsnn_lite.course.worksheet"), "FOLDER", tmp_path
    )
    with pytest.raises(ValueError, match="an id twice"):
        course.worksheet("twice")


SAID = {  # what a section has to say to settle the fact that names it
    "1.7": r"31 of 32|32 bits|a float",
    "3.3": r"packing",
    "3.5": r"\bL\b.*\bT\b",
    "3.7": r"without gradients|no backward|training",
    "3.9": r"taped",
    "4.2": r"pJ",
    "4.5": r"memory",
    "5.7": r"Table 1",
    "6.4": r"0\.09|0\.0909",
    "6.5": r"cosine",
    "6.11": r"random|control",
    "7.1": r"undo",
    "7.7": r"float32",
    "7.8": r"two bits",
    "7.10": r"plain autograd",
    "8.2": r"state",
    "8.4": r"summand",
    "8.8": r"budget|fixed",
    "9.4": r"Eq\. \(11\)",
    "10.6": r"branch",
    "10.7": r"fold",
    "13.4": r"2\.8 mJ",
    "14.5": r"narrower",
    "14.8": r"undoing",
    "15.3": r"heads",
    "15.9": r"best of about 250 epochs",
    "15.11": r"38",
    "15.12": r"checks",
    "16.2": r"25 lines",
    "16.3": r"O4",
    "16.4": r"CLIF",
    "17.9": r"twenty times",
    "18.4": r"plain autograd",
}


def page_id(heading: str) -> str:
    """The id that a built page gives to a heading; a link in the text would have another."""
    return make_id(re.sub(r"[$\\{}`*]", "", heading))


def test_a_checklist_links_the_section_that_settles_each_fact():
    root = FOLDER.parents[2]
    texts = {
        file.stem: file.read_text("utf8") for file in (root / "chapters/text").glob("[0-9]*.md")
    }
    items = [
        item
        for part in FORMS["recall"]["parts"].values()
        for field in part["fields"]
        if field["kind"] == "checks"
        for item in field["items"]
    ]
    for item in items:
        links = LINK.findall(item)
        assert links, f"no section is linked: {item}"
        assert not re.search(r"\(\d+\.\d+[;,)]", item), f"a section without a link: {item}"
        for number, address in links:
            page, _, anchor = address.partition(".html")
            if not anchor:
                assert page in texts and number == f"chapter {page[:2]}", address
                continue
            sections = re.split(r"(?m)^(?=## )", texts[page])
            found = {page_id(s.splitlines()[0].removeprefix("## ")): s for s in sections}
            assert anchor[1:] in found, f"{item}: no heading of {page} has the anchor {anchor}"
            section = found[anchor[1:]]
            assert section.startswith(f"## {number} "), f"{item}: {number} is another section"
            assert re.search(SAID[number], section, re.IGNORECASE | re.DOTALL), (
                f"{item}: section {number} does not say it"
            )
