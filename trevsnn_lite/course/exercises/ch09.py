"""Exercises of chapter 09, several levels: Eq. (10) undone by hand, in code and in the wrong
order, and how its errors grow."""

import torch

from trevsnn_lite.course.exercise import Exercise


def _by_hand(answer) -> str | None:
    named = {
        (1.0, 0.8): None,
        (1.15, 0.8): "new for old",
        (0.6, 0.8): "own decay",
        (-0.2, 0.8): "not decayed",
        (1.4, 0.8): "one level",
        (0.8, 1.0): "swapped",
    }
    got = tuple(round(float(x), 6) for x in answer)
    return named.get(got, "other")


def _levels():
    generator = torch.Generator().manual_seed(0)
    old, currents = (
        [torch.randn(6, generator=generator, dtype=torch.float64) for _ in range(3)]
        for _ in range(2)
    )
    decays = [0.5, 0.8, 0.25]
    new = [sum(decays[i] * old[i] for i in range(level, 3)) + currents[level] for level in range(3)]
    return old, new, currents, decays


def _same(found, wanted) -> bool:
    return all(
        torch.allclose(torch.as_tensor(a, dtype=torch.float64), b, atol=1e-9)
        for a, b in zip(found, wanted)
    )


def _undo(answer) -> str | None:
    old, new, currents, decays = _levels()
    got = answer(list(new), list(currents), list(decays))

    def solved(order, sources, weight):
        back = list(new)
        for level in order:
            above = sum(
                (
                    weight(level, i) * (new if sources == "new" else back)[i]
                    for i in range(level + 1, 3)
                ),
                torch.zeros(6, dtype=torch.float64),
            )
            back[level] = (new[level] - currents[level] - above) / decays[level]
        return back

    printed = [
        sum(
            (decays[i] * (new[i] - currents[level]) for i in range(level + 1, 3)),
            torch.zeros(6, dtype=torch.float64),
        )
        / decays[level]
        for level in range(3)
    ]
    candidates = {
        None: old,
        "new for old": solved((2, 1, 0), "new", lambda level, i: decays[i]),
        "own decay": solved((2, 1, 0), "old", lambda level, i: decays[level]),
        "not decayed": solved((2, 1, 0), "old", lambda level, i: 1.0),
        "one level": solved((2, 1, 0), "old", lambda level, i: 0.0),
        "printed": printed,
        "top first": old[::-1],
    }
    return next(
        (name for name, wanted in candidates.items() if len(got) == 3 and _same(got, wanted)),
        "other",
    )


def _order(answer) -> str | None:
    named = {
        (1, 1, 3): None,
        (0, 0, 3): "top forgotten",
        (3, 3, 3): "any order",
        (1, 2, 3): "next level",
        (1, 1, 1): "none",
        (1, 2, 2): "next level",
    }
    return named.get(tuple(answer), "other")


def _growth(answer) -> str | None:
    return {
        176: None,
        16: "one level",
        256: "every level",
        48: "times L",
        11: "no decay",
        40: "one step",
    }.get(float(answer), "other")


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
            "other": "Forwards: V¹ becomes 0.5 V¹ + 0.25 V² + 0.2, and V² becomes 0.25 V² + 0.3. Solve the second line first.",
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
            "other": "Check with two levels, decays 0.5 and 0.25, new (0.9, 0.5), currents (0.2, 0.3): the answer is (1.0, 0.8).",
        },
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
            "other": "Undo one step with order=(0, 1, 2) and compare each level with `old`: count the relative errors below 1e-9.",
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
            "every level": "You added all binomials of 4. Three levels have the first three, k = 0, 1, 2.",
            "times L": "The levels' errors do not add up once but at each step: the factor is a sum of binomials, not L.",
            "no decay": "1 + 4 + 6 = 11 is the right sum. Multiply by (1/0.5)⁴.",
            "one step": "You counted four steps as a chain of single ones, 8 · 5 = 40, or left a binomial out. For three levels take 1, 4 and 6, and 2⁴ in front.",
            "other": "The rule: (1/decay)^n times the sum of the binomials C(n, k) for k = 0 to L − 1, here n = 4 and L = 3.",
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
