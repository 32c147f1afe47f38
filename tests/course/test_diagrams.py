"""Tests of the diagrams: what they draw is what the configuration says, counted by the ids in the
SVG."""

import re

import pytest

from trevsnn_lite import TRevSNN, blocks, preset
from trevsnn_lite.course import diagrams


def count(picture, kind: str) -> int:
    return len(set(re.findall(rf'id="({kind}(?:-[^"]*)?)"', picture.svg)))


@pytest.mark.parametrize(
    "T, widths, feedback, read_out, sharing, links",
    [
        (4, (16, 32, 64), "next-level", "last", "turned-on", 15),
        (4, (16, 32, 64), "all-levels", "every", "none", 18),
        (2, (8, 16), "next-level", "last", "none", 3),
        (3, (8, 16, 24, 32), "none", "every", "turned-on", 8),
        (1, (8,), "all-levels", "last", "turned-on", 0),
    ],
)
def test_the_architecture_follows_the_configuration(T, widths, feedback, read_out, sharing, links):
    config = preset(
        "fashion-mini",
        time_steps=T,
        widths=widths,
        feedback=feedback,
        read_out=read_out,
        sharing=sharing,
        blocks_per_level=2,
    )
    picture, every = diagrams.architecture(config), read_out == "every"
    places = T * len(widths)
    assert count(picture, "stage") == count(picture, "potential") == places
    assert count(picture, "shared") == places * (sharing == "turned-on")
    assert count(picture, "spikes") == places - (0 if every else T - 1)  # read-outs that are there
    assert count(picture, "group") == T and count(picture, "mean") == every
    assert f'id="read-out-{T - 1}"' in picture.svg and count(picture, "read-out") == (
        T if every else 1
    )
    assert count(picture, "feedback") == links
    assert (
        f"{T} columns" in picture.alt
        and f"{len(widths)} levels" in picture.alt
        and f"{links} arrows" in picture.alt
        and "2 blocks" in picture.alt
        and ("shared by all steps" in picture.alt) == (sharing == "turned-on")
        and ("mean of the" in picture.alt) == every
    )


@pytest.mark.parametrize("last_stride, size", [(1, "32 × 7 × 7"), (2, "32 × 4 × 4")])
def test_levels_are_drawn_at_their_resolution(last_stride, size):
    """fashion-mini: 14 x 14 positions, then 7 x 7; the paper's last level keeps them."""
    picture = diagrams.architecture(
        preset("fashion-mini", widths=(8, 16, 32), last_stride=last_stride)
    )
    assert f"8 × 14 × 14, 16 × 7 × 7, {size}" in picture.alt


@pytest.mark.parametrize("feedback", ["all-levels", "next-level", "none"])
def test_the_arrows_are_the_network_s_own_feedback(feedback):
    """A level's way up has a path for each higher level that feeds it; with its own potential that
    makes the arrows of a step."""
    config = preset("fashion-mini", time_steps=2, widths=(8, 16, 24), feedback=feedback)
    net = TRevSNN(config, seed=0)
    ups = [len(level.ups) for level in net.subnets[1]]
    drawn = diagrams.feedback_links(config)
    assert [
        sum(source > target for _, source, target in drawn if target == level) for level in range(3)
    ] == ups


@pytest.mark.parametrize(
    "kind, kernel, module",
    [("convnext", 5, blocks.BasicBlock), ("ms-resnet", 3, blocks.MSResNetBlock)],
)
def test_the_block_s_convolutions_are_those_of_the_library(kind, kernel, module):
    config = preset(
        "fashion-mini", block=kind, kernel_size=kernel, expansion=2 if kind == "convnext" else 1
    )
    layers = diagrams.block_layers(config)
    convolutions = [
        child for child in module(8, kernel_size=kernel, expansion=config.expansion).children()
    ]
    assert [str(child.kernel_size[0]) for child in convolutions] == [
        re.search(r"(\d) × \d", layer.text)[1] for layer in layers if "×" in layer.text[1:]
    ]
    picture = diagrams.block(config)
    assert (
        count(picture, "layer") == len(layers)
        and count(picture, "carries-spikes") == 2
        and f"{len(layers)} layers" in picture.alt
    )


def test_a_strategy_s_drawing_is_what_it_keeps():
    picture = diagrams.strategies(time_steps=5, levels=2, decay=0.25)
    for memory, floats, bits, insides in (
        ("store", 10, 0, 10),
        ("recompute", 10, 0, 0),
        ("reversible", 2, 0, 0),
        ("taped", 2, 8, 0),
    ):
        assert (
            count(picture, f"{memory}-float"),
            count(picture, f"{memory}-bits"),
            count(picture, f"{memory}-inside"),
        ) == (floats, bits, insides)
    assert "4 bits per neuron" in picture.alt and "taped keeps 2 of 10" in picture.alt


def test_the_same_diagram_is_the_same_file():
    config = preset("fashion-mini")
    assert diagrams.architecture(config).svg == diagrams.architecture(config).svg
