"""Tests of the formulas: KaTeX sets all of them when the book is built, none needs a script, none
is a stop of the Tab key."""

import hashlib
import re
import sys

import bs4
import pytest

from tests.book.building import ROOT, pages, parsed

sys.path.insert(0, str(ROOT / "book/_ext"))
import formulas


def never(fault: str) -> None:
    raise AssertionError(fault)


def words(html: str) -> str:
    """What a page's reader sees as text: neither code nor what KaTeX keeps of the TeX."""
    soup = bs4.BeautifulSoup(html, "html.parser")
    for part in soup.select("script, style, pre, code, textarea, svg, annotation"):
        part.decompose()
    return soup.get_text()


def test_a_formula_is_set_for_eyes_and_for_screen_readers():
    set = formulas.typeset(r"<p>Memory \(O(L \cdot T)\), <b>so</b> \[V &lt; \tau\]</p>", never)
    soup = bs4.BeautifulSoup(set, "html.parser")
    assert [part.get_text() for part in soup.select("math annotation")] == [
        r"O(L \cdot T)",
        r"V < \tau",
    ]
    assert all(part["aria-hidden"] == "true" for part in soup.select(".katex-html"))
    assert len(soup.select(".katex-html")) == 2 and len(soup.select(".katex-display")) == 1
    assert "tabindex" not in set and soup.p.get_text().startswith("Memory ")


@pytest.mark.parametrize(
    "page",
    [
        r"<pre>\(a\)</pre>",
        r"<p><code>\(a\)</code></p>",
        r'<script>const a = "\\(b\\)", c = 1 < 2;</script>',
        r'<img alt="\(a\) > b">',
        "<p>a (b) [c]</p>",
        r"<!-- \(a\) -->",
    ],
)
def test_code_scripts_and_attributes_stay(page):
    assert formulas.typeset(page, never) == page


@pytest.mark.parametrize("tex", [r"\nosuch{a}", r"\frac{a}", r"\begin{cases} a", "λ = 1 – 2"])
def test_a_formula_with_a_fault_is_named_and_stays_readable(tex):
    faults = []
    shown = formulas.typeset(rf"<p>\({tex}\)</p>", faults.append)
    assert shown == rf"<p><code>\({tex}\)</code></p>" and len(faults) == 1
    assert rf"the formula \({tex}\): " in faults[0]


@pytest.mark.parametrize("page", pages())
def test_every_formula_of_a_page_is_set(site, page):
    html = (site / f"{page}.html").read_text("utf8")
    soup = parsed(site / f"{page}.html")
    assert [str(part)[:200] for part in soup.select(".math") if not part.select_one(".katex")] == []
    assert soup.select(".katex-error, .katex [style*='#cc0000']") == []
    assert re.findall(r"\\[(\[].{0,60}|\\[a-z]+\{.{0,60}", words(html)) == []
    assert not re.search(r"<script[^>]*mathjax", html, re.IGNORECASE)
    assert [
        part for part in soup.select(".math, .math *, .katex *") if part.has_attr("tabindex")
    ] == []


def test_the_book_has_its_formulas(site):
    count = sum(
        (site / f"{page}.html").read_text("utf8").count('<span class="katex">') for page in pages()
    )
    assert count > 1_400


@pytest.mark.parametrize("folder", ["book/_ext/katex", "book/_static/katex"])
def test_vendored_katex_is_unaltered(folder):
    folder = ROOT / folder
    listed = dict(
        reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    found = {
        f"./{file.relative_to(folder).as_posix()}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "SHA256SUMS"
    }
    assert found == listed


def test_the_style_s_fonts_are_there():
    folder = ROOT / "book/_static/katex"
    wanted = re.findall(r"url\(([^)]*)\)", (folder / "katex.css").read_text("utf8"))
    assert len(wanted) > 10 and [name for name in wanted if not (folder / name).is_file()] == []
