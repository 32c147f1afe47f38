"""A row of plain numbers for each method, timed side by side and weighed; a method that fails is a
row that says so, and the run goes on."""

import gc
import time
import warnings
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from trevsnn_lite.meters.memory import step_memory
from trevsnn_lite.meters.time import StepTime, side_by_side
from trevsnn_lite.reversible import ReconstructionWarning

Made = tuple[nn.Module, Callable[[], None]]
Steps = Mapping[str, Callable[[], Made]]
"""Method -> what makes its network and its training step."""
MEASURED = (
    "parameters",
    "first_seconds",
    "seconds",
    "spread",
    "images_per_second",
    "peak_bytes_per_image",
)


class Progress:
    """What a run says of itself, and whether it may begin something more."""

    def __init__(self, limit_s: float | None = None, shown: bool = False):
        self.limit_s, self.shown, self.started = limit_s, shown, time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def say(self, line: str) -> None:
        if self.shown:
            print(f"[{self.seconds:4.0f} s] {line}", flush=True)

    @property
    def late(self) -> str:
        """Why nothing more is begun; empty as long as there is time."""
        return (
            f"not measured: the run's {self.limit_s} s were over"
            if self.limit_s is not None and self.seconds > self.limit_s
            else ""
        )


class Guarded:
    """A method that notes its first failure in place of raising it, lets go of all that it holds,
    and does nothing from then on."""

    def __init__(self, make: Callable[[], Made], device: str, late: str = ""):
        self.device, self.failure, self.parameters = device, {"error": late} if late else {}, None
        self.net, self.step = self.attempt(make) or (None, None)
        if self.net is not None:
            self.parameters = sum(parameter.numel() for parameter in self.net.parameters())

    def attempt(self, function: Callable[[], object]):
        """What function() returns when the device is done with it; None where it, or something
        before it, failed."""
        if self.failure:
            return None
        try:
            found = function()
            if on_cuda(self.device):
                torch.cuda.synchronize(self.device)
            return found
        except Exception as error:
            self.failure = _sentence(error)
        self.net = self.step = (
            None  # here, where the error's traceback no longer holds a failed step's tensors
        )
        free(self.device)
        return None

    def __call__(self) -> None:
        self.attempt(lambda: self.step())


def rows_of(
    steps: Steps,
    about: dict,
    images: int,
    rounds: int,
    device: str,
    late: str = "",
    expected: Mapping[str, Tensor] | None = None,
) -> list[dict]:
    """A row a method: seconds of the processor (of the clock on a GPU), of the first call and the
    median; how many times as long as the first method (the median of
    the rounds' ratios); images a second; peak activation bytes an image.

    Without parameters and gradients; on CUDA these are taken off as they are after the step, so
    that the peak can be short by the gradients, and
    `cuda_peak_bytes` is the allocator's peak with them, as if the network were alone. expected:
    gradients, for `gradient_error` (see `worst_error`).
    Numbers of a method that failed are None, beside "out_of_memory": true or an "error"; all of
    them where `late` says why they are not measured."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ReconstructionWarning
        )  # its time and memory are shown, its gradients are the exactness rows'
        clock = time.perf_counter if on_cuda(device) else time.process_time
        methods, first = {}, {}
        for name, make in steps.items():
            methods[name] = Guarded(make, device, late)
            begin = clock()
            methods[name]()
            first[name] = clock() - begin
        times = side_by_side(methods, rounds, 0, clock)
        rows = [
            {
                **about,
                "method": name,
                "images": images,
                **_numbers(method, first[name], times[name], images, expected),
            }
            for name, method in methods.items()
        ]
        reference = next(iter(times))
        for name, row in zip(methods, rows):
            row["seconds_over_first"] = (
                None
                if methods[reference].failure or methods[name].failure
                else times[name].over(times[reference])
            )
    del methods  # or the networks would outlive the next line
    free(device)
    return rows


def _numbers(
    method: Guarded,
    first: float,
    took: StepTime,
    images: int,
    expected: Mapping[str, Tensor] | None,
) -> dict:
    if not method.failure:
        method.net.zero_grad(set_to_none=True)
    memory = method.attempt(lambda: step_memory(method.step, method.device))
    if memory is None:
        return dict.fromkeys(MEASURED) | {"parameters": method.parameters} | method.failure
    found = dict(
        zip(
            MEASURED,
            (
                method.parameters,
                first,
                took.median,
                took.spread,
                images / took.median,
                memory.peak / images,
            ),
        )
    )
    if on_cuda(method.device):
        found["cuda_peak_bytes"] = (
            memory.peak
            + memory.kept
            + sum(tensor.nbytes for tensor in (*method.net.parameters(), *method.net.buffers()))
        )
    if expected is not None:
        found["gradient_error"] = worst_error(method.net, expected)
    return found


def gradients(net: nn.Module, step: Callable[[], None]) -> dict[str, Tensor]:
    """Parameter -> its gradient after one step, of those that it reaches."""
    step()
    return {
        name: parameter.grad.clone()
        for name, parameter in net.named_parameters()
        if parameter.grad is not None
    }


def worst_error(net: nn.Module, expected: Mapping[str, Tensor]) -> float:
    """The largest error of a gradient that `net` holds, relative to the largest entry of the same
    parameter's expected one; the worst parameter's."""
    found = {
        name: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        for name, parameter in net.named_parameters()
    }
    return max(
        ((found[name] - grad).abs().max() / grad.abs().max().clamp(min=1e-12)).item()
        for name, grad in expected.items()
    )


def ratio(above: float | None, below: float | None) -> float | None:
    """above / below; None where one of them was not measured."""
    return None if above is None or not below else above / below


def on_cuda(device: str | torch.device) -> bool:
    return torch.device(device).type == "cuda"


def free(device: str) -> None:
    """Give back what nothing refers to any longer."""
    gc.collect()
    if on_cuda(device):
        torch.cuda.empty_cache()


def _sentence(error: Exception) -> dict:
    if isinstance(error, torch.OutOfMemoryError):
        return {"out_of_memory": True}
    return {"error": " ".join(f"{type(error).__name__}: {error}".split())[:300]}
