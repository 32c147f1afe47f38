"""Tests of several processes: the gradients, weights, counts and checkpoints of one, and what a
launcher's environment means."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from trevsnn_lite.reversible import MEMORY_STRATEGIES
from trevsnn_lite.training import TrainConfig, load_checkpoint, load_network, scale_out, train
from trevsnn_lite.training.scale_out import OneProcess, launched_as, own_device, process_group

pytest.importorskip("accelerate")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def made(tmp_path_factory, root):
    """The folder that processes.py fills, and what it printed."""
    if not hasattr(os, "fork"):
        pytest.skip("needs a system that forks")
    folder = tmp_path_factory.mktemp("processes")
    program = [sys.executable, root / "tests/training/processes.py", folder]
    done = subprocess.run(
        program,
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
        timeout=3600,
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("images", [5, 1])
@pytest.mark.parametrize(
    "case",
    [
        *MEMORY_STRATEGIES,
        "accumulated",
        *(f"{net}-{memory}" for net in ("one-step", "released") for memory in ("store", "taped")),
    ],
)
def test_two_processes_have_the_gradients_of_one(made, case, images):
    one, two = (
        load_checkpoint(made[0] / f"gradients-{processes}.safetensors")[f"{case} {images}"]
        for processes in (1, 2)
    )
    # What has no gradient in one process, the decays at T = 1, has zeros in two.
    more = two["gradients"].keys() - one["gradients"].keys()
    assert more == ({"decay"} if case.startswith("one-step") else set())
    assert not any(two["gradients"].pop(name).any() for name in more)
    assert one["gradients"].keys() == two["gradients"].keys() and len(one["gradients"]) > 30
    errors = {
        name: (
            (two["gradients"][name] - one["gradients"][name]).abs().max()
            / one["gradients"][name].abs().max().clamp(min=1e-12)
        ).item()
        for name in one["gradients"]
    }
    assert max(errors.values()) < 1e-5, max(errors, key=errors.get)
    assert two["loss"] == pytest.approx(one["loss"], rel=1e-6) and two["right"] == one["right"]


def finals(folder, *names):
    return [load_checkpoint(folder / name / "final.safetensors") for name in names]


@pytest.mark.slow
def test_a_run_of_two_processes_is_that_of_one(made):
    one, two = finals(made[0], "one", "two")
    for part in ("model", "ema"):
        for name, value in one[part].items():
            torch.testing.assert_close(two[part][name], value, rtol=1e-4, atol=1e-5)
    for mine, theirs in zip(one["history"], two["history"], strict=True):
        assert {**theirs, **dict.fromkeys(("train_loss", "seconds"))} == {
            **mine,
            **dict.fromkeys(("train_loss", "seconds")),
        }  # counts are equal exactly
        assert theirs["train_loss"] == pytest.approx(mine["train_loss"], rel=1e-5)


@pytest.mark.slow
def test_two_killed_processes_resume_exactly(made):
    folder, killed = made
    whole, resumed = finals(folder, "whole", "killed")
    assert [codes for *codes, _ in killed] == [[-9, -9]] * 3
    seen = [batches for *_, batches in killed]
    assert seen == sorted(seen) and 0 < seen[0] < seen[-1] <= 10
    for part in ("model", "ema"):
        assert [
            name
            for name, value in whole[part].items()
            if not torch.equal(value, resumed[part][name])
        ] == []
    assert sorted(file.name for file in (folder / "killed").iterdir()) == [
        "final.safetensors",
        "last-2-0",
        "last.safetensors",
        "log.csv",
    ]


@pytest.mark.slow
def test_each_process_writes_a_shard(made):
    folder, _ = made
    shards = sorted((folder / "two" / "last-2-0").iterdir())
    assert [shard.name for shard in shards] == ["1-of-2.safetensors", "2-of-2.safetensors"]
    sizes = [shard.stat().st_size for shard in shards]
    assert max(sizes) < 1.2 * min(sizes) and (
        folder / "two" / "last.safetensors"
    ).stat().st_size < min(sizes)
    last, final = (
        load_checkpoint(folder / "two" / "last.safetensors"),
        load_checkpoint(folder / "two" / "final.safetensors"),
    )
    assert (
        all(torch.equal(value, final["ema"][name]) for name, value in last["ema"].items())
        and len(last["random"]) == 2
    )
    load_network(folder / "two" / "last.safetensors")
    moved = shards[1].rename(folder / "moved")
    with pytest.raises(FileNotFoundError, match="2-of-2.safetensors does not exist"):
        load_checkpoint(folder / "two" / "last.safetensors")
    moved.rename(shards[1])


@pytest.mark.slow
def test_a_killed_run_of_two_processes_goes_on_in_one(made, tiny):
    folder, _ = made
    state = load_checkpoint(folder / "part" / "last.safetensors")
    assert (state["epoch"], len(state["random"])) == (0, 2) and 0 < state["sums"]["batches"] < 5
    config = TrainConfig(**state["about"]["training"])
    result = train(
        tiny.network(seed=7),
        tiny.data(),
        replace(config, accumulate=2, workers=1),
        folder / "part",
        resume=True,
        progress=False,
    )
    one, part = finals(folder, "one", "part")
    assert [row["test_accuracy"] for row in result.history] == [
        row["test_accuracy"] for row in one["history"]
    ]
    for name, value in one["ema"].items():
        torch.testing.assert_close(part["ema"][name], value, rtol=1e-4, atol=1e-5)


def test_one_process_shares_nothing():
    group = OneProcess(CPU)
    assert group.share == (0, 1) and group.sum([2.5, 3]) == [2.5, 3] and group.gather("a") == ["a"]
    assert "accelerate" not in scale_out.__dict__


def test_the_launchers_environment(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "ACCELERATE_MIXED_PRECISION"):
        monkeypatch.delenv(name, raising=False)
    assert (
        launched_as() == (0, 1)
        and own_device("cuda") == "cuda"
        and type(process_group(CPU, "fp32")) is OneProcess
    )
    (
        monkeypatch.setenv("RANK", "5"),
        monkeypatch.setenv("WORLD_SIZE", "16"),
        monkeypatch.setenv("LOCAL_RANK", "1"),
    )
    assert (
        launched_as() == (5, 16)
        and own_device("cuda") == "cuda:1"
        and own_device("cuda:0") == "cuda:0"
        and own_device("cpu") == "cpu"
    )
    monkeypatch.setenv("RANK", "0"), monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    process_group(CPU, "bf16")
    with pytest.raises(
        ValueError,
        match="precision is 'fp32', and accelerate launch was told --mixed_precision bf16",
    ):
        process_group(CPU, "fp32")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in ("WORLD_SIZE", "RANK")
        for value in ("", "two", "-1", "1.5", "9" * 99)
    ]
    + [("WORLD_SIZE", "0"), ("RANK", "1"), ("MASTER_ADDR", ""), ("MASTER_PORT", "")],
)
def test_what_no_launcher_says_is_refused(monkeypatch, name, value):
    for variable in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "ACCELERATE_MIXED_PRECISION"):
        monkeypatch.delenv(variable, raising=False)
    if name.startswith("MASTER"):
        settings = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
        [monkeypatch.setenv(*setting) for setting in settings.items()]
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=f"^{name} is '?{value}.* in the environment.*expected"):
        process_group(CPU, "fp32")


def test_a_gpu_of_its_own_has_a_number(monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "")
    with pytest.raises(ValueError, match="LOCAL_RANK is '' in the environment, expected"):
        own_device("cuda")
