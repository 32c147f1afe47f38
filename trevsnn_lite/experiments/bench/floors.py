"""The limits that a training step is held against, from the same run: the time inside its
convolutions, and the memory of its largest level."""

import os
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from trevsnn_lite.convolution import Conv2d
from trevsnn_lite.meters.memory import kept_for_backward
from trevsnn_lite.recurrence import Cell, step


class Floor(NamedTuple):
    """Seconds of the processor, or of the GPU in its kernels, inside the convolutions of one step
    of plain autograd."""

    forward: float
    backward: float

    @property
    def store(self) -> float:
        return self.forward + self.backward

    @property
    def taped(self) -> float:
        """Of all that compute the forward pass twice."""
        return 2.0 * self.forward + self.backward


def convolution_floor(
    net: nn.Module, run: Callable[[], object], rounds: int, plain: bool = True
) -> Floor:
    """Medians over `rounds` calls of run(), a whole training step of `net` under memory="store",
    after one that warms up.

    plain: with torch's own kernels (oneDNN, channels-last on CPUs), in place of the backward pass
    of `trevsnn_lite.convolution`."""
    convolutions = [module for module in net.modules() if isinstance(module, Conv2d)]
    measure = _kernels_of if next(net.parameters()).is_cuda else _clocked
    before = [vars(module).get("plain") for module in convolutions]
    for module in convolutions:
        module.plain = plain
    try:
        run()
        found = [measure(convolutions, run) for _ in range(rounds)]
    finally:
        for module, kernels in zip(convolutions, before):
            if kernels is None:
                del module.plain
            else:
                module.plain = kernels
    return Floor(*(statistics.median(column) for column in zip(*found)))


def memory_floor(cell: Cell, inputs: Tensor) -> int:
    """Bytes: what the largest level of one step keeps for its backward pass, plus one step's
    potentials."""
    with torch.no_grad():
        old, *_ = step(cell, 0, inputs, None)
        new, *_ = step(cell, 1, inputs, old)

    def kept(level: int) -> int:
        below = new[level - 1].detach().requires_grad_() if level else None
        above = [old[i].detach().requires_grad_() for i in cell.feeds(level)]
        image = inputs.detach().requires_grad_()
        return kept_for_backward(
            lambda: cell.current(
                1, level, image, None if below is None else cell.spikes(below), above
            ),
            inputs.device,
        )

    return max(map(kept, range(cell.levels))) + sum(v.nbytes for v in new)


def kernel_seconds(run: Callable[[], object], device: str = "cuda") -> Floor:
    """Seconds inside the kernels that run()'s convolutions start, by torch's profiler: the gaps
    between kernels, in which a GPU waits for launches, do not count.

    On the CPU, seconds inside the operations. Raises RuntimeError where the profiler saw none."""
    os.environ.setdefault(
        "KINETO_LOG_LEVEL", "99"
    )  # else the profiler remarks on stderr that there is no GPU
    kinds = torch.profiler.ProfilerActivity
    with torch.profiler.profile(
        activities=[kinds.CPU] + [kinds.CUDA] * (device == "cuda")
    ) as profiler:
        run()
        if device == "cuda":
            torch.cuda.synchronize()
    column = "device_time_total" if device == "cuda" else "cpu_time_total"
    microseconds = {event.key: getattr(event, column) for event in profiler.key_averages()}
    found = Floor(
        *(
            microseconds.get(f"aten::{name}", 0) * 1e-6
            for name in ("convolution", "convolution_backward")
        )
    )
    if not (found.forward and found.backward):
        raise RuntimeError(
            f"the profiler saw no time of the {device} inside convolutions: {found}."
        )
    return found


def _kernels_of(convolutions: list[Conv2d], run: Callable[[], object]) -> Floor:
    return kernel_seconds(run)


def _clocked(convolutions: list[Conv2d], run: Callable[[], object]) -> Floor:
    """Seconds of the processor inside each convolution's two passes, in one call of run()."""
    clock = {"forward": 0.0, "backward": 0.0}
    for module in convolutions:
        module._conv_forward = _Clocked(module._conv_forward, clock)
    try:
        run()
    finally:
        for module in convolutions:
            del module._conv_forward
    return Floor(**clock)


class _Clocked:
    """A convolution whose forward and backward passes are clocked, each at the place where the step
    runs it."""

    def __init__(self, convolve: Callable[..., Tensor], clock: dict[str, float]):
        self.convolve, self.clock = convolve, clock

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return _ClockedConvolution.apply(self.convolve, self.clock, x, weight, bias)


class _ClockedConvolution(torch.autograd.Function):
    """convolve(x, weight, bias) with its own graph inside, so that its backward pass can be clocked
    as well."""

    @staticmethod
    def forward(
        ctx, convolve: Callable[..., Tensor], clock: dict[str, float], *tensors: Tensor | None
    ) -> Tensor:
        leaves = [
            None if tensor is None else tensor.detach().requires_grad_(tensor.requires_grad)
            for tensor in tensors
        ]
        started = time.process_time()
        with torch.enable_grad():
            output = convolve(*leaves)
        clock["forward"] += time.process_time() - started
        ctx.clock, ctx.inner = clock, (output, leaves)
        return output.detach()

    @staticmethod
    def backward(ctx, grad: Tensor):
        output, leaves = ctx.inner
        wanted = [leaf for leaf in leaves if leaf is not None and leaf.requires_grad]
        started = time.process_time()
        found = iter(torch.autograd.grad(output, wanted, grad))
        ctx.clock["backward"] += time.process_time() - started
        ctx.inner = None
        return (
            None,
            None,
            *(next(found) if leaf is not None and leaf.requires_grad else None for leaf in leaves),
        )
