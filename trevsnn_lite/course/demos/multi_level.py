"""MultiLevel, Eqs. (10) and (11): which old potential can be undone first. A new potential that has
a single unknown can; each that is undone takes one unknown from the levels below it."""

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed

POTENTIALS, CURRENTS = (0.4, 0.6, 0.8, 0.2), (0.2, 0.1, 0.5, 0.3)  # of levels 1 to 4
LEFT, RIGHT = 92, 330


def sources(level: int, levels: int, feedback: str) -> list[int]:
    """The levels (1 the lowest) whose old potentials enter this level's new one; Eq. (10): its own
    and all above."""
    return list(
        range(
            level,
            {"all-levels": levels, "next-level": min(level + 1, levels), "none": level}[feedback]
            + 1,
        )
    )


def charged(levels: int, decay: float, feedback: str) -> list[float]:
    """The new potentials, Eq. (10) with one decay for all levels."""
    return [
        sum(decay * POTENTIALS[i - 1] for i in sources(level, levels, feedback))
        + CURRENTS[level - 1]
        for level in range(1, levels + 1)
    ]


def unknowns(levels: int, feedback: str, undone: int) -> list[int]:
    """How many unknown old potentials each level's new one has, where the highest `undone` levels
    are known."""
    return [
        sum(i <= levels - undone for i in sources(level, levels, feedback))
        for level in range(1, levels + 1)
    ]


class MultiLevel(Demo):
    """MultiLevel(undone=0, levels=3, feedback="all-levels", decay=0.5)."""

    name = "multi-level"
    size = (400, 276)
    controls = (
        Slider("undone", 0, 4, 1, 0, limit="levels"),
        Slider("levels", 1, 4, 1, 3),
        Choice("feedback", ("all-levels", "next-level", "none"), "all-levels"),
        Slider("decay", 0.1, 0.9, 0.05, 0.5),
    )
    plays = "undone"
    folded = ("decay",)

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        levels, decay, feedback = params["levels"], params["decay"], params["feedback"]
        undone = min(params["undone"], levels)
        new, left = charged(levels, decay, feedback), unknowns(levels, feedback, undone)
        following = levels - undone
        values = {
            "levels": levels,
            "counts": ", ".join(str(n) for n in reversed(left)),
            "next": following,
            "last": following + 1,
            "was": _short(POTENTIALS[following]) if undone else "",
        }
        alone = levels == 1 or feedback == "none"
        said = "one" if levels == 1 else "none" if feedback == "none" else "all"
        if undone == 0:
            said = "first-" + said
        else:
            said = ("done" if following == 0 else "next") + ("-alone" if alone else "")
            said = "done-one" if levels == 1 else said
        steps = [
            fill(words["undo"], _undo(level, levels, decay, feedback, new))
            for level in range(levels, following, -1)
        ]
        return {
            "numbers": {"new": new, "unknowns": left},
            "marks": _transfer(levels, feedback, new, left, undone, words)
            + _equations(levels, decay, feedback, new, left, undone, words),
            "verdict": fill(words["v-" + said], values),
            "sentence": " ".join([fill(words["sentence"], values), *steps]),
            "grips": [["undone", "y", 8, 22, 384, 160, _height(levels, levels), 1, 200, levels + 1]]
            if levels == 1
            else [
                [
                    "undone",
                    "y",
                    8,
                    22,
                    384,
                    160,
                    _height(levels, levels),
                    1,
                    _height(1, levels),
                    levels,
                ]
            ],
        }


def _short(value: float) -> str:
    return fixed(value, 3).rstrip("0").removesuffix(".")


def _height(at: int, levels: int) -> float:
    """The row of a level, 1 below."""
    return 164 - 124 / max(1, levels - 1) * (at - 1) - (62 if levels == 1 else 0)


def _undo(level: int, levels: int, decay: float, feedback: str, new: list) -> dict:
    """The sum that undoes a level, Eq. (11)."""
    above = sources(level, levels, feedback)[1:]
    return {
        "level": level,
        "new": _short(new[level - 1]),
        "current": _short(CURRENTS[level - 1]),
        "decay": _short(decay),
        "above": "".join(f" − {_short(POTENTIALS[i - 1])}" for i in above),
        "old": _short(POTENTIALS[level - 1]),
    }


def _transfer(levels: int, feedback: str, new: list, left: list, undone: int, words: dict) -> list:
    """Old potentials left, new ones right; a line from an unknown one is orange, and a new one with
    a single unknown has a blue ring."""

    def y(at: int) -> float:
        return _height(at, levels)

    known = levels - undone  # the levels above this one are
    marks = [
        ["text", LEFT, 14, words["before"], "mid bold"],
        ["text", RIGHT, 14, words["after"], "mid bold"],
    ]
    for grey in (True, False):  # orange over grey
        for level in range(1, levels + 1):
            for i in sources(level, levels, feedback):
                if (i > known) == grey:
                    colour = "s-rule" if grey else "s-orange thick"
                    marks.append(["line", LEFT + 17, y(i), RIGHT - 17, y(level), colour])
    for at in range(1, levels + 1):
        marks.append(["text", 8, y(at) + 4, f"{words['level']} {at}", "quiet"])
        old = "f-soft s-blue thick" if at > known else "f-paper s-orange thick"
        can = "f-soft s-blue thick" if left[at - 1] == 1 else "f-soft s-rule"
        marks += [
            ["circle", LEFT, y(at), 17, old],
            [
                "text",
                LEFT,
                y(at) + 4,
                _short(POTENTIALS[at - 1]) if at > known else "?",
                "mid bold",
            ],
            ["circle", RIGHT, y(at), 17, can],
            ["text", RIGHT, y(at) + 4, _short(new[at - 1]), "mid"],
        ]
    return marks


def _equations(
    levels: int, decay: float, feedback: str, new: list, left: list, undone: int, words: dict
) -> list:
    """One line a level: its sum, and how many unknowns it has."""
    marks = []
    for row, level in enumerate(range(levels, 0, -1)):
        top = 206 + 20 * row
        olds = [
            _short(POTENTIALS[i - 1]) if i > levels - undone else "?"
            for i in sources(level, levels, feedback)
        ]
        inner = "+".join(olds)
        inner = f"({inner})" if len(olds) > 1 else inner
        text = f"{_short(new[level - 1])} = {_short(decay)}·{inner} + {_short(CURRENTS[level - 1])}"
        count, can = left[level - 1], left[level - 1] == 1
        said = (
            fill(words["unknown"], {"n": count})
            if count
            else fill(words["was"], {"old": _short(POTENTIALS[level - 1])})
        )
        marks += [
            ["text", 8, top, f"{words['level']} {level}", "quiet"],
            ["text", 64, top, text, "bold" if can else ""],
            [
                "text",
                392,
                top,
                said,
                "end bold f-orange" if can else "end" if count else "end f-blue",
            ],
        ]
    return marks
