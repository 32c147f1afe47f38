"""course.expect: what it prints, what it refuses, and what recording writes."""

import json

import numpy
import pytest
import torch

from trevsnn_lite import course
from trevsnn_lite.course import expected


@pytest.fixture
def file(tmp_path, monkeypatch):
    """An expected.json of its own, with a few entries."""
    entries = {
        "07.list": {"value": [0.44, 1.12, 0.66], "atol": 0.01},
        "07.relative": {"value": 12345.0, "rtol": 0.01},
        "07.small": {"value": 1.234e-7, "rtol": 0.1},
        "07.decimals": {"value": 0.5, "decimals": 2},
        "07.exact": {"value": {"spikes": 12, "reset": "soft"}},
        "07.bound": {"at_most": 1e-4},
        "03.bound": {"at_least": 2, "at_most": 3},
    }
    path = tmp_path / "expected.json"
    path.write_text(json.dumps(entries), "utf8")
    monkeypatch.setenv("TREVSNN_EXPECTED", str(path))
    monkeypatch.delenv("TREVSNN_RECORD", raising=False)
    return path


@pytest.mark.parametrize(
    "id, value, line",
    [
        (
            "07.list",
            torch.tensor([0.4437, 1.1201, 0.6549]),
            "07.list: 0.44, 1.12, 0.66  ✓ within 0.01",
        ),
        ("07.list", numpy.array([0.44, 1.12, 0.66]), "07.list: 0.44, 1.12, 0.66  ✓ within 0.01"),
        ("07.relative", numpy.float32(12300), "07.relative: 12300  ✓ within 1 %"),
        ("07.small", 1.3e-7, "07.small: 1.2e-07  ✓ within 10 %"),
        ("07.decimals", 0.505, "07.decimals: 0.5  ✓ within 0.005"),
        (
            "07.exact",
            {"reset": "soft", "spikes": torch.tensor(12)},
            "07.exact: spikes 12, reset soft  ✓ exactly",
        ),
        ("07.bound", [1e-5, 0.0], "07.bound: at most 0.0001  ✓"),
        ("03.bound", 2, "03.bound: at least 2 and at most 3  ✓"),
    ],
)
def test_what_holds_is_silent_and_told_on_wish_by_the_entry_not_the_measurement(
    file, capsys, monkeypatch, id, value, line
):
    course.expect(id, value)
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("TREVSNN_TELL", "1")
    course.expect(id, value)
    assert capsys.readouterr().out == line + "\n"


def test_what_the_book_states_comes_back_the_same_on_every_machine(file):
    assert course.expect("07.list", torch.tensor([0.4437, 1.1201, 0.6549])) == [0.44, 1.12, 0.66]
    assert course.expect("07.bound", 1e-5) == 1e-5


@pytest.mark.parametrize(
    "id, value, words",
    [
        ("07.list", [0.44, 1.14, 0.66], r"07\.list\[1\]: expected 1\.12 within 0\.01, got 1\.14\."),
        (
            "07.list",
            [0.44, 1.12],
            r"07\.list: expected \[0\.44, 1\.12, 0\.66\], got \[0\.44, 1\.12\]",
        ),
        ("07.list", [0.44, float("nan"), 0.66], r"07\.list\[1\].*got nan"),
        (
            "07.exact",
            {"spikes": 13, "reset": "soft"},
            r"07\.exact\[spikes\]: expected 12 exactly, got 13",
        ),
        ("07.exact", {"spikes": 12, "reset": "hard"}, r"expected 'soft', got 'hard'"),
        ("07.bound", [1e-5, 2e-4], r"07\.bound: expected at most 0\.0001, got 0\.0002"),
        ("07.bound", float("nan"), r"got nan"),
    ],
)
def test_outside_tolerance_names_id_place_expected_and_got(file, id, value, words):
    with pytest.raises(AssertionError, match=words):
        course.expect(id, value)


def test_unknown_ids_and_types(file):
    with pytest.raises(
        KeyError, match="'07.new' is not in expected.json: run this cell once with TREVSNN_RECORD=1"
    ):
        course.expect("07.new", 1)
    with pytest.raises(TypeError, match="value is of type object, expected a number"):
        course.expect("07.list", object())


def test_nothing_is_recorded_silently_and_recording_keeps_tolerances_and_bounds(
    file, monkeypatch, capsys
):
    before = file.read_text("utf8")
    with pytest.raises(KeyError):
        course.expect("07.new", 0.123456789)
    assert file.read_text("utf8") == before
    monkeypatch.setenv("TREVSNN_RECORD", "1")
    course.expect("07.new", 0.123456789)
    course.expect("07.relative", 12346)  # within: left alone
    course.expect("07.decimals", 0.75)
    with pytest.raises(AssertionError):
        course.expect("07.bound", 1.0)
    output = capsys.readouterr()
    assert "recorded in expected.json: 07.new" in output.err and output.out == ""
    entries = json.loads(file.read_text("utf8"))
    assert entries["07.new"] == {"value": 0.123457, "rtol": 0.001}
    assert entries["07.decimals"] == {"value": 0.75, "decimals": 2}
    assert entries["07.relative"]["value"] == 12345.0 and entries["07.bound"] == {"at_most": 1e-4}
    assert not list(file.parent.glob("*.part"))


@pytest.mark.parametrize(
    "id, settings, words",
    [
        ("undo", {"value": 1}, "expected a chapter of two digits"),
        ("07.x", {"value": 1, "at_most": 2}, "expected 'value' or bounds"),
        ("07.x", {"value": float("inf")}, "is not finite"),
    ],
)
def test_recording_refuses_bad_entries(file, id, settings, words):
    with pytest.raises(ValueError, match=words):
        expected.record(id, **settings)


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("TREVSNN_EXPECTED", str(tmp_path / "none.json"))
    with pytest.raises(
        FileNotFoundError, match="The expected values are missing: there is no .*none.json"
    ):
        course.expect("07.x", 1)


def test_the_committed_entries_are_valid_and_belong_to_chapters(root):
    entries = expected.load()
    assert entries and all(
        entry.get("value") is not None or {"at_most", "at_least"} & set(entry)
        for entry in entries.values()
    )
    assert "07.undo-rounded" in course.expected_ids("07") and course.expected_ids("99") == []
