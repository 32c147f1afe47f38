"""The demos of chapters 10 and 12, against the library: joins, signals and gradients through
blocks, and the events of a simulated camera."""

import datetime
import functools
import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.course.demo_pages import page_with, settings
from trevsnn_lite.course import demo as toolkit
from trevsnn_lite.course import demos
from trevsnn_lite.course.demos import event_camera, residual_depth
from trevsnn_lite.data.event_camera import threshold_crossings
from trevsnn_lite.scaled_conv import standardise
from trevsnn_lite.spikes import spike


def joined(shortcut, x, weight, scale, keep):
    """One block in tensors, with the library's spikes."""
    if shortcut == "ms":
        return keep * x + scale * spike(x, 0.5) @ weight.T
    branch = scale * x @ weight.T
    if shortcut == "vanilla":
        return spike(branch + keep * x, residual_depth.LAST_THRESHOLD)
    fired = spike(branch, 0.5)
    return {
        "sew-add": lambda: fired + keep * x,
        "sew-and": lambda: fired * keep * x,
        "sew-iand": lambda: (1 - fired) * keep * x,
    }[shortcut]()


def test_the_gradient_at_the_end_knows_nothing_of_the_input():
    """The input's own potentials were sent back: x 0.72 through a last layer that passes only what
    fires, where it is the root of the rate, 0.555; and IAND shrank where others grow."""
    potentials, _, sent = residual_depth.start()
    sizes = np.linalg.norm(potentials) * np.linalg.norm(sent)
    assert abs((potentials * sent).sum()) / sizes < 0.05
    vanilla = demos.ResidualDepth(shortcut="vanilla", alpha=0).result["numbers"]["gradient"]
    assert vanilla[0] == pytest.approx(0.3085**0.5, abs=0.03)


@pytest.mark.parametrize("scale, keep", [(1.3, 1.0), (2.2, 0.7), (0.0, 1.0), (3.0, 1.3)])
@pytest.mark.parametrize("shortcut", residual_depth.SHORTCUTS)
def test_signal_and_gradient_are_autograds(shortcut, scale, keep):
    found = residual_depth.run(shortcut, scale, keep, 3)
    for draw in (0, 20):
        potentials, weights, sent = (torch.tensor(p[draw]) for p in residual_depth.start())
        x = potentials.clone()
        first = y = (x if shortcut == "ms" else (x >= 0.5).double()).requires_grad_()
        for weight in weights[:3]:
            y = joined(shortcut, y, weight, scale, keep)
        size, largest = (found[name][draw, -1] for name in ("size", "largest"))
        assert size == pytest.approx(y.square().mean().sqrt().item())
        assert largest == pytest.approx(y.max().item())
        (gradient,) = torch.autograd.grad(y, first, sent)
        ratio = (gradient.norm() / sent.norm()).item()
        assert found["gradient"][draw, 0] == pytest.approx(ratio)


def test_the_weights_are_the_librarys_standardised_ones():
    weight = torch.tensor(residual_depth.start()[1][0, 0])
    again = standardise(weight[:, :, None, None], torch.ones(20, dtype=torch.float64))[:, :, 0, 0]
    torch.testing.assert_close(again, weight, atol=1e-4, rtol=1e-4)


def test_rezero_is_the_identity_on_the_branch_and_forgets_on_the_shortcut():
    numbers = demos.ResidualDepth(alpha=0).result["numbers"]
    assert numbers["like"] == pytest.approx([1.0] * 25) and numbers["gradient"] == [1.0] * 25
    assert abs(demos.ResidualDepth(alpha=0, scaled="shortcut").result["numbers"]["like"][-1]) < 0.2


def test_sew_add_alone_makes_numbers_above_one_of_spikes():
    largest = {
        shortcut: demos.ResidualDepth(shortcut=shortcut, alpha=1).result["numbers"]["largest"][-1]
        for shortcut in residual_depth.SHORTCUTS[1:]
    }
    assert (
        largest["sew-add"] > 10
        and max(value for name, value in largest.items() if name != "sew-add") <= 1
    )


@pytest.mark.parametrize("path", ["circle", "line"])
@pytest.mark.parametrize(
    "radius, threshold",
    [
        (2, 0.45),
        (0.5, 0.2),
        (1, 0.3),
        (1.5, 0.8),
        (2, 0.5),
        (2, 1.2),
        (2.5, 0.6),
        (3, 0.2),
        (3, 0.7),
        (1, 0.4),
    ],
)
def test_the_events_are_those_of_the_librarys_camera(path, radius, threshold):
    steps, size = event_camera.STEPS, event_camera.SENSOR
    levels = (
        np.array(
            [
                [
                    [event_camera.level(x, y, path, radius, s % steps) for x in range(size)]
                    for y in range(size)
                ]
                for s in range(steps + 1)
            ]
        )
        / event_camera.MICRO
    )
    draw = toolkit.random(3)
    start = np.array([[[2 * draw() - 1 for _ in range(size)] for _ in range(size)]])
    theirs, _ = threshold_crossings(
        levels[:, None], np.arange(steps + 1) * event_camera.STEP_TIME, threshold, start
    )
    ours = event_camera.events(path, radius, threshold)
    assert len(ours) > 20 and sorted(
        (y, x, 2 * int(p) - 1) for x, y, _, p in theirs.tolist()
    ) == sorted((y, x, p) for _, y, x, p in ours)
    assert np.abs(np.sort(theirs["t"]) - np.sort([event[0] for event in ours])).max() <= 1


def test_frames_hold_every_event_once_and_by_count_they_are_equal():
    for cut in ("time", "count"):
        numbers = demos.EventFrames(cut=cut, bins=5).result["numbers"]
        assert sum(numbers["counts"]) == numbers["events"]
    assert max(numbers["counts"]) - min(numbers["counts"]) <= 1


def test_the_loop_does_not_end_in_a_burst():
    """All pixels come back to their first level as the loop closes; their references differ, so
    that they do not fire together."""
    times = [event[0] for event in event_camera.events("line", 2, 0.5)]
    assert sum(t > 94_000 for t in times) < 0.05 * len(times)


@pytest.mark.parametrize("shortcut", residual_depth.SHORTCUTS)
@pytest.mark.parametrize("alpha", [0, 0.5, 1])
@pytest.mark.parametrize("scaled", ["branch", "shortcut"])
def test_the_numbers_beside_the_pictures_are_the_sentences_and_nothing_has_no_dot(
    shortcut, alpha, scaled
):
    result = demos.ResidualDepth(shortcut=shortcut, alpha=alpha, scaled=scaled).result
    marks, numbers = result["marks"], result["numbers"]
    (like,) = (m[3] for m in marks if m[0] == "text" and m[-1] == "end bold f-blue")
    (gradient,) = (m[3] for m in marks if m[0] == "text" and m[-1] == "end bold f-orange")
    if 0 in numbers["size"]:
        after = numbers["size"].index(0)
        start = f"The middle draw is silent after {after} block"
        assert like == "gone" and result["verdict"].startswith(start)
        assert "likeness" not in result["sentence"]
        assert ("gradient still passes" in result["verdict"]) == (numbers["gradient"][0] >= 1e-3)
    else:
        assert f"likeness to the input {like}:" in result["sentence"]
    said = gradient.replace("≈ ", "").removeprefix("24 blocks: ")
    assert gradient == "0: gone" or re.search(f" is {said}[.;]", result["sentence"])
    assert (gradient == "0: gone") == (numbers["gradient"][0] == 0)
    dots = [m for m in marks if m[0] == "circle" and m[-1] == "f-orange"]
    under = [m[3] for m in marks if m[0] == "text" and m[1] == 62 and "↓" in m[3]]
    inside = 0.1 <= numbers["gradient"][0] <= 1e4
    assert (len(dots), len(under)) == (inside, numbers["gradient"][0] < 0.1)
    assert ("↓ 0" in under) == (gradient == "0: gone"), "0 is not below a scale of powers"


def test_one_height_is_one_factor_in_every_state():
    """The gradient's panel has one scale: 10⁻¹ to 10⁴ over 95 units."""
    for setting in (
        {},
        {"alpha": 0.3},
        {"shortcut": "vanilla"},
        {"alpha": 0, "scaled": "shortcut"},
    ):
        result = demos.ResidualDepth(**setting).result
        ticks = {m[3]: m[2] - 4 for m in result["marks"] if m[0] == "text" and m[1] == 58}
        assert [ticks[name] for name in ("10⁴", "10²", "10⁻¹")] == [102, 140, 197]
        (x, y) = next(m[1:3] for m in result["marks"] if m[0] == "circle" and m[-1] == "f-orange")
        factor = result["numbers"]["gradient"][0]
        assert x == residual_depth.LEFT and 10 ** ((178 - y) / 19) == pytest.approx(factor)


def middles(name: str, shortcut: str, scaled: str, gain: float, ends: tuple = ()) -> list[float]:
    """The middle of the draws at the far end, at every step of alpha."""
    found = []
    for alpha in np.arange(21) / 20:
        branch, keep = (gain * alpha, 1.0) if scaled == "branch" else (gain, alpha)
        draws = residual_depth.run(shortcut, branch, float(keep), residual_depth.DEPTH)
        found.append(residual_depth.middle(draws[name])[0 if name == "gradient" else -1])
    return found


@pytest.mark.parametrize("shortcut", ["ms", "sew-add"])
def test_the_gradient_grows_with_alpha_on_the_branch(shortcut):
    """Of one draw it went up and down: a step from 0.75 to 0.8 divided it by 3.6."""
    for gain in (0.5, 1.0, 1.4, 1.8, 2.2, 2.4, 2.6, 2.8, 3.0):
        sizes = middles("gradient", shortcut, "branch", gain)
        falls = max(a / b for a, b in itertools.pairwise(sizes))
        assert sizes[0] == 1 and falls < (1.02 if gain == 2.2 else 1.5), gain
        assert gain != 2.2 or shortcut != "ms" or sizes == sorted(sizes), "what ▶ shows"


@pytest.mark.slow
def test_of_the_gradients_that_do_not_grow_with_alpha_none_leaves_the_scale_upwards():
    """With alpha on the shortcut the middle rises to about alpha 0.8 and falls again, IAND's
    stays near 1, and vanilla's has a gap where no neuron fires: 400 draws have the same. The
    scale ends at 10⁴, and at 10⁻¹ words say that the line goes on."""
    for gain in (0.5, 1.0, 2.2, 3.0):
        for shortcut, scaled in itertools.product(residual_depth.SHORTCUTS, ("branch", "shortcut")):
            sizes = middles("gradient", shortcut, scaled, gain)
            assert max(sizes) < 1e4
            if (shortcut, scaled) == ("sew-iand", "branch"):
                assert min(sizes) > 0.5 and max(sizes) < 1.6
            if shortcut == "ms" and gain == 2.2 and scaled == "shortcut":
                assert max(sizes) > 1.2 * sizes[-1] and max(sizes) > 2 * sizes[0]
            if shortcut == "vanilla" and gain == 2.2 and scaled == "branch":
                assert min(sizes) == 0 < sizes[0] < 1 < sizes[-1]


@pytest.mark.parametrize("params", settings(demos.ResidualDepth, 12), ids=str)
def test_the_thick_lines_are_the_middle_of_the_thin_ones_and_the_verdict_is_theirs(params):
    """One draw had been drawn, and quoted with three digits."""
    result = demos.ResidualDepth(**params).result
    numbers, marks = result["numbers"], result["marks"]
    for name in ("like", "gradient"):
        draws = numbers[name + "s"]
        assert len(draws) == 21
        for block, value in enumerate(numbers[name]):
            each = [draw[block] for draw in draws]
            assert sum(v <= value for v in each) >= 11 <= sum(v >= value for v in each)
    bands = {m[-1]: m[1][1::2] for m in marks if m[0] == "path" and m[-1] in ("q1", "q4")}
    likes, gradients = (
        np.array([[max(at), min(at)] for at in zip(*numbers[name])])
        for name in ("likes", "gradients")
    )
    panel = np.clip(178 - 19 * np.log10(np.maximum(gradients, 1e-99)), 102, 197)
    for band, ends in ((bands["q1"], 310 - 44 * likes), (bands["q4"], panel)):
        assert np.abs(np.array([band[25:][::-1], band[:25]]).T - ends).max() <= 0.51
    assert max(bands["q1"]) < 334, "clear of the key"
    key = {m[3] for m in marks if m[0] == "text" and m[2] == 346}
    each = next(m[3] for m in marks if m[0] == "text" and m[1:3] == [392, 37])
    one = {f"{each.removeprefix('≈ ')} each"} if each.startswith("≈") else set()
    assert key == {"21 draws", "their middle"} | one
    assert "the middle of 21 random draws" in result["sentence"]
    number = re.search(r"(?:grew about|shrank to about) ([\d.,]+)", result["verdict"])
    if number:
        said = float(number[1].rstrip(".").replace(",", ""))
        assert said == pytest.approx(numbers["gradient"][0], rel=0.051, abs=0.0006)
        assert len(number[1].strip("0.").replace(",", "").replace(".", "")) <= 2


@pytest.mark.parametrize("shortcut", residual_depth.SHORTCUTS)
def test_the_block_says_what_it_hands_back(shortcut):
    """Why 24 factors are above 1: of a gradient of random direction the shortcut hands back what
    is said, and the branch the rest."""
    for scaled, alpha in itertools.product(("branch", "shortcut"), (0, 0.3, 1)):
        params = {"shortcut": shortcut, "scaled": scaled, "alpha": alpha}
        marks = demos.ResidualDepth(**params).result["marks"]
        upper, lower = (
            next(m[3] for m in marks if m[0] == "text" and m[1:3] == at)
            for at in ([32, 35], [8, 68])
        )
        keep = 1.0 if scaled == "branch" else float(alpha)
        scale = 2.2 * alpha if scaled == "branch" else 2.2
        gated = shortcut in ("sew-and", "sew-iand") and keep == 0
        never = shortcut == "sew-and" and scale == 0
        assert "nothing" in upper or not (scale == 0 or gated)
        mean = re.match(r"← back: ≈ × ([\d.]+) \(", lower)
        if mean:
            assert shortcut in ("sew-iand", "vanilla") and float(mean[1]) <= keep + 0.0006
        else:
            start = "the branch never" if never else "no shortcut" if keep == 0 else ""
            assert lower.startswith(
                f"← back: × {0 if never else keep:g}" + ", " * bool(start) + start
            )
        assert ("no shortcut" in lower) == (keep == 0)
        potentials, weights, _ = residual_depth.start()
        x = potentials if shortcut == "ms" else residual_depth.fire(potentials)
        _, met = residual_depth.block(shortcut, weights[:, 0], x, scale, keep)
        one = np.ones_like(x)
        without, _ = residual_depth.back(shortcut, weights[:, 0], x, met, one, scale, keep)
        passed = {
            "sew-and": residual_depth.fire(met),
            "sew-iand": 1 - residual_depth.fire(met),
            "vanilla": residual_depth.window(met, residual_depth.LAST_THRESHOLD),
        }.get(shortcut, one)
        assert np.array_equal(without, keep * passed)
        where = {"sew-and": "where the branch fires", "sew-iand": "where it is silent"}
        where["vanilla"] = "in fire’s window"
        if mean:
            where = {"sew-iand": "(where silent)", "vanilla": "(fire’s window)"}
        assert keep == 0 or never or where.get(shortcut, "") in lower
        assert shortcut in where or " in " not in lower


@pytest.mark.parametrize("params", settings(demos.ResidualDepth, 12), ids=str)
def test_the_likeness_is_a_curve_over_the_blocks(params):
    """Only its end had been given: that it is gone after a block could not be read off."""
    result = demos.ResidualDepth(**params).result
    (curve,) = (m[1] for m in result["marks"] if m[0] == "path" and m[-1] == "s-blue thick")
    like, size = (result["numbers"][name] for name in ("like", "size"))
    shown = size.index(0) + 1 if 0 in size else 25
    assert [(310 - y) / 44 for y in curve[1::2]] == pytest.approx(like[:shown])
    assert shown == 25 or (curve[-1] == 310 and not any(like[shown:]))
    assert curve[::2] == [66 + 13 * block for block in range(shown)]


def test_with_alpha_on_the_shortcut_the_likeness_is_gone_after_the_first_block():
    like = demos.ResidualDepth(alpha=0, scaled="shortcut").result["numbers"]["like"]
    assert like[0] == pytest.approx(1) and max(abs(v) for v in like[1:]) < 0.2


def cosines(signal: np.ndarray, turn: int) -> np.ndarray:
    """Of each draw and block, with the input of the sample so many places on: by hand."""
    other = np.roll(signal[:, :1], turn, axis=2)
    sizes = np.sqrt((signal**2).sum((2, 3)) * (other**2).sum((2, 3)))
    return np.divide((signal * other).sum((2, 3)), sizes, out=0 * sizes, where=sizes > 0)


@pytest.mark.parametrize("scaled", ["branch", pytest.param("shortcut", marks=pytest.mark.slow)])
@pytest.mark.parametrize("shortcut", residual_depth.SHORTCUTS)
def test_an_input_is_said_to_be_left_if_the_signal_is_more_like_it_than_like_others(
    shortcut, scaled
):
    """A cosine of 0.34 to the input had been "some of the input": it is 0.34 to any other, too.
    And "nothing is left" had been said of all draws, where it is true of half of them."""
    words = demos.ResidualDepth().words
    for gain, step in itertools.product((0.5, 1.0, 1.6, 2.2, 3.0), range(21)):
        alpha = step / 20
        scale, keep = (gain * alpha, 1.0) if scaled == "branch" else (gain, alpha)
        draws = residual_depth.run(shortcut, scale, keep, residual_depth.DEPTH)
        own = cosines(draws["signal"], 0)
        other = np.mean([cosines(draws["signal"], turn) for turn in range(1, 6)], 0)
        fires = draws["size"] > 0
        np.testing.assert_allclose(draws["like"] * (1 - other), (own - other) * fires, atol=1e-9)
        params = {"shortcut": shortcut, "alpha": alpha, "scaled": scaled, "gain": gain}
        result = demos.ResidualDepth.compute(params, words)
        said, found = result["verdict"], result["numbers"]
        assert len(said.split()) <= 15, said
        left, alive = (own - other)[:, -1], int(fires[:, -1].sum())
        if "hardly any of the input is left" in said:
            assert sorted(left)[10] < 1 / 8, params
        elif "of the input is left" in said:
            assert sum(left > 0) >= max(11, 0.75 * alive) and found["like"][-1] >= 1 / 8, params
        silent = re.match(r"The middle draw is silent after (\d+) blocks?; (.*)", said)
        assert bool(silent) == (found["size"][-1] == 0)
        lost = int((draws["gradient"][:, 0] == 0).sum())
        if silent:
            block = int(silent[1])
            assert sum(not fires[draw, block] for draw in range(21)) >= 11
            assert sum(not fires[draw, block - 1] for draw in range(21)) < 11, "and not before"
            # 11 draws were silent there, and 12 without a gradient: two numbers for one event
            corner = [m[3] for m in result["marks"] if m[0] == "text" and "of 21 draws" in m[3]]
            assert (lost >= 11) == bool(corner) == ("vanish" in silent[2] and "nearly" not in said)
            assert corner in ([], [f"{lost} of 21 draws"])
            counts = re.findall(r"(\d+) (?:of 21 )?gradients vanish", silent[2])
            assert counts == ([str(lost)] if corner else [])
            assert ("all 21 gradients vanish" in said) == (lost == 21)
            assert "nearly vanishes" not in said or 0 < found["gradient"][0] < 1e-3
        else:
            assert lost == 0 or found["gradient"][0] > 0
        (reason,) = (m[3] for m in result["marks"] if m[0] == "text" and m[1:3] == [8, 254])
        check_reason(reason, draws, scale, keep, shortcut)


def number(text: str) -> float:
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    return float(text.replace(" × 10", "e").replace(",", "").translate(raised))


def check_reason(reason: str, draws: dict, scale: float, keep: float, shortcut: str):
    """What is said beside the likeness is so in the draws that it is said of."""
    size, signal = draws["size"], draws["signal"]
    first, last = (residual_depth.middle(size[:, at]) for at in (0, -1))
    grown = last / first
    numbers = [
        number(text.rstrip(","))
        for text in re.findall(r"\d[\d.,]*(?: × 10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)?", reason)
    ]
    like = residual_depth.middle(draws["like"])[-1]
    if reason.startswith("no shortcut"):
        assert keep == 0
    elif reason.startswith(("the branch changes n", "the branch never fires")):
        same = (signal[:, -1] == signal[:, 0]).all((1, 2))
        assert keep == 1 and sum(same) >= 11
        # "changes nothing" stood there while it added x 0.15 to the gradient
        back = {"the branch changes nothing": False}
        back["the branch never fires; back, its surrogate still adds"] = True
        back["the branch changes no spike; back, it still adds"] = True
        assert (draws["part"] > 0) == back[reason]
        assert ("surrogate" in reason) == (shortcut == "sew-add" and back[reason])
    elif reason == "the branch adds little to it":
        assert shortcut == "ms" and keep == 1 and grown < 1.05 and like > 0.9
    elif reason.startswith("signal ×"):
        assert shortcut == "ms" and keep == 1 and numbers[0] == numbers[2]
        assert numbers[0] == pytest.approx(grown, rel=0.051)
        assert 1 / grown == pytest.approx(like, abs=0.05)
    elif reason.startswith("the input is kept"):
        assert shortcut in ("ms", "sew-add") and 0 < keep < 1
        assert numbers == pytest.approx([keep**24, grown], rel=0.051, abs=0.0006)
        assert shortcut != "ms" or keep**24 / grown == pytest.approx(like, abs=0.08)
    elif reason.startswith("spikes add up on it"):
        assert shortcut == "sew-add" and keep == 1
        assert numbers == [draws["largest"].max()]
        assert (np.diff(signal, axis=1) >= 0).all() and not (signal[:, -1] == signal[:, 0]).all()
    elif reason == "every block fires anew":
        assert shortcut == "vanilla"
    else:  # no spike where there was none
        assert shortcut in ("sew-and", "sew-iand")
        assert (where := {"sew-and": "fires too", "sew-iand": "is silent"}[shortcut]) in reason, (
            where
        )
        assert (signal[:, 1:][signal[:, :-1] == 0] == 0).all()


@pytest.mark.parametrize("gain", [0.5, 1, 2.2, 3])
def test_a_band_that_is_cut_says_how_far_it_goes_and_at_most_is_of_all_draws(gain):
    """The band's flat top at 10⁴ hid a draw of 3.6 × 10⁶, and the middle draw's 17 spikes were
    "at most" where another has 19."""
    raised, cut = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"), []
    for shortcut, scaled, step in itertools.product(
        residual_depth.SHORTCUTS, ("branch", "shortcut"), (0, 1, 6, 10, 16, 20)
    ):
        alpha = step / 20
        params = {"shortcut": shortcut, "alpha": alpha, "scaled": scaled, "gain": gain}
        result = demos.ResidualDepth(**params).result
        branch, keep = (gain * alpha, 1.0) if scaled == "branch" else (gain, alpha)
        draws = residual_depth.run(shortcut, branch, keep, residual_depth.DEPTH)
        least, most = draws["gradient"].min(), draws["gradient"].max()
        (band,) = (m[1][1::2] for m in result["marks"] if m[0] == "path" and m[-1] == "q4")
        places = ([154, 94], [90, 214])
        said = [m[3] for m in result["marks"] if m[0] == "text" and m[1:3] in places]
        ends = dict(text.split(" ", 1) for text in said)
        assert ("↑" in ends) == (most > 1e4) and (most <= 1e4 or min(band) == 102)
        assert ("↓" in ends) == (least < 0.1 <= result["numbers"]["gradient"][0])
        for arrow, value in (("↑", most), ("↓", least)):
            if arrow in ends:
                number = float(ends[arrow].replace(",", "").replace(" × 10", "e").translate(raised))
                assert number == pytest.approx(value, rel=0.051)
                cut.append(arrow)
        at_most = re.search(r"spikes add up to ([\d.]+) at most", result["verdict"])
        if at_most:
            assert float(at_most[1]) == pytest.approx(draws["largest"].max(), abs=0.006)
    assert gain not in (2.2, 3) or "↑" in cut


def test_what_cannot_be_told_from_another_input_has_a_likeness_of_0():
    start = {"scaled": "branch", "gain": 2.2, "alpha": 1}
    ends = {
        name: demos.ResidualDepth(**start | {"shortcut": name}).result
        for name in ("ms", "sew-add", "vanilla")
    }
    likes = {name: end["numbers"]["like"][-1] for name, end in ends.items()}
    assert abs(likes["vanilla"]) < 0.03 and 0 < likes["sew-add"] < 0.1 < likes["ms"]
    assert "left" not in ends["sew-add"]["verdict"]
    assert "hardly any of the input" in ends["vanilla"]["verdict"]
    (title,) = (m[3] for m in ends["ms"]["marks"] if m[-1] == "bold f-blue")
    assert "0: as to another" in title
    signal = residual_depth.run("vanilla", 2.2, 1.0, 0)["signal"]
    assert np.mean([cosines(signal, turn) for turn in range(1, 6)]) == pytest.approx(0.3, abs=0.02)


def test_the_text_s_sums_of_a_block_s_factor_are_what_is_measured():
    """Why x 1 and x 1.23 make x 1.25: an eighth of the potentials lie in fire's window, without
    the shortcut a third, and the two parts stand at right angles."""
    found = {}
    for keep in (1.0, 0.0):
        signal = residual_depth.run("ms", 2.2, keep, residual_depth.DEPTH)["signal"][:, :-1]
        found[keep] = residual_depth.window(signal).mean()
    assert found[1.0] == pytest.approx(1 / 8, rel=0.1)
    assert found[0.0] == pytest.approx(1 / 3, rel=0.1)
    factors = [
        demos.ResidualDepth(alpha=alpha, scaled="shortcut").result["numbers"]["gradient"][0]
        ** (1 / 24)
        for alpha in (1, 0)
    ]
    assert [round(factor, 2) for factor in factors] == [1.25, 1.23]
    text = Path("chapters/text/10_the_basic_block.md").read_text()
    text = re.sub(" <!--.*?-->", "", text)
    assert "× 1 with × 0.79 make × 1.25, and not their sum" in text
    assert "(1.27 if exactly)" in text and "the branch alone makes 1.23." in text
    alone = demos.ResidualDepth(alpha=0, scaled="shortcut").result
    assert round(alone["numbers"]["part"], 2) == 1.23
    assert "the branch hands back × 1.23 of one" in alone["sentence"]
    written = [m[3] for m in demos.ResidualDepth().result["marks"] if m[0] == "text"]
    for said in ("← back: adds × 0.79", "≈ × 1.25", "if at right angles: √(1² + 0.79²) ≈ 1.27"):
        assert said in written
    assert 1.27 == round((1 + 2.2**2 / 8) ** 0.5, 2) == round((2.2**2 / 3) ** 0.5, 2)
    # and forwards: the input's share of what has grown is about the likeness
    for alpha, gain in itertools.product((0.3, 0.5, 1), (0.5, 1, 2.2, 3)):
        numbers = demos.ResidualDepth(alpha=alpha, gain=gain).result["numbers"]
        grown = numbers["size"][-1] / numbers["size"][0]
        assert 1 / grown == pytest.approx(numbers["like"][-1], abs=0.025)
        assert (alpha, gain) != (1, 2.2) or round(grown, 1) == 5.4
    assert "× 5.4, and the input is 1/5.4 of it, about its likeness (0.20)" in text
    assert "signal × 5.4: the input is 1/5.4 of it" in written
    potentials, weights, gradient = residual_depth.start()
    _, through = residual_depth.back(
        "ms", weights[:, 0], potentials, potentials, gradient, 2.2, 1.0
    )
    sizes = np.sqrt((gradient**2).sum() * (through**2).sum())
    assert abs((gradient * through).sum() / sizes) < 0.05, "at right angles"


@pytest.mark.parametrize("shortcut", residual_depth.SHORTCUTS)
@pytest.mark.parametrize("scaled", ["branch", "shortcut"])
@pytest.mark.parametrize("alpha", [0, 0.05, 0.5, 1])
def test_the_block_is_drawn_as_it_computes(shortcut, scaled, alpha):
    """Why alpha = 0 gives straight lines: the branch is off. It had only been said."""
    marks = demos.ResidualDepth(shortcut=shortcut, scaled=scaled, alpha=alpha).result["marks"]
    high, low = 14, 47
    (node,) = (m for m in marks if m[0] == "text" and m[3] == "α")
    assert node[2] - 4 == (high if scaled == "branch" else low)
    wires = [m for m in marks if m[0] == "rect" and m[-1] == "f-ink" and m[1] == node[1]]
    thick = {m[2] + m[4] / 2: m[4] for m in wires}
    off = [m[2] for m in marks if m[0] == "line" and m[-1] == "s-ink dots" and m[1] == node[1]]
    here, there = (high, low) if scaled == "branch" else (low, high)
    assert thick.get(here, 0) == pytest.approx(2 * alpha) and thick[there] == 2
    assert off == ([here] if alpha == 0 else [])
    boxes = {m[3]: m[1:3] for m in marks if m[0] == "text" and m[-1] == "mid" and m[2] < 60}
    fire, weights = boxes["fire"], boxes["W"]
    if shortcut == "ms":
        assert fire[0] < weights[0] < node[1] and fire[1] == weights[1]
    elif shortcut == "vanilla":
        assert fire[0] > 199 and fire[1] - 4 == low, "after the sum"
    else:
        assert node[1] < fire[0] < 190 and fire[1] - 4 == high
    joins = {"sew-and": "AND", "sew-iand": "IAND"}
    signs = [m[3] for m in marks if m[0] == "text" and m[3] in ("+", *joins.values())]
    assert signs == [joins.get(shortcut, "+")]


def test_a_silent_vanilla_block_is_the_identity_and_loses_gradient_as_the_chapter_finds():
    """At a threshold of 0.5 the window's edges lie on 0 and 1: unchanged, and at 0.05 nothing."""
    silent, nearly = (
        demos.ResidualDepth(shortcut="vanilla", alpha=alpha).result for alpha in (0, 0.05)
    )
    for result in (silent, nearly):
        assert result["numbers"]["like"][-1] == pytest.approx(1)
        assert 0.4 < result["numbers"]["gradient"][0] < 0.8
    assert silent["verdict"].startswith("The gradient shrank to about 0.5")


def test_the_menu_gives_no_formula_that_is_one_shortcut_s_alone():
    """ "x + αF(x)" stood there for SEW too: at alpha = 0.5 at most 13, where the verdict said 15."""
    options = demos.ResidualDepth().words["options"]
    assert [options[name] for name in ("branch", "shortcut")] == ["the branch", "the shortcut"]


def test_the_presets_say_what_alpha_they_set():
    """ "α on the shortcut" set it to 0 as well, and did not say so."""
    for name, values in demos.ResidualDepth().words["presets"].items():
        assert (values["alpha"] == 0) == ("α = 0" in name)


@pytest.mark.parametrize("shortcut", residual_depth.SHORTCUTS)
@pytest.mark.parametrize("scaled", ["branch", "shortcut"])
def test_what_is_written_at_a_block_is_measured(shortcut, scaled):
    """The branch's part had been computed from the result, which it was to explain; 0.986 a block
    stood where one block alone took something; and the factor of an average where half of the
    draws have no gradient at all."""
    words = demos.ResidualDepth().words
    for step, gain in itertools.product(range(21), (0.5, 1.1, 2.2, 3)):
        params = {"shortcut": shortcut, "scaled": scaled, "alpha": step / 20, "gain": gain}
        result = demos.ResidualDepth.compute(params, words)
        marks, curve = result["marks"], result["numbers"]["gradient"]
        draws = [draw[0] for draw in result["numbers"]["gradients"]]
        what, block = (
            next(m[3] for m in marks if m[0] == "text" and m[1:3] == [392, y]) for y in (18, 37)
        )
        branch = next(m[3] for m in marks if m[0] == "text" and m[1:3] == [32, 35])
        keep = 1.0 if scaled == "branch" else step / 20
        scale = gain * step / 20 if scaled == "branch" else gain
        passed, measured = of_the_middle_draw(shortcut, scale, keep)
        lower = next(m[3] for m in marks if m[0] == "text" and m[1:3] == [8, 68])
        assert branch.startswith("← back: "), "not a number forwards"
        if measured == 0 or keep == 0:
            assert branch == ("← back: adds nothing" if measured == 0 else "← back: all there is")
        else:
            said = number(branch.removeprefix("← back: adds × "))
            assert said == pytest.approx(measured, abs=0.0051), params
            assert said == pytest.approx(measured, rel=0.051, abs=5.1e-5) or measured > 0.005
        sums = [m[3] for m in marks if m[0] == "text" and m[1:3] == [392, 68]]
        each = float(block.split()[-1]) if block.startswith("≈") else None
        if curve[0] == 0:
            assert (what, block) == ("gradient gone in", f"{draws.count(0)} of 21 draws")
            size = result["numbers"]["size"]
            silent = f"nowhere after {size.index(0)} block" if 0 in size else "in fire’s window"
            assert "never fires" in lower or (silent if keep else "no shortcut") in lower
        elif what.startswith("block 24"):
            assert len(set(curve[:-1])) == 1 and block == "the others: × 1"
            assert float(what.split()[3].strip(",")) == pytest.approx(curve[0], abs=0.006)
        else:
            assert what == ("a block back:" if curve[0] == 1 else "a block back, on average:")
            assert len(set(curve[:-1])) > 1 or curve[0] == 1
            assert float(block.split()[-1]) == pytest.approx(curve[0] ** (1 / 24), abs=0.0051)
        free = shortcut in ("ms", "sew-add")
        assert bool(sums) == bool(each and keep and measured), "the sum does not come and go"
        if each and keep == 0:
            assert measured == pytest.approx(curve[0] ** (1 / 24)), "the branch is the block"
            hands = re.search(r"the branch hands back × ([\d.]+) of one", result["sentence"])
            assert (hands is None) == (0 in result["numbers"]["size"])
            assert hands is None or f"≈ × {hands[1]}" == block
        if sums:
            sign = r"if at right angles: √\(([\d.]+)² \+ (.+)²\) ≈ ([\d.]+)"
            sign = sign if free else r"nearly √\(([\d.]+)² \+ (.+)²\)"
            one, two, *both = re.fullmatch(sign, sums[0]).groups()
            assert branch.endswith(f" {two}") and f"× {one}" in lower
            assert float(one) == (keep if free else pytest.approx(passed, abs=0.0051))
            composed = math.hypot(float(one), number(two))
            assert composed == pytest.approx(each, rel=0.05 if free else 0.08), params
            for said in both:
                digits = 3 if 0.9 < composed < 1.1 else 2
                assert float(said) == pytest.approx(composed, abs=0.5001 / 10**digits)
        lines = [m for m in marks if m[-1] == "s-ink dash"]
        assert bool(lines) == bool(each)
        if lines and 0.1 <= curve[0] <= 1e4:
            (x, y, end, bottom) = next(m[1] for m in lines if m[0] == "path")
            assert (x, end, bottom) == (66, 378, 178)
            assert 10 ** ((178 - y) / 19 / 24) == pytest.approx(curve[0] ** (1 / 24))


def of_the_middle_draw(shortcut: str, scale: float, keep: float) -> tuple[float, float]:
    """What shortcut and branch hand back in the middle draw, by hand: means over its blocks."""
    potentials, weights, g = residual_depth.start()
    layers, mets = [potentials if shortcut == "ms" else residual_depth.fire(potentials)], []
    for d in range(24):
        y, met = residual_depth.block(shortcut, weights[:, d], layers[-1], scale, keep)
        layers.append(y)
        mets.append(met)
    kepts, parts = [], []

    def size(values):
        return np.linalg.norm(values, axis=(1, 2))

    first = size(g)
    for d in range(23, -1, -1):
        arguments = layers[d], mets[d], g, scale, keep
        kept, through = residual_depth.back(shortcut, weights[:, d], *arguments)
        without, none = residual_depth.back(shortcut, 0 * weights[:, d], *arguments)
        assert np.array_equal(kept, without) and not none.any(), "the branch's alone"
        came = np.where(size(g) > 0, size(g), 1)
        kepts.append(size(kept) / came)
        parts.append(size(through) / came)
        g = kept + through
    ends = size(g) / first
    middle = np.argsort(ends, kind="stable")[10]
    kept, part = np.array(kepts)[:, middle], np.array(parts)[:, middle]
    both = np.hypot(kept, part)
    if not ends[middle]:
        assert both[0] == 0, "nothing comes through the last block"
        return 0.0, 0.0
    passed, right = (np.prod(v) ** (1 / 24) for v in (kept, both))
    return float(passed), float(np.sqrt(right**2 - passed**2)) if part.any() else 0.0


def test_play_heals_the_start(browser, tmp_path):
    """From alpha = 1, where the gradient explodes, down to ReZero's start."""
    start = demos.ResidualDepth().result["verdict"]
    assert start.startswith("The gradient grew about 200-fold;")
    page, faults = page_with(browser, tmp_path, demos.ResidualDepth()._repr_html_(), alone=True)
    page.clock.install(time=datetime.datetime(2026, 1, 1))
    page.clock.pause_at(datetime.datetime(2026, 1, 2))
    page.get_by_role("button", name="Play: α").click()
    page.clock.run_for(6000)
    assert "unchanged" in page.locator(".tsay").inner_text() and not faults
    page.close()


@pytest.mark.parametrize("params", settings(demos.EventFrames, 60), ids=str)
def test_the_edge_that_is_said_to_brighten_does(params):
    """Where one way is said: the brighter pixels lie that way of the darker ones."""
    found = demos.EventFrames(**params).result
    said = re.match(
        r"A bright shirt goes (\w+): its (\w+) edge brightens, its (\w+) darkens\.$",
        found["verdict"],
    )
    pixels = np.array(found["numbers"]["pixels"])
    if not said or len(pixels) < 20:
        return
    edges = {"left": (1, -1), "right": (1, 1), "upper": (0, -1), "lower": (0, 1)}
    axis, sign = edges[said[2]]
    assert {"up": "upper", "down": "lower"}.get(said[1], said[1]) == said[2]
    assert edges[said[3]] == (axis, -sign)
    off, on = ((pixels[:, axis] * w).sum() / w.sum() for w in (pixels[:, 2], pixels[:, 3]))
    assert sign * (on - off) > 0


@pytest.mark.parametrize("path", ["circle", "line"])
def test_an_edge_is_said_to_change_only_where_the_frame_s_events_show_it(path, monkeypatch):
    """Every frame of every cut by time, at each second threshold: at the turn a frame of 9 brighter
    events was said to darken too."""
    monkeypatch.setattr(event_camera, "events", functools.cache(event_camera.events))
    words, said = demos.EventFrames().words, set()
    ways = {"left": (1, -1), "right": (1, 1), "up": (0, -1), "down": (0, 1)}
    grid = itertools.product(
        np.arange(1, 7) / 2, np.arange(2, 13, 2) / 10, range(2, 9), range(1, 9)
    )
    for radius, threshold, bins, shown in grid:
        if shown > bins:
            continue
        params = {"radius": float(radius), "threshold": float(threshold), "path": path}
        params |= {"bins": bins, "shown": shown, "cut": "time", "pixel": 0}
        result = demos.EventFrames.compute(params, words)
        way = re.match(r"(?:A bright shirt goes|It goes|Going) ([a-z ]+?)[:,]", result["verdict"])
        if not way:
            continue
        pixels = np.array(result["numbers"]["pixels"])
        time = (shown - 0.5) / bins * event_camera.STEPS * event_camera.STEP_TIME
        middle = event_camera.place(path, float(radius), time)
        ahead = sum(
            sign * (pixels[:, axis] - middle[1 - axis] - 6.5)
            for axis, sign in (ways[word] for word in way[1].split(" and "))
        )
        # axis 0 of a pixel is its row, axis 1 its column; a place is (column, row)
        off, on = pixels[:, 2], pixels[:, 3]
        changes = re.split("; no (?:pixel|darker|brighter)", result["verdict"])[0]
        assert ("brighten" in changes) == (on.sum() > 0), params
        assert ("darken" in changes) == (off.sum() > 0), params
        assert on.sum() == 0 or (on * ahead).sum() > 0, params
        assert off.sum() == 0 or (off * ahead).sum() < 0, params
        said.add(result["verdict"])
    assert len(said) >= 5


def test_blue_is_darker_and_orange_brighter_in_all_parts_of_the_picture():
    """The frame shown had been blue as well: 144 darker events, one read."""
    result = demos.EventFrames().result
    marks, pixels = result["marks"], np.array(result["numbers"]["pixels"])
    rects = [m for m in marks if m[0] == "rect" and m[1] >= event_camera.RIGHT]
    heights = {
        colour: sum(m[4] for m in rects if m[3] == 29 and m[-1] == colour)
        for colour in ("f-blue", "f-orange")
    }
    counts, events = result["numbers"]["counts"], event_camera.events("line", 2, 0.5)
    kinds = [sum(event[3] == sign for event in events) for sign in (-1, 1)]
    assert list(heights.values()) == pytest.approx([58 * n / max(counts) for n in kinds])
    first = [m[4] for m in rects if m[3] == 29][:2]
    assert first == pytest.approx([58 * n / max(counts) for n in pixels.sum(0)[2:]])
    on_all, off = (
        next(m[1] for m in marks if m[0] == "path" and m[-1] == c) for c in ("f-orange", "f-blue")
    )
    areas = [sum(82 - y for y in line[3:-2:4]) for line in (off, on_all)]
    assert areas[0] / areas[1] == pytest.approx(kinds[0] / sum(kinds)), "darker ones below"
    assert sum(m[-1] == "f-soft s-rule" for m in rects) == 3, "two bands and their key"


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_shirt_is_brighter_than_its_ground(theme):
    style = Path(event_camera.__file__).parents[1].joinpath("marks.css").read_text("utf8")

    def light(name):
        pair = re.search(rf"\.{name} {{ fill: light-dark\((#\w+), (#\w+)\)", style)
        return sum(int(pair[theme + 1][k : k + 2], 16) for k in (1, 3, 5)) / 3

    marks = demos.EventFrames().result["marks"]
    (ground,) = (m[-1] for m in marks if m[0] == "rect" and m[3] == 18 * event_camera.CELL)
    shirt = next(m[-1] for m in marks if m[0] == "path")
    assert light(shirt) > light(ground) + 40
    assert [m[-1].split()[0] for m in marks if m[0] == "rect" and m[2] == 285] == [shirt]


def test_the_shirt_is_drawn_where_the_camera_saw_it():
    for path in ("line", "circle"):
        for step in range(event_camera.STEPS):
            column, row = event_camera.place(path, 2, step * event_camera.STEP_TIME)
            bright = [
                (x + 0.5, y + 0.5)
                for y in range(18)
                for x in range(18)
                if event_camera.level(x, y, path, 2, step) > 0  # light 0.75 and more
            ]
            middle = np.array(bright).mean(0)
            corners = np.array(event_camera.outline())
            left, top = corners.min(0)
            right, bottom = corners.max(0)
            assert abs(middle[0] - column - (left + right) / 2) < 0.8
            assert abs(middle[1] - row - (top + bottom) / 2) < 1.2


@pytest.mark.parametrize("params", settings(demos.EventFrames, 20), ids=str)
def test_the_ringed_pixel_s_events_stand_in_their_order_and_make_its_colour(params):
    """That a frame loses the order had only been said."""
    result = demos.EventFrames(**params).result
    marks, numbers, pixel = result["marks"], result["numbers"], params["pixel"]
    events = event_camera.events(params["path"], params["radius"], params["threshold"])
    own = [[t, p] for t, y, x, p in events if y * event_camera.SENSOR + x == pixel]
    assert numbers["pixel"] == own
    ticks = [m for m in marks if m[0] == "circle" and m[3] == 3]
    whole = event_camera.STEPS * event_camera.STEP_TIME
    assert [m[1] for m in ticks] == pytest.approx(
        [event_camera.RIGHT + event_camera.WIDE * t / whole for t, _ in own]
    )
    assert [m[-1] for m in ticks] == ["f-orange" if p > 0 else "f-blue" for _, p in own]
    row, column = divmod(pixel, event_camera.SENSOR)
    shown = next((p[2:] for p in numbers["pixels"] if p[:2] == [row, column]), [0, 0])
    if params["cut"] == "time":
        band = next(m for m in marks if m[0] == "rect" and m[2] == 20)
        inside = [m[-1] for m in ticks if band[1] <= m[1] < band[1] + band[3]]
        assert [inside.count("f-blue"), inside.count("f-orange")] == shown


def height_at(line: list, x: float) -> list[float]:
    """Where a drawn line is at x: at a jump, all its ends there."""
    points = list(zip(line[::2], line[1::2]))
    found = []
    for (left, y), (right, end) in zip(points, points[1:]):
        if left <= x + 1e-6 and x - 1e-6 <= right:
            found += (
                [y, end] if right - left < 1e-6 else [y + (end - y) * (x - left) / (right - left)]
            )
    return found


@pytest.mark.parametrize("params", settings(demos.EventFrames, 40), ids=str)
def test_an_event_of_the_ringed_pixel_lies_where_its_light_leaves_what_it_remembers(params):
    """Why a pixel fires had not been drawn."""
    marks = demos.EventFrames(**params).result["marks"]
    (stairs,), (light,) = (
        [m[1] for m in marks if m[0] == "path" and m[-1] == style and len(m[1]) != 6]
        for style in ("s-ink dash", "s-ink thick")
    )
    dots = [m for m in marks if m[0] == "circle" and m[3] == 3]
    scale = max(abs(a - b) for a, b in zip(stairs[3::4], stairs[5::4])) if dots else 0
    for _, x, y, _, colour in dots:
        assert min(abs(y - at) for at in height_at(light, x)) < 0.1, "on the curve"
        jump = [at for at in height_at(stairs, x) if abs(at - y) > 0.5]
        assert len(jump) and all(abs(abs(at - y) - scale) < 0.1 or len(jump) > 2 for at in jump)
        assert any((at > y) == (colour == "f-orange") for at in jump)
    for at, value in zip(light[::2], light[1::2]):  # else it would have fired before
        gap = min(abs(value - kept) for kept in height_at(stairs, at))
        assert not dots or gap < scale + 0.1
    assert all(102 < y < 165 for y in [*stairs[1::2], *light[1::2]])


def test_a_frame_without_events_is_not_said_to_be_without_changes():
    """ "No change was as large as the threshold" stood where the light fell by more than it: what
    counts is the change since the pixel's last event."""
    found = demos.EventFrames(threshold=1.0, radius=0.5, bins=2, shown=2).result
    assert found["numbers"]["counts"][1] == 0
    assert "no pixel changed enough since its last event" in found["verdict"]
    falls = [
        event_camera.level(x, y, "line", 0.5, 12) - event_camera.level(x, y, "line", 0.5, 0)
        for x, y in itertools.product(range(18), repeat=2)
    ]
    assert max(falls) > 1.0 * event_camera.MICRO


def test_a_click_on_a_pixel_rings_it_and_stays_when_the_frames_change(browser, tmp_path):
    page, faults = page_with(browser, tmp_path, demos.EventFrames()._repr_html_())
    box = page.locator(".tpicture svg").bounding_box()
    scale = box["width"] / 400
    at = [8 + event_camera.CELL * 14.5, 22 + event_camera.CELL * 10.5]
    page.mouse.click(box["x"] + scale * at[0], box["y"] + scale * at[1])
    page.get_by_role("spinbutton", name="Frames T").fill("1")
    assert "The ringed pixel, column 15, row 11:" in page.locator(".twords p").text_content()
    assert not faults
    page.close()
