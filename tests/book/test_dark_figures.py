"""The chapters' figures on the page: they follow the dark theme, keep what a colour map paints, and
have letters of 11 pixels on a telephone."""

import io
import re
import sys

import pytest

from tests.book.building import ROOT
from trevsnn_lite.course import notebook, palette

sys.path.insert(0, str(ROOT / "book/_ext"))
import figures


def picture(colour_map: bool = False) -> notebook.Picture:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 3.4))
    axes = figure.subplots()
    if colour_map:
        axes.pcolormesh([[0.0, 1.0]], cmap="gray")
        axes.text(0.5, 0.5, "on", color="white")
        axes.text(1.5, 0.5, "it", color="black")
    else:
        axes.plot([0, 1], color=palette.colour("taped"))
    axes.set(title="above", xlabel="below")
    return notebook.show(figure, f"A line to {1}.")


def shown(browser, tmp_path, html: str, theme: str, width: int = 800):
    """A page with the figure as the book shows it, by its own theme and not by the system's."""
    page = browser.new_page(viewport={"width": width, "height": 700}, color_scheme="light")
    html, count = figures.FIGURE.subn(figures.on_the_page, html)
    assert count == 1
    page.set_content(f'<html style="color-scheme:{theme}"><body style="margin:0">{html}')
    page.locator("img").evaluate("e => e.decode()")
    return page


def pixels(page) -> set[tuple]:
    from PIL import Image

    drawn = Image.open(io.BytesIO(page.locator("img").screenshot())).convert("RGB")
    return {colour for count, colour in drawn.getcolors(10**6) if count > 20}


def rgb(colour: str) -> tuple:
    return tuple(int(colour[k : k + 2], 16) for k in (1, 3, 5))


def test_a_figure_follows_the_theme(browser, tmp_path):
    light, dark = (
        pixels(shown(browser, tmp_path, picture()._repr_html_(), theme))
        for theme in ("light", "dark")
    )
    assert {rgb("#ffffff"), rgb(palette.PALETTE["blue"])} <= light
    assert {rgb(figures.PAPER), rgb(palette.DARK["blue"])} <= dark
    assert rgb("#ffffff") not in dark and rgb(figures.PAPER) not in light


def test_a_colour_map_and_what_stands_on_it_stay(browser, tmp_path):
    html = picture(colour_map=True)._repr_html_()
    dark = pixels(shown(browser, tmp_path, html, "dark"))
    assert {(0, 0, 0), (255, 255, 255)} <= dark, "both cells"
    svg = figures.themed(picture(colour_map=True).svg)
    assert len(re.findall('id="cell_', svg)) == 2, "the title and the labels are not on it"


def test_a_telephone_has_letters_of_eleven_pixels(browser, tmp_path):
    shape = picture()
    width, smallest = figures.size(shape.svg)
    page = shown(browser, tmp_path, shape._repr_html_(), "light", 350)
    box = page.locator("img").bounding_box()
    assert box["width"] * smallest / width >= figures.SMALLEST - 0.1
    assert page.evaluate("document.documentElement.scrollWidth") <= 350, "it scrolls by itself"


@pytest.mark.parametrize("name", palette.PALETTE)
def test_every_colour_of_the_palette_has_its_dark_one(name):
    assert figures.darkened(palette.PALETTE[name].lower()) == palette.DARK[name].lower()


@pytest.mark.parametrize(
    "light, dark", [("#ffffff", figures.PAPER), ("#000000", figures.INK), ("#cfe3f1", None)]
)
def test_ground_ink_and_tints_are_turned_over(light, dark):
    found = figures.darkened(light)
    assert found == dark or (dark is None and max(rgb(found)) < 110)
