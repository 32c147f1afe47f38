"""EnergyBill, Table 2's mJ column: a spiking network at T steps and one rate against its artificial
twin, by the papers' prices and by two others."""

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
LEFT, RIGHT, BASE, HEIGHT = 44, 384, 268, 138


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
    size = (400, 304)
    controls = (
        Choice("prices", tuple(PRICES), "float"),
        Slider("steps", 1, 256, 1, 4),
        Slider("rate", 0, 1, 0.01, 0.2),
        Slider("share", 0, 20, 1, 2),
        Switch("once"),
    )

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        prices, steps, rate, once = (params[name] for name in ("prices", "steps", "rate", "once"))
        share, (mac, add) = params["share"] / 100, PRICES[params["prices"]]
        costs, even = (
            energies(prices, steps, rate, share, once),
            break_even(prices, rate, share, once),
        )
        top = max(16, 2 * steps)
        ends = [energies(prices, t, rate, share, once)["snn"] for t in (0, top)]
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
        }
        ending = words["never"] if even > 1e9 else fill(words["even"], values)
        return {
            "numbers": {**costs, "even": even if even < 1e9 else -1, "limit": mac / add},
            "marks": _bars(costs, words) + _line(costs, steps, top, ends, even, words),
            "sentence": f"{fill(words['sentence'], values)} {ending}",
        }


def _bars(costs: dict, words: dict) -> list:
    scale = 230 / max(costs["ann"], costs["snn"])
    first = costs["first"] * scale
    marks = [
        ["text", 8, 14, words["title-bars"], "bold"],
        ["text", 92, 35, words["ann"], "end"],
        ["rect", 98, 23, costs["ann"] * scale, 16, "f-orange"],
    ]
    marks += [
        ["text", 104 + costs["ann"] * scale, 35, short(costs["ann"]), ""],
        ["text", 92, 57, words["snn"], "end"],
    ]
    marks += [
        ["rect", 98, 45, first, 16, "f-orange"],
        ["rect", 98 + first, 45, costs["later"] * scale, 16, "f-blue"],
    ]
    marks += [
        ["text", 104 + costs["snn"] * scale, 57, short(costs["snn"]), ""],
        ["rect", 98, 72, 11, 11, "f-orange"],
        ["text", 114, 82, words["multiplied"], ""],
    ]
    return [*marks, ["rect", 232, 72, 11, 11, "f-blue"], ["text", 248, 82, words["added"], ""]]


def _line(costs: dict, steps: int, top: int, ends: list, even: float, words: dict) -> list:
    highest = 1.08 * max(costs["ann"], ends[1])

    def x(t: float) -> float:
        return LEFT + (RIGHT - LEFT) * t / top

    def y(value: float) -> float:
        return BASE - HEIGHT * value / highest

    marks = [
        ["text", 8, 112, words["title-line"], "bold"],
        ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
        ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"],
    ]
    marks += [["text", x(t), BASE + 16, short(t), "mid quiet"] for t in (0, top / 2, top)]
    marks += [
        ["text", 38, BASE + 4, "0", "end quiet"],
        ["text", 38, y(costs["ann"]) + 4, short(costs["ann"]), "end quiet"],
    ]
    marks += [
        ["line", LEFT, y(costs["ann"]), RIGHT, y(costs["ann"]), "s-orange thick dash"],
        ["path", [x(0), y(ends[0]), x(top), y(ends[1])], "s-blue thick"],
    ]
    if even <= top:
        marks += [["line", x(even), y(costs["ann"]), x(even), BASE, "s-ink dots"]]
    return [
        *marks,
        ["circle", x(steps), y(costs["snn"]), 5, "f-blue"],
        ["text", RIGHT, BASE + 32, words["time"], "end quiet"],
    ]
