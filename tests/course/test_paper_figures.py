"""The paper's Figs. 1 and 5 show what the configuration and the methods do, counted by ids."""

import re

import pytest

from trevsnn_lite.course import paper_figures
from trevsnn_lite.course.demos import unrolled_graph


def count(picture, kind: str) -> int:
    return len(set(re.findall(rf'id="({kind}-[^"]*)"', picture.svg)))


@pytest.mark.parametrize("steps, stages", [(3, 2), (4, 3)])
def test_fig_1_links_all_neurons_or_the_ends_of_stages(steps, stages):
    picture = paper_figures.with_and_without(steps=steps, stages=stages)
    layers = 2 * stages
    assert count(picture, "on-vanilla") == layers * steps and count(picture, "off-vanilla") == 0
    assert count(picture, "on-T-RevSNN") == count(picture, "off-T-RevSNN") == stages * steps
    assert count(picture, "link-vanilla") == layers * (steps - 1)
    own_and_below = stages + stages - 1
    assert count(picture, "link-T-RevSNN") == own_and_below * (steps - 1)
    assert f"all {layers * steps} neurons" in picture.alt and f"{steps} groups" in picture.alt


@pytest.mark.parametrize("layers, steps, k", [(3, 3, 1), (2, 4, 2)])
def test_fig_5_is_the_unrolled_graph_of_each_method(layers, steps, k):
    picture = paper_figures.ways_back(layers=layers, steps=steps, k=k)
    up, right = (layers - 1) * steps, layers * (steps - 1)
    back = {
        **{"stbp": up + right, "srev": up + right, "ottt": up, "sltt": up},
        **{"sltt-k": (layers - 1) * k, "trev": up + steps - 1},
    }
    kept = {"stbp": layers * steps, "srev": steps, "trev": 1, "ottt": 0, "sltt": 0, "sltt-k": 0}
    assert set(back) == set(paper_figures.METHODS) == set(unrolled_graph.METHODS)
    for method, name in paper_figures.METHODS.items():
        assert len(set(re.findall(rf'id="back-{method}-\d[^"]*"', picture.svg))) == back[method]
        assert len(set(re.findall(rf'id="keep-{method}-\d[^"]*"', picture.svg))) == kept[method]
        assert f"{name} keeps {kept[method]} of {layers * steps}, {back[method]} arrows" in (
            picture.alt
        )
