"""Step times, side by side in one run: only their ratios mean something on another machine."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch


class StepTime(NamedTuple):
    """Seconds: the median of the rounds, half of the range between their quartiles, and each
    round's."""

    median: float
    spread: float
    rounds: tuple[float, ...]

    def over(self, other: "StepTime") -> float:
        """How many times as long as the other step, timed in the same rounds: the median of the
        rounds' ratios, in which a slow moment, which meets both, cancels."""
        return statistics.median(
            mine / theirs for mine, theirs in zip(self.rounds, other.rounds, strict=True)
        )


def side_by_side(
    steps: Mapping[str, Callable[[], object]],
    rounds: int = 7,
    warm_up: int = 2,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, StepTime]:
    """Time each step once a round, in turn, so that a slow moment of the machine meets them all
    alike. Raises ValueError for rounds < 2.

    clock: `time.process_time` counts the processor's time on all threads, which other programs on
    the machine change little."""
    if rounds < 2:
        raise ValueError(f"rounds is {rounds}, expected at least 2, for the spread.")
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for count in range(-warm_up, rounds):
        for name, step in steps.items():
            begin = clock()
            step()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if count >= 0:
                seconds[name].append(clock() - begin)
    return {
        name: StepTime(statistics.median(found), _half_range(found), tuple(found))
        for name, found in seconds.items()
    }


def _half_range(found: list[float]) -> float:
    lower, _, upper = statistics.quantiles(found, n=4)
    return (upper - lower) / 2
