"""The map from the paper to the code: every place exists, and says which equation or figure it is."""

import importlib
import inspect

import pytest

from trevsnn_lite.paper_map import PAPER_MAP

GRADIENTS = {
    "Eq. (3)",
    "Eq. (4)",
    "Eq. (5)",
    "Eq. (7)",
    "Eq. (8)",
}  # consequences of the forward pass, named by the module's first line at most


@pytest.mark.parametrize("number", PAPER_MAP)
def test_the_place_exists_and_names_the_number(number):
    module, name = PAPER_MAP[number].code.split(":")
    module = importlib.import_module(f"trevsnn_lite.{module}")
    text = inspect.getdoc(getattr(module, name)) + inspect.getdoc(module)
    assert number in GRADIENTS or number in text


def test_all_eleven_equations_are_there():
    assert [f"Eq. ({n})" in PAPER_MAP for n in range(1, 12)] == [True] * 11
