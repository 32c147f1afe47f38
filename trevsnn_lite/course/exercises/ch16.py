"""Exercises of chapter 16: the price of packed spikes, what a table of trade-offs leaves out, a
spike of 2 in one bit."""

from trevsnn_lite.course.answers import named, told_apart
from trevsnn_lite.course.exercise import Exercise

TABLE = {
    "BPTT": (290, 6131),
    "SLTT": (297, 737),
    "Tandem": (552, 1707),
    "T-RevSNN": (191, 1089),
    "O4": (271, 2349),
}
TABLES = (
    TABLE,
    {"A": (10, 5), "B": (10, 7), "C": (12, 7), "D": (9, 5), "E": (12, 7), "F": (12, 9)},
    {"A": (3, 1), "B": (5, 2), "C": (8, 4), "D": (8, 3), "E": (4, 2), "F": (2, 1), "G": (9, 9)},
    {"A": (7, 7)},
)


def _packed(answer) -> str | None:
    known = {
        10.486: None,
        335.54: "floats",
        83.89: "bytes",
        1.0486: "one step",
        0.16384: "one image",
        41.94: "upside down",
    }
    return named(answer, known, rtol=0.015)


def _front(answer) -> str | None:
    def kept(beats, rows=lambda values, own: True):
        """Names that no row of the table beats, by this `beats`."""

        def names(table):
            values = list(table.values())
            return sorted(
                name
                for name, own in table.items()
                if rows(values, own) and not any(beats(other, own) for other in values)
            )

        return names

    def right(a, b):
        return a[0] >= b[0] and a[1] <= b[1] and a != b

    models = {
        None: kept(right),
        "strictly": kept(lambda a, b: a[0] > b[0] and a[1] < b[1]),
        "ties in speed": kept(lambda a, b: a[0] > b[0] and a[1] <= b[1]),
        "ties in memory": kept(lambda a, b: a[0] >= b[0] and a[1] < b[1]),
        "itself": lambda table: [],
        "more memory": kept(lambda a, b: a[0] >= b[0] and a[1] >= b[1] and a != b),
        "fastest": kept(lambda a, b: a[0] > b[0]),
        "equal rows": kept(right, lambda values, own: values.count(own) == 1),
    }
    return told_apart(lambda table: sorted(answer(table)), [(t,) for t in TABLES], models)


def _two(answer) -> str | None:
    known = {
        (0, 1, 0, 0, 0, 0, 0, 0): None,
        (1, 0, 0, 0, 0, 0, 0, 0): "clipped",
        (2, 0, 0, 0, 0, 0, 0, 0): "kept",
        (0, 0, 0, 0, 0, 0, 0, 0): "lost",
        (1, 1, 0, 0, 0, 0, 0, 0): "both",
    }
    return named(answer, known)


_FRONT = '''def not_beaten(table):
    """Names of the methods that no other beats; table: name -> (images/s, MB). To beat is to be no worse in both and better in one."""
    def beats(a, b):
        return a[0] >= b[0] and a[1] <= b[1] and a != b
    return [name for name, own in table.items() if not any(beats(other, own) for other in table.values())]
'''

EXERCISES = (
    Exercise(
        id="16.a",
        title="what packed spikes weigh",
        minutes=5,
        difficulty=1,
        kind="paper",
        question="A layer of 128 channels at 32 × 32 pixels receives spikes over $T = 10$ steps, in a batch of 64. How many megabytes ($10^6$ bytes) does its input take with one bit per spike?",
        answer="megabytes",
        check=_packed,
        correct="64 · 10 · 128 · 1024 = 83.9 million spikes, an eighth of that in bytes: 10.5 MB, in place of 336 MB of float32.",
        diagnoses={
            "floats": "That is with float32, 4 bytes each. One bit is a 32nd of it.",
            "bytes": "That is with one byte per spike. Eight spikes fit in a byte.",
            "one step": "You counted one of the 10 steps.",
            "one image": "You counted one of the 64 images.",
            "upside down": "You counted 4 bits per spike.",
            "other": "How many spikes are there in all? How many of them fit into a byte?",
        },
        hints=(
            "How many spikes? 64 · 10 · 128 · 32 · 32.",
            "8 spikes per byte, 10^6 bytes per megabyte.",
        ),
        solution="megabytes = 64 * 10 * 128 * 32 * 32 / 8 / 1e6\n",
        wrong={
            "floats": "megabytes = 335.54",
            "bytes": "megabytes = 83.89",
            "one step": "megabytes = 1.05",
            "one image": "megabytes = 0.164",
            "upside down": "megabytes = 41.94",
            "other": "megabytes = 3",
        },
    ),
    Exercise(
        id="16.b",
        title="who is beaten in the table?",
        minutes=12,
        difficulty=2,
        kind="code",
        question="Section 16.3 lists speed and memory of five methods. One method *beats* another if it is no slower, needs no more memory, and is better in at least one of the two. "
        "Write `not_beaten(table)` for a dictionary name → (images/s, MB). Predict first: does the method of the table's own authors survive?",
        answer="not_beaten",
        check=_front,
        correct="Only SLTT and Tandem survive. T-RevSNN and the authors' own O4 are beaten by SLTT in both columns. So the two columns cannot be the whole point: the missing one is whether the gradient is exact.",
        diagnoses={
            "strictly": "Yours asks to be strictly better in both: (9, 5) is beaten by (10, 5).",
            "ties in speed": "Yours lets a tie in speed pass: (12, 9) is beaten by (12, 7), which is as fast and smaller.",
            "ties in memory": "Yours lets a tie in memory pass: (9, 5) is beaten by (10, 5), which is as small and faster.",
            "itself": "No method is left: each is beaten by itself. A method beats another only if it is better in at least one of the two.",
            "more memory": "You take more memory as better.",
            "fastest": "You keep the fastest only. A slower method with less memory is not beaten.",
            "equal rows": "Two equal rows do not beat each other.",
            "other": "The names differ. For each pair of methods write down which of the two beats the other, if any.",
        },
        example=(
            "sorted(not_beaten({'A': (10, 5), 'B': (10, 7), 'C': (12, 7), 'D': (9, 5)}))",
            ["A", "C"],
        ),
        hints=(
            "Write beats(a, b) first: a[0] >= b[0], a[1] <= b[1], and not equal.",
            "Keep a name if no other row beats its own.",
        ),
        solution=_FRONT,
        wrong={
            "strictly": _FRONT.replace(
                "a[0] >= b[0] and a[1] <= b[1] and a != b", "a[0] > b[0] and a[1] < b[1]"
            ),
            "ties in speed": _FRONT.replace(
                "a[0] >= b[0] and a[1] <= b[1] and a != b", "a[0] > b[0] and a[1] <= b[1]"
            ),
            "ties in memory": _FRONT.replace(
                "a[0] >= b[0] and a[1] <= b[1] and a != b", "a[0] >= b[0] and a[1] < b[1]"
            ),
            "itself": _FRONT.replace(" and a != b", ""),
            "more memory": _FRONT.replace("a[1] <= b[1]", "a[1] >= b[1]"),
            "fastest": "def not_beaten(table):\n    best = max(speed for speed, _ in table.values())\n    return [name for name, (speed, _) in table.items() if speed == best]\n",
            "equal rows": "def not_beaten(table):\n    rows = list(table.values())\n    return [n for n, o in table.items() if rows.count(o) == 1 and not any(a[0] >= o[0] and a[1] <= o[1] and a != o for a in rows)]\n",
            "other": "def not_beaten(table):\n    return list(table)[:1]\n",
        },
    ),
    Exercise(
        id="16.c",
        title="break the packing: a spike of 2",
        minutes=8,
        difficulty=2,
        kind="break",
        question="Some shortcuts add spikes, so a layer may receive a 2. Break the packing on purpose: pack `torch.tensor([2, 0, 0, 0, 0, 0, 0, 0], dtype=torch.uint8)` with `spike_tape.pack(values, 1)` and unpack it with "
        "`spike_tape.unpack(packed, 1, values.shape)`. **Predict first**: what comes back? Give the list of eight numbers that you see.",
        answer="restored",
        check=_two,
        correct="The 2 is the bit pattern 10: its upper bit lands in the neighbour's place, and a spike appears where there was none. No error is raised, and the gradient is that of another input. Pack two bits, or check.",
        diagnoses={
            "clipped": "It is not clipped to 1: nothing in the packing compares values.",
            "kept": "A 2 does not fit in one bit. Run it.",
            "lost": "It does not vanish either. Where does the upper bit of 2 = 10 (binary) go?",
            "both": "The lower bit of 2 is 0.",
            "other": "Pack and unpack the eight values, and give the result as a list.",
        },
        hints=(
            "2 is 10 in binary. In a byte of eight neurons, whose place is the second bit?",
            "spike_tape.unpack(spike_tape.pack(values, 1), 1, values.shape).tolist()",
        ),
        solution="restored = [0, 1, 0, 0, 0, 0, 0, 0]\n",
        wrong={
            "clipped": "restored = [1, 0, 0, 0, 0, 0, 0, 0]",
            "kept": "restored = [2, 0, 0, 0, 0, 0, 0, 0]",
            "lost": "restored = [0] * 8",
            "both": "restored = [1, 1, 0, 0, 0, 0, 0, 0]",
            "other": "restored = [0, 0, 0, 0, 0, 0, 0, 1]",
        },
    ),
)
