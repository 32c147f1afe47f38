"""Exercises of chapter 06, which gradients matter: Fig. 2's cases counted, Eq. (4)'s temporal
factors, links cut one by one."""

import functools
import math

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _differ(answer) -> str | None:
    known = {(1, 9): None, (4, 4): "kept", (5, 13): "others", (9, 17): "all"}
    return named(answer, known | {(1, 4): "deeper one way"})


def _influences(answer) -> str | None:
    cases = [
        ([0.4, 0.6, 0.4, 1.7], 0.5, 1.0),
        ([0.2, 0.3, 1.6, 0.7], 0.75, 1.0),
        ([0.4, 0.4], 0.8, 1.0),
        ([0.5, 1.2, 2.4, 0.25, 1.0], 0.5, 0.75),  # 1.2 lies in the window, 0.25 at its edge
        ([1.25, 0.3, 0.9], 0.25, 0.75),  # and so does 1.25
        ([1.6, 2.3, 1.0, 1.9], 0.9, 2.0),
        ([0.7], 0.5, 1.0),
    ]
    mistakes = (None, "no window", "later potential", "newest first", "sign", "open window")
    return told_apart(answer, cases, {m: functools.partial(_products, mistake=m) for m in mistakes})


def _products(potentials, decay, threshold, mistake=None):
    """What each potential contributes to the last one, by the product rule and its usual mistakes."""
    factors = []
    for v in potentials[1:] if mistake == "later potential" else potentials[:-1]:
        distance = abs(v - threshold)
        inside = distance < 0.5 if mistake == "open window" else distance <= 0.5
        h = inside * {"no window": 0.0, "sign": 2.0}.get(mistake, 1.0)
        factors.append(decay * (1.0 - threshold * h))
    found = [math.prod(factors[t:]) for t in range(len(potentials))]
    return found[::-1] if mistake == "newest first" else found


def _layer(answer) -> str | None:
    known = {14: None, 16: "read-out", 6: "nine layers", 5: "smallest", 15: "index", 13: "branch"}
    return named(answer, known)


def _growth(answer) -> str | None:
    known = {
        (1.1, 3.051): None,
        (1.0083, 1.8787): "present counted",
        (1.1, 4.0): "limit",
        (3.051, 1.1): "swapped",
        (5, 5): "steps",
    }
    return named(answer, known, atol=0.006)


_FACTORS = '''def influences(potentials, decay, threshold):
    """dV[T]/dV[t] for t = 1, ..., T, oldest first."""
    found = [1.0]
    for v in reversed(potentials[:-1]):
        h = 1.0 if abs(v - threshold) <= 0.5 else 0.0
        found.insert(0, found[0] * decay * (1.0 - threshold * h))
    return found
'''

EXERCISES = (
    Exercise(
        id="06.a",
        title="how different is a control?",
        minutes=6,
        difficulty=1,
        kind="paper",
        question="Case 2 keeps the links of all layers but the stage ends. Control 1 keeps four layers that are no stage ends, drawn by chance. "
        "**In how many layers do the two differ**, with 4 stage ends of 9 layers, and with 4 of 17? Then look at Figure 6.4.",
        answer="differ",
        check=_differ,
        correct="Of nine layers, five are no stage ends; case 2 keeps five of them, control 1 four. A control that differs in one layer controls little. Of 17 layers, they differ in nine.",
        diagnoses={
            "kept": "That is how many layers control 1 keeps. How many does case 2 keep that control 1 does not?",
            "others": "That is how many layers case 2 keeps. Control 1 keeps four of the same ones: take them off.",
            "all": "That is all layers. Count those that are linked in one of the two and not in the other.",
            "deeper one way": "The first is right. In 17 layers case 2 keeps 17 - 4 = 13; control 1 keeps four of these.",
            "other": "Draw nine layers in a row, and mark the stage ends. Which layers does case 2 keep, which may control 1 keep?",
        },
        hints=("Neither of the two keeps a stage end.", "One keeps all others, one keeps four."),
        solution="differ = [1, 9]\n",
        wrong={
            "kept": "differ = [4, 4]",
            "others": "differ = [5, 13]",
            "all": "differ = [9, 17]",
            "deeper one way": "differ = [1, 4]",
            "other": "differ = [2, 8]",
        },
    ),
    Exercise(
        id="06.b",
        title="what is left of the past",
        minutes=12,
        difficulty=2,
        kind="code",
        question="For a neuron *with* soft reset write `influences(potentials, decay, threshold)`: the derivatives of the last potential with respect to each potential, oldest first, the last one being 1. "
        "The factor of the step *from* $V[t]$ to $V[t+1]$ is $\\lambda\\,(1 - V_{th}\\,h(V[t]))$ (section 6.2), with $h = 1$ within 0.5 of the threshold, else 0.",
        answer="influences",
        check=_influences,
        correct="One potential in the window wipes out all that lies before it: the list begins with zeros. Without a reset it is a geometric sequence.",
        diagnoses={
            "no window": "The window is missing: you have powers of the decay. What is the factor where h(V[t]) = 1?",
            "later potential": "You took h at the potential that the step leads to. The reset acts on the potential that it starts from.",
            "newest first": "The values are right, in reverse. Return the oldest first, the 1 last.",
            "sign": "Inside the window your factor is too small. How often does the reset take the threshold?",
            "open window": "A potential at a distance of exactly 0.5 is within the window.",
            "other": "The derivatives differ. Write down the factor of each step first, then multiply those from V[t] on.",
        },
        example=("influences([0.2, 0.6, 0.1], 0.5, 0.8)", [0.05, 0.1, 1.0]),
        hints=("Start with [1.0].", "Go through `reversed(potentials[:-1])`."),
        solution=_FACTORS,
        wrong={
            "no window": _FACTORS.replace("1.0 if abs(v - threshold) <= 0.5 else 0.0", "0.0"),
            "later potential": _FACTORS.replace("potentials[:-1]", "potentials[1:]"),
            "newest first": _FACTORS.replace("return found", "return found[::-1]"),
            "sign": _FACTORS.replace("1.0 - threshold * h", "1.0 - 2.0 * threshold * h"),
            "open window": _FACTORS.replace("<= 0.5", "< 0.5"),
            "other": _FACTORS.replace("found[0] * decay", "found[0] + decay"),
        },
    ),
    Exercise(
        id="06.d",
        title="the dearest link of seventeen",
        minutes=10,
        difficulty=2,
        kind="break",
        question="Cut one link at a time in `net = new_network(2, blocks=2)`. `gradient(net, linked)` is its gradient with the links of the layers `linked` alone; take the `cosine` with the full one. "
        "Predict first. **Which layer's link costs most?** Is it a stage end (Figure 6.1)?",
        answer="dearest",
        check=_layer,
        correct="Layer 14 ends a block and no stage. It costs more than the stage ends 12 and 16.",
        diagnoses={
            "read-out": "The last layer, next to the read-out, is not the dearest: compare its cosine with that of layer 14.",
            "nine layers": "That is the answer with nine layers. Make a network with two blocks per stage.",
            "smallest": "You took the link that costs least, the largest cosine. The dearest has the smallest.",
            "index": "The layer inside a branch next to the dearest one. Did you count layers from 1? The stem is 0.",
            "branch": "Layers of odd number lie inside a branch. Count from the stem, which is 0.",
            "other": "What is `linked` when the link of layer 3 alone is cut? And which cosine has the dearest link, the largest or the smallest?",
        },
        hints=("linked = [l for l in range(17) if l != k]", "min(range(17), key=lambda k: ...)"),
        solution="dearest = 14\n",
        wrong={
            "read-out": "dearest = 16",
            "nine layers": "dearest = 6",
            "smallest": "dearest = 5",
            "index": "dearest = 15",
            "branch": "dearest = 13",
            "other": "dearest = 4",
        },
    ),
    Exercise(
        id="06.e",
        title="does a larger T make a larger difference?",
        minutes=8,
        difficulty=2,
        kind="paper",
        question="In one layer, all that comes back to the first of $T$ steps has the weight $\\lambda + \\lambda^2 + \\dots + \\lambda^{T-1}$, beside the 1 of the present. "
        "**By what factor does this sum grow from $T = 2$ to $T = 6$**, for $\\tau = 1.1$ and for $\\tau = 4$? Two decimals. Compare with Table 6.1.",
        answer="growth",
        check=_growth,
        correct="By a tenth at tau = 1.1 and threefold at tau = 4. More steps matter only to a neuron that remembers them.",
        diagnoses={
            "present counted": "You have one term too many in both sums. The past alone is asked for, and at T = 2 there is one earlier step: the sum is lambda.",
            "limit": "You let T go to infinity. At T = 6 the sum has five terms.",
            "swapped": "The right two numbers, in reverse: tau = 1.1 first.",
            "steps": "That is how the number of terms grows. Weigh them: at tau = 1.1 the second is eleven times smaller than the first.",
            "other": "How many terms has the sum at T = 2, and how many at T = 6? What is lambda for either tau?",
        },
        hints=("lambda is 1/11 and 0.75.", "The quotient is 1 + lambda + ... + lambda^4."),
        solution="growth = [1.10, 3.05]\n",
        wrong={
            "present counted": "growth = [1.01, 1.88]",
            "limit": "growth = [1.10, 4.00]",
            "swapped": "growth = [3.05, 1.10]",
            "steps": "growth = [5, 5]",
            "other": "growth = [2, 2]",
        },
    ),
)
