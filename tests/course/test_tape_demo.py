"""The numbers of the demos SpikeTape (chapter 07) and GradientReach (chapter 06), against the
library's tape and autograd through its neuron."""

import re
from pathlib import Path

import pytest
import torch

from tests.course.demo_pages import page_with, settings
from trevsnn_lite import spike_tape
from trevsnn_lite.course import demos
from trevsnn_lite.course.demo import short
from trevsnn_lite.course.demos import gradient_reach
from trevsnn_lite.course.demos import spike_tape as tape_demo
from trevsnn_lite.neurons import lif_step

TAPES = [
    (decay, bits, seed)
    for decay in (0.05, 0.09, 0.3, 0.5, 0.64, 0.9)
    for bits in (1, 2, 4, 8)
    for seed in (1, 7)
]
EXACT = torch.float64


@pytest.mark.parametrize("decay, bits, seed", TAPES)
def test_on_the_librarys_grid_the_tape_is_the_librarys_bit_for_bit(decay, bits, seed):
    numbers = tape_demo.run(decay, bits, 22, seed)
    q, leak = spike_tape.GRID[torch.float32], torch.tensor(decay, dtype=EXACT)
    v, entries = [torch.tensor([numbers["true"][0] * q])], []
    inputs = [torch.tensor([units * q]) for units in numbers["inputs"]]
    for current in inputs:
        units = (v[-1].double() / q).long()
        entries.append(
            spike_tape.Entry(spike_tape.pack((units % 2**bits).to(torch.uint8), bits), bits, None)
        )
        v.append(spike_tape.leak_and_add(v[-1], leak, current))
    assert [int(x.double().item() / q) for x in v] == numbers["true"]
    back = v[-1:]
    for current, entry in zip(reversed(inputs), reversed(entries)):
        back.append(spike_tape.read(entry, back[-1], current, leak, threshold=1.0))
    theirs, ours = [x.double().item() / q for x in reversed(back)], numbers["recovered"]
    lost = max(
        (t for t in range(13) if abs(ours[t]) >= 2**23), default=-1
    )  # beyond |V| = 2 float32 itself rounds: a wrong potential that has grown so large
    assert theirs[lost + 1 :] == ours[lost + 1 :]


@pytest.mark.parametrize("decay", [0.05, 0.09, 0.2, 0.33, 0.5, 0.7, 0.95])
def test_the_bits_that_the_library_keeps_bring_every_potential_back(decay):
    for seed in range(20):
        bits = spike_tape.bits_needed(decay, 2.0, torch.float32)
        numbers = tape_demo.run(decay, bits, 4, seed)
        assert numbers["recovered"] == numbers["true"]


@pytest.mark.parametrize("decay, enough", [(0.05, 5), (0.09, 4), (0.2, 3), (0.3, 2), (0.5, 2)])
def test_one_bit_fewer_than_enough_fails_for_some_input(decay, enough):
    """The library packs 1, 2, 4 or 8; `enough` is the fewest of all numbers for which 2^(bits - 1)
    > 0.5 / decay."""
    wrong = [
        sum(
            len(
                demos.SpikeTape(decay=decay, bits=bits, seed=seed, undone=12).result["numbers"][
                    "wrong"
                ]
            )
            for seed in range(20)
        )
        for bits in (enough - 1, enough)
    ]
    assert wrong[0] > 0 and wrong[1] == 0


def test_at_the_start_there_is_no_tape_and_two_bits_mend_it():
    none, one, two = (demos.SpikeTape(bits=bits).result for bits in (0, 1, 2))
    assert demos.SpikeTape().result == none
    assert "V[11] = 18 and the input 7 give (18 − 7) / 0.5 = 22" in none["sentence"]
    for result, ending in (
        (none, "the nearest whole number is taken: 22. V[10] was 23."),
        (one, "1. Whole numbers that end so lie 2 apart, and the nearest is 21. V[10] was 23."),
        (two, "11. Whole numbers that end so lie 4 apart, and the nearest is 23. That is V[10], "),
    ):
        assert ending in result["sentence"]
    wrong = [result["numbers"]["wrong"] for result in (none, one, two)]
    assert wrong == [list(range(6)) + [6, 7, 8, 9, 10], list(range(11)), []]
    assert [result["numbers"]["shown"] for result in (none, one, two)] == [10, 10, 10]


@pytest.mark.parametrize("params", settings(demos.GradientReach, 30), ids=str)
def test_what_is_left_of_a_gradient_is_autograds(params):
    numbers = demos.GradientReach(**params).result["numbers"]
    decay, steps = 1 - 1 / params["tau"], params["steps"]
    draw = gradient_reach.random(gradient_reach.SEED + params["neuron"])
    current_of = [2 * params["settle"] * (1 - decay) * draw() for _ in range(steps)]
    v, found = torch.zeros((), dtype=EXACT), []
    for current in current_of:
        _, v = lif_step(
            torch.tensor(current, dtype=EXACT),
            v,
            decay=decay,
            reset=params["reset"],
            surrogate=params["kind"],
        )
        v.requires_grad_() if not v.requires_grad else v.retain_grad()
        found.append(v)
    v.backward()
    assert numbers["v"] == pytest.approx([x.item() for x in found], abs=1e-12)
    assert numbers["reach"] == pytest.approx([x.grad.item() for x in found], abs=1e-12)
    assert numbers["leak"] == pytest.approx([decay**k for k in reversed(range(steps))])


def test_without_a_reset_nothing_but_the_decay_matters():
    numbers = demos.GradientReach(reset="none", tau=4).result["numbers"]
    assert numbers["reach"] == pytest.approx(numbers["leak"]) and numbers["mean"] == pytest.approx(
        numbers["leak"]
    )


def test_play_closes_a_gate_and_raises_walls_until_little_is_left():
    """Of a weak input all gates are open; the higher it is, the nearer the first closed one."""
    nearest = []
    for twentieths in range(10, 25):
        result = demos.GradientReach(settle=twentieths / 20).result
        assert "gate: 1 kept − h taken by the reset (grey)" in [
            m[3] for m in result["marks"] if m[0] == "text"
        ]
        gates = result["numbers"]["gates"]
        nearest.append(min((9 - t for t, gate in enumerate(gates) if gate == 0), default=None))
    assert nearest == [None] * 3 + [6] + [5] * 3 + [4] * 4 + [1] * 4
    assert demos.GradientReach.controls[0].min == 0.5, "▶ starts close to the first that closes"


def worth(product: str) -> tuple[float, float]:
    """(what the factors of a product make, what is said to be their product)."""
    product = re.sub(r" × 10(?=[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])", "e", product)
    product = product.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    made, _, said = product.replace(" = ", " ≈ ").partition(" ≈ ")
    value = 1.0
    for factor in made.split(" × "):
        inner = factor.strip("()")
        value *= 1 - float(inner[4:]) if inner.startswith("1 − ") else float(inner)
    return value, float(said or value)


CHAINS = [
    *settings(demos.GradientReach, 150),
    *({"settle": s / 20, "kind": k} for s in range(10, 25) for k in ("rectangle", "sigmoid")),
]


@pytest.mark.parametrize("params", CHAINS, ids=str)
def test_the_product_below_the_bars_makes_the_bar_that_is_shown(params):
    """ "Decay × open gate" had been said and never written with numbers."""
    demo = demos.GradientReach(**params)
    params, result = demo.params, demo.result
    marks, numbers, steps = result["marks"], result["numbers"], demo.params["steps"]
    rows = [m[3] for m in marks if m[0] == "text" and m[1] == 8 and m[2] in (330, 346)]
    shown = steps - 1 - numbers["shown"]
    assert 1 <= shown < steps and (shown == params["bar"] or not 0 < params["bar"] < steps)
    for back, row in zip((shown - 1, shown), rows, strict=True):
        at, product = row.split(" back:  ")
        left = numbers["reach"][steps - 1 - back]
        made, said = worth(product)
        assert int(at) == back and ("= 0" in product) == (left == 0)
        end = product.replace(" = ", " ≈ ").split(" ≈ ")[-1] if " ≈ " in product else ""
        digits = len(end.split(" × ")[0].replace(".", "").strip("0"))
        # what is printed makes what is printed: 0.1 × 0.75 had been 0.0751
        unit = (
            said / float(end.split(" × ")[0]) * 10.0 ** -len(end.split(" × ")[0].partition(".")[2])
            if end
            else 0
        )
        assert made == pytest.approx(said, abs=0.5001 * unit) and digits <= 3
        assert said == pytest.approx(left, abs=max(0.5001 * unit, 1e-9 * left) if end else 5e-4)
    assert ("1 − " in rows[1] or "gate" not in rows[1]) and f"{shown} step" in result["sentence"]
    assert params["reset"] == "none" or rows[1].count(" × ") >= 2
    (number,) = (m for m in marks if m[0] == "text" and m[-1] == "mid bold")
    assert number[3] == str(shown)
    if not 0 < params["bar"] < steps:  # the sum ends with what the verdict says
        gates = numbers["gates"]
        closed = [t for t, gate in enumerate(gates) if gate == 0]
        assert numbers["shown"] == max(closed, default=0)
        ends = [re.split(" ≈ | = ", row.split(" back:  ")[1])[-1] for row in rows]
        said = re.search(
            r"(?:gates leave|gates:|leaves|steps?,) (\S+(?: × \S+)?) (?:left|after)",
            result["verdict"],
        )
        assert bool(said) == (
            (max(closed, default=0) < steps - 2 or not closed)
            and "then gate" not in result["verdict"]
            and "no gate is" not in result["verdict"]
        )
        assert not said or said[1] == ends[0 if closed else 1]
    assert len(result["verdict"].split()) <= 15


@pytest.mark.parametrize("params", CHAINS[:60], ids=str)
def test_the_verdict_says_how_far_it_goes_and_with_how_much(params):
    """The question was answered with a gate's place and no number."""
    result = demos.GradientReach(**params).result
    reach = result["numbers"]["reach"]
    far = max(k for k, left in enumerate(reversed(reach)) if left)
    said = re.match(
        r"Here: (\d+) steps?, (?:(\S+) left: |then )gate (\d+) (?:is )?closed\.",
        result["verdict"],
    )
    assert bool(said) == (0 < far < len(reach) - 1)
    assert result["verdict"].startswith("Here: no step, gate 1 is closed.") == (far == 0)
    if said:
        left = reach[len(reach) - 1 - far]
        assert (int(said[1]), int(said[3])) == (far, far + 1)
        assert bool(said[2]) == (left >= 0.000995)
        assert not said[2] or float(said[2]) == pytest.approx(left, rel=0.06)


@pytest.mark.parametrize("params", CHAINS[::6], ids=str)
def test_the_verdict_is_of_one_neuron_and_says_what_the_forty_do(params):
    """ "How far back does a gradient go? It goes 3 steps back": of 40 neurons 32 reached no step."""
    demo = demos.GradientReach(**params)
    numbers, verdict, params = demo.result["numbers"], demo.result["verdict"], demo.params
    steps = params["steps"]
    left = [
        demos.GradientReach.compute(params | {"neuron": n, "bar": 0}, demo.words)["numbers"][
            "reach"
        ]
        for n in range(1, 41)
    ]
    none = sum(reach[-2] == 0 for reach in left)
    said = re.search(r"Of 40, (\w+) (reach(?:es)? none|reach 1 step)\.$", verdict)
    assert bool(said) == verdict.startswith("Here: ")
    if said:
        wanted = ("all", "reach 1 step") if not none else (str(none), "reach none")
        assert said.groups() == (wanted if none != 1 else ("1", "reaches none"))
    else:
        assert verdict.startswith(("No reset", "Soft gates"))
        assert f"after {steps - 1} step" in verdict
        mean = re.search(r"\(mean of 40: (.+)\)", verdict)
        assert bool(mean) == verdict.startswith("Soft")
        assert not mean or worth(mean[1] + " ≈ 1")[0] == pytest.approx(
            numbers["mean"][0], rel=0.06 if numbers["mean"][0] < 0.001 else 0.4
        )
    ticks = [m for m in demo.result["marks"] if m[0] == "line" and m[-1] == "s-ink thick"]
    assert ticks[0][2] == 173 and len(ticks) == steps
    for t, tick in enumerate(ticks[1:]):
        mean = sum(abs(reach[t]) for reach in left) / 40
        assert (tick[1] + tick[3]) / 2 == pytest.approx(gradient_reach._x(t, steps))
        assert (gradient_reach.BASE - tick[2]) / gradient_reach.FULL == pytest.approx(mean)


@pytest.mark.parametrize("neuron", [1, 20, 40])
def test_more_steps_make_the_past_longer_and_change_no_neuron(neuron):
    """One random stream ran through all neurons: with T = 12 she saw another one."""
    few, many = (
        demos.GradientReach(neuron=neuron, steps=steps).result["numbers"] for steps in (10, 16)
    )
    assert many["inputs"][:10] == few["inputs"] and many["v"][:10] == few["v"]


def test_of_the_forty_as_few_reach_a_step_as_the_text_says():
    """What ▶ shows of one neuron must not be told of all: from 0.65 on the forty stay as they are."""
    text = Path("chapters/text/06_which_gradients_matter.md").read_text()
    text = re.sub(" <!--.*?-->", "", text)
    assert "of 40 such neurons, 32 have gate 1 closed" in text
    assert "At 0.5 more than half of the 40 reach a step, from 0.65 on 6 to 9." in text
    found = []
    for twentieths in range(10, 25):
        numbers = demos.GradientReach(settle=twentieths / 20).result["numbers"]
        found.append(numbers["idle"])
    assert found[0] == 15 and found[8] == 32 and found[:4] == sorted(found[:4])
    assert all(31 <= idle <= 34 for idle in found[3:])
    start = demos.GradientReach().result["numbers"]
    assert max(start["v"]) < 1 and start["gates"].count(0) == 3
    assert "that of its own ten 0.71:" in text and round(sum(start["inputs"]) / 10, 2) == 0.71


@pytest.mark.parametrize("tau", [3.9, 4])
@pytest.mark.parametrize("kind", ["rectangle", "arctan", "sigmoid", "triangle"])
def test_a_band_that_the_frame_cuts_says_where_it_ends(kind, tau):
    marks = demos.GradientReach(kind=kind, tau=tau).result["marks"]
    said = [m[3] for m in marks if m[0] == "text" and m[3].startswith("↑")]
    assert len(said) == (kind != "rectangle" and tau >= 4)
    if said:
        end = float(said[0][2:])
        assert end > 1.88 and gradient_reach.surrogate(kind, end - 1, 1.0) == pytest.approx(
            0.1, abs=0.005
        )


def test_a_tap_on_a_bar_writes_its_product(browser, tmp_path):
    page, faults = page_with(browser, tmp_path, demos.GradientReach()._repr_html_())
    box = page.locator(".tpicture svg").bounding_box()
    for t, back in ((7, 2), (2, 7), (9, 4)):  # the last bar: back to where a gate is shut
        x = gradient_reach._x(t, 10) * box["width"] / 400
        page.mouse.click(box["x"] + x, box["y"] + 250 * box["width"] / 400)
        rows = page.locator(".tpicture text").all_text_contents()
        assert [row for row in rows if re.match(r"\d+ back:", row)][1].startswith(f"{back} back:")
    page.mouse.click(box["x"] + x - 60, box["y"] + 250 * box["width"] / 400)
    page.get_by_role("spinbutton", name="Mean input").fill("0.95")
    assert (
        demos.GradientReach(settle=0.95).result["sentence"]
        == page.locator(".twords p").text_content()
    )
    assert not faults
    page.close()


@pytest.mark.parametrize("params", settings(demos.SpikeTape, 40), ids=str)
def test_the_truth_lies_in_the_band_and_decides_where_it_is_the_only_look_alike(params):
    """The reason: within 1/(2 decay) of the estimate, how many numbers end in the taped bits?"""
    found = demos.SpikeTape(**params).result
    marks, numbers, k = found["marks"], found["numbers"], found["numbers"]["shown"]
    (band,) = (m for m in marks if m[0] == "rect" and m[2:5:2] == [239, 26])
    (truth,) = (m for m in marks if m[0] == "circle" and m[2:4] == [252, 10.5])
    (estimate,) = (m for m in marks if m[0] == "line" and m[2:5:2] == [234, 266])
    pitch = band[3] / (1 / params["decay"])
    assert band[1] + band[3] / 2 == pytest.approx(estimate[1])
    gap = numbers["true"][k] - numbers["estimates"][k]
    assert truth[1] - estimate[1] == pytest.approx(pitch * gap, abs=1e-4)
    assert band[1] - 1e-4 <= truth[1] <= band[1] + band[3] + 1e-4
    left, right = band[1] - 1e-4, band[1] + band[3] + 1e-4
    rings = [m for m in marks if m[0] == "circle" and m[2] == 252 and m[3] in (6, 7)]
    assert sum(left <= m[1] <= right for m in rings) == numbers["inside"]
    if numbers["inside"] == 1:
        assert numbers["recovered"][k] == numbers["true"][k]
    if 2 ** (params["bits"] - 1) > 0.5 / params["decay"]:
        got = f"{numbers['recovered'][k]:,}"
        assert numbers["inside"] == 1 and f" only {got} ends in …" in found["verdict"]


def test_the_only_number_left_is_not_called_a_look_alike():
    """ "Enough: one look-alike" was read as: one impostor is left."""
    enough, few = (demos.SpikeTape(bits=bits).result["verdict"] for bits in (2, 1))
    assert enough == "Enough: within ±1 only 23 ends in …\u206011. Nothing is lost."
    assert few == "Too few: within ±1 both 21 and 23 end in …\u20601. 2 bits are enough."


@pytest.mark.parametrize("grid", [3, 4, 9, 10, 22])
def test_both_pictures_have_one_unit_and_a_bridge(grid):
    """The upper axis counts the whole numbers of the line below, and a frame shows which."""
    found = demos.SpikeTape(grid=grid).result
    labels = [m[3] for m in found["marks"] if m[0] == "text" and m[1] == 32 and m[2] < 190]
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    values = [
        2 ** int(text[1:].translate(raised)) if text[1:] and text[1] in "⁰¹²³⁴⁵⁶⁷⁸⁹" else int(text)
        for text in labels
    ]
    assert values == [0, 2**grid, 2 ** (grid + 1)]
    (frame,) = (m for m in found["marks"] if m[0] == "rect" and m[3] == 16)
    at = 36 + 352 * found["numbers"]["shown"] / 12
    assert frame[1] + 8 == pytest.approx(at)
    (bridge,) = (m[1] for m in found["marks"] if m[-1] == "filled")
    assert [bridge[0], bridge[2]] == pytest.approx([at - 8, at + 8])


@pytest.mark.parametrize(
    "params",
    [{}, {"settle": 1.2, "tau": 10}, {"settle": 1.2, "tau": 1.1, "reset": "none"}],
    ids=str,
)
def test_potential_and_inputs_are_drawn_where_the_axis_says(params):
    demo = demos.GradientReach(**params)
    marks, numbers = demo.result["marks"], demo.result["numbers"]
    ticks = {m[3]: m[2] - 4 for m in marks if m[0] == "text" and m[1] == 30 and m[2] < 127}
    unit = ticks["0"] - ticks["1"]
    drawn = [m[2] for m in marks if m[0] == "circle" and m[3] == 4.5]
    assert [(ticks["0"] - y) / unit for y in drawn] == pytest.approx(numbers["v"])
    (line,) = (m for m in marks if m[0] == "line" and m[3] == 398)
    assert (ticks["0"] - line[2]) / unit == pytest.approx(demo.params["settle"])
    inputs, decay, kept = numbers["inputs"], 1 - 1 / demo.params["tau"], 0.0
    for v, x in zip(numbers["v"], inputs, strict=True):  # Eq. (1): it is these that drive it
        assert v == pytest.approx(decay * kept + (1 - decay) * x)
        kept = v - (v >= 1) * (demo.params["reset"] == "soft")


@pytest.mark.parametrize("kind", ["rectangle", "arctan", "sigmoid", "triangle"])
def test_every_wall_has_its_cause_drawn_also_of_a_soft_surrogate(kind):
    """The darker the ground at a potential, the higher its wall; with soft windows there had been
    no band, and half-shut walls without a cause."""
    for settle in (0.5, 0.9, 1.2):
        result = demos.GradientReach(kind=kind, settle=settle).result
        grounds = ("f-soft s-rule", "f-rule")
        bands = [m for m in result["marks"] if m[0] == "rect" and m[-1] in grounds and m[3] > 12]
        assert [b[-1] for b in bands] == list(grounds[1 if kind == "rectangle" else 0 :])
        numbers, shares = result["numbers"], (0.1, 0.5)
        for v, gate in zip(numbers["v"], numbers["gates"]):
            y = gradient_reach._height(v, 1.88)
            dark = sum(b[2] - 1e-9 <= y <= b[2] + b[4] + 1e-9 for b in bands)
            if kind == "rectangle":
                assert dark == (gate == 0)
            else:
                assert dark == sum(1 - gate >= share - 1e-9 for share in shares)
    free = demos.GradientReach(kind=kind, reset="none").result["marks"]
    assert not [m for m in free if m[-1][:6] in ("f-rule", "f-soft")]


@pytest.mark.parametrize("kind", ["rectangle", "arctan", "sigmoid", "triangle"])
@pytest.mark.parametrize("reset", ["none", "soft"])
def test_the_key_of_the_bands_says_how_far_a_gate_in_them_is_shut(kind, reset):
    """The light band was called "closes its gate" where a gate is a tenth shut."""
    least = {"h = 1: closes its gate": 1, "h ≥ ½: gate half shut": 0.5, "h ≥ 0.1": 0.1}
    result = demos.GradientReach(kind=kind, reset=reset).result
    marks = result["marks"]
    named = {}
    for rect in (m for m in marks if m[0] == "rect" and m[2] == 20):
        (word,) = (m[3] for m in marks if m[0] == "text" and m[1:3] == [rect[1] + 17, 30])
        named[rect[-1].split()[0]] = least[word]
    bands = {m[-1].split()[0]: m for m in marks if m[0] == "rect" and m[3] > 60 and "f-" in m[-1]}
    bands.pop("f-paper", None)  # behind the words of the gates
    assert bands.keys() == named.keys() and (reset == "none") == (not named)
    for ground, (_, _, top, _, high, _) in bands.items():
        for thousandth in range(1881):  # as high as the axis
            v = thousandth / 1000
            inside = top - 1e-9 <= gradient_reach._height(v, 1.88) <= top + high
            shut = gradient_reach.surrogate(kind, v - 1, 1.0)
            assert abs(shut - named[ground]) < 0.01 or inside == (shut >= named[ground])


@pytest.mark.parametrize("params", settings(demos.GradientReach, 60), ids=str)
def test_the_sum_in_words_is_that_of_eq_1(params):
    """V could not be redone: that the input is divided by tau was nowhere."""
    result = demos.GradientReach(**params).result
    numbers = result["numbers"]
    found = re.search(
        r"the potential there: V ≈ ([\d.]+) · (?:\(([\d.]+) − 1\)|([\d.]+)) "
        r"\+ ([\d.]+) / ([\d.]+) ≈ ([\d.]+)\. ",
        result["sentence"],
    )
    decay, fired, kept, current, tau, v = found.groups()
    t = numbers["shown"]
    kept = float(fired) - 1 if fired else float(kept)
    assert float(decay) * kept + float(current) / float(tau) == pytest.approx(float(v), abs=0.025)
    assert float(tau) == params["tau"] and float(v) == pytest.approx(numbers["v"][t], abs=0.0051)
    assert float(current) == pytest.approx(numbers["inputs"][t], abs=0.0051)
    assert not fired or params["reset"] == "soft"


def gates_of(marks: list) -> tuple[list, list]:
    """The frames of the gates between the pictures, and what is shut of them."""
    cells = [m for m in marks if m[0] == "rect" and m[2] == gradient_reach.GATE]
    shut = [m for m in cells if m[-1] == "f-rule s-ink"]
    return [m for m in cells if m[-1] == "f-paper s-ink"], shut


@pytest.mark.parametrize("params", settings(demos.GradientReach, 40), ids=str)
def test_a_gate_stands_below_its_potential_in_a_strip_of_its_own(params):
    """In the gradient's columns and on its axis, the black gates were the tallest marks just where
    the gradient is 0."""
    demo = demos.GradientReach(**params)
    marks, numbers, steps = demo.result["marks"], demo.result["numbers"], demo.params["steps"]
    frames, black = gates_of(marks)
    free, places = params["reset"] == "none", [gradient_reach._x(t, steps) for t in range(steps)]
    assert [m[1] + m[3] / 2 for m in frames] == pytest.approx([] if free else places[:-1])
    shut = {x: 1 - gate for x, gate in zip(places, numbers["gates"]) if gate < 1}
    assert [m[1] + m[3] / 2 for m in black] == pytest.approx(list(shut))
    assert [m[4] / gradient_reach.TALL for m in black] == pytest.approx(list(shut.values()))
    foot, zero = gradient_reach.GATE + gradient_reach.TALL, gradient_reach._height(0, 1.88)
    assert zero < gradient_reach.GATE < foot < gradient_reach.BASE - 1.08 * gradient_reach.FULL
    key = [m for m in marks if m[-1] == "f-rule s-ink" and m not in black and m[2] > 40]
    assert len(key) == (not free) and all(m[2] == 129 for m in key), "none below"
    leaders = [m for m in marks if m[0] == "line" and m[-1] == "s-ink dots"]
    shown, most = numbers["shown"], gradient_reach._most(demo.params["tau"])
    x, y = places[shown], gradient_reach._height(numbers["v"][shown], most)
    assert [m[1:5] for m in leaders] == ([] if free else [[x, y, x, gradient_reach.GATE]])
    # a dark ring has one meaning, and the key says which
    rings = [m[1:3] for m in marks if m[0] == "circle" and "s-ink" in m[-1]]
    assert rings == [[296, 26], [x, y]]
    assert [m[3] for m in marks if m[0] == "text" and m[1:3] == [306, 30]] == ["product below"]


def test_the_leaders_pass_behind_the_words_between_the_pictures():
    marks = demos.GradientReach(settle=1.2).result["marks"]
    (paper,) = (i for i, m in enumerate(marks) if m[0] == "rect" and m[-1] == "f-paper")
    leaders = [i for i, m in enumerate(marks) if m[0] == "line" and m[-1] == "s-ink dots"]
    words = [i for i, m in enumerate(marks) if m[0] == "text" and m[2] == 139]
    assert max(leaders) < paper < min(words)
    assert marks[paper][2] <= 129 and marks[paper][2] + marks[paper][4] >= 141


def test_the_axis_of_the_potential_holds_still_and_holds_all():
    """Also while ▶ runs, and without a reset; a third of it was empty at the start."""
    places = {1.88: set(), 2.4: set()}
    for params in [
        *settings(demos.GradientReach, 60),
        *(
            {"tau": tau, "settle": 1.2, "reset": r}
            for tau in (1.1, 3.9, 4)
            for r in ("none", "soft")
        ),
    ]:
        demo = demos.GradientReach(**params)
        marks, most = demo.result["marks"], gradient_reach._most(demo.params["tau"])
        places[most] |= {
            tuple(m[2:4]) for m in marks if m[0] == "text" and m[1] == 30 and m[2] < 127
        }
        for neuron in gradient_reach.run(
            1 - 1 / demo.params["tau"], 1.2, 16, demo.params["kind"], demo.params["reset"]
        ):
            assert max(neuron[0]) <= most
    assert [len(found) for found in places.values()] == [2, 3]
    assert gradient_reach._most(4) < gradient_reach._most(3.9)


def test_the_last_step_lies_outside_the_band_and_has_no_gate():
    marks = demos.GradientReach(settle=1.2).result["marks"]
    (band,) = (m for m in marks if m[0] == "rect" and m[-1] == "f-rule")
    dots = [m[1:3] for m in marks if m[0] == "circle" and m[3] == 4.5]
    assert dots[-2][0] < band[1] + band[3] < dots[-1][0]
    inside = [x for x, y in dots if x < band[1] + band[3] and band[2] <= y <= band[2] + band[4]]
    frames, black = gates_of(marks)
    assert [m[1] + m[3] / 2 for m in black] == pytest.approx(inside) and len(inside) > 2
    assert len(frames) == len(dots) - 1


@pytest.mark.parametrize("params", settings(demos.GradientReach, 30), ids=str)
def test_bars_are_what_is_left_and_beyond_a_closed_gate_none_stands(params):
    numbers = (result := demos.GradientReach(**params).result)["numbers"]
    bars = [m[4] for m in result["marks"] if m[0] == "rect" and m[-1] == "f-orange"]
    full = gradient_reach.FULL
    assert bars == pytest.approx([full * min(abs(x), 1.08) for x in numbers["reach"]])
    closed = [t for t, gate in enumerate(numbers["gates"]) if gate == 0]
    if closed:
        assert not any(bars[: max(closed) + 1]) and max(bars) == full


@pytest.mark.parametrize(
    "params, said",
    [
        ({"settle": 0.5}, "Here: 9 steps, 0.075 left: no gate closed."),
        ({"tau": 10, "settle": 0.5}, "Here: 9 steps, 0.387 left: no gate closed."),
        ({"reset": "none"}, "decay alone leaves 0.075 after 9 steps."),
        ({"settle": 1.2}, "Here: no step, gate 1 is closed. Of 40, 31 reach none."),
        ({}, "Here: 3 steps, 0.422 left: gate 4 closed. Of 40, 32 reach none."),
        (
            {"kind": "arctan"},
            "Soft gates leave 0.00254 after 9 steps (mean of 40: 8.0 × 10⁻⁴).",
        ),
    ],
)
def test_the_verdict_says_what_the_gates_do(params, said):
    demo = demos.GradientReach(**params)
    kept, leak = (abs(demo.result["numbers"][name][0]) for name in ("reach", "leak"))
    assert said in demo.result["verdict"]
    if "no gate" in said or "alone" in said:
        assert kept == pytest.approx(leak)
    else:
        assert kept == 0 if "neuron" in said else kept < leak


@pytest.mark.parametrize("params", settings(demos.SpikeTape, 60), ids=str)
def test_wrong_potentials_hang_on_the_truth_and_the_verdict_names_the_first(params):
    found = demos.SpikeTape(**params).result
    true, got = (found["numbers"][name] for name in ("true", "recovered"))
    t = 12 - params["undone"]
    wrong = [k for k in range(12, t - 1, -1) if true[k] != got[k]]
    hung = [m[1] for m in found["marks"] if m[0] == "line" and m[-1] == "s-orange"]
    assert hung == [36 + 352 * k / 12 for k in reversed(wrong)]
    right = [m for m in found["marks"] if m[-1] == "f-green" and m[3] == 4.5 and m[2] > 20]
    inside = [k for k in range(t, 13) if k not in wrong and 0 <= got[k] / 2 ** params["grid"] <= 2]
    assert len(right) == len(inside) and found["numbers"]["shown"] in (wrong or range(t, 12))
    said, bits = found["verdict"], params["bits"]
    least = next(n for n in range(1, 9) if 2 ** (n - 1) > 0.5 / params["decay"])
    if wrong:
        assert said.startswith("Too few: " if bits else "No tape: ")
        assert f"within ±{short(0.5 / params['decay'])}" in said
        pair = sorted((true[wrong[0]], got[wrong[0]]))
        if not bits:
            assert f"{found['numbers']['inside']} numbers lie" in said
            assert said.endswith(f"V[{wrong[0]}] comes back wrong.")
        elif f"both {pair[0]} and {pair[1]} end in …" in said:
            assert found["numbers"]["inside"] == 2
        else:
            assert f"{found['numbers']['inside']} numbers end in …" in said
        assert not bits or f"{least} bits are enough." in said
    else:
        safe = 2 ** (bits - 1) > 0.5 / params["decay"]
        sure = f"to be sure takes {least} bit{'s' * (least > 1)}."
        assert said.startswith("Enough: ") if safe else sure in said


@pytest.mark.parametrize("params", settings(demos.SpikeTape, 40), ids=str)
def test_the_ruler_gives_the_number_of_equation_9_at_its_place(params):
    found = demos.SpikeTape(**params).result
    ((x, text),) = (m[1:4:2] for m in found["marks"] if m[0] == "text" and m[2] == 227)
    bare = re.sub("next |input ", "", text).replace("−", "-").replace(",", "")
    terms, number = bare.split(" ±")[0].split(" = ")
    assert eval(terms) == pytest.approx(float(number), rel=0.002, abs=0.06)
    assert float(text.split("± ")[1]) == pytest.approx(0.5 / params["decay"], rel=0.005)
    number = float(number)
    estimate = found["numbers"]["estimates"][found["numbers"]["shown"]]
    assert number == pytest.approx(estimate, abs=0.06 if abs(estimate) < 100 else 0.5)
    assert x in [m[1] for m in found["marks"] if m[0] == "line" and m[2:5:2] == [234, 266]]


@pytest.mark.parametrize("bits", [0, 2])
def test_what_lies_beyond_the_picture_is_drawn_below_the_legend(bits):
    marks = demos.SpikeTape(decay=0.05, bits=bits).result["marks"]
    legend = max(m[2] for m in marks if m[0] == "text" and m[2] < 20)
    heights = [
        y for m in marks[8:] if m[0] == "path" and m[-1] == "s-orange thick" for y in m[1][1::2]
    ]
    assert heights and min(heights) >= legend + 10


@pytest.mark.parametrize("bits", range(7))
@pytest.mark.parametrize("decay", [0.05, 0.09, 0.2, 0.5])
def test_the_number_taken_is_a_dot_on_the_line_with_its_number_clear_of_others(decay, bits):
    found = demos.SpikeTape(decay=decay, bits=bits).result
    got = found["numbers"]["recovered"][found["numbers"]["shown"]]
    dots = [m[1] for m in found["marks"] if m[0] == "circle" and m[2:4] == [252, 7]]
    labels = [m for m in found["marks"] if m[0] == "text" and m[2] == 281]
    (bold,) = (m for m in labels if "bold" in m[-1])
    assert dots == [bold[1]] and bold[3] == f"{got:,}".replace("-", "−") and 36 < bold[1] < 388
    places = sorted(m[1] for m in labels)
    assert all(b - a >= 27 for a, b in zip(places, places[1:]))
