"""`python -m tools.card`: draws the picture that a shared link shows (1200 x 630) and the icon of a
telephone's start screen (180 x 180) into book/_static. The staircases are those of the front page's
film, computed by the library."""

import io
import os
import pathlib
import sys

from trevsnn_lite.course.demos import undo_network
from trevsnn_lite.course.palette import colour

STATIC = pathlib.Path(__file__).parents[1] / "book/_static"
GROUND, LINE = "#1f4e79", ((1, 12), (5, 12), (5, 4), (7, 4), (7, 12), (10, 12), (10, 7), (12, 7))


def card() -> bytes:
    """The card as PNG: the question, and what both ways keep after each step."""
    from matplotlib.figure import Figure

    found = undo_network.run()
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    figure.text(0.06, 0.86, "Training a spiking network", fontsize=43, weight="bold", va="center")
    figure.text(0.06, 0.745, "by undoing it", fontsize=43, weight="bold", va="center")
    words = "A course on T-RevSNN: 20 chapters, notebooks, a small PyTorch library"
    figure.text(0.06, 0.64, words, fontsize=20, va="center", color="#444444")
    for left, sizes, name, meaning in (
        (0.06, found.stored, "keep every step", "store"),
        (0.53, found.taped, "undo, with a tape", "taped"),
    ):
        axes = figure.add_axes((left, 0.07, 0.41, 0.47))
        levels, steps = undo_network.LEVELS, undo_network.STEPS
        kept = [sizes[levels * t] for t in range(1, steps + 1)]
        axes.bar(range(steps), kept, color=colour(meaning), width=0.8)
        axes.set(ylim=(0, 1.02 * found.stored[-1]), xlim=(-0.5, steps - 0.5))
        axes.axis("off")
        axes.text(-0.4, 0.9 * found.stored[-1], name, fontsize=27, color=colour(meaning))
        axes.text(-0.4, 0.72 * found.stored[-1], f"{kept[-1]} bytes", fontsize=27, weight="bold")
    return _png(figure)


def icon() -> bytes:
    """The icon as PNG: the site's favicon, without transparent corners."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.8, 1.8), dpi=100, facecolor=GROUND)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.plot(*zip(*LINE, (12, 12), (15, 12)), color="white", linewidth=9, solid_joinstyle="miter")
    axes.set(xlim=(0, 16), ylim=(16, 0))
    axes.axis("off")
    return _png(figure)


PICTURES = {"card.png": card, "icon-180.png": icon}


def _png(figure) -> bytes:
    from PIL import Image

    held, small = io.BytesIO(), io.BytesIO()
    figure.savefig(
        held, format="png", facecolor=figure.get_facecolor(), metadata={"Software": None}
    )
    Image.open(held).convert("RGB").quantize(64).save(small, format="png", optimize=True)
    return small.getvalue()


def main() -> int:
    for name, draw in PICTURES.items():
        part = STATIC / f"{name}.{os.getpid()}.part"
        part.write_bytes(draw())
        os.replace(part, STATIC / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
