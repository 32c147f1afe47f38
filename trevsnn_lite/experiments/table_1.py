"""Table 1: how training memory, training time and inference grow with depth L and steps T, measured
for STBP, OTTT, SLTT-K, S-RevSNN and T-RevSNN."""

import math
from functools import partial

import torch
from torch import nn

from trevsnn_lite import TRevSNNConfig
from trevsnn_lite.experiments import plots
from trevsnn_lite.meters.energy import energy
from trevsnn_lite.meters.inference import at_fixed_budget
from trevsnn_lite.meters.time import side_by_side
from trevsnn_lite.neurons import lif_step
from trevsnn_lite.scaled_conv import ScaledConv2d

from .contenders import bytes_of_step, network, step_of
from .record import Bench, Experiment, Quoted

SETTINGS = {
    "smoke": {
        **{"L": (1, 2), "T": (2, 4), "K": (1, 2), "at": {"L": 1, "T": 2, "K": 1}},
        **{"width": 4, "budget_width": 8, "image_size": 6, "batch": 2, "rounds": 2},
    },
    "cpu": {
        **{"L": (4, 8, 16, 32), "T": (2, 4, 8, 16, 32), "K": (1, 2, 4, 8)},
        **{"at": {"L": 2, "T": 2, "K": 1}, "width": 16, "budget_width": 64, "image_size": 8},
        **{"batch": 8, "rounds": 7},
    },
    "gpu": {
        **{"L": (4, 8, 16, 32, 64), "T": (2, 4, 8, 16, 32), "K": (1, 2, 4, 8)},
        **{"at": {"L": 4, "T": 4, "K": 2}, "width": 64, "budget_width": 256, "image_size": 32},
        **{"batch": 64, "rounds": 15},
    },
}
"""Sizes along each axis, and where the other axes stand meanwhile ("at"; K is swept at the largest
T but one). One stage of equal blocks, of two 3x3 convolutions each."""

RULES = {"STBP": {"rule": "stbp"}, "OTTT": {"rule": "ottt"}, "SLTT-K": {"rule": "sltt-k"}}
BUDGET = "T-RevSNN, same size"
TURNED_ON = "T-RevSNN turn-on"
METHODS = (*RULES, "S-RevSNN", "T-RevSNN")

PRINTED = {
    "STBP": ("O(LT)", "O(LT)", "O(T)"),
    "OTTT": ("O(L)", "O(LT)", "O(T)"),
    "SLTT-K": ("O(L)", "O(LK)", "O(T)"),
    "S-RevSNN": ("O(T)", "O(T)", "O(T)"),
    "T-RevSNN turn-off": ("O(L)", "O(L)", "O(1)"),
    TURNED_ON: ("O(L)", "O(T)", "O(1)"),
}
"""The paper's Table 1: training memory, training time, inference. Of T-RevSNN's two rows, the
turned-off and the turned-on neurons, memory and inference are one cell."""

PAPER = {
    **{("STBP", "L"): (1, 1), ("STBP", "T"): (1, 1), ("OTTT", "L"): (1, 1), ("OTTT", "T"): (0, 1)},
    **{("SLTT-K", "L"): (1, 1), ("SLTT-K", "T"): (0, 0), ("SLTT-K", "K"): (0, 1)},
    **{("S-RevSNN", "L"): (0, 0), ("S-RevSNN", "T"): (1, 1)},
    **{("T-RevSNN", "L"): (1, 1), ("T-RevSNN", "T"): (0, (0, 1)), (BUDGET, "T"): (0, (0, 1))},
    (TURNED_ON, "T"): (None, 1),
}
"""The exponents of (memory, time) along an axis that follow; (0, 1): 0 by the turned-off neurons'
row, 1 by the turned-on ones'."""

WHY = {
    ("step_seconds", "SLTT-K", "T"): "up to 1: T forward passes",
    ("step_seconds", "SLTT-K", "K"): "below 1: T forward passes",
    ("step_seconds", "S-RevSNN", "L"): "1: every layer runs, forwards twice",
    ("step_seconds", "T-RevSNN", "T"): "1: T sub-networks run",
    ("step_seconds", BUDGET, "T"): "0 to 0.5: widths as T^-0.5",
    ("step_seconds", TURNED_ON, "T"): "1: Eq. (4) is a recursion (section 4.2 has T^2)",
    ("peak", BUDGET, "T"): "-0.5: widths as T^-0.5",
}
"""What the work done says, where it is not what the paper says, or where the paper says two
things."""

TOLERANCE = {"peak": 0.15, "step_seconds": 0.25}
NAMES = {
    "peak": "peak memory, KB an image",
    "kept": "kept, KB an image",
    "step_seconds": "time of a step, x first",
    "macs": "MACs, x first",
    "inference": "time, x first",
}


def arms(settings: dict, seed: int) -> list[dict]:
    training = [{"method": method, "over": axis} for axis in ("L", "T") for method in METHODS]
    more = [{"method": "SLTT-K", "over": "K"}, {"method": BUDGET, "over": "T"}]
    more.append({"method": TURNED_ON, "over": "T"})
    inference = [
        {"method": method, "over": "T", "predicts": True} for method in ("STBP", "T-RevSNN", BUDGET)
    ]
    return [{**arm, "seed": seed} for arm in training + more + inference]


def contender(settings: dict, method: str, at: dict) -> dict:
    """A method's network of at["L"] blocks and at["T"] steps: blocks alike, but for S-RevSNN, whose
    block is four convolutions of half the width."""
    width, size = settings["width"], settings["image_size"]
    if method in RULES:
        rule = {**RULES[method], "k": at["K"]} if method == "SLTT-K" else RULES[method]
        body = {
            "widths": (width,),
            "blocks_per_stage": at["L"],
            "time_steps": at["T"],
            "image_size": size,
        }
        return {"kind": "resnet", **rule, **body, "shortcut": "ms", "norm": "scaled"}
    if method == "S-RevSNN":
        return {
            "kind": "s-revsnn",
            "memory": "reversible",
            "widths": (width,),
            "blocks_per_stage": at["L"],
            "time_steps": at["T"],
            "image_size": size,
        }
    block = {
        "block": "ms-resnet",
        "kernel_size": 3,
        "expansion": 1,
        "blocks_per_level": at["L"],
        "stem_stride": 1,
        "image_size": size,
        "in_channels": 1,
    }
    steps, width = (
        (at["T"], width) if method == "T-RevSNN" else _of_budget(settings, block, at["T"])
    )
    return {"kind": "t-revsnn", "memory": "taped", **block, "time_steps": steps, "widths": (width,)}


class TurnedOn(nn.Module):
    """The turned-on neurons of one stage alone, Eqs. (1) and (2), with one weight for all T steps:
    images [B, 1, H, W] -> logits [T, B, 10]."""

    def __init__(self, width: int, steps: int, seed: int):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.stem = ScaledConv2d(1, width, 3)
            self.conv, self.linear = ScaledConv2d(width, width, 3), nn.Linear(width, 10)
        self.steps = steps

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        current, logits = self.stem(images), []
        v = torch.zeros_like(current)
        for _ in range(self.steps):
            fired, v = lif_step(self.conv(current), v, decay=0.5, threshold=0.5, reset="none")
            logits.append(self.linear(fired.mean((-2, -1))))
        return torch.stack(logits)


def _of_budget(settings: dict, block: dict, steps: int) -> tuple[int, int]:
    """(T, width) with the parameters that the budget's width has at the smallest T."""
    reference = TRevSNNConfig(
        **block, widths=(settings["budget_width"],), time_steps=settings["T"][0]
    )
    (found,) = at_fixed_budget(reference, [steps], tolerance=0.1)
    return found.time_steps, found.widths[0]


def measure(bench: Bench, arm: dict) -> dict:
    settings, axis = bench.settings, arm["over"]
    at = settings["at"] | ({"T": settings["T"][-2]} if axis == "K" else {})
    random = torch.Generator().manual_seed(arm["seed"])
    size = settings["image_size"]
    images = torch.randn(settings["batch"], 1, size, size, generator=random).to(bench.device)
    labels = torch.randint(10, (len(images),), generator=random).to(bench.device)
    found, steps = {"sizes": list(settings[axis]), "peak": [], "kept": [], "macs": []}, {}
    for value in settings[axis]:
        if arm["method"] == TURNED_ON:
            net = TurnedOn(settings["width"], value, arm["seed"]).to(bench.device)
            steps[value] = step_of(net, {}, images, labels)
            continue
        given = contender(settings, arm["method"], {**at, axis: value})
        net = network(given, arm["seed"]).to(bench.device)
        if arm.get("predicts"):
            steps[value] = partial(_predict, net, images)
            found["macs"].append(energy(net, images).macs)
        else:
            steps[value] = step_of(net, given, images, labels)
            peak, kept = bytes_of_step(net, given, images, labels)
            found["peak"].append(peak / len(images))
            found["kept"].append(kept / len(images))
    times = list(
        side_by_side(steps, settings["rounds"] * (5 if arm.get("predicts") else 1)).values()
    )  # a prediction is short: one interruption spoils it
    seconds = "inference" if arm.get("predicts") else "step_seconds"
    found |= {seconds: [time.median for time in times], "spread": [time.spread for time in times]}
    return {name: values for name, values in found.items() if values}


@torch.no_grad()
def _predict(net: nn.Module, images: torch.Tensor) -> torch.Tensor:
    return net(images)


def exponent(sizes: list[float], values: list[float]) -> float:
    """The slope of log(value) over log(size), by least squares. A constant part pulls it towards 0,
    so that two sizes at the top say most."""
    x, y = ([math.log(value) for value in of] for of in (sizes, values))
    x_mean, y_mean = sum(x) / len(x), sum(y) / len(y)
    return sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y)) / sum(
        (a - x_mean) ** 2 for a in x
    )


def last(arm: dict, quantity: str) -> float:
    """The exponent over the last doubling."""
    return exponent(arm["sizes"][-2:], arm[quantity][-2:])


def stated(arm: dict, quantity: str) -> tuple[int, int] | None:
    """The paper's exponent, from least to greatest; None where Table 1 has no such entry."""
    if quantity in ("inference", "macs"):
        found = 0 if arm["method"] == BUDGET else None if arm["method"] == "T-RevSNN" else 1
    elif quantity == "kept":
        found = None
    else:
        found = PAPER[arm["method"], arm["over"]][quantity == "step_seconds"]
    return found if isinstance(found, tuple) or found is None else (found, found)


def in_print(paper: tuple[int, int] | None) -> str:
    if paper is None:
        return ""
    return str(paper[0]) if paper[0] == paper[1] else f"{paper[0]} off, {paper[1]} on"


def measured(done: list[dict]):
    """(arm, quantity) of all that was measured, in the table's order."""
    return [(arm, quantity) for quantity in NAMES for arm in done if arm.get(quantity)]


def table(done: list[dict]) -> list[list[str]]:
    rows = [
        [
            "quantity",
            "over",
            "method",
            "at sizes",
            "measured",
            "exponent, all",
            "exponent, last doubling",
            "paper",
            "by the work done, if another",
        ]
    ]
    for arm, quantity in measured(done):
        unit = 1000.0 if quantity in ("peak", "kept") else arm[quantity][0]
        values = " / ".join(f"{value / unit:.3g}" for value in arm[quantity])
        paper, work = stated(arm, quantity), WHY.get((quantity, arm["method"], arm["over"]), "")
        slopes = [f"{exponent(arm['sizes'], arm[quantity]):.2f}", f"{last(arm, quantity):.2f}"]
        label = (
            f"inference: {NAMES[quantity]}"
            if quantity in ("macs", "inference")
            else NAMES[quantity]
        )
        rows.append(
            [
                label,
                arm["over"],
                arm["method"],
                "/".join(map(str, arm["sizes"])),
                values,
                *slopes,
                in_print(paper),
                work,
            ]
        )
    return rows


def exceptions(done: list[dict], quantity: str) -> tuple[int, list[str]]:
    """How many exponents of a quantity there are, and those that are not the paper's, in words."""
    slopes = [
        (arm, last(arm, quantity), stated(arm, quantity))
        for arm, found in measured(done)
        if found == quantity
    ]
    off = [
        f"{arm['method']} over {arm['over']} {slope:.2f}, paper {in_print(paper)}"
        for arm, slope, paper in slopes
        if not paper[0] - TOLERANCE[quantity] <= slope <= paper[1] + TOLERANCE[quantity]
    ]
    return len(slopes), off


def verdict(done: list[dict]) -> str:
    said = []
    for quantity, name in (("peak", "peak memory"), ("step_seconds", "time")):
        count, off = exceptions(done, quantity)
        agreed = (
            f"{count - len(off)} of {count} exponents of {name} are within "
            f"{TOLERANCE[quantity]} of the paper's"
        )
        said.append(agreed + (f" (not {'; '.join(off)})" if off else ""))
    kept = {
        arm["method"]: (arm["kept"][-1] - arm["kept"][0]) / (arm["sizes"][-1] - arm["sizes"][0])
        for arm in done
        if "kept" in arm and arm["over"] == "T"
    }
    said.append(
        f"a further step keeps {kept['T-RevSNN'] / 1000:.2f} KB an image under T-RevSNN, "
        f"its tape, and {kept['STBP'] / 1000:.1f} KB under STBP"
    )
    said += [
        f"the turned-on neurons alone take time as T^{last(arm, 'step_seconds'):.2f} (Table 1 has "
        "T, section 4.2 T^2)"
        for arm in done
        if arm["method"] == TURNED_ON
    ]
    at = {arm["method"]: last(arm, "macs") for arm in done if arm.get("macs")}
    said.append(
        f"inference's MACs grow as T^{at['STBP']:.2f} for a stepwise network and as "
        f"T^{at[BUDGET]:.2f} for T-RevSNN of fixed parameters (T^{at['T-RevSNN']:.2f} at "
        "fixed width)"
    )
    return "Over the last doubling, " + "; ".join(said) + "."


def draw(done: list[dict]):
    made, axes = plots.figure(rows=2, columns=3, width=3.3, height=2.9)
    panels = [
        ("peak", "L", "Peak memory of a step"),
        ("peak", "T", "Peak memory of a step"),
        ("kept", "T", "Kept for the backward pass"),
        ("step_seconds", "L", "Time of a step"),
        ("step_seconds", "T", "Time of a step"),
        ("inference", "T", "Time of a prediction"),
    ]
    methods = (*METHODS, BUDGET, TURNED_ON)
    for axis, (quantity, over, title) in zip(axes.flat, panels):
        axis.set_xscale("log", base=2)
        axis.set_yscale("log")
        for arm, found in measured(done):
            if (found, arm["over"]) == (quantity, over):
                unit = 1000.0 if quantity in ("peak", "kept") else arm[quantity][0]
                axis.plot(
                    arm["sizes"],
                    [value / unit for value in arm[quantity]],
                    "o-",
                    color=plots.COLOURS[methods.index(arm["method"])],
                    label=arm["method"],
                )
                axis.set_xticks(arm["sizes"], [str(size) for size in arm["sizes"]])
        axis.set_xticks([], minor=True)
        axis.set(
            title=title,
            xlabel={"L": "L, blocks", "T": "T, steps"}[over],
            ylabel=NAMES[quantity].split(", ")[-1],
        )
    made.legend(
        *axes[0][1].get_legend_handles_labels(), loc="outside lower center", ncols=len(methods)
    )
    return made


EXPERIMENT = Experiment(
    title="Table 1: growth with depth and steps",
    shows="exponents of training memory (peak of a step, and what lies kept when the last "
    "backward pass begins), of a step's time and of inference, in L, T and K, with the measured "
    "values, for one stage of equal blocks on small images; T-RevSNN also at the same size: "
    "narrower with T, at a fixed number of parameters; its turned-on neurons also alone",
    cannot="anything about accuracy, or about sizes at which other things dominate: on a CPU and "
    "at these widths, the fixed cost of each operation is a large part of the time. An exponent "
    "is the slope of log(value) over log(size); a constant part lowers it, least over the last "
    "doubling. O(1) inference is a matter of fixed total parameters.",
    paper=(
        *(
            Quoted(
                f"{method}: training memory {memory}, training time {time}, inference {energy}",
                f"arXiv v1, Table 1, row {method}",
            )
            for method, (memory, time, energy) in PRINTED.items()
        ),
        Quoted(
            "turned-on neurons take training time O(T^2), as STBP's",
            "arXiv v1, section 4.2, against its own Table 1, O(T); Eq. (4) is a recursion over T",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
