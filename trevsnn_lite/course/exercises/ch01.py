"""Exercises of chapter 01, the spiking neuron: Euler's step, three resets by hand, what a reset
forgets, and what a rate over T steps can say."""

import math

from trevsnn_lite.course.exercise import Exercise


def _close(a, b) -> bool:
    return len(a) == len(b) and all(abs(x - y) < 1e-6 for x, y in zip(a, b))


def _time_constant(answer) -> str | None:
    named = {
        1.1: "the same",
        1 / math.log10(11): "base ten",
        math.log(11): "upside down",
        -1 / math.log(11): "sign",
        1 / 11: "the decay",
        math.exp(-1 / 1.1): "the other way",
    }
    got = float(answer)
    return (
        None
        if abs(got - 1 / math.log(11)) < 0.01
        else next((name for value, name in named.items() if abs(got - value) < 0.01), "other")
    )


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


INPUTS = [1.0, 0.9, 0.5, 0.75, 0.9, 1.4, 0.3, 0.9, 0.9, 0.2, 0.7, 0.75, 0.75, 1.2, 0.6, 0.45]


def _three(answer) -> str | None:
    cases = [
        (INPUTS, decay, 1.0, reset) for decay in (0.5, 0.75) for reset in ("none", "soft", "hard")
    ]
    got = [
        [float(s) for s in answer(list(inputs), decay, threshold, reset)]
        for inputs, decay, threshold, reset in cases
    ]
    mistakes = (
        None,
        "never reset",
        "hard for both",
        "soft for both",
        "reset after the leak",
        "leaks the input",
        "strictly above",
    )
    return next(
        (m for m in mistakes if all(_close(g, _train(*case, m)) for g, case in zip(got, cases))),
        "other",
    )


def _explodes(answer) -> str | None:
    return {0.5: None, 1.0: "alternates", 0.0: "zero", 2.0: "too safe"}.get(
        round(float(answer), 3), "other"
    )


def _pasts(answer) -> str | None:
    cases = [
        (0.6, 0.5),
        (1.1, 0.5),
        (0.3, 0.5),
        (0.75, 0.5),
        (0.5, 0.5),
    ]  # V[t+1], I; decay 0.5, threshold 1: kept = 0.2, 1.2, -0.4, 0.5, 0
    got = [sorted(float(x) for x in answer(v, current, 0.5, 1.0)) for v, current in cases]
    both = [[(v - i) / 0.5, (v - i) / 0.5 + 1] for v, i in cases]
    named = {
        None: [[0.2, 1.2], [2.2], [-0.4], [0.5, 1.5], [0.0, 1.0]],
        "both always": both,
        "one of two": [[pair[0]] for pair in both],
        "kept": [[0.2], [], [-0.4], [0.5], [0.0]],
        "silent unchecked": [[0.2, 1.2], [1.2, 2.2], [-0.4], [0.5, 1.5], [0.0, 1.0]],
        "spike unchecked": [[0.2, 1.2], [2.2], [-0.4, 0.6], [0.5, 1.5], [0.0, 1.0]],
        "strict": [[0.2, 1.2], [2.2], [-0.4], [0.5, 1.5], [0.0]],
    }
    return next(
        (name for name, values in named.items() if all(_close(g, v) for g, v in zip(got, values))),
        "other",
    )


def _half_start(answer) -> str | None:
    return {32.0: None, 64.0: "no effect", 128.0: "worse", 16.0: "twice"}.get(
        float(answer), "other"
    )


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
_PASTS = '''def possible_pasts(v_next, current, decay, threshold):
    """All potentials V[t] from which a neuron with soft reset reaches v_next, as a list."""
    kept = (v_next - current) / decay
    silent = [kept] if kept < threshold else []
    fired = [kept + threshold] if kept + threshold >= threshold else []
    return silent + fired
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
            "upside down": "You have 1/tau. exp(-1/tau) = 1/11 means 1/tau = ln 11.",
            "sign": "The sign: ln(1/11) is negative, and so is -1/tau.",
            "the decay": "That is what is kept. The time constant is asked for.",
            "the other way": "That is what the differential equation with 1.1 keeps. Here 1/11 is kept, and the time constant is asked for.",
            "other": "Solve exp(-1/tau) = 1/11 for tau: take the natural logarithm of both sides.",
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
            "other": "Check by hand: decay 0.5, threshold 1, input 0.9 at each of six steps. Spikes: none 0 1 1 1 1 1, soft 0 1 1 0 1 1, hard 0 1 0 1 0 1.",
        },
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
        id="01.c",
        title="a step that is too long",
        minutes=8,
        difficulty=2,
        kind="break",
        question="Break Eq. (1): run `charged(tau, steps=40, start=1.0, level=0.0)` (section 1.2) for $\\tau = 0.9, 0.8, \\dots, 0.3$ and look at the last potential. The differential equation forgets at every "
        "$\\tau > 0$. Euler's step does not. **At which $\\tau$ does a potential without input stop shrinking?**",
        answer="tau",
        check=_explodes,
        correct="The decay 1 - 1/tau is -1 at tau = 0.5. Between 0.5 and 1 the potential changes sign at each step and still shrinks; below 0.5 it grows. Hence decays are kept between 0 and 1.",
        diagnoses={
            "alternates": "At tau = 1 the decay is 0, and below it the potential alternates in sign. It still shrinks as long as the decay's size is below 1.",
            "zero": "tau need not be that small: at tau = 0.4 the decay is -1.5.",
            "too safe": "At tau = 2 the decay is 0.5: the potential halves at each step.",
            "other": "The potential is multiplied by 1 - 1/tau at each step. It shrinks as long as this lies between -1 and 1.",
        },
        hints=("Print 1 - 1/tau beside each result.", "For which tau is 1 - 1/tau = -1?"),
        solution="tau = 0.5\n",
        wrong={
            "alternates": "tau = 1.0",
            "zero": "tau = 0.0",
            "too safe": "tau = 2.0",
            "other": "tau = 0.7",
        },
    ),
    Exercise(
        id="01.d",
        title="how many pasts has a potential?",
        minutes=12,
        difficulty=3,
        kind="code",
        question="A neuron with soft reset, $V[t+1] = \\lambda\\,(V[t] - V_{th}S[t]) + I[t+1]$, stands at a known potential. Write `possible_pasts(v_next, current, decay, threshold)`: *every* potential $V[t]$ "
        'that leads there. Section 1.5 says "two". Is it always two?',
        answer="possible_pasts",
        check=_pasts,
        correct="Only where what was kept lies in [0, V_th) are there two pasts. Below 0 the neuron cannot have fired, from V_th on it must have. So the spike bit is not always news.",
        diagnoses={
            "both always": "You always give two. A potential that did not fire must be below the threshold, and one that fired must have been at or above it: test both.",
            "one of two": "You give the silent past only. The neuron may also have fired, from one threshold higher.",
            "kept": "You give only the past without a spike, where it is possible. Add the one with a spike.",
            "silent unchecked": "You list a silent past at or above the threshold. Such a potential would have fired.",
            "spike unchecked": "You list a firing past below the threshold. Such a potential would not have fired.",
            "strict": "A potential exactly at the threshold fires, so it can be a past: >= and not >.",
            "other": "Check by hand: decay 0.5, threshold 1, no input. 0.3 can come from 0.6 (silent) and from 1.6 (fired); 0.7 only from 2.4; -0.1 only from -0.2.",
        },
        hints=(
            "kept = (v_next - current) / decay is V[t] if it was silent, V[t] - threshold if it fired.",
            "Keep each candidate only if it agrees with its own story: silent means below the threshold.",
        ),
        solution=_PASTS,
        wrong={
            "both always": _PASTS.replace("if kept < threshold else []", "").replace(
                "if kept + threshold >= threshold else []", ""
            ),
            "one of two": _PASTS.replace("if kept < threshold else []", "").replace(
                "silent + fired", "silent"
            ),
            "kept": _PASTS.replace("silent + fired", "silent"),
            "silent unchecked": _PASTS.replace("if kept < threshold else []", ""),
            "spike unchecked": _PASTS.replace("if kept + threshold >= threshold else []", ""),
            "strict": _PASTS.replace(
                "kept + threshold >= threshold", "kept + threshold > threshold"
            ),
            "other": _PASTS.replace("/ decay", "* decay"),
        },
    ),
    Exercise(
        id="01.e",
        title="half a threshold in advance",
        minutes=10,
        difficulty=2,
        kind="break",
        question="In section 1.10 the rates of the leak-free neuron ($\\lambda = 1$) are never above the grey value: from $V[0] = 0$ a rate rounds *down*. Start at $V[0] = 0.5$ instead (`rates(coat, T, 1.0, start=0.5)`) "
        "and predict the effect first. **Which power of two $T$ then has about the error that $T = 64$ has from 0?**",
        answer="steps",
        check=_half_start,
        correct="Rounding to the nearest level has half the mean error of rounding down, so 32 steps do the work of 64. Half a threshold, paid in advance, is worth half the time steps.",
        diagnoses={
            "no effect": "The start does matter: compare the mean absolute error at T = 64 from both starts.",
            "worse": "The error from 0.5 is smaller, so fewer steps are needed than 64.",
            "twice": "That would be a quarter of the error at the same T. Rounding to the nearest halves it.",
            "other": "Compute the mean absolute error over the coat's pixels, `(rates(coat, T, 1.0, start=0.5) - coat)[on].abs().mean()`, for T = 8, 16, 32, 64, and compare with T = 64 from 0.",
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
