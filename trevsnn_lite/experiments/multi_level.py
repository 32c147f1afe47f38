"""The multi-level ablation (section 5.2, Eq. (10)): feedback from all higher levels, from the next one,
or from none."""  # noqa: E501

from trevsnn_lite.experiments import plots

from .arms import LARGE, LONG, QUICK, SMALL, arms_by_seed, train_arm
from .record import Bench, Experiment, Quoted
from .spread import by_seed, cell, difference, in_words

FEEDBACKS = ("all-levels", "next-level", "none")

PAPER_GAIN = 1.2  # points on ImageNet, 67.4 -> 68.6

SETTINGS = {
    "smoke": {
        "data": "fashion-mnist-10k",
        "train_images": 100,
        "test_images": 50,
        "seeds": 2,
        "network": {**SMALL, "widths": (4, 6, 8), "time_steps": 2},
        "recipe": {**QUICK, "epochs": 1},
    },
    "cpu": {
        "data": "fashion-mnist-10k",
        "train_images": 2000,
        "test_images": 2000,
        "seeds": 5,
        "network": SMALL,
        "recipe": {**QUICK, "epochs": 4, "evaluate_every": 4},
    },
    "gpu": {
        "data": "cifar-10",
        "train_images": 50000,
        "test_images": 10000,
        "seeds": 5,
        "network": LARGE,
        "recipe": LONG,
    },
}


def arms(settings: dict, seed: int) -> list[dict]:
    return arms_by_seed(settings, seed, "feedback", FEEDBACKS)


def measure(bench: Bench, arm: dict) -> dict:
    return train_arm(bench, arm["seed"], {**bench.settings["network"], "feedback": arm["feedback"]})


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
        if abs(PAPER_GAIN - gains["all-levels"].mean) <= gains["all-levels"].margin
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
        title="Multi-level feedback: each point one seed",
        ylabel="test accuracy, %",
        xlabel="old potentials that enter a level",
    )
    return made


EXPERIMENT = Experiment(
    title="Multi-level feedback (Eq. (10), the paper's ablation of cross-stage fusion)",
    shows="accuracy with potentials fed back from all higher levels, from the next level and "
    "from none, on the same seeds, images and recipe",
    cannot="ImageNet, 100 epochs or 15.2M parameters: at cpu scale the images are small, the "
    "network has 1.5% of those parameters, and three levels. "
    "Feedback adds parameters (see the table), which the comparison does not take out.",
    paper=(
        Quoted(
            "ImageNet, T = 4, 100 epochs: 68.6% with, 67.4% without cross-stage fusion "
            "(-1.2 points)",
            "from a reader's notes on the paper and a summary of it; not read in the paper itself",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
