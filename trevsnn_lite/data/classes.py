"""Classes are matched by their names: two sets, or a set and a network, number them alike or are
refused."""

import unicodedata
from collections.abc import Sequence

SHOWN = 5  # names in a sentence


def difference(found: Sequence[str], wanted: Sequence[str]) -> str:
    """How the class names `found` differ from those `wanted`, in a few words; empty where they are
    the same in the same order."""
    found, wanted = [str(name) for name in found], [str(name) for name in wanted]
    if found == wanted:
        return ""
    extra = [name for name in found if name not in set(wanted)]
    missing = [name for name in wanted if name not in set(found)]
    if not extra and not missing:
        return "the same names in another order"
    meant = {_plain(name): name for name in missing}
    respelt = {name: meant[_plain(name)] for name in extra if _plain(name) in meant}
    kinds = {
        "other capitals, spaces or accents in": [f"{a!r} for {b!r}" for a, b in respelt.items()],
        "missing": [repr(name) for name in missing if name not in respelt.values()],
        "extra": [repr(name) for name in extra if name not in respelt],
    }
    return ", ".join(f"{kind} {_listed(names)}" for kind, names in kinds.items() if names)


def in_order_of(image_set, names: Sequence[str] | None, ours: str, theirs: str, advice: str = ""):
    """`image_set` with its labels numbered by `names`; itself where that changes nothing or either
    side has no names.

    `ours` and `theirs` say in the sentence of the ValueError whose classes differ, `advice` what
    to do.
    """
    found = getattr(image_set, "class_names", None)
    if found is None or names is None or not (differing := difference(found, names)):
        return image_set
    if sorted(map(str, found)) == sorted(map(str, names)) and hasattr(image_set, "renumbered"):
        return image_set.renumbered(tuple(names))
    raise ValueError(
        f"{ours} need the {len(names)} classes of {theirs}; {differing}{advice and ': '}{advice}"
    )


def _plain(name: str) -> str:
    """A name without what is easily written otherwise; macOS writes accents as letters of their
    own."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(
        letter for letter in letters if not (letter.isspace() or unicodedata.combining(letter))
    )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return " and ".join(names) if len(names) == 2 else ", ".join(names[:SHOWN]) + more
