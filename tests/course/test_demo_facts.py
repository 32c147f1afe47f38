"""The demos' numbers, against counts by hand, numpy's own formats and the library's tape."""
import numpy
import pytest

from trevsnn_lite.course import demos
from trevsnn_lite.course.demos import memory_bill, undo_neuron, what_runs_when


@pytest.mark.parametrize("layers, steps", [(1, 1), (4, 8), (3, 7), (5, 16), (2, 5)])
@pytest.mark.parametrize("method", memory_bill.METHODS)
def test_the_drawn_grid_has_as_many_kept_cells_as_the_bar_says(method, layers, steps):
    drawn = sum(memory_bill.cell(method, layer, step, layers, steps) == "keep" for layer in range(1, layers + 1) for step in range(1, steps + 1))
    assert drawn == memory_bill.units(method, layers, steps)[0]


def test_table_1_by_hand():
    units = {method: memory_bill.units(method, 4, 9) for method in memory_bill.METHODS}
    assert units == {"stbp": (36, 72), "online": (4, 72), "srev": (9, 108), "checkpoint": (4 * (2 + 3), 108), "trev": (4, 12)}


@pytest.mark.parametrize("bits, dtype", [(24, numpy.float32), (11, numpy.float16), (53, numpy.float64)])
def test_rounding_is_that_of_the_named_formats(bits, dtype):
    values = numpy.random.default_rng(0).uniform(0.01, 4, 2000)
    assert all(undo_neuron.rounded(float(x), bits) == float(dtype(x)) for x in values)


def test_bfloat16_rounding_is_torchs():
    import torch
    values = torch.rand(2000, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).float()
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
    torch = pytest.importorskip("torch")
    tape = pytest.importorskip("trevsnn_lite.spike_tape")
    assert tape.GRID[torch.float32] == 2.0 ** -min(24 - 2, 44)
    assert [tape.bits_needed(d, 2.0, torch.float32) for d in (0.1, 0.3, 0.5, 0.9)] == [undo_neuron.bits_taped(d) for d in (0.1, 0.3, 0.5, 0.9)]


def test_without_the_tape_float32_fails_by_step_32_and_not_by_step_8():
    for steps, wrong in ((8, False), (32, True)):
        v, recovered = undo_neuron.run(0.5, steps, 24, 1, tape=False)
        assert (abs(v[0] - recovered[0]) > 1e-4) is wrong
    assert demos.UndoNeuron().result["numbers"]["flips"], "the start values show a flipped spike"


def test_costs_do_not_grow_with_the_steps_but_the_vanilla_ones_do():
    one, eight = what_runs_when.costs(1), what_runs_when.costs(8)
    assert (eight["macs"], eight["acs"]) == (one["macs"], one["acs"]) == (one["vanilla_macs"], one["vanilla_acs"])
    assert eight["vanilla_macs"] == 8 * one["vanilla_macs"] and eight["vanilla_acs"] == 8 * one["vanilla_acs"]
    assert one["macs"] == 442_368 and one["acs"] == 32_768 * 352


def test_equation_10_lets_a_level_receive_itself_and_all_above():
    assert [what_runs_when.sources(level, "all-levels") for level in (1, 2, 3, 4)] == [[1, 2, 3, 4], [2, 3, 4], [3, 4], [4]]
    assert [what_runs_when.sources(level, "next-level") for level in (1, 4)] == [[1, 2], [4]]
    assert what_runs_when.sources(2, "none") == [2]
