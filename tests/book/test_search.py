"""Tests of the search in a headless Chromium: symbols, English and Chinese terms find their
chapters, served and from a folder."""

import urllib.parse

import pytest

from tests.conftest import skips_pages

if skips_pages():
    pytest.skip(
        "the search tests do not run: no Chromium or Chrome is installed", allow_module_level=True
    )

FINDS = [
    ("V[t]", "chapters/01"),
    ("τ", "chapters/01"),
    ("tau", "chapters/01"),
    ("alpha", "chapters/10"),
    ("α", "chapters/10"),
    ("O(L)", "chapters/03"),
    ("O(1)", "chapters/08"),
    ("surrogate", "chapters/02"),
    ("checkpointing", "chapters/03"),
    ("event camera", "chapters/12"),
    ("residual bits", "chapters/07"),
    ("ReZero", "chapters/10"),
    ("膜电位", "chapters/01"),
    ("可逆", "chapters/07"),
    ("替代梯度", "chapters/02"),
    ("脉冲", "chapters/01"),
    ("残余位", "chapters/07"),
    ("事件相机", "chapters/12"),
    ("可逆 脉冲", "chapters/07"),
    ("膜电位重置", "chapters/01"),
]


def found(browser, address: str, query: str) -> tuple[list[str], list[str]]:
    """The pages that the search page lists for a query, and the errors that it raised."""
    tab = browser.new_page()
    errors = []
    tab.on("pageerror", lambda error: errors.append(error.message))
    tab.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    try:
        tab.goto(f"{address}/search.html?q={urllib.parse.quote(query)}")
        tab.wait_for_function(
            "/found|did not match/.test(document.querySelector('#search-results "
            ".search-summary')?.innerText || '')"
        )
        return tab.eval_on_selector_all(
            "#search-results li a", "all => all.map(a => a.getAttribute('href'))"
        ), errors
    finally:
        tab.close()


@pytest.mark.parametrize("query, chapter", FINDS)
def test_a_query_finds_its_chapter(browser, site, query, chapter):
    """From a folder, which is the harder place: no page may be fetched there."""
    results, errors = found(browser, site.resolve().as_uri(), query)
    assert [page for page in results if page.startswith(chapter)], f"{query}: {results}"
    assert [
        error for error in errors if "classList" not in error and "theme mode" not in error
    ] == []


def test_what_stands_nowhere_is_not_found(browser, site):
    assert found(browser, site.resolve().as_uri(), "zyzzyva")[0] == []
    assert found(browser, site.resolve().as_uri(), "鲸")[0] == []
