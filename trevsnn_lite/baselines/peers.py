"""Peers from SpikingJelly 2.0: the networks of Table 2 and 3, its neurons on our layers, and its
operation counters. The only file that imports it."""

import importlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn


class PeerEntry(NamedTuple):
    """A network of the model zoo: its family, its options, and the parameters (in millions, 1000
    classes) that its authors state, if they do."""

    family: str
    options: dict
    stated: float | None


def at_rest(net: nn.Module) -> None:
    """Forget the potentials of a network of SpikingJelly's neurons; ImportError where SpikingJelly
    is missing."""
    _spikingjelly("functional").reset_net(net)


def _transformers(family: str, sizes: dict[str, float]) -> dict[str, PeerEntry]:
    entries = {}
    for size, stated in sizes.items():
        depth, width = map(int, size.split("-"))
        heads = (
            8 if family == "sdt" or width == 512 else 12
        )  # the count of parameters does not depend on it
        entries[f"{family}-{size}"] = PeerEntry(
            family, {"depths": depth, "embed_dims": width, "num_heads": heads}, stated
        )
    return entries


# From Spikformer's table for ImageNet, as SEW-ResNet's below. Those of the Spike-driven Transformer
# and MS-ResNet are not confirmed in their papers.
_STATED = {"8-384": 16.81, "6-512": 23.37, "8-512": 29.68, "10-512": 36.01, "8-768": 66.34}
PEERS: dict[str, PeerEntry] = {
    **{
        f"sew-resnet-{n}": PeerEntry("sew", {"depth": n}, stated)
        for n, stated in {18: None, 34: 21.79, 50: 25.56, 101: 44.55, 152: 60.19}.items()
    },
    "ms-resnet-10": PeerEntry("ms", {"layers": (1, 1, 1, 1)}, None),
    "ms-resnet-18": PeerEntry("ms", {"layers": (2, 2, 2, 2)}, 11.69),
    "ms-resnet-34": PeerEntry("ms", {"layers": (3, 4, 6, 3)}, 21.80),
    **{f"spiking-vgg-{n}": PeerEntry("vgg", {"depth": n}, None) for n in (11, 13, 16, 19)},
    **_transformers("spikformer", _STATED),
    **_transformers("sdt", {"2-256": None, **_STATED}),
}


def peer(
    name: str,
    num_classes: int = 1000,
    time_steps: int = 4,
    image_size: int = 224,
    *,
    in_channels: int = 3,
    seed: int = 0,
) -> nn.Module:
    """A network of SpikingJelly's model zoo, with random weights from `seed`: images [B, C, H, W]
    or frames [T, B, C, H, W] -> logits [T, B, K].

    Images of 64 or fewer pixels a side give the transformers patches of 4 x 4 pixels, larger ones
    of 16 x 16, as their authors do for CIFAR and ImageNet.
    Under torch.device("meta") it has shapes and no numbers, which is enough to count parameters.
    Raises ValueError for a name that is not in PEERS."""
    if name not in PEERS:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(PEERS)}.")
    for field, value in {
        "num_classes": num_classes,
        "time_steps": time_steps,
        "in_channels": in_channels,
    }.items():
        if value < 1:
            raise ValueError(f"{field} is {value}, expected at least 1.")
    if image_size < 32:
        raise ValueError(f"image_size is {image_size}, expected at least 32 pixels.")
    build, read_out = _FAMILIES[PEERS[name].family]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = build(PEERS[name].options, num_classes, time_steps, image_size, in_channels)
    _spikingjelly("functional").set_step_mode(net, "m")
    return _Peer(net, time_steps, read_out)


class _Peer(nn.Module):
    """A network of the zoo in multi-step mode, at rest before and after every call: the potentials
    of a batch are dropped when its logits are returned."""

    def __init__(
        self, net: nn.Module, time_steps: int, read_out: Callable[[nn.Module, Tensor], Tensor]
    ):
        super().__init__()
        self.net, self.time_steps, self._read_out = net, time_steps, read_out

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, C, H, W], at each step, or frames [T, B, C, H, W] -> logits [T, B, K]."""
        if images.dim() not in (4, 5) or (images.dim() == 5 and len(images) != self.time_steps):
            raise ValueError(
                f"images have the shape {list(images.shape)}, expected [B, C, H, W] or "
                f"[{self.time_steps}, B, C, H, W]."
            )
        frames = (
            images if images.dim() == 5 else images.unsqueeze(0).repeat(self.time_steps, 1, 1, 1, 1)
        )
        at_rest(self.net)
        try:
            return self._read_out(self.net, frames)
        finally:
            at_rest(self.net)


def _sew(options, num_classes, time_steps, image_size, in_channels) -> nn.Module:
    """SEW-ResNet (Fang et al., 2021) with ADD shortcuts and the integrate-and-fire neurons of its
    ImageNet runs."""
    neuron, surrogate = _spikingjelly("neuron"), _spikingjelly("surrogate")
    build = getattr(_spikingjelly("model.sew_resnet"), f"sew_resnet{options['depth']}")
    net = build(
        num_classes=num_classes,
        cnf="ADD",
        spiking_neuron=neuron.IFNode,
        detach_reset=True,
        surrogate_function=surrogate.ATan(),
    )
    if in_channels != 3:
        net.conv1 = _spikingjelly("layer").Conv2d(
            in_channels, 64, 7, stride=2, padding=3, bias=False
        )
    return net


def _vgg(options, num_classes, time_steps, image_size, in_channels) -> nn.Module:
    """VGG with BatchNorm and LIF neurons in the place of ReLU."""
    build = getattr(_spikingjelly("model.spiking_vgg"), f"spiking_vgg{options['depth']}_bn")
    net = build(
        num_classes=num_classes, spiking_neuron=_spikingjelly("neuron").LIFNode, detach_reset=True
    )
    if in_channels != 3:
        net.features[0] = _spikingjelly("layer").Conv2d(in_channels, 64, 3, padding=1)
    return net


def _ms(options, num_classes, time_steps, image_size, in_channels) -> nn.Module:
    """MS-ResNet (Hu et al., 2024). The surrogate of the authors' code is 1 within 1/2 of the
    threshold; the zoo's default is 2 within 1/4."""
    surrogate = _spikingjelly("surrogate").Rect(alpha=1.0)
    return _spikingjelly("model.ms_resnet").MSResNet(
        time_steps, in_channels, num_classes, surrogate_function=surrogate, **options
    )


def _spikformer(options, num_classes, time_steps, image_size, in_channels) -> nn.Module:
    """Spikformer (Zhou et al., 2023)."""
    size = {
        "img_size_h": image_size,
        "img_size_w": image_size,
        "patch_size": 4 if image_size <= 64 else 16,
        "num_classes": num_classes,
    }
    return _spikingjelly("model.spikformer").Spikformer(time_steps, in_channels, **size, **options)


def _sdt(options, num_classes, time_steps, image_size, in_channels) -> nn.Module:
    """Spike-driven Transformer (Yao et al., 2023), its first version."""
    net = _spikingjelly("model.spike_driven_transformer").SpikeDrivenTransformer
    return net(
        time_steps,
        in_channels,
        num_classes,
        pooling_stat="0011" if image_size <= 64 else "1111",
        detach_reset=True,
        **options,
    )


def _ms_logits(net: nn.Module, frames: Tensor) -> Tensor:
    """MSResNet.forward without its mean over time."""
    x = net.layer4(net.layer3(net.layer2(net.layer1(net.stem(frames)))))
    return net.head(net.avgpool(net.head_lif(x)).flatten(2))


def _sdt_logits(net: nn.Module, frames: Tensor) -> Tensor:
    """SpikeDrivenTransformer.forward without its mean over time."""
    x = net.patch_embed(frames)
    for block in net.blocks:
        x = block(x)
    return net.head(net.head_lif(x.flatten(3).mean(-1)))


def _logits(net: nn.Module, frames: Tensor) -> Tensor:
    return net(frames)


_FAMILIES = {
    "sew": (_sew, _logits),
    "vgg": (_vgg, _logits),
    "ms": (_ms, _ms_logits),
    "spikformer": (_spikformer, _logits),
    "sdt": (_sdt, _sdt_logits),
}
NODES = {"stbp": "LIFNode", "ottt": "OTTTLIFNode", "sltt": "SLTTLIFNode"}


def stack_of_nodes(
    layers: Sequence[nn.Module | None],
    rule: str,
    *,
    decay: float,
    threshold: float = 1.0,
    reset: str = "soft",
    surrogate: str = "rectangle",
):
    """SpikingJelly's network of the same layers (copied, with their weights) as
    gradient_rules.Stack(layers, ...): its neurons where `layers` holds None.

    rule: "stbp", "ottt" or "sltt". The module is in single-step mode, x[t] [B, ...] -> logits [B,
    K], and keeps its potentials until functional.reset_net.
    In these conventions: tau = 1 / (1 - decay), so 0 < decay < 1; decay_input=False, for our
    current holds the factor 1/tau already; v_reset is None for the
    soft reset and 0 for the hard one; detach_reset=False, for STBP keeps the reset's gradient (the
    others cut the whole path from step to step)."""
    node, container = (
        _node(rule, decay, threshold, reset, surrogate),
        _spikingjelly("layer").OTTTSequential if rule == "ottt" else nn.Sequential,
    )
    return container(*(deepcopy(layer) if layer is not None else node() for layer in layers))


def _node(
    rule: str, decay: float, threshold: float, reset: str, surrogate: str, **options
) -> Callable[[], nn.Module]:
    """What makes SpikingJelly's neurons of a rule in these conventions (see `stack_of_nodes`)."""
    if rule not in NODES:
        raise ValueError(f"rule is {rule!r}, expected one of {', '.join(NODES)}.")
    if reset not in ("soft", "hard"):
        raise ValueError(
            f"reset is {reset!r}, expected soft or hard: SpikingJelly's nodes have no "
            "neuron without a reset."
        )
    if not 0.0 < decay < 1.0:
        raise ValueError(f"decay is {decay}, expected a number between 0 and 1.")
    kind = getattr(_spikingjelly("neuron"), NODES[rule])
    options |= {
        "decay_input": False,
        "v_threshold": threshold,
        "detach_reset": False,
        "tau": 1.0 / (1.0 - decay),
        "v_reset": None if reset == "soft" else 0.0,
    }
    return lambda: kind(surrogate_function=_surrogate(surrogate), **options)


class _Together(nn.Sequential):
    """Layers up to the next neurons, and these: what SpikingJelly's optimiser checkpoints."""


def all_steps_at_once(
    layers: Sequence[nn.Module | None],
    frames: Tensor,
    memopt: int = 0,
    *,
    decay: float,
    threshold: float = 1.0,
    surrogate: str = "rectangle",
) -> nn.Module:
    """`stack_of_nodes(layers, "stbp", ...)` in multi-step mode: frames [T, B, C, H, W] -> logits
    [T, B, K], at rest before every call.

    memopt: the level of SpikingJelly's optimize_memory (1: spikes as bits and checkpoints at the
    layers of neurons), which looks at one pass of `frames`."""
    node, over_time, parts = (
        _node("stbp", decay, threshold, "soft", surrogate, step_mode="m"),
        _spikingjelly("layer").SeqToANNContainer,
        [[]],
    )
    for layer in layers:
        parts = [*parts, []] if layer is None else [*parts[:-1], [*parts[-1], deepcopy(layer)]]
    net = _Peer(
        nn.Sequential(
            *(_Together(over_time(*part), node()) for part in parts[:-1]), over_time(*parts[-1])
        ),
        len(frames),
        _logits,
    )
    return (
        _spikingjelly("memopt").optimize_memory(
            net, _Together, lambda module: module(frames), level=memopt
        )
        if memopt
        else net
    )


def _surrogate(name: str) -> nn.Module:
    """SpikingJelly's surrogate with the same h as ours of that name (spikes.SURROGATES)."""
    ours = {
        "rectangle": ("Rect", 1.0),
        "arctan": ("ATan", 2.0),
        "sigmoid": ("Sigmoid", 4.0),
        "triangle": ("PiecewiseQuadratic", 1.0),
    }
    if name not in ours:
        raise ValueError(f"surrogate is {name!r}, expected one of {', '.join(ours)}.")
    return getattr(_spikingjelly("surrogate"), ours[name][0])(alpha=ours[name][1])


class OperationCounts(NamedTuple):
    """Operations of one forward pass. `synaptic`: additions that a spike triggers (AC); `macs`:
    multiply-accumulates; `layers`: both, for each layer."""

    synaptic: int
    macs: int
    layers: dict[str, tuple[int, int]]


def operation_counts(net: nn.Module, inputs: Tensor) -> OperationCounts:
    """Counts by SpikingJelly's SynOpCounter and MACCounter while net(inputs) runs once without
    gradients, in the mode that the net is in.

    A matrix product or convolution is synaptic where its input holds only 0 and 1 (a padded
    position adds nothing), and multiplies elsewhere
    (padded positions count): so do SEW-ADD's sums of spikes and pooled spikes. Normalisation, which
    folds into weights, counts as nothing."""
    counter = _spikingjelly("op_counter")
    synaptic, macs = (
        counter.SynOpCounter(),
        counter.MACCounter(
            extra_ignore_modules=[nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm]
        ),
    )
    with torch.no_grad(), counter.DispatchCounterMode([synaptic, macs]):
        net(inputs)
    by_layer = [found.get_counts() for found in (synaptic, macs)]
    scopes = [
        scope
        for scope in {**by_layer[0], **by_layer[1]}
        if scope.startswith(root := type(net).__name__ + ".")
    ]
    layers = {
        scope.removeprefix(root): tuple(sum(found.get(scope, {}).values()) for found in by_layer)
        for scope in scopes
    }
    return OperationCounts(synaptic.get_total(), macs.get_total(), layers)


def _spikingjelly(module: str):
    """A module of spikingjelly.activation_based; ImportError with the command that installs it."""
    try:
        return importlib.import_module(f"spikingjelly.activation_based.{module}")
    except ModuleNotFoundError as error:
        raise ImportError(
            f"trevsnn_lite.baselines.peers needs the package {error.name}: pip install "
            "spikingjelly torchaudio."
        ) from error
