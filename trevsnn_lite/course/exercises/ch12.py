"""Exercises of chapter 12, event cameras: a pixel's events, frames from events, the frames that
tell which way a picture turns, and an honest split."""

import functools

import numpy as np

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _pixel(answer) -> str | None:
    known = {
        (4, 1): None,
        (2, 1): "linear",
        (2, 0): "base ten",
        (4, 2): "moved reference",
        (5, 1): "rounded up",
        (5, 2): "rounded up",
        (4, 4): "no way back",
        (4, 0): "off forgotten",
    }
    return named(answer, known)


def _events(count: int, duration: int, steps: int, height: int, width: int) -> tuple:
    """Events on all of a sensor but its last row and column, none in the last tenth of the time."""
    random = np.random.default_rng(count)
    t = np.sort(random.integers(0, duration - duration // 10, count))
    x, y, p = (random.integers(0, n, count) for n in (width - 1, height - 1, 2))
    return x, y, t, p, duration, steps, height, width


def _counts(x, y, t, p, duration, steps, height, width, mistake=None):
    frames = np.zeros((steps, 2, height, width))
    if mistake == "by count":
        step = np.arange(len(t)) * steps // len(t)
    elif mistake == "own duration":
        step = np.minimum(t * steps // (t.max() + 1), steps - 1)
    elif mistake == "whole width":
        step = np.minimum(t // (duration // steps), steps - 1)
    else:
        step = t * steps // duration
    where = (step, 1 - p if mistake == "polarity" else p, y, x)
    if mistake == "once":
        frames[where] = 1
    elif mistake == "signed":
        np.add.at(frames, (step, np.zeros_like(p), y, x), 2 * p - 1)
    else:
        np.add.at(frames, where, 1)
    return frames.swapaxes(2, 3) if mistake == "swapped" else frames


def _frames(answer) -> str | None:
    names = (
        None,
        "once",
        "by count",
        "own duration",
        "whole width",
        "polarity",
        "signed",
        "swapped",
    )
    cases = [_events(150, 100, 4, 5, 7), _events(99, 100, 7, 3, 4), _events(90, 1000, 3, 4, 2)]
    cases.append(_events(5, 64, 1, 3, 3))
    models = {name: functools.partial(_counts, mistake=name) for name in names}
    return told_apart(answer, cases, models)


def _pairs(answer) -> str | None:
    enough = [(1, 2), (1, 4), (2, 3), (3, 4)]
    known = {
        tuple(enough): None,
        ((1, 2), (2, 3), (3, 4)): "neighbours",
        tuple(sorted([*enough, (1, 3), (2, 4)])): "all",
        ((1, 3), (2, 4)): "opposite",
        ((1, 2),): "first",
    }
    found = sorted({tuple(sorted(pair)) for pair in answer})
    return named([list(pair) for pair in found], known)


def _names(kinds: tuple[str, ...], seed: int) -> list[str]:
    files = [f"cifar10_{kind}_{n}.aedat" for kind in kinds for n in range(1000)]
    return [files[i] for i in np.random.default_rng(seed).permutation(len(files))]


def _number(name: str) -> int:
    return int(name.split("_")[-1].split(".")[0])


def _split(answer) -> str | None:
    for seed, kinds in enumerate((("cat", "dog", "ship"), ("bird", "frog"))):
        names = _names(kinds, seed)
        train, test = answer(list(names))
        name = _divided(names, kinds, list(train), list(test))
        if name is not None:
            return name
    return None


def _divided(names: list[str], kinds: tuple[str, ...], train: list, test: list) -> str | None:
    if set(train) & set(test):
        return "overlap"
    if set(train) | set(test) != set(names):
        return "lost"
    if len(train) + len(test) != len(names):
        return "twice"
    if len(test) != 100 * len(kinds):
        return "size"
    if any(sum(f"_{kind}_" in name for name in test) != 100 for kind in kinds):
        return "classes" if sorted(test) != sorted(names)[: len(test)] else "one class"
    return None if all(_number(name) < 100 for name in test) else "by order"


_FRAMES = '''import numpy as np


def frames(x, y, t, p, duration, steps, height, width):
    """Events (four integer arrays; p is 0 or 1; 0 <= t < duration) -> counts [steps, 2, height, width], cut by equal times."""
    counts = np.zeros((steps, 2, height, width))
    np.add.at(counts, (t * steps // duration, p, y, x), 1)
    return counts
'''
_SPLIT = '''def split(names):
    """File names such as cifar10_cat_37.aedat, in any order -> (train, test): numbers 0 to 99 of each class are the test set."""
    numbers = {name: int(name.split("_")[-1].split(".")[0]) for name in names}
    return [name for name in names if numbers[name] >= 100], [name for name in names if numbers[name] < 100]
'''
EXERCISES = (
    Exercise(
        id="12.a",
        title="what does this pixel say?",
        minutes=6,
        difficulty=1,
        kind="paper",
        question="A pixel's light rises from 0.25 to 1.0 and falls back to 0.5. Its contrast threshold is 0.3 in natural logarithm, its reference starts at its first level, and after each event the reference moves to the level of the crossing. "
        "How many ON and how many OFF events? Answer `(on, off)`. (ln 4 = 1.386, ln 2 = 0.693.)",
        answer="events",
        check=_pixel,
        correct="Up: 1.386 / 0.3 = 4.6, so 4 events, and the reference stands at 1.2. Down to 0.693: 1.2 - 0.693 = 0.507, one event. The pixel forgets what lies between thresholds.",
        diagnoses={
            "linear": "You counted thresholds of the light itself. The camera counts in its logarithm: from 0.25 to 1.0 is ln 4 = 1.386.",
            "base ten": "You took the logarithm to base 10. Here it is the natural one.",
            "moved reference": "You started the way down at the level 1.386. The reference stands where the last event was, at 1.2.",
            "rounded up": "1.386 is past four thresholds and short of the fifth: no fifth event.",
            "no way back": "The light falls to 0.5 and not to 0.25.",
            "off forgotten": "On the way down the pixel reports, too: the reference is at 1.2, the level at 0.693.",
            "other": "Work with the logarithm. How many steps of 0.3 fit into the way up, where does the reference stand then, and how far is it from there to the last level?",
        },
        hints=(
            "Work with the logarithm: the levels are 0, 1.386 and 0.693.",
            "After the rise the reference is at 4 x 0.3.",
        ),
        solution="events = (4, 1)\n",
        wrong={
            "linear": "events = (2, 1)",
            "base ten": "events = (2, 0)",
            "moved reference": "events = (4, 2)",
            "rounded up": "events = (5, 1)",
            "no way back": "events = (4, 4)",
            "off forgotten": "events = (4, 0)",
            "other": "events = (1, 1)",
        },
    ),
    Exercise(
        id="12.b",
        title="frames from events",
        minutes=12,
        difficulty=2,
        kind="code",
        question="Write `frames(x, y, t, p, duration, steps, height, width)`: counts [steps, 2, height, width] of the events in each of `steps` equal stretches of `duration`, channel 0 for p = 0 and 1 for p = 1. Two events at one place in one frame count 2.",
        answer="frames",
        check=_frames,
        correct="One line of index arithmetic. np.add.at counts repeated places; `counts[places] += 1` would count each place once.",
        diagnoses={
            "once": "A place with several events holds 1. `counts[...] += 1` with index arrays adds once a place.",
            "by count": "You cut by equal numbers of events. Asked for: equal times.",
            "own duration": "You divided the time of the last event. Divide `duration`: here the last tenth is empty, and stays so.",
            "polarity": "The channels are exchanged: p = 0 belongs to channel 0.",
            "signed": "You added +1 and -1 into one channel, where they cancel. Each polarity has a channel of its own.",
            "swapped": "Height and width are exchanged: the row is y, the column is x.",
            "whole width": "Your stretches are a whole number of time units long, and 100 does not divide by 7: the last one is longer than the others.",
            "other": "The counts differ. To which frame does an event at time t belong, and to which channel, row and column?",
        },
        example=(
            "frames(np.array([0, 1, 1]), np.array([0, 0, 0]), np.array([0, 5, 9]), np.array([1, 0, 0]), 10, 2, 1, 2)",
            [[[[0, 0]], [[1, 0]]], [[[0, 2]], [[0, 0]]]],
        ),
        hints=(
            "Which frame does an event at time t belong to? A whole-number division.",
            "np.add.at(array, (index arrays ...), 1).",
        ),
        solution=_FRAMES,
        wrong={
            "once": _FRAMES.replace(
                "np.add.at(counts, (t * steps // duration, p, y, x), 1)",
                "counts[t * steps // duration, p, y, x] += 1",
            ),
            "by count": _FRAMES.replace(
                "t * steps // duration", "np.arange(len(t)) * steps // len(t)"
            ),
            "own duration": _FRAMES.replace("t * steps // duration", "t * steps // (t.max() + 1)"),
            "polarity": _FRAMES.replace(", p, y", ", 1 - p, y"),
            "signed": _FRAMES.replace(", p, y, x), 1)", ", 0 * p, y, x), 2 * p - 1)"),
            "swapped": _FRAMES.replace("height, width))", "width, height))").replace(
                "y, x), 1", "x, y), 1"
            ),
            "whole width": _FRAMES.replace(
                "t * steps // duration", "np.minimum(t // (duration // steps), steps - 1)"
            ),
            "other": _FRAMES.replace(
                "np.add.at(counts, (t * steps // duration, p, y, x), 1)", "counts[0] = 1"
            ),
        },
    ),
    Exercise(
        id="12.c",
        title="which two glides are enough?",
        minutes=6,
        difficulty=2,
        kind="break",
        question="Break it: in the recordings of section 12.6 only two of the four frames are left, the other two are blank. From which pairs of steps can one still tell clockwise from anticlockwise in every recording? "
        "Write all of them, such as `[(1, 2), (2, 4)]`.",
        answer="pairs",
        check=_pairs,
        correct="Neighbours differ by a quarter turn to the right or to the left. So do steps 1 and 4: three quarters one way are one quarter the other way. Steps 1 and 3, or 2 and 4, are opposite directions in both classes.",
        diagnoses={
            "neighbours": "These are enough. One more pair is: what is three quarters of a turn?",
            "all": "Two of these pairs are not enough: write down steps 1 and 3 of a clockwise and of an anticlockwise recording that begin alike.",
            "opposite": "These two pairs are those that do not tell: opposite directions in both classes.",
            "first": "Steps 1 and 2 are enough. So are other pairs.",
            "other": "Write down the four directions of a clockwise and of an anticlockwise recording that both begin with right. For which pairs do they differ?",
        },
        hints=(
            "Clockwise from right: right, down, left, up. Anticlockwise: right, up, left, down.",
            "Compare the two rows, pair by pair. There are six pairs.",
        ),
        solution="pairs = [(1, 2), (2, 3), (3, 4), (1, 4)]\n",
        wrong={
            "neighbours": "pairs = [(1, 2), (2, 3), (3, 4)]",
            "all": "pairs = [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]",
            "opposite": "pairs = [(1, 3), (2, 4)]",
            "first": "pairs = [(1, 2)]",
            "other": "pairs = [(2, 4)]",
        },
    ),
    Exercise(
        id="12.d",
        title="a split that holds",
        minutes=8,
        difficulty=2,
        kind="code",
        question="Write `split(names)` for names such as `cifar10_cat_37.aedat`, 1,000 of each class *in any order*: the test set is numbers 0 to 99 of each class, the training set all others. No name may be in both.",
        answer="split",
        check=_split,
        correct="The number in the name decides, so that no order of the file system, and no sorting in which 10 comes before 2, can change the split.",
        diagnoses={
            "overlap": "Some recordings are in both sets. This is the released code's fault, in 8 minutes.",
            "lost": "Some recordings are in neither set.",
            "twice": "Some recordings are in a set twice.",
            "size": "The test set should have 100 recordings of each class.",
            "classes": "Not every class has 100 in the test set: you took some of the whole list, whose order is arbitrary.",
            "one class": "You took the first of the sorted list: they are all of one class.",
            "by order": '100 of each class, but by their place in a list, and not by number. As text "10" is before "2".',
        },
        hints=(
            'name.split("_")[-1] is "37.aedat".',
            "int(...) the part before the point; test where it is below 100.",
        ),
        solution=_SPLIT,
        wrong={
            "overlap": _SPLIT.replace(
                "[name for name in names if numbers[name] >= 100]", "list(names)"
            ),
            "lost": _SPLIT.replace(">= 100", "> 100"),
            "twice": _SPLIT.replace("return [", "names = names + [names[0]]\n    return ["),
            "size": _SPLIT.replace(">= 100", ">= 10").replace("< 100", "< 10"),
            "classes": "def split(names):\n    return names[300:], names[:300]\n",
            "one class": "def split(names):\n    names = sorted(names)\n    return names[300:], names[:300]\n",
            "by order": "def split(names):\n    names, place = sorted(names), range(len(names))\n    return [names[i] for i in place if i % 1000 >= 100], [names[i] for i in place if i % 1000 < 100]\n",
        },
    ),
)
