"""Any cell can be run reversibly: two that are no network, for what a network seldom shows: drawn
numbers, and gradients in one memory."""

import pytest
import torch
from torch import nn

from trevsnn_lite import reversible


class Scalar(nn.Module):
    """A cell with one level, BatchNorm and dropout: what recomputation must repeat without doing it
    twice."""

    steps, levels, threshold, reset, draws_random = 3, 1, 0.5, "none", True

    def __init__(self):
        super().__init__()
        self.norm, self.drop, self.mix = nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 4)

    def leak(self, t, level):
        return torch.tensor(0.5)

    def current(self, t, level, inputs, below, above):
        return self.drop(self.norm(self.mix(inputs)))

    def spikes(self, v):
        return torch.sigmoid(v)

    def after_reset(self, v):
        return v

    def read_out(self, t, top):
        return self.spikes(top).sum(-1)

    def feeds(self, level):
        return range(1, 1)

    def parameters_of(self, t, level):
        return [] if level else [*self.norm.parameters(), *self.mix.parameters()]


@pytest.mark.parametrize("memory", ["recompute", "taped"])
def test_any_cell_with_shared_weights_dropout_and_batchnorm(memory):
    def run(memory):
        torch.manual_seed(0)
        cell = Scalar()
        outputs, _ = reversible.run(cell, torch.randn(8, 4), None, memory)
        drawn = torch.rand(1)  # the generator must stand where plain autograd leaves it
        outputs.square().sum().backward()
        return (
            [p.grad for p in cell.parameters()],
            cell.norm.running_mean,
            cell.norm.num_batches_tracked,
            drawn,
        )

    for found, expected in zip(run(memory), run("store")):
        torch.testing.assert_close(found, expected)


class Sum(nn.Module):
    """A cell whose old potentials enter as they are, so that autograd hands one and the same tensor
    to several of them as their gradient."""

    steps, levels, threshold, reset = 3, 4, 0.5, "none"

    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.linspace(0.2, 0.9, 4))

    def leak(self, t, level):
        return torch.tensor(0.5)

    def current(self, t, level, inputs, below, above):
        return sum(above, self.weights[level] * (below if level else inputs[t]))

    def spikes(self, v):
        return torch.tanh(v)

    def after_reset(self, v):
        return v

    def read_out(self, t, top):
        return top.sum(-1)

    def feeds(self, level):
        return range(level + 1, 4)

    def parameters_of(self, t, level):
        return [self.weights] if level < 4 else []


@pytest.mark.parametrize("memory", ["recompute", "taped"])
def test_gradients_that_share_their_memory_are_summed_apart(memory):
    """The loss sees the two lowest final potentials alone: all gradients of those above come
    through the paths from above."""

    def gradient(memory):
        cell = Sum()
        _, (lowest, second, *_) = reversible.run(
            cell, torch.linspace(-0.1, 0.1, 30).view(3, 2, 5), None, memory
        )
        (lowest.square().sum() + second.square().sum()).backward()
        return cell.weights.grad

    torch.testing.assert_close(gradient(memory), gradient("store"), rtol=1e-4, atol=1e-6)
