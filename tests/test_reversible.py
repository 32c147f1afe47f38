"""The memory strategies: one gradient, over T, seeds, resets, dtypes and feedback; what is refused,
and what is said beforehand."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.networks import gradients, small_batch, small_net, worst_relative_error
from trevsnn_lite.meters.memory import step_memory
from trevsnn_lite.reversible import ReconstructionWarning, reconstruction_error


def error(memory: str, **changes) -> float:
    seed, dtype = changes.get("seed", 0), changes.get("dtype", torch.float32)
    images, target = small_batch(seed, dtype=dtype)
    expected = gradients(small_net("store", **changes), images, target)
    assert expected["decay"].abs().min() > 0, "the test must reach the decays"
    return worst_relative_error(gradients(small_net(memory, **changes), images, target), expected)


@pytest.mark.parametrize(
    ("time_steps", "seed", "reset"),
    [
        (2, 0, "soft"),
        (2, 1, "none"),
        (4, 2, "soft"),
        (8, 0, "none"),
        (8, 1, "soft"),
        (32, 0, "none"),
    ],
)
def test_recompute_and_taped_give_the_gradients_of_plain_autograd(time_steps, seed, reset):
    images, target = small_batch(seed)
    given = {"time_steps": time_steps, "seed": seed, "reset": reset}
    expected = gradients(small_net("store", **given), images, target)
    assert expected["decay"].abs().min() > 0, "the test must reach the decays"
    for memory, bound in (("recompute", 1e-5), ("taped", 1e-4)):
        found = gradients(small_net(memory, **given), images, target)
        assert worst_relative_error(found, expected) <= bound, memory


FORMER = {
    "sharing": "none",
    "feedback": "all-levels",
    "read_out": "every",
    "last_stride": 2,
}


@pytest.mark.parametrize("changes", [
    FORMER, {"feedback": "none"}, {"decay": 1.0}, {"decay": 1 / 11},
    {"decay": 0.9, "surrogate": "sigmoid"}, {"surrogate": "arctan", "reset": "soft"},
    {"widths": (7,)}, {"blocks_per_level": 2, "kernel_size": 3}, {"stem_stride": 4},
    {"decay": 1 / 11, "reset": "soft"}, {"surrogate": "triangle", "threshold": -0.25},
], ids=str)  # fmt: skip
def test_taped_holds_for_every_configuration(changes):
    assert error("taped", time_steps=8, **changes) <= 1e-4


@pytest.mark.parametrize("memory", ["recompute", "taped"])
def test_in_float64(memory):
    assert error(memory, time_steps=16, dtype=torch.float64) <= 1e-9


def test_recompute_bears_a_hard_reset():
    assert error("recompute", time_steps=8, reset="hard") <= 1e-5


def test_reversible_holds_for_four_steps_and_is_wrong_after_sixteen():
    assert error("reversible", time_steps=4) <= 1e-4
    with pytest.warns(ReconstructionWarning):
        assert error("reversible", time_steps=16) > 0.1


def test_reversible_says_beforehand_with_numbers_when_it_cannot_hold():
    images, _ = small_batch()
    with pytest.warns(
        ReconstructionWarning,
        match=r"divides by the decay 0.5 15 times.*error of about 3.9e-03.*Use memory='taped'",
    ):
        small_net("reversible", time_steps=16)(images)
    assert reconstruction_error(10, 0.5) < 1e-4 < reconstruction_error(11, 0.5)  # at T = 12
    assert reconstruction_error(16, 0.5, torch.float64) < 1e-4


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "changes",
    [
        {"time_steps": 4},
        {"time_steps": 12, "decay": 1.0},
        {"time_steps": 12, "dtype": torch.float64},
    ],
    ids=str,
)
def test_reversible_says_nothing_where_it_holds(changes):
    small_net("reversible", **changes)(small_batch(dtype=changes.get("dtype", torch.float32))[0])


@pytest.mark.parametrize(
    ("memory", "reset"), [("reversible", "soft"), ("reversible", "hard"), ("taped", "hard")]
)
def test_a_reset_that_cannot_be_undone_is_refused(memory, reset):
    with pytest.raises(ValueError, match=f"memory='{memory}' cannot undo reset='{reset}'"):
        small_net(memory, reset=reset)(small_batch()[0])


def test_states_and_images_that_need_gradients_get_them():
    def run(memory):
        net, (images, target) = small_net(memory, time_steps=4), small_batch()
        images.requires_grad_()
        _, states = net(images.detach(), return_states=True)
        states = [state.detach().requires_grad_() for state in states]
        logits, finals = net(images, states, return_states=True)
        loss = cross_entropy(logits.mean(0), target) + sum(
            final.square().mean() for final in finals
        )
        return torch.autograd.grad(loss, [images, *states])

    for found, expected in zip(run("taped"), run("store")):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-8)


def test_gradients_accumulate_and_hooks_fire():
    net, (images, target) = small_net("taped"), small_batch()
    once, seen = gradients(net, images, target), []
    for parameter in net.parameters():
        parameter.register_post_accumulate_grad_hook(lambda p: seen.append(p))
    cross_entropy(net(images).mean(0), target).backward()
    assert {id(p) for p in seen} >= {id(p) for p in net.parameters() if p.grad is not None}
    for name, parameter in net.named_parameters():
        if name in once:
            torch.testing.assert_close(parameter.grad, 2 * once[name])


def test_frozen_parameters_get_no_gradient_and_change_no_other():
    images, target = small_batch()
    expected = gradients(small_net("store"), images, target)
    net = small_net("taped")
    net.encoder.requires_grad_(False), net.subnets[1].requires_grad_(False)
    found = gradients(net, images, target)
    assert not any(name.startswith(("encoder", "subnets.1.")) for name in found)
    assert worst_relative_error(found, {name: expected[name] for name in found}) <= 1e-5


def test_a_second_derivative_is_refused_with_a_sentence():
    net, (images, target) = small_net("taped"), small_batch()
    loss = cross_entropy(net(images).mean(0), target)
    with pytest.raises(RuntimeError, match="asks for a second derivative, which spikes lack"):
        torch.autograd.grad(loss, list(net.parameters()), create_graph=True, allow_unused=True)


def test_the_peak_does_not_grow_with_t_and_the_tape_costs_bits():
    images, target = small_batch(batch=4)

    def peak(memory, time_steps):
        net = small_net(memory, time_steps=time_steps, widths=(16, 16, 16), expansion=1)
        gradients(net, images, target)
        net.zero_grad(set_to_none=True)
        return step_memory(lambda: cross_entropy(net(images).mean(0), target).backward()).peak

    store, recompute, taped = (
        {t: peak(memory, t) for t in (3, 9)} for memory in ("store", "recompute", "taped")
    )
    assert store[9] > 2.5 * store[3]
    assert taped[3] < 0.6 * store[3]
    assert taped[9] < 1.1 * taped[3]
    states = 4 * 4 * 16 * (8 * 8 + 4 * 4 + 4 * 4)  # bytes of one step's potentials
    assert recompute[9] - recompute[3] == pytest.approx(6 * states, rel=0.05)
    assert taped[9] - taped[3] < 6 * states / 8


def test_autocast_is_repeated_in_the_backward_pass():
    images, target = small_batch()

    def run(memory):
        net = small_net(memory)
        with torch.autocast("cpu", torch.bfloat16):
            loss = cross_entropy(net(images).mean(0).float(), target)
        loss.backward()
        return {
            name: parameter.grad
            for name, parameter in net.named_parameters()
            if parameter.grad is not None
        }

    assert worst_relative_error(run("taped"), run("store")) <= 1e-2
