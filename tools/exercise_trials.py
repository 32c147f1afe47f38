"""What tools/exercise_mutants.py needs to know of an exercise: legal inputs of its function, drawn
so that borders are met, and which answers count as the same."""

import random
import string
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import torch

from trevsnn_lite.config import preset
from trevsnn_lite.trevsnn import TRevSNN


def _make(random_: random.Random) -> torch.Generator:
    return torch.Generator().manual_seed(random_.randrange(2**30))


def _potentials(r: random.Random, threshold: float, count: int) -> list[float]:
    """Some of them at the edges of the window of 1/2 about the threshold."""
    edges = [threshold - 0.5, threshold + 0.5]
    return [r.choice([*edges, r.uniform(0, 3), r.uniform(0, 3)]) for _ in range(count)]


def _resets(r):
    inputs = [r.randint(0, 6) / 4 for _ in range(r.randint(1, 9))]  # some reach the threshold
    decay, threshold = r.choice([0.25, 0.5, 0.75, 1.0]), r.choice([0.5, 0.75, 1.0, 1.5])
    return inputs, decay, threshold, r.choice(["none", "soft", "hard"])


def _errors(r):
    steps = r.randint(1, 6)
    space, slopes = ([r.uniform(-2, 2) for _ in range(steps)] for _ in range(2))
    return space, [abs(h) / 2 for h in slopes], r.uniform(0.1, 1), r.uniform(0.3, 2)


def _ottt(r):
    steps, out, into = r.randint(1, 5), r.randint(1, 4), r.randint(1, 4)
    make = _make(r)
    errors, inputs = (
        torch.randn(steps, out, generator=make),
        torch.rand(steps, into, generator=make),
    )
    return errors, inputs, r.uniform(0.1, 1)


def _coupling(r):
    a, b, c = (r.uniform(-2, 2) for _ in range(3))
    return r.uniform(-4, 4), r.uniform(-4, 4), lambda x: a * x + b, lambda x: c * x * x - a


def _influences(r):
    threshold = r.choice([0.5, 0.75, 1.0, 1.5])
    return _potentials(r, threshold, r.randint(1, 5)), r.uniform(0.2, 0.9), threshold


def _undo(r):
    return (
        r.uniform(-1, 2),
        [r.uniform(-1, 1) for _ in range(r.randint(1, 5))],
        r.uniform(0.3, 0.95),
    )


def _anchors(r):
    decay = r.choice([0.25, 0.5, r.uniform(0.2, 0.95)])
    whole = 2.0 ** -r.randrange(7, 19, 2)  # at decays of 1/2 and 1/4 just reached
    return decay, r.choice([whole, 10 ** r.uniform(-6, -2)])


def _own(r):
    steps, out, into, threshold = (
        r.randint(1, 4),
        r.randint(1, 4),
        r.randint(1, 4),
        r.choice([0.5, 1.0]),
    )
    v = torch.tensor([_potentials(r, threshold, out) for _ in range(steps)])
    make = _make(r)
    below = (torch.rand(steps, into, generator=make) > 0.5).float()
    return torch.randn(steps, out, generator=make), v, below, threshold


def _levels(r):
    count, make = r.randint(1, 5), _make(r)
    new, currents = (
        [torch.randn(3, generator=make, dtype=torch.float64) for _ in range(count)]
        for _ in range(2)
    )
    return new, currents, [r.uniform(0.3, 0.95) for _ in range(count)]


def _join(r):
    make, threshold = _make(r), r.choice([0.5, 1.0])
    kind = r.choice(["vanilla", "sew-add", "sew-and", "sew-iand", "ms"])
    x = torch.randn(2, 5, generator=make)
    branch = torch.randn(2, 5, generator=make) + 0.5
    return kind, x if kind == "ms" else (x > 0).float(), branch, lambda v: (v >= threshold).float()


def _bn(r):
    make, out, into, k = _make(r), r.randint(1, 4), r.randint(1, 4), r.choice([1, 3])
    weight = torch.randn(out, into, k, k, generator=make)
    bias, mean, beta = torch.randn(3, out, generator=make)
    var, g = 0.3 + 2 * torch.rand(2, out, generator=make)
    return weight, bias, mean, var, g, beta, r.uniform(-2, 2)


def _pair(r):
    make, out, into, k = _make(r), r.randint(1, 5), r.randint(1, 5), r.choice([1, 3, 5])
    depthwise = torch.randn(into, 1, k, k, generator=make)
    return depthwise, torch.randn(out, into, 1, 1, generator=make)


def _network(r):
    changes = {"time_steps": r.randint(2, 4), "feedback": r.choice(["all-levels", "next-level"])}
    config = preset(
        "fashion-mini", widths=(8, 16), expansion=2, stem_stride=4, image_size=12, **changes
    )
    net = TRevSNN(config, memory="store", seed=r.randrange(2**20))
    return net, torch.randn(r.randint(1, 3), 1, 12, 12, generator=_make(r))


def _events(r):
    count, duration, steps = r.randint(1, 80), r.choice([60, 100, 500]), r.choice([2, 3, 4, 7])
    height, width = r.randint(1, 5), r.randint(1, 5)
    draw = np.random.default_rng(r.randrange(2**30)).integers
    x, y, p = (draw(0, n, count) for n in (width, height, 2))
    return x, y, np.sort(draw(0, duration, count)), p, duration, steps, height, width


def _names(r):
    kinds = r.sample(["airplane", "bird", "deer", "frog", "horse", "truck"], r.randint(2, 3))
    names = [f"cifar10_{kind}_{n}.aedat" for kind in kinds for n in range(1000)]
    r.shuffle(names)
    return (names,)


def _differences(r):
    found = torch.randn(300, 10, generator=_make(r)) * r.choice([0.1, 1.0, 5.0])
    return (found + r.choice([0.0, 0.5]) * found.std(),)


def _table(r):
    rows = r.randint(1, 7)
    return ({name: (r.randint(1, 5), r.randint(1, 5)) for name in string.ascii_uppercase[:rows]},)


def _weights(r):
    make, out, into, k = _make(r), r.randint(1, 4), r.randint(1, 4), r.choice([1, 3])
    scale = torch.tensor([r.choice([0.0, 0.01, 1.0, 5.0]) for _ in range(out)]).view(-1, 1, 1, 1)
    return scale * torch.randn(out, into, k, k, generator=make), r.randint(2, 8)


def _blocks(r):
    def block():
        a, b = r.uniform(-1, 1), r.uniform(-1, 1)
        return (lambda x: a * x + b), (lambda x: b * x * x - a)

    ends = torch.tensor([r.uniform(-1, 1), r.uniform(-1, 1)], dtype=torch.float64)
    return [block() for _ in range(r.randint(1, 4))], *ends


INPUTS: dict[str, Callable[[random.Random], tuple]] = {
    "01.b": _resets,
    "02.b": _errors,
    "03.a": lambda r: ([r.randint(1, 9) for _ in range(r.randint(2, 6))], r.randint(1, 9)),
    "05.b": _ottt,
    "05.e": _coupling,
    "06.b": _influences,
    "07.a": _undo,
    "07.c": lambda r: (
        r.uniform(-1, 2),
        r.uniform(-1, 1),
        r.uniform(0.2, 0.95),
        r.uniform(0.3, 2),
        r.choice([0.0, 1.0]),
    ),
    "07.e": _anchors,
    "08.b": _own,
    "09.b": _levels,
    "10.b": _join,
    "10.c": _bn,
    "11.c": _pair,
    "11.d": _network,
    "12.b": _events,
    "12.d": _names,
    "14.d": _differences,
    "15.b": lambda r: (r.randint(1, r.choice([5, 10, 60])),),
    "16.b": _table,
    "17.e": _weights,
    "19.b": _blocks,
}


def _blind(answer) -> str:
    """What section 0.2's network makes of a picture, in fractions: "legal" or "no", "told apart" or
    "blind"."""
    pixels = [Fraction(pixel) for pixel in answer]
    if len(pixels) != 2 or not 0 <= pixels[1] < pixels[0] <= 1:
        return "no picture with a brighter left pixel"
    potentials, spikes = [Fraction(0)] * 2, []
    currents = pixels[0] + pixels[1] / 2, pixels[0] / 2 + pixels[1]
    for _ in range(3):
        potentials = [v / 2 + i for v, i in zip(potentials, currents)]
        spikes.append([v >= 1 for v in potentials])
    return "blind" if all(a == b for a, b in spikes) else "told apart"


# What counts as the same answer where more than one value is right, or an order says nothing.
ALIKE: dict[str, Callable] = {
    "00.c": _blind,
    "12.c": lambda pairs: sorted({tuple(sorted(pair)) for pair in pairs}),
    "12.d": lambda parts: [sorted(part) for part in parts],
    "13.b": lambda number: round(float(number)),  # unrounded it is as right
    "16.b": sorted,
    "18.d": lambda words: [str(word).lower() for word in words],
}
