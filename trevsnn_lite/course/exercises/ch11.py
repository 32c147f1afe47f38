"""Exercises of chapter 11, T-RevSNN whole: Eq. (10) counted, what a step adds and a cut leaves,
folding, and the links of time cut."""

import torch

from trevsnn_lite import reversible
from trevsnn_lite.config import preset
from trevsnn_lite.course.answers import named, plain, same, told_apart
from trevsnn_lite.course.exercise import Exercise
from trevsnn_lite.trevsnn import TRevSNN


def _terms(answer) -> str | None:
    known = {
        (15, 10): None,
        (10, 15): "swapped",
        (25, 20): "all to all",
        (9, 4): "next only",
        (10, 10): "own forgotten",
    }
    return named(answer, known)


def _reached(answer) -> str | None:
    known = {
        (395936, 35936): None,
        (407872, 35936): "doubled",
        (395936, 203936): "all",
        (407872, 203936): "all",
        (395936, 25492): "an eighth",
        (395936, 24000): "own only",
    }
    return named(answer, known)


def _fold(answer) -> str | None:
    def right(depthwise, pointwise):
        return pointwise * depthwise[:, 0]

    models = {
        None: right,
        "transposed": lambda *case: right(*case).transpose(0, 1),
        "summed": lambda *case: right(*case).sum(1, keepdim=True),
        "flipped": lambda *case: right(*case).flip(2, 3),
        "added": lambda depthwise, pointwise: pointwise + depthwise[:, 0],
    }
    make = torch.Generator().manual_seed(0)
    cases = [
        (torch.randn(c, 1, k, k, generator=make), torch.randn(o, c, 1, 1, generator=make))
        for c, o, k in ((3, 4, 5), (2, 2, 3), (1, 3, 3), (4, 1, 1))
    ]
    return told_apart(answer, cases, models)


def _alone(answer) -> str | None:
    agreed: dict[str | None, list[bool]] = {}
    for steps, feedback, batch in ((3, "next-level", 4), (2, "all-levels", 1)):
        net = TRevSNN(
            preset(
                "fashion-mini",
                time_steps=steps,
                feedback=feedback,
                widths=(8, 16),
                expansion=2,
                stem_stride=4,
                image_size=12,
            ),
            memory="store",
            seed=steps,
        )
        images = torch.randn(batch, 1, 12, 12, generator=torch.Generator().manual_seed(steps))
        before = {name: value.clone() for name, value in net.state_dict().items()}
        with torch.no_grad():
            last, first = (_from_rest(net, images, t) for t in (net.steps - 1, 0))
            linked = net(images)
            got = answer(net, images.clone())
        if any(not torch.equal(before[name], value) for name, value in net.state_dict().items()):
            return "net changed"
        models = {None: last, "linked": linked[0], "first": first, "one more axis": last[None]}
        for name, value in models.items():
            agreed.setdefault(name, []).append(same(got, plain(value), 1e-5))
    return next((name for name, one in agreed.items() if all(one)), "other")


def _from_rest(net: TRevSNN, images: torch.Tensor, t: int) -> torch.Tensor:
    _, states = net(images, return_states=True)
    rest, new = [torch.zeros_like(v) for v in states], []
    for level in range(net.levels):
        new.append(reversible.advance(net, t, level, images, new, rest)[1])
    return net.read_out(net.steps - 1, new[-1])


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
            "other": "How many old potentials enter level 5, how many level 4? How many of them come from another level?",
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
        title="what a step adds, and what a cut leaves",
        minutes=6,
        difficulty=2,
        kind="paper",
        question="The networks of Table 11.4 have 35,936 parameters at T = 1 (the row of the cut), 59,936 at T = 2, 107,936 at T = 4 and 203,936 at T = 8. How many would T = 16 have? And how many of the 203,936 can the loss reach at T = 8 when the links are cut and the last step is read? Write `(T16, reached)`.",
        answer="parameters",
        check=_reached,
        correct="Each step adds 24,000 of its own: 203,936 + 8 x 24,000. What is left of a cut network is one sub-network with what all steps share, the network of one step. Here the weights grow with T because the widths stay; the paper's O(1) is at a fixed budget.",
        diagnoses={
            "doubled": "You doubled 203,936. But what the steps share is counted once.",
            "all": "The first seven sub-networks reach the loss through the links alone, and the links are cut.",
            "an eighth": "You divided by 8. What all steps share belongs to the last sub-network as well.",
            "own only": "These are the weights that a step has for itself. The last one uses the shared ones, too.",
            "other": "By how much does the network grow from T = 1 to 2, from 2 to 4 and from 4 to 8? And which network is left when the links are cut and the last step is read?",
        },
        hints=(
            "What does one step add? 59,936 - 35,936.",
            "With its links cut, the network answers by its last sub-network alone, whatever T (section 11.4).",
        ),
        solution="parameters = (203936 + 8 * 24000, 35936)\n",
        wrong={
            "doubled": "parameters = (2 * 203936, 35936)\n",
            "all": "parameters = (203936 + 8 * 24000, 203936)\n",
            "an eighth": "parameters = (203936 + 8 * 24000, 203936 // 8)\n",
            "own only": "parameters = (203936 + 8 * 24000, 24000)\n",
            "other": "parameters = (1, 2)\n",
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
            "other": "The folded convolution gives other numbers than the pair. From channel c to output o, what does the pair do to a spike?",
        },
        example=(
            "fold(torch.tensor([[[[5.0]]], [[[7.0]]]]), torch.tensor([[[[2.0]], [[3.0]]]]))",
            [[[[10.0]], [[21.0]]]],
        ),
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
        "Section 11.6 did it with the chapter's own `step`; do it with `reversible.advance`, level by level. Networks that were trained without links lost 2.65 points. Why does this cut cost half of the accuracy?",
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
)
