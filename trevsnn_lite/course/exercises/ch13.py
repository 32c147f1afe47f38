"""Exercises of chapter 13, the tables: the batch behind a ratio, a log's throughput, a silent
network."""

from trevsnn_lite.course.answers import named
from trevsnn_lite.course.exercise import Exercise


def _batch(answer) -> str | None:
    known = {5.3945: None, 8.6: "one side", 0.1854: "upside down", 34.5: "whole limit", 512: "log"}
    return named(answer, known, rtol=0.01)


def _throughput(answer) -> str | None:
    each = 312 * 4096 / 536 / 8
    known = {
        each: None,
        8 * each: "all cards",
        16 * each: "epoch of images",
        60 * each: "minutes",
        each / 8: "one card's batch",
    }
    return named(answer, known, atol=0.3, rtol=0.001)


def _silent(answer) -> str | None:
    known = {
        0.5193: None,
        0: "nothing",
        0.1298: "once",
        0.1016: "added",
        0.702: "fresh",
        65.05: "dense",
        0.0005193: "millijoules",
        519.3: "nanojoules",
        519322: "picojoules",
        112896: "operations",
        0.0254: "added once",
        0.4177: "multiplied alone",
        0.00265: "one position",
        0.0577: "one weight",
        0.03246: "one channel",
        2.077: "28 positions",
    }
    return named(answer, known, rtol=0.01)


EXERCISES = (
    Exercise(
        id="13.a",
        title="at which batch is it 8.6?",
        minutes=8,
        difficulty=1,
        kind="paper",
        question="By section 13.3, with weights, gradients and optimiser in the shared part, T-RevSNN 512 takes 530 MB per batch and 29.2 MB per image, the Transformer 475 and 1,008. **At what batch is the ratio exactly [8.6 times](../book/ledger.md#ledger-headline-memory)?** "
        "One decimal, even if no batch has it. Then say what follows for the abstract, whose factor this is.",
        answer="batch",
        check=_batch,
        correct="5.4: 475 / B + 1008 = 8.6 (530 / B + 29.2). And nothing follows. Some batch gives any number between 2.7 and 34; that one of them is the abstract's is arithmetic, not a reproduction.",
        diagnoses={
            "one side": "That is the ratio itself. At which batch is it reached?",
            "upside down": "You found 1 / B. Turn it over.",
            "whole limit": "That is the ratio of what each image adds, the limit of large batches.",
            "log": "512 a card is the log's batch. There the ratio of our two lines is 33.",
            "other": "Put your batch into both sides: how many MB does each of the two take per image, and what is the ratio?",
        },
        hints=(
            "Write both sides as MB per image: shared / B + each.",
            "475 + 1008 B = 4558 + 251 B.",
        ),
        solution="batch = 5.4\n",
        wrong={
            "one side": "batch = 8.6",
            "upside down": "batch = 0.185",
            "whole limit": "batch = 34.5",
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
        question="The authors' log: [312 iterations](../book/ledger.md#ledger-log-iterations) of [4,096 images](../book/ledger.md#ledger-log-gpus) in [8 min 56 s](../book/ledger.md#ledger-log-epoch-time), on 8 cards. **How many images per second does one card train on?** A whole number.",
        answer="images_a_second",
        check=_throughput,
        correct="312 · 4096 / 536 / 8 = 298. If the Transformer took twice the time on the same cards, it would manage 149. Anybody with the card can check images per second; a factor nobody can.",
        diagnoses={
            "all cards": "That is all eight cards together. Divide by 8.",
            "epoch of images": "You seem to have divided by half the time. 8 min 56 s are 536 s.",
            "minutes": "You divided by minutes. 8 min 56 s are 536 s.",
            "one card's batch": "4,096 is the batch of all cards together; you divided by 8 twice.",
            "other": "How many images are trained on in how many seconds, and on how many cards?",
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
        id="13.d",
        title="the cheapest network of all",
        minutes=8,
        difficulty=2,
        kind="break",
        question="Break the MS-ResNet of section 13.7 so that it never fires: build it anew, set the bias of every `nn.BatchNorm2d` in it to -10, and meter it. Predict first. **How many microjoules per image does the meter report?** Then compute the same number by hand: the first convolution "
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
            "nanojoules": "The right amount in nanojoules. Give microjoules.",
            "picojoules": "The right amount in picojoules. Give microjoules.",
            "operations": "The number of multiply-accumulates is right. Each costs 4.6 pJ.",
            "added once": "Two things: pixels are multiplied, at 4.6 pJ and not 0.9; and the network sees the image at each of its 4 steps.",
            "multiplied alone": "You took the price of a multiplication alone. Each product is also added to a sum: 4.6 pJ for both.",
            "one position": "You counted one position. The filters are applied at each of 14 × 14.",
            "one weight": "You counted one weight a filter. A filter of 3 × 3 has 9.",
            "one channel": "You counted one filter. There are 16, one for each channel that comes out.",
            "28 positions": "You counted 28 × 28 positions. These images are halved, 14 × 14.",
            "other": "What is left in this network that costs energy if no neuron fires? Set the biases before you meter, and compare with your number by hand.",
        },
        hints=(
            "net = network(peer).eval(); then change the biases under torch.no_grad().",
            "9 weights · 16 channels · 196 positions · 4 steps = 112,896 multiply-accumulates.",
        ),
        solution="microjoules = 9 * 16 * 196 * 4 * 4.6e-6\n",
        wrong={
            "nothing": "microjoules = 0",
            "once": "microjoules = 0.13",
            "added": "microjoules = 0.1016",
            "fresh": "microjoules = 0.702",
            "dense": "microjoules = 65.05",
            "millijoules": "microjoules = 0.0005193",
            "nanojoules": "microjoules = 519.3",
            "picojoules": "microjoules = 9 * 16 * 196 * 4 * 4.6",
            "operations": "microjoules = 9 * 16 * 196 * 4",
            "added once": "microjoules = 9 * 16 * 196 * 0.9e-6",
            "multiplied alone": "microjoules = 9 * 16 * 196 * 4 * 3.7e-6",
            "one position": "microjoules = 9 * 16 * 4 * 4.6e-6",
            "one weight": "microjoules = 16 * 196 * 4 * 4.6e-6",
            "one channel": "microjoules = 9 * 196 * 4 * 4.6e-6",
            "28 positions": "microjoules = 9 * 16 * 784 * 4 * 4.6e-6",
            "other": "microjoules = 10",
        },
    ),
)
