"""For authors: `python -m trevsnn_lite.course record chapters/07_x.ipynb`, `... demos
chapters/*.ipynb`,
`... exercise 07.a`, `... setup-cell URL 07`.
For teachers: `... student`, `... teacher`, `... grade FOLDER`."""

import argparse
import os
import pathlib
import signal
import sys


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m trevsnn_lite.course",
        description="What chapter authors and teachers need at the command line.",
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
    _add_classroom(commands)
    given = parser.parse_args(arguments)
    if missing := [str(file) for file in getattr(given, "notebooks", ()) if not file.is_file()]:
        print(f"There is no notebook {', '.join(missing)}.", file=sys.stderr)
        return 2
    if given.command == "record":
        return _record(given.notebooks)
    if given.command == "demos":
        from trevsnn_lite.course.stored import renew

        return int(renew(given.notebooks, given.check) > 0 and given.check)
    if given.command in ("student", "teacher", "grade"):
        return _classroom(given)
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


def _add_classroom(commands) -> None:
    for name, text in (
        ("student", "stubs, hints and a library without solutions"),
        ("teacher", "solutions, common mistakes, discussion and timings"),
    ):
        edition = commands.add_parser(
            name, help=f"write the {name} edition of all chapters, a folder and a zip: {text}"
        )
        edition.add_argument(
            "--out",
            type=pathlib.Path,
            default=pathlib.Path(f"_build/{name}"),
            help="the folder (default: %(default)s); the zip is written beside it",
        )
        if name == "student":
            edition.add_argument(
                "--checks",
                choices=("sealed", "none"),
                default="sealed",
                help="sealed: checks work, and are stored compressed; none: only your grader "
                "checks",
            )
            edition.add_argument(
                "--wheel-url",
                help="where you publish the student wheel, for the set-up cell in Colab "
                "(default: the full wheel's release)",
            )
    grade = commands.add_parser(
        "grade",
        help="check every notebook in a folder, each in a process of its own; write "
        "grades.csv and grades.html",
    )
    grade.add_argument("folder", type=pathlib.Path, help="holds STUDENT.ipynb or STUDENT/ANY.ipynb")
    grade.add_argument(
        "--out", type=pathlib.Path, help="folder for the two files (default: FOLDER)"
    )
    grade.add_argument(
        "--time-limit",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="for one exercise, with the cells it needs (default: %(default)s)",
    )
    grade.add_argument(
        "--memory-limit",
        type=int,
        default=4096,
        metavar="MIB",
        help="for a notebook's own data (default: %(default)s)",
    )
    grade.add_argument(
        "--workers", type=int, default=2, help="notebooks at once (default: %(default)s)"
    )


def _classroom(given) -> int:
    """Editions and grades; 0 done, 2 wrong input, 130 stopped by Ctrl-C."""
    try:
        if given.command == "grade":
            from trevsnn_lite.course import grading

            signal.signal(
                signal.SIGTERM, signal.default_int_handler
            )  # as Ctrl-C: the students' processes end with the grader
            out = given.out or given.folder
            limits = grading.Limits(seconds=given.time_limit, memory=given.memory_limit * 2**20)
            grading.grade(
                given.folder,
                out,
                limits,
                given.workers,
                say=lambda line: print(line, file=sys.stderr, flush=True),
            )
            print(f"The grades are in {out / 'grades.csv'} and {out / 'grades.html'}.")
            return 0
        from trevsnn_lite.course import editions

        options = (
            {"checks": given.checks, "wheel_url": given.wheel_url}
            if given.command == "student"
            else {}
        )
        print(getattr(editions, given.command)(given.out, **options))
        return 0
    except (ValueError, OSError) as error:
        print(f"{given.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. Nothing was written.", file=sys.stderr)
        return 130


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
