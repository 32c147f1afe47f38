"""Exercises of chapter 09, several levels: Eq. (10) undone by hand, in code and in the wrong
order, and how its errors grow."""

import torch

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _by_hand(answer) -> str | None:
    known = {
        (1.0, 0.8): None,
        (1.15, 0.8): "new for old",
        (0.6, 0.8): "own decay",
        (-0.2, 0.8): "not decayed",
        (1.4, 0.8): "one level",
        (0.8, 1.0): "swapped",
    }
    return named(answer, known)


def _levels(decays: list[float], seed: int) -> tuple:
    """(new potentials, currents, decays) of one step by Eq. (10)."""
    make = torch.Generator().manual_seed(seed)
    old, currents = (
        [torch.randn(4, generator=make, dtype=torch.float64) for _ in decays] for _ in range(2)
    )
    new = [
        sum(decay * v for decay, v in zip(decays[level:], old[level:])) + currents[level]
        for level in range(len(decays))
    ]
    return new, currents, decays


def _undo(answer) -> str | None:
    def solved(weight, sources="old"):
        """An inverse from the top down, in which level i enters `level` with weight(decays, level, i)."""

        def undo(new, currents, decays):
            back = list(new)
            for level in reversed(range(len(new))):
                entered = new if sources == "new" else back
                above = [weight(decays, level, i) * entered[i] for i in range(level + 1, len(new))]
                back[level] = (new[level] - currents[level] - sum(above)) / decays[level]
            return back

        return undo

    def printed(new, currents, decays):
        return [
            sum((d * (v - current) for d, v in zip(decays[n + 1 :], new[n + 1 :])), 0 * current)
            / decays[n]
            for n, current in enumerate(currents)
        ]

    right = solved(lambda decays, level, i: decays[i])
    models = {
        None: right,
        "new for old": solved(lambda decays, level, i: decays[i], "new"),
        "own decay": solved(lambda decays, level, i: decays[level]),
        "not decayed": solved(lambda decays, level, i: 1.0),
        "one level": solved(lambda decays, level, i: 0.0),
        "printed": printed,
        "top first": lambda *case: right(*case)[::-1],
    }
    cases = [_levels(decays, n) for n, decays in enumerate(([0.5, 0.8, 0.25], [0.9, 0.4], [0.3]))]
    return told_apart(answer, [*cases, _levels([0.25, 0.5, 0.6, 0.9, 0.7], 3)], models)


def _order(answer) -> str | None:
    known = {
        (1, 1, 3): None,
        (0, 0, 3): "top forgotten",
        (3, 3, 3): "any order",
        (1, 2, 3): "next level",
        (1, 1, 1): "none",
        (1, 2, 2): "next level",
    }
    return named(answer, known)


def _growth(answer) -> str | None:
    known = {
        176: None,
        16: "one level",
        256: "every level",
        48: "times L",
        11: "no decay",
        40: "one step",
    }
    return named(answer, known)


_UNDO = '''def undo_levels(new, currents, decays):
    """The old potentials [V^1[t], ..., V^L[t]] from the new ones, the currents and the decays of the levels, lowest first, by Eq. (10)."""
    old = list(new)
    for level in reversed(range(len(new))):
        above = sum(decays[i] * old[i] for i in range(level + 1, len(new)))
        old[level] = (new[level] - currents[level] - above) / decays[level]
    return old
'''

EXERCISES = (
    Exercise(
        id="09.a",
        title="two levels by hand",
        minutes=5,
        difficulty=1,
        kind="paper",
        question="Two levels with decays 0.5 (level 1) and 0.25 (level 2). After a step by Eq. (10) their potentials are 0.9 and 0.5; the currents of the step were 0.2 and 0.3. Which potentials were there before? Write `(level 1, level 2)`.",
        answer="before",
        check=_by_hand,
        correct="Level 2 first: (0.5 − 0.3) / 0.25 = 0.8. Then level 1: (0.9 − 0.2 − 0.25 · 0.8) / 0.5 = 1.0. Forwards: 0.5 + 0.2 + 0.2 = 0.9.",
        diagnoses={
            "new for old": "Level 2 is right. From level 1 you took 0.25 · 0.5, level 2's *new* potential. What entered was its old one.",
            "own decay": "Level 2 is right. Its old potential entered level 1 with level 2's decay, 0.25, not with level 1's.",
            "not decayed": "Level 2 is right. What entered level 1 was a quarter of it.",
            "one level": "You undid each level alone, by Eq. (9). Level 1 has also received 0.25 · V² of the step before.",
            "swapped": "The numbers are right, in the other order: level 1 first.",
            "other": "Put your two potentials into Eq. (10), with the two currents: do 0.9 and 0.5 come out?",
        },
        hints=(
            "Which of the two lines of Eq. (10) has one unknown only?",
            "Level 2 was (0.5 − 0.3) / 0.25.",
        ),
        solution="before = (1.0, 0.8)\n",
        wrong={
            "new for old": "before = (1.15, 0.8)",
            "own decay": "before = (0.6, 0.8)",
            "not decayed": "before = (-0.2, 0.8)",
            "one level": "before = (1.4, 0.8)",
            "swapped": "before = (0.8, 1.0)",
            "other": "before = (0.9, 0.5)",
        },
    ),
    Exercise(
        id="09.b",
        title="from the top down",
        minutes=10,
        difficulty=2,
        kind="code",
        question="Write the inverse of Eq. (10) for any number of levels, without looking at the library's. The lists start with the lowest level.",
        answer="undo_levels",
        check=_undo,
        correct="Three lines, and the order is all there is to it: when a level's turn comes, everything that entered it from above is known again.",
        diagnoses={
            "new for old": "You subtracted the new potentials of the levels above (also where the loop runs upwards). The old ones entered, so they have to be recovered first.",
            "own decay": "What comes from level i was multiplied by level i's decay, not by that of the level which receives it.",
            "not decayed": "What comes from level i was multiplied by its decay.",
            "one level": "That is Eq. (9) for each level alone. Take away what came from above.",
            "printed": "That is Eq. (11) as the paper prints it, which Section 9.4 tested. It does not contain the level's own new potential.",
            "top first": "The values are right, in reverse: return the lowest level first.",
            "other": "Put what you return into Eq. (10) again: do the new potentials come out, at every level?",
        },
        example=(
            "undo_levels([torch.tensor(0.9), torch.tensor(0.5)], [torch.tensor(0.2), torch.tensor(0.3)], [0.5, 0.25])",
            [1.0, 0.8],
        ),
        hints=(
            "Copy the list and overwrite it from its end: `for level in reversed(range(len(new)))`.",
            "Entries above `level` are old potentials already: sum decays[i] * old[i] for i > level.",
        ),
        solution=_UNDO,
        wrong={
            "new for old": _UNDO.replace("decays[i] * old[i]", "decays[i] * new[i]"),
            "own decay": _UNDO.replace("decays[i] * old[i]", "decays[level] * old[i]"),
            "not decayed": _UNDO.replace("decays[i] * old[i]", "old[i]"),
            "one level": _UNDO.replace(" - above", ""),
            "printed": "def undo_levels(new, currents, decays):\n    n = range(len(new))\n    return [sum((decays[i] * (new[i] - currents[l]) for i in n if i > l), 0 * new[0]) / decays[l] for l in n]\n",
            "top first": _UNDO.replace("return old", "return old[::-1]"),
            "other": _UNDO.replace("- currents[level]", "+ currents[level]"),
        },
    ),
    Exercise(
        id="09.d",
        title="bottom up",
        minutes=12,
        difficulty=2,
        kind="break",
        question="Break the order: call Section 9.6's `undo_step(..., order=(0, 1, 2))`, with networks made by `linked(feedback)` for the three settings `all-levels`, `next-level` and `none`, and compare with the true old potentials. "
        "How many of the three levels come back, with an error below $10^{-9}$? Write `(all-levels, next-level, none)`, after a prediction.",
        answer="levels_back",
        check=_order,
        correct="With links, the top level alone comes back: it receives from nobody. Level 2 already needs the old potential of level 3, and the new one stands in its place. Without links between levels each is Eq. (9) for itself, in any order.",
        diagnoses={
            "top forgotten": "The top level needs no other level's old potential, so it comes back in any order.",
            "any order": "Bottom up, level 1 is computed while levels 2 and 3 still hold their new potentials. Look at its error again.",
            "next level": "With the next level alone, level 2 needs the old potential of level 3, which is recovered only after it.",
            "none": "With feedback='none' no level needs another's old potential.",
            "other": "Undo one step in this order and compare each level with the true old one. In how many of the three levels is the error below 1e-9?",
        },
        hints=(
            "Which levels need another level's old potential, in each of the three settings?",
            "errors = relative(undo_step(net, 1, shown, new, order=(0, 1, 2)), old), for net, old, new = linked(feedback).",
        ),
        solution="levels_back = (1, 1, 3)\n",
        wrong={
            "top forgotten": "levels_back = (0, 0, 3)",
            "any order": "levels_back = (3, 3, 3)",
            "next level": "levels_back = (1, 2, 3)",
            "none": "levels_back = (1, 1, 1)",
            "other": "levels_back = (2, 2, 2)",
        },
    ),
    Exercise(
        id="09.e",
        title="four steps, three levels",
        minutes=8,
        difficulty=2,
        kind="paper",
        question="Three levels joined by Eq. (10), all decays 0.5. By the rule of Section 9.8, what is the largest factor by which four steps undone can multiply a rounding error of the last potentials?",
        answer="factor",
        check=_growth,
        correct="2⁴ · (1 + 4 + 6) = 176. One level alone has 16. With five levels it would be 2⁴ · (1 + 4 + 6 + 4 + 1) = 256, and a sixth could add nothing: four steps do not reach so far.",
        diagnoses={
            "one level": "That is (1/0.5)⁴, for one level. Errors of the levels above come in as well.",
            "every level": "You added all binomials of 4. How many of them do three levels reach?",
            "times L": "The levels' errors do not add up once but at each step: the factor is a sum of binomials, not L.",
            "no decay": "1 + 4 + 6 = 11 is the right sum. What does the rule multiply it by?",
            "one step": "You counted four steps as a chain of single ones, or left a binomial out. Which binomials of 4 do three levels reach?",
            "other": "What does the rule of Section 9.8 add up, how far does that sum go for three levels, and what stands in front of it?",
        },
        hints=("Row 4 of Pascal's triangle: 1, 4, 6, 4, 1.", "(1/0.5)⁴ = 16."),
        solution="factor = 2**4 * (1 + 4 + 6)\n",
        wrong={
            "one level": "factor = 16",
            "every level": "factor = 256",
            "times L": "factor = 48",
            "no decay": "factor = 11",
            "one step": "factor = 40",
            "other": "factor = 100",
        },
    ),
)
