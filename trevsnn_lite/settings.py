"""Checks of what configurations are given: one sentence that names the field, the value, and what
is expected."""

import math
from collections.abc import Mapping
from typing import Any

LARGEST = 2**16  # of widths, sizes and counts: a slip of the keyboard, not a network


def check_integers(config: Any, *names: str) -> None:
    """These fields must be integers from 1 to LARGEST."""
    for name in names:
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST:
            raise ValueError(f"{name} is {value!r}, expected an integer from 1 to {LARGEST}.")


def check_widths(widths: Any, of: str, least: int = 1, count: int | None = None) -> tuple[int, ...]:
    """One integer from `least` to LARGEST for each `of` (level, stage): the widths as a tuple."""
    fits = isinstance(widths, (tuple, list)) and len(widths) > 0
    fits = fits and (count is None or len(widths) == count)
    if not fits or not all(
        isinstance(width, int) and not isinstance(width, bool) and least <= width <= LARGEST
        for width in widths
    ):
        some = f"{count} integers" if count else "one integer"
        example = "(64, 128, 256, 384)" if count else "(32, 64, 128)"
        raise ValueError(
            f"widths is {widths!r}, expected {some} from {least} to {LARGEST}, one per {of}, such "
            f"as {example}."
        )
    return tuple(widths)


def check_number(config: Any, name: str, low: float, high: float, above: bool = False) -> None:
    """A number in [low, high], or in (low, high] where it must lie above."""
    value = getattr(config, name)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if (
        not number
        or not math.isfinite(value)
        or not low <= value <= high
        or (above and value == low)
    ):
        interval = f"{'(' if above else '['}{low:g}, {high:g}]"
        raise ValueError(f"{name} is {value!r}, expected a number in {interval}.")


def check_choices(config: Any, choices: Mapping[str, tuple]) -> None:
    """Each field must be one of its choices, of the same type."""
    for name, allowed in choices.items():
        value = getattr(config, name)
        if not any(value == choice and type(value) is type(choice) for choice in allowed):
            raise ValueError(
                f"{name} is {value!r}, expected one of {', '.join(map(str, allowed))}."
            )
