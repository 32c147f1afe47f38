"""Builds the book once for all page tests."""

import pathlib

import filelock
import pytest

from tests.book.building import ROOT, SOURCES, build, newest


@pytest.fixture(scope="session")
def build_report() -> str:
    """What building the book complains about, "" where it is sound. Builds only after a change; one
    worker builds, the others wait."""
    sound = ROOT / "_build/.sound"  # written only after a build without warnings
    sound.parent.mkdir(exist_ok=True)
    with filelock.FileLock(ROOT / "_build/.lock"):
        if sound.exists() and sound.stat().st_mtime > newest(ROOT / source for source in SOURCES):
            return ""
        sound.unlink(missing_ok=True)
        done = build(ROOT)
        if done.returncode:
            return done.stdout + done.stderr
        sound.touch()
        return ""


@pytest.fixture(scope="session")
def site(build_report) -> pathlib.Path:
    """The built book's folder."""
    if build_report:
        pytest.fail("the book does not build: see test_book_builds_without_warnings", pytrace=False)
    return ROOT / "_build/html"
