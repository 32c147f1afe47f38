"""Tests of the training loop: it learns, logs, and an interrupted run ends with the weights of one
that was not."""

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

from trevsnn_lite.files import locked
from trevsnn_lite.training import evaluate, load_checkpoint, load_network, train
from trevsnn_lite.training.run import Run
from trevsnn_lite.training.scale_out import OneProcess


class Flat(nn.Module):
    """[B, 1, 8, 8] -> logits [2, B, 3], with dropout, which draws from torch's own generator."""

    def __init__(self):
        super().__init__()
        self.linear, self.dropout = nn.Linear(64, 6), nn.Dropout(0.5)

    def forward(self, images):
        return self.dropout(self.linear(images.flatten(1))).unflatten(1, (2, 3)).transpose(0, 1)


def flat() -> Flat:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return Flat()


def rows(folder) -> list[dict]:
    """log.csv without the column of seconds, the one thing that differs from run to run."""
    with open(folder / "log.csv", newline="") as file:
        return [
            {name: value for name, value in row.items() if name != "seconds"}
            for row in csv.DictReader(file)
        ]


def weights(folder) -> dict[str, torch.Tensor]:
    state = load_checkpoint(folder / "final.safetensors")
    return {
        f"{part}.{name}": value
        for part in ("model", "ema")
        for name, value in (state[part] or {}).items()
    }


def assert_same_run(one, other):
    mine, theirs = weights(one), weights(other)
    assert mine.keys() == theirs.keys() and len(mine) > 0
    assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == []
    assert rows(one) == rows(other)


def test_training_learns_logs_and_can_be_loaded(tiny, tmp_path):
    data = tiny.images(120), tiny.images(60, "test")
    config = replace(tiny.CONFIG, epochs=8, batch_size=10, evaluate_every=3, flip=False, shift=0)
    net = tiny.network()
    result = train(net, data, config, tmp_path / "run", progress=False)
    assert result.test_accuracy > 0.8  # chance is 1/3
    log = rows(tmp_path / "run")
    assert [row["epoch"] for row in log] == [str(epoch) for epoch in range(1, 9)]
    assert [bool(row["test_accuracy"]) for row in log] == [
        epoch in (3, 6, 8) for epoch in range(1, 9)
    ]
    assert (
        float(log[-1]["ema_test_accuracy"])
        == result.test_accuracy
        == evaluate(load_network(result.checkpoint), data[1])
    )
    assert float(log[-1]["test_accuracy"]) == evaluate(net, data[1])
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == [
        "final.safetensors",
        "last.safetensors",
        "log.csv",
    ]


def test_same_seed_same_run_and_another_seed_another(tiny, tmp_path):
    before = torch.get_rng_state()
    for name, seed in [("a", 0), ("b", 0), ("c", 1)]:
        train(
            tiny.network(),
            tiny.data(),
            replace(tiny.CONFIG, epochs=1, seed=seed),
            tmp_path / name,
            progress=False,
        )
    assert_same_run(tmp_path / "a", tmp_path / "b")
    assert rows(tmp_path / "a") != rows(tmp_path / "c")
    assert torch.equal(before, torch.get_rng_state())  # the caller's generator was left alone


def test_dropout_follows_the_seed_and_not_the_caller(tiny, tmp_path):
    for name in "ab":
        torch.rand(1)  # the caller's generator has moved on
        train(flat(), tiny.data(), replace(tiny.CONFIG, epochs=1), tmp_path / name, progress=False)
    assert_same_run(tmp_path / "a", tmp_path / "b")


@pytest.mark.parametrize("optimizer", ["adamw", "lamb"])
@pytest.mark.parametrize(
    "step", [1, 3, 8]
)  # before the first checkpoint; in an epoch; in the second one
@pytest.mark.parametrize("make", ["spiking", "dropout"])
def test_interrupted_run_resumes_exactly(tiny, tmp_path, monkeypatch, optimizer, step, make):
    if optimizer == "lamb":
        pytest.importorskip("timm")
    make, config = (
        (tiny.network if make == "spiking" else flat),
        replace(tiny.CONFIG, epochs=2, optimizer=optimizer),
    )
    train(make(), tiny.data(), config, tmp_path / "whole", progress=False)
    steps, real = iter(range(step)), Run.step

    def stop_before(self, *given):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        real(self, *given)

    monkeypatch.setattr(Run, "step", stop_before)
    with pytest.raises(
        KeyboardInterrupt,
        match=r"^Stopped in epoch \d of 2; .* resume=True .*--resume\) goes on from there\.$",
    ):
        train(make(), tiny.data(), config, tmp_path / "parts", progress=False)
    monkeypatch.undo()
    train(make(), tiny.data(), config, tmp_path / "parts", resume=True, progress=False)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.slow  # above, runs are stopped at each kind of moment; test_scale_out.py kills two processes
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
def test_killed_run_resumes_exactly(tmp_path, root):
    """kill -9 within writes, between write and rename, and at four random moments; then to the end."""
    program = [sys.executable, root / "tests/training/tiny.py", tmp_path]
    done = subprocess.run(
        program,
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stderr
    ended = json.loads(done.stdout)
    assert (
        ended["whole"] == ended["last"] == 0
        and ended["killed"][:5] == [-9] * 5
        and -9 in ended["killed"][5:]
    )
    assert_same_run(tmp_path / "whole", tmp_path / "killed")
    assert sorted(file.name for file in (tmp_path / "killed").iterdir()) == [
        "final.safetensors",
        "last.safetensors",
        "log.csv",
    ]


def test_finished_run_resumes_to_its_own_result(tiny, tmp_path):
    config = replace(tiny.CONFIG, epochs=1)
    first = train(tiny.network(), tiny.data(), config, tmp_path, progress=False)
    (tmp_path / "log.csv").unlink()
    again = train(tiny.network(seed=5), tiny.data(), config, tmp_path, resume=True, progress=False)
    assert again.history == first.history and len(rows(tmp_path)) == 1


def test_runs_are_not_mixed_up(tiny, tmp_path):
    config = replace(tiny.CONFIG, epochs=1)
    train(tiny.network(), tiny.data(), config, tmp_path, progress=False)
    with pytest.raises(ValueError, match="already holds a run: resume it"):
        train(tiny.network(), tiny.data(), config, tmp_path, progress=False)
    with pytest.raises(
        ValueError,
        match=r"belongs to another run \(widths \[4, 6\], now \[4, 8\]; epochs 1, now 2; lr 0.02, now 0.5\): resume with",
    ):
        train(
            tiny.network(widths=(4, 8)),
            tiny.data(),
            replace(config, epochs=2, lr=0.5),
            tmp_path,
            resume=True,
            progress=False,
        )
    with pytest.raises(ValueError, match=r"\(train_images 24, now 12\)"):
        train(
            tiny.network(),
            (tiny.images(12), tiny.images(5)),
            config,
            tmp_path,
            resume=True,
            progress=False,
        )
    last = tmp_path / "last.safetensors"
    last.write_bytes(last.read_bytes()[:-100])
    with pytest.raises(ValueError, match="last.safetensors is truncated or altered"):
        train(tiny.network(), tiny.data(), config, tmp_path, resume=True, progress=False)


def test_refusals_leave_no_file(tiny, tmp_path):
    with pytest.raises(
        ValueError,
        match="memory is 'taped' in the training's configuration, expected the network's 'store'",
    ):
        train(tiny.network(memory="store"), tiny.data(), tiny.CONFIG, tmp_path, progress=False)
    with pytest.raises(ValueError, match="data holds no training images"):
        train(
            tiny.network(), (tiny.images(0), tiny.images(3)), tiny.CONFIG, tmp_path, progress=False
        )
    with pytest.raises(
        FloatingPointError,
        match=r"The loss became nan in epoch 1, batch 1, learning rate .*: lower lr or clip_norm",
    ):
        broken = flat()
        broken.linear.bias.data.fill_(float("nan"))
        train(broken, tiny.data(), tiny.CONFIG, tmp_path, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_keeps_the_run(tiny, tmp_path, monkeypatch):
    config = replace(tiny.CONFIG, epochs=2, checkpoint_steps=0)
    train(tiny.network(), tiny.data(), config, tmp_path / "whole", progress=False)
    real, calls = os.fsync, iter(range(2))  # the first epoch's checkpoint and log

    def full(descriptor):
        if next(calls, None) is None:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        OSError, match=r"could not write .*last\.safetensors.*the earlier one is intact\.$"
    ):
        train(tiny.network(), tiny.data(), config, tmp_path / "parts", progress=False)
    monkeypatch.undo()
    assert sorted(file.name for file in (tmp_path / "parts").iterdir()) == [
        "last.safetensors",
        "log.csv",
    ]
    train(tiny.network(), tiny.data(), config, tmp_path / "parts", resume=True, progress=False)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_averaged_weights_and_clipping(tiny):
    net, config = tiny.network(), replace(tiny.CONFIG, ema_decay=0.75, clip_norm=1e-3, lr=1.0)
    run = Run(net, config, {}, OneProcess(torch.device("cpu")))
    images, labels = tiny.images(10).tensors()
    run.step(images, labels, lr=0.1)
    first = net.decay.detach().clone()
    assert torch.equal(
        run.ema.module.decay, first
    )  # the average begins with the first step's weights
    run.step(images, labels, lr=0.1)
    assert not torch.equal(net.decay, first)
    torch.testing.assert_close(
        run.ema.module.decay.detach(), 0.75 * first + 0.25 * net.decay.detach()
    )
    norm = torch.stack(
        [parameter.grad.norm() for parameter in net.parameters() if parameter.grad is not None]
    ).norm()
    assert norm.item() == pytest.approx(1e-3, rel=1e-3)
    assert {group["lr"] for group in run.optimizer.param_groups} == {0.1}


def test_evaluate_counts_the_largest_mean_logit(tiny):
    class Fixed(nn.Module):
        """Step 0 votes for class 0 with 1, step 1 for class 2 with 3: the mean says 2."""

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.tensor([[1.0, 0, 0], [0, 0, 3.0]]))

        def forward(self, images):
            assert not self.training and not torch.is_grad_enabled()
            return self.weight[:, None].expand(2, len(images), 3)

    images = tiny.images(50)
    net = Fixed()
    assert evaluate(net, images, batch_size=7) == (images.labels == 2).mean()
    assert net.training


def test_progress_is_told_in_one_line_an_epoch(tiny, tmp_path, capsys):
    train(tiny.network(), tiny.data(), replace(tiny.CONFIG, epochs=2), tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert (
        len(lines) == 2
        and lines[0].startswith("epoch 1/2")
        and "averaged weights" in lines[1]
        and "averaged weights" not in lines[0]
    )


def test_a_second_run_into_a_folder_is_refused_while_the_first_lives(tiny, tmp_path):
    config, before = replace(tiny.CONFIG, epochs=1), None
    with locked(tmp_path):
        before = sorted(tmp_path.iterdir())
        for resume in (False, True):
            with pytest.raises(ValueError, match=rf"in use by process {os.getpid()} on .* since"):
                train(tiny.network(), tiny.data(), config, tmp_path, resume, progress=False)
        assert sorted(tmp_path.iterdir()) == before
    train(tiny.network(), tiny.data(), config, tmp_path, progress=False)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "final.safetensors",
        "last.safetensors",
        "log.csv",
    ]


def test_the_lock_of_a_dead_process_holds_nobody_up(tiny, tmp_path):
    (tmp_path / ".lock").touch()
    (tmp_path / ".holder").write_text(f"process {os.getpid()} on here since yesterday")
    train(tiny.network(), tiny.data(), replace(tiny.CONFIG, epochs=1), tmp_path, progress=False)


def test_a_log_that_cannot_be_replaced_ends_no_run(tiny, tmp_path):
    (tmp_path / "log.csv").mkdir()
    with pytest.warns(UserWarning, match="log.csv.*a folder has that name.*goes on") as told:
        train(tiny.network(), tiny.data(), tiny.CONFIG, tmp_path, progress=False)
    assert len([one for one in told if "log.csv" in str(one.message)]) == 1
    (tmp_path / "log.csv").rmdir()
    train(tiny.network(), tiny.data(), tiny.CONFIG, tmp_path, resume=True, progress=False)
    assert [row["epoch"] for row in rows(tmp_path)] == ["1", "2", "3", "4"]
