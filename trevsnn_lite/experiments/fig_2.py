"""Fig. 2: which gradients through time matter? Networks trained apart from one initialisation, with
the gradients through time of the stage ends alone, or of all but them, beside full STBP."""

import math
import shutil
from collections.abc import Callable
from statistics import mean

import torch
from torch import Tensor, nn

from trevsnn_lite.data import ImageSet
from trevsnn_lite.experiments import plots
from trevsnn_lite.training import TrainConfig, train

from .linked_resnet import CASES, LinkedResNet, cosine, flat, linked_layers, weight_gradient
from .pictures import pictures
from .record import Bench, Experiment, Quoted
from .seeds import cell, difference, in_words

ORDER = "other order"
"""Full STBP once more, on the same images in another order: what training apart does by itself."""

FIRST = ("case 1", "case 2")

PAPER = {"T": (6, 12), "tau": (1.1, 2, 5), "blocks": 2, "core": (6, 2), "seeds": 3}
FASHION = {"data": "fashion-mnist-10k", "change": {"halve": True}}
SETTINGS = {
    "smoke": {
        **FASHION,
        **{"T": (2,), "tau": (1.1, 2), "blocks": 1, "core": (2, 2), "seeds": 2},
        "train_images": 60,
        "test_images": 20,
        "probe_images": 20,
        "widths": (4, 6),
        "recipe": {"epochs": 2, "batch_size": 20, "lr": 0.01},
    },
    "cpu": {
        **FASHION,
        **PAPER,
        "train_images": 800,
        "test_images": 1000,
        "probe_images": 100,
        "widths": (8, 12, 16),
        "recipe": {"epochs": 10, "batch_size": 50, "lr": 0.01},
    },
    "gpu": {
        **PAPER,
        **{"data": "cifar-10", "change": {}},
        "train_images": 50000,
        "test_images": 10000,
        "probe_images": 512,
        "widths": (64, 128, 256, 512),
        "recipe": {"epochs": 30, "batch_size": 128, "lr": 2e-3},
    },
}
"""core: the (T, tau) that is trained with all cases and with every seed; the others in the paper's,
`FIRST`, with the first seed. blocks: of each stage."""

MEASURES = {
    "layer means": "mean gradient of each layer, trained apart (the paper's)",
    "layer sizes": "mean absolute gradient of each layer, trained apart (the paper's, perhaps)",
    "elements": "every weight's gradient, trained apart",
    "same weights": "every weight's gradient, at the weights of full STBP",
}
"""What the cosine is taken of. The first three compare means over an epoch of networks trained
apart, the last the gradients of some training images in one network, as each epoch begins."""

Network = tuple[int, float]  # T, tau


def arms(settings: dict, seed: int) -> list[dict]:
    core = [(*settings["core"], seed + count) for count in range(settings["seeds"])]
    every = [(T, tau, seed) for T in settings["T"] for tau in settings["tau"]]
    return [dict(zip(("T", "tau", "seed"), arm)) for arm in dict.fromkeys(core + every)]


class Watched(nn.Module):
    """A network as `train` calls it, with images alone: T steps, the links of one case. Keeps the
    sum of each convolution's gradients by epoch, [epoch][layer], and what `probe` finds as an epoch
    begins."""

    def __init__(
        self, net: LinkedResNet, steps: int, linked: list[int], a_pass: int, probe: Callable | None
    ):
        super().__init__()
        self.net, self.steps, self.linked, self.a_pass = net, steps, linked, a_pass
        self.probe, self.batches = probe, 0
        self.sums: list[list[Tensor]] = []
        self.probed: list[dict[str, float]] = []

    def forward(self, images: Tensor) -> Tensor:
        if self.training:
            if self.batches % self.a_pass == 0:
                if self.probe:
                    self.probed.append(self.probe(self.net))
                self.sums.append(self.net.collect())
            self.batches += 1
        return self.net(images, self.steps, self.linked)


def measure(bench: Bench, arm: dict) -> dict:
    """Train a network for each case, all from the weights of the arm's seed; then the cosines with
    full STBP, epoch by epoch."""
    training, test = pictures(bench, bench.settings["change"])
    core = [arm["T"], arm["tau"]] == list(bench.settings["core"])
    every = max(1, len(training) // bench.settings["probe_images"])
    images, labels = (
        part.to(bench.device) for part in training.take(slice(None, None, every)).tensors()
    )

    def same_weights(net: LinkedResNet) -> dict[str, float]:
        return similarities(net, images, labels, arm)

    full, accuracy = train_with(bench, arm, "full", training, test, same_weights)
    found = {
        "layers": full.net.layers,
        "stage_ends": len(full.net.stage_ends),
        "accuracy": {"full": accuracy},
        "layer means": {},
        "layer sizes": {},
        "elements": {},
        "same weights": {case: [one[case] for one in full.probed] for case in full.probed[0]},
    }
    for case in (*CASES, ORDER) if core else FIRST:
        other, found["accuracy"][case] = train_with(bench, arm, case, training, test)
        pairs = list(zip(full.sums, other.sums))
        found["layer means"][case] = [cosine(layer_means(a), layer_means(b)) for a, b in pairs]
        found["layer sizes"][case] = [cosine(layer_sizes(a), layer_sizes(b)) for a, b in pairs]
        found["elements"][case] = [cosine(flat(a), flat(b)) for a, b in pairs]
    return found


def train_with(
    bench: Bench,
    arm: dict,
    case: str,
    training: ImageSet,
    test: ImageSet,
    probe: Callable | None = None,
) -> tuple[Watched, float]:
    """The network trained with a case's gradients, and its share of right answers on the test
    images."""
    settings, seed = bench.settings, arm["seed"]
    net = LinkedResNet(
        settings["widths"],
        settings["blocks"],
        1 - 1 / arm["tau"],
        len(training.class_names),
        training.images.shape[1],
        seed,
    )
    config = TrainConfig(
        **settings["recipe"],
        warmup_epochs=0.5,
        flip=False,
        shift=0,
        memory="store",
        evaluate_every=settings["recipe"]["epochs"],
        seed=seed + 1000 * (case == ORDER),
    )
    linked = linked_layers(net, "full" if case == ORDER else case, draw=1000 * seed)
    a_pass = math.ceil(len(training) / config.batch_size)
    watched = Watched(net, arm["T"], linked, a_pass, probe).to(bench.device)
    shutil.rmtree(bench.folder, ignore_errors=True)  # of an interrupted arm, whose sums are lost
    result = train(watched, (training, test), config, bench.folder, progress=False)
    shutil.rmtree(bench.folder)
    return watched, result.test_accuracy


def layer_means(gradients: list[Tensor]) -> Tensor:
    """One number a layer: the mean of its weight's gradient, [layers]."""
    return torch.stack([gradient.mean() for gradient in gradients])


def layer_sizes(gradients: list[Tensor]) -> Tensor:
    """One number a layer: the mean of its weight's absolute gradient, [layers]."""
    return torch.stack([gradient.abs().mean() for gradient in gradients])


def similarities(net: LinkedResNet, images: Tensor, labels: Tensor, arm: dict) -> dict[str, float]:
    """Cosine of each case's gradient with the full one in one network; "temporal": |full - none| /
    |full|."""
    found = {
        case: weight_gradient(
            net, images, labels, arm["T"], linked_layers(net, case, 1000 * arm["seed"])
        )
        for case in ("full", *CASES)
    }
    full = found.pop("full")
    temporal = (full - found["none"]).norm() / full.norm().clamp(min=1e-30)
    cosines = {case: cosine(full, gradient) for case, gradient in found.items()}
    return {**cosines, "temporal": temporal.item()}


def networks(done: list[dict]) -> list[Network]:
    return list(dict.fromkeys((arm["T"], arm["tau"]) for arm in done))


def of(done: list[dict], network: Network) -> list[dict]:
    """The arms of one network, a seed each."""
    return [arm for arm in done if (arm["T"], arm["tau"]) == network]


def core(done: list[dict]) -> Network:
    """The network that was trained with the most seeds."""
    return max(networks(done), key=lambda network: len(of(done, network)))


def over_training(done: list[dict], network: Network, name: str, case: str) -> dict[int, float]:
    """A case's cosine by seed, of what `MEASURES` calls `name`: its mean over the epochs. Empty
    where the case was not run."""
    return {arm["seed"]: mean(arm[name][case]) for arm in of(done, network) if case in arm[name]}


def accuracies(done: list[dict], network: Network, case: str) -> dict[int, float]:
    """Test accuracy in per cent by seed after training with a case's gradients; empty where that
    was not done."""
    return {
        arm["seed"]: 100.0 * arm["accuracy"][case]
        for arm in of(done, network)
        if case in arm["accuracy"]
    }


def table(done: list[dict]) -> list[list[str]]:
    columns = (*CASES, ORDER)
    rows = [["", "T", "tau", "stage ends", "full", *columns, "temporal part"]]
    for name in (*MEASURES, "accuracy, %"):
        for network in networks(done):
            arm = of(done, network)[0]
            named = [*map(str, network), f"{arm['stage_ends']} of {arm['layers']}"]
            last = ""
            if name in MEASURES:
                reached = [over_training(done, network, name, case) for case in columns]
                full, digits = "1", 3
                if name == "same weights":
                    parts = over_training(done, network, name, "temporal")
                    last = cell(list(parts.values()), 2)
            else:
                reached = [accuracies(done, network, case) for case in columns]
                full, digits = cell(list(accuracies(done, network, "full").values())), 1
            cells = [cell(list(values.values()), digits) if values else "" for values in reached]
            rows.append([name, *named, full, *cells, last])
    return rows


def verdict(done: list[dict]) -> str:
    """Cases against each other and against their controls in the network with most seeds; then
    accuracy; then T and tau."""
    network = core(done)
    said = []
    for name in MEASURES:
        pairs = [("case 1", "case 2"), ("case 1", "control 1"), ("control 2", "case 2")]
        found = []
        for a, b in pairs:
            values = (over_training(done, network, name, case) for case in (a, b))
            found.append(f"{a} minus {b} {in_words(difference(*values), 'in cosine', 3)}")
        said.append(f"{name}: " + ", ".join(found))
    apart = (
        f"of {name} {mean(over_training(done, network, name, ORDER).values()):.3f}"
        for name in ("layer means", "layer sizes", "elements")
    )
    said.append(f"full STBP with the images in {ORDER} has a cosine {', '.join(apart)}")
    for a, b in (("full", "case 1"), ("full", "case 2"), ("case 1", "case 2"), ("full", "none")):
        values = (accuracies(done, network, case) for case in (a, b))
        said.append(f"accuracy of {a} minus {b} {in_words(difference(*values), 'points')}")
    highest = " and ".join(
        "T = {}, tau = {} for {}".format(*_highest(done, case), case) for case in FIRST
    )
    easy = min(networks(done), key=lambda one: (one[1], one[0]))
    nothing, part = (
        mean(over_training(done, easy, "same weights", case).values())
        for case in ("none", "temporal")
    )
    return (
        f"T = {network[0]}, tau = {network[1]}: "
        + "; ".join(said)
        + f". Of the first seed's networks the highest cosine of layer sizes is at {highest}. "
        f"At tau = {easy[1]} the part of the gradient that goes through time is {part:.2f} of its "
        f"norm, and dropping all of it leaves a cosine of {nothing:.3f}."
    )


def _highest(done: list[dict], case: str) -> Network:
    seed = done[0]["seed"]
    return max(
        networks(done),
        key=lambda network: over_training(done, network, "layer sizes", case)[seed],
    )


COLOURS = {"case 1": 0, "control 1": 4, "case 2": 1, "control 2": 5, "none": 6, ORDER: 2}


def draw(done: list[dict]):
    """One column of panels, to be read on a phone: cosines over the epochs in the network with most
    seeds, its accuracies, and the paper's number for each T and tau."""
    made, axes = plots.figure(rows=len(MEASURES) + 2, width=4.2, height=2.5)
    panels = [row[0] for row in axes]
    network = core(done)
    for axis, name in zip(panels, MEASURES):
        _draw_curves(axis, done, network, name)
    panels[0].legend(ncols=2, loc="best", fontsize=7)
    groups = {case: list(accuracies(done, network, case).values()) for case in ("full", *COLOURS)}
    plots.points(
        panels[-2],
        {name.replace(" ", "\n"): values for name, values in groups.items()},
        [3, *COLOURS.values()],
    )
    panels[-2].set(title=f"Trained so: T, tau = {network[0]}, {network[1]}", ylabel="accuracy, %")
    _draw_networks(panels[-1], done)
    return made


def _draw_curves(axis, done: list[dict], network: Network, name: str) -> None:
    for case, colour in COLOURS.items():
        curves = [arm[name][case] for arm in of(done, network) if case in arm[name]]
        if curves:
            line = "--" if case.startswith("control") else ":" if case == ORDER else "-"
            epochs = [epoch + (name != "same weights") for epoch in range(len(curves[0]))]
            plots.band(axis, epochs, curves, case, colour, line=line)
    titles = {
        "layer means": "Trained apart: mean of each layer",
        "layer sizes": "Trained apart: mean size of each layer",
        "elements": "Trained apart: every weight",
        "same weights": "Same network: every weight",
    }
    axis.set(title=titles[name], xlabel="epoch", ylabel="cosine with full")


def _draw_networks(axis, done: list[dict]) -> None:
    """The first seed's layer sizes by T and tau."""
    shown, seed = sorted(networks(done)), done[0]["seed"]
    for case in FIRST:
        values = [over_training(done, one, "layer sizes", case)[seed] for one in shown]
        axis.plot(range(len(shown)), values, "o", color=plots.COLOURS[COLOURS[case]], label=case)
    axis.set_xticks(range(len(shown)), [f"{T}\n{tau:g}" for T, tau in shown])
    axis.set(
        title="Mean size of each layer, by T and tau", xlabel="T, tau", ylabel="cosine with full"
    )


EXPERIMENT = Experiment(
    title="Fig. 2: which gradients through time matter?",
    shows="by the paper's protocol, three networks trained apart from one initialisation: full "
    "STBP, gradients through time at the stage ends alone (case 1), and everywhere else (case 2); "
    "at each epoch the mean gradient of each layer, as a vector over layers, and its cosine with "
    "full STBP's. With the controls that the figure lacks: as many random other layers, full STBP "
    "on the images in another order, the cosine of all weights' gradients, also within one "
    "network, the accuracy of each network, and three seeds at T = 6, tau = 2",
    cannot="CIFAR-10 or a ResNet-18: 13 layers of at most 16 channels learn from 800 halved "
    "images for 10 epochs, where the paper has 30. The values of the paper's curves are not in "
    "its text, so that they cannot be laid over these. Its mean gradient of a layer is read as "
    "the mean over the weights of a convolution and over an epoch, once with signs and once "
    "without: the text does not say which. A cosine near 1 says that the "
    "gradients are alike, not that training ends at the same accuracy. All but T = 6, tau = 2 is "
    "one seed.",
    paper=(
        Quoted(
            "spiking ResNet-18, CIFAR-10, 30 epochs, T of 6 and 12, tau of 1.1, 2.0 and 5.0, three "
            "networks trained apart: the gradients through time of the last layer of each stage "
            "are the ones to keep",
            "arXiv v1, section 4.1 and Fig. 2",
        ),
        Quoted(
            "T = 6 with tau = 1.1 gives the highest curve in both panels",
            "read off the curves of Fig. 2 by a reader; the text has no values",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
