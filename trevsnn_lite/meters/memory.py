"""Training memory of one step, from the allocator's own events, so that nothing kept on `ctx`,
packed or hidden escapes it."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch


class StepMemory(NamedTuple):
    """Bytes. `peak`: the most that a step holds at once of what it frees again (activations and
    workspace); `kept`: what it leaves behind (gradients)."""

    peak: int
    kept: int


@contextmanager
def short_collections() -> Iterator[None]:
    """Collect garbage now, and inside only among what is made inside: not among all that torch has
    loaded, which takes longer than a small step. What the caller has frozen stays so."""
    gc.collect()
    frozen = gc.get_freeze_count()
    gc.freeze()
    try:
        yield
    finally:
        if not frozen:
            gc.unfreeze()


def step_memory(step: Callable[[], object], device: torch.device | str = "cpu") -> StepMemory:
    """Run step() once and meter it. Gradients must be None before, so that they count as `kept`;
    memory allocated earlier (parameters) does not count.
    What libraries allocate at their first use would: run the step once before.

    On the CPU every allocation and its release is an event of torch's profiler; on CUDA the caching
    allocator's peak counter is read."""
    if torch.device(device).type == "cuda":
        gc.collect()
        return _cuda_memory(step, device)
    # Else the profiler remarks on stderr that there is no GPU.
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")
    # torch.profiler would also build tables: 3 times slower.
    profile = torch.autograd.profiler.profile(use_kineto=True, profile_memory=True)
    with short_collections(), profile as profiler:
        step()
        gc.collect()
    return _replay(_allocations(profiler.kineto_results.experimental_event_tree()))


def kept_for_backward(forward: Callable[[], object], device: torch.device | str = "cpu") -> int:
    """Bytes that forward() leaves alive as long as its result is, the result itself included: what
    waits for the backward pass.

    Give a function that returns the loss or the logits, with gradients enabled. Parameters and
    inputs, allocated earlier, do not count; whatever
    autograd holds does, whether in saved tensors, on a function's `ctx`, or packed."""
    results = []
    return step_memory(lambda: results.append(forward()), device).kept


def _allocations(roots) -> list[tuple[int, int, int]]:
    """(time, pointer, signed bytes) of every allocator event below the roots of the profiler's
    event tree, in order of time."""
    found, pending = [], list(roots)
    while pending:
        event = pending.pop()
        pending.extend(event.children)
        if event.tag == torch._C._profiler._EventType.Allocation:
            found.append(
                (event.start_time_ns, event.extra_fields.ptr, event.extra_fields.alloc_size)
            )
    return sorted(found, key=lambda event: event[0])


def _replay(events: list[tuple[int, int, int]]) -> StepMemory:
    """Walk through the events: an allocation that is never released is `kept`, the others make the
    peak."""
    lifetimes, alive = [], {}
    for index, (_, pointer, size) in enumerate(events):
        if size > 0:
            alive[pointer] = (index, size)
        elif pointer in alive:
            begin, allocated = alive.pop(pointer)
            lifetimes += [(begin, allocated), (index, -allocated)]
    running = peak = 0
    for _, size in sorted(lifetimes):
        running += size
        peak = max(peak, running)
    return StepMemory(peak, sum(size for _, size in alive.values()))


def _cuda_memory(step: Callable[[], object], device: torch.device | str) -> StepMemory:
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    step()
    torch.cuda.synchronize(device)
    kept = torch.cuda.memory_allocated(device) - before
    return StepMemory(torch.cuda.max_memory_allocated(device) - before - kept, kept)
