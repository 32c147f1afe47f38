"""Fixtures that several test folders share: the repository's root, and a headless Chromium that is
already installed."""

import gc
import os
import pathlib
import shutil

import pytest

# Before torch is imported: recorded bytes are of one thread, with `make test` and without.
os.environ.setdefault("OMP_NUM_THREADS", "1")

CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# No sandbox: in a container's root account Chromium starts only so. The pages are our own.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_program() -> str | None:
    """The path of an installed Chromium or Chrome, None where there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def skips_pages() -> bool:
    """Whether the page tests are skipped: there is no browser, and the environment does not insist
    on one, as CI does."""
    return not (chromium_program() or os.environ.get("TREVSNN_REQUIRE_BROWSER"))


def pytest_collection_modifyitems(items):
    """First the book, which one worker builds for all, and beside it the notebooks, the longest
    work: else a worker would wait for the book, and one for the last notebook. (With
    --no-loadscope-reorder: else files go by their number of tests.)"""

    def place(item):
        building = item.nodeid.startswith("tests/book/test_build.py")
        return not building, not item.nodeid.startswith("chapters/")

    items.sort(key=place)


def pytest_collection_finish(session):
    """What is there before the first test stays: thousands of tests and torch's modules, which
    each collection of garbage, and there are two a measured step, would walk through again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def what_a_module_leaves_is_not_walked_through_again():
    yield
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter):
    """One line on what the browser saw, from what its tests recorded as "browser", failed ones and
    those of other workers included."""
    found = {
        "pages": set(),
        "files": set(),
        "checked": set(),
        "views": set(),
        "demos": set(),
        "hosts": set(),
        "settings": 0,
        "violations": [],
        "allowed": 0,
    }
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for recorded in (
                value for name, value in getattr(report, "user_properties", ()) if name == "browser"
            ):
                for key, value in recorded.items():
                    found[key] = (
                        found[key] | set(value)
                        if isinstance(found[key], set)
                        else found[key] + value
                    )
    if any(found.values()):
        counts = {key: len(value) for key, value in found.items() if isinstance(value, set)}
        violations = (
            "; ".join(" ".join(map(str, fault[:3])) for fault in found["violations"]) or "none"
        )
        terminalreporter.write_line(
            f"browser report: {counts['pages']} pages loaded from a server, "
            f"{counts['files']} from files; axe-core on {counts['checked']} pages in "
            f"{counts['views']} views; "
            f"{counts['demos']} demos compared with Python on {found['settings']} "
            f"settings; hosts contacted: {', '.join(sorted(found['hosts'])) or 'none'}; "
            f"serious violations: {violations} (allowed ones, by docutils: {found['allowed']})"
        )


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    """The repository's root folder."""
    return pathlib.Path(__file__).parent.parent


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium, closed at the module's end: Playwright's event loop must not meet the
    notebooks' one."""
    program = chromium_program()
    if program is None:
        if os.environ.get("TREVSNN_REQUIRE_BROWSER"):
            pytest.fail("TREVSNN_REQUIRE_BROWSER is set, and there is no browser", pytrace=False)
        pytest.skip("no Chromium or Chrome is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()
