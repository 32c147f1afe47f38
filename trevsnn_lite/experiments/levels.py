"""The ablation of section 5.2 (Eq. (10)): the potential of the next level enters each level, as in
the paper's network, or those of all higher levels do, or none."""

from trevsnn_lite.experiments import plots

from .record import Bench, Experiment, Quoted
from .seeds import by_seed, cell, difference, in_words
from .training_runs import CIFAR, FASHION, LARGE, LONG, QUICK, SMALL, arms_by_seed, train_network

FEEDBACKS = ("next-level", "all-levels", "none")

PAPER_GAIN = 1.2  # points on ImageNet, 67.4 -> 68.6

SETTINGS = {
    "smoke": {
        **FASHION,
        "train_images": 20,
        "test_images": 20,
        "seeds": 1,
        "network": {**SMALL, "widths": (4, 6, 8), "time_steps": 2},
        "recipe": {**QUICK, "epochs": 1},
    },
    "cpu": {
        **FASHION,
        "train_images": 2000,
        "test_images": 2000,
        "seeds": 4,
        "network": SMALL,
        "recipe": {**QUICK, "epochs": 6, "evaluate_every": 6},
    },
    "gpu": {
        **CIFAR,
        "seeds": 5,
        "network": LARGE,
        "recipe": LONG,
    },
}


def arms(settings: dict, seed: int) -> list[dict]:
    return arms_by_seed(settings, seed, "feedback", FEEDBACKS)


def measure(bench: Bench, arm: dict) -> dict:
    return train_network(
        bench, arm["seed"], {**bench.settings["network"], "feedback": arm["feedback"]}
    )


def accuracies(done: list[dict], feedback: str) -> dict[int, float]:
    """Test accuracy by seed, in per cent."""
    return by_seed(done, "test_accuracy", 100.0, feedback=feedback)


def table(done: list[dict]) -> list[list[str]]:
    rows = [["feedback", "parameters", "seeds", "test accuracy, %", "minus none, points (95%)"]]
    for feedback in FEEDBACKS:
        found = accuracies(done, feedback)
        parameters = next(arm["parameters"] for arm in done if arm["feedback"] == feedback)
        gained = difference(found, accuracies(done, "none"))
        margin = f"{gained.mean:+.2f} ± {gained.margin:.2f}" if feedback != "none" else ""
        rows.append(
            [feedback, f"{parameters:,}", str(len(found)), cell(list(found.values()), 2), margin]
        )
    return rows


def verdict(done: list[dict]) -> str:
    gains = {
        name: difference(accuracies(done, name), accuracies(done, "none")) for name in FEEDBACKS[:2]
    }
    said = [f"{name} minus none {in_words(gain, 'points')}" for name, gain in gains.items()]
    paper = (
        "inside"
        if abs(PAPER_GAIN - gains["next-level"].mean) <= gains["next-level"].margin
        else "outside"
    )
    return "; ".join(said) + (
        f". The paper's {PAPER_GAIN} points, of another network on other images, lie "
        f"{paper} the first interval."
    )


def draw(done: list[dict]):
    made, axes = plots.figure(width=4.2)
    axis = axes[0][0]
    plots.points(
        axis, {feedback: list(accuracies(done, feedback).values()) for feedback in FEEDBACKS}
    )
    axis.set(
        title="Feedback: each point one seed",
        ylabel="test accuracy, %",
        xlabel="old potentials that enter a level",
    )
    return made


EXPERIMENT = Experiment(
    title="Levels (Eq. (10)): what the next stage's feature does",
    shows="accuracy with the old potential of the next level fed back, as in the paper's network, "
    "with those of all higher levels and with none, on the same seeds, images and recipe",
    cannot="ImageNet, 100 epochs or 15.2M parameters: at cpu scale the images are small, the "
    "network has 1% of those parameters, and three levels, so that all levels differ from the next "
    "in one link. Feedback adds parameters (see the table), which is not taken out.",
    paper=(
        Quoted(
            "ImageNet, T = 4, 100 epochs: 68.6% with the next stage's feature, 67.4% without",
            "arXiv v1, section 5.2, in the text",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
