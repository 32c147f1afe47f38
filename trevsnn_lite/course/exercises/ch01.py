"""Exercises of chapter 01, the spiking neuron: Euler's step, three resets in code, and what a rate
over T steps can say."""

import functools
import math

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _time_constant(answer) -> str | None:
    known = {
        1 / math.log(11): None,
        1.1: "the same",
        1 / math.log10(11): "base ten",
        math.log(11): "upside down",
        -1 / math.log(11): "sign",
        1 / 11: "the decay",
        math.exp(-1 / 1.1): "the other way",
    }
    return named(answer, known, atol=0.0055)


def _train(inputs, decay, threshold, reset, mistake=None) -> list[float]:
    """The spikes of a neuron that starts at 0; with one of the likely mistakes."""
    v, fired, spikes = 0.0, 0.0, []
    for current in inputs:
        kind = {
            "never reset": "none",
            "hard for both": "hard" if reset != "none" else reset,
            "soft for both": "soft" if reset != "none" else reset,
        }.get(mistake, reset)
        kept = v if kind == "none" else v - threshold * fired if kind == "soft" else v * (1 - fired)
        if mistake == "reset after the leak" and kind == "soft":
            v = decay * v + current - threshold * fired
        elif mistake == "leaks the input":
            v = decay * (kept + current)
        else:
            v = decay * kept + current
        fired = float(v > threshold if mistake == "strictly above" else v >= threshold)
        spikes.append(fired)
    return spikes


# Sixteenths, so that a potential at the threshold is there in float32 as well.
INPUTS = [n / 16 for n in (16, 14, 8, 12, 14, 22, 5, 14, 15, 3, 11, 12, 12, 19, 10, 7)]


def _three(answer) -> str | None:
    mistakes = (
        None,
        "never reset",
        "hard for both",
        "soft for both",
        "reset after the leak",
        "leaks the input",
        "strictly above",
    )
    inputs = [(INPUTS, 0.5, 1.0), (INPUTS, 0.75, 1.0), (INPUTS, 0.25, 0.5), (INPUTS, 0.75, 1.5)]
    inputs += [([1.5, 0.5], 0.5, 1.0), ([0.75], 0.5, 0.75), (INPUTS[::-1], 0.875, 2.0)]
    cases = [(*case, reset) for case in inputs for reset in ("none", "soft", "hard")]
    return told_apart(answer, cases, {m: functools.partial(_train, mistake=m) for m in mistakes})


def _half_start(answer) -> str | None:
    return named(answer, {32: None, 64: "no effect", 128: "worse", 16: "twice"})


_THREE = '''def spikes_of(inputs, decay, threshold, reset):
    """The spikes [S[1], ..., S[T]], 0.0 or 1.0, for inputs [I[1], ..., I[T]] and V[0] = 0;
    reset is "none", "soft" or "hard"."""
    v, spike, spikes = 0.0, 0.0, []
    for current in inputs:
        kept = {"none": v, "soft": v - threshold * spike, "hard": v * (1.0 - spike)}[reset]
        v = decay * kept + current
        spike = float(v >= threshold)
        spikes.append(spike)
    return spikes
'''

EXERCISES = (
    Exercise(
        id="01.a",
        title="the time constant that a decay really has",
        minutes=6,
        difficulty=1,
        kind="paper",
        question="Eq. (1) with $\\tau_m = 1.1$ keeps $1/11$ of the potential over one step. Which time constant must the *differential equation* have so that it, too, keeps $1/11$ over one unit of time? "
        "Give two decimals.",
        answer="tau",
        check=_time_constant,
        correct="exp(-1/tau) = 1/11 gives tau = 1 / ln 11 = 0.417: this neuron forgets within half a step. A time constant is a property of the pair, equation and step.",
        diagnoses={
            "the same": "With 1.1 the differential equation keeps exp(-1/1.1) = 0.403. It has to keep 1/11, so it must forget faster.",
            "base ten": "You took the logarithm to base 10. exp is undone by the natural logarithm.",
            "upside down": "You have 1 / tau.",
            "sign": "The sign: ln(1/11) is negative, and so is -1/tau.",
            "the decay": "That is what is kept. The time constant is asked for.",
            "the other way": "That is what the differential equation with 1.1 keeps. Here 1/11 is kept, and the time constant is asked for.",
            "other": "What share of V does the differential equation keep over one unit of time, in terms of tau? And which share is asked for?",
        },
        hints=(
            "What remains of V after one unit of time, without input? exp(-1/tau).",
            "-1/tau = ln(1/11) = -ln 11, and ln 11 = 2.398.",
        ),
        solution="import math\ntau = 1 / math.log(11)\n",
        wrong={
            "the same": "tau = 1.1",
            "base ten": "tau = 0.96",
            "upside down": "tau = 2.398",
            "sign": "tau = -0.417",
            "the decay": "tau = 0.09",
            "the other way": "tau = 0.403",
            "other": "tau = 5",
        },
    ),
    Exercise(
        id="01.b",
        title="three resets in five lines",
        minutes=10,
        difficulty=2,
        kind="code",
        question="Write `spikes_of(inputs, decay, threshold, reset)` in plain Python: Eqs. (1) and (2), with the reset at the start of the next step. A potential *at* the threshold fires.",
        answer="spikes_of",
        check=_three,
        correct="Charge, fire, reset: three lines, of which only the reset differs.",
        diagnoses={
            "never reset": 'All three resets give the train of "none". Use the last spike before the next charge.',
            "hard for both": '"soft" behaves as "hard". Subtract the threshold, and keep the rest.',
            "soft for both": '"hard" behaves as "soft". Set the potential to 0 where it fired.',
            "reset after the leak": "You subtract the threshold after the leak. That is a neuron that exists (snnTorch's, see 1.9), but here the reset comes first, and what it leaves is what leaks.",
            "leaks the input": "You multiplied the input by the decay. Only the old potential leaks.",
            "strictly above": "A potential that equals the threshold must fire: Theta(0) = 1.",
            "other": "The trains of spikes differ from those of Eqs. (1) and (2). Do the three lines by hand for one of them: charge, fire, reset.",
        },
        example=('spikes_of([0.5, 0.75, 0.75, 0.5], 0.5, 1.0, "soft")', [0, 1, 0, 0]),
        hints=(
            "Keep the last spike in a variable that starts at 0.",
            "kept = v, v - threshold * spike, or v * (1 - spike); then v = decay * kept + current.",
        ),
        solution=_THREE,
        wrong={
            "never reset": _THREE.replace(
                '"soft": v - threshold * spike, "hard": v * (1.0 - spike)', '"soft": v, "hard": v'
            ),
            "hard for both": _THREE.replace("v - threshold * spike", "v * (1.0 - spike)"),
            "soft for both": _THREE.replace("v * (1.0 - spike)", "v - threshold * spike"),
            "reset after the leak": _THREE.replace(
                '"soft": v - threshold * spike', '"soft": v - threshold * spike / decay'
            ),
            "leaks the input": _THREE.replace("decay * kept + current", "decay * (kept + current)"),
            "strictly above": _THREE.replace("v >= threshold", "v > threshold"),
            "other": _THREE.replace("decay * kept + current", "kept + current"),
        },
    ),
    Exercise(
        id="01.e",
        title="half a threshold in advance",
        minutes=10,
        difficulty=2,
        kind="break",
        question="Without leak ($\\lambda = 1$) the rates of section 1.10 round *down*. Start at $V[0] = 0.5$ instead of 0 (`rates(coat, T, 1.0, start=0.5)`) "
        "and predict the effect first. **Which power of two $T$ then has about the error that $T = 64$ has from 0?**",
        answer="steps",
        check=_half_start,
        correct="Rounding to the nearest level has half the mean error of rounding down, so 32 steps do the work of 64. Half a threshold, paid in advance, is worth half the time steps.",
        diagnoses={
            "no effect": "The start does matter: compare the mean absolute error at T = 64 from both starts.",
            "worse": "The error from 0.5 is smaller, so fewer steps are needed than 64.",
            "twice": "That would be a quarter of the error at the same T. Rounding to the nearest halves it.",
            "other": "Which mean absolute error has T = 64 from 0? And which have T = 8, 16, 32, 64 and 128 from 0.5?",
        },
        hints=(
            "What is the mean distance of a random number from the integer below it? From the nearest one?",
            "1/2 and 1/4: in units of 1/T.",
        ),
        solution="steps = 32\n",
        wrong={
            "no effect": "steps = 64",
            "worse": "steps = 128",
            "twice": "steps = 16",
            "other": "steps = 4",
        },
    ),
)
