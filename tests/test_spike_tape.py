"""The tape: packing, the number of bits, and exact recovery over a grid of decays, sizes, dtypes
and resets."""

import pytest
import torch

from trevsnn_lite.spike_tape import GRID, bits_needed, leak_and_add, pack, read, snap, unpack, write


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("shape", [(16,), (3, 5, 7)])
def test_packing_is_lossless_and_small(bits, shape):
    values = torch.randint(
        0, 2**bits, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    packed = pack(values, bits)
    assert torch.equal(unpack(packed, bits, values.shape), values)
    assert packed.numel() == -(-values.numel() * bits // 8)


@pytest.mark.parametrize(
    ("decay", "largest", "bits"),
    [
        (1.0, 1, 1),
        (0.5, 3.9, 2),
        (1 / 3, 3.9, 2),
        (0.28, 3.9, 4),
        (0.5, 4.1, 4),
        (0.5, 15.9, 4),
        (0.5, 31.9, 8),
        (1 / 11, 3.9, 4),
        (1 / 64, 3.9, 8),
        (1 / 300, 3.9, None),
        (0.5, 1e4, None),
    ],
)
def test_bits_needed_by_hand(decay, largest, bits):
    assert bits_needed(decay, largest, torch.float32) == bits


def test_no_bits_hold_what_is_not_finite():
    assert bits_needed(0.5, float("nan"), torch.float32) is None
    assert bits_needed(0.5, float("inf"), torch.float32) is None
    assert bits_needed(-0.5, 1.0, torch.float32) is None  # callers give its absolute value


@pytest.mark.parametrize("reset", ["none", "soft"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
@pytest.mark.parametrize("decay", [0.02, 1 / 11, 0.25, 0.5, 0.9, 1.0])
def test_sixty_four_steps_come_back_bit_for_bit(decay, scale, dtype, reset):
    random, threshold = torch.Generator().manual_seed(0), 0.5
    lam = torch.tensor(decay, dtype=dtype)
    v = snap(torch.randn(999, generator=random, dtype=torch.float64) * scale, dtype)
    currents = torch.randn(64, 999, generator=random, dtype=dtype) * scale
    potentials, tape = [v], []
    for current in currents:
        spikes = v >= threshold if reset == "soft" else None
        v_next = leak_and_add(v - threshold * spikes if reset == "soft" else v, lam, current)
        tape.append(write(v, v_next, lam, spikes))
        potentials.append(v := v_next)
    for t in reversed(range(64)):
        v = read(tape[t], v, currents[t], lam, threshold)
        assert torch.equal(v, potentials[t]), f"step {t}"
    assert tape[5].bits is not None or scale == 30.0 or decay < 0.05, (
        "the float was kept where bits would do"
    )


@pytest.mark.parametrize("reset", ["none", "soft"])
def test_only_what_lies_beyond_four_takes_more_bits(reset):
    """Potentials of a convolution's layout, one in a hundred of them large, decays by channel."""
    random, threshold = torch.Generator().manual_seed(0), 0.5
    shape = 4, 6, 8, 8
    lam = torch.linspace(0.4, 0.9, 6).view(-1, 1, 1)
    scale = torch.where(torch.rand(shape, generator=random) < 0.02, 4.0, 0.5)
    v = snap(torch.randn(shape, generator=random) * scale, torch.float32)
    current = torch.randn(shape, generator=random) * scale
    v, current = (x.to(memory_format=torch.channels_last) for x in (v, current))
    spikes = v >= threshold if reset == "soft" else None
    v_next = leak_and_add(v - threshold * spikes if reset == "soft" else v, lam, current)
    entry, beyond = write(v, v_next, lam, spikes), v_next.abs() >= 4
    assert 0 < beyond.sum() < 0.05 * v.numel()
    assert (entry.bits, entry.few.bits) == (2, 4)
    assert entry.data.numel() == v.numel() // 4
    assert entry.few.data.numel() == -(-beyond.sum() // 2)
    assert torch.equal(read(entry, v_next, current, lam, threshold), v)
    assert not torch.equal(read(entry._replace(few=None), v_next, current, lam, threshold), v)


def test_what_was_rounded_to_four_has_more_bits_too():
    """2^24 + 1 units become 2^24 in float32, which is 4: an error of one unit more."""
    units = GRID[torch.float32]
    v, current = torch.zeros(64), torch.zeros(64)
    v[7], current[7], lam = 3.0 + 2 * units, 2.5, torch.tensor(0.5)
    v[8], current[8] = 3.0 + 6 * units, 2.5 - 2 * units
    v_next = leak_and_add(v, lam, current)
    assert v_next[7:9].eq(4.0).all()
    entry = write(v, v_next, lam, None)
    assert entry.few is not None
    assert torch.equal(read(entry, v_next, current, lam, 0.5), v)


def test_where_most_lie_beyond_four_all_take_the_same_bits():
    v = snap(torch.full((64,), 6.0) + torch.rand(64), torch.float32)
    lam, current = torch.tensor(0.5), torch.full((64,), 3.0)
    entry = write(v, v_next := leak_and_add(v, lam, current), lam, None)
    assert (entry.bits, entry.few) == (4, None)
    assert torch.equal(read(entry, v_next, current, lam, 0.5), v)


def test_leaking_on_the_grid_is_eq_1_to_half_a_grid_unit():
    v, x = snap(torch.randn(1000, dtype=torch.float64), torch.float32), torch.randn(1000)
    exact = 0.5 * v.double() + x.double()
    small = exact.abs() < 4
    assert (leak_and_add(v, torch.tensor(0.5), x).double() - exact)[small].abs().max() <= GRID[
        torch.float32
    ] / 2


def test_the_gradients_of_leaking_are_those_without_the_grid():
    v, decay, x = (
        torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((7,), (), (7,))
    )
    weights = torch.randn(7, dtype=torch.float64)
    ours = torch.autograd.grad((leak_and_add(v, decay, x) * weights).sum(), (v, decay, x))
    plain = torch.autograd.grad(((decay * v + x) * weights).sum(), (v, decay, x))
    torch.testing.assert_close(ours, plain)
