"""Exercises of chapter 13, the tables (Tables 1 to 4): the batch behind a ratio, a log's
throughput, images that fit, a silent network, a tape's share."""

from trevsnn_lite.course.exercise import Exercise


def _near(answer, named: dict, tolerance: float) -> str | None:
    """The first name whose value the answer meets to a share of `tolerance`."""
    got = float(answer)
    return next(
        (name for name, value in named.items() if abs(got - value) <= tolerance * abs(value)),
        "other",
    )


def _batch(answer) -> str | None:
    return _near(
        answer,
        {None: 6.22, "one side": 8.6, "upside down": 0.161, "whole limit": 24.5, "log": 512.0},
        0.02,
    )


def _throughput(answer) -> str | None:
    return _near(
        answer,
        {
            None: 298.0,
            "all cards": 2384.0,
            "epoch of images": 4770.0,
            "minutes": 17891.0,
            "one card's batch": 37.25,
        },
        0.01,
    )


CASES = ((40_000, 529, 41.1), (40_000, 475, 1008.0), (1000, 100, 300.0), (80, 100, 3.0))


def _fits(answer) -> str | None:
    got = [answer(*case) for case in CASES]
    whole = [int(max(0, (card - shared) // each)) for card, shared, each in CASES]
    named = {
        "shared forgotten": [int(card // each) for card, _, each in CASES],
        "shared by each": [int(card // (shared + each)) for card, shared, each in CASES],
        "below zero": [int((card - shared) // each) for card, shared, each in CASES],
    }
    if got == whole:
        return None
    if any(float(x) != int(float(x)) for x in got):
        return "not whole"
    if [float(x) for x in got[:2]] == [whole[0] + 1, whole[1] + 1]:
        return "rounded up"
    return next(
        (name for name, value in named.items() if [float(x) for x in got] == value), "other"
    )


def _silent(answer) -> str | None:
    return _near(
        answer,
        {
            None: 0.5193,
            "nothing": 1e-9,
            "once": 0.1298,
            "added": 0.1016,
            "fresh": 0.702,
            "dense": 65.05,
            "millijoules": 0.0005193,
        },
        0.02,
    )


def _tape(answer) -> str | None:
    return _near(
        answer,
        {
            None: 119.5,
            "twice the last": 183.5,
            "exponent": 2435.0,
            "whole line": 64.0,
            "last over slope": 151.5,
        },
        0.03,
    )


_FITS = '''def fits(card, shared, each):
    """How many images a batch may have on a card of `card` MB: `shared` MB are there whatever the batch, `each` MB come with every image. A whole number, at least 0."""
    return max(0, int((card - shared) // each))
'''

EXERCISES = (
    Exercise(
        id="13.a",
        title="at which batch is it 8.6?",
        minutes=8,
        difficulty=1,
        kind="paper",
        question="Section 13.3's two lines: T-RevSNN 512 takes 529 MB a batch (weights, gradients, optimiser, working space) and 41.1 MB an image, the Transformer 475 and 1,008. **At what batch is the ratio exactly [8.6 times](../book/ledger.md#ledger-headline-memory)?** "
        "One decimal, even if no batch has it. Then say what follows for the abstract, whose factor this is.",
        answer="batch",
        check=_batch,
        correct="6.2: (475 / B + 1008) = 8.6 (529 / B + 41.1). And nothing follows. Some batch gives any number between 2.6 and 24; that one of them is the abstract's is arithmetic, not a reproduction.",
        diagnoses={
            "one side": "That is the ratio itself. Set (475 / B + 1008) / (529 / B + 41.1) to 8.6 and solve for B.",
            "upside down": "You found 1 / B. Turn it over.",
            "whole limit": "That is the ratio of what each image adds, the limit of large batches.",
            "log": "512 a card is the log's batch. There the ratio of our two lines is nearly 24.",
            "other": "Multiply by B: 475 + 1008 B = 8.6 (529 + 41.1 B). Collect B.",
        },
        hints=(
            "Write both sides as MB an image: shared / B + each.",
            "475 + 1008 B = 4549 + 353 B.",
        ),
        solution="batch = 6.2\n",
        wrong={
            "one side": "batch = 8.6",
            "upside down": "batch = 0.16",
            "whole limit": "batch = 24.5",
            "log": "batch = 512",
            "other": "batch = 3",
        },
    ),
    Exercise(
        id="13.b",
        title="a log has a speed in it",
        minutes=6,
        difficulty=1,
        kind="paper",
        question="The authors' log: [312 iterations](../book/ledger.md#ledger-log-iterations) of [4,096 images](../book/ledger.md#ledger-log-gpus) in [8 min 56 s](../book/ledger.md#ledger-log-epoch-time), on 8 cards. **How many images a second does one card train on?** A whole number.",
        answer="images_a_second",
        check=_throughput,
        correct="312 · 4096 / 536 / 8 = 298. If the Transformer took twice the time on the same cards, it would manage 149. A table with images a second and the name of the card could be checked by anybody who has one; a factor cannot.",
        diagnoses={
            "all cards": "That is all eight cards together. Divide by 8.",
            "epoch of images": "You seem to have divided by half the time. 8 min 56 s are 536 s.",
            "minutes": "You divided by minutes. 8 min 56 s are 536 s.",
            "one card's batch": "4,096 is the batch of all cards together; you divided by 8 twice.",
            "other": "Images of an epoch over its seconds, over the number of cards.",
        },
        hints=(
            "312 · 4096 = 1,277,952 images, all of ImageNet but a rest.",
            "8 · 60 + 56 = 536 s.",
        ),
        solution="images_a_second = round(312 * 4096 / 536 / 8)\n",
        wrong={
            "all cards": "images_a_second = 2384",
            "epoch of images": "images_a_second = 4768",
            "minutes": "images_a_second = 17881",
            "one card's batch": "images_a_second = 37",
            "other": "images_a_second = 1000",
        },
    ),
    Exercise(
        id="13.c",
        title="what fits on the card",
        minutes=8,
        difficulty=2,
        kind="code",
        question='Nobody buys memory by the image. What one notices is the largest batch that a card takes. Write `fits(card, shared, each)`, all in MB. Then compare the two lines of section 13.3 on a card of 40,000 MB: the ratio of batches is a fourth way to say "how many times".',
        answer="fits",
        check=_fits,
        correct="960 images against 39: 25 times. Where a card is full the batch is large and the shared part hardly counts, so this ratio is near the limit of section 13.3.",
        diagnoses={
            "shared forgotten": "The card holds the weights, gradients and optimiser as well: take `shared` off first.",
            "shared by each": "`shared` is there once for the batch, not once for each image.",
            "below zero": "Where not even the shared part fits, no image does: 0, not a negative number.",
            "not whole": "A batch has whole images. Round down.",
            "rounded up": "You rounded up: the last image does not fit.",
            "other": "(card - shared) over each, rounded down, and at least 0.",
        },
        hints=(
            "What is left of the card when the shared part is on it?",
            "`//` rounds down; max(0, ...) for a card that is too small.",
        ),
        solution=_FITS,
        wrong={
            "shared forgotten": _FITS.replace("(card - shared)", "card"),
            "shared by each": _FITS.replace("(card - shared) // each", "card // (shared + each)"),
            "below zero": _FITS.replace(
                "max(0, int((card - shared) // each))", "int((card - shared) // each)"
            ),
            "not whole": _FITS.replace("int((card - shared) // each)", "(card - shared) / each"),
            "rounded up": _FITS.replace(
                "int((card - shared) // each)", "int((card - shared) // each) + 1"
            ),
            "other": _FITS.replace("- shared", "+ shared"),
        },
    ),
    Exercise(
        id="13.d",
        title="the cheapest network of all",
        minutes=8,
        difficulty=2,
        kind="break",
        question="Break the MS-ResNet of section 13.7 so that it never fires: build it anew, set the bias of every `nn.BatchNorm2d` in it to -10, and meter it. Predict first. **How many microjoules an image does the meter report?** Then compute the same number by hand: the first convolution "
        "(1 channel in, 16 out, 3 × 3, on 14 × 14 positions, at each of 4 steps) multiplies pixels at [4.6 pJ](../book/ledger.md#ledger-energy-mac).",
        answer="microjoules",
        check=_silent,
        correct="0.519 µJ, 9 · 16 · 196 · 4 · 4.6 pJ, and an accuracy of one in ten. It beats every row of every table. Energy is a number only beside the accuracy of the same weights, on the same images.",
        diagnoses={
            "nothing": "The spikes are gone, the pixels are not: the first convolution still multiplies them.",
            "once": "That is one step. This network sees the image at each of its 4 steps.",
            "added": "Pixels are real numbers: the first layer multiplies, 4.6 pJ and not 0.9.",
            "fresh": "That is the new network, whose first layers still fire. Set the biases to -10 before you meter.",
            "dense": "That is every connection multiplied. Silent inputs cost nothing in this count.",
            "millijoules": "The right amount in millijoules. Give microjoules.",
            "other": "with torch.no_grad(): for m in net.modules(): if isinstance(m, nn.BatchNorm2d): m.bias.fill_(-10.0). Then 1000 * energy(net, images).millijoules.",
        },
        hints=(
            "net = network(peer).eval(); then change the biases under torch.no_grad().",
            "9 weights · 16 channels · 196 positions · 4 steps = 112,896 multiply-accumulates.",
        ),
        solution="microjoules = 9 * 16 * 196 * 4 * 4.6e-6\n",
        wrong={
            "nothing": "microjoules = 1e-9",
            "once": "microjoules = 0.13",
            "added": "microjoules = 0.1016",
            "fresh": "microjoules = 0.702",
            "dense": "microjoules = 65.05",
            "millijoules": "microjoules = 0.0005193",
            "other": "microjoules = 10",
        },
    ),
    Exercise(
        id="13.e",
        title="when the tape is half of it",
        minutes=8,
        difficulty=2,
        kind="paper",
        question="In the record of Table 1, of an earlier engine, T-RevSNN's peak is 80.3 KB an image at T = 16 and 89.8 KB at T = 32, exponent 0.16 where O(L) says 0. Read the two values as a line: a constant, and a tape that grows with T. **At which T would the tape be as large as the constant?**",
        answer="steps",
        check=_tape,
        correct='About 119: 9.5 KB over 16 steps are 0.594 KB a step, and 70.8 KB are left at T = 0. So "O(L)" is a fair summary up to some dozens of steps, and STBP\'s 31.6 KB a step passes its own constant before T = 2.',
        diagnoses={
            "twice the last": "There the peak is twice that of T = 32. Ask for the T at which the growing part equals the constant one.",
            "exponent": "You continued the power 0.16. A constant plus a line is no power: its exponent grows towards 1.",
            "whole line": "That doubles T. The constant part does not double.",
            "last over slope": "You divided the whole 89.8 KB by the slope. Take the tape's part off first.",
            "other": "Slope (89.8 - 80.3) / 16; constant 89.8 - 32 · slope; T = constant / slope.",
        },
        hints=(
            "The slope is 9.5 KB over 16 steps.",
            "The constant is 89.8 - 32 · 0.594 = 70.8 KB.",
        ),
        solution="steps = 119\n",
        wrong={
            "twice the last": "steps = 183",
            "exponent": "steps = 2435",
            "whole line": "steps = 64",
            "last over slope": "steps = 151",
            "other": "steps = 20",
        },
    ),
)
