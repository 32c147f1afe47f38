"""Links to chosen values: they restore them on load over file://, for two demos on a page, and
leave the page's own anchors alone."""

from urllib.parse import unquote

import pytest

from tests.course.demo_pages import each, page_with, settings
from trevsnn_lite.course import demos

COPIED = "The link to these settings is copied."


def link(page, at=0) -> str:
    """What "Copy link" of the demo number `at` puts on the clipboard."""
    page.get_by_role("button", name="Copy link").nth(at).click()
    page.locator(".tlink").nth(at).get_by_text(COPIED).wait_for()
    return page.evaluate("navigator.clipboard.readText()")


def follow(page, address: str) -> None:
    """Open a link in the same tab. First an empty page: else the address that a demo is about to
    write into the one before, the same as the link, is taken for the new page's."""
    page.goto("about:blank")
    page.goto(address)


@pytest.fixture(scope="module")
def opener(browser):
    """A browser context with a clipboard, in the place of a browser."""
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.mark.slow
@each
def test_a_copied_link_restores_every_value(opener, tmp_path, cls):
    page, faults = page_with(opener, tmp_path, cls()._repr_html_())
    for params in settings(cls, 1)[-1:]:
        page.evaluate(
            "p => "
            "{ for (const name in p) document.querySelector('.tdemo').demo.set(name, p[name]); }",
            params,
        )
        say, shown = (
            page.locator(".twords p").text_content(),
            page.locator(".tpicture svg").inner_html(),
        )
        address = link(page)
        assert address.startswith("file:") and "#tdemo-" in address
        other = opener.new_page()
        other.goto(address)
        assert (
            other.locator(".twords p").text_content(),
            other.locator(".tpicture svg").inner_html(),
        ) == (say, shown), address
        other.close()
    page.get_by_role("button", name="Start values").click()
    assert "?" not in link(page) and not faults
    page.close()


def test_two_demos_and_the_same_twice_keep_their_own_values(opener, tmp_path):
    bodies = [cls()._repr_html_() for cls in (demos.LIFNeuron, demos.MemoryBill, demos.MemoryBill)]
    page, faults = page_with(opener, tmp_path, *bodies)
    page.evaluate(
        """() => { const [a, b, c] = document.querySelectorAll('.tdemo'); a.demo.set('tau', 3.5); b.demo.set('layers', 7); c.demo.set('layers', 9); }"""
    )
    follow(page, link(page, 0))  # the link of one demo keeps what the address says of the others
    page.evaluate("document.querySelectorAll('.tdemo')[1].demo.set('layers', 7)")
    follow(page, link(page, 1))
    page.evaluate("document.querySelectorAll('.tdemo')[2].demo.set('layers', 9)")
    address = link(page, 2)
    follow(page, address)
    says = page.locator(".twords p").all_text_contents()
    assert "τ = 3.5" in says[0] and "L = 7," in says[1] and "L = 9," in says[2]
    assert (
        "lif-neuron=tau:3.5&memory-bill=layers:7&memory-bill.2=layers:9" in unquote(address)
        and not faults
    )
    page.close()


@pytest.mark.parametrize(
    "query",
    [
        "memory-bill=layers:99",
        "memory-bill=layers:x,tau:3,method:bptt",
        "memory-bill=",
        "memory-bill=:,layers",
        "q=layers:3",
    ],
)
def test_what_a_link_may_not_ask_for_is_left_out(browser, tmp_path, query):
    page, faults = page_with(browser, tmp_path, demos.MemoryBill()._repr_html_(), query="?" + query)
    assert (
        page.locator(".twords p").text_content() == demos.MemoryBill().result["sentence"]
        and not faults
    )
    page.close()


def test_the_address_follows_and_the_pages_own_anchor_and_query_stay(opener, tmp_path):
    bodies = [cls()._repr_html_() for cls in (demos.LIFNeuron, demos.MemoryBill)]
    page, faults = page_with(opener, tmp_path, *bodies, query="?highlight=spike#section")
    assert page.evaluate("document.querySelector(':target').id") == "section"
    steps = page.evaluate("history.length")
    page.evaluate("document.querySelector('.tdemo').demo.set('reset', 'hard')")
    page.wait_for_url("**?highlight=spike&lif-neuron=reset:hard#section")
    page.evaluate("document.querySelectorAll('.tdemo')[1].demo.set('layers', 7)")
    both = "?highlight=spike&lif-neuron=reset:hard&memory-bill=layers:7"
    page.wait_for_url(f"**{both}#section")
    assert f"{both}#tdemo-lif-neuron-" in link(page)
    page.reload()
    assert "hard reset" in page.locator(".twords p").first.text_content()
    page.get_by_role("button", name="Start values").first.click()
    page.wait_for_url("**?highlight=spike&memory-bill=layers:7#section")
    assert page.evaluate("history.length") == steps and not faults, "no step back is added"
    page.close()


def test_a_link_from_another_edition_still_finds_its_demo(browser, tmp_path):
    body = demos.LIFNeuron()._repr_html_()
    page, _ = page_with(
        browser,
        tmp_path,
        '<div style="height:4000px"></div>',
        body,
        query="?lif-neuron=tau:5#tdemo-lif-neuron-00000000",
    )
    assert "τ = 5.0" in page.locator(".twords p").text_content() and page.evaluate("scrollY") > 1000
    page.close()


def test_without_a_clipboard_the_link_itself_appears(browser, tmp_path):
    page, faults = page_with(browser, tmp_path, demos.LIFNeuron()._repr_html_())
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.evaluate("document.querySelector('.tdemo').demo.set('tau', 4)")
    page.get_by_role("button", name="Copy link").click()
    assert (
        "?lif-neuron=tau:4#tdemo-"
        in page.get_by_role("textbox", name="Link to these settings").input_value()
        and not faults
    )
    page.close()


def test_no_link_is_offered_where_the_page_is_not_the_books(browser, tmp_path):
    body = demos.LIFNeuron()._repr_html_()
    page, _ = page_with(
        browser, tmp_path, "<script>document.body.dataset.jpThemeLight = 'true'</script>", body
    )
    address = page.url
    page.evaluate("document.querySelector('.tdemo').demo.set('tau', 4)")
    page.wait_for_timeout(500)
    assert page.get_by_role("button", name="Start values").count() == 1 and page.url == address
    assert page.get_by_role("button", name="Copy link").count() == 0
    page.close()
