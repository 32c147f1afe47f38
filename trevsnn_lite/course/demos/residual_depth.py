"""ResidualDepth, the block of Fig. 4 and its rivals at the start of training: what 24 random blocks
leave of a signal, and of a gradient, by shortcut and alpha."""

import math
from functools import lru_cache
from typing import ClassVar

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, random, short

UNITS, SAMPLES, DEPTH, THRESHOLD = 20, 6, 24, 0.5
# Of vanilla's last neuron, which is given a bare 0 or 1 where the branch is silent: at 0.5 both
# would lie on an edge of the window, and the least branch would shut it.
LAST_THRESHOLD = 0.75
SHOWN = 6  # units drawn of the first sample
LEFT, PITCH = 60, 13.5
SHADES = {"ms": (0.25, 1, 4), "sew-add": (0.25, 5, 10)}  # the least of each strength of a colour
SHORTCUTS = ("ms", "sew-add", "sew-and", "sew-iand", "vanilla")


@lru_cache
def start() -> tuple:
    """(unit normal potentials [samples][units], standardised weights of each block
    [blocks][units][units]): mean 0, squares that sum to 1."""
    draw = random(78)  # of ninety draws one whose numbers lie in the middle
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


def fire(v: float, threshold: float = THRESHOLD) -> float:
    return 1.0 if v >= threshold else 0.0


def window(v: float, threshold: float = THRESHOLD) -> float:
    """The rectangle of width 1 about the threshold."""
    return 1.0 if abs(v - threshold) <= 0.5 else 0.0


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
        return [fire(v, LAST_THRESHOLD) for v in total], total
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
        g = [window(v, LAST_THRESHOLD) * d for v, d in zip(met, g)]
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
    """ResidualDepth(alpha=1.0, shortcut="ms", scaled="branch", gain=2.2): always 24 blocks."""

    name = "residual-depth"
    size = (400, 300)
    controls = (
        Slider("alpha", 0, 1, 0.05, 1),
        Choice("shortcut", SHORTCUTS, "ms"),
        Choice("scaled", ("branch", "shortcut"), "branch"),
        Slider("gain", 0.5, 3, 0.1, 2.2),
    )
    plays = "alpha"
    falls: ClassVar = {"scaled": "branch"}
    folded = ("gain",)

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        shortcut, alpha, on_branch = (
            params["shortcut"],
            params["alpha"],
            params["scaled"] == "branch",
        )
        scale, keep = params["gain"] * (alpha if on_branch else 1.0), 1.0 if on_branch else alpha
        found = run(shortcut, scale, keep, DEPTH)
        values = {
            "shortcut": words["options"][shortcut],
            "alpha": fixed(alpha, 2),
            "scaled": words["rules"][params["scaled"]],
            "blocks": DEPTH,
            "gain": fixed(params["gain"], 1),
            "size": short(found["size"][-1] / found["size"][0]),
            "like": fixed(abs(found["like"][-1]), 2),
            "gradient": short(found["gradient"][0]),
            "largest": short(found["largest"][-1]),
            "gone": next((i for i, v in enumerate(found["size"]) if v == 0), 0),
            "each": short(found["gradient"][0] ** (1 / DEPTH)),
        }
        marks = [
            *_block(shortcut, alpha, on_branch, words),
            *_strip(
                found["drawn"],
                shortcut,
                fill(words["most" if shortcut == "sew-add" else "size"], values),
                words,
            ),
            *_likeness(found["like"], words["lost"] if values["gone"] else values["like"], words),
            *_gradient(found["gradient"], values, words),
        ]
        same = found["size"][-1] == found["size"][0] and found["gradient"][0] == 1.0
        same = same and found["like"][-1] > 0.999999
        return {
            "numbers": found,
            "marks": marks,
            "verdict": fill(words["v-same"] if same else _changed(shortcut, found, words), values),
            "sentence": fill(words["s-gone" if values["gone"] else "sentence"], values),
            "grips": [["alpha", "x", _track(alpha) - 11, 14, 22, 24, _track(0), 0, _track(1), 1]],
        }


def _changed(shortcut: str, found: dict, words: dict) -> str:
    """What the verdict says of a signal that is not the input's any more."""
    gradient, like = found["gradient"][0], abs(found["like"][-1])
    if found["size"][-1] == 0:
        return words["v-gone" if gradient < 1e-3 else "v-passes"]
    grown = "gone" if gradient < 1e-3 else "grew" if gradient > 1.05 else "shrank"
    grown = "stays" if 0.95 <= gradient <= 1.05 else grown
    if shortcut == "sew-add" and found["largest"][-1] > 1:
        return words["v-sum"] + words["grown"][grown]
    if found["size"][-1] < 0.01 * found["size"][0]:
        return words["v-small"] + words["grown"][grown]
    left = "little" if like < 1 / 3 else "some" if like < 2 / 3 else "most"
    left = "all" if like > 0.999999 else left
    return words["v-" + left] + words["grown"][grown]


def _track(alpha: float) -> float:
    """Where alpha's knob stands."""
    return 290 + 88 * alpha


def _block(shortcut: str, alpha: float, on_branch: bool, words: dict) -> list:
    """One block, from left to right: the branch above the shortcut. What alpha scales is as thick
    as alpha behind it, and dotted at 0; after "fire" a spike is there or it is not."""
    high, low, scaled, join = 14, 36, 116, 190
    height = high if on_branch else low

    def box(x: float, y: float, wide: float, text: str) -> list:
        return [
            ["rect", x, y - 9, wide, 18, "f-soft s-rule"],
            ["text", x + wide / 2, y + 4, text, "mid"],
        ]

    def wire(x: float, end: float, y: float, share: float) -> list:
        if share == 0:
            return [["line", x, y, end, y, "s-ink dots"]]
        return [["rect", x, y - 2 * share, end - x, 4 * share, "f-ink"]]

    def upright(share: float) -> list:
        if share == 0:
            return [["line", join, high, join, low - 9, "s-ink dots"]]
        return [["rect", join - 2 * share, high, 4 * share, low - 9 - high, "f-ink"]]

    fires, branch = shortcut.startswith("sew"), alpha if on_branch else 1.0
    # what arrives at the join: spikes, none of them at alpha = 0, or what alpha has scaled
    arrives = (0.5 if branch else 0.0) if fires else branch * 0.5
    marks: list = [
        ["text", 8, low + 4, "x", "bold"],
        *wire(20, scaled, low, 0.5),
        *wire(scaled, join, low, 0.5 if on_branch else alpha * 0.5),
        ["line", 26, high, 26, low, "s-ink thick"],
        *wire(26, scaled, high, 0.5),
        *wire(scaled, 134 if fires else join, high, branch * 0.5),
        *(wire(170, join, high, arrives) if fires else []),
        *upright(arrives),
        *wire(join, 254, low, 0.5),
        ["path", [250, low - 5, 256, low, 250, low + 5], "s-ink thick"],
    ]
    if shortcut == "ms":
        marks += box(34, high, 36, words["fire"])
    marks += box(76 if shortcut == "ms" else 34, high, 24, words["weights"])
    if fires:
        marks += box(134, high, 36, words["fire"])
    if shortcut == "vanilla":
        marks += box(207, low, 36, words["fire"])
    marks += [
        ["circle", scaled, height, 9, "f-paper s-ink"],
        ["text", scaled, height + 4, "α", "mid bold"],
        *(
            [["circle", join, low, 9, "f-paper s-ink"], ["text", join, low + 4, "+", "mid bold"]]
            if shortcut not in ("sew-and", "sew-iand")
            else box(join - 18, low, 36, words["joins"][shortcut])
        ),
    ]
    return [
        *marks,
        ["text", _track(0.5), 16, f"α = {fixed(alpha, 2)}", "mid bold"],
        ["line", _track(0), 32, _track(1), 32, "s-rule"],
        ["text", _track(0) - 12, 36, "0", "end quiet"],
        ["text", _track(1) + 12, 36, "1", "quiet"],
    ]


def _shade(v: float, shortcut: str) -> str:
    """Blue above 0 and orange below, in three strengths; grey near 0."""
    size = abs(v)
    strength = sum(size >= least for least in SHADES.get(shortcut, (0.25, 0.5, 0.75)))
    return str(strength + 3 if v < 0 and strength else strength)


def _strip(drawn: list, shortcut: str, said: str, words: dict) -> list:
    """Some units of one input, block by block: what a row keeps, the blocks let through. Of
    spikes, which are never below 0, the key has no orange."""
    shades = "".join(_shade(v, shortcut) for row in drawn for v in row)
    above, below = words["key"].get(shortcut, words["key"]["spikes"])
    key = "3210456" if shortcut == "ms" else "3210"
    return [
        ["text", 8, 62, words["strip"], "bold"],
        ["text", 392, 62, said, "end quiet"],
        ["cells", LEFT - PITCH / 2, 68, PITCH, 9, len(drawn[0]), shades],
        ["cells", 8, 68, 8, 54 / len(key), 1, key],
        ["text", 19, 78, above, "quiet"],
        ["text", 19, 121, below, "quiet"],
    ]


def _level(value: float) -> float:
    """The height of a likeness, from 0 to 1."""
    return 188 - 40 * value


def _likeness(values: list, said: str, words: dict) -> list:
    """The likeness to the input by depth."""
    points = [p for i, v in enumerate(values) for p in (LEFT + PITCH * i, _level(abs(v)))]
    return [
        ["text", 8, 138, words["like"], "bold f-blue"],
        ["text", 392, 138, said, "end bold f-blue"],
        ["line", LEFT, _level(1), 384, _level(1), "s-grid"],
        ["line", LEFT, _level(0), 384, _level(0), "s-rule"],
        ["text", LEFT - 8, _level(1) + 4, "1", "end quiet"],
        ["text", LEFT - 8, _level(0) + 4, "0", "end quiet"],
        ["path", points, "s-blue thick"],
        ["circle", points[-2], points[-1], 4, "f-blue"],
    ]


def _gradient(values: list, said: dict, words: dict) -> list:
    """The gradient by depth, read from the right: powers of ten up and down. A dot and a number
    mark what comes out at the input, an arrow one beyond the scale; of 0 there is no dot. So many
    blocks of one factor each (the mean one) make the number."""

    def height(v: float) -> float:
        return 260 - 8 * math.log10(v)

    def inside(v: float) -> bool:
        return v > 0 and -2 <= math.log10(v) <= 6

    points = [p for i, v in enumerate(values) if inside(v) for p in (LEFT + PITCH * i, height(v))]
    value = values[0]
    mark = []
    if inside(value):
        mark = [["circle", LEFT, height(value), 4, "f-orange"]]
    elif value > 0:
        y, tip = (218, -6) if value > 1 else (270, 6)
        mark = [["path", [LEFT - 5, y, LEFT, y + tip, LEFT + 5, y], "s-orange thick"]]
    number = "× " + short(value) if value > 0 else words["lost"]
    each = fill(words["each-same" if value == 1 else "each"], said)
    return [
        ["text", 8, 204, words["gradient"], "bold f-orange"],
        ["text", 392, 204, number, "end bold f-orange"],
        *(["line", LEFT, y, 384, y, "s-grid"] for y in (212, 236, 276)),
        ["line", LEFT, 260, 384, 260, "s-rule"],
        *(
            ["text", LEFT - 8, y + 4, label, "end quiet"]
            for y, label in ((212, "10⁶"), (236, "10³"), (260, "1"), (276, "10⁻²"))
        ),
        ["path", points, "s-orange thick"],
        *mark,
        *([["text", 384, 229, each, "end f-orange halo"]] if value > 0 else []),
        ["text", LEFT, 293, words["input"], "mid quiet"],
        *(["text", LEFT + PITCH * n, 293, str(n), "mid quiet"] for n in (8, 16)),
        ["text", 392, 293, fill(words["depth"], {"blocks": DEPTH}), "end quiet"],
    ]
