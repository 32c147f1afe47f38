"""Exercises of chapter 15: BatchNorm layers of T columns, the rule that reads the heads, statistics
counted twice."""

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _norms(answer) -> str | None:
    known = {
        45: None,
        42: "doubled",
        48: "first column",
        24: "down alone",
        21: "four columns",
        64: "every level",
    }
    return named(answer, known)


def _runs(answer) -> str | None:
    models = {
        None: lambda T: T >= 4 and T // (T // 4) <= 4,
        "small": lambda T: T < 4 or T // (T // 4) <= 4,
        "multiples": lambda T: T % 4 == 0,
        "five": lambda T: T >= 4,
    }
    return told_apart(answer, [(T,) for T in range(1, 41)], models)


def _momentum(answer) -> str | None:
    known = {
        1 - 0.9**0.5: None,
        0.05: "half",
        0.19: "the effect",
        0.1: "unchanged",
        0.01: "squared",
        0.9**0.5: "what stays",
    }
    return named(answer, known, atol=6e-5)


_RUNS = '''def runs(T):
    """Whether the rule "interval = T // 4, read after column t where (t + 1) % interval == 0, with head t // interval" works with four heads."""
    if T < 4:
        return False
    interval = T // 4
    return all(t // interval < 4 for t in range(T) if (t + 1) % interval == 0)
'''

EXERCISES = (
    Exercise(
        id="15.a",
        title="how many BatchNorms?",
        minutes=6,
        difficulty=1,
        kind="paper",
        question="BatchNorm stands in each path from below (levels 1, 2 and 3 of every column) and in each path from above (levels 0, 1 and 2 of every column but the first). "
        "How many are there at $T = 8$ columns?",
        answer="layers",
        check=_norms,
        correct="3T from below and 3(T - 1) from above: 6T - 3, so 45. At T = 4 it is 21, as counted in 15.3.",
        diagnoses={
            "doubled": "You doubled the 21 of T = 4. The first column has no path from above, and there is one first column at every T.",
            "first column": "You gave the first column paths from above. It has no earlier column to come from.",
            "down alone": "Those are the paths from below. Add the ones from above.",
            "four columns": "That is the number at T = 4. T = 8 is asked for.",
            "every level": "Not every level has both paths: level 0 has nothing below but the image, level 3 nothing above.",
            "other": "How many paths lead into one column from below, and how many from above? Which column differs from the others?",
        },
        hints=(
            "Paths from below: 3 in each of T columns.",
            "Paths from above: 3 in each of T - 1 columns.",
        ),
        solution="layers = 3 * 8 + 3 * 7\n",
        wrong={
            "doubled": "layers = 42",
            "first column": "layers = 48",
            "down alone": "layers = 24",
            "four columns": "layers = 21",
            "every level": "layers = 64",
            "other": "layers = 7",
        },
    ),
    Exercise(
        id="15.b",
        title="which numbers of steps survive the rule?",
        minutes=10,
        difficulty=2,
        kind="code",
        question="The released program reads a head after column $t$ (from 0) where $(t + 1)$ is a multiple of `interval = T // 4`, and takes head `t // interval` of four. "
        "Write `runs(T)`: True where this works without an error.",
        answer="runs",
        check=_runs,
        correct="From 1 to 20 these run: 4, 8, 9, 12 to 14, and 16 to 20. At 9, 13, 14, 17, 18 and 19 no head reads the last column, without an error: the more dangerous fault.",
        diagnoses={
            "small": "For T below 4 the interval is 0, and a remainder by 0 is an error.",
            "multiples": "Multiples of 4 run, but not only they. At T = 9 the interval is 2, columns 1, 3, 5 and 7 are read by heads 0 to 3, and the last column by none: not sensible, but no error.",
            "five": "At T = 5 the interval is 1, so the fifth column asks for head 4, and there are heads 0 to 3.",
            "other": "Write down for T = 4, 5, 8 and 9 the columns that are read and the head that each asks for.",
        },
        example=("[runs(T) for T in (3, 4, 5, 8, 9)]", [False, True, False, True, True]),
        hints=(
            "What happens at T = 3, where T // 4 is 0?",
            "For the others, list t // interval over the columns t that are read. It must stay below 4.",
        ),
        solution=_RUNS,
        wrong={
            "small": _RUNS.replace("return False", "return True"),
            "multiples": "def runs(T):\n    return T % 4 == 0\n",
            "five": "def runs(T):\n    return T >= 4\n",
            "other": _RUNS.replace("< 4 for t", "< 3 for t"),
        },
    ),
    Exercise(
        id="15.c",
        title="break the statistics, then mend them",
        minutes=8,
        difficulty=2,
        kind="break",
        question="A recomputed BatchNorm moves its running mean twice (15.7). "
        "**Which momentum makes two updates equal one update with 0.1?** Put it into `nn.BatchNorm2d(4, momentum=...)` in `after_one_iteration(True)` and compare with `after_one_iteration(False)`. Give four decimals.",
        answer="momentum",
        check=_momentum,
        correct="(1 - m)^2 = 0.9 gives m = 0.0513. It mends the mean, for both runs see the same batch; num_batches_tracked still says 2.",
        diagnoses={
            "half": "Half is close: two updates with 0.05 give 1 - 0.95^2 = 0.0975. Ask what stays of the old mean after two updates.",
            "the effect": "That is what two updates with 0.1 amount to. Turn the question round.",
            "unchanged": "With 0.1 twice, 0.81 of the old mean stays. It should be 0.9.",
            "squared": "You squared 0.1. What multiplies is what stays, 1 - m.",
            "what stays": "That is what one update must leave, 1 - m. The momentum is asked for.",
            "other": "What share of the old mean is left after one update with momentum m, and after two? Which share should be left?",
        },
        hints=(
            "What is left of the old running mean after one update? After two?",
            "(1 - m)^2 = 0.9.",
        ),
        solution="momentum = 1 - 0.9 ** 0.5\n",
        wrong={
            "half": "momentum = 0.05",
            "the effect": "momentum = 0.19",
            "unchanged": "momentum = 0.1",
            "squared": "momentum = 0.01",
            "what stays": "momentum = 0.9487",
            "other": "momentum = 0.5",
        },
    ),
)
