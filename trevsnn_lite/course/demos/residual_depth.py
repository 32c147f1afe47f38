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
LEFT, PITCH, RIGHT = 66, 13, 378
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
) -> tuple[np.ndarray, np.ndarray]:
    """What the shortcut and what the branch hand back of the gradient behind a block, with the
    surrogate `window`: together, the gradient before it."""
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
    return keep * gate * g, through


def run(shortcut: str, scale: float, keep: float, blocks: int) -> dict:
    """Of each draw by depth 0 to `blocks`, [draws][blocks + 1]: root mean square of the signal,
    its likeness to the input, the largest value, and the gradient over the last one's; the
    signal itself, [draws][blocks + 1][samples][units]; and `part` and `pass`: what the branch and
    the shortcut hand back of a gradient that comes to a block, in the draw whose gradient is the
    middle one: see `_means`.

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

    def length(values: np.ndarray) -> np.ndarray:
        flat = values.reshape(DRAWS, -1)
        return np.sqrt(_sum(flat[:, k] * flat[:, k] for k in range(count)))

    gradient, norms, parts = sent, [], []  # of each block: draws of (shortcut, branch)
    for depth in range(blocks, -1, -1):
        norms.append(length(gradient))
        if depth:
            kept, added = back(
                shortcut,
                weights[:, depth - 1],
                layers[depth - 1],
                mets[depth - 1],
                gradient,
                scale,
                keep,
            )
            gradient = kept + added
            sizes = length(kept).tolist(), length(added).tolist(), norms[-1].tolist()
            parts.append([(k / n, a / n) if n else (0.0, 0.0) for k, a, n in zip(*sizes)])
    arrived = (norms[-1] / norms[0]).tolist()
    the_middle = sorted(range(DRAWS), key=arrived.__getitem__)[DRAWS // 2]
    kept, added = _means([part[the_middle] for part in parts])
    return {
        "signal": signal,
        "size": size,
        "like": np.divide(own - other, both - other, out=np.zeros_like(both), where=both > 0),
        "largest": flat.max(-1),
        "gradient": np.stack([n / norms[0] for n in reversed(norms)], 1),
        "pass": kept,
        "part": added,
    }


def _means(parts: list[tuple[float, float]]) -> tuple[float, float]:
    """Of one draw's blocks, (what the shortcut, what the branch) hands back: the shortcut's
    geometric mean, and of the branch what makes, with it, the blocks' geometric mean if both stand
    at right angles in each. So a branch without a shortcut is the block."""
    if not parts:
        return 1.0, 0.0

    def mean(squares: list[float]) -> float:
        if min(squares) == 0:
            return 0.0
        return math.exp(_sum([math.log(v) for v in squares]) / len(squares))

    kept, both = mean([s * s for s, _ in parts]), mean([s * s + b * b for s, b in parts])
    return math.sqrt(kept), math.sqrt(max(both - kept, 0.0))


def middle(values: np.ndarray) -> list[float]:
    """The middle one of the draws, at each block."""
    return np.sort(values, 0)[DRAWS // 2].tolist()


class ResidualDepth(Demo):
    """ResidualDepth(alpha=1.0, shortcut="ms", scaled="branch", gain=2.2): always 24 blocks, the
    middle of 21 draws."""

    name = "residual-depth"
    size = (400, 352)
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
            "size": middle(draws["size"]),
            "like": middle(draws["like"]),
            "largest": middle(draws["largest"]),
            "gradient": middle(draws["gradient"]),
            "likes": draws["like"].tolist(),
            "gradients": draws["gradient"].tolist(),
            "part": draws["part"],
            "pass": draws["pass"],
        }
        size, like, gradient = found["size"], found["like"], found["gradient"][0]
        grown = size[-1] / size[0]
        gone = next((i for i, v in enumerate(size) if v == 0), 0)
        values = {
            "shortcut": words["options"][shortcut],
            "alpha": fixed(alpha, 2),
            "scaled": words["rules"][params["scaled"]],
            "blocks": DEPTH,
            "draws": DRAWS,
            "gain": fixed(params["gain"], 1),
            "size": fixed(grown, 2) if 1.05 <= grown < 2 else _about(grown),
            "like": fixed(like[-1], 2).replace("-", "−"),
            "gradient": _about(gradient),
            "largest": short(found["largest"][-1]),
            "most": short(draws["largest"].max().item()),
            **_ends(draws["gradient"]),
            "gone": gone,
            "lost": int((draws["gradient"][:, 0] == 0).sum()),
            **_factors(
                gradient ** (1 / DEPTH),
                keep,
                found["part"],
                keep if shortcut in ("ms", "sew-add") else found["pass"],
            ),
        }
        unchanged = size[-1] == size[0] and like[-1] > 0.999999
        said = {
            name: fill(text, values)
            for name, text in _said(shortcut, scale, keep, found, values, words).items()
        }
        reason = words["why"][_why(shortcut, keep, unchanged, grown, found["part"])]
        marks = [
            *_block(shortcut, alpha, on_branch, said, words),
            *_gradient(found, said, _cut(found, values), words),
            *_likeness(found, values, fill(reason, values), words),
            *_key(values, said["line"], words),
        ]
        return {
            "numbers": found,
            "marks": marks,
            "verdict": fill(
                words["v-same"]
                if unchanged and gradient == 1.0
                else _changed(shortcut, found, words),
                values,
            ),
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
    grown = words["grown"]["stays" if 0.95 <= gradient <= 1.05 else grown]
    if shortcut == "sew-add" and found["largest"][-1] > 1:
        return grown + words["v-sum"]
    if found["size"][-1] < 0.01 * found["size"][0]:
        return grown + words["v-small"]
    left = "chance" if like < 1 / 8 else "little" if like < 1 / 3 else "some"
    left = left if like < 2 / 3 else "all" if like > 0.999999 else "most"
    return grown + words["v-" + left]


def _factors(each: float, keep: float, part: float, passed: float) -> dict:
    """Of a block: its factor, what shortcut and branch have in it, what the two numbers as they are
    written make at right angles; and what all shortcuts leave of the input."""
    said = fixed(part, 2 if part >= 0.005 else 4) if part >= 5e-4 else _about(part)
    through = short(passed) if passed in (0.0, keep) else _factor(passed)
    right = math.sqrt(float(through) ** 2 + (float(said) if part >= 5e-4 else part) ** 2)
    return {
        "each": _factor(each),
        "part": said if keep else _factor(part),
        "keep": short(keep),
        "pass": through,
        "right": _factor(right),
        "kept": _about(keep**DEPTH),
    }


def _factor(x: float) -> str:
    return fixed(x, 3 if 0.9 < x < 1.1 else 2)


def _why(shortcut: str, keep: float, unchanged: bool, grown: float, part: float) -> str:
    """Why the signal is as like its input as it is."""
    if keep == 0:
        return "none"
    if unchanged:
        return "same" if not part else "quiet" if shortcut == "sew-add" else "quiet-gate"
    if shortcut in ("ms", "sew-add") and keep < 1:
        return "scaled"
    return "little" if shortcut == "ms" and grown < 1.05 else shortcut


def _said(shortcut: str, scale: float, keep: float, found: dict, values: dict, words: dict) -> dict:
    """What is written of the way back: at the branch, at the shortcut, of a block, of all."""
    gradient, adds = found["gradient"], found["part"] > 0
    value, never = gradient[0], keep and shortcut == "sew-and" and not scale
    if value in (0.0, 1.0):
        case = "one" if value else "none"
    else:
        case = "last" if min(gradient[:-1]) == max(gradient[:-1]) else "each"
    passes = words["passes"]["never" if never else shortcut if keep else "none"]
    if keep and not never:
        if case == "each":
            passes = words["means"].get(shortcut, passes)
        elif case == "none" and values["gone"]:
            passes += words["nowhere"]
    return {
        "branch": words[("part" if keep else "branch-alone") if adds else "adds-nothing"],
        "shortcut": passes,
        "what": words["back"][case][0],
        "block": words["back"][case][1],
        "right": (
            words["right"]["free" if shortcut in ("ms", "sew-add") else "gated"]
            if adds and keep and case == "each"
            else ""
        ),
        "line": words["line"] if case == "each" else "",
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
    if said["right"]:
        marks.append(["text", 392, 68, said["right"], "end f-orange"])
    return marks


def _level(value: float) -> float:
    """The height of a likeness: 1 is the same, 0 chance."""
    return 310 - 44 * value


def _place(block: int) -> float:
    return LEFT + PITCH * block


def _band(draws: list, height: Callable[[float], float], style: str) -> list:
    """From the least to the largest of the draws at each block, in whole units."""
    edges = [[math.floor(height(v) + 0.5) for v in edge] for edge in _edges(draws)]
    low, high = ([(_place(i), y) for i, y in enumerate(edge)] for edge in edges)
    return ["path", [p for point in [*low, *reversed(high)] for p in point], style]


def _edges(draws: list) -> tuple[list, list]:
    return [min(at) for at in zip(*draws)], [max(at) for at in zip(*draws)]


def _likeness(found: dict, said: dict, reason: str, words: dict) -> list:
    """The likeness to the input by depth, and its reason: of all draws a band, of the middle a
    line, which ends where the middle draw falls silent."""
    kept = found["like"][: (said["gone"] or DEPTH) + 1]
    points = [p for i, v in enumerate(kept) for p in (_place(i), _level(v))]
    return [
        ["text", 8, 238, words["like"], "bold f-blue"],
        ["text", 392, 238, words["lost"] if said["gone"] else said["like"], "end bold f-blue"],
        ["text", 8, 254, reason, "f-blue"],
        _band(found["likes"], _level, "q1"),
        ["line", LEFT, _level(1), RIGHT, _level(1), "s-grid"],
        ["line", LEFT, _level(0), RIGHT, _level(0), "s-rule"],
        ["text", LEFT - 8, _level(1) + 4, "1", "end quiet"],
        ["text", LEFT - 8, _level(0) + 4, "0", "end quiet"],
        ["path", points, "s-blue thick"],
        ["circle", points[-2], points[-1], 4, "f-blue"],
    ]


TOP, BOTTOM = 102, 197  # 10⁴ and 10⁻¹


def _height(v: float) -> float:
    return 178 - 19 * math.log10(max(v, 1e-99))


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
        marks.append(["text", 154, 94, "↑ " + values["high"], "f-orange"])
    if _height(min(lows)) > BOTTOM >= _height(found["gradient"][0]):
        marks.append(["text", 90, 214, "↓ " + values["low"], "f-orange"])
    return marks


def _gradient(found: dict, said: dict, cut: list, words: dict) -> list:
    """The gradient by depth, read from the right: powers of ten up and down. A dot and a number
    mark what comes out at the input; words, what lies below the scale. Dashed, what it would be
    with the same factor at each block."""
    values = found["gradient"]
    y = _height(values[0])
    mark: list = ["circle", LEFT, y, 4, "f-orange"]
    if y > BOTTOM:
        under = words["under" if values[0] else "zero"]
        mark = ["text", LEFT - 4, BOTTOM - 2, under, "f-orange halo"]
    ticks = ((TOP, "10⁴"), (140, "10²"), (178, "1"), (BOTTOM, "10⁻¹"))
    return [
        ["text", 8, 94, words["gradient"], "bold f-orange"],
        ["text", 392, 94, said["total"], "end bold f-orange"],
        *cut,
        _band(found["gradients"], lambda v: min(max(_height(v), TOP), BOTTOM), "q4"),
        *(
            ["line", LEFT, y, RIGHT, y, "s-rule" if label == "1" else "s-grid"]
            for y, label in ticks
        ),
        *(["text", LEFT - 8, y + 4, label, "end quiet"] for y, label in ticks),
        *_pieces([(_place(i), _height(v)) for i, v in enumerate(values)], "s-orange thick"),
        *(_pieces([(LEFT, y), (RIGHT, _height(1.0))], "s-ink dash") if said["line"] else []),
        mark,
        ["text", LEFT, 214, words["input"], "mid quiet"],
        *(["text", _place(n), 214, str(n), "mid quiet"] for n in (8, 16)),
        ["text", 392, 214, fill(words["depth"], {"blocks": DEPTH}), "end quiet"],
    ]


def _key(said: dict, line: str, words: dict) -> list:
    """What the bands and the lines are."""
    return [
        ["cells", LEFT, 336, 8, 10, 2, "14"],
        ["text", 88, 346, fill(words["band"], said), "quiet"],
        ["line", 166, 341, 173, 341, "s-blue thick"],
        ["line", 175, 341, 182, 341, "s-orange thick"],
        ["text", 188, 346, words["middle"], "quiet"],
        *([["line", 276, 341, 292, 341, "s-ink dash"]] if line else []),
        *([["text", 298, 346, line, "quiet"]] if line else []),
    ]
