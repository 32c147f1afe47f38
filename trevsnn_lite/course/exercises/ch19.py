"""Exercises of chapter 19, your next paper: a coupling undone by hand and in code, a sum that
floats cannot undo, and two claims about one saving."""

import functools

import torch

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _by_hand(answer) -> str | None:
    known = {
        (1, 4): None,
        (4, 1): "swapped",
        (-19, 4): "later half",
        (17, 24): "added",
        (-9, 4): "from y1",
    }
    return named(answer, known)


def _undone(mistake, blocks, y1, y2):
    for f, g in blocks if mistake == "first block first" else reversed(blocks):
        if mistake == "first half first":
            y1 = y1 - f(y2)
            y2 = y2 - g(y1)
        else:
            sign = 1 if mistake == "forwards again" else -1
            y2 = y2 + sign * g(y1)
            y1 = y1 + sign * f(y2)
    return y1, y2


def _undo(answer) -> str | None:
    blocks = [(lambda x, k=k: k * x, lambda x, k=k: x * x / 9 - k) for k in (2.0, 0.5, 1.5)]
    cases = [
        (blocks[:count], *torch.tensor(ends, dtype=torch.float64))
        for count, ends in ((3, [1.5, -2.0]), (2, [0.5, 3.0]), (1, [-1.25, 2.0]))
    ]
    mistakes = (None, "first block first", "first half first", "forwards again")
    models = {mistake: functools.partial(_undone, mistake) for mistake in mistakes}
    return told_apart(answer, cases, models)


def _swallowed(answer) -> str | None:
    return named(answer, {0: None, 1: "exact", 2: "rounded up", 2**24: "not undone"})


def _saving(answer) -> str | None:
    known = {
        103.59 / 38.13: None,
        3.79: "copied",
        38.13 / 103.59: "upside down",
        65.46: "difference",
        58.88 / 32.41: "other row",
    }
    return named(answer, known, atol=0.0055)


_UNDO = '''def undo(blocks, y1, y2):
    """(x1, x2) from which the couplings made (y1, y2); blocks: the pairs (f, g), first block first."""
    for f, g in reversed(blocks):
        y2 = y2 - g(y1)
        y1 = y1 - f(y2)
    return y1, y2
'''

EXERCISES = (
    Exercise(
        id="19.a",
        title="one coupling, backwards",
        minutes=4,
        difficulty=1,
        kind="paper",
        question="A coupling has $F(x) = 2x$ and $G(x) = x + 1$, and gave $y_1 = 9$, $y_2 = 14$. Which $(x_1, x_2)$ went in? Write `inputs`.",
        answer="inputs",
        check=_by_hand,
        correct="x2 = 14 - G(9) = 4, then x1 = 9 - F(4) = 1. Neither F nor G was inverted: they were computed again and subtracted.",
        diagnoses={
            "swapped": "The numbers are right, in the other order: (x1, x2).",
            "later half": "You computed F of y2. Forwards F saw x2.",
            "added": "To undo an addition, subtract.",
            "from y1": "You computed F of y1. Forwards F saw x2.",
            "other": "Put your (x1, x2) into the coupling, y1 first: do 9 and 14 come out?",
        },
        hints=("What was computed last is undone first.", "G saw y1, and y1 is known."),
        solution="inputs = (1, 4)\n",
        wrong={
            "swapped": "inputs = (4, 1)",
            "later half": "inputs = (-19, 4)",
            "added": "inputs = (17, 24)",
            "from y1": "inputs = (-9, 4)",
            "other": "inputs = (0, 0)",
        },
    ),
    Exercise(
        id="19.b",
        title="a chain, backwards",
        minutes=8,
        difficulty=2,
        kind="code",
        question="Write `undo(blocks, y1, y2)`: the input of a chain of couplings from its output. `blocks` is the list of pairs `(f, g)` in the order in which they ran.",
        answer="undo",
        check=_undo,
        correct="Two lines per block, and no stored activation: the memory of training does not grow with the number of blocks. The work does.",
        diagnoses={
            "first block first": "The block that ran last is undone first.",
            "first half first": "Within a block you undid the half first that was changed first.",
            "forwards again": "You added where the coupling had added. Undoing subtracts.",
            "other": "Send what you return through the chain again: do y1 and y2 come out?",
        },
        example=("undo([(lambda x: x, lambda x: x)], 3.0, 5.0)", [1.0, 2.0]),
        hints=("`reversed(blocks)`.", "y2 first, with g(y1); then y1, with f of the rebuilt half."),
        solution=_UNDO,
        wrong={
            "first block first": _UNDO.replace("reversed(blocks)", "blocks"),
            "first half first": _UNDO.replace(
                "        y2 = y2 - g(y1)\n        y1 = y1 - f(y2)\n",
                "        y1 = y1 - f(y2)\n        y2 = y2 - g(y1)\n",
            ),
            "forwards again": _UNDO.replace(" - ", " + "),
            "other": _UNDO.replace("return y1, y2", "return y2, y1"),
        },
    ),
    Exercise(
        id="19.c",
        title="a sum that swallows",
        minutes=5,
        difficulty=2,
        kind="break",
        question="Break the inverse. In float32, $x_1 = 1$ and $F(x_2) = 2^{24}$. The coupling forms $y_1 = x_1 + F(x_2)$, and undoing forms $y_1 - F(x_2)$. "
        "Predict what comes back; then run it with `torch.tensor(1.0) + 2.0**24`.",
        answer="back",
        check=_swallowed,
        correct="2^24 + 1 has no float32, and rounds to 2^24: the 1 is swallowed. On a grid of 2^-17 sums below 128 keep every bit (section 5.6).",
        diagnoses={
            "exact": "On paper it is 1. A float32 has 24 binary digits, and the sum 16,777,217 needs 25.",
            "rounded up": "The sum lies between 2^24 and 2^24 + 2. A tie goes to the even neighbour, which is the lower one.",
            "not undone": "That is y1. Now subtract F again.",
            "other": "Which float32 numbers lie next to 16,777,217, and which of them is the sum?",
        },
        hints=(
            "Above 2^24 float32 holds even numbers only.",
            "Ties go to the neighbour whose last bit is 0.",
        ),
        solution="import torch\nback = float((torch.tensor(1.0) + 2.0**24) - 2.0**24)\n",
        wrong={
            "exact": "back = 1",
            "rounded up": "back = 2",
            "not undone": "back = 2**24",
            "other": "back = 0.5",
        },
    ),
    Exercise(
        id="19.d",
        title="two claims about one saving",
        minutes=6,
        difficulty=2,
        kind="paper",
        question="The authors of S-RevSNN claim that RevSResNet37 needs [3.79 times](../book/ledger.md#ledger-srevsnn-saving) less memory. A later paper's table has "
        "[103.59 MB and 38.13 MB](../book/ledger.md#ledger-srevsnn-memory) per image for MS-ResNet34 and RevSResNet37. Which saving follows from the later numbers? Two decimals.",
        answer="saving",
        check=_saving,
        correct="2.72 against 3.79. The two need not contradict each other: baseline, batch, T and what counts as memory may differ. A reader notes both, and what was held fixed in each.",
        diagnoses={
            "copied": "That is the authors' number. Divide the later two.",
            "upside down": "You have the share that is left. A saving of so many times is its reciprocal.",
            "difference": "That is a difference in MB. How many *times* less?",
            "other row": "That is the ratio for another pair, MS-ResNet18 and RevSResNet21.",
            "other": "Which of the two networks needs more, and how many times as much?",
        },
        hints=("Large over small.", "103.59 / 38.13."),
        solution="saving = 103.59 / 38.13\n",
        wrong={
            "copied": "saving = 3.79",
            "upside down": "saving = 38.13 / 103.59",
            "difference": "saving = 103.59 - 38.13",
            "other row": "saving = 58.88 / 32.41",
            "other": "saving = 5",
        },
    ),
)
