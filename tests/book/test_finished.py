"""Tests of the last work on a page: what it loads and when, its icons, the order of its keys, its
Chinese words, and how it is printed."""

import base64
import re
import sys

import bs4
import pytest

from tests.book.building import ROOT, pages
from tests.conftest import skips_pages

sys.path.insert(0, str(ROOT / "book/_ext"))
import finished
import icons

CHAPTER = "chapters/07_reversibility"
browsed = pytest.mark.skipif(skips_pages(), reason="no Chromium or Chrome is installed")


def finish(text: str, pictures: list[bytes] | None = None) -> str:
    def picture(svg: bytes) -> str:
        pictures.append(svg)
        return "file.svg"

    return finished.page(text, pytest.fail, picture)


def test_chinese_words_say_so():
    assert finish('<p title="脉冲">spike 脉冲, 时间（步）</p>') == (
        '<p title="脉冲">spike <span lang="zh">脉冲</span>, <span lang="zh">时间（步）</span></p>'
    )


def test_scripts_wait_and_those_on_the_page_do_not():
    assert finish('<script src="a.js"></script><script>1 < 2</script>') == (
        '<script defer src="a.js"></script><script>1 < 2</script>'
    )
    kept = '<script defer src="a.js"></script><script async src="b.js"></script>'
    assert finish(kept) == kept


def test_a_picture_becomes_a_file_that_keeps_its_place():
    svg = b'<svg viewBox="0 0 403.2 100" width="403.2pt"></svg>'
    coded = base64.b64encode(svg).decode()
    found = []
    shown = finish(
        f'<img alt="1" style="width:100%" src="data:image/svg+xml;base64,{coded}">', found
    )
    assert found == [svg] and shown == (
        '<img alt="1" style="aspect-ratio:403.2/100;width:100%" loading="lazy" decoding="async" '
        'src="file.svg">'
    )


@pytest.mark.parametrize("page", pages())
def test_a_page_holds_no_pictures_and_its_scripts_wait(site, page):
    soup = bs4.BeautifulSoup((site / f"{page}.html").read_bytes(), "html.parser")
    assert [img["alt"] for img in soup.select("img[src^=data]")] == []
    assert [
        s["src"]
        for s in soup.select("script[src]")
        if not {"defer", "async"} & set(s.attrs) and "documentation_options" not in s["src"]
    ] == []
    assert not soup.select("script[src*=fontawesome], script[src*=mathjax]")
    assert [
        t
        for t in soup.find_all(string=finished.CHINESE)
        if not t.find_parent(lang="zh")
        and not t.find_parent(["script", "style", "title", "pre", "code", "svg", "select"])
    ] == []


def test_every_icon_that_a_page_names_is_in_the_small_font(site):
    style = (site / "_static/styles/pydata-sphinx-theme.css").read_text("utf8")
    there = {
        int(code, 16)
        for code in re.findall(r"U\+([0-9A-F]+)", (site / "_static/icons.css").read_text("utf8"))
    }
    known = icons.codes(style)
    assert known["bars"] == 0xF0C9 and len(known) > 1_000
    named = {
        name
        for page in pages()
        for tag in bs4.BeautifulSoup((site / f"{page}.html").read_bytes(), "html.parser").select(
            "[class*=fa-]"
        )
        for name in tag["class"]
    }
    assert "fa-bars" in named
    assert {n for n in named if n[3:] in known and known[n[3:]] not in there} == set()
    assert (site / "_static/icons.css").stat().st_size < 20_000
