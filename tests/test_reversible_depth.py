"""The chain of couplings: exact undoing, autograd's gradients, what recomputation must repeat, and
what it must not do twice."""

import pytest
import torch
from torch import nn

from trevsnn_lite.baselines import reversible_depth
from trevsnn_lite.baselines.reversible_depth import GRID, Coupling


class Branch(nn.Sequential):
    """A smooth branch of half of 8 channels."""

    def __init__(self, *more: nn.Module):
        super().__init__(nn.Linear(4, 4), nn.Tanh(), *more)


def chain(depth=24, dtype=torch.float32) -> nn.ModuleList:
    torch.manual_seed(0)
    return nn.ModuleList(Coupling(Branch(), Branch()) for _ in range(depth)).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_undoing_is_exact_on_the_grid_and_only_there(dtype):
    blocks, x = chain(dtype=dtype), torch.randn(64, 8, dtype=dtype)
    x = (x / GRID[dtype]).round() * GRID[dtype]
    with torch.no_grad():
        for exact in (True, False):
            y = reversible_depth.run(blocks, x, exact=exact)
            assert not torch.allclose(y, x, atol=1.0)
            worst = (reversible_depth.invert(blocks, y, exact=exact) - x).abs().max().item()
            assert worst == 0.0 if exact else 0.0 < worst < 1000 * torch.finfo(dtype).eps


def test_one_block_is_y1_x1_plus_f_x2_and_y2_x2_plus_g_y1():
    (block,), x = chain(1), torch.randn(5, 8)
    y1 = x[:, :4] + block.f(x[:, 4:])
    y2 = x[:, 4:] + block.g(y1)
    torch.testing.assert_close(
        reversible_depth.run([block], x, exact=False), torch.cat([y1, y2], 1)
    )
    torch.testing.assert_close(
        reversible_depth.run([block], x),
        torch.cat([y1, y2], 1),
        atol=4 * GRID[torch.float32],
        rtol=0,
    )


def test_the_grid_costs_half_a_step_per_sum():
    blocks, x = chain(1), torch.randn(64, 8)
    off = (
        (reversible_depth.run(blocks, x) - reversible_depth.run(blocks, x, exact=False))
        .abs()
        .max()
        .item()
    )
    assert 0 < off < 3 * GRID[torch.float32]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-4), (torch.float64, 1e-9)])
def test_gradients_are_autograds(dtype, bound, exact):
    def run(memory):
        blocks = chain(dtype=dtype)
        x = torch.linspace(-2, 2, 40, dtype=dtype).view(5, 8).requires_grad_()
        y = reversible_depth.run(blocks, x, memory=memory, exact=exact)
        return [y, *torch.autograd.grad(y.square().sum(), [x, *blocks.parameters()])]

    for found, expected in zip(run("reversible"), run("store")):
        assert ((found - expected).abs().max() / expected.abs().max()).item() <= bound


def test_shared_branches_and_frozen_ones():
    def run(memory):
        blocks = chain(3)
        blocks[2].f = blocks[0].g
        blocks[1].g.requires_grad_(False)
        x = torch.linspace(-2, 2, 40).view(5, 8)
        reversible_depth.run(blocks, x, memory=memory).square().sum().backward()
        assert all(p.grad is None for p in blocks[1].g.parameters())
        return [p.grad for p in blocks.parameters() if p.grad is not None]

    for found, expected in zip(run("reversible"), run("store"), strict=True):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("momentum", [0.1, None])
def test_dropout_is_drawn_again_and_batchnorm_counted_once(momentum):
    def run(memory):
        torch.manual_seed(0)
        blocks = nn.ModuleList(
            Coupling(
                *(Branch(nn.BatchNorm1d(4, momentum=momentum), nn.Dropout(0.5)) for _ in range(2))
            )
            for _ in range(3)
        )
        x = torch.randn(8, 8)
        y = reversible_depth.run(blocks, x, memory=memory)
        drawn = torch.rand(1)  # the generator must stand where plain autograd leaves it
        y.square().sum().backward()
        return [drawn, torch.rand(1), *(p.grad for p in blocks.parameters()), *blocks.buffers()]

    for found, expected in zip(run("reversible"), run("store"), strict=True):
        torch.testing.assert_close(found, expected)


def test_autocast_is_repeated_in_the_backward_pass():
    def run(memory):
        blocks, x = chain(6), torch.linspace(-2, 2, 40).view(5, 8)
        with torch.autocast("cpu", torch.bfloat16):
            y = reversible_depth.run(blocks, x, memory=memory)
        assert y.dtype == torch.float32
        y.square().sum().backward()
        return [p.grad for p in blocks.parameters()]

    for found, expected in zip(run("reversible"), run("store")):
        assert ((found - expected).abs().max() / expected.abs().max()).item() <= 1e-2


def test_a_second_derivative_is_refused_with_a_sentence():
    blocks, x = chain(2), torch.randn(5, 8, requires_grad=True)
    with pytest.raises(RuntimeError, match="asks for a second derivative, which spikes lack"):
        torch.autograd.grad(reversible_depth.run(blocks, x).sum(), x, create_graph=True)


@pytest.mark.parametrize(
    ("x", "arguments", "sentence"),
    [
        (
            torch.zeros(2, 8),
            {"memory": "taped"},
            "memory is 'taped', expected one of store, reversible.",
        ),
        (
            torch.zeros(2, 7),
            {},
            r"x has the shape \[2, 7\], expected an even size along dimension 1, to be halved.",
        ),
        (
            torch.zeros(2, 8).half(),
            {},
            "x has the dtype torch.float16, expected torch.float32 or torch.float64 for "
            "exact=True.",
        ),
    ],
)
def test_bad_arguments_get_one_sentence(x, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        reversible_depth.run(chain(1), x, **arguments)
