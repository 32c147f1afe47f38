"""Exercises of chapter 4, energy and chips: Table 2's mJ column, break-even with memories,
integers, borders, conversion's reset, resting power."""

from trevsnn_lite.course.exercise import Exercise


def _near(answer, known: dict[float, str | None]) -> str | None:
    """The diagnosis of the listed value that the answer comes within 1 % of."""
    value = float(answer)
    return next(
        (name for wanted, name in known.items() if abs(value - wanted) <= 0.01 * abs(wanted)),
        "other",
    )


def _registers(answer) -> str | None:
    return _near(
        answer,
        {
            14.6 / 5.9: None,
            14.6 / 15.9: "potential moved",
            4.6 / 0.9: "no memory",
            5.9 / 14.6: "inverted",
            9.6 / 5.9: "input forgotten",
        },
    )


def _integers(answer) -> str | None:
    return {
        5: None,
        6: "stem forgotten",
        4: "five additions",
        1: "any integer",
        2: "two is enough",
    }.get(answer, "other")


def _pairs(size: int, kernel: int) -> int:
    return sum(abs(i - j) <= kernel // 2 for i in range(size) for j in range(size))


def _overcount(answer) -> str | None:
    cases = [(28, 3), (7, 5), (4, 5), (2, 5), (1, 7)]
    got = [float(answer(size, kernel)) for size, kernel in cases]
    exact = [(kernel * size / _pairs(size, kernel)) ** 2 for size, kernel in cases]
    wide = [(k * n / (k * n - (k // 2) * (k // 2 + 1))) ** 2 for n, k in cases]
    known = {
        None: exact,
        "one axis": [x**0.5 for x in exact],
        "inverted": [1 / x for x in exact],
        "no border": [1.0] * len(cases),
        "small maps": wide,
    }
    return next(
        (
            name
            for name, values in known.items()
            if all(abs(a - b) < 1e-6 for a, b in zip(got, values))
        ),
        "other",
    )


def _resets(answer) -> str | None:
    soft, hard = map(float, answer)
    if abs(soft - hard) < 0.01:
        return "no difference" if abs(soft - 0.4) < 0.01 else "other"
    known = {
        (0.4, 1 / 3): None,
        (1 / 3, 0.4): "swapped",
        (0.4, 0.25): "one step too many",
        (0.4, 0.5): "one step too few",
    }
    return next(
        (name for (a, b), name in known.items() if abs(soft - a) < 0.01 and abs(hard - b) < 0.01),
        "other",
    )


def _power(answer) -> str | None:
    frame, share = map(float, answer)
    if abs(share - 60) < 1 or abs(share - 40) < 1e-9:
        return "per cent" if share > 50 else "other"
    known = {
        (2.1, 0.6): None,
        (1890.0, 0.6): "multiplied",
        (2.1, 0.4): "the other part",
        (0.0021, 0.6): "joules",
        (2.1, 0.375): "added twice",
    }
    return next(
        (
            name
            for (a, b), name in known.items()
            if abs(frame - a) < 0.01 * a and abs(share - b) < 0.01
        ),
        "other",
    )


_OVERCOUNT = '''def overcount(size, kernel):
    """Additions by rate over additions counted exactly: spikes spread evenly on a map of size x size, an odd kernel, stride 1, padding kernel // 2."""
    pairs = sum(abs(i - j) <= kernel // 2 for i in range(size) for j in range(size))
    return (kernel * size / pairs) ** 2
'''
_RESETS = '''import torch
from trevsnn_lite.neurons import lif_step


def rate(reset, steps=1000):
    """Spikes a step of an IF neuron (decay 1, threshold 1) under the constant input 0.4, from V = 0."""
    v, spikes = torch.zeros(1), 0.0
    for _ in range(steps):
        s, v = lif_step(torch.tensor([0.4]), v, decay=1.0, threshold=1.0, reset=reset)
        spikes += s.item()
    return spikes / steps


rates = (rate("soft"), rate("hard"))
'''

EXERCISES = (
    Exercise(
        id="04.a",
        title="potentials in registers",
        minutes=8,
        difficulty=1,
        kind="paper",
        question="Section 4.11 charged each addition for three words of memory: the weight, the old potential and the new one. Another chip takes a neuron's spikes of one step together and keeps its "
        "potential in a register meanwhile, so that an addition pays for the weight alone (5 pJ) beside its [0.9 pJ](../book/ledger.md#ledger-energy-ac). A multiply-accumulate pays for weight and input as before, 4.6 + 10 pJ. "
        "How many spikes an image may a neuron fire before spikes cost more?",
        answer="spikes",
        check=_registers,
        correct="14.6 / 5.9 = 2.47 spikes. Between 0.92 and 5.11 lies not another network but another place to keep the potential.",
        diagnoses={
            "potential moved": "That is the text's chip, which reads and writes the potential for every addition. Here it stays in a register.",
            "no memory": "You left the memory out. Both operations fetch something here.",
            "inverted": "You divided the addition by the multiply-accumulate. How many additions does one multiply-accumulate pay for?",
            "input forgotten": "A multiply-accumulate fetches two words: the weight and the input, which is a real number.",
            "other": "Write both prices first: multiply-accumulate 4.6 + 5 + 5, addition 0.9 + 5. Then divide the first by the second.",
        },
        hints=(
            "An artificial neuron's output is used once a connection; a spiking one's once a spike and connection.",
            "Price of a multiply-accumulate over price of an addition.",
        ),
        solution="spikes = (4.6 + 5 + 5) / (0.9 + 5)\n",
        wrong={
            "potential moved": "spikes = 0.918\n",
            "no memory": "spikes = 5.11\n",
            "inverted": "spikes = 5.9 / 14.6\n",
            "input forgotten": "spikes = 9.6 / 5.9\n",
            "other": "spikes = 3\n",
        },
    ),
    Exercise(
        id="04.b",
        title="when is it cheaper to multiply an integer?",
        minutes=8,
        difficulty=2,
        kind="paper",
        question="SEW-ResNet with ADD hands on integers: the stem's spike is 1, and each block adds 0 or 1, so that after n blocks the largest is n + 1. A convolution that takes an integer m adds the "
        "weight m times ([0.9 pJ](../book/ledger.md#ledger-energy-ac) each), or multiplies once ([4.6 pJ](../book/ledger.md#ledger-energy-mac)). After how many blocks can an integer first occur that would be cheaper to multiply?",
        answer="blocks",
        check=_integers,
        correct="5 x 0.9 = 4.5 pJ is still below 4.6, 6 x 0.9 = 5.4 is not. The integer 6 needs 5 blocks. MS-ResNet's convolutions never get there: they meet 0 and 1 at any depth.",
        diagnoses={
            "stem forgotten": "The integer 6 is right; the stem's spike is one of the six, so fewer blocks are needed.",
            "five additions": "After 4 blocks the largest integer is 5, and five additions cost 4.5 pJ: still less than 4.6.",
            "any integer": "After one block the largest integer is 2: two additions cost 1.8 pJ.",
            "two is enough": "After two blocks the largest integer is 3: 2.7 pJ against 4.6.",
            "other": "For which integer m does 0.9 m first exceed 4.6? After n blocks the largest integer is n + 1.",
        },
        hints=("4.6 / 0.9 = 5.1: how many additions is that?", "m = 6 is n + 1."),
        solution="import math\nblocks = math.ceil(4.6 / 0.9) - 1\n",
        wrong={
            "stem forgotten": "blocks = 6\n",
            "five additions": "blocks = 4\n",
            "any integer": "blocks = 1\n",
            "two is enough": "blocks = 2\n",
            "other": "blocks = 10\n",
        },
    ),
    Exercise(
        id="04.c",
        title="how wrong is rate times MACs at a border?",
        minutes=12,
        difficulty=2,
        kind="code",
        question="The papers' count lets every spike reach kernel x kernel outputs. Section 4.6 found 100 in place of 16 on a map of 2 x 2 pixels. Write `overcount(size, kernel)`: the factor for spikes that are "
        "spread evenly over a map of size x size pixels, for an odd kernel with stride 1 and padding kernel // 2. It has to be right for maps smaller than the kernel, too. What does it give "
        "for the four levels of an ImageNet network, 56, 28, 14 and 14 pixels, and kernels of 5?",
        answer="overcount",
        check=_overcount,
        correct="1.04, 1.09, 1.20 and 1.20: at ImageNet's sizes the papers' count is 4 to 20 % too high. On the small maps of this book it is up to 6 times too high, so small networks need the exact count.",
        diagnoses={
            "one axis": "Right along one axis. The map has two, and the factor is squared.",
            "inverted": "You divided the exact count by the estimate. The estimate is the larger one.",
            "no border": "You gave every pixel the whole kernel. That is the estimate; a pixel at the edge has fewer neighbours.",
            "small maps": "Right while the map is larger than the kernel. On one pixel with a kernel of 7 a spike reaches one output, and the factor is 49.",
            "other": "Try overcount(2, 5): along one axis the estimate counts 5 x 2 = 10 pairs, and 4 exist. (10 / 4) ** 2 = 6.25.",
        },
        hints=(
            "Along one axis: how many pairs of an input i and an output j have a distance of at most kernel // 2?",
            "The estimate has kernel * size such pairs. Both axes count alike.",
        ),
        solution=_OVERCOUNT,
        wrong={
            "one axis": _OVERCOUNT.replace(" ** 2", ""),
            "inverted": _OVERCOUNT.replace("(kernel * size / pairs)", "(pairs / (kernel * size))"),
            "no border": "def overcount(size, kernel):\n    return 1.0\n",
            "small maps": "def overcount(size, kernel):\n    r = kernel // 2\n    return (kernel * size / (kernel * size - r * (r + 1))) ** 2\n",
            "other": "def overcount(size, kernel):\n    return (kernel / size) ** 2\n",
        },
    ),
    Exercise(
        id="04.d",
        title="break it and see: convert with a hard reset",
        minutes=10,
        difficulty=2,
        kind="break",
        question="Conversion uses neurons with a soft reset: a spike takes the threshold off the potential and leaves the rest. Predict first: what becomes of the rate if a spike sets the potential to 0 instead? "
        "Take one neuron without leak, threshold 1, V = 0 at the start and the constant input 0.4, the activation that it stands for. Run 1,000 steps with `lif_step` and each reset, and write "
        "`rates = (soft, hard)`. Would more steps help?",
        answer="rates",
        check=_resets,
        correct="0.4 and 0.333. Three steps bring the potential to 1.2; the hard reset throws 0.2 away each time, so that it knows no rates between 1/3 and 1/2, at any T. The error is in the neuron, not in the number of steps.",
        diagnoses={
            "swapped": "Soft first, then hard. The soft reset is the one that keeps the remainder.",
            "no difference": 'Both runs had the soft reset. Pass reset="hard" to lif_step in the second.',
            "one step too many": "With the hard reset the potential goes 0.4, 0.8, 1.2: it spikes in the third step, not in the fourth.",
            "one step too few": "0.4 + 0.4 = 0.8 is below the threshold: two steps are not enough.",
            "other": "By hand: 0.4, 0.8, 1.2 spikes. Soft: 0.2 is left, then 0.6, 1.0 spikes, 0 is left. Hard: 0 is left, and it starts again.",
        },
        hints=(
            '`s, v = lif_step(torch.tensor([0.4]), v, decay=1.0, threshold=1.0, reset="soft")` in a loop; add up s.',
            "By hand, five steps with the soft reset give two spikes, three steps with the hard one give one.",
        ),
        solution=_RESETS,
        wrong={
            "swapped": "rates = (1 / 3, 0.4)\n",
            "no difference": "rates = (0.4, 0.4)\n",
            "one step too many": "rates = (0.4, 0.25)\n",
            "one step too few": "rates = (0.4, 0.5)\n",
            "other": "rates = (1.0, 0.4)\n",
        },
    ),
    Exercise(
        id="04.e",
        title="watts, answers and rest",
        minutes=6,
        difficulty=1,
        kind="paper",
        question="Two measurements of chips from Section 4.12. TrueNorth takes 63 mW for a video of 30 frames a second: how many millijoules a frame? Speck takes 0.70 mW in all while it works, and 0.42 mW "
        "while nothing happens: which share of the energy of an answer is paid for resting? Write `(millijoules, share)`, the share as a number from 0 to 1.",
        answer="measured",
        check=_power,
        correct="2.1 mJ a frame, and 0.42 / 0.70 = 0.6. A formula in picojoules per addition describes the other 40 % at best. That is why Speck's designers fought for the resting power.",
        diagnoses={
            "multiplied": "Power is energy a second. Thirty frames share it, so divide by 30.",
            "the other part": "0.4 is what is paid for the work. Asked is the part that is paid anyway.",
            "joules": "63 mW / 30 a second are 2.1 millijoules.",
            "added twice": "0.70 mW is the whole, with the rest inside it: divide 0.42 by 0.70.",
            "per cent": "Write the share as a number from 0 to 1.",
            "other": "Millijoules a frame: milliwatts over frames a second. Share: resting power over all power.",
        },
        hints=("1 mW is 1 mJ a second.", "The total of 0.70 mW holds the 0.42 mW."),
        solution="measured = (63 / 30, 0.42 / 0.70)\n",
        wrong={
            "multiplied": "measured = (63 * 30, 0.6)\n",
            "the other part": "measured = (2.1, 0.4)\n",
            "joules": "measured = (0.0021, 0.6)\n",
            "added twice": "measured = (2.1, 0.42 / 1.12)\n",
            "per cent": "measured = (2.1, 60)\n",
            "other": "measured = (63, 0.42)\n",
        },
    ),
)
