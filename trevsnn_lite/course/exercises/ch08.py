"""Exercises of chapter 08, turned off: one budget shared out, Eq. (8) in code, a neuron that
remembers after all."""

import torch

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _shared_out(answer) -> str | None:
    known = {
        (20, 500): None,
        (4, 100): "channels",
        (100, 2500): "width",
        (20, 100): "not added up",
        (400, 10000): "no root",
    }
    return named(answer, known)


def _own(answer) -> str | None:
    def outer(errors, below):
        return errors[:, :, None] * below[:, None, :]

    def right(upstream, v, below, threshold):
        return outer(upstream * ((v - threshold).abs() <= 0.5), below)

    models = {
        None: right,
        "summed": lambda *case: right(*case).sum(0),
        "no window": lambda up, v, below, threshold: outer(up, below),
        "spike for window": lambda up, v, below, threshold: outer(up * (v >= threshold), below),
        "open window": lambda up, v, below, th: outer(up * ((v - th).abs() < 0.5), below),
        "transposed": lambda *case: right(*case).transpose(1, 2),
        "all steps": lambda *case: right(*case).sum(0).expand(len(case[0]), -1, -1),
    }
    make = torch.Generator().manual_seed(0)
    cases = []
    for steps, out, into, threshold in ((3, 4, 5, 0.5), (2, 3, 3, 1.0), (4, 2, 3, 0.25)):
        up, v = torch.randn(steps, out, generator=make), torch.randn(steps, out, generator=make)
        v[0, :2] = torch.tensor([threshold + 0.5, threshold - 0.5])
        below = (torch.rand(steps, into, generator=make) > 0.4).float()
        below[0, 0] = 1.0
        cases.append((up, v, below, threshold))
    return told_apart(answer, cases, models)


def _second(answer) -> str | None:
    known = {
        (-0.25, -0.25): None,
        (0, 0): "still off",
        (-1, -1): "not leaked",
        (0, -0.25): "input of step 3",
        (4.75, 4.75): "no window",
        (0.25, 0.25): "sign",
        (1.25, 1.25): "wish of step 2",
        (-0.0625, -0.0625): "leaked twice",
        (-0.75, -0.75): "the share that is lost",
        (-0.175, -0.1): "weights for inputs",
        (1.9375, 0): "step 1",
        (0, -1): "step 3",
        (1.6875, -1.25): "all steps",
        ((1.9375, 0), (-0.25, -0.25), (0, -1)): "the whole table",
        -0.25: "one weight",
    }
    return named(answer, known)


def _dearer(answer) -> str | None:
    known = {
        (0.0241 + 7 * 0.0200 / 3) / 0.0241: None,
        1.0: "constant",
        (0.0441 / 0.0241) ** 1.5: "power law",
        1 + 63 / 15 * 0.0200 / 0.0241: "linear",
        8.0: "all root",
        64.0: "all linear",
        0.0441 / 0.0241: "only to 16",
    }
    return named(answer, known, atol=0.07)


_OWN = '''def own_gradients(upstream, v, below, threshold):
    """Eq. (8): dL/dW[t] for every t, [T, out, in], from dL/dS[t] [T, out], V[t] [T, out] and the spikes below [T, in]; h is 1 within 1/2 of the threshold."""
    h = ((v - threshold).abs() <= 0.5).float()
    return (upstream * h)[:, :, None] * below[:, None, :]
'''

EXERCISES = (
    Exercise(
        id="08.a",
        title="twenty-five sub-networks",
        minutes=5,
        difficulty=1,
        kind="paper",
        question="A 1 × 1 convolution from 100 channels to 100 has 10,000 weights. It is dealt out to 25 sub-networks, which together shall have 10,000 weights. "
        "How many channels has each sub-network, and how many have all together? Write `(each, together)`.",
        answer="channels",
        check=_shared_out,
        correct="25 · 20² = 10,000, and 25 · 20 = 500. Five times as many neurons: the square root of 25.",
        diagnoses={
            "channels": "You shared out the channels: 25 · 4² is 400 weights, a 25th of the budget.",
            "width": "You kept the width: 25 · 100² is 250,000 weights.",
            "not added up": "20 channels each is right. Now add up those of all 25 sub-networks.",
            "no root": "400 is the number of *weights* that each sub-network gets. Of how many channels is that?",
            "other": "How many weights may each sub-network have? And how many has a 1 × 1 convolution from C channels to C?",
        },
        hints=("How many weights does each sub-network get?", "C² = 400."),
        solution="channels = (20, 25 * 20)\n",
        wrong={
            "channels": "channels = (4, 100)",
            "width": "channels = (100, 2500)",
            "not added up": "channels = (20, 100)",
            "no root": "channels = (400, 10000)",
            "other": "channels = (50, 1250)",
        },
    ),
    Exercise(
        id="08.b",
        title="Eq. (8) in two lines",
        minutes=10,
        difficulty=2,
        kind="code",
        question="Write `own_gradients(upstream, v, below, threshold)`: the gradients of the weights $W[t]$ of a turned-off layer, one matrix for each step, from what reaches its spikes (`upstream`, $\\partial\\mathcal L/\\partial S[t]$). No autograd.",
        answer="own_gradients",
        check=_own,
        correct="There is no loop over t and no term that joins two steps: the T matrices could be computed on T machines.",
        diagnoses={
            "summed": "You summed over the steps. That is Eq. (7), for one weight matrix; here each step has its own.",
            "all steps": "Every step received the whole sum of Eq. (7). Step t gets its own summand alone.",
            "no window": "The surrogate h is missing: a potential further than 1/2 from the threshold passes nothing.",
            "spike for window": "You multiplied by the spike S. Its derivative is wanted, h: a window around the threshold, also below it.",
            "transposed": "Your matrices are [in, out]. W maps spikes below to potentials, so it is [out, in].",
            "open window": "A potential at a distance of exactly 1/2 from the threshold is within the window.",
            "other": "The matrices differ. What reaches dV[t] from dS[t], and which spikes does W[t] multiply?",
        },
        example=(
            "own_gradients(torch.tensor([[2.0]]), torch.tensor([[0.7]]), torch.tensor([[1.0, 0.0]]), 0.5)",
            [[[2.0, 0.0]]],
        ),
        hints=(
            "dL/dV[t] is dL/dS[t] times h, a vector for each step. Eq. (8) multiplies it by the spikes below.",
            "An outer product for each t: `a[:, :, None] * b[:, None, :]`.",
        ),
        solution=_OWN,
        wrong={
            "summed": _OWN.replace("return (", "return ((").rstrip() + ").sum(0)\n",
            "all steps": _OWN.replace("return (", "return ((").rstrip()
            + ").sum(0).expand(len(v), -1, -1)\n",
            "no window": _OWN.replace("upstream * h", "upstream"),
            "spike for window": _OWN.replace("(v - threshold).abs() <= 0.5", "v >= threshold"),
            "transposed": _OWN.replace(
                "(upstream * h)[:, :, None] * below[:, None, :]",
                "(upstream * h)[:, None, :] * below[:, :, None]",
            ),
            "open window": _OWN.replace("<= 0.5", "< 0.5"),
            "other": _OWN.replace("(upstream * h)", "(2 * upstream * h)"),
        },
    ),
    Exercise(
        id="08.c",
        title="let it remember after all",
        minutes=10,
        difficulty=2,
        kind="break",
        question="In section 8.3 the weights of step 2 received the gradient (0, 0). Now break Eq. (6): give the neuron a decay of 0.25, `gradients(own=True, decay=0.25)`. "
        "Predict step 2's gradient on paper before you run it: the potentials become 0.7, 1.275 and 0.71875.",
        answer="second",
        check=_second,
        correct="The window of step 2 is still shut. But V[2] now lives on in V[3], whose window is open: dL/dV[2] = 0.25 · (−1), times the input (1, 1). Eq. (8) is no longer the gradient.",
        diagnoses={
            "still off": "By space alone it would be 0. But the neuron remembers now: what else does V[2] act on?",
            "not leaked": "On its way back from V[3] to V[2] the error is multiplied by the decay.",
            "input of step 3": "The weights of step 2 met the input of step 2, (1, 1).",
            "sign": "The size is right. The wish of step 3 is −1, and so is the error that comes back.",
            "wish of step 2": "You took 0.25 of step 2's own wish, 5. That one is shut out; what comes back is the error of V[3].",
            "leaked twice": "From V[3] to V[2] is one step: one factor of the decay, not two.",
            "the share that is lost": "You multiplied by 1 − 0.25, what leaks away. The error comes back along what is kept: the decay.",
            "weights for inputs": "You multiplied the error by the weights. For the weights' gradient it is multiplied by their input, (1, 1).",
            "step 1": "That is the row of step 1. Step 2 is the row below it.",
            "step 3": "That is the row of step 3. Step 2 is the row above it.",
            "all steps": "That is the sum over the three steps. Call `gradients(own=True, decay=0.25)` and take its row of step 2.",
            "the whole table": "The gradients are right. Write the row of step 2 alone.",
            "one weight": "The number is right, for one of the two weights. Write both.",
            "no window": "You let step 2's own error of 5 through. 1.275 lies 0.775 above the threshold, outside the window.",
            "other": "Which of the three windows are open? And along which ways does the loss come back to V[2] now?",
        },
        hints=(
            "Use Eq. (4) with both terms, from the last step backwards.",
            "dV[3]/dV[2] is the decay.",
        ),
        solution="second = (-0.25, -0.25)\n",
        wrong={
            "still off": "second = (0, 0)",
            "not leaked": "second = (-1, -1)",
            "input of step 3": "second = (0, -0.25)",
            "no window": "second = (4.75, 4.75)",
            "sign": "second = (0.25, 0.25)",
            "wish of step 2": "second = (1.25, 1.25)",
            "leaked twice": "second = (-0.0625, -0.0625)",
            "the share that is lost": "second = (-0.75, -0.75)",
            "weights for inputs": "second = (-0.175, -0.1)",
            "step 1": "second = (1.9375, 0)",
            "step 3": "second = (0, -1)",
            "all steps": "second = (1.6875, -1.25)",
            "the whole table": "second = [[1.9375, 0], [-0.25, -0.25], [0, -1]]",
            "one weight": "second = -0.25",
            "other": "second = (2, 2)",
        },
    ),
    Exercise(
        id="08.d",
        title="O(1) at T = 64",
        minutes=8,
        difficulty=2,
        kind="paper",
        question="In section 8.10 an image costs 0.0241 mJ at $T = 1$ and 0.0441 mJ at $T = 16$. Suppose, as an upper bound, that a part is the same at every $T$ and the rest grows with $\\sqrt T$. "
        "By what factor is $T = 64$ more expensive than $T = 1$?",
        answer="factor",
        check=_dearer,
        correct="a + b = 0.0241 and a + 4b = 0.0441 give b = 0.0067, and a + 8b = 0.0708, 2.9 times as much. Table 8.3 levels off sooner: from T = 8 to 16 it rises by 0.0032, this law by 1.17b = 0.0078. A vanilla network that runs 64 times would pay 64 times.",
        diagnoses={
            "constant": "That is the O(1) of the title. The measured numbers say that a part grows.",
            "power law": "You carried one power law on, T^0.22. Here a constant part and a part with the square root of T were supposed.",
            "linear": "You let the second part grow with T. It grows with the square root.",
            "all root": "8 is the square root of 64, if everything grew with it. The larger part does not.",
            "all linear": "64 is the factor of a network that runs once more for each step.",
            "only to 16": "That is the factor at T = 16.",
            "other": "Two unknowns: the part that stays and the part that grows. What does each of the two prices say about them?",
        },
        hints=(
            "Two unknowns, two equations: the square roots of 1 and 16 are 1 and 4.",
            "b = (0.0441 − 0.0241) / 3.",
        ),
        solution="factor = (0.0241 + 7 * (0.0441 - 0.0241) / 3) / 0.0241\n",
        wrong={
            "constant": "factor = 1",
            "power law": "factor = (0.0441 / 0.0241) ** 1.5",
            "linear": "factor = 1 + 63 / 15 * (0.0441 / 0.0241 - 1)",
            "all root": "factor = 8",
            "all linear": "factor = 64",
            "only to 16": "factor = 0.0441 / 0.0241",
            "other": "factor = 5",
        },
    ),
)
