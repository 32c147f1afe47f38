"""The preset table: exact counts, the paper's printed ones, and an account that adds up."""

import pytest
import torch

from trevsnn_lite import TRevSNN, preset, presets_table
from trevsnn_lite.config import PRESETS
from trevsnn_lite.presets import AT_INFERENCE, MERGED, account, build, parameter_count

COUNTS = {
    "fashion-mini": 227_944,
    "fashion": 391_984,
    "events-mini": 230_344,
    "events": 395_184,
    "paper-384": 15_208_320,
    "paper-512": 29_775_424,
}
PRINTED = {"paper-384": 15.2e6, "paper-512": 29.8e6}  # the paper's Table 1


@pytest.mark.parametrize("name", COUNTS)
def test_the_table_holds_each_preset_s_parameter_count(name):
    assert parameter_count(name) == COUNTS[name]
    assert f"{COUNTS[name]:,}" in presets_table([name])


def test_a_preset_that_fits_here_has_as_many_parameters_as_the_table_says():
    assert (
        sum(p.numel() for p in TRevSNN(preset("fashion-mini")).parameters())
        == COUNTS["fashion-mini"]
    )


@pytest.mark.parametrize("name", PRINTED)
def test_the_paper_s_networks_have_the_paper_s_parameters_to_the_digit_that_it_prints(name):
    assert round(parameter_count(name) / 1e6, 1) == PRINTED[name] / 1e6


def test_the_account_adds_up():
    for name in PRESETS:
        config = preset(name)
        counts = account(config)
        with torch.device("meta"):
            trained = sum(p.numel() for p in build(config).parameters())
        assert sum(counts.values()) - counts[MERGED] == trained == parameter_count(name)
    assert account(preset("released-tiny"))[AT_INFERENCE] / 1e6 == pytest.approx(15.2, abs=0.05)


def test_an_unknown_preset_gets_one_sentence():
    with pytest.raises(ValueError, match="preset is 'paper', expected one of"):
        presets_table(["paper"])
