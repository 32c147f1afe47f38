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
        Slider("alpha", 0, 1, 0.05, 0),
        Choice("scaled", ("branch", "shortcut"), "branch"),
        Slider("gain", 0.5, 3, 0.1, 2.2),
        Slider("blocks", 1, DEPTH, 1, 16),
    )
    plays = "alpha"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        shortcut, alpha, on_branch = (
            params["shortcut"],
            params["alpha"],
            params["scaled"] == "branch",
        )
        blocks = params["blocks"]
        scale, keep = params["gain"] * (alpha if on_branch else 1.0), 1.0 if on_branch else alpha
        found = run(shortcut, scale, keep, blocks)
        values = {
            "shortcut": words["options"][shortcut],
            "alpha": fixed(alpha, 2),
            "scaled": words["rules"][params["scaled"]],
            "blocks": blocks,
            "gain": fixed(params["gain"], 1),
            "size": short(found["size"][-1] / found["size"][0]),
            "like": fixed(abs(found["like"][-1]), 2),
            "gradient": short(found["gradient"][0]),
            "largest": short(found["largest"][-1]),
            "gone": next((i for i, v in enumerate(found["size"]) if v == 0), 0),
        }
        marks = [
            *_strip(found["drawn"], words),
            *_curve([v / found["size"][0] for v in found["size"]], 136, 2, words["size"]),
            *_curve(found["like"][: values["gone"] or None], 206, 0, words["like"], end=blocks),
            *_curve(found["gradient"], 276, 4, words["gradient"], said=0),
            ["text", 392, 344, words["depth"], "end quiet"],
        ]
        same = found["size"][-1] == found["size"][0] and found["gradient"][0] == 1.0
        same = same and found["like"][-1] > 0.999999
        return {
            "numbers": found,
            "marks": marks,
            "verdict": fill(words["v-same"] if same else _changed(shortcut, found, words), values),
            "sentence": fill(words["s-gone" if values["gone"] else "sentence"], values),
            "grips": [["blocks", "x", LEFT, 18, 330, 324, LEFT, 0, LEFT + DEPTH * PITCH, DEPTH]],
        }


def _changed(shortcut: str, found: dict, words: dict) -> str:
    """What the verdict says of a signal that is not the input's any more."""
    if found["size"][-1] == 0:
        return words["v-gone"]
    gradient, like = found["gradient"][0], abs(found["like"][-1])
    grown = "gone" if gradient < 1e-3 else "grew" if gradient > 1.05 else "shrank"
    grown = "stays" if 0.95 <= gradient <= 1.05 else grown
    if shortcut == "sew-add" and found["largest"][-1] > 1:
        return words["v-sum"] + words["grown"][grown]
    left = "little" if like < 1 / 3 else "some" if like < 2 / 3 else "most"
    return words["v-" + left] + words["grown"][grown]


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
    for x, colour, word in ((LEFT, "f-blue", "above"), (LEFT + 80, "f-orange", "below")):
        marks += [["rect", x, 110, 10, 10, colour], ["text", x + 15, 119, words[word], "quiet"]]
    return marks


def _curve(values: list, top: float, reach: int, title: str, said: int = -1, end: int = 0) -> list:
    """A panel: factors on a scale of `reach` powers of ten up and down, or (0) -1 to 1. A dot and a
    number mark the value that the verdict says, an arrow one beyond the scale; of what is no more
    (a factor of 0, or values that end before `end`) there is neither."""

    def height(v: float) -> float:
        return top + 30 - 18 * (math.log10(v) / reach if reach else v)

    def inside(v: float) -> bool:
        return not reach or (v > 0 and abs(math.log10(v)) <= reach)

    shown = [i for i, v in enumerate(values) if inside(v)]
    points = [p for i in shown for p in (LEFT + PITCH * i, height(values[i]))]
    power = str(reach).translate(str.maketrans("24", "²⁴"))
    ends = (f"10{power}", "1", f"10⁻{power}") if reach else ("1", "0", "−1")
    value, over = values[said], end > len(values) - 1
    x = LEFT + PITCH * (said % len(values))
    number = "× " + short(value) if reach else "–" if over else fixed(abs(value), 2)
    mark = []
    if inside(value) and not over:
        mark = [["circle", x, height(value), 4, "f-orange"]]
    elif value > 0 and not over:
        y, tip = (top + 12, -6) if value > 1 else (top + 48, 6)
        mark = [["path", [x - 5, y, x, y + tip, x + 5, y], "f-orange"]]
    return [
        ["text", 8, top + 2, title, "bold"],
        *(["line", LEFT, top + 12 + 18 * i, 384, top + 12 + 18 * i, "s-grid"] for i in (0, 2)),
        ["line", LEFT, top + 30, 384, top + 30, "s-rule"],
        *(
            ["text", LEFT - 8, top + 16 + 18 * i, label, "end quiet"]
            for i, label in enumerate(ends)
        ),
        ["path", points, "s-blue thick"],
        *mark,
        ["text", 392, top + 2, number, "end bold f-orange"],
    ]
