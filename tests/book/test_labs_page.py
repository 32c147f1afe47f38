"""Labs on a page without a kernel: nothing there promises that something moves."""

import sys

import bs4
import pytest

from tests.book.building import ROOT, pages
from trevsnn_lite.course.live import STILL

sys.path.insert(0, str(ROOT / "book/_ext"))
import labs_page

CHAPTERS = [page for page in pages() if page.startswith("chapters/")]
# the text speaks of these chapters' figures, which stay: Figures 12.1 and 14.2
OPEN = {"chapters/12_event_cameras", "chapters/14_ablations"}


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_lab_is_a_closed_note_or_an_ordinary_figure(site, page):
    text = (site / f"{page}.html").read_text("utf8")
    assert STILL not in text
    soup = bs4.BeautifulSoup(text, "html.parser")
    notes = soup.select("details.tkernel")
    has_lab = not page.endswith("00_one_picture")
    assert len(notes) == int(has_lab and page not in OPEN)
    for note in notes:
        assert not note.has_attr("open")
        assert note.summary.get_text().startswith("In JupyterLab or Colab: sliders for ")
        assert len(note.select(".cell")) == 1 and not note.select("h2, h3, section")
        assert (
            "sliders" in note.select_one(".cell_input").get_text() or "open_lab" in note.get_text()
        )


@pytest.mark.parametrize(
    "code, names",
    [
        ("sliders(sweep, kernel_size=[5, 3], width=[12, 6])", ["kernel size", "width"]),
        ("course.labs.open_lab(\n  course.labs.undo_lab, T=range(2))", ["T"]),
        ("display(sweep())\nsliders(lambda **c: 0, a=[1], b=[2], c=[3])", ["a", "b", "c"]),
        ("print(1)", []),
    ],
)
def test_what_the_sliders_change_is_read_from_the_cell(code, names):
    assert labs_page.sliders(code) == names


@pytest.mark.parametrize(
    "names, text",
    [([], ""), (["T"], "T"), (["T", "decay"], "T and decay"), ([*"abc"], "a, b and c")],
)
def test_names_in_a_row(names, text):
    assert labs_page.listed(names) == text
