"""MergePair, Fig. 4 after re-parameterisation: a depthwise and a pointwise convolution as two
layers, or as one dense one fed with spikes alone."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, short

MAC, ADD = 4.6, 0.9  # pJ
LEFT, RIGHT, BASE, HEIGHT = 44, 322, 315, 84
TOP, DEEP, TILE = 24, 90, 7.2  # of the weights drawn; the largest side of a tile
PAIR, NEXT, MERGED = 24, 66, 160  # where each layer's weights start
MOST = {2: 12, 4: 8}  # channels drawn for C, by expansion
LONGEST = 240  # of the two bars of energy
WIDTHS = (4, 12, 64)  # whose crossings are marked


def costs(order: str, width: int, expansion: int, kernel: int, rate: float) -> dict:
    """Operations a position, inner ones (no border), and weights: "first" is PW(DW(s)), C to h
    channels; "second" DW(PW(s)), h to C."""
    hidden, area = expansion * width, kernel * kernel
    dense = area * width * hidden
    added, multiplied = (
        (width * area, width * hidden) if order == "first" else (hidden * width, width * area)
    )
    return {
        "multiplied": multiplied,
        "added": rate * added,
        "merged": rate * dense,
        "weights": width * area + width * hidden,
        "dense": dense,
        "limit": MAC * multiplied / (ADD * (dense - added)),
    }


class MergePair(Demo):
    """MergePair(rate=0.1, order="first", kernel=5, expansion=2, width=12)."""

    name = "merge-pair"
    size = (400, 357)
    controls = (
        Slider("rate", 0, 1, 0.01, 0.1),
        Choice("order", ("first", "second"), "first"),
        Slider("width", 4, 512, 4, 12, log=True),
        Choice("kernel", (3, 5, 7), 5),
        Choice("expansion", (2, 4), 2),
    )
    plays = "rate"
    folded = ("kernel", "expansion")

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        rate = params["rate"]
        found = costs(params["order"], params["width"], params["expansion"], params["kernel"], rate)
        pair, merged = MAC * found["multiplied"] + ADD * found["added"], ADD * found["merged"]
        change = 100 * (merged - pair) / pair
        same = "same" if abs(change) < 1 else "saves" if change < 0 else "costs"
        values = {name: _count(value, words) for name, value in found.items()} | {
            "pair": short(pair / 1000),
            "one": short(merged / 1000),
            "rate": short(rate),
            "times": short(found["dense"] / found["weights"]),
            "change": fixed(abs(change), 0),
            "ratio": short(merged / pair),
            "mac": short(MAC),
            "add": short(ADD),
            "few": min(MOST[params["expansion"]], params["width"]),
            "channels": params["width"],
            "kernel": params["kernel"],
            "which": words["which"][params["order"]],
        }
        sentence = f"{fill(words['sentence'], values)} {fill(words[same], values)}"
        marks = _layers(params, rate, values, words)
        marks += _bars(found, pair, merged, values, words) + _lines(params, found, words)
        return {
            "numbers": {**found, "pair": pair, "one": merged},
            "marks": marks,
            "verdict": fill(words["v-none" if rate == 0 else f"v-{same}"], values),
            "sentence": sentence,
            "grips": [["rate", "x", LEFT, 219, RIGHT - LEFT, BASE - 213, LEFT, 0, RIGHT, 1]],
        }


def _count(x: float, words: dict) -> str:
    """1,234 or 1.3 million."""
    return short(x) if x < 1e6 else fill(words["million"], {"count": short(x / 1e6)})


def _rows(x: float, y: float, size: tuple, rows: int, columns: int, lit: float) -> list:
    """A layer that spikes enter from the left, a row a channel: of its rows the share `lit` adds,
    on average, the first ones drawn, so that the last of them is blue in part; the others rest."""
    wide, high = size
    marks: list = [["cells", x, y, wide, high, columns, "7" * (rows * columns)]]
    full = math.floor(lit * rows + 1e-9)
    part = lit * rows - full
    for i in range(rows):
        share = 1 if i < full else part if i == full else 0
        if share > 1e-6:
            marks.append(["rect", x, y + high * i, wide * columns * share, high - 0.5, "f-blue"])
    return marks


def _layers(params: dict, rate: float, values: dict, words: dict) -> list:
    """Every weight as an area on one scale, a tile for a kernel of k x k: the pair's, and the
    merged layer's, where each channel has such a tile for every channel that it goes to."""
    few, first = values["few"], params["order"] == "first"
    many = few * params["expansion"]
    inputs, outputs = (few, many) if first else (many, few)
    tile = min(TILE, DEEP / inputs)
    dot = tile / params["kernel"]  # the side of one weight
    middle = TOP + DEEP / 2

    def arrow(x: float, shape: str) -> list:
        tip = [x + 6, middle - 4, x + 11, middle, x + 6, middle + 4]
        return [["line", x, middle, x + 10, middle, shape], ["path", tip, shape]]

    def top(height: float) -> float:
        return middle - height / 2

    marks = [
        ["text", 8, 14, words["pair"], "bold"],
        ["text", MERGED, 14, words["one"], "bold"],
        *arrow(8, "s-blue thick"),
        *arrow(MERGED - 15, "s-blue thick"),
        *arrow(NEXT - 15, "s-orange thick"),
    ]
    if first:
        marks += _rows(PAIR, top(tile * inputs), (tile, tile), inputs, 1, rate)
        wide, high = dot * outputs, dot * inputs
        marks.append(["rect", NEXT, top(high), wide, high, "f-orange"])
        beside = max(34, top(tile * inputs) - 5)
        marks.append(["text", PAIR + 12, beside, words["depthwise"], "f-blue"])
        marks.append(["text", NEXT, top(high) - 5, words["pointwise"], "f-orange"])
    else:
        wide, high = tile, tile * outputs
        marks.append(["text", NEXT, top(high) - 5, words["depthwise"], "f-orange"])
        high = dot * inputs
        marks.append(["text", PAIR, top(high) - 5, words["pointwise"], "f-blue"])
        marks.append(["rect", PAIR, top(high), dot * outputs, high, "f-soft s-rule"])
        marks.append(["rect", PAIR, top(high), dot * outputs, high * rate, "f-blue"])
        shades = "6" * outputs
        marks.append(["cells", NEXT, top(tile * outputs), tile, tile, 1, shades])
    marks += _rows(MERGED, top(tile * inputs), (tile, tile), inputs, outputs, rate)
    marks += [
        ["text", 8, 130, fill(words["n-weights"], values), ""],
        ["text", MERGED, 130, fill(words["n-dense"], values), ""],
        ["text", 398, 130, fill(words["n-tile"], values), "end quiet"],
        ["line", NEXT - 10, middle + 7, NEXT - 10, 95, "s-orange dots"],
        ["text", PAIR + 12, 106, words["real"], "f-orange"],
    ]
    if few < params["width"]:
        marks.append(["text", 398, 13, fill(words["drawn"], values), "end quiet"])
    return marks


def _bars(found: dict, pair: float, merged: float, values: dict, words: dict) -> list:
    """Counts times prices, and their sums as bars on one scale at all rates: LONGEST is what the
    dearer way costs where all channels fire."""
    unit = LONGEST / (ADD * max(found["dense"], MAC / ADD * found["multiplied"]))
    first, one = (unit * ADD * found[name] for name in ("added", "merged"))
    marks: list = [
        ["text", 8, 148, fill(words["n-added"], values), "f-blue"],
        ["text", 188, 148, fill(words["n-multiplied"], values), "f-orange"],
        ["text", 8, 179, fill(words["n-merged"], values), "f-blue"],
    ]
    for y, text, whole, parts in (
        (153, "pair-costs", pair, ((0, first, "blue"), (first, unit * pair - first, "orange"))),
        (184, "one-costs", merged, ((0, one, "blue"),)),
    ):
        marks += [["rect", 8 + x, y, wide, 9, "f-" + colour] for x, wide, colour in parts if wide]
        marks.append(["text", 14 + unit * whole, y + 9, fill(words[text], values), "bold"])
    return marks


def _lines(params: dict, found: dict, words: dict) -> list:
    """Energy for each link of two channels, in and out: so the merged layer's line is the same at
    every width, and the dots stay between axis and top."""
    order, width, expansion, kernel = (
        params[name] for name in ("order", "width", "expansion", "kernel")
    )
    pairs = expansion * width * width
    highest = ADD * kernel * kernel  # what merging costs where all channels fire

    def y(rate: float, merged: bool) -> float:
        at = costs(order, width, expansion, kernel, rate)
        cost = ADD * at["merged"] if merged else MAC * at["multiplied"] + ADD * at["added"]
        return BASE - HEIGHT * cost / pairs / highest

    def x(rate: float) -> float:
        return LEFT + (RIGHT - LEFT) * rate

    top, limit = BASE - HEIGHT, found["limit"]
    marks: list = [
        ["text", 8, 211, words["title-lines"], "bold"],
        ["rect", LEFT, top, (RIGHT - LEFT) * min(1, limit), HEIGHT, "f-soft"],
        ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
        ["line", LEFT, BASE, LEFT, top, "s-rule"],
        ["text", LEFT - 6, top + 8, short(highest), "end quiet"],
        ["text", LEFT - 6, BASE + 4, "0", "end quiet"],
    ]
    marks += [["text", x(r), BASE + 16, str(r), "mid quiet"] for r in (0, 0.5, 1)]
    marks.append(["text", x(1) - 14, BASE + 16, words["axis"], "end quiet"])
    marks += [
        ["path", [LEFT, y(0, False), RIGHT, y(1, False)], "s-orange thick dash"],
        ["path", [LEFT, y(0, True), RIGHT, y(1, True)], "s-blue thick"],
    ]
    gap = y(1, False) - y(1, True)  # the names stand behind the lines' ends, a line apart
    push = max(0, 14 - gap) / 2
    marks += [
        ["text", RIGHT + 7, y(1, False) + 4 + push, words["pair"], ""],
        ["text", RIGHT + 7, y(1, True) + 4 - push, words["one"], ""],
    ]
    if limit <= 1:
        marks.append(["line", x(limit), BASE, x(limit), top - 14, "s-ink dots"])
        text, start = fill(words["below"], {"limit": short(limit)}), x(limit) < RIGHT - 120
        style = "" if start else "end"
        marks.append(["text", x(limit) + (5 if start else -5), top - 5, text, style])
    # where the crossing lies at this width and at others
    named: list = []
    for other in dict.fromkeys((width, *WIDTHS)):
        at = x(costs(order, other, expansion, kernel, 0)["limit"])
        if at > RIGHT or any(abs(at - place) < 24 for place in named):
            continue
        named.append(at)
        shape, text = (" thick", "mid bold") if other == width else ("", "mid quiet")
        tip = [at - 4, BASE + 26, at, BASE + 20, at + 4, BASE + 26]
        marks.append(["path", tip, "s-ink" + shape])
        marks.append(["text", at, BASE + 39, str(other), text])
    marks.append(["text", 392, BASE + 39, words["at-width"], "end quiet"])
    at = x(params["rate"])
    for merged, colour in ((False, "f-orange"), (True, "f-blue")):
        marks.append(["circle", at, y(params["rate"], merged), 4, colour])
    return marks
