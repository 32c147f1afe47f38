"""Tests of the footer: the date and versions of the last check come from the record, and the
problem report is filled in for its page."""

import json
import sys
import urllib.parse

import pytest

from tests.book.building import ROOT, pages, parsed, read_yaml
from trevsnn_lite.course import home

sys.path.insert(0, str(ROOT / "book/_ext"))
import book_pages

COSTS = json.loads((ROOT / "data/chapter_costs.json").read_text("utf8"))


def footer(site, page):
    return parsed(site / f"{page}.html").select_one(".page-check")


@pytest.mark.parametrize("page", pages())
def test_the_footer_says_when_and_with_what_the_page_was_checked(site, page):
    record = (
        COSTS[page.removeprefix("chapters/")]
        if page.startswith("chapters/")
        else min(COSTS.values(), key=lambda run: run["date"])
    )
    text = " ".join(footer(site, page).get_text().split())
    assert f"Last checked on {record['date']} with " in text
    assert all(f"{name} {version}" in text for name, version in record["versions"].items())


@pytest.mark.parametrize("page", pages())
def test_the_problem_report_names_the_page_and_its_versions(site, page):
    """The same address in the footer and behind the theme's button, at the one repository of
    _config.yml."""
    soup = parsed(site / f"{page}.html")
    addresses = {a["href"] for a in soup.find_all("a", href=True) if "/issues/new" in a["href"]}
    if not home.has_home(read_yaml("_config.yml")["repository"]["url"]):
        assert not addresses and "This book has no home yet" in footer(site, page).get_text()
        return
    assert len(addresses) == 1
    url = urllib.parse.urlsplit(addresses.pop())
    assert (
        f"{url.scheme}://{url.netloc}{url.path}"
        == read_yaml("_config.yml")["repository"]["url"] + "/issues/new"
    )
    filled = urllib.parse.parse_qs(url.query)
    assert (
        filled["title"] == [f"{page}: "]
        and f"Page: {page}\n" in filled["body"][0]
        and f"torch {COSTS['03_the_bill']['versions']['torch']}" in filled["body"][0]
    )


def test_a_page_s_own_record_comes_first_and_the_oldest_stands_for_the_others():
    records = {
        "01_a": {"date": "2026-02-01", "versions": {"torch": "2.9"}, "words": 3},
        "02_b": {"date": "2026-01-01", "versions": {"torch": "2.8"}},
    }
    assert book_pages.last_check(records, "chapters/01_a") == {
        "date": "2026-02-01",
        "versions": {"torch": "2.9"},
    }
    assert book_pages.last_check(records, "book/intro")["date"] == "2026-01-01"
    assert book_pages.last_check({}, "book/intro") == {}


def test_a_page_that_was_never_checked_says_so_in_its_report():
    assert "Last checked: never" in urllib.parse.unquote(
        book_pages.report_address("https://example.org/x", "book/new", {})
    )


@pytest.mark.parametrize(
    "chapter", [page.removeprefix("chapters/") for page in pages() if page.startswith("chapters/")]
)
def test_every_chapter_has_its_measured_cost_strip(chapter):
    """The strip is what the script writes of the record that it measured: minutes, seconds, memory,
    machine, date."""
    from tools import costs

    found = costs.strip_cell(
        json.loads((ROOT / f"chapters/{chapter}.ipynb").read_text("utf8")), chapter
    )
    assert "".join(found["source"]) == costs.strip(COSTS[chapter]), "run python -m tools.costs"
