"""The cost strip of a chapter, measured: `python -m tools.costs [NOTEBOOK ...]`, and by
`python -m tools.chapter`, whenever it runs a chapter.

A copy of each notebook is run. The kernel's processor time (with one thread: the seconds that a
quiet machine takes), its peak memory and the minutes to read
go as Markdown into the cell tagged "cost-strip", and with date, versions and machine into
data/chapter_costs.json. Without arguments: all of chapters/."""

import argparse
import copy
import datetime
import importlib.metadata
import json
import math
import os
import pathlib
import platform
import re
import sys

import filelock

from trevsnn_lite.course import expected

TAG = "cost-strip"
WORDS_PER_MINUTE = 200
FORMULA_MINUTES = 0.5  # to follow a displayed formula by hand
PACKAGES = ("trevsnn-lite", "torch", "numpy")
# Linux first: there ru_maxrss of a child process counts the parent's memory too.
PEAK_CELL = """
import os, pathlib, re, sys
status = pathlib.Path("/proc/self/status")
if status.is_file():
    peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read_text())[1]) * 1024
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(peak, sum(os.times()[:4]))"""  # noqa: E501


def main(arguments: list[str] | None = None) -> int:
    """Measure the notebooks and write their strips; 0 done, 1 a notebook failed, 2 wrong input. A
    notebook that fails is left as it was."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.costs",
        description="Runs chapters, measures them and writes their cost strips.",
    )
    parser.add_argument("notebooks", nargs="*", type=pathlib.Path, help="default: all of chapters/")
    notebooks = parser.parse_args(arguments).notebooks or sorted(
        pathlib.Path("chapters").glob("[0-9][0-9]_*.ipynb")
    )
    records = expected.expected_file().parent / "chapter_costs.json"
    try:
        if not notebooks:
            raise FileNotFoundError(
                "chapters holds no notebook NN_name.ipynb; name one, or run this in the "
                "checkout's root folder."
            )
        for notebook in notebooks:
            record = update(notebook, records)
            print(
                f"{notebook.stem}: {record['words']:,} words, {record['seconds']} s, "
                f"{record['peak_mb']} MB"
            )
    except (ValueError, FileNotFoundError, ImportError) as error:
        print(f"costs: {error}", file=sys.stderr)
        return 2
    except RuntimeError as error:
        print(f"costs: {notebook} did not run to its end: {error}", file=sys.stderr)
        return 1
    return 0


def update(file: pathlib.Path, records: pathlib.Path) -> dict:
    """Measure one notebook, then write its strip and its record. Raises FileNotFoundError, or
    ValueError where the strip's cell is missing."""
    if not file.is_file():
        raise FileNotFoundError(f"there is no notebook {file}.")
    import nbformat

    notebook = nbformat.read(file, as_version=4)
    cell = strip_cell(notebook, file.name)
    record = measure(notebook, file.parent)
    cell["source"] = strip(record)
    _write(file, nbformat.writes(notebook) + "\n")
    keep(record, file.stem, records)
    return record


def measure(notebook, folder: pathlib.Path) -> dict:
    """Run a copy of the notebook in `folder`: {words, minutes_to_read, seconds (of the processor,
    kernel start included), peak_mb (resident, 10^6 bytes), ...}.

    Raises RuntimeError with the last line of what stopped it."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    trial = copy.deepcopy(notebook)
    trial.cells.append(nbformat.v4.new_code_cell(PEAK_CELL))
    environment = {
        "OMP_NUM_THREADS": "1",
        **os.environ,
    }  # one thread as in the Makefile, unless the caller says otherwise
    environment.pop("TREVSNN_RECORD", None)  # measuring records no values
    try:
        NotebookClient(trial, timeout=600, resources={"metadata": {"path": str(folder)}}).execute(
            env=environment
        )
    except (CellControlSignal, DeadKernelError) as error:
        raise RuntimeError(
            re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()[-1]
        ) from None
    return read(notebook, trial.cells[-1])


def read(notebook, metered) -> dict:
    """The record of a notebook from the outputs of PEAK_CELL, which ran as its last."""
    peak, seconds = map(
        float,
        "".join(
            output["text"] for output in metered.outputs if output.get("name") == "stdout"
        ).split(),
    )
    return {
        **reading(notebook),
        "seconds": round(seconds, 1),
        "peak_mb": round(peak / 1e6),
        "machine": f"{os.cpu_count()}-core {platform.machine().replace('_', '-')} CPU",
        "date": datetime.date.today().isoformat(),
        "versions": {
            "Python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in PACKAGES},
        },
    }


def reading(notebook) -> dict:
    """{words, minutes_to_read} of a notebook."""
    count = words(notebook)
    minutes = count / WORDS_PER_MINUTE + formulas(notebook) * FORMULA_MINUTES
    return {"words": count, "minutes_to_read": math.ceil(minutes)}


def recounted(notebook, name: str, records: pathlib.Path) -> dict | None:
    """A chapter's record with today's words, where it was not run again; None without a record."""
    known = json.loads(records.read_text("utf8")) if records.is_file() else {}
    return {**known[name], **reading(notebook)} if name in known else None


def runs(name: str, records: pathlib.Path) -> int:
    """How often a chapter's outputs were stored: the library of that run or a later one is that of
    its set-up cell."""
    known = json.loads(records.read_text("utf8")) if records.is_file() else {}
    return known.get(name, {}).get("run", int(name in known))


def keep(record: dict, name: str, records: pathlib.Path) -> None:
    """Write a chapter's record into the file of all, which other processes may write as well."""
    with filelock.FileLock(records.with_suffix(".lock")):
        known = json.loads(records.read_text("utf8")) if records.is_file() else {}
        run = known.get(name, {}).get("run", 1)  # a measurement alone stores no outputs
        entries = {**known, name: {"run": run, **record}}
        _write(
            records, json.dumps({name: entries[name] for name in sorted(entries)}, indent=1) + "\n"
        )


def strip(record: dict) -> str:
    """The record as one line of Markdown."""
    return (
        f"**What this chapter costs.** {record['minutes_to_read']} minutes to read and to follow "
        f"by hand ({record['words']:,} words), "
        f"{math.ceil(record['seconds'])} seconds to run (processor time, one thread) and "
        f"{record['peak_mb']:,} MB of memory at the peak on a {record['machine']}. "
        f"Measured on {record['date']} with torch {record['versions']['torch']}; "
        "exercises are extra."
    )


def words(notebook) -> int:
    """Words of the Markdown cells, without code blocks, HTML tags, addresses and the strip itself."""  # noqa: E501
    texts = (
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown" and TAG not in cell["metadata"].get("tags", [])
    )
    return sum(
        len(
            re.findall(
                r"\w[\w'’.,-]*",
                re.sub(r"```.*?```|<[^>]*>|\]\([^)]*\)", " ", text, flags=re.DOTALL),
            )
        )
        for text in texts
    )


def formulas(notebook) -> int:
    """How many displayed formulas its Markdown cells hold."""
    return sum(
        "".join(cell["source"]).count("$$") // 2
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown"
    )


def strip_cell(notebook, name: str):
    """The notebook's one Markdown cell tagged "cost-strip"."""
    found = [cell for cell in notebook["cells"] if TAG in cell["metadata"].get("tags", [])]
    if len(found) != 1 or found[0]["cell_type"] != "markdown":
        raise ValueError(
            f"{name} has {len(found)} cells tagged {TAG!r}, expected one Markdown cell."
        )
    return found[0]


def _write(file: pathlib.Path, text: str) -> None:
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, "utf8")
    os.replace(part, file)


if __name__ == "__main__":
    sys.exit(main())
