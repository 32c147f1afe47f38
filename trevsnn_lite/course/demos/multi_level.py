"""MultiLevel, Eqs. (10) and (11): which old potential can be undone first. A new potential that has
a single unknown can; each that is undone takes one unknown from the levels below it."""

from trevsnn_lite.course.demo import Choice, Demo, Slider, Touch, fill, fixed

# Of levels 1 to 4; those of levels 1 to 3 are Section 9.2's, so that both give the same numbers.
POTENTIALS, CURRENTS = (0.4, 0.6, 0.8, 0.2), (0.2, 0.1, 0.5, 0.3)
DECAYS = (0.5, 0.5, 0.25, 0.5)
NAMES = ("V₁", "V₂", "V₃", "V₄")
LEFT, RIGHT = 92, 282


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


def charged(levels: int, feedback: str) -> list[float]:
    """The new potentials, Eq. (10)."""
    return [
        sum(DECAYS[i - 1] * POTENTIALS[i - 1] for i in sources(level, levels, feedback))
        + CURRENTS[level - 1]
        for level in range(1, levels + 1)
    ]


def unknowns(levels: int, feedback: str, known: list[int]) -> list[int]:
    """How many unknown old potentials each level's new one has."""
    return [
        sum(i not in known for i in sources(level, levels, feedback))
        for level in range(1, levels + 1)
    ]


class MultiLevel(Demo):
    """MultiLevel(undone=0, levels=3, feedback="all-levels").

    Clicks: `tried` is the level of the last one; `apart` has a bit for each level undone out of
    turn, which only levels that take nothing from above can be."""

    name = "multi-level"
    size = (400, 276)
    controls = (
        Slider("undone", 0, 4, 1, 0, limit="levels"),
        Slider("levels", 1, 4, 1, 3),
        Choice("feedback", ("all-levels", "next-level", "none"), "all-levels"),
        Touch("tried", 5, 0),
        Touch("apart", 16, 0),
    )
    plays = "undone"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        levels, feedback = params["levels"], params["feedback"]
        undone, tried = min(params["undone"], levels), min(params["tried"], levels)
        apart = params["apart"] if feedback == "none" else 0
        known = [n for n in range(1, levels + 1) if n > levels - undone or apart >> n - 1 & 1]
        new, left = charged(levels, feedback), unknowns(levels, feedback, known)
        refused = tried if tried and left[tried - 1] > 1 else 0
        last = tried if tried in known else min(known, default=levels)
        values = {
            "levels": levels,
            "counts": ", ".join(str(n) for n in reversed(left)),
            "most": left[0],
            "next": max(set(range(levels + 1)) - set(known)),
            "last": last,
            "was": _short(POTENTIALS[last - 1]) if known else "",
            "tried": tried,
            "waits": left[tried - 1] if tried else 0,
        }
        alone = levels == 1 or feedback == "none"
        if refused:
            said = "wait"
        elif not known:
            said = "first-" + ("one" if levels == 1 else "none" if feedback == "none" else "all")
        elif levels == 1:
            said = "done-one"
        else:
            said = ("next" if len(known) < levels else "done") + ("-alone" if alone else "")
        steps = [
            fill(words["undo"], {"level": level, "sum": _undo(level, levels, feedback, new)})
            for level in reversed(known)
        ]
        lowest = [200, 0] if levels == 1 else [_height(1, levels), 1]
        return {
            "numbers": {"new": new, "unknowns": left},
            "marks": _transfer(levels, feedback, new, left, known, refused, words)
            + _equations(levels, feedback, new, left, known, refused, words),
            "verdict": fill(words["v-" + said], values),
            "sentence": " ".join([fill(words["sentence"], values), *steps]),
            "grips": [["tried", "y", 8, 22, 384, 160, _height(levels, levels), levels, *lowest]],
        }


def _short(value: float) -> str:
    return fixed(value, 3).rstrip("0").removesuffix(".")


def _height(at: int, levels: int) -> float:
    """The row of a level, 1 below."""
    return 164 - 124 / max(1, levels - 1) * (at - 1) - (62 if levels == 1 else 0)


def _sent(i: int) -> str:
    """What level i sends: its decay times its old potential."""
    return _short(DECAYS[i - 1] * POTENTIALS[i - 1])


def _undo(level: int, levels: int, feedback: str, new: list) -> str:
    """The sum that undoes a level, Eq. (11)."""
    above = "".join(f" − {_sent(i)}" for i in sources(level, levels, feedback)[1:])
    inner = f"({_short(new[level - 1])} − {_short(CURRENTS[level - 1])}{above})"
    return f"{inner} / {_short(DECAYS[level - 1])} = {_short(POTENTIALS[level - 1])}"


def _transfer(
    levels: int,
    feedback: str,
    new: list,
    left: list,
    known: list,
    refused: int,
    words: dict,
) -> list:
    """Old potentials left, new ones right, with what enters them: a line from an unknown old
    potential is orange, thick where it counts: at a refused level, or else at each."""

    def y(at: int) -> float:
        return _height(at, levels)

    marks = [
        ["text", LEFT, 14, words["before"], "mid bold"],
        ["text", (LEFT + RIGHT) / 2, 14, words["through"], "mid quiet"],
        ["text", RIGHT, 14, words["after"], "mid bold"],
    ]
    for grey in (True, False):  # orange over grey
        for level in range(1, levels + 1):
            for i in sources(level, levels, feedback):
                if (i in known) == grey:
                    colour = "s-orange thick" if refused in (0, level) else "s-orange"
                    ends = (LEFT + 17, y(i), RIGHT - 17, y(level))
                    marks.append(["line", *ends, "s-rule" if grey else colour])
    for at in range(1, levels + 1):
        marks += [
            ["text", 8, y(at) - 3, f"{words['level']} {at}", "quiet"],
            ["text", 8, y(at) + 13, f"× {_short(DECAYS[at - 1])}", "quiet"],
        ]
        old = "f-soft s-blue thick" if at in known else "f-paper s-orange thick"
        can = "f-soft s-orange thick" if at == refused else "f-soft s-rule"
        value = _short(POTENTIALS[at - 1]) if at in known else NAMES[at - 1]
        marks += [
            ["circle", LEFT, y(at), 17, old],
            ["text", LEFT, y(at) + 4, value, "mid bold"],
            ["circle", RIGHT, y(at), 17, can],
            ["text", RIGHT, y(at) + 4, _short(new[at - 1]), "mid"],
            [
                "text",
                RIGHT + 22,
                y(at) + 14,
                f"{words['current']} + {_short(CURRENTS[at - 1])}",
                "quiet",
            ],
        ]
        if left[at - 1]:
            said = fill(words["unknown"], {"n": left[at - 1]})
            style = " bold" if (known and left[at - 1] == 1) or at == refused else ""
            marks.append(["text", RIGHT + 22, y(at) - 2, said, "f-orange" + style])
    return marks


def _equations(
    levels: int,
    feedback: str,
    new: list,
    left: list,
    known: list,
    refused: int,
    words: dict,
) -> list:
    """One line a level: its sum, or once it is undone the sum that undid it."""
    marks = []
    for row, level in enumerate(range(levels, 0, -1)):
        top = 206 + 20 * row
        terms = [
            _sent(i) if i in known else f"{_short(DECAYS[i - 1])}·{NAMES[i - 1]}"
            for i in sources(level, levels, feedback)
        ]
        text = f"{_short(new[level - 1])} = {' + '.join([*terms, _short(CURRENTS[level - 1])])}"
        bold = (
            "bold" if level == refused or (known and not refused and left[level - 1] == 1) else ""
        )
        if level in known:
            text, bold = _undo(level, levels, feedback, new), "f-blue"
        marks += [
            ["text", 8, top, f"{words['level']} {level}", "quiet"],
            ["text", 64, top, text, bold],
        ]
    return marks
