"""EnergyBill, Table 2's mJ column: a spiking network at T steps and one rate against its artificial
twin, by the papers' prices and by two others."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, Switch, fill, fixed, short

LOAD = 5.0  # pJ, one 32-bit word from or to a memory of 8 kB, 45 nm
PRICES = {  # pJ: a multiply-accumulate, an addition
    "float": (4.6, 0.9),
    "integer": (3.2, 0.1),
    "memory": (
        4.6 + 2 * LOAD,
        0.9 + 3 * LOAD,
    ),  # weight and input; weight, potential read, potential written
}
LEFT, RIGHT, BASE, HEIGHT, MOST = 150, 384, 298, 230, 2  # the axis ends at MOST times
TOP = 64  # the time axis ends here at every rate, so that a dearer network has a steeper line
ONE, PILE, WIDE = 38, 90, 36  # where the artificial bar and the pile of steps stand; their width


def energies(prices: str, steps: float, rate: float, share: float, once: bool) -> dict:
    """Microjoules an image for each million connections, `share` of them in the first layer, which
    multiplies real pixels."""
    mac, add = PRICES[prices]
    first = share * mac * (1 if once else steps)
    later = (1 - share) * rate * steps * add
    return {"ann": mac, "first": first, "later": later, "snn": first + later}


def break_even(prices: str, rate: float, share: float, once: bool) -> float:
    """The T at which both cost the same; infinity where the spiking network never gets there."""
    mac, add = PRICES[prices]
    slope = (1 - share) * rate * add + (0 if once else share * mac)
    return (mac - (share * mac if once else 0)) / slope if slope > 0 else float("inf")


def ends(even: float) -> tuple[float, float]:
    """(the last whole T at which spikes are cheaper, the first at which they are dearer): with a
    break-even at a whole T two apart, since there both cost the same."""
    return math.ceil(even - 1e-9) - 1, math.floor(even + 1e-9) + 1


def apart(value: float) -> str:
    """A number with as many decimals as tell it from a whole one beside it: a break-even a little
    above 17 is not 17."""
    whole = round(value)
    if abs(value - whole) < 1e-9 or float(short(value).replace(",", "")) != whole:
        return short(value)
    return next(text for text in (fixed(value, n) for n in range(1, 9)) if float(text) != whole)


class EnergyBill(Demo):
    """EnergyBill(prices="float", steps=4, rate=0.2, share=2, once=False)."""

    name = "energy-bill"
    size = (400, 332)
    controls = (
        Slider("steps", 1, TOP, 1, 4, log=True),
        Slider("rate", 0, 1, 0.01, 0.2),
        Choice("prices", tuple(PRICES), "float"),
        Slider("share", 0, 20, 1, 2),
        Switch("once"),
    )
    plays = "steps"
    folded = ("share", "once")

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        prices, steps, rate, once = (params[name] for name in ("prices", "steps", "rate", "once"))
        share, (mac, add) = params["share"] / 100, PRICES[params["prices"]]
        costs, even = (
            energies(prices, steps, rate, share, once),
            break_even(prices, rate, share, once),
        )
        never = even > 1e9
        last, dear = (1e9, 1e9) if never else ends(even)
        ratio = costs["snn"] / costs["ann"]
        sides = [energies(prices, t, rate, share, once)["snn"] / mac for t in (0, TOP)]
        values = {
            "mac": short(mac),
            "add": short(add),
            "plain_mac": short(PRICES["float"][0]),
            "plain_add": short(PRICES["float"][1]),
            "load_mac": short(2 * LOAD),
            "load_add": short(3 * LOAD),
            "limit": short(mac / add),
            "steps": steps,
            "rate": short(rate),
            "spikes": short(steps * rate),
            **{name: short(value) for name, value in costs.items()},
            "ratio": apart(ratio) if short(ratio) == "1" else short(ratio),
            "even": "" if never else apart(even),
            "equal": "" if never else fill(words["equal"], {"even": apart(even)}),
            "whole": "" if never else short(last),
            "next": "" if never else short(dear),
        }
        ending = words["never"] if never else fill(words["even"], values)
        return {
            "numbers": {**costs, "even": -1 if never else even, "limit": mac / add},
            "marks": _line(costs["snn"] / mac, steps, sides, even, values["equal"], last, words)
            + _piles(prices, costs, steps, once, values, words),
            "verdict": fill(words["v-" + said(even, steps, rate)], values),
            "sentence": f"{fill(words['sentence'], values)} {ending}",
            "grips": [
                ["steps", "x", LEFT, BASE - HEIGHT, RIGHT - LEFT, HEIGHT + 6, LEFT, 0, RIGHT, TOP]
            ],
        }


def said(even: float, steps: int, rate: float) -> str:
    """The name of the verdict's wording."""
    if even > 1e9:
        return "never"
    last, dear = ends(even)
    if steps >= dear:
        return "more" if even >= 1 - 1e-9 else "always"
    if steps > last:
        return "same"
    return "less" if rate else "silent"


def _height(value: float) -> float:
    """Where on the picture so many times the artificial network's energy is."""
    return BASE - HEIGHT * min(value, MOST) / MOST


def _piles(prices: str, costs: dict, steps: int, once: bool, values: dict, words: dict) -> list:
    """The energies as areas on the line's own scale: one bar, and a slice for each step, also of
    what the first layer multiplies, unless it does so once. The part that reads and writes is
    pale."""
    (mac, add), fetched = PRICES[prices], prices == "memory"
    loads = (2 * LOAD, 3 * LOAD) if fetched else (0.0, 0.0)

    def slab(x: float, low: float, high: float, price: float, load: float, colour: str) -> list:
        """From one height to another, as wide in full colour as the arithmetic's part is."""
        gap = min(0.6, 0.12 * (low - high))
        solid = WIDE * (price - load) / price
        parts: list = [["rect", x, high + gap, solid, low - high - gap, "f-" + colour]]
        if load:
            pale = ["rect", x + solid, high + gap, WIDE - solid, low - high - gap]
            parts.append([*pale, "f-soft s-" + colour])
        return parts

    one, first, later = (costs[name] / mac for name in ("ann", "first", "later"))
    marks = slab(ONE, BASE, _height(one), mac, loads[0], "orange")
    for low, part, slices, price, load, colour in (
        (0.0, first, 1 if once else steps, mac, loads[0], "orange"),
        (first, later, steps, add, loads[1], "blue"),
    ):
        for t in range(slices if part else 0):
            foot, top = low + part * t / slices, low + part * (t + 1) / slices
            if foot < MOST:
                marks += slab(PILE, _height(foot), _height(top), price, load, colour)
    for i, (text, colour) in enumerate((("one-mac", "orange"), ("one-add", "blue"))):
        said = fill(words[text + ("-memory" if fetched else "")], values)
        marks.append(["text", 8, 34 + 17 * i, said, "bold f-" + colour])
    if fetched:
        marks.append(["text", 392, 51, words["pale"], "end quiet"])
    top = _height(first + later)
    if first + later > MOST:  # a broken end
        for y in (top + 3, top + 8):
            marks.append(["line", PILE - 4, y + 2, PILE + WIDE + 4, y - 4, "s-ink"])
    return [
        *marks,
        ["text", ONE + WIDE / 2, BASE + 16, words["artificial"], "mid"],
        ["text", PILE + WIDE / 2 + 4, BASE + 16, words["spiking"], "mid"],
        ["text", PILE + WIDE / 2 + 4, BASE + 31, f"T = {steps}", "mid quiet"],
    ]


def _line(
    ratio: float, steps: int, sides: list, even: float, said: str, whole: float, words: dict
) -> list:
    """Energy over the artificial network's, against T. Beyond MOST the line leaves the picture."""

    def x(t: float) -> float:
        return LEFT + (RIGHT - LEFT) * t / TOP

    y = _height
    last = TOP if sides[1] <= MOST else TOP * (MOST - sides[0]) / (sides[1] - sides[0])
    far = min(even, last)
    level = min(1, sides[0] + (sides[1] - sides[0]) * far / TOP)
    cheap = [x(0), y(1), x(0), y(sides[0]), x(far), y(level), x(far), y(1)]
    marks = [
        ["text", 8, 14, words["title-line"], "bold"],
        *([["path", cheap, "f-soft"]] if whole >= 1 else []),
        ["line", ONE - 6, BASE, RIGHT, BASE, "s-rule"],
        ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"],
    ]
    marks += [["text", x(t), BASE + 16, str(t), "mid quiet"] for t in (0, 16, 32, 48, TOP)]
    marks += [["text", 30, y(v) + 4, f"{v} ×" if v else "0", "end quiet"] for v in range(MOST + 1)]
    marks += [
        ["line", ONE, y(1), RIGHT, y(1), "s-orange thick dash"],
        [
            "path",
            [x(0), y(sides[0]), x(last), y(sides[0] + (sides[1] - sides[0]) * last / TOP)],
            "s-blue thick",
        ],
        ["line", PILE + WIDE, y(ratio), x(steps), y(ratio), "s-blue dots"],
    ]
    if 1 <= even <= TOP:
        marks += [
            ["line", x(even), y(1), x(even), BASE, "s-ink dots"],
            # clear of the line, which is below it to the left and above it to the right
            ["text", x(even) + 7, y(1) + 15, said, "bold halo"]
            if x(even) < 268
            else ["text", x(even) - 4, y(1) - 6, said, "end bold halo"],
        ]
    if whole >= 1:  # in its triangle, or beside it
        inside = x(far) - LEFT > 80
        place, text = (LEFT + 4, 14) if inside else (x(even) + 7, 32)
        word = words["cheaper" if inside else "cheaper-left"]
        marks.append(["text", place, y(1) + text, word, "bold f-blue"])
    if sides[1] > 1.8:  # the line is well above by then
        marks.append(["text", RIGHT, y(1) - 7, words["dearer"], "end bold f-orange"])
    if ratio > MOST:
        right = x(steps) < 320
        place = [x(steps) + (9 if right else -9), y(MOST) + 4]
        weight = "bold halo" if right else "end bold halo"
        marks.append(["text", *place, f"↑ {short(ratio)} ×", weight])
    at, top = x(steps), y(MOST)
    return [
        *marks,
        ["path", [at - 5, top + 4, at, top - 2, at + 5, top + 4], "s-blue thick"]
        if ratio > MOST
        else ["circle", at, y(ratio), 5, "f-blue"],
        ["text", RIGHT, BASE + 31, words["time"], "end quiet"],
    ]
