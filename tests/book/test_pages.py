"""Tests of the built pages in a headless Chromium: no network, no errors, accessible, no overflow,
formulas render. Each page is loaded once, on a telephone, and everything is asked of that load."""

import contextlib
import functools
import http.server
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.book.building import pages

# A telephone, from the disk as a reader without a network has it; a screen, from a server, for one
# page of each kind: menus fold at 390 pixels, and what axe-core asks of the rest it has asked there.
# Whether colours stand out, half of what axe-core does, it asks of the other pages on a screen, with
# `make test-slow`: all have one style sheet.
VIEWS = {
    "telephone": dict(width=390, scheme="light", served=False, axe={}),
    "screen": dict(width=1280, scheme="light", served=True, axe={}),
    "dark": dict(width=1280, scheme="dark", served=True, axe={"runOnly": ["color-contrast"]}),
}
KINDS = {
    *("book/intro", "book/ledger", "book/your_own_network", "book/teaching/plans"),
    "chapters/07_reversibility",
}
SLOW = pytest.mark.slow
OFTEN = {("telephone", page) for page in pages() if page in KINDS or page.startswith("chapters/")}
OFTEN |= {("screen", page) for page in KINDS}
CASES = [
    pytest.param(
        page,
        view,
        id=f"{page}-{view}",
        marks=() if (view, page) in OFTEN else SLOW,
    )
    for page in pages()
    for view in VIEWS
]
# A fault of sphinx-book-theme 1.3 that no setting removes.
THEME_ERRORS = ("Cannot read properties of null (reading 'classList')",)
# Faults of docutils, as (axe rule, element): it gives the list of references' back links a role
# that a list may not hold.
DOCUTILS_FAULTS = {("aria-required-children", ".citation-list")}
# KaTeX's mark of a fault, and a formula that is left as TeX.
FORMULA_FAULTS = ".katex-error, .math > code"
# One text of each colour, size and ground, one link of each colour beside its text's: whether they
# stand out is asked of these, since a chapter's thousands of coloured words are of few kinds.
MARK_COLOURS = """() => {
    const seen = new Set(), known = new Map();
    const ground = (e) => {
        if (!e) return '';
        if (!known.has(e)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(e);
            const own = `${backgroundColor} ${backgroundImage} ${opacity};`;
            known.set(e, ground(e.parentElement) + (own === 'rgba(0, 0, 0, 0) none 1;' ? '' : own));
        }
        return known.get(e);
    };
    for (const e of document.body.querySelectorAll('*')) {
        const written = [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!(written || e.matches('input, select, textarea')) || !e.getClientRects().length) continue;
        const { color, fontSize, fontWeight, textShadow } = getComputedStyle(e);
        const large = parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);
        const beside = e.matches('a') && getComputedStyle(e.parentElement).color;
        const kind = [color, large, textShadow, beside, ground(e)].join();
        if (!seen.has(kind)) e.dataset.colours = seen.add(kind).size;
    }
    return seen.size;
}"""
# What is wider than the window: the page, or something in a cell's output. Printed text, tables, and
# figures that a key can reach may scroll by themselves.
OVERFLOWING = """() => {
    const wide = [];
    if (document.documentElement.scrollWidth > window.innerWidth) {
        wide.push(`page: ${document.documentElement.scrollWidth} > ${window.innerWidth}`);
        for (const e of document.querySelectorAll('article *'))
            if (e.getBoundingClientRect().right > window.innerWidth + 1) wide.push(e.tagName + '.' + e.className);
    }
    for (const e of document.querySelectorAll('.cell_output, .cell_output *'))
        if (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && !e.closest('pre, svg, .katex') && !e.querySelector('pre, table')
            && !e.closest('[tabindex="0"]') && !e.querySelector('[tabindex="0"]'))
            wide.push(`in .cell_output: ${e.tagName}.${e.className} ${e.scrollWidth} > ${e.clientWidth}`);
    return wide.slice(0, 8);
}"""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a line on stderr for each request."""

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address(site):
    """The built book's address, served from this machine."""
    handler = functools.partial(QuietHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextlib.contextmanager
def opened(browser, url, width=1280, scheme="light"):
    """Yields the loaded page with `requests`, `failures` (requests without a good answer) and
    `errors`, all lists of text."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    tab = context.new_page()
    tab.requests, tab.failures, tab.errors = [], [], []
    tab.on("request", lambda request: tab.requests.append(request.url))
    tab.on("requestfailed", lambda request: tab.failures.append(request.url))
    tab.on(
        "response",
        lambda response: tab.failures.append(response.url) if response.status >= 400 else None,
    )
    tab.on(
        "console",
        lambda message: tab.errors.append(message.text) if message.type == "error" else None,
    )
    tab.on("pageerror", lambda error: tab.errors.append(error.message))
    try:
        tab.goto(url, wait_until="load")
        # Laid out to its end, as if it had been read.
        tab.add_style_tag(content="section { content-visibility: visible !important }")
        tab.evaluate("document.fonts.ready")
        yield tab
    finally:
        context.close()


def serious_faults(tab, options: dict) -> tuple[list[tuple], int]:
    """What axe-core calls serious or critical on the page, and how many of docutils' faults were
    let pass."""
    tab.evaluate(MARK_COLOURS)
    tab.evaluate(Axe().axe_script)
    tab.evaluate(
        "axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-colours]' },"
        " { id: 'link-in-text-block', selector: 'a[data-colours]' }] })"
    )
    asked = {"preload": False, "resultTypes": ["violations"], **options}
    found = tab.evaluate("options => axe.run(options)", asked)["violations"]
    faults = [
        (
            violation["impact"],
            violation["id"],
            " ".join(map(str, node["target"])),
            node["html"][:200],
            node.get("failureSummary", "")[:400],
        )
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    serious = [fault for fault in faults if (fault[1], fault[2]) not in DOCUTILS_FAULTS]
    return serious, len(faults) - len(serious)


@pytest.mark.parametrize("page, view", CASES)
def test_a_page_is_sound(browser, site, address, record_property, page, view):
    wanted = VIEWS[view]
    start = address if wanted["served"] else site.resolve().as_uri()
    with opened(browser, f"{start}/{page}.html", wanted["width"], wanted["scheme"]) as tab:
        theme = tab.evaluate("document.documentElement.dataset.theme")
        too_wide = tab.evaluate(OVERFLOWING)
        formulas = tab.locator(".math:not(:has(.katex))").count()
        wrong_formulas = tab.locator(FORMULA_FAULTS).all_inner_texts()
        # axe-core fetches the style sheets again, and a closing page drops what is under way
        requests, failures, errors = list(tab.requests), list(tab.failures), list(tab.errors)
        colours = view != "telephone" or page in KINDS
        asked = {} if colours else {"rules": {"color-contrast": {"enabled": False}}}
        serious, allowed = serious_faults(tab, wanted["axe"] | asked)
    others = [url for url in requests if not url.startswith((start, "file:", "data:", "blob:"))]
    record_property(
        "browser",
        {
            "pages" if wanted["served"] else "files": [page],
            "hosts": others,
            "checked": [page],
            "views": [f"{view} {page}"],
            "violations": serious,
            "allowed": allowed,
        },
    )
    assert others == [] and failures == []
    assert [error for error in errors if error not in THEME_ERRORS] == []
    assert formulas == 0 and wrong_formulas == []
    assert theme == wanted["scheme"]
    assert too_wide == []
    assert serious == []


def test_the_search_page_loads_without_errors(browser, address):
    with opened(browser, f"{address}/search.html") as tab:
        assert tab.failures == []
        assert [error for error in tab.errors if error not in THEME_ERRORS] == []


@pytest.mark.parametrize(
    "planted, rule",
    [
        ('<p>as <i style="color: #999">pale</i> as this</p>', "color-contrast"),
        (
            '<p>a link <a href="#x" style="color: #030303; text-decoration: none">within</a> a text</p>',
            "link-in-text-block",
        ),
        ('<p style="background: #444">text <i>on</i> a dark ground</p>', "color-contrast"),
        ('<img src="data:,">', "image-alt"),
    ],
)
def test_one_fault_among_a_thousand_sound_words_is_found(browser, planted, rule):
    words = "<p style='color: #000'>word <i>word</i> <a href='#x'>word</a></p>" * 300
    tab = browser.new_page()
    tab.set_content(f"<html lang=en><title>T</title><main><h1>T</h1>{words}{planted}</main>")
    found, _ = serious_faults(tab, {})
    assert [fault[1] for fault in found] == [rule]
    tab.close()
