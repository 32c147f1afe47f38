"""Scaled weight standardisation against the published formula, timm's implementation, and the
property it is made for."""

import pytest
import torch

from trevsnn_lite.scaled_conv import (
    ScaledConv2d,
    ScaledSpikeConv2d,
    spike_gamma,
    standardise,
    standardise_vjp,
)


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


def test_spikes_of_unit_normal_potentials_are_brought_to_unit_variance():
    torch.manual_seed(0)
    conv = ScaledSpikeConv2d(64, 64, 3, bias=False, gain=spike_gamma(0.5), threshold=0.5)
    with torch.no_grad():
        found = conv(torch.randn(16, 64, 18, 18))[..., 1:-1, 1:-1].var().item()
    assert found == pytest.approx(1.0, rel=0.05)
    assert spike_gamma(0.0) == pytest.approx(2.0)


@pytest.mark.parametrize("kind", [ScaledConv2d, ScaledSpikeConv2d])
def test_the_standardised_weight_is_made_again_for_the_backward_pass_not_kept(kind):
    torch.manual_seed(0)
    conv, u = kind(6, 8, 3), torch.randn(2, 6, 5, 5, requires_grad=True)
    held = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: held.append(t) or t, lambda t: t):
        output = conv(u)
    assert {id(t) for t in held} == {id(t) for t in (u, conv.weight, conv.gain)}
    found = torch.autograd.grad(output.square().sum(), [u, conv.weight, conv.gain])
    weight = standardise(conv.weight, conv.gain)
    plain = torch.nn.functional.conv2d(conv.seen(u), weight, conv.bias, padding=1)
    expected = torch.autograd.grad(plain.square().sum(), [u, conv.weight, conv.gain])
    assert all(grad.abs().max() > 0 for grad in expected)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_gradients_by_hand_are_autograds(dtype, layout):
    torch.manual_seed(0)
    weight = torch.randn(8, 6, 3, 3, dtype=dtype).to(memory_format=layout).requires_grad_()
    gain = torch.rand(8, dtype=dtype).add(0.5).requires_grad_()
    grad = torch.randn(8, 6, 3, 3, dtype=dtype)
    made, vjp = standardise_vjp(weight.detach(), gain.detach())
    expected = standardise(weight, gain)
    assert torch.equal(made, expected)
    found, by_autograd = vjp(grad), torch.autograd.grad(expected, [weight, gain], grad)
    assert all(one.abs().max() > 0 for one in found)
    torch.testing.assert_close(found, by_autograd)
    assert found[0].dtype == found[1].dtype == dtype


def test_another_weight_without_its_gradients_is_refused():
    """The output was right, and all gradients those of the weight that was replaced."""
    with pytest.raises(TypeError, match="Twice defines one of make and make_vjp, expected both"):

        class Twice(ScaledConv2d):
            make = staticmethod(lambda weight, gain: standardise(weight, gain, gamma=2.0))


def test_a_filter_of_one_weight_is_refused():
    with pytest.raises(ValueError, match="standardised weights need at least 2 inputs .*, got 1."):
        ScaledConv2d(4, 4, 1, groups=4)(torch.zeros(1, 4, 2, 2))
