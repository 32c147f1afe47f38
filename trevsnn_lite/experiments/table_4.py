"""Table 4: the number of steps T at a fixed number of parameters: accuracy, training memory per
image, time of a step."""

from functools import partial
from statistics import mean

import torch

from trevsnn_lite import TRevSNN, TRevSNNConfig, losses
from trevsnn_lite.experiments import plots
from trevsnn_lite.meters.memory import step_memory
from trevsnn_lite.meters.time import side_by_side

from .pictures import pictures
from .record import Bench, Experiment, Quoted
from .seeds import by_seed, cell, difference, in_words
from .training_runs import CIFAR, FASHION, LARGE, LONG, QUICK, SMALL, arms_by_seed, train_network

# the paper's T; the others get the number of parameters that the settings' network has at this one
REFERENCE = 4

SETTINGS = {
    "smoke": {
        **FASHION,
        "train_images": 20,
        "test_images": 20,
        "seeds": 1,
        "time_steps": (1, 2),
        "metered_images": 8,
        "rounds": 2,
        "network": {**SMALL, "widths": (12, 16)},
        "recipe": {**QUICK, "epochs": 1},
    },
    "cpu": {
        **FASHION,
        "train_images": 2000,
        "test_images": 2000,
        "seeds": 3,
        "time_steps": (1, 2, 4, 8, 16),
        "metered_images": 50,
        "rounds": 9,
        "network": SMALL,
        "recipe": {**QUICK, "epochs": 4, "evaluate_every": 4},
    },
    "gpu": {
        **CIFAR,
        "seeds": 3,
        "time_steps": (1, 2, 4, 8, 16),
        "metered_images": 256,
        "rounds": 15,
        "network": LARGE,
        "recipe": LONG,
    },
}


def parameter_count(network: dict) -> int:
    with torch.device("meta"):
        return sum(
            parameter.numel() for parameter in TRevSNN(TRevSNNConfig(**network)).parameters()
        )


def matched_network(network: dict, steps: int) -> dict:
    """The settings' network with T = `steps`, its widths scaled together so that its parameters
    come closest to those at T = REFERENCE."""
    budget = parameter_count({**network, "time_steps": REFERENCE})
    scale, tried = (
        (REFERENCE / steps) ** 0.5,
        {},
    )  # the parameters grow with T and, nearly, with the widths' square
    for _ in range(6):
        widths = tuple(max(2, round(scale * width)) for width in network["widths"])
        if widths not in tried:
            tried[widths] = parameter_count({**network, "time_steps": steps, "widths": widths})
        scale *= (budget / tried[widths]) ** 0.5
    return {
        **network,
        "time_steps": steps,
        "widths": min(tried, key=lambda widths: abs(tried[widths] - budget)),
    }


def arms(settings: dict, seed: int) -> list[dict]:
    matched = {
        steps: list(matched_network(settings["network"], steps)["widths"])
        for steps in settings["time_steps"]
    }
    trained = (
        {"measured": "accuracy", **arm, "widths": matched[arm["T"]]}
        for arm in arms_by_seed(settings, seed, "T", settings["time_steps"])
    )
    return [{"measured": "cost", "seed": seed, "widths": list(matched.values())}, *trained]


def training_step(net: TRevSNN, images: torch.Tensor, labels: torch.Tensor) -> None:
    """Forward and backward, gradients made anew."""
    net.zero_grad(set_to_none=True)
    losses.cross_entropy_of_mean(net(images), labels).backward()


def measure(bench: Bench, arm: dict) -> dict:
    network = bench.settings["network"]
    if arm["measured"] == "accuracy":
        return train_network(
            bench, arm["seed"], {**network, "time_steps": arm["T"], "widths": arm["widths"]}
        )
    return {"costs": costs(bench, arm)}


def costs(bench: Bench, arm: dict) -> list[dict]:
    """For each T: peak bytes of a step per image under "taped" and under "store", and seconds of a
    "taped" step, timed side by side."""
    images, labels = (
        pictures(bench, bench.settings["change"])[0]
        .take(slice(0, bench.settings["metered_images"]))
        .tensors()
    )
    images, labels = images.to(bench.device), labels.to(bench.device)
    found, steps = [], {}
    for T, widths in zip(bench.settings["time_steps"], arm["widths"]):
        bytes_per_image = {}
        for memory in ("store", "taped"):
            net = TRevSNN(
                TRevSNNConfig(**{**bench.settings["network"], "time_steps": T, "widths": widths}),
                memory=memory,
                seed=arm["seed"],
            ).to(bench.device)
            steps[T] = partial(training_step, net, images, labels)
            steps[T]()  # what is allocated once for all steps is no step's
            net.zero_grad(set_to_none=True)
            bytes_per_image[memory] = step_memory(steps[T], bench.device).peak / len(images)
        found.append({"T": T, "widths": widths, "bytes_per_image": bytes_per_image})
    for cost, time in zip(found, side_by_side(steps, bench.settings["rounds"]).values()):
        cost |= {"seconds": time.median, "spread": time.spread}
    return found


def accuracies(done: list[dict], steps: int) -> dict[int, float]:
    return by_seed(done, "test_accuracy", 100.0, T=steps)


def cost_of(done: list[dict]) -> dict[int, dict]:
    return {cost["T"]: cost for arm in done if arm["measured"] == "cost" for cost in arm["costs"]}


def table(done: list[dict]) -> list[list[str]]:
    rows = [
        [
            "T",
            "widths",
            "parameters",
            "test accuracy, %",
            "KB per image, taped",
            "KB per image, store",
            "time of a step / that at T = 1",
        ]
    ]
    measured = cost_of(done)
    first = next(iter(measured.values()))
    for T, cost in measured.items():
        parameters = next(arm["parameters"] for arm in done if arm.get("T") == T)
        memory = [f"{cost['bytes_per_image'][name] / 1000:.1f}" for name in ("taped", "store")]
        ratio = (
            f"{cost['seconds'] / first['seconds']:.2f} ± {cost['spread'] / first['seconds']:.2f}"
        )
        rows.append(
            [
                str(T),
                "/".join(map(str, cost["widths"])),
                f"{parameters:,}",
                cell(list(accuracies(done, T).values())),
                *memory,
                ratio,
            ]
        )
    return rows


def verdict(done: list[dict]) -> str:
    measured = cost_of(done)
    steps = list(measured)
    low, before, high = steps[0], steps[-2], steps[-1]
    best = max(measured, key=lambda T: mean(accuracies(done, T).values()))
    first, last = (measured[T] for T in (low, high))
    saved = last["bytes_per_image"]["taped"] / first["bytes_per_image"]["taped"]
    said = "; ".join(
        f"T = {a} minus T = {b} "
        f"{in_words(difference(accuracies(done, a), accuracies(done, b)), 'points')}{paper}"
        for a, b, paper in ((high, low, ""), (high, before, " (the paper's 16 minus 8: -6.4)"))
    )
    return (
        f"{said}; the highest mean is at T = {best} (the paper's at 8). T = {high} takes "
        f"{saved:.2f} times the memory per image of T = {low} and "
        f"{last['seconds'] / first['seconds']:.1f} times its time."
    )


def draw(done: list[dict]):
    made, axes = plots.figure(columns=3, width=2.9)
    accuracy, memory, time = axes[0]
    measured = cost_of(done)
    steps = list(measured)
    plots.points(accuracy, {str(T): list(accuracies(done, T).values()) for T in steps})
    for colour, name in enumerate(("taped", "store")):
        plots.band(
            memory,
            steps,
            [[measured[T]["bytes_per_image"][name] / 1000 for T in steps]],
            name,
            colour,
        )
    plots.band(
        time,
        steps,
        [[measured[T]["seconds"] / measured[steps[0]]["seconds"] for T in steps]],
        "taped",
        0,
    )
    for axis in (memory, time):
        axis.set_xscale("log", base=2)
        axis.set_xticks(steps, [str(T) for T in steps])
        axis.set_ylim(bottom=0)
        axis.set_xlabel("T")
    accuracy.set(title="Accuracy", ylabel="test accuracy, %", xlabel="T")
    memory.set(title="Training memory", ylabel="KB per image, peak of a step")
    time.set(title="Time of a step", ylabel=f"relative to T = {steps[0]}")
    memory.legend()
    return made


EXPERIMENT = Experiment(
    title="Table 4: more steps at a fixed number of parameters",
    shows="accuracy, peak training memory per image and relative step time for T = 1, 2, 4, 8, 16, "
    "the widths scaled so that the parameters agree within 2%",
    cannot="the paper's megabytes and minutes, which include weights, optimiser and other "
    "hardware; here memory is what a step allocates and frees. On a CPU the small operations of "
    "narrow networks cost more time than on a large network; every T has the same learning rate, "
    "and at T = 16 the first level has 8 channels; of 15.2M parameters it would have 32.",
    paper=(
        Quoted(
            "ImageNet, 15.2M parameters, 100 epochs, T = 2, 4, 8, 16: 68.1, 68.6, 69.8, 63.4%; "
            "75.6, 57.5, 49.8, 42.4 MB an image; 4.9, 6.1, 9.9, 16.0 minutes an epoch",
            "arXiv v1, Table 4",
        ),
        Quoted(
            "accuracy does not grow with T: it falls at T = 16",
            "arXiv v1, section 5.2, on Table 4",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
