"""Codes: two bits of a potential give the spikes and the gradients that the potential gave, bit for
bit, and only where they are asked for."""

import threading

import pytest
import torch

from tests.networks import coded, gradients, small_batch, small_net
from trevsnn_lite import TRevSNN, codes, reversible, undoing
from trevsnn_lite.config import ReleasedConfig
from trevsnn_lite.convolution import Conv2d
from trevsnn_lite.meters.memory import kept_for_backward
from trevsnn_lite.released import network as released
from trevsnn_lite.spikes import spike, through_surrogate

EDGES = [
    -0.0,
    0.0,
    0.5,
    1.0,
    0.49999997,
    0.99999994,
    1.0000001,
    -1e-38,
    -1e-7,
    -1.0,
    2.0,
    1e30,
    -1e30,
]  # around a window that is centred on 0.5, and far away


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize(
    ("threshold", "dtype"),
    [(0.5, torch.float32), (1.0, torch.float32), (0.3, torch.float64), (0.5, torch.bfloat16)],
)
def test_spikes_and_windows_come_back(threshold, dtype, memory_format):
    torch.manual_seed(0)
    u = (
        torch.cat(
            [torch.tensor(EDGES) + (threshold - 0.5), torch.randn(3 * 5 * 7 * 2 - len(EDGES))]
        )
        .to(dtype)
        .view(3, 5, 7, 2)
        .contiguous(memory_format=memory_format)
    )
    spikes, window = (
        (u >= threshold).to(dtype),
        through_surrogate(torch.ones_like(u), u, threshold, "rectangle"),
    )
    code, layout = codes.write(spikes, u, threshold)
    found = codes.read(code, layout)
    assert code.dtype == torch.uint8 and code.numel() == -(-u.numel() // 4)
    for tensor in found:
        assert tensor.dtype == dtype and tensor.stride() == u.stride()
    assert (
        torch.equal(found[0], spikes)
        and torch.equal(found[1], window)
        and 0 < window.sum() < u.numel()
    )


def convolved(coded: bool, surrogate="rectangle", leaf=False, groups=1):
    """(bytes kept without the weights, gradients) of a convolution of spikes."""
    torch.manual_seed(0)
    conv = Conv2d(8, 8, 3, padding=1, groups=groups)
    v = torch.randn(4, 8, 6, 6).contiguous(memory_format=torch.channels_last).requires_grad_()

    def forward():
        with codes.coding(coded):
            return conv(spike(v if leaf else v.flip(0), 0.5, surrogate, remember=True))

    return kept_for_backward(forward) - v.nbytes, torch.autograd.grad(
        forward().square().sum(), [v, *conv.parameters()]
    )  # the output is of v's size


@pytest.mark.parametrize("groups", [1, 8])
def test_a_convolution_keeps_codes_and_gives_the_same_gradients(groups):
    (kept, found), (whole, expected) = (
        convolved(True, groups=groups),
        convolved(False, groups=groups),
    )
    assert (kept, whole) == (4 * 8 * 36 // 4, 4 * 8 * 36 * 4)
    assert all(torch.equal(*pair) for pair in zip(found, expected)) and found[0].abs().max() > 0


@pytest.mark.parametrize("what", [{"surrogate": "arctan"}, {"leaf": True}], ids=str)
def test_no_codes_where_they_would_not_do_or_would_save_nothing(what):
    (kept, found), (whole, expected) = convolved(True, **what), convolved(False, **what)
    assert kept == whole and all(torch.equal(*pair) for pair in zip(found, expected))


def test_the_context_ends_with_an_error_and_holds_for_its_thread_alone():
    source, seen = (
        type(
            "Source",
            (),
            {"surrogate": "rectangle", "potential": torch.ones(1, requires_grad=True) * 2},
        ),
        [],
    )
    with pytest.raises(KeyError), codes.coding():
        assert codes.is_coded(source)
        other = threading.Thread(target=lambda: seen.append(codes.is_coded(source)))
        other.start(), other.join()
        with codes.coding(False):
            assert not codes.is_coded(source)
        raise KeyError
    assert not codes.is_coded(source) and seen == [False]


def released_net(memory: str) -> released.ReleasedTRevSNN:
    return released.ReleasedTRevSNN(
        ReleasedConfig(widths=(8, 8, 8, 8), image_size=32, num_classes=5), memory, seed=0
    )


def small_coded_net(memory: str) -> TRevSNN:
    return coded(small_net(memory))


@pytest.mark.parametrize("make", [small_coded_net, released_net])
@pytest.mark.parametrize("memory", ["recompute", "taped"])
def test_graphs_of_codes_give_a_training_step_the_same_gradients(memory, make, monkeypatch):
    images, target = small_batch(size=32 if make is released_net else 16)

    def run():
        made = []
        plain = codes.write
        monkeypatch.setattr(codes, "write", lambda *given: made.append(given) or plain(*given))
        found = gradients(make(memory), images, target)
        monkeypatch.setattr(codes, "write", plain)
        return found, len(made)

    found, with_codes = run()
    monkeypatch.setattr(undoing, "KEPT_OF_CODES", ())
    expected, rebuilt = run()
    assert with_codes > 8 and rebuilt == 0
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_under_autocast_convolutions_are_torch_s_and_fewer_graphs_wait(monkeypatch):
    asked, plain = [], reversible.kept_graphs
    monkeypatch.setattr(
        reversible, "kept_graphs", lambda *given: asked.append(given[-1]) or plain(*given)
    )
    net, (images, _) = small_coded_net("taped"), small_batch()
    net(images)
    with torch.autocast("cpu", torch.bfloat16):
        net(images)
    assert asked == [True] * net.steps + [False] * net.steps
