"""Diagrams of this book, drawn from a configuration: T-RevSNN whole (the paper's Fig. 3), the basic
block (Fig. 4) and the four memory strategies.

Every part carries an id in the SVG ("potential-t-l", "feedback-t-from-to", ...), so that a test can
count what a drawing shows."""

from typing import NamedTuple

from trevsnn_lite.config import TRevSNNConfig
from trevsnn_lite.course.notebook import Picture, show
from trevsnn_lite.course.palette import PALETTE
from trevsnn_lite.shapes import level_shapes
from trevsnn_lite.spike_tape import bits_needed

PITCH, RISE = 2.3, 1.75  # between columns, between levels
SPIKES, SCALE, SHARED, PAPER = "#cfe3f1", "#f7dcc9", "#f0c541", "white"
BLUE, RED, ORANGE, GREY = (PALETTE[name] for name in ("blue", "vermilion", "orange", "grey"))


def architecture(config: TRevSNNConfig) -> Picture:
    """T columns, one for each step, of as many levels as the configuration has, the potentials that
    go from each step to the next, Eq. (10), the weights that all steps share, and the read-outs.

    A level's box is as wide as its resolution."""
    T, L, shapes = config.time_steps, len(config.widths), level_shapes(config)
    every, shared = config.read_out == "every", config.sharing == "turned-on"
    middle = PITCH * (T - 1) / 2
    spare = max(0.0, 2.8 - middle)  # few columns: room for the words below
    ceiling = 2.9 if every else 1.9
    figure, axes = _canvas(
        5.6,
        0.5 + 0.65 * ceiling + 1.15 * L,
        (-2.6 - spare, 2 * middle + 1.2 + spare),
        (-2.1, ceiling + RISE * L),
    )
    for t in range(T):
        _box(axes, PITCH * t, 0.28, 2.1, 0.55, f"group {t + 1}", "#eeeeee", "black", f"group-{t}")
        _arrow(axes, (PITCH * t, 0.55), (PITCH * t, _height(0) - 0.35), RED)
        for level, (_, height, _) in enumerate(shapes):
            width = 0.9 + 0.8 * height / shapes[0][1]
            _stage(axes, t, level, config, width, every or t == T - 1 or level < L - 1)
    for level, (channels, height, width) in enumerate(shapes):
        size = f"{channels} × {height} × {width}"
        axes.text(-1.15, _height(level) - 0.05, size, ha="right", va="center", fontsize=9.5)
    links = feedback_links(config)
    for t, source, target in links:
        _arrow(
            axes,
            (PITCH * t + 0.24, _height(source) + 0.6),
            (PITCH * (t + 1) - 0.22, _height(target) + 0.62),
            ORANGE,
            1.3,
            "-" if source == target else "--",
            f"feedback-{t}-{source}-{target}",
        )
    top, answer = _height(L) - 0.1, "The last step's read-out is the answer."
    for t in range(T) if every else [T - 1]:
        _box(axes, PITCH * t, top, 1.3, 0.55, f"O[{t + 1}]", PAPER, "black", f"read-out-{t}")
        if every:
            axes.plot([PITCH * t, middle], [top + 0.3, top + 0.82], "-", color=GREY, lw=1)
    if every:
        _box(axes, middle, top + 1.1, 4.2, 0.55, "mean of the read-outs", PAPER, "black", "mean")
        answer = f"Each column has a read-out, and the mean of the {T} is the answer."
    source = (
        "the image is encoded once, and dealt out in T groups"
        if config.inputs == "image"
        else "a frame of events for each step"
    )
    lines = [
        source,
        "blue: spikes    red: the encoded input",
        "orange: potentials of the step before, Eq. (10)",
        "yellow: weights that all steps share" if shared else "each step has its own weights",
    ]
    for row, text in enumerate(lines):
        axes.text(middle, -0.45 - 0.47 * row, text, ha="center", va="center")
    each = len(links) // (T - 1) if T > 1 else 0
    told = ", ".join(f"{c} × {h} × {w}" for c, h, w in shapes)
    return show(
        figure,
        f"T-RevSNN whole: {T} columns, one for each step, of {L} levels of "
        f"{told} (channels, height, width), each with {_blocks(config)}; {source}. "
        f"Within a column spikes go up. Between neighbouring columns {len(links)} arrows "
        f"carry potentials, {each} a step, level or downwards. "
        + "The weights that feed each turned-on neuron are shared by all steps. " * shared
        + answer,
    )


def feedback_links(config: TRevSNNConfig) -> list[tuple[int, int, int]]:
    """(step, from level, to level at the next step) of every old potential that enters a new one,
    by `config.feedback`; counted from 0."""
    reach = {"all-levels": len(config.widths), "next-level": 1, "none": 0}[config.feedback]
    return [
        (t, source, target)
        for t in range(config.time_steps - 1)
        for target in range(len(config.widths))
        for source in range(target, min(target + reach, len(config.widths) - 1) + 1)
    ]


class Layer(NamedTuple):
    """One layer of a block, from below: its text, and whether what enters it are spikes."""

    text: str
    takes_spikes: bool


def block_layers(config: TRevSNNConfig) -> list[Layer]:
    """The layers of the configured block: the paper's of Fig. 4, or "ms-resnet" of two dense
    convolutions."""
    k = f"{config.kernel_size} × {config.kernel_size}"
    if config.block == "ms-resnet":
        return [
            Layer("S  spikes", False),
            Layer(f"dense {k}", True),
            Layer("S  spikes", False),
            Layer(f"dense {k}", True),
            Layer("× α  (0 at the start)", False),
        ]
    return [
        Layer("S  spikes", False),
        Layer(f"DW {k}", True),
        Layer(f"PW 1 × 1, widen {config.expansion}×", False),
        Layer("S  spikes", False),
        Layer("PW 1 × 1, narrow", True),
        Layer(f"DW {k}", False),
        Layer("× α  (0 at the start)", False),
    ]


def block(config: TRevSNNConfig) -> Picture:
    """The basic block from below: what is a spike and what a real number, and the shortcut of
    potentials around it."""
    layers = block_layers(config)
    top = len(layers) + 1.0
    figure, axes = _canvas(4.4, 0.6 * top, (-0.2, 5.2), (-0.4, top + 0.5))
    for row, layer in enumerate([*layers, Layer("+", False)]):
        colour = BLUE if layer.takes_spikes else RED
        _arrow(
            axes,
            (2.5, row + 0.28),
            (2.5, row + 0.72),
            colour,
            2,
            gid=f"carries-{'spikes' if layer.takes_spikes else 'reals'}-{row}",
        )
        axes.text(
            2.65,
            row + 0.5,
            "0, 1" if layer.takes_spikes else "real",
            color=colour,
            va="center",
            fontsize=9.5,
        )
    for row, layer in enumerate(layers):
        _box(
            axes,
            2.5,
            row + 1,
            2.8,
            0.56,
            layer.text,
            {"S": SPIKES, "×": SCALE}.get(layer.text[0], PAPER),
            "black",
            f"layer-{row}",
        )
    axes.plot([2.5, 0.5, 0.5, 2.2], [0.12, 0.12, top, top], color=RED, lw=2)
    for y, text, size in ((top, "+", 16), (0.12, "U", 11)):
        axes.text(
            2.5,
            y,
            text,
            ha="center",
            va="center",
            fontsize=size,
            bbox={"boxstyle": "circle", "facecolor": PAPER},
        )
    axes.text(3.0, top, "y = x + α F(x)", va="center")
    axes.text(
        0.38, top / 2, "shortcut of potentials", rotation=90, ha="right", va="center", color=RED
    )
    spiking = sum(layer.takes_spikes for layer in layers)
    return show(
        figure,
        f"The block from below, {len(layers)} layers between the potentials U and the "
        f"sum: {'; '.join(' '.join(layer.text.split()) for layer in layers)}. "
        f"Of its {len(layers) + 1} links, {spiking} carry 0 and 1, those that leave S; "
        "all others carry real numbers, as does the shortcut around it.",
    )


def kept(memory: str, time_steps: int, levels: int) -> dict[str, set[tuple[int, int]]]:
    """What a strategy keeps until the backward pass, as {"insides", "floats", "bits": (step,
    level)}: insides of blocks, potentials as floats, tape."""
    everything = {(t, level) for t in range(time_steps) for level in range(levels)}
    last = {(time_steps - 1, level) for level in range(levels)}
    return {
        "insides": everything if memory == "store" else set(),
        "floats": everything if memory in ("store", "recompute") else last,
        "bits": everything - last if memory == "taped" else set(),
    }


def strategies(time_steps: int = 4, levels: int = 3, decay: float = 0.5) -> Picture:
    """What `store`, `recompute`, `reversible` and `taped` keep of a grid of steps and levels until
    the backward pass."""
    import torch

    bits = bits_needed(decay, 1.0, torch.float32)
    figure, axes = _canvas(5.6, 1.5 + 0.9 * levels, (-0.8, 8.8), (-1.5, 2 * (levels + 1.3) - 0.5))
    width, told = 3.4 / max(time_steps - 1, 1), []
    for panel, memory in enumerate(("store", "recompute", "reversible", "taped")):
        left, floor, held = (
            4.6 * (panel % 2),
            (levels + 1.3) * (1 - panel // 2),
            kept(memory, time_steps, levels),
        )
        axes.text(left - 0.4, floor + levels - 0.15, memory, weight="bold")
        for t in range(time_steps):
            for level in range(levels):
                _cell(
                    axes,
                    left + width * t,
                    floor + level,
                    held,
                    (t, level),
                    min(0.8 * width, 0.9),
                    f"{memory}-%s-{t}-{level}",
                )
        tape = (
            f" and {bits} bits per neuron of the other {len(held['bits'])}" if held["bits"] else ""
        )
        told.append(
            f"{memory} keeps {len(held['floats'])} of {time_steps * levels} potentials as "
            f"floats{tape}"
            + f" and the inside of {len(held['insides'])} blocks"
            * bool(held["insides"])
        )
    axes.text(
        4.0,
        -0.75,
        "filled circle: potential kept as float    grey box: inside of a block kept",
        ha="center",
        fontsize=9.5,
    )
    axes.text(
        4.0,
        -1.25,
        f"half circle: {bits} bits per neuron    empty: computed again, backwards",
        ha="center",
        fontsize=9.5,
    )
    return show(
        figure,
        f"Steps 1 to {time_steps} from left to right, levels 1 to {levels} upwards, decay "
        f"{decay}: {'; '.join(told)}.",
    )


def _cell(
    axes, x: float, y: float, held: dict, at: tuple[int, int], width: float, gid: str
) -> None:
    """A block's inside with its potential above it, filled by what is kept of them."""
    inside = at in held["insides"]
    _box(
        axes,
        x,
        y,
        width,
        0.34,
        "",
        "#9a9a9a" if inside else PAPER,
        GREY,
        gid % ("inside" if inside else "rebuilt"),
    )
    kind = "float" if at in held["floats"] else "bits" if at in held["bits"] else "undone"
    _circle(
        axes,
        x,
        y + 0.44,
        11,
        gid % kind,
        {"float": "full", "bits": "bottom", "undone": "none"}[kind],
    )


def _stage(axes, t: int, level: int, config: TRevSNNConfig, width: float, sends: bool) -> None:
    """The blocks of one level of one column, the weights in them that all steps share, its
    turned-on potential above them, and the spikes that leave it, if they go anywhere."""
    x, y = PITCH * t, _height(level)
    _box(axes, x, y - 0.05, width, 0.6, _blocks(config), SPIKES, BLUE, f"stage-{t}-{level}")
    if config.sharing == "turned-on":
        _box(axes, x, y + 0.19, width, 0.12, "", SHARED, BLUE, f"shared-{t}-{level}")
    axes.plot([x, x], [y + 0.25, y + 0.37], color="black", lw=1)
    _circle(axes, x, y + 0.6, 19, f"potential-{t}-{level}", "none", 2.5)
    axes.text(x, y + 0.59, "V", ha="center", va="center", fontsize=9.5, zorder=4)
    if sends:
        _arrow(axes, (x, y + 0.85), (x, y + RISE - 0.35), BLUE, 2, gid=f"spikes-{t}-{level}")


def _blocks(config: TRevSNNConfig) -> str:
    return f"{config.blocks_per_level} block{'s' * (config.blocks_per_level > 1)}"


def _height(level: int) -> float:
    return 1.5 + RISE * level


def _canvas(width: float, height: float, x: tuple[float, float], y: tuple[float, float]):
    """A figure without axes, `width` x `height` inches, whose units are the diagram's."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=x, ylim=y)
    axes.axis("off")
    return figure, axes


def _box(
    axes, x: float, y: float, width: float, height: float, text: str, fill: str, edge: str, gid: str
) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle(
            (x - width / 2, y - height / 2), width, height, facecolor=fill, edgecolor=edge, gid=gid
        )
    )
    axes.text(x, y, text, ha="center", va="center", fontsize=9.5)


def _circle(axes, x: float, y: float, size: float, gid: str, fill: str, width: float = 1.8) -> None:
    """A potential: a marker, so that it is round whatever the axes' units are."""
    axes.plot(
        [x],
        [y],
        "o",
        markersize=size,
        fillstyle="full" if fill == "none" else fill,
        markerfacecolor=PAPER if fill == "none" else ORANGE,
        markerfacecoloralt=PAPER,
        markeredgecolor=ORANGE,
        markeredgewidth=width,
        zorder=3,
        gid=gid,
    )


def _arrow(
    axes,
    start: tuple,
    end: tuple,
    colour: str,
    width: float = 1.5,
    line: str = "-",
    gid: str | None = None,
) -> None:
    from matplotlib.patches import FancyArrowPatch

    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=11,
            color=colour,
            lw=width,
            linestyle=line,
            shrinkA=0,
            shrinkB=0,
            gid=gid,
        )
    )
