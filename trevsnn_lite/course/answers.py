"""What the checks of exercises compare: an answer as plain Python values, whatever library its
numbers are of, and which of the known answers it is."""

import copy
import itertools
from collections.abc import Callable

MOST = 10**6  # items that are taken of an iterable


def plain(value):
    """The value in Python's own types: numbers of any library and arrays of no dimension become
    numbers, tensors, arrays, tuples, sets and other iterables lists, however deep they stand.
    TypeError for what holds no number, string or truth value."""
    if hasattr(value, "tolist"):  # a tensor, an array, or a scalar of either
        value = value.tolist()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if hasattr(value, "__float__"):  # a fraction, a decimal
        return float(value)
    if hasattr(value, "__iter__"):
        return [plain(item) for item in itertools.islice(value, MOST)]
    raise TypeError(
        f"a {type(value).__name__} was given, expected a number, string, list, array, tensor or "
        "dict of these."
    )


def same(got, wanted, atol: float = 1e-6, rtol: float = 0.0) -> bool:
    """Whether the plain value `got` has the structure of `wanted`, its strings, and its numbers to
    atol + rtol * |wanted|. A number may stand in a list of its own; NaN is no number's equal."""
    if isinstance(wanted, dict):
        return (
            isinstance(got, dict)
            and set(got) == set(wanted)
            and all(same(got[key], wanted[key], atol, rtol) for key in wanted)
        )
    if isinstance(wanted, (list, tuple)):
        return (
            isinstance(got, list)
            and len(got) == len(wanted)
            and all(same(a, b, atol, rtol) for a, b in zip(got, wanted))
        )
    while isinstance(got, list) and len(got) == 1:
        got = got[0]
    if isinstance(wanted, str) or not isinstance(got, (int, float)):
        return got == wanted
    return abs(got - wanted) <= atol + rtol * abs(wanted)


def named(answer, known: dict, atol: float = 1e-6, rtol: float = 0.0) -> str | None:
    """The name of the first known value that the answer is the same as, else "other". `known`:
    value -> name, None for the right ones."""
    found = (name for value, name in known.items() if same(answer, value, atol, rtol))
    return next(found, "other")


def told_apart(
    function: Callable,
    cases: list[tuple],
    models: dict[str | None, Callable],
    atol: float = 1e-5,
    rtol: float = 1e-5,
) -> str | None:
    """The name of the first model that gives back what `function` does in every case, else "other".
    `models`: name -> a function with that mistake, None for the right one. Every call gets its own
    copy of the case."""
    got = [function(*copy.deepcopy(case)) for case in cases]
    for name, model in models.items():
        wanted = (plain(model(*copy.deepcopy(case))) for case in cases)
        if all(same(one, value, atol, rtol) for one, value in zip(got, wanted)):
            return name
    return "other"
