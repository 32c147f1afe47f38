"""The front page: its film shows what the library computes, moves only where it may, and works by
keyboard and without a script; its dials and its map are those of the data."""

import json
import re
import sys

import pytest
import torch

from tests.book.building import ROOT
from tools import outline
from trevsnn_lite.course import palette
from trevsnn_lite.course.demos import undo_network
from trevsnn_lite.spikes import spike

sys.path.insert(0, str(ROOT / "book/_ext"))
import front_page
import thumbnails

STYLE = (ROOT / "book/_static/front.css").read_text("utf8")


@pytest.fixture(scope="module")
def found():
    return undo_network.run()


def test_the_film_s_network_is_undone_bit_for_bit(found):
    for old, new in zip(found.forward, found.undone, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(old, new, strict=True))
    told = undo_network.told(found)
    assert told["same"] == told["earlier"] == 132 and told["spikes"] > 20


def test_the_film_needs_its_tape(found, monkeypatch):
    """With other bits on the tape the undone potentials are others."""
    right = undo_network.write
    monkeypatch.setattr(
        undo_network,
        "write",
        lambda *given: (entry := right(*given))._replace(data=entry.data ^ 0b01010101),
    )
    told = undo_network.told(undo_network.run())
    assert told["same"] < told["earlier"]


def test_what_is_kept_grows_on_one_side_and_hardly_on_the_other(found):
    """48 bytes a step against 3: 12 potentials of 4 bytes, 2 bits for each of 12."""
    steps = [undo_network.LEVELS * t for t in range(1, undo_network.STEPS + 1)]
    assert [found.stored[k] for k in steps] == [48 * t for t in range(1, 13)]
    assert [found.taped[k] for k in steps] == [48 + 3 * t for t in range(12)]
    assert max(v.abs().max() for step in found.forward for v in step) < 4, "2 bits do below 4"


def test_the_gradient_that_ends_the_film_is_autograds_and_the_same_on_both_sides(found):
    assert all(map(torch.equal, found.gradient, found.gradient_undone))
    assert undo_network.told(found)["gradients"] == 48
    draw = torch.Generator().manual_seed(0)
    shape = (undo_network.LEVELS, undo_network.NEURONS, undo_network.NEURONS)
    weights = (0.5 * torch.randn(shape, generator=draw) + 0.15).requires_grad_()
    inputs = 1.2 * (torch.rand(undo_network.STEPS, shape[1], generator=draw) < 0.4)
    old, count = [torch.zeros(shape[1])] * shape[0], torch.tensor(0.0)
    for t in range(undo_network.STEPS):
        new: list = []
        for level in range(shape[0]):
            below = spike(new[-1], undo_network.THRESHOLD) if level else inputs[t]
            above = undo_network.FEEDBACK * old[level + 1] if level < shape[0] - 1 else 0.0
            new.append(undo_network.DECAY * old[level] + weights[level] @ below + above)
        old, count = new, count + spike(new[-1], undo_network.THRESHOLD).sum()
    (expected,) = torch.autograd.grad(count, weights)
    torch.testing.assert_close(torch.stack(found.gradient), expected)
    assert expected.abs().max() > 1


def test_other_potentials_would_give_another_gradient(monkeypatch):
    """That both are equal is computed, from what was kept and from what was undone."""
    right = undo_network.read
    monkeypatch.setattr(undo_network, "read", lambda *given: right(*given) + 0.7)
    assert undo_network.told(undo_network.run())["gradients"] < 48


def opened(browser, tmp_path, **options):
    """(page, faults) with the film and the front page's style, without network."""
    file = tmp_path / "film.html"
    file.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Film</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>:root{{{palette.css()}}}{STYLE} body{{margin:16px;font:1rem/1.5 system-ui}}</style>"
        f"<main>{undo_network.film()}</main>"
        '<div style="height:2000px"></div>',
        "utf8",
    )
    page, faults = browser.new_page(**options), []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: asked.url.startswith("file:") or faults.append(asked.url))
    page.goto(file.as_uri())
    return page, faults


def found_equal(found) -> int:
    """How many levels of earlier steps come back bit for bit."""
    earlier = zip(found.forward[:-1], found.undone[:-1])
    return sum(torch.equal(a, b) for old, new in earlier for a, b in zip(old, new))


def moment(page) -> int:
    return int(page.locator("input[type=range]").input_value())


def visible(page, side: str, part: str) -> int:
    """How many levels of steps show their potentials (.v) or their bits (.b) on one side."""
    return page.locator(f".panel.{side} g > {part}:visible").count()


@pytest.mark.slow
def test_it_stands_still_where_motion_is_unwanted_and_moves_by_keyboard(browser, tmp_path, found):
    page, faults = opened(browser, tmp_path, reduced_motion="reduce")
    all_, slider = undo_network.LEVELS * undo_network.STEPS, page.locator("input[type=range]")
    page.wait_for_timeout(400)
    assert moment(page) == all_ and page.get_by_role("button", name="Play").count() == 1
    slider.press("Home")
    assert visible(page, "store", ".v") == visible(page, "taped", ".v") == 0
    for step in range(1, 8):
        slider.press("ArrowRight")
        assert visible(page, "store", ".v") == step
        assert visible(page, "taped", ".v") == min(step, 3)
        assert visible(page, "taped", ".b") == max(0, step - 3)
        assert page.locator(".count b").all_inner_texts() == [
            str(found.stored[step]),
            str(found.taped[step]),
        ]
    said = slider.get_attribute("aria-valuetext")
    assert "Forwards, step 3 of 12" in said and f"{found.taped[7]} on the right" in said
    slider.press("End")
    assert visible(page, "store", ".v") == 0
    said = "132 potentials and 48 gradients equal, bit for bit"
    assert page.locator(".where").inner_text().endswith(said)
    squares = [
        page.locator(f".panel.{side} .result rect").evaluate_all(
            "all => all.map(e => e.getAttribute('fill-opacity'))"
        )
        for side in ("store", "taped")
    ]
    assert squares[0] == squares[1] and len(squares[0]) == 48
    assert (
        page.locator(".result:visible").count() == 2 and not page.locator(".error:visible").count()
    )
    assert page.locator(".bar").evaluate_all("all => all.map(e => e.style.opacity)") == ["1"] * 24
    sizes = f"{found.taped[-1]} bytes, not {found.stored[-1]}:"
    assert page.locator(".where").inner_text().startswith(sizes)
    peaks = [f"{found.stored[-1]} bytes at most", f"{found.taped[-1]} bytes at most"]
    assert page.locator(".count").all_inner_texts() == peaks
    assert (page.locator(".store [data-equal]").count(), visible(page, "taped", ".v")) == (0, 0)
    assert page.locator(".taped [data-equal]").count() == 33 == found_equal(found)
    slider.press("ArrowLeft")
    assert visible(page, "store", ".v") == 1 and not faults
    assert page.locator(".count").all_inner_texts() == [
        f"{found.stored[1]} of {found.stored[-1]} bytes",
        f"{found.taped[1]} of {found.taped[-1]} bytes",
    ]
    assert page.locator(".where").inner_text().startswith("The error is at step 1 of 12")
    page.close()


@pytest.mark.slow
def test_the_error_goes_back_from_cell_to_cell_and_finds_its_potentials(browser, tmp_path):
    """Nothing had said why one goes back."""
    page, _ = opened(browser, tmp_path, reduced_motion="reduce")
    all_, slider = undo_network.LEVELS * undo_network.STEPS, page.locator("input[type=range]")
    slider.fill(str(all_ - 1))
    assert page.locator(".error:visible").count() == 0, "forwards there is none"
    for done in (all_, all_ - 1, all_ // 2, 1):
        slider.fill(str(2 * all_ - done))
        for side in ("store", "taped"):
            cell = page.locator(f".panel.{side} [data-k='{done - 1}']")
            assert cell.locator(".v").is_visible(), "what it needs is there"
            frame, place = (
                found.bounding_box()
                for found in (page.locator(f".panel.{side} .error"), cell.locator(".place"))
            )
            assert frame["x"] < place["x"] and frame["y"] < place["y"]
            assert frame["x"] + frame["width"] > place["x"] + place["width"]
            assert frame["y"] + frame["height"] > place["y"] + place["height"]
    page.close()


@pytest.mark.slow
def test_it_moves_by_one_and_shows_how_two_bits_bring_a_potential_back(browser, tmp_path, found):
    """On a telephone no slider stops at "one cell undone", and no moment had shown a sum."""
    page, faults = opened(
        browser, tmp_path, reduced_motion="reduce", viewport={"width": 390, "height": 844}
    )
    levels, all_ = undo_network.LEVELS, undo_network.LEVELS * undo_network.STEPS
    back, on = (page.get_by_role("button", name=f"One moment {way}") for way in ("back", "on"))
    for button in (back, on):
        assert min(button.bounding_box()[side] for side in ("width", "height")) >= 40
    where, frame = page.locator(".where"), page.locator(".now")
    assert not frame.is_visible()
    for moment in range(all_ + 1, 2 * all_ + 1):
        on.click()
        slider = page.locator("input[type=range]")
        assert int(slider.input_value()) == moment
        cell = 2 * all_ - moment - levels
        assert frame.is_visible() == (cell >= 0)
        if cell < 0:
            continue
        t, level = divmod(cell, levels)
        sum_ = re.fullmatch(
            r"\(next (−?[\d.]+) − input (−?[\d.]+)\) / decay 0.5 ≈ (−?[\d.]+), exact with its "
            r"bits ([01]{2})",
            where.inner_text(),
        )
        new, given, old = (float(sum_[i].replace("−", "-")) for i in (1, 2, 3))
        assert (new - given) / 0.5 == pytest.approx(old, abs=0.0026)
        neuron = int(found.forward[t][level].argmax())
        assert old == pytest.approx(found.forward[t][level][neuron].item(), abs=0.00051)
        assert new == pytest.approx(found.forward[t + 1][level][neuron].item(), abs=0.00051)
        # the bits are the lowest of the potential on its grid, where the division is not enough
        grid = int(found.forward[t][level][neuron].item() * 2**22)
        assert sum_[4] == f"{grid % 4:02b}"
        place = page.locator(f".panel.taped [data-k='{cell}'] .v rect").nth(neuron).bounding_box()
        box = frame.bounding_box()
        assert box["x"] < place["x"] and box["y"] < place["y"]
        assert box["y"] + box["height"] > place["y"] + place["height"]
    on.click()
    assert int(page.locator("input[type=range]").input_value()) == 2 * all_
    back.click()
    assert int(page.locator("input[type=range]").input_value()) == 2 * all_ - 1 and not faults
    page.close()


@pytest.mark.slow
def test_in_play_it_rests_at_the_first_potential_that_comes_back_and_shows_its_sum(
    browser, tmp_path
):
    """Who lets it play had seen squares turn into frames, and never the reason."""
    page, _ = opened(browser, tmp_path, reduced_motion="reduce")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(
        """first => +document.querySelector("input").value === first
            && document.querySelector(".where").textContent.startsWith("(next ")
            && document.querySelector(".now").style.display === ""
            && document.querySelector(".moves button").textContent === "Pause" """,
        arg=undo_network.LEVELS * undo_network.STEPS + 1,
    )
    page.wait_for_function(
        """() => document.querySelector(".where").textContent.startsWith("The error is at")
            && document.querySelector(".now").style.display === "none" """
    )
    page.close()


@pytest.mark.slow
def test_on_a_telephone_it_starts_when_both_networks_are_in_view(browser, tmp_path):
    page, _ = opened(
        browser,
        tmp_path,
        reduced_motion="no-preference",
        viewport={"width": 390, "height": 844},
    )
    page.wait_for_function("document.querySelector('.film').dataset.begun")
    page.reload()
    page.evaluate("document.querySelector('main').style.paddingTop = '500px'; scrollTo(0, 0)")
    page.wait_for_timeout(300)
    page.evaluate("delete document.querySelector('.film').dataset.begun")
    page.wait_for_timeout(600)
    assert not page.locator(".film").get_attribute("data-begun")
    page.evaluate("scrollTo(0, 480)")
    page.wait_for_function("document.querySelector('.film').dataset.begun")
    panels = page.locator(".panel").all() + page.locator(".film button").all()
    boxes = [found.bounding_box() for found in panels]
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= 844 for box in boxes)
    page.close()


@pytest.mark.slow
def test_it_plays_in_sight_and_stops_at_once_when_asked(browser, tmp_path):
    page, faults = opened(browser, tmp_path, reduced_motion="no-preference")
    page.wait_for_function("document.querySelector('.film').dataset.begun")
    before = moment(page)
    page.wait_for_function("at => +document.querySelector('input').value !== at", arg=before)
    page.get_by_role("button", name="Pause").press("Enter")
    stopped = moment(page)
    page.wait_for_timeout(500)
    assert moment(page) == stopped and page.get_by_role("button", name="Play").count() == 1
    assert not faults
    page.close()


@pytest.mark.slow
def test_out_of_sight_it_rests_and_back_in_sight_it_goes_on_unless_paused(browser, tmp_path):
    page, _ = opened(browser, tmp_path, reduced_motion="no-preference")
    button = page.locator(".film button").first

    def scrolled(to: int, expected: str) -> None:
        page.evaluate("to => scrollTo(0, to)", to)
        page.wait_for_function(
            "text => document.querySelector('button').innerText === text", arg=expected
        )

    page.wait_for_function("document.querySelector('.film').dataset.begun")
    scrolled(2000, "Play")
    scrolled(0, "Pause")
    button.click()
    scrolled(2000, "Play")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(400)
    assert button.inner_text() == "Play"
    page.close()


def test_without_a_script_the_still_and_its_words_stand(browser, tmp_path, found):
    page, _ = opened(browser, tmp_path, java_script_enabled=False)
    told = undo_network.told(found)
    label = page.locator(".film").get_attribute("aria-label")
    assert f"{told['stored']} bytes" in label and "132 of 132 earlier potentials" in label
    assert visible(page, "store", ".v") == 36 and visible(page, "taped", ".b") == 33
    page.close()


@pytest.mark.parametrize("width", [320, 390, 1000])
def test_it_fits_stands_still_and_its_letters_are_legible(browser, tmp_path, width):
    page, _ = opened(
        browser,
        tmp_path,
        viewport={"width": width, "height": 800},
        reduced_motion="reduce",
    )
    heights, slider = set(), page.locator("input[type=range]")
    for moment in (20, 36, 38, 50, 61, 72):
        slider.fill(str(moment))
        heights.add(page.locator(".film").bounding_box()["height"])
    assert len(heights) == 1 or width < 390
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width >= 390:
        height = page.locator(".panel text").first.evaluate(
            "e => 12.5 * e.getScreenCTM().a"  # letters of 12.5 units, in CSS pixels
        )
        assert height >= 11
    page.close()


def test_a_dial_holds_the_paper_s_factor_and_chapter_13_s():
    assert front_page.factors(ROOT, "memory")[0] == 8.6
    assert [round(x, 1) for x in front_page.factors(ROOT, "memory")[1]] == [2.7, 11.2, 27.1, 33.4]
    assert front_page.factors(ROOT, "time") == (2.0, [])
    picture = front_page.dial("energy", *front_page.factors(ROOT, "energy"))
    assert picture.count("<circle") == 3 and "The paper: 1.6 times less energy" in picture
    assert "here: 0.38, 1.3, 3.1 times" in picture


def test_the_map_has_every_chapter_with_its_own_picture_and_its_minutes():
    costs = json.loads((ROOT / "data/chapter_costs.json").read_text("utf8"))
    text = front_page.chapter_map(outline.PARTS, costs, lambda slug: f"{slug}.html")
    assert [int(n) for n in re.findall(r"<b>(\d+)</b>", text)] == list(range(20))
    assert text.count('aria-hidden="true"') == 20 == len(thumbnails.THUMBNAILS)
    assert len({thumbnails.thumbnail(n) for n in range(20)}) == 20
    for part in outline.PARTS.values():
        for slug, _, _ in part[1].values():
            card = text.split(f"{slug}.html")[1].split("</a>")[0]
            assert f"{outline.minutes(costs[slug])} min" in card


def test_a_dial_of_another_name_is_refused():
    with pytest.raises(KeyError):
        front_page.factors(ROOT, "beauty")
