"""Faults planted in a copy of a demo's script and of the toolkit: the comparison of both languages
finds each."""

import shutil

import pytest

from tests.course.demo_pages import differences, page_with, settings
from trevsnn_lite.course import demo as toolkit
from trevsnn_lite.course import demos

# file, text that stands in it once, what takes its place; the demo that shows it; the part of its
# result that differs
FAULTS = {
    "a number": (
        "demos/lif_neuron.js",
        "decay = 1 - 1 / tau",
        "decay = 1 - 1.001 / tau",
        demos.LIFNeuron,
        "numbers",
    ),
    "a rounding": (
        "demos/spike_tape.js",
        "x - below > 0.5",
        "x - below >= 0.5",
        demos.SpikeTape,
        "numbers",
    ),
    "a mark": ("demos/energy_bill.js", '"s-ink dots"', '"s-ink dash"', demos.EnergyBill, "marks"),
    "a shared number format": (
        "toolkit.js",
        "Math.floor(x * 10 ** d + 0.5)",
        "Math.floor(x * 10 ** d)",
        demos.EnergyBill,
        "sentence",
    ),
    "a shared random number": (
        "toolkit.js",
        "0x6D2B79F5",
        "0x6D2B79F7",
        demos.SurrogateWindow,
        "numbers",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_comparison_finds(browser, tmp_path, monkeypatch, fault):
    name, old, new, cls, part = FAULTS[fault]
    shutil.copytree(
        toolkit.FOLDER,
        tmp_path / "course",
        ignore=shutil.ignore_patterns("*.py", "__pycache__", "quizzes", "exercises"),
    )
    monkeypatch.setattr(toolkit, "FOLDER", tmp_path / "course")
    file = tmp_path / "course" / name
    text = file.read_text("utf8")
    assert text.count(old) == 1, f"{name} has {old!r} not once any more: write the fault anew"
    file.write_text(text.replace(old, new), "utf8")
    page, _ = page_with(browser, tmp_path, cls()._repr_html_())
    found = differences(page, cls, settings(cls))
    assert any(line.startswith(part) for line in found), found[:3]
    page.close()
