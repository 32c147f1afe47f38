"""MergePair, Fig. 4 after re-parameterisation: a depthwise and a pointwise convolution as two
layers, or as one dense one fed with spikes alone."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, short

MAC, ADD = 4.6, 0.9  # pJ
LEFT, RIGHT, BASE, HEIGHT = 60, 322, 304, 104
FEW, MANY = 4, 8  # neurons drawn for C and for h


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
    size = (400, 340)
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
        values = {name: _count(value, words) for name, value in found.items()} | {
            "pair": short(pair / 1000),
            "one": short(merged / 1000),
            "rate": short(rate),
            "times": short(found["dense"] / found["weights"]),
            "change": fixed(abs(change), 0),
            "ratio": short(merged / pair),
            "few": FEW,
            "channels": params["width"],
            "which": words["which"][params["order"]],
        }
        sentence = (
            f"{fill(words['sentence'], values)} "
            f"{fill(words['saves' if change < 0 else 'costs'], values)}"
        )
        marks = _layers(params["order"], rate, values, words)
        marks += _lines(params, found, pair, merged, words)
        return {
            "numbers": {**found, "pair": pair, "one": merged},
            "marks": marks,
            "verdict": fill(
                words["v-none" if rate == 0 else "v-saves" if change < 0 else "v-costs"], values
            ),
            "sentence": sentence,
            "grips": [["rate", "x", LEFT, 186, RIGHT - LEFT, BASE - 180, LEFT, 0, RIGHT, 1]],
        }


def _count(x: float, words: dict) -> str:
    """1,234 or 1.3 million."""
    return short(x) if x < 1e6 else fill(words["million"], {"count": short(x / 1e6)})


def _layers(order: str, rate: float, values: dict, words: dict) -> list:
    """The pair and the merged layer, spikes from below: a blue link adds, an orange one
    multiplies, and a grey one has no spike to carry."""
    first = order == "first"
    below, middle, above = (FEW, FEW, MANY) if first else (MANY, FEW, FEW)
    lit = math.ceil(rate * below - 1e-9)
    spiking = [(i + 1) * lit // below > i * lit // below for i in range(below)]

    def x(left: float, i: int, count: int) -> float:
        return left + 112 * (i + 0.5) / count

    def links(left: float, count: int, other: int, y: float, top: float, colour) -> list:
        """Between neurons below and above: all with all, or each with its own where one layer is
        depthwise."""
        return [
            ["line", x(left, i, count), y, x(left, j, other), top, colour(i)]
            for i in range(count)
            for j in range(other)
            if count != other or i == j
        ]

    def nodes(left: float, count: int, y: float, shape) -> list:
        return [["circle", x(left, i, count), y, 4, shape(i)] for i in range(count)]

    def adds(i: int) -> str:
        return "s-blue" if spiking[i] else "s-grid"

    def spike(i: int) -> str:
        return "f-blue" if spiking[i] else "f-paper s-rule"

    marks = [
        ["text", 8, 14, fill(words["pair-costs"], values), "bold f-orange"],
        ["text", 212, 14, fill(words["one-costs"], values), "bold f-blue"],
    ]
    marks += links(8, below, middle, 124, 80, adds)
    marks += links(8, middle, above, 76, 32, lambda i: "s-orange")
    marks += links(212, below, above, 124, 32, adds)
    for left, count, y, shape in (
        (8, below, 126, spike),
        (8, middle, 78, lambda i: "f-orange"),
        (8, above, 30, lambda i: "f-paper s-ink"),
        (212, below, 126, spike),
        (212, above, 30, lambda i: "f-paper s-ink"),
    ):
        marks += nodes(left, count, y, shape)
    for left, y, number, word in (
        (124, 52, "multiplied", "multiplied"),
        (124, 98, "added", "added"),
        (328, 74, "merged", "added"),
    ):
        for row, text in enumerate((*values[number].split(" "), words[word])):
            marks.append(["text", left, y + 14 * row, text, "quiet" if row else "bold"])
    for left, number in ((8, "weights"), (212, "dense")):  # the price of merging
        text = fill(words["weights"], {"count": values[number]})
        marks.append(["text", left, 161, text, "bold"])
    return [
        *marks,
        ["text", 8, 145, words["from-spikes"], "quiet"],
        ["text", 212, 145, fill(words["drawn"], values), "quiet"],
    ]


def _lines(params: dict, found: dict, pair: float, merged: float, words: dict) -> list:
    ends = [
        costs(params["order"], params["width"], params["expansion"], params["kernel"], r)
        for r in (0, 1)
    ]
    pairs, ones = (
        [MAC * e["multiplied"] + ADD * e["added"] for e in ends],
        [ADD * e["merged"] for e in ends],
    )
    highest = min(max(*pairs, *ones), 3 * max(pairs))  # so that the crossing is seen; cut beyond
    last = min(1, highest / ones[1])  # the rate at which the merged layer leaves the picture

    def y(value: float) -> float:
        return BASE - HEIGHT * value / highest

    x, end = (LEFT + (RIGHT - LEFT) * rate for rate in (params["rate"], last))
    share = min(1, found["limit"])
    marks = [
        ["text", 8, 183, words["title-lines"], "bold"],
        ["rect", LEFT, BASE - HEIGHT, (RIGHT - LEFT) * share, HEIGHT, "f-soft"],
        ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
        ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"],
        ["text", LEFT - 6, BASE - HEIGHT + 8, short(highest / 1000), "end quiet"],
        ["text", LEFT - 6, BASE + 4, "0", "end quiet"],
    ]
    marks += [
        ["text", LEFT + (RIGHT - LEFT) * r, BASE + 16, str(r), "mid quiet"] for r in (0, 0.5, 1)
    ]
    marks += [
        ["path", [LEFT, y(pairs[0]), RIGHT, y(pairs[1])], "s-orange thick dash"],
        ["path", [LEFT, y(ones[0]), end, y(last * ones[1])], "s-blue thick"],
    ]
    gap = y(pairs[1]) - y(ones[1])  # the names stand behind the lines' ends, one line apart
    push = max(0, 14 - abs(gap)) / 2 * (1 if gap > 0 else -1)
    marks += [
        ["text", RIGHT + 7, y(pairs[1]) + 4 + push, words["pair"], ""],
        ["text", RIGHT + 7, y(ones[1]) + 4 - push, words["one"], ""]
        if last == 1
        else ["text", end + 7, BASE - HEIGHT + 24, words["one"], "halo"],
    ]
    if found["limit"] <= 1:
        at = LEFT + (RIGHT - LEFT) * found["limit"]
        marks += [
            ["line", at, BASE, at, BASE - HEIGHT, "s-ink dots"],
            [
                "text",
                at + 5 if at < RIGHT - 120 else at - 5,
                BASE - HEIGHT + 8,
                fill(words["below"], {"limit": short(found["limit"])}),
                "halo" if at < RIGHT - 120 else "end halo",
            ],
        ]
    marks.append(["circle", x, y(pair), 4, "f-orange"])
    if merged > highest:  # an arrowhead above the plot
        top = BASE - HEIGHT
        marks.append(["path", [x - 4, top - 3, x, top - 8, x + 4, top - 3], "s-blue thick"])
    else:
        marks.append(["circle", x, y(merged), 4, "f-blue"])
    return [*marks, ["text", RIGHT, BASE + 32, words["rate"], "end quiet"]]
