"""Scaled weight standardisation against the published formula, timm's implementation, and the
property it is made for."""

import pytest
import torch

from trevsnn_lite import scaled_conv
from trevsnn_lite.scaled_conv import LARGE, ScaledConv2d, standardise
from trevsnn_lite.spikes import spike


def test_four_weights_by_hand():
    # mean 2, deviations -2, 0, 0, 2, variance 2, fan-in 4: W^ = deviation / sqrt(2 * 4)
    weight = torch.tensor([0.0, 2.0, 2.0, 4.0], dtype=torch.float64).view(1, 4, 1, 1)
    found = standardise(weight, torch.ones(1, dtype=torch.float64)).flatten()
    torch.testing.assert_close(
        found, torch.tensor([-(0.5**0.5), 0, 0, 0.5**0.5], dtype=torch.float64), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("groups", [1, 8])
def test_equals_the_published_formula_and_timm(groups):
    from timm.layers import ScaledStdConv2d

    torch.manual_seed(0)
    ours = ScaledConv2d(8, 16, 5, groups=groups, stride=2)
    theirs = ScaledStdConv2d(8, 16, 5, groups=groups, stride=2, padding=2, gamma=1.0, eps=1e-6)
    with torch.no_grad():
        ours.gain.uniform_(0.5, 2)
        (
            theirs.weight.copy_(ours.weight),
            theirs.bias.copy_(ours.bias),
            theirs.gain.copy_(ours.gain.view(-1, 1, 1, 1)),
        )
    x = torch.randn(2, 8, 9, 9)
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-6, rtol=1e-5)
    w = ours.weight.detach().flatten(1)
    formula = (
        (w - w.mean(1, keepdim=True))
        / (w.var(1, unbiased=False, keepdim=True) + 1e-6).sqrt()
        / w.shape[1] ** 0.5
    )
    torch.testing.assert_close(
        ours.effective_weight().flatten(1), formula * ours.gain[:, None], atol=1e-6, rtol=1e-5
    )


def test_unit_variance_in_gives_unit_variance_out_whatever_the_scale_of_the_weights():
    torch.manual_seed(0)
    conv = ScaledConv2d(64, 64, 3, bias=False)
    with torch.no_grad():
        conv.weight.mul_(100).add_(3)
        assert conv(torch.randn(16, 64, 18, 18))[..., 1:-1, 1:-1].var().item() == pytest.approx(
            1.0, rel=0.05
        )


def large(dtype=torch.float64) -> tuple[ScaledConv2d, torch.Tensor]:
    """A pointwise convolution of 2^14 weights, made another way than smaller ones, and potentials
    for it."""
    torch.manual_seed(0)
    conv = ScaledConv2d(64, 256, 1).to(dtype)
    assert conv.weight.numel() >= LARGE
    with torch.no_grad():
        conv.gain.uniform_(0.5, 2)
    return conv, torch.randn(2, 64, 3, 3, dtype=dtype, requires_grad=True)


def test_large_weights_are_standardised_as_small_ones_are(monkeypatch):
    conv, _ = large()
    grad = torch.randn_like(conv.weight)
    found = conv.effective_weight()
    of_found = torch.autograd.grad(found, [conv.weight, conv.gain], grad)
    monkeypatch.setattr(scaled_conv, "LARGE", 2**30)
    expected = conv.effective_weight()
    assert expected.grad_fn.name() != found.grad_fn.name()
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(
        of_found,
        torch.autograd.grad(expected, [conv.weight, conv.gain], grad),
        rtol=1e-10,
        atol=1e-12,
    )


@pytest.mark.parametrize("fired", [True, False])
def test_a_large_standardised_weight_is_made_again_for_the_backward_pass_not_kept(
    fired, monkeypatch
):
    conv, u = large()

    def run():
        held = {}
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t: held.update({t.untyped_storage().data_ptr(): t.numel()}) or t, lambda t: t
        ):
            output = conv(spike(u, remember=True) if fired else u)
        (first,) = torch.autograd.grad(output.square().sum(), u, create_graph=True)
        second = torch.autograd.grad(
            first.square().sum(), [conv.weight, conv.gain], retain_graph=True
        )
        return sum(held.values()), [
            first,
            *second,
            *torch.autograd.grad(output.square().sum(), [u, *conv.parameters()]),
        ]

    made_again, found = run()
    monkeypatch.setattr(scaled_conv, "Remake", lambda *given: None)
    kept, expected = run()
    assert (
        kept - made_again == conv.weight.numel() - conv.out_channels
    )  # in its place the gain; mean and spread standardising keeps in any case
    assert all(grad.abs().max() > 0 for grad in expected)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
