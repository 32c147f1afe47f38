"""The drawings of chapter 0 have the parts that its words name."""

import re

import numpy as np
import pytest

from trevsnn_lite.course import one_picture


def parts(svg: str, name: str) -> int:
    """How many elements carry `name`, with or without numbers, as their id."""
    return len(set(re.findall(rf'id="({name}(?:-\d+)*)"', svg)))


@pytest.mark.parametrize("steps, stages", [(4, 4), (3, 2)])
def test_each_of_the_eight_words_has_its_parts(steps, stages):
    picture = one_picture.eight_words(steps=steps, stages=stages)
    counted = {word: parts(picture.svg, word) for word in one_picture.WORDS}
    each = steps * stages
    assert counted.pop("sub-network") == 0, "it is the column"
    assert counted == {
        **{"step": 1, "stage": each, "level": each, "layer": 6, "block": 2},
        **{"group": steps, "column": 1},
    }
    links = (steps - 1) * (2 * stages - 1)
    assert f" {links} orange arrows" in picture.alt and f"{stages} stages" in picture.alt


def test_a_photograph_becomes_the_answer_that_is_given():
    picture = one_picture.photograph_to_class(np.eye(4), "a coat", caption="Figure 0.1. X")
    assert parts(picture.svg, "neuron") == 6 and parts(picture.svg, "read-out") == 1
    assert "the class a coat" in picture.alt and picture.caption == "Figure 0.1. X"
    assert "8 and 5 marks" in picture.alt
