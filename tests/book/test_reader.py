"""What a reader chooses on the page is kept in her browser: predictions come back where the text
settles them, quizzes count, and all of it can be exported, imported elsewhere, and erased."""

import json
import re

import pytest

from tests.book.building import ROOT
from tools.outline import PARTS

CHAPTERS = {n: slug for _, found in PARTS.values() for n, (slug, _, _) in found.items()}
SETTLED = re.compile(r"(?:\*\*|\. )([A-E])(?:: | is )\(([A-E])\)")


def predictions(text: str) -> dict[str, set[str]]:
    """The letters of the section "Predict first", and their options."""
    section = re.search(r"^## (?:[\d.]+ )?Predict first\n(.*?)(?=^## )", text, re.M | re.S)
    found: dict[str, set[str]] = {}
    letter = "A"
    for line in section[1].splitlines() if section else ():
        named = re.match(r"\*\*([A-E])\.\*\* ", line)
        letter = named[1] if named else letter
        options = set(re.findall(r"\(([A-E])\) ", line)) if line.startswith("- ") else set()
        if options:
            found[letter] = found.get(letter, set()) | options
    return found


@pytest.mark.parametrize("number", [n for n in CHAPTERS if n != 18])  # 18 asks for all by heart
def test_each_prediction_has_options_and_one_sentence_that_settles_it(number):
    text = (ROOT / f"chapters/text/{CHAPTERS[number]}.md").read_text("utf8")
    asked = predictions(text)
    settled = SETTLED.findall(text)
    assert asked
    assert sorted(letter for letter, _ in settled) == sorted(asked)
    assert all(option in asked[letter] for letter, option in settled)


@pytest.mark.slow
def test_a_reader_s_choices_come_back_and_can_be_erased(site, browser):
    page = browser.new_context().new_page()
    failed = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    address = (site / f"chapters/{CHAPTERS[8]}.html").as_uri()
    page.goto(address)
    page.get_by_role("radiogroup", name="Your prediction A").locator("label").nth(2).click()
    assert page.locator(".tsaid").all_text_contents() == ["You predicted A: (C)."]
    first = page.locator(".tquiz fieldset").first
    first.locator(".topt:has(.right) label").click()
    assert page.locator(".tscore").inner_text() == "Right: 1 of 5 so far."

    page.goto(address)
    kept = page.get_by_role("radiogroup", name="Your prediction A").locator("input")
    assert [kept.nth(n).is_checked() for n in range(4)] == [False, False, True, False]
    assert page.locator(".tsaid").all_text_contents() == ["You predicted A: (C)."]
    assert page.locator(".tscore").text_content() == "Right: 1 of 5 so far."
    assert "quiz 1/5" in page.locator("nav.bd-links").inner_text()

    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#tkept button", has_text="Erase").click()
    assert page.locator(".tsaid, .tmark").count() == 0
    assert page.locator("#tkept button:visible").all_inner_texts() == ["Import"]
    page.goto(address)
    assert page.locator(".tpredict input:checked, .tquiz input:checked").count() == 0
    assert [
        fault for fault in failed if "classList" not in fault and "theme mode" not in fault
    ] == []


HERE = {
    "predictions": {"08": {"A": "C"}},
    "quizzes": {"03": {"1": 2, "score": "1/5"}},
    "exercises": {"08": {"a": {"given": ["20", "500"], "tried": True, "right": True}}},
    "read": {"01": True},
}
FILE = {
    "predictions": {"08": {"A": "B", "B": "A"}},
    "quizzes": {"08": {"1": 0, "score": "0/5"}},
    "exercises": {"08": {"a": {"given": ["4", "100"], "tried": True}, "b": {"wished": True}}},
    "read": {"01": True, "02": True},
}


@pytest.fixture
def reader(site, browser):
    """A page of chapter 8, opened in a browser that keeps HERE."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto((site / f"chapters/{CHAPTERS[8]}.html").as_uri())
    tab.evaluate("all => localStorage.setItem('trevsnn-reader', JSON.stringify(all))", HERE)
    tab.reload()
    yield tab
    context.close()


def kept(tab) -> dict:
    return tab.evaluate("JSON.parse(localStorage.getItem('trevsnn-reader'))")


def given(content) -> dict:
    """A file as Playwright hands it to a page."""
    text = content if isinstance(content, str) else json.dumps(content)
    return {"name": "mine.json", "mimeType": "application/json", "buffer": text.encode()}


@pytest.mark.slow
@pytest.mark.parametrize("theirs", [False, True])
def test_an_exported_file_is_put_together_with_what_is_here(reader, theirs):
    asked = []

    def answer(dialog):
        asked.append(dialog.message)
        dialog.accept() if theirs else dialog.dismiss()

    reader.on("dialog", answer)
    reader.locator("#tkept input").set_input_files(given(FILE))
    done = "replaced" if theirs else "kept as here"
    reader.get_by_text(f"3 new from the file; 2 {done}.").wait_for()
    assert [one.startswith("2 answers here differ from the file's.") for one in asked] == [True]
    all = kept(reader)
    assert all["predictions"] == {"08": {"A": "B" if theirs else "C", "B": "A"}}
    assert all["quizzes"] == {**HERE["quizzes"], **FILE["quizzes"]}
    mine = {"given": ["4", "100"] if theirs else ["20", "500"], "tried": True, "right": True}
    assert all["exercises"] == {"08": {"a": mine, "b": {"wished": True}}}
    assert all["read"] == {"01": True, "02": True}
    said = reader.locator(".tsaid").all_text_contents()
    assert said[0].startswith("You predicted A: (B)." if theirs else "You predicted A: (C).")
    assert reader.locator(".tquiz fieldset").first.locator("input").first.is_checked()
    reader.locator("#tkept input").set_input_files(given(all))
    reader.get_by_text("0 new from the file.").wait_for()
    assert kept(reader) == all and len(asked) == 1


NOT_OURS = [
    "no JSON",
    "[]",
    "null",
    {},
    {**FILE, "read": None},
    {**FILE, "predictions": {"08": {"A": "<b>"}}},
    {**FILE, "quizzes": {"__proto__ ": {"1": 0}}},
    {**FILE, "exercises": {"08": {"a": {"given": 3}}}},
]


@pytest.mark.slow
def test_another_file_is_refused_in_one_sentence_and_changes_nothing(reader):
    reader.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for number, content in enumerate(NOT_OURS):
        file = {**given(content), "name": f"mine{number}.json"}
        reader.locator("#tkept input").set_input_files(file)
        reader.get_by_text(
            f"“mine{number}.json” is no file of answers that this book has exported. "
            "Nothing was changed."
        ).wait_for()
        assert kept(reader) == HERE, content
