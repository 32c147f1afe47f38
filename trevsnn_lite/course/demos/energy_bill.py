"""EnergyBill, Table 2's mJ column: a spiking network at T steps and one rate against its artificial
twin, by the papers' prices and by two others."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, Switch, fill, short

LOAD = 5.0  # pJ, one 32-bit word from or to a memory of 8 kB, 45 nm
PRICES = {  # pJ: a multiply-accumulate, an addition
    "float": (4.6, 0.9),
    "integer": (3.2, 0.1),
    "memory": (
        4.6 + 2 * LOAD,
        0.9 + 3 * LOAD,
    ),  # weight and input; weight, potential read, potential written
}
LEFT, RIGHT, BASE, HEIGHT = 44, 384, 288, 118
TOP = 64  # the time axis ends here at every rate, so that a dearer network has a steeper line
COINS = (170, 32, 222, 84)  # where the additions lie, from the bottom up: x, y, width, height


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


class EnergyBill(Demo):
    """EnergyBill(prices="float", steps=4, rate=0.2, share=2, once=False)."""

    name = "energy-bill"
    size = (400, 324)
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
        whole = math.floor(even + 1e-9) if even < 1e9 else 1e9  # the last T that is cheaper
        ends = [energies(prices, t, rate, share, once)["snn"] / mac for t in (0, TOP)]
        values = {
            "mac": short(mac),
            "add": short(add),
            "limit": short(mac / add),
            "steps": steps,
            "rate": short(rate),
            "spikes": short(steps * rate),
            **{name: short(value) for name, value in costs.items()},
            "ratio": short(costs["snn"] / costs["ann"]),
            "even": short(even) if even < 1e9 else "",
            "whole": short(whole) if even < 1e9 else "",
            "next": short(whole + 1) if even < 1e9 else "",
        }
        less = costs["snn"] <= costs["ann"]
        cheap = "less" if rate else "silent"
        verdict = "never" if even > 1e9 else cheap if less else "more" if even >= 1 else "always"
        ending = words["never"] if even > 1e9 else fill(words["even"], values)
        return {
            "numbers": {**costs, "even": even if even < 1e9 else -1, "limit": mac / add},
            "marks": _coins(mac, add, steps, rate, values, words)
            + _line(costs["snn"] / mac, steps, ends, even, whole, words),
            "verdict": fill(words["v-" + verdict], values),
            "sentence": f"{fill(words['sentence'], values)} {ending}",
            "grips": [["steps", "x", LEFT, BASE - 124, RIGHT - LEFT, 130, LEFT, 0, RIGHT, TOP]],
        }


def _coins(mac: float, add: float, steps: int, rate: float, values: dict, words: dict) -> list:
    """One connection behind the first layer, by area: its multiplication, and its additions, one
    at each step with a spike."""
    x0, y0, wide, high = COINS
    columns = 1
    while (wide / columns) * ((steps + columns - 1) // columns) > high:
        columns += 1
    pitch, spikes = min(wide / columns, 48), rate * steps
    lit = math.ceil(spikes - 1e-9)
    scale = min(80 / math.sqrt(mac), (pitch - 1) / math.sqrt(add))
    big, small = scale * math.sqrt(mac), scale * math.sqrt(add)
    marks = [
        ["text", 8, 14, words["title-coins"], "bold"],
        ["rect", 276, 4, 11, 11, "f-soft s-rule"],
        ["text", 292, 14, words["free"], ""],
        ["rect", 30, y0 + high - big, big, big, "f-orange"],
        ["text", 8, 133, fill(words["one-mac"], values), ""],
        ["text", x0 - 14, 133, fill(words["adds"], values), ""],
    ]
    for t in range(steps):
        x, y = x0 + pitch * (t % columns), y0 + high - small - pitch * (t // columns)
        marks.append(["rect", x, y, small, small, "f-soft"])
        if (t + 1) * lit // steps > t * lit // steps:  # the last of them is a part of a spike
            part = spikes - lit + 1 if t == steps - 1 else 1
            marks.append(["rect", x, y, small * part, small, "f-blue"])
    return marks


def _line(ratio: float, steps: int, ends: list, even: float, whole: float, words: dict) -> list:
    """Energy over the artificial network's, against T. Beyond 2 the line leaves the picture."""

    def x(t: float) -> float:
        return LEFT + (RIGHT - LEFT) * t / TOP

    def y(value: float) -> float:
        return BASE - HEIGHT * min(value, 2) / 2

    last = TOP if ends[1] <= 2 else TOP * (2 - ends[0]) / (ends[1] - ends[0])
    far = min(whole, last)
    level = min(1, ends[0] + (ends[1] - ends[0]) * far / TOP)
    cheap = [x(0), y(1), x(0), y(ends[0]), x(far), y(level), x(far), y(1)]
    marks = [
        ["text", 8, 158, words["title-line"], "bold"],
        *([["path", cheap, "f-soft"]] if whole >= 1 else []),
        ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
        ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"],
    ]
    marks += [["text", x(t), BASE + 16, str(t), "mid quiet"] for t in (0, 16, 32, 48, TOP)]
    marks += [["text", 38, y(v) + 4, f"{v} ×" if v else "0", "end quiet"] for v in (0, 1, 2)]
    marks += [
        ["line", LEFT, y(1), RIGHT, y(1), "s-orange thick dash"],
        [
            "path",
            [x(0), y(ends[0]), x(last), y(ends[0] + (ends[1] - ends[0]) * last / TOP)],
            "s-blue thick",
        ],
    ]
    if 1 <= even <= TOP:
        marks += [
            ["line", x(even), y(1), x(even), BASE, "s-ink dots"],
            # clear of the line, which is below it to the left and above it to the right
            ["text", x(even) + 7, y(1) + 15, short(even), "bold halo"]
            if x(even) < 90
            else ["text", x(even) - 4, y(1) - 6, short(even), "end bold halo"],
        ]
    if whole >= 1 and x(far) - LEFT > 88:
        marks.append(["text", LEFT + 4, y(1) + 14, words["cheaper"], "bold f-blue"])
    if ratio > 2:
        right = x(steps) < 320
        place = [x(steps) + (9 if right else -9), y(2) + 4]
        weight = "bold halo" if right else "end bold halo"
        marks.append(["text", *place, f"↑ {short(ratio)} ×", weight])
    return [
        *marks,
        ["circle", x(steps), y(ratio), 5, "f-blue"],
        ["text", RIGHT, BASE + 32, words["time"], "end quiet"],
    ]
