"""Set-up of a chapter: seeds, one line on versions and device, and the book's figure style."""

import base64
import html
import io
import platform
import random
import sys

import numpy
import torch

from trevsnn_lite.course import packages
from trevsnn_lite.course.palette import PALETTE

# White paper under dark ink: legible in dark mode, where a transparent figure would put black text
# on black.
STYLE = {
    "figure.figsize": (5.6, 3.4),
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "legend.fontsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "legend.frameon": False,
    "image.cmap": "viridis",
    "svg.fonttype": "path",
    "svg.hashsalt": "trevsnn-lite",  # the same file on every run
}

# One white sheet in dark mode: the theme would set a grey ground around it and dim its colours.
SHEET = "max-width:100%;height:auto;background:#fff;padding:.25rem;border-radius:.25rem;filter:none"
DARK_THEME = (
    "<style>html[data-theme=dark] .bd-content div.cell_output .text_html:has(> "
    ".tfigure):not(:has(table.dataframe)){background:none;padding:0}</style>"
)


def setup(
    seed: int = 0,
    chapter: str | None = None,
    run: int = 0,
    version: str | None = None,
    needs: str = "",
) -> None:
    """Seed random, numpy and torch with `seed`, set the book's figure style and print one line:
    versions (with the book's commit where the library is a published wheel), device, seed. The
    number of threads is left as it is.

    `chapter` ("03"), `run` and `version` say which chapter asks, at which of its runs, and for
    which version of the library: ImportError for another or an older one, FileNotFoundError for a
    library without its data. What the chapter needs beside torch and numpy is installed where it
    is missing, in a checkout excepted, and a second line names what is still missing. `needs`:
    names of further packages.
    Chapters use sizes for a CPU on every machine, so that there is nothing else to set."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed!r}, expected an integer from 0 to 2**32 - 1.")
    packages.check_library(version, chapter, run)
    names = f"{packages.needs(chapter) if chapter else ''} {needs}"
    missing = packages.obtain(names.split())
    random.seed(seed)
    numpy.random.seed(seed)
    torch.manual_seed(seed)
    _set_figure_style()
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    print(
        f"trevsnn_lite {_version()}, Python {platform.python_version()}, torch "
        f"{torch.__version__}, {device}, seed {seed}"
    )
    if missing:
        print(missing)


def show(figure, alt: str, caption: str = "") -> "Picture":
    """A matplotlib figure as SVG with an alternative text, for the last line of a cell. `alt` says
    in one or two sentences what the figure shows, with its numbers: write it as an f-string of the
    values that were drawn. `caption` is what stands below it, "Figure 7.2. ...": what to see."""
    if not alt.strip():
        raise ValueError(
            "alt is empty, expected a sentence that says what the figure shows, with its numbers."
        )
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context(
        {name: STYLE[name] for name in STYLE if name.startswith("svg.")}
    ):  # the same file, with or without `setup`
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    if "matplotlib.pyplot" in sys.modules:  # a figure that stays open would be shown a second time
        sys.modules["matplotlib.pyplot"].close(figure)
    return Picture(buffer.getvalue(), alt, caption)


class Picture:
    """An SVG with its alternative text: an <img> in a page, the text in a terminal."""

    def __init__(self, svg: str, alt: str, caption: str = ""):
        self.svg, self.alt, self.caption = svg, alt, caption

    def __repr__(self) -> str:
        return f"{self.caption}\n{self.alt}" if self.caption else self.alt

    def _repr_html_(self) -> str:
        label, _, words = self.caption.partition(". ")
        below = (
            f'<p class="tcaption"><strong>{html.escape(label)}.</strong> {html.escape(words)}</p>'
            if self.caption
            else ""
        )
        return (
            f'<div class="tfigure">{DARK_THEME}<img alt="{html.escape(self.alt)}" '
            f'style="{SHEET}" src="{svg_url(self.svg)}">{below}</div>'
        )


def svg_url(svg: str) -> str:
    """The SVG as a data address, so that it needs no file and no network."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _version() -> str:
    return packages.version() or "0.1.0"  # a checkout that is not installed


def _set_figure_style() -> None:
    """The book's style for matplotlib and, in a notebook, SVG output without a date in it. No
    matplotlib: nothing to style."""
    try:
        import matplotlib
        from cycler import cycler
    except ImportError:
        return
    colours = [PALETTE[name] for name in ("blue", "vermilion", "green", "purple", "orange", "sky")]
    lines = cycler(color=colours) + cycler(
        linestyle=["-", "--", "-.", ":", "-", "--"]
    )  # never by colour alone
    matplotlib.rcParams.update({**STYLE, "axes.prop_cycle": lines})
    if "ipykernel" in sys.modules:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata={"Date": None})
