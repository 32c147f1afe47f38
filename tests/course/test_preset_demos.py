"""What a preset shows does not depend on which one was pressed before, but where a chapter's text
asks for one after another."""

import itertools

from tests.course.demo_pages import each
from trevsnn_lite.course import demos

ASKED = {
    # "go from T = 4 to T = 8 ... With T-RevSNN press ▶"
    demos.UnrolledGraph: {("T = 8", "T-RevSNN")},
    # "Go through the four choices at T = 16"
    demos.HeldFixed: {
        ("T = 16", "Full width"),
        ("T = 16", "Run T times"),
        ("Full width", "T = 16"),
        ("Run T times", "T = 16"),
    },
}
"""The pairs (pressed before, pressed after) in which the second keeps the first, as the text asks."""


@each
def test_a_preset_shows_the_same_whatever_was_pressed_before(cls):
    words, start = cls().words, cls().params
    presets = words["presets"]

    def said(*pressed):
        params = dict(start)
        for name in pressed:
            params |= presets[name]
        return cls.compute(params, words)["verdict"]

    others = {pair for pair in itertools.permutations(presets, 2) if said(*pair) != said(pair[1])}
    assert others == ASKED.get(cls, set())
