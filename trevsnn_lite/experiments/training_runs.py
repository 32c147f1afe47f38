"""One arm of an experiment on T-RevSNN: train a network from a seed, with the settings' recipe, and
keep what the run was like."""

import shutil
from collections.abc import Callable, Mapping

from torch import nn

from trevsnn_lite import TRevSNN, TRevSNNConfig
from trevsnn_lite.training import TrainConfig, train

from .pictures import pictures
from .record import Bench

SMALL = {
    "time_steps": 4,
    "widths": (16, 32, 64),
    "blocks_per_level": 1,
    "in_channels": 1,
    "image_size": 14,
    "stem_stride": 2,
    "expansion": 2,
}
"""The paper's network in small, on halved images: a core trains it on 2,000 of them, once over, in
two seconds."""

QUICK = {
    "batch_size": 100,
    "lr": 8e-3,
    "warmup_epochs": 0.3,
    "ema_decay": 0.97,
    "flip": False,
    "shift": 0,
    "memory": "store",
}

LARGE = {
    **SMALL,
    "widths": (64, 128, 256, 384),
    "blocks_per_level": 2,
    "in_channels": 3,
    "image_size": 32,
    "stem_stride": 1,
    "expansion": 4,
}
"""The paper's smaller network on CIFAR-10's images, for one large GPU."""

FASHION = {"data": "fashion-mnist-10k", "change": {"halve": True}}
CIFAR = {"data": "cifar-10", "change": {}, "train_images": 50000, "test_images": 10000}

LONG = {
    **QUICK,
    "epochs": 60,
    "batch_size": 256,
    "lr": 4e-3,
    "warmup_epochs": 3,
    "ema_decay": 0.999,
    "flip": True,
    "shift": 4,
    "memory": "taped",
    "evaluate_every": 5,
    "precision": "bf16",
}


def arms_by_seed(settings: Mapping, seed: int, field: str, values) -> list[dict]:
    """Every value of `field` with every seed, seeds outermost, so that an interrupted experiment
    has whole comparisons."""
    return [
        {field: value, "seed": seed + count}
        for count in range(settings["seeds"])
        for value in values
    ]


def train_network(
    bench: Bench,
    seed: int,
    network: Mapping,
    prepare: Callable[[TRevSNN], object] = nn.Module.train,
    **recipe,
) -> dict:
    """Train TRevSNNConfig(**network), changed in place by `prepare`, with the settings' recipe,
    changed by `recipe`, and test it.

    Returns parameters, train_accuracy of the last epoch, test_accuracy (of the averaged weights
    where the recipe has them), and test_curve: the test
    accuracy of the weights themselves after each epoch. A run that was interrupted goes on from its
    last epoch."""
    config = TrainConfig(**{**bench.settings["recipe"], **recipe}, seed=seed)
    net = TRevSNN(TRevSNNConfig(**network), memory=config.memory, seed=seed).to(bench.device)
    prepare(net)
    images = pictures(bench, bench.settings["change"])
    result = train(net, images, config, bench.folder, resume=True, progress=bench.progress)
    shutil.rmtree(bench.folder)  # what is wanted of it goes into the arm's own file
    return {
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "train_accuracy": result.history[-1]["train_accuracy"],
        "test_accuracy": result.test_accuracy,
        "test_curve": [
            epoch["test_accuracy"] for epoch in result.history if epoch["test_accuracy"] is not None
        ],
    }
