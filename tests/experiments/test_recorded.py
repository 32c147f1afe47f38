"""The recorded runs in data/runs: each belongs to the code's configuration, and its table and
verdict follow from its numbers."""

import copy
import json
import random
import re
from pathlib import Path

import pytest

from trevsnn_lite.experiments import EXPERIMENTS, configuration_hash, load_result

RUNS = Path(__file__).resolve().parents[2] / "data/runs"
UNRECORDED: set[str] = (
    set()
)  # experiments whose cpu run is still to be made; the list may only shrink
RECORDED = [id for id in EXPERIMENTS if id not in UNRECORDED]


def test_what_is_not_recorded_is_said_to_be():
    assert {id for id in EXPERIMENTS if not (RUNS / f"{id}.json").exists()} == UNRECORDED


def recorded(id: str):
    return load_result(RUNS / f"{id}.json")


@pytest.mark.parametrize("id", RECORDED)
def test_the_record_is_of_the_codes_configuration(id):
    result, experiment = recorded(id), EXPERIMENTS[id]
    assert (result.id, result.scale) == (id, "cpu")
    assert result.settings == json.loads(json.dumps(experiment.settings["cpu"])), (
        "other settings: record the run again"
    )
    assert result.configuration_hash == configuration_hash(experiment, "cpu", result.seed), (
        "other arms: record the run again"
    )
    declared = json.loads(json.dumps(experiment.arms(experiment.settings["cpu"], result.seed)))
    assert [
        {name: arm[name] for name in wanted}
        for arm, wanted in zip(result.arms, declared, strict=True)
    ] == declared


@pytest.mark.parametrize("id", RECORDED)
def test_table_and_verdict_follow_from_the_recorded_numbers(id):
    result, experiment = recorded(id), EXPERIMENTS[id]
    assert experiment.table(result.arms) == result.table
    assert experiment.verdict(result.arms) == result.verdict
    assert (result.title, result.cannot) == (
        experiment.title,
        experiment.cannot,
    ) and result.paper == [list(quoted) for quoted in experiment.paper]


@pytest.mark.parametrize("id", RECORDED)
def test_the_record_took_at_most_fifteen_minutes_of_one_core(id):
    assert 1 < recorded(id).cpu_seconds < 15 * 60


def shifted(arms: list[dict], value: str, by: float, **wanted) -> list[dict]:
    """The arms with `by` added to one value of those whose fields are `wanted`."""
    changed = copy.deepcopy(arms)
    for arm in changed:
        if (
            value in arm
            and arm[value] is not None
            and all(arm.get(name) == given for name, given in wanted.items())
        ):
            arm[value] += by
    return changed


def noisy(arms: list[dict], value: str) -> list[dict]:
    """The arms with one value drawn anew from the same range for all, so that no arm differs from
    another but by chance."""
    changed, draw = copy.deepcopy(arms), random.Random(0)
    for arm in changed:
        if arm.get(value) is not None:
            arm[value] = draw.uniform(0.4, 0.6)
    return changed


@pytest.mark.parametrize(
    "id, value, field, high",
    [
        ("multi-level", "test_accuracy", "feedback", "all-levels"),
        ("table-4", "test_accuracy", "T", 8),
        ("rezero", "epochs_to_level", "rule", "no alpha"),
    ],
)
def test_a_verdict_turns_with_the_numbers(id, value, field, high):
    arms, verdict = recorded(id).arms, EXPERIMENTS[id].verdict
    noise = noisy(arms, value)
    up, down = (verdict(shifted(noise, value, by, **{field: high})) for by in (100.0, -100.0))
    assert "not distinguishable" in verdict(noise)
    assert up.count(": distinguishable") > verdict(noise).count(": distinguishable") and up.count(
        "+"
    ) > down.count("+")


def test_the_verdict_on_fig_2_turns_with_the_cosines():
    arms, verdict = copy.deepcopy(recorded("fig-2").arms), EXPERIMENTS["fig-2"].verdict
    before = verdict(arms)
    for arm in arms:
        for moment in arm.get("curve", []):
            moment["case 1"], moment["case 2"] = moment["case 2"], moment["case 1"]
    signs = [re.search(r"case 1 minus case 2 ([+-])", text)[1] for text in (before, verdict(arms))]
    assert sorted(signs) == ["+", "-"]


def test_at_least_three_seeds_are_recorded():
    for id in ("fig-2", "multi-level", "rezero", "table-4"):
        assert len({arm["seed"] for arm in recorded(id).arms}) >= 3
