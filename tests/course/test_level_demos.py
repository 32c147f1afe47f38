"""The demos of chapters 08 and 09, against the library: networks at one budget, and Eqs. (10) and
(11) with the growth of an error."""

import re

import pytest
import torch
from torch import nn

from tests.course.demo_pages import page_with, settings
from trevsnn_lite.config import TRevSNNConfig
from trevsnn_lite.course import demos
from trevsnn_lite.course.demos import held_fixed, multi_level
from trevsnn_lite.meters.energy import energy
from trevsnn_lite.meters.inference import at_fixed_budget, parameters
from trevsnn_lite.neurons import multilevel_charge, multilevel_undo
from trevsnn_lite.shapes import level_shapes


def test_squares_of_one_budget_have_one_area_and_their_sides_add_up_to_the_neurons():
    for steps in (1, 4, 16):
        side = held_fixed.width("budget", steps)
        assert (
            steps * side**2 == pytest.approx(48**2)
            and steps * side == 48 * held_fixed.factors("budget", steps)["neurons"]
        )


def test_a_real_network_grows_as_the_demo_says():
    own = {"in_channels": 1, "image_size": 28, "sharing": "none"}  # as the demo's squares
    one = TRevSNNConfig(time_steps=1, widths=(96, 192, 384), **own)
    (sixteen,) = at_fixed_budget(one, [16])
    neurons = [
        config.time_steps * sum(c * h * w for c, h, w in level_shapes(config))
        for config in (one, sixteen)
    ]
    assert neurons[1] / neurons[0] == pytest.approx(
        held_fixed.factors("budget", 16)["neurons"], rel=0.1
    )
    wide = TRevSNNConfig(time_steps=16, widths=(96, 192, 384), **own)
    assert parameters(wide) / parameters(one) == pytest.approx(
        held_fixed.factors("width", 16)["weights"], rel=0.03
    )  # a single sub-network has no paths from above


@pytest.mark.parametrize("held", ["budget", "width", "channels", "repeat"])
@pytest.mark.parametrize("steps", [1, 2, 4, 8, 16])
def test_real_layers_cost_as_the_demo_says(held, steps):
    """T linear layers (1x1 convolutions at one position) of five times the demo's width, counted by
    the library's meter."""

    def counts(held, steps):
        width, layers = round(5 * held_fixed.width(held, steps)), 1 if held == "repeat" else steps
        nets = [nn.Linear(width, width, bias=False) for _ in range(layers)]
        runs = [energy(net, torch.rand(1, width)).macs for net in nets] * (
            steps if held == "repeat" else 1
        )
        return {
            "weights": sum(net.weight.numel() for net in nets),
            "products": sum(runs),
            "neurons": width * len(runs),
            "encoder": width * len(runs),
        }

    one, found = counts(held, 1), counts(held, steps)
    assert {row: found[row] / one[row] for row in one} == pytest.approx(
        held_fixed.factors(held, steps), rel=0.01
    )


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
@pytest.mark.parametrize("decay", [0.1, 0.25, 0.5, 0.7, 0.85])
def test_the_drawn_levels_are_the_librarys(levels, decay):
    old, currents = (
        [torch.tensor(x, dtype=torch.float64) for x in values[:levels]]
        for values in (multi_level.POTENTIALS, multi_level.CURRENTS)
    )
    new = multilevel_charge(old, currents, [decay] * levels)
    assert multi_level.charged(levels, decay, "all-levels") == pytest.approx(
        [v.item() for v in new]
    )
    assert [v.item() for v in multilevel_undo(new, currents, [decay] * levels)] == pytest.approx(
        [v.item() for v in old]
    )


@pytest.mark.parametrize("feedback", ["all-levels", "next-level", "none"])
@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_the_growth_is_that_of_the_inverse_matrix(feedback, levels):
    coupling = torch.zeros(levels, levels, dtype=torch.float64)
    for level in range(1, levels + 1):
        for i in multi_level.sources(level, levels, feedback):
            coupling[level - 1, i - 1] = 0.4
    undo = torch.linalg.inv(coupling)
    for n in (1, 2, 5, 12):
        errors = torch.linalg.matrix_power(undo, n).abs().sum(1)
        assert multi_level.growth(levels, 0.4, feedback, n) == pytest.approx(errors.max().item())
        for level in range(1, levels + 1):
            shown = demos.MultiLevel(
                level=level, levels=levels, feedback=feedback, decay=0.4, steps=n
            ).result["numbers"]
            assert shown["worst"] == pytest.approx(errors[level - 1].item())


def test_the_highest_level_loses_no_more_than_one_alone():
    found = {level: demos.MultiLevel(level=level).result["numbers"]["worst"] for level in (1, 2, 3)}
    assert found == {1: 9472, 2: 2304, 3: 256}


def test_the_sentences_give_the_chapters_numbers():
    assert (
        "level 2 of 3 was (0.800 − 0.10 − 0.50·0.80) / 0.50 = 0.60"
        in demos.MultiLevel(level=2).result["sentence"]
    )
    assert "4 sub-networks of 24.0 channels" in demos.HeldFixed(steps=4).result["sentence"]


@pytest.mark.parametrize("params", settings(demos.MultiLevel, 60), ids=str)
def test_the_verdict_undoes_a_level_with_numbers_that_come_out(params):
    found = demos.MultiLevel(**params).result
    said = re.fullmatch(r"Level \d (was|becomes) (.+?) = ([\d.]+)[.,:].*", found["verdict"])
    terms = re.sub(r"[−·]", lambda sign: {"−": "-", "·": "*"}[sign[0]], said[2])
    assert re.fullmatch(r"[-+*/(). \d]+", terms)
    level = min(params["level"], params["levels"])
    truth = (multi_level.POTENTIALS if said[1] == "was" else found["numbers"]["new"])[level - 1]
    assert eval(terms) == pytest.approx(truth) and float(said[3]) == pytest.approx(truth)


def test_forwards_no_error_is_said_or_drawn():
    found = demos.MultiLevel(direction="forward", level=2).result
    assert "rounding error" not in found["sentence"] and len(found["grips"]) == 1
    assert not [m for m in found["marks"] if m[0] == "circle" and m[2] > 240]


def test_no_decade_runs_through_the_legend():
    marks = demos.MultiLevel(decay=0.1, steps=24, levels=4, level=1).result["marks"]
    legend = next(i for i, m in enumerate(marks) if m[0] == "rect" and m[-1] == "f-paper")
    lines = [i for i, m in enumerate(marks) if m[0] == "line" and m[-1] == "s-grid"]
    assert lines and max(lines) < legend and len(lines) == 2


def test_play_undoes_from_the_top_down_and_charges_from_below(browser, tmp_path):
    page, faults = page_with(browser, tmp_path, demos.MultiLevel()._repr_html_())
    box = page.get_by_role("spinbutton", name="Level asked for")
    seen = {}
    for way in ("back", "forward"):
        page.evaluate("way => document.querySelector('.tdemo').demo.set('direction', way)", way)
        for _ in range(3):
            page.get_by_role("button", name="One step back: Level asked for").click()
        seen[way] = [box.input_value()]
        for _ in range(2):
            page.get_by_role("button", name="One step on: Level asked for").click()
            seen[way].append(box.input_value())
    assert seen == {"back": ["3", "2", "1"], "forward": ["1", "2", "3"]} and not faults
    page.close()


@pytest.mark.parametrize("held", held_fixed.WAYS)
@pytest.mark.parametrize("steps", [1, 2, 4, 8, 16])
def test_every_square_can_be_seen_and_every_factor_has_its_number_and_colour(held, steps):
    found = demos.HeldFixed(held=held, steps=steps).result
    sides = [m[3] for m in found["marks"] if m[0] == "rect" and m[3] == m[4]]
    assert len(sides) == 4 * steps and min(sides) >= 3
    assert ("larger than they are" in found["sentence"]) == (held == "channels" and steps >= 8)
    factors = [f for way in held_fixed.WAYS for f in held_fixed.factors(way, steps).values()]
    drawn = [m[3:] for m in found["marks"] if "big" in m[-1]]
    assert len(drawn) == 16
    for (text, style), factor in zip(drawn, factors):
        number = float(text[1:])
        assert (1 / number if text[0] == "÷" else number) == pytest.approx(factor, abs=0.005)
        assert style == ("big f-orange" if factor > 1 else "big f-blue")


def test_the_verdict_says_what_grows():
    said = {held: demos.HeldFixed(held=held).result["verdict"] for held in held_fixed.WAYS}
    for held in held_fixed.WAYS:
        one, most = held_fixed.factors(held, 16), max(held_fixed.factors(held, 16).values())
        assert (f"{most:.0f} times" in said[held]) == (most > 1)
        assert ("price of one" in said[held]) == (one["weights"] == one["products"] == 1)
    assert "1.41 times the neurons" in demos.HeldFixed(steps=2).result["verdict"]


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_the_levels_are_clear_of_the_headings_above_and_below_them(levels):
    marks = demos.MultiLevel(levels=levels, level=1).result["marks"]
    rings = [m[2] for m in marks if m[0] == "circle" and m[3] == 17]
    above, below = (
        max(m[2] for m in marks if m[-1].endswith("bold") and m[2] < y) for y in (20, 240)
    )
    assert min(rings) - 17 >= above + 10 and max(rings) + 17 <= below - 20
