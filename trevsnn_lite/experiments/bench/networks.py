"""What is set side by side: the released network and the paper's, opened, under each way to train
them; SpikingJelly's methods on a network of the same shape."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from trevsnn_lite.config import ReleasedConfig, TRevSNNConfig, preset
from trevsnn_lite.losses import released_heads
from trevsnn_lite.meters import inference
from trevsnn_lite.presets import build
from trevsnn_lite.released.network import ReleasedTRevSNN
from trevsnn_lite.reversible import MEMORY_STRATEGIES, advance

from .rows import Made, Steps, on_cuda

METHODS = (*MEMORY_STRATEGIES, "checkpoint")
"""Ours, and torch's checkpointing of each step of `store`."""
SPIKINGJELLY = ("BPTT", "memopt level 1", "OTTT", "SLTT")
LIF = {"decay": 0.5, "threshold": 0.5}


def config(
    name: str, widths: tuple[int, ...], image_size: int, steps: int
) -> TRevSNNConfig | ReleasedConfig:
    """ "released" or "paper", of these widths, with ten classes. Heads of the released network are
    those of deep supervision where T allows it."""
    changes = {"widths": widths, "image_size": image_size, "time_steps": steps, "num_classes": 10}
    if name == "released":
        return preset(
            "released-tiny", **changes, **({} if steps % 4 == 0 else {"deep_supervision": False})
        )
    return preset("paper-384", **changes)


def at_budget(
    given: TRevSNNConfig | ReleasedConfig, steps: int, budget: int, multiple: int = 1
) -> TRevSNNConfig | ReleasedConfig:
    """As `meters.inference.at_budget`, with widths that are multiples of `multiple`: a GPU's fast
    kernels want 8, and would tell an odd width's fault, not T's."""
    nearest = inference.at_budget(given, steps, budget)
    if multiple == 1:
        return nearest
    factors = [0.9 + 0.004 * step for step in range(51)]
    tried = {
        tuple(max(2, round(factor * width / multiple) * multiple) for width in nearest.widths)
        for factor in factors
    }
    return min(
        (replace(nearest, widths=widths) for widths in tried),
        key=lambda config: abs(inference.parameters(config) - budget),
    )


def network(
    given: TRevSNNConfig | ReleasedConfig, memory: str, seed: int, device: str = "cpu"
) -> nn.Module:
    """The network with the residual branches opened (alpha = 0.5), so that gradients reach
    everything."""
    net = build(given, memory, seed)
    if not isinstance(net, ReleasedTRevSNN):
        with torch.no_grad():
            for name, parameter in net.named_parameters():
                if name.endswith("alpha"):
                    parameter.fill_(0.5)
    return net.to(device)


def batch(
    given: TRevSNNConfig | ReleasedConfig, count: int, seed: int, device: str = "cpu"
) -> tuple[Tensor, Tensor]:
    """Unit normal images [B, 3, H, W] and labels [B]."""
    random = torch.Generator().manual_seed(seed)
    images = torch.randn(
        count, given.in_channels, given.image_size, given.image_size, generator=random
    )
    return images.to(device), torch.randint(0, given.num_classes, (count,), generator=random).to(
        device
    )


def training_step(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    forward: Callable[[Tensor], Tensor] | None = None,
) -> Callable[[], None]:
    """Forwards and backwards, from gradients that are None; no optimiser. forward: in place of the
    network's own."""
    run = net if forward is None else forward  # a compiled network has no truth value
    judge = (
        released_heads
        if isinstance(net, ReleasedTRevSNN) and net.config.deep_supervision
        else lambda logits, target: cross_entropy(logits.mean(0), target)
    )

    def step() -> None:
        net.zero_grad(set_to_none=True)
        judge(run(images), labels).backward()

    return step


def checkpointed(net: nn.Module) -> Callable[[Tensor], Tensor]:
    """The forward pass of `net` under "store", each step inside torch's checkpoint: it keeps the
    potentials of all steps and computes each step again."""

    def forward(images: Tensor) -> Tensor:
        inputs = (
            net.stem(images.contiguous(memory_format=torch.channels_last))
            if isinstance(net, ReleasedTRevSNN)
            else images
        )
        states, outputs = (), []
        for t in range(net.steps):
            *states, output = checkpoint(step, t, inputs, *states, use_reentrant=False)
            outputs += [] if output is None else [output]
        return torch.stack(outputs)

    def step(t: int, inputs: Tensor, *old: Tensor):
        new: list[Tensor] = []
        for level in range(net.levels):
            new.append(advance(net, t, level, inputs, new, old)[1])
        return *new, net.read_out(t, new[-1])

    return forward


def own_steps(
    given: TRevSNNConfig | ReleasedConfig,
    count: int,
    seed: int,
    device: str = "cpu",
    methods: Sequence[str] = METHODS,
) -> Steps:
    """For each of METHODS: what makes its network and training step."""
    return {method: partial(_own, given, method, count, seed, device) for method in methods}


def _own(
    given: TRevSNNConfig | ReleasedConfig, method: str, count: int, seed: int, device: str
) -> Made:
    net = network(given, "store" if method == "checkpoint" else method, seed, device)
    return net, training_step(
        net,
        *batch(given, count, seed, device),
        checkpointed(net) if method == "checkpoint" else None,
    )


def mixed_steps(given: TRevSNNConfig | ReleasedConfig, count: int, seed: int, device: str) -> Steps:
    """`store` and `taped` as they are, and in mixed precision: bfloat16 wherever torch's autocast
    takes it."""
    plain = own_steps(given, count, seed, device, ("store", "taped"))
    return plain | {
        f"{name}, bfloat16": partial(_mixed, make, *batch(given, count, seed, device))
        for name, make in plain.items()
    }


def _mixed(make: Callable[[], Made], images: Tensor, labels: Tensor) -> Made:
    net, _ = make()

    def forward(shown: Tensor) -> Tensor:
        with torch.autocast(shown.device.type, torch.bfloat16):
            return net(shown).float()

    return net, training_step(net, images, labels, forward)


def compiled_steps(
    given: TRevSNNConfig | ReleasedConfig, count: int, seed: int, device: str, **options
) -> Steps:
    """`store`, compiled whole by torch at its first call. options: of torch.compile."""
    make = own_steps(given, count, seed, device)["store"]
    return {
        "store, torch.compile": partial(
            _compiled, make, *batch(given, count, seed, device), options
        )
    }


def _compiled(make: Callable[[], Made], images: Tensor, labels: Tensor, options: dict) -> Made:
    net, _ = make()
    return net, training_step(net, images, labels, torch.compile(net, **options))


def layers_of_the_same_shape(
    given: TRevSNNConfig | ReleasedConfig, seed: int
) -> list[nn.Module | None]:
    """Our convolutions in a row, one set for all steps, with a LIF neuron (None) wherever ours
    spike; no shortcuts and no paths from above."""
    torch_seeded = torch.Generator().manual_seed(seed)
    layers, below = [nn.Conv2d(given.in_channels, given.widths[0], 7, 4, 3), None], given.widths[0]
    for level, width in enumerate(given.widths):
        if level:
            layers += [nn.Conv2d(below, width, 3, 2, 1), None]
        for _ in range(2):
            depthwise = [
                nn.Conv2d(
                    width, width, given.kernel_size, padding=given.kernel_size // 2, groups=width
                )
                for _ in range(2)
            ]
            layers += [
                depthwise[0],
                nn.Conv2d(width, 4 * width, 1),
                None,
                nn.Conv2d(4 * width, width, 1),
                depthwise[1],
                None,
            ]
        below = width
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(below, given.num_classes)]
    for layer in layers:
        for parameter in () if layer is None else layer.parameters():
            scale = parameter[0].numel() ** -0.5 if parameter.dim() > 1 else 0.1
            parameter.data.normal_(0.0, 2.0 * scale, generator=torch_seeded)
    return layers


def spikingjelly_steps(
    given: TRevSNNConfig | ReleasedConfig, count: int, seed: int, device: str = "cpu"
) -> Steps:
    """As `own_steps` for SpikingJelly's LIF neurons on `layers_of_the_same_shape`, in channels-last
    as ours.

    On CUDA also with a surrogate for which SpikingJelly has a fused kernel; for the rectangle it
    has none."""
    layers = [
        layer if layer is None else layer.to(device)
        for layer in layers_of_the_same_shape(given, seed)
    ]
    images, labels = batch(given, count, seed, device)
    images = images.contiguous(memory_format=torch.channels_last)
    frames = images.expand(given.time_steps, *images.shape)
    made = {
        "BPTT": partial(_at_once, layers, frames, labels),
        "memopt level 1": partial(_at_once, layers, frames, labels, memopt=1),
    }
    if on_cuda(device):
        made["BPTT, arctan"] = partial(_at_once, layers, frames, labels, surrogate="arctan")
    return made | {
        rule: partial(_online, layers, rule.lower(), frames, labels) for rule in ("OTTT", "SLTT")
    }


def _at_once(layers: list[nn.Module | None], frames: Tensor, labels: Tensor, **options) -> Made:
    from trevsnn_lite.baselines.peers import all_steps_at_once

    net = all_steps_at_once(layers, frames, **LIF, **options)
    return net, training_step(net, frames, labels)


def _online(layers: list[nn.Module | None], rule: str, frames: Tensor, labels: Tensor) -> Made:
    """A backward pass after every step, of its loss / T: what OTTT and SLTT are for."""
    from trevsnn_lite.baselines.peers import at_rest, stack_of_nodes

    net = stack_of_nodes(layers, rule, **LIF)

    def step() -> None:
        net.zero_grad(set_to_none=True)
        at_rest(net)
        for x in frames:
            (cross_entropy(net(x), labels) / len(frames)).backward()
        at_rest(net)

    return net, step


def zoo_step(
    zoo: str, given: TRevSNNConfig | ReleasedConfig, count: int, seed: int, device: str = "cpu"
) -> Steps:
    """As `own_steps` for a network of SpikingJelly's zoo, on the images and for the steps of
    `given`."""

    def make() -> Made:
        from trevsnn_lite.baselines.peers import peer

        net = peer(zoo, given.num_classes, given.time_steps, given.image_size, seed=seed).to(device)
        return net, training_step(net, *batch(given, count, seed, device))

    return {zoo: make}
