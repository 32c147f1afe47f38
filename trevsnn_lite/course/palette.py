"""The book's colours and what each of them means, in figures, drawings and the front page: the only
place where a method or a quantity gets its colour.

A method has the colour of what it does with the past. Keeping it is vermilion, undoing it green,
undoing it with a tape blue, computing it again purple."""

PALETTE = {
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "grey": "#666666",
}
"""Okabe and Ito's colours on white: told apart by readers with any common form of colour
blindness."""

DARK = {
    "blue": "#56B4E9",
    "vermilion": "#F5814A",
    "green": "#35C79A",
    "purple": "#E7A3C7",
    "orange": "#F3C04B",
    "sky": "#A6DAF7",
    "grey": "#A4ADB8",
}
"""The same on the dark theme's ground."""

MEANING = {
    "store": "vermilion",
    "recompute": "purple",
    "reversible": "green",
    "taped": "blue",
    "STBP": "vermilion",
    "OTTT": "sky",
    "SLTT": "orange",
    "S-RevSNN": "green",
    "T-RevSNN": "blue",
    "spikes": "blue",
    "potentials": "orange",
    "reals": "vermilion",
}
"""Method or quantity -> the name of its colour. Quantities have theirs in drawings, methods in
plots."""

WHAT = {
    "store": "memory strategy: every step is kept, by plain autograd",
    "recompute": "memory strategy: a checkpoint per step, the rest is computed again",
    "reversible": "memory strategy: steps are undone in floats alone",
    "taped": "memory strategy: steps are undone with the spike tape",
    "STBP": "method: it keeps every step",
    "OTTT": "method: it cuts the links in time, and keeps a trace",
    "SLTT": "method: it cuts the links in time",
    "S-RevSNN": "method: it undoes layers",
    "T-RevSNN": "method: it undoes steps",
    "spikes": "in drawings, also the links that carry them",
    "potentials": "in drawings, also the links that carry them",
    "reals": "in drawings: links that carry real numbers",
}


def colour(meaning: str) -> str:
    """The colour, "#0072B2", of a method or a quantity.

    Raises KeyError for one that has none."""
    if meaning not in MEANING:
        raise KeyError(f"{meaning!r} has no colour, expected one of {', '.join(MEANING)}.")
    return PALETTE[MEANING[meaning]]


def css() -> str:
    """The palette as custom properties, light and dark: --c-blue, and --c-taped for what has a
    meaning."""
    hues = "".join(f"--c-{name}:light-dark({PALETTE[name]},{DARK[name]});" for name in PALETTE)
    return hues + "".join(f"--c-{name.lower()}:var(--c-{hue});" for name, hue in MEANING.items())


def table() -> str:
    """The table of the notation page, in Markdown: a swatch, its name, what has it."""
    lines = ["| | colour | what has it |", "|---|---|---|"]
    for hue, code in PALETTE.items():
        holders = [f"{name} ({WHAT[name]})" for name, held in MEANING.items() if held == hue]
        if holders:
            swatch = (
                '<span style="display:inline-block;width:2em;height:1em;'
                f'background:light-dark({code},{DARK[hue]})"></span>'
            )
            lines.append(f"| {swatch} | {hue} | {'; '.join(holders)} |")
    return "\n".join(lines)
