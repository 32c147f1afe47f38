"""What the experiment `released` measures on each arm: parameters, memory, times and gradients
under each strategy, a short training."""

import warnings

import torch

from trevsnn_lite.config import preset
from trevsnn_lite.meters.time import side_by_side
from trevsnn_lite.presets import build
from trevsnn_lite.reversible import MEMORY_STRATEGIES, ReconstructionWarning
from trevsnn_lite.training import TrainConfig

from .contenders import accuracy, bytes_of_step, fit, network, parameters, step_of
from .pictures import pictures
from .record import Bench

PRESETS = {
    "released-tiny": "15.2M",
    "released-small": "29.8M",
    "paper-384": "15.2M",
    "paper-512": "29.8M",
}
"""The networks at full size, with the paper's numbers of parameters."""


def measure(bench: Bench, arm: dict) -> dict:
    if arm.get("measured") == "parameters":
        return {"full_size": {name: full_size(name) for name in PRESETS}}
    if arm.get("measured") == "time":
        return {"times": times(bench, arm["seed"])}
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ReconstructionWarning
        )  # that undoing without a tape fails is what is shown
        if arm.get("measured") == "memory":
            return {"memory": memory(bench, arm["network"], arm["seed"])}
        if arm.get("measured") == "gradients":
            return {"errors": gradient_errors(bench, arm["network"], arm["seed"])}
    contender = given(bench, arm["network"], bench.settings["T"][0], "taped")
    training, test = pictures(bench, bench.settings["change"])
    net = network(contender, arm["seed"]).to(bench.device)
    fit(net, contender, training, TrainConfig(**bench.settings["recipe"], seed=arm["seed"]))
    return {"test_accuracy": accuracy(net, test), "parameters": parameters(contender)}


def given(bench: Bench, name: str, steps: int, memory: str) -> dict:
    return {**bench.settings["contenders"][name], "time_steps": steps, "memory": memory}


def full_size(name: str) -> dict:
    """Parameters of a preset, all and, for a released one, without those that are gone at
    inference: three heads, and the classifier that merges."""
    with torch.device("meta"):
        net = build(preset(name))
    count = sum(parameter.numel() for parameter in net.parameters())
    gone = [*net.heads[:-1], net.heads[-1][1]] if name.startswith("released") else []
    return {
        "parameters": count,
        "deployed": count
        - sum(parameter.numel() for part in gone for parameter in part.parameters()),
    }


def batch(bench: Bench) -> tuple[torch.Tensor, torch.Tensor]:
    training, _ = pictures(bench, bench.settings["change"])
    images, labels = training.take(
        slice(None, None, max(1, len(training) // bench.settings["metered_images"]))
    ).tensors()
    count = bench.settings["metered_images"]
    return images[:count].to(bench.device), labels[:count].to(bench.device)


def memory(bench: Bench, name: str, seed: int) -> dict:
    """Strategy -> for each T [peak, kept] bytes an image."""
    images, labels = batch(bench)
    found = {strategy: [] for strategy in MEMORY_STRATEGIES}
    for strategy in MEMORY_STRATEGIES:
        for steps in bench.settings["T"]:
            contender = given(bench, name, steps, strategy)
            both = bytes_of_step(
                network(contender, seed).to(bench.device), contender, images, labels
            )
            found[strategy].append([count / len(images) for count in both])
    return found


def times(bench: Bench, seed: int) -> dict:
    """Network -> strategy -> [seconds of a step at the first T, spread], all side by side."""
    images, labels = batch(bench)
    steps = {}
    for name in bench.settings["contenders"]:
        for strategy in MEMORY_STRATEGIES:
            contender = given(bench, name, bench.settings["T"][0], strategy)
            steps[name, strategy] = step_of(
                network(contender, seed).to(bench.device), contender, images, labels
            )
    found = side_by_side(steps, bench.settings["rounds"])
    return {
        name: {strategy: list(found[name, strategy]) for strategy in MEMORY_STRATEGIES}
        for name in bench.settings["contenders"]
    }


def gradient_errors(bench: Bench, name: str, seed: int) -> dict:
    """Strategy -> for each T, for each random network, |gradient - store's| / |store's| over all
    parameters."""
    images, labels = batch(bench)
    found = {strategy: [[] for _ in bench.settings["T"]] for strategy in MEMORY_STRATEGIES[1:]}
    for column, steps in enumerate(bench.settings["T"]):
        for weights in range(seed, seed + bench.settings["weights"]):
            gradients = {}
            for strategy in MEMORY_STRATEGIES:
                contender = given(bench, name, steps, strategy)
                net = opened(network(contender, weights)).to(bench.device)
                step_of(net, contender, images, labels)()
                gradients[strategy] = torch.cat(
                    [p.grad.flatten() for p in net.parameters() if p.grad is not None]
                )
            for strategy in found:
                error = (gradients[strategy] - gradients["store"]).norm() / gradients[
                    "store"
                ].norm()
                found[strategy][column].append(error.item() if error.isfinite() else 1e9)
    return found


def opened(net: torch.nn.Module) -> torch.nn.Module:
    """With ReZero's scales at 0.5, so that gradients reach every branch of a new network; the
    released network's start at 1."""
    with torch.no_grad():
        for part, parameter in net.named_parameters():
            if part.endswith(".alpha") and parameter.dim() == 0:
                parameter.fill_(0.5)
    return net
