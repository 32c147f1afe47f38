"""Tests of the last work on a page: what it loads and when, its icons, the order of its keys, its
Chinese words, and how it is printed."""

import base64
import re
import sys

import pytest

from tests.book.building import ROOT, pages, parsed

sys.path.insert(0, str(ROOT / "book/_ext"))
import finished
import icons

CHAPTER = "chapters/07_reversibility"


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
    """Each is loaded early, and is a task of its own; one with settings stays as it is."""
    later = '<link rel="preload" as="script" fetchpriority="low" data-run href="{}"/>'.format
    assert finish('<script src="a.js"></script><script>1 < 2</script>') == (
        f"{later('a.js')}<script>1 < 2</script>"
    )
    kept = '<script defer data-x="1" src="a.js"></script><script async src="b.js"></script>'
    assert finish(kept) == kept
    early = '<link rel="preload" as="script" href="a.js"/><script defer src="b.js"></script>'
    assert finish(early) == later("b.js")


@pytest.mark.slow
def test_scripts_run_in_their_order_each_as_a_task(browser, site):
    tab = browser.new_page()
    tab.add_init_script(
        "window.ran = []; document.addEventListener('load', ({ target }) => target.src &&"
        " ran.push(target.src.split('/').pop().split('?')[0]), true)"
    )
    tab.goto((site / f"{CHAPTER}.html").as_uri(), wait_until="load")
    ran = tab.evaluate("ran")
    asked = tab.eval_on_selector_all(
        "link[data-run]", "all => all.map(one => one.href.split('/').pop().split('?')[0])"
    )
    assert len(asked) > 8 and [name for name in ran if name in asked] == asked
    assert tab.eval_on_selector_all("script[src][defer]", "all => all.length") <= 1


def test_a_section_is_guessed_as_tall_as_what_stands_in_it():
    """That of h2 alone: the page's title and smaller headings are laid out with what is around."""
    code, row = "<pre>" + "x\n" * 500 + "</pre>", "<tr><td>1</td></tr>"
    text = finish(
        '<article><section id="page"><h1>A</h1>'
        f'<section id="short"><h2>B</h2>\n<p>Text</p><section id="part"><h3>C</h3>{code}</section>'
        '</section><section id="long">\n<span id="also"></span>\n<h2>D</h2>'
        f"{'<p>' + 'word ' * 500 + '</p>'}{row * 10}</section></section></article><footer><img >"
    )
    short, long = re.findall(r'<section id="(?:short|long)" style="--tall:(\d+)">', text)
    assert 120 < int(short) < 200 and 1100 < int(long) < 1300
    assert text.count("--tall") == 2


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_what_is_laid_out_late_moves_nothing_that_is_read(browser, site, size):
    """A link to a section brings its heading to the top, and on the way up from there, where each
    section is taller or shorter than was guessed, the text goes down as far as the wheel says."""
    tab = browser.new_page(viewport=dict(zip(("width", "height"), size)))
    tab.goto((site / f"{CHAPTER}.html").resolve().as_uri() + "#recap-and-a-quiz")
    top = "document.getElementById('recap-and-a-quiz').getBoundingClientRect().top"
    tab.wait_for_function(f"0 <= {top} && {top} < 100")
    skipped = "section => !section.firstElementChild.checkVisibility({contentVisibilityAuto: true})"
    sections = ".bd-article > section > section"
    late = tab.eval_on_selector_all(sections, f"all => all.filter({skipped}).length")
    assert late > 8, "nothing waits until its reader comes"
    tab.mouse.move(size[0] / 2, 400)
    for _ in range(40):
        before = tab.evaluate(
            # A demo's picture stays on a telephone's screen while its controls pass below it.
            "(window.at = (found => found.closest('.tdemo') || found)"
            "(document.elementFromPoint(innerWidth / 2, 400))).getBoundingClientRect().top"
        )
        tab.mouse.wheel(0, -400)
        tab.wait_for_function("before => at.getBoundingClientRect().top > before + 390", arg=before)
        tab.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        assert tab.evaluate("at.getBoundingClientRect().top") == pytest.approx(before + 400, abs=3)
    tab.close()


def test_where_a_number_comes_from_is_no_reader_s():
    """And leaves no space before the comma that follows it."""
    assert finish("<p>2.7 <!-- number: Table 13.2 -->, with 512</p>") == "<p>2.7, with 512</p>"


@pytest.mark.slow
def test_what_has_more_at_its_right_says_so_on_a_telephone(browser, site):
    """And a table's caption is not cut with the table."""
    tab = opened(browser, site, "chapters/13_the_tables", 390)
    tab.wait_for_selector(".ttable.twide")
    wide = "boxes => boxes.map(box => box.scrollWidth > box.clientWidth + 1)"
    assert all(tab.eval_on_selector_all(".twide", wide))
    # Opened first: what is folded away is not laid out, and learns its width when it is shown.
    tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    tab.wait_for_timeout(500)
    assert not any(tab.eval_on_selector_all(".ttable:not(.twide)", wide))
    said = tab.eval_on_selector(".twide", "box => getComputedStyle(box, '::after').content")
    assert "more to the right" in said
    caption = "all => Math.max(...all.map(one => one.getBoundingClientRect().right))"
    assert tab.eval_on_selector_all(".ttable caption", caption) <= 390
    tab.close()


@pytest.mark.slow
def test_menus_open_by_pointer_and_by_keys_without_bootstrap(browser, site):
    tab = browser.new_page()
    asked, errors = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: errors.append(error.message))
    tab.goto((site / "chapters/07_reversibility.html").as_uri())
    button, menu = tab.locator(".dropdown-download-buttons button").first, ".dropdown-menu"
    assert not tab.is_visible(menu)
    button.click()
    assert tab.is_visible(menu) and button.get_attribute("aria-expanded") == "true"
    box, width = tab.locator(menu).bounding_box(), tab.viewport_size["width"]
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    tab.locator("article h1").click()
    assert not tab.is_visible(menu) and button.get_attribute("aria-expanded") == "false"
    button.press("Enter")
    named = "document.activeElement.innerText.trim()"
    for key, item in (("ArrowUp", ".pdf"), ("ArrowUp", ".ipynb"), ("ArrowDown", ".pdf")):
        tab.keyboard.press(key)
        assert tab.evaluate(named) == item
    tab.keyboard.press("Escape")
    assert not tab.is_visible(menu)
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "Download this page"
    assert errors == [] and not [url for url in asked if "bootstrap" in url]
    assert tab.get_attribute(".theme-switch-button", "title") == "Color mode"


@pytest.mark.slow
def test_the_theme_is_known_before_the_page_is_styled(browser, site):
    """Also the reader's own choice, and where the system is dark."""
    for scheme, chosen, theme in (
        ("dark", None, "dark"),
        ("light", None, "light"),
        ("dark", "light", "light"),
    ):
        context = browser.new_context(color_scheme=scheme)
        if chosen:
            context.add_init_script(f"localStorage.setItem('mode', '{chosen}')")
        context.add_init_script(
            "document.addEventListener('readystatechange', () => { "
            "window.seen ??= document.documentElement.dataset.theme; })"
        )
        tab = context.new_page()
        tab.goto((site / f"{CHAPTER}.html").resolve().as_uri())
        assert tab.evaluate("[window.seen, document.documentElement.dataset.theme]") == [theme] * 2
        context.close()


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
    soup = parsed(site / f"{page}.html")
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
        for tag in parsed(site / f"{page}.html").select("[class*=fa-]")
        for name in tag["class"]
    }
    assert "fa-bars" in named
    assert {n for n in named if n[3:] in known and known[n[3:]] not in there} == set()
    assert (site / "_static/icons.css").stat().st_size < 20_000


def opened(browser, site, page: str, width: int = 1280, **kind):
    """A tab with a page of the book, from the disk, laid out to its end as if it had been read."""
    tab = browser.new_page(viewport={"width": width, "height": 900}, **kind)
    tab.goto((site / f"{page}.html").resolve().as_uri())
    tab.add_style_tag(content="section { content-visibility: visible !important }")
    # Two frames: scroll.js hears of sizes after the first layout.
    tab.evaluate(
        "document.fonts.ready.then(() => new Promise(done =>"
        " requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))))"
    )
    return tab


@pytest.mark.slow
def test_few_stops_before_the_text_and_none_at_a_formula(browser, site):
    tab = opened(browser, site, CHAPTER)
    stops = []
    while len(stops) < 20 and "article" not in stops:
        tab.keyboard.press("Tab")
        stops.append(
            tab.evaluate(
                "(() => { const at = document.activeElement;"
                " return at.closest('article') ? 'article' : at.textContent.trim(); })()"
            )
        )
    assert stops[-1] == "article" and len(stops) <= 9, stops
    assert stops[:2] == ["Skip to main content", "Skip to the list of pages"]
    assert tab.locator(".math[tabindex], .math [tabindex]").count() == 0, "none is too wide here"
    for target, place in (
        ("#main-content", "main"),
        ("#pst-primary-sidebar", ".bd-sidebar-primary"),
    ):
        tab.locator(f".skip-link a[href='{target}']").focus()
        tab.keyboard.press("Enter")
        tab.keyboard.press("Tab")
        assert tab.evaluate(f"!!document.activeElement.closest('{place}')")
    tab.close()


@pytest.mark.slow
def test_a_formula_that_is_too_wide_scrolls_by_itself_and_by_keys(browser, site):
    tab = opened(browser, site, "chapters/01_the_spiking_neuron", 390)
    wide = tab.locator("div.math").evaluate_all(
        "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.tabIndex)"
    )
    assert wide and set(wide) == {0}
    assert tab.locator("div.math[tabindex]").count() == len(wide) < tab.locator("div.math").count()
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    tab.close()


def test_the_theme_s_script_asks_no_box_for_its_width(site):
    theme = (site / "_static" / finished.THEME_SCRIPT).read_text("utf8")
    assert "scrollWidth" not in theme and "MutationObserver" in theme
    rule = "e=>{e.tabIndex=e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1}"
    assert finished.without_stops(f"a(b).forEach({rule}),c") == "a(b).length,c"
    with pytest.raises(ValueError, match="rule of tab stops 0 times"):
        finished.without_stops("a(b).forEach(e=>e.tabIndex=e.scrollWidth)")


@pytest.mark.slow
def test_what_scrolls_is_a_tab_stop_and_the_rest_is_none(browser, site):
    seen = set()
    for width in (390, 1280):
        tab = opened(browser, site, CHAPTER, width)
        tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        tab.wait_for_timeout(500)
        found = tab.locator("main pre").evaluate_all(
            "boxes => boxes.filter(b => b.clientWidth && !b.closest('.ta-form'))"
            ".map(b => [b.scrollWidth > b.clientWidth + 1 || b.scrollHeight > b.clientHeight + 1,"
            " b.tabIndex === 0])"
        )
        assert all(scrolls == stop for scrolls, stop in found)
        seen |= {scrolls for scrolls, _ in found}
        tab.close()
    assert seen == {True, False}


@pytest.mark.slow
def test_icons_are_drawn_by_the_small_font_alone(browser, site):
    context = browser.new_context()
    tab, asked = context.new_page(), []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((site / f"{CHAPTER}.html").resolve().as_uri())
    tab.evaluate("document.fonts.ready")
    fonts = tab.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family + f.unicodeRange)"
    )
    context.close()
    assert [url for url in asked if "fontawesome" in url] == []
    assert [font for font in fonts if "Awesome" in font and "F0C9" in font.upper()]


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [CHAPTER, "chapters/01_the_spiking_neuron", "book/glossary", "book/notation", "book/intro"],
)
def test_letters_of_twice_the_size_fit_a_telephone(browser, site, page):
    context = browser.new_context(viewport={"width": 360, "height": 800})
    tab = context.new_page()
    chromium = context.new_cdp_session(tab)
    chromium.send("Page.enable")
    chromium.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    tab.goto((site / f"{page}.html").resolve().as_uri())
    tab.evaluate("document.fonts.ready")
    assert tab.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("page", [CHAPTER, "chapters/13_the_tables"])
def test_on_paper_nothing_is_cut_and_headings_stand_with_their_text(browser, site, page):
    """A4 between margins of 16 mm is 672 pixels wide."""
    tab = opened(browser, site, page, 672)
    tab.emulate_media(media="print")
    assert (
        tab.evaluate("""[...document.querySelectorAll('article *')].filter(part =>
        part.getClientRects().length && !part.closest('svg, .katex-mathml')
        && (part.getBoundingClientRect().right > innerWidth + 1
            || (part.matches('pre, .highlight, .output, div.math') && part.scrollWidth > part.clientWidth + 1))
        ).map(part => part.tagName + '.' + part.className).slice(0, 8)""")
        == []
    )
    style = "(...at) => [...document.querySelectorAll(at[0])].map(e => getComputedStyle(e)[at[1]])"
    for what, how, value in (
        ("article h2, article h3", "breakAfter", "avoid"),
        ("article .tfigure, article .tdemo, article tr", "breakInside", "avoid"),
        ("article pre, article div.highlight", "breakInside", "auto"),
        ("article pre", "whiteSpace", "pre-wrap"),
    ):
        found = tab.evaluate(f"at => ({style})(...at)", [what, how])
        assert found and set(found) == {value}, (what, how)
    tab.close()
