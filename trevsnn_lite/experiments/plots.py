"""Figures in one style: seeds as points, means as lines, spreads as bands; matplotlib is imported
when the first figure is drawn.

No pyplot, so that no figure stays open and no backend or default is changed for the caller."""

import io
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from statistics import mean

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#4d4d4d")
"""Okabe and Ito's, which the colour-blind tell apart; they are used in this order."""

# The chapters' figures have the same style in larger letters (course/notebook.py); a test holds the
# two together.
STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "figure.dpi": 150,
    "svg.hashsalt": "trevsnn-lite",
    "svg.fonttype": "path",
}


def require_matplotlib() -> None:
    """Raises ImportError, with what to type, where matplotlib is missing: before an experiment runs
    for minutes rather than after."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ImportError("figures need the package matplotlib: pip install matplotlib.") from None


@contextmanager
def style():
    """The context in which figures are drawn: `with plots.style(): ...`. matplotlib's own settings
    below ours, whatever the reader's are: they may ask for a LaTeX that is not there."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def figure(
    rows: int = 1,
    columns: int = 1,
    *,
    width: float = 3.3,
    height: float = 2.7,
    sharey: bool | str = False,
):
    """A figure and its axes [rows][columns], each `width` x `height` inches; to be called, as what
    draws on it, inside `style()`."""
    require_matplotlib()
    from matplotlib.figure import Figure

    made = Figure(figsize=(width * columns, height * rows), layout="constrained")
    return made, made.subplots(rows, columns, squeeze=False, sharey=sharey)


def image(drawn, kind: str) -> bytes:
    """A figure as the bytes of a "png" or "svg" file; figures drawn alike give the same bytes."""
    file = io.BytesIO()
    with style():
        drawn.savefig(
            file, format=kind, metadata={"Date": None} if kind == "svg" else {"Software": None}
        )
    return file.getvalue()


def band(
    axis,
    x: Sequence[float],
    curves: Sequence[Sequence[float]],
    label: str,
    colour: int,
    line: str = "-",
) -> None:
    """The mean over seeds of curves [seeds][len(x)] as a line, from the lowest to the highest as a
    band."""
    columns = list(zip(*curves))
    axis.plot(
        x,
        [mean(column) for column in columns],
        line,
        color=COLOURS[colour % len(COLOURS)],
        label=label,
        marker=".",
    )
    if len(curves) > 1:
        axis.fill_between(
            x,
            [min(column) for column in columns],
            [max(column) for column in columns],
            color=COLOURS[colour % len(COLOURS)],
            alpha=0.15,
            lw=0,
        )


def points(
    axis, groups: Mapping[str, Sequence[float]], colours: Sequence[int] | None = None
) -> None:
    """A column a group: each seed a point, the mean a bar with its number beside it."""
    for at, (_, values) in enumerate(groups.items()):
        colour = COLOURS[(colours[at] if colours else at) % len(COLOURS)]
        axis.plot([at] * len(values), values, "o", color=colour, alpha=0.5)
        axis.plot([at - 0.22, at + 0.22], [mean(values)] * 2, color=colour, lw=2.5)
        axis.annotate(f"{mean(values):.3g}", (at + 0.26, mean(values)), va="center", fontsize=8)
    axis.set_xticks(range(len(groups)), list(groups))
    axis.set_xlim(-0.5, len(groups) - 0.2)
    axis.grid(axis="x", visible=False)
