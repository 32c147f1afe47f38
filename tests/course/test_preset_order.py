"""What a preset shows does not depend on the preset that was pressed before, except where the text
asks for one after another."""

import pytest

from tests.course.demo_pages import settings
from trevsnn_lite.course import demos

DEMOS = (
    demos.EventFrames,
    demos.GradientReach,
    demos.MergePair,
    demos.MultiLevel,
    demos.RatioMachine,
    demos.ResidualDepth,
    demos.SpikeTape,
    demos.UndoNeuron,
)
ASKED: dict[str, set] = {}  # a demo's name -> (first, then) as the text asks for them


@pytest.mark.parametrize("cls", DEMOS, ids=lambda cls: cls.name)
def test_a_preset_says_the_same_after_each_other(cls):
    words, start = cls().words, settings(cls, 0)[0]
    presets = words["presets"]
    for name, values in presets.items():
        alone = cls.compute(start | values, words)["verdict"]
        for first, before in presets.items():
            if (first, name) not in ASKED.get(cls.name, set()):
                assert cls.compute(start | before | values, words)["verdict"] == alone, (
                    f"{name} after {first}"
                )
