"""MemoryBill, Table 1: which cells of the unrolled network (layers x time steps) STBP, checkpoints
and T-RevSNN keep, and the work they do. The other rows of the table are UnrolledGraph's."""

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, short

METHODS = ("stbp", "checkpoint", "trev")
LONGEST = 32  # the bars have one scale at every T: what grows with T is seen to grow


def segment_length(steps: int) -> int:
    """Steps between two checkpoints: the square root of T, rounded up."""
    length = 1
    while length * length < steps:
        length += 1
    return length


def cell(method: str, layer: int, step: int, layers: int, steps: int) -> str:
    """ "keep" or "rebuild" for layer 1..L at step 1..T, as the backward pass starts."""
    if method == "checkpoint":
        length = segment_length(steps)
        return "keep" if step > steps - length or (steps - step) % length == 0 else "rebuild"
    return "keep" if method == "stbp" or step == steps else "rebuild"


def units(method: str, layers: int, steps: int) -> tuple[int, int]:
    """(kept, work) for one image, all constants one: a cell's forward, rebuilding and backward
    count one each.

    T-RevSNN's cells are a T-th of a layer each, at a fixed total budget."""
    cells = layers * steps
    length = segment_length(steps)
    saved = (steps + length - 1) // length - 1  # checkpoints before the segment in hand
    return {
        "stbp": (cells, 2 * cells),
        "checkpoint": (layers * (saved + length), 3 * cells),
        "trev": (layers, 3 * layers),
    }[method]


class MemoryBill(Demo):
    """MemoryBill(steps=8, method="stbp", layers=4)."""

    name = "memory-bill"
    size = (400, 304)
    controls = (
        Slider("steps", 1, LONGEST, 1, 8),
        Choice("method", METHODS, "stbp"),
        Slider("layers", 1, 16, 1, 4),
    )
    plays = "steps"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        method, layers, steps = (params[name] for name in ("method", "layers", "steps"))
        kept, work = ({m: units(m, layers, steps)[i] for m in METHODS} for i in (0, 1))
        marks = (
            _grids(method, layers, steps, words)
            + _bars(178, "kept-title", kept, layers * LONGEST, method, words)
            + _bars(246, "work-title", work, 3 * layers * LONGEST, method, words)
        )
        percent = 100 * kept[method] / kept["stbp"]
        values = {
            "method": words["options"][method],
            "short": words["rows"][method],
            "layers": layers,
            "steps": steps,
            "how": fill(words["how"][method], {"segment": segment_length(steps)}),
            "kept": short(kept[method]),
            "work": short(work[method]),
            "stbpWork": short(work["stbp"]),
            **{name: short(count) for name, count in kept.items()},
            "share": words["same"]
            if percent == 100
            else fill(words["percent"], {"ratio": fixed(percent, 1)}),
        }
        return {
            "numbers": {"kept": kept, "work": work},
            "marks": marks,
            "verdict": fill(words["v-" + _ending(method, layers, steps, kept)], values),
            "sentence": fill(words["sentence"], values),
            "grips": [
                ["method", "x", 4, 20, 396, 138, 68, 0, 200, 1],
                ["method", "y", 4, 184, 396, 52, 191.5, 0, 208.5, 1],
                ["method", "y", 4, 252, 396, 52, 259.5, 0, 276.5, 1],
            ],
        }


def _ending(method: str, layers: int, steps: int, kept: dict) -> str:
    """Which verdict compares how the bills grow; a deep network's counts layers at every T."""
    if method != "stbp":
        return method + ("-same" if kept[method] == kept["stbp"] else "")
    return "one" if steps == 1 else "deep" if layers > 4 else "stbp"


def _grids(method: str, layers: int, steps: int, words: dict) -> list:
    """The three methods side by side, layer 1 below, the chosen one framed; under each, how much of
    a layer's work a cell does."""
    wide, high = min(120 / steps, 20), min(94 / layers, 20)
    marks = [
        ["text", 8, 14, words["depth"], "quiet"],
        ["text", 84, 14, words["time"], "quiet"],
        ["rect", 196, 4, 11, 11, "f-blue"],
        ["text", 211, 14, words["keep"], ""],
        ["rect", 256, 4, 11, 11, "f-soft s-rule"],
        ["text", 271, 14, words["rebuild"], ""],
    ]
    for i, name in enumerate(METHODS):
        left, chosen = 8 + 132 * i, name == method
        shades = "".join(
            "3" if cell(name, layer, step, layers, steps) == "keep" else "7"
            for layer in range(layers, 0, -1)
            for step in range(1, steps + 1)
        )
        part = f"1/{steps}" if name == "trev" and steps > 1 else "1"
        if chosen:
            marks.append(["rect", left - 5, 22, 130, 140, "hollow s-blue thick"])
        marks += [
            ["text", left, 38, words["rows"][name], "bold" if chosen else ""],
            ["cells", left, 142 - high * layers, wide, high, steps, shades],
            ["text", left, 156, fill(words["work-of"], {"part": part}), "quiet"],
        ]
    return marks


def _bars(top: float, title: str, values: dict, largest: int, method: str, words: dict) -> list:
    marks = [["text", 8, top, words[title], "bold"]]
    for row, name in enumerate(METHODS):
        y = top + 7 + 17 * row
        length = 210 * values[name] / largest
        chosen = name == method
        marks.append(["text", 92, y + 11, words["rows"][name], "end bold" if chosen else "end"])
        marks.append(["rect", 98, y, length, 13, "f-blue" if chosen else "f-rule"])
        marks.append(["text", 103 + length, y + 11, short(values[name]), "bold" if chosen else ""])
    return marks
