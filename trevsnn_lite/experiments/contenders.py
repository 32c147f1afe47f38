"""What Tables 1, 2, 3, 6 set side by side: networks by name with the rule that makes their
gradients, their training, and what one step of it costs."""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from trevsnn_lite import ReleasedConfig, ReleasedTRevSNN, TRevSNN, TRevSNNConfig
from trevsnn_lite.baselines import reversible_depth
from trevsnn_lite.baselines.gradient_rules import RULES
from trevsnn_lite.baselines.spiking_resnet import SpikingResNet, SpikingResNetConfig
from trevsnn_lite.baselines.srevsnn import SRevSNN, SRevSNNConfig
from trevsnn_lite.blocks import MSResNetBlock
from trevsnn_lite.data import batches
from trevsnn_lite.meters.memory import step_memory
from trevsnn_lite.training.recipes import (
    LOSSES,
    TrainConfig,
    clip_gradients,
    learning_rate,
    make_optimizer,
)


class Branch(MSResNetBlock):
    """alpha * F(U) without the shortcut: what a coupling over depth adds."""

    def forward(self, u: Tensor) -> Tensor:
        return self.branch(u, self.alpha)


class Couplings(nn.Module):
    """`count` blocks of S-RevSNN's form, U1 += F(U2), U2 += G(U1), on the halves of a potential
    [B, C, H, W]: training keeps their output alone."""

    def __init__(self, channels: int, count: int, **block):
        super().__init__()
        self.blocks = nn.ModuleList(
            reversible_depth.Coupling(
                Branch(channels // 2, **block), Branch(channels // 2, **block)
            )
            for _ in range(count)
        )

    def forward(self, u: Tensor) -> Tensor:
        return reversible_depth.run(self.blocks, u)


class ReversibleTwice(TRevSNN):
    """T-RevSNN whose levels are undone over depth as well, as Table 6 has it in its last row. Each
    sub-network has its own blocks, whatever `sharing`. The widths are even."""

    def __init__(self, config: TRevSNNConfig, memory: str = "taped", seed: int | None = None):
        super().__init__(config, memory, seed)
        names = ("kernel_size", "expansion", "threshold", "surrogate")
        block = {name: getattr(config, name) for name in names}
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            for levels in self.subnets:
                for level, width in zip(levels, config.widths):
                    level.blocks = Couplings(width, config.blocks_per_level, **block)


KINDS = {
    "t-revsnn": (TRevSNN, TRevSNNConfig),
    "reversible twice": (ReversibleTwice, TRevSNNConfig),
    "resnet": (SpikingResNet, SpikingResNetConfig),
    "s-revsnn": (SRevSNN, SRevSNNConfig),
    "released": (ReleasedTRevSNN, ReleasedConfig),
}
OWN = ("kind", "rule", "k", "memory", "loss")
"""The fields of a contender that are not its network's: {"kind": "resnet", "rule": "sltt",
"widths": ...}."""


def network(contender: Mapping, seed: int = 0) -> nn.Module:
    """The network that a contender names, with weights from `seed`."""
    net, config = KINDS[contender["kind"]]
    given = {name: value for name, value in contender.items() if name not in OWN}
    memory = {"memory": contender["memory"]} if "memory" in contender else {}
    return net(config(**given), seed=seed, **memory)


def parameters(contender: Mapping) -> int:
    """Trainable parameters, counted without allocating them."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in network(contender).parameters())


def gradients(
    net: nn.Module,
    contender: Mapping,
    inputs: Tensor,
    labels: Tensor,
    generator: torch.Generator | None = None,
    judge: Callable | None = None,
) -> Tensor:
    """Add a batch's gradients to the parameters, by the contender's rule or, where it has none, by
    its network's own memory strategy.

    inputs [B, C, H, W], or frames [T, B, C, H, W] -> logits [T, B, K], detached. `judge` stands in
    for the contender's loss, "tet" unless named, which a rule takes of each step and averages: the
    same number. Of a network that reads its last step alone it judges that."""
    judge = judge or LOSSES[contender.get("loss", "tet")]
    if "rule" not in contender:
        logits = net(inputs)
        judge(logits, labels).backward()
        return logits.detach()
    frames = inputs if inputs.dim() == 5 else inputs.expand(contender["time_steps"], *inputs.shape)
    options = {"decay": net.config.decay} if RULES[contender["rule"]].traced else {}
    options |= {"k": contender["k"], "generator": generator} if "k" in contender else {}
    return RULES[contender["rule"]](
        net,
        frames,
        labels,
        loss=lambda logits, target: judge(logits.unsqueeze(0), target),
        **options,
    ).logits


def fit(net: nn.Module, contender: Mapping, training, recipe: TrainConfig) -> None:
    """Train in place. Of `recipe` counts what concerns one process in float32 without averaged
    weights; its loss is the contender's own."""
    device = next(net.parameters()).device
    optimizer, generator = make_optimizer(net, recipe), torch.Generator().manual_seed(recipe.seed)
    steps = math.ceil(len(training) / recipe.batch_size)
    net.train()
    for epoch in range(recipe.epochs):
        for step, (inputs, labels) in enumerate(
            batches(training, recipe.batch_size, recipe.seed, epoch, recipe.augment)
        ):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(epoch * steps + step, steps, recipe)
            optimizer.zero_grad()
            gradients(net, contender, inputs.to(device), labels.to(device), generator)
            clip_gradients(net, recipe)
            optimizer.step()


@torch.no_grad()
def accuracy(net: nn.Module, images, batch_size: int = 200) -> float:
    """The share in [0, 1] of images, or recordings, that the network answers rightly: by its own
    `decide`, else by the mean of its logits over T."""
    device, correct = next(net.parameters()).device, 0
    net.eval()
    for inputs, labels in batches(images, batch_size, seed=0, epoch=0, shuffle=False):
        logits = net(inputs.to(device))
        answer = net.decide(logits) if hasattr(net, "decide") else logits.mean(0)
        correct += int((answer.argmax(1).cpu() == labels).sum())
    return correct / len(images)


def step_of(
    net: nn.Module, contender: Mapping, inputs: Tensor, labels: Tensor
) -> Callable[[], None]:
    """One step of training without the optimiser: gradients made anew at each call, of a rule that
    draws with the same draws."""

    def step() -> None:
        net.zero_grad(set_to_none=True)
        gradients(net, contender, inputs, labels, torch.Generator().manual_seed(0))

    return step


def bytes_of_step(
    net: nn.Module, contender: Mapping, inputs: Tensor, labels: Tensor
) -> tuple[int, int]:
    """(peak, kept) bytes of one step beside parameters and their gradients: the most at once, and
    what lies there when the last backward pass begins."""
    step = step_of(net, contender, inputs, labels)
    step()  # what is allocated once for all steps is no step's
    net.zero_grad(set_to_none=True)
    peak = step_memory(step, inputs.device).peak
    return peak, _kept(net, contender, inputs, labels)


class _Halted(Exception):
    pass


class _Halt(torch.autograd.Function):
    """The identity; its backward pass counts down and stops training at nought."""

    @staticmethod
    def forward(ctx, loss: Tensor, left: list[int]) -> Tensor:
        ctx.left = left
        return loss.clone()

    @staticmethod
    def backward(ctx, grad: Tensor):
        ctx.left.pop()
        if not ctx.left:
            raise _Halted
        return grad, None


def _kept(net: nn.Module, contender: Mapping, inputs: Tensor, labels: Tensor) -> int:
    """Halt the step where its last backward pass begins. The exception that is kept holds the
    frames, and they all that waits for that pass."""
    rule = RULES.get(contender.get("rule"))
    passes = (
        1 if rule is None or rule.through_time else contender.get("k", contender.get("time_steps"))
    )
    left, exceptions = list(range(passes)), []

    def judge(logits: Tensor, target: Tensor) -> Tensor:
        return _Halt.apply(LOSSES["tet"](logits, target), left)

    def halted() -> None:
        try:
            gradients(net, contender, inputs, labels, torch.Generator().manual_seed(0), judge)
        except _Halted as stopped:
            exceptions.append(stopped)

    net.zero_grad(set_to_none=True)
    kept = step_memory(halted, inputs.device).kept
    exceptions.clear()
    made = sum(
        parameter.grad.nbytes for parameter in net.parameters() if parameter.grad is not None
    )
    net.zero_grad(set_to_none=True)
    return kept - made
