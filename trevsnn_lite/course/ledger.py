"""The ledger: every number of the paper that the book mentions, from data/ledger.json, as the page
book/ledger.md; and which numbers of a text lack their row.

A row: id, group, where (in the paper), quantity, value, unit, confidence, source, status, treated
(the chapters), match (regular expressions that find the
number in a text; where words before it tell whose it is, the number is their one group), note, and
where its value is computed: how (an expression, see `recomputed`) with tolerance (absolute)."""

import json
import re

from trevsnn_lite.course import expected
from trevsnn_lite.course.recomputed import compute

STATUSES = {
    "recomputed here": "counted or run by this book's code; a test fails when it drifts",
    "derived by a formula": "follows from other numbers by a formula that stands in the row",
    "measured at small scale": "we ran the comparison with small networks; the paper's own size "
    "was out of reach",
    "from the authors' log": "the training log that the authors published says so",
    "quoted from another source": "read in the named source, and not checked by us",
    "not checkable": "by us; the row says why",
}
CONFIDENCES = {
    "verified": "read at its source; its row does not repeat this",
    "computed by us": "a calculation of ours",
    "from the authors' log": "read in the log",
    "reported elsewhere": "another text says so; the original is not looked up",
    "from memory": "not looked up",
    "not printed": "the source draws it, and gives no number",
}
FIELDS = {
    "id",
    "group",
    "where",
    "quantity",
    "value",
    "unit",
    "confidence",
    "source",
    "status",
    "treated",
    "match",
}
OPTIONAL = {"note", "how", "tolerance"}
HEAD = """# The ledger of numbers

<!-- Written by python -m tools.pages from data/ledger.json: edit that. -->

Each number of the paper that this book mentions has a row here. A chapter links it where the
number stands. A row says where in the paper the number is, what it is, and **what we did with
it** (the framed words). Where a row says nothing else, its number was read at its source, and the
source is the paper itself: [arXiv 2405.16466v1](https://arxiv.org/abs/2405.16466v1), 26 May 2024,
15 pages; the proceedings' version may differ in places. A row may hold several numbers where one
line of a table or one sentence has them.
"""
PAPER = "the paper, [arXiv 2405.16466v1](https://arxiv.org/abs/2405.16466v1)"
UNSAID = {PAPER, "arithmetic", "no source read"}  # sources that the head, the sum or the mark tells


def load() -> dict:
    """{"groups": {id: title}, "rows": [row, ...]} from data/ledger.json. Raises ValueError with the
    first faulty row."""
    ledger = json.loads((expected.expected_file().parent / "ledger.json").read_text("utf8"))
    seen = set()
    for row in ledger["rows"]:
        fault = _fault(row, ledger["groups"], seen)
        if fault:
            raise ValueError(f"The ledger's row {row.get('id')!r} {fault}.")
        seen.add(row["id"])
    return ledger


def _fault(row: dict, groups: dict, seen: set[str]) -> str | None:
    if not FIELDS <= set(row) <= FIELDS | OPTIONAL:
        return (
            f"has the fields {sorted(row)}, expected {sorted(FIELDS)}, and else only "
            f"{sorted(OPTIONAL)}"
        )
    if row["id"] in seen or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"]):
        return "has an id that stands twice or is not of the form t2-memory-512"
    if (
        row["group"] not in groups
        or row["status"] not in STATUSES
        or row["confidence"] not in CONFIDENCES
    ):
        return "has a group, status or confidence that is not defined"
    if row["status"] == "not checkable" and not row.get("note"):
        return "is not checkable, and has no note that says why"
    if ("how" in row) != ("tolerance" in row) or (
        row["status"] == "recomputed here" and "how" not in row
    ):
        return "needs how and tolerance together, and both where it is recomputed"
    if any(re.compile(pattern).groups > 1 for pattern in row["match"]):
        return "has a pattern with more than one group"
    return None


def printed(row: dict) -> float:
    """The row's value as a number."""
    return float(row["value"].replace(",", ""))


def drift(row: dict) -> str | None:
    """One sentence where the computed value leaves the printed one by more than the tolerance, or
    None."""
    found = compute(row["how"])
    if abs(found - printed(row)) <= row["tolerance"]:
        return None
    return (
        f"{row['id']}: {row['how']} gives {found}, the ledger prints {row['value']} and "
        f"allows {row['tolerance']}."
    )


def links(text: str) -> list[str]:
    """The ids of all links to the ledger in a Markdown text."""
    return re.findall(r"ledger\.md#ledger-([\w-]+)", text)


def cited(text: str) -> set[str]:
    """The ids that a text names: by a link, or in words such as "ledger t2-memory-512" where links
    do not work."""
    return set(links(text)) | set(re.findall(r"\bledger ([a-z0-9]+(?:-[a-z0-9]+)*)", text))


def uncited(text: str, rows: list[dict]) -> list[str]:
    """The paper's numbers in a text none of whose rows is cited in the same text, as "number: id or
    id"."""
    named, owners = cited(text), {}
    for row in rows:
        for pattern in row["match"]:
            for found in re.finditer(rf"(?<![\w.,])(?:{pattern})(?!\d)", text):
                owners.setdefault(found.span(found.re.groups), set()).add(row["id"])
    missing = []
    for (start, end), ids in sorted(owners.items()):
        all_ids = {
            id for (a, b), others in owners.items() if a < end and start < b for id in others
        }
        if not all_ids & named:
            missing.append(f"{text[start:end]}: {' or '.join(sorted(ids))}")
    return list(dict.fromkeys(missing))


def page(ledger: dict, chapters: dict[int, str]) -> str:
    """The page's Markdown; `chapters` maps the number of each chapter in the book to its file's
    stem."""
    rows = ledger["rows"]
    parts = [HEAD]
    for title, words, field in (
        ("what we did", STATUSES, "status"),
        ("how sure that the paper, or the named source, says it", CONFIDENCES, "confidence"),
    ):
        parts.append(f"| {title} | meaning | rows |\n|---|---|---|")
        parts[-1] += "".join(
            f"\n| {word} | {meaning} | {sum(row[field] == word for row in rows)} |"
            for word, meaning in words.items()
        )
    for group, title in ledger["groups"].items():
        parts.append(f"(ledger-of-{group})=\n## {title}")
        parts += [_entry(row, chapters) for row in rows if row["group"] == group]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _entry(row: dict, chapters: dict[int, str]) -> str:
    value = f"{row['value']} {row['unit']}".replace(" %", "%").strip()
    told = [f"[{row['status']}]{{.ledger-status}}"]
    if "how" in row:
        digits = ".0f" if printed(row).is_integer() and not row["tolerance"] else ".4g"
        told.append(f"`{row['how']}` gives {compute(row['how']):{digits}}.")
    if "note" in row:
        told.append(_sentence(row["note"]))
    # What the page's head says of all rows, and what the row has said already, is not said again.
    if row["confidence"] not in ("verified", row["status"]) and "how" not in row:
        told.append(f"*{_sentence(CONFIDENCES[row['confidence']])}*")
    if row["source"] not in UNSAID:
        told.append(_sentence(row["source"]))
    told.append(_taught(row["treated"], chapters))
    place = f"{row['where']}: " if row["where"] else ""
    return (
        f"[{row['id']}]{{#ledger-{row['id']} .ledger-id}} **{_escape(value)}**\n: "
        f"{_sentence(place + row['quantity'])}\\\n  {' '.join(told).strip()}"
    )


def _taught(numbers: list[int], chapters: dict[int, str]) -> str:
    shown = [
        f"[{n}](../chapters/{chapters[n]}.ipynb)" if n in chapters else str(n) for n in numbers
    ]
    return f"Chapter{'s' * (len(shown) > 1)} {', '.join(shown)}." if shown else ""


def _sentence(text: str) -> str:
    text = _upper(_escape(text))
    return text if text.endswith(".") else text + "."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _escape(text: str) -> str:
    """Marks that Markdown would read as its own: a number's asterisk, a bar, a dollar."""
    return re.sub(r"([|*$])", r"\\\1", text)
