"""The budget against sizes known beforehand, and against the allocator's own meter."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.networks import small_batch, small_net
from trevsnn_lite.meters.budget import Budget, BudgetExceeded
from trevsnn_lite.meters.memory import step_memory

KB = torch.Size([250])  # 250 floats are 1,000 bytes


def test_what_lives_is_counted_once_and_until_it_is_released():
    before = torch.ones(KB)
    with Budget() as budget:
        first = before + 1
        views = first[:100], first.view(25, 10), before.view(10, 25), before.detach()
        first += 1
        assert budget.alive == 1000
        second = torch.cat([first, first])
        assert budget.alive == budget.peak == 3000
        del first
        assert budget.alive == 3000, "its views hold the storage"
        del views
        assert budget.alive == 2000
        third, fourth = torch.ones(10), torch.sort(second)
        assert budget.alive == 2000 + 40 + 2000 + 4000  # values and their places, 8 bytes each
    del third, fourth, second
    assert budget.alive == 0 and budget.peak == 8040 and budget.history[0] == 1000


def test_the_operation_that_passes_the_budget_is_stopped_and_its_result_released():
    told = "^0.003 MB of living tensors, and the budget is 0.0025 MB.$"
    with pytest.raises(BudgetExceeded, match=told), Budget(megabytes=0.0025) as budget:
        kept = [torch.ones(KB) for _ in range(2)]
        kept += [torch.ones(KB) for _ in range(9)]
    assert len(kept) == 2 and budget.peak == 3000 and budget.alive == 2000
    with Budget(megabytes=0.0025):
        for _ in range(9):
            torch.ones(KB)  # one at a time


def test_what_waits_for_the_backward_pass_counts():
    class Hidden(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.hidden = torch.zeros(2500)  # 10 KB on an attribute
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            return grad

    weight = torch.ones(250, requires_grad=True)
    with Budget() as budget:
        loss = Hidden.apply(weight).sigmoid().sum()
        assert budget.alive == 10_000 + 1000 + 4, "hidden, what sigmoid saves, the loss"
        loss.backward()
        del loss
    assert budget.alive == 1000, "the gradient"
    assert budget.peak >= 12_000


@pytest.mark.parametrize("memory", ["store", "taped"])
def test_a_network_s_peak_is_the_allocator_s(memory):
    """The allocator also sees what operations use inside themselves."""
    images, labels = small_batch(batch=48)

    def step(net):
        F.cross_entropy(net(images).mean(0), labels).backward()

    step(small_net(memory=memory))
    nets = [small_net(memory=memory) for _ in range(2)]
    with Budget() as budget:
        step(nets[0])
    seen = step_memory(lambda: step(nets[1]))
    assert budget.peak == pytest.approx(seen.peak, rel=0.15)
    assert all(
        torch.equal(a.grad, b.grad)
        for a, b in zip(nets[0].parameters(), nets[1].parameters())
        if b.grad is not None
    ), "the meter changes no number"


def test_store_is_refused_where_the_tape_trains():
    images, labels = small_batch()
    peaks = {}
    for memory in ("store", "taped"):
        with Budget() as budget:
            F.cross_entropy(small_net(memory=memory)(images).mean(0), labels).backward()
        peaks[memory] = budget.peak / 1e6
    between = (peaks["store"] + peaks["taped"]) / 2
    assert peaks["taped"] < 0.9 * peaks["store"]
    with Budget(between):
        F.cross_entropy(small_net(memory="taped")(images).mean(0), labels).backward()
    with pytest.raises(BudgetExceeded), Budget(between):
        F.cross_entropy(small_net(memory="store")(images).mean(0), labels).backward()


def test_parameters_and_images_do_not_count():
    net, images = nn.Linear(1000, 2), torch.ones(500, 1000)
    with Budget() as budget, torch.no_grad():
        net(images)
    assert budget.peak == 500 * 2 * 4


@pytest.mark.parametrize("megabytes", ["16", True, 0, -1, float("nan")])
def test_a_budget_that_is_none_is_refused(megabytes):
    with pytest.raises(ValueError, match="megabytes is .*, expected a positive number or None"):
        Budget(megabytes)
