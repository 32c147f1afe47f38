"""Exercises of chapter 10, the basic block: standardise a filter by hand, five shortcuts, folding,
and an identity that breaks."""

import functools

import torch

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise


def _filter(answer) -> str | None:
    sizes = {
        1.25: None,
        0.5: "no gamma",
        2.5: "no fan-in",
        3.125: "variance",
        0.08: "upside down",
        0.857: "ReLU",
        1.083: "unbiased",
        0.2: "square",
    }
    known = {(size, size, -size, -size): name for size, name in sizes.items()}
    name = named(answer, known, atol=0.006)
    return "mean" if name == "other" and min(answer) >= 0 else name


def _joined(kind, x, branch, fire):
    return {
        "vanilla": lambda: fire(branch + x),
        "sew-add": lambda: fire(branch) + x,
        "sew-and": lambda: fire(branch) * x,
        "sew-iand": lambda: (1 - fire(branch)) * x,
        "ms": lambda: x + branch,
    }[kind]()


def _shortcuts(answer) -> str | None:
    def fires_at(threshold):
        return lambda v: (torch.as_tensor(v) >= threshold).float()

    def inverted(kind, x, branch, fire):
        return fire(branch) * (1 - x)

    make = torch.Generator().manual_seed(0)
    branch, potentials = torch.randn(2, 3, 6, generator=make)
    branch[0] = torch.tensor([0.3, 0.9, -0.9, 0.8, 0.5, 0.1])
    spikes = torch.tensor([[0.0, 0, 1, 1, 0, 1], [1, 0, 1, 0, 1, 0], [0, 1, 1, 0, 0, 1]])
    likely: dict[str, tuple[str, dict]] = {
        "vanilla": ("vanilla", {"vanilla adds too late": lambda k, *c: _joined("sew-add", *c)}),
        "sew-add": ("add", {"add before the neuron": lambda k, *c: _joined("vanilla", *c)}),
        "ms": ("ms fires", {}),
        "sew-iand": ("iand", {"which is inverted": inverted}),
        "sew-and": ("and", {}),
    }
    for kind, (otherwise, mistakes) in likely.items():
        x = potentials if kind == "ms" else spikes
        cases = [(kind, x, branch, fires_at(threshold)) for threshold in (0.5, 1.0)]
        name = told_apart(answer, cases, {None: _joined, **mistakes})
        if name is not None:
            return otherwise if name == "other" else name
    return None


def _case(out: int, into: int, kernel: int, alpha: float, seed: int) -> tuple:
    make = torch.Generator().manual_seed(seed)
    weight = torch.randn(out, into, kernel, kernel, generator=make)
    bias, mean, beta = torch.randn(3, out, generator=make)
    var, g = 0.2 + 3 * torch.rand(2, out, generator=make)
    return weight, bias, mean, var, g, beta, alpha


def _folding(answer) -> str | None:
    def folded(weight, bias, mean, var, g, beta, alpha, mistake=None):
        factor = g / var if mistake == "variance for deviation" else g / var.sqrt()
        shift = beta + ((0 if mistake == "old bias forgotten" else bias) - mean) * factor
        if mistake == "no alpha":
            alpha = 1.0
        shift = bias if mistake == "bias kept" else shift
        outer = 1.0 if mistake in ("alpha not on the bias", "bias kept") else alpha
        return alpha * weight * factor.view(-1, 1, 1, 1), outer * shift

    names = (
        None,
        "no alpha",
        "alpha not on the bias",
        "old bias forgotten",
        "bias kept",
        "variance for deviation",
    )
    cases = [_case(3, 2, 3, 0.3, 0), _case(2, 3, 1, 2.0, 1), _case(4, 4, 1, -0.5, 2)]
    models = {name: functools.partial(folded, mistake=name) for name in names}
    return told_apart(answer, cases, models, atol=1e-4)


def _identity(answer) -> str | None:
    known = {
        (0, 1, 0): None,
        (1, 1, 0): "low is enough",
        (1, 1, 1): "always",
        (0, 0, 0): "never",
    }
    return named([dict(answer).get(threshold) for threshold in (0.5, 1.0, 1.25)], known)


_SHORTCUTS = '''def join(kind, x, branch, fire):
    """What a block hands on: x its input (spikes; potentials for "ms"), branch the output of its last normalised convolution, fire a layer of neurons."""
    if kind == "vanilla":
        return fire(branch + x)
    if kind == "ms":
        return x + branch
    f = fire(branch)
    return {"sew-add": f + x, "sew-and": f * x, "sew-iand": (1 - f) * x}[kind]
'''
_FOLD = '''def fold(weight, bias, mean, var, g, beta, alpha):
    """alpha * BN(conv(x)) as one convolution: weight [O, I, k, k], the others [O], alpha a number -> (weight, bias)."""
    factor = g / var.sqrt()
    return alpha * weight * factor.view(-1, 1, 1, 1), alpha * (beta + (bias - mean) * factor)
'''

EXERCISES = (
    Exercise(
        id="10.a",
        title="a filter that spikes will meet",
        minutes=6,
        difficulty=1,
        kind="paper",
        question="A filter has the entries 4, 4, 0, 0. Standardise it for inputs that are *spikes* with firing probability $p = 0.2$: give the four entries of $\\hat W = \\gamma\\,(W - \\mu) / (\\sigma \\sqrt N)$, "
        "with $\\gamma = 1/\\sqrt{p(1-p)}$ and the gain $g = 1$.",
        answer="entries",
        check=_filter,
        correct="Mean 2, deviation 2, sqrt(N) = 2: plus and minus 0.5, whose squares sum to 1. A spike with p = 0.2 has variance 0.16, so gamma is 2.5, and the entries are 1.25.",
        diagnoses={
            "no gamma": "That is right for inputs of variance 1. A spike with p = 0.2 has variance 0.16: multiply by gamma.",
            "no fan-in": "You divided by the deviation alone. Divide by sqrt(N) = 2 as well, or potentials grow with the size of the filter.",
            "variance": "You divided by the variance of a spike. gamma is one over its *deviation*, sqrt(0.16).",
            "upside down": "You multiplied by p (1 - p). gamma makes up for a small variance, so it is larger than 1.",
            "ReLU": "1.71 is the gamma of a ReLU. Here spikes come in.",
            "unbiased": "You divided by N - 1 in the variance. Here it is the mean of the squares: divide by N.",
            "square": "You multiplied by the deviation of a spike, 0.4. Divide by it.",
            "mean": "Half of the entries become negative: what is subtracted first?",
            "other": "What are the mean, the deviation and N of these four entries? And the variance of a spike that comes with p = 0.2?",
        },
        hints=(
            "First for unit variance: what is sigma times sqrt(N)?",
            "gamma = 1 / sqrt(0.2 * 0.8) = 1 / 0.4.",
        ),
        solution="entries = (1.25, 1.25, -1.25, -1.25)\n",
        wrong={
            "no gamma": "entries = (0.5, 0.5, -0.5, -0.5)",
            "no fan-in": "entries = (2.5, 2.5, -2.5, -2.5)",
            "variance": "entries = (3.125, 3.125, -3.125, -3.125)",
            "upside down": "entries = (0.08, 0.08, -0.08, -0.08)",
            "ReLU": "entries = (0.857, 0.857, -0.857, -0.857)",
            "unbiased": "entries = (1.0825, 1.0825, -1.0825, -1.0825)",
            "square": "entries = (0.2, 0.2, -0.2, -0.2)",
            "mean": "entries = (2.5, 2.5, 0, 0)",
            "other": "entries = (1, 1, -1, -1)",
        },
    ),
    Exercise(
        id="10.b",
        title="five shortcuts in one function",
        minutes=10,
        difficulty=2,
        kind="code",
        question='Write `join(kind, x, branch, fire)` for the five kinds of section 10.4: `"vanilla"`, `"sew-add"`, `"sew-and"`, `"sew-iand"`, `"ms"`. `branch` is what the block\'s last normalised convolution gives, before any neuron.',
        answer="join",
        check=_shortcuts,
        correct="One line each. What tells them apart is where the neuron stands: before the join (SEW), behind it (vanilla), or not on the shortcut at all (MS).",
        diagnoses={
            "vanilla adds too late": "Your vanilla block fires first and adds afterwards: that is SEW-ADD.",
            "vanilla": "The vanilla block differs. What does its last neuron receive?",
            "add before the neuron": "Your SEW-ADD adds before the neuron: that is vanilla.",
            "add": "SEW-ADD hands on 0, 1 or 2 here. Which two trains of spikes does it add?",
            "ms fires": "MS hands on potentials, and its shortcut meets no neuron.",
            "which is inverted": "IAND inverts one of the two. You inverted the shortcut.",
            "iand": "IAND of a silent branch leaves the shortcut as it is. What is left of it where the branch fires?",
            "and": "AND is 1 where two spikes are, else 0. Which two?",
        },
        hints=("Three of the five need fire(branch).", "MS needs no `fire` at all."),
        solution=_SHORTCUTS,
        wrong={
            "vanilla adds too late": _SHORTCUTS.replace("fire(branch + x)", "fire(branch) + x"),
            "vanilla": _SHORTCUTS.replace("fire(branch + x)", "branch + x"),
            "add before the neuron": _SHORTCUTS.replace(
                '"sew-add": f + x', '"sew-add": fire(branch + x)'
            ),
            "add": _SHORTCUTS.replace('"sew-add": f + x', '"sew-add": branch + x'),
            "ms fires": _SHORTCUTS.replace("return x + branch", "return x + fire(branch)"),
            "which is inverted": _SHORTCUTS.replace("(1 - f) * x", "f * (1 - x)"),
            "iand": _SHORTCUTS.replace("(1 - f) * x", "1 - f * x"),
            "and": _SHORTCUTS.replace('"sew-and": f * x', '"sew-and": f'),
        },
    ),
    Exercise(
        id="10.c",
        title="fold a BatchNorm and an alpha",
        minutes=12,
        difficulty=2,
        kind="code",
        question="At inference a BatchNorm is $g\\,(x - m)/\\sqrt v + \\beta$ per channel, with fixed $m$ and $v$. Write `fold(weight, bias, mean, var, g, beta, alpha)`: the weight and the bias of the one convolution that gives "
        "$\\alpha \\cdot \\mathrm{BN}(\\mathrm{conv}(x))$. (Leave the usual epsilon out.)",
        answer="fold",
        check=_folding,
        correct="Three linear maps, one convolution. This is structural re-parameterisation: no noise, no sampling, the same function.",
        diagnoses={
            "no alpha": "The BatchNorm is folded, alpha is not. Multiply weight and bias by it.",
            "alpha not on the bias": "alpha multiplies all that comes out, the bias too.",
            "old bias forgotten": "The convolution's own bias goes through the BatchNorm as well.",
            "bias kept": "The bias has to change: it goes through BatchNorm and alpha.",
            "variance for deviation": "You divided by the variance. BatchNorm divides by its square root.",
            "other": "The folded convolution gives other numbers. Write alpha * BN(w x + b) out for one channel: what multiplies x, and what is added?",
        },
        example=(
            "fold(torch.tensor([[[[2.0]]]]), *torch.tensor([[1.0], [3.0], [4.0], [6.0], [5.0]]), 0.5)",
            [[[[[3.0]]]], [-0.5]],
        ),
        hints=(
            "Write BN(w x + b) out and sort it: something times x, plus something.",
            "factor.view(-1, 1, 1, 1) multiplies each output channel's filter.",
        ),
        solution=_FOLD,
        wrong={
            "no alpha": _FOLD.replace("alpha * weight", "weight").replace("alpha * (beta", "(beta"),
            "alpha not on the bias": _FOLD.replace("alpha * (beta", "(beta"),
            "old bias forgotten": _FOLD.replace("(bias - mean)", "(-mean)"),
            "bias kept": _FOLD.replace("alpha * (beta + (bias - mean) * factor)", "bias"),
            "variance for deviation": _FOLD.replace("var.sqrt()", "var"),
            "other": _FOLD.replace("g / var.sqrt()", "g * var.sqrt()"),
        },
    ),
    Exercise(
        id="10.d",
        title="break the vanilla block's identity",
        minutes=12,
        difficulty=2,
        kind="break",
        question='Section 10.5 found the silent vanilla block to be the identity, at threshold 1. Build a `SpikingResNet` of seed 0 from a `SpikingResNetConfig` with `shortcut="vanilla"`, '
        "`branch_gain=0.0`, `widths=(8,)`, `image_size=14`, `time_steps=16`, `decay=0.75`, at the thresholds 0.5, 1 and 1.25. Does `torch.equal` find the last of `net.features(small)` to be the first? "
        "Give a dict from threshold to True (identity) or False.",
        answer="identity",
        check=_identity,
        correct="At 1.25 a lone spike does not reach the threshold. At 0.5 a soft reset leaves 0.5, which leaks to 0.375 and helps later spikes to fire once too often. Only at 1 is nothing left over. SEW and MS are the identity at every threshold.",
        diagnoses={
            "low is enough": "At 0.5 every spike passes, and some come out that never went in: what a soft reset leaves of 1 - 0.5 is still there in the next steps.",
            "always": "One spike gives the last neuron a potential of 1. Is that enough at a threshold of 1.25?",
            "never": "At threshold 1 a spike lifts the neuron exactly to its threshold, it fires, and the reset leaves 0: the identity.",
            "other": "A dict with the keys 0.5, 1.0 and 1.25, and True or False for each. One entry of the last features that differs from the first means False.",
        },
        hints=(
            "What is left of a potential of 1 after a soft reset by 0.5?",
            "torch.equal(features[-1], features[0]).",
        ),
        solution="identity = {0.5: False, 1.0: True, 1.25: False}\n",
        wrong={
            "low is enough": "identity = {0.5: True, 1.0: True, 1.25: False}",
            "always": "identity = {0.5: True, 1.0: True, 1.25: True}",
            "never": "identity = {0.5: False, 1.0: False, 1.25: False}",
            "other": "identity = {0.5: False, 1.0: False, 1.25: True}",
        },
    ),
)
