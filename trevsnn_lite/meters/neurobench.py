"""NeuroBench's harness (Yik et al., 2025) on a folded T-RevSNN: its own counts, of this network.

Given the folded network as it is, the harness is wrong without a word: a layer that the steps share
counts once for each step that holds it, in each of its calls, and spikes are no layers to it, so
that sparsity is 0. Of a network that is not folded it sees the read-out alone.

How it counts, beside `energy`: a layer that a batch feeds with -1, 0 and 1 alone adds, any other
multiplies. So the read-out, which adds up whole numbers here, multiplies there. Its MACs leave out
zeros and borders, which `energy` multiplies. Additions are counted alike."""

from copy import deepcopy
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from trevsnn_lite.deploy.fold import Fire, Folded, fold
from trevsnn_lite.neurons import reset_potential


class NeuroBenchCounts(NamedTuple):
    """What NeuroBench's metrics report, per image."""

    macs: float
    """Effective_MACs: of inputs that are not zero, in layers that meet more than -1, 0 and 1."""
    acs: float
    """Effective_ACs: of inputs that are not zero, in all other layers."""
    dense: float
    """Every weight that has an input, borders left out."""
    sparsity: float
    """Activation sparsity: the share of neurons that do not fire, of those that were asked."""
    footprint: int
    """Bytes of parameters."""


def neurobench_model(net: nn.Module) -> Any:
    """A T-RevSNN, folded (as it is, or by `fold`), as a NeuroBenchModel: for
    neurobench.benchmarks.Benchmark and its metrics. It takes images [B, C, H, W] (frames:
    [B, T, C, H, W]) and gives the prediction's logits [B, K]; `net` stays as it is.

    MembraneUpdates and NeuronOperations look for snntorch's neurons, and find none. Raises
    TypeError for another network, ImportError without the package neurobench."""
    base = require_neurobench()[0]
    folded = deepcopy(net) if isinstance(net, Folded) else fold(net)
    neurons = _seen(folded.cell)
    frames = getattr(folded.config, "inputs", "image") == "frames"

    class Model(base):
        def __init__(self):
            super().__init__()
            self.net = folded

        def __call__(self, batch: Tensor) -> Tensor:
            with torch.no_grad():
                return folded.decide(folded(batch.transpose(0, 1) if frames else batch))

        def __net__(self) -> nn.Module:
            return folded

        def connection_layers(self) -> list[nn.Module]:
            kinds = (nn.Linear, nn.Conv2d)
            return [module for module in folded.modules() if isinstance(module, kinds)]

        def activation_layers(self) -> list[dict]:
            fires = {n: m for n, m in folded.named_modules() if isinstance(m, Fire)} | neurons
            return [{"layer_name": name, "layer": layer} for name, layer in fires.items()]

    return Model()


def neurobench_counts(net: nn.Module, images: Tensor, batch_size: int = 50) -> NeuroBenchCounts:
    """Run NeuroBench's Benchmark on images [N, C, H, W] (frames: [N, T, C, H, W]). Errors as in
    `neurobench_model`; RuntimeError where a metric fails, which NeuroBench itself prints and takes
    for 0."""
    _, Benchmark, metrics = require_neurobench()
    if len(images) == 0:
        raise ValueError("images holds none, expected at least one.")
    labels = torch.zeros(len(images))  # no metric here reads them
    data = torch.utils.data.TensorDataset(images, labels)
    loader = torch.utils.data.DataLoader(data, batch_size)
    found = Benchmark(neurobench_model(net), loader, [], [], metrics).run(quiet=True)
    operations = found["SynapticOperations"]
    if not isinstance(operations, dict):
        raise RuntimeError("NeuroBench's SynapticOperations failed, expected its three counts.")
    return NeuroBenchCounts(
        operations["Effective_MACs"],
        operations["Effective_ACs"],
        operations["Dense"],
        found["ActivationSparsity"],
        found["Footprint"],
    )


class _TurnedOn(nn.Module):
    """The spikes of a cell's turned-on neurons, as a layer that a hook sees."""

    def __init__(self, fire):
        super().__init__()
        self.fire = fire

    def forward(self, v: Tensor) -> Tensor:
        return self.fire(v)


def _seen(cell: nn.Module) -> dict[str, nn.Module]:
    """Put a layer that a hook sees where `cell` fires. A reset, which asks a neuron of the step
    before again, goes around it."""
    rule = cell.fire
    layer = _TurnedOn(rule)
    # Instance attributes, not submodules: methods of the class would come first.
    object.__setattr__(cell, "fire", layer)
    object.__setattr__(cell, "after_reset", partial(_after_reset, cell, rule))
    return {"turned on": layer}


def _after_reset(cell: nn.Module, rule, v: Tensor) -> Tensor:
    return v if cell.reset == "none" else reset_potential(v, rule(v), cell.reset, cell.threshold)


def require_neurobench() -> tuple:
    """(NeuroBenchModel, Benchmark, the metrics), imported when asked for; ImportError, with what to
    type, where the package is missing."""
    try:
        from neurobench.benchmarks import Benchmark
        from neurobench.metrics.static import Footprint
        from neurobench.metrics.workload import ActivationSparsity, SynapticOperations
        from neurobench.models import NeuroBenchModel
    except ImportError as error:
        raise ImportError(
            f"NeuroBench's counts need the package neurobench ({error}): pip install neurobench."
        ) from None
    return NeuroBenchModel, Benchmark, [[Footprint], [ActivationSparsity, SynapticOperations]]
