"""The figures' style: equal figures are equal files, a missing matplotlib is named, and nothing of
the caller's matplotlib changes."""

import sys

import pytest

from trevsnn_lite.experiments import plots


def drawn():
    with plots.style():
        made, axes = plots.figure(columns=2)
        plots.band(axes[0][0], [0, 1, 2], [[1.0, 2.0, 4.0], [3.0, 2.0, 2.0]], "two seeds", 0)
        plots.points(axes[0][1], {"a": [1.0, 2.0], "b": [3.0]})
    return made


def test_the_same_figure_is_the_same_file():
    for kind in ("svg", "png"):
        assert plots.image(drawn(), kind) == plots.image(drawn(), kind)


def test_bands_and_bars_stand_where_the_numbers_are():
    left, right = drawn().axes
    assert left.lines[0].get_ydata().tolist() == [2.0, 2.0, 3.0]
    assert (
        list(right.lines[1].get_ydata()) == [1.5, 1.5]
        and right.get_xticklabels()[1].get_text() == "b"
    )


def test_the_callers_settings_stay():
    import matplotlib

    before = dict(matplotlib.rcParams)
    plots.image(drawn(), "svg")
    assert dict(matplotlib.rcParams) == before


def test_a_missing_matplotlib_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        plots.figure()


def test_a_reader_s_own_settings_do_not_reach_the_figures():
    matplotlib = pytest.importorskip("matplotlib")
    plain = plots.image(drawn(), "png")
    theirs = {"text.usetex": True, "font.size": 30, "axes.facecolor": "black"}
    with matplotlib.rc_context(theirs):
        assert plots.image(drawn(), "png") == plain
        assert matplotlib.rcParams["text.usetex"] is True
