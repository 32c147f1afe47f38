"""For authors: `python -m tools demos chapters/*.ipynb`, `... exercise 07.a`,
`... setup-cell URL 07`. A chapter is written and run by `python -m tools.chapter`."""

import argparse
import pathlib
import sys


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools",
        description="What chapter authors need at the command line.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
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


if __name__ == "__main__":
    sys.exit(main())
