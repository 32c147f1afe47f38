"""ResidualDepth, the block of Fig. 4 and its rivals at the start of training: what 24 random blocks
leave of a signal, and of a gradient, by shortcut and alpha."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

import numpy as np

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, random, short

UNITS, SAMPLES, DEPTH, THRESHOLD = 20, 6, 24, 0.5
DRAWS = 21  # of an odd number one lies in the middle
# Of vanilla's last neuron, which is given a bare 0 or 1 where the branch is silent: at 0.5 both
# would lie on an edge of the window, and the least branch would shut it.
LAST_THRESHOLD = 0.75
SHOWN = (0, 6, 13, 19)  # of twenty units those drawn
LEFT, PITCH, RIGHT = 66, 13, 378
SHADES = {"ms": (0.25, 1, 4), "sew-add": (0.25, 5, 10)}  # the least of each strength of a colour
SENT = 203  # the seed of the gradients at the end: nothing of the input is in them
SHORTCUTS = ("ms", "sew-add", "sew-and", "sew-iand", "vanilla")


@lru_cache
def start() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(unit normal potentials [draws][samples][units], standardised weights of each block
    [draws][blocks][units][units]: mean 0, squares that sum to 1; gradients at the end, unit normal
    and of their own, shaped as the potentials)."""
    # Seeds with whose 21 draws the gradient's middle at the start is that of hundreds of draws
    # (about 200), and rises with alpha as it does there.
    draw = random(61)
    potentials, weights = [], []
    for _ in range(DRAWS):
        potentials.append([[_normal(draw) for _ in range(UNITS)] for _ in range(SAMPLES)])
        weights.append(
            [
                [_standardised([draw() for _ in range(UNITS)]) for _ in range(UNITS)]
                for _ in range(DEPTH)
            ]
        )
    other = random(SENT)
    sent = [_normal(other) for _ in range(DRAWS * SAMPLES * UNITS)]
    shape = DRAWS, SAMPLES, UNITS
    return np.array(potentials), np.array(weights), np.array(sent).reshape(shape)


def _normal(draw) -> float:
    total = 0.0
    for _ in range(12):
        total += draw()
    return total - 6.0


def _standardised(row: list[float]) -> list[float]:
    mean = _sum(row) / UNITS
    centred = [w - mean for w in row]
    size = math.sqrt(_sum([w * w for w in centred]))
    return [w / size for w in centred]


def _sum(values):
    """Added in order, so that the twin rounds alike (`sum` does not in every Python)."""
    total = 0.0
    for value in values:
        total = total + value
    return total


def fire(v: np.ndarray, threshold: float = THRESHOLD) -> np.ndarray:
    return np.where(v >= threshold, 1.0, 0.0)


def window(v: np.ndarray, threshold: float = THRESHOLD) -> np.ndarray:
    """The rectangle of width 1 about the threshold."""
    return np.where(np.abs(v - threshold) <= 0.5, 1.0, 0.0)


def block(
    shortcut: str, weight: np.ndarray, x: np.ndarray, scale: float, keep: float
) -> tuple[np.ndarray, np.ndarray]:
    """(output, what the branch's neurons or the last ones were given), [draws][samples][units]:
    keep * x joined to the branch, which `scale` multiplies."""
    given = fire(x) if shortcut == "ms" else x
    branch = scale * _sum(weight[:, None, :, j] * given[:, :, None, j] for j in range(UNITS))
    if shortcut == "ms":
        return keep * x + branch, x
    if shortcut == "vanilla":
        total = branch + keep * x
        return fire(total, LAST_THRESHOLD), total
    f, s = fire(branch), keep * x
    return {"sew-add": f + s, "sew-and": f * s, "sew-iand": (1.0 - f) * s}[shortcut], branch


def back(
    shortcut: str,
    weight: np.ndarray,
    x: np.ndarray,
    met: np.ndarray,
    g: np.ndarray,
    scale: float,
    keep: float,
) -> np.ndarray:
    """The gradient before a block from the one behind it, with the surrogate `window`."""
    if shortcut == "vanilla":
        g = window(met, LAST_THRESHOLD) * g
    into, gate = g, np.ones_like(g)
    if shortcut == "sew-add":
        into = window(met) * g
    elif shortcut == "sew-and":
        into, gate = window(met) * (keep * x) * g, fire(met)
    elif shortcut == "sew-iand":
        into, gate = -(window(met) * (keep * x) * g), 1.0 - fire(met)
    through = scale * _sum(weight[:, None, j, :] * into[:, :, j, None] for j in range(UNITS))
    if shortcut == "ms":
        through = window(x) * through
    return keep * gate * g + through


def run(shortcut: str, scale: float, keep: float, blocks: int) -> dict:
    """Of each draw by depth 0 to `blocks`, [draws][blocks + 1]: root mean square of the signal,
    its likeness to the input, the largest value, and the gradient over the last one's; and the
    signal itself, [draws][blocks + 1][samples][units].

    Two patterns of 0 and 1 have a large cosine by chance. So the likeness counts from what the
    signals' cosine with the five other samples is, on average (0), to the same (1)."""
    potentials, weights, sent = start()
    layers = [potentials if shortcut == "ms" else fire(potentials)]
    mets = []
    for depth in range(blocks):
        y, met = block(shortcut, weights[:, depth], layers[-1], scale, keep)
        layers.append(y)
        mets.append(met)
    signal = np.stack(layers, 1)
    flat = signal.reshape(DRAWS, blocks + 1, -1)
    count = flat.shape[-1]
    size = np.sqrt(_sum(flat[..., k] * flat[..., k] for k in range(count)) / count)
    both = count * size * size[:, :1]
    own = _sum(flat[..., k] * flat[:, :1, k] for k in range(count))
    sums = _sum(signal[:, :, k] for k in range(SAMPLES))
    other = _sum(sums[..., i] * sums[:, :1, i] for i in range(UNITS)) - own
    other = other / (SAMPLES - 1)
    gradient, norms = sent, []
    for depth in range(blocks, -1, -1):
        values = gradient.reshape(DRAWS, -1)
        norms.append(np.sqrt(_sum(values[:, k] * values[:, k] for k in range(count))))
        if depth:
            gradient = back(
                shortcut,
                weights[:, depth - 1],
                layers[depth - 1],
                mets[depth - 1],
                gradient,
                scale,
                keep,
            )
    return {
        "signal": signal,
        "size": size,
        "like": np.divide(own - other, both - other, out=np.zeros_like(both), where=both > 0),
        "largest": flat.max(-1),
        "gradient": np.stack([n / norms[0] for n in reversed(norms)], 1),
    }


def middle(values: np.ndarray) -> list[float]:
    """The middle one of the draws, at each block."""
    return np.sort(values, 0)[DRAWS // 2].tolist()


def drawn(signal: np.ndarray) -> list[list[float]]:
    """Four units of one input of one draw, block by block. The draw is the first that is silent
    from the block on from which the middle one is, the input the one that is silent last, and the
    units stand in the order in which their last spikes came: so what the verdict calls gone is
    gone in the picture, and nothing before."""
    depths = np.arange(1, signal.shape[1] + 1)[:, None, None]
    until = np.where(signal != 0, depths, 0).max(1)  # [draws][samples][units]
    ends = until.max((1, 2)).tolist()
    draw = ends.index(sorted(ends)[DRAWS // 2])
    longest = until[draw].max(1).tolist()
    sample = longest.index(max(longest))
    order = sorted(range(UNITS), key=lambda i: -until[draw, sample, i])
    return [signal[draw, :, sample, order[i]].tolist() for i in SHOWN]


class ResidualDepth(Demo):
    """ResidualDepth(alpha=1.0, shortcut="ms", scaled="branch", gain=2.2): always 24 blocks, the
    middle of 21 draws."""

    name = "residual-depth"
    size = (400, 370)
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
        draws = run(shortcut, scale, keep, DEPTH)
        found = {
            "drawn": drawn(draws["signal"]),
            "size": middle(draws["size"]),
            "like": middle(draws["like"]),
            "largest": middle(draws["largest"]),
            "gradient": middle(draws["gradient"]),
            "likes": draws["like"].tolist(),
            "gradients": draws["gradient"].tolist(),
        }
        size, like, gradient = found["size"], found["like"], found["gradient"][0]
        gone = next((i for i, v in enumerate(size) if v == 0), 0)
        values = {
            "shortcut": words["options"][shortcut],
            "alpha": fixed(alpha, 2),
            "scaled": words["rules"][params["scaled"]],
            "blocks": DEPTH,
            "draws": DRAWS,
            "gain": fixed(params["gain"], 1),
            "size": _about(size[-1] / size[0]),
            "like": fixed(like[-1], 2).replace("-", "−"),
            "gradient": _about(gradient),
            "largest": short(found["largest"][-1]),
            "most": short(draws["largest"].max().item()),
            **_ends(draws["gradient"]),
            "gone": gone,
            "silent": int((draws["size"][:, gone] == 0).sum()),
            "lost": int((draws["gradient"][:, 0] == 0).sum()),
            **_factors(gradient ** (1 / DEPTH), keep),
        }
        same = size[-1] == size[0] and gradient == 1.0 and like[-1] > 0.999999
        said = {
            name: fill(text, values)
            for name, text in _said(shortcut, scale, keep, found["gradient"], words).items()
        }
        marks = [
            *_block(shortcut, alpha, on_branch, said, words),
            *_strip(found["drawn"], shortcut, words),
            *_likeness(found, values, words),
            *_gradient(found, said["total"], _cut(found, values), words),
            *_key(values, words),
        ]
        return {
            "numbers": found,
            "marks": marks,
            "verdict": fill(words["v-same"] if same else _changed(shortcut, found, words), values),
            "sentence": fill(words["s-gone" if gone else "sentence"], values),
            "grips": [],
        }


def _about(x: float) -> str:
    """Of the middle of a few draws, two digits."""
    if x == 0:
        return "0"
    unit = 10.0 ** (1 - math.floor(math.log10(x)))
    return short(math.floor(x * unit + 0.5) / unit)


def _changed(shortcut: str, found: dict, words: dict) -> str:
    """What the verdict says of a signal that is not the input's any more."""
    gradient, like = found["gradient"][0], found["like"][-1]
    if found["size"][-1] == 0:
        if gradient == 0:
            return words["v-lost" if all(v[0] == 0 for v in found["gradients"]) else "v-gone"]
        return words["v-fades" if gradient < 1e-3 else "v-passes"]
    grown = "gone" if gradient < 1e-3 else "grew" if gradient > 1.05 else "shrank"
    grown = "stays" if 0.95 <= gradient <= 1.05 else grown
    if shortcut == "sew-add" and found["largest"][-1] > 1:
        return words["v-sum"] + words["grown"][grown]
    if found["size"][-1] < 0.01 * found["size"][0]:
        return words["v-small"] + words["grown"][grown]
    left = "chance" if like < 1 / 8 else "little" if like < 1 / 3 else "some"
    left = left if like < 2 / 3 else "all" if like > 0.999999 else "most"
    return words["v-" + left] + words["grown"][grown]


def _factors(each: float, keep: float) -> dict:
    """Of a block: its factor, and what shortcut and branch have in it, where nothing shuts the
    shortcut: it keeps `keep`, and as squares add, the branch has what is missing."""
    said = fixed(each, 3 if 0.9 < each < 1.1 else 2)
    part = math.sqrt(max(float(said) ** 2 - keep * keep, 0.0))
    return {"each": said, "part": fixed(part, 2), "keep": short(keep)}


def _said(shortcut: str, scale: float, keep: float, gradient: list[float], words: dict) -> dict:
    """What is written of the way back: at the branch, at the shortcut, of a block, of all."""
    value, free = gradient[0], shortcut in ("ms", "sew-add")
    # AND and IAND multiply: where x comes as 0, no spike changes anything
    adds = scale and (keep or shortcut not in ("sew-and", "sew-iand"))
    never = keep and shortcut == "sew-and" and not scale
    if value in (0.0, 1.0):
        case = "one" if value else "none"
    elif min(gradient[:-1]) == max(gradient[:-1]):
        case = "last"
    else:
        case = "squares" if free and adds and keep else "each"
    return {
        "branch": words["part" if free else "adds"] if adds else words["adds-nothing"],
        "shortcut": words["passes"]["never" if never else shortcut if keep else "none"],
        "what": words["back"][case][0],
        "block": words["back"][case][1],
        "total": words["total"].get(case, words["total"]["each"]),
    }


def _block(shortcut: str, alpha: float, on_branch: bool, said: dict, words: dict) -> list:
    """One block, from left to right: the branch above the shortcut. What alpha scales is as thick
    as alpha behind it, and dotted at 0; after "fire" a spike is there or it is not. Below each,
    what it hands back of a gradient; on the right, what both make of a block."""
    high, low, scaled, join = 14, 47, 116, 190
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
    gates = shortcut in ("sew-and", "sew-iand")
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
            if not gates
            else box(join - 18, low, 36, words["joins"][shortcut])
        ),
        ["text", 32, 35, said["branch"], "f-orange"],
        ["text", 8, 68, said["shortcut"], "f-orange"],
        ["text", 392, 18, said["what"], "end f-orange"],
        ["text", 392, 37, said["block"], "end f-orange bold"],
    ]
    return marks


def _shade(v: float, shortcut: str) -> str:
    """Blue above 0 and orange below, in three strengths; grey near 0."""
    size = abs(v)
    strength = sum(size >= least for least in SHADES.get(shortcut, (0.25, 0.5, 0.75)))
    return str(strength + 3 if v < 0 and strength else strength)


def _strip(units: list, shortcut: str, words: dict) -> list:
    """Some units of one input, block by block: what a row keeps, the blocks let through. Of
    spikes, which are never below 0, the key has no orange."""
    shades = "".join(_shade(v, shortcut) for row in units for v in row)
    above, below = words["key"].get(shortcut, words["key"]["spikes"])
    key = "3210456" if shortcut == "ms" else "3210"
    return [
        ["text", 8, 89, words["strip"], "bold"],
        ["cells", LEFT - 6, 95, PITCH, 10, len(units[0]), shades],
        ["cells", 8, 95, 8, 40 / len(key), 1, key],
        ["text", 19, 105, above, "quiet"],
        ["text", 19, 135, below, "quiet"],
    ]


def _level(value: float) -> float:
    """The height of a likeness: 1 is the same, 0 chance."""
    return 215 - 53 * value


def _place(block: int) -> float:
    return LEFT + PITCH * block


def _band(draws: list, height: Callable[[float], float], style: str) -> list:
    """From the least to the largest of the draws at each block, in whole units."""
    edges = [[math.floor(height(v) + 0.5) for v in edge] for edge in _edges(draws)]
    low, high = ([(_place(i), y) for i, y in enumerate(edge)] for edge in edges)
    return ["path", [p for point in [*low, *reversed(high)] for p in point], style]


def _edges(draws: list) -> tuple[list, list]:
    return [min(at) for at in zip(*draws)], [max(at) for at in zip(*draws)]


def _likeness(found: dict, said: dict, words: dict) -> list:
    """The likeness to the input by depth: of all draws a band, of the middle a line, which ends
    where the middle draw falls silent."""
    kept = found["like"][: (said["gone"] or DEPTH) + 1]
    points = [p for i, v in enumerate(kept) for p in (_place(i), _level(v))]
    return [
        ["text", 8, 153, words["like"], "bold f-blue"],
        ["text", 392, 153, words["lost"] if said["gone"] else said["like"], "end bold f-blue"],
        _band(found["likes"], _level, "q1"),
        ["line", LEFT, _level(1), RIGHT, _level(1), "s-grid"],
        ["line", LEFT, _level(0), RIGHT, _level(0), "s-rule"],
        ["text", LEFT - 8, _level(1) + 4, "1", "end quiet"],
        ["text", LEFT - 8, _level(0) + 4, "0", "end quiet"],
        ["path", points, "s-blue thick"],
        ["circle", points[-2], points[-1], 4, "f-blue"],
    ]


TOP, BOTTOM = 259, 329  # 10⁴ and 10⁻¹


def _height(v: float) -> float:
    return 315 - 14 * math.log10(max(v, 1e-99))


def _pieces(points: list[tuple[float, float]], style: str) -> list:
    """The line through the points, as far as it lies in the panel of the gradient."""
    pieces: list = []
    for (x, y), (end, z) in zip(points, points[1:]):
        if y == z:
            a, b = (0.0, 1.0) if TOP <= y <= BOTTOM else (1.0, 0.0)
        else:
            a, b = sorted(((TOP - y) / (z - y), (BOTTOM - y) / (z - y)))
            a, b = max(a, 0.0), min(b, 1.0)
        if a >= b:
            continue
        if a > 0 or not pieces or pieces[-1][-2] != x:
            pieces.append([x + a * (end - x), y + a * (z - y)])
        pieces[-1] += [x + b * (end - x), y + b * (z - y)]
    return [["path", piece, style] for piece in pieces]


def _ends(gradients: np.ndarray) -> dict:
    """The largest and the least of all draws, at any block."""
    return {"high": _about(gradients.max().item()), "low": _about(gradients.min().item())}


def _cut(found: dict, values: dict) -> list:
    """Of a band that leaves the scale, how far it goes; where the middle leaves it downwards,
    words at the line say so."""
    lows, highs = _edges(found["gradients"])
    marks: list = []
    if _height(max(highs)) < TOP:
        marks.append(["text", 154, 250, "↑ " + values["high"], "f-orange"])
    if _height(min(lows)) > BOTTOM >= _height(found["gradient"][0]):
        marks.append(["text", 90, 346, "↓ " + values["low"], "f-orange"])
    return marks


def _gradient(found: dict, total: str, cut: list, words: dict) -> list:
    """The gradient by depth, read from the right: powers of ten up and down. A dot and a number
    mark what comes out at the input; words, what lies below the scale."""
    values = found["gradient"]
    y = _height(values[0])
    mark: list = ["circle", LEFT, y, 4, "f-orange"]
    if y > BOTTOM:
        mark = ["text", LEFT - 4, BOTTOM - 2, words["under"], "f-orange halo"]
    ticks = ((TOP, "10⁴"), (287, "10²"), (315, "1"), (BOTTOM, "10⁻¹"))
    return [
        ["text", 8, 250, words["gradient"], "bold f-orange"],
        ["text", 392, 250, total, "end bold f-orange"],
        *cut,
        _band(found["gradients"], lambda v: min(max(_height(v), TOP), BOTTOM), "q4"),
        *(
            ["line", LEFT, y, RIGHT, y, "s-rule" if label == "1" else "s-grid"]
            for y, label in ticks
        ),
        *(["text", LEFT - 8, y + 4, label, "end quiet"] for y, label in ticks),
        *_pieces([(_place(i), _height(v)) for i, v in enumerate(values)], "s-orange thick"),
        mark,
        ["text", LEFT, 346, words["input"], "mid quiet"],
        *(["text", _place(n), 346, str(n), "mid quiet"] for n in (8, 16)),
        ["text", 392, 346, fill(words["depth"], {"blocks": DEPTH}), "end quiet"],
    ]


def _key(said: dict, words: dict) -> list:
    """What the bands and the lines are, and of what the numbers at their ends."""
    return [
        ["cells", LEFT, 354, 8, 10, 2, "14"],
        ["text", 88, 364, fill(words["band"], said), "quiet"],
        ["line", 166, 359, 173, 359, "s-blue thick"],
        ["line", 175, 359, 182, 359, "s-orange thick"],
        ["text", 188, 364, words["middle"], "quiet"],
    ]
