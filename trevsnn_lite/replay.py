"""Running a piece of a network twice with one effect: the same autocast, the same random numbers,
and BatchNorm statistics updated once."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def autocast_state(like: Tensor) -> dict:
    """The arguments of torch.autocast that repeat the present state on `like`'s device; without its
    cache, which would keep casts made without a graph."""
    kind = like.device.type
    return {
        "device_type": kind,
        "dtype": torch.get_autocast_dtype(kind),
        "enabled": torch.is_autocast_enabled(kind),
        "cache_enabled": False,
    }


def random_state(cell: object, like: Tensor) -> tuple[Tensor, Tensor | None, torch.device] | None:
    """The generators' states on the CPU and on `like`'s device, if the cell says that it draws
    random numbers (`cell.draws_random`)."""
    if not getattr(cell, "draws_random", False):
        return None
    on_device = torch.cuda.get_rng_state(like.device) if like.is_cuda else None
    return torch.get_rng_state(), on_device, like.device


@contextmanager
def random_state_of(state: tuple[Tensor, Tensor | None, torch.device] | None):
    """Draw again the numbers that followed `state`, and leave the generators as they were found."""
    if state is None:
        yield
        return
    on_cpu, on_device, device = state
    with torch.random.fork_rng(devices=[device] if on_device is not None else []):
        torch.set_rng_state(on_cpu)
        if on_device is not None:
            torch.cuda.set_rng_state(on_device, device)
        yield


@contextmanager
def statistics_frozen(cell: object):
    """BatchNorm layers normalise by the batch as they did forwards, but do not count it into their
    running statistics a second time."""
    norms = list(_norms(cell)) if isinstance(cell, nn.Module) else []
    before = [(norm, norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum, norm.num_batches_tracked = 0.0, None
    try:
        yield
    finally:
        for norm, momentum, count in before:
            norm.momentum, norm.num_batches_tracked = momentum, count


def _norms(module: nn.Module) -> Iterator[nn.Module]:
    """All BatchNorm layers, a shared one as often as it is used; `modules()` takes ten times as
    long, for it makes names."""
    if isinstance(module, nn.modules.batchnorm._BatchNorm):
        yield module
    for child in module._modules.values():
        if child is not None:
            yield from _norms(child)
