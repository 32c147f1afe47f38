"""What a reader chooses on the page is kept in her browser: predictions come back where the text
settles them, quizzes count, and all of it can be erased."""

import re

import pytest

from tests.book.building import ROOT
from tests.conftest import skips_pages
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


@pytest.mark.skipif(skips_pages(), reason="no Chromium or Chrome is installed")
def test_a_reader_s_choices_come_back_and_can_be_erased(site, browser):
    page = browser.new_context().new_page()
    failed = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    address = (site / f"chapters/{CHAPTERS[8]}.html").as_uri()
    page.goto(address)
    page.get_by_role("radiogroup", name="Your prediction A").locator("label").nth(2).click()
    assert page.locator(".tsaid").all_inner_texts() == ["You predicted A: (C)."]
    first = page.locator(".tquiz fieldset").first
    first.locator(".topt:has(.right) label").click()
    assert page.locator(".tscore").inner_text() == "Right: 1 of 5 so far."

    page.goto(address)
    kept = page.get_by_role("radiogroup", name="Your prediction A").locator("input")
    assert [kept.nth(n).is_checked() for n in range(4)] == [False, False, True, False]
    assert page.locator(".tsaid").all_inner_texts() == ["You predicted A: (C)."]
    assert page.locator(".tscore").inner_text() == "Right: 1 of 5 so far."
    assert "quiz 1/5" in page.locator("nav.bd-links").inner_text()

    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#tkept button", has_text="Erase").click()
    assert page.locator(".tsaid, .tmark, #tkept").count() == 0
    page.goto(address)
    assert page.locator(".tpredict input:checked, .tquiz input:checked").count() == 0
    assert [
        fault for fault in failed if "classList" not in fault and "theme mode" not in fault
    ] == []
