"""Colab's published package list as constraints for pip, and the record of the last run that passed
with it, which the book's set-up page tells: see .ci/colab_list.

`python -m tools.colab_list pins LIST` prints `name==version` lines;
`python -m tools.colab_list passed LIST --date 2026-08-19` writes data/colab.json."""

import argparse
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
RECORD = ROOT / "data/colab.json"
PLAIN = re.compile(r"([\w.-]+)==([\w.!]+)(?:\+[\w.]+)?")
WHEEL = re.compile(r"([\w.-]+) @ \S*/[\w.]+-(\d[\w.]*)(?:\+[\w.]+)?-[\w.]+-[\w.]+-[\w.]+\.whl")


def pins(text: str) -> dict[str, str]:
    """Name -> version of a list that `pip freeze` wrote; of a wheel's address the version in its
    name. A label such as +cu128 is left out, for PyPI has none; what has no version, too; and
    NVIDIA's libraries, of which PyPI's torch of the same version wants its own."""
    found = {}
    for line in text.splitlines():
        match = PLAIN.fullmatch(line.strip()) or WHEEL.match(urllib.parse.unquote(line.strip()))
        if match and not match[1].lower().startswith("nvidia"):
            found[match[1].lower()] = match[2]
    return found


def passed(listed: dict[str, str], date: str) -> dict:
    """The record of a run of all chapters in this environment, with `listed` of `date`."""
    installed = {
        re.sub(r"[-_.]+", "-", found.name).lower(): found.version.split("+")[0]
        for found in importlib.metadata.distributions()
        if found.name
    }
    return {
        "date": datetime.date.today().isoformat(),
        "list": date,
        "pins": sum(
            installed.get(re.sub(r"[-_.]+", "-", name)) == version
            for name, version in listed.items()
        )
        - 1,  # torch is told by name
        "python": platform.python_version(),
        "torch": installed["torch"],
        "chapters": len(list((ROOT / "chapters").glob("[0-9][0-9]_*.ipynb"))),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.colab_list", description="Colab's packages as constraints."
    )
    parser.add_argument("what", choices=("pins", "passed"))
    parser.add_argument("list", type=pathlib.Path, help="a file that pip freeze wrote")
    parser.add_argument("--date", default="", help="of the list")
    given = parser.parse_args(arguments)
    listed = pins(given.list.read_text("utf8")) if given.list.is_file() else {}
    if "torch" not in listed:
        print(f"{given.list} lists no torch, expected Colab's pip-freeze.txt.", file=sys.stderr)
        return 2
    if given.what == "pins":
        print("\n".join(f"{name}=={version}" for name, version in sorted(listed.items())))
        return 0
    part = RECORD.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(passed(listed, given.date), indent=1) + "\n", "utf8")
    os.replace(part, RECORD)
    return 0


if __name__ == "__main__":
    sys.exit(main())
