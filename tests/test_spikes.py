"""Spikes and surrogate gradients against literal numbers and against SpikingJelly's
neuron-independent definitions."""

import pytest
import torch

from trevsnn_lite.spikes import SURROGATES, spike

POTENTIALS = [-0.6, -0.1, 0.0, 0.25, 0.5, 0.51, 1.0, 1.2]
EXPECTED = {  # h(V - 0.5) by hand
    "rectangle": [0, 0, 1, 1, 1, 1, 1, 0],
    "triangle": [0, 0.4, 0.5, 0.75, 1, 0.99, 0.5, 0.3],
    "arctan": [0.077266, 0.219633, 0.288400, 0.618486, 1, 0.999014, 0.288400, 0.171347],
    "sigmoid": [0.047925, 0.305019, 0.419974, 0.786448, 1, 0.999600, 0.419974, 0.216152],
}


def test_a_spike_is_one_from_the_threshold_on():
    assert spike(torch.tensor(POTENTIALS)).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_the_gradient_is_the_surrogate_at_the_distance_to_the_threshold(surrogate):
    v = torch.tensor(POTENTIALS, dtype=torch.float64, requires_grad=True)
    spike(v, 0.5, surrogate).backward(torch.full_like(v, 2.0))
    torch.testing.assert_close(
        v.grad, 2 * torch.tensor(EXPECTED[surrogate], dtype=torch.float64), atol=1e-5, rtol=1e-4
    )


def test_the_rectangle_holds_its_two_ends():
    assert SURROGATES["rectangle"](torch.tensor([-0.5, 0.5])).tolist() == [1, 1]


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_every_surrogate_has_area_one(surrogate):
    x = torch.linspace(-2000, 2000, 4_000_001, dtype=torch.float64)
    assert torch.trapezoid(SURROGATES[surrogate](x), x).item() == pytest.approx(1.0, abs=1e-3)


def test_the_rectangle_keeps_one_byte_a_neuron_for_the_backward_pass():
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda t: kept.append(t.nbytes) or t, lambda t: t
    ):
        spike(torch.zeros(100, requires_grad=True))
    assert kept == [100]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("threshold", [0.5, 0.3, 1.0, -0.25, 0.0])
def test_the_window_is_the_comparison_s_at_and_beside_both_edges(threshold, dtype):
    edges = torch.tensor([threshold - 0.5, threshold + 0.5], dtype=dtype)
    beside = [torch.nextafter(edges, torch.full_like(edges, far)) for far in (-9.0, 9.0)]
    v = torch.cat([edges, *beside, torch.linspace(-3, 3, 1001, dtype=dtype)])
    v = v[
        (v == 0) | (v.abs() >= torch.finfo(dtype).tiny)
    ].requires_grad_()  # a CPU may flush what is smaller to 0
    plain = (v >= threshold - 0.5).logical_and(v <= threshold + 0.5)
    (grad,) = torch.autograd.grad(spike(v, threshold), v, torch.full_like(v, 3.0))
    assert torch.equal(grad, 3.0 * plain.to(dtype)) and 0 < plain.sum() < len(v)


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_a_second_derivative_is_refused(surrogate):
    v = torch.tensor([0.2, 0.7, 2.0], requires_grad=True)
    for loss in (spike(v, 0.5, surrogate).square().sum(), spike(v, 0.5, surrogate).sum()):
        with pytest.raises(RuntimeError, match="create_graph=True asks for a second derivative"):
            torch.autograd.grad(loss, v, create_graph=True)


def test_an_unknown_surrogate_is_named_with_the_choices():
    with pytest.raises(
        ValueError,
        match="surrogate is 'step', expected one of rectangle, arctan, sigmoid, triangle",
    ):
        spike(torch.zeros(1), surrogate="step")
