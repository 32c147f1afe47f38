"""Exercises of chapter 05, earlier ways out: which terms of Eqs. (3)-(5) OTTT, SLTT and S-RevSNN
keep (Table 1, Fig. 5)."""

import torch

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _three(answer) -> str | None:
    known = {
        (6, 9.25, 6): None,
        (9.25, 9.25, 6): "no reset",
        (6, 14, 6): "no leak",
        (6, 6, 6): "reset in the trace",
        (2, 9.25 / 3, 2): "mean",
        (1, 2.75, 1): "last step",
    }
    return named(answer, known, atol=0.0055)


def _leaky(values, decay):
    """Sums over the past, [T, ...], each older term multiplied by another decay."""
    sums = [values[0]]
    for value in values[1:]:
        sums.append(decay * sums[-1] + value)
    return torch.stack(sums)


def _trace(answer) -> str | None:
    def late(inputs, decay):
        return torch.cat([torch.zeros_like(inputs[:1]), _leaky(inputs, decay)[:-1]])

    models = {
        None: lambda e, x, decay: e.T @ _leaky(x, decay),
        "no trace": lambda e, x, decay: e.T @ x,
        "no leak": lambda e, x, decay: e.T @ x.cumsum(0),
        "late": lambda e, x, decay: e.T @ late(x, decay),
        "transposed": lambda e, x, decay: _leaky(x, decay).T @ e,
        "errors traced": lambda e, x, decay: _leaky(e, decay).T @ x,
    }
    make = torch.Generator().manual_seed(0)
    cases = [
        (torch.randn(steps, out, generator=make), torch.randn(steps, into, generator=make), decay)
        for steps, out, into, decay in ((3, 2, 3, 0.5), (5, 3, 3, 0.9), (1, 2, 4, 0.25))
    ]
    return told_apart(answer, cases, models)


def _visits(answer) -> str | None:
    known = {
        (4.5, 6): None,
        (4, 6): "cut after all",
        (4, 3): "cut after all",
        (4.5, 3): "one visit each",
        (4.5, 9): "later steps, too",
        (6.25, 6): "no reset",
    }
    return named(answer, known)


def _undone(answer) -> str | None:
    def forwards(y1, y2, f, g):
        x2 = y2 + g(y1)
        return y1 + f(x2), x2

    models = {
        None: lambda y1, y2, f, g: (y1 - f(y2 - g(y1)), y2 - g(y1)),
        "not yet undone": lambda y1, y2, f, g: (y1 - f(y2), y2 - g(y1)),
        "wrong order": lambda y1, y2, f, g: (y1 - f(y2), y2 - g(y1 - f(y2))),
        "swapped": lambda y1, y2, f, g: (y2 - g(y1), y1 - f(y2 - g(y1))),
        "forwards": forwards,
    }
    branches = ((lambda x: 2 * x + 1, lambda x: x * x), (lambda x: 3 - x, lambda x: x / 2))
    cases = [(y1, y2, *pair) for pair in branches for y1, y2 in ((-3.5, 9.25), (1.25, -0.5))]
    return told_apart(answer, cases, models)


_TRACE = '''def ottt_gradient(errors, inputs, decay):
    """errors [T, out] and inputs [T, in] of one layer -> OTTT's gradient of its weights [out, in]."""
    gradient, trace = 0.0, 0.0
    for error, x in zip(errors, inputs):
        trace = decay * trace + x
        gradient = gradient + error[:, None] * trace[None, :]
    return gradient
'''

_UNDO = '''def undo(y1, y2, f, g):
    """The (x1, x2) from which y1 = x1 + f(x2), y2 = x2 + g(y1) were made."""
    x2 = y2 - g(y1)
    x1 = y1 - f(x2)
    return x1, x2
'''

_LOOP = """```python
net = Stack([nn.Linear(1, 1, bias=False), None], decay=0.5)
nn.init.constant_(net.layers[0].weight, 0.4)
states = None
for x in (1.0, 3.0, 1.0):
    spikes, states = net.step(torch.tensor([[x]]), states)
    spikes.sum().backward(retain_graph=True)
```"""

EXERCISES = (
    Exercise(
        id="05.a",
        title="three gradients, all inside the window",
        minutes=10,
        difficulty=1,
        kind="paper",
        question="The neuron of section 5.2 (w = 0.4, decay 1/2, threshold 1, soft reset, window from 0.5 to 1.5) now gets the inputs 3, 2, 1. Work out V, S and h for the three steps, then the "
        "gradient of the number of spikes. Write `(STBP, OTTT, SLTT)`. Two of them are equal. Why?",
        answer="three",
        check=_three,
        correct="V = 1.2, 0.9, 0.85: h = 1 at every step. Then the factor (1 - h)/2 is 0 at every step and no error passes through time at all: STBP is SLTT, 6 both. OTTT's trace does not know of the reset: 3 + 3.5 + 2.75.",
        diagnoses={
            "no reset": "Your STBP ignores the reset. What does it do to the factor from one potential to the next where h is 1?",
            "no leak": "Your trace adds the inputs up without leaking: a[t+1] = x[t+1] + a[t] / 2.",
            "reset in the trace": "Your OTTT takes the reset into account. Its trace knows the inputs alone: 3, then 2 + 1.5, then 1 + 1.75.",
            "mean": "You divided by T. Here the loss is the sum of the spikes.",
            "last step": "You took e[3] alone. The gradient sums h[t] e[t] over all three steps.",
            "other": "Which potentials do you get at the three steps, and which of them lie in the window from 0.5 to 1.5?",
        },
        hints=(
            "Find h first: where does each V stand between 0.5 and 1.5?",
            "With h = 1 the factor (1 - h)/2 in STBP's recursion is 0.",
        ),
        solution="three = (3 + 2 + 1, 3 + 3.5 + 2.75, 3 + 2 + 1)\n",
        wrong={
            "no reset": "three = (9.25, 9.25, 6)\n",
            "no leak": "three = (6, 14, 6)\n",
            "reset in the trace": "three = (6, 6, 6)\n",
            "mean": "three = (2, 9.25 / 3, 2)\n",
            "last step": "three = (1, 2.75, 1)\n",
            "other": "three = (1, 2, 3)\n",
        },
    ),
    Exercise(
        id="05.b",
        title="OTTT in four lines",
        minutes=10,
        difficulty=2,
        kind="code",
        question="Write OTTT's gradient of one layer, from the errors of its potentials and its inputs. It may hold one step of each and a trace.",
        answer="ottt_gradient",
        check=_trace,
        correct="The trace stands for the past, so nothing of it has to be kept. Put `trace = x` in its place and you have SLTT.",
        diagnoses={
            "no trace": "That is SLTT: error times input, step by step. OTTT multiplies the error by a trace of the inputs.",
            "no leak": "Your trace forgets nothing. It leaks as the potential does.",
            "late": "You used the trace before the present input had been added. V[t] holds x[t] already.",
            "transposed": "The gradient has the shape of the weights: [out, in], error times input.",
            "errors traced": "You traced the errors. They arrive at their own step; it is the inputs that the potential still holds.",
            "other": "The gradient differs. What does a potential without reset hold of the inputs so far?",
        },
        example=(
            "ottt_gradient(torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [5.0]]), 0.5)",
            [[16.0]],
        ),
        hints=(
            "What does a potential without reset hold at step t, in terms of the inputs so far?",
            "trace = decay * trace + x comes first, then the outer product.",
        ),
        solution=_TRACE,
        wrong={
            "no trace": _TRACE.replace("decay * trace + x", "x"),
            "no leak": _TRACE.replace("decay * trace", "trace"),
            "late": _TRACE.replace("        trace = decay * trace + x\n", "")
            .replace("return", "return")
            .replace(
                "trace[None, :]\n", "(trace + 0 * x)[None, :]\n        trace = decay * trace + x\n"
            ),
            "transposed": _TRACE.replace(
                "error[:, None] * trace[None, :]", "trace[:, None] * error[None, :]"
            ),
            "errors traced": _TRACE.replace(
                "trace = decay * trace + x", "trace = decay * trace + error"
            ).replace("error[:, None] * trace[None, :]", "trace[:, None] * x[None, :]"),
            "other": _TRACE.replace("trace = decay * trace + x", "trace = 2 * x"),
        },
    ),
    Exercise(
        id="05.c",
        title="break it and see: SLTT without the cut",
        minutes=12,
        difficulty=2,
        kind="break",
        question="SLTT has a backward pass at each step, and cuts the states between steps. Leave the cut out:\n\n"
        + _LOOP
        + "\n\nPredict first: which gradient does `net.layers[0].weight.grad` hold at the end, and, if one "
        "cell is one step of the neuron, how many cells do the three backward passes visit together? Write `(gradient, visits)`.",
        answer="found",
        check=_visits,
        correct="4.5 is STBP's gradient, term by term: the double sum over pairs of steps. It visits 1 + 2 + 3 = T(T+1)/2 cells, where one pass at the end visits T.",
        diagnoses={
            "cut after all": "4 is SLTT's gradient, with the states detached. In this loop nothing is detached: the error of step 3 reaches step 1.",
            "one visit each": "The gradient is right. But each backward pass goes all the way back: the third visits steps 3, 2 and 1.",
            "later steps, too": "The gradient is right. A backward pass at step 2 cannot visit step 3, which has not happened yet.",
            "no reset": "6.25 is OTTT's. This neuron is reset, and the reset's term is in the graph.",
            "other": "Which steps does the backward pass of step 1 visit, which those of steps 2 and 3? And does the gradient of a sum change if it is taken term by term?",
        },
        hints=(
            "The loss is a sum over steps. Is the gradient of a sum changed by taking it summand by summand?",
            "The pass at step t visits t cells.",
        ),
        solution="found = (4.5, 1 + 2 + 3)\n",
        wrong={
            "cut after all": "found = (4, 3)\n",
            "one visit each": "found = (4.5, 3)\n",
            "later steps, too": "found = (4.5, 9)\n",
            "no reset": "found = (6.25, 6)\n",
            "other": "found = (1, 1)\n",
        },
    ),
    Exercise(
        id="05.e",
        title="undo a coupling",
        minutes=6,
        difficulty=1,
        kind="code",
        question="S-RevSNN's block makes y1 = x1 + f(x2) and y2 = x2 + g(y1). Write `undo(y1, y2, f, g)`, which gives back x1 and x2. The order matters.",
        answer="undo",
        check=_undone,
        correct="Neither f nor g is inverted, both run again. That is why S-RevSNN has a second forward pass, and why any spiking branch will do.",
        diagnoses={
            "not yet undone": "x1 needs f of the old x2. You gave it y2.",
            "wrong order": "You began with y1 = x1 + f(x2), which has two unknowns.",
            "swapped": "Both are right, but in the wrong places: give back x1, then x2.",
            "forwards": "You added where you should subtract.",
            "other": "Put what you return into the two lines of the question: do y1 and y2 come out?",
        },
        example=("undo(7, 52, lambda x: 2 * x, lambda x: x * x)", [1, 3]),
        hints=("Which of the two equations has one unknown only?", "x2 first, from y2 and y1."),
        solution=_UNDO,
        wrong={
            "not yet undone": _UNDO.replace("f(x2)\n", "f(y2)\n"),
            "wrong order": "def undo(y1, y2, f, g):\n    x1 = y1 - f(y2)\n    return x1, y2 - g(x1)\n",
            "swapped": _UNDO.replace("return x1, x2", "return x2, x1"),
            "forwards": _UNDO.replace("y2 - g", "y2 + g").replace("y1 - f", "y1 + f"),
            "other": "def undo(y1, y2, f, g):\n    return y1, y2\n",
        },
    ),
)
