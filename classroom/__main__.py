"""For teachers: `python -m classroom student`, `... teacher`, `... grade FOLDER`,
`... nbgrader FOLDER`."""

import argparse
import pathlib
import signal
import sys


def main(arguments: list[str] | None = None) -> int:
    """Editions and grades; 0 done, 2 wrong input, 130 stopped by Ctrl-C."""
    given = _parser().parse_args(arguments)
    try:
        command = {"grade": _grade, "nbgrader": _nbgrader}.get(given.command, _edition)
        print(command(given))
        return 0
    except (ValueError, OSError) as error:
        print(f"{given.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. Nothing was written.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m classroom", description="What a teacher needs at the command line."
    )
    commands = parser.add_subparsers(dest="command", required=True)
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
        help="check every notebook in a folder, each behind a wall; write grades.csv, "
        "students.csv, grades.html and feedback/STUDENT.txt",
    )
    grade.add_argument(
        "folder",
        type=pathlib.Path,
        help="holds STUDENT.ipynb, STUDENT_07.ipynb, STUDENT/ANY.ipynb or STUDENT.zip",
    )
    grade.add_argument("--out", type=pathlib.Path, help="folder for the results (default: FOLDER)")
    grade.add_argument(
        "--roster",
        type=pathlib.Path,
        metavar="FILE.csv",
        help="the names of the class: who is missing is listed",
    )
    grade.add_argument(
        "--unprotected",
        action="store_true",
        help="grade where the system can build no wall: the students' code may then do what you "
        "may, with your files, the other papers and the network",
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
    nbgrader = commands.add_parser(
        "nbgrader", help="write a student edition's chapters for nbgrader, or its papers for us"
    )
    nbgrader.add_argument(
        "folder",
        type=pathlib.Path,
        help="`chapters` of the student edition; with --back, nbgrader's `submitted`",
    )
    nbgrader.add_argument("--out", type=pathlib.Path, required=True, help="the folder to write to")
    nbgrader.add_argument("--back", action="store_true", help="from nbgrader to us")
    return parser


def _grade(given) -> str:
    if sys.platform == "win32":
        raise ValueError(
            "The grader needs Linux or macOS, for the limits it sets on processes. On "
            "Windows, use WSL."
        )
    from classroom import grading, guard, wall

    # SIGTERM as Ctrl-C: the students' processes end with the grader.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    out = given.out or given.folder
    limits = grading.Limits(seconds=given.time_limit, memory=given.memory_limit * 2**20)
    try:
        grading.grade(
            given.folder,
            out,
            limits,
            given.workers,
            say=lambda line: print(line, file=sys.stderr, flush=True),
            roster=given.roster,
            unprotected=given.unprotected,
        )
    except wall.NoWall as error:
        raise ValueError(
            f"This system builds no wall round the notebooks ({error}). Install bubblewrap (the "
            "package `bubblewrap` of every Linux) and allow user namespaces, or grade in a "
            "virtual machine with --unprotected."
        ) from None
    except guard.Changed as error:
        raise ValueError(str(error)) from None
    return f"The grades are in {out / 'grades.html'}, {out / 'students.csv'} and beside them."


def _nbgrader(given) -> str:
    from classroom import nbgrader

    return (nbgrader.bring_back if given.back else nbgrader.export)(given.folder, given.out)


def _edition(given) -> str:
    from classroom import editions

    if given.command == "teacher":
        return editions.teacher(given.out)
    return editions.student(given.out, checks=given.checks, wheel_url=given.wheel_url)


if __name__ == "__main__":
    sys.exit(main())
