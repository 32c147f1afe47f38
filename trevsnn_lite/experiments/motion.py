"""A task that needs time: recordings that turn clockwise or anticlockwise, whose frames are the
same in another order. T-RevSNN with its links through time and without, and rivals that know no
order."""

from functools import cache

import torch
from torch import Tensor, nn

from trevsnn_lite import TRevSNN, TRevSNNConfig
from trevsnn_lite.data import EventSet
from trevsnn_lite.data.motion import GLIDES, load_turns
from trevsnn_lite.experiments import plots
from trevsnn_lite.training import TrainConfig
from trevsnn_lite.training.floor import linear_floor

from .contenders import accuracy, fit
from .record import Bench, Experiment, Quoted
from .seeds import by_seed, cell, difference, in_words
from .training_runs import SMALL, arms_by_seed


class LinksCut(TRevSNN):
    """Nothing passes from step to step: every decay is 0, by which what comes down from above is
    multiplied as well. To be trained with memory="store": what is 0 cannot be undone."""

    def decays(self) -> Tensor:
        return torch.zeros_like(self.decay)


class OneForAll(TRevSNN):
    """One sub-network that sees every frame by itself: a network of one step without memory, read
    once per frame, whose mean decides. Frames [T, B, 2, H, W] -> logits [T, B, K]."""

    def forward(self, frames: Tensor) -> Tensor:
        return super().forward(frames.flatten(0, 1)[None])[0].unflatten(0, frames.shape[:2])


PAPERS, TET, OWN = "T-RevSNN", "T-RevSNN, TET", "T-RevSNN, no feedback"
CUT, VOTE, STATELESS = "links cut", "links cut, steps vote", "stateless, frames vote"
FLOOR = "matrix, frames summed"

NETWORKS = {
    PAPERS: (TRevSNN, {}),
    TET: (TRevSNN, {"read_out": "every", "loss": "tet"}),
    OWN: (TRevSNN, {"feedback": "none"}),
    CUT: (LinksCut, {}),
    VOTE: (LinksCut, {"read_out": "every", "loss": "tet"}),
    STATELESS: (OneForAll, {"time_steps": 1, "widen": 1.8, "loss": "tet"}),
}
"""The class of each, and what it changes of the paper's network, which reads the last step alone.
`widen`: widths times this, so that one sub-network has about the parameters of four."""

SHAPE = {
    **SMALL,
    "in_channels": 2,
    "image_size": 18,
    "num_classes": 2,
    "inputs": "frames",
    "time_steps": GLIDES,
}
RECIPE = {"batch_size": 50, "lr": 8e-3, "warmup_epochs": 2, "flip": False, "shift": 0}

SETTINGS = {
    "smoke": {
        "recordings": [20, 10],
        "seeds": 1,
        "network": {**SHAPE, "widths": (4, 6)},
        "recipe": {**RECIPE, "epochs": 1, "batch_size": 10},
    },
    "cpu": {
        "recordings": [600, 500],
        "seeds": 3,
        "network": SHAPE,
        "recipe": {**RECIPE, "epochs": 6},
    },
    "gpu": {
        "recordings": [10000, 2000],
        "seeds": 5,
        "network": {**SHAPE, "widths": (32, 64, 128)},
        "recipe": {**RECIPE, "epochs": 20},
    },
}
"""recordings: how many for training and for testing, the same for every seed."""


@cache
def turns(training: int, testing: int) -> tuple[EventSet, EventSet]:
    """The recordings of both splits; simulated once, when they are first read."""
    return load_turns("train").take(slice(0, training)), load_turns("test").take(slice(0, testing))


class InReverse(nn.Module):
    """A network that is shown the frames of each recording last first."""

    def __init__(self, net: TRevSNN):
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> Tensor:
        return self.net(frames.flip(0))


def arms(settings: dict, seed: int) -> list[dict]:
    return arms_by_seed(settings, seed, "network", (*NETWORKS, FLOOR))


def network(settings: dict, name: str, seed: int) -> tuple[TRevSNN, str]:
    """The network of an arm, and the name of its loss. Plain autograd, which is quicker here than
    the tape and finds the same gradients."""
    kind, change = NETWORKS[name]
    given = {**settings["network"], **change}
    loss, widen = given.pop("loss", "cross-entropy"), given.pop("widen", 1)
    given["widths"] = tuple(round(widen * width) for width in given["widths"])
    return kind(TRevSNNConfig(**given), memory="store", seed=seed), loss


def measure(bench: Bench, arm: dict) -> dict:
    """Test accuracy, in [0, 1], on the recordings and on the same with their frames in reverse."""
    settings, seed = bench.settings, arm["seed"]
    training, test = turns(*settings["recordings"])
    if arm["network"] == FLOOR:
        weights = (2 * test.size**2 + 1) * len(test.class_names)
        found = linear_floor(training, test, seed)  # of sums, which are the same in reverse
        return {"parameters": weights, "test_accuracy": found, "reversed_accuracy": found}
    net, loss = network(settings, arm["network"], seed)
    net.to(bench.device)
    fit(net, {"loss": loss}, training, TrainConfig(**settings["recipe"], seed=seed))
    return {
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "test_accuracy": accuracy(net, test),
        "reversed_accuracy": accuracy(InReverse(net), test),
    }


def accuracies(done: list[dict], name: str, value: str = "test_accuracy") -> dict[int, float]:
    """Test accuracy by seed, in per cent; `value` "reversed_accuracy": with frames in reverse."""
    return by_seed(done, value, 100.0, network=name)


def table(done: list[dict]) -> list[list[str]]:
    rows = [
        [
            "network",
            "parameters",
            "test accuracy, %",
            "frames in reverse, %",
            "minus links cut, points (95%)",
        ]
    ]
    for name in (*NETWORKS, FLOOR):
        found, turned = (
            accuracies(done, name, value) for value in ("test_accuracy", "reversed_accuracy")
        )
        parameters = next(arm["parameters"] for arm in done if arm["network"] == name)
        gained = difference(found, accuracies(done, CUT))
        margin = f"{gained.mean:+.1f} ± {gained.margin:.1f}" if name != CUT else ""
        cells = [cell(list(values.values())) for values in (found, turned)]
        rows.append([name, f"{parameters:,}", *cells, margin])
    return rows


def verdict(done: list[dict]) -> str:
    papers = accuracies(done, PAPERS)
    said = [
        f"{name} {in_words(difference(papers, accuracies(done, name)), 'points')}"
        for name in (CUT, VOTE, STATELESS, FLOOR)
    ]
    turned = in_words(difference(accuracies(done, PAPERS, "reversed_accuracy"), papers), "points")
    among = [
        f"{name} {in_words(difference(accuracies(done, name), papers), 'points')}"
        for name in (TET, OWN)
    ]
    return (
        f"T-RevSNN minus what knows no order: {'; '.join(said)}. With the frames in reverse, minus "
        f"as recorded: {turned}. Minus T-RevSNN: {'; '.join(among)}."
    )


def draw(done: list[dict]):
    """One column, to be read on a phone: filled points as recorded, open ones in reverse."""
    made, axes = plots.figure(width=4.2, height=3.4)
    axis, names = axes[0][0], (*NETWORKS, FLOOR)
    for at, name in enumerate(reversed(names)):
        linked = name in (PAPERS, TET, OWN)
        colour = plots.COLOURS[0 if linked else 6]
        for value, fill, label in (
            ("test_accuracy", colour, "as recorded"),
            ("reversed_accuracy", "none", "frames in reverse"),
        ):
            values = list(accuracies(done, name, value).values())
            axis.plot(
                values,
                [at] * len(values),
                "o",
                color=colour,
                markerfacecolor=fill,
                label=label if name == PAPERS else None,
            )
    axis.axvline(50, color=plots.COLOURS[6], linestyle=":", linewidth=1)
    axis.set_yticks(range(len(names)), list(reversed(names)))
    axis.grid(axis="y", visible=False)
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    axis.set(xlabel="test accuracy, % (each point one seed)", xlim=(-4, 104))
    return made


EXPERIMENT = Experiment(
    title="Motion: which way does the picture turn?",
    shows="accuracy on simulated recordings whose class is the order of their frames alone, and on "
    "the same with their frames in reverse: for T-RevSNN with a stem per frame, by the loss on the "
    "last step and by TET, without feedback, with all its links through time cut, for a stateless "
    "network of about as many parameters, and for a matrix on the frames summed over time",
    cannot="that time matters in CIFAR10-DVS or DVS128 Gesture, or that these links are better "
    "than another memory would be: the task was made so that nothing without memory can solve it. "
    "The recordings are simulated, of small still pictures that glide in four directions; two "
    "frames in a row are enough to answer, so that no long memory is asked for.",
    paper=(
        Quoted(
            "event data are encoded at every step; T-RevSNN has 77.4% on CIFAR10-DVS and 94.4% on "
            "DVS128 Gesture at T = 10; no network with its links through time cut is shown",
            "arXiv v1, Table 3 and appendix C",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
