"""The preset table: exact counts, and an account of the difference from the paper that adds up."""

import pytest

from trevsnn_lite import TRevSNN, preset, presets_table
from trevsnn_lite.presets import parameter_count

COUNTS = {
    "fashion-mini": 480_151,
    "fashion": 832_695,
    "paper-384": 22_873_028,
    "paper-512": 44_160_964,
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_table_holds_each_preset_s_parameter_count(name):
    assert parameter_count(name) == COUNTS[name]
    assert f"{COUNTS[name]:,}" in presets_table([name])


def test_a_preset_that_fits_here_has_as_many_parameters_as_the_table_says():
    assert (
        sum(p.numel() for p in TRevSNN(preset("fashion-mini")).parameters())
        == COUNTS["fashion-mini"]
    )


@pytest.mark.parametrize(
    ("name", "paper", "widths"),
    [
        ("paper-384", 15_216_912, (64, 128, 256, 384)),
        ("paper-512", 29_787_312, (96, 192, 384, 512)),
    ],
)
def test_the_difference_from_the_paper_is_accounted_for(name, paper, widths):
    c0, c1, c2, c3 = widths
    shared = 3 * sum(
        4 * c * c + 28 * c for c in widths
    )  # per level 957,184 or 1,855,872 in all: one pointwise and one depthwise convolution
    down = 4 * 8 * c2 * c3
    ups = 4 * (c0 * (c1 + c2 + c3) + c1 * (c2 + c3) + c2 * c3) - 3 * (c0 * c1 + c1 * c2 + c2 * c3)
    read_outs = 3 * 1000 * (c3 + 1)
    assert abs(parameter_count(name) - paper - (shared + down + ups + read_outs)) < 100_000
    for part, label in (
        (shared, "sharing"),
        (down, "3x3"),
        (ups, "feedback"),
        (read_outs, "read-outs"),
    ):
        assert f"+{part / 1e6:.2f}M" in presets_table([name]), label


def test_an_unknown_preset_gets_one_sentence():
    with pytest.raises(ValueError, match="preset is 'paper', expected one of"):
        presets_table(["paper"])
