"""Presets and the checks of their fields."""

import pytest

from trevsnn_lite import preset


def test_a_preset_with_fields_changed():
    config = preset("fashion-mini", time_steps=8, widths=[4, 8], decay=1)
    assert (config.time_steps, config.widths, config.decay, config.name) == (
        8,
        (4, 8),
        1,
        "fashion-mini",
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"time_steps": 0}, "time_steps is 0, expected an integer of at least 1."),
        ({"time_steps": 2.5}, "time_steps is 2.5, expected an integer of at least 1."),
        ({"decay": 0.0}, r"decay is 0.0, expected a number in \(0, 1\]."),
        ({"decay": 1.5}, r"decay is 1.5, expected a number in \(0, 1\]."),
        ({"decay": float("nan")}, r"decay is nan, expected a number in \(0, 1\]."),
        ({"decay": "half"}, r"decay is 'half', expected a number in \(0, 1\]."),
        ({"threshold": None}, "threshold is None, expected a finite number."),
        ({"widths": ()}, r"widths is \(\), expected one positive integer per level"),
        ({"widths": 32}, "widths is 32, expected one positive integer per level"),
        ({"kernel_size": 4}, "kernel_size is 4, expected an odd number"),
        ({"feedback": "some"}, "feedback is 'some', expected one of all-levels, next-level, none."),
        ({"surrogate": "x"}, "surrogate is 'x', expected one of rectangle"),
        ({"stem_stride": 3}, "stem_stride is 3, expected one of 1, 2, 4."),
        ({"time_step": 3}, "preset got the field 'time_step'.*Did you mean 'time_steps'"),
    ],
)
def test_a_bad_field_gets_one_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        preset("fashion-mini", **changes)


def test_an_unknown_preset_gets_one_sentence():
    with pytest.raises(
        ValueError,
        match="preset is 'fashon', expected one of fashion-mini.* Did you mean 'fashion'",
    ):
        preset("fashon")
