"""Values that the book states, each under an id in one file (data/expected.json), and `expect`,
which holds what a cell computed to them."""

import json
import math
import os
import pathlib
import sys

FIELDS = {"value", "rtol", "atol", "decimals", "at_most", "at_least", "note"}


def expect(id: str, value):
    """Hold `value` (number, string, list, array, tensor, or dict of these) to the entry `id`, say
    nothing, and return the value that the book states; for an entry of bounds, `value` itself. A
    table or a figure made from what is returned is the same on every machine.

    Raises AssertionError where they differ, KeyError for an unknown id. With TREVSNN_RECORD=1 in
    the environment a new or differing value is written to the file instead, and said on stderr;
    bounds (at_most, at_least) are never changed by a run. With TREVSNN_TELL=1 each value that holds
    is a printed line."""
    got = plain(value)
    entries = load()
    if os.environ.get("TREVSNN_RECORD") == "1":
        entries = _record_if_needed(id, got, entries)
    if id not in entries:
        advice = (
            "run this cell once with TREVSNN_RECORD=1, or call "
            f"course.expected.record({id!r}, value, atol=...)."
        )
        if (
            expected_file().parent.name == "_data"
        ):  # of an installed wheel: the reader has nothing to record
            advice = "the installed library is of another version than this chapter."
        raise KeyError(f"{id!r} is not in {expected_file().name}: {advice}")
    fault = difference(id, entries[id], got)
    assert fault is None, fault
    if os.environ.get("TREVSNN_TELL") == "1":
        print(told(id, entries[id]))
    return entries[id].get("value", got)


def told(id: str, entry: dict) -> str:
    """The line of a value that holds: built from the entry alone, so that it is the same on every
    run."""
    return f"{id}: {_promise(entry)}"


def expected_ids(chapter: str) -> list[str]:
    """All ids of a chapter ("03"), sorted."""
    return sorted(id for id in load() if id.startswith(f"{chapter}."))


def record(
    id: str,
    value,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    decimals: int | None = None,
    at_most: float | None = None,
    at_least: float | None = None,
    note: str = "",
) -> None:
    """Write an entry. Give rtol and/or atol, or decimals (half a unit of the last one); or at_most
    and/or at_least, and then no value (None).
    Without a tolerance whole numbers, strings and truth values must be met exactly, other numbers
    to 0.1 %."""
    given = dict(
        rtol=rtol,
        atol=atol,
        decimals=decimals,
        at_most=at_most,
        at_least=at_least,
        note=note or None,
    )
    entry = {name: setting for name, setting in given.items() if setting is not None}
    if value is not None:
        got = plain(value)
        if not {"rtol", "atol", "decimals"} & set(entry) and any(
            isinstance(leaf, float) for leaf in _leaves(got)
        ):
            entry["rtol"] = 1e-3
        entry = {"value": _rounded(got, *tolerance(entry)), **entry}
    _validate(id, entry)
    entries = {**load(), id: entry}
    file = expected_file()
    text = (
        "{\n"
        + ",\n".join(
            f"  {json.dumps(key)}: {json.dumps(entries[key], ensure_ascii=False, allow_nan=False)}"
            for key in sorted(entries)
        )
        + "\n}\n"
    )
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, "utf8")
    os.replace(part, file)
    print(
        f"recorded in {file.name}: {id} = {json.dumps(entry, ensure_ascii=False)}", file=sys.stderr
    )


def expected_file() -> pathlib.Path:
    """data/expected.json of the checkout, its copy in an installed wheel, or the file that
    TREVSNN_EXPECTED names."""
    package = pathlib.Path(__file__).parent.parent
    named = os.environ.get("TREVSNN_EXPECTED")
    places = (
        [pathlib.Path(named)]
        if named
        else [package.parent / "data/expected.json", package / "_data/expected.json"]
    )
    for place in places:
        if place.is_file():
            return place
    raise FileNotFoundError(
        f"The expected values are missing: there is no {' and no '.join(map(str, places))}."
    )


def load() -> dict[str, dict]:
    """All entries by id, each validated."""
    entries = json.loads(expected_file().read_text("utf8"))
    for id, entry in entries.items():
        _validate(id, entry)
    return entries


def difference(id: str, entry: dict, got) -> str | None:
    """One sentence on the first place where `got` leaves the entry, or None."""
    if "value" in entry:
        return _difference(id, entry["value"], got, *tolerance(entry))
    for leaf in _leaves(got):
        if isinstance(leaf, str) or not entry.get("at_least", -math.inf) <= leaf <= entry.get(
            "at_most", math.inf
        ):
            return f"{id}: expected {_promise(entry)[:-3]}, got {leaf!r}."
    return None


def tolerance(entry: dict) -> tuple[float, float]:
    """(rtol, atol) of an entry; zero where it gives none."""
    atol = 0.5000001 * 10.0 ** -entry["decimals"] if "decimals" in entry else entry.get("atol", 0.0)
    return entry.get("rtol", 0.0), atol


def plain(value):
    """Tensors, arrays, tuples and numpy scalars as lists and Python numbers."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"value is of type {type(value).__name__}, expected a number, string, list, "
        "array, tensor or dict of these."
    )


def _record_if_needed(id: str, got, entries: dict) -> dict:
    old = entries.get(id, {})
    if id in entries and ("value" not in old or difference(id, old, got) is None):
        return entries
    record(id, got, **{name: setting for name, setting in old.items() if name != "value"})
    return load()


def _validate(id: str, entry: dict) -> None:
    chapter, _, name = id.partition(".")
    if not (len(chapter) == 2 and chapter.isdigit() and name):
        raise ValueError(
            f"The id is {id!r}, expected a chapter of two digits, a point and a name, "
            "such as '07.undo-rounded'."
        )
    if set(entry) - FIELDS or ("value" in entry) == bool({"at_most", "at_least"} & set(entry)):
        raise ValueError(
            f"The entry {id!r} has the fields {sorted(entry)}, expected 'value' or bounds "
            "('at_most', 'at_least'), and else only rtol, atol, decimals, note."
        )
    if any(
        isinstance(leaf, float) and not math.isfinite(leaf)
        for leaf in _leaves(entry.get("value", 0))
    ):
        raise ValueError(f"The value of {id!r} is not finite: state a bound (at_least) instead.")


def _leaves(value) -> list:
    if isinstance(value, dict):
        value = list(value.values())
    return (
        [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list) else [value]
    )


def _difference(where: str, expected, got, rtol: float, atol: float) -> str | None:
    if isinstance(expected, dict) and isinstance(got, dict) and expected.keys() == got.keys():
        pairs = [(f"{where}[{key}]", expected[key], got[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = [(f"{where}[{i}]", e, g) for i, (e, g) in enumerate(zip(expected, got))]
    elif any(isinstance(side, (dict, list, str, bool)) for side in (expected, got)):
        return (
            None
            if type(expected) is type(got) and expected == got
            else f"{where}: expected {expected!r}, got {got!r}."
        )
    else:
        allowed = atol + rtol * abs(expected)
        return (
            None
            if abs(got - expected) <= allowed
            else f"{where}: expected {number(expected, allowed)}{_within(rtol, atol)}, got {got!r}."
        )
    return next(filter(None, (_difference(*pair, rtol, atol) for pair in pairs)), None)


def _promise(entry: dict) -> str:
    """What the entry holds its value to: built from the entry alone, so that the printed line never
    depends on the run."""
    if "value" not in entry:
        words = {"at_least": "at least", "at_most": "at most"}
        return (
            " and ".join(f"{words[name]} {entry[name]:g}" for name in words if name in entry)
            + "  ✓"
        )
    rtol, atol = tolerance(entry)
    return f"{_shown(entry['value'], rtol, atol)}  ✓{_within(rtol, atol)}"


def _within(rtol: float, atol: float) -> str:
    parts = [f"{atol:.3g}"] * (atol > 0) + [f"{100 * rtol:.3g} %"] * (rtol > 0)
    return f" within {' + '.join(parts)}" if parts else " exactly"


def _shown(value, rtol: float, atol: float, depth: int = 0) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(item, rtol, atol, 1)}" for key, item in value.items())
    if isinstance(value, list):
        text = ", ".join(_shown(item, rtol, atol, 1) for item in value[:12]) + (
            f", ... ({len(value)} in all)" if len(value) > 12 else ""
        )
        return f"[{text}]" if depth else text
    return value if isinstance(value, str) else number(value, atol + rtol * abs(value))


def number(value: float, allowed: float) -> str:
    """The number with as many digits as a tolerance of `allowed` gives meaning to."""
    if isinstance(value, (bool, int)) or value == 0 or allowed == 0:
        return f"{value:.10g}" if isinstance(value, float) else str(value)
    exponent = math.floor(math.log10(abs(value)))
    digits = min(max(exponent - math.floor(math.log10(allowed)) + 1, 1), 10)
    if not -4 <= exponent < 7:
        return f"{value:.{digits - 1}e}"
    places = digits - 1 - exponent
    text = f"{round(value, places):.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rounded(value, rtol: float, atol: float):
    """The value with six digits where the tolerance does not see the difference: easier to read in
    the file."""
    if isinstance(value, dict):
        return {key: _rounded(item, rtol, atol) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item, rtol, atol) for item in value]
    if not isinstance(value, float):
        return value
    short = float(f"{value:.6g}")
    return short if abs(short - value) <= 0.1 * (atol + rtol * abs(value)) else value
