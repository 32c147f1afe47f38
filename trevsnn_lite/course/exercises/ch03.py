"""Exercises of chapter 03, the bill: what training over L layers and T steps keeps (Table 1), and
what an answer costs."""

from trevsnn_lite.course.exercise import Exercise


def _kept(answer) -> str | None:
    sizes, steps = [5, 4, 3, 2], 6
    pairs = list(zip(sizes, sizes[1:]))
    named = {
        steps * sum(a + b for a, b in pairs): None,
        sum(a + b for a, b in pairs): "no time",
        steps * sum(sizes[1:]): "potentials only",
        steps * sum(sizes[:-1]): "inputs only",
        steps * sum(sizes): "once each",
        steps * sum(a * b for a, b in pairs): "weights",
    }
    return named.get(answer(sizes, steps), "other")


_KEPT = '''def kept(sizes, steps):
    """Numbers that STBP keeps: sizes = [inputs, neurons of layer 1, neurons of layer 2, ...], another input at each step."""
    return steps * sum(below + own for below, own in zip(sizes, sizes[1:]))
'''


def _segment(answer) -> str | None:
    return {
        (4, 43): None,
        (4, 44): "rest counted",
        (8, 63): "square root of T",
        (2, 45): "rounded down",
        (64, 448): "no checkpoints",
        (1, 70): "every step",
    }.get(tuple(answer), "other")


def _rectangle(answer) -> str | None:
    named = [
        (20 / 28, None),
        (16 / 28, "one window"),
        (12.5 / 28, "bits"),
        (12 / 28, "nothing"),
        (1.0, "no change"),
        (28 / 20, "inverted"),
    ]
    return next((name for value, name in named if abs(float(answer) - value) < 0.01), "other")


def _break_even(answer) -> str | None:
    named = {
        34: None,
        33: "one too few",
        15: "MAC price",
        5: "no rates",
        103: "encoded once",
        102: "encoded once",
        8: "additions for both",
    }
    return named.get(int(answer), "other")


def _reached(answer) -> str | None:
    import torch

    spikes = torch.zeros(2, 3, 6, 5)
    spikes[0, 0, 0, 0] = spikes[0, 2, 2, 2] = spikes[1, 1, 0, 3] = spikes[1, 1, 5, 4] = (
        1  # a corner, the middle, an edge, a corner
    )
    named = {
        (4 + 9 + 6 + 4) * 7: None,
        4 * 9 * 7: "border",
        23: "one channel",
        36: "border and channel",
        23 * 7 * 3: "input channels",
        4 * 7: "no kernel",
    }
    return named.get(round(float(answer(spikes, 7))), "other")


_REACHED = '''import torch
from torch.nn import functional as F


def synaptic_operations(spikes, out_channels):
    """Additions that the spikes [B, C, H, W] cause in a 3x3 convolution with padding 1: one for each weight that a spike meets."""
    ones = torch.ones(1, 1, *spikes.shape[-2:])
    reach = F.conv2d(ones, torch.ones(1, 1, 3, 3), padding=1)  # output pixels that a spike at this place reaches: 4, 6 or 9
    return out_channels * (spikes * reach).sum()
'''


EXERCISES = (
    Exercise(
        id="03.a",
        title="count for any network",
        minutes=8,
        difficulty=1,
        kind="code",
        question="Section 3.6 counted 39 numbers for a network of 3 inputs, 4 and 2 neurons over 3 steps. Write the count for fully connected layers of any sizes and for any T, "
        "with another input at each step.",
        answer="kept",
        check=_kept,
        correct="Each cell of the L x T grid pays for its input and its potential: O(L*T), and no weight in it.",
        diagnoses={
            "no time": "Your count does not grow with the steps. STBP needs every step's numbers, since its error flows back through all of them.",
            "potentials only": "You counted the potentials, for h in Eq. (4). Eq. (3) also needs the input of each layer at each step.",
            "inputs only": "You counted each layer's input, for Eq. (3). Eq. (4) also needs the potential that h is taken at.",
            "once each": "You counted each group of neurons once. A hidden layer is kept twice, as potentials for its own h and as spikes for the weights above.",
            "weights": "You counted weights. They are shared by all steps and are kept anyway; the bill is for what changes with the step.",
            "other": "Try sizes [3, 4, 2] and 3 steps: the answer is (3 + 4) * 3 + (4 + 2) * 3 = 39.",
        },
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
        question="In the network of this chapter all four layers have a potential that lasts, so a checkpoint holds 4 maps. Suppose that only one of the four is turned on, as in T-RevSNN: a checkpoint "
        "holds 1 map, a step in hand still 7. Take T = 64. Which segment length k of 1, 2, 4, 8, 16, 32, 64 keeps the fewest maps, and how many? As in the text, the neurons start at rest and "
        "the start costs nothing. Write `(k, maps)`.",
        answer="best",
        check=_segment,
        correct="15 checkpoints of 1 map and 4 steps of 7 are 43 maps, where plain autograd keeps 448. Fewer neurons with a memory make checkpoints cheaper, and shorter segments better.",
        diagnoses={
            "rest counted": "The segment is right. You counted 16 checkpoints; the first segment starts at rest and needs none.",
            "square root of T": "You took the square root of T, which holds where a checkpoint is as large as a step. Here it is a seventh.",
            "rounded down": "The continuous optimum is near 3, between 2 and 4. Compute both neighbours.",
            "no checkpoints": "That is plain autograd: one segment of 64 steps in hand.",
            "every step": "A checkpoint at each step: 63 + 7 = 70 maps. Longer segments trade checkpoints for steps in hand.",
            "other": "For a segment length k there are 64/k - 1 checkpoints of 1 map, and k steps of 7 maps in hand. Make the table for the seven lengths.",
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
            "other": "best = (16, 115)\n",
        },
    ),
    Exercise(
        id="03.c",
        title="break it and see: a surrogate that needs no potential",
        minutes=10,
        difficulty=2,
        kind="break",
        question="Predict first. The rectangular surrogate is 1 in a window and 0 outside, so its backward pass needs to know only whether V lies in the window: the library keeps "
        "one byte a neuron, where the arctangent keeps V itself, four bytes. Each LIF step calls `spike` twice: for the output, and for the reset at the start of the next step. By which factor do the "
        "potentials and spikes kept over many steps shrink, for the four layers of this chapter (4 potentials and 3 spike maps a step)? Then change `surrogate` in "
        '`ConvNet(4, surrogate="rectangle")`, count again with `kept_by_kind` for T = 32, add up all that is not weights or image, and write the ratio to the arctangent\'s.',
        answer="ratio",
        check=_rectangle,
        correct="4 neurons x 2 windows of 1 byte + 3 spikes of 4 bytes = 20 bytes where there were 28. The arithmetic decides what is kept, not the diagram of the network.",
        diagnoses={
            "one window": "You counted one window a neuron. `spike` is called twice on a potential, and each call keeps its own.",
            "bits": "The window is kept as a byte, not as a bit.",
            "nothing": "Something of the potentials is still kept: whether each lies in the window.",
            "no change": 'Was the network built with surrogate="rectangle"? Its windows take one byte a neuron, and `kept_by_kind` lists them on a line of their own.',
            "inverted": "You divided the old count by the new one. Write new / old.",
            "other": "Per step and place the arctangent keeps 4 potentials and 3 spikes of 4 bytes each. Replace the 16 bytes of potentials by the windows.",
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
            "other": "ratio = 0.5\n",
        },
    ),
    Exercise(
        id="03.d",
        title="when is the spiking network dearer?",
        minutes=10,
        difficulty=2,
        kind="paper",
        question="An artificial network needs 0.113 million MACs in its first layer and 5.419 million in the others, once. Its spiking twin needs the first layer's MACs at each step, and in the "
        "others one addition for each connection and spike; its mean rate is 0.05 at every T. With [4.6 pJ](../book/ledger.md#ledger-energy-mac) a MAC and [0.9 pJ](../book/ledger.md#ledger-energy-ac) an addition: what is the smallest T at which the spiking "
        "network's energy exceeds that of the artificial one?",
        answer="steps",
        check=_break_even,
        correct="25.4 microjoules against 0.76 a step: the spiking network wins up to T = 33, by this model. Halving the rates did not halve its price: two thirds of it is the repeated first layer.",
        diagnoses={
            "one too few": "At T = 33 the spiking network is still a little cheaper: 25.2 against 25.4 microjoules. Asked is the first T that exceeds.",
            "MAC price": "You took 4.6 pJ for the spiking layers. A spike adds a weight and multiplies nothing: 0.9 pJ.",
            "no rates": "You let every neuron spike at every step. One in twenty does.",
            "encoded once": "You counted the first layer once. With repeated encoding it runs at every step.",
            "additions for both": "You let the artificial network add in its later layers. Its activations are real numbers: it multiplies everywhere, at 4.6 pJ.",
            "other": "A step of the spiking network costs 4.6 * 0.113 + 0.9 * 0.05 * 5.419 microjoules. Divide the artificial network's energy by it.",
        },
        hints=(
            "In microjoules: the artificial network needs 4.6 * (0.113 + 5.419).",
            "Each step of the spiking one: 4.6 * 0.113 for the first layer and 0.9 * 0.05 * 5.419 for the others.",
        ),
        solution="import math\nsteps = math.ceil(4.6 * (0.113 + 5.419) / (4.6 * 0.113 + 0.9 * 0.05 * 5.419))\n",
        wrong={
            "one too few": "steps = 33\n",
            "MAC price": "steps = 15\n",
            "no rates": "steps = 5\n",
            "encoded once": "steps = 103\n",
            "additions for both": "steps = 8\n",
            "other": "steps = 50\n",
        },
    ),
    Exercise(
        id="03.e",
        title="count the additions exactly",
        minutes=15,
        difficulty=3,
        kind="code",
        question="Rate times connections is an estimate: it lets a spike in the corner of an image reach nine output pixels, and it reaches four. Write `synaptic_operations(spikes, out_channels)` for a 3x3 "
        "convolution of stride 1 with padding 1: one addition for each weight that a spike meets. Then compare with the estimate on real images: by how many per cent is it too high?",
        answer="synaptic_operations",
        check=_reached,
        correct="At 28 x 28 pixels the estimate is 4.9 % too high for evenly spread spikes, (28 * 28 * 9) / (82 * 82). In the first layer of this chapter it is higher still: zero padding is mean grey, so it draws an edge around a black ground, and neurons at the border spike more.",
        diagnoses={
            "border": "Right for spikes inside. At the border the kernel hangs over the edge: a corner reaches 4 output pixels, an edge 6.",
            "one channel": "You counted the output pixels that are reached. Each of them has `out_channels` neurons.",
            "border and channel": "You counted nine for each spike. The border reaches fewer, and each output pixel has `out_channels` neurons.",
            "input channels": "A spike sits in one input channel; do not multiply by their number.",
            "no kernel": "A spike reaches all output pixels whose 3x3 window covers it, not only its own.",
            "other": "Try one spike in the middle of a 5 x 5 image and 2 output channels: 9 * 2 = 18. In the corner: 4 * 2 = 8.",
        },
        hints=(
            "How many output pixels does a spike at each place reach? A convolution of an image of ones with a kernel of ones counts them.",
            "Multiply the spikes by that map, sum, and multiply by the output channels.",
        ),
        solution=_REACHED,
        wrong={
            "border": _REACHED.replace("(spikes * reach).sum()", "9 * spikes.sum()"),
            "one channel": _REACHED.replace("out_channels * (", "("),
            "border and channel": _REACHED.replace(
                "out_channels * (spikes * reach).sum()", "9 * spikes.sum()"
            ),
            "input channels": _REACHED.replace(
                "out_channels * (", "spikes.shape[1] * out_channels * ("
            ),
            "no kernel": _REACHED.replace("(spikes * reach).sum()", "spikes.sum()"),
            "other": _REACHED.replace("padding=1)", "padding=1) ** 2"),
        },
    ),
)
