"""Tables 1, 2, 3, 6 and the released network as experiments: exponents by hand, matched sizes,
counts, and verdicts that turn with the numbers."""

import copy
import math
from pathlib import Path

import pytest

from tests.experiments.conftest import current
from trevsnn_lite.experiments import released, table_1, table_2, table_3, table_6
from trevsnn_lite.experiments.contenders import parameters
from trevsnn_lite.experiments.quoted import TABLE_2, TABLE_3
from trevsnn_lite.experiments.record import Bench
from trevsnn_lite.experiments.released_meters import full_size


def recorded(id: str) -> list[dict]:
    return copy.deepcopy(current(id).arms)


def test_an_exponent_is_the_slope_between_logarithms():
    sizes = [2, 4, 8, 16]
    for power in (0, 1, 2):
        assert math.isclose(
            table_1.exponent(sizes, [3.0 * size**power for size in sizes]), power, abs_tol=1e-12
        )
    with_constant = [10.0 + size for size in sizes]
    assert (
        0.1
        < table_1.exponent(sizes, with_constant)
        < table_1.last({"sizes": sizes, "peak": with_constant}, "peak")
        < 1.0
    )


def test_every_method_and_axis_of_the_papers_table_has_an_arm():
    assert {
        (arm["method"], arm["over"])
        for arm in table_1.arms(table_1.SETTINGS["cpu"], 0)
        if "predicts" not in arm
    } == table_1.PAPER.keys()
    assert set(table_1.METHODS) == {"STBP", "OTTT", "SLTT-K", "S-RevSNN", "T-RevSNN"}
    rows = {"T-RevSNN turn-off", table_1.TURNED_ON, *table_1.METHODS} - {"T-RevSNN"}
    assert table_1.PRINTED.keys() == rows
    assert table_1.PRINTED[table_1.TURNED_ON] == ("O(L)", "O(T)", "O(1)")


@pytest.mark.slow
def test_the_turned_on_neurons_alone_are_timed_and_their_row_is_of_the_table(smoke):
    rows = smoke("table-1").result.table
    (row,) = [row for row in rows if row[2] == table_1.TURNED_ON]
    assert row[0].startswith("time of a step") and row[7] == "1" and "T^2" in row[8]
    whole = [row for row in rows if row[2] == "T-RevSNN" and row[0].startswith("time of a step")]
    assert {row[1]: row[7] for row in whole} == {"L": "1", "T": "0 off, 1 on"}


def test_an_exponent_between_the_papers_two_rows_is_no_exception():
    arm = {"method": "T-RevSNN", "over": "T", "sizes": [2, 4]}
    for seconds, off in (([1.0, 2.0], 0), ([1.0, 1.0], 0), ([1.0, 4.0], 1), ([4.0, 1.0], 1)):
        found = table_1.exceptions([{**arm, "step_seconds": seconds}], "step_seconds")
        assert found[0] == 1 and len(found[1]) == off, seconds


def test_the_papers_rows_are_all_there_and_in_the_columns_of_ours(smoke):
    assert len(TABLE_2) == 16 and len(TABLE_3) == 16
    ours = TABLE_2[-1]
    sdt = next(row for row in TABLE_2 if row.name == "Spike-driven Transformer, 8-512")
    ratios = sdt.megabytes / ours.megabytes, sdt.minutes / ours.minutes
    assert [f"{ratio:.2f}" for ratio in ratios] == ["8.52", "2.07"]
    assert f"{sdt.millijoules / ours.millijoules:.2f} {sdt.top_1 - ours.top_1:.1f}" == "1.61 1.4"
    rows = smoke("table-2").result.table
    quoted = {row[0]: row for row in rows if "the paper" in row[0]}
    assert len(quoted) == 16
    row = quoted["SLTT, ResNet-34 (the paper, ImageNet, T = 6)"]
    assert row[1:5] == ["21.8M", "66.2", "71.7 MB", "0.84"] and row[-1] == "6,000*"
    assert "S-RevSNN, Rev-ResNet-37 (the paper, ImageNet, T = 4)" in quoted
    rows = [row for row in smoke("table-3").result.table if "the paper" in row[0]]
    assert len(rows) == 15 + 14  # She et al. have no CIFAR10-DVS, Dspike and DSR no Gesture
    reached = [row[7] for row in rows if row[4] == "T-RevSNN" and row[2] == "16"]
    assert reached == ["79.2", "97.9"]
    said = " ".join(says for says, _ in table_3.EXPERIMENT.paper)
    assert "TET reaches 83.17%" in said and "TEBN reaches 84.9%" in said
    assert not [row for row in rows if row[4] in ("TET", "TEBN")]


def test_of_the_same_size_means_the_same_parameters():
    settings = table_1.SETTINGS["cpu"]
    counts = [
        parameters(table_1.contender(settings, table_1.BUDGET, {"L": 2, "T": T, "K": 1}))
        for T in settings["T"]
    ]
    widths = [
        table_1.contender(settings, table_1.BUDGET, {"L": 2, "T": T, "K": 1})["widths"][0]
        for T in settings["T"]
    ]
    assert (
        max(counts) < 1.1 * min(counts)
        and widths == sorted(widths, reverse=True)
        and widths[0] > 3 * widths[-1]
    )


def test_measured_memory_grows_as_table_1_says():
    """The table in the small: two sizes an axis, on the meters themselves."""
    settings = {
        **table_1.SETTINGS["smoke"],
        "L": (2, 6),
        "T": (2, 6),
        "width": 8,
        "image_size": 8,
        "at": {"L": 2, "T": 2, "K": 1},
    }
    bench, slope = Bench(settings, "cpu", Path()), {}
    for method, axis in (
        ("STBP", "T"),
        ("SLTT-K", "T"),
        ("S-RevSNN", "L"),
        ("S-RevSNN", "T"),
        ("T-RevSNN", "T"),
    ):
        found = table_1.measure(bench, {"method": method, "over": axis, "seed": 0})
        slope[method, axis] = table_1.last(found, "peak")
    assert slope["STBP", "T"] > 0.5 and slope["S-RevSNN", "T"] > 0.7
    assert (
        abs(slope["SLTT-K", "T"]) < 0.15
        and abs(slope["S-RevSNN", "L"]) < 0.1
        and abs(slope["T-RevSNN", "T"]) < 0.25
    )


def test_table_1s_verdict_turns_with_the_numbers():
    arms = recorded("table-1")
    before = table_1.verdict(arms)
    stbp = next(
        arm for arm in arms if (arm["method"], arm["over"]) == ("STBP", "T") and "peak" in arm
    )
    assert "STBP over T" not in before.split(";")[0]
    stbp["peak"] = [stbp["peak"][0]] * len(stbp["peak"])
    assert "STBP over T 0.00, paper 1" in table_1.verdict(arms)


@pytest.mark.parametrize("scale", ["cpu", "gpu"])
def test_contenders_have_as_many_parameters(scale):
    for settings, reference in (
        (table_2.SETTINGS, "MS-ResNet, STBP"),
        (table_6.SETTINGS, table_6.PLAIN),
    ):
        contenders = settings[scale]["contenders"]
        for name, contender in contenders.items():
            assert abs(parameters(contender) / parameters(contenders[reference]) - 1) < 0.05, name


@pytest.mark.parametrize("quantity, word", [("bytes", "memory"), ("step_seconds", "time")])
def test_table_2s_ratios_are_of_the_numbers(quantity, word):
    arms = recorded("table-2")
    for measured, ours, other in (
        ("cost", table_2.OURS, "MS-ResNet, STBP"),
        ("full size", table_2.FULL, "SDT 8-512"),
    ):
        costs = next(arm["costs"] for arm in arms if arm.get("measured") == measured)
        costs[other][quantity] = 7.5 * costs[ours][quantity]
    said = table_2.verdict(arms)
    assert said.count(f"7.5 times the {word}") == 2


def test_full_size_counts_are_those_of_the_zoo_and_the_authors():
    counts = {
        name: cost["parameters"]
        for name, cost in next(
            arm["costs"] for arm in recorded("table-2") if arm.get("measured") == "full size"
        ).items()
    }
    assert counts[table_2.FULL] == 32_331_312
    assert [round(counts[name] / 1e6, 1) for name in table_2.PEERS] == [29.7, 21.8, 21.8]
    assert full_size("released-tiny") == {"parameters": 17_376_912, "deployed": 15_216_912}
    assert full_size("released-small") == {"parameters": 32_331_312, "deployed": 29_787_312}


def test_table_3_calls_simulated_recordings_simulated_and_says_what_is_missing(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bench = Bench(table_3.SETTINGS["gpu"], "cpu", tmp_path)
    missing = {"data": "cifar10-dvs", "seed": 0}
    missing |= table_3.measure(bench, missing)
    assert "cifar10-dvs" in missing["missing"].lower() or "CIFAR10DVS" in missing["missing"]
    arms = [*recorded("table-3"), missing]
    rows = table_3.table(arms)
    ours = [row for row in rows[1:] if "the paper" not in row[0]]
    assert all(row[0] == "simulated" for row in ours[:-1])
    assert ours[-1][:2] == ["CIFAR10-DVS", "not on this machine"]
    assert "simulated recordings" in table_3.verdict(
        arms
    ) and "CIFAR10-DVS is not on this machine" in table_3.verdict(arms)


@pytest.mark.parametrize(
    "table, id, ours",
    [
        (table_3, "table-3", table_3.OURS),
        (table_6, "table-6", table_6.TEMPORAL),
        (table_2, "table-2", table_2.OURS),
    ],
)
def test_verdicts_on_accuracy_turn_with_the_accuracies(table, id, ours):
    arms = recorded(id)
    for arm in arms:
        value = arm["found"][ours] if "found" in arm else arm if arm.get("network") == ours else {}
        if "test_accuracy" in value:
            value["test_accuracy"] += 0.9
    said = table.verdict(arms)
    assert ": distinguishable here" in said and "not distinguishable" not in said


def test_the_released_verdict_turns_with_the_errors_and_the_memory():
    arms = recorded("released")
    for arm in arms:
        if arm.get("measured") == "gradients" and arm["network"] == "released":
            arm["errors"]["reversible"][-1][0] = 123.0
        if arm.get("measured") == "memory" and arm["network"] == "released":
            first, *_, last = arm["memory"]["taped"]
            last[0] = first[0] + 1000.0 * 77.0 * (arm["T"][-1] - arm["T"][0])
    said = released.verdict(arms)
    assert f"1e+02 at T = {released.steps_of(arms)[-1]}" in said and "77.00 under taped" in said
