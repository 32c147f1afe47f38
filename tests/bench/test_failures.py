"""What a benchmark on a lent GPU meets once: no memory, no compiler, no time, a section that
breaks. And what of its GPU's path runs on a CPU."""

import pytest
import torch
from torch import nn

from trevsnn_lite.experiments.bench import measure, networks, record, settings
from trevsnn_lite.experiments.bench.rows import (
    MEASURED,
    Guarded,
    Progress,
    gradients,
    rows_of,
    worst_error,
)
from trevsnn_lite.experiments.bench.settings import SETTINGS, chosen
from trevsnn_lite.meters.inference import parameters

WIDTHS = (4, 6, 8, 8)


def making(failing=lambda: None):
    """What makes a linear map and its training step, in which failing() is called first."""
    net = nn.Linear(3, 2)

    def step():
        net.zero_grad(set_to_none=True)
        failing()
        net(torch.ones(4, 3)).square().sum().backward()

    return lambda: (net, step)


def out_of_memory():
    raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate much")


def later(calls):
    """Runs out of memory at its `calls`-th call."""
    count = iter(range(1, 100))
    return lambda: out_of_memory() if next(count) >= calls else None


@pytest.mark.parametrize("calls", [1, 2, 3, 4])  # the first, two rounds, and the weighing
def test_a_method_without_memory_is_a_row_and_the_others_are_measured(calls):
    rows = rows_of({"large": making(later(calls)), "small": making()}, {"T": 32}, 4, 2, "cpu")
    assert rows[0] == {
        "T": 32,
        "method": "large",
        "images": 4,
        **dict.fromkeys(MEASURED),
        "parameters": 8,
        "out_of_memory": True,
        "seconds_over_first": None,
    }
    assert (
        rows[1]["seconds"] > 0
        and rows[1]["peak_bytes_per_image"] > 0
        and "out_of_memory" not in rows[1]
    )


def test_a_failed_method_holds_nothing():
    alive = []

    class Held(nn.Linear):
        def __del__(self):
            alive.pop()

    def make():
        net = Held(3, 2)
        alive.append(1)
        return net, lambda: (net, out_of_memory())

    guarded = Guarded(make, "cpu")
    assert alive
    guarded()
    assert not alive and guarded.failure and guarded.attempt(lambda: 1) is None


@pytest.mark.slow
def test_a_method_that_cannot_be_made_or_compiled_is_a_row():
    def no_compiler(graph, inputs):
        raise RuntimeError("there is no compiler here")

    given = networks.config("released", WIDTHS, 32, 4)
    row = rows_of(
        networks.compiled_steps(given, 2, 0, "cpu", backend=no_compiler), {}, 2, 2, "cpu"
    )[0]
    assert (
        row["seconds"] is None
        and "there is no compiler here" in row["error"]
        and "\n" not in row["error"]
    )
    row = rows_of({"unmade": lambda: 1 / 0}, {}, 2, 2, "cpu")[0]
    assert row["error"] == "ZeroDivisionError: division by zero" and row["parameters"] is None


def test_a_compiled_network_is_what_its_step_runs():
    net, seen = nn.Linear(3, 2), []

    def backend(graph, inputs):
        seen.append(graph)
        return graph

    images, labels = torch.ones(1, 4, 3), torch.zeros(4, dtype=torch.long)
    expected = gradients(net, networks.training_step(net, images, labels))
    networks.training_step(net, images, labels, torch.compile(net, backend=backend))()
    assert seen and worst_error(net, expected) <= 1e-6


def test_the_worst_error_by_hand():
    net = nn.Linear(1, 2)
    expected = {"weight": torch.tensor([[2.0], [-4.0]]), "bias": torch.tensor([1.0, 1.0])}
    net.weight.grad, net.bias.grad = torch.tensor([[2.0], [-3.0]]), torch.tensor([1.0, 1.1])
    assert worst_error(net, expected) == pytest.approx(0.25)
    net.bias.grad = None
    assert worst_error(net, expected) == pytest.approx(1.0), (
        "a gradient that never came is wrong by all of it"
    )


@pytest.mark.slow
def test_mixed_precision_is_timed_and_its_gradients_compared():
    given = networks.config("released", WIDTHS, 32, 4)
    made = networks.mixed_steps(given, 2, 0, "cpu")
    rows = {
        row["method"]: row
        for row in rows_of(made, {}, 2, 2, "cpu", expected=gradients(*made["store"]()))
    }
    assert set(rows) == {"store", "taped", "store, bfloat16", "taped, bfloat16"} and not any(
        "error" in row for row in rows.values()
    )
    assert (
        rows["store"]["gradient_error"] <= 1e-6
        and rows["taped"]["gradient_error"] <= 1e-4 < rows["store, bfloat16"]["gradient_error"]
    )


def test_on_cuda_the_allocator_s_peak_is_told(monkeypatch):
    told = {"memory_allocated": iter([1000, 1032]), "max_memory_allocated": iter([5000])}
    for name in ("synchronize", "empty_cache", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, lambda *_: None)
    for name, values in told.items():
        monkeypatch.setattr(torch.cuda, name, lambda *_, values=values: next(values))
    row = rows_of({"linear": making()}, {}, 4, 2, "cuda")[0]
    assert (
        row["peak_bytes_per_image"] == (5000 - 1000 - 32) / 4
        and row["cuda_peak_bytes"] == 5000 - 1000 + 8 * 4
    )


@pytest.mark.slow
def test_a_late_run_begins_nothing_and_says_so(monkeypatch):
    quick = SETTINGS["quick"] | {"networks": ["paper"]}
    late = Progress(limit_s=0)
    rows = measure.training(quick, 0, "cpu", late)
    assert len(rows) == 2 * len(networks.METHODS) and all(
        row["error"] == "not measured: the run's 0 s were over" for row in rows
    )
    assert not Progress(limit_s=60).late and not Progress().late
    monkeypatch.setitem(settings.SETTINGS, "quick", quick | {"limit_s": 0})
    assert set(record.bench(quick=True, progress=False)["failed"]) == set(measure.SECTIONS)


@pytest.mark.slow
def test_a_record_with_failures_is_written_and_shown(tmp_path, monkeypatch):
    pytest.importorskip("spikingjelly")
    quick = SETTINGS["quick"] | {"networks": ["released"]}
    monkeypatch.setitem(settings.SETTINGS, "quick", quick)

    def broken(*_):
        raise ValueError("no way")

    own = networks._own

    def without_memory(given, method, *rest):
        net, step = own(given, method, *rest)
        return net, out_of_memory if method == "store" and given.time_steps == 8 else step

    monkeypatch.setattr(networks, "_own", without_memory)
    monkeypatch.setattr(measure, "inference", broken)
    held = record.bench(quick=True, out=tmp_path / "bench.json", progress=False)
    failing = {row["method"]: row for row in held["training"] if row["T"] == 8}
    assert (
        failing["store"]["out_of_memory"]
        and failing["taped"]["seconds"] > 0
        and failing["taped"]["seconds_over_store"] is None
    )
    assert held["failed"]["inference"] == "ValueError: no way" and held["inference"] == []
    assert {row["method"] for row in held["slopes"]} == set(networks.METHODS) - {"store"}
    told = record.table(held)
    assert (
        "store                out of memory" in told
        and "inference failed: ValueError: no way" in told
        and (tmp_path / "bench.svg").exists()
    )


@pytest.mark.slow
def test_each_device_has_its_settings_and_their_networks_exist():
    assert [chosen(False, "cuda:0"), chosen(False, "cpu"), chosen(True, "cuda")] == [
        SETTINGS["gpu"],
        SETTINGS["full"],
        SETTINGS["quick"],
    ]
    for given in SETTINGS.values():
        assert given.keys() == SETTINGS["gpu"].keys()
        for shape in (*given["sizes"].values(), given["peer"], given["exact"]):
            assert all(
                parameters(networks.config(name, shape["widths"], shape["image_size"], t))
                for name in given["networks"]
                for t in shape["T"]
            )


def test_equal_parameters_with_widths_that_a_gpu_likes():
    given = networks.config("released", (64, 128, 256, 384), 224, 4)
    found = networks.at_budget(given, 1, parameters(given), 8)
    assert (
        found.time_steps == 1
        and not any(width % 8 for width in found.widths)
        and abs(parameters(found) / parameters(given) - 1) <= 0.02
    )
    assert any(width % 8 for width in networks.at_budget(given, 1, parameters(given)).widths)
