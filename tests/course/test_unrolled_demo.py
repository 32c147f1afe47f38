"""The demo of chapter 05 against the library: its paths are what autograd counts through each
gradient rule (Table 1, Fig. 5)."""

import itertools

import pytest
import torch
from torch import nn

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


def drawn(method: str, layers: int, steps: int, k: int) -> tuple[int, int]:
    """How many cells are drawn as held, and as rebuilt at once."""
    cells = [(layer, step) for layer in range(1, layers + 1) for step in range(1, steps + 1)]
    states = [unrolled_graph.state(method, *cell, layers, steps, k) for cell in cells]
    return states.count("keep"), states.count("hand")


def test_what_is_kept_is_drawn_so():
    kept = {method: drawn(method, 3, 4, 2) for method in unrolled_graph.METHODS}
    assert kept == {
        "stbp": (12, 0),
        "ottt": (3, 0),
        "sltt": (3, 0),
        "sltt-k": (3, 0),
        "srev": (4, 4),
        "trev": (1, 3),
    }


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
def test_the_bar_of_what_is_held_is_what_the_graph_shows_filled(method):
    for layers, steps, k in itertools.product(range(1, 7), range(1, 9), (1, 2, 3)):
        traces = layers if method == "ottt" else 0
        held = unrolled_graph.counts(method, layers, steps, min(k, steps))["held"]
        assert sum(drawn(method, layers, steps, min(k, steps))) + traces == held, (layers, steps)


def test_the_sentence_gives_the_chapters_numbers():
    assert (
        "Of the 35 paths from the loss to the first layer's weights this method's "
        "gradient follows 4." in demos.UnrolledGraph(method="sltt").result["sentence"]
    )
