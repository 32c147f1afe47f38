"""course.table: what it writes, and what it refuses."""

import pytest
import torch

from trevsnn_lite import course


def test_numbers_have_few_digits_columns_their_names_and_both_forms_say_the_same():
    shown = course.table(
        "method | error | bits | neurons",
        [["taped", torch.tensor(0.0012345), 2, 28224], ["reversible", 3.2, None, 1.0e9]],
        caption="Table 7.1. Errors of two < three strategies",
    )
    text, page = repr(shown), shown._repr_html_()
    assert text.splitlines()[0] == "Table 7.1. Errors of two < three strategies"
    assert [line.split() for line in text.splitlines()[1:]] == [
        ["method", "error", "bits", "neurons"],
        ["-" * 10, "-" * 7, "-" * 4, "-" * 8],
        ["taped", "0.00123", "2", "28,224"],
        ["reversible", "3.20", "–", "1.00e+09"],
    ]
    assert "<strong>Table 7.1.</strong> Errors of two &lt; three strategies</caption>" in page
    assert 'text-align:left">taped</td>' in page and 'text-align:right">0.00123</td>' in page


@pytest.mark.parametrize(
    "value, text",
    [(0.0, "0"), (True, "yes"), (123.4, "123"), (98765.4, "98,800"), (2.0, "2.00"), ([1, 2], "1, 2"),
     (float("nan"), "nan"), (-0.5, "-0.500")],
)  # fmt: skip
def test_a_number_as_it_is_written(value, text):
    assert course.table("a", [[value]]).rows == [[text]]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"\['taped'\] of 1 entries, expected 2, .*method, error"):
        course.table("method | error", [["taped"]])


@pytest.mark.parametrize("digits", [0, -1, 1.5, True, "3"])
def test_digits_that_round_to_nothing_are_refused(digits):
    with pytest.raises(ValueError, match="digits is .*, expected an integer of at least 1"):
        course.table("error", [[1.5]], digits=digits)
