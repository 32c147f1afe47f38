"""ONNX files run by onnxruntime, on real images; and exports that fail."""

import numpy as np
import pytest
import torch

from tests.trained_like import trained_like
from trevsnn_lite import TRevSNN, preset, spike_tape
from trevsnn_lite.data import load_images
from trevsnn_lite.deploy.export import export_onnx
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.presets import build
from trevsnn_lite.spike_tape import leak_and_add


def trained_net(**changes):
    return trained_like(
        TRevSNN(
            preset("fashion-mini", **{"widths": (8, 12), "time_steps": 2} | changes),
            memory="store",
            seed=0,
        )
    )


def real_images(count):
    return load_images("fashion-mnist-10k", "test").take(range(count)).tensors()[0]


def outputs(path, images):
    run = pytest.importorskip("onnxruntime").InferenceSession(
        path, providers=["CPUExecutionProvider"]
    )
    return run.run(["logits"], {"images": images.numpy()})[0]


def check_equal(found, expected):
    assert found.shape == expected.shape and expected.std() > 0.1
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    assert (found.mean(0).argmax(-1) == expected.mean(0).argmax(-1)).all()


def test_onnxruntime_gives_the_same_logits_on_real_images_for_any_batch(tmp_path):
    pytest.importorskip("onnxscript")
    net = trained_net(reset="soft")
    path = export_onnx(net, tmp_path / "net.onnx")
    assert [file.name for file in tmp_path.iterdir()] == ["net.onnx"]
    for count in (1, 16):
        images = real_images(count)
        check_equal(outputs(path, images), net(images).detach().numpy())
    assert net(images).std(1).mean() > 0.05  # images that the network tells apart
    assert (
        b".py" not in path.read_bytes()
    )  # the exporter's notes on where each line stands on this machine


def test_merged_pairs_and_a_fixed_batch(tmp_path):
    pytest.importorskip("onnxscript")
    net, images = trained_net(time_steps=1), real_images(3)
    path = export_onnx(fold(net, merge_pairs=True), str(tmp_path / "net.onnx"), batch=3)
    check_equal(outputs(path, images), net(images).detach().numpy())
    with pytest.raises(Exception, match="Got invalid dimensions|INVALID_ARGUMENT"):
        outputs(path, images[:2])


@pytest.mark.filterwarnings("ignore::FutureWarning")  # from within torch's exporter
def test_the_grid_of_potentials_is_the_runtime_s_too_ties_included(tmp_path):
    pytest.importorskip("onnxscript")

    class Snap(torch.nn.Module):
        def forward(self, images):
            return leak_and_add(images, torch.tensor(0.5), images * 0)

    grid = spike_tape.GRID[torch.float32]
    units = torch.cat(
        [
            torch.arange(-9.0, 10.0),
            1e6 * torch.randn(200, generator=torch.Generator().manual_seed(0)).round(),
        ]
    )  # odd ones end halfway
    torch.onnx.export(
        Snap().eval(),
        (units * grid,),
        tmp_path / "snap.onnx",
        dynamo=True,
        input_names=["images"],
        output_names=["logits"],
        verbose=False,
    )
    found = outputs(tmp_path / "snap.onnx", units * grid)
    assert (
        torch.from_numpy(found) == (units / 2).round() * grid
    ).all()  # torch rounds half to even


def test_a_failed_export_leaves_what_was_there(tmp_path, monkeypatch):
    pytest.importorskip("onnxscript")

    def half(program, path, **settings):
        with open(path, "wb") as file:
            file.write(b"half")
        raise RuntimeError("disk full")

    monkeypatch.setattr(torch.onnx.ONNXProgram, "save", half)
    (tmp_path / "net.onnx").write_bytes(b"earlier")
    with pytest.raises(RuntimeError, match="disk full"):
        export_onnx(trained_net(), tmp_path / "net.onnx")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [
        ("net.onnx", b"earlier")
    ]


def test_bad_input(tmp_path):
    with pytest.raises(FileNotFoundError, match="whose folder does not exist"):
        export_onnx(trained_net(), tmp_path / "nowhere" / "net.onnx")
    with pytest.raises(ValueError, match="batch is 0, expected None for any batch"):
        export_onnx(trained_net(), tmp_path / "net.onnx", batch=0)
    with pytest.raises(ValueError, match="net computes in torch.float64, expected torch.float32"):
        export_onnx(trained_net().double(), tmp_path / "net.onnx")
    with pytest.raises(TypeError, match="net is a Linear, expected a TRevSNN"):
        export_onnx(torch.nn.Linear(2, 2), tmp_path / "net.onnx")
    with (
        torch.device("meta"),
        pytest.raises(
            ValueError, match="net holds 2.2 GiB of weights, expected less than the 2 GiB"
        ),
    ):
        export_onnx(fold(build(preset("released-small")), merge_pairs=True), tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []
