"""Tests of the PDF: links lead inside it, folded parts are open, and a page printed by the browser
holds its text and formulas."""

import shutil

import bs4
import pytest

from tests.book.building import pages
from tests.conftest import skips_pages
from tools import pdf

TWO = ["book/intro", "book/notation"]


@pytest.fixture(scope="module")
def whole(site):
    """All pages as one file, parsed."""
    return bs4.BeautifulSoup(pdf.one_file(site, pages()), "html.parser")


@pytest.mark.slow
def test_all_pages_are_there_in_order(whole):
    assert [section["id"] for section in whole.select("section.printed")] == [
        pdf.anchor(page) for page in pages()
    ]
    assert len(whole.select(".contents a")) == len(pages())


@pytest.mark.slow
def test_links_lead_inside_and_no_id_stands_twice(whole):
    ids = [part["id"] for part in whole.find_all(id=True) if not part.find_parent("svg")]
    assert len(ids) == len(set(ids))
    assert [
        link["href"]
        for link in whole.find_all("a", href=True)
        if link["href"].startswith("#") and link["href"][1:] not in set(ids)
    ] == []
    assert (
        len(
            [
                link
                for link in whole.find_all("a", href=True)
                if link["href"].startswith("#book-ledger--ledger-")
            ]
        )
        > 100
    )


@pytest.mark.slow
def test_nothing_is_folded_away_or_waits_and_no_script_is_left(whole):
    assert [part for part in whole.find_all("details") if not part.has_attr("open")] == []
    assert whole.find_all("script") == [] and whole.select("[loading]") == []
    assert len(whole.select(".tdemo img[alt]")) == len(whole.select(".tdemo")) > 5


@pytest.mark.slow
@pytest.mark.skipif(skips_pages(), reason="no Chromium or Chrome is installed")
def test_two_pages_are_printed(site, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    out, own = tmp_path / "two.pdf", tmp_path / "site"
    shutil.copytree(site, own)
    untouched = own.stat().st_mtime_ns
    assert pdf.main([*TWO, "--site", str(own), "--out", str(out)]) == 0
    assert own.stat().st_mtime_ns == untouched, (
        "no file came or went in the site, which others may be reading"
    )
    read = pypdf.PdfReader(out)
    text = "".join(page.extract_text() for page in read.pages)
    assert 4 < len(read.pages) < 20 and read.metadata.title == "T-RevSNN, taught"
    assert "Last checked on" in text and "The eleven equations" in text
    assert "𝜏" in text or "τ" in text, "formulas are set"
    assert not [tex for tex in ("\\(", "\\[", "\\tau", "\\frac") if tex in text]
    assert read.outline and read.named_destinations is not None


def test_a_page_that_is_not_built_is_named(tmp_path, capsys):
    assert pdf.main(["book/intro", "--site", str(tmp_path), "--out", str(tmp_path / "x.pdf")]) == 2
    said = capsys.readouterr().err
    assert ("there is no page" in said or "no Chromium" in said) and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "address, where",
    [
        ("../book/ledger.html#ledger-x", "#book-ledger--ledger-x"),
        ("08_turned_off.html", "#chapters-08_turned_off"),
        ("#here", "#chapters-07_reversibility--here"),
        ("https://example.org/a.html#b", "https://example.org/a.html#b"),
        ("../_static/a.svg", "_static/a.svg"),
    ],
)
def test_where_a_link_leads(address, where):
    printed = {"book/ledger", "chapters/07_reversibility", "chapters/08_turned_off"}
    assert pdf.inside(address, "chapters/07_reversibility", printed) == where
