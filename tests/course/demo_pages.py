"""What the tests of the demos share: settings to try, a page that holds outputs, and the comparison
of Python's results with JavaScript's."""

import json
import math
import random

import pytest

from trevsnn_lite.course import demos

SETTINGS = 20
# Between them they have each kind of control and of hold that a demo has: what the toolkit does for
# all is asked of these with `make test`, of the others with `make test-slow`.
OFTEN = (
    demos.EnergyBill,
    demos.EventFrames,
    demos.LIFNeuron,
    demos.MemoryBill,
    demos.MultiLevel,
)
each = pytest.mark.parametrize("cls", demos.ALL, ids=lambda cls: cls.name)
each_kind = pytest.mark.parametrize(
    "cls",
    [
        pytest.param(cls, id=cls.name, marks=() if cls in OFTEN else pytest.mark.slow)
        for cls in demos.ALL
    ],
)


def settings(cls, count: int = SETTINGS, seed: int = 0) -> list[dict]:
    """The start values, both ends of every control, then `count` random ones."""
    draw = random.Random(seed)

    def values(control):
        if control.kind == "slider":
            return [
                round(control.min + i * control.step, 6)
                for i in range(round((control.max - control.min) / control.step) + 1)
            ]
        return list(control.options) if hasattr(control, "options") else [False, True]

    start = {control.name: control.default for control in cls.controls}
    ends = [{**start, c.name: v} for c in cls.controls for v in (values(c)[0], values(c)[-1])]
    return [
        start,
        *ends,
        *({c.name: draw.choice(values(c)) for c in cls.controls} for _ in range(count)),
    ]


def new_page(opener, alone: bool, viewport: dict | None = None, **options):
    """A page in the browser's one profile, which costs half of a page in a profile of its own, as
    one has it that is `alone` or has other options: a clock that the test turns is the profile's."""
    if alone or options or not hasattr(opener, "new_context"):
        size = {"viewport": viewport} if viewport else {}
        return opener.new_page(**size, **options)
    if not hasattr(opener, "profile"):
        opener.profile = opener.new_context()
        opener.profile.new_page()  # stays, and its process with it, for the pages that come
    page = opener.profile.new_page()
    if viewport:
        page.set_viewport_size(viewport)
    return page


def page_with(
    browser, tmp_path, *bodies, name="page.html", query="", alone=False, unfolded=True, **options
):
    """(page, list of what went wrong) for a file:// page with these outputs, each in a cell's
    output as in the book; `unfolded`: with "More settings" open, so that all can be reached."""
    file = tmp_path / name
    cells = "".join(
        f'<div class="cell_output"><div class="text_html">{body}</div></div>' for body in bodies
    )
    file.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Demos</title><body '
        f'class="bd-content"><h2 id="section">A section</h2>{cells}',
        "utf8",
    )
    page = new_page(browser, alone, **options)
    faults = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: request.url.startswith(("file:", "data:")) or faults.append(request.url),
    )
    page.goto(file.as_uri() + query)
    if unfolded:
        page.evaluate("document.querySelectorAll('.tmore').forEach(more => { more.open = true; })")
    return page, faults


def close(a, b) -> bool:
    """Equal structure and text; numbers to 1e-9, since log10 may differ in its last bit."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(close, a, b))
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-300)


def differences(page, cls, tried: list[dict]) -> list[str]:
    """Where the first demo on the page gives something else than `cls.compute`: one line for each
    part of each setting."""
    theirs = page.evaluate(
        "all => all.map(p => document.querySelector('.tdemo').demo.compute(p))", tried
    )
    words, found = cls().words, []
    for params, other in zip(tried, theirs, strict=True):
        ours = json.loads(json.dumps(cls.compute(params, words)))
        for part in ("verdict", "sentence", "numbers", "marks", "grips"):
            if not close(ours[part], other[part]):
                pairs = (
                    zip(ours[part], other[part]) if part == "marks" else [(ours[part], other[part])]
                )
                found.append(
                    f"{part} at {params}: {[pair for pair in pairs if not close(*pair)][:2]}"
                )
    return found
