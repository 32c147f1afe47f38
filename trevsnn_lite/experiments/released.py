"""The released network beside the paper's (`TRevSNN`) at the same small widths: memory a step under
each strategy, gradients, step time, parameters, accuracy."""

from trevsnn_lite.experiments import plots
from trevsnn_lite.reversible import MEMORY_STRATEGIES

from .record import Experiment, Quoted
from .released_meters import PRESETS, measure
from .seeds import by_seed, cell, difference, in_words

NETWORKS = ("released", "paper's")

CONTENDERS = {
    "released": {
        "kind": "released",
        "loss": "released-heads",
        "widths": (16, 32, 48, 64),
        "image_size": 32,
        "num_classes": 10,
    },
    "paper's": {
        "kind": "t-revsnn",
        "loss": "cross-entropy",
        "widths": (16, 32, 48, 64),
        "image_size": 32,
        "stem_stride": 4,
    },
}
RECIPE = {
    "epochs": 2,
    "batch_size": 50,
    "lr": 4e-3,
    "warmup_epochs": 0.3,
    "flip": False,
    "shift": 0,
}

SETTINGS = {
    "smoke": {
        "data": "fashion-mnist-10k",
        "train_images": 20,
        "test_images": 20,
        "seeds": 1,
        "change": {"size": 32, "channels": 3},
        "metered_images": 2,
        "rounds": 2,
        "contenders": {name: {**one, "widths": (4, 4, 6, 6)} for name, one in CONTENDERS.items()},
        "T": (1, 2),
        "weights": 1,
        "recipe": {**RECIPE, "epochs": 1},
    },
    "cpu": {
        "data": "fashion-mnist-10k",
        "train_images": 1500,
        "test_images": 1000,
        "seeds": 3,
        "change": {"size": 32, "channels": 3},
        "metered_images": 8,
        "rounds": 7,
        "contenders": CONTENDERS,
        "T": (4, 8, 16),
        "weights": 4,
        "recipe": RECIPE,
    },
    "gpu": {
        "data": "cifar-10",
        "train_images": 50000,
        "test_images": 10000,
        "seeds": 3,
        "change": {},
        "metered_images": 64,
        "rounds": 15,
        "contenders": {
            name: {**one, "widths": (64, 128, 256, 384)} for name, one in CONTENDERS.items()
        },
        "T": (4, 8, 12, 16),
        "weights": 5,
        "recipe": {
            **RECIPE,
            "epochs": 60,
            "batch_size": 256,
            "warmup_epochs": 3,
            "flip": True,
            "shift": 4,
        },
    },
}
"""T: steps at which memory and gradients are compared; training and times are at the first.
weights: how many random networks the gradients are compared on."""


def arms(settings: dict, seed: int) -> list[dict]:
    metered = [
        {"measured": measured, "network": name, "T": list(settings["T"]), "seed": seed}
        for measured in ("memory", "gradients")
        for name in NETWORKS
    ]
    trained = [
        {"network": name, "seed": seed + count}
        for count in range(settings["seeds"])
        for name in NETWORKS
    ]
    return [
        {"measured": "parameters", "seed": seed},
        {"measured": "time", "seed": seed},
        *metered,
        *trained,
    ]


def of(done: list[dict], measured: str, name: str, field: str) -> dict:
    return next(
        arm[field] for arm in done if arm.get("measured") == measured and arm.get("network") == name
    )


def steps_of(done: list[dict]) -> list[int]:
    return next(arm["T"] for arm in done if "T" in arm)


def times(done: list[dict]) -> dict:
    """Network -> strategy -> [seconds of a step, spread]."""
    return next(arm["times"] for arm in done if "times" in arm)


def accuracies(done: list[dict], name: str) -> dict[int, float]:
    """Test accuracy by seed, in per cent."""
    return by_seed(
        [arm for arm in done if "measured" not in arm], "test_accuracy", 100.0, network=name
    )


def slope(done: list[dict], name: str, strategy: str, which: int) -> float:
    """KB an image that a further step adds to the peak (0) or to what is kept (1), between the
    first T and the last."""
    steps, found = steps_of(done), of(done, "memory", name, "memory")[strategy]
    return (found[-1][which] - found[0][which]) / (steps[-1] - steps[0]) / 1000.0


def worst(done: list[dict], name: str, strategy: str) -> list[float]:
    """For each T the largest relative error of the gradients over the random networks."""
    return [max(errors) for errors in of(done, "gradients", name, "errors")[strategy]]


def table(done: list[dict]) -> list[list[str]]:
    steps = "/".join(map(str, steps_of(done)))
    first, clock = steps_of(done)[0], times(done)
    rows = [
        [
            "network",
            "kept",
            "parameters",
            f"peak, KB an image, T = {steps}",
            "KB more a step",
            "kept: KB more a step",
            f"time at T = {first}, x store",
            f"worst gradient error, T = {steps}",
            "test accuracy, %",
        ]
    ]
    for name in NETWORKS:
        parameters = next(
            arm["parameters"] for arm in done if "measured" not in arm and arm["network"] == name
        )
        for strategy in MEMORY_STRATEGIES:
            peaks = " / ".join(
                f"{peak / 1000:.0f}" for peak, _ in of(done, "memory", name, "memory")[strategy]
            )
            errors = (
                " / ".join(f"{error:.0e}" for error in worst(done, name, strategy))
                if strategy != "store"
                else ""
            )
            time = (
                f"{clock[name][strategy][0] / clock[name]['store'][0]:.2f} ± "
                f"{clock[name][strategy][1] / clock[name]['store'][0]:.2f}"
            )
            reached = cell(list(accuracies(done, name).values())) if strategy == "taped" else ""
            slopes = [f"{slope(done, name, strategy, which):.2f}" for which in (0, 1)]
            rows.append([name, strategy, f"{parameters:,}", peaks, *slopes, time, errors, reached])
    full = next(arm["full_size"] for arm in done if "full_size" in arm)
    for name, counts in full.items():
        deployed = (
            f"; deployed {counts['deployed']:,}"
            if counts["deployed"] != counts["parameters"]
            else ""
        )
        rows.append(
            [name, "", f"{counts['parameters']:,}{deployed}; paper {PRESETS[name]}", *[""] * 6]
        )
    return rows


def verdict(done: list[dict]) -> str:
    grown = {strategy: slope(done, "released", strategy, 0) for strategy in MEMORY_STRATEGIES}
    steps, clock = steps_of(done), times(done)
    failing = worst(done, "released", "reversible")
    exact = max(
        error
        for name in NETWORKS
        for strategy in ("recompute", "taped")
        for error in worst(done, name, strategy)
    )
    failures = ", ".join(f"{error:.0e} at T = {T}" for T, error in zip(steps, failing))
    gained = difference(accuracies(done, "released"), accuracies(done, "paper's"))
    return (
        f"A further step adds {grown['store']:.1f} KB an image to the released network's "
        f"peak under store, {grown['recompute']:.2f} under recompute (what its own code "
        "keeps), "
        f"{grown['taped']:.2f} under taped and {grown['reversible']:.2f} under "
        f"reversible, whose gradients are off by {failures} (recompute and taped: at most "
        f"{exact:.0e}); "
        "a taped step takes "
        f"{clock['released']['taped'][0] / clock[NETWORKS[1]]['taped'][0]:.2f} times that "
        "of the paper's network at the same widths, and released minus paper's "
        f"{in_words(gained, 'points')}."
    )


def draw(done: list[dict]):
    made, axes = plots.figure(columns=3, width=3.3)
    steps = steps_of(done)
    for name, line in zip(NETWORKS, ("-", "--")):
        for colour, strategy in enumerate(MEMORY_STRATEGIES):
            style = {
                "color": plots.COLOURS[colour],
                "linestyle": line,
                "marker": "o",
                "label": f"{strategy}, {name}",
            }
            axes[0][0].plot(
                steps,
                [peak / 1000 for peak, _ in of(done, "memory", name, "memory")[strategy]],
                **style,
            )
            if strategy != "store":
                axes[0][1].plot(
                    steps, [max(error, 1e-8) for error in worst(done, name, strategy)], **style
                )
    for axis in axes[0][:2]:
        axis.set_yscale("log")
        axis.set_xticks(steps)
        axis.set_xlabel("T, steps")
    axes[0][0].set(title="Peak memory of a step", ylabel="KB an image")
    axes[0][1].set(
        title="Gradients, worst of the random networks", ylabel="error relative to store's"
    )
    plots.points(axes[0][2], {name: list(accuracies(done, name).values()) for name in NETWORKS})
    axes[0][2].set(
        title=f"Accuracy at T = {steps[0]}: each point one seed", ylabel="test accuracy, %"
    )
    made.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return made


EXPERIMENT = Experiment(
    title="The released network and the paper's",
    shows="at the same small widths: peak memory by T under store, recompute, reversible and "
    "taped, times of a step, gradient errors against plain autograd on new networks "
    "(scales "
    "opened), accuracy of a short training on images with a border to 32 x 32; and the "
    "parameters of both at full size",
    cannot="ImageNet's accuracy, which networks of thousandths of the parameters and minutes of "
    "training do not bear on. Gradient errors are those of new weights: trained decays "
    "near 0 make undoing worse, and nothing here says how often. Each network has its own loss: "
    "the four heads' of its code, or the cross-entropy of the last step.",
    paper=(
        Quoted(
            "V[T] alone is kept of the turned-on neurons, so that training memory does not grow "
            "with T",
            "arXiv v1, section 4.2 and Table 1; the released code keeps every step's states",
        ),
        Quoted(
            "15.2M and 29.8M parameters",
            "arXiv v1, Table 2; both equal the released networks' deployed parameters",
        ),
        Quoted(
            "73.2% on ImageNet (512)",
            "arXiv v1, Table 2; the authors' log has 73.23 as its best epoch",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
