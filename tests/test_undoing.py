"""What the backward pass computes again: each level of each step once, downwards."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.networks import gradients, small_batch, small_net


def counted(net):
    """(step, level) of each call of the network's `current`, in order."""
    calls, plain = [], net.current
    net.current = lambda t, level, *rest: calls.append((t, level)) or plain(t, level, *rest)
    return calls


@pytest.mark.parametrize("memory", ["recompute", "reversible", "taped"])
@pytest.mark.parametrize("time_steps", [1, 3])
def test_each_level_is_computed_twice_the_second_time_downwards(memory, time_steps):
    net = small_net(memory, time_steps=time_steps)
    forwards = [(t, level) for t in range(time_steps) for level in range(net.levels)]
    calls = counted(net)
    gradients(net, *small_batch())
    assert net.levels > 1 and calls == forwards + forwards[::-1]


@pytest.mark.parametrize("memory", ["recompute", "taped"])
def test_a_second_backward_pass_gives_the_same_gradients(memory):
    images, target = small_batch()
    net = small_net(memory, time_steps=3)
    loss = cross_entropy(net(images).mean(0), target)
    first = torch.autograd.grad(loss, list(net.parameters()), retain_graph=True, allow_unused=True)
    calls = counted(net)
    second = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
    assert len(calls) == 3 * net.levels
    assert sum(grad is not None for grad in first) > 10 and [grad is None for grad in first] == [grad is None for grad in second]
    assert all(torch.equal(a, b) for a, b in zip(first, second) if a is not None)
