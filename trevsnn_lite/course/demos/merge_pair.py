"""MergePair, Fig. 4 after re-parameterisation: a depthwise and a pointwise convolution as two
layers, or as one dense one fed with spikes alone."""

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, short

MAC, ADD = 4.6, 0.9  # pJ
LEFT, RIGHT, BASE, HEIGHT = 44, 316, 322, 74
TOP, WIDE, HIGH = 36, 220, 68  # of the merged layer's weights, whose area is the room
PAIR, NEXT, MERGED = 24, 98, 172  # where each layer's weights start
LETTER = 6.8  # wide at most, on average over a count and its price
SMALLEST = 2.5  # side of a kernel's tile that is drawn
LONGEST = 224  # of the two bars of energy
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
    size = (400, 367)
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
            "dearer": fixed(MAC / ADD, 1),
            "area": params["kernel"] ** 2,
            "hidden": f"{params['expansion']}C",
            "most": short(ADD * found["dense"] / 1000),
            "which": words["which"][params["order"]],
        }
        sentence = f"{fill(words['sentence'], values)} {fill(words[same], values)}"
        marks = _layers(params, rate, found, values, words)
        marks += _bars(found, pair, merged, values, words) + _lines(params, found, words)
        return {
            "numbers": {**found, "pair": pair, "one": merged},
            "marks": marks,
            "verdict": fill(words["v-none" if rate == 0 else f"v-{same}"], values),
            "sentence": sentence,
            "grips": [["rate", "x", LEFT, 231, RIGHT - LEFT, BASE - 225, LEFT, 0, RIGHT, 1]],
        }


def _count(x: float, words: dict) -> str:
    """1,234 or 1.3 million."""
    return short(x) if x < 1e6 else fill(words["million"], {"count": short(x / 1e6)})


def _layers(params: dict, rate: float, found: dict, values: dict, words: dict) -> list:
    """Every weight as an area, one unit in all three: the merged layer fills the room, a row for a
    channel that spikes come from, a tile for a kernel of k x k. Of these rows spikes touch the
    share `rate`, on average, drawn as the upper ones. Merging pays up to a line; nearly all above
    it is what the pair multiplies, as many times as a product is dearer than a sum: framed."""
    width, expansion, kernel = (params[name] for name in ("width", "expansion", "kernel"))
    first = params["order"] == "first"
    inputs, outputs = (width, expansion * width) if first else (expansion * width, width)
    tile = WIDE / outputs, HIGH / inputs
    high = tile[1] * width  # of the depthwise layer, a row a channel
    middle = TOP + HIGH / 2

    def arrow(x: float, shape: str) -> list:
        tip = [x + 6, middle - 4, x + 11, middle, x + 6, middle + 4]
        return [["line", x, middle, x + 10, middle, shape], ["path", tip, shape]]

    def touched(x: float, wide: float) -> list:
        marks = [["rect", x, TOP, wide, HIGH, "f-rule"]]
        return marks + [["rect", x, TOP, wide, HIGH * rate, "f-blue"]] * (rate > 0)

    marks = [
        ["text", 8, 14, words["pair"], "bold"],
        ["text", MERGED, 14, words["one"], "bold"],
        ["rect", 238, 4, 11, 11, "f-blue"],
        ["text", 254, 14, words["touched"], ""],
        ["rect", 238, 20, 11, 11, "f-orange"],
        ["text", 254, 30, words["real"], ""],
        *arrow(8, "s-blue thick"),
        *arrow(NEXT - 15, "s-orange thick"),
        *arrow(MERGED - 15, "s-blue thick"),
    ]
    # spikes enter the first, real numbers the second
    names = ("depthwise", "pointwise") if first else ("pointwise", "depthwise")
    for x, name, colour in zip((PAIR, NEXT), names, ("f-blue", "f-orange"), strict=True):
        wide, down = (tile[0], high) if name == "depthwise" else (WIDE / kernel**2, HIGH)
        marks.append(["text", x, 30, words[name], colour])
        if x == PAIR:
            marks += touched(x, wide)
        else:
            marks.append(["rect", x, middle - down / 2, wide, down, colour])
        side = f"n-{name}" if name == "depthwise" or first else "n-pointwise-first"
        marks.append(["text", x, 118, fill(words[side], values), "quiet"])
        if name == "depthwise" and min(tile) >= SMALLEST:
            marks += _tiles(x, middle - down / 2, tile, width, 1)
    marks += touched(MERGED, WIDE)
    if min(tile) >= SMALLEST:
        marks += _tiles(MERGED, TOP, tile, inputs, outputs)
    dear, even = MAC / ADD * found["multiplied"] / found["dense"], TOP + HIGH * found["limit"]
    return [
        *marks,
        ["rect", MERGED, TOP, WIDE, HIGH * dear, "hollow s-orange thick dash"],
        ["line", MERGED - 5, even, MERGED + WIDE, even, "s-ink dots"],
        ["rect", MERGED + 3, even + 6, 21, 6, "f-paper"],  # the frame's key
        ["line", MERGED + 5, even + 9, MERGED + 22, even + 9, "s-orange thick dash"],
        ["text", MERGED + 26, even + 13, fill(words["price"], values), "f-orange halo"],
        ["text", MERGED + WIDE - 3, even + 13, words["up-to"], "end halo"],
        ["text", MERGED, 118, fill(words["n-sides"], values), "quiet"],
        *([["rect", 312, 108, 11, 11, "f-rule"]] * (rate < 1)),
        *([["text", 328, 118, words["untouched"], ""]] * (rate < 1)),
        ["text", 8, 133, fill(words["n-weights"], values), ""],
        ["text", MERGED, 133, fill(words["n-dense"], values), ""],
    ]


def _tiles(x: float, y: float, tile: tuple, rows: int, columns: int) -> list:
    """The joints between tiles, each way as one line to and fro."""
    wide, high = tile
    down = [v for i in range(rows + 1) for v in _to_and_fro(i, x, wide * columns, y + high * i)]
    across = [v for i in range(columns + 1) for v in _to_and_fro(i, y, high * rows, x + wide * i)]
    turned = [v for pair in zip(across[1::2], across[::2]) for v in pair]
    return [["path", down, "q"]] + [["path", turned, "q"]] * (columns > 1)


def _to_and_fro(i: int, start: float, length: float, other: float) -> list:
    ends = (start, start + length) if i % 2 == 0 else (start + length, start)
    return [ends[0], other, ends[1], other]


def _bars(found: dict, pair: float, merged: float, values: dict, words: dict) -> list:
    """Counts times prices, and their sums as bars on one scale at all rates: LONGEST is what the
    merged layer costs where all channels fire, the dearest of all."""
    unit = LONGEST / (ADD * found["dense"])
    first, one = (unit * ADD * found[name] for name in ("added", "merged"))
    added = fill(words["n-added"], values)
    marks: list = [
        ["text", 8, 152, added, "f-blue"],
        ["text", 16 + LETTER * len(added), 152, fill(words["n-multiplied"], values), "f-orange"],
        ["text", 8, 180, fill(words["n-merged"], values), "f-blue"],
    ]
    for y, text, parts in (
        (156, "pair-costs", ((0, first, "blue"), (first, unit * pair - first, "orange"))),
        (184, "one-costs", ((0, one, "blue"),)),
    ):
        marks.append(["rect", 8, y, LONGEST, 9, "f-soft"])
        marks += [["rect", 8 + x, y, wide, 9, "f-" + colour] for x, wide, colour in parts if wide]
        marks.append(["text", 16 + LONGEST, y + 9, fill(words[text], values), "bold"])
    return [
        *marks,
        *(["line", 8 + x, 193, 8 + x, 197, "s-rule"] for x in (0, LONGEST)),
        ["text", 8, 208, "0", "quiet"],
        ["text", 8 + LONGEST, 208, fill(words["scale"], values), "end quiet"],
        ["text", 16 + LONGEST, 208, words["each"], "quiet"],
    ]


def _lines(params: dict, found: dict, words: dict) -> list:
    """The bars' two energies at all rates, up to the bars' own end: so the merged layer's line is
    the same at every width, and the dots stay between axis and top."""
    order, width, expansion, kernel = (
        params[name] for name in ("order", "width", "expansion", "kernel")
    )
    highest = ADD * found["dense"]  # what merging costs where all channels fire

    def y(rate: float, merged: bool) -> float:
        at = costs(order, width, expansion, kernel, rate)
        cost = ADD * at["merged"] if merged else MAC * at["multiplied"] + ADD * at["added"]
        return BASE - HEIGHT * cost / highest

    def x(rate: float) -> float:
        return LEFT + (RIGHT - LEFT) * rate

    top, limit = BASE - HEIGHT, found["limit"]
    marks: list = [
        ["text", 8, 226, fill(words["title-lines"], {"most": short(highest / 1000)}), "bold"],
        ["rect", LEFT, top, (RIGHT - LEFT) * min(1, limit), HEIGHT, "f-soft"],
        ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
        ["line", LEFT, BASE, LEFT, top, "s-rule"],
        ["text", LEFT - 6, BASE + 4, "0", "end quiet"],
    ]
    marks += [["text", x(r), BASE + 16, str(r), "mid quiet"] for r in (0, 0.5, 1)]
    marks.append(["text", x(1) - 14, BASE + 16, words["axis"], "end quiet"])
    marks += [
        ["path", [LEFT, y(0, False), RIGHT, y(1, False)], "s-ink thick dash"],
        ["path", [LEFT, y(0, True), RIGHT, y(1, True)], "s-ink thick"],
    ]
    gap = y(1, False) - y(1, True)  # the names stand behind the lines' ends, a line apart
    push = max(0, 14 - gap) / 2
    marks += [
        ["text", RIGHT + 7, y(1, False) + 4 + push, words["pair"], ""],
        ["text", RIGHT + 7, y(1, True) + 4 - push, words["one"], ""],
    ]
    # where the lines cross at this width, and below the axis at others (limit < 1 at all settings)
    marks.append(["line", x(limit), BASE + 5, x(limit), top - 14, "s-ink dots"])
    start = x(limit) < RIGHT - 120
    text = fill(words["below"], {"limit": short(limit), "width": width})
    style = "" if start else "end"
    marks.append(["text", x(limit) + (5 if start else -5), top - 5, text, style])
    others = [other for other in reversed(WIDTHS) if other != width]  # as they stand
    places = [x(costs(order, other, expansion, kernel, 0)["limit"]) for other in others]
    marks += [["line", at, BASE + 20, at, BASE + 27, "s-ink"] for at in places]
    if order == "first":  # they lie within 21 px
        text = fill(words["at-widths"], {"widths": ", ".join(map(str, others))})
        marks.append(["text", sum(places) / len(places), BASE + 39, text, "mid quiet"])
    else:
        marks.append(["text", places[0] - 11, BASE + 39, words["widths"], "end quiet"])
        for at, other in zip(places, others, strict=True):
            marks.append(["text", at, BASE + 39, str(other), "mid quiet"])
    marks.append(["text", 392, BASE + 39, words["others"], "end quiet"])
    at = x(params["rate"])
    marks += [["circle", at, y(params["rate"], merged), 4, "f-ink"] for merged in (False, True)]
    return marks
