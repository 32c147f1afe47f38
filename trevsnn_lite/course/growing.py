"""One cartoon of the network that grows through the chapters: at the left the network as far as it
is built, at the right what the chapter adds, larger.

A part keeps its place and form from the chapter that adds it to the end. A chapter that adds
nothing marks where on the network it looks. The cartoon has four steps and three stages of a few
neurons; the paper's network has four stages, and thousands of neurons in each. Inline SVG: hues are
the palette's, and the page's theme switches them."""

import functools
import html
import re
from collections.abc import Callable
from typing import NamedTuple

from trevsnn_lite.course import lenses
from trevsnn_lite.course.strokes import (
    HUES,
    arrows,
    badge,
    bends,
    bits,
    box,
    crosses,
    line,
    rings,
    text,
)

WIDTH, HEIGHT = 352, 207  # the network
X, Y, R = (76, 146, 216, 286), (144, 96, 48), 9.5  # steps, stages from below, a neuron
FOOT = 186  # where the input runs
STEPS, STAGES = range(len(X)), range(len(Y))


def repeated(name: str, unit: str, columns: int = len(X), rows: int = len(Y)) -> str:
    """A drawing at step 1 of stage 1, and again at other steps and stages."""
    rise, pitch = Y[1] - Y[0], X[1] - X[0]
    up = "".join(f'<use href="#g-{name}" y="{rise * s}"/>' for s in range(1, rows))
    across = "".join(f'<use href="#g-{name}-all" x="{pitch * t}"/>' for t in range(1, columns))
    return f'<g id="g-{name}-all"><g id="g-{name}">{unit}</g>{up}</g>{across}'


def neurons(places) -> str:
    return rings(places, R, "neuron")


# The parts, on the network's own grid.


def outline() -> str:
    x, y = 4, FOOT - 13
    shirt = f"M{x + 10} {y + 5}l-5 4 2 4 3-1v8h10v-8l3 1 2-4-5-4c-2 2-8 2-10 0z"
    grid = "".join(f"M{X[0]} {y - 3}H{X[3]}" for y in Y)
    return (
        line(grid + "".join(f"M{x} {FOOT}V{Y[2]}" for x in X) + f"M34 {FOOT}H{X[3]}", "ghost")
        + line(f"M{X[3] + R} {Y[2]}H316", "s-grey dots")
        + repeated("ghost", rings([(X[0], Y[0])], R, "ghost"))
        + "".join(text(X[t], 13, f"step {t + 1}", "mid") for t in STEPS)
        + "".join(text(2, Y[s] + 4, f"stage {s + 1}") for s in STAGES)
        + box(x, y, 30, 26, "sheet")
        + line(shirt, "f-grey")
        + text(350, Y[2] + 4, "class", "end")
    )


def neuron() -> str:
    return (
        neurons([(X[0], Y[0])])
        + arrows([(X[0], Y[0] - R, X[0], Y[1] + R)], "blue")
        + line(f"M34 {FOOT}H{X[0]}", "s-vermilion")
        + arrows([(X[0], FOOT, X[0], Y[0] + R)], "vermilion")
    )


def errors() -> str:
    down = [(X[0] - 8, Y[s + 1] + 5, X[0] - 36, Y[s] - 24, X[0] - 9, Y[s] - 5) for s in (0, 1)]
    return (
        neurons([(X[0], Y[1]), (X[0], Y[2])])
        + arrows([(X[0], Y[1] - R, X[0], Y[2] + R)], "blue")
        + bends(down, "ink")
    )


def steps() -> str:
    column = (
        arrows([(X[1], Y[s] - R, X[1], Y[s + 1] + R) for s in (0, 1)], "blue")
        + arrows([(X[1], FOOT, X[1], Y[0] + R)], "vermilion")
        + neurons([(X[1], y) for y in Y])
    )
    return (
        repeated("link", arrows([(X[0] + R, Y[0] - 3, X[1] - R, Y[0] - 3)], "orange"), 3)
        + line(f"M{X[0]} {FOOT}H{X[3]}", "s-vermilion")
        + repeated("column", column, 3, 1)
    )


def back_in_time() -> str:
    top = Y[2] - 9
    return repeated(
        "back", bends([(X[1] - 4, top, (X[0] + X[1]) / 2, top - 22, X[0] + 4, top)], "ink"), 3, 1
    )


def undoing() -> str:
    back = arrows([(X[1] - R, Y[0] + 4, X[0] + R, Y[0] + 4)], "blue")
    return repeated("undo", back + bits([(X[0] + 9, Y[0] - 15)]), 3) + rings(
        [(X[3], y) for y in Y], R, "f-orange held"
    )


def turned_off() -> str:
    row = rings([(X[0] + d, Y[0] + 22) for d in (-11, 0, 11)], 3.8, "hollow")
    return repeated("off", row)


def subnetworks() -> str:
    return repeated("band", box(X[0] - 26, 20, 52, FOOT - 28, "band", 8), rows=1)


def groups() -> str:
    return repeated("group", box(X[0] - 9, FOOT - 7, 18, 14, "sheet"), rows=1) + "".join(
        text(X[t], FOOT + 4, str(t + 1), "mid") for t in STEPS
    )


def levels() -> str:
    return repeated(
        "down", arrows([(X[0] + 8, Y[1] + 7, X[1] - 8, Y[0] - 7)], "orange", "dash"), 3, 2
    )


def blocks() -> str:
    x, y = X[0], Y[0]
    frame = line(f"M{x - 17} {y + 15.5}h34v13h-34z", "s-ink")
    return repeated("block", frame + line(f"M{x} {y + 33}h22v-20h-17", "s-vermilion"))


def whole() -> str:
    shared = line(f"M{X[0] - 8} {Y[0] + 12.5}h16", "s-grey wide")
    return repeated("shared", shared) + arrows([(X[3] + R, Y[2], 317, Y[2])], "ink", "bold", 7)


def events() -> str:
    x, y = X[0], FOOT + 14
    frame = (
        box(x - 9, y - 6, 18, 12, "sheet")
        + rings([(x - 4, y - 2), (x - 3, y + 2)], 1.5, "f-purple")
        + rings([(x + 3, y - 2), (x + 4, y + 2)], 1.5, "f-orange")
    )
    return repeated("frame", frame, rows=1) + text(x - 14, y + 4, "or", "end")


class Part(NamedTuple):
    """A part of the network: the chapter that adds it, its name for the reader, its drawing."""

    chapter: int
    name: str
    draw: Callable[[], str]


PARTS = {
    "outline": Part(0, "the outline: a photograph, four steps, three stages, a class", outline),
    "neuron": Part(1, "a neuron with its potential V, its input and its spike", neuron),
    "errors": Part(2, "errors that go back through spikes", errors),
    "steps": Part(3, "T steps, and potentials that go from step to step", steps),
    "back": Part(6, "the error’s way back in time", back_in_time),
    "undoing": Part(7, "steps undone: the last potentials and low bits are kept", undoing),
    "off": Part(8, "turned-off neurons", turned_off),
    "bands": Part(8, "a sub-network for each step", subnetworks),
    "groups": Part(8, "four groups of the image, encoded once", groups),
    "levels": Part(9, "links from the next stage", levels),
    "blocks": Part(10, "the block, with its shortcut", blocks),
    "whole": Part(11, "shared weights, and the read-out of the last step", whole),
    "events": Part(12, "events in place of the photograph", events),
}
"""In the order of the chapters; drawn in that order, but for what lies underneath."""
UNDERNEATH = ("outline", "bands")


def at(chapter: int) -> list[str]:
    """The parts that are there at the end of a chapter."""
    return [name for name, part in PARTS.items() if part.chapter <= chapter]


def new(chapter: int) -> list[str]:
    return [name for name, part in PARTS.items() if part.chapter == chapter]


# Marks of chapters that add nothing, on the network.


def mark_kept() -> str:
    return rings([(x, y) for x in X for y in Y], 13.5, "s-vermilion bold")


def mark_spikes() -> str:
    up = [(x, Y[s] - R, x, Y[s + 1] + R) for x in X for s in (0, 1)]
    return arrows(up, "blue", "bold", 7)


def mark_cuts() -> str:
    return crosses([((X[t] + X[t + 1]) / 2, y - 3) for t in STEPS[:-1] for y in Y], "s-sky wide", 6)


def mark_layers() -> str:
    down = [(x + 5, Y[s + 1] + R, x + 5, Y[s] - R) for x in X for s in (0, 1)]
    return arrows(down, "green", "bold", 7)


def mark_blocks() -> str:
    return line("".join(f"M{x - 17} {y + 15.5}h34v13h-34z" for x in X for y in Y), "s-blue bold")


def marks(*places) -> Callable[[], str]:
    """Numbered badges at (x, y)."""
    return lambda: "".join(badge(x, y, k) for k, (x, y) in enumerate(places, 1))


BETWEEN = tuple((X[t] + X[t + 1]) / 2 for t in STEPS[:-1])


class Chapter(NamedTuple):
    """What the drawing of a chapter says: the line below it, where the lens is (x, y, radius), and
    what is told to who does not see it, beside the parts."""

    caption: str
    lens: Callable[[], str]
    told: str
    spot: tuple[float, float, float] | None = None
    mark: Callable[[], str] | None = None


CHAPTERS = (
    Chapter(
        "So far: nothing. New: the outline, from a photograph to a class.",
        lenses.outline,
        "Colours, here and later: spikes are blue, potentials orange, real numbers vermilion; "
        "errors on their way back are dashed.",
    ),
    Chapter(
        "So far: the outline. New: one neuron, its potential and its spike.",
        lenses.neuron,
        "Input raises the potential V of a neuron, a leak lowers it, and at the threshold the "
        "neuron sends a spike to the stage above.",
        (X[0], Y[0], 15),
    ),
    Chapter(
        "So far: one neuron. New: errors go back through spikes.",
        lenses.errors,
        "Two neurons stand above the first. Forwards a spike is a step at the threshold; backwards "
        "the error is multiplied by the slope of a surrogate, a bell around the threshold.",
        (X[0] - 14, (Y[0] + Y[1]) / 2, 17),
    ),
    Chapter(
        "So far: one step. New: four steps, and what training keeps.",
        lenses.steps,
        "The column is drawn once for each of four steps; potentials go from step to step. "
        "Ordinary training keeps all 3 × 4 = 12 potentials, marked by rings: O(L T).",
        mark=mark_kept,
    ),
    Chapter(
        "So far: four steps. Here: the energy of one spike.",
        lenses.energy,
        "All arrows that carry spikes are marked. By the paper's prices an addition, for a spike, "
        "takes 0.9 pJ, a multiplication with an addition 4.6 pJ.",
        (X[1], (Y[0] + Y[1]) / 2, 15),
        mark_spikes,
    ),
    Chapter(
        "So far: four steps. Here: links in time that others cut.",
        lenses.cuts,
        "The links in time are crossed out, since OTTT and SLTT let no error go back along them: "
        "another gradient. Checkpoints and S-RevSNN compute states again: the same gradient.",
        (BETWEEN[1], Y[1] - 3, 15),
        mark_cuts,
    ),
    Chapter(
        "So far: four steps. New: an error’s way back in time.",
        lenses.back,
        "Dashed arrows lead from the last step back to the first. Each step back multiplies an "
        "error by 1 − 1/τ, at τ = 2 by one half.",
        (BETWEEN[1], Y[2] - 20, 13),
    ),
    Chapter(
        "So far: steps that are kept. New: steps that are undone.",
        lenses.undoing,
        "V[t+1] is V[t] times the decay, plus input. Backwards the input is taken away and the "
        "rest is divided by the decay. The last potentials are kept, and of earlier ones a few low "
        "bits: these are this book's addition to the paper's Eq. (9).",
        (BETWEEN[1], Y[1], 20),
    ),
    Chapter(
        "So far: neurons that remember. New: turned-off neurons, which forget.",
        lenses.off,
        "Below each turned-on neuron, which remembers, stands a row of turned-off ones, which have "
        "no link in time. Each step has its own sub-network, and its own group of the image, which "
        "is encoded once.",
        (X[1], Y[1] + 22, 20),
    ),
    Chapter(
        "So far: links within a stage. New: links from the next.",
        lenses.levels,
        "Eq. (10): a new potential is made of its own old one, of the old one of the next stage, "
        "and of spikes from below.",
        (BETWEEN[1], (Y[0] + Y[1]) / 2, 17),
    ),
    Chapter(
        "So far: rows of turned-off neurons. New: the block around them.",
        lenses.blocks,
        "The block: spikes, a 5 × 5 and a 1 × 1 convolution, spikes, a 1 × 1 and a 5 × 5 "
        "convolution, and the scale α, which is 0 at the start; a shortcut leads around them.",
        (X[1] + 2, Y[1] + 22, 23),
    ),
    Chapter(
        "So far: the parts. New: shared weights, one read-out: the whole.",
        lenses.whole,
        "All parts stand in full colour. The weights below each turned-on neuron are shared by all "
        "steps, and the last step alone is read.",
    ),
    Chapter(
        "So far: one photograph. New: events, a new frame each step.",
        lenses.events,
        "In place of the groups a frame of events enters at each step: dots where a pixel became "
        "brighter or darker.",
    ),
    Chapter(
        "So far: the whole. Here: where memory, time and energy arise.",
        lenses.tables,
        "Numbers mark the kept potentials, the steps and the spikes. Bars compare the Spike-driven "
        "Transformer with T-RevSNN by Table 2 of the paper: 730.0 and 85.7 MB an image, 18.8 and "
        "9.1 minutes an epoch, 4.5 and 2.8 mJ an image.",
        mark=marks((X[3] + 17, Y[1]), (X[1] + 36, 10), (X[0] + 12, Y[0] - 24)),
    ),
    Chapter(
        "So far: the whole. Here: four parts, changed one by one.",
        lenses.ablations,
        "Numbers mark what the paper changes, with points of accuracy: 16 steps instead of 4, "
        "−5.2; no link from the next stage, −1.2; no scale α, −0.3; MS-ResNet made reversible, "
        "−1.6.",
        mark=marks((X[3] + 34, 10), (BETWEEN[1], 120), (X[1] + 26, 166), (BETWEEN[0], Y[1])),
    ),
    Chapter(
        "So far: the paper’s network. Here: where the authors’ program differs.",
        lenses.code,
        "Numbers mark five places: the whole image enters at every step; the next stage sends "
        "spikes, not potentials; the decay is a free number; states of every step are kept; four "
        "read-outs are weighted.",
        mark=marks(
            (BETWEEN[0], FOOT), (BETWEEN[1], 72), (BETWEEN[1], Y[0]), (X[0], Y[2]), (308, Y[2] - 16)
        ),
    ),
    Chapter(
        "So far: the whole. Here: four limits of it.",
        lenses.limits,
        "Numbers mark four limits: a network trained for four steps has no fifth; at τ = 2 a "
        "potential is 1/128 of itself after seven steps; more steps take more time to train; on "
        "still images time added no accuracy that this book could see.",
        mark=marks((X[3] + 34, 10), (BETWEEN[1], Y[1]), (X[1] + 36, 10), (331, Y[2] + 18)),
    ),
    Chapter(
        "So far: the trained whole. Here: two layers merged into one.",
        lenses.uses,
        "A 5 × 5 layer and the 1 × 1 layer after it have few weights, and real numbers between "
        "them. Merged into one layer they only add, and have many weights.",
        (X[1] + 2, Y[1] + 22, 23),
        mark_blocks,
    ),
    Chapter(
        "So far: everything. Here: can you name each part?",
        lenses.recall,
        "Purpose, method, process, results, conclusion: five questions, from memory.",
        mark=lambda: "".join(
            badge(x, y, "?")
            for x, y in (
                (X[1], Y[1]),
                (X[2], Y[0] + 22),
                (BETWEEN[1], 72),
                (BETWEEN[0], Y[2]),
                (X[3], FOOT),
            )
        ),
    ),
    Chapter(
        "So far: T-RevSNN. Here: another paper’s way, on the same drawing.",
        lenses.next_paper,
        "Green arrows go down in each column: S-RevSNN undoes layers, T-RevSNN undoes steps.",
        (X[1] + 5, (Y[0] + Y[1]) / 2, 17),
        mark_layers,
    ),
)


def _group(name: str, state: str, drawing: str, title: str, address: str | None) -> str:
    inner = f'<g class="{state}" data-part="{name}">{drawing}</g>'
    if address is None:
        return inner
    told = f"<title>{html.escape(title)}</title>"
    return f'<a href="{html.escape(address)}" tabindex="-1">{told}{inner}</a>'


def network(chapter: int, address: Callable[[int], str]) -> str:
    """The network at a chapter: what is there is quiet, and leads to the chapter that added it."""
    bright = chapter in (11, 18)  # where the whole is the subject
    fresh = new(chapter)
    order = sorted(at(chapter), key=lambda name: (name not in UNDERNEATH, name in fresh))
    found = []
    for name in order:
        part = PARTS[name]
        there = None if name in fresh else address(part.chapter)
        state = "new" if name in fresh else "there" if bright or name == "outline" else "quiet"
        state += " built" * (name == "outline" and "steps" in order)
        title = f"Chapter {part.chapter}: {part.name}"
        found.append(_group(name, state, part.draw(), title, there))
    one = CHAPTERS[chapter]
    extra = f'<g class="new">{one.mark()}</g>' if one.mark else ""
    if one.spot:
        x, y, r = one.spot
        extra += f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" class="gspot"/>'
    return (
        f'<svg class="gnet" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false">'
        f"{''.join(found)}{extra}</svg>"
    )


def told(chapter: int) -> str:
    """The drawing in words."""
    there = "; ".join(PARTS[name].name for name in at(chapter) if name not in new(chapter))
    added = "; ".join(PARTS[name].name for name in new(chapter))
    return (
        "A cartoon of the paper’s network, as far as it is built"
        + (f". There: {there}" if there else "")
        + (f". New: {added}" if added else "")
        + f". {CHAPTERS[chapter].told}"
    )


@functools.cache
def _palette() -> str:
    from trevsnn_lite.course.palette import DARK, PALETTE

    return "".join(f"--g-{hue}:light-dark({PALETTE[hue]},{DARK[hue]});" for hue in HUES)


def figure(chapter: int, address: Callable[[int], str]) -> str:
    """The chapter's drawing as HTML. address: a chapter's page, by its number.

    Raises ValueError for a chapter that the book does not have."""
    if not 0 <= chapter < len(CHAPTERS):
        raise ValueError(f"chapter is {chapter!r}, expected one of 0 to {len(CHAPTERS) - 1}.")
    one = CHAPTERS[chapter]
    ringed = " ringed" if one.spot else ""
    items = "".join(
        f'<li><a href="{html.escape(address(part.chapter))}">Chapter {part.chapter}</a>: '
        f"{html.escape(part.name)}</li>"
        for name, part in PARTS.items()
        if part.chapter < chapter
    )
    past, word, rest = re.split(r" (New|Here): ", html.escape(one.caption))
    caption = f"<span>{past}</span> <b>{word}:</b> {rest}"
    parts = f'<nav aria-label="Parts so far"><ul>{items}</ul></nav>'
    below = f"<details><summary>{caption}</summary>{parts}</details>" if items else caption
    return (
        f'<figure class="growing" style="{_palette()}"><div class="gboth">'
        f"{network(chapter, address)}"
        f'<svg class="glens{ringed}" viewBox="0 0 {lenses.WIDTH} {lenses.HEIGHT}" role="img" '
        f'aria-label="{html.escape(told(chapter))}">{one.lens()}</svg></div>'
        f"<figcaption>{below}</figcaption></figure>"
    )
