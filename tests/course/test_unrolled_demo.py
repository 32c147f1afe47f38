"""The demo of chapter 05 against the library: its paths are what autograd counts through each
gradient rule (Table 1, Fig. 5)."""

import itertools
import re

import pytest
import torch
from torch import nn

from tests.course.demo_pages import settings
from trevsnn_lite import reversible
from trevsnn_lite.baselines.gradient_rules import RULES
from trevsnn_lite.course import demos
from trevsnn_lite.course.demos import unrolled_graph


class Adders(nn.Module):
    """Layers of one weight, 1, and neurons that add up what they get; where a layer is turned off
    it only passes on."""

    def __init__(self, layers: int, turned_on: range):
        super().__init__()
        self.layers, self.turned_on = (
            nn.ModuleList(nn.Linear(1, 1, bias=False, dtype=torch.float64) for _ in range(layers)),
            turned_on,
        )
        for layer in self.layers:
            nn.init.ones_(layer.weight)

    def step(self, x, sums):
        new = []
        for index, layer in enumerate(self.layers):
            x = layer(x) + (sums[index] if sums is not None and index in self.turned_on else 0.0)
            new.append(x)
        return x, tuple(new)


def counted(method: str, layers: int, steps: int, k: int) -> int:
    net = Adders(layers, range(layers - 1, layers) if method == "trev" else range(layers))
    rule = {"srev": "stbp", "trev": "stbp"}.get(method, method)
    options = (
        {"decay": 1 - 1e-12, "traced": ["layers.0"]}
        if method == "ottt"
        else {"k": k, "generator": torch.Generator().manual_seed(0)}
        if method == "sltt-k"
        else {}
    )
    RULES[rule](
        net,
        torch.ones(steps, 1, 1, dtype=torch.float64),
        None,
        loss=lambda y, _: steps * y.sum(),
        **options,
    )
    return round(net.layers[0].weight.grad.item())


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
@pytest.mark.parametrize(("layers", "steps", "k"), [(1, 4, 1), (2, 2, 2), (3, 4, 2), (4, 8, 3)])
def test_paths_are_those_that_autograd_counts(method, layers, steps, k):
    assert unrolled_graph.counts(method, layers, steps, k)["paths"] == counted(
        method, layers, steps, k
    )


@pytest.mark.parametrize("steps", range(1, 9))
def test_as_many_steps_are_drawn_as_asked_for(steps):
    assert [len(unrolled_graph.drawn_steps(steps, k)) for k in range(1, steps + 1)] == list(
        range(1, steps + 1)
    )


EVERY = list(itertools.product(range(1, 7), range(1, 9), (1, 2, 3)))


def cells(layers: int, steps: int) -> list[tuple[int, int]]:
    return list(itertools.product(range(1, layers + 1), range(1, steps + 1)))


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
def test_what_the_method_holds_at_most_is_what_its_film_shows_at_the_worst_moment(method):
    for layers, steps, k in EVERY:
        case = (layers, steps, min(k, steps))
        moments = len(unrolled_graph.film(method, *case))
        film = [len(unrolled_graph.held(method, *case, moment)) for moment in range(moments + 1)]
        traces = layers if method == "ottt" else 0
        assert max(film) + traces == unrolled_graph.counts(method, *case)["held"], case


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
def test_the_error_is_once_at_each_cell_and_comes_only_from_where_it_was(method):
    for layers, steps, k in EVERY:
        case = (layers, steps, min(k, steps))
        film = unrolled_graph.film(method, *case)
        at = {tuple(cell): n for n, (what, cell, _) in enumerate(film, 1) if what == "error"}
        learnt = [c for c in cells(layers, steps) if unrolled_graph.learns(method, c[1], *case[1:])]
        assert sorted(at) == learnt and len(at) == sum(what == "error" for what, *_ in film)
        for (layer, step), now in at.items():
            if layer < layers:
                assert at[layer + 1, step] < now
            if step < steps and unrolled_graph.arrow(method, True, layer, step, *case) == "both":
                assert at[layer, step + 1] < now
            assert [layer, step] in unrolled_graph.held(method, *case, now), "an error needs it"


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
def test_a_cell_is_held_from_when_it_is_run_until_the_error_has_been_there_and_never_again(method):
    """What T-RevSNN undoes a step from is held until that is done; no cell turns up unseen."""
    for layers, steps, k in EVERY:
        case = (layers, steps, min(k, steps))
        film = unrolled_graph.film(method, *case)
        shown = [
            {tuple(cell) for cell in unrolled_graph.held(method, *case, moment)}
            for moment in range(len(film) + 1)
        ]
        at = {tuple(cell): n for n, (what, cell, _) in enumerate(film, 1) if what == "error"}
        for moment, (before, now) in enumerate(zip(shown, shown[1:]), 1):
            what, source, where = film[moment - 1]
            fresh = now - before
            assert fresh == ({tuple(c) for c in where} & set(at) if what == "run" else set())
            assert all(at[cell] == moment - 1 for cell in before - now), (case, moment)
            assert all(at[cell] >= moment for cell in now), "nothing is held in vain"
            if what == "run" and method == "srev":
                assert {(source[0], t) for t in range(1, steps + 1)} <= before & now
            if what == "run" and method == "trev":
                assert (layers, source[1]) in before & now, (case, moment)


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
def test_the_paths_under_the_steps_are_those_of_the_table(method):
    for layers, steps, k in EVERY:
        case = (layers, steps, min(k, steps))
        paths = unrolled_graph.ways(method, *case)
        assert sum(paths) == unrolled_graph.counts(method, *case)["paths"], case
    result = demos.UnrolledGraph(method=method, moment=56, layers=6, steps=8).result
    floor = max(m[2] for m in result["marks"] if m[0] == "text" and m[2] < 235)
    drawn = [m[3] for m in result["marks"] if m[0] == "text" and m[2] == floor][1:]
    total = sum(int(text.replace(",", "")) for text in drawn)
    assert total == result["numbers"][method]["paths"]


def test_every_path_that_is_counted_is_drawn():
    """OTTT's 2, 3 and 4 paths stood under steps to which one way was drawn: what its trace brings
    is drawn too, an input each."""
    for method, (layers, steps, _) in itertools.product(unrolled_graph.METHODS, EVERY[::3]):
        params = {"method": method, "layers": layers, "steps": steps}
        moments = demos.UnrolledGraph(**params).result["numbers"]["moments"]
        for moment in range(moments + 1):
            found = demos.UnrolledGraph(**params, moment=moment).result
            marks = found["marks"]
            counts = [int(m[3].replace(",", "")) for m in marks if m[-1] == "mid bold f-orange"]
            dots = [m for m in marks if m[0] == "circle" and m[3] == 1.7]
            if method == "ottt":
                assert len(dots) == sum(counts)
                rows = {m[2] for m in dots}
                assert sorted(sum(m[2] == row for m in dots) for row in rows) == counts
            elif method in unrolled_graph.BY_STEP:
                assert not dots and set(counts) <= {1}
            if says := re.search(
                r"At step (\d+) .* trace of (\d+) inputs?: (\d+) path", found["verdict"]
            ):
                assert set(map(int, says.groups())) == {counts[-1]} and method == "ottt"


class Stack(reversible.Cell):
    """Layers of one neuron of which the last alone is turned on; it notes what it does when."""

    def __init__(self, layers: int, notes: list):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(1, 1, bias=False) for _ in range(layers))
        self.__dict__["notes"] = notes

    def update(self, t, level, x, below, above):
        self.notes.append(("run", t + 1))
        for layer, linear in enumerate(self.layers, 1):
            x = linear(x)
            if x.requires_grad:
                cell = [layer, t + 1]
                x.register_hook(lambda grad, cell=cell: self.notes.append(("error", cell)))
        return 0.5, x

    def read_out(self, t, top):
        return top


@pytest.mark.parametrize(("layers", "steps"), [(1, 3), (3, 4), (2, 1)])
def test_t_revsnn_s_film_is_what_the_library_does(layers, steps, monkeypatch):
    """A step is run, the last layer undone from it, and then the error goes down."""
    notes: list = []
    cell, recall = Stack(layers, notes), reversible.Reversible.recall

    def undo(self, *given):
        notes.append(("undo", len(notes)))
        return recall(self, *given)

    monkeypatch.setattr(reversible.Reversible, "recall", undo)
    y, _ = reversible.run(cell, torch.ones(1, 1), steps, memory="reversible")
    notes.clear()
    y.sum().backward()
    expected = []
    film = unrolled_graph.film("trev", layers, steps, 1)
    for what, where, fresh in film:
        if what == "run":
            expected.append(("run", where[1]))
            expected += [("undo", len(expected))] * ([layers, where[1] - 1] in fresh)
        else:
            if where == [1, 1] == [layers, where[1]] and ("run", 1) not in expected:
                expected.append(("run", 1))  # nothing is rebuilt by it: the film leaves it out
            expected.append(("error", where))
    assert notes == expected
    work = notes.count(("error", [1, 1])) and sum(layers for what, _ in notes if what == "run")
    assert 2 * layers * steps + work == unrolled_graph.counts("trev", layers, steps, 1)["work"]


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
@pytest.mark.parametrize("moment", [0, 1, 5, 12, 16])
def test_what_is_drawn_as_held_is_what_the_heading_counts(method, moment):
    found = demos.UnrolledGraph(method=method, moment=moment).result
    moment = min(moment, found["numbers"]["moments"])
    shapes = [m[4] for m in found["marks"] if m[0] == "circle" and m[3] == 7]
    in_passing = "forwards only" in found["verdict"]
    drawn = len(shapes) - shapes.count("f-paper s-rule thick")
    assert len(shapes) == 12 and drawn * (not in_passing) == found["numbers"]["now"]
    drawn = found["numbers"]["now"]
    heading = next(m[3] for m in found["marks"] if m[0] == "text" and m[3].startswith("in memory"))
    traces = 3 if method == "ottt" else 0
    assert heading.startswith(f"in memory now: {drawn} ") and ("3 traces" in heading) == bool(
        traces
    )
    assert ("3 traces" in found["verdict"]) == ("The error" in found["verdict"] and bool(traces))
    if "meets a trace" in found["verdict"]:
        assert traces and 0 < moment < found["numbers"]["moments"]
    (bar,) = (m[3] for m in found["marks"] if m[0] == "rect" and m[-1] == "f-blue")
    assert bar == pytest.approx(unrolled_graph.BAR * (drawn + traces) / 24)  # of 3 layers at T = 8


@pytest.mark.parametrize("params", settings(demos.UnrolledGraph, 60), ids=str)
def test_every_shape_of_a_cell_is_in_the_legend(params):
    marks = demos.UnrolledGraph(**params).result["marks"]
    drawn, named = ({m[4] for m in marks if m[0] == "circle" and m[3] == r} for r in (7, 6))
    assert drawn <= named


def test_with_one_step_t_revsnn_is_not_said_to_gain():
    for moment in (0, 4):
        found = demos.UnrolledGraph(method="trev", steps=1, moment=moment).result
        assert found["verdict"].startswith("One step: nothing to gain.")
        assert found["numbers"]["trev"]["held"] == found["numbers"]["stbp"]["held"]


def test_what_becomes_of_a_cell():
    fates = {
        method: [unrolled_graph.fate(method, *cell, 3, 4, 2) for cell in cells(3, 4)]
        for method in unrolled_graph.METHODS
    }
    assert {method: fates[method].count("keep") for method in fates} == {
        **{"stbp": 12, "ottt": 0, "sltt": 0, "sltt-k": 0, "srev": 4, "trev": 1}
    }
    assert fates["sltt-k"].count("brief") == 6 == fates["sltt-k"].count("forward")
    assert set(fates["ottt"]) == set(fates["sltt"]) == {"brief"}


def test_the_sentence_gives_the_chapters_numbers():
    assert (
        "Of the 35 paths that its network has from the loss to the first layer's weights this method's "
        "gradient follows 4." in demos.UnrolledGraph(method="sltt").result["sentence"]
    )


@pytest.mark.parametrize(("layers", "steps"), list(itertools.product((1, 3, 6), (1, 2, 4, 8))))
def test_paths_are_of_those_that_the_methods_own_network_has(layers, steps):
    """ "T-RevSNN: 10 of 35 paths" stood beside SLTT's 4 of 35: its network has 10, and it follows
    them all."""
    for method in unrolled_graph.METHODS:
        params = {"method": method, "layers": layers, "steps": steps}
        result = demos.UnrolledGraph(**params, moment=56).result
        turned_on = range(layers - 1, layers) if method == "trev" else range(layers)
        net = Adders(layers, turned_on)
        sums, total = None, 0.0
        for _ in range(steps):
            y, sums = net.step(torch.ones(1, 1, dtype=torch.float64), sums)
            total = total + y.sum()
        total.backward()
        there = round(net.layers[0].weight.grad.item())
        price = result["numbers"][method]
        assert price["all"] == there
        name = demos.UnrolledGraph().words["rows"][method]
        texts = [m[3] for m in result["marks"] if m[0] == "text"]
        assert texts[texts.index(name) + 1] == f"{price['held']:,}"
        counted = f"{price['paths']:,} of {there:,} path" + "s" * (there > 1)
        assert f"{name}: {counted}" in texts
        runs = price["work"] - price["errors"]
        assert f"Work: {runs} cell" in result["sentence"]
        assert f"and {price['errors']} error" in result["sentence"]
        said = result["verdict"]
        if "path" in said:
            claim = re.search(r"(all of its|all|[\d,]+ of) ([\d,]+) path|the one path", said)
            number = int((claim[2] or "1").replace(",", ""))
            assert number == there, said
            if claim[1] and claim[1].endswith(" of"):
                assert int(claim[1][:-3].replace(",", "")) == price["paths"]
            else:
                assert price["paths"] == there, said


@pytest.mark.parametrize("method", unrolled_graph.METHODS)
def test_the_verdict_of_the_way_back_is_true_of_every_network(method):
    """At T = 1 SLTT "holds 3 cells, not 3"; before the first step "3 of 12 cells wait"."""
    for layers, steps in itertools.product(range(1, 7), range(1, 9)):
        params = {"method": method, "layers": layers, "steps": steps}
        for moment in (0, 1, 56):
            found = demos.UnrolledGraph(**params, moment=moment).result
            said, numbers = found["verdict"], found["numbers"]
            if less := re.search(r"(\d+) cells?(?: at most)?, not (\d+)", said):
                assert int(less[1]) == numbers[method]["held"] < int(less[2]) == layers * steps
            if "saves nothing" in said or "as STBP does" in said:
                assert numbers[method]["held"] == layers * steps
            if moment == 0 and numbers["now"] == 0 and "nothing to gain" not in said:
                assert "nothing has run yet" in said
            if "at only" in said:
                few, many = map(int, re.search(r"only (\d+) of (\d+)", said).groups())
                assert few < many


def test_runs_and_errors_are_those_of_the_film_and_of_the_run_before_it():
    """A heading "run, both ways" had left the reader to guess what was counted."""
    for method in unrolled_graph.METHODS:
        for layers, steps, k in EVERY:
            case = (layers, steps, min(k, steps))
            price = unrolled_graph.counts(method, *case)
            film = unrolled_graph.film(method, *case)
            assert price["errors"] == sum(what == "error" for what, *_ in film)
            runs = price["work"] - price["errors"]
            again = 0 if method == "stbp" or method in unrolled_graph.BY_STEP else layers * steps
            assert runs == layers * steps + again
