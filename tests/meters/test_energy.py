"""The energy meter against closed forms, a convolution with ones, and SpikingJelly's counters."""

import pytest
import torch
from torch import nn

from tests.networks import small_batch
from tests.trained_like import active_net
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.deploy.merging import merged as merged_pair
from trevsnn_lite.meters.energy import AC_PICOJOULES, MAC_PICOJOULES, energy


def random_spikes(*shape, rate=0.3, seed=0):
    return (torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) < rate).float()


@pytest.mark.parametrize(
    "settings",
    [
        {"padding": 1}, {"padding": 1, "stride": 2}, {"padding": (2, 0), "stride": (1, 3)}, {"padding": 1, "groups": 2}, {"padding": "same", "dilation": 2},
        {"padding": "valid"}, {"padding": "same", "kernel_size": (3, 5)}, {"padding": 3, "kernel_size": 7, "stride": 4}, {"kernel_size": 1, "stride": 2},
    ],
    ids=str,
)  # fmt: skip
def test_additions_are_those_of_the_mask_convolved_with_ones(settings):
    conv = nn.Conv2d(4, 6, **{"kernel_size": 3} | settings)
    x = random_spikes(5, 4, 9, 11)
    (layer,) = energy(conv, x).layers
    with torch.no_grad():
        outputs = conv(x)
        conv.weight.fill_(1.0)
        exact = (conv(x) - conv.bias[:, None, None]).double().sum().item() / 5
    assert layer.synaptic == pytest.approx(exact, rel=1e-6)
    assert layer.macs == outputs.numel() / 5 * conv.weight[0].numel()
    assert layer.by_rate == pytest.approx(x.mean().item() * layer.macs)
    assert (layer.inputs, layer.mac) == ("spikes", 0.0)
    assert layer.rate == pytest.approx(x.mean().item())


def test_one_spike_in_a_corner_and_one_inside():
    conv, x = nn.Conv2d(1, 10, 3, padding=1), torch.zeros(1, 1, 8, 8)
    x[0, 0, 0, 0] = 1.0
    assert energy(conv, x).ac == 4 * 10  # by rate: 9 * 10
    assert energy(conv, x).layers[0].by_rate == pytest.approx(9 * 10)
    x[0, 0, 4, 4] = 1.0
    report = energy(conv, x)
    assert report.ac == 4 * 10 + 9 * 10
    assert report.millijoules == pytest.approx(130 * 0.9e-9)


def test_equation_13_by_hand():
    """Encoder of 4 MACs, run at both of T = 2 steps and counted once; a layer of reals, half of
    them zero, which the equation adds; a spike of three."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.middle = nn.Linear(3, 5), nn.Linear(2, 3)
            self.encoder = nn.Conv2d(1, 2, 1)  # declared last, called first

        def forward(self, images):
            for _ in range(2):
                self.encoder(images)
                self.middle(torch.tensor([[0.5, 0.0]]))
                self.last(torch.tensor([[1.0, 0.0, 0.0]]))

    report = energy(Net(), torch.ones(1, 1, 1, 2))
    assert (report.first, report.first_macs) == ("encoder", 4.0)
    added = 2 * (0.5 * 6 + 15 / 3)
    assert report.millijoules_by_equation_13 == pytest.approx(1e-9 * (4.6 * 4 + 0.9 * added))
    # exact counts: the encoder's ones add, and the reals multiply
    assert report.millijoules == pytest.approx(1e-9 * (4.6 * 12 + 0.9 * (8 + 10)))


def test_spikes_integers_and_reals():
    linear = nn.Linear(3, 7)
    spikes, integers, reals = (
        torch.tensor([[0.0, 1, 1]]),
        torch.tensor([[0.0, 3, -1]]),
        torch.tensor([[0.0, 0.5, 1]]),
    )
    (layer,) = energy(linear, spikes).layers
    assert (layer.inputs, layer.synaptic, layer.mac, layer.picojoules) == (
        "spikes",
        14,
        0,
        pytest.approx(14 * AC_PICOJOULES),
    )
    (layer,) = energy(linear, integers).layers
    assert (layer.inputs, layer.synaptic, layer.mac, layer.rate) == (
        "integers",
        28,
        0,
        pytest.approx(2 / 3),
    )
    assert layer.by_rate == pytest.approx(4 / 3 * 21)
    (layer,) = energy(linear, reals).layers
    assert (layer.inputs, layer.synaptic, layer.mac, layer.picojoules) == (
        "reals",
        0,
        21,
        pytest.approx(21 * MAC_PICOJOULES),
    )


def test_silence_costs_nothing_and_shows():
    (layer,) = energy(nn.Linear(3, 7), torch.zeros(2, 3)).layers
    assert (layer.inputs, layer.rate, layer.picojoules, layer.macs) == ("zeros", 0, 0, 21)


def test_a_layer_that_meets_reals_in_one_of_its_calls_multiplies_in_all():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 4, bias=False)

        def forward(self, x):
            return self.linear(x[:, :4]) + self.linear(x[:, 4:])

    spikes, reals = torch.ones(2, 4), torch.full((2, 4), 0.5)
    for calls in ([spikes, reals], [reals, spikes]):
        report = energy(Twice(), torch.cat(calls, 1))
        assert (report.mac, report.ac, report.layers[0].macs) == (32, 0, 32)
    assert energy(Twice(), torch.ones(2, 8)).ac == 32


def test_steps_within_a_call_and_samples():
    linear, x = nn.Linear(4, 3), random_spikes(6, 5, 4)  # [T, B, C]
    assert energy(linear, x, samples=5).ac == pytest.approx(3 * x.sum().item() / 5)
    conv, x = nn.Conv2d(2, 3, 1), random_spikes(5, 2, 4, 4)
    assert energy(conv, x).ac == pytest.approx(3 * x.sum().item() / 5)


def test_what_lies_outside_of_the_layers_is_said():
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 4)

        def forward(self, x):
            return self.linear(x) @ x.T

    report = energy(Attention(), torch.rand(5, 4), samples=1)
    assert report.elsewhere == 5 * 4 * 5
    assert "100 further MACs" in report.table()
    assert energy(nn.Linear(4, 4), torch.rand(5, 4)).elsewhere == 0


def test_hooks_go_and_modes_come_back_even_after_a_fault():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    net[0].eval()
    before = net[1].running_mean.clone()
    with pytest.raises(RuntimeError):
        energy(net, torch.rand(2, 5, 8, 8))
    energy(net, torch.rand(2, 1, 8, 8))
    assert torch.equal(net[1].running_mean, before)
    assert [m.training for m in net.modules()] == [True, False, True]
    assert not any(m._forward_hooks for m in net.modules())


def test_bad_input():
    with pytest.raises(ValueError, match="net is a ReLU whose pass reaches no convolution"):
        energy(nn.ReLU(), torch.rand(2, 2))
    with pytest.raises(ValueError, match="samples is 0, expected at least 1"):
        energy(nn.Linear(2, 2), torch.rand(2, 2), samples=0)
    with pytest.raises(ValueError, match="padding_mode='circular', expected 'zeros'"):
        energy(nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), torch.ones(1, 1, 4, 4))


@pytest.mark.parametrize("merge_pairs", [False, True])
def test_spikingjelly_counts_the_same_on_a_t_revsnn(merge_pairs):
    """Per layer. SpikingJelly takes sums of spikes for reals, so that the read-outs' integers are
    MACs there."""
    peers = pytest.importorskip("trevsnn_lite.baselines.peers")
    pytest.importorskip("spikingjelly")
    net, (images, _) = fold(active_net(), merge_pairs), small_batch(size=24)
    report, theirs = energy(net, images), peers.operation_counts(net, images).layers
    assert len(report.layers) > 40 and {layer.inputs for layer in report.layers} == {
        "spikes",
        "integers",
        "reals",
    }
    for layer in report.layers:
        synaptic, macs = theirs[layer.name]
        if layer.inputs == "integers":
            assert 3 * layer.macs == pytest.approx(macs, rel=0.01)
        else:
            assert 3 * layer.synaptic == pytest.approx(synaptic, rel=0.01)
            assert 3 * layer.mac == pytest.approx(macs, rel=0.01)


def test_where_merging_a_pair_pays_off():
    """PW(DW(s)) below a rate of 4.6 / (0.9 k^2), DW(PW(s)) below 4.6 / (0.9 h)."""
    kernel, channels, hidden = 5, 8, 64
    depthwise = [
        nn.Conv2d(channels, channels, kernel, padding=2, groups=channels) for _ in range(2)
    ]
    pairs = [
        (depthwise[0], nn.Conv2d(channels, hidden, 1)),
        (nn.Conv2d(hidden, channels, 1, bias=False), depthwise[1]),
    ]
    for pair, limit in zip(pairs, (4.6 / (0.9 * kernel**2), 4.6 / (0.9 * hidden))):
        with torch.no_grad():
            merged = merged_pair(*pair)
        for factor, pays_off in ((0.8, True), (1.25, False)):
            x = random_spikes(1, pair[0].in_channels, 96, 96, rate=factor * limit)
            assert (
                energy(merged, x).millijoules < energy(nn.Sequential(*pair), x).millijoules
            ) == pays_off


def test_what_multiplies_in_a_t_revsnn_is_said():
    """Not folded: the encoder, the second convolution of each pair, feedback of potentials and the
    read-outs. Merged: the encoder and feedback alone."""
    images, _ = small_batch(size=24)

    def reals(net):
        return {
            layer.name.removeprefix("cell.")
            for layer in energy(net, images).layers
            if layer.inputs == "reals"
        }

    net = active_net()
    places = [(t, level) for t in range(4) for level in range(4)]
    # What feeds a turned-on neuron is one module for all steps, and has its first step's name.
    pairs = {f"subnets.{t}.{level}.blocks.0.expand" for t, level in places} | {
        f"subnets.0.{level}.blocks.0.depthwise_out" for level in range(4)
    }
    ups = {f"subnets.{t}.{level}.ups.{level + 1}.mix" for t, level in places if t and level < 3}
    encoder = {f"encoder.{t}" for t in range(4)}
    assert reals(net) == pairs | ups | encoder | {"read_outs.0.linear"}
    halves = {
        name.replace("expand", "first.2").replace("depthwise_out", "second.2") for name in pairs
    }
    assert reals(fold(net)) == halves | ups | {"encoder"}
    assert reals(fold(net, merge_pairs=True)) == ups | {"encoder"}


def test_the_table_names_each_layer_and_the_totals():
    report = energy(
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 5)), random_spikes(4, 1, 8, 8)
    )
    lines = report.table().splitlines()
    assert lines[1].split()[:3] == ["0", "2x1x3x3", "spikes"] and lines[2].split()[:3] == [
        "2",
        "5x72",
        "reals",
    ]
    assert (
        f"{report.macs:,.0f}" in lines[3]
        and f"{report.millijoules:.3g} mJ with exact additions" in lines[4]
    )
    assert report.macs == 36 * 2 * 9 + 72 * 5
