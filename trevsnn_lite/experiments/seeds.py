"""What a few seeds can tell: mean and spread, and the difference of two arms by pairs of equal
seed, with its 95% interval."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import NamedTuple

# Student's t at 97.5% by degrees of freedom: half the width of a 95% interval of a mean, in
# standard errors.
STUDENT = {1: 12.71, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}

FEWEST = 3  # pairs: with two, a chance agreement looks like certainty


class Difference(NamedTuple):
    """Mean of a - b over pairs of one seed (same images in the same order), half the width of its
    95% interval, number of pairs.

    The interval is over seeds: what another draw of test images would change is not in it."""

    mean: float
    margin: float
    seeds: int

    @property
    def told_apart(self) -> bool:
        """Whether there are seeds enough, and the interval leaves out zero."""
        return self.seeds >= FEWEST and abs(self.mean) > self.margin


def difference(a: Mapping[int, float], b: Mapping[int, float]) -> Difference:
    """a - b, each a value by seed. With one seed the margin is infinite. Raises ValueError where
    the seeds differ."""
    if set(a) != set(b) or not a:
        raise ValueError(
            f"the seeds are {sorted(a)} and {sorted(b)}, expected the same ones, at least one."
        )
    found = [a[seed] - b[seed] for seed in a]
    if len(found) == 1:
        return Difference(found[0], float("inf"), 1)
    return Difference(
        mean(found),
        STUDENT.get(len(found) - 1, 2.262) * stdev(found) / len(found) ** 0.5,
        len(found),
    )


def in_words(found: Difference, unit: str, digits: int = 1) -> str:
    """The verdict on one difference: "+0.4 points, 95% interval +-0.6 over 3 seeds: not
    distinguishable here"."""
    if found.seeds < FEWEST:
        return (
            f"{found.mean:+.{digits}f} {unit} from {found.seeds} "
            f"seed{'s' * (found.seeds > 1)}: too few to tell"
        )
    judged = "distinguishable" if found.told_apart else "not distinguishable"
    return (
        f"{found.mean:+.{digits}f} {unit}, 95% interval ±{found.margin:.{digits}f} over "
        f"{found.seeds} seeds: {judged} here"
    )


def cell(values: Sequence[float], digits: int = 1) -> str:
    """Mean ± standard deviation over seeds, for a table."""
    return f"{mean(values):.{digits}f}" + (
        f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    )


def by_seed(arms: Sequence[Mapping], value: str, scale: float = 1.0, **wanted) -> dict[int, float]:
    """{seed: scale * arm[value]} of the arms whose fields are `wanted`."""
    return {
        arm["seed"]: scale * arm[value]
        for arm in arms
        if value in arm and all(arm.get(name) == given for name, given in wanted.items())
    }
