"""The experiments' parts: what seeds can tell, Fig. 2's cut links through time, Table 5's curves,
Table 4's matched widths, what is left of a network whose links are cut."""

import math

import pytest
import torch

from trevsnn_lite import TRevSNN, TRevSNNConfig
from trevsnn_lite.blocks import BasicBlock
from trevsnn_lite.experiments import departures, fig_2, table_4, table_5
from trevsnn_lite.experiments.linked_resnet import (
    LinkedResNet,
    WatchedConv2d,
    cosine,
    flat,
    weight_gradient,
)
from trevsnn_lite.experiments.record import Bench
from trevsnn_lite.experiments.seeds import cell, difference, in_words
from trevsnn_lite.neurons import lif_step
from trevsnn_lite.reversible import advance


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
        # decay 0.5, input times 0.5: 0.15 is below the threshold of 0.5, 0.075 + 0.45 above
        assert spikes.flatten().tolist() == [0.0, 1.0]
        slopes[linked] = torch.autograd.grad(spikes[1].sum(), currents)[0].flatten().tolist()
    assert slopes == {True: [0.25, 0.5], False: [0.0, 0.5]}


def test_all_layers_linked_is_the_step_by_step_network():
    net, (pictures, labels) = network(), images()
    potentials = [torch.zeros(())] * net.layers

    def fire(layer: int, current: torch.Tensor) -> torch.Tensor:
        neuron = {"decay": 0.5, "threshold": 0.5, "reset": "none"}
        spikes, potentials[layer] = lif_step(0.5 * current, potentials[layer], **neuron)
        return spikes

    logits = []
    for _ in range(3):
        spikes = fire(0, net.stem(pictures))
        for block, shortcut in enumerate(net.shortcuts):
            inner = fire(2 * block + 1, net.convs[2 * block](spikes))
            spikes = fire(2 * block + 2, net.convs[2 * block + 1](inner) + shortcut(spikes))
        logits.append(net.linear((spikes.mean((-2, -1)) - 0.30853754) * 10.0))
    expected = torch.stack(logits)
    torch.testing.assert_close(net(pictures, 3), expected)

    # The gradients of the standardised weights, taken back to the weights, are autograd's.
    convolutions = [part for part in net.modules() if isinstance(part, WatchedConv2d)]
    whole = weight_gradient(net, pictures, labels, 3, range(net.layers))
    parts = whole.split([part.weight.numel() for part in convolutions])
    back = [
        torch.autograd.grad(part.effective_weight(), part.weight, found.view_as(part.weight))[0]
        for part, found in zip(convolutions, parts)
    ]
    loss = torch.nn.functional.cross_entropy(expected.mean(0), labels)
    autograds = torch.autograd.grad(loss, [part.weight for part in convolutions])
    assert cosine(flat(autograds), flat(back)) > 1 - 1e-5
    # Why the standardised weights: the others' mean gradient is 0 in each filter.
    assert max(found.mean().abs() / found.abs().max() for found in autograds) < 1e-6
    assert min(found.mean().abs() / found.abs().max() for found in parts) > 1e-4


def test_collecting_gradients_leaves_them_as_they_are():
    """A hook that returned the sum would train on it: the first gradient alone would be right."""
    net, (pictures, labels) = network(), images()
    found = []
    for collects in (False, True):
        total = net.collect() if collects else []
        for _ in range(2):
            net.zero_grad()
            torch.nn.functional.cross_entropy(net(pictures, 2).mean(0), labels).backward()
        found.append(flat(parameter.grad for parameter in net.parameters()))
    assert torch.equal(*found)
    torch.testing.assert_close(
        flat(total), 2 * weight_gradient(net, pictures, labels, 2, range(net.layers))
    )


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


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> dict:
    """Fig. 2's cases in the small: at T = 1 no gradient goes through time, at T = 2 some does."""
    settings = fig_2.SETTINGS["smoke"] | {"tau": (2,)}
    arms = {}
    for T in (1, 2):
        bench = Bench(settings | {"T": (T,), "core": (T, 2)})
        bench.folder = tmp_path_factory.mktemp("arms") / "arm"
        arm = {"T": T, "tau": 2, "seed": 0}
        arms[T] = arm | fig_2.measure(bench, arm)
    return arms


def test_networks_trained_apart_part_by_their_gradients_alone(trained):
    without, with_time = trained[1], trained[2]
    for case in fig_2.CASES:
        assert without["layer means"][case] == pytest.approx([1.0, 1.0], abs=1e-5)
        assert without["accuracy"][case] == without["accuracy"]["full"]
        assert max(with_time["elements"][case]) < 1 - 1e-3, case
    # the images in another order are another training, through time or not
    assert without["elements"][fig_2.ORDER][0] < 1 - 1e-3
    assert without["same weights"]["temporal"] == [0.0, 0.0]
    assert min(with_time["same weights"]["temporal"]) > 0.1


def test_every_epoch_has_its_own_gradients(trained):
    for arm in trained.values():
        curves = [*arm["layer means"].values(), *arm["elements"].values()]
        assert {len(curve) for curve in curves} == {2}, "a cosine an epoch"
        assert {len(curve) for curve in arm["same weights"].values()} == {2}
    assert all(first != last for first, last in trained[2]["elements"].values())


def test_a_layers_mean_is_taken_over_all_its_weights():
    gradients = [torch.tensor([[1.0, 3.0]]), torch.tensor([[-1.0, -1.0, 5.0]])]
    assert fig_2.layer_means(gradients).tolist() == [2.0, 1.0]
    assert fig_2.layer_sizes(gradients).tolist() == pytest.approx([2.0, 7 / 3])


def test_epochs_to_a_level_are_read_between_epochs():
    assert table_5.epochs_to([0.5, 0.7, 0.8], 0.6) == pytest.approx(1.5)
    assert (
        table_5.epochs_to([0.5], 0.25) == pytest.approx(0.5)
        and table_5.epochs_to([0.5, 0.6], 0.7) is None
    )


def test_the_rules_set_alpha_and_whether_it_learns():
    for rule, (start, learnt, _) in table_5.RULES.items():
        net = TRevSNN(
            TRevSNNConfig(widths=(4, 4), time_steps=2, image_size=8, in_channels=1), seed=0
        )
        table_5.with_alpha(start, learnt)(net)
        alphas = [block.alpha for block in net.modules() if isinstance(block, BasicBlock)]
        assert len(alphas) == 8 and all(
            alpha.item() == start and alpha.requires_grad == learnt for alpha in alphas
        ), rule


def test_a_network_whose_links_are_cut_is_the_one_of_a_step():
    """Why `departures` trains T = 1 for links cut at any T: what the last sub-network makes of an
    image alone, its potentials at rest, is that network's answer, given its weights."""
    settings = departures.SETTINGS["cpu"]["network"] | {"widths": (4, 6), "in_channels": 1}
    net, one = (
        TRevSNN(TRevSNNConfig(**settings | {"time_steps": steps}), memory="store", seed=steps)
        for steps in (4, 1)
    )
    pictures = torch.randn(5, 1, 14, 14, generator=torch.Generator().manual_seed(0))
    last = {
        name.replace(f"{part}.3.", f"{part}.0."): value
        for name, value in net.state_dict().items()
        for part in ("encoder", "subnets")
        if name.startswith(f"{part}.3.") and ".ups." not in name
    }
    one.load_state_dict(
        one.state_dict()
        | last
        | {name: value for name, value in net.state_dict().items() if name.startswith("read_outs.")}
    )
    new = []
    for level in range(net.levels):  # step 3, all old potentials zero
        old = [torch.zeros_like(v) for v in one(pictures, return_states=True)[1]]
        new.append(advance(net, 3, level, pictures, new, old)[1])
    torch.testing.assert_close(net.read_out(3, new[-1]), one(pictures)[0])
    assert not torch.allclose(net(pictures)[0], one(pictures)[0])


@pytest.mark.parametrize("scale", departures.SETTINGS)
def test_the_wider_step_has_about_the_papers_parameters(scale):
    """And so does every departure but those of fewer or more steps, within two thirds."""
    network = departures.SETTINGS[scale]["network"]
    counts = {}
    for name, change in departures.NETWORKS.items():
        change = {field: value for field, value in change.items() if field != "loss"}
        widen = change.pop("widen", 1)
        widths = tuple(widen * width for width in network["widths"])
        counts[name] = table_4.parameter_count({**network, **change, "widths": widths})
    papers = counts[departures.PAPERS]
    assert abs(counts[departures.WIDER] / papers - 1) < 0.2
    alike = set(counts) - {"the paper's, T = 2", "the paper's, T = 8", departures.CUT}
    assert all(0.6 < counts[name] / papers < 1.7 for name in alike)


@pytest.mark.parametrize("scale", table_4.SETTINGS)
def test_table_4s_networks_have_the_same_parameters_within_two_per_cent(scale):
    settings = table_4.SETTINGS[scale]
    budget = table_4.parameter_count({**settings["network"], "time_steps": table_4.REFERENCE})
    for steps in settings["time_steps"]:
        found = table_4.parameter_count(table_4.matched_network(settings["network"], steps))
        assert abs(found / budget - 1) < 0.02, f"T = {steps}: {found:,} for {budget:,}"
