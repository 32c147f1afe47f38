"""Tests of the losses against numbers worked out by hand: with logits (ln p) the cross-entropy is
-ln p of the true class."""

import math

import pytest
import torch

from trevsnn_lite import losses
from trevsnn_lite.losses import cross_entropy_of_mean, deep_supervision, released_heads, tet

ONE = torch.tensor([0])  # one image, whose class is 0


def logits_of(*chances: float) -> torch.Tensor:
    """[T, 1, 2]: at step t class 0 has the softmax probability chances[t]."""
    return torch.tensor([[[math.log(p), math.log(1 - p)]] for p in chances], dtype=torch.float64)


def test_cross_entropy_of_mean_lets_the_steps_vote_first():
    # The mean of the logits of p = 0.8 and p = 0.2 is that of p = 0.5; the mean of the two losses
    # would be -ln 0.4.
    assert cross_entropy_of_mean(logits_of(0.8, 0.2), ONE).item() == pytest.approx(math.log(2))


def test_label_smoothing_shares_the_target():
    # 0.2 spread over two classes: 0.9 of the target on class 0 (p = 0.8), 0.1 on class 1 (p = 0.2).
    expected = -0.9 * math.log(0.8) - 0.1 * math.log(0.2)
    for loss in (cross_entropy_of_mean, deep_supervision):
        assert loss(logits_of(0.8), ONE, label_smoothing=0.2).item() == pytest.approx(expected)


def test_deep_supervision_weighs_later_steps_more():
    # w = 1/6, 2/6, 3/6, and -ln(1/2), -ln(1/4), -ln(1/8) = 1, 2, 3 times ln 2: (1 + 4 + 9) / 6.
    assert deep_supervision(logits_of(1 / 2, 1 / 4, 1 / 8), ONE).item() == pytest.approx(
        14 / 6 * math.log(2)
    )


def test_deep_supervision_with_the_released_weights():
    # The weights 0.25, 0.5, 0.75, 2 sum to 3.5.
    assert released_heads(logits_of(0.5, 0.5, 0.5, 0.5), ONE).item() == pytest.approx(
        3.5 * math.log(2)
    )
    assert released_heads(logits_of(0.5, 0.5, 0.5, 0.25), ONE).item() == pytest.approx(
        5.5 * math.log(2)
    )
    assert released_heads(logits_of(0.5), ONE).item() == pytest.approx(2 * math.log(2))


def test_tet_joins_cross_entropy_and_squared_distance():
    logits = torch.tensor(
        [[[2.0, 2.0]], [[0.0, 0.0]]]
    )  # CE ln 2 at both steps; distances to phi = 1 are all 1, to phi = 3: 1, 1, 9, 9
    assert tet(logits, ONE).item() == pytest.approx(0.95 * math.log(2) + 0.05)
    assert tet(logits, ONE, means=3.0, lam=0.5).item() == pytest.approx(0.5 * math.log(2) + 0.5 * 5)


def test_batch_is_averaged():
    logits = torch.cat([logits_of(0.5, 0.5), logits_of(0.25, 0.25)], dim=1)  # [2, 2, 2]
    target = torch.tensor([0, 1])  # p = 0.5 and p = 0.75
    expected = (math.log(2) - math.log(0.75)) / 2
    for loss in (cross_entropy_of_mean, deep_supervision):
        assert loss(logits, target).item() == pytest.approx(expected)
    assert tet(logits, target, lam=0.0).item() == pytest.approx(expected)


@pytest.mark.parametrize("name", losses.LOSSES)
@pytest.mark.parametrize(
    "logits, target, error, words",
    [
        (
            torch.zeros(2, 3),
            torch.tensor([0, 1]),
            ValueError,
            r"logits have the shape \[2, 3\], expected \[T, B, K\]",
        ),
        (
            torch.zeros(0, 2, 3),
            torch.tensor([0, 1]),
            ValueError,
            r"logits have the shape \[0, 2, 3\]",
        ),
        (
            torch.zeros(4, 2, 3),
            torch.tensor([0]),
            ValueError,
            r"target has the shape \[1\], expected \[2\]",
        ),
        (
            torch.zeros(4, 2, 3),
            torch.tensor([0, 3]),
            ValueError,
            "labels from 0 to 3, expected 0 to 2",
        ),
        (
            torch.zeros(4, 2, 3),
            torch.tensor([-1, 0]),
            ValueError,
            "labels from -1 to 0, expected 0 to 2",
        ),
        (
            torch.zeros(4, 2, 3),
            torch.tensor([0.0, 1.0]),
            TypeError,
            "target holds torch.float32, expected int64",
        ),
    ],
)
def test_bad_input_is_named(name, logits, target, error, words):
    with pytest.raises(error, match=words):
        losses.LOSSES[name](logits, target)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_what_is_no_tensor_is_named(name):
    with pytest.raises(TypeError, match="logits is a NoneType, expected a torch.Tensor"):
        losses.LOSSES[name](None, ONE)


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="weights has 2 numbers, expected 3"):
        deep_supervision(logits_of(0.5, 0.5, 0.5), ONE, weights=(1, 2))
    with pytest.raises(ValueError, match="lam is 1.5"):
        tet(logits_of(0.5), ONE, lam=1.5)
