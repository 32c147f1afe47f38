"""The paper's Figs. 1 and 5, drawn anew from what they say. (Fig. 2 is an experiment, chapter 6;
Fig. 3 stands in chapter 9, Fig. 4 is `diagrams.block`.) Parts carry ids, as in diagrams.py."""

from trevsnn_lite.course.demos.unrolled_graph import arrow, drawn_steps, fate
from trevsnn_lite.course.diagrams import BLUE, GREY, ORANGE, PAPER, RED, _arrow, _box, _canvas
from trevsnn_lite.course.notebook import Picture, show
from trevsnn_lite.course.palette import colour

LETTERS = 11.8  # points: 11 pixels on a telephone, at a width of 5.2 inches
METHODS = {
    "stbp": "STBP",
    "ottt": "OTTT",
    "sltt": "SLTT",
    "sltt-k": "SLTT-K",
    "srev": "S-RevSNN",
    "trev": "T-RevSNN",
}


def with_and_without(caption: str = "", steps: int = 3, stages: int = 2) -> Picture:
    """Fig. 1: a vanilla network beside T-RevSNN, two layers a stage. Which neurons have a past,
    what enters each step, and whose weights are whose."""
    layers = 2 * stages
    figure, axes = _canvas(5.2, 4.2, (-0.8, 7.9), (-2.9, layers + 0.9))
    for left, name, temporal in ((0.0, "vanilla", False), (4.6, "T-RevSNN", True)):
        middle = left + (steps - 1) * 0.65
        axes.text(middle, layers + 0.45, name, ha="center", fontsize=LETTERS, weight="bold")
        for t in range(steps):
            x = left + 1.3 * t
            _box(axes, x, -1.0, 1.24, 0.62, "", "#eeeeee", "black", f"input-{name}-{t}")
            text = f"group {t + 1}" if temporal else "image"
            axes.text(x, -1.0, text, ha="center", va="center", fontsize=LETTERS)
            for layer in range(layers):
                lasting = not temporal or layer % 2 == 1
                start = layer - 0.28 if layer else -0.38
                _arrow(
                    axes,
                    (x, start - 0.3 if layer else -0.66),
                    (x, layer - 0.24),
                    RED if layer == 0 else BLUE,
                    1.6,
                )
                axes.plot(
                    [x], [layer], "o", markersize=14 if lasting else 9, zorder=3,
                    markerfacecolor=PAPER, markeredgecolor=ORANGE if lasting else GREY,
                    markeredgewidth=2.2 if lasting else 1.2,
                    gid=f"{'on' if lasting else 'off'}-{name}-{t}-{layer}",
                )  # fmt: skip
                if lasting and t < steps - 1:
                    gid = f"link-{name}-{t}-{layer}"
                    _arrow(axes, (x + 0.3, layer), (x + 1.02, layer), ORANGE, 1.6, gid=gid)
                if temporal and lasting and layer > 1 and t < steps - 1:
                    gid = f"link-{name}-{t}-{layer}-down"
                    ends = (x + 0.24, layer - 0.22), (x + 1.08, layer - 1.75)
                    _arrow(axes, *ends, ORANGE, 1.2, "--", gid)
        if temporal:
            for t in range(steps):
                _arrow(axes, (middle, -1.92), (left + 1.3 * t, -1.34), RED, 1.2)
            _box(axes, middle, -2.2, 3.7, 0.6, "", PAPER, "black", "encoded-once")
            axes.text(middle, -2.2, "encoded once", ha="center", va="center", fontsize=LETTERS)
        else:
            axes.text(
                middle, -1.9, "encoded\nat every step", ha="center", va="top", fontsize=LETTERS
            )
    return show(
        figure,
        f"Two networks of {layers} layers at {steps} steps, time to the right. In the vanilla "
        f"network all {layers * steps} neurons hand their potential on to the next step, and the "
        "image is encoded at every step. In T-RevSNN the image is encoded once and dealt out in "
        f"{steps} groups; {stages * steps} neurons, at the ends of the {stages} stages, hand "
        "their potential on, also to the stage below; the others are turned off.",
        caption,
    )


def ways_back(caption: str = "", layers: int = 3, steps: int = 3, k: int = 1) -> Picture:
    """Fig. 5: six methods on the same unrolled network. Along which arrows an error goes back, and
    what is kept for it: `unrolled_graph.fate` and `arrow`, all methods at once."""
    figure, axes = _canvas(5.2, 5.6, (-0.6, 9.9), (-2.3, 2 * (layers + 1.2) - 0.1))
    told = []
    for number, (method, name) in enumerate(METHODS.items()):
        left, floor = 3.55 * (number % 3), (layers + 1.2) * (1 - number // 3)
        shade = colour("SLTT" if method == "sltt-k" else name)
        axes.text(
            left + 1.1, floor + layers - 0.4, name, ha="center", fontsize=LETTERS, weight="bold",
            color=shade,
        )  # fmt: skip
        kept, back = 0, 0
        for t in range(1, steps + 1):
            for layer in range(1, layers + 1):
                x, y = left + 1.1 * (t - 1), floor + layer - 1
                what = fate(method, layer, t, layers, steps, k)
                kept += what == "keep"
                _state(axes, x, y, what, shade, f"{what}-{method}-{t}-{layer}")
                for through_time, there in ((True, t < steps), (False, layer < layers)):
                    way = arrow(method, through_time, layer, t, layers, steps, k)
                    if there and way == "both":
                        end = (x + 1.1, y) if through_time else (x, y + 1)
                        _back(axes, (x, y), end, f"back-{method}-{t}-{layer}-{through_time}")
                        back += 1
        told.append(f"{name} keeps {kept} of {layers * steps}, {back} arrows")
    for row, text in enumerate(
        (
            "arrow: an error goes back along it",
            "full: kept to the end    half: until its step's error",
            "pale: computed again    grey: forwards only",
        )
    ):
        axes.text(4.65, -0.85 - 0.6 * row, text, ha="center", va="center", fontsize=LETTERS)
    return show(
        figure,
        f"Six times the same network of {layers} layers (upwards) and {steps} steps (to the "
        f"right), with what is kept to the end and the arrows along which an error goes back: "
        f"{'; '.join(told)}. SLTT-K is drawn with step {drawn_steps(steps, k)[0]} chosen.",
        caption,
    )


def _state(axes, x: float, y: float, what: str, shade: str, gid: str) -> None:
    style = {
        "keep": {"markerfacecolor": shade},
        "brief": {"fillstyle": "bottom", "markerfacecolor": shade, "markerfacecoloralt": PAPER},
        "rebuild": {"markerfacecolor": PAPER},
        "forward": {"markerfacecolor": "#dddddd", "markeredgecolor": "#dddddd"},
    }[what]
    if what == "rebuild":  # a marker's edge has no dots
        axes.plot([x], [y], "o", markersize=13, markerfacecolor=PAPER, markeredgecolor=PAPER)
        axes.plot(
            [x], [y], "o", markersize=12, markerfacecolor="none", markeredgecolor=shade,
            markeredgewidth=1.2, alpha=0.45, zorder=3, gid=gid,
        )  # fmt: skip
        return
    axes.plot(
        [x], [y], "o", **{"markersize": 12, "markeredgecolor": shade, "markeredgewidth": 1.6,
        "zorder": 3, "gid": gid, **style},
    )  # fmt: skip


def _back(axes, start: tuple, end: tuple, gid: str) -> None:
    """An arrow from `end` to `start`, shortened at both."""
    ends = [
        tuple(a + share * (b - a) for a, b in zip(end, start, strict=True))
        for share in (0.22, 0.78)
    ]
    _arrow(axes, *ends, "black", 1.2, gid=gid)
