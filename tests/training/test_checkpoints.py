"""Tests of checkpoints: what goes in comes out, and no failure leaves half a file."""

import errno
import os
import subprocess
import sys

import pytest
import torch

from trevsnn_lite.training import checkpoints, load_checkpoint, save_checkpoint
from trevsnn_lite.training.checkpoints import save_shards
from trevsnn_lite.training.scale_out import OneProcess

STATE = {
    "model": {"weight": torch.arange(6.0).view(2, 3).t(), "steps": torch.tensor(7)},
    "groups": [
        {
            "lr": 0.1,
            "betas": (0.9, 0.999),
            "none": None,
            "count": torch.tensor(3.5, dtype=torch.float64),
        }
    ],
    "random": torch.arange(4, dtype=torch.uint8),
    "half": torch.tensor([1.5], dtype=torch.bfloat16),
    "words": "tensor",
}


def test_nested_state_comes_back(tmp_path):
    save_checkpoint(tmp_path / "a.safetensors", STATE)
    back = load_checkpoint(tmp_path / "a.safetensors")
    assert back["groups"][0] == {
        "lr": 0.1,
        "betas": [0.9, 0.999],
        "none": None,
        "count": torch.tensor(3.5, dtype=torch.float64),
    }
    assert back["groups"][0]["count"].dtype == torch.float64 and back["words"] == "tensor"
    for mine, theirs in [
        (back["model"]["weight"], STATE["model"]["weight"]),
        (back["random"], STATE["random"]),
        (back["half"], STATE["half"]),
    ]:
        assert mine.dtype == theirs.dtype and torch.equal(mine, theirs)
    assert back["model"]["steps"].item() == 7 and list(tmp_path.iterdir()) == [
        tmp_path / "a.safetensors"
    ]


def test_tensors_that_share_memory_are_saved(tmp_path):
    whole = torch.arange(4.0)
    save_checkpoint(tmp_path / "a", {"one": whole, "two": whole, "part": whole[1:3]})
    back = load_checkpoint(tmp_path / "a")
    assert (
        torch.equal(back["one"], whole)
        and torch.equal(back["two"], whole)
        and back["part"].tolist() == [1, 2]
    )


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.999])
def test_truncated_checkpoint_is_named(tmp_path, share):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, STATE)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(
        ValueError,
        match=r"(?s)^Checkpoint .*a\.safetensors is truncated or altered: \d+ bytes.*\.$",
    ):
        load_checkpoint(path)


def test_missing_and_foreign_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="Checkpoint .*nothing does not exist"):
        load_checkpoint(tmp_path / "nothing")
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / "foreign")
    with pytest.raises(ValueError, match="foreign has format None, expected 1"):
        load_checkpoint(tmp_path / "foreign")


def test_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, {"x": torch.tensor(1)})

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        OSError,
        match=r"could not write .*a\.safetensors, \d+ bytes \(No space left on device\): the earlier one is intact",
    ) as caught:
        save_checkpoint(path, STATE)
    assert caught.value.errno == errno.ENOSPC
    assert load_checkpoint(path)["x"].item() == 1 and list(tmp_path.iterdir()) == [path]


def test_interruption_while_writing_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, {"x": torch.tensor(1)})

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, STATE)
    assert load_checkpoint(path)["x"].item() == 1 and list(tmp_path.iterdir()) == [path]


def test_file_size_limit_of_the_system(tmp_path, root):
    """The system itself refuses the write, half-way through it: a limit of 20,000 bytes a file, in
    a process of its own."""
    program = (
        "import resource, sys, torch\n"
        "from trevsnn_lite.training.checkpoints import load_checkpoint, save_checkpoint\n"
        "path = sys.argv[1]\n"
        "save_checkpoint(path, {'x': torch.tensor(1)})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n    save_checkpoint(path, {'x': torch.zeros(100_000)})\n"
        "except OSError as error:\n    print(error, load_checkpoint(path)['x'].item())\n"
    )
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "a"], cwd=root, capture_output=True, text=True
    )
    assert "File too large): the earlier one is intact. 1" in done.stdout, done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_differences_name_the_fields():
    saved = {"epochs": 3, "widths": [4, 8], "lr": 0.1}
    assert checkpoints.differences(saved, {"epochs": 3, "widths": (4, 8), "lr": 0.1}) == ""
    assert (
        checkpoints.differences(saved, {"epochs": 5, "widths": (4, 8), "seed": 0})
        == "epochs 3, now 5; lr 0.1, now None; seed None, now 0"
    )


def process(rank: int) -> OneProcess:
    """One of two processes, of which the second is called first, so that neither has to wait."""
    group = OneProcess(torch.device("cpu"))
    group.rank, group.processes = rank, 2
    return group


def test_shards_come_back_and_replace_the_earlier_ones(tmp_path):
    path = tmp_path / "a.safetensors"
    for tag, state in [("0-1", {"x": torch.tensor(1), "y": torch.zeros(3)}), ("0-2", STATE)]:
        for rank in (1, 0):
            save_shards(path, state, tag, process(rank))
    back = load_checkpoint(path)
    assert (
        torch.equal(back["model"]["weight"], STATE["model"]["weight"])
        and back["groups"][0]["lr"] == 0.1
    )
    assert sorted(file.name for file in tmp_path.rglob("*")) == [
        "1-of-2.safetensors",
        "2-of-2.safetensors",
        "a-0-2",
        "a.safetensors",
    ]
    sizes = [
        sum(
            tensor.nbytes
            for tensor in checkpoints._share_of_bytes(
                {str(n): torch.zeros(n) for n in range(20)}, rank, 3
            ).values()
        )
        for rank in range(3)
    ]
    assert sum(sizes) == 4 * 190 and max(sizes) - min(sizes) <= 4 * 8


@pytest.mark.parametrize("stopped", ["after a shard", "before the names"])
def test_a_stop_between_shards_leaves_the_old_checkpoint(tmp_path, monkeypatch, stopped):
    path = tmp_path / "a.safetensors"
    for rank in (1, 0):
        save_shards(path, {"x": torch.tensor(1)}, "0-1", process(rank))
    save_shards(path, STATE, "0-2", process(1))
    if stopped == "before the names":
        group, interrupted = process(0), []
        group.wait = lambda: interrupted.append(
            monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        )
        with pytest.raises(KeyboardInterrupt):
            save_shards(path, STATE, "0-2", group)
        monkeypatch.undo()
        assert interrupted
    assert load_checkpoint(path)["x"].item() == 1
    for rank in (1, 0):
        save_shards(path, STATE, "0-2", process(rank))
    assert load_checkpoint(path)["words"] == "tensor" and not (tmp_path / "a-0-1").exists()
