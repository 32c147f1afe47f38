"""The page book/benchmarks.md: its two tables are those of the recorded benchmarks."""

import json

import pytest

from tests.book.building import ROOT

METHODS = ("store", "checkpoint", "recompute", "reversible", "taped")


@pytest.mark.parametrize("name, size", [("bench", "base"), ("bench-h100", "tiny")])
def test_the_tables_are_the_records(name, size):
    record = json.loads((ROOT / f"data/runs/{name}.json").read_text("utf8"))
    found = {
        (row["T"], row["method"]): row
        for row in record["training"]
        if (row["network"], row["size"]) == ("released", size)
    }
    page = (ROOT / "book/benchmarks.md").read_text("utf8")
    for T in (4, 16, 32):
        cells = (
            f"{found[T, method]['peak_bytes_per_image'] / 2**20:.3g}, "
            f"{found[T, method]['seconds_over_store']:.2f}"
            for method in METHODS
        )
        assert f"| {T} | {' | '.join(cells)} |" in page
