"""How fast the demos react: `python tools/demo_times.py [--moves 60] [--out FILE.json]`;
milliseconds from a slider's move to the new layout, in Chromium.

Each control is moved through up to `moves` of its values, after a first pass that is not counted;
the others stay at their start values. A move is the
control's own input event, and the time ends when the browser has laid out the new picture and
sentence. Painting is not part of it."""

import argparse
import json
import pathlib
import platform
import shutil
import statistics
import tempfile

from trevsnn_lite.course import demos

LIMIT = 50.0  # milliseconds
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MOVE = """moves => [...document.querySelectorAll('.tcontrol')].flatMap(row => {
    const control = row.querySelector('[type=range], [type=checkbox], select'), say = document.querySelector('.tdemo'), times = [];
    const values = control.type === 'checkbox' ? [true, false] : control.tagName === 'SELECT' ? [...control.options].map(o => o.value)
        : Array.from({ length: moves }, (_, k) => Number(control.min) + (Number(control.max) - Number(control.min)) * k / (moves - 1));
    for (const pass of [0, 1]) for (const value of values) {
        control[control.type === 'checkbox' ? 'checked' : 'value'] = value;
        const start = performance.now();
        control.dispatchEvent(new Event(control.type === 'range' ? 'input' : 'change'));
        say.getBoundingClientRect();
        if (pass) times.push(performance.now() - start);
    }
    document.querySelector('.tfoot .tbuttons button').click();
    return [[row.querySelector('label').textContent, times]];
})"""  # noqa: E501


def measure(browser, cls, moves: int) -> dict[str, list[float]]:
    """Label of each control -> milliseconds of its moves."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "demo.html"
        file.write_text(f'<!doctype html><meta charset="utf-8"><body>{cls()._repr_html_()}', "utf8")
        page = browser.new_page()
        page.goto(file.as_uri())
        times = dict(page.evaluate(MOVE, moves))
        page.close()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--moves", type=int, default=60, help="values of each slider (default: %(default)s)"
    )
    parser.add_argument("--out", type=pathlib.Path)
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    rows = []
    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        print(
            f"Chromium {browser.version}, {platform.machine()}; limit {LIMIT:.0f} "
            f"ms\n{'demo':18} {'moves':>6} {'median ms':>10} {'worst ms':>9}  slowest "
            "control"
        )
        for cls in demos.ALL:
            times = measure(browser, cls, given.moves)
            every = [time for of_one in times.values() for time in of_one]
            slowest = max(times, key=lambda label: max(times[label]))
            rows.append(
                {
                    "demo": cls.name,
                    "moves": len(every),
                    "median_ms": round(statistics.median(every), 2),
                    "worst_ms": round(max(every), 2),
                    "slowest": slowest,
                }
            )
            print(
                f"{cls.name:18} {len(every):6} {rows[-1]['median_ms']:10.2f} "
                f"{rows[-1]['worst_ms']:9.2f}  "
                f"{slowest}{'  OVER THE LIMIT' if max(every) > LIMIT else ''}"
            )
        if given.out:
            given.out.write_text(
                json.dumps(
                    {
                        "command": f"tools/demo_times.py --moves {given.moves}",
                        "chromium": browser.version,
                        "limit_ms": LIMIT,
                        "rows": rows,
                    },
                    indent=1,
                )
                + "\n",
                "utf8",
            )
        browser.close()


if __name__ == "__main__":
    main()
