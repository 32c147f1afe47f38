"""RatioMachine, Table 2's MB/img column: the memory of T-RevSNN and of a peer by batch and steps,
with and without an image's share of weights and optimiser."""

import math

from trevsnn_lite.course.demo import Choice, Demo, Slider, Switch, fill, fixed, short

# At T = 4: millions of parameters, MB of a training step whatever the batch, MB per image.
# From data/runs/table-controls.json.
OURS = (32.331, 12.41, 29.22)
PEERS = {"sdt": (29.690, 0.30, 1008.1), "sew": (21.798, 9.17, 262.9), "ms": (21.802, 9.50, 269.0)}
GROWN = {4: 32.331, 8: 59.941, 16: 115.162}  # T-RevSNN's parameters at the same widths, by T
TAPE = 0.157  # MB per image and step: 2 bits for each of 627,200 turned-on neurons
COPIES = 4  # weights, gradients, and the two averages that LAMB or Adam keeps
PAPER = 8.6
LEFT, RIGHT, BASE, HEIGHT, LARGEST = 36, 364, 286, 124, 512
START, LONG, PIECES = 118, 220, 64  # the bars: where they start, the longest; most cuts drawn
MEASURED = 4  # the largest batch recorded, at T = 4; beyond, and at other T, the formula


def parts(peer: str, batch: float, steps: int, weights: bool) -> dict[str, float]:
    """MB an image of both networks: "shared", an image's part of what the batch shares, and "own",
    what each image adds."""
    (_, constant, each), (theirs, their_constant, their_each) = OURS, PEERS[peer]
    copies = COPIES * 4 if weights else 0
    return {
        "ours_shared": (copies * GROWN[steps] + constant) / batch,
        "ours_own": each + TAPE * (steps - 4),
        "peer_shared": (copies * theirs + their_constant) / batch,
        "peer_own": their_each * steps / 4,
    }


def ratio(peer: str, batch: float, steps: int, weights: bool) -> float:
    found = parts(peer, batch, steps, weights)
    return (found["peer_shared"] + found["peer_own"]) / (found["ours_shared"] + found["ours_own"])


def crossing(peer: str, steps: int, weights: bool) -> float:
    """The batch at which the ratio is the paper's; 0 where no batch up to the largest has it."""
    one = parts(peer, 1, steps, weights)
    above = one["peer_own"] - PAPER * one["ours_own"]
    batch = (PAPER * one["ours_shared"] - one["peer_shared"]) / above
    return batch if 1 <= batch <= LARGEST else 0.0


class RatioMachine(Demo):
    """RatioMachine(batch=8, peer="sdt", steps=4, weights=True)."""

    name = "ratio-machine"
    size = (400, 323)
    controls = (
        Slider("batch", 1, LARGEST, 1, 8, log=True),
        Choice("peer", tuple(PEERS), "sdt"),
        Choice("steps", tuple(GROWN), 4),
        Switch("weights", True),
    )
    plays = "batch"

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        peer, batch, steps, weights = (
            params[name] for name in ("peer", "batch", "steps", "weights")
        )
        found, now = parts(peer, batch, steps, weights), ratio(peer, batch, steps, weights)
        limit, cross = found["peer_own"] / found["ours_own"], crossing(peer, steps, weights)
        totals = {
            "ours": found["ours_shared"] + found["ours_own"],
            "peer": found["peer_shared"] + found["peer_own"],
        }
        values = {
            "name": words["names"][peer],
            "batch": batch,
            "steps": steps,
            "ratio": short(now),
            "limit": short(limit),
            "crossing": short(cross),
            "one": short(ratio(peer, 1, steps, weights)),
            "many": short(ratio(peer, LARGEST, steps, weights)),
            "grown": fixed(GROWN[steps], 1),
            "before": math.floor(cross),
            "after": math.floor(cross) + 1,
            "low": short(ratio(peer, max(1, math.floor(cross)), steps, weights)),
            "high": short(ratio(peer, math.floor(cross) + 1, steps, weights)),
            "now": _said(now, words),
            "first": _said(ratio(peer, 1, steps, weights), words),
            "last": _said(ratio(peer, LARGEST, steps, weights), words),
            **{name: short(value) for name, value in {**found, **totals}.items()},
        }
        sentence = " ".join(
            fill(words[part], values)
            for part in (
                "sentence",
                "with" if weights else "without",
                "limit",
                *(("crossing",) if cross else ()),
                *(("scaled",) if steps > 4 else ()),
            )
        )
        return {
            "numbers": {**found, **totals, "ratio": now, "limit": limit, "crossing": cross},
            "verdict": fill(
                words[_verdict(batch, cross, ratio(peer, 1, steps, weights) < 1, values)], values
            ),
            "sentence": sentence,
            "grips": [["batch", "x", LEFT, 150, RIGHT - LEFT, BASE - 150, LEFT, 1, RIGHT, LARGEST]],
            "marks": _bars(found, totals, batch, peer, steps, values, words)
            + _line(peer, batch, steps, weights, limit, cross, words),
        }


def _said(value: float, words: dict) -> str:
    """ "8.16 times less", or where the ratio is below 1 "1.13 times more"."""
    if short(value) == "1":
        return words["same"]
    return fill(words["less" if value > 1 else "more"], {"ratio": short(max(value, 1 / value))})


def _verdict(batch: int, cross: float, below: bool, values: dict) -> str:
    """Which words; `below`: one image's ratio is below 1, and "times less" would be false."""
    paper = fixed(PAPER, 1)
    if values["ratio"] == paper:
        return "v-hits"
    near = cross and math.floor(cross) <= batch <= math.floor(cross) + 1
    if near and paper not in (values["low"], values["high"]):
        return "v-reached"
    if batch in (1, LARGEST):
        return "v-one" if batch == 1 else "v-many"
    return "v-more" if below else "verdict"


def _most(steps: int) -> float:
    """The largest MB of any setting at this T: what the bars' scale is for."""
    alone = parts("sdt", 1, steps, True)
    return alone["peer_shared"] + alone["peer_own"]


def _bars(
    found: dict, totals: dict, batch: int, peer: str, steps: int, values: dict, words: dict
) -> list:
    """For each network what the batch shares, cut into a piece for each image, and under it one
    image's bill: a piece and what the image adds. One scale for all settings of a T."""
    scale, marks = LONG / _most(steps), [["text", 8, 14, words["title-bars"], "bold"]]
    if steps > 4:
        marks.append(["text", 392, 14, fill(words["weights"], values), "end quiet"])
    for row, (which, name) in enumerate((("ours", words["ours"]), ("peer", words["short"][peer]))):
        y = 22 + 33 * row
        shared, own = found[which + "_shared"] * scale, found[which + "_own"] * scale
        marks += [
            ["text", START - 6, y + 18, name, "end"],
            ["rect", START, y, shared * batch, 8, "f-soft s-orange"],
            ["rect", START, y, shared, 8, "f-orange"],
            ["rect", START, y + 10, shared, 14, "f-orange"],
            ["rect", START + shared, y + 10, own, 14, "f-blue"],
            ["text", START + 6 + shared + own, y + 22, short(totals[which]), "bold halo"],
        ]
        if batch <= PIECES and shared > 1:
            marks += [
                ["line", START + shared * i, y, START + shared * i, y + 8, "s-orange"]
                for i in range(1, batch)
            ]
    marks += [
        ["rect", START, 86, 11, 11, "f-orange"],
        ["text", START + 16, 96, fill(words["shared"], {"batch": batch}), ""],
        ["rect", START, 103, 11, 11, "f-blue"],
    ]
    return [*marks, ["text", START + 16, 113, words["own"], ""]]


def _line(
    peer: str, batch: float, steps: int, weights: bool, limit: float, cross: float, words: dict
) -> list:
    """The ratio by batch, solid where it was measured; where it crosses the paper's, the batch
    stands on the axis. The curve rises, so a number above the dot and left of it is clear of it;
    where a level line would cross the number, it stands above that line."""
    highest = 1.06 * limit  # the axis follows the rival

    def x(b: float) -> float:
        return LEFT + (RIGHT - LEFT) * math.log2(b) / math.log2(LARGEST)

    def y(value: float) -> float:
        return BASE - HEIGHT * value / highest

    points = [
        [x(2 ** (step / 4)), y(ratio(peer, 2 ** (step / 4), steps, weights))] for step in range(37)
    ]
    known = 8 if steps == 4 else 0  # the step at which the batch is MEASURED
    marks = [
        ["text", 8, 138, words["title-line"], "bold"],
        ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
        ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"],
        ["line", LEFT, y(1), RIGHT, y(1), "s-grid"],
    ]
    ticks = [b for b in (1, 8, 64, 512) if not cross or abs(x(b) - x(cross)) >= 30]
    marks += [["text", x(b), BASE + 16, str(b), "mid quiet"] for b in ticks]
    if cross:
        whole = math.floor(cross)
        between = f"{whole}–{whole + 1}" if whole < 10 else fixed(cross, 0)
        marks += [
            ["text", x(cross), BASE + 16, between, "mid bold"],
            ["line", x(cross), y(PAPER), x(cross), BASE, "s-ink dots"],
        ]
    apart = next(step for step in (5, 10, 20, 40) if 4 * step > highest)
    for value in (1, apart, 2 * apart, 3 * apart):
        if value < highest and abs(y(value) - y(PAPER)) >= 12:
            marks.append(["text", LEFT - 6, y(value) + 4, str(value), "end quiet"])
    marks += [
        ["text", LEFT - 6, y(PAPER) + 4, fixed(PAPER, 1), "end bold"],
        ["line", LEFT, y(PAPER), RIGHT, y(PAPER), "s-ink dash"],
        ["line", LEFT, y(limit), RIGHT, y(limit), "s-grid"],
    ]
    if known:
        solid = [value for point in points[: known + 1] for value in point]
        marks.append(["path", solid, "s-blue thick"])
    computed = [value for point in points[known:] for value in point]
    marks.append(["path", computed, "s-blue thick dots"])
    at, level, now = (
        x(batch),
        y(ratio(peer, batch, steps, weights)),
        ratio(peer, batch, steps, weights),
    )
    measured = known and batch <= MEASURED
    left, above = at >= LEFT + 56, at > RIGHT - 14
    rising = y(ratio(peer, 2 ** ((at + 52 - LEFT) / (RIGHT - LEFT) * 9), steps, weights))
    foot = level - 9 if left else min(level - 9, rising - 4)
    for rule in sorted((y(PAPER), y(limit)), reverse=True):
        foot = rule - 5 if foot - 12 < rule < foot + 5 else foot
    ringed = cross and abs(x(cross) - at) > 9
    # the limit's words take 170; where they are at the dot on either side, the number is above them
    to = [LEFT + 6, "quiet halo"] if at > 235 else [RIGHT, "end quiet halo"]
    if 180 < at < 290 and abs(foot - y(limit) + 4) < 14:
        foot = y(limit) - 18
    marks += [
        *([["circle", x(cross), y(PAPER), 4, "f-paper s-ink thick"]] if ringed else []),
        ["circle", at, level, 5, "f-blue" if measured else "f-paper s-blue thick"],
        ["text", to[0], y(limit) - 4, fill(words["to"], {"limit": short(limit)}), to[1]],
        [
            *("text", at + (0 if above else -5 if left else 6), foot, f"{short(now)} ×"),
            ("mid " if above else "end " if left else "") + "bold halo f-blue",
        ],
        ["text", 8, BASE + 32, words["known" if known else "unknown"], "quiet"],
    ]
    return [*marks, ["text", RIGHT, BASE + 32, words["axis"], "end quiet"]]
