"""Exercises of chapter 15: BatchNorm layers of T columns, the rule that reads the heads, statistics
counted twice, a decay kept away from zero."""

from trevsnn_lite.course.exercise import Exercise


def _norms(answer) -> str | None:
    return {
        45: None,
        42: "doubled",
        48: "first column",
        24: "down alone",
        21: "four columns",
        64: "every level",
    }.get(int(answer), "other")


def _runs(answer) -> str | None:
    steps = range(1, 21)
    got = [bool(answer(T)) for T in steps]
    named = {
        None: [T >= 4 and T // (T // 4) <= 4 for T in steps],
        "small": [T < 4 or T // (T // 4) <= 4 for T in steps],
        "multiples": [T % 4 == 0 for T in steps],
        "five": [T >= 4 for T in steps],
    }
    return next((name for name, values in named.items() if got == values), "other")


def _momentum(answer) -> str | None:
    if abs(float(answer) - (1 - 0.9**0.5)) < 2e-4:
        return None
    named = {
        0.05: "half",
        0.19: "the effect",
        0.1: "unchanged",
        0.01: "squared",
        0.9**0.5: "what stays",
    }
    return next(
        (name for value, name in named.items() if abs(float(answer) - value) < 1e-3), "other"
    )


def _away(answer) -> str | None:
    given = [0.5, -0.5, 1.5, 2e-4, -2e-4, 0.0]
    got = [float(answer(alpha)) for alpha in given]
    named = {
        None: [0.5, -0.5, 1.5, 1e-3, -1e-3, 1e-3],
        "zero": [0.5, -0.5, 1.5, 1e-3, -1e-3, 0.0],
        "sign": [0.5, 0.5, 1.5, 1e-3, 1e-3, 1e-3],
        "negative": [0.5, 1e-3, 1.5, 1e-3, 1e-3, 1e-3],
        "flipped": [0.5, -0.5, 1.5, 1e-3, 1e-3, 1e-3],
        "capped": [0.5, -0.5, 1.0, 1e-3, -1e-3, 1e-3],
    }
    return next(
        (
            name
            for name, values in named.items()
            if all(abs(a - b) < 1e-9 for a, b in zip(got, values))
        ),
        "other",
    )


_RUNS = '''def runs(T):
    """Whether the rule "interval = T // 4, read after column t where (t + 1) % interval == 0, with head t // interval" works with four heads."""
    if T < 4:
        return False
    interval = T // 4
    return all(t // interval < 4 for t in range(T) if (t + 1) % interval == 0)
'''
_AWAY = '''def away_from_zero(alpha, smallest=1e-3):
    """alpha if its size is at least `smallest`, else `smallest` with alpha's sign; 0 counts as positive."""
    if abs(alpha) >= smallest:
        return alpha
    return -smallest if alpha < 0 else smallest
'''

EXERCISES = (
    Exercise(
        id="15.a",
        title="how many BatchNorms?",
        minutes=6,
        difficulty=1,
        kind="paper",
        question="The released network has a BatchNorm in each path from below (levels 1, 2 and 3 of every column) and in each path from above (levels 0, 1 and 2 of every column but the first). "
        "How many has it at $T = 8$ columns?",
        answer="layers",
        check=_norms,
        correct="3T from below and 3(T - 1) from above: 6T - 3, so 45. At T = 4 it is 21, as counted in 15.3: a formula that meets the count is how you know that you have read the diagram right.",
        diagnoses={
            "doubled": "You doubled the 21 of T = 4. The first column has no path from above, and there is one first column at every T.",
            "first column": "You gave the first column paths from above. It has no earlier column to come from.",
            "down alone": "Those are the paths from below. Add the ones from above.",
            "four columns": "That is the number at T = 4. T = 8 is asked for.",
            "every level": "Not every level has both paths: level 0 has nothing below but the image, level 3 nothing above.",
            "other": "Count one column first: three paths from below, three from above. Then 8 columns, of which one lacks those from above.",
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
        question="The released program reads a head after column $t$ (counted from 0) where $(t + 1)$ is a multiple of `interval = T // 4`, and takes head `t // interval` of four. "
        "Write `runs(T)`: True where this works without an error, False where it does not.",
        answer="runs",
        check=_runs,
        correct="From 1 to 20 these run: 4, 8, 9, 12 to 14, and 16 to 20. At 9, 13, 14, 17, 18 and 19 no head reads the last column at all, without an error: the more dangerous half of the fault.",
        diagnoses={
            "small": "For T below 4 the interval is 0, and a remainder by 0 is an error.",
            "multiples": "Multiples of 4 run, but not only they. At T = 9 the interval is 2, columns 1, 3, 5 and 7 are read by heads 0 to 3, and the last column by none: not sensible, but no error.",
            "five": "At T = 5 the interval is 1, so the fifth column asks for head 4, and there are heads 0 to 3.",
            "other": "Write down for T = 4, 5, 8 and 9 the columns that are read and their heads. Expected: works, fails, works, works.",
        },
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
        question="In 15.7 a recomputed BatchNorm moves its running mean twice per iteration. You cannot change the engine, but you can change the momentum, 0.1 by default. "
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
            "other": "After two updates (1 - m)^2 of the old mean is left. It should be 0.9.",
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
    Exercise(
        id="15.d",
        title="keep a decay away from zero",
        minutes=8,
        difficulty=2,
        kind="code",
        question="Undoing divides by $\\alpha$, so the program raises its size to 0.001 where it is smaller. Write `away_from_zero(alpha, smallest)` for one number, so that nothing can be divided by 0.",
        answer="away_from_zero",
        check=_away,
        correct="The sign must survive, or a decay could never pass from one side to the other; and zero must be given one.",
        diagnoses={
            "zero": "alpha = 0 stays 0, as in the released clamp: sign(0) is 0. Undoing would divide by it.",
            "sign": "You lose the sign: -0.5 became 0.5, another neuron.",
            "negative": "You raise every negative alpha to +0.001. Negative decays are allowed here.",
            "flipped": "A small negative alpha changes its sign: -0.0002 should become -0.001.",
            "capped": "You also cut what exceeds 1. The program does not.",
            "other": "Expected: 0.5 stays, -0.5 stays, 0.0002 becomes 0.001, -0.0002 becomes -0.001, 0 becomes 0.001.",
        },
        hints=(
            "Three cases: large enough, small and negative, the rest.",
            "What does multiplying by the sign do to 0?",
        ),
        solution=_AWAY,
        wrong={
            "zero": _AWAY.replace("else smallest\n", "else (smallest if alpha > 0 else 0.0)\n"),
            "sign": _AWAY.replace("return alpha\n", "return abs(alpha)\n").replace(
                "-smallest if alpha < 0 else smallest", "smallest"
            ),
            "negative": "def away_from_zero(alpha, smallest=1e-3):\n    return max(alpha, smallest)\n",
            "flipped": _AWAY.replace("-smallest if alpha < 0 else smallest", "smallest"),
            "capped": _AWAY.replace("return alpha\n", "return min(alpha, 1.0)\n"),
            "other": _AWAY.replace("return alpha\n", "return 2 * alpha\n"),
        },
    ),
)
