"""The drawing that grows: parts only come, each in one chapter, in colours of the palette; its
numbers are the ledger's; it can be read on a telephone and reached by keys."""

import re
import sys

import pytest

from tests.book.building import ROOT
from tools.outline import PARTS as OUTLINE
from trevsnn_lite.course import growing, ledger, lenses, palette, strokes

sys.path.insert(0, str(ROOT / "book/_ext"))
STYLE = (ROOT / "book/_static/growing.css").read_text("utf8")
CHAPTERS = sorted(number for _, chapters in OUTLINE.values() for number in chapters)
HUES = {*strokes.HUES, "ink"}


def figure(chapter: int) -> str:
    return growing.figure(chapter, lambda number: f"{number:02}.html").replace("&#x27;", "'")


def classes(text: str) -> set[str]:
    return {one for found in re.findall(r'class="([^"]*)"', text) for one in found.split()}


def test_every_chapter_of_the_book_has_its_drawing():
    assert list(range(len(growing.CHAPTERS))) == CHAPTERS
    with pytest.raises(ValueError, match="expected one of 0 to 19"):
        figure(20)


def test_parts_only_come_and_stay_where_they_are():
    before = []
    for chapter in CHAPTERS:
        found = re.findall(r'data-part="(\w+)">(.*?)</g>(?=</a>|<g class|<a |<circle|</svg>)',
                           growing.network(chapter, str))  # fmt: skip
        names = {name for name, _ in found}
        assert names == set(growing.at(chapter)) and len(names) == len(found)
        assert all(dict(found)[name] == drawing for name, drawing in before), chapter
        assert names - {name for name, _ in before} == set(growing.new(chapter))
        before = found
    assert set(growing.at(CHAPTERS[-1])) == set(growing.PARTS)


def test_each_part_is_named_once_and_by_its_chapter():
    parts = growing.PARTS.values()
    assert len({part.name for part in parts}) == len(parts)
    assert [part.chapter for part in parts] == sorted(part.chapter for part in parts)
    for chapter in CHAPTERS:
        earlier = [part for part in parts if part.chapter < chapter]
        titles = re.findall(r'<a href="(\d\d).html" tabindex="-1"><title>([^<]*)', figure(chapter))
        assert sorted(titles) == sorted(
            (f"{part.chapter:02}", f"Chapter {part.chapter}: {part.name}") for part in earlier
        )
        listed = re.findall(r'<li><a href="(\d\d).html">Chapter \d+</a>: ([^<]*)', figure(chapter))
        assert listed == [(f"{part.chapter:02}", part.name) for part in earlier]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_drawing_is_small_and_whole(chapter):
    text = figure(chapter)
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids)) and set(re.findall(r'href="#([^"]*)"', text)) <= set(ids)
    assert len("".join(re.findall(r"<svg.*?</svg>", text)).encode()) < 12_000
    assert growing.CHAPTERS[chapter].lens() in text
    assert len(set(re.findall(r'href="\d\d.html"', text))) == len(
        {part.chapter for part in growing.PARTS.values() if part.chapter < chapter}
    )


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_caption_says_what_is_new_in_twelve_words(chapter):
    caption = growing.CHAPTERS[chapter].caption
    assert len(caption.split()) <= 12
    assert re.fullmatch(r"So far: [^.]+\. (New|Here): [^.]+[.?]", caption)
    assert ("New: " in caption) == bool(growing.new(chapter)), "what adds nothing is not new"
    assert growing.told(chapter) in re.search(r'aria-label="(A cartoon[^"]*)"', figure(chapter))[1]


def test_colours_are_the_palettes_and_every_class_has_its_style():
    used = set().union(*(classes(figure(chapter)) for chapter in CHAPTERS))
    hues = {name.split("-")[1] for name in used if re.match(r"g[sfa]-", name)}
    assert hues <= HUES and hues - {"ink"} <= set(palette.PALETTE)
    styled = set(re.findall(r"\.([\w-]+)", STYLE))
    assert used - styled == {"there"}, "a part in full colour needs none"
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb\(", STYLE), "no colour but the palette's"
    for hue in strokes.HUES:
        assert f"--g-{hue}:light-dark({palette.PALETTE[hue]},{palette.DARK[hue]})" in figure(0)


def test_numbers_are_the_ledgers(monkeypatch):
    assert {"730.0", "18.8", "9.1"} <= set(re.findall(r"\d+\.\d", lenses.tables()))
    assert re.findall(r"−\d\.\d", lenses.ablations()) == ["−5.2", "−1.2", "−0.3", "−1.6"]
    for chapter in (4, 13, 14):
        drawn = set(
            re.findall(r"\d+\.\d", re.sub(r"<[^>]*>", " ", growing.CHAPTERS[chapter].lens()))
        )
        told = set(re.findall(r"\d+\.\d", growing.CHAPTERS[chapter].told))
        assert drawn == told, "who hears it is told the numbers that are drawn"
    rows = ledger.load()
    other = [row | {"value": "9.9"} if row["id"] == "energy-ac" else row for row in rows["rows"]]
    monkeypatch.setattr(ledger, "load", lambda: rows | {"rows": other})
    assert "9.9 pJ" in lenses.energy()


def test_a_drawing_stands_before_the_first_section():
    import growing as extension

    sys.modules.pop("growing")
    body = "<section><h1>7</h1><p>costs</p><section><h2>The question</h2></section></section>"
    assert extension.with_drawing(body, "<i>") == body.replace("</p>", "</p><i>\n")
    with pytest.raises(ValueError, match="no section"):
        extension.with_drawing("<section><h1>7</h1></section>", "<i>")


@pytest.mark.slow
@pytest.mark.parametrize("width", [688, 358])
def test_letters_can_be_read_and_stay_inside(browser, tmp_path, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    for chapter in CHAPTERS:
        file = tmp_path / "drawing.html"
        file.write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{chapter}</title>'
            f"<style>body{{margin:0}}{STYLE}</style><div class=bd-article>{figure(chapter)}</div>",
            "utf8",
        )
        page.goto(file.as_uri())
        outside = page.evaluate(
            """() => [...document.querySelectorAll('svg text')].filter(t => {
                const a = t.getBoundingClientRect(), b = t.closest('svg').getBoundingClientRect();
                return a.left < b.left - .5 || a.right > b.right + .5
                    || a.top < b.top - .5 || a.bottom > b.bottom + .5;
            }).map(t => t.textContent)"""
        )
        assert outside == [], chapter
        smallest = page.evaluate(
            """() => Math.min(...[...document.querySelectorAll('svg text')].map(t =>
                parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a))"""
        )
        assert smallest >= 11
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        heights = page.evaluate(
            "() => [...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect().height)"
        )
        assert width < 600 or max(heights) <= 210
        stops = page.evaluate(
            "() => [...document.querySelectorAll('a, summary')].filter(e => e.tabIndex >= 0 "
            "&& e.checkVisibility()).length"
        )
        assert stops == (chapter > 0), "one stop, which opens the list"
    page.close()
