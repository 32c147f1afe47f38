"""The recorded runs in data/runs: each belongs to the code's configuration, and its table and
verdict follow from its numbers."""

import copy
import json
import random
import re

import pytest

from tests.experiments.conftest import AWAITING, RUNS, UNRECORDED, current
from trevsnn_lite.experiments import EXPERIMENTS, configuration_hash, fig_2, load_result
from trevsnn_lite.experiments.record import ENGINE


def test_what_awaits_a_new_record_is_of_another_engine_or_other_settings():
    for id in AWAITING:
        result = load_result(RUNS / f"{id}.json")
        known = configuration_hash(EXPERIMENTS[id], "cpu", result.seed)
        assert (result.engine, result.configuration_hash) != (ENGINE, known), (
            f"{id} was taken again: take it off AWAITING"
        )


def test_what_is_not_recorded_is_said_to_be():
    assert {id for id in EXPERIMENTS if not (RUNS / f"{id}.json").exists()} == UNRECORDED


@pytest.mark.parametrize("id", EXPERIMENTS)
def test_the_record_is_of_the_codes_configuration(id):
    result, experiment = current(id), EXPERIMENTS[id]
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


@pytest.mark.parametrize("id", EXPERIMENTS)
def test_table_and_verdict_follow_from_the_recorded_numbers(id):
    result, experiment = current(id), EXPERIMENTS[id]
    assert experiment.table(result.arms) == result.table
    assert experiment.verdict(result.arms) == result.verdict
    assert (result.title, result.cannot) == (
        experiment.title,
        experiment.cannot,
    ) and result.paper == [list(quoted) for quoted in experiment.paper]


@pytest.mark.parametrize("id", EXPERIMENTS)
def test_the_record_took_at_most_fifteen_minutes_of_one_core(id):
    minutes = 30 if id == "fig-2" else 15  # a figure of some forty trainings
    assert 1 < current(id).cpu_seconds < minutes * 60


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
        ("levels", "test_accuracy", "feedback", "next-level"),
        ("table-4", "test_accuracy", "T", 16),
        ("table-5", "epochs_to_level", "rule", "no alpha"),
        ("departures", "test_accuracy", "network", "own weights"),
    ],
)
def test_a_verdict_turns_with_the_numbers(id, value, field, high):
    arms, verdict = current(id).arms, EXPERIMENTS[id].verdict
    noise = noisy(arms, value)
    up, down = (verdict(shifted(noise, value, by, **{field: high})) for by in (100.0, -100.0))
    assert "not distinguishable" in verdict(noise)
    assert up.count(": distinguishable") > verdict(noise).count(": distinguishable") and up.count(
        "+"
    ) > down.count("+")


def test_the_verdict_on_fig_2_turns_with_the_cosines():
    arms, verdict = copy.deepcopy(current("fig-2").arms), EXPERIMENTS["fig-2"].verdict
    before = verdict(arms)
    for arm in arms:
        for name in fig_2.MEASURES:
            found = arm[name]
            found["case 1"], found["case 2"] = found["case 2"], found["case 1"]
    signs = [re.findall(r"case 1 minus case 2 ([+-])", text) for text in (before, verdict(arms))]
    measures = len(fig_2.MEASURES)  # the accuracies' sentence comes after them and stays
    assert [a != b for a, b in zip(*signs, strict=True)] == [True] * measures + [False]


def test_at_least_three_seeds_are_current():
    for id in ("fig-2", "levels", "table-5", "table-4", "departures"):
        assert len({arm["seed"] for arm in current(id).arms}) >= 3
