"""ResidualDepth, the block of Fig. 4 and its rivals at the start of training: what a signal and a
gradient are after n random blocks, by shortcut and alpha."""

import math
from functools import lru_cache

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, random, short

UNITS, SAMPLES, DEPTH, THRESHOLD = 20, 6, 24, 0.5
SHOWN = 10  # units drawn of the first sample
LEFT, PITCH = 60, 13.5
SHORTCUTS = ("ms", "sew-add", "sew-and", "sew-iand", "vanilla")


@lru_cache
def start() -> tuple:
    """(unit normal potentials [samples][units], standardised weights of each block
    [blocks][units][units]): mean 0, squares that sum to 1."""
    draw = random(5)
    potentials = [[_normal(draw) for _ in range(UNITS)] for _ in range(SAMPLES)]
    return potentials, [
        [_standardised([draw() for _ in range(UNITS)]) for _ in range(UNITS)] for _ in range(DEPTH)
    ]


def _normal(draw) -> float:
    total = 0.0
    for _ in range(12):
        total += draw()
    return total - 6.0


def _standardised(row: list[float]) -> list[float]:
    mean = dot(row, [1.0] * UNITS) / UNITS
    centred = [w - mean for w in row]
    size = math.sqrt(dot(centred, centred))
    return [w / size for w in centred]


def dot(a: list[float], b: list[float]) -> float:
    """Added in order, so that the twin rounds alike (`sum` does not in every Python)."""
    total = 0.0
    for x, y in zip(a, b):
        total += x * y
    return total


def fire(v: float) -> float:
    return 1.0 if v >= THRESHOLD else 0.0


def window(v: float) -> float:
    """The rectangle of width 1 about the threshold."""
    return 1.0 if abs(v - THRESHOLD) <= 0.5 else 0.0


def block(
    shortcut: str, weight: list, x: list[float], scale: float, keep: float
) -> tuple[list[float], list[float]]:
    """(output, what the branch's neurons or the last ones were given): keep * x joined to the
    branch, which `scale` multiplies."""
    branch = [scale * dot(row, [fire(u) for u in x] if shortcut == "ms" else x) for row in weight]
    if shortcut == "ms":
        return [keep * u + b for u, b in zip(x, branch)], x
    if shortcut == "vanilla":
        total = [b + keep * s for b, s in zip(branch, x)]
        return [fire(v) for v in total], total
    join = {
        "sew-add": lambda f, s: f + keep * s,
        "sew-and": lambda f, s: f * keep * s,
        "sew-iand": lambda f, s: (1.0 - f) * keep * s,
    }[shortcut]
    return [join(fire(b), s) for b, s in zip(branch, x)], branch


def back(
    shortcut: str,
    weight: list,
    x: list[float],
    met: list[float],
    g: list[float],
    scale: float,
    keep: float,
) -> list[float]:
    """The gradient before a block from the one behind it, with the surrogate `window`."""
    if shortcut == "vanilla":
        g = [window(v) * d for v, d in zip(met, g)]
    into = {
        "sew-add": lambda j: window(met[j]) * g[j],
        "sew-and": lambda j: window(met[j]) * keep * x[j] * g[j],
        "sew-iand": lambda j: -window(met[j]) * keep * x[j] * g[j],
    }.get(shortcut, lambda j: g[j])
    down = [into(j) for j in range(UNITS)]
    gate = {"sew-and": lambda i: fire(met[i]), "sew-iand": lambda i: 1.0 - fire(met[i])}.get(
        shortcut, lambda i: 1.0
    )
    out = []
    for i in range(UNITS):
        through = scale * dot([row[i] for row in weight], down)
        out.append(
            keep * gate(i) * g[i] + (window(x[i]) * through if shortcut == "ms" else through)
        )
    return out


def run(shortcut: str, scale: float, keep: float, blocks: int) -> dict:
    """By depth 0 to `blocks`: root mean square of the signal, its likeness (cosine) to the input,
    the largest value, and the gradient over the last one's."""
    potentials, weights = start()
    layers = [potentials if shortcut == "ms" else [[fire(u) for u in row] for row in potentials]]
    mets = []
    for weight in weights[:blocks]:
        found = [block(shortcut, weight, x, scale, keep) for x in layers[-1]]
        layers.append([y for y, _ in found])
        mets.append([met for _, met in found])
    flat = [[v for x in layer for v in x] for layer in layers]
    size = [math.sqrt(dot(v, v) / len(v)) for v in flat]
    like = [
        dot(v, flat[0]) / (len(v) * a * size[0]) if a * size[0] > 0 else 0.0
        for v, a in zip(flat, size)
    ]
    gradient, norms = potentials, []
    for depth in range(blocks, -1, -1):
        values = [v for x in gradient for v in x]
        norms.append(math.sqrt(dot(values, values)))
        if depth:
            gradient = [
                back(shortcut, weights[depth - 1], x, met, g, scale, keep)
                for x, met, g in zip(layers[depth - 1], mets[depth - 1], gradient)
            ]
    return {
        "drawn": [[x[0][:SHOWN][k] for x in layers] for k in range(SHOWN)],
        "size": size,
        "like": like,
        "largest": [max(v) for v in flat],
        "gradient": [n / norms[0] for n in reversed(norms)],
    }


class ResidualDepth(Demo):
    """ResidualDepth(shortcut="ms", alpha=0.0, scaled="branch", gain=2.2, blocks=16)."""

    name = "residual-depth"
    size = (400, 348)
    controls = (
        Choice("shortcut", SHORTCUTS, "ms"),
        Slider("alpha", 0, 1.5, 0.05, 1),
        Choice("scaled", ("branch", "shortcut"), "branch"),
        Slider("gain", 0.5, 3, 0.1, 2.2),
        Slider("blocks", 1, DEPTH, 1, 16),
    )
    plays = "blocks"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        shortcut, alpha, on_branch = (
            params["shortcut"],
            params["alpha"],
            params["scaled"] == "branch",
        )
        scale, keep = params["gain"] * (alpha if on_branch else 1.0), 1.0 if on_branch else alpha
        found = run(shortcut, scale, keep, params["blocks"])
        values = {
            "shortcut": words["options"][shortcut],
            "alpha": fixed(alpha, 2),
            "scaled": words["rules"][params["scaled"]],
            "blocks": params["blocks"],
            "size": short(found["size"][-1] / found["size"][0]),
            "like": fixed(abs(found["like"][-1]), 2),
            "gradient": short(found["gradient"][0]),
            "largest": fixed(found["largest"][-1], 1),
        }
        marks = [
            *_strip(found["drawn"], words),
            *_curve([v / found["size"][0] for v in found["size"]], 136, True, words["size"]),
            *_curve(found["like"], 206, False, words["like"]),
            *_curve(found["gradient"], 276, True, words["gradient"], said=0),
        ]
        same = found["size"][-1] == found["size"][0] and found["gradient"][0] == 1.0
        same = same and found["like"][-1] > 0.999999
        return {
            "numbers": found,
            "marks": marks,
            "verdict": fill(words["v-same" if same else "v-changed"], values),
            "sentence": fill(words["sentence"], values),
            "grips": [["blocks", "x", LEFT, 18, 330, 324, LEFT, 0, LEFT + DEPTH * PITCH, DEPTH]],
        }


def _shade(v: float) -> str:
    """Blue above 0 and orange below, in three strengths; grey near 0."""
    size = abs(v)
    strength = 0 if size < 0.25 else 1 if size < 1 else 2 if size < 2 else 3
    return str(strength + 3 if v < 0 and strength else strength)


def _strip(drawn: list, words: dict) -> list:
    """Some units of one input, block by block: what a row keeps, the blocks let through."""
    shades = "".join(_shade(v) for row in drawn for v in row)
    marks = [
        ["text", 8, 14, words["strip"], "bold"],
        ["cells", LEFT - PITCH / 2, 22, PITCH, 8.5, len(drawn[0]), shades],
    ]
    return [*marks, ["text", 392, 122, words["depth"], "end quiet"]]


def _curve(values: list[float], top: float, logarithmic: bool, title: str, said: int = -1) -> list:
    """A panel: factors on a scale of powers of ten that holds them, or -1 to 1. A dot and a number
    mark the value that the verdict says; a factor of 0 has no place on the scale."""
    shown = [i for i, v in enumerate(values) if v > 0 or not logarithmic]
    logs = [math.log10(values[i]) if logarithmic else values[i] for i in shown]
    reach = min(6, max(1, math.ceil(max(abs(x) for x in logs)))) if logarithmic else 1
    where = [max(-1.0, min(1.0, x / reach)) for x in logs]
    points = [p for i, w in zip(shown, where) for p in (LEFT + PITCH * i, top + 30 - 18 * w)]
    power = str(reach).translate(str.maketrans("123456", "¹²³⁴⁵⁶"))
    ends = (f"10{power}", "1", f"10⁻{power}") if logarithmic else ("1", "0", "−1")
    value, there = values[said], said % len(values) in shown
    number = "× " + short(value) if logarithmic else fixed(abs(value), 2)
    x, y = points[-2:] if said else points[:2]
    axes = [
        ["text", LEFT - 8, top + 16 + 18 * i, label, "end quiet"] for i, label in enumerate(ends)
    ]
    return [
        ["text", 8, top + 2, title, "bold"],
        *(["line", LEFT, top + 12 + 18 * i, 384, top + 12 + 18 * i, "s-grid"] for i in (0, 2)),
        ["line", LEFT, top + 30, 384, top + 30, "s-rule"],
        *axes,
        ["path", points, "s-blue thick"],
        *([["circle", x, y, 4, "f-orange"]] if there else []),
        ["text", 392, top + 2, number, "end bold f-orange"],
    ]
