"""The film of the front page: a small network run forwards by Eq. (10), then the error's way back
through it, level by level. On the left every step is kept, on the right the last one and the tape,
from which each potential is undone before the error needs it. At the end stands the gradient.

It has no settings, as the demos of chapters have: `run` computes it with the library, `film` draws
all of it, and undo_network.js shows and hides what is drawn."""

import html
import json
import pathlib
from typing import NamedTuple

import torch
from torch import Tensor

from trevsnn_lite.spike_tape import leak_and_add, read, unpack, write
from trevsnn_lite.spikes import rectangle

LEVELS, NEURONS, STEPS = 3, 4, 12
DECAY, FEEDBACK, THRESHOLD, BITS = 0.5, 0.25, 1.0, 2
LEFT, PITCH, TOP, ROW, GAP = 50, 25.6, 4, 11, 9
FLOOR, TALLEST = 208, 44  # of the bars


class Run(NamedTuple):
    """What was computed: potentials V[1] to V[T] as [step][level] tensors of N neurons, the same
    as undone from the last step and the tape, the tape's codes [step][level] (none for the last
    step), what each level was given at the step after (none for the last), and the bytes kept when
    0, 1, ..., T L levels have been computed; the gradient of each level's weights, by what was kept
    and by what was undone."""

    forward: list[list[Tensor]]
    undone: list[list[Tensor]]
    codes: list[list[Tensor]]
    given: list[list[Tensor]]
    stored: list[int]
    taped: list[int]
    gradient: list[Tensor]
    gradient_undone: list[Tensor]


def run(seed: int = 0) -> Run:
    """The network forwards, and backwards with `spike_tape`: random weights, an input
    that is on or off at random."""
    draw = torch.Generator().manual_seed(seed)
    weights = 0.5 * torch.randn(LEVELS, NEURONS, NEURONS, generator=draw) + 0.15
    inputs = 1.2 * (torch.rand(STEPS, NEURONS, generator=draw) < 0.4)
    decay = torch.tensor(DECAY)

    def current(t: int, level: int, now: list[Tensor], before: list[Tensor]) -> Tensor:
        """What level `level` gets at step t: from below at t, from above at t - 1."""
        below = inputs[t] if level == 0 else (now[level - 1] >= THRESHOLD).float()
        above = FEEDBACK * before[level + 1] if level < LEVELS - 1 else torch.zeros(NEURONS)
        return weights[level] @ below + above

    rest = [torch.zeros(NEURONS)] * LEVELS
    forward, tape = [], []
    for t in range(STEPS):
        now, before = [], forward[-1] if forward else rest
        for level in range(LEVELS):
            now.append(leak_and_add(before[level], decay, current(t, level, now, before)))
        if forward:
            tape.append([write(old, new, decay, None, BITS) for old, new in zip(before, now)])
        forward.append(now)
    undone, added = [forward[-1]], []
    for t in range(STEPS - 1, 0, -1):
        now, before = undone[0], [torch.empty(0)] * LEVELS
        added.insert(0, [torch.empty(0)] * LEVELS)
        for level in reversed(range(LEVELS)):
            added[0][level] = given = current(t, level, now, before)
            before[level] = read(tape[t - 1][level], now[level], given, decay, THRESHOLD)
        undone.insert(0, before)
    codes = [
        [unpack(entry.data, BITS, torch.Size([NEURONS])) for entry in entries] for entries in tape
    ]
    size = forward[0][0].numel() * forward[0][0].element_size()
    stored = [size * count for count in range(STEPS * LEVELS + 1)]
    taped = [
        size * min(count, LEVELS)
        + sum(tape[k // LEVELS][k % LEVELS].data.numel() for k in range(max(0, count - LEVELS)))
        for count in range(STEPS * LEVELS + 1)
    ]
    by = [gradient(kept, weights, inputs) for kept in (forward, undone)]
    return Run(forward, undone, codes, added, stored, taped, *by)


def gradient(kept: list[list[Tensor]], weights: Tensor, inputs: Tensor) -> list[Tensor]:
    """The gradient of each level's weights by Eqs. (3) and (4), from the potentials [step][level]:
    the loss is the number of the last level's spikes."""
    found = [torch.zeros(NEURONS, NEURONS) for _ in range(LEVELS)]
    later = [torch.zeros(NEURONS)] * LEVELS  # the errors of the step after
    for t in reversed(range(STEPS)):
        errors = [torch.zeros(NEURONS)] * LEVELS
        for level in reversed(range(LEVELS)):
            last = level == LEVELS - 1
            of_spikes = torch.ones(NEURONS) if last else weights[level + 1].T @ errors[level + 1]
            error = rectangle(kept[t][level] - THRESHOLD) * of_spikes + DECAY * later[level]
            if level:  # the level below took this potential in at the next step
                error = error + FEEDBACK * later[level - 1]
            below = (kept[t][level - 1] >= THRESHOLD).float() if level else inputs[t]
            found[level] += error[:, None] * below
            errors[level] = error
        later = errors
    return found


def told(found: Run) -> dict[str, int]:
    """The numbers of the film's words."""
    earlier = list(zip(found.forward[:-1], found.undone[:-1]))
    same = sum((a == b).sum().item() for old, new in earlier for a, b in zip(old, new))
    return {
        "levels": LEVELS,
        "neurons": NEURONS,
        "steps": STEPS,
        "bits": BITS,
        "stored": found.stored[-1],
        "taped": found.taped[-1],
        "earlier": (STEPS - 1) * LEVELS * NEURONS,
        "same": same,
        "gradients": sum(
            (a == b).sum().item() for a, b in zip(found.gradient, found.gradient_undone)
        ),
        "tape": found.taped[-1] - found.stored[LEVELS],
        "spikes": sum((v >= THRESHOLD).sum().item() for step in found.forward for v in step),
    }


def sums(found: Run) -> list[list]:
    """For each level of each step but the last: the neuron of the largest potential, and the
    division that undoes it, which rounding leaves a few steps of the grid wide; its bits on the
    tape tell which it was."""
    lines = []
    for t in range(STEPS - 1):
        for level in range(LEVELS):
            neuron = int(found.undone[t][level].argmax())
            new, given = (
                where[level][neuron].item() for where in (found.undone[t + 1], found.given[t])
            )
            values = {
                "new": _signed(new),
                "given": _signed(given),
                "decay": DECAY,
                "old": _signed((new - given) / DECAY),
                "code": f"{int(found.codes[t][level][neuron]):0{BITS}b}",
            }
            place = (_x(t) - 2, _y(level, neuron) - 2)
            lines.append([*place, WORDS["undone"].format_map(values)])
    return lines


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")  # + 0.0: no minus before a zero


def panel(found: Run, kind: str) -> str:
    """One side as SVG, at the end of the way forwards: a group for each level of each step, with
    its potentials and spikes, its bits on the tape, and its empty places; the error's frame, and
    the gradient that it leaves; below, a bar a step."""
    parts = []
    for t in range(STEPS):
        for level in range(LEVELS):
            state = "kept" if kind == "store" or t == STEPS - 1 else "bits"
            parts.append(
                f'<g data-k="{t * LEVELS + level}" data-s="{state}">'
                f"{_cells(found, kind, t, level)}</g>"
            )
    sizes = found.stored if kind == "store" else found.taped
    for t in range(STEPS):
        height = TALLEST * sizes[(t + 1) * LEVELS] / found.stored[-1]
        parts.append(
            f'<rect class="bar" data-t="{t}" x="{_x(t):g}" y="{FLOOR - height:.2f}" width="20" '
            f'height="{height:.2f}"/>'
        )
    for level in range(LEVELS):
        parts.append(f'<text x="{LEFT - 6}" y="{_y(level, 1) + 13}">level {level + 1}</text>')
    parts.append(f'<text x="{LEFT - 6}" y="{FLOOR - 2}">kept</text>')
    for t, label in ((0, "step 1"), (STEPS - 1, str(STEPS))):
        parts.append(f'<text class="axis" x="{_x(t) + 10:g}" y="{FLOOR + 14}">{label}</text>')
    parts.append('<rect class="error" width="24" height="46" rx="2"/>')
    if kind == "taped":
        parts.append('<rect class="now" width="24" height="12" rx="1"/>')
    parts.append(_result(found.gradient if kind == "store" else found.gradient_undone))
    parts.append(f'<path class="floor" d="M{LEFT} {FLOOR + 0.5}H{_x(STEPS) - 4:g}"/>')
    return (
        f'<svg class="panel {kind}" viewBox="0 0 360 226" aria-hidden="true" '
        f'focusable="false">{"".join(parts)}</svg>'
    )


def _x(t: int) -> float:
    return LEFT + PITCH * t


def _y(level: int, neuron: int) -> float:
    return TOP + (LEVELS - 1 - level) * (NEURONS * ROW + GAP) + neuron * ROW


def _cells(found: Run, kind: str, t: int, level: int) -> str:
    x, places, kept, marks = _x(t), [], [], {"spike": [], "one": [], "nought": []}
    for neuron, v in enumerate(found.forward[t][level].tolist()):
        y = _y(level, neuron)
        places.append(f"M{x:g} {y}h20v8h-20z")
        shade = 0.12 + 0.4 * min(max(v, 0.0), 1.5)
        kept.append(f'<rect x="{x:g}" y="{y}" width="20" height="8" fill-opacity="{shade:.2f}"/>')
        if v >= THRESHOLD:
            marks["spike"].append(f"M{x + 8.5:g} {y - 1}h3v10h-3z")
        if kind == "taped" and t < STEPS - 1:
            code = int(found.codes[t][level][neuron])
            for bit in range(BITS):
                name = "one" if code >> (BITS - 1 - bit) & 1 else "nought"
                marks[name].append(f"M{x + 5 + 6 * bit:g} {y + 2}h4v4h-4z")
    drawn = {name: f'<path class="{name}" d="{"".join(d)}"/>' for name, d in marks.items() if d}
    taped = drawn.get("one", "") + drawn.get("nought", "")
    return (
        f'<path class="place" d="{"".join(places)}"/>'
        f'<g class="v">{"".join(kept)}{drawn.get("spike", "")}</g>'
        + (f'<g class="b">{taped}</g>' if taped else "")
    )


def _result(gradient: list[Tensor]) -> str:
    """The gradient of each level's weights as a square of shades, at that level's height."""
    most = max(g.abs().max().item() for g in gradient)
    cells = [
        f'<rect x="{110 + 26 * column}" y="{_y(level, row)}" width="26" height="11" '
        f'fill-opacity="{0.5 + 0.5 * value / most:.2f}"/>'
        for level in range(LEVELS)
        for row, values in enumerate(gradient[level].tolist())
        for column, value in enumerate(values)
    ]
    names = [
        f'<text class="axis" x="262" y="{_y(1, 1) + 6 + 15 * row}">{line}</text>'
        for row, line in enumerate(("gradient of", "the weights"))
    ]
    return f'<g class="result">{"".join(cells + names)}</g>'


WORDS = {
    "store": "Keep every step",
    "taped": "Undo, with a tape",
    "bytes": " bytes",
    "most": " bytes at most",
    "peak": " of {peak} bytes",
    "forward": "Forwards, step {t} of {steps}",
    "turn": "Last step reached: now the error goes back",
    "back": "The error is at step {t} of {steps}: what it needs is undone",
    "undone": "(next {new} − input {given}) / decay {decay} ≈ {old}, exact with its bits {code}",
    "end": "{taped} bytes, not {stored}: {same} potentials and {gradients} gradients equal, "
    "bit for bit",
    "play": "Play",
    "pause": "Pause",
    "before": "One moment back",
    "after": "One moment on",
    "moment": "Moment",
    "says": "{where}. Kept: {stored} bytes on the left, {taped} on the right",
    "says-end": "{where}. Kept at most: {stored} bytes on the left, {taped} on the right",
    "legend": "row: a neuron · shade: its potential · bar: a spike · squares: {bits} bits on the "
    "tape, {tape} bytes in all · thick frame: the error · green frame: undone, and equal",
    "whole": "A network of {levels} levels of {neurons} neurons runs {steps} steps and sends "
    "{spikes} spikes. Left, every potential is kept: {stored} bytes, more with each step. Right, "
    "the last step and {bits} bits per neuron and earlier step: {taped} bytes, nearly flat. As the "
    "error goes back, {same} of {earlier} earlier potentials are undone with the tape, bit for "
    "bit, and the gradients of all {gradients} weights are equal.",
}


def film() -> str:
    """The film as HTML: the still at the end of the way forwards, with its words, and the script
    that moves it."""
    found = run()
    numbers = told(found)
    words = {
        name: text.format_map(numbers) if name in ("legend", "whole", "end") else text
        for name, text in WORDS.items()
    }
    spec = {
        "levels": LEVELS,
        "steps": STEPS,
        "stored": found.stored,
        "taped": found.taped,
        "sums": sums(found),
        "words": words,
    }
    script = pathlib.Path(__file__).with_suffix(".js").read_text("utf8")
    sides = "".join(
        f'<div class="side"><p class="name {kind}">{words[kind]}</p>{panel(found, kind)}'
        f'<p class="count {kind}"><b>{numbers[total]}</b> bytes</p></div>'
        for kind, total in (("store", "stored"), ("taped", "taped"))
    )
    return (
        f'<div class="film" role="group" aria-label="{html.escape(words["whole"])}">'
        f'<p class="where">{words["turn"]}</p><div class="sides">{sides}</div>'
        f'<div class="moves"></div><p class="legend">{words["legend"]}</p></div>\n'
        f"<script>((spec) => {{\n{script}}})({json.dumps(spec, ensure_ascii=False)})</script>"
    )
