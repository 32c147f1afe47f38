"""torch.compile of the default network: the same gradients, at two batch sizes."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.networks import gradients, small_batch, small_net, worst_relative_error
from trevsnn_lite.spikes import SURROGATES, spike

SMALL = {"time_steps": 2, "widths": (4, 6), "image_size": 8}


@pytest.mark.parametrize("memory", ["store", "taped"])
def test_compiled_networks_have_the_same_gradients_at_two_batch_sizes(memory):
    torch._dynamo.reset()
    net = small_net(memory, **SMALL)
    compiled = torch.compile(net, backend="aot_eager")
    for batch in (4, 3):
        images, target = small_batch(batch=batch, size=8)
        expected = gradients(small_net("store", **SMALL), images, target)
        net.zero_grad()
        cross_entropy(compiled(images).mean(0), target).backward()
        found = {name: p.grad for name, p in net.named_parameters() if p.grad is not None}
        assert all(grad.abs().max() > 0 for grad in expected.values())
        assert worst_relative_error(found, expected) <= 1e-4


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_compiled_spikes_and_their_gradients_are_the_same(surrogate):
    torch._dynamo.reset()
    potential = torch.linspace(-1.0, 2.0, 31).requires_grad_()

    def weighed(fire):
        fired = fire(potential, 0.5, surrogate)
        (fired * torch.arange(31.0)).sum().backward()
        grad, potential.grad = potential.grad, None
        return fired, grad

    for found, expected in zip(weighed(torch.compile(spike, backend="aot_eager")), weighed(spike)):
        assert torch.equal(found, expected) and expected.any()
