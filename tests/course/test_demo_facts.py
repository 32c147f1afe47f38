"""The demos' numbers, against counts by hand, numpy's own formats and the library's tape."""

import json
import math
import pathlib
import re

import numpy
import pytest
import torch
import torch.utils.checkpoint

from trevsnn_lite import TRevSNN, preset
from trevsnn_lite.config import TRevSNNConfig
from trevsnn_lite.course import demos
from trevsnn_lite.course.demo import short
from trevsnn_lite.course.demos import (
    memory_bill,
    surrogate_window,
    undo_neuron,
    unrolled_graph,
    what_runs_when,
)
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.meters import inference
from trevsnn_lite.meters.energy import energy
from trevsnn_lite.neurons import charge, undo_charge
from trevsnn_lite.reversible import Cell, run
from trevsnn_lite.spikes import spike


@pytest.mark.parametrize("layers, steps", [(1, 1), (4, 8), (3, 7), (5, 16), (2, 5), (1, 2)])
@pytest.mark.parametrize("method", memory_bill.METHODS)
def test_the_drawn_grid_has_as_many_held_cells_as_the_bill_says(method, layers, steps):
    result = demos.MemoryBill(layers=layers, steps=steps).result
    grids = [m[6] for m in result["marks"] if m[0] == "cells"]
    shades = grids[memory_bill.METHODS.index(method)]
    assert len(shades) == layers * steps
    held = result["numbers"]["held"][method]
    assert shades.count("3") + shades.count("8") == held
    numbers = [m[3] for m in result["marks"] if m[0] == "text" and m[-1] == "big"]
    assert numbers[memory_bill.METHODS.index(method)] == str(held)


def test_table_1_by_hand():
    units = {method: memory_bill.units(method, 4, 9) for method in memory_bill.METHODS}
    assert units == {
        "stbp": (36, 72),
        "checkpoint": (4 * (2 + 3), 108),
        "trev": (4 + 1, 12),
    }


def test_the_bill_of_chapter_3_is_that_of_chapter_5():
    """One definition of what a method holds: at the worst moment of its way back."""
    for layers in range(1, 7):
        for steps in range(1, 9):
            for method in ("stbp", "trev"):
                held, _ = memory_bill.units(method, layers, steps)
                assert held == unrolled_graph.counts(method, layers, steps, 1)["held"]
                film = unrolled_graph.film(method, layers, steps, 1)
                moments = [
                    unrolled_graph.held(method, layers, steps, 1, moment)
                    for moment in range(len(film) + 1)
                ]
                drawn = [
                    [layer, step]
                    for layer in range(1, layers + 1)
                    for step in range(1, steps + 1)
                    if memory_bill.cell(method, layer, step, layers, steps) != "absent"
                ]
                assert drawn in [sorted(cells) for cells in moments]


@pytest.mark.parametrize(
    "bits, dtype", [(24, numpy.float32), (11, numpy.float16), (53, numpy.float64)]
)
def test_rounding_is_that_of_the_named_formats(bits, dtype):
    values = numpy.random.default_rng(0).uniform(0.01, 4, 2000)
    assert all(undo_neuron.rounded(float(x), bits) == float(dtype(x)) for x in values)


@pytest.mark.parametrize(
    "bits, dtype", [(11, torch.float16), (24, torch.float32), (53, torch.float64)]
)
@pytest.mark.parametrize(
    "decay", [0.25, 0.5, 0.75]
)  # numbers of every format, so that the tensors' decay is the demo's
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_undoing_in_a_format_is_the_librarys_in_that_format(bits, dtype, decay, seed):
    v, recovered = undo_neuron.run(decay, 8, bits, seed, tape=False)
    draw = undo_neuron.random(seed)
    inputs = [torch.tensor(2 * (1 - decay) * draw(), dtype=dtype) for _ in range(8)]
    there = [torch.tensor(undo_neuron.START, dtype=dtype)]
    for current in inputs:
        there.append(charge(there[-1], current, decay))
    back = there[-1:]
    for current in reversed(inputs):
        back.append(undo_charge(back[-1], current, decay))
    assert ([x.item() for x in there], [x.item() for x in reversed(back)]) == (v, recovered)


@pytest.mark.parametrize("layers", [1, 2, 4, 16])
@pytest.mark.parametrize("steps", [1, 2, 5, 16, 32])
def test_autograd_keeps_as_many_windows_as_the_bill_has_cells(layers, steps):
    """A chain of L neurons over T steps: what waits for the backward pass, with gradients through
    time and (SLTT) a backward pass at each step."""

    def waiting(cut: bool) -> int:
        kept, most = [], 0
        v = [torch.zeros(1) for _ in range(layers)]
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t: kept.append(t.dtype is torch.uint8) or t, lambda t: t
        ):
            for _ in range(steps):
                s = torch.ones(1, requires_grad=True)
                for level in range(layers):
                    v[level] = charge(v[level].detach() if cut else v[level], s, 0.5)
                    s = spike(v[level])
                most = max(most, sum(kept))
                if cut:
                    kept.clear()
        return most

    assert (waiting(False), waiting(True)) == (
        memory_bill.units("stbp", layers, steps)[0],
        layers,
    )


@pytest.mark.parametrize("feedback", ["all-levels", "next-level", "none"])
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
@pytest.mark.parametrize("step", [1, 2, 8])
def test_the_arrows_are_those_of_the_librarys_network(feedback, steps, step):
    net = TRevSNN(
        TRevSNNConfig(
            time_steps=steps, widths=(8, 8, 8), in_channels=1, image_size=32, feedback=feedback
        )
    )
    expected = [[level + 1, level + 1] for level in range(3)] + [
        [source + 1, level + 1] for level in range(3) for source in net.feeds(level)
    ]
    found = demos.WhatRunsWhen(steps=steps, step=step, feedback=feedback).result["numbers"][
        "arrows"
    ]
    assert sorted(found) == (sorted(expected) if min(step, steps) > 1 else [])


def test_bfloat16_rounding_is_torchs():
    values = torch.rand(
        2000, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    ).float()
    assert [undo_neuron.rounded(x, 8) for x in values.tolist()] == values.bfloat16().tolist()


@pytest.mark.parametrize("decay", [0.05, 0.1, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("bits", [2, 8, 11, 24, 53])
def test_the_tape_makes_undoing_exact(decay, bits):
    for seed in range(5):
        v, recovered = undo_neuron.run(decay, 64, bits, seed, tape=True)
        assert v == recovered


def test_one_bit_less_on_the_tape_is_not_enough(monkeypatch):
    needed = undo_neuron.bits_taped(0.34)
    monkeypatch.setattr(undo_neuron, "bits_taped", lambda decay: needed - 1)
    v, recovered = undo_neuron.run(0.34, 64, 24, 0, tape=True)
    assert v != recovered


def test_the_tape_is_the_librarys():
    tape = pytest.importorskip("trevsnn_lite.spike_tape")
    assert tape.GRID[torch.float32] == 2.0 ** -min(24 - 2, 44)
    assert [tape.bits_needed(d, 2.0, torch.float32) for d in (0.1, 0.3, 0.5, 0.9)] == [
        undo_neuron.bits_taped(d) for d in (0.1, 0.3, 0.5, 0.9)
    ]


def test_without_the_tape_float32_fails_by_step_32_and_not_by_step_8():
    for steps, wrong in ((8, False), (32, True)):
        v, recovered = undo_neuron.run(0.5, steps, 24, 1, tape=False)
        assert (abs(v[0] - recovered[0]) > 1e-4) is wrong
    assert not demos.UndoNeuron().result["numbers"]["flips"], "the end is for the reader to see"
    assert demos.UndoNeuron(undone=32).result["numbers"]["flips"]


@pytest.mark.parametrize("feedback", ["next-level", "all-levels", "none"])
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_the_products_are_those_that_the_library_counts_at_one_budget(feedback, steps):
    """The strip counted no links and ran shared weights once: "the operations of one run"."""
    budget = inference.parameters(preset("fashion-mini"))
    config = inference.at_budget(preset("fashion-mini", feedback=feedback), steps, budget)
    layers = energy(fold(TRevSNN(config, seed=0)), torch.rand(1, 1, 28, 28), samples=1).layers
    found = dict.fromkeys(("encoder", "own", "shared", "above"), 0)
    for layer in layers:
        shared = steps > 1 and ".second." in layer.name
        part = "shared" if shared else "above" if ".ups." in layer.name else "own"
        found["encoder" if layer.name == "encoder" else part] += layer.macs
    counted = what_runs_when.costs(steps, feedback, steps)
    assert counted == {**found, "vanilla": steps * what_runs_when.ONE}
    channels = next(layer.weight[0] for layer in layers if layer.name == "encoder")
    assert what_runs_when.PARTS[feedback][steps][0] == channels
    if steps == 1:
        assert sum(found.values()) == what_runs_when.ONE and channels == what_runs_when.CHANNELS


def test_what_one_image_costs_agrees_with_the_books_table_8_3():
    table = json.loads(pathlib.Path("data/expected.json").read_text())
    for steps, millions in zip((1, 2, 4, 8), table["08.budget-macs-in-millions"]["value"]):
        cost = what_runs_when.costs(steps, "next-level", steps)
        assert sum(cost.values()) - cost["vanilla"] == pytest.approx(1e6 * millions, rel=1e-5)
        verdict = demos.WhatRunsWhen(steps=steps, step=steps).result["verdict"]
        if steps > 1:
            assert f"about {millions / 12.5321:.2f} times one run" in verdict
            assert f"Vanilla: {steps} times" in verdict


@pytest.mark.parametrize("feedback", ["next-level", "all-levels", "none"])
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_the_parts_beside_the_strip_add_up(feedback, steps):
    for step in range(1, steps + 1):
        result = demos.WhatRunsWhen(steps=steps, step=step, feedback=feedback).result
        texts = [m[3] for m in result["marks"] if m[0] == "text"]
        at = next(i for i, text in enumerate(texts) if text.startswith("T-RevSNN ≈"))
        numbers = re.findall(r"\d\.\d+", texts[at] + texts[at + 1])
        names = re.findall(r"[a-z]+", texts[at + 1])
        ran, parts = float(numbers[0]), [float(number) for number in numbers[1:]]
        assert ran == pytest.approx(sum(parts)), "to the last digit"
        cost = what_runs_when.costs(steps, feedback, step)
        total = sum(cost.values()) - cost["vanilla"]
        assert abs(ran - total / what_runs_when.ONE) <= 0.005 + 1e-9
        for part, name in zip(parts, names, strict=True):
            name = "own" if name == "network" else name
            assert abs(part - cost[name] / what_runs_when.ONE) < 0.01
        if "about" in result["verdict"]:
            assert f"about {numbers[0]} " in result["verdict"], "one number in both"
        parts = {"encoder": "encoder", "own": "own", "above": "above", "shared": "shared"}
        parts = [name for name, part in parts.items() if cost[part]]
        assert names == (parts if steps > 1 else ["encoder", "network"]), "as the strip goes"
        assert f"vanilla SNN: {step} run{'s' * (step > 1)}" in texts
        for word in ("at most", "the operations of one run", "operations"):
            assert word not in result["verdict"] and word not in " ".join(texts)


def test_equation_10_lets_a_level_receive_itself_and_all_above():
    assert [what_runs_when.sources(level, "all-levels") for level in (1, 2, 3)] == [
        [1, 2, 3],
        [2, 3],
        [3],
    ]
    assert [what_runs_when.sources(level, "next-level") for level in (1, 3)] == [[1, 2], [3]]
    assert what_runs_when.sources(2, "none") == [2]


@pytest.mark.parametrize("kind", ["rectangle", "arctan", "sigmoid", "triangle"])
@pytest.mark.parametrize("width", [0.1, 0.5, 1, 4])
def test_the_surrogate_is_drawn_where_its_axis_says_and_its_knob_lies_on_it(kind, width):
    result = demos.SurrogateWindow(kind=kind, width=width).result
    marks = result["marks"]
    ticks = [(float(m[3]), m[2] - 4) for m in marks if m[0] == "text" and m[1] == 32]
    (zero, ground), (value, height) = ticks[0], ticks[2]
    curve, *_ = (m[1] for m in marks if m[0] == "path" and m[-1] == "s-blue thick")
    peak = (ground - min(curve[1::2])) / (ground - height) * value
    true = surrogate_window.surrogate(kind, 0, width)
    assert (zero, value, ground - height) == (0, 2, 120), "one scale at every width"
    most = (ground - 26) / 60  # of the picture
    assert peak == pytest.approx(min(true, most), rel=0.02)
    broken = [m[3] for m in marks if m[0] == "text" and m[3].startswith("↑")]
    assert len(broken) == (true > most)
    _, _, x, y, across, down, *_ = result["grips"][0]
    knob = x + across / 2, y + down - 6
    near = [y for at, y in zip(curve[::2], curve[1::2]) if abs(at - knob[0]) < 2]
    assert min(near) - 2 <= knob[1] <= max(near) + 2


@pytest.mark.parametrize("feedback", ["all-levels", "next-level", "none"])
def test_every_arrow_ends_at_the_ring_it_feeds(feedback):
    result = demos.WhatRunsWhen(feedback=feedback, step=3).result
    arrows, marks = result["numbers"]["arrows"], result["marks"]
    heads = [m[1][2:4] for m in marks if m[0] == "path" and 36 < m[1][3] < 150]
    rings = [m[1:3] for m in marks if m[0] == "circle" and m[-1] == "f-paper s-volt thick"][1:]
    assert heads == [[rings[level - 1][0] - 7, rings[level - 1][1]] for _, level in arrows]


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_every_block_of_the_vanilla_network_hands_its_potentials_on(steps):
    """It was drawn without any link in time, as if it had no potentials."""
    for step in range(1, steps + 1):
        marks = demos.WhatRunsWhen(steps=steps, step=step).result["marks"]
        links = [m[1:] for m in marks if m[0] == "line" and 208 < m[2] < 280]
        blocks = [m for m in marks if m[0] == "rect" and 208 < m[2] < 250 and m[4] == 10]
        rows = sorted({m[2] for m in blocks})
        expected = []
        for t in range(2, step + 1):
            for row in rows:
                before, now = [m for m in blocks if m[2] == row][t - 2 : t]
                expected.append([before[1] + before[3], row + 5, now[1], row + 5])
        assert [link[:4] for link in links] == [pytest.approx(link) for link in expected]
        assert len(rows) == 3
        thick = [link[0] for link in links if "thick" in link[4]]
        assert thick == [link[0] for link in links[-3:]], "past ones are thin"


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_the_links_that_t_revsnn_turns_off_are_drawn_cut(steps):
    """ "Turned off" had no picture: of each block the layers but the last hand nothing on."""
    for step in range(1, steps + 1):
        marks = demos.WhatRunsWhen(steps=steps, step=step).result["marks"]
        cut = [m[1:5] for m in marks if m[0] == "line" and m[-1] == "s-rule thick" and m[2] > 36]
        blocks = [m for m in marks if m[0] == "rect" and m[4] == 12 and m[2] < 154]
        expected = []
        for row in sorted({m[2] for m in blocks}, reverse=True) if step > 1 else ():
            before, now = [m for m in blocks if m[2] == row][step - 2 : step]
            expected.append((before[1] + before[3], now[1], row + 6))
        pairs = zip(cut[::2], cut[1::2], strict=True)
        assert [(a[0], b[2], a[1]) for a, b in pairs] == [pytest.approx(e) for e in expected]
        assert all(b[0] - a[2] == pytest.approx(6) for a, b in zip(cut[::2], cut[1::2]))


@pytest.mark.parametrize("feedback", ["next-level", "all-levels", "none"])
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_what_has_run_so_far_is_the_sum_of_the_parts_that_ran(feedback, steps):
    """That T narrow columns make more than one network was told, not drawn."""
    unit = what_runs_when.RUN / what_runs_when.ONE
    for step in range(1, steps + 1):
        marks = demos.WhatRunsWhen(steps=steps, step=step, feedback=feedback).result["marks"]
        bars = [m for m in marks if m[0] == "rect" and m[2] > 290 and m[-1] != "f-paper"]
        ours, first, second = ([m for m in bars if m[2] == top] for top in (294, 341, 356))
        assert {m[4] for m in bars} == {14}, "one height: areas are products"
        theirs = [*first, *second]
        assert [len(first), len(second)] == [min(steps, 4), max(0, steps - 4)]
        assert ours[0][1] == first[0][1] == what_runs_when.STRIPS, "one left edge, at every T"
        for bar in (ours, first, second):
            for one, after in zip(bar, bar[1:]):
                assert after[1] == pytest.approx(one[1] + one[3]), "side by side"
        cost = what_runs_when.costs(steps, feedback, step)
        for bar, count in ((ours, sum(cost.values()) - cost["vanilla"]), (theirs, cost["vanilla"])):
            ran = sum(m[3] for m in bar if "hollow" not in m[-1])
            assert ran == pytest.approx(unit * count, abs=0.01)
        # in the order in which they run: what has run is one block that ends at its number
        hollow = ["hollow" in m[-1] for m in ours]
        assert hollow == sorted(hollow)
        block = [m for m in ours if "hollow" not in m[-1]][-1]
        (said,) = (m for m in marks if m[0] == "text" and m[3].startswith("T-RevSNN ≈"))
        drawn = (block[1] + block[3] - what_runs_when.STRIPS) / what_runs_when.RUN
        assert drawn == pytest.approx(float(said[3].split()[2]), abs=0.006)
        assert max(m[1] + m[3] for m in ours) < said[1]
        above = [m for m in ours if m[-1] == "f-volt"]
        assert sum(m[3] for m in above) == pytest.approx(unit * cost["above"])
        assert bool(above) == (step > 1 and feedback != "none")
        ticks = [m for m in marks if m[0] == "line" and m[-1] == "s-ink thick" and m[2] > 280]
        assert {m[1] for m in ticks} == {theirs[0][1] + theirs[0][3]}, "at one whole run"
        # a column is as wide as its two pieces of the strip, in runs
        columns = [m for m in marks if m[0] == "rect" and m[2:5:2] == [138, 12]]
        network = what_runs_when.PARTS["none"][1][2] * unit
        kinds = 3 if feedback != "none" else 2  # the first step receives nothing from above
        pieces = [ours[1:3], *(ours[i : i + kinds] for i in range(3, len(ours), kinds))]
        own = [piece[0] for piece in pieces]
        again = [piece[-1] for piece in pieces] if steps > 1 else [["", 0, 0, 0]]
        assert len(pieces) == steps and {len(piece) for piece in pieces[1:]} <= {kinds}
        for column, piece, shared in zip(columns, own, again, strict=True):
            wide = piece[3] + shared[3]
            assert column[3] / 34.5 == pytest.approx(wide / network, abs=0.002)
            assert column[-1] == piece[-1] and (steps == 1 or piece[-1] == shared[-1])
        # all but the repeats of what is shared are one run: the budget
        last = what_runs_when.costs(steps, feedback, steps)
        repeats = last["shared"] * (steps - 1) / steps
        once = sum(last.values()) - last["vanilla"] - repeats
        assert once / what_runs_when.ONE == pytest.approx(1, abs=0.014)
        repeated = [m[1] for m in marks if m[0] == "path" and m[-1] == "s-ink" and m[1][1] == 292]
        tip = what_runs_when.STRIPS + unit * (sum(cost.values()) - cost["vanilla"])
        line = what_runs_when.STRIPS + what_runs_when.RUN
        assert len(repeated) == (1 < steps == step)
        for path in repeated:
            assert (path[0], path[-2]) == pytest.approx((line, tip))
            assert path[-2] - path[0] == pytest.approx(unit * repeats, abs=1.4), "as drawn"
        said = {1: None, 2: "once"}.get(steps, f"{steps - 1} times")
        texts = [m[3] for m in marks if m[0] == "text"]
        assert (f"shared weights, run {said} more" in texts) == bool(repeated)
        stripes = [m for m in marks if m[0] == "rect" and m[2] > 290 and m[4] == 1.4]
        place = [pytest.approx((m[1], m[3])) for m in again[:step] for _ in range(3)]
        assert [(m[1], m[3]) for m in stripes] == (place if steps > 1 else [])


@pytest.mark.parametrize("feedback", ["next-level", "all-levels", "none"])
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_one_budget_is_named_where_the_columns_are_and_why_no_paths_cost_more(feedback, steps):
    """From T = 4 to 8 the columns shrank, without paths the cost rose, and no word said why."""
    whole = {}
    for kind in ("next-level", "none"):
        cost = what_runs_when.costs(steps, kind, steps)
        whole[kind] = sum(cost.values()) - cost["vanilla"]
    widths = [what_runs_when._width(steps, kind) for kind in ("next-level", "none")]
    assert (whole["none"] > whole["next-level"]) == (widths[1] > widths[0]) == (steps > 1)
    for step in range(1, steps + 1):
        result = demos.WhatRunsWhen(steps=steps, step=step, feedback=feedback).result
        texts = [m[3] for m in result["marks"] if m[0] == "text"]
        said = f"its {steps} columns divide one" if steps > 1 else "one column: one"
        assert f"{said} network’s weights" in texts
        freed = feedback == "none" and steps > 1
        assert ("no paths from above: wider columns" in texts) == freed
        assert ("widen the columns" in result["sentence"]) == freed
        assert "weights of one step" not in result["sentence"], "of all steps together"
        cost = what_runs_when.costs(steps, feedback, steps)
        assert f"all steps together {cost['own'] / 1e6:.2f}" in result["sentence"]
        if step > 1:
            arrows = len(result["numbers"]["arrows"])
            assert f"all 3 levels enter, by {arrows} arrows" in result["sentence"]
        assert ("shared weights: run at every step" in texts) == (step < steps)


@pytest.mark.parametrize("feedback", ["next-level", "all-levels", "none"])
def test_what_was_handed_on_before_stays_thin(feedback):
    """At the last step the first ones stood unlinked: the stored past vanished."""
    for step in (1, 2, 3, 8):
        result = demos.WhatRunsWhen(steps=8, step=step, feedback=feedback).result
        thin = [m for m in result["marks"] if m[0] == "line" and m[-1] in ("s-volt", "s-volt dash")]
        thin = [m for m in thin if 36 < m[2] < 150]
        assert len(thin) == len(result["numbers"]["arrows"]) * max(0, step - 2)
        dots = [m for m in result["marks"] if m[0] == "circle" and m[3] == 2]
        assert len(dots) == 3 * max(0, step - 2)


def test_the_verdict_of_what_runs_follows_what_is_let_through():
    for feedback, said in (
        ("all-levels", "3 old potentials"),
        ("next-level", "After step 2 of 4: about 0.70 times one run. Vanilla: 2 times."),
        ("none", "its own past"),
    ):
        assert said in demos.WhatRunsWhen(feedback=feedback, step=2).result["verdict"]
    for steps in (2, 4, 8):
        for feedback, above in (
            ("next-level", "times one run"),
            ("all-levels", "all old potentials"),
            ("none", "no paths from above"),
        ):
            cost = what_runs_when.costs(steps, feedback, steps)
            times = (sum(cost.values()) - cost["vanilla"]) / what_runs_when.ONE
            last = demos.WhatRunsWhen(steps=steps, step=8, feedback=feedback).result["verdict"]
            whole = "Both" if steps == 2 else f"All {steps}"
            assert last.startswith(f"{whole} ran once") and above in last
            assert f"about {times:.2f} " in last and f"Vanilla: {steps}" in last


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_what_has_run_is_an_area_and_its_number_stands_beside_it(steps):
    """T narrow columns are one whole network, which the vanilla SNN runs at every step; and a
    network is as wide at every T, else the bar of what does not grow had shrunk."""
    for step in range(1, steps + 1):
        marks = demos.WhatRunsWhen(steps=steps, step=step).result["marks"]
        ran = [m for m in marks if m[0] == "rect" and m[2] > 20 and m[-1] in ("f-blue", "f-rule")]
        ours, theirs = ([m for m in ran if m[4] == high] for high in (12, 10))
        theirs = [m for m in theirs if m[2] > 208]
        assert theirs[0][3] == 34.5, "one unit at every T"
        whole = 3 * theirs[0][3]  # three levels of one vanilla network
        networks = sum(m[3] for m in ours) / whole, sum(m[3] for m in theirs) / whole * 3 / 4
        channels, _, own, shared, _, _ = what_runs_when.PARTS["next-level"][steps]
        assert networks == pytest.approx((step * (own + shared) / 12_319_629, step))
        said = [m[3] for m in marks if m[0] == "text" and m[2] > 350 and "bold" in m[-1]]
        assert said == [str(t) for t in range(1, step + 1)]
        columns = sorted(
            {m[1] + m[3] / 2 for m in marks if m[0] == "rect" and m[2:5:2] == [138, 12]}
        )
        # one encoder, by the same rule: it was five times as wide as one that runs T times
        (block, *_), cuts, frames = (
            [m for m in marks if m[0] == "rect" and m[2] == 158 and test(m[-1])]
            for test in (
                lambda c: c == ("f-blue" if step == 1 else "f-rule"),
                lambda c: c == "f-paper",
                lambda c: "hollow" in c,
            )
        )
        theirs = [m for m in marks if m[0] == "rect" and m[2] == 256 and "hollow" not in m[-1]]
        assert len(theirs) == step and {m[3] for m in theirs} == {34.5}
        assert block[3] * block[4] == pytest.approx(345 * channels / 43), "with the root of T"
        after = columns[1] - 34.5 * (own + shared) / 24_639_258 if steps > 1 else 400
        assert block[1] > 60 and block[1] + block[3] < after - 1, "it lies below no later step"
        assert len(cuts) == steps - 1 and len(frames) == (step > 1)
        if frames:
            part = block[3] / steps
            assert frames[0][1:5:2] == pytest.approx([block[1] + part * (step - 1), part])
        wires = [m for m in marks if m[0] == "path" and m[1][1] == 158]
        assert sorted(m[1][-2] for m in wires) == pytest.approx(columns) and len(wires) == steps
        (now,) = (m[1] for m in wires if m[-1] == "s-blue thick")
        assert now[-2] == pytest.approx(columns[step - 1])
        assert now[0] == pytest.approx(block[1] + block[3] * (step - 0.5) / steps)


@pytest.mark.parametrize("width", [0.1, 1, 2.5, 4])
def test_the_sides_of_a_rectangle_are_upright(width):
    marks = demos.SurrogateWindow(width=width).result["marks"]
    curve, *_ = (m[1] for m in marks if m[0] == "path" and m[-1] == "s-blue thick")
    x, y = curve[::2], curve[1::2]
    leaps = [(a, b) for a, b, up, down in zip(x, x[1:], y, y[1:]) if up != down]
    assert leaps == [(a, a) for a, _ in leaps] and len(leaps) == 2
    middle, unit = 38 + 354 * 4 / 7, 354 / 7
    sides = [middle - unit * width / 2, middle + unit * width / 2]
    assert [a for a, _ in leaps] == pytest.approx(sides)


@pytest.mark.parametrize("bits", [2, 8, 11, 24])
def test_errors_are_drawn_below_their_heading(bits):
    marks = demos.UndoNeuron(bits=bits, steps=64, undone=64).result["marks"]
    dots = [mark[2] for mark in marks if mark[0] == "circle" and mark[-1] == "f-orange"]
    (line,) = (mark[1][1::2] for mark in marks if mark[0] == "path" and "dash" in mark[-1])
    heading = next(mark[2] for mark in marks if mark[0] == "text" and mark[3].startswith("error"))
    assert dots and min(dots + line) >= heading + 8


@pytest.mark.parametrize(
    "params", [{}, {"undone": 32}, {"decay": 0.05}, {"bits": 2}, {"bits": 53}], ids=str
)
def test_every_error_has_a_mark_and_every_wrong_spike_a_cross_that_the_legend_names(params):
    result = demos.UndoNeuron(**params).result
    numbers, marks = result["numbers"], result["marks"]
    dots = [m[1] for m in marks if m[0] == "circle" and m[-1] == "f-orange"]
    carets = [m[1][2] for m in marks if m[0] == "path" and m[1][1] > 206 and "dash" not in m[-1]]
    errors = numbers["errors"]
    circles = [m[1] for m in marks if m[0] == "circle" and m[-1] == "hollow s-orange thick"][1:]
    circles += [m[1][2] for m in marks if m[0] == "path" and len(m[1]) == 6 and m[1][1] < 130]
    under = sorted(circles, reverse=True)  # the last step is undone first
    assert sorted(dots + carets) == sorted(x for x, error in zip(under, errors) if error)
    assert len(carets) == sum(error > 1e3 for error in errors)
    crosses = sum(m[0] == "line" and m[-1] == "s-ink thick" for m in marks) // 2
    named = any(m[0] == "text" and m[3] == "wrong spike" for m in marks)
    assert (crosses, named) == (len(numbers["flips"]) + named, bool(numbers["flips"]))
    beyond = any(m[0] == "text" and m[3] == "off scale" for m in marks)
    heads = [m for m in marks if m[0] == "path" and len(m[1]) == 6 and m[1][1] not in (143, 222)]
    far = [m for m in heads if m[-1] == "s-orange thick"] + carets
    assert beyond == bool(far), "an arrowhead has its word"


@pytest.mark.parametrize("decay", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("bits", [11, 24, 53])
def test_the_growth_stands_at_the_line_of_errors(bits, decay):
    marks = demos.UndoNeuron(bits=bits, decay=decay).result["marks"]
    (label,) = (m[3] for m in marks if m[0] == "text" and "at each step back" in m[3])
    assert float(label.split()[1]) == pytest.approx(1 / decay, rel=0.005)


@pytest.mark.parametrize("decay", [0.05, 0.34, 0.5, 0.9])
@pytest.mark.parametrize("undone", [0, 12, 32])
def test_the_tape_is_drawn_bit_by_bit(decay, undone):
    result = demos.UndoNeuron(tape=True, decay=decay, undone=undone).result
    taped, v = result["numbers"]["tape_bits"], result["numbers"]["forward"]
    cells = [m for m in result["marks"] if m[0] == "rect" and m[2] >= 206]
    assert len(cells) == 32 * taped
    for i, cell in enumerate(cells):
        t, row = divmod(i, taped)
        one = int(v[t] * 2.0**22) >> row & 1
        colour = "orange" if t >= 32 - undone else "rule"
        assert cell[-1] == (f"f-{colour}" if one else f"hollow s-{colour}")
    assert any(
        m[3].startswith(f"{32 * taped} bits for 32 steps")
        for m in result["marks"]
        if m[0] == "text"
    )


@pytest.mark.parametrize(
    "params",
    [{}, {"undone": 1}, {"undone": 25}, {"bits": 53}, {"tape": True}, {"decay": 0.05, "bits": 11}],
    ids=str,
)
def test_the_division_of_the_last_step_undone_is_shown_and_comes_out(params):
    """That each step back divides, and so doubles an error, had only been said."""
    demo = demos.UndoNeuron(**params)
    numbers, marks, p = demo.result["numbers"], demo.result["marks"], demo.params
    (rule,) = (m[3] for m in marks if m[0] == "text" and m[2] == 30)
    at, terms, now = re.fullmatch(r"V\[(\d+)\] ≈ (.+) ≈ (.+)", rule).groups()
    assert int(at) == p["steps"] - p["undone"]
    value = float(re.sub(r" × 10.*", "", now.replace("−", "-")))
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    power = re.search(r" × 10(.+)", now)
    value *= 10 ** int(power[1].translate(digits)) if power else 1
    assert value == pytest.approx(numbers["recovered"][0], rel=0.06, abs=0.006)
    assert ("(next " in terms and " − input " in terms) or len(rule) > 40
    terms = re.sub("next |input ", "", terms)
    if "10" not in terms:
        loose = 0.012 / p["decay"] + 0.01
        assert eval(terms.replace("−", "-")) == pytest.approx(value, abs=loose)
    errors = [m[3] for m in marks if m[0] == "text" and m[3].startswith("last: ")]
    sizes = numbers["errors"][-2:]
    shown = [f"last: {short(sizes[0])} → {short(sizes[1])}"] if any(numbers["errors"]) else []
    assert errors == (shown if not p["tape"] else [])


@pytest.mark.parametrize("params", [{}, {"decay": 0.99, "steps": 64, "undone": 64}, {"bits": 53}])
def test_a_step_undone_without_an_error_has_a_hollow_dot(params):
    """At decay 0.99 two thirds of the potentials had no dot, without a word."""
    result = demos.UndoNeuron(**params).result
    errors, marks = result["numbers"]["errors"], result["marks"]
    hollow = [m[1] for m in marks if m[0] == "circle" and m[2:4] == [320, 2.5]]
    steps = demos.UndoNeuron(**params).params["steps"]
    at = [44 + 348 * (steps - k) / steps for k, error in enumerate(errors) if k and error == 0]
    assert hollow == pytest.approx(at) and at
    assert any(m[0] == "text" and m[3] == "exact" for m in marks)


def test_where_nothing_is_undone_nothing_is_called_exact():
    texts = {
        undone: [m[3] for m in demos.UndoNeuron(undone=undone).result["marks"] if m[0] == "text"]
        for undone in (0, 1)
    }
    assert "nothing recovered yet" in texts[0] and not [x for x in texts[0] if "exact" in x]
    assert "nothing recovered yet" not in texts[1] and [x for x in texts[1] if "exact" in x]


def test_a_cell_is_as_large_at_every_l_and_t_so_that_the_area_is_the_bill():
    """The bars that stood here were scaled by L: a deeper network's were no longer."""
    sizes = set()
    for layers in (1, 4, 16):
        for steps in (1, 3, 8, 32):
            marks = demos.MemoryBill(layers=layers, steps=steps).result["marks"]
            frames = [m for m in marks if m[0] == "rect" and m[-1] == "hollow s-grid"]
            for (_, left, top, wide, high, columns, shades), frame in zip(
                (m for m in marks if m[0] == "cells"), frames, strict=True
            ):
                sizes.add((wide, high))
                assert left == frame[1] and columns == steps and wide * steps <= frame[3]
                assert top + high * len(shades) / columns == frame[2] + frame[4]
                assert top >= frame[2]
    assert len(sizes) == 1


def test_the_verdict_of_the_bill_says_what_a_step_and_a_layer_more_cost():
    for layers in range(1, 16):
        for steps in range(2, 32):
            held = memory_bill.units("stbp", layers, steps)[0]
            ours = memory_bill.units("trev", layers, steps)[0]
            step = memory_bill.units("stbp", layers, steps + 1)[0] - held
            layer = memory_bill.units("stbp", layers + 1, steps)[0] - held
            assert memory_bill.units("trev", layers, steps + 1)[0] == ours
            assert memory_bill.units("trev", layers + 1, steps)[0] == ours + 1
            assert demos.MemoryBill(layers=layers, steps=steps).result["verdict"] == (
                f"One more step: STBP +{step}, T‑RevSNN +0. "
                f"One more layer: STBP +{layer}, T‑RevSNN +1."
            )
    for layers in range(1, 17):
        one = demos.MemoryBill(steps=1, layers=layers).result
        cells = f"{layers} cell{'s' * (layers > 1)}"
        assert f"all three hold {cells}, and only STBP runs nothing again" in one["verdict"]
        assert set(one["numbers"]["held"].values()) == {layers}
        work = one["numbers"]["work"]
        assert (work["stbp"], work["checkpoint"], work["trev"]) == (
            2 * layers,
            3 * layers,
            3 * layers,
        )


def test_the_work_below_each_grid_is_one_equation_and_true():
    """ "= 3 × 32 ÷ 8" looked as if the same cells were worked at a fifth of STBP's price, and "work
    24 = 3 × 128 cells", with "each does 1/16" a line below, was false."""
    words = demos.MemoryBill().words
    for layers in (1, 2, 7, 16):
        for steps in range(1, 33):
            result = demos.MemoryBill.compute({"layers": layers, "steps": steps}, words)
            texts = [m[3] for m in result["marks"] if m[0] == "text"]
            works = [t.removeprefix("work: ").replace(",", "") for t in texts if "work: " in t]
            shared = "" if steps == 1 else f" / {steps}"
            for said, passes, divided, held in zip(works, (2, 3, 3), ("", "", shared), (0, 1, 2)):
                sum_, value = re.match(r"(.*) = (\d+) \(", said).groups()
                assert sum_ == f"{passes} × {layers * steps}{divided}"
                assert eval(sum_.replace("×", "*")) == int(value)
                assert int(value) == list(result["numbers"]["work"].values())[held]
            why = [re.search(r"\((.*)\)", t)[1] for t in works]
            assert why[0] == "forwards backwards" and why[1] == "forwards again backwards"
            assert why[2] == (f"each step has 1/{steps} of the weights" if shared else why[1])


@pytest.mark.parametrize("layers, steps", [(1, 1), (1, 4), (3, 1), (4, 5)])
def test_every_cell_runs_twice_forwards_in_the_library_and_in_pytorchs_checkpoints(layers, steps):
    """At one step nothing is thrown away, and yet both run it again: "work 24" beside STBP's 16."""
    runs = []

    class Chain(Cell):
        def __init__(self):
            super().__init__()
            self.levels, self.weight = layers, torch.nn.Parameter(torch.ones(()))

        def update(self, t, level, x, below, above):
            runs.append((level, t))
            return 0.5, self.weight * (x if below is None else below)

        def read_out(self, t, top):
            return top

    outputs, _ = run(Chain(), torch.rand(1, 3, requires_grad=True), steps)
    cells = layers * steps
    assert len(runs) == cells
    outputs.sum().backward()
    assert len(runs) == 2 * cells and len(set(runs)) == cells
    assert memory_bill.units("trev", layers, steps)[1] * steps == 3 * cells

    runs.clear()
    v = torch.zeros(layers)

    def segment(v, first):
        for t in range(first, min(first + length, steps)):
            runs.extend((level, t) for level in range(layers))
            v = charge(v, weight * v.sigmoid(), 0.5)
        return v

    length, weight = memory_bill.segment_length(steps), torch.ones(layers, requires_grad=True)
    for first in range(0, steps, length):
        v = torch.utils.checkpoint.checkpoint(segment, v, first, use_reentrant=False)
    v.sum().backward()
    assert len(runs) == 2 * cells
    assert memory_bill.units("checkpoint", layers, steps)[1] == 3 * cells


def test_an_arrow_leads_from_what_was_kept_to_what_is_rebuilt():
    """Green cells beside blue ones did not say from which of them they came."""
    words = demos.MemoryBill().words
    wide, left = memory_bill.WIDE, memory_bill.LEFT
    for layers in (1, 2, 7, 16):
        for steps in range(1, 33):
            marks = demos.MemoryBill.compute({"layers": layers, "steps": steps}, words)["marks"]
            paths = [m[1] for m in marks if m[0] == "path"]
            texts = [m[3] for m in marks if m[0] == "text"]
            assert texts.count("run again") == 2 and texts.count("undo") == (steps > 1)

            def column(x):
                return int((x - left) // wide + 1)

            again, length = paths[0], memory_bill.segment_length(steps)
            kept = [
                t
                for t in range(1, steps + 1)
                if memory_bill.cell("checkpoint", 1, t, layers, steps) == "keep"
            ]
            assert (column(again[0]) if again[0] > left else 0) == max(kept, default=0)
            assert column(again[0]) == steps - length or not kept
            assert again[-2] > left + wide * steps, "to the end of the segment"
            if steps > 1:
                undo = paths[3]
                assert (column(undo[0]), column(undo[-2])) == (steps, steps - 1)
                assert memory_bill.cell("trev", layers, steps, layers, steps) == "keep"
                assert memory_bill.cell("trev", layers, steps - 1, layers, steps) == "hand"
            *rest, up = (m for m in marks if m[0] == "line")
            assert up[1] == up[3] > left + wide * steps and up[2] > up[4], "upwards, from the image"
            # with no checkpoint before it, from a bar at the start: it had come from nothing
            assert len(rest) == (not kept)
            for bar in rest:
                assert bar[1] == bar[3] == again[0] == left and bar[2] < again[1] < bar[4]
            # "undo" had touched the line of the work above it, the arrow's foot that below it
            works = [m[2] for m in marks if m[0] == "text" and m[3].startswith("work:")]
            undone = [m[2] for m in marks if m[0] == "text" and m[3] == "undo"]
            assert all(y >= works[1] + 14 for y in undone) and up[2] <= works[2] - 11


def test_the_two_rings_are_never_on_each_other_nor_on_a_cell():
    """At L = T = 1 they had covered the one cell."""
    words = demos.MemoryBill().words
    floor = memory_bill.TOP + memory_bill.HIGH * memory_bill.DEEPEST
    for layers in range(1, 17):
        for steps in range(1, 33):
            grips = demos.MemoryBill.compute({"layers": layers, "steps": steps}, words)["grips"]
            (_, _, x, y, wide, high, *_), (_, _, left, top, across, down, *_) = grips
            rings = (x + wide - 12, y + high / 2), (left + across / 2, top + down - 6)
            assert math.dist(*rings) >= 14, (layers, steps)
            right = memory_bill.LEFT + memory_bill.WIDE * steps
            assert rings[0][1] + 6 < floor - memory_bill.HIGH * layers
            assert rings[0][1] - 7 > 14 + 3, "nor on the key"
            assert rings[1][0] - 6 > right and rings[1][0] + 6 < 392
            for (_, axis, *_, place, value, other, its), ring in zip(grips, rings):
                at = ring[axis == "y"]
                found = value + (at - place) / (other - place) * (its - value)
                assert found == pytest.approx(layers if axis == "y" else steps)


@pytest.mark.parametrize("bits, decay, vain", [(8, 0.05, True), (8, 0.5, False), (2, 0.5, True)])
def test_a_tape_as_wide_as_the_potential_is_said_to_save_nothing(bits, decay, vain):
    result = demos.UndoNeuron(tape=True, bits=bits, decay=decay).result
    assert (result["numbers"]["tape_bits"] >= bits) == vain
    assert ("save nothing" in result["verdict"]) == vain


@pytest.mark.parametrize("mean", [-2, -1.2, 1])
def test_every_neuron_is_drawn_at_its_potential(mean):
    result = demos.SurrogateWindow(mean=mean).result
    ticks = {m[3]: m[1] for m in result["marks"] if m[0] == "text" and m[2] == 323}
    unit = (ticks["+2"] - ticks["−2"]) / 4
    dots = sorted(m[1] for m in result["marks"] if m[0] == "circle" and m[2] > 20)
    x = sorted(result["numbers"]["x"])
    assert dots == pytest.approx([ticks["threshold"] + unit * at for at in x])
    (fires,) = (m[1] for m in result["marks"] if m[0] == "text" and m[3] == "fires →")
    assert ticks["threshold"] < fires < ticks["+2"], "on which side they fire"
    lines = [m for m in result["marks"] if m[0] == "line" and m[1] == m[3] and m[4] > 308]
    assert sorted(m[1] for m in lines) == sorted(ticks.values()), "each number by its line"
    who = result["sentence"]
    assert "share" not in who and " get " not in who, "a share is not 5, and 1 does not get"


@pytest.mark.parametrize("step", [1, 2, 4])
def test_the_legend_names_an_arrow_only_where_one_is_drawn(step):
    result = demos.WhatRunsWhen(step=step).result
    named = any(m[0] == "text" and m[3] == "old potential" for m in result["marks"])
    assert named == bool(result["numbers"]["arrows"])
    for feedback in ("next-level", "none"):
        marks = demos.WhatRunsWhen(step=step, feedback=feedback).result["marks"]
        dashed = any(m[0] == "line" and "dash" in m[-1] and m[2] > 36 for m in marks)
        pale = any(m[0] == "rect" and m[-1] == "hollow s-rule" and m[2] > 20 for m in marks)
        words = [m[3] for m in marks if m[0] == "text"]
        assert (("from above" in words), ("not yet" in words)) == (dashed, pale)
        off = [m for m in marks if m[0] == "line" and m[-1] == "s-rule thick" and m[2] > 36]
        assert ("turned off" in words) == bool(off) == (step > 1)
        assert ("potential" in words) == (step == 1), "hollow rings had no key at the first step"
