"""The demo of chapter 05 against the library: its paths are what autograd counts through each
gradient rule (Table 1, Fig. 5)."""

import itertools

import pytest
import torch
from torch import nn

from tests.course.demo_pages import settings
from trevsnn_lite.baselines.gradient_rules import RULES
from trevsnn_lite.course import demos
from trevsnn_lite.course.demos import unrolled_graph


class Adders(nn.Module):
    """Layers of one weight, 1, and neurons that add up what they get; where a layer is turned off
    it only passes on."""

    def __init__(self, layers: int, turned_on: range):
        super().__init__()
        self.layers, self.turned_on = (
            nn.ModuleList(nn.Linear(1, 1, bias=False, dtype=torch.float64) for _ in range(layers)),
            turned_on,
        )
        for layer in self.layers:
            nn.init.ones_(layer.weight)

    def step(self, x, sums):
        new = []
        for index, layer in enumerate(self.layers):
            x = layer(x) + (sums[index] if sums is not None and index in self.turned_on else 0.0)
            new.append(x)
        return x, tuple(new)


def counted(method: str, layers: int, steps: int, k: int) -> int:
    net = Adders(layers, range(layers - 1, layers) if method == "trev" else range(layers))
    rule = {"srev": "stbp", "trev": "stbp"}.get(method, method)
    options = (
        {"decay": 1 - 1e-12, "traced": ["layers.0"]}
        if method == "ottt"
        else {"k": k, "generator": torch.Generator().manual_seed(0)}
        if method == "sltt-k"
        else {}
    )
    RULES[rule](
        net,
        torch.ones(steps, 1, 1, dtype=torch.float64),
        None,
        loss=lambda y, _: steps * y.sum(),
        **options,
    )
    return round(net.layers[0].weight.grad.item())


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
@pytest.mark.parametrize(("layers", "steps", "k"), [(1, 4, 1), (2, 2, 2), (3, 4, 2), (4, 8, 3)])
def test_paths_are_those_that_autograd_counts(method, layers, steps, k):
    assert unrolled_graph.counts(method, layers, steps, k)["paths"] == counted(
        method, layers, steps, k
    )


@pytest.mark.parametrize("steps", range(1, 9))
def test_as_many_steps_are_drawn_as_asked_for(steps):
    assert [len(unrolled_graph.drawn_steps(steps, k)) for k in range(1, steps + 1)] == list(
        range(1, steps + 1)
    )


EVERY = list(itertools.product(range(1, 7), range(1, 9), (1, 2, 3)))


def cells(layers: int, steps: int) -> list[tuple[int, int]]:
    return list(itertools.product(range(1, layers + 1), range(1, steps + 1)))


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
def test_what_the_method_holds_at_most_is_what_its_film_shows_at_the_worst_moment(method):
    for layers, steps, k in EVERY:
        case = (layers, steps, min(k, steps))
        film = [
            sum(unrolled_graph.held(method, *cell, *case, moment) for cell in cells(layers, steps))
            for moment in range(layers * steps + 1)
        ]
        traces = layers if method == "ottt" else 0
        assert max(film) + traces == unrolled_graph.counts(method, *case)["held"], case


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
def test_the_error_is_once_at_each_cell_and_comes_only_from_where_it_was(method):
    for layers, steps, k in EVERY:
        case = (layers, steps, min(k, steps))
        at = {cell: unrolled_graph.turn(method, *cell, *case) for cell in cells(layers, steps)}
        assert sorted(at.values()) == list(range(1, layers * steps + 1))
        for (layer, step), now in at.items():
            if layer < layers and unrolled_graph.arrow(method, False, layer, step, *case) == "both":
                assert at[layer + 1, step] < now
            if step < steps and unrolled_graph.arrow(method, True, layer, step, *case) == "both":
                assert at[layer, step + 1] < now
            if unrolled_graph.learns(method, step, steps, case[-1]):
                assert unrolled_graph.held(method, layer, step, *case, now), "an error needs it"


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
@pytest.mark.parametrize("moment", [0, 1, 5, 12])
def test_what_is_drawn_as_held_is_what_the_heading_counts(method, moment):
    found = demos.UnrolledGraph(method=method, moment=moment).result
    shapes = [m[4] for m in found["marks"] if m[0] == "circle" and m[3] == 7]
    drawn = shapes.count("f-blue s-blue") + shapes.count("f-orange s-orange")
    assert len(shapes) == 12 and drawn == found["numbers"]["now"]
    heading = next(m[3] for m in found["marks"] if m[0] == "text" and m[3].startswith("in memory"))
    traces = 3 if method == "ottt" else 0
    assert heading.startswith(f"in memory now: {drawn} ") and ("3 traces" in heading) == bool(
        traces
    )
    assert ("3 traces" in found["verdict"]) == (method == "ottt" and 0 < moment < 12)
    (bar,) = (m[3] for m in found["marks"] if m[0] == "rect" and m[-1] == "f-blue")
    assert bar == pytest.approx(120 * (drawn + traces) / 24)  # of 3 layers at T = 8


@pytest.mark.parametrize("params", settings(demos.UnrolledGraph, 60), ids=str)
def test_every_shape_of_a_cell_is_in_the_legend(params):
    marks = demos.UnrolledGraph(**params).result["marks"]
    drawn, named = ({m[4] for m in marks if m[0] == "circle" and m[3] == r} for r in (7, 6))
    forwards = {"f-rule s-rule", "f-soft s-rule"}  # SLTT-K's: the verdict says what they are
    assert drawn - named <= (forwards if params.get("method") == "sltt-k" else set())


def test_with_one_step_t_revsnn_is_not_said_to_gain():
    for moment in (0, 3):
        found = demos.UnrolledGraph(method="trev", steps=1, moment=moment).result
        assert found["verdict"].startswith("One step: nothing to gain.")
        assert found["numbers"]["trev"]["held"] == found["numbers"]["stbp"]["held"]


def test_what_becomes_of_a_cell():
    fates = {
        method: [unrolled_graph.fate(method, *cell, 3, 4, 2) for cell in cells(3, 4)]
        for method in unrolled_graph.METHODS
    }
    assert {method: fates[method].count("keep") for method in fates} == {
        **{"stbp": 12, "ottt": 0, "sltt": 0, "sltt-k": 0, "srev": 4, "trev": 1}
    }
    assert fates["sltt-k"].count("brief") == 6 == fates["sltt-k"].count("forward")
    assert set(fates["ottt"]) == set(fates["sltt"]) == {"brief"}


def test_the_sentence_gives_the_chapters_numbers():
    assert (
        "Of the 35 paths from the loss to the first layer's weights this method's "
        "gradient follows 4." in demos.UnrolledGraph(method="sltt").result["sentence"]
    )
