"""NeuroBench's counts of folded networks, taken apart: they are ours but for the zeros, borders and
whole numbers that the two treat differently."""

import sys

import pytest
import torch
from torch import nn

from tests.trained_like import active_net, trained_like
from trevsnn_lite import build, preset
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.meters.energy import energy, reach
from trevsnn_lite.meters.neurobench import neurobench_counts, neurobench_model

pytest.importorskip("neurobench")
NETS = {
    "the paper's": {},
    "own weights, soft reset, T read-outs": {
        "sharing": "none", "reset": "soft", "read_out": "every",
    },
    "MS-ResNet's blocks": {"block": "ms-resnet", "feedback": "none"},
}  # fmt: skip


def images(count=6):
    pixels = torch.randn(count, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    return pixels.relu()  # half of them zero


def taken_apart(net, pixels):
    """(MACs, additions, dense) by NeuroBench's convention, from our own hooks: an input that is not
    zero counts once for each output that it reaches."""
    macs = acs = dense = 0.0

    def hook(layer, args, _):
        nonlocal macs, acs, dense
        x = args[0].double()
        reached = reach(layer, () if isinstance(layer, nn.Linear) else x.shape[-2:])
        found = float(((x != 0) * reached).sum())
        dense += float((torch.ones_like(x) * reached).sum())
        if bool(((x == 0) | (x == 1)).all()):
            acs += found
        else:
            macs += found

    handles = [
        module.register_forward_hook(hook)
        for module in net.modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    ]
    with torch.no_grad():
        net(pixels)
    for handle in handles:
        handle.remove()
    return [value / len(pixels) for value in (macs, acs, dense)]


@pytest.mark.parametrize("merge_pairs", [False, True])
@pytest.mark.parametrize("changes", NETS.values(), ids=NETS)
def test_the_counts_are_those_of_our_own_hooks(changes, merge_pairs):
    folded = fold(active_net(time_steps=3, **changes), merge_pairs=merge_pairs)
    found = neurobench_counts(folded, images())
    wanted = taken_apart(folded, images())
    assert [found.macs, found.acs, found.dense] == pytest.approx(wanted, rel=1e-6)
    ours = energy(folded, images())
    integers = sum(layer.synaptic for layer in ours.layers if layer.inputs == "integers")
    assert integers > 0 and found.acs == pytest.approx(ours.ac - integers, rel=1e-6)
    assert found.dense < ours.macs, "borders"


def test_layers_that_steps_share_count_once_for_each_call():
    """Wrapped plainly, the harness hooks a shared layer once for each step that holds it."""
    from neurobench.models import TorchModel

    folded = fold(active_net(time_steps=3))
    plain, ours = TorchModel(folded).connection_layers(), neurobench_model(folded)
    layers = ours.connection_layers()
    assert len(layers) == len(set(layers)) == len(set(plain)) < len(plain)
    names = [layer.name for layer in energy(folded, images()).layers]
    assert len(names) == len(layers)


def test_sparsity_is_the_share_of_neurons_that_do_not_fire():
    """Every neuron once: the hidden ones of each block, and the turned-on ones of each level and
    step, of the last level where it is read; a reset does not ask again."""
    for reset in ("none", "soft"):
        net = active_net(time_steps=3, widths=(6, 8), reset=reset)
        folded, silent, asked = fold(net), 0, 0

        def see(module, args, output):
            nonlocal silent, asked
            silent, asked = silent + int((output == 0).sum()), asked + output.numel()

        model = neurobench_model(folded)
        handles = [layer["layer"].register_forward_hook(see) for layer in model.activation_layers()]
        model(images())
        for handle in handles:
            handle.remove()
        hidden = 3 * (6 + 12) * 144 + 3 * (8 + 16) * 144  # both of a block's, at each step
        turned_on = 3 * 6 * 144 + 1 * 8 * 144
        assert asked == 6 * (hidden + turned_on)
        assert neurobench_counts(folded, images()).sparsity == pytest.approx(silent / asked)
        assert 0.05 < silent / asked < 0.95


def test_the_model_gives_the_networks_prediction_and_leaves_the_network_as_it_is():
    net = active_net(time_steps=2, read_out="every")
    folded = fold(net)
    before = dict(folded.cell.__dict__)
    with torch.no_grad():
        wanted = net.decide(net(images()))
    for given in (net, folded):
        assert torch.allclose(neurobench_model(given)(images()), wanted, atol=1e-5)
    assert folded.cell.__dict__ == before


def test_frames_come_with_the_batch_first():
    net = active_net(time_steps=2, inputs="frames", in_channels=3)
    frames = torch.randn(2, 4, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = net.decide(net(frames))
    found = neurobench_model(net)(frames.transpose(0, 1))
    assert torch.allclose(found, wanted, atol=1e-5)
    assert neurobench_counts(net, frames.transpose(0, 1)).acs > 0


def test_the_released_network_too():
    net = trained_like(build(preset("released-tiny", widths=(4, 4, 6, 6), num_classes=5), seed=0))
    pixels = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    folded = fold(net.eval())
    found = neurobench_counts(folded, pixels)
    assert [found.macs, found.acs, found.dense] == pytest.approx(
        taken_apart(folded, pixels), rel=1e-6
    )


def test_bad_input(monkeypatch):
    with pytest.raises(TypeError, match="net is a Linear, expected a TRevSNN"):
        neurobench_counts(nn.Linear(2, 2), torch.zeros(1, 2))
    with pytest.raises(ValueError, match="images holds none, expected at least one"):
        neurobench_counts(active_net(), images(0))
    from neurobench.metrics.workload import SynapticOperations

    def fails(self, *args):
        raise ArithmeticError("told nobody")

    with monkeypatch.context() as broken:
        broken.setattr(SynapticOperations, "__call__", fails)
        with pytest.raises(RuntimeError, match="SynapticOperations failed"):
            neurobench_counts(active_net(), images(2))
    monkeypatch.setitem(sys.modules, "neurobench.benchmarks", None)
    with pytest.raises(ImportError, match=r"need the package neurobench .*: pip install neurob"):
        neurobench_model(active_net())
