"""The experiment `counts`: Eq. (13)'s counts are those of its energy, the verdict turns with the
numbers, and without NeuroBench nothing is trained."""

import copy
import sys

import pytest
import torch

from tests.experiments.conftest import current
from tests.trained_like import active_net
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.experiments import counts, run
from trevsnn_lite.meters.energy import energy


def test_the_counts_of_equation_13_have_its_energy():
    report = energy(fold(active_net(time_steps=3)), torch.randn(4, 3, 24, 24))
    found = counts.microjoules(counts.by_equation_13(report))
    assert found == pytest.approx(1e3 * report.millijoules_by_equation_13, rel=1e-12)


def test_the_three_counts_differ_where_their_conventions_do():
    for arm in current("counts").arms:
        for form, held in arm["forms"].items():
            papers, exact, theirs = (
                held["counts"][name] for name in (counts.PAPERS, counts.EXACT, counts.NEUROBENCH)
            )
            assert held["dense"] < held["macs"], "NeuroBench leaves borders out"
            assert theirs[0] < exact[0], "and the zeros of real inputs"
            assert 0 < exact[1] - theirs[1] < 0.05 * exact[1], "and multiplies spike counts"
            # what comes down is real in both; merged, the pairs are not
            assert papers[0] < exact[0] and papers[1] > exact[1], form


def test_the_verdict_turns_with_the_numbers():
    done = copy.deepcopy(current("counts").arms)
    assert "exact is" in counts.verdict(done).split("pairs merged")[0]
    for arm in done:
        held = arm["forms"]["folded"]["counts"]
        held[counts.EXACT], held[counts.PAPERS] = held[counts.PAPERS], held[counts.EXACT]
    turned = counts.verdict(done).split("pairs merged")[0]
    assert "Eq. (13) is" in turned and "times exact" in turned


def test_without_neurobench_nothing_is_trained(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "neurobench.benchmarks", None)
    monkeypatch.setattr(counts, "train", None)
    with pytest.raises(ImportError, match="need the package neurobench"):
        run("counts", "smoke", 0, tmp_path, progress=False)
