"""Exercises of chapter 4, energy and chips: Table 2's mJ column, break-even with memories,
integers, conversion's reset."""

from trevsnn_lite.course.answers import named
from trevsnn_lite.course.exercise import Exercise


def _registers(answer) -> str | None:
    known = {
        14.6 / 5.9: None,
        14.6 / 15.9: "potential moved",
        4.6 / 0.9: "no memory",
        5.9 / 14.6: "inverted",
        9.6 / 5.9: "input forgotten",
    }
    return named(answer, known, atol=0.03)


def _integers(answer) -> str | None:
    known = {5: None, 6: "stem forgotten", 4: "five additions", 1: "any integer"}
    return named(answer, known | {2: "two is enough"})


def _resets(answer) -> str | None:
    known = {
        (0.4, 1 / 3): None,
        (1 / 3, 0.4): "swapped",
        (0.4, 0.25): "one step too many",
        (0.4, 0.5): "one step too few",
        (0.4, 0.4): "no difference",
    }
    return named(answer, known, atol=0.0055)


_RESETS = '''import torch
from trevsnn_lite.neurons import lif_step


def rate(reset, steps=1000):
    """Spikes per step of a neuron without leak, threshold 1, under the input 0.4, from V = 0."""
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
        question="Section 4.5 charged each addition for three words of memory: the weight, the old potential and the new one. Another chip keeps the potential in a register: "
        "an addition pays for the weight alone (5 pJ) beside its [0.9 pJ](../book/ledger.md#ledger-energy-ac), a multiply-accumulate 4.6 + 10 pJ as before. "
        "How many spikes per image may a neuron fire before spikes cost more?",
        answer="spikes",
        check=_registers,
        correct="14.6 / 5.9 = 2.47 spikes per image, between 0.92 and 5.11. The network is the same; its potentials are kept in another place.",
        diagnoses={
            "potential moved": "That is the text's chip, which reads and writes the potential for every addition. Here it stays in a register.",
            "no memory": "You left the memory out. Both operations fetch something here.",
            "inverted": "You divided the addition by the multiply-accumulate. How many additions does one multiply-accumulate pay for?",
            "input forgotten": "A multiply-accumulate fetches two words: the weight and the input, which is a real number.",
            "other": "What does each of the two operations cost with the words that it fetches? How many words are that here?",
        },
        hints=(
            "An artificial neuron's output is used once per connection, a spiking one's once per spike and connection.",
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
        question="In SEW-ResNet (chapter 10) a block hands on its input plus its own spike, 0 or 1. The first input is at most 1, so after n blocks the largest "
        "number is n + 1. A convolution that takes an integer m adds the weight m times ([0.9 pJ](../book/ledger.md#ledger-energy-ac) each), or multiplies once ([4.6 pJ](../book/ledger.md#ledger-energy-mac)). "
        "After how many blocks can the sum reach an integer that is cheaper to multiply than to add?",
        answer="blocks",
        check=_integers,
        correct="5 x 0.9 = 4.5 pJ is still below 4.6, 6 x 0.9 = 5.4 is not. The integer 6 needs 5 blocks.",
        diagnoses={
            "stem forgotten": "The integer 6 is right; the first spike is one of the six, so fewer blocks are needed.",
            "five additions": "After 4 blocks the largest integer is 5, and five additions cost 4.5 pJ: still less than 4.6.",
            "any integer": "After one block the largest integer is 2: two additions cost 1.8 pJ.",
            "two is enough": "After two blocks the largest integer is 3: 2.7 pJ against 4.6.",
            "other": "Which is the smallest integer that is cheaper to multiply? And after how many blocks can it occur?",
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
        id="04.d",
        title="break it and see: convert with a hard reset",
        minutes=10,
        difficulty=2,
        kind="break",
        question="Conversion uses neurons with a soft reset: a spike takes the threshold off the potential and leaves the rest. Predict first: what becomes of the rate if a spike sets it to 0 instead? "
        "Take a neuron without leak, threshold 1, V = 0 at the start and the input 0.4. Run 1,000 steps with each reset, and write `rates = (soft, hard)`. Would more steps help?",
        answer="rates",
        check=_resets,
        correct="0.4 and 0.333. Three steps bring the potential to 1.2, and the hard reset throws 0.2 away each time. It knows no rates between 1/3 and 1/2, at any T: more steps do not help.",
        diagnoses={
            "swapped": "Soft first, then hard. The soft reset is the one that keeps the remainder.",
            "no difference": 'Both runs had the soft reset. Pass reset="hard" to lif_step in the second.',
            "one step too many": "With the hard reset the potential goes 0.4, 0.8, 1.2: it spikes in the third step, not in the fourth.",
            "one step too few": "0.4 + 0.4 = 0.8 is below the threshold: two steps are not enough.",
            "other": "Follow the neuron by hand for six steps, once with each reset. At which steps does it spike, and what is left?",
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
)
