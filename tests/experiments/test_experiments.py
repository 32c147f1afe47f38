"""The framework of the experiments: every id runs at smoke scale and writes what it declares;
finished arms survive an interruption; bad input is refused."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.experiments.conftest import current
from trevsnn_lite import experiments
from trevsnn_lite.experiments import (
    EXPERIMENTS,
    Experiment,
    Result,
    load_result,
    plots,
    record,
    run,
)
from trevsnn_lite.experiments.record import (
    ENGINE,
    TIMED,
    Bench,
    _parted,
    _together,
    carry_out,
    configuration_hash,
    counted,
)
from trevsnn_lite.training import loop as training_loop

FOLDER = Path(experiments.__file__).parent
SLOW = {"released", "table-1", "table-6"}  # half of what the smoke scale takes
each_smoke = pytest.mark.parametrize(
    "id", [pytest.param(id, marks=pytest.mark.slow if id in SLOW else ()) for id in EXPERIMENTS]
)


def toy(calls: list, stop_at: int | None = None) -> Experiment:
    """Three arms whose measurement notes its call; the call number `stop_at` is interrupted."""

    def measure(bench: Bench, arm: dict) -> dict:
        calls.append(arm["seed"])
        if len(calls) == stop_at:
            raise KeyboardInterrupt
        return {"value": 10 * arm["seed"]}

    def draw(done: list[dict]):
        made, axes = plots.figure()
        axes[0][0].plot([arm["value"] for arm in done])
        return made

    def table(done: list[dict]):
        return [["seed", "value"], *([str(arm["seed"]), str(arm["value"])] for arm in done)]

    return Experiment(
        title="Toy",
        shows="nothing",
        cannot="anything",
        paper=(),
        settings={"smoke": {"arms": 3}},
        arms=lambda settings, seed: [{"seed": seed + count} for count in range(settings["arms"])],
        measure=measure,
        table=table,
        verdict=lambda done: "None.",
        draw=draw,
    )


def carried_out(experiment: Experiment, folder: Path, **changes) -> Result:
    given = dict(
        id="toy",
        scale="smoke",
        seed=0,
        out_dir=folder,
        device="cpu",
        progress=False,
        download=False,
    )
    return carry_out(experiment=experiment, **{**given, **changes})


@each_smoke
def test_smoke_scale_writes_table_json_and_figure(id, smoke):
    result, folder = smoke(id).result, smoke(id).folder
    held = json.loads((folder / f"{id}.json").read_text("utf8"))
    assert list(held) == [*(field.name for field in fields(Result)), "timed"]
    assert load_result(folder / f"{id}.json") == replace(result, table=held["table"])
    assert (folder / f"{id}.png").read_bytes()[:4] == b"\x89PNG"
    assert b"<svg" in (folder / f"{id}.svg").read_bytes()[:500]
    assert held["configuration_hash"] == configuration_hash(EXPERIMENTS[id], "smoke", 0)
    assert held["command"] == f"python -m trevsnn_lite run {id} --scale smoke --seed 0"
    assert "CPU" in held["machine"] and held["versions"]["torch"] and held["engine"] == ENGINE
    assert len({len(row) for row in held["table"]}) == 1, "the table's rows differ in length"
    assert all(held["paper"])


@each_smoke
def test_the_record_is_of_this_engine_and_what_it_counts_is_counted_again(id, smoke):
    result = current(id)
    assert result.engine == ENGINE, (
        f"{id} is of engine {result.engine}, the library's is {ENGINE}: record it again"
    )
    if result.versions["torch"] != torch.__version__:
        pytest.skip(f"recorded with torch {result.versions['torch']}: bytes may differ")
    assert result.small == counted(smoke(id).result.arms) and any(result.small)


@each_smoke
def test_what_a_clock_said_lies_apart(id, smoke):
    held = json.loads((smoke(id).folder / f"{id}.json").read_text("utf8"))
    assert not names_in(held["arms"]) & set(TIMED)
    assert names_in(held["timed"]) & set(TIMED) == names_in(smoke(id).result.arms) & set(TIMED)
    assert all("cpu_seconds" in timed for timed in held["timed"])


def names_in(value) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


def test_a_record_is_parted_and_put_together_again():
    arm = {"seed": 0, "costs": [{"bytes": 3, "seconds": 0.1}, {"bytes": 4}], "times": {"a": [1.0]}}
    written = _parted({"id": "x", "arms": [arm]})
    assert written["arms"] == [{"seed": 0, "costs": [{"bytes": 3}, {"bytes": 4}]}]
    assert written["timed"] == [{"costs": [{"seconds": 0.1}, None], "times": {"a": [1.0]}}]
    assert _together(written["arms"], written["timed"]) == [arm]
    assert counted([arm, {"seed": 1}]) == [{"costs": [{"bytes": 3}, {"bytes": 4}]}, {}]


def test_a_cpu_run_keeps_what_the_smoke_scale_counts(tmp_path):
    experiment = replace(
        toy([]),
        settings={"smoke": {"arms": 1}, "cpu": {"arms": 2}},
        measure=lambda bench, arm: {"value": 0, "bytes": 7 * bench.settings["arms"], "spread": 1.0},
    )
    result = carried_out(experiment, tmp_path, scale="cpu")
    assert result.small == [{"bytes": 7}] and result.engine == ENGINE
    assert [arm["bytes"] for arm in result.arms] == [14, 14]
    assert load_result(tmp_path / "toy.json") == result


def test_arms_of_another_engine_are_measured_again(tmp_path, monkeypatch):
    calls = []
    carried_out(toy(calls), tmp_path)
    monkeypatch.setattr(record, "ENGINE", ENGINE + 1)
    assert carried_out(toy(calls), tmp_path).engine == ENGINE + 1
    assert calls == [0, 1, 2, 0, 1, 2]


def test_a_run_prints_its_table_its_verdict_and_what_it_does_not_show(tmp_path, capsys):
    result = carried_out(toy([]), tmp_path, progress=True)
    assert "[3/3] seed 2" in capsys.readouterr().out
    lines = result.text().splitlines()
    assert lines[0] == "Toy" and "seed  value" in lines
    assert "Here: None." in lines and "Not shown: anything" in lines


def test_every_file_with_an_experiment_is_registered():
    files = {
        file.stem for file in FOLDER.glob("*.py") if "\nEXPERIMENT = " in file.read_text("utf8")
    }
    assert {id.replace("-", "_") for id in EXPERIMENTS} == files
    assert {"fig-2", "table-4", "table-5", "levels", "departures"} <= EXPERIMENTS.keys()


def test_the_listing_says_what_each_shows_and_what_it_cannot():
    text = " ".join(experiments.listing().split())
    for id, experiment in EXPERIMENTS.items():
        assert (
            f"{id}: {experiment.title}" in text
            and f"shows: {experiment.shows}" in text
            and f"cannot: {experiment.cannot}" in text
        )
        assert set(experiment.settings) == set(experiments.SCALES)


def test_an_interruption_keeps_the_finished_arms(tmp_path):
    calls = []
    with pytest.raises(KeyboardInterrupt, match="2 of 3 arms"):
        carried_out(toy(calls, stop_at=3), tmp_path)
    assert calls == [0, 1, 2] and not (tmp_path / "toy.json").exists()
    result = carried_out(toy(calls), tmp_path)
    assert calls == [0, 1, 2, 2] and [arm["value"] for arm in result.arms] == [0, 10, 20]


def test_arms_of_other_settings_are_measured_again(tmp_path):
    calls = []
    carried_out(toy(calls), tmp_path)
    carried_out(replace(toy(calls), settings={"smoke": {"arms": 3, "width": 2}}), tmp_path)
    assert calls == [0, 1, 2, 0, 1, 2]
    carried_out(toy(calls), tmp_path, seed=1)
    assert calls[6:] == [3], "seeds 1 and 2 were measured before"
    more = replace(toy(calls), settings={"smoke": {"arms": 3, "seeds": 9}})
    carried_out(more, tmp_path)
    assert len(calls) == 7, "the number of seeds changes no arm"


def test_a_training_that_was_stopped_goes_on_and_leaves_no_checkpoint(tmp_path, monkeypatch):
    experiment, calls, real = EXPERIMENTS["levels"], [], training_loop.save_checkpoint

    def stopped(path, state):
        real(path, state)
        calls.append(path)
        raise KeyboardInterrupt

    monkeypatch.setattr(training_loop, "save_checkpoint", stopped)
    with pytest.raises(KeyboardInterrupt, match="0 of 3 arms"):
        carried_out(experiment, tmp_path, id="levels")
    assert calls and calls[0].exists()
    monkeypatch.undo()
    whole, resumed = (
        carried_out(experiment, folder, id="levels").arms
        for folder in (tmp_path / "whole", tmp_path)
    )
    assert [arm["test_accuracy"] for arm in whole] == [arm["test_accuracy"] for arm in resumed]
    assert {file.suffix for file in (tmp_path / "arms").iterdir()} == {".json"}


def test_a_figure_is_drawn_again_from_a_record(tmp_path):
    run("levels", "smoke", 0, tmp_path, progress=False)
    again = experiments.draw(load_result(tmp_path / "levels.json"))
    assert plots.image(again, "png") == (tmp_path / "levels.png").read_bytes()


def test_images_are_balanced_over_the_classes():
    training, test = Bench(
        {"data": "fashion-mnist-10k", "train_images": 50, "test_images": 20}
    ).images
    assert (
        np.bincount(training.labels).tolist() == [5] * 10
        and np.bincount(test.labels).tolist() == [2] * 10
    )


def test_bad_input_is_refused_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    refused = [
        ({"id": "fig-9"}, "experiment is 'fig-9'"),
        ({"scale": "huge"}, "scale is 'huge'"),
        ({"seed": -1}, "seed is -1"),
        ({"device": "cuda"}, "no GPU"),
    ]
    for change, words in refused:
        with pytest.raises(ValueError, match=words):
            run(**{"id": "levels", "scale": "smoke", "out_dir": tmp_path, **change})
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_result(tmp_path / "none.json")
    (tmp_path / "half.json").write_text('{"id": "levels"')
    with pytest.raises(ValueError, match="truncated"):
        load_result(tmp_path / "half.json")
