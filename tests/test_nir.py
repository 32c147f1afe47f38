"""NIR files, read back by nir and run by nirtorch: the network's own logits; and what NIR cannot
express."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from tests.trained_like import active_net, trained_like
from trevsnn_lite import TRevSNN, preset
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.deploy.nir import export_nir, nir_graph
from trevsnn_lite.presets import build

WRITABLE = {
    "no feedback": {"feedback": "none"},
    "T read-outs, soft reset, own weights": {
        "feedback": "none", "read_out": "every", "reset": "soft", "sharing": "none",
    },
    "feedback between levels of one size": {"widths": (6, 8)},
    "a stem of two convolutions": {"feedback": "none", "stem_stride": 4},
    "MS-ResNet's blocks": {"feedback": "none", "block": "ms-resnet", "blocks_per_level": 2},
    "one step": {"time_steps": 1},
}  # fmt: skip


class Above(nn.Module):
    def __init__(self, edge: np.ndarray):
        super().__init__()
        self.edge = nn.Parameter(torch.from_numpy(edge))

    def forward(self, x):
        return (x > self.edge).to(x)


class Times(nn.Module):
    def __init__(self, factor: np.ndarray):
        super().__init__()
        self.factor = nn.Parameter(torch.from_numpy(factor))

    def forward(self, x):
        return x * self.factor


def runs(path):
    """The file as nirtorch runs it, images [B, C, H, W] -> [B, K]."""
    nir, nirtorch = pytest.importorskip("nir"), pytest.importorskip("nirtorch")
    more = {
        nir.Threshold: lambda node: Above(node.threshold),
        nir.Scale: lambda node: Times(node.scale),
    }
    network = nirtorch.nir_to_torch(nir.read(path), more)

    def run(images):
        with torch.no_grad():
            return network(images)[0].flatten(1)

    return run


def images(net, count=8):
    size = net.config.image_size
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("changes", WRITABLE.values(), ids=WRITABLE)
def test_a_file_gives_the_networks_logits(changes, tmp_path):
    net = active_net(**{"time_steps": 3} | changes)
    path = export_nir(net, tmp_path / "net.nir")
    assert [file.name for file in tmp_path.iterdir()] == ["net.nir"]
    with torch.no_grad():
        wanted = net.decide(net(images(net)))
    found = runs(path)(images(net))
    assert wanted.std(0).mean() > 0.05, "images that the network does not tell apart"
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max()


def test_merged_pairs(tmp_path):
    net = active_net(time_steps=2, feedback="none")
    found = runs(export_nir(fold(net, merge_pairs=True), tmp_path / "net.nir"))(images(net))
    with torch.no_grad():
        wanted = net.decide(net(images(net)))
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max()


def test_what_comes_down_between_levels_of_one_size_is_in_the_file(tmp_path):
    net = active_net(time_steps=3, widths=(6, 8))
    before = runs(export_nir(net, tmp_path / "net.nir"))(images(net))
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if ".ups." in name and name.endswith("gain"):
                parameter.fill_(5.0)
    after = runs(export_nir(net, tmp_path / "net.nir"))(images(net))
    with torch.no_grad():
        wanted = net.decide(net(images(net)))
    assert (after - wanted).abs().max() <= 1e-5 * wanted.abs().max()
    assert (after - before).abs().max() > 0.05


def test_a_potential_at_its_threshold_fires(tmp_path):
    net = active_net(time_steps=1, widths=(6,), blocks_per_level=1)
    graph = nir_graph(net)
    nir = pytest.importorskip("nir")
    edges = [node.threshold for node in graph.nodes.values() if isinstance(node, nir.Threshold)]
    half = np.float32(0.5)
    assert len(edges) == 3 and all((half > edge).all() for edge in edges)
    assert all((np.nextafter(half, np.float32(-1)) <= edge).all() for edge in edges)


def test_the_steps_share_no_node_and_nothing_recurs():
    """A graph without time: every edge goes forward in the order in which nodes were added."""
    graph = nir_graph(active_net(time_steps=3, feedback="none"))
    order = {name: place for place, name in enumerate(graph.nodes)}
    assert all(order[source] < order[target] for source, target in graph.edges)
    assert sum("encoder" in name for name in graph.nodes) == 3


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, "feedback is 'next-level', which enlarges level 1's maps from 6 to 12 pixels for"),
        ({"feedback": "all-levels"}, "feedback is 'all-levels', which enlarges"),
        ({"feedback": "none", "reset": "hard"}, "reset is 'hard', expected 'none' or 'soft'"),
        ({"inputs": "frames", "feedback": "none"}, "inputs is 'frames', expected 'image'"),
    ],
)
def test_what_nir_cannot_express_is_refused_in_a_sentence(changes, words, tmp_path):
    (tmp_path / "net.nir").write_bytes(b"earlier")
    with pytest.raises(ValueError, match=words):
        export_nir(active_net(time_steps=2, **changes), tmp_path / "net.nir")
    assert (tmp_path / "net.nir").read_bytes() == b"earlier"


def test_bad_input(tmp_path, monkeypatch):
    net = active_net(time_steps=2, feedback="none")
    with pytest.raises(TypeError, match="net is a ReleasedTRevSNN, expected a TRevSNN"):
        nir_graph(build(preset("released-tiny", widths=(2, 2, 2, 2)), seed=0))
    with pytest.raises(TypeError, match="net is a Linear, expected a TRevSNN"):
        nir_graph(nn.Linear(2, 2))
    with pytest.raises(FileNotFoundError, match="whose folder does not exist"):
        export_nir(net, tmp_path / "nowhere" / "net.nir")
    monkeypatch.setitem(sys.modules, "nir", None)
    with pytest.raises(ImportError, match="need the package nir: pip install nir"):
        nir_graph(net)


def test_a_network_in_double_precision(tmp_path):
    net = trained_like(
        TRevSNN(
            preset("fashion-mini", widths=(6, 8), time_steps=2, feedback="none"),
            memory="store",
            seed=0,
        ).double()
    )
    nir = pytest.importorskip("nir")
    graph = nir.read(export_nir(net, tmp_path / "net.nir"))
    kinds = {node.weight.dtype for node in graph.nodes.values() if isinstance(node, nir.Conv2d)}
    assert kinds == {np.dtype("float64")}
