"""Tests of the labs' functions, without any widget: what they measure, and what the static page
shows of them."""

import math

import pytest

from trevsnn_lite.course import labs


def test_undoing_without_a_tape_breaks_where_it_must_and_with_it_never():
    fine, broken = labs.gradient_errors(2, 0.9, images=2), labs.gradient_errors(12, 0.1, images=2)
    assert fine["reversible"] < 1e-5 and broken["reversible"] > 0.01
    assert max(fine["taped"], broken["taped"]) < 1e-5


def test_a_shared_budget_holds_the_parameters_and_fixed_widths_do_not():
    shared, wide = labs.shared_out(4, images=1), labs.shared_out(4, "width", images=1)
    assert shared["parameters"] == pytest.approx(1.0, abs=0.02)
    assert shared["neurons"] == pytest.approx(math.sqrt(4), rel=0.15)
    assert (
        shared["all products"] > 1.2
    )  # the weights that the steps share count once, and run T times
    assert 3.0 < wide["parameters"] < 4.0 and wide["neurons"] == 4.0
    with pytest.raises(ValueError, match="held is 'time', expected 'budget' or 'width'"):
        labs.shared_out(4, "time")


def test_training_learns_the_same_with_a_tape_as_without_and_takes_less_memory():
    plain, taped = labs.train("store", T=4, batches=6), labs.train("taped", T=4, batches=6)
    assert len(taped.losses) == 6 and taped.losses == pytest.approx(plain.losses, rel=1e-3)
    assert taped.losses[-1] < taped.losses[0] and taped.kilobytes < 0.5 * plain.kilobytes


def test_a_lab_is_one_still_picture_with_its_numbers_where_nobody_can_move_a_slider(
    monkeypatch, capsys
):
    from matplotlib import use

    use("agg")
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    labs.open_lab(
        lambda T=3, held="budget": labs.budget_lab(T, held),
        is_live=False,
        T=[3, 2],
        held=["budget", "width"],
    )
    assert len(shown) == 1 and shown[0].alt.startswith(
        "T = 3 over T = 1, budget held fixed: parameters 0.99, all products"
    )
    assert capsys.readouterr().out.startswith("Sliders need a kernel")


def test_a_live_lab_draws_what_is_chosen_and_no_still_picture(monkeypatch):
    import ipywidgets

    made, shown = [], []
    kept = ipywidgets.SelectionSlider
    monkeypatch.setattr(
        ipywidgets, "SelectionSlider", lambda **settings: made.append(kept(**settings)) or made[-1]
    )
    monkeypatch.setattr(
        "IPython.display.display",
        lambda *things, **_: shown.extend(thing for thing in things if isinstance(thing, str)),
    )
    labs.open_lab(lambda T=9: f"T = {T}", is_live=True, T=[1, 2, 4])
    made[0].value = 4
    assert shown == ["T = 1", "T = 4"]


def test_choices_that_leave_none_are_refused():
    with pytest.raises(ValueError, match="T is .*, expected a list of at least two values"):
        labs.open_lab(lambda T=1: None, is_live=True, T=[1])
