"""Numbers in prose are bound to an output, a formula, a record or the ledger: `tools.bound`."""

import json

import pytest

from tests.book.building import ROOT
from tools import bound

CHAPTERS = sorted((ROOT / "chapters").glob("[0-9][0-9]_*.ipynb"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_every_number_in_prose_is_bound(chapter):
    missing = bound.unbound(json.loads(chapter.read_text("utf8")))
    assert not missing, f"python -m tools.bound {chapter.stem[:2]}: {missing}"


def notebook(prose: str, output: str = "", code: str = "run()") -> dict:
    outputs = [{"output_type": "stream", "text": output}]
    return {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": f"## 7.1 A section\n\n{prose}"},
            {"cell_type": "code", "metadata": {}, "source": code, "outputs": outputs},
            {"cell_type": "markdown", "metadata": {}, "source": "## 7.2 Another\n\nWords."},
        ]
    }


@pytest.mark.parametrize(
    "prose, output, free",
    [
        ("The error is 0.37.", "error 0.3712", []),
        ("The error is 0.38.", "error 0.3712", ["0.38"]),  # planted: the prose is of another run
        ("It learns 84.2 % of them.", "accuracy 0.8421", []),
        ("It learns 84.3 % of them.", "accuracy 0.8421", ["84.3"]),
        ("It takes 12.5 MB.", "12,496,128 bytes", []),
        ("It has 227,944 parameters, some 230,000 of them.", "227944", []),
        ("By hand, $0.5 \\cdot 0.8 = 0.4$: 0.4 again.", "", []),
        ("As section 7.9 says, Table 2 of 2024 has 3 rows (chapter 13.4).", "", []),
        ("It is 6.1 times.", "", ["6.1"]),
        ("It is 6.1 times <!-- number: 24.4 / 4, both in Table 1 -->.", "", []),
    ],
)
def test_a_wrong_number_is_found_and_a_bound_one_is_not(prose, output, free):
    assert [number for _, number, _ in bound.unbound(notebook(prose, output))] == free


def test_an_output_that_is_not_compared_binds_nothing():
    live = "# NBVAL_IGNORE_OUTPUT\nrun()"
    assert bound.unbound(notebook("It takes 1.31 times as long.", "1.31", live))


def test_a_number_is_bound_by_its_own_section_and_a_recap_by_any():
    book = notebook("Words.", "0.3712")
    book["cells"][2]["source"] = "## 7.2 Another\n\nThe error is 0.37."
    assert bound.unbound(book)
    book["cells"][2]["source"] = "## 7.2 Recap\n\nThe error is 0.37."
    assert not bound.unbound(book)
