"""The benchmark at its quick size: what the record holds, and that its figure and table can be
drawn."""

import json

import pytest
import torch

from trevsnn_lite.experiments.bench import measure, networks, record, settings
from trevsnn_lite.experiments.bench.rows import gradients

WIDTHS = (4, 6, 8, 8)


@pytest.fixture(scope="module")
def tiny():
    return networks.config("released", WIDTHS, 32, 4)


@pytest.mark.parametrize("name", ["released", "paper"])
def test_checkpointing_is_another_way_to_the_same_gradients(name):
    made = networks.own_steps(networks.config(name, WIDTHS, 32, 4), 2, 0)
    expected = gradients(*made["store"]())
    for method in ("checkpoint", "taped"):
        found = gradients(*made[method]())
        assert found.keys() == expected.keys()
        assert (
            max(
                ((found[n] - e).abs().max() / e.abs().max().clamp(min=1e-12)).item()
                for n, e in expected.items()
            )
            <= 1e-4
        )


def test_spikingjelly_s_memory_optimiser_changes_no_gradient(tiny):
    pytest.importorskip("spikingjelly")
    made = networks.spikingjelly_steps(tiny, 2, 0)
    plain, optimised = (
        list(gradients(*made[name]()).values()) for name in ("BPTT", "memopt level 1")
    )
    assert max(grad.abs().max() for grad in plain) > 0
    torch.testing.assert_close(optimised, plain)


def test_slopes_by_hand():
    rows = [
        {"network": "n", "size": "s", "method": "m", "T": t, "peak_bytes_per_image": 100 + 7 * t}
        for t in (2, 4, 8)
    ]
    out_of_memory = rows[0] | {"T": 16, "peak_bytes_per_image": None}
    assert measure.slopes([*rows, out_of_memory]) == measure.slopes(rows)
    assert measure.slopes(rows) == [
        {"network": "n", "size": "s", "method": "m", "bytes_per_image_and_step": 7.0}
    ]
    assert measure.slopes(rows[:1]) == []


@pytest.mark.slow
def test_a_record_is_written_whole_and_can_be_shown(tmp_path, monkeypatch):
    pytest.importorskip("spikingjelly")
    monkeypatch.setitem(settings.SETTINGS["quick"], "networks", ["released"])
    held = record.bench(quick=True, out=tmp_path / "bench.json", note="a test", progress=False)
    assert json.loads((tmp_path / "bench.json").read_text()) == held
    assert (
        held["schema"] == record.SCHEMA
        and held["note"] == "a test"
        and held["command"] == "python -m trevsnn_lite bench --quick --seed 0"
    )
    assert (
        held["machine"]["threads"] == torch.get_num_threads()
        and held["versions"]["torch"] == torch.__version__
    )
    assert {row["method"] for row in held["training"]} == set(networks.METHODS)
    assert {row["method"] for row in held["spikingjelly"]} == {
        *networks.SPIKINGJELLY,
        "ours, store",
        "ours, taped",
    }
    kept = {row["method"]: row["bytes_per_image_and_step"] for row in held["slopes"]}
    assert kept["taped"] < kept["recompute"] < kept["store"]
    assert not held["failed"] and not any(
        "error" in row or "out_of_memory" in row for row in held["training"] + held["spikingjelly"]
    )
    error = {row["method"]: row["gradient_error"] for row in held["exactness"]}
    assert (
        error.keys() == set(networks.METHODS)
        and error["store"] == 0
        and max(error.values()) <= 1e-4
    )
    assert held["arithmetic"]["cudnn_benchmark"] is False
    assert held["gpu"] == [] and [(row["merged"], row["T"]) for row in held["inference"]] == [
        (False, 4),
        (False, 1),
        (True, 4),
        (True, 1),
    ]
    assert (
        all(row["seconds_over_T1"] == 1 for row in held["inference"] if row["T"] == 1)
        and held["inference"][0]["parameters"] < held["inference"][2]["parameters"]
    )
    assert (
        "x store" in record.table(held)
        and (tmp_path / "bench.png").stat().st_size > 1000
        and (tmp_path / "bench.svg").exists()
    )
