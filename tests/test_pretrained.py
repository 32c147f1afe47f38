"""Weights by name: packed from a recorded run by tools.weights, loaded by `load_pretrained`, and
refused where anything does not fit."""

import functools
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests.training import tiny
from tools import record_run, weights
from trevsnn_lite import load_pretrained, preset, presets, pretrained
from trevsnn_lite.data import ImageSet, load_events
from trevsnn_lite.data.downloads import sha256_of
from trevsnn_lite.training import load_checkpoint, load_network, train

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A tiny run on images under a known set's name, and its record."""
    root = tmp_path_factory.mktemp("checkout")
    data = tuple(replace(images, name="fashion-mnist-10k") for images in tiny.data())
    result = train(tiny.network(), data, tiny.CONFIG, root / "run", progress=False)
    state = load_checkpoint(result.checkpoint)
    record = {
        "command": "python -m trevsnn_lite train --preset fashion-mini",
        "test_accuracy": 0.64,
        "test_images": 100,
        "seconds": 1234,
        "machine": "a machine of the test",
        "versions": {"python": "3.11.7", "torch": "2.11.0"},
        "engine": 3,
        **json.loads(json.dumps(state["about"])),
        "history": state["history"],
    }
    (root / "data/runs").mkdir(parents=True)
    (root / "data/runs/fashion-mini.json").write_text(json.dumps(record))
    return SimpleNamespace(root=root, folder=root / "run", record=record)


@pytest.fixture
def packed(run, tmp_path, monkeypatch):
    """A checkout of its own with the run's weights in it, from which `load_pretrained` loads."""
    shutil.copytree(run.root, tmp_path, dirs_exist_ok=True)
    weights.pack(run.folder, tmp_path)
    monkeypatch.setattr(pretrained, "FOLDERS", (tmp_path / "data/weights",))
    return tmp_path / "data/weights"


def test_the_loaded_network_is_the_trained_one(run, packed):
    net, trained = load_pretrained("fashion-mini"), load_network(run.folder / "final.safetensors")
    images = tiny.images(30, "test").tensors()[0]
    with torch.no_grad():
        assert torch.equal(net(images), trained(images))
    averaged = load_checkpoint(run.folder / "final.safetensors")["ema"]
    assert all(torch.equal(net.state_dict()[name], value) for name, value in averaged.items())
    assert net.class_names == ("top", "middle", "bottom") and not net.training
    assert load_pretrained("fashion-mini", memory="store").memory == "store"


def test_the_file_holds_weights_and_origin_alone(run, packed):
    held = load_checkpoint(packed / "fashion-mini.safetensors")
    assert list(held) == ["about", "record", "model", "ema"] and held["ema"] is None
    assert held["record"] == {field: run.record[field] for field in weights.OF_RECORD}
    assert sorted(file.name for file in packed.iterdir()) == [
        *("fashion-mini.md", "fashion-mini.safetensors", "index.json"),
    ]
    entry = json.loads((packed / "index.json").read_text())["fashion-mini"]
    file = packed / entry["file"]
    assert entry["bytes"] == file.stat().st_size and entry["sha256"] == sha256_of(file)


def test_the_card_is_written_from_the_record(run, packed):
    text = (packed / "fashion-mini.md").read_text("utf8")
    parameters = sum(p.numel() for p in tiny.network().parameters())
    for words in (
        *("`python -m trevsnn_lite train --preset fashion-mini`", "a machine of the test"),
        *("64.00 % of 100 images (standard error 4.80 points)", "averaged weights"),
        *(
            "1,234 s",
            "4 epochs of 24 images",
            "| seed | 0, one run |",
            f"{parameters:,} parameters",
        ),
        *("python 3.11.7, torch 2.11.0, engine 3", "MIT, copyright 2017 Zalando SE"),
        *("minus 0.286, over 0.353", sha256_of(packed / "fashion-mini.safetensors")),
        *("## Limits", 'load_pretrained("fashion-mini")', "top, middle, bottom"),
    ):
        assert words in text, words
    assert text.startswith("---\nlicense: mit\n")


def test_a_run_on_recordings_is_recorded_and_its_card_says_that_they_are_simulated(
    tmp_path, monkeypatch
):
    def some(split):
        return load_events("simulated-dvs", split, time_steps=2, size=8).take(slice(0, 12))

    settings = {"inputs": "frames", "in_channels": 2, "num_classes": 10}
    folder = tmp_path / "run"
    train(tiny.network(**settings), (some("train"), some("test")), tiny.CONFIG, folder, False)
    monkeypatch.setattr(record_run, "test_set", lambda name, network: some("test"))
    record = record_run.record(folder, "a command", "a machine")
    (tmp_path / "data/runs").mkdir(parents=True)
    (tmp_path / "data/runs/fashion-mini.json").write_text(json.dumps(record))
    weights.pack(folder, tmp_path)
    text = (tmp_path / "data/weights/fashion-mini.md").read_text("utf8")
    for words in (
        *("% of 12 recordings", "4 epochs of 12 recordings", "`simulated-dvs`: simulated", "MIT"),
        *("[2, B, 2, 8, 8], the events", "time_steps=2)[0]", "nothing of a real event camera"),
    ):
        assert words in text, words
    assert "minus" not in text and "ImageNet" not in text.split("## Limits")[0]
    monkeypatch.setattr(pretrained, "FOLDERS", (tmp_path / "data/weights",))
    net, frames = load_pretrained("fashion-mini"), some("test")[0][0]
    assert net.decide(net(frames[:, None])).shape == (1, 10)
    # Weights that do not give the accuracy of their log are not recorded.
    monkeypatch.setattr(record_run, "test_set", lambda name, network: some("train"))
    with pytest.raises(ValueError, match=r"holds weights of test accuracy .*its log says"):
        record_run.record(folder, "a command", "a machine")


def test_a_run_is_recorded_with_the_test_set_of_its_network():
    frames = record_run.test_set("simulated-dvs", preset("events", time_steps=3))
    assert frames.split == "test" and len(frames) == 2_000 and frames[0][0].shape == (3, 2, 34, 34)
    assert isinstance(record_run.test_set("fashion-mnist-10k", preset("fashion")), ImageSet)


def test_a_second_packing_keeps_other_names(run, packed):
    other = {"file": "other.safetensors", "bytes": 1, "sha256": "0"}
    (packed / "index.json").write_text(json.dumps({"other": other}))
    path = weights.pack(run.folder, packed.parents[1])
    held = json.loads((packed / "index.json").read_text())
    assert list(held) == ["fashion-mini", "other"] and held["other"] == other
    assert held["fashion-mini"]["sha256"] == sha256_of(path)


def test_an_altered_truncated_or_missing_file_is_refused(packed):
    path = packed / "fashion-mini.safetensors"
    whole = path.read_bytes()
    for changed in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
        path.write_bytes(changed)
        with pytest.raises(
            ValueError, match="is truncated or altered: its sha256 is [0-9a-f]{64},"
        ):
            load_pretrained("fashion-mini")
    path.unlink()
    with pytest.raises(FileNotFoundError, match="comes with the project's checkout and its wheel"):
        load_pretrained("fashion-mini")


def test_bad_names_and_a_bad_index_are_refused(packed):
    with pytest.raises(ValueError, match="name is 'fashoin', expected one of fashion-mini"):
        load_pretrained("fashoin")
    for text in ("{", "[]", '{"fashion-mini": {}}', '{"fashion-mini": 3}'):
        (packed / "index.json").write_text(text)
        with pytest.raises(ValueError, match=r"index.json is truncated or altered"):
            load_pretrained("fashion-mini")
    (packed / "index.json").write_text("{}")
    with pytest.raises(ValueError, match="expected one of none, for no weights are shipped yet"):
        load_pretrained("fashion")
    (packed / "index.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"no index.json in .*install either again"):
        load_pretrained("fashion")


def test_a_large_file_is_downloaded_once_from_its_release(run, packed, tmp_path, monkeypatch):
    pytest.importorskip("pooch")
    monkeypatch.setattr(weights, "LARGEST", 100)
    with pytest.raises(ValueError, match="takes .* bytes, expected at most 100 in data/weights"):
        weights.pack(run.folder, tmp_path)
    served = tmp_path / "_build/weights"
    handler = functools.partial(Quiet, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/fashion-mini.safetensors"
        path = weights.pack(run.folder, tmp_path, url=address)
        assert path.parent == served
        (packed / "fashion-mini.safetensors").unlink()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        first = load_pretrained("fashion-mini")
        path.write_bytes(b"another file")
        again = load_pretrained("fashion-mini")  # from the cache
        assert torch.equal(first.state_dict()["decay"], again.state_dict()["decay"])
        shutil.rmtree(tmp_path / "cache")
        with pytest.raises(ValueError, match="is not the right one"):
            load_pretrained("fashion-mini")
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


def test_only_the_recorded_run_is_packed(run, tmp_path, capsys):
    for change, words in [
        ({"history": run.record["history"][:-1]}, "history differ"),
        ({"training": run.record["training"] | {"seed": 9}}, "training differ"),
    ]:
        (tmp_path / "data/runs").mkdir(parents=True, exist_ok=True)
        record = json.dumps(run.record | change)
        (tmp_path / "data/runs/fashion-mini.json").write_text(record)
        with pytest.raises(ValueError, match=f"is of another run .*{words}.*record_run.py"):
            weights.pack(run.folder, tmp_path)
    (tmp_path / "data/runs/fashion-mini.json").unlink()
    with pytest.raises(FileNotFoundError, match="expected the run's record"):
        weights.pack(run.folder, tmp_path)
    assert not (tmp_path / "data/weights").exists()
    assert weights.main([str(tmp_path / "no-run")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_data_without_a_known_licence_get_no_card(run, tmp_path, monkeypatch):
    shutil.copytree(run.root, tmp_path, dirs_exist_ok=True)
    monkeypatch.delitem(weights.DATA, "fashion-mnist-10k")
    with pytest.raises(ValueError, match="the run's data are 'fashion-mnist-10k', expected one of"):
        weights.pack(run.folder, tmp_path)


def test_what_is_shipped_loads_and_has_its_card():
    folder, known = pretrained.index()
    assert sorted(known) == ["events", "fashion"]
    for name, entry in known.items():
        net = load_pretrained(name)
        assert entry["bytes"] <= weights.LARGEST
        shape = (1, net.config.in_channels, net.config.image_size, net.config.image_size)
        steps = (net.config.time_steps,) if net.config.inputs == "frames" else ()
        assert net.decide(net(torch.zeros(*steps, *shape))).shape == (1, net.config.num_classes)
        record = json.loads((folder.parent / "runs" / f"{name}.json").read_text("utf8"))
        held = load_checkpoint(folder / entry["file"])
        assert held["record"] == {field: record[field] for field in weights.OF_RECORD}
        for page in ("CHANGELOG.md", *(["book/data.md"] if name == "events" else [])):
            assert f"{100 * record['test_accuracy']:.2f} %" in (ROOT / page).read_text("utf8"), page
        parameters = sum(p.numel() for p in net.parameters())
        assert parameters == presets.parameter_count(name)
        # The address of the project may be another since.
        written, here = (
            re.sub(r"\[[^]]*\]\(https://github.com/\S*", "", text)
            for text in (
                weights.card(name, record, entry, parameters, averaged=True),
                (folder / f"{name}.md").read_text("utf8"),
            )
        )
        assert written == here


def test_the_wheel_brings_what_reads_the_weights():
    """`pip install` of the wheel alone, then `load_pretrained`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    names = {re.match(r"[\w-]+", need)[0] for need in project["dependencies"]}
    used = "import sys, trevsnn_lite; trevsnn_lite.load_pretrained('fashion'); print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", used], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    assert "safetensors" in modules and names == {"torch", "numpy", "safetensors"}
