"""The meters against sizes known beforehand."""

import gc
import statistics

import pytest
import torch
from torch import nn

from tests.networks import small_batch, small_net
from trevsnn_lite.meters.memory import kept_for_backward, step_memory
from trevsnn_lite.meters.time import StepTime, side_by_side

MB = 2**20


def test_peak_and_kept_of_known_allocations():
    kept = []

    def step():
        first = torch.zeros(MB // 4)  # 1 MB
        second = torch.zeros(2 * MB // 4)  # + 2 MB
        del first
        third = torch.zeros(3 * MB // 4)  # 2 + 3 MB: the peak
        del second, third
        kept.append(torch.zeros(4 * MB // 4))  # left behind

    memory = step_memory(step)
    assert memory.peak == pytest.approx(5 * MB, abs=2000)
    assert memory.kept == pytest.approx(4 * MB, abs=2000)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_meter_leaves_garbage_collection_as_it_was(frozen):
    """Also after an error; what a step leaves behind in a cycle is collected, and counts as freed."""
    gc.freeze() if frozen else gc.unfreeze()

    def step(fails=False):
        cycle = [torch.zeros(MB // 4)]
        cycle.append(cycle)
        if fails:
            raise KeyError

    try:
        with pytest.raises(KeyError):
            step_memory(lambda: step(fails=True))
        memory = step_memory(step)
        assert memory.peak >= MB and memory.kept < 2000
        assert bool(gc.get_freeze_count()) == frozen and gc.isenabled()
    finally:
        gc.freeze()  # as it is in every test


def test_what_autograd_and_a_function_keep_is_seen():
    class Hidden(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.hidden = torch.zeros(
                MB // 4
            )  # an attribute, which saved_tensors_hooks would not show
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            return grad

    weight = torch.ones(1000, requires_grad=True)

    def step():
        weight.grad = None
        Hidden.apply(weight).sum().backward()

    memory = step_memory(step)
    assert memory.peak == pytest.approx(MB, rel=0.02)
    assert memory.kept == pytest.approx(4000, abs=64)


def test_the_closed_form_of_a_chain_of_activations():
    x = torch.rand(MB // 4, requires_grad=True)

    def step():
        y = x
        for _ in range(10):
            y = y.sigmoid()  # keeps its output: 1 MB each
        torch.autograd.grad(y, x, torch.ones(()).expand_as(y))

    assert step_memory(step).peak / MB == pytest.approx(11, abs=1.1)


def test_kept_for_backward_is_what_torch_s_tracker_and_the_closed_form_say():
    from torch.distributed._tools.mem_tracker import MemTracker

    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.Sigmoid(),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(16 * 256, 10),
    )
    images = torch.rand(8, 3, 16, 16)
    net(images)
    found = kept_for_backward(lambda: net(images))
    assert (
        found == 2 * 4 * 8 * 16 * 256 + 4 * 8 * 10
    )  # the outputs of the sigmoid and of the tanh, and the logits
    tracker = MemTracker()
    tracker.track_external(net, images)
    with tracker:
        logits = net(images)
        (snapshot,) = tracker.get_tracker_snapshot("current").values()
    assert (
        found == next(size for kind, size in snapshot.items() if getattr(kind, "name", "") == "ACT")
        and logits.requires_grad
    )


def test_kept_for_backward_sees_as_much_as_saved_tensors_where_they_see_all():
    net, (images, _) = small_net(memory="store", widths=(6, 8)), small_batch()
    net(images)
    found, saved = kept_for_backward(lambda: net(images)), {}
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: saved.setdefault(tensor.untyped_storage().data_ptr(), tensor),
        lambda tensor: tensor,
    ):
        logits = net(images)
    own = {tensor.untyped_storage().data_ptr() for tensor in (images, *net.parameters())}
    total = logits.nbytes + sum(
        tensor.untyped_storage().nbytes() for pointer, tensor in saved.items() if pointer not in own
    )
    assert found == pytest.approx(total, rel=0.02)
    assert (
        kept_for_backward(
            lambda: small_net(memory="store", widths=(6, 8)).requires_grad_(False)(images)
        )
        < 0.1 * found
    )


def test_kept_for_backward_shows_what_the_tape_saves():
    kept = {}
    images, _ = small_batch()
    for memory in ("store", "recompute", "taped"):
        net = small_net(
            memory=memory, widths=(6, 8), time_steps=16
        )  # of the last step's upper levels the graph is kept
        net(images)
        kept[memory] = kept_for_backward(lambda net=net: net(images))
    assert kept["taped"] < 0.5 * kept["recompute"] < 0.25 * kept["store"]


def test_a_ratio_of_times_is_taken_round_by_round():
    """On a machine that is three times as slow for some rounds."""
    fast, slow = (
        StepTime(statistics.median(rounds), 0.0, rounds)
        for rounds in ((1.0, 1.0, 3.0, 3.0, 3.0), (2.0, 2.0, 6.0, 6.0, 6.0))
    )
    assert slow.over(fast) == 2 and fast.over(slow) == 0.5 and fast.over(fast) == 1
    uneven = StepTime(2.0, 0.0, (1.0, 2.0, 6.0, 2.0, 9.0))
    assert uneven.over(fast) == 2 and uneven.median / fast.median != 2
    with pytest.raises(ValueError, match="zip"):
        StepTime(1.0, 0.0, (1.0,)).over(fast)


def test_side_by_side_tells_a_slow_step_from_a_fast_one_and_counts_its_rounds():
    calls = {"fast": 0, "slow": 0}

    def fast():
        calls["fast"] += 1

    def slow():
        calls["slow"] += 1
        torch.randn(400, 400) @ torch.randn(400, 400)

    times = side_by_side({"fast": fast, "slow": slow}, rounds=5, warm_up=1)
    assert calls == {"fast": 6, "slow": 6}
    assert times["slow"].median > times["fast"].median > 0
    assert len(times["fast"].rounds) == 5 and times["slow"].over(times["fast"]) > 1 > times[
        "fast"
    ].over(times["slow"])
    with pytest.raises(ValueError, match="rounds is 1, expected at least 2"):
        side_by_side({"fast": fast}, rounds=1)
