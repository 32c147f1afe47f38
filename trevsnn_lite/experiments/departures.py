"""What each departure from the paper's network costs or gains: own weights everywhere, feedback
from all levels or none, T read-outs, a last level of stride 2; and what the links through time are
for."""

import torch

from trevsnn_lite import TRevSNN, TRevSNNConfig
from trevsnn_lite.experiments import plots
from trevsnn_lite.losses import LOSSES
from trevsnn_lite.meters.memory import step_memory

from .pictures import pictures
from .record import Bench, Experiment, Quoted
from .seeds import by_seed, cell, difference, in_words
from .training_runs import CIFAR, FASHION, LARGE, LONG, QUICK, SMALL, arms_by_seed, train_network

PAPERS, CUT, WIDER = "the paper's, T = 4", "links cut (one step)", "one step, wider"

NETWORKS = {
    PAPERS: {},
    "the paper's, T = 2": {"time_steps": 2},
    "the paper's, T = 8": {"time_steps": 8},
    CUT: {"time_steps": 1},
    WIDER: {"time_steps": 1, "widen": 2},
    "own weights": {"sharing": "none"},
    "all levels feed back": {"feedback": "all-levels"},
    "no feedback": {"feedback": "none"},
    "T read-outs": {"read_out": "every"},
    "T read-outs, TET": {"read_out": "every", "loss": "tet"},
    "last level of stride 2": {"last_stride": 2},
}
"""What each changes; T = 4 unless it says so. Where only the last step is read, a network whose
links through time are cut answers by its last sub-network alone, whatever T: that is the network of
one step. `WIDER`: the same of about the paper's parameters, its widths times `widen`."""

SETTINGS = {
    "smoke": {
        **FASHION,
        "train_images": 20,
        "test_images": 20,
        "seeds": 1,
        "metered_images": 4,
        "network": {**SMALL, "widths": (4, 6)},
        "recipe": {**QUICK, "epochs": 1},
    },
    "cpu": {
        **FASHION,
        "train_images": 2000,
        "test_images": 2000,
        "seeds": 3,
        "metered_images": 50,
        "network": SMALL,
        "recipe": {**QUICK, "epochs": 6, "evaluate_every": 6},
    },
    "gpu": {
        **CIFAR,
        "seeds": 3,
        "metered_images": 256,
        "network": LARGE,
        "recipe": LONG,
    },
}


def arms(settings: dict, seed: int) -> list[dict]:
    return arms_by_seed(settings, seed, "network", NETWORKS)


def measure(bench: Bench, arm: dict) -> dict:
    network, change = bench.settings["network"], dict(NETWORKS[arm["network"]])
    loss, widen = change.pop("loss", "cross-entropy"), change.pop("widen", 1)
    network = {**network, **change, "widths": tuple(widen * width for width in network["widths"])}
    peak = bytes_per_image(bench, network, loss, arm["seed"])
    return train_network(bench, arm["seed"], network, loss=loss) | {"bytes_per_image": peak}


def bytes_per_image(bench: Bench, network: dict, loss: str, seed: int) -> float:
    """The peak of a taped training step, beside parameters and their gradients."""
    images, labels = (
        pictures(bench, bench.settings["change"])[0]
        .take(slice(0, bench.settings["metered_images"]))
        .tensors()
    )
    images, labels = images.to(bench.device), labels.to(bench.device)
    net = TRevSNN(TRevSNNConfig(**network), memory="taped", seed=seed).to(bench.device)

    def step() -> None:
        net.zero_grad(set_to_none=True)
        LOSSES[loss](net(images), labels).backward()

    step()  # what is allocated once for all steps is no step's
    net.zero_grad(set_to_none=True)
    return step_memory(step, torch.device(bench.device)).peak / len(images)


def accuracies(done: list[dict], name: str) -> dict[int, float]:
    """Test accuracy by seed, in per cent."""
    return by_seed(done, "test_accuracy", 100.0, network=name)


def table(done: list[dict]) -> list[list[str]]:
    rows = [
        [
            "network",
            "parameters",
            "test accuracy, %",
            "minus the paper's, points (95%)",
            "KB an image, taped",
        ]
    ]
    for name in NETWORKS:
        found = accuracies(done, name)
        first = next(arm for arm in done if arm["network"] == name)
        gained = difference(found, accuracies(done, PAPERS))
        margin = f"{gained.mean:+.2f} ± {gained.margin:.2f}" if name != PAPERS else ""
        rows.append(
            [
                name,
                f"{first['parameters']:,}",
                cell(list(found.values()), 2),
                margin,
                f"{first['bytes_per_image'] / 1000:.1f}",
            ]
        )
    return rows


def verdict(done: list[dict]) -> str:
    papers = accuracies(done, PAPERS)
    said = [
        f"{name} {in_words(difference(accuracies(done, name), papers), 'points')}"
        for name in NETWORKS
        if name != PAPERS
    ]
    wider = in_words(difference(papers, accuracies(done, WIDER)), "points")
    return (
        f"Against the paper's network at T = 4: {'; '.join(said)}. At about the same parameters, "
        f"four steps minus one {wider}."
    )


def draw(done: list[dict]):
    """One column, to be read on a phone."""
    made, axes = plots.figure(width=4.2, height=4.6)
    axis = axes[0][0]
    for at, name in enumerate(reversed(NETWORKS)):
        values = list(accuracies(done, name).values())
        colour = plots.COLOURS[name != PAPERS]
        axis.plot(values, [at] * len(values), "o", color=colour, alpha=0.5)
        middle = sum(values) / len(values)
        axis.plot([middle, middle], [at - 0.25, at + 0.25], color=colour, lw=2.5)
    axis.set_yticks(range(len(NETWORKS)), list(reversed(NETWORKS)))
    axis.grid(axis="y", visible=False)
    axis.set(title="Each point one seed, bars their mean", xlabel="test accuracy, %")
    return made


EXPERIMENT = Experiment(
    title="Departures from the paper's network",
    shows="test accuracy, parameters and the peak of a taped step for the paper's network and for "
    "networks that depart from it in one thing each, on the same seeds, images and recipe; its "
    "links through time cut, at which only the last sub-network reaches the loss; and one step of "
    "about the same parameters",
    cannot="ImageNet, the paper's widths or 100 epochs: a departure that does nothing here may do "
    "something there. The intervals are over a few seeds; the learning rate is the same for all. "
    "Departures change the number of parameters (see the table), which is not taken out.",
    paper=(
        Quoted(
            "T sub-networks that only share parameters and transfer temporal information at key "
            "spiking neurons; the next stage's feature alone is fused; the loss on the last step",
            "arXiv v1, Fig. 1(b), section 5.2, appendix C",
        ),
        Quoted(
            "next stage's feature 68.6%, without 67.4%; T = 2, 4, 8, 16 at 15.2M: 68.1, 68.6, "
            "69.8, 63.4%",
            "arXiv v1, section 5.2 and Table 4: ImageNet, 100 epochs",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
