"""A fault planted in a copy of the demos' shared script: the comparison of both languages finds it."""

import shutil

from tests.course.demo_pages import differences, page_with, settings
from trevsnn_lite.course import demo as toolkit
from trevsnn_lite.course import demos

RIGHT, WRONG = "Math.floor(x * 10 ** d + 0.5)", "Math.floor(x * 10 ** d)"


def test_the_comparison_finds_a_wrong_rounding(browser, tmp_path, monkeypatch):
    shutil.copytree(
        toolkit.FOLDER,
        tmp_path / "course",
        ignore=shutil.ignore_patterns("*.py", "__pycache__", "quizzes", "exercises"),
    )
    monkeypatch.setattr(toolkit, "FOLDER", tmp_path / "course")
    file = tmp_path / "course/toolkit.js"
    text = file.read_text("utf8")
    assert RIGHT in text
    file.write_text(text.replace(RIGHT, WRONG), "utf8")
    page, _ = page_with(browser, tmp_path, demos.EnergyBill()._repr_html_())
    found = differences(page, demos.EnergyBill, settings(demos.EnergyBill))
    assert any(line.startswith("sentence") for line in found), found[:3]
    page.close()
