"""Table 5, the scaled residual (ReZero; Fig. 4, U + alpha F(U)): convergence from alpha = 0 and
with alpha = 1, and the signal through depth at the start."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import torch
from torch import nn

from trevsnn_lite import TRevSNN, TRevSNNConfig
from trevsnn_lite.blocks import BasicBlock
from trevsnn_lite.experiments import plots

from .pictures import pictures
from .record import Bench, Experiment, Quoted
from .seeds import by_seed, cell, difference, in_words
from .training_runs import CIFAR, FASHION, LARGE, LONG, QUICK, SMALL, arms_by_seed, train_network

RULES = {
    "alpha from 0": (0.0, True, 1.0),
    "alpha from 1": (1.0, True, 1.0),
    "no alpha": (1.0, False, 1.0),
    "no alpha, half rate": (1.0, False, 0.5),
}
"""Start of alpha, whether it is learnt, and the learning rate in units of the recipe's: ReZero; a
control that starts where a plain network stands; the plain
network; and the plain network with a smaller rate, since the recipe was chosen for ReZero."""

SETTINGS = {
    "smoke": {
        **FASHION,
        "train_images": 20,
        "test_images": 20,
        "seeds": 1,
        "level": 0.2,
        "depth": 4,
        "network": {**SMALL, "widths": (4, 6), "time_steps": 2},
        "recipe": {**QUICK, "epochs": 2},
    },
    "cpu": {
        **FASHION,
        "train_images": 1000,
        "test_images": 1000,
        "seeds": 3,
        "level": 0.7,
        "depth": 16,
        "network": {**SMALL, "time_steps": 2, "blocks_per_level": 3},
        "recipe": {**QUICK, "epochs": 8, "batch_size": 50, "ema_decay": 0.0},
    },
    "gpu": {
        **CIFAR,
        "seeds": 5,
        "level": 0.7,
        "depth": 32,
        "network": {**LARGE, "blocks_per_level": 3},
        "recipe": {**LONG, "ema_decay": 0.0, "evaluate_every": 1},
    },
}


def arms(settings: dict, seed: int) -> list[dict]:
    return arms_by_seed(settings, seed, "rule", RULES)


def with_alpha(start: float, learnt: bool) -> Callable[[nn.Module], None]:
    """What sets every block's alpha of a network, and stops its learning where it is not learnt."""

    def prepare(net: nn.Module) -> None:
        for block in net.modules():
            if isinstance(block, BasicBlock):
                with torch.no_grad():
                    block.alpha.fill_(start)
                block.alpha.requires_grad_(learnt)

    return prepare


@torch.no_grad()
def variances(bench: Bench, rule: str, seed: int) -> list[float]:
    """Variance of the potential after 0, 1, ..., depth blocks of one level at the start, over 50
    encoded images."""
    network = bench.settings["network"]
    config = replace(
        TRevSNNConfig(**network),
        blocks_per_level=bench.settings["depth"],
        widths=network["widths"][:1],
        time_steps=1,
    )
    net = TRevSNN(config, seed=seed)
    with_alpha(*RULES[rule][:2])(net)
    _, test = pictures(bench, bench.settings["change"])
    images, _ = test.take(slice(None, None, max(1, len(test) // 50))).tensors()
    u = net.encoder[0](images)
    found = [u.var().item()]
    for block in net.subnets[0][0].blocks:
        u = block(u)
        found.append(u.var().item())
    return found


def epochs_to(curve: list[float], level: float) -> float | None:
    """The epochs until a test curve (one value an epoch) first reaches `level`, with a straight
    line between epochs; None if it never does."""
    points = [0.0, *curve]
    for epoch, (before, after) in enumerate(pairwise(points)):
        if after >= level:
            return epoch + (level - before) / (after - before)
    return None


def measure(bench: Bench, arm: dict) -> dict:
    start, learnt, rate = RULES[arm["rule"]]
    lr = rate * bench.settings["recipe"]["lr"]
    found = train_network(
        bench, arm["seed"], bench.settings["network"], with_alpha(start, learnt), lr=lr
    )
    level = bench.settings["level"]
    return {
        **found,
        "level": level,
        "epochs_to_level": epochs_to(found["test_curve"], level),
        "variances": variances(bench, arm["rule"], arm["seed"]),
    }


def of_rule(done: list[dict], rule: str) -> list[dict]:
    return [arm for arm in done if arm["rule"] == rule]


def table(done: list[dict]) -> list[list[str]]:
    level, depth = done[0]["level"], len(done[0]["variances"]) - 1
    rows = [
        [
            "residual branch",
            "seeds",
            f"epochs to {level:.0%}",
            "reached by",
            "test accuracy at the end, %",
            f"variance after {depth} blocks / before",
        ]
    ]
    for rule in RULES:
        found = of_rule(done, rule)
        epochs = [arm["epochs_to_level"] for arm in found if arm["epochs_to_level"] is not None]
        growth = [arm["variances"][-1] / arm["variances"][0] for arm in found]
        accuracy = [100 * arm["test_accuracy"] for arm in found]
        rows.append(
            [
                rule,
                str(len(found)),
                cell(epochs, 2) if epochs else "never",
                f"{len(epochs)} of {len(found)}",
                cell(accuracy),
                cell(growth),
            ]
        )
    return rows


def verdict(done: list[dict]) -> str:
    said = []
    for rule in list(RULES)[1:]:
        if any(
            arm["epochs_to_level"] is None
            for arm in of_rule(done, "alpha from 0") + of_rule(done, rule)
        ):
            said.append(
                f"{rule} minus alpha from 0: not every seed reached "
                f"{done[0]['level']:.0%}, so the epochs cannot be compared"
            )
        else:
            found = difference(
                *(by_seed(done, "epochs_to_level", rule=name) for name in (rule, "alpha from 0"))
            )
            said.append(
                f"to reach {done[0]['level']:.0%}, {rule} minus alpha from 0 "
                f"{in_words(found, 'epochs', 2)}"
            )
        final = difference(
            *(by_seed(done, "test_accuracy", 100.0, rule=name) for name in (rule, "alpha from 0"))
        )
        said.append(f"in accuracy at the end {in_words(final, 'points')}")
    return "; ".join(said) + "."


def draw(done: list[dict]):
    made, axes = plots.figure(columns=2, width=3.6)
    learning, signal = axes[0]
    for colour, rule in enumerate(RULES):
        curves = [[100 * value for value in arm["test_curve"]] for arm in of_rule(done, rule)]
        plots.band(learning, range(1, len(curves[0]) + 1), curves, rule, colour)
        growth = [
            [value / arm["variances"][0] for value in arm["variances"]]
            for arm in of_rule(done, rule)
        ]
        if rule != "no alpha, half rate":  # at the start the rate has done nothing
            plots.band(
                signal,
                range(len(growth[0])),
                growth,
                rule,
                colour,
                line="--" if rule == "no alpha" else "-",
            )
    learning.axhline(100 * done[0]["level"], color="#4d4d4d", lw=0.8, ls=":")
    learning.set(
        title="Convergence (band: lowest to highest seed)",
        xlabel="epoch",
        ylabel="test accuracy, %",
    )
    signal.set(
        title="Potential through a new stack of blocks",
        xlabel="blocks",
        ylabel="variance, relative to the input",
    )
    learning.legend()
    return made


EXPERIMENT = Experiment(
    title="Table 5: the scaled residual (ReZero) and convergence",
    shows="test accuracy by epoch, epochs to a given accuracy, and the potential's variance "
    "through a stack of blocks at the start, "
    "for alpha from 0, alpha from 1 and no alpha, the last also at half the learning rate",
    cannot="ImageNet, 100 epochs, or the best recipe for each: a longer warm-up and other rates "
    "than two are not tried. The paper has one run of each, and does not say whether its scale "
    "starts at 0; the authors' code starts its scale, one per channel, at 1, so that Table 5 may "
    "compare other things than these.",
    paper=(
        Quoted(
            "ImageNet: with the scaled residual 68.6%, and 60% after 25 epochs; without 68.3%, "
            "and 60% after 32",
            "arXiv v1, Table 5",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
