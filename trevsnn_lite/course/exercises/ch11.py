"""Exercises of chapter 11, T-RevSNN whole: Eq. (10) counted, fan-in, folding, the links of time cut
(Eq. (6) for all), and the losses."""

import torch
from torch.nn import functional as F

from trevsnn_lite import reversible
from trevsnn_lite.config import preset
from trevsnn_lite.course.exercise import Exercise
from trevsnn_lite.losses import cross_entropy_of_mean, cross_entropy_per_step
from trevsnn_lite.trevsnn import TRevSNN


def _terms(answer) -> str | None:
    return {
        (15, 10): None,
        (10, 15): "swapped",
        (25, 20): "all to all",
        (9, 4): "next only",
        (10, 10): "own forgotten",
    }.get(tuple(answer), "other")


def _fan_in(answer) -> str | None:
    named = {
        (25, 64, 256, 25): None,
        (1600, 64, 256, 1600): "groups forgotten",
        (25, 256, 64, 25): "fan-out",
        (25, 64, 256, 6400): "hidden depthwise",
        (5, 64, 256, 5): "one side",
    }
    return named.get(tuple(answer), "other")


def _fold(answer) -> str | None:
    generator = torch.Generator().manual_seed(0)
    depthwise, pointwise = (
        torch.randn(3, 1, 5, 5, generator=generator),
        torch.randn(4, 3, 1, 1, generator=generator),
    )
    spikes = (torch.rand(2, 3, 8, 8, generator=generator) > 0.5).float()
    got = answer(depthwise, pointwise)
    if tuple(got.shape) in ((3, 4, 5, 5), (4, 1, 5, 5), (3, 1, 5, 5)):
        return "summed" if got.shape[1] == 1 else "transposed"
    wanted = F.conv2d(F.conv2d(spikes, depthwise, padding=2, groups=3), pointwise)
    for name, weight in ((None, got), ("flipped", got.flip(2, 3))):
        if torch.allclose(F.conv2d(spikes, weight, padding=2), wanted, atol=1e-4):
            return name
    return "added" if torch.allclose(got, pointwise + depthwise[:, 0][None], atol=1e-5) else "other"


def _alone(answer) -> str | None:
    net = TRevSNN(
        preset(
            "fashion-mini", time_steps=3, widths=(8, 16), expansion=2, stem_stride=4, image_size=12
        ),
        memory="store",
        seed=1,
    )
    images = torch.randn(4, 1, 12, 12, generator=torch.Generator().manual_seed(2))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with torch.no_grad():
        wanted = _from_rest(net, images, net.steps - 1)
        got = answer(net, images)
        linked = net(images)
        first = _from_rest(net, images, 0)
    if any(not torch.equal(before[name], value) for name, value in net.state_dict().items()):
        return "net changed"
    for name, values in {None: wanted, "linked": linked[0], "first": first}.items():
        if got.shape == values.shape and torch.allclose(got, values, atol=1e-5):
            return name
    return "one more axis" if got.shape == linked.shape else "other"


def _from_rest(net: TRevSNN, images: torch.Tensor, t: int) -> torch.Tensor:
    _, states = net(images, return_states=True)
    rest, new = [torch.zeros_like(v) for v in states], []
    for level in range(net.levels):
        new.append(reversible.advance(net, t, level, images, new, rest)[1])
    return net.read_out(net.steps - 1, new[-1])


def _hidden_fault(answer) -> str | None:
    logits = torch.tensor(answer, dtype=torch.float64)
    if logits.shape != (2, 2):
        return "shape"
    target = torch.tensor([0])
    mean, each = (
        cross_entropy_of_mean(logits[:, None], target).item(),
        cross_entropy_per_step(logits[:, None], target).tolist(),
    )
    if mean >= 0.1:
        return "mean wrong"
    return "both right" if max(each) < 1.0 else "wrong order" if each[0] > each[1] else None


_FOLD = '''def fold(depthwise, pointwise):
    """depthwise [C, 1, k, k], then pointwise [O, C, 1, 1], as one dense weight [O, C, k, k]."""
    return pointwise * depthwise[:, 0]
'''
_ALONE = '''import torch
from trevsnn_lite import reversible


def alone(net, images):
    """Logits [B, K] of the last sub-network from rest, as if no other had run."""
    _, potentials = net(images, return_states=True)
    rest, new, last = [torch.zeros_like(v) for v in potentials], [], net.steps - 1
    for level in range(net.levels):
        new.append(reversible.advance(net, last, level, images, new, rest)[1])
    return net.read_out(last, new[-1])
'''

EXERCISES = (
    Exercise(
        id="11.a",
        title="count the arrows of Eq. (10)",
        minutes=5,
        difficulty=1,
        kind="paper",
        question="A T-RevSNN has five levels. By Eq. (10) a level's new potential receives the old potentials of its own level and of all above. How many old potentials enter in one step, "
        "over all levels? How many of them cross from one level to another? Write `(all, crossing)`.",
        answer="arrows",
        check=_terms,
        correct="5 + 4 + 3 + 2 + 1 = 15 arrows, of which 5 stay in their level and 10 come down from above. With the next level alone, as in the paper's own network and its code, 4 would come down.",
        diagnoses={
            "swapped": "The numbers are right, in the other order: all arrows first, then those that cross.",
            "all to all": "You joined every level with every level. The sum of Eq. (10) starts at i = l: nothing comes from below in time.",
            "next only": "You let only the next level feed back. So the network is built, in paper and code; Eq. (10) as written takes all levels above.",
            "own forgotten": "A level's own old potential is the first term of the sum (i = l): count it among all arrows.",
            "other": "Write Eq. (10) out for l = 5 (one term), l = 4 (two terms) and so on, and add.",
        },
        hints=(
            "How many terms has the sum from i = l to L, for L = 5 and l = 1, 2, 3, 4, 5?",
            "Of each level's terms exactly one, i = l, does not cross.",
        ),
        solution="arrows = (5 + 4 + 3 + 2 + 1, 4 + 3 + 2 + 1)\n",
        wrong={
            "swapped": "arrows = (10, 15)\n",
            "all to all": "arrows = (25, 20)\n",
            "next only": "arrows = (9, 4)\n",
            "own forgotten": "arrows = (10, 10)\n",
            "other": "arrows = (8, 2)\n",
        },
    ),
    Exercise(
        id="11.b",
        title="the fan-in of four convolutions",
        minutes=5,
        difficulty=1,
        kind="paper",
        question="Scaled weight standardisation divides each filter by the square root of its fan-in $N$. A basic block has 64 channels, kernels of 5 x 5 and a hidden width of 4 x 64. Give $N$ for its "
        "four convolutions in their order: depthwise, pointwise, pointwise, depthwise.",
        answer="fan_in",
        check=_fan_in,
        correct="25, 64, 256, 25: a depthwise filter sees one channel, so its fan-in is its kernel alone. Dividing it by the square root of 1,600 would make its output 8 times too small.",
        diagnoses={
            "groups forgotten": "You gave a depthwise filter all 64 channels. It sees one, so its fan-in is 5 x 5.",
            "fan-out": "You counted what a pointwise convolution feeds. Fan-in is what one output is summed from.",
            "hidden depthwise": "The last depthwise convolution comes after the projection back to 64 channels, and it too sees one channel.",
            "one side": "A 5 x 5 kernel has 25 entries.",
            "other": "For each convolution ask: from how many numbers is ONE output number summed?",
        },
        hints=(
            "In code it is `weight[0].numel()`, for a weight of shape [out, in / groups, k, k].",
            "The pointwise pair goes 64 to 256, then 256 to 64.",
        ),
        solution="fan_in = (5 * 5, 64, 4 * 64, 5 * 5)\n",
        wrong={
            "groups forgotten": "fan_in = (1600, 64, 256, 1600)\n",
            "fan-out": "fan_in = (25, 256, 64, 25)\n",
            "hidden depthwise": "fan_in = (25, 64, 256, 6400)\n",
            "one side": "fan_in = (5, 64, 256, 5)\n",
            "other": "fan_in = (1, 2, 3, 4)\n",
        },
    ),
    Exercise(
        id="11.c",
        title="fold a pair into one convolution",
        minutes=15,
        difficulty=2,
        kind="code",
        question="A depthwise convolution without bias, then a pointwise one: two linear maps, hence one. Write `fold(depthwise, pointwise)`, which gives the weight [O, C, k, k] of the one dense "
        "convolution that does the work of both. Fed with spikes it needs additions only.",
        answer="fold",
        check=_fold,
        correct="Output o of the pair is a weighted sum over channels c of channel c convolved with its own kernel, so the dense kernel from c to o is pointwise[o, c] times depthwise[c].",
        diagnoses={
            "transposed": "Your weight is [C, O, k, k]. PyTorch wants the output channels first.",
            "summed": "You summed over the input channels. The convolution will do that; the weight keeps one kernel for each pair (o, c).",
            "flipped": "Your kernels are mirrored. PyTorch's convolution does not flip, so no flip is needed.",
            "added": "You added the weights. One map after the other multiplies them.",
            "other": "The folded convolution gives other numbers than the pair. Try C = O = 1: the answer must be the depthwise kernel times one number.",
        },
        hints=(
            "Write the pair out for one output o: a sum over c. What multiplies channel c?",
            "pointwise is [O, C, 1, 1]; depthwise[:, 0] is [C, k, k]. Broadcasting does the rest.",
        ),
        solution=_FOLD,
        wrong={
            "transposed": _FOLD.replace(
                "pointwise * depthwise[:, 0]", "(pointwise * depthwise[:, 0]).transpose(0, 1)"
            ),
            "summed": _FOLD.replace(
                "pointwise * depthwise[:, 0]", "(pointwise * depthwise[:, 0]).sum(1, keepdim=True)"
            ),
            "flipped": _FOLD.replace("depthwise[:, 0]", "depthwise[:, 0].flip(1, 2)"),
            "added": _FOLD.replace("*", "+"),
            "other": _FOLD.replace(
                "pointwise * depthwise[:, 0]", "2 * pointwise * depthwise[:, 0]"
            ),
        },
    ),
    Exercise(
        id="11.d",
        title="cut the links of time",
        minutes=15,
        difficulty=3,
        kind="break",
        question="Write `alone(net, images)`: the logits [B, K] of the last sub-network when it starts from rest, as if no other had run before it. Leave `net` as it was. "
        "Section 11.11 did it with the chapter's own `step`; do it with `reversible.advance`, level by level. The recorded networks without links lost nothing. Why does the cut cost so much here?",
        answer="alone",
        check=_alone,
        correct="The links are cut. A network trained with them has set its weights and gains for potentials that arrive from the step before; one trained without them never counted on any. "
        "Cutting afterwards measures what the network relies on, training without measures what the task needs.",
        diagnoses={
            "linked": "These are the ordinary logits: the potentials still pass from step to step.",
            "first": "You ran the first sub-network. The last one, t = net.steps - 1, has weights of its own.",
            "one more axis": "Your answer has the axis of read-outs in front. Return [B, K].",
            "net changed": "Your function changed the network's own parameters. Work with what is passed in, or on a copy.",
            "other": "The logits differ from those of a last sub-network that starts from rest. Setting the decays to 0 does not do it: `net.decays()` keeps them at 1/64 or more.",
        },
        hints=(
            "A potential at rest is 0. `net(images, return_states=True)` tells the shapes.",
            "`reversible.advance(net, t, level, images, new, old)` gives (decay, new potential) of one level; `new` holds those of the levels below.",
        ),
        solution=_ALONE,
        wrong={
            "linked": "def alone(net, images):\n    return net(images)[0]\n",
            "first": _ALONE.replace("advance(net, last,", "advance(net, 0,"),
            "one more axis": _ALONE.replace("new[-1])\n", "new[-1])[None]\n"),
            "net changed": "def alone(net, images):\n    net.decay.data.zero_()\n    return net(images)[0]\n",
            "other": "import copy\n\n\ndef alone(net, images):\n    net = copy.deepcopy(net)\n    net.decay.data.zero_()\n    return net(images)[0]\n",
        },
    ),
    Exercise(
        id="11.e",
        title="a fault that the mean hides",
        minutes=10,
        difficulty=2,
        kind="code",
        question="Two steps, two classes, class 0 is right. Find logits `[[a, b], [c, d]]`, step 1 first, for which the cross-entropy of the mean is below 0.1 although the second read-out alone is wrong, with a "
        "cross-entropy above 1.",
        answer="logits",
        check=_hidden_fault,
        correct="The first read-out outvotes the second. The cross-entropy of the mean has nothing to correct here; TET and deep supervision still push the second read-out.",
        diagnoses={
            "shape": "Two rows (steps) of two numbers (classes) are expected.",
            "mean wrong": "The mean of your two rows gives a cross-entropy of 0.1 or more. Its first logit must lead by more than 2.3.",
            "both right": "Neither of your read-outs has a cross-entropy above 1. The second must be wrong by itself.",
            "wrong order": "Your first read-out is the wrong one, your second is right: exchange them.",
        },
        hints=(
            "With two classes, only the difference of the logits counts: CE = ln(1 + exp(-difference)).",
            "The second difference may be -1. How large must the first be for a mean difference above 2.3?",
        ),
        solution="logits = [[7.0, 0.0], [0.0, 1.0]]\n",
        wrong={
            "shape": "logits = [[7.0, 0.0]]\n",
            "mean wrong": "logits = [[2.0, 0.0], [0.0, 1.0]]\n",
            "both right": "logits = [[7.0, 0.0], [1.0, 0.0]]\n",
            "wrong order": "logits = [[0.0, 1.0], [7.0, 0.0]]\n",
        },
    ),
)
