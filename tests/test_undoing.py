"""What the backward pass computes again: each level of each step once, downwards."""

import gc
import weakref

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.networks import gradients, small_batch, small_net
from trevsnn_lite import reversible
from trevsnn_lite.undoing import kept_graphs


def counted(net):
    """(step, level) of each call of the network's `current`, in order."""
    calls, plain = [], net.current
    net.current = lambda t, level, *rest: calls.append((t, level)) or plain(t, level, *rest)
    return calls


def all_graphs(net):
    """(step, level) of each computation of a training step: all of the forward pass, then downwards what is rebuilt, all but the small levels of the last step."""
    forwards = [(t, level) for t in range(net.steps) for level in range(net.levels)]
    kept = [(net.steps - 1, level) for level in range(1, net.levels)] if net.steps > 1 else []
    return forwards + [computed for computed in forwards[::-1] if computed not in kept]


@pytest.mark.parametrize("memory", ["recompute", "reversible", "taped"])
@pytest.mark.parametrize("time_steps", [1, 3])
def test_each_level_is_computed_twice_the_second_time_downwards_but_for_the_small_levels_of_the_last_step(memory, time_steps):
    net = small_net(memory, time_steps=time_steps)
    calls = counted(net)
    gradients(net, *small_batch())
    assert net.levels > 1 and calls == all_graphs(net)


def test_the_graphs_that_are_kept_are_no_larger_than_the_largest_level_and_its_gradients():
    assert kept_graphs([64, 32, 16, 24]) == range(1, 4)  # 72 <= 5/4 of 64
    assert kept_graphs([64, 32, 32, 24]) == range(2, 4)  # 88 are too many, 56 are not
    assert kept_graphs([64, 64, 64]) == range(2, 3)
    assert kept_graphs([10, 20]) == range(1, 2)
    assert kept_graphs([1, 1, 100, 90]) == range(3, 4) and len(kept_graphs([8])) == 0


@pytest.mark.parametrize("memory", ["recompute", "taped"])
def test_a_second_backward_pass_gives_the_same_gradients(memory):
    images, target = small_batch()
    net = small_net(memory, time_steps=3)
    loss = cross_entropy(net(images).mean(0), target)
    first = torch.autograd.grad(loss, list(net.parameters()), retain_graph=True, allow_unused=True)
    calls = counted(net)  # of the kept graphs nothing is left: the second pass builds all
    second = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
    assert len(calls) == 3 * net.levels
    assert sum(grad is not None for grad in first) > 10 and [grad is None for grad in first] == [grad is None for grad in second]
    assert all(torch.equal(a, b) for a, b in zip(first, second) if a is not None)


@pytest.mark.parametrize("end", ["dropped", "differentiated"])
def test_kept_graphs_are_gone_with_the_result_or_after_the_backward_pass_without_a_garbage_collection(end, monkeypatch):
    made, plain = [], reversible.build
    monkeypatch.setattr(reversible, "build", lambda *given: made.append(weakref.ref((graph := plain(*given)).current)) or graph)
    images, target = small_batch()
    net = small_net("taped", time_steps=2)
    gc.disable()
    try:
        logits = net(images)
        assert len(made) == net.levels - 1 and all(ref() is not None for ref in made)
        if end == "differentiated":
            cross_entropy(logits.mean(0), target).backward()
        else:
            del logits
        assert all(ref() is None for ref in made)
    finally:
        gc.enable()
