"""Rehearses Colab without a network: each chapter alone in an empty folder, a fresh environment
with a fake google.colab, the wheel through TREVSNN_WHEEL.

`python -m tools.rehearse [NOTEBOOK ...] [--wheel FILE] [--bare]` prints a table and exits with 1
where a chapter fails. `--bare`: a Jupyter with a kernel and torch, and nothing else. It shows the
installation, the imports and the run, on this environment's versions: Colab's own where it was made
from Colab's list (.ci/colab_list)."""

import argparse
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from tools import colab, wheel
from trevsnn_lite.course import packages

RUNNER = pathlib.Path(__file__).with_name("run_notebook.py")


@dataclass(frozen=True)
class Stage:
    """What the chapters of one rehearsal share: a folder, links to this environment's packages,
    wheels in place of the network, the book's wheel."""

    folder: pathlib.Path
    wheel: str
    shared: pathlib.Path
    wheelhouse: pathlib.Path
    bare: bool = False

    @classmethod
    def set(cls, folder: pathlib.Path, library: str, bare: bool = False) -> "Stage":
        absent = colab.beside() if bare else colab.ABSENT
        needed = colab.closure(" ".join([packages.EVERY, *packages.NEEDS.values()]).split())
        wheels = tuple(sorted(needed & set(absent))) if bare else absent
        return cls(
            folder,
            library,
            colab.share(folder / "shared", absent),
            colab.wheelhouse(folder / "wheels", wheels),
            bare,
        )

    def run(self, notebook: pathlib.Path) -> dict:
        """The notebook's report (tools/run_notebook.py) with `faults`, a list of sentences; an
        empty list is a pass.

        A kernel that falls silent is started once more, and the table says so: now and then a
        message of Jupyter's is lost, and both sides wait for ever."""
        report = self.attempt(notebook)
        return {**self.attempt(notebook), "second": True} if report.get("silent") else report

    def attempt(self, notebook: pathlib.Path) -> dict:
        """One run in a folder and an environment of its own."""
        place = pathlib.Path(tempfile.mkdtemp(dir=self.folder, prefix=notebook.stem[:2]))
        python = colab.environment(place / "env", self.shared, colab=not self.bare)
        (place / "content").mkdir()
        copy = pathlib.Path(shutil.copy(notebook, place / "content"))
        offline = colab.no_network()
        variables = colab.variables(
            place / "home",
            TREVSNN_WHEEL=self.wheel,
            PIP_FIND_LINKS=str(self.wheelhouse),
            MPLCONFIGDIR=str(self.folder / "matplotlib"),
        )
        done = subprocess.run(
            [*offline, python, RUNNER, copy, place / "report.json", "ipc" if offline else "tcp"],
            cwd=copy.parent,
            env=variables,
            capture_output=True,
            text=True,
            timeout=1800,
        )
        if not (place / "report.json").is_file():
            return {
                "faults": [
                    f"the runner failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
                ]
            }
        report = json.loads((place / "report.json").read_text("utf8"))
        report["faults"] = faults(
            report, place / "env", colab.beside() if self.bare else colab.ABSENT
        )
        shutil.rmtree(place)
        return report


def faults(
    report: dict, environment: pathlib.Path, absent: tuple[str, ...] = colab.ABSENT
) -> list[str]:
    """What a report and its environment show that must not be; `absent`: what may be installed."""
    may_come = {name.lower().replace("_", "-") for name in absent} | {colab.OWN}
    found = [report["error"]] if report["error"] else []
    lost = [id for id in report["stored"] if id not in report["values"]]
    if lost and not found:
        found.append(
            f"{len(report['stored']) - len(lost)} of {len(report['stored'])} values of "
            f"course.expect came; first that is missing: {lost[0]}"
        )
    if report["library"] and not report["library"].startswith(str(environment.resolve())):
        found.append(f"the library came from {report['library']}, expected from the wheel")
    if touched := sorted(
        name
        for name in colab.installed(environment)
        if name.lower().replace("_", "-") not in may_come
    ):
        found.append(f"the set-up put its own {', '.join(touched)} beside Colab's")
    return found


def row(notebook: pathlib.Path, report: dict) -> str:
    """The table's line."""
    result = (" ".join(report["faults"]) or "passed") + (
        " (second try: the kernel fell silent in the first)" if report.get("second") else ""
    )
    numbers = [f"{report.get(key, 0):.1f}" for key in ("setup_seconds", "seconds")]
    return (
        f"| {notebook.stem} | {' | '.join(numbers)} | {len(report.get('values', ()))} | {result} |"
    )


def rehearse(
    notebooks: list[pathlib.Path],
    library: pathlib.Path | None = None,
    workers: int = 2,
    say=print,
    bare: bool = False,
) -> list[dict]:
    """Run the notebooks, `workers` at once, and print a line for each; the reports. `library`: a
    wheel, else one is built."""
    with (
        tempfile.TemporaryDirectory(prefix="colab-") as temporary,
        concurrent.futures.ThreadPoolExecutor(workers) as pool,
    ):
        folder = pathlib.Path(temporary)
        stage = Stage.set(
            folder, str(library.resolve() if library else wheel.build(folder / "built")), bare
        )
        say("| chapter | set-up, s | whole run, s | values | result |\n|---|--:|--:|--:|---|")
        reports = []
        for notebook, report in zip(notebooks, pool.map(stage.run, notebooks)):
            say(row(notebook, report))
            reports.append(report)
    return reports


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.rehearse",
        description="Runs chapters as Colab would, without a network.",
    )
    parser.add_argument("notebooks", nargs="*", type=pathlib.Path, help="default: all of chapters/")
    parser.add_argument("--wheel", type=pathlib.Path, help="default: built from this checkout")
    parser.add_argument(
        "--workers", type=int, default=2, help="chapters at once (default: %(default)s)"
    )
    parser.add_argument(
        "--bare", action="store_true", help="in a Jupyter that has a kernel and torch alone"
    )
    given = parser.parse_args(arguments)
    notebooks = given.notebooks or sorted((wheel.ROOT / "chapters").glob("[0-9][0-9]_*.ipynb"))
    if missing := [
        str(file)
        for file in [*notebooks, *([given.wheel] if given.wheel else [])]
        if not file.is_file()
    ]:
        print(f"There is no file {', '.join(missing)}.", file=sys.stderr)
        return 2
    version = ".".join(map(str, sys.version_info[:3]))
    print(
        f"Rehearsing {len(notebooks)} chapters on Python {version}, "
        f"{'cut off from' if colab.no_network() else 'without a proxy to'} the network.",
        flush=True,
    )
    reports = rehearse(
        notebooks,
        given.wheel,
        given.workers,
        say=lambda line: print(line, flush=True),
        bare=given.bare,
    )
    failed = sum(bool(report["faults"]) for report in reports)
    print(f"{len(reports) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
