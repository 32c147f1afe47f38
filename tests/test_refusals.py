"""Wrong values into the networks, the rules, the losses and the neurons: one sentence that names the
argument, what came, and what is expected."""

import math

import pytest
import torch
from torch import nn

from tests.networks import small_net
from trevsnn_lite import SpikeConv2d, build, losses, preset, spike
from trevsnn_lite.baselines import gradient_rules, reversible_depth
from trevsnn_lite.baselines.conversion import convert, relu_cnn
from trevsnn_lite.baselines.spiking_resnet import SpikingResNet, SpikingResNetConfig
from trevsnn_lite.baselines.srevsnn import SRevSNN, SRevSNNConfig
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.neurons import lif_step
from trevsnn_lite.released.network import ReleasedTRevSNN

IMAGES = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
BASELINE = {"widths": (4, 8), "in_channels": 3, "image_size": 16, "num_classes": 5}
RELEASED = {"widths": (4, 4, 4, 4), "image_size": 16, "num_classes": 3}
NETWORKS = {
    "TRevSNN": small_net,
    "released": lambda: build(preset("released-tiny", **RELEASED), seed=0),
    "folded": lambda: fold(small_net().eval()),
    "SRevSNN": lambda: SRevSNN(SRevSNNConfig(**BASELINE), seed=0),
    "SpikingResNet": lambda: SpikingResNet(SpikingResNetConfig(**BASELINE), seed=0),
    "converted": lambda: convert(relu_cnn(3, 5, 16, seed=0), IMAGES),
}
WRONG_IMAGES = {
    "NaN": (IMAGES * math.nan, ValueError, "images holds 1536 NaN or infinite values, expected"),
    "infinite": (IMAGES / 0, ValueError, "images holds 1536 NaN or infinite values, expected"),
    "double": (IMAGES.double(), TypeError, "images has the dtype torch.float64, expected torch.fl"),
    "half": (
        IMAGES.half(),
        TypeError,
        "images has the dtype torch.float16, expected torch.float32",
    ),
    "bytes": (
        IMAGES.to(torch.uint8),
        TypeError,
        "images has the dtype torch.uint8, expected torch",
    ),
    "booleans": (IMAGES > 0, TypeError, "images has the dtype torch.bool, expected torch.float32"),
    "complex": (IMAGES * 1j, TypeError, "images has the dtype torch.complex64, expected torch.fl"),
    "sparse": (IMAGES.to_sparse(), TypeError, "images is torch.sparse_coo, expected a dense tens"),
    "elsewhere": (IMAGES.to("meta"), ValueError, "images is on meta, expected cpu, where the netw"),
    "none": (IMAGES[:0], ValueError, r"images has the shape \[0, 3, 16, 16\], expected"),
    "no tensor": (
        None,
        (TypeError, ValueError),
        "images (is a NoneType|has the shape).*, expected",
    ),
}


@pytest.mark.parametrize("kind", WRONG_IMAGES)
@pytest.mark.parametrize("network", NETWORKS)
def test_images(network, kind):
    images, error, said = WRONG_IMAGES[kind]
    with pytest.raises(error, match=said):
        NETWORKS[network]().eval()(images)


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_of_half_precision(network):
    with pytest.raises(TypeError, match="the network is of torch.bfloat16, expected torch.float32"):
        NETWORKS[network]().eval().bfloat16()(IMAGES.bfloat16())


@pytest.mark.parametrize("kind", ["SRevSNN", "SpikingResNet", "released"])
def test_one_value_a_channel_in_training(kind):
    make = {
        "SRevSNN": lambda: SRevSNN(SRevSNNConfig(**BASELINE | {"image_size": 1})),
        "SpikingResNet": lambda: SpikingResNet(SpikingResNetConfig(**BASELINE | {"image_size": 2})),
        "released": NETWORKS["released"],
    }[kind]
    net = make()
    image = IMAGES[:1, :, : net.config.image_size, : net.config.image_size]
    with pytest.raises(ValueError, match="one value a channel for BatchNorm.*or net.eval"):
        net.train()(image)
    assert net.eval()(image).isfinite().all()


def test_states():
    net = small_net()
    _, states = net(IMAGES, return_states=True)
    states = [v.detach() for v in states]
    for wrong, said in (
        ([v.double() for v in states], r"states\[0\] is a torch.float64, expected a tensor of"),
        ([None, *states[1:]], r"states\[0\] is a NoneType, expected a tensor of torch.float32"),
        ({0: states[0]}, "states is a dict, expected a tuple of potentials"),
    ):
        with pytest.raises(TypeError, match=said):
            net(IMAGES, wrong)
    with pytest.raises(FloatingPointError, match="the potential of level 0 is NaN or infinite"):
        net(IMAGES, [v * math.nan for v in states])


def test_configurations_of_another_network():
    for kind in (SRevSNN, SpikingResNet, ReleasedTRevSNN):
        for config in (None, preset("fashion-mini")):
            with pytest.raises(TypeError, match=f"config is a {type(config).__name__}, expected a"):
                kind(config)
    with pytest.raises(TypeError, match="preset is a NoneType, expected a name"):
        preset(None)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_losses(name):
    loss, logits, target = losses.LOSSES[name], torch.randn(2, 3, 5), torch.tensor([0, 1, 2])
    for wrong, said in (
        ((None, target), "logits is a NoneType, expected a torch.Tensor"),
        ((logits, [0, 1, 2]), "target is a list, expected a torch.Tensor"),
        ((logits.long(), target), "logits holds torch.int64, expected floats"),
        ((logits, target, math.nan), r"label_smoothing is nan, expected a number in \[0, 1\]"),
        ((logits, target, 1.5), r"label_smoothing is 1.5, expected a number in \[0, 1\]"),
        ((logits, target, "0.1"), r"label_smoothing is '0.1', expected a number in \[0, 1\]"),
    ):
        with pytest.raises((TypeError, ValueError), match=said):
            loss(*wrong)


def test_rules():
    stack = gradient_rules.Stack([nn.Flatten(), nn.Linear(768, 4), None], decay=0.5)
    frames, target = IMAGES.expand(3, *IMAGES.shape), torch.tensor([0, 1])
    with pytest.raises(TypeError, match="inputs is a list, expected a torch.Tensor"):
        gradient_rules.stbp(stack, list(frames), target)
    with pytest.raises(ValueError, match="inputs holds NaN or infinite values, expected finite"):
        gradient_rules.stbp(stack, frames * math.nan, target)
    for k in (True, 1.0, 4):
        with pytest.raises(ValueError, match=f"k is {k}, expected a number of steps from 1 to 3"):
            gradient_rules.sltt_k(stack, frames, target, k=k, generator=torch.Generator())
    with pytest.raises(ValueError, match="decay is nan, expected a finite number"):
        gradient_rules.Stack([nn.Linear(2, 2), None], decay=math.nan)


def test_neurons_and_layers():
    v = torch.zeros(2)
    for make, said in (
        (lambda: spike([0.1]), "potential is a list, expected a torch.Tensor of real numbers"),
        (lambda: spike(v * 1j), "potential is a torch.complex64, expected a torch.Tensor of real"),
        (lambda: spike(v, math.nan), "threshold is nan, expected a finite number"),
        (lambda: spike(v, True), "threshold is True, expected a number"),
        (lambda: SpikeConv2d(1, 1, 3, threshold=nn.Parameter(v[0])), "where it is learnt, write"),
        (lambda: lif_step(v, v, decay=math.inf), "decay is inf, expected a finite number"),
        (lambda: lif_step(v, v, decay="0.5"), "decay is '0.5', expected a number"),
    ):
        with pytest.raises((TypeError, ValueError), match=said):
            make()


def test_chains_over_depth():
    with pytest.raises(TypeError, match="x is a list, expected a torch.Tensor"):
        reversible_depth.run([], [IMAGES])
    with pytest.raises(TypeError, match="blocks holds a Linear, expected Couplings alone"):
        reversible_depth.run([nn.Linear(2, 2)], torch.zeros(1, 2))
