"""Beside Fig. 2: which gradients through time matter? Neurons with a soft reset, one network, the
whole gradient: cosine similarity with the full one when only
the stage ends', or all but theirs, are kept."""

import math
from statistics import mean

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from trevsnn_lite.data import batches
from trevsnn_lite.experiments import plots

from .record import Bench, Experiment, Quoted
from .reset_links import CASES, LinkedResNet, cosine, linked_layers, weight_gradient
from .spread import by_seed, cell, difference, in_words

SETTINGS = {
    "smoke": {
        "data": "fashion-mnist-10k",
        "train_images": 100,
        "test_images": 50,
        "seeds": 2,
        "widths": (4, 6),
        "epochs": 1,
        "batch_size": 25,
        "lr": 0.01,
        "moments": 2,
        "draws": 1,
        "probe_images": 20,
        "networks": [[2, 1.1, 1], [2, 4, 1]],
        "trained_with": [[2, 4, 1, ["case 1", "case 2"], 2]],
    },
    "cpu": {
        "data": "fashion-mnist-10k",
        "train_images": 2000,
        "test_images": 2000,
        "seeds": 3,
        "widths": (8, 16, 24, 32),
        "epochs": 2,
        "batch_size": 50,
        "lr": 0.01,
        "moments": 3,
        "draws": 2,
        "probe_images": 100,
        "networks": [*([T, tau, 1] for T in (2, 4, 6) for tau in (1.1, 2, 4)), [6, 4, 2]],
        "trained_with": [[6, 1.1, 1, ["none"], 3], [6, 4, 1, list(CASES), 6]],
    },
    "gpu": {
        "data": "cifar-10",
        "train_images": 50000,
        "test_images": 10000,
        "seeds": 3,
        "widths": (64, 128, 256, 512),
        "epochs": 10,
        "batch_size": 128,
        "lr": 2e-3,
        "moments": 6,
        "draws": 3,
        "probe_images": 512,
        "networks": [[T, tau, 2] for T in (2, 4, 6) for tau in (1.1, 2, 4)],
        "trained_with": [[6, tau, 2, list(CASES), 3] for tau in (1.1, 2, 4)],
    },
}
"""networks: [T, tau, blocks a stage]; trained_with: the cases with which such a network is trained
beside the full gradient, and with how many seeds."""


def arms(settings: dict, seed: int) -> list[dict]:
    wanted = {}  # a dict, so that a network named twice is trained once
    for count in range(
        max(settings["seeds"], *(trained[-1] for trained in settings["trained_with"]))
    ):
        for T, tau, blocks in settings["networks"] if count < settings["seeds"] else []:
            wanted[T, tau, blocks, "full", seed + count] = None
        for T, tau, blocks, cases, seeds in settings["trained_with"]:
            wanted |= {
                (T, tau, blocks, case, seed + count): None
                for case in ["full", *cases]
                if count < seeds
            }
    return [dict(zip(("T", "tau", "blocks", "case", "seed"), arm)) for arm in wanted]


def similarities(net: LinkedResNet, bench: Bench, arm: dict) -> dict[str, float]:
    """Cosine similarity of each case's weight gradient with the full one on fixed training images;
    "temporal": |full - none| / |full|."""
    every = len(bench.images[0]) // bench.settings["probe_images"]
    images, labels = (
        part.to(bench.device) for part in bench.images[0].take(slice(None, None, every)).tensors()
    )

    def gradient(case: str, draw: int) -> torch.Tensor:
        return weight_gradient(net, images, labels, arm["T"], linked_layers(net, case, draw))

    first = 1000 * arm["seed"]
    full, none = gradient("full", 0), gradient("none", 0)
    draws = {
        case: range(first, first + bench.settings["draws"]) if case.startswith("control") else [0]
        for case in list(CASES)[:-1]
    }
    found = {
        case: mean(cosine(full, gradient(case, draw)) for draw in draws[case]) for case in draws
    }
    return {
        **found,
        "none": cosine(full, none),
        "temporal": ((full - none).norm() / full.norm().clamp(min=1e-30)).item(),
    }


def measure(bench: Bench, arm: dict) -> dict:
    """Train with the case's gradient; along the way, at moments spread evenly from start to end,
    compare the gradients (when training with the full one)."""
    settings, training = bench.settings, bench.images[0]
    net = LinkedResNet(
        settings["widths"],
        arm["blocks"],
        1 - 1 / arm["tau"],
        len(training.class_names),
        training.images.shape[1],
        arm["seed"],
    ).to(bench.device)
    linked = linked_layers(net, arm["case"], 1000 * arm["seed"])
    optimizer = torch.optim.AdamW(net.parameters(), lr=settings["lr"])
    a_pass = math.ceil(len(training) / settings["batch_size"])
    total = settings["epochs"] * a_pass
    due = (
        {round(moment * total / (settings["moments"] - 1)) for moment in range(settings["moments"])}
        if arm["case"] == "full"
        else set()
    )
    curve = [{"epoch": 0.0, **similarities(net, bench, arm)}] if due else []
    order = (
        pair
        for epoch in range(settings["epochs"])
        for pair in batches(training, settings["batch_size"], arm["seed"], epoch)
    )
    for step, (images, labels) in enumerate(order, 1):
        for group in optimizer.param_groups:
            group["lr"] = (
                settings["lr"]
                * min(1.0, step / 10)
                * 0.5
                * (1 + math.cos(math.pi * (step - 1) / total))
            )
        optimizer.zero_grad()
        cross_entropy(
            net(images.to(bench.device), arm["T"], linked).mean(0), labels.to(bench.device)
        ).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        if step in due:
            curve.append({"epoch": step / a_pass, **similarities(net, bench, arm)})
    found = {
        "layers": net.layers,
        "stage_ends": len(net.stage_ends),
        "test_accuracy": accuracy(net, bench, arm["T"]),
    }
    return {**found, "curve": curve} if curve else found


@torch.no_grad()
def accuracy(net: LinkedResNet, bench: Bench, steps: int) -> float:
    """The share of test images whose label has the largest mean logit."""
    correct = 0
    for images, labels in batches(bench.images[1], 250, seed=0, epoch=0, shuffle=False):
        correct += int(
            (net(images.to(bench.device), steps).mean(0).argmax(1).cpu() == labels).sum()
        )
    return correct / len(bench.images[1])


Network = tuple[int, float, int]  # T, tau, blocks a stage


def networks(done: list[dict]) -> list[Network]:
    return list(dict.fromkeys((arm["T"], arm["tau"], arm["blocks"]) for arm in done))


def over_training(done: list[dict], network: Network, name: str) -> dict[int, float]:
    """A case's cosine similarity, or "temporal", by seed: its mean over the moments of the training
    with the full gradient."""
    T, tau, blocks = network
    chosen = (
        arm
        for arm in done
        if (arm["T"], arm["tau"], arm["blocks"], arm["case"]) == (T, tau, blocks, "full")
    )
    return {arm["seed"]: mean(moment[name] for moment in arm["curve"]) for arm in chosen}


def accuracies(done: list[dict], network: Network, case: str) -> dict[int, float]:
    """Test accuracy in per cent by seed after training with a case's gradient; empty where that was
    not done."""
    T, tau, blocks = network
    return by_seed(done, "test_accuracy", 100.0, T=T, tau=tau, blocks=blocks, case=case)


def table(done: list[dict]) -> list[list[str]]:
    rows = [["", "T", "tau", "stage ends", "full", *CASES, "temporal part"]]
    accuracy_rows = []
    for network in networks(done):
        T, tau, _ = network
        arm = next(arm for arm in done if (arm["T"], arm["tau"], arm["blocks"]) == network)
        named = [str(T), str(tau), f"{arm['stage_ends']} of {arm['layers']}"]
        cosines = (
            cell(list(over_training(done, network, name).values()), 3)
            for name in (*CASES, "temporal")
        )
        rows.append(["cosine", *named, "1", *cosines])
        reached = [list(accuracies(done, network, case).values()) for case in ("full", *CASES)]
        accuracy_rows.append(
            ["accuracy, %", *named, *(cell(values) if values else "" for values in reached), ""]
        )
    return rows + accuracy_rows


def hardest(done: list[dict]) -> Network:
    """Of the networks that were trained with the most cases, the one of the longest memory."""
    trained = {
        network: len(
            {arm["case"] for arm in done if (arm["T"], arm["tau"], arm["blocks"]) == network}
        )
        for network in networks(done)
    }
    return max(trained, key=lambda network: (trained[network], network[1], network[0]))


def compared(done: list[dict], network: Network, pairs) -> str:
    """The differences between pairs of cases in cosine similarity, in one network."""
    layers = next(arm["layers"] for arm in done if (arm["T"], arm["tau"], arm["blocks"]) == network)
    found = (
        f"{a} minus {b} "
        + in_words(
            difference(over_training(done, network, a), over_training(done, network, b)),
            "in cosine",
            3,
        )
        for a, b in pairs
    )
    return f"T = {network[0]}, tau = {network[1]}, {layers} layers: " + ", ".join(found)


def verdict(done: list[dict]) -> str:
    """Cases against each other and against their controls where training was compared as well, and
    in the deepest network; then accuracy; then the least tau."""
    shown = networks(done)
    network, deepest, easy = (
        hardest(done),
        max(shown, key=lambda found: found[2]),
        min(shown, key=lambda found: (found[1], -found[0])),
    )
    said = [
        compared(
            done, found, [("case 1", "case 2"), ("case 1", "control 1"), ("control 2", "case 2")]
        )
        for found in dict.fromkeys([network, deepest])
    ]
    for case, other in (
        ("case 1", "control 1"),
        ("control 2", "case 2"),
        ("full", "case 1"),
        ("full", "none"),
    ):
        a, b = (accuracies(done, network, name) for name in (case, other))
        if a and b:
            said.append(f"accuracy of {case} minus {other} {in_words(difference(a, b), 'points')}")
    parts = [
        f"{mean(over_training(done, found, 'temporal').values()):.2f} at T = {found[0]}, "
        f"tau = {found[1]}"
        for found in (easy, network)
    ]
    nothing = mean(over_training(done, easy, "none").values())
    return "; ".join(said) + (
        f". The temporal part of the gradient's norm is {parts[0]}, where dropping all of "
        f"it leaves a cosine of {nothing:.3f}, and {parts[1]}."
    )


def draw(done: list[dict]):
    """A panel a network: cosine over training; then accuracy of networks trained with the cases;
    then the temporal part."""
    shown, columns = networks(done), 3
    made, axes = plots.figure(-(-(len(shown) + 2) // columns), columns, width=2.9, height=2.3)
    panels = [axis for row in axes for axis in row]
    for axis, network in zip(panels, shown):
        full = [
            arm
            for arm in done
            if (arm["T"], arm["tau"], arm["blocks"], arm["case"]) == (*network, "full")
        ]
        for colour, (case, where) in enumerate(CASES.items()):
            curves = [[moment[case] for moment in arm["curve"]] for arm in full]
            plots.band(
                axis,
                [moment["epoch"] for moment in full[0]["curve"]],
                curves,
                f"{case}: {where}",
                colour,
                line="--" if case.startswith("control") else "-",
            )
        title = (
            f"T = {network[0]}, tau = {network[1]}: {full[0]['stage_ends']} of "
            f"{full[0]['layers']} layers"
        )
        axis.set(title=title, ylim=(0.0, 1.04), xlabel="epoch", ylabel="cosine")
    panels[0].legend(loc="lower left")
    draw_accuracy(panels[len(shown)], done)
    draw_temporal(panels[len(shown) + 1], done)
    for empty in panels[len(shown) + 2 :]:
        empty.set_axis_off()
    return made


def draw_accuracy(axis, done: list[dict]) -> None:
    network = hardest(done)
    groups = {case: list(accuracies(done, network, case).values()) for case in ("full", *CASES)}
    colours = [colour for colour, values in zip([6, 0, 1, 2, 3, 4], groups.values()) if values]
    plots.points(
        axis,
        {case.replace("control", "contr."): values for case, values in groups.items() if values},
        colours,
    )
    axis.set(title=f"Trained so: T = {network[0]}, tau = {network[1]}", ylabel="test accuracy, %")
    axis.tick_params(axis="x", labelrotation=30)


def draw_temporal(axis, done: list[dict]) -> None:
    """|full - none| / |full| against tau, a curve for each T, in networks of one block a stage."""
    shown = [
        network
        for network in networks(done)
        if network[2] == min(found[2] for found in networks(done))
    ]
    for colour, T in enumerate(dict.fromkeys(network[0] for network in shown)):
        taus = [network[1] for network in shown if network[0] == T]
        by_tau = [over_training(done, (T, tau, shown[0][2]), "temporal") for tau in taus]
        plots.band(
            axis,
            taus,
            [[values[seed] for values in by_tau] for seed in by_tau[0]],
            f"T = {T}",
            colour,
        )
    axis.set(title="Temporal part of the gradient", xlabel="tau", ylim=(0.0, 1.04))
    axis.legend()


EXPERIMENT = Experiment(
    title="Beside Fig. 2: which gradients through time matter?",
    shows="cosine similarity of the weights' gradient with full STBP's when gradients through "
    "time are kept at the stage ends alone (case 1) or everywhere "
    "else (case 2), with controls: as many randomly chosen other layers, tau of 2 and 4 "
    "beside 1.1, the temporal part's share of the gradient, and the "
    "accuracy after training with each",
    cannot="CIFAR-10, a full-size ResNet or hundreds of epochs at cpu scale. Its "
    "curves' values are not printed, so they cannot be laid over each other. With 4 stage ends of "
    "9 layers a control "
    "is nearly the other case; 17 layers part them, in a network that "
    "trains badly in two epochs. A cosine near 1 says that one step goes the same way, "
    "not that training ends at the same place. "
    "Three of the six seeds of the accuracies were added after the first three had been "
    "seen, so their intervals are a little too narrow.",
    paper=(
        Quoted(
            "CIFAR-10: keeping only the stage ends' gradients gives a high similarity "
            "that rises with training, dropping only them a low one",
            "the paper, Fig. 2 and section 4.1",
        ),
        Quoted(
            "T = 6 with tau = 1.1 gives the highest curve in both panels",
            "the paper, Fig. 2; a decay of 0.09 leaves little to drop",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
