"""Exercises of chapter 02, surrogate gradients and STBP: Eqs. (3)-(5) by hand and in code, and a
wrong sign."""

import functools

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _by_hand(answer) -> str | None:
    known = {
        -1.7925: None,
        -1.65: "space alone",
        -2.125: "no reset",
        -1.3175: "no leak",
        -2.4575: "reset's sign",
        -0.95: "last step",
        1.7925: "loss's sign",
    }
    return named(answer, known, atol=0.0055)


def _errors(space, slopes, decay, threshold, mistake=None) -> list[float]:
    """dL/dV[t] by Eqs. (4) and (5), or with one of the likely mistakes."""
    deltas, later = [], 0.0
    steps = list(zip(space, slopes))
    for g, h in steps if mistake == "forwards" else reversed(steps):
        through_reset = {
            None: -decay * threshold,
            "forwards": -decay * threshold,
            "no reset": 0.0,
            "threshold unleaked": -threshold,
            "reset's sign": decay * threshold,
        }.get(mistake, -decay * threshold)
        through_leak = {"no leak": 0.0, "leak through the window": decay * h}.get(mistake, decay)
        later = (g + (0.0 if mistake == "space alone" else later * through_reset)) * h + (
            0.0 if mistake == "space alone" else later * through_leak
        )
        deltas.append(later)
    return deltas if mistake in ("forwards", "newest first") else deltas[::-1]


def _recursion(answer) -> str | None:
    cases = [
        ([-1.0, -0.5, 2.0, 0.3], [0.8, 0.2, 0.0, 0.9], 0.5, 1.0),
        ([0.4, 1.0, -0.7], [0.5, 1.0, 0.25], 0.8, 0.6),
        ([0.4, 1.0, -0.7, 0.1, -1.2], [0.5, 1.0, 0.25, 0.3, 0.7], 0.25, 2.0),
        ([-1.5], [0.6], 0.9, 1.0),
    ]
    mistakes = (
        None,
        "newest first",
        "forwards",
        "space alone",
        "no reset",
        "reset's sign",
        "threshold unleaked",
        "no leak",
        "leak through the window",
    )
    return told_apart(answer, cases, {m: functools.partial(_errors, mistake=m) for m in mistakes})


def _signs(answer) -> str | None:
    known = {
        (-1, 1, -1, 1): None,
        (-1, -1, -1, -1): "all",
        (-1, -1, -1, 1): "all but the read-out",
        (1, -1, 1, -1): "read-out turned",
        (1, -1, 1, 1): "counted from below",
    }
    return named(answer, known)


_RECURSION = '''def errors(space, slopes, decay, threshold):
    """[dL/dV[1], ..., dL/dV[T]] of a neuron with soft reset; space[t] is what reaches S[t]
    from above, slopes[t] is h(V[t] - threshold)."""
    deltas, later = [], 0.0
    for g, h in zip(reversed(space), reversed(slopes)):
        later = (g - decay * threshold * later) * h + decay * later
        deltas.insert(0, later)
    return deltas
'''

EXERCISES = (
    Exercise(
        id="02.a",
        title="two steps on paper",
        minutes=10,
        difficulty=2,
        kind="paper",
        question="As in Section 2.4: decay 0.5, threshold 1, soft reset, triangle $h = \\max(0, 1 - |V - 1|)$, loss $\\tfrac12 (n - 2)^2$ with $n$ the number of spikes. Now $T = 2$, an input spike at both steps, "
        "and $w = 0.7$. What is the surrogate gradient $\\partial \\mathcal L / \\partial w$?",
        answer="gradient",
        check=_by_hand,
        correct="V = 0.7 and 1.05, h = 0.7 and 0.95. delta[2] = -0.95, delta[1] = (-1 + 0.475) * 0.7 - 0.475 = -0.8425, and both inputs are 1.",
        diagnoses={
            "space alone": "That is Eq. (4) without its second term. The error of step 2 also reaches V[1].",
            "no reset": "You left out the reset: S[1] lowers V[2], which is the second term of Eq. (5).",
            "no leak": "You left out the leak: V[1] goes on into V[2] with the factor 0.5, the second term of Eq. (4).",
            "reset's sign": "A spike *lowers* the next potential: dV[2]/dS[1] = -0.5.",
            "last step": "That is delta[2] alone. Both steps have an input, and Eq. (3) sums over the steps.",
            "loss's sign": "The neuron fires once and should fire twice: n - 2 = -1 is what comes from the loss.",
            "other": "Which two potentials do you get, and how many spikes? Which of the two errors, of step 1 or of step 2, depends on the other?",
        },
        hints=(
            "V[1] = 0.7, V[2] = 0.35 + 0.7 = 1.05.",
            "delta[1] = (-1 - 0.5 * delta[2]) * 0.7 + 0.5 * delta[2].",
        ),
        solution="gradient = -0.95 + ((-1 + 0.5 * 0.95) * 0.7 - 0.5 * 0.95)\n",
        wrong={
            "space alone": "gradient = -1.65",
            "no reset": "gradient = -2.125",
            "no leak": "gradient = -1.3175",
            "reset's sign": "gradient = -2.4575",
            "last step": "gradient = -0.95",
            "loss's sign": "gradient = 1.7925",
            "other": "gradient = 0.0",
        },
    ),
    Exercise(
        id="02.b",
        title="Eqs. (4) and (5) in four lines",
        minutes=10,
        difficulty=2,
        kind="code",
        question="Write the recursion for one neuron with soft reset, in plain Python: from the errors that come from above and the slopes $h$, the errors of the potentials, oldest first.",
        answer="errors",
        check=_recursion,
        correct="One number carried from the last step to the first. This is all of backpropagation through time for a neuron.",
        diagnoses={
            "newest first": "The values are right, in reverse. Return the oldest first.",
            "forwards": "You went from the first step to the last. An error flows against time: start with the last step.",
            "space alone": "Nothing is carried from step to step: that is the space-only gradient, not STBP.",
            "no reset": "The second term of Eq. (5) is missing: the spike lowers the next potential by decay * threshold.",
            "reset's sign": "The reset's term has the wrong sign: a spike lowers the next potential.",
            "threshold unleaked": "The reset acts before the leak, so the spike lowers the next potential by decay * threshold, not by threshold.",
            "no leak": "The second term of Eq. (4) is missing: decay times the later error, without h.",
            "leak through the window": "The leak's term does not pass the spike: it is not multiplied by h.",
            "other": "The errors differ from those of Eqs. (4) and (5). Section 2.4 works out three steps by hand.",
        },
        example=("errors([-1, -1, -1], [0.8, 0.8, 0.1], 0.5, 1.0)", [-0.881, -0.81, -0.1]),
        hints=(
            "Carry one number, the error of the next potential; it starts at 0.",
            "dL/dS = g - decay * threshold * later; then dL/dV = dL/dS * h + decay * later.",
        ),
        solution=_RECURSION,
        wrong={
            "newest first": _RECURSION.replace("deltas.insert(0, later)", "deltas.append(later)"),
            "forwards": _RECURSION.replace(
                "zip(reversed(space), reversed(slopes))", "zip(space, slopes)"
            ).replace("deltas.insert(0, later)", "deltas.append(later)"),
            "space alone": _RECURSION.replace(
                "(g - decay * threshold * later) * h + decay * later", "g * h"
            ),
            "no reset": _RECURSION.replace("g - decay * threshold * later", "g"),
            "reset's sign": _RECURSION.replace("g - decay", "g + decay"),
            "threshold unleaked": _RECURSION.replace("g - decay * threshold", "g - threshold"),
            "no leak": _RECURSION.replace(" + decay * later", ""),
            "leak through the window": _RECURSION.replace(
                "* h + decay * later", "* h + decay * h * later"
            ),
            "other": _RECURSION.replace("+ decay * later", "+ later"),
        },
    ),
    Exercise(
        id="02.c",
        title="how wrong is a wrong sign?",
        minutes=12,
        difficulty=3,
        kind="break",
        question="`Net(hidden=(50, 50, 50), gain=5.0)` and the same with `sign=-1.0` differ in the sign of the surrogate alone (the gain lets every layer fire). Run both on the first 100 training images with `T=1`, so that time plays no part. "
        "**Predict first**: for which of the four weights does the gradient point the wrong way? Then compute the cosine between right and wrong gradient, from the first hidden layer to the read-out, and write the four signs, such as `(1, 1, -1, -1)`.",
        answer="signs",
        check=_signs,
        correct="An error passes one surrogate on its way to the last hidden layer, two to the one before, three to the first: -1, +1, -1. The read-out's gradient passes none.",
        diagnoses={
            "all": "The read-out's gradient is error times spikes: no surrogate is on its way. And two wrong signs make a right one.",
            "all but the read-out": "The read-out is right. But count the surrogates that an error passes on its way to the second hidden layer: two.",
            "read-out turned": "You turned the signs round. The read-out's gradient passes no surrogate, so it is right.",
            "counted from below": "You counted the surrogates from the input. An error starts at the loss and comes down: one surrogate for the last hidden layer.",
            "other": "Four numbers, 1 or -1: first, second and third hidden layer, then the read-out. How many surrogates does an error pass on its way to each?",
        },
        hints=(
            "`torch.cosine_similarity(a.grad.flatten(), b.grad.flatten(), dim=0)` for the weights of both networks.",
            "How many times is an error multiplied by h on its way to each layer?",
        ),
        solution="signs = (-1, 1, -1, 1)\n",
        wrong={
            "all": "signs = (-1, -1, -1, -1)",
            "all but the read-out": "signs = (-1, -1, -1, 1)",
            "read-out turned": "signs = (1, -1, 1, -1)",
            "counted from below": "signs = (1, -1, 1, 1)",
            "other": "signs = (1, 1, 1, 1)",
        },
    ),
)
