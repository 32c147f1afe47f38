"""Exercises of chapter 07, reversibility: Eq. (9) undone by hand and in float arithmetic, soft
reset, and what the cures cost."""

from trevsnn_lite.course.exercise import Exercise


def _undo(answer) -> str | None:
    inputs, decay = [0.9, 0.1, 0.5], 0.25
    v = [0.4]
    for current in inputs:
        v.append(decay * v[-1] + current)
    got = [float(x) for x in answer(v[-1], inputs, decay)]

    def back(step, order=inputs[::-1]):
        potentials = [v[-1]]
        for current in order:
            potentials.insert(0, step(potentials[0], current))
        return potentials

    candidates = {
        None: v[:-1],
        "with the last": v,
        "newest first": v[-2::-1],
        "multiplied": back(lambda x, i: decay * (x - i))[:-1],
        "divided first": back(lambda x, i: x / decay - i)[:-1],
        "inputs forwards": back(lambda x, i: (x - i) / decay, inputs)[:-1],
    }
    same = (
        name
        for name, values in candidates.items()
        if len(got) == len(values) and all(abs(a - b) < 1e-6 for a, b in zip(got, values))
    )
    return next(same, "other")


def _unlucky(answer) -> str | None:
    return {3: None, 22: "one neuron", 2: "not yet", 4: "one side", 23: "one neuron, one side"}.get(
        float(answer), "other"
    )


def _soft(answer) -> str | None:
    def value(spike, forget=False):
        return float(answer(v_next=0.75, current=0.5, decay=0.25, threshold=0.6, spike=spike))

    got = (value(0.0), value(1.0))
    named = {
        (1.0, 1.6): None,
        (1.0, 1.0): "bit unused",
        (1.0, 0.4): "subtracted",
        (1.0, 3.4): "inside",
        (1.6, 1.6): "guessed",
    }
    return next(
        (
            name
            for values, name in named.items()
            if all(abs(a - b) < 1e-6 for a, b in zip(got, values))
        ),
        "other",
    )


def _slack(answer) -> str | None:
    return {
        3: None,
        0: "two bits",
        4: "no rounding of its own",
        7: "not divided",
        8: "not divided",
        1: "too small",
        2: "too small",
    }.get(float(answer), "other")


def _anchors(answer) -> str | None:
    got = (float(answer(0.5, 1e-4)), float(answer(0.25, 1e-4)), float(answer(0.9, 1e-4)))
    named = {
        None: (32 / 10, 32 / 5, 32 / 64),
        "one more step": (32 / 11, 32 / 6, 32 / 65),
        "one step short": (32 / 9, 32 / 4, 32 / 63),
        "steps": (10, 5, 64),
        "multiplied": (32.0 * 10, 32.0 * 5, 32.0 * 64),
    }
    return next(
        (
            name
            for name, values in named.items()
            if all(abs(a - b) < 1e-6 for a, b in zip(got, values))
        ),
        "other",
    )


_UNDO = '''def undo(last, inputs, decay):
    """The potentials [V[0], ..., V[T-1]] from last = V[T] and inputs = [I[1], ..., I[T]], by Eq. (9)."""
    potentials = [last]
    for current in reversed(inputs):
        potentials.insert(0, (potentials[0] - current) / decay)
    return potentials[:-1]
'''
_SOFT = '''def undo_soft(v_next, current, decay, threshold, spike):
    """V[t] from V[t+1], the input of step t+1, and the spike (0 or 1) that V[t] fired."""
    return (v_next - current) / decay + threshold * spike
'''
_ANCHORS = '''def anchor_bits(decay, tolerance):
    """Bits per neuron and step of the rarest float32 anchors whose worst error in between, q / 2 * (1 / decay)**(k - 1), stays within tolerance."""
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
        question="Write `undo(last, inputs, decay)`: the potentials before the last one, oldest first, computed from the last one and the inputs alone (Eq. (9)).",
        answer="undo",
        check=_undo,
        correct="Only V[T] and the inputs were needed: T potentials for the memory of one.",
        diagnoses={
            "with the last": "The values are right, but the last one, V[T], is among them. It was given; return V[0] to V[T-1].",
            "newest first": "The values are right, in reverse. Return the oldest first.",
            "multiplied": "You multiplied by the decay. Going forward multiplies by it, so going back divides.",
            "divided first": "You divided before you took the input away. Undo the steps in reverse: the input was added last, so it goes first.",
            "inputs forwards": "You took the inputs from the first on. The last potential contains the last input, so start with that.",
            "other": "The values differ from those of the forward run. Check by hand with decay 0.5, V[0] = 0.4 and one input of 0.9: V[1] is 1.1, and undoing it gives 0.4.",
        },
        hints=(
            "Solve V[t+1] = decay * V[t] + I[t+1] for V[t].",
            "Go through `reversed(inputs)` and put each new potential in front of the list.",
        ),
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
        question="A batch has $N = 10^6$ turned-on potentials at each step, spread with density 1 around the threshold: a potential lies within a distance $e$ of it, on either side, with probability $2e$. "
        "The decay is 0.5, and after $k$ steps undone every potential is wrong by about $e = 2^{-23} \\cdot 2^k$. "
        "What is the smallest $k$ at which you expect at least one potential within $e$ of the threshold, so that its recomputed spike may be wrong?",
        answer="k",
        check=_unlucky,
        correct="N * 2e reaches 1 when 2^k reaches 2^22 / 10^6 = 4.19: at k = 3. A single neuron would have lasted 22 steps. What breaks first is the least lucky of a million.",
        diagnoses={
            "one neuron": "That is the answer for a single neuron. Any of the 10^6 may be the first: multiply by N.",
            "one neuron, one side": "That is for a single neuron, and one side of the threshold. Count both sides, and all 10^6 neurons.",
            "not yet": "At k = 2 you expect 10^6 * 2 * 2^-21 = 0.95 of them: not yet one.",
            "one side": "You counted one side of the threshold. A potential within e above it may be wrong as well as one within e below: 2e.",
            "other": "Expected number within e on either side: N * 2e, with e = 2^-23 * 2^k. Set it to 1 and solve for 2^k.",
        },
        hints=(
            "The expected number of potentials in an interval is N times density times its width, here N * 1 * 2e.",
            "N * 2 * 2^(k - 23) >= 1 means 2^k >= 2^22 / N.",
        ),
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
        question="With a soft reset the forward step is $V[t+1] = \\lambda\\,(V[t] - V_{th} S[t]) + I[t+1]$. Write its inverse, given the spike $S[t]$ from the tape.",
        answer="undo_soft",
        check=_soft,
        correct="One bit says on which of the two branches V[t] stood, and the rest is Eq. (9).",
        diagnoses={
            "bit unused": "The result does not depend on the spike, so two different potentials come back as one. Give back what the reset took.",
            "subtracted": "The reset took the threshold away. Undoing it adds the threshold.",
            "inside": "You added the threshold before dividing by the decay. The reset acts before the leak, so it is undone after it.",
            "guessed": "You decided on the spike yourself. Both 1.0 and 1.6 lead to this V[t+1]: the given bit says which it was.",
            "other": "Check by hand with decay 0.5, threshold 1, V[t] = 1.6, no input: V[t+1] is 0.3, and with spike = 1 you should get 1.6, with spike = 0 you should get 0.6.",
        },
        hints=(
            "Undo in reverse order: input, leak, reset.",
            "(V[t+1] - I[t+1]) / decay is V[t] after its reset. What did the reset take?",
        ),
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
        question="On a GPU two runs of one convolution may differ in the last bits. Break the recomputation on purpose: in `undo_with_tape` (section 7.8) add `e * spike_tape.GRID[torch.float32]` to each input "
        "that is handed to `spike_tape.read`, at decay 0.5, with `bits=4` in `run_with_tape`. Raise $e = 0, 1, 2, \\dots$ What is the largest whole $e$ at which all potentials still come back exact? "
        "Try 2 bits as well, and explain both numbers before you read on.",
        answer="largest",
        check=_slack,
        correct="An error of e in the input becomes e / 0.5 in the estimate, beside the rounding's own 0.5 / 0.5 = 1. Four bits tell apart what is less than 8 away: 2e + 1 < 8, so e = 3. Two bits leave no whole unit: 2e + 1 < 2.",
        diagnoses={
            "two bits": "That is the answer for 2 bits, which do for the rounding and leave nothing to spare. Pass bits=4.",
            "no rounding of its own": "4 / 0.5 = 8 would be the limit if the forward step had not rounded. It did, by up to half a unit, which is one more unit after the division.",
            "not divided": "An error in the input is divided by the decay, as everything is that is undone. So is the rounding.",
            "too small": "All potentials still come back at this e. Go on until the first one does not.",
            "other": "Count the wrong potentials for e = 0, 1, 2, ... with bits=4 and decay=0.5. The largest e without a wrong one is asked for.",
        },
        hints=(
            "`undo_with_tape(last, inputs + e * q, ...)` is enough: no function has to be changed.",
            "The estimate must stay less than 2^(bits - 1) units from the truth: 8 for four bits.",
        ),
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
        question="With a float32 anchor every $k$ steps, the worst potential in between is undone $k - 1$ times from an exact one, and its error is about $\\tfrac q2 (1/\\lambda)^{k-1}$ with $q = 2^{-22}$. "
        "Write `anchor_bits(decay, tolerance)`: the bits per neuron and step, $32/k$, for the largest $k$ that keeps this error within the tolerance. Then compare with the tape's 2 bits at decays 0.25, 0.5, 0.9 and 0.99.",
        answer="anchor_bits",
        check=_anchors,
        correct="At a tolerance of 1e-4: 6.4, 3.2, 0.5 and about 0.05 bits. Anchors cost more than the tape's exact bits where neurons forget fast, and less where they hardly forget: information lost is what has to be stored.",
        diagnoses={
            "one more step": "Your k is one too large: with an anchor every k steps, k - 1 of them are undone.",
            "one step short": "Your k is one too small: the largest k that still keeps the tolerance is asked for.",
            "steps": "You returned k itself. One float of 32 bits serves k steps.",
            "multiplied": "You multiplied 32 bits by k. One anchor is shared by k steps, so divide.",
            "other": "For decay 0.5 and tolerance 1e-4: 2^-23 * 2^(k-1) <= 1e-4 holds up to k = 10, so the answer is 3.2 bits.",
        },
        hints=(
            "Start with k = 1 (every state is kept, nothing is undone) and raise k while the error of k still fits.",
            "q / 2 * decay ** -(k - 1) <= tolerance is the condition for k.",
        ),
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
