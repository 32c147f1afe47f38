"""MemoryBill, Table 1: which cells of the unrolled network (layers x time steps) STBP, checkpoints
and T-RevSNN keep, and the work they do. The other rows of the table are UnrolledGraph's."""

from trevsnn_lite.course.demo import Choice, Demo, Slider, fill, fixed, short

METHODS = ("stbp", "checkpoint", "trev")


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
    """MemoryBill(layers=4, steps=8, batch=1, method="stbp")."""

    name = "memory-bill"
    size = (400, 312)
    controls = (
        Choice("method", METHODS, "stbp"),
        Slider("layers", 1, 16, 1, 4),
        Slider("steps", 1, 32, 1, 8),
        Slider("batch", 1, 256, 1, 1),
    )

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        method, layers, steps, batch = (
            params[name] for name in ("method", "layers", "steps", "batch")
        )
        kept, work = ({m: batch * units(m, layers, steps)[i] for m in METHODS} for i in (0, 1))
        marks = (
            _grid(method, layers, steps, words)
            + _bars(176, "kept-title", kept, method, words)
            + _bars(244, "work-title", work, method, words)
        )
        percent = 100 * kept[method] / kept["stbp"]
        sentence = fill(
            words["sentence"],
            {
                "method": words["options"][method],
                "layers": layers,
                "steps": steps,
                "batch": batch,
                "how": fill(words["how"][method], {"segment": segment_length(steps)}),
                "kept": short(kept[method]),
                "stbp": short(kept["stbp"]),
                "work": short(work[method]),
                "stbpWork": short(work["stbp"]),
                "share": words["same"]
                if percent == 100
                else fill(words["percent"], {"ratio": fixed(percent, 1)}),
            },
        )
        return {"numbers": {"kept": kept, "work": work}, "marks": marks, "sentence": sentence}


def _grid(method: str, layers: int, steps: int, words: dict) -> list:
    width, height = min(30, 330 / steps), min(28, 112 / layers)
    marks = [["text", 8, 14, words["depth"], "quiet"]]
    used = set()
    for layer in range(1, layers + 1):
        for step in range(1, steps + 1):
            state = cell(method, layer, step, layers, steps)
            used.add(state)
            shape = {"keep": "f-blue", "rebuild": "hollow s-orange dots"}[state]
            marks.append(
                [
                    "rect",
                    62 + (step - 1) * width,
                    18 + (layers - layer) * height,
                    width - 2,
                    height - 2,
                    shape,
                ]
            )
    marks.append(["text", 62, 30 + layers * height, words["time"], "quiet"])
    for x, key, shape in (
        (150, "keep", "f-blue"),
        (200, "rebuild", "hollow s-orange dots"),
    ):
        if key in used:
            marks.append(["rect", x, 4, 11, 11, shape])
            marks.append(["text", x + 15, 14, words[key], ""])
    return marks


def _bars(top: float, title: str, values: dict, method: str, words: dict) -> list:
    largest = max(values.values())
    marks = [["text", 8, top, words[title], "bold"]]
    for row, name in enumerate(METHODS):
        y = top + 7 + 17 * row
        length = 210 * values[name] / largest
        chosen = name == method
        marks.append(["text", 92, y + 11, words["rows"][name], "end bold" if chosen else "end"])
        marks.append(["rect", 98, y, length, 13, "f-blue" if chosen else "f-rule"])
        marks.append(["text", 103 + length, y + 11, short(values[name]), "bold" if chosen else ""])
    return marks
