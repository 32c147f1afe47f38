"""For authors: `python -m tools record chapters/07_x.ipynb`, `... demos chapters/*.ipynb`,
`... exercise 07.a`, `... setup-cell URL 07`."""

import argparse
import os
import pathlib
import sys


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools",
        description="What chapter authors need at the command line.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser(
        "record",
        help="run notebooks and write new or changed values of course.expect into "
        "data/expected.json",
    )
    record.add_argument("notebooks", nargs="+", type=pathlib.Path)
    exercise = commands.add_parser(
        "exercise", help="print the cells that put an exercise into its chapter"
    )
    exercise.add_argument("id")
    cell = commands.add_parser("setup-cell", help="print the first code cell of a chapter")
    cell.add_argument("repository", help="repository.url of _config.yml")
    cell.add_argument("chapter", help="two digits, such as 07")
    demos = commands.add_parser(
        "demos",
        help="store in notebooks what their demos and quizzes show now, without running the rest",
    )
    demos.add_argument("notebooks", nargs="+", type=pathlib.Path)
    demos.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 where an output is not of today",
    )
    given = parser.parse_args(arguments)
    if missing := [str(file) for file in getattr(given, "notebooks", ()) if not file.is_file()]:
        print(f"There is no notebook {', '.join(missing)}.", file=sys.stderr)
        return 2
    if given.command == "record":
        return _record(given.notebooks)
    if given.command == "demos":
        from tools.stored import renew

        return int(renew(given.notebooks, given.check) > 0 and given.check)
    from trevsnn_lite.course import notebook_cells, setup_cell

    if given.command == "setup-cell":
        print(setup_cell(given.repository, given.chapter))
        return 0
    try:
        cells = notebook_cells(given.id)
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    for kind, text in cells:
        print(f"--- {kind} cell ---\n{text}\n")
    return 0


def _record(notebooks: list[pathlib.Path]) -> int:
    """Run each notebook with TREVSNN_RECORD=1 and list what changed. The notebooks themselves are
    not written."""
    try:
        import nbformat
        from nbclient import NotebookClient
    except ImportError as error:
        print(
            f"Recording runs notebooks with nbclient, which is missing ({error}). Install "
            "requirements.txt.",
            file=sys.stderr,
        )
        return 2
    from trevsnn_lite.course import expected

    before = expected.load()
    os.environ["TREVSNN_RECORD"] = "1"  # handed on to the kernels
    for file in notebooks:
        NotebookClient(
            nbformat.read(file, as_version=4),
            timeout=600,
            resources={"metadata": {"path": str(file.parent)}},
        ).execute()
    after = expected.load()
    changed = [id for id in after if after[id] != before.get(id)]
    print(
        "\n".join(f"{id}: {before.get(id, 'new')} -> {after[id]}" for id in changed)
        or "nothing changed"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
