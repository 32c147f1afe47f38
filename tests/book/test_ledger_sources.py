"""The ledger's rows of the paper were read in the paper, and say where in it they stand."""

import re

import pytest

from trevsnn_lite.course import ledger

OF_THE_PAPER = {
    "claims",
    "equations",
    "figures",
    "table-1",
    "table-2",
    "table-2-others",
    "table-4",
    "ablations",
    "table-6",
    "table-7",
    "contradictions",
}
READ = {"verified", "computed by us", "from the authors' log", "not printed"}
PLACE = r"title|abstract|caption|Eq\. \(\d+\)|(?:Fig\.|Table|[Ss]ection) \d|appendix [ABC]"
ROWS = ledger.load()["rows"]


def faults(rows: list[dict]) -> list[str]:
    """The rows of the paper that were not read there or do not say where they stand."""
    return [
        row["id"]
        for row in rows
        if (row["group"] in OF_THE_PAPER and row["confidence"] not in READ)
        or ("2405.16466v1" in row["source"] and not re.search(PLACE, row["where"]))
    ]


def test_rows_of_the_paper_were_read_in_it_and_say_where():
    assert faults(ROWS) == []


@pytest.mark.parametrize("change", [{"confidence": "reported elsewhere"}, {"where": "the paper"}])
def test_a_row_that_was_not_read_there_is_found(change):
    row = next(row for row in ROWS if row["id"] == "t2-memory-512")
    assert faults([{**row, **change}]) == ["t2-memory-512"]


def test_the_headline_factors_are_those_of_table_2():
    value = {row["id"]: row["value"] for row in ROWS}
    sdt, ours = float(value["t2-sdt-memory"]), float(value["t2-memory-512"])
    assert f"{sdt / ours:.2f}" == value["table-memory-ratio"]
    assert value["against-factor"] == f"{value['headline-memory']}; {value['table-memory-ratio']}"
    minutes = float(value["t2-minutes"].split(", ")[1])
    assert abs(float(value["t2-sdt-minutes"]) / minutes - float(value["headline-time"])) < 0.07
