"""The experiments' parts: what seeds can tell, Fig. 2's cut links through time, ReZero's curves,
Table 4's matched widths."""

import math

import pytest
import torch

from trevsnn_lite import TRevSNN, TRevSNNConfig
from trevsnn_lite.blocks import BasicBlock
from trevsnn_lite.experiments import fig_2, rezero, table_4
from trevsnn_lite.experiments.links import LinkedResNet, cosine, weight_gradient
from trevsnn_lite.experiments.spread import cell, difference, in_words
from trevsnn_lite.neurons import lif_step


def test_a_difference_by_hand():
    found = difference(
        {0: 3.0, 1: 5.0, 2: 7.0}, {2: 4.0, 0: 2.0, 1: 3.0}
    )  # 1, 2, 3: standard deviation 1, t(2) = 4.303
    assert found.mean == 2.0 and math.isclose(found.margin, 4.303 / 3**0.5) and not found.told_apart
    assert (
        in_words(found, "points")
        == "+2.0 points, 95% interval ±2.5 over 3 seeds: not distinguishable here"
    )
    assert difference({0: 3.0, 1: 3.1, 2: 3.2}, {0: 1.0, 1: 1.0, 2: 1.0}).told_apart
    assert "too few" in in_words(difference({0: 2.0, 1: 2.0}, {0: 1.0, 1: 1.0}), "points")
    assert cell([1.0, 3.0]) == "2.0 ± 1.4" and cell([1.0]) == "1.0"
    with pytest.raises(ValueError, match="same ones"):
        difference({0: 1.0}, {1: 1.0})


def network(blocks: int = 1) -> LinkedResNet:
    return LinkedResNet((4, 6), blocks, 0.5, classes=3, channels=1, seed=0)


def images() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(5, 1, 12, 12, generator=torch.Generator().manual_seed(1)), torch.tensor(
        [0, 1, 2, 0, 1]
    )


def test_a_cut_link_stops_the_gradient_and_nothing_else():
    currents = torch.tensor([0.3, 0.9]).view(2, 1, 1, 1, 1).requires_grad_()
    slopes = {}
    for linked in (True, False):
        spikes = network()._fire(currents, linked)
        assert spikes.flatten().tolist() == [
            0.0,
            1.0,
        ]  # 0.3 is below the threshold; 0.15 + 0.9 is above
        slopes[linked] = torch.autograd.grad(spikes[1].sum(), currents)[0].flatten().tolist()
    assert slopes == {True: [0.5, 1.0], False: [0.0, 1.0]}  # the decay, once


def test_all_layers_linked_is_the_step_by_step_network():
    net, (pictures, labels) = network(), images()
    potentials = [None] * net.layers

    def fire(layer: int, current: torch.Tensor) -> torch.Tensor:
        old = torch.zeros_like(current) if potentials[layer] is None else potentials[layer]
        spikes, potentials[layer] = lif_step(current, old, decay=0.5)
        return spikes

    logits = []
    for _ in range(3):
        spikes = fire(0, net.stem(pictures))
        for block, shortcut in enumerate(net.shortcuts):
            inner = fire(2 * block + 1, net.convs[2 * block](spikes))
            spikes = fire(2 * block + 2, net.convs[2 * block + 1](inner) + shortcut(spikes))
        logits.append(net.linear((spikes.mean((-2, -1)) - 0.15865525) * 10.0))
    expected = torch.stack(logits)
    torch.testing.assert_close(net(pictures, 3), expected)
    loss = torch.nn.functional.cross_entropy(expected.mean(0), labels)
    weights = [parameter for parameter in net.parameters() if parameter.dim() > 1]
    whole = torch.cat([gradient.flatten() for gradient in torch.autograd.grad(loss, weights)])
    assert cosine(whole, weight_gradient(net, pictures, labels, 3, range(net.layers))) > 1 - 1e-5


def test_links_change_gradients_at_two_steps_and_not_at_one():
    net, (pictures, labels) = network(), images()
    full, none = (
        weight_gradient(net, pictures, labels, 1, linked) for linked in (range(net.layers), ())
    )
    assert torch.equal(full, none) and full.norm() > 0
    full, none = (
        weight_gradient(net, pictures, labels, 2, linked) for linked in (range(net.layers), ())
    )
    assert not torch.allclose(full, none) and torch.equal(net(pictures, 2), net(pictures, 2, ()))


def test_every_layer_has_a_link_of_its_own():
    net, (pictures, labels) = network(), images()
    found = [
        weight_gradient(net, pictures, labels, 3, linked)
        for linked in [(), *((layer,) for layer in range(net.layers))]
    ]
    assert not [
        (a, b) for a in range(len(found)) for b in range(a) if torch.equal(found[a], found[b])
    ]


def test_controls_keep_and_drop_as_many_layers_as_the_cases():
    net = network(blocks=3)
    assert net.layers == 13 and net.stage_ends == (6, 12)
    kept = {case: set(fig_2.linked_layers(net, case, draw=5)) for case in ("full", *fig_2.CASES)}
    assert (
        kept["case 1"] == {6, 12}
        and len(kept["control 1"]) == 2
        and not kept["control 1"] & {6, 12}
    )
    assert (
        kept["case 2"] == kept["full"] - kept["case 1"]
        and kept["control 2"] == kept["full"] - kept["control 1"]
    )
    assert kept["none"] == set() and len(kept["full"]) == 13
    assert len({tuple(fig_2.linked_layers(net, "control 1", draw)) for draw in range(10)}) > 1


def test_epochs_to_a_level_are_read_between_epochs():
    assert rezero.epochs_to([0.5, 0.7, 0.8], 0.6) == pytest.approx(1.5)
    assert (
        rezero.epochs_to([0.5], 0.25) == pytest.approx(0.5)
        and rezero.epochs_to([0.5, 0.6], 0.7) is None
    )


def test_the_rules_set_alpha_and_whether_it_learns():
    for rule, (start, learnt, _) in rezero.RULES.items():
        net = TRevSNN(
            TRevSNNConfig(widths=(4, 4), time_steps=2, image_size=8, in_channels=1), seed=0
        )
        rezero.with_alpha(start, learnt)(net)
        alphas = [block.alpha for block in net.modules() if isinstance(block, BasicBlock)]
        assert len(alphas) == 8 and all(
            alpha.item() == start and alpha.requires_grad == learnt for alpha in alphas
        ), rule


@pytest.mark.parametrize("scale", table_4.SETTINGS)
def test_table_4s_networks_have_the_same_parameters_within_two_per_cent(scale):
    settings = table_4.SETTINGS[scale]
    budget = table_4.parameter_count({**settings["network"], "time_steps": table_4.REFERENCE})
    for steps in settings["time_steps"]:
        found = table_4.parameter_count(table_4.matched_network(settings["network"], steps))
        assert abs(found / budget - 1) < 0.02, f"T = {steps}: {found:,} for {budget:,}"
