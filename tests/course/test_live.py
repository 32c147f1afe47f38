"""course.live: sliders where somebody can move them, one stable line elsewhere."""

import pytest

from trevsnn_lite.course import live


def test_without_a_front_end_the_function_is_not_called_and_one_line_is_printed(
    capsys, monkeypatch
):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    live.sliders(lambda steps: pytest.fail("called"), steps=[4, 8])
    assert capsys.readouterr().out == live.STILL + "\n"


def test_a_live_function_is_called_with_the_first_values_and_with_those_chosen(
    monkeypatch, capsys
):
    import ipywidgets

    monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    sliders, calls = [], []
    made = ipywidgets.SelectionSlider
    monkeypatch.setattr(
        ipywidgets,
        "SelectionSlider",
        lambda **settings: sliders.append(made(**settings)) or sliders[-1],
    )
    live.sliders(lambda layers, steps: calls.append((layers, steps)), layers=[1, 2], steps=[4, 8])
    sliders[1].value = 8
    assert calls == [(1, 4), (1, 8)] and live.STILL not in capsys.readouterr().out


@pytest.mark.parametrize("values", [[3], "ab", ()])
def test_choices_that_leave_none_are_refused(values):
    with pytest.raises(ValueError, match="steps is .*, expected a list of at least two values"):
        live.sliders(print, steps=values)
