"""Demos: Python and JavaScript give the same numbers, marks and words on many settings; keyboard,
two on a page, fallback, and no other host."""

import re

import pytest

from tests.course.demo_pages import differences, each, each_kind, page_with, settings
from trevsnn_lite.course import demo as toolkit
from trevsnn_lite.course import demos


@each
def test_both_languages_agree(browser, tmp_path, record_property, cls):
    page, faults = page_with(browser, tmp_path, cls()._repr_html_())
    tried = settings(cls)
    assert len(tried) >= 20
    found = differences(page, cls, tried)
    record_property(
        "browser",
        {
            "demos": [cls.name],
            "settings": len(tried),
            "hosts": [fault for fault in faults if fault.startswith("http")],
        },
    )
    assert found == [] and not faults
    page.close()


@each
def test_output_is_stable_small_and_says_its_numbers_without_a_script(cls):
    page = cls()._repr_html_()
    assert page == cls()._repr_html_() and len(page.encode()) < 60_000
    sentence = cls().result["sentence"]
    assert repr(cls()).endswith(sentence) and "undefined" not in page.split("<script>")[0]
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert page.count(toolkit.html.escape(sentence)) == 2, (
        "once as the picture's alt text, once as the status"
    )


@each_kind
def test_every_control_works_by_keyboard_and_the_sentence_follows(browser, tmp_path, cls):
    page, faults = page_with(browser, tmp_path, cls()._repr_html_())
    say = page.locator(".twords p")
    for row in range(page.locator(".tcontrol").count()):
        control = page.locator(".tcontrol").nth(row)
        page.get_by_role("button", name="Start values").click()
        before = say.text_content(), page.locator(".tpicture svg").inner_html()
        target = control.locator("[type=range], [type=checkbox], select")
        target.focus()
        page.keyboard.press("Space" if control.locator("[type=checkbox]").count() else "ArrowDown")
        if (
            say.text_content(),
            page.locator(".tpicture svg").inner_html(),
        ) == before:  # at its lower end
            page.keyboard.press("ArrowUp")
            page.keyboard.press("ArrowUp")
        assert (say.text_content(), page.locator(".tpicture svg").inner_html()) != before, (
            control.inner_text()
        )
        if control.get_by_role("spinbutton").count():
            shown = target.get_attribute("aria-valuetext") or target.input_value()
            assert control.get_by_role("spinbutton").input_value() == shown
        assert page.locator(".tpicture svg").get_attribute("aria-label") == say.text_content()
    page.get_by_role("button", name="Start values").click()
    result = cls().result
    assert say.text_content() == result["sentence"] and not faults
    assert page.locator("[role=status]").inner_text() == result["verdict"]
    page.close()


def test_number_boxes_keep_to_their_limits(browser, tmp_path):
    page, _ = page_with(browser, tmp_path, demos.MemoryBill()._repr_html_())
    box = page.get_by_role("spinbutton", name="Layers L")
    for typed, shown in (("7", "7"), ("999", "16"), ("", "8"), ("2.6", "3"), ("-5", "1")):
        box.fill(typed)
        box.press("Tab")
        assert (
            box.input_value() == shown
            and f"L = {shown}," in page.locator(".twords p").text_content()
        )
    page.close()


def test_a_slider_ends_where_another_setting_ends_it(browser, tmp_path):
    page, _ = page_with(browser, tmp_path, demos.UndoNeuron()._repr_html_())
    page.get_by_role("spinbutton", name="Time steps T").fill("10")
    undone = page.get_by_role("slider", name="Steps undone")
    assert undone.get_attribute("max") == "10" and undone.input_value() == "10"
    undone.press("ArrowLeft")
    assert "After 9 of 10 steps" in page.locator(".twords p").text_content()
    page.close()


def test_several_on_a_page_are_independent_also_the_same_twice(browser, tmp_path):
    bodies = [cls()._repr_html_() for cls in (*demos.ALL, demos.MemoryBill)]
    page, faults = page_with(browser, tmp_path, *bodies)
    assert page.locator("[data-mounted]").count() == len(bodies)
    page.evaluate("[...document.querySelectorAll('.tdemo')].at(-1).demo.set('layers', 9)")
    says = page.locator(".twords p").all_text_contents()
    assert (
        "L = 9," in says[-1]
        and says[demos.ALL.index(demos.MemoryBill)] == demos.MemoryBill().result["sentence"]
    )
    ids = page.evaluate("[...document.querySelectorAll('input[id], select[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)) and not faults
    page.close()


def test_a_script_that_is_inserted_later_finds_its_element(browser, tmp_path):
    """JupyterLab re-creates scripts, so that document.currentScript is null in them."""
    body = demos.UndoNeuron()._repr_html_()
    page, faults = page_with(browser, tmp_path, '<div id="place"></div>')
    page.evaluate(
        """body => { const place = document.getElementById('place'); place.innerHTML = body;
        place.querySelectorAll('script').forEach(script => (0, eval)(script.textContent)); }""",
        body,
    )
    assert page.locator(".tdemo[data-mounted] svg").count() == 1 and not faults
    page.close()


@pytest.mark.parametrize("width", [390, 900])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_and_colours_follow_the_theme(browser, tmp_path, width, scheme):
    page, _ = page_with(
        browser,
        tmp_path,
        *(cls()._repr_html_() for cls in demos.ALL),
        viewport={"width": width, "height": 800},
    )
    page.evaluate("scheme => document.documentElement.dataset.theme = scheme", scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colour = page.locator(".tbox").first.evaluate("e => getComputedStyle(e).backgroundColor")
    assert colour == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 25, 30)"}[scheme]
    outside = page.evaluate("""() => [...document.querySelectorAll('.tpicture svg')].flatMap(svg => [...svg.children].filter(mark => {
        const m = mark.getBoundingClientRect(), s = svg.getBoundingClientRect();
        return m.left < s.left - 1 || m.right > s.right + 1 || m.bottom > s.bottom + 1 || m.top < s.top - 1; }).map(m => m.outerHTML))""")
    assert not outside
    page.close()


@pytest.mark.parametrize(
    "cls, params, error, words",
    [
        (
            demos.MemoryBill,
            {"layers": 99},
            ValueError,
            "layers is 99, expected a number from 1 to 16",
        ),
        (
            demos.UnrolledGraph,
            {"method": "bptt"},
            ValueError,
            "method is 'bptt', expected one of 'stbp'",
        ),
        (
            demos.UndoNeuron,
            {"tau": 2},
            TypeError,
            "UndoNeuron has no setting tau; its settings are undone, decay",
        ),
        (demos.UndoNeuron, {"tape": 3}, ValueError, "tape is 3, expected one of True, False"),
    ],
)
def test_bad_settings_are_named(cls, params, error, words):
    with pytest.raises(error, match=words):
        cls(**params)
