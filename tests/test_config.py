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
        ({"time_steps": 0}, "time_steps is 0, expected an integer from 1 to 65536."),
        ({"time_steps": 2.5}, "time_steps is 2.5, expected an integer from 1 to 65536."),
        ({"decay": 0.0}, r"decay is 0.0, expected a number in \(0, 1\]."),
        ({"decay": 1.5}, r"decay is 1.5, expected a number in \(0, 1\]."),
        ({"decay": float("nan")}, r"decay is nan, expected a number in \(0, 1\]."),
        ({"decay": "half"}, r"decay is 'half', expected a number in \(0, 1\]."),
        ({"threshold": None}, r"threshold is None, expected a number in \[-5, 5\]."),
        ({"threshold": 5.1}, r"threshold is 5.1, expected a number in \[-5, 5\]."),
        ({"widths": ()}, r"widths is \(\), expected one integer from 2 to 65536, one per level"),
        ({"widths": (8, 1)}, r"widths is \(8, 1\), expected one integer from 2 to 65536"),
        ({"widths": (8, 2**17)}, r"widths is \(8, 131072\), expected one integer from 2"),
        ({"widths": 32}, "widths is 32, expected one integer from 2 to 65536, one per level"),
        ({"kernel_size": 4}, "kernel_size is 4, expected an odd number"),
        ({"feedback": "some"}, "feedback is 'some', expected one of next-level, all-levels, none."),
        ({"surrogate": "x"}, "surrogate is 'x', expected one of rectangle"),
        ({"kernel_size": 1}, "kernel_size is 1, expected at least 3: a depthwise kernel of one"),
        ({"sharing": "all"}, "sharing is 'all', expected one of turned-on, none."),
        ({"read_out": "mean"}, "read_out is 'mean', expected one of last, every."),
        ({"last_stride": 3}, "last_stride is 3, expected one of 1, 2."),
        ({"last_stride": True}, "last_stride is True, expected one of 1, 2."),
        ({"image_size": 2**20}, "image_size is 1048576, expected an integer from 1 to 65536."),
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
