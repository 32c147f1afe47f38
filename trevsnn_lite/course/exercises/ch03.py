"""Exercises of chapter 03, the bill: what training over L layers and T steps keeps (Table 1)."""

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _kept(answer) -> str | None:
    def cells(count):
        return lambda sizes, steps: steps * sum(count(a, b) for a, b in zip(sizes, sizes[1:]))

    models = {
        None: cells(lambda below, own: below + own),
        "no time": lambda sizes, steps: cells(lambda below, own: below + own)(sizes, 1),
        "potentials only": cells(lambda below, own: own),
        "inputs only": cells(lambda below, own: below),
        "once each": lambda sizes, steps: steps * sum(sizes),
        "weights": cells(lambda below, own: below * own),
    }
    cases = [([5, 4, 3, 2], 6), ([7, 3], 4), ([2, 6, 6, 1, 9], 3), ([4, 8, 5], 1)]
    return told_apart(answer, cases, models)


_KEPT = '''def kept(sizes, steps):
    """Numbers that STBP keeps: sizes = [inputs, neurons of layer 1, neurons of layer 2, ...], a different input at each step."""
    return steps * sum(below + own for below, own in zip(sizes, sizes[1:]))
'''


def _segment(answer) -> str | None:
    known = {
        (4, 43): None,
        (4, 44): "rest counted",
        (8, 63): "square root of T",
        (2, 45): "rounded down",
        (64, 448): "no checkpoints",
        (1, 70): "every step",
        (8, 84): "four maps a checkpoint",
        (4, 88): "four maps a checkpoint",
        (8, 88): "four maps a checkpoint, rest counted",
        (16, 115): "not the fewest",
        (32, 225): "not the fewest",
        (4, 28): "in hand alone",
        (4, 15): "checkpoints alone",
        (43, 4): "swapped",
        43: "maps alone",
        4: "length alone",
    }
    return named(answer, known)


def _rectangle(answer) -> str | None:
    known = {
        20 / 28: None,
        16 / 28: "one window",
        12.5 / 28: "bits",
        12 / 28: "nothing",
        1.0: "no change",
        28 / 20: "inverted",
        8 / 28: "saved",
        8 / 16: "potentials alone",
        11 / 28: "spikes as bytes",
        36 / 28: "both kept",
        20 / 44: "potential twice",
        71.4: "percent",
        71.43: "percent",
    }
    return named(answer, known, atol=0.0055)


EXERCISES = (
    Exercise(
        id="03.a",
        title="count for any network",
        minutes=8,
        difficulty=1,
        kind="code",
        question="Section 3.2 counted 39 numbers for a network of 3 inputs, 4 and 2 neurons over 3 steps. Write the count for fully connected layers of any sizes and for any T, "
        "with a different input at each step.",
        answer="kept",
        check=_kept,
        correct="Each cell of the L x T grid pays for its input and its potential: O(L*T), and no weight in it.",
        diagnoses={
            "no time": "Your count does not grow with the steps. STBP needs every step's numbers, since its error flows back through all of them.",
            "potentials only": "You counted the potentials, for h in Eq. (4). Eq. (3) also needs the input of each layer at each step.",
            "inputs only": "You counted each layer's input, for Eq. (3). Eq. (4) also needs the potential that h is taken at.",
            "once each": "You counted each group of neurons once. A hidden layer is kept twice, as potentials for its own h and as spikes for the weights above.",
            "weights": "You counted weights. They are shared by all steps and are kept anyway; the bill is for what changes with the step.",
            "other": "The count differs. Section 3.2 fills in a table of layers and steps: what stands in one of its cells?",
        },
        example=("kept([3, 4, 2], 3)", 39),
        hints=(
            "What does one cell, layer l at step t, keep? Two things, of different sizes.",
            "Go through the pairs of neighbouring sizes with `zip(sizes, sizes[1:])`.",
        ),
        solution=_KEPT,
        wrong={
            "no time": _KEPT.replace("steps * sum", "sum"),
            "potentials only": _KEPT.replace("below + own", "own"),
            "inputs only": _KEPT.replace("below + own", "below"),
            "once each": "def kept(sizes, steps):\n    return steps * sum(sizes)\n",
            "weights": _KEPT.replace("below + own", "below * own"),
            "other": _KEPT.replace("steps * sum", "2 * sum"),
        },
    ),
    Exercise(
        id="03.b",
        title="checkpoints when few neurons remember",
        minutes=10,
        difficulty=2,
        kind="paper",
        question="In our network all four layers have a potential that lasts, so a checkpoint holds 4 maps. Suppose that one of the four is turned on, as in T-RevSNN: a checkpoint "
        "holds 1 map, a step in hand still 7. Take T = 64; the start costs nothing. Which segment length k of 1, 2, 4, 8, 16, 32, 64 keeps the fewest maps, and how many? Write `(k, maps)`.",
        answer="best",
        check=_segment,
        correct="15 checkpoints of 1 map and 4 steps of 7 are 43 maps, where plain autograd keeps 448. Fewer neurons with a memory make checkpoints cheaper, and shorter segments better.",
        diagnoses={
            "rest counted": "The segment is right. You counted 16 checkpoints; the first segment starts at rest and needs none.",
            "square root of T": "You took the square root of T, which holds where a checkpoint is as large as a step. Here it is a seventh.",
            "four maps a checkpoint": "You gave a checkpoint 4 maps, as in section 3.6. Here one layer of four remembers, so it holds 1.",
            "four maps a checkpoint, rest counted": "A checkpoint holds 1 map here, not 4, since one layer of four remembers. And the first segment starts at rest, without a checkpoint.",
            "not the fewest": "Your count is right for this length, but a shorter one keeps fewer maps: the steps in hand weigh most. Compute all seven.",
            "in hand alone": "The length is right. You counted the 4 steps in hand, 28 maps; the checkpoints before them are kept too.",
            "checkpoints alone": "The length is right. You counted the 15 checkpoints; the steps of one segment are in hand as well, 7 maps each.",
            "swapped": "Both numbers are right. Write the length first: `(k, maps)`.",
            "maps alone": "The number of maps is right. Write its length too: `(k, maps)`.",
            "length alone": "The length is right. How many maps does it keep? Write `(k, maps)`.",
            "rounded down": "The continuous optimum is near 3, between 2 and 4. Compute both neighbours.",
            "no checkpoints": "That is plain autograd: one segment of 64 steps in hand.",
            "every step": "A checkpoint at each step: 63 + 7 = 70 maps. Longer segments trade checkpoints for steps in hand.",
            "other": "Take one length, such as k = 16. How many checkpoints are there, how many maps has each, and how many maps are in hand?",
        },
        hints=(
            "Write kept(k) = (64/k - 1) * 1 + 7 * k and put in the seven lengths.",
            "The continuous optimum is at k = sqrt(64 * 1 / 7).",
        ),
        solution="best = (4, (64 // 4 - 1) * 1 + 7 * 4)\n",
        wrong={
            "rest counted": "best = (4, 44)\n",
            "square root of T": "best = (8, 63)\n",
            "rounded down": "best = (2, 45)\n",
            "no checkpoints": "best = (64, 448)\n",
            "every step": "best = (1, 70)\n",
            "four maps a checkpoint": "best = (8, (64 // 8 - 1) * 4 + 7 * 8)\n",
            "four maps a checkpoint, rest counted": "best = (8, 64 // 8 * 4 + 7 * 8)\n",
            "not the fewest": "best = (16, 115)\n",
            "in hand alone": "best = (4, 28)\n",
            "checkpoints alone": "best = (4, 15)\n",
            "swapped": "best = (43, 4)\n",
            "maps alone": "best = 43\n",
            "length alone": "best = 4\n",
            "other": "best = (4, 50)\n",
        },
    ),
    Exercise(
        id="03.c",
        title="break it and see: a surrogate that needs no potential",
        minutes=10,
        difficulty=2,
        kind="break",
        question="The rectangular surrogate is 1 in a window and 0 outside, so the library keeps one byte per neuron for it, where the arctangent keeps V, four bytes. Each LIF step calls `spike` twice: for the output, "
        "and for the reset at the start of the next step. **Predict first**: by which factor do the kept potentials and spikes shrink, for 4 potentials and 3 spike maps per step? Then count "
        '`ConvNet(4, surrogate="rectangle")` with `kept_by_kind` for T = 32, without weights and image, and write the ratio to the arctangent\'s.',
        answer="ratio",
        check=_rectangle,
        correct="4 neurons x 2 windows of 1 byte + 3 spikes of 4 bytes = 20 bytes where there were 28. The arithmetic decides what is kept, not the diagram of the network.",
        diagnoses={
            "one window": "You counted one window a neuron. `spike` is called twice on a potential, and each call keeps its own.",
            "bits": "The window is kept as a byte, not as a bit.",
            "nothing": "Something of the potentials is still kept: whether each lies in the window.",
            "no change": 'Was the network built with surrogate="rectangle"? Its windows take one byte a neuron, and `kept_by_kind` lists them on a line of their own.',
            "saved": "That is the share that is saved. Write what is left: new / old.",
            "potentials alone": "The potentials do shrink to a half. The three spike maps, of 4 bytes each, belong to both counts and stay as they are.",
            "spikes as bytes": "You made bytes of the spikes too. The surrogate changes what is kept of the potentials; the spikes stay float32, 4 bytes.",
            "both kept": "You added the windows to the potentials. They stand in their place: with this surrogate V is no longer needed.",
            "potential twice": "Your new count is right. In the old one a potential stands once: both calls of the arctangent keep the same tensor V.",
            "percent": "The number is right in per cent. Write it as a ratio, new / old.",
            "inverted": "You divided the old count by the new one. Write new / old.",
            "other": "How many bytes per step and place does the arctangent keep of potentials, and how many of spikes? Which of the two does the rectangle change?",
        },
        hints=(
            "Per step: 4 * 4 + 3 * 4 = 28 bytes for the arctangent. Only the first term changes.",
            "Two windows of one byte for each of the four layers.",
        ),
        solution="ratio = (4 * 2 + 3 * 4) / (4 * 4 + 3 * 4)\n",
        wrong={
            "one window": "ratio = 16 / 28\n",
            "bits": "ratio = 12.5 / 28\n",
            "nothing": "ratio = 12 / 28\n",
            "no change": "ratio = 1.0\n",
            "inverted": "ratio = 28 / 20\n",
            "saved": "ratio = 8 / 28\n",
            "potentials alone": "ratio = 4 * 2 / (4 * 4)\n",
            "spikes as bytes": "ratio = (4 * 2 + 3) / (4 * 4 + 3 * 4)\n",
            "both kept": "ratio = (4 * 4 + 4 * 2 + 3 * 4) / (4 * 4 + 3 * 4)\n",
            "potential twice": "ratio = (4 * 2 + 3 * 4) / (4 * 4 * 2 + 3 * 4)\n",
            "percent": "ratio = 71.4\n",
            "other": "ratio = 0.6\n",
        },
    ),
)
