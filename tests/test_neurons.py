"""Neurons against tables worked out by hand and against SpikingJelly's LIF node."""

import pytest
import torch

from trevsnn_lite.neurons import (
    charge,
    lif_step,
    multilevel_charge,
    multilevel_undo,
    reset_potential,
    turned_off,
    undo_charge,
)

INPUTS = [0.9, 0.1, 0.5, 1.2]
# threshold 1, decay 0.5, V[0] = 0.4: V[t+1] = 0.5 * (what the reset left) + input
BY_HAND = {
    "none": [1.1, 0.65, 0.825, 1.6125],
    "soft": [1.1, 0.15, 0.575, 1.4875],
    "hard": [1.1, 0.1, 0.55, 1.475],
}


@pytest.mark.parametrize("reset", BY_HAND)
def test_four_steps_by_hand(reset):
    v, potentials, spikes = torch.tensor(0.4), [], []
    for x in INPUTS:
        s, v = lif_step(torch.tensor(x), v, decay=0.5, reset=reset)
        potentials.append(v.item()), spikes.append(s.item())
    assert potentials == pytest.approx(BY_HAND[reset], abs=1e-6)
    assert spikes == [1, 0, 0, 1]


@pytest.mark.parametrize(("reset", "v_reset"), [("hard", 0.0), ("soft", None)])
def test_equals_spikingjelly_lif_node(reset, v_reset):
    neuron = pytest.importorskip("spikingjelly.activation_based.neuron")
    node = neuron.LIFNode(
        tau=2.0, decay_input=False, v_threshold=1.0, v_reset=v_reset, step_mode="s"
    )
    x = torch.rand(12, 50, generator=torch.Generator().manual_seed(0)) * 1.5
    v = torch.zeros(50)
    for step in x:
        s, v = lif_step(step, v, decay=0.5, reset=reset)
        assert torch.equal(s, node(step))
        torch.testing.assert_close(
            reset_potential(v, s, reset, 1.0), node.v
        )  # SpikingJelly's v is what the reset left


def test_undoing_a_charge_gives_the_potential_back():
    v, x = torch.randn(5, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    torch.testing.assert_close(undo_charge(charge(v, x, 0.25), x, 0.25), v)


def test_a_turned_off_neuron_has_no_memory():
    assert turned_off(torch.tensor([0.4, 0.6, 0.4])).tolist() == [0, 1, 0]


def test_three_levels_of_eq_10_by_hand_and_back():
    v, current, decays = (
        [torch.tensor(x) for x in (1.0, 2.0, 4.0)],
        [torch.tensor(x) for x in (0.1, 0.2, 0.3)],
        [0.5, 0.25, 0.125],
    )
    after = multilevel_charge(v, current, decays)
    assert [x.item() for x in after] == pytest.approx(
        [0.5 + 0.5 + 0.5 + 0.1, 0.5 + 0.5 + 0.2, 0.5 + 0.3]
    )
    assert [x.item() for x in multilevel_undo(after, current, decays)] == pytest.approx(
        [1.0, 2.0, 4.0]
    )


def test_the_inverse_of_eq_10_is_exact_to_rounding_and_the_secondary_form_of_eq_11_is_not():
    random = torch.Generator().manual_seed(1)
    v, current = (
        list(torch.randn(4, 100, generator=random, dtype=torch.float64)) for _ in range(2)
    )
    decays = [0.5, 0.6, 0.7, 0.8]
    after = multilevel_charge(v, current, decays)
    for found, expected in zip(multilevel_undo(after, current, decays), v):
        torch.testing.assert_close(found, expected, atol=1e-13, rtol=0)
    secondary = sum(decays[i] * (after[i] - current[0]) for i in range(1, 4)) / decays[0]
    assert (secondary - v[0]).abs().max() > 1


def test_an_unknown_reset_is_named_with_the_choices():
    with pytest.raises(ValueError, match="reset is 'medium', expected one of none, soft, hard"):
        reset_potential(torch.zeros(1), torch.zeros(1), "medium", 1.0)
