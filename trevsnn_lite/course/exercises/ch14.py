"""Exercises of chapter 14, ablations: an interval by hand, a control for added parameters, and
looking too often."""

import torch

from trevsnn_lite.course.answers import named, same, told_apart
from trevsnn_lite.course.exercise import Exercise
from trevsnn_lite.experiments.seeds import STUDENT


def _interval(answer) -> str | None:
    mean, half = answer
    if same(mean, -0.25, 0.006):
        return "sign"
    known = {
        0.646: None,
        0.398: "normal",
        1.293: "no root",
        0.560: "divided by n",
        0.4062: "deviation",
        0.874: "three",
    }
    return named(half, known, atol=0.006) if same(mean, 0.25, 0.006) else "other"


def _width(answer) -> str | None:
    known = {
        69: None,
        64: "unchanged",
        68: "one short",
        70: "one too many",
        60: "wrong way",
        128: "doubled",
    }
    return named(answer, known)


def _alarms(answer) -> str | None:
    def share(looks):
        def of(differences):
            raised = [_told_apart(differences[:, :n]) for n in looks]
            return torch.stack(raised).any(0).double().mean()

        return of

    every = share(range(3, 11))
    models = {
        None: every,
        "two looks": share((3, 6)),
        "last look": share((10,)),
        "first look": share((3,)),
        "added up": lambda d: sum(share((n,))(d) for n in range(3, 11)),
        "other way": lambda d: 1 - every(d),
        "per cent": lambda d: 100 * every(d),
    }
    make = torch.Generator().manual_seed(1)
    cases = [
        (scale * torch.randn(rows, 10, generator=make),) for rows, scale in ((500, 1), (99, 3))
    ]
    cases.append((0.7 + torch.randn(200, 10, generator=make),))
    return told_apart(answer, cases, models)


def _told_apart(seen: torch.Tensor) -> torch.Tensor:
    count = seen.shape[1]
    return seen.mean(1).abs() > STUDENT[count - 1] * seen.std(1) / count**0.5


_ALARMS = '''from trevsnn_lite.experiments.seeds import STUDENT


def alarm_share(differences):
    """The share of comparisons [N, 10 seeds] that are told apart at one look at least, the looks being after n = 3, 4, ..., 10 seeds."""
    alarm = False
    for n in range(3, 11):
        seen = differences[:, :n]
        alarm = alarm | (seen.mean(1).abs() > STUDENT[n - 1] * seen.std(1) / n**0.5)
    return alarm.float().mean().item()
'''

EXERCISES = (
    Exercise(
        id="14.a",
        title="an interval by hand",
        minutes=8,
        difficulty=1,
        kind="paper",
        question="In section 14.4, all levels minus none is, seed by seed, −0.10, −0.10, +0.65 and +0.55 points. **Give the mean and half the width of its 95 % interval**, `[mean, half]`, two decimals. For four differences Student's factor is 3.182. "
        "Can the two be told apart? What gain does the interval exclude?",
        answer="found",
        check=_interval,
        correct="0.25 ± 0.65: zero lies inside, so they cannot be told apart. A gain of more than 0.9 points is excluded, one of half a point is not.",
        diagnoses={
            "sign": "The half width may be right; the sign is not. The two large differences are positive.",
            "normal": "You took 1.96, which is for very many seeds. With four the factor is 3.182.",
            "no root": "A factor is missing that makes the interval narrower with more seeds.",
            "divided by n": "Your standard deviation divides the sum of squares by 4. From a sample divide by 3, one less than the number.",
            "deviation": "That is the standard deviation, 0.41. The half width is 3.182 times that, over the root of 4.",
            "three": "4.303 is the factor for three differences. There are four.",
            "other": "Which mean do you get, which deviations from it, and which sum of their squares?",
        },
        hints=(
            "The mean is 1.00 / 4; the deviations are -0.35, -0.35, 0.40 and 0.30.",
            "The squares add up to 0.495; over 3 and rooted, 0.406.",
        ),
        solution="found = [0.25, 0.65]\n",
        wrong={
            "sign": "found = [-0.25, 0.65]",
            "normal": "found = [0.25, 0.398]",
            "no root": "found = [0.25, 1.29]",
            "divided by n": "found = [0.25, 0.56]",
            "deviation": "found = [0.25, 0.406]",
            "three": "found = [0.25, 0.87]",
            "other": "found = [-1.2, 0.2]",
        },
    ),
    Exercise(
        id="14.c",
        title="the control that the feedback lacks",
        minutes=12,
        difficulty=3,
        kind="code",
        question="Links from the next level bring 7,824 parameters along (section 14.4). A fair rival without links gets as many, elsewhere. "
        '**How many channels must the third level of `{**SMALL, "feedback": "none"}` have**, in place of 64, for its parameters to come nearest to those of `SMALL`, which has the links? Use `parameter_count` from `trevsnn_lite.experiments.table_4`.',
        answer="channels",
        check=_width,
        correct="With 69 channels it has 296 parameters more than the network with links, 0.3 %. Trained beside the other three, it would say whether links do more than weights do.",
        diagnoses={
            "unchanged": "64 is the width there was. Without links that network is 7,824 parameters short.",
            "one short": "68 leaves it 1,368 short. Does another width come nearer?",
            "one too many": "70 has 1,980 too many. Does another width come nearer?",
            "wrong way": "Fewer channels make it smaller still. The links' parameters are to be replaced.",
            "doubled": "Far too many: the count grows with more than the width. Search among 64 to 72.",
            "other": "How many parameters has the network with links? And how many have those without links, at a few widths from 64 on?",
        },
        hints=(
            "parameter_count takes the dictionary of a network.",
            "min(range(60, 80), key=lambda w: abs(parameter_count({...}) - target))",
        ),
        solution="from trevsnn_lite.experiments.training_runs import SMALL\nfrom trevsnn_lite.experiments.table_4 import parameter_count\n\n"
        "target = parameter_count(SMALL)\nchannels = min(range(60, 80), key=lambda w: abs(parameter_count({**SMALL, 'feedback': 'none', 'widths': (16, 32, w)}) - target))\n",
        wrong={
            "unchanged": "channels = 64",
            "one short": "channels = 68",
            "one too many": "channels = 70",
            "wrong way": "channels = 60",
            "doubled": "channels = 128",
            "other": "channels = 96",
        },
    ),
    Exercise(
        id="14.d",
        title="look after every seed",
        minutes=10,
        difficulty=2,
        kind="break",
        question="Break the good habit. Two equal networks; you look after three seeds, and then after *each* further one up to ten, and stop as soon as they can be told apart. "
        "Predict first: in what share of all comparisons do you report a difference that is not there? Then write `alarm_share(differences)` and try it on `torch.randn(20000, 10)`.",
        answer="alarm_share",
        check=_alarms,
        correct="One in six, 17 %, with an interval that says one in twenty. Decide on the number before the first run, or say how often you looked.",
        diagnoses={
            "two looks": "You looked twice, after three and after six seeds. Here there are eight looks, n = 3 to 10.",
            "last look": "That is the last look alone. Any of the eight may raise the alarm.",
            "first look": "That is the first look alone. Does the `return` stand inside the loop?",
            "added up": "You added the alarms up. The looks share their seeds, so many alarms are one and the same.",
            "other way": "That is the share *without* any alarm.",
            "per cent": "The right value, in per cent. Give a share between 0 and 1.",
            "other": "The share differs. What is seen of a row after n seeds, and when does it count as told apart?",
        },
        example=(
            "alarm_share(torch.tensor([[1.0, 0.5, 0.75, -9, 9, -9, 9, -9, 9, -9], [1, -1, 1, -1, 1, -1, 1, -1, 1, -1]]))",
            0.5,
        ),
        hints=(
            "`differences[:, :n]` is what you have seen after n seeds, one row a comparison.",
            "Start with alarm = False, then `alarm = alarm | (...)` for each n from 3 to 10.",
        ),
        solution=_ALARMS,
        wrong={
            "two looks": _ALARMS.replace("range(3, 11)", "(3, 6)"),
            "last look": _ALARMS.replace("alarm | ", ""),
            "first look": _ALARMS.replace("range(3, 11)", "(3,)"),
            "added up": _ALARMS.replace("alarm | (", "alarm + 1 * (").replace(
                "alarm = False", "alarm = 0"
            ),
            "other way": _ALARMS.replace("return alarm", "return (~alarm)"),
            "per cent": _ALARMS.replace("return alarm", "return 100 * alarm"),
            "other": _ALARMS.replace("seen.std(1) / n**0.5", "seen.std(1)"),
        },
    ),
)
