"""Exercises of chapter 17, uses: when merging pays, a bias that pads, and weights of few bits."""

import numpy as np
import torch

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _rates(answer) -> str | None:
    known = {
        (4.6 / 8.1, 4.6 / 230.4): None,
        (4.6 / 230.4, 4.6 / 8.1): "swapped",
        (4.6 / 2.7, 4.6 / 230.4): "one side",
        (4.6 / 22.5, 4.6 / 230.4): "five",
        (4.6 / 8.1, 4.6 / 57.6): "width for hidden",
        (0.9 / 41.4, 4.6 / 230.4): "inverted",
    }
    return named(answer, known, atol=0, rtol=0.015)


def _wrong_pixels(answer) -> str | None:
    known = {48: None, 28: "one ring", 64: "everywhere", 16: "inside", 0: "nowhere"}
    return named(answer, known)


def _quantise(answer) -> str | None:
    def rounded(levels, to=torch.round, axes=(1, 2, 3)):
        def of(weight, bits):
            step = weight.abs().amax(axes, keepdim=True) / levels(bits)
            return to(weight / step.clamp(min=1e-9)) * step

        return of

    def most(bits):
        return 2 ** (bits - 1) - 1

    models = {
        None: rounded(most),
        "one scale": rounded(most, axes=(0, 1, 2, 3)),
        "cut, not rounded": rounded(most, torch.floor),
        "one level too many": rounded(lambda bits: 2 ** (bits - 1)),
        "bits as levels": rounded(lambda bits: bits),
        "twice too fine": rounded(lambda bits: 2**bits - 1),
    }
    make = torch.Generator().manual_seed(1)
    scales = torch.tensor([0.01, 0.1, 0.5, 1.0, 2.0, 5.0]).view(-1, 1, 1, 1)
    cases = [
        (scales[:out] * torch.randn(out, into, k, k, generator=make), bits)
        for out, into, k, bits in ((6, 4, 3, 4), (2, 3, 5, 3), (4, 6, 1, 8), (2, 2, 2, 2))
    ]
    if np.shape(answer(cases[0][0].clone(), 4)) != (6, 4, 3, 3):
        return "shape"
    name = told_apart(answer, cases, models)
    silent = cases[0][0] * torch.tensor([1.0, 0, 1, 1, 0, 1]).view(-1, 1, 1, 1)
    if name is None and told_apart(answer, [(silent, 4)], models) is not None:
        return "silent channel"
    return name


_PAD = '''import torch
from torch import nn
from torch.nn import functional as F


def wrong_positions(pointwise, depthwise, x):
    """How many output positions of the naively merged pair differ from the pair's by more than 1e-4 in any channel."""
    with torch.no_grad():
        right = depthwise(pointwise(x))
        bias = depthwise.weight.sum((1, 2, 3)) * pointwise.bias
        naive = F.conv2d(x, depthwise.weight * pointwise.weight, bias, padding=2)
    return int(((naive - right).abs().amax(1) > 1e-4).sum())


wrong = wrong_positions(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 5, padding=2, groups=4, bias=False), torch.randn(1, 3, 8, 8))
'''
_QUANTISE = '''import torch


def quantise(weight, bits):
    """weight [O, I, k, k] rounded to whole multiples of a step, one step for each output channel; the largest weight of a channel is 2^(bits - 1) - 1 steps."""
    step = weight.abs().amax((1, 2, 3), keepdim=True) / (2 ** (bits - 1) - 1)
    return (weight / step.clamp(min=1e-12)).round() * step
'''


EXERCISES = (
    Exercise(
        id="17.a",
        title="below which rate?",
        minutes=6,
        difficulty=1,
        kind="paper",
        question="A block for a small chip has kernels of 3 x 3, 64 channels and a hidden width of 4 x 64. Below which firing rate does merging pay for its first pair, PW(DW(s)), and below which for its "
        "second, DW(PW(s))? Use the two rules of Section 17.8 and write `(first, second)`.",
        answer="rates",
        check=_rates,
        correct="0.57 and 0.020. With a small kernel the first pair can nearly always be merged, the second hardly ever: each pair has its own answer.",
        diagnoses={
            "swapped": "The numbers are right, in the other order: the first pair goes depthwise, then pointwise.",
            "one side": "A 3 x 3 kernel has 9 entries, not 3.",
            "five": "That is the first rule for 5 x 5. Here the kernel is 3 x 3.",
            "width for hidden": "The second rule has the hidden width h = 4 x 64 = 256 in it, not the width.",
            "inverted": "You divided the addition by the multiply-accumulate. Which of the two is the dearer one, and how many of the other does it replace?",
            "other": "Which of the two rules of Section 17.8 has k in it, which has h? What are k and h here?",
        },
        hints=("k^2 = 9, h = 256.", "4.6 / 8.1 for the first."),
        solution="rates = (4.6 / (0.9 * 3**2), 4.6 / (0.9 * 4 * 64))\n",
        wrong={
            "swapped": "rates = (0.02, 0.568)\n",
            "one side": "rates = (1.7, 0.02)\n",
            "five": "rates = (0.204, 0.02)\n",
            "width for hidden": "rates = (0.568, 0.08)\n",
            "inverted": "rates = (0.9 / (4.6 * 9), 0.02)\n",
            "other": "rates = (0.5, 0.5)\n",
        },
    ),
    Exercise(
        id="17.c",
        title="break it and see: a bias that pads",
        minutes=12,
        difficulty=3,
        kind="break",
        question="Merge a pointwise convolution *with a bias* and a 5 x 5 depthwise one, and put the bias through in the obvious way: times the sum of the depthwise kernel. On how many of the "
        "8 x 8 output positions is the result wrong? Predict, then build it (`nn.Conv2d(3, 4, 1)`, then `nn.Conv2d(4, 4, 5, padding=2, groups=4, bias=False)`), compare with the pair, and count positions "
        "that differ by more than 1e-4 in any channel.",
        answer="wrong",
        check=_wrong_pixels,
        correct="48 of 64, all but the inner 4 x 4. The second convolution pads with zero and not with the bias. The library adds a channel of ones instead: it is padded with zeros as well, and it is a neuron that always fires.",
        diagnoses={
            "one ring": "You counted the outermost ring. A 5 x 5 kernel reaches over the border from two pixels away.",
            "everywhere": "Inside, the whole kernel lies on the image and sees the bias everywhere: there it is right.",
            "inside": "16 positions are right. Asked is how many are wrong.",
            "nowhere": "Did the pointwise convolution have a bias, and the depthwise one padding? Without either the merge is exact.",
            "other": "Count positions and not numbers: a position is wrong if one of its channels is. From which positions does the 5 x 5 kernel reach over the border?",
        },
        hints=(
            "The merged weight is depthwise.weight * pointwise.weight, [4, 3, 5, 5]; the bias in question is depthwise.weight.sum((1, 2, 3)) * pointwise.bias.",
            "How far from the border does a 5 x 5 kernel stay wholly inside?",
        ),
        solution=_PAD,
        wrong={
            "one ring": "wrong = 28\n",
            "everywhere": "wrong = 64\n",
            "inside": "wrong = 16\n",
            "nowhere": "wrong = 0\n",
            "other": "wrong = 32\n",
        },
    ),
    Exercise(
        id="17.e",
        title="a step for each channel",
        minutes=12,
        difficulty=2,
        kind="code",
        question="Section 17.11 took one step for a whole layer. Folded scales can make channels of one layer differ in size by a factor of ten, and then "
        "small channels lose all their weights. Write `quantise(weight, bits)` with one step for each output channel (zeros stay zeros). Put it in the place of the text's function: what does the agreement become at 3 bits?",
        answer="quantise",
        check=_quantise,
        correct="A channel's largest weight becomes 2^(bits - 1) - 1 steps of its own, so no channel is lost. First fold, then round, since folding changes the scales.",
        diagnoses={
            "one scale": "One step for the whole tensor: that is the text's version. Take the largest weight of each output channel.",
            "cut, not rounded": "You cut down. Rounding to the nearest halves the error and does not shift all weights one way.",
            "one level too many": "With a sign, 4 bits reach from -8 to 7. Both signs alike are to have the same reach.",
            "bits as levels": "4 bits are 16 levels, of both signs.",
            "twice too fine": "Half of the levels are for negative weights.",
            "shape": "Give a tensor of the weight's own shape back.",
            "silent channel": "A channel whose weights are all 0 comes back as something else. What is its step, and what is 0 / 0?",
            "other": "The weights differ. What is the step of one channel, and to which multiples of it are its weights rounded?",
        },
        example=(
            "quantise(torch.tensor([[[[0.7]], [[-0.33]], [[0.12]]]]), 4)",
            [[[[0.7]], [[-0.3]], [[0.1]]]],
        ),
        hints=(
            "`weight.abs().amax((1, 2, 3), keepdim=True)` is the largest weight of each output channel.",
            "Divide it by 2 ** (bits - 1) - 1.",
        ),
        solution=_QUANTISE,
        wrong={
            "one scale": _QUANTISE.replace(".amax((1, 2, 3), keepdim=True)", ".max()"),
            "cut, not rounded": _QUANTISE.replace(".round()", ".floor()"),
            "one level too many": _QUANTISE.replace("(2 ** (bits - 1) - 1)", "2 ** (bits - 1)"),
            "bits as levels": _QUANTISE.replace("(2 ** (bits - 1) - 1)", "bits"),
            "twice too fine": _QUANTISE.replace("(2 ** (bits - 1) - 1)", "(2**bits - 1)"),
            "shape": _QUANTISE.replace("* step\n", "* step.squeeze()[:1, None]\n").replace(
                "return (weight / step.clamp(min=1e-12))", "return (weight / step).flatten(1)"
            ),
            "silent channel": _QUANTISE.replace(".clamp(min=1e-12)", ""),
            "other": "def quantise(weight, bits):\n    return weight\n",
        },
    ),
)
