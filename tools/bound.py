"""Numbers in a chapter's prose that come from nowhere: `python -m tools.bound 07 ...`.

A number with a decimal point, a percent sign, a unit or a comma of thousands is bound where its own
section holds a value that rounds to it: in a stored output, in the figures' texts, in a formula or
table worked by hand, in the code, or in a row of the ledger that the section links. The question,
the recap and whatever else repeats a chapter may repeat any of its sections. Outputs that are not
compared (timings of live cells) bind nothing. A number that rests on something else says so behind
it, in a comment that no page shows: `25 <!-- number: 3.5 ln 1000 in the authors' log -->`.

Exit status 1 where a number is unbound."""

import argparse
import bisect
import json
import math
import re
import sys
from dataclasses import dataclass, field

from tools.chapter import files_of
from trevsnn_lite.course import expected, ledger

NUMBER = r"[-−–]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
UNIT = (
    r"(?:\s*%|\s+(?:per cent|points?|times|bits?|bytes|MB|GB|kB|KB|mJ|pJ|nJ|µJ|ms|seconds|minutes|"
    r"parameters|epochs|images|megabytes)\b|×|x\b)"
)
TOLD = re.compile(rf"(?<![\w.,/:#(-])({NUMBER})({UNIT})?(?![\w]|\.\d)")
LEFT_OUT = re.compile(
    r"```.*?```|~~~.*?~~~|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)|<[^>]*>|https?://\S+|"
    r"\b(?:[Cc]hapters?|[Ss]ections?|[Ee]xercises?|Eqs?\.|Figs?\.|Figures?|Tables?|arXiv|lines?|"
    r"versions?|[Qq]uestions?|Python|torch|Appendix)\s*\(?[\dA-Za-z.]*\d[\d.]*\)?"
    r"(?:(?:,| and| to|–|-) *\(?\d+(?:\.\d+)*\)?)*|"
    r"(?<![\d.])(?:19|20)\d\d(?![\d.%])|^\s*\d+\. |\{(?:cite|doc|ref|term)[^}]*\}",
    re.DOTALL | re.MULTILINE,
)
WHOLE = re.compile(
    r"question|predict|recap|discuss|did not show|exercise|reference|score|verdict|often believed",
    re.IGNORECASE,
)
GENERATED = re.compile(r"\*\*Exercise |<details><summary>Solution of ")  # held by their own tests
ASKED = re.compile(r"\s*(?:- \([A-Z]\)|#|\|)")  # options to choose from, headings, tables
HELD = re.compile(r"course\.expect\(\s*[\"'](\d\d\.[\w.-]+)[\"']")
REASON = re.compile(r"\s*<!-- number: [^>]+-->")
UNCOMPARED = re.compile(r"#\s*(?:NBVAL_IGNORE_OUTPUT|PYTEST_VALIDATE_IGNORE_OUTPUT|NBVAL_SKIP)")


@dataclass
class Section:
    heading: str
    prose: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


def sections(notebook: dict) -> list[Section]:
    """The notebook by its headings of two marks, with all values that may bind a number."""
    found = [Section("")]
    rows = {row["id"]: row for row in ledger.load()["rows"]}
    entries = expected.load()
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            if "cost-strip" in cell["metadata"].get("tags", []) or GENERATED.match(source):
                continue
            for piece in re.split(r"(?m)^(?=## )", source):
                if piece.startswith("## "):
                    found.append(Section(piece.splitlines()[0]))
                found[-1].prose.append(piece)
                found[-1].values += _by_hand(piece)
                for id in ledger.links(piece):
                    row = rows.get(id, {})
                    found[-1].values += numbers(
                        " ".join(str(row.get(key, "")) for key in ("value", "note", "computed"))
                    )
        else:
            found[-1].values += numbers(source)
            for id in HELD.findall(source):
                found[-1].values += numbers(json.dumps(entries.get(id, {}).get("value", "")))
            if not UNCOMPARED.search(source):
                for output in cell["outputs"]:
                    data = output.get("data", {})
                    found[-1].values += numbers(
                        "".join(output.get("text", "")) + " " + "".join(data.get("text/plain", ""))
                    )
    return found


def _by_hand(text: str) -> list[float]:
    """Numbers in formulas and in the cells of tables."""
    formulas = re.findall(r"\$\$.*?\$\$|\$[^$\n]*\$", text, re.DOTALL)
    tables = re.findall(r"(?m)^\s*\|.*$", text)
    return numbers(" ".join([*formulas, *tables]))


def numbers(text: str) -> list[float]:
    """All numbers of a text; 1,234 and 1{,}234 and 2 \\cdot 10^{-3} are one each."""
    text = text.replace("{,}", ",").replace("−", "-").replace("\\,", "")
    values = []
    for found in re.finditer(
        r"(\d[\d,]*\.?\d*(?:e[-+]?\d+)?)(?:\s*(?:\\cdot|·|×|\\times)\s*10\^?\{?(-?\d+)\}?)?", text
    ):
        try:
            value = float(found[1].replace(",", ""))
        except ValueError:
            continue
        values += [value] + ([value * 10.0 ** int(found[2])] if found[2] else [])
    return values


def unbound(notebook: dict) -> list[tuple[str, str, str]]:
    """(section's heading, number, the words around it) of every number that nothing binds."""
    parts, missing = sections(notebook), []
    every = sorted(value for part in parts for value in part.values)
    for part in parts:
        pool = every if WHOLE.search(part.heading) or not part.heading else sorted(part.values)
        for text in part.prose:
            missing += [
                (part.heading, number, words)
                for number, unit, words in _told(text)
                if not _bound(number, unit, pool)
            ]
    return missing


def _told(text: str):
    """(number, unit, context) of the prose of a cell that a reader would check."""
    text = re.sub(rf"(\S+(?: %| [a-z]+)?){REASON.pattern}", " ", text)
    plain = LEFT_OUT.sub(lambda m: " " * (m[0].count(" ") + 1), text)
    plain = "\n".join(line for line in plain.splitlines() if not ASKED.match(line))
    for found in TOLD.finditer(plain):
        number, unit = found[1], (found[2] or "").strip()
        if "." in number or unit or re.fullmatch(r"\d{1,3}(?:,\d{3})+", number):
            start, end = found.span()
            words = " ".join(plain[max(0, start - 40) : end + 30].split())
            yield number, unit, words


def _bound(number: str, unit: str, pool: list[float]) -> bool:
    digits = number.replace(",", "").lstrip("-−–")
    value = float(digits)
    step = 10.0 ** -len(digits.partition(".")[2].partition("e")[0])
    if "." not in digits and value >= 100:  # 3,000 parameters may be rounded to two digits
        step = 10.0 ** max(math.floor(math.log10(value)) - 1, 0)
    scales = (1.0, 100.0, 1e-6, 1e-3, 1e3) if unit else (1.0,)
    return any(_near(value / scale, 0.5001 * step / scale, pool) for scale in scales)


def _near(value: float, allowed: float, pool: list[float]) -> bool:
    place = bisect.bisect_left(pool, value - allowed)
    return place < len(pool) and pool[place] <= value + allowed


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bound", description=__doc__)
    parser.add_argument("chapters", nargs="+", help="07, or a file's name")
    total = 0
    for chapter in parser.parse_args(arguments).chapters:
        file = files_of(chapter)[1]
        for heading, number, words in unbound(json.loads(file.read_text("utf8"))):
            print(f"{file.stem} | {heading.lstrip('# ')[:40]} | {number} | ... {words} ...")
            total += 1
    return int(total > 0)


if __name__ == "__main__":
    sys.exit(main())
