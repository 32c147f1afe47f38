"""The experiment on motion: its rivals know no order, their sizes are alike, and its verdict turns
with the numbers."""

import copy

import pytest
import torch

from tests.experiments.conftest import current
from trevsnn_lite.experiments import motion


def frames(count: int = 3) -> torch.Tensor:
    return torch.randn(4, count, 2, 18, 18, generator=torch.Generator().manual_seed(0)).relu()


def made(name: str):
    net, _ = motion.network(motion.SETTINGS["smoke"], name, seed=0)
    return net.eval()


@torch.no_grad()
def test_a_network_whose_links_are_cut_answers_by_its_last_frame_alone():
    shown, other = frames(), frames()
    other[:3] = other[:3].flip(1)  # the first three frames are other recordings'
    cut, linked = made(motion.CUT), made(motion.PAPERS)
    assert torch.equal(cut(shown), cut(other))
    assert not torch.equal(linked(shown), linked(other))


@torch.no_grad()
def test_the_stateless_network_s_vote_knows_no_order():
    net, shown = made(motion.STATELESS), frames()
    assert net(shown).shape == (4, 3, 2)
    torch.testing.assert_close(net.decide(net(shown)), net.decide(net(shown.flip(0))))
    torch.testing.assert_close(net(shown)[1], net(shown[1:2])[0])


@torch.no_grad()
def test_in_reverse_is_the_last_frame_first():
    net, shown = made(motion.PAPERS), frames()
    assert torch.equal(motion.InReverse(net)(shown), net(shown[[3, 2, 1, 0]]))


@pytest.mark.parametrize("scale", motion.SETTINGS)
def test_all_networks_have_about_the_same_parameters(scale):
    counts = {}
    for name in motion.NETWORKS:
        net, _ = motion.network(motion.SETTINGS[scale], name, seed=0)
        counts[name] = sum(parameter.numel() for parameter in net.parameters())
    assert counts[motion.CUT] == counts[motion.PAPERS]
    assert all(0.7 < count / counts[motion.PAPERS] < 1.1 for count in counts.values()), counts


def test_the_record_s_difference_is_large_and_in_reverse_it_is_the_other_class():
    done = current("motion").arms
    assert len({arm["seed"] for arm in done}) == 3
    assert min(motion.accuracies(done, motion.PAPERS).values()) > 95
    assert max(motion.accuracies(done, motion.PAPERS, "reversed_accuracy").values()) < 5
    for name in (motion.CUT, motion.VOTE, motion.STATELESS, motion.FLOOR):
        assert all(40 < value < 60 for value in motion.accuracies(done, name).values())


def test_the_verdict_turns_with_the_numbers():
    done = copy.deepcopy(current("motion").arms)
    assert motion.verdict(done).count(": distinguishable") >= 5  # four rivals, and in reverse
    for arm in done:
        arm["test_accuracy"] = arm["reversed_accuracy"] = 0.5 + 0.01 * arm["seed"]
    assert motion.verdict(done).count("not distinguishable") == 7
