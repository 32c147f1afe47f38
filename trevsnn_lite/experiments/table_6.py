"""Table 6: MS-ResNet's blocks trained by STBP, organised for temporal reversibility, for spatial
reversibility, and for both: memory, time, accuracy."""

from trevsnn_lite.experiments import plots
from trevsnn_lite.meters.time import side_by_side
from trevsnn_lite.training import TrainConfig

from .contenders import accuracy, bytes_of_step, fit, network, parameters, step_of
from .pictures import pictures
from .record import Bench, Experiment, Quoted
from .seeds import by_seed, cell, difference, in_words
from .table_2 import MS, RECIPE, sized

PLAIN, TEMPORAL, SPATIAL = "MS-ResNet, STBP", "temporal reversibility", "spatial reversibility"
BOTH = "spatial and temporal reversibility"
KEPT = "temporal, nothing undone"
"""The same T sub-networks by plain autograd: what the organisation saves without the reversal. Its
numbers are TEMPORAL's, so that it is metered alone."""

BLOCK = {"block": "ms-resnet", "kernel_size": 3, "expansion": 1, "blocks_per_level": 2}
TURNED_OFF = {
    **{"kind": "t-revsnn", "loss": "cross-entropy", "time_steps": 4},
    **{**BLOCK, "stem_stride": 1, "last_stride": 2},
}
CONTENDERS = {
    PLAIN: {
        **{"kind": "resnet", "rule": "stbp", **MS, "time_steps": 4},
        **{"widths": (16, 32, 64), "blocks_per_stage": 2},
    },
    TEMPORAL: {**TURNED_OFF, "memory": "taped", "widths": (8, 17, 35)},
    KEPT: {**TURNED_OFF, "memory": "store", "widths": (8, 17, 35)},
    SPATIAL: {
        **{"kind": "s-revsnn", "memory": "reversible", "time_steps": 4},
        **{"widths": (22, 44, 86), "blocks_per_stage": 2},
    },
    BOTH: {**TURNED_OFF, "kind": "reversible twice", "memory": "taped", "widths": (10, 22, 42)},
}

SETTINGS = {
    "smoke": {
        "data": "fashion-mnist-10k",
        "train_images": 20,
        "test_images": 20,
        "seeds": 1,
        "change": {"halve": True},
        "metered_images": 4,
        "rounds": 2,
        "contenders": sized(CONTENDERS, image_size=14, in_channels=1, widths=(4, 6)),
        "recipe": {**RECIPE, "epochs": 1},
    },
    "cpu": {
        "data": "fashion-mnist-10k",
        "train_images": 1500,
        "test_images": 1000,
        "seeds": 3,
        "change": {"halve": True},
        "metered_images": 50,
        "rounds": 7,
        "contenders": sized(CONTENDERS, image_size=14, in_channels=1),
        "recipe": {**RECIPE, "epochs": 3},
    },
    "gpu": {
        "data": "cifar-10",
        "train_images": 50000,
        "test_images": 10000,
        "seeds": 3,
        "change": {},
        "metered_images": 128,
        "rounds": 15,
        "contenders": {
            name: {**one, "widths": tuple(4 * width for width in one["widths"])}
            for name, one in sized(CONTENDERS, image_size=32, in_channels=3).items()
        },
        "recipe": {
            **RECIPE,
            "epochs": 60,
            "batch_size": 128,
            "lr": 4e-3,
            "warmup_epochs": 3,
            "flip": True,
            "shift": 4,
        },
    },
}

PAPER = {
    PLAIN: "267.1 MB, 11.2 min an epoch, 68.3%",
    TEMPORAL: "88.1 MB, 7.4 min, 66.7%",
    SPATIAL: "127.1 MB, 7.9 min",
    BOTH: "55.4 MB, 6.8 min",
}


def arms(settings: dict, seed: int) -> list[dict]:
    trained = [name for name in settings["contenders"] if name != KEPT]
    return [
        {"measured": "cost", "seed": seed},
        *(
            {"network": name, "seed": seed + count}
            for count in range(settings["seeds"])
            for name in trained
        ),
    ]


def measure(bench: Bench, arm: dict) -> dict:
    contenders, settings = bench.settings["contenders"], bench.settings
    training, test = pictures(bench, settings["change"])
    if "network" in arm:
        net = network(contenders[arm["network"]], arm["seed"]).to(bench.device)
        fit(
            net,
            contenders[arm["network"]],
            training,
            TrainConfig(**settings["recipe"], seed=arm["seed"]),
        )
        return {"test_accuracy": accuracy(net, test)}
    images, labels = (
        part.to(bench.device)
        for part in training.take(slice(0, settings["metered_images"])).tensors()
    )
    found, steps = {}, {}
    for name, contender in contenders.items():
        net = network(contender, arm["seed"]).to(bench.device)
        peak, kept = bytes_of_step(net, contender, images, labels)
        found[name] = {
            "parameters": parameters(contender),
            "bytes": peak / len(images),
            "kept_bytes": kept / len(images),
        }
        steps[name] = step_of(net, contender, images, labels)
    for name, time in side_by_side(steps, settings["rounds"]).items():
        found[name] |= {"step_seconds": time.median, "spread": time.spread}
    return {"costs": found}


def metered(done: list[dict]) -> dict[str, dict]:
    return next(arm["costs"] for arm in done if arm.get("measured"))


def accuracies(done: list[dict], name: str) -> dict[int, float]:
    """Test accuracy by seed, in per cent."""
    return by_seed(done, "test_accuracy", 100.0, network=TEMPORAL if name == KEPT else name)


def table(done: list[dict]) -> list[list[str]]:
    rows = [
        [
            "organisation",
            "parameters",
            "memory an image, KB",
            "kept, KB",
            "MS-ResNet's memory / its",
            "time of a step, x MS-ResNet",
            "test accuracy, %",
            "the paper's table",
        ]
    ]
    found = metered(done)
    for name, cost in found.items():
        memory = [
            f"{cost['bytes'] / 1000:.1f}",
            f"{cost['kept_bytes'] / 1000:.1f}",
            f"{found[PLAIN]['bytes'] / cost['bytes']:.2f}",
        ]
        time = (
            f"{cost['step_seconds'] / found[PLAIN]['step_seconds']:.2f} ± "
            f"{cost['spread'] / found[PLAIN]['step_seconds']:.2f}"
        )
        rows.append(
            [
                name,
                f"{cost['parameters']:,}",
                *memory,
                time,
                cell(list(accuracies(done, name).values())),
                PAPER.get(name, ""),
            ]
        )
    return rows


def verdict(done: list[dict]) -> str:
    found = metered(done)
    saved, without, spatial, both = (
        found[PLAIN]["bytes"] / found[name]["bytes"] for name in (TEMPORAL, KEPT, SPATIAL, BOTH)
    )
    faster = found[PLAIN]["step_seconds"] / found[TEMPORAL]["step_seconds"]
    lost = difference(accuracies(done, TEMPORAL), accuracies(done, PLAIN))
    return (
        f"Temporal reversibility divides MS-ResNet's memory by {saved:.2f} (paper 3.03) "
        f"and its time by {faster:.2f} (paper 1.51), and changes accuracy by "
        f"{in_words(lost, 'points')} (paper -1.6); without the reversal the organisation alone "
        f"divides memory by {without:.2f}. Spatial reversibility divides it by {spatial:.2f} "
        f"(paper 2.10), both by {both:.2f} (paper 4.82): temporal on top of spatial divides it by "
        f"{both / spatial:.2f} (paper 2.29)."
    )


def draw(done: list[dict]):
    made, axes = plots.figure(columns=3, width=3.7)
    found = metered(done)
    names = {name: name.replace(", ", ",\n").replace(" r", "\nr") for name in found}
    for axis, quantity, unit, label in (
        (axes[0][0], "bytes", 1000.0, "KB an image, peak of a step"),
        (axes[0][1], "step_seconds", found[PLAIN]["step_seconds"], "x MS-ResNet"),
    ):
        axis.bar(
            range(len(found)),
            [cost[quantity] / unit for cost in found.values()],
            color=plots.COLOURS[: len(found)],
        )
        axis.set_xticks(range(len(found)), list(names.values()), fontsize=6)
        axis.grid(axis="x", visible=False)
        axis.set(
            title={"bytes": "Training memory", "step_seconds": "Time of a step"}[quantity],
            ylabel=label,
        )
    trained = [name for name in found if name != KEPT]
    plots.points(
        axes[0][2],
        {names[name]: list(accuracies(done, name).values()) for name in trained},
        [list(found).index(name) for name in trained],
    )
    axes[0][2].tick_params(axis="x", labelsize=6)
    axes[0][2].set(title="Accuracy: each point one seed", ylabel="test accuracy, %")
    return made


EXPERIMENT = Experiment(
    title="Table 6: MS-ResNet's blocks and reversibility",
    shows="training memory an image, time of a step and accuracy of MS-ResNet by STBP, of its "
    "blocks in T sub-networks whose neurons are turned off but for each level's last "
    "(undone by tape, and by plain autograd), of blocks reversible over depth, and of both at "
    "once; about as many parameters each, T = 4",
    cannot="MS-ResNet-34 on ImageNet: here six blocks on halved images, and one recipe for all. "
    "T sub-networks divide the parameters, so that each is half as wide, which saves memory and "
    "work before anything is undone. The temporal networks have scaled weights where the others "
    "have BatchNorm. How the paper joins S-RevSNN and T-RevSNN is not in its text: here each "
    "level's blocks are couplings of turned-off neurons.",
    paper=(
        Quoted(
            "MS-ResNet-34: 68.3%, 267.1 MB an image, 11.2 minutes an epoch; + T-RevSNN: 66.7%, "
            "88.1 MB, 7.4 minutes",
            "arXiv v1, Table 6: ImageNet",
        ),
        Quoted(
            "S-RevSNN-37: 127.1 MB, 7.9 minutes; + T-RevSNN: 55.4 MB, 6.8 minutes; no accuracies",
            "arXiv v1, Table 6: ImageNet",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
