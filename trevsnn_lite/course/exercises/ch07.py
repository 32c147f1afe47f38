"""Exercises of chapter 07, reversibility: Eq. (9) undone by hand and in float arithmetic, soft
reset, and what the cures cost."""

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _undo(answer) -> str | None:
    def back(step, last, order):
        potentials = [last]
        for current in order:
            potentials.insert(0, step(potentials[0], current))
        return potentials

    def right(last, inputs, decay):
        return back(lambda x, i: (x - i) / decay, last, inputs[::-1])

    models = {
        None: lambda *case: right(*case)[:-1],
        "with the last": right,
        "newest first": lambda *case: right(*case)[-2::-1],
        "multiplied": lambda v, i, decay: back(lambda x, i: decay * (x - i), v, i[::-1])[:-1],
        "divided first": lambda v, i, decay: back(lambda x, i: x / decay - i, v, i[::-1])[:-1],
        "inputs forwards": lambda v, i, decay: back(lambda x, i: (x - i) / decay, v, i)[:-1],
    }
    cases = [
        (0.55, [0.9, 0.1, 0.5], 0.25),
        (1.7, [0.3, 1.1, 0.2, 0.8], 0.5),
        (-0.4, [0.6, 0.25, -0.3, 0.7, 0.1, 0.4], 0.8),
        (1.1, [0.9], 0.5),
    ]
    return told_apart(answer, cases, models, atol=1e-4)


def _unlucky(answer) -> str | None:
    known = {3: None, 22: "one neuron", 2: "not yet", 4: "one side", 23: "one neuron, one side"}
    return named(answer, known)


def _soft(answer) -> str | None:
    def by_name(*case):
        return answer(**dict(zip(("v_next", "current", "decay", "threshold", "spike"), case)))

    def before(v_next, current, decay):
        return (v_next - current) / decay

    models = {
        None: lambda v, i, decay, th, spike: before(v, i, decay) + th * spike,
        "bit unused": lambda v, i, decay, th, spike: before(v, i, decay),
        "subtracted": lambda v, i, decay, th, spike: before(v, i, decay) - th * spike,
        "inside": lambda v, i, decay, th, spike: before(v + th * spike, i, decay),
        "guessed": lambda v, i, decay, th, spike: (
            before(v, i, decay) + th * (before(v, i, decay) >= th)
        ),
    }
    cases = [
        (v, i, decay, th, spike)
        for v, i, decay, th in ((0.75, 0.5, 0.25, 0.6), (0.3, 0.5, 0.5, 1.0), (1.9, 0.2, 0.8, 1.5))
        for spike in (0.0, 1.0)
    ]
    return told_apart(by_name, cases, models)


def _slack(answer) -> str | None:
    known = {
        3: None,
        0: "two bits",
        4: "no rounding of its own",
        7: "not divided",
        8: "not divided",
        1: "too small",
        2: "too small",
    }
    return named(answer, known)


def _anchors(answer) -> str | None:
    def steps(decay, tolerance):
        k = 1
        while 2.0**-23 * decay**-k <= tolerance:
            k += 1
        return k

    def bits(more):
        return lambda *case: 32 / (steps(*case) + more) if steps(*case) + more else 0.0

    cases = [(0.5, 1e-4), (0.25, 1e-4), (0.9, 1e-4), (0.5, 1e-2), (0.8, 3e-6)]
    cases += [(0.5, 2.0**-13), (0.25, 2.0**-15)]  # here the largest k reaches the tolerance
    models = {
        None: bits(0),
        "one more step": bits(1),
        "one step short": bits(-1),
        "steps": steps,
        "multiplied": lambda *case: 32 * steps(*case),
    }
    return told_apart(answer, cases, models)


_UNDO = '''def undo(last, inputs, decay):
    """[V[0], ..., V[T-1]], from V[T] and [I[1], ..., I[T]]."""
    potentials = [last]
    for current in reversed(inputs):
        potentials.insert(0, (potentials[0] - current) / decay)
    return potentials[:-1]
'''
_SOFT = '''def undo_soft(v_next, current, decay, threshold, spike):
    """V[t]; `spike` (0 or 1) is what V[t] fired."""
    return (v_next - current) / decay + threshold * spike
'''
_ANCHORS = '''def anchor_bits(decay, tolerance):
    """Bits per neuron and step, 32 / k, of the rarest anchors."""
    q, k = 2.0**-22, 1
    while q / 2 * decay ** -k <= tolerance:
        k += 1
    return 32 / k
'''

EXERCISES = (
    Exercise(
        id="07.a",
        title="undo a neuron",
        minutes=10,
        difficulty=2,
        kind="code",
        question="Write `undo(last, inputs, decay)`: the potentials before the last one, oldest first (Eq. (9)).",
        answer="undo",
        check=_undo,
        correct="T potentials for the memory of one.",
        diagnoses={
            "with the last": "The values are right, but the last one, V[T], is among them. It was given; return V[0] to V[T-1].",
            "newest first": "The values are right, in reverse. Return the oldest first.",
            "multiplied": "You multiplied by the decay. Going forward multiplies by it, so going back divides.",
            "divided first": "You divided before you took the input away. Which of the two came last on the way forward?",
            "inputs forwards": "You took the inputs from the first on. The last potential contains the last input, so start with that.",
            "other": "Run the potentials that you return forward again, by Eq. (1): do they end at V[T]?",
        },
        example=("undo(1.1, [0.9], 0.5)", [0.4]),
        hints=("Solve Eq. (1) for V[t].", "Go through `reversed(inputs)`."),
        solution=_UNDO,
        wrong={
            "with the last": _UNDO.replace("potentials[:-1]", "potentials"),
            "newest first": _UNDO.replace("potentials[:-1]", "potentials[-2::-1]"),
            "multiplied": _UNDO.replace("/ decay", "* decay"),
            "divided first": _UNDO.replace(
                "(potentials[0] - current) / decay", "potentials[0] / decay - current"
            ),
            "inputs forwards": _UNDO.replace("reversed(inputs)", "inputs"),
            "other": _UNDO.replace("- current", "+ current"),
        },
    ),
    Exercise(
        id="07.b",
        title="one of a million",
        minutes=10,
        difficulty=2,
        kind="paper",
        question="A batch has $10^6$ turned-on potentials. Each lies within a distance $e$ of the threshold, on either side, with probability $2e$. "
        "At decay 0.5 every potential is wrong by $e = 2^{-23} \\cdot 2^k$ after $k$ steps undone. "
        "What is the smallest $k$ at which you expect at least one potential within $e$ of the threshold?",
        answer="k",
        check=_unlucky,
        correct="N * 2e reaches 1 when 2^k reaches 2^22 / 10^6 = 4.19. A single neuron would have lasted 22 steps.",
        diagnoses={
            "one neuron": "That is the answer for a single neuron. Any of the 10^6 may be the first: multiply by N.",
            "one neuron, one side": "That is for a single neuron, and one side of the threshold. Count both sides, and all 10^6 neurons.",
            "not yet": "At k = 2 you expect 10^6 * 2 * 2^-21 = 0.95 of them: not yet one.",
            "one side": "You counted one side of the threshold. A potential within e above it may be wrong as well as one within e below: 2e.",
            "other": "How many of the 10^6 potentials do you expect within e of the threshold when e is 2^-23? And after one step undone?",
        },
        hints=("You expect N * 2e of them.", "2^k >= 2^22 / N."),
        solution="k = 3\n",
        wrong={
            "one neuron": "k = 22",
            "one neuron, one side": "k = 23",
            "not yet": "k = 2",
            "one side": "k = 4",
            "other": "k = 10",
        },
    ),
    Exercise(
        id="07.c",
        title="undo a soft reset",
        minutes=8,
        difficulty=2,
        kind="code",
        question="With a soft reset $V[t+1] = \\lambda\\,(V[t] - V_{th} S[t]) + I[t+1]$. Write the inverse, given the spike $S[t]$.",
        answer="undo_soft",
        check=_soft,
        correct="One bit, and Eq. (9).",
        diagnoses={
            "bit unused": "The result does not depend on the spike, so two different potentials come back as one. Give back what the reset took.",
            "subtracted": "The reset took the threshold away, and so do you. Undo it.",
            "inside": "You added the threshold before dividing by the decay. The reset acts before the leak, so it is undone after it.",
            "guessed": "You decided on the spike yourself. Both 1.0 and 1.6 lead to this V[t+1]: the given bit says which it was.",
            "other": "Put what you return into the line of the question: does v_next come out?",
        },
        example=("undo_soft(v_next=0.5, current=0.2, decay=0.5, threshold=1.0, spike=1)", 1.6),
        hints=("Undo in reverse order: input, leak, reset.", "What did the reset take?"),
        solution=_SOFT,
        wrong={
            "bit unused": _SOFT.replace(" + threshold * spike", ""),
            "subtracted": _SOFT.replace("+ threshold * spike", "- threshold * spike"),
            "inside": _SOFT.replace(
                "(v_next - current) / decay + threshold * spike",
                "(v_next - current + threshold * spike) / decay",
            ),
            "guessed": _SOFT.replace(
                "threshold * spike", "threshold * ((v_next - current) / decay >= threshold)"
            ),
            "other": _SOFT.replace("v_next - current", "v_next + current"),
        },
    ),
    Exercise(
        id="07.d",
        title="a recomputation that is not the same",
        minutes=12,
        difficulty=3,
        kind="break",
        question="On a GPU two runs of one convolution may differ in the last bits. Do it on purpose: run `random_inputs(0.5, 64, 1000)` with a tape of 4 bits (section 7.8), and hand `inputs + e * q` to `undo_with_tape`. "
        "What is the largest whole $e$ at which all potentials still come back exact? Try 2 bits as well.",
        answer="largest",
        check=_slack,
        correct="An error of e becomes 2e in the estimate, beside the rounding's own 1. Four bits need 2e + 1 < 8, so e = 3; two bits 2e + 1 < 2, so e = 0.",
        diagnoses={
            "two bits": "That is the answer for 2 bits, which do for the rounding and leave nothing to spare. Pass bits=4.",
            "no rounding of its own": "4 / 0.5 = 8 would be the limit if the forward step had not rounded. It did, by up to half a unit, which is one more unit after the division.",
            "not divided": "An error in the input is divided by the decay, as everything is that is undone. So is the rounding.",
            "too small": "All potentials still come back at this e. Go on until the first one does not.",
            "other": "Count the wrong potentials for e = 0, 1, 2, ... with bits=4 and decay=0.5. The largest e without a wrong one is asked for.",
        },
        hints=("The estimate must stay less than 8 units away.", "The decay divides e, too."),
        solution="largest = 3\n",
        wrong={
            "two bits": "largest = 0",
            "no rounding of its own": "largest = 4",
            "not divided": "largest = 7",
            "too small": "largest = 2",
            "other": "largest = 100",
        },
    ),
    Exercise(
        id="07.e",
        title="what anchors cost",
        minutes=12,
        difficulty=3,
        kind="code",
        question="Between float32 anchors every $k$ steps the worst error is $\\tfrac q2 (1/\\lambda)^{k-1}$, $q = 2^{-22}$. "
        "Write `anchor_bits(decay, tolerance)`: the bits per step, $32/k$, for the largest $k$ that keeps the tolerance. Compare with the tape at decays 0.25, 0.5 and 0.9.",
        answer="anchor_bits",
        check=_anchors,
        correct="At a tolerance of 1e-4: 6.4, 3.2 and 0.5 bits. Anchors cost more than the tape where neurons forget fast, and less where they hardly forget.",
        diagnoses={
            "one more step": "Your k is one too large: with an anchor every k steps, k - 1 of them are undone.",
            "one step short": "Your k is one too small: the largest k that still keeps the tolerance is asked for.",
            "steps": "You returned k itself. One float of 32 bits serves k steps.",
            "multiplied": "You multiplied 32 bits by k. One anchor is shared by k steps, so divide.",
            "other": "How large is the worst error between anchors for k = 1, 2, 3? Which k is the last that keeps the tolerance?",
        },
        example=("anchor_bits(0.5, 1e-4)", 3.2),
        hints=("Raise k while the error fits.", "q / 2 * decay ** -(k - 1) <= tolerance."),
        solution=_ANCHORS,
        wrong={
            "one more step": _ANCHORS.replace("32 / k", "32 / (k + 1)"),
            "one step short": _ANCHORS.replace("32 / k", "32 / (k - 1)"),
            "steps": _ANCHORS.replace("32 / k", "k"),
            "multiplied": _ANCHORS.replace("32 / k", "32 * k"),
            "other": _ANCHORS.replace("32 / k", "64 / k"),
        },
    ),
)
