"""Exercises of chapter 03, the bill: what training over L layers and T steps keeps (Table 1)."""
from trevsnn_lite.course.exercise import Exercise


def _kept_by_stbp(answer) -> str | None:
    got = answer(layers=5, steps=4, batch=2, size=10)
    named = {5 * 4 * 2 * 10: None, 5 * 2 * 10: "no time", 4 * 2 * 10: "no depth", 5 * 4 * 10: "no batch", (5 + 4) * 2 * 10: "sum"}
    return named.get(got, "other")


EXERCISES = (
    Exercise(
        id="03.a", title="count what STBP keeps", minutes=5, difficulty=1, kind="code",
        question="A spiking network has `layers` layers of `size` neurons each and runs for `steps` steps on a batch of `batch` images. How many potentials does STBP keep for "
                 "its backward pass? Write the count as a function.",
        answer="kept",
        check=_kept_by_stbp,
        correct="The count is a product: twice the steps cost as much as twice the depth, and O(L*T) in Table 1 says no more than this.",
        diagnoses={
            "no time": "Your count does not grow with the steps. That is what OTTT keeps; STBP needs the potentials of every step, since its error flows back through all of them.",
            "no depth": "Your count does not grow with the layers. Each layer has potentials of its own.",
            "no batch": "Your count is for one image. Each image of the batch has its own potentials.",
            "sum": "You added layers and steps. Each layer has one potential at each step, so the counts multiply.",
            "other": "For 5 layers, 4 steps, 2 images and 10 neurons your count is neither 400 nor one of the usual slips. Count the cells of the L x T grid first.",
        },
        hints=("Draw the unrolled network: one column a step, one row a layer. How many cells does it have?", "Each cell holds `size` potentials for each image of the batch."),
        solution='def kept(layers, steps, batch, size):\n    """Potentials that STBP keeps for its backward pass."""\n    return layers * steps * batch * size\n',
        wrong={
            "no time": "def kept(layers, steps, batch, size):\n    return layers * batch * size\n",
            "no depth": "def kept(layers, steps, batch, size):\n    return steps * batch * size\n",
            "no batch": "def kept(layers, steps, batch, size):\n    return layers * steps * size\n",
            "sum": "def kept(layers, steps, batch, size):\n    return (layers + steps) * batch * size\n",
            "other": "def kept(layers, steps, batch, size):\n    return 2 * layers * steps * batch * size\n",
        },
    ),
)
