"""The boards of a seminar as drawings (SVG): for the teaching pages, the slides and the handouts.

Each is 640 units wide with letters of 20 or more, so that it reads on a telephone, on a wall and on
half a page of paper. What is drawn is the boards' text in book/teaching/boards.md."""

import html
from dataclasses import dataclass, field

WIDTH = 640
INK, BLUE, RED, QUIET, SOFT = "#1b1f24", "#0072b2", "#b03a00", "#5b6570", "#eef1f4"


@dataclass
class Drawing:
    """A board's marks, and what it shows for somebody who does not see it."""

    title: str
    alt: str
    height: int
    marks: list[str] = field(default_factory=list)

    def text(self, x, y, words, size=21, anchor="start", colour=INK, bold=False) -> None:
        weight = ' font-weight="700"' if bold else ""
        self.marks.append(
            f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}"{weight}>{html.escape(words)}</text>'
        )

    def line(self, x1, y1, x2, y2, colour=INK, width=2, dashed=False, arrow=False) -> None:
        more = ' stroke-dasharray="7 6"' if dashed else ""
        self.marks.append(
            f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" '
            f'stroke-width="{width}"{more}/>'
        )
        if arrow:
            self._head(x1, y1, x2, y2, colour)

    def _head(self, x1, y1, x2, y2, colour) -> None:
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        points = [
            (x2, y2),
            (x2 - 12 * ux + 6 * uy, y2 - 12 * uy - 6 * ux),
            (x2 - 12 * ux - 6 * uy, y2 - 12 * uy + 6 * ux),
        ]
        shape = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.marks.append(f'<polygon points="{shape}" fill="{colour}"/>')

    def box(self, x, y, width, height, fill="none", colour=INK, dashed=False) -> None:
        more = ' stroke-dasharray="6 5"' if dashed else ""
        self.marks.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}" '
            f'stroke="{colour}" stroke-width="2"{more}/>'
        )

    def ring(self, x, y, radius=16, colour=BLUE) -> None:
        self.marks.append(
            f'<circle cx="{x}" cy="{y}" r="{radius}" fill="#fff" stroke="{colour}" '
            'stroke-width="3"/>'
        )

    def rows(self, top, step, columns, rows, size=21, heads=True) -> None:
        """A table: `columns` are (x, anchor); the first row is bold where `heads`."""
        for n, row in enumerate(rows):
            for (x, anchor), words in zip(columns, row):
                self.text(x, top + n * step, words, size, anchor, INK, heads and n == 0)
        if heads:
            self.line(16, top + 11, WIDTH - 16, top + 11, QUIET, 1)

    def svg(self) -> str:
        body = "\n".join(self.marks)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
            f'role="img" aria-label="{html.escape(self.alt)}" '
            "font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\">\n"
            f'<rect width="{WIDTH}" height="{self.height}" fill="#fff"/>\n{body}\n</svg>\n'
        )


def _b1() -> Drawing:
    d = Drawing(
        "The four questions",
        "Four fields: 1 what problem, 2 why does it matter, 3 how solved, 4 highlights, limits, "
        "uses. Below them room for open questions and for votes.",
        400,
    )
    d.line(320, 20, 320, 300)
    d.line(20, 160, 620, 160)
    for x, y, words in (
        (30, 54, "1  WHAT problem?"),
        (340, 54, "2  WHY does it matter?"),
        (30, 194, "3  HOW solved?"),
        (340, 194, "4  Highlights, limits,"),
        (374, 222, "uses?"),
    ):
        d.text(x, y, words, 23, bold=True)
    d.line(20, 300, 620, 300)
    d.text(30, 340, "OPEN:", 22, colour=QUIET)
    d.text(340, 340, "VOTES A: __ __ __", 22, colour=QUIET)
    d.text(424, 376, "B: __ __ __", 22, colour=QUIET)
    return d


def _b2() -> Drawing:
    d = Drawing(
        "The bill",
        "A grid of four layers and three steps, twelve cells; a fourth column of four cells is "
        "dashed. One more step adds L cells, one more layer T cells.",
        520,
    )
    for layer in range(4):
        y = 26 + 58 * layer
        d.text(16, y + 32, f"layer {4 - layer}", 21)
        for step in range(4):
            d.box(120 + 70 * step, y, 54, 46, SOFT if step < 3 else "none", INK, dashed=step == 3)
    for step in range(4):
        d.text(147 + 70 * step, 288, f"t = {step + 1}", 20, "middle")
    d.text(420, 60, "one cell: what one", 20)
    d.text(420, 86, "layer keeps at one", 20)
    d.text(420, 112, "step", 20)
    d.text(420, 160, "training holds all:", 20)
    d.text(420, 188, "L · T", 24, bold=True, colour=BLUE)
    for n, words in enumerate(
        (
            "1  one more step:  + L cells  ?",
            "2  one more layer:  + T cells  ?",
            "3  an answer alone: one column at a time",
            "4  T-RevSNN: the last column, and bits",
        )
    ):
        d.text(24, 346 + 46 * n, words, 22)
    return d


def _b3() -> Drawing:
    d = Drawing(
        "Undo a neuron",
        "Decay one half. Forwards the potentials are 0.40, 1.10, 0.65, 0.825, with inputs 0.9, "
        "0.1, 0.5. Backwards 0.65, 1.10, 0.40. From 0.83 the errors are 0.005, 0.01, 0.02, 0.04.",
        430,
    )
    columns = [(20, "start"), (180, "end"), (330, "end"), (385, "start")]
    rows = [
        ("step", "input", "potential", "going back"),
        ("t = 0", "", "0.40", "2 (1.10 − 0.9) = 0.40"),
        ("t = 1", "0.9", "1.10 *", "2 (0.65 − 0.1) = 1.10"),
        ("t = 2", "0.1", "0.65", "2 (0.825 − 0.5) = 0.65"),
        ("t = 3", "0.5", "0.825", "start here"),
    ]
    d.rows(40, 54, columns, rows)
    d.line(364, 262, 364, 92, BLUE, 3, arrow=True)
    d.text(20, 312, "* a spike, at the threshold 1. Decay 1/2: undoing", 21, colour=QUIET)
    d.text(20, 340, "multiplies by 2.", 21, colour=QUIET)
    d.text(20, 384, "From 0.83 in place of 0.825: wrong by", 21)
    d.text(20, 414, "0.005,  0.01,  0.02,  and at the start  ?   → 0.04", 21)
    return d


def _b4() -> Drawing:
    d = Drawing(
        "What runs when",
        "Two levels at three steps. Boxes are turned-off layers: they run and keep nothing. Rings "
        "are turned-on neurons: arrows lead from each ring to the next step, and a dashed arrow "
        "from level 2 down to level 1 of the next step. Each step gets its own group of one "
        "encoding of the image.",
        520,
    )
    xs = (170, 340, 510)
    for n, x in enumerate(xs):
        d.text(x, 34, f"t = {n + 1}", 21, "middle", bold=True)
        for y in (70, 200):
            d.box(x - 40, y + 42, 80, 40, SOFT)
        d.line(x, 242, x, 220, QUIET, 2, arrow=True)
        d.line(x, 112, x, 90, QUIET, 2, arrow=True)
        d.line(x, 182, x, 154, QUIET, 2, arrow=True)
        d.line(x, 322, x, 286, QUIET, 2, arrow=True)
        d.text(x, 346, f"group {n + 1}", 21, "middle")
        if n < 2:
            for y in (72, 202):
                d.line(x + 18, y, xs[n + 1] - 20, y, BLUE, 3, arrow=True)
            d.line(x + 14, 82, xs[n + 1] - 16, 190, RED, 2, dashed=True, arrow=True)
    for x in xs:
        for y in (72, 202):
            d.ring(x, y)
    d.text(16, 80, "level 2", 21)
    d.text(16, 210, "level 1", 21)
    d.text(16, 346, "image", 21)
    for n, (words, colour) in enumerate(
        (
            ("boxes: turned off. They run, and keep nothing", INK),
            ("rings: turned on. They keep their potential", BLUE),
            ("dashed: the arrow that is asked for, Eq. (10)", RED),
            ("all groups are of ONE encoding of the image", INK),
        )
    ):
        d.text(24, 396 + 34 * n, words, 21, colour=colour)
    return d


def _b5() -> Drawing:
    d = Drawing(
        "Three resets",
        "Decay 0.5, threshold 1, potential 1.4, then an input of 0.6. No reset: 1.40, 0.70, 1.30. "
        "Soft: 0.40, 0.20, 0.80. Hard: 0.00, 0.00, 0.60.",
        400,
    )
    d.text(20, 36, "decay 0.5, threshold 1; potential 1.4, then input 0.6", 21, colour=QUIET)
    columns = [(20, "start"), (270, "end"), (440, "end"), (610, "end")]
    rows = [
        ("", "after reset", "after leak", "+ input"),
        ("no reset", "1.40", "0.70", "1.30"),
        ("soft", "0.40", "0.20", "0.80"),
        ("hard", "0.00", "0.00", "0.60"),
    ]
    d.rows(88, 50, columns, rows)
    d.text(20, 310, "Which row lets you compute 1.40 again?", 22, bold=True)
    for x, words in ((20, "none: yes"), (200, "soft: with one bit"), (470, "hard: no")):
        d.text(x, 350, words, 22)
    return d


def _b6() -> Drawing:
    d = Drawing(
        "Several levels",
        "All decays 0.5, no currents. Old potentials 0.8, 0.6, 0.4 of levels 3, 2, 1 become 0.4, "
        "0.7, 0.9. Going back from the top: 0.8, then 0.6, then 0.4.",
        470,
    )
    columns = [(20, "start"), (150, "end"), (190, "start")]
    rows = [
        ("", "old", "new"),
        ("level 3", "0.8", "0.4"),
        ("level 2", "0.6", "0.3 + 0.4 = 0.7"),
        ("level 1", "0.4", "0.2 + 0.3 + 0.4 = 0.9"),
    ]
    d.rows(36, 46, columns, rows)
    d.text(470, 82, "all decays 0.5,", 20, colour=QUIET)
    d.text(470, 110, "no currents", 20, colour=QUIET)
    d.text(20, 236, "going back, from the top", 21, bold=True)
    d.line(16, 247, 624, 247, QUIET, 1)
    for n, words in enumerate(
        (
            "1   0.4 / 0.5 = 0.8",
            "2   (0.7 − 0.4) / 0.5 = 0.6",
            "3   (0.9 − 0.4 − 0.3) / 0.5 = 0.4",
        )
    ):
        d.text(20, 284 + 42 * n, words, 22, colour=BLUE)
    d.text(20, 418, "Why from the top? Level 3 hears nobody, level 1 all.", 21)
    d.text(20, 450, "The network keeps the nearest term alone.", 21, colour=QUIET)
    return d


def _b7() -> Drawing:
    d = Drawing(
        "Three steps backwards",
        "Without reset, decay 0.5. From above −1, 0, +1 at steps 3, 2, 1; errors −1, −0.5, +0.75. "
        "The gradient is their sum, −0.75. Cut in time it is 0.",
        420,
    )
    d.text(20, 36, "no reset, decay 0.5, all inside a window of height 1,", 21, colour=QUIET)
    d.text(20, 64, "inputs 1; the loss wishes +1, 0, −1 of the spikes", 21, colour=QUIET)
    columns = [(20, "start"), (250, "end"), (480, "end"), (610, "end")]
    rows = [
        ("", "above", "the step after", "error"),
        ("t = 3", "−1", "", "−1"),
        ("t = 2", "0", "0.5 · (−1)", "−0.5"),
        ("t = 1", "+1", "0.5 · (−0.5)", "+0.75"),
    ]
    d.rows(116, 50, columns, rows)
    d.text(610, 322, "gradient = sum = −0.75", 22, "end", BLUE, True)
    d.text(20, 368, "cut in time (SLTT):  −1 + 0 + 1 = 0", 22)
    d.text(20, 402, "same direction, same size, or neither?", 22)
    return d


def _b8() -> Drawing:
    d = Drawing(
        "A picojoule at a time",
        "Artificial: one multiply-accumulate a connection, 4.6 pJ. Spiking: one addition for each "
        "spike, 0.9 pJ times rate times T. Equal at r T = 4.6 / 0.9 = 5.1 spikes per image.",
        430,
    )
    for n, (left, middle, right) in enumerate(
        (
            ("artificial", "a multiply-accumulate", "4.6 pJ"),
            ("spiking", "an addition for each spike", "0.9 pJ"),
            ("", "T steps, rate r", "0.9 · r · T"),
        )
    ):
        y = 46 + 46 * n
        d.text(20, y, left, 22, bold=True)
        d.text(160, y, middle, 22)
        d.text(620, y, right, 22, "end", BLUE)
    d.line(16, 164, 624, 164, QUIET, 1)
    d.text(20, 204, "equal at  r · T = ?", 23, bold=True)
    d.text(620, 204, "4.6 / 0.9 = 5.1 spikes per image", 22, "end", BLUE)
    d.text(20, 272, "first layer: multiplies real numbers. Once,", 22)
    d.text(20, 302, "or T times?", 22)
    d.text(20, 360, "not counted: memory, wires, the neuron itself", 22, colour=RED)
    d.text(20, 404, "prices: 45 nm, one operation", 21, colour=QUIET)
    return d


def _b9() -> Drawing:
    d = Drawing(
        "Table 1 by arrows",
        "For STBP, OTTT and SLTT, S-RevSNN, T-RevSNN and checkpoints: whether time runs forwards, "
        "whether the gradient runs through time, what is kept, and what is computed again.",
        430,
    )
    columns = [(12, "start"), (160, "start"), (270, "start"), (380, "start"), (500, "start")]
    rows = [
        ("", "forwards", "gradient", "kept", "again"),
        ("STBP", "yes", "yes", "L · T", "–"),
        ("OTTT, SLTT", "yes", "cut", "L", "–"),
        ("S-RevSNN", "yes", "yes", "T", "every layer"),
        ("T-RevSNN", "few", "few", "L, bits", "every step"),
        ("checkpoints", "yes", "yes", "between", "cells, once"),
    ]
    d.rows(66, 48, columns, rows, 20)
    d.text(160, 34, "in time", 20, colour=QUIET)
    d.text(270, 34, "in time", 20, colour=QUIET)
    d.text(500, 34, "computed", 20, colour=QUIET)
    d.text(12, 362, "Ask for each row: which network? which gradient?", 21)
    d.text(12, 394, "which bill?", 21)
    return d


def _b10() -> Drawing:
    d = Drawing(
        "One factor, taken apart",
        "The factor is A over C, which is A over B times B over C. A: the rival network, plain. "
        "B: this network without its method. C: this network with it. Example: 3.1 = 0.79 · 3.9.",
        420,
    )
    d.text(20, 70, "factor  =", 24)
    d.text(300, 52, "A: the rival network, plain", 21, "middle")
    d.line(140, 64, 460, 64)
    d.text(300, 92, "C: this one, with its method", 21, "middle")
    d.text(140, 138, "= (A / B) · (B / C)", 24, bold=True, colour=BLUE)
    for n, words in enumerate(
        (
            "B: this network WITHOUT its method",
            "A / B: another network",
            "B / C: the method",
            "small example:  3.1 = 0.79 · 3.9",
        )
    ):
        d.text(20, 186 + 40 * n, words, 22)
    d.line(16, 326, 624, 318, QUIET, 1)
    d.text(20, 364, "Then ask: which batch? which T? which card?", 22)
    d.text(20, 396, "what is counted?", 22)
    return d


BOARDS = {
    f"B{n}": draw for n, draw in enumerate((_b1, _b2, _b3, _b4, _b5, _b6, _b7, _b8, _b9, _b10), 1)
}


def board(name: str) -> Drawing:
    """The drawing of "B1"."""
    return BOARDS[name]()
