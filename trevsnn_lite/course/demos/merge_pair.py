"""MergePair, Fig. 4 after re-parameterisation: a depthwise and a pointwise convolution as two
layers, or as one dense one fed with spikes alone."""

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, short

MAC, ADD = 4.6, 0.9  # pJ
LEFT, RIGHT, BASE, HEIGHT = 44, 384, 272, 134


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
    """MergePair(order="first", kernel=5, width=12, expansion=2, rate=0.2)."""

    name = "merge-pair"
    size = (400, 308)
    controls = (
        Choice("order", ("first", "second"), "first"),
        Choice("kernel", (3, 5, 7), 5),
        Choice("expansion", (2, 4), 2),
        Slider("width", 4, 512, 4, 12),
        Slider("rate", 0, 1, 0.01, 0.2),
    )

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        rate = params["rate"]
        found = costs(params["order"], params["width"], params["expansion"], params["kernel"], rate)
        pair, merged = MAC * found["multiplied"] + ADD * found["added"], ADD * found["merged"]
        change = 100 * (merged - pair) / pair
        values = {name: short(value) for name, value in found.items()} | {
            "pair": short(pair / 1000),
            "one": short(merged / 1000),
            "rate": short(rate),
            "times": short(found["dense"] / found["weights"]),
            "change": fixed(abs(change), 0),
            "which": words["which"][params["order"]],
        }
        sentence = (
            f"{fill(words['sentence'], values)} "
            f"{fill(words['saves' if change < 0 else 'costs'], values)}"
        )
        marks = _bars(found, pair, merged, words) + _lines(params, found, pair, merged, words)
        return {
            "numbers": {**found, "pair": pair, "one": merged},
            "marks": marks,
            "sentence": sentence,
        }


def _bars(found: dict, pair: float, merged: float, words: dict) -> list:
    scale = 220 / max(pair, merged)
    inner = MAC * found["multiplied"] * scale
    marks = [
        ["text", 8, 14, words["title-bars"], "bold"],
        ["text", 92, 35, words["pair"], "end"],
        ["rect", 98, 23, inner, 16, "f-orange"],
    ]
    marks += [
        ["rect", 98 + inner, 23, ADD * found["added"] * scale, 16, "f-blue"],
        ["text", 104 + pair * scale, 35, short(pair / 1000), ""],
    ]
    marks += [
        ["text", 92, 57, words["one"], "end"],
        ["rect", 98, 45, merged * scale, 16, "f-blue"],
        ["text", 104 + merged * scale, 57, short(merged / 1000), ""],
    ]
    marks += [["rect", 98, 72, 11, 11, "f-orange"], ["text", 114, 82, words["multiplied"], ""]]
    return [*marks, ["rect", 212, 72, 11, 11, "f-blue"], ["text", 228, 82, words["added"], ""]]


def _lines(params: dict, found: dict, pair: float, merged: float, words: dict) -> list:
    ends = [
        costs(params["order"], params["width"], params["expansion"], params["kernel"], r)
        for r in (0, 1)
    ]
    pairs, ones = (
        [MAC * e["multiplied"] + ADD * e["added"] for e in ends],
        [ADD * e["merged"] for e in ends],
    )
    highest = max(*pairs, *ones)

    def y(value: float) -> float:
        return BASE - HEIGHT * value / highest

    x = LEFT + (RIGHT - LEFT) * params["rate"]
    marks = [
        ["text", 8, 112, words["title-lines"], "bold"],
        ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
        ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"],
        ["text", LEFT, BASE - HEIGHT - 5, short(highest / 1000), "quiet"],
        ["text", 38, BASE + 4, "0", "end quiet"],
    ]
    marks += [
        ["text", LEFT + (RIGHT - LEFT) * r, BASE + 16, str(r), "mid quiet"] for r in (0, 0.5, 1)
    ]
    marks += [
        ["path", [LEFT, y(pairs[0]), RIGHT, y(pairs[1])], "s-orange thick dash"],
        ["path", [LEFT, y(ones[0]), RIGHT, y(ones[1])], "s-blue thick"],
    ]
    if found["limit"] <= 1:
        at = LEFT + (RIGHT - LEFT) * found["limit"]
        marks += [["line", at, BASE, at, BASE - HEIGHT, "s-ink dots"]]
    marks += [["circle", x, y(pair), 4, "f-orange"], ["circle", x, y(merged), 4, "f-blue"]]
    return [*marks, ["text", RIGHT, BASE + 32, words["rate"], "end quiet"]]
