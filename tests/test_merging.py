"""Merged convolutions against the two that they stand for, borders included."""

import pytest
import torch
from torch import nn

from trevsnn_lite.deploy import merging
from trevsnn_lite.scaled_conv import ScaledConv2d

X = torch.randn(2, 6, 7, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def conv(inputs, outputs, size, **settings):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(inputs * outputs + size)
        return nn.Conv2d(
            inputs, outputs, size, **{"padding": size // 2, "dtype": torch.float64} | settings
        )


@pytest.mark.parametrize(
    "bias", [(False, False), (False, True), (True, False), (True, True)], ids=str
)
@pytest.mark.parametrize("order", ["depthwise first", "pointwise first", "pointwise twice"])
def test_a_pair_is_one_dense_convolution(order, bias):
    first, second = {
        "depthwise first": (conv(6, 6, 5, groups=6, bias=bias[0]), conv(6, 8, 1, bias=bias[1])),
        "pointwise first": (conv(6, 8, 1, bias=bias[0]), conv(8, 8, 5, groups=8, bias=bias[1])),
        "pointwise twice": (conv(6, 8, 1, bias=bias[0]), conv(8, 3, 1, bias=bias[1])),
    }[order]
    with torch.no_grad():
        merged = merging.merged(first, second)
        torch.testing.assert_close(merged(X), second(first(X)), rtol=1e-12, atol=1e-12)
    convs = [m for m in merged.modules() if isinstance(m, nn.Conv2d)]
    assert len(convs) == 1 and convs[0].groups == 1
    assert isinstance(merged, merging.WithOnes) == (order == "pointwise first" and bias[0])


def test_a_bias_before_a_padding_convolution_is_what_the_ones_are_for():
    """Folded into the second bias, as inside the image, it is wrong at the border."""
    first, second = conv(6, 8, 1), conv(8, 8, 5, groups=8)
    with torch.no_grad():
        naive = merging.merged(conv(6, 8, 1, bias=False), second)
        naive.weight.copy_(second.weight * first.weight)
        naive.bias.add_(second.weight.sum((1, 2, 3)) * first.bias)
        wrong = (naive(X) - second(first(X))).abs()
    assert wrong[..., 2:-2, 2:-2].max() < 1e-12 and wrong[..., 0, 0].max() > 0.05


def test_pairs_that_do_not_merge():
    for first, second in [
        (conv(6, 6, 3), conv(6, 6, 3)),
        (conv(6, 6, 3, groups=6, stride=2), conv(6, 8, 1)),
        (conv(6, 6, 3, groups=2), conv(6, 8, 1)),
    ]:
        with pytest.raises(
            ValueError,
            match="expected a depthwise and a 1x1 convolution of stride 1, or two 1x1 ones",
        ):
            merging.merged(first, second)


def test_scales_batch_norm_and_scaled_weights():
    first, norm = conv(6, 8, 3, stride=2), nn.BatchNorm2d(8, dtype=torch.float64).eval()
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            tensor.copy_(torch.rand(tensor.shape, generator=random))
        factors = torch.rand(8, 1, 1, generator=random, dtype=torch.float64)
        torch.testing.assert_close(merging.normed(first, norm)(X), norm(first(X)))
        torch.testing.assert_close(
            merging.normed(conv(6, 8, 3, bias=False), norm)(X), norm(conv(6, 8, 3, bias=False)(X))
        )
        torch.testing.assert_close(merging.scaled(first, factors)(X), factors * first(X))
        torch.testing.assert_close(merging.scaled(first, factors[0])(X), factors[0] * first(X))
        standardised = ScaledConv2d(6, 8, 3, groups=2, gain=1.7).double()
        plain = merging.plain(standardised)
        torch.testing.assert_close(plain(X), standardised(X))
        assert type(plain) is nn.Conv2d and not torch.allclose(
            plain.weight, standardised.weight, rtol=0.1
        )
        torch.testing.assert_close(merging.joined([first, first])(X), torch.cat([first(X)] * 2, 1))
