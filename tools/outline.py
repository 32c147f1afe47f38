"""The book's outline: its five parts, each with one question, and their chapters; and the table of
chapters on each part's page (book/part_N.md)."""

import math
import re

PARTS = {
    1: (
        "I What problem?",
        {
            0: (
                "00_one_picture",
                "The paper in one picture",
                "from pixel to class by hand, eight words, three ideas, and the win",
            ),
            1: (
                "01_the_spiking_neuron",
                "The spiking neuron",
                "from an equation of physics to three lines of code; what a reset does",
            ),
            2: (
                "02_surrogate_gradients",
                "Surrogate gradients",
                "how to differentiate a step, by hand and against autograd",
            ),
            3: ("03_the_bill", "The bill", "what T steps cost in memory and in work, measured"),
        },
    ),
    2: (
        "II Why does it matter?",
        {
            4: (
                "04_energy_and_chips",
                "Energy and chips",
                "what a spike saves, where, and by whose count",
            ),
            5: (
                "05_earlier_ways_out",
                "Earlier ways out",
                "OTTT, SLTT, S-RevSNN, checkpoints: Table 1, measured",
            ),
        },
    ),
    3: (
        "III How do they solve it?",
        {
            6: (
                "06_which_gradients_matter",
                "Which gradients matter?",
                "Fig. 2 with the controls that it lacks",
            ),
            7: (
                "07_reversibility",
                "Reversibility",
                "undoing a time step, and why float arithmetic breaks it",
            ),
            8: (
                "08_turned_off",
                "Turned off",
                "neurons without a past, T groups, one encoding: O(1) inference",
            ),
            9: ("09_multi_level", "Several levels", "Eqs. (10) and (11), and the inverse derived"),
            10: (
                "10_the_basic_block",
                "The basic block",
                "standardised weights, ReZero, shortcuts, folding",
            ),
            11: (
                "11_t_revsnn_whole",
                "T-RevSNN, whole",
                "the pieces put together and trained on real images",
            ),
            12: (
                "12_event_cameras",
                "Event cameras",
                "input that moves, and what O(1) means there",
            ),
        },
    ),
    4: (
        "IV Is it true, where does it end, what is it for?",
        {
            13: ("13_the_tables", "The tables", "memory, time, energy and accuracy side by side"),
            14: (
                "14_ablations",
                "Ablations",
                "T, levels, ReZero, block: what each is worth, with spread",
            ),
            15: (
                "15_paper_and_code",
                "Paper and code",
                "the released code beside the paper, line by line",
            ),
            16: (
                "16_limits_and_after",
                "Limits, and what came after",
                "where the method ends, and who went on",
            ),
            17: ("17_uses", "Uses", "folding, export, event-driven inference"),
        },
    ),
    5: (
        "V Seminar",
        {
            18: ("18_recall", "Recall", "the five questions, from memory"),
            19: (
                "19_your_next_paper",
                "Your next paper",
                "an empty template by the same questions",
            ),
        },
    ),
}
"""Part -> (title, {chapter: (slug, name, what it is about)})."""

TABLE = re.compile(r"(?<=<!-- chapters -->\n).*?(?=<!-- end of chapters -->)", re.DOTALL)


def filled(text: str, part: int, chapters: dict[int, str], costs: dict[str, dict]) -> str:
    """A part's page with its table of chapters between the two comments; `chapters`: those in the
    book, `costs`: data/chapter_costs.json.

    Raises ValueError for a page without the comments."""
    if not TABLE.search(text):
        raise ValueError(
            f"book/part_{part}.md has no lines <!-- chapters --> and <!-- end of chapters "
            "-->, expected both, in this order."
        )
    return TABLE.sub(lambda found: f"\n{table(part, chapters, costs)}\n\n", text)


def table(part: int, chapters: dict[int, str], costs: dict[str, dict]) -> str:
    """A line per chapter with its minutes, as measured; a chapter that is not in the book has
    neither link nor minutes."""
    lines = ["| | chapter | minutes |", "|--:|---|--:|"]
    total, measured = 0, 0
    for number, (slug, name, about) in PARTS[part][1].items():
        linked = f"[{name}](../chapters/{chapters[number]}.ipynb)" if number in chapters else name
        shown = ""
        if number in chapters and slug in costs:
            measure = minutes(costs[slug])
            shown, total, measured = str(measure), total + measure, measured + 1
        lines.append(
            f"| {number} | {linked}{' ' if name.endswith('?') else ': '}{about} | {shown} |"
        )
    if measured > 1:
        lines.append(f"| | together | {total} |")
    return "\n".join(lines) + "\n\nMinutes to read and to run, as measured; exercises are extra."


def minutes(cost: dict) -> int:
    """Minutes to read a chapter and to run it."""
    return cost["minutes_to_read"] + math.ceil(cost["seconds"] / 60)
