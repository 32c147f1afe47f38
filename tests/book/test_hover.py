"""Tests of the notes at links: terms, rows of the ledger and equations say what they are, under the
pointer, by key and by touch; and terms are linked where that disturbs nobody."""

import json

import bs4
import pytest

from tests.book.building import ROOT, pages

NOTE = "#thover:not([hidden])"
CHAPTERS = [page for page in pages() if page.startswith("chapters/")]


@pytest.fixture(scope="module")
def notes(site):
    text = (site / "_static/hover_notes.js").read_text("utf8")
    return json.loads(text.partition("=")[2].rstrip().rstrip(";"))


@pytest.fixture
def tab(site, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto((site / "chapters/05_earlier_ways_out.html").as_uri())
    yield page
    context.close()


def test_notes_say_what_a_term_a_row_and_an_equation_are(notes):
    assert "可逆" in notes["glossary.html#term-reversible"]
    assert "Earlier values can be computed" in notes["glossary.html#term-reversible"]
    row = notes["ledger.html#ledger-headline-memory"]
    for told in ("8.6 times", "Abstract", "not checkable", "It compares two architectures"):
        assert told in row
    assert "arXiv" not in row  # the paper is every row's source that names no other
    assert "small.out" in notes["ledger.html#ledger-log-peak-memory"]
    assert "τ" in notes["ledger.html#ledger-eq-10"]
    assert not [key for key, note in notes.items() if "<a " in note or "<script" in note]


def test_each_row_of_the_ledger_has_its_note(notes):
    rows = json.loads((ROOT / "data/ledger.json").read_text("utf8"))["rows"]
    assert [row["id"] for row in rows if f"ledger.html#ledger-{row['id']}" not in notes] == []


@pytest.mark.parametrize("page", CHAPTERS)
def test_terms_are_linked_once_a_chapter_in_sentences_alone(site, notes, page):
    soup = bs4.BeautifulSoup((site / f"{page}.html").read_text("utf8"), "html.parser")
    links = soup.select("a.tterm")
    assert 2 <= len(links) <= 20
    assert soup.select("h1 .tterm, h2 .tterm, h3 .tterm, a a, pre .tterm, code .tterm") == []
    assert soup.select(".tpredict .tterm, table .tterm, .tquiz .tterm, figcaption .tterm") == []
    assert [link["href"] for link in links if link["href"].split("/")[-1] not in notes] == []
    named = [link["href"] for link in links]
    assert [href for href in set(named) if named.count(href) > 1] == []


@pytest.mark.slow
def test_a_pointer_opens_a_note_can_go_into_it_and_escape_closes_it(tab):
    assert not [url for url in tab.asked if "hover_notes" in url]
    link = tab.locator("a.tterm").first
    link.hover()
    tab.wait_for_selector(NOTE)
    assert len([url for url in tab.asked if "hover_notes" in url]) == 1
    assert link.get_attribute("aria-describedby") == "thover"
    tab.locator("#thover").hover()
    tab.wait_for_timeout(600)  # longer than a note waits for a pointer to come back
    assert tab.locator(NOTE).count() == 1
    tab.keyboard.press("Escape")
    assert tab.locator(NOTE).count() == 0 and link.get_attribute("aria-describedby") is None
    link.hover()
    tab.wait_for_selector(NOTE)
    tab.mouse.move(5, 5)
    tab.wait_for_selector("#thover", state="hidden")


@pytest.mark.slow
def test_a_key_opens_a_note_that_stays_inside_the_window(tab):
    tab.set_viewport_size({"width": 390, "height": 700})
    tab.keyboard.press("Tab")
    for link in tab.locator("a[href*='ledger.html#ledger-']").all()[:4]:
        link.focus()
        tab.wait_for_selector(NOTE)
        box = tab.locator("#thover").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert box["y"] >= 0 and box["y"] + box["height"] <= 700
    tab.evaluate("document.activeElement.blur()")
    assert tab.locator(NOTE).count() == 0


@pytest.mark.slow
def test_the_first_tap_opens_the_second_follows(site, browser):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True)
    page = context.new_page()
    page.goto((site / "chapters/05_earlier_ways_out.html").as_uri())
    link = page.locator("a[href*='ledger.html#ledger-']").first
    link.tap()
    page.wait_for_selector(NOTE)
    assert "05_earlier" in page.url and "Tap again" in page.locator("#thover").inner_text()
    link.tap()
    page.wait_for_url("**/ledger.html#*")
    context.close()
