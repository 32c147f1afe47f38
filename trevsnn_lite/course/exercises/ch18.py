"""Exercises of chapter 18, recall: Table 1 from memory, an error that outgrows a spike, and whose
word a number is."""

import math

from trevsnn_lite.course.answers import named, same
from trevsnn_lite.course.exercise import Exercise

_TABLE = {"STBP": (1, 1), "OTTT": (1, 0), "SLTT-K": (1, 0), "S-RevSNN": (0, 1), "T-RevSNN": (1, 0)}


def _table(answer) -> str | None:
    got = {str(name): list(powers) for name, powers in dict(answer).items()}
    rows = {
        "OTTT": "online",
        "SLTT-K": "online",
        "S-RevSNN": "depth",
        "T-RevSNN": "time",
        "STBP": "both",
    }
    if set(got) != set(rows):
        return "other"
    if all(same(got[name], list(reversed(_TABLE[name]))) for name in rows):
        return "swapped"
    wrong = [name for name in rows if not same(got[name], _TABLE[name])]
    return None if not wrong else rows[wrong[0]] if len(wrong) == 1 else "other"


def _outgrown(answer) -> str | None:
    known = {7: None, 6: "one short", 23: "half", 7e6: "linear", 5e6: "linear", 8: "float"}
    return named(answer, known)


_VERDICTS = ["recomputed", "derived", "quoted", "recomputed", "quoted"]


def _verdicts(answer) -> str | None:
    got = [str(word).strip().lower() for word in answer]
    if got == _VERDICTS:
        return None
    wrong = {i for i in range(5) if len(got) == 5 and got[i] != _VERDICTS[i]}
    groups = {"counts": {0, 3}, "quotient": {1}, "tables": {2, 4}}
    return next((name for name, members in groups.items() if wrong and wrong <= members), "other")


def _table_as(**changes) -> str:
    return f"memory = {_TABLE | {name.replace('_', '-'): powers for name, powers in changes.items()}!r}\n"


EXERCISES = (
    Exercise(
        id="18.a",
        title="Table 1 from memory",
        minutes=5,
        difficulty=1,
        kind="paper",
        question="Training memory of five methods goes as $L^a\\,T^b$. Close the book and write `memory`, a dictionary from the method's name to `(a, b)`, as the paper's Table 1 has it. "
        'The names: `"STBP"`, `"OTTT"`, `"SLTT-K"`, `"S-RevSNN"`, `"T-RevSNN"`.',
        answer="memory",
        check=_table,
        correct="One method pays for both, one for steps alone, three for layers alone. Chapter 5 measures all five rows.",
        diagnoses={
            "swapped": "All pairs are the right ones, in the other order: first the power of L, then that of T.",
            "online": "An online method drops the graph of a step as soon as the step is over. What it holds does not grow with T.",
            "depth": "S-RevSNN undoes layers. It has no need to hold each layer, but it holds its stages' outputs at all T steps.",
            "time": "T-RevSNN undoes steps. It has no need to hold each step, but it still holds layers.",
            "both": "STBP is plain backpropagation through an unrolled network: every layer at every step.",
            "other": "Ask of each method two questions. Twice the layers: does it hold more? Twice the steps: does it hold more?",
        },
        hints=(
            "What is undone need not be held.",
            "Only one method undoes layers, only one undoes steps, and only one holds everything.",
        ),
        solution=_table_as(),
        wrong={
            "swapped": f"memory = { {name: (t, level) for name, (level, t) in _TABLE.items()}!r}\n",
            "online": _table_as(OTTT=(1, 1)),
            "depth": _table_as(S_RevSNN=(1, 0)),
            "time": _table_as(T_RevSNN=(0, 0)),
            "both": _table_as(STBP=(0, 1)),
            "other": _table_as(OTTT=(0, 0), STBP=(0, 1)),
        },
    ),
    Exercise(
        id="18.c",
        title="an error outgrows a spike",
        minutes=8,
        difficulty=2,
        kind="break",
        question="Break the undoing: give the neuron the decay 1/11 in place of 1/2. $V[T]$ is wrong by $10^{-7}$. After how many undone steps is the error above 1/2 for the first time? "
        "Predict it on paper; then call `grown(1 / 11, n)` of section 18.3, which gives the factor after `n` undone steps.",
        answer="steps",
        check=_outgrown,
        correct=f"11 to the power 7 is {11**7:,}, times 1e-7 is {11**7 * 1e-7:.1f}. At decay 1/2 it takes {math.ceil(math.log2(5e6))} steps: hence the paper's neuron, undone in floats, is good for small T alone, and this book keeps a few bits per step.",
        diagnoses={
            "one short": "After 6 steps the error is 0.18.",
            "half": "That is the answer for a decay of 1/2. Here each undone step multiplies the error by 11.",
            "linear": "The error does not grow by a constant amount. Each step multiplies it.",
            "float": "After 7 steps it is 1.9 already.",
            "other": "By what factor does one undone step multiply the error? How large is it after two?",
        },
        hints=("Eq. (9) divides by the decay.", "The logarithm of 5,000,000 to the base 11."),
        solution="steps = next(n for n in range(50) if 1e-7 * 11**n > 0.5)\n",
        wrong={
            "one short": "steps = 6",
            "half": "steps = 23",
            "linear": "steps = 5e6",
            "float": "steps = 8",
            "other": "steps = 2",
        },
    ),
    Exercise(
        id="18.d",
        title="whose word is it?",
        minutes=6,
        difficulty=2,
        kind="paper",
        question='Five claims. Give each one of three words: `"recomputed"` (a program of this book gives the number), `"quoted"` (it was read at its source, and no program here repeats it), `"derived"` (arithmetic on quoted numbers). '
        "Write `verdicts`, a list of five words.\n\n"
        "1. The larger network has [29.8 million](../book/ledger.md#ledger-t2-params-512) parameters.\n"
        "2. The Spike-driven Transformer 8-512 needs [8.52 times](../book/ledger.md#ledger-table-memory-ratio) the memory of the larger T-RevSNN.\n"
        "3. The smaller T-RevSNN needs [57.5 MB](../book/ledger.md#ledger-t2-memory-384) per image in training.\n"
        "4. The released network holds [21](../book/ledger.md#ledger-code-batchnorm) BatchNorm layers.\n"
        "5. The larger T-RevSNN needs [2.8 mJ](../book/ledger.md#ledger-t2-energy-512) per image.",
        answer="verdicts",
        check=_verdicts,
        correct="What can be counted in code is recomputed. What needs ImageNet and many GPUs, or a trained network's firing rates, is as good as its source. A quotient is no surer than the two numbers in it; this one also shows that the abstract's 8.6 ([ledger](../book/ledger.md#ledger-headline-memory)) is not the table's.",
        diagnoses={
            "counts": "Claims 1 and 4 are counts of a network that this book builds: section 18.4 counts the one, section 15.3 the other.",
            "quotient": "Claim 2 stands in no table. Two numbers of Table 2 do, 730.0 MB ([ledger](../book/ledger.md#ledger-t2-sdt-memory)) and 85.7 MB ([ledger](../book/ledger.md#ledger-t2-memory-512)), and it is their quotient.",
            "tables": "Claims 3 and 5 stand in Table 2 as they are here, and no program of this book can repeat them.",
            "other": "Follow the five links: each row of the ledger says what we did, and from which source it is.",
        },
        hints=(
            "Which of the five are counts of layers or parameters?",
            "Of the other three, which one is printed nowhere?",
        ),
        solution='verdicts = ["recomputed", "derived", "quoted", "recomputed", "quoted"]\n',
        wrong={
            "counts": 'verdicts = ["quoted", "derived", "quoted", "recomputed", "quoted"]',
            "quotient": 'verdicts = ["recomputed", "quoted", "quoted", "recomputed", "quoted"]',
            "tables": 'verdicts = ["recomputed", "derived", "derived", "recomputed", "quoted"]',
            "other": 'verdicts = ["quoted", "recomputed", "derived", "recomputed", "quoted"]',
        },
    ),
)
