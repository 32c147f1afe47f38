"""Tests of the command line: what it prints, how it ends, and that mistakes get one sentence and
exit code 2, never a traceback."""

import os
import re
import signal
import struct
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from trevsnn_lite import PRESETS, commands
from trevsnn_lite import __main__ as command_line
from trevsnn_lite.training import load_checkpoint

TINY = [
    "--set",
    "widths=4,6",
    "time_steps=2",
    "kernel_size=3",
    "stem_stride=4",
    "--batch-size",
    "20",
    "--lr",
    "0.02",
]


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with Fashion-MNIST's four files, of 60 and 20 images."""
    folder, draw = tmp_path_factory.mktemp("fashion"), np.random.default_rng(0)
    for part, count in [("train", 60), ("t10k", 20)]:
        pixels, labels = (
            draw.integers(0, 256, (count, 28, 28), np.uint8),
            np.arange(count, dtype=np.uint8) % 10,
        )
        (folder / f"{part}-images-idx3-ubyte").write_bytes(
            struct.pack(">4i", 2051, count, 28, 28) + pixels.tobytes()
        )
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(
            struct.pack(">2i", 2049, count) + labels.tobytes()
        )
    return folder


def environment(root) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}


def test_train_then_evaluate_then_refuse_then_resume(folder, tmp_path, capsys):
    out = tmp_path / "run"
    train = [
        "train",
        "--data",
        str(folder),
        "--out",
        str(out),
        "--epochs",
        "2",
        "--seed",
        "3",
        *TINY,
    ]
    assert command_line.main(train) == 0
    printed = capsys.readouterr().out
    trained = re.search(
        r"test accuracy (\d+\.\d\d)% on 20 images, \d+ s from start to end\n$", printed
    )
    assert (
        trained
        and printed.startswith("fashion-mini: ")
        and "T = 2, memory taped, 2 epochs of 60 images" in printed
    )
    assert (
        command_line.main(["evaluate", str(out / "final.safetensors"), "--data", str(folder)]) == 0
    )
    assert capsys.readouterr().out == f"test accuracy {trained[1]}% on 20 images\n"
    assert command_line.main(train) == 2
    assert "already holds a run" in capsys.readouterr().err
    assert command_line.main([*train, "--resume"]) == 0
    assert f"test accuracy {trained[1]}%" in capsys.readouterr().out
    assert command_line.main([*train, "--resume", "--epochs", "3"]) == 2
    assert "belongs to another run (epochs 2, now 3)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, words",
    [
        (
            ["train", "--preset", "fashion-mimi"],
            "preset is 'fashion-mimi', expected one of .* Did you mean 'fashion-mini'",
        ),
        (
            ["train", "--set", "widhts=4,8"],
            "--set got the field 'widhts', expected one of .* Did you mean 'widths'",
        ),
        (["train", "--set", "time_steps"], "--set got 'time_steps', expected FIELD=VALUE"),
        (["train", "--set", "decay=abc"], "--set got 'decay=abc', expected decay to be float"),
        (["train", "--set", "decay=1.5"], r"decay is 1.5, expected a number in \(0, 1\]"),
        (["train", "--set", "time_steps=0"], "time_steps is 0"),
        (
            ["train", "--set", "num_classes=7"],
            "fashion-mnist-10k has 10 classes, the network 7: --set num_classes=10",
        ),
        (["train", "--epochs", "0"], "epochs is 0, expected at least 1"),
        (
            ["train", "--data", "nowhere"],
            "--data is nowhere, expected a folder or one of fashion-mnist-10k",
        ),
        (
            ["train", "--preset", "paper-384"],
            "paper-384 is trained on a folder with ImageNet's layout",
        ),
        (["train", "--device", "tpu-9"], "--device is 'tpu-9', expected cpu"),
        (["info", "fashion-mimi"], "preset is 'fashion-mimi'"),
        (["evaluate", "nowhere.safetensors"], "Checkpoint nowhere.safetensors does not exist"),
    ],
)
def test_mistakes_get_one_sentence(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command_line.main(arguments) == 2
    printed = capsys.readouterr()
    assert (
        re.search(words, printed.err)
        and printed.err.count("\n") == 1
        and "Traceback" not in printed.err
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [[], ["train"], ["evaluate"], ["info"]])
def test_help_describes_every_argument(command, capsys):
    with pytest.raises(SystemExit) as ended:
        command_line.main([*command, "--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0 and printed.startswith("usage: python -m trevsnn_lite")
    if command == ["train"]:
        for argument in (
            "--preset",
            "--data",
            "--out",
            "--epochs",
            "--batch-size",
            "--lr",
            "--seed",
            "--memory",
            "--set",
            "--resume",
        ):
            assert re.search(rf"^  {argument} .*\S", printed, re.MULTILINE), argument


def test_info_lists_presets_and_versions(capsys):
    assert command_line.main(["info"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in PRESETS)
    assert f"torch {torch.__version__.split('+')[0]}" in printed and "trevsnn_lite 0." in printed


@pytest.mark.skipif(os.name == "nt", reason="needs a system that sends SIGINT to a process")
def test_ctrl_c_says_how_to_resume(folder, tmp_path, root):
    out = tmp_path / "run"
    program = [
        sys.executable,
        "-m",
        "trevsnn_lite",
        "train",
        "--data",
        folder,
        "--out",
        out,
        "--epochs",
        "100000",
        *TINY,
    ]

    heed = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(
        program,
        cwd=root,
        env=environment(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed,
    )
    while not (out / "log.csv").exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert re.fullmatch(
        r"python -m trevsnn_lite: Stopped in epoch \d+ of 100000; .*last\.safetensors holds what was done, and .*--resume.*\n",
        errors,
    )
    assert "--resume" in errors and not list(out.glob("*.partial"))


@pytest.mark.slow
def test_two_processes_are_started_and_end_with_the_weights_of_one(folder, tmp_path, root, capsys):
    command = [
        sys.executable,
        "-m",
        "trevsnn_lite",
        "train",
        "--data",
        str(folder),
        "--epochs",
        "1",
        "--seed",
        "3",
        *TINY,
    ]
    assert command_line.main([*command[3:], "--out", str(tmp_path / "1")]) == 0
    alone = capsys.readouterr().out
    ended = subprocess.run(
        [*command, "--out", str(tmp_path / "2"), "--processes", "2"],
        cwd=tmp_path,
        env=environment(root),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    shared = "2 processes share each batch, on"
    assert shared in ended.stdout and shared not in alone
    for said in (alone, ended.stdout):  # the first process speaks for all
        assert len(re.findall(r"test accuracy (\S+)% on 20 images", said)) == 1
    one, two = (
        load_checkpoint(tmp_path / processes / "final.safetensors")["model"]
        for processes in ("1", "2")
    )
    assert all(torch.allclose(one[name], two[name], rtol=1e-3, atol=1e-4) for name in one)


@pytest.mark.slow
def test_processes_that_fail_end_the_command_with_their_code_and_sentence(folder, tmp_path, root):
    out = tmp_path / "run"
    out.mkdir()
    (out / "final.safetensors").mkdir()  # what no process can write to
    command = [
        sys.executable,
        "-m",
        "trevsnn_lite",
        "train",
        "--data",
        str(folder),
        "--epochs",
        "1",
        "--processes",
        "2",
        "--out",
        str(out),
        *TINY,
    ]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment(root), capture_output=True, text=True, timeout=120
    )
    assert (
        ended.returncode == 1
        and "final.safetensors" in ended.stderr
        and "Traceback" not in ended.stderr
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="closes stderr by a shell's syntax")
def test_a_closed_stderr_ends_no_run(folder, tmp_path, root):
    words = [sys.executable, "-m", "trevsnn_lite", "train", "--data", str(folder), "--epochs", "1"]
    command = " ".join([*words, "--out", str(tmp_path / "run"), *TINY])
    ended = subprocess.run(
        f"{command} 2>&-", shell=True, cwd=tmp_path, env=environment(root), capture_output=True
    )
    assert ended.returncode == 0 and b"test accuracy" in ended.stdout


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--processes", "0"], "--processes is 0, expected at least 1"),
        (
            ["--processes", "2", "--device", "meta"],
            "--device is 'meta', expected cpu",
        ),
    ],
)
def test_a_wrong_number_of_processes_is_refused(folder, capsys, given, sentence):
    assert command_line.main(["train", "--data", str(folder), *TINY, *given]) == 2
    assert sentence in capsys.readouterr().err


def test_a_launcher_s_processes_start_none(monkeypatch):
    assert [commands._processes(asked, torch.device("cpu")) for asked in (1, 4)] == [1, 4]
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert commands._processes(2, torch.device("cpu")) == 1
