"""What the backward pass computes again: each level of each step once, downwards."""

import gc
import weakref
from types import SimpleNamespace

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.networks import coded, gradients, small_batch, small_net
from trevsnn_lite import reversible, spike_tape
from trevsnn_lite.shapes import level_shapes
from trevsnn_lite.undoing import GradientSums, kept_graphs


def counted(net):
    """(step, level) of each call of the network's `current`, in order."""
    calls, plain = [], net.current
    net.current = lambda t, level, *rest: calls.append((t, level)) or plain(t, level, *rest)
    return calls


def all_graphs(net):
    """(step, level) of each computation of a training step: all of the forward pass, then downwards
    what is rebuilt, all but what is kept of the last steps."""
    forwards = [(t, level) for t in range(net.steps) for level in range(net.levels)]
    return forwards + [computed for computed in forwards[::-1] if computed not in kept_of(net)]


def kept_of(net):
    """(step, level) of the graphs that a forward pass keeps: of step 0 only if the network tells
    its sizes, which else the potentials before step 1 tell first."""
    sizes = [width * height * columns for width, height, columns in level_shapes(net.config)]
    steps = range(0 if hasattr(net, "sizes") else 1, net.steps)
    return {
        (t, level)
        for t in steps
        for level in kept_graphs(sizes, t, net.steps, hasattr(net, "codes_spikes"))
    }


@pytest.mark.parametrize("memory", ["recompute", "reversible", "taped"])
@pytest.mark.parametrize("time_steps", [1, 3])
def test_each_level_is_computed_twice_the_second_time_downwards_but_for_the_small_levels_of_the_last_steps(
    memory, time_steps
):
    net = small_net(memory, time_steps=time_steps)
    calls = counted(net)
    gradients(net, *small_batch())
    assert net.levels > 1 and calls == all_graphs(net)


def test_the_graphs_that_are_kept_are_no_larger_than_a_share_of_the_largest_level():
    def kept(sizes, left, of_codes=False):
        return kept_graphs(sizes, 10 - left, 10, of_codes)

    assert kept([64, 32, 16, 24], 1) == range(1, 4)  # 72 <= 5/4 of 64
    assert kept([64, 32, 32, 24], 1) == range(2, 4)  # 88 are too many, 56 are not
    assert kept([64, 64, 64], 1) == range(2, 3)
    assert kept([10, 20], 1) == range(1, 2)
    assert (
        kept([1, 1, 100, 90], 1) == range(3, 4) and len(kept([8], 1)) == 0 and len(kept([], 1)) == 0
    )
    assert kept([64, 32, 16, 24], 2) == range(2, 4)  # 40 <= 5/8 of 64
    assert kept([64, 32, 16, 25], 2) == range(3, 4)
    assert [len(kept([64, 1, 1], left)) for left in (1, 2, 3, 4, 10)] == [2, 2, 0, 0, 0]
    assert [len(kept([64, 1, 1], left, True)) for left in (1, 2, 3, 4, 10)] == [2, 2, 2, 0, 0]


def test_step_0_counts_as_step_1():
    for steps in (2, 3, 4):
        assert (
            kept_graphs([64, 32, 16, 24], 0, steps, True)
            == kept_graphs([64, 32, 16, 24], 1, steps, True)
            != range(4, 4)
        )
    assert (
        kept_graphs([64, 32, 16, 24], 0, 1, True) == range(1, 4)
        and len(kept_graphs([64, 32, 16, 24], 0, 5, True)) == 0
    )


@pytest.mark.parametrize(
    ("coding", "time_steps", "steps"),
    [
        (False, 5, {3, 4}),
        (True, 5, {2, 3, 4}),
        (False, 2, {1}),
        (True, 2, {0, 1}),
        (True, 4, {0, 1, 2, 3}),
    ],
)
@pytest.mark.parametrize("memory", ["recompute", "reversible", "taped"])
def test_with_small_upper_levels_graphs_of_the_last_steps_are_kept(
    memory, coding, time_steps, steps
):
    images, target = small_batch()
    plain = small_net(memory, time_steps=time_steps, widths=(8, 4, 4))
    expected = gradients(plain, images, target)
    net = coded(plain) if coding else plain
    assert {t for t, _ in kept_of(net)} == steps
    calls = counted(net)
    found = gradients(net, images, target)
    assert calls == all_graphs(net)
    assert memory == "reversible" or all(
        torch.equal(found[name], expected[name]) for name in expected
    )  # which undoes a step only nearly


@pytest.mark.parametrize("memory", ["recompute", "taped"])
def test_a_second_backward_pass_gives_the_same_gradients(memory):
    images, target = small_batch()
    net = small_net(memory, time_steps=3)
    loss = cross_entropy(net(images).mean(0), target)
    first = torch.autograd.grad(loss, list(net.parameters()), retain_graph=True, allow_unused=True)
    calls = counted(net)  # of the kept graphs nothing is left: the second pass builds all
    second = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
    assert len(calls) == 3 * net.levels
    assert sum(grad is not None for grad in first) > 10 and [grad is None for grad in first] == [
        grad is None for grad in second
    ]
    assert all(torch.equal(a, b) for a, b in zip(first, second) if a is not None)


@pytest.mark.parametrize("end", ["dropped", "differentiated"])
def test_kept_graphs_are_gone_with_the_result_or_after_the_backward_pass_without_a_garbage_collection(
    end, monkeypatch
):
    made, plain = [], reversible.build
    monkeypatch.setattr(
        reversible,
        "build",
        lambda *given: made.append(weakref.ref((graph := plain(*given)).below)) or graph,
    )
    images, target = small_batch()
    net = small_net("taped", time_steps=2)
    gc.disable()
    try:
        logits = net(images)
        assert len(made) == len(kept_of(net)) and all(ref() is not None for ref in made)
        if end == "differentiated":
            cross_entropy(logits.mean(0), target).backward()
        else:
            del logits
        assert all(ref() is None for ref in made)
    finally:
        gc.enable()


@pytest.mark.parametrize("again", [False, True])
def test_the_tape_is_freed_on_the_way_back_unless_the_graph_is_retained(again, monkeypatch):
    packed, alive, plain = [], [], spike_tape.read

    def read(entry, *given):
        alive.append(sum(data() is not None for data in packed))
        packed.append(weakref.ref(entry.data))
        return plain(entry, *given)

    monkeypatch.setattr(spike_tape, "read", read)
    images, target = small_batch()
    net = small_net("taped", time_steps=6)
    loss = cross_entropy(net(images).mean(0), target)
    gc.disable()
    try:
        loss.backward(retain_graph=again)
    finally:
        gc.enable()
    assert len(alive) == 5 * net.levels  # all steps but step 0
    assert alive[-1] == (
        len(alive) - 1 if again else net.levels - 1
    )  # all, or those of its own step


def test_gradients_of_shared_parameters_are_added_in_memory_of_their_own():
    """Autograd may hand out one tensor for two parameters, and one that something else still reads."""
    first, second, alone = (torch.nn.Parameter(torch.zeros(3)) for _ in range(3))
    used = {(0, 0): [first, second], (1, 0): [first, second, alone]}
    cell = SimpleNamespace(
        steps=2, levels=1, parameters_of=lambda t, level: used.get((t, level), [])
    )
    sums, grad = GradientSums(cell, torch.zeros(1)), torch.ones(3)
    sums.add([first, second, alone], [grad, grad, grad])
    memory = sums.of(first).data_ptr()
    sums.add([first, second], [grad, None])
    assert (
        sums.of(first).tolist() == [2.0] * 3
        and sums.of(second).tolist() == grad.tolist() == [1.0] * 3
    )
    assert (
        sums.of(alone) is grad
        and sums.of(first).data_ptr() == memory
        and sums.of(torch.nn.Parameter(grad)) is None
    )
