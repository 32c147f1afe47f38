"""The notation page's two tables, made from what the chapters use: each symbol of a formula has one
meaning in the whole book, or is a letter of one chapter, explained there."""

import json
import pathlib
import re

from trevsnn_lite.course import palette

SYMBOLS = {
    "T": (
        "$T$, $t$",
        "number of time steps; one of them. In the paper $t = 1 \\dots T$, in code 0 to $T-1$",
        "`time_steps`",
    ),
    "L": (
        "$L$, $l$, $i$",
        "number of layers, as in $O(L)$, and of levels in Eqs. (9) to (11); one of them. In the "
        "paper $l = 1 \\dots L$, in code 0 to $L-1$",
        "`len(widths)`, `level`",
    ),
    "B": ("$B$", "images in a batch", "first axis of an image batch"),
    "C": ("$C$, $H$", "channels; height, in shapes", "`widths[l]` for $C$ of level $l$"),
    "V": (
        "$V^l[t]$",
        "membrane potential, the value that is compared with the threshold, $[B, C, H, W]$. "
        "$V^l[0] = 0$",
        "`v`; all levels: `states`",
    ),
    "S": ("$S^l[t]$", "spike, 0 or 1, shaped as $V^l[t]$", "`spikes`"),
    "W": (
        "$W_l$",
        "weights that feed level $l$: all layers between the spikes below and the potential. In a "
        "shape, a width",
        "modules",
    ),
    "w": ("$w$", "a single weight", ""),
    "I": ("$I[t]$", "input current, shaped as $V^l[t]$; $W_l S^{l-1}[t]$ in a layer", "`current`"),
    "\\tau": ("$\\tau_m$, $\\tau$", "membrane time constant, above 1", "only as `decay`"),
    "\\lambda": (
        "$\\lambda = 1 - 1/\\tau$",
        "decay: what a potential keeps over one step, in $(0, 1]$",
        "`decay`",
    ),
    "V_{th}": ("$V_{th}$", "threshold", "`threshold`"),
    "\\Theta": ("$\\Theta(x)$", "step function: 1 if $x \\ge 0$, else 0", "`spike`"),
    "h": (
        "$h(x)$",
        "surrogate derivative, for $\\Theta'$ in the backward pass",
        "`SURROGATES[name]`",
    ),
    "\\delta": (
        "$\\delta[t]$",
        "error of a potential, $\\partial \\mathcal L / \\partial V[t]$",
        "",
    ),
    "\\mathcal L": ("$\\mathcal L$", "loss", "`losses`"),
    "O": ("$O[t]$, $O(\\cdot)$", "read-out of step $t$; growth, as in $O(L)$", "`logits`"),
    "F": (
        "$F$, $G$",
        "layers whose result is added: a block's branch, a coupling's two",
        "`block.branch`",
    ),
    "\\alpha": ("$\\alpha$", "{term}`ReZero` scale of a block, 0 at the start", "`block.alpha`"),
    "k": ("$k$", "kernel size; steps back or between, counted", "`kernel_size`"),
}
"""Main symbol -> (what the page shows, meaning, name in code)."""

TOGETHER = {"t": "T", "l": "L", "i": "L", "H": "C", "G": "F"}
"""A symbol that stands in another's row."""

LOCAL = {
    "01": {
        "\\tilde V": "potential after a reset",
        "R": "resistance",
        "D": "distance from rest",
        "d": "differential",
        "e": "Euler's number",
        "x": "input",
    },
    "02": {
        "x": "input, distance from the threshold",
        "y": "output, label",
        "a": "width of a window",
        "\\varepsilon": "factor of an error over one step",
        "g": "error from above",
        "n": "number of spikes, of steps",
        "s": "sigmoid",
        "e": "Euler's number",
        "\\pi": "3.14159",
    },
    "03": {"x": "input", "y": "output"},
    "04": {"\\tilde V": "potential after a reset", "E": "energy", "r": "firing rate"},
    "05": {
        "x": "input, half of an activation",
        "y": "half of an output",
        "e": "a weight's trace",
        "a": "OTTT's trace",
        "m": "levels of a coupling",
        "n": "number of a coupling's level",
        "K": "steps of SLTT-K",
        "\\gamma": "RevCol's factor",
    },
    "06": {"g": "full gradient", "n": "gradient with links cut", "\\rho": "part cut away"},
    "07": {
        "x": "half of an activation",
        "y": "half of an output",
        "b": "bits on the tape",
        "e": "error of an undone potential",
        "u": "one rounding",
        "q": "spacing of the {term}`fixed-point grid`, $2^{-22}$ in float32",
    },
    "09": {
        "c": "what arrives from below",
        "A": "upper triangle of ones",
        "\\Lambda": "decays on a diagonal",
        "J": "shift by one level",
        "x": "an unknown",
        "y": "an unknown",
        "n": "steps back",
    },
    "10": {
        "\\hat W": "standardised weight",
        "g": "its learnable gain",
        "\\gamma": "the activation's fixed gain",
        "N": "{term}`fan-in` of an output channel",
        "x": "input",
        "y": "output",
        "p": "firing probability",
        "s": "spike that comes in",
        "b": "the branch's result",
        "f": "the branch's spike",
        "u": "potential",
        "\\mu": "mean of a filter",
        "\\sigma": "standard deviation",
        "m": "BatchNorm's mean",
        "v": "BatchNorm's variance",
        "\\beta": "BatchNorm's shift",
        "\\pi": "3.14159",
        "j": "entry of a filter",
    },
    "11": {"x": "input", "y": "output"},
    "12": {
        "x": "column of a pixel",
        "y": "row of a pixel, label",
        "p": "polarity",
        "\\theta": "contrast threshold",
        "\\phi": "TET's target",
        "\\eta": "TET's share",
        "e": "Euler's number",
    },
    "13": {"M": "memory of a step", "m": "memory per image"},
    "14": {
        "x": "input",
        "y": "output",
        "d": "mean difference",
        "s": "standard deviation",
        "n": "seeds",
    },
    "15": {"\\ell": "loss of one head", "a": "accuracy", "n": "images", "x": "a number"},
    "16": {"D": "highest whole number"},
    "17": {
        "x": "input, column",
        "y": "output, row",
        "s": "spike",
        "b": "bias",
        "n": "hidden channels",
        "r": "firing rate",
        "p": "pointwise weight",
        "d": "depthwise kernel",
        "c": "input channel",
        "o": "output channel",
    },
    "18": {"a": "exponent of L", "b": "exponent of T"},
    "19": {"x": "half of an activation", "y": "half of an output"},
}
"""Chapter -> letters that have this meaning in it and are explained there."""

COMMANDS = re.findall(
    r"\w+",
    "cdot frac dfrac tfrac sqrt qquad quad partial sum bigl bigr Bigl Bigr left right underbrace "
    "le ge lt gt dots cdots times binom to ln log max cos sin pm rvert lvert lfloor rfloor bar hat "
    "tilde mathbf mathsf mathcal Longleftrightarrow in approx neq",
)
WORDS = re.compile(r"\\(?:text|mathrm|operatorname|texttt|begin|end|mathsf)\{[^{}]*\}")
SUBSCRIPT = re.compile(r"_\{[A-Za-z]{3,}\}|_m\b|_\{AC\}|_\{MAC\}")
COMPOUND = re.compile(r"V_\{th\}|\\mathcal L|\\hat W|\\tilde V|\\[A-Za-z]+|[A-Za-z]")
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$([^$\n]+?)\$", re.DOTALL)
COLOURS = re.compile(r"(?<=<!-- colours -->\n).*?(?=<!-- end of colours -->)", re.DOTALL)
TABLES = re.compile(r"(?<=<!-- symbols -->\n).*?(?=<!-- end of symbols -->)", re.DOTALL)


def used(text: str) -> set[str]:
    """The symbols of a text's formulas."""
    found = set()
    for shown, inline in FORMULA.findall(text):
        plain = SUBSCRIPT.sub(" ", WORDS.sub(" ", shown or inline))
        found |= {
            symbol for symbol in COMPOUND.findall(plain) if symbol.lstrip("\\") not in COMMANDS
        }
    return found


def chapters(root: pathlib.Path) -> dict[str, set[str]]:
    """Chapter -> the symbols of its formulas, exercises included."""
    return {
        file.stem[:2]: used(
            "\n\n".join(
                "".join(cell["source"])
                for cell in json.loads(file.read_text("utf8"))["cells"]
                if cell["cell_type"] == "markdown"
            )
        )
        for file in sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb"))
    }


def unknown(chapter: str, symbols: set[str]) -> list[str]:
    """The symbols that have no meaning in this chapter."""
    return sorted(symbols - SYMBOLS.keys() - TOGETHER.keys() - LOCAL.get(chapter, {}).keys())


def tables(found: dict[str, set[str]]) -> str:
    """Both tables, the first with the chapter in which each symbol first stands."""
    lines = ["| symbol | meaning, [shape] | in code | first in chapter |", "|---|---|---|---|"]
    for main, (shown, meaning, code) in SYMBOLS.items():
        row = {main, *(symbol for symbol, other in TOGETHER.items() if other == main)}
        first = next(int(chapter) for chapter, symbols in found.items() if row & symbols)
        lines.append(f"| {shown} | {meaning} | {code} | {first} |")
    lines += [
        "",
        "Letters of one chapter, explained there:",
        "",
        "| chapter | letters |",
        "|--:|---|",
    ]
    for chapter, letters in LOCAL.items():
        told = "; ".join(f"${letter}$ {meaning}" for letter, meaning in letters.items())
        lines.append(f"| {int(chapter)} | {told} |")
    return "\n".join(lines) + "\n"


def filled(text: str, root: pathlib.Path) -> str:
    """The notation page with its tables between <!-- symbols --> and <!-- end of symbols -->, and
    that of colours between <!-- colours --> and <!-- end of colours -->."""
    text = COLOURS.sub(lambda _: f"\n{palette.table()}\n\n", text)
    return TABLES.sub(lambda _: f"\n{tables(chapters(root))}\n", text)
