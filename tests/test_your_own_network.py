"""The page book/your_own_network.md: its code runs as it stands, and what it says holds."""

import contextlib
import io
import json
import re

import pytest
import torch
from torch import nn

from tools import own_network
from trevsnn_lite import reversible, spike_tape

pytest.importorskip("snntorch")
pytest.importorskip("spikingjelly")
PAGE = own_network.PAGE.read_text("utf8")
RECORD = json.loads(own_network.RECORD.read_text("utf8"))


@pytest.fixture(scope="module")
def page() -> dict:
    """The names that the page's code leaves, run from top to bottom in one place, and as `printed`
    what it prints."""
    names, said = {}, io.StringIO()
    for number, block in enumerate(own_network.blocks(PAGE), 1):
        with contextlib.redirect_stdout(said):
            exec(compile(block, f"block {number} of {own_network.PAGE.name}", "exec"), names)
    return {**names, "printed": said.getvalue()}


def relative(found, expected) -> float:
    return max(
        ((a - b).norm() / b.norm().clamp(min=1e-9)).item()
        for a, b in zip(found, expected, strict=True)
    )


def test_the_page_shows_what_its_code_prints(page):
    """Its numbers to a per cent: another processor adds in another order."""
    number = r"(\d+\.\d+)"
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    shown, printed = re.split(number, shown), re.split(number, page["printed"])
    for mine, right in zip(shown[1::2], printed[1::2], strict=True):
        assert float(mine) == pytest.approx(float(right), rel=0.01)
    assert " ".join(shown[::2]).split() == " ".join(printed[::2]).split()


def test_the_code_of_the_page_runs_and_its_neurons_fire(page):
    """Equal gradients of a silent network would say nothing."""
    for name in ("Gated", "Deeper", "OfLeaky", "OfNodes"):
        torch.manual_seed(0)
        _, potentials = reversible.run(page[name](), page["frames"], 16)
        assert all((v >= 0.5).float().mean() > 0.01 for v in potentials), name


def test_the_sentence_of_the_page_is_the_one_that_comes(page, capsys):
    with pytest.raises(RuntimeError) as said:
        reversible.check(page["Noisy"](), page["frames"], steps=16)
    (shown,) = own_network.blocks(PAGE, "text")

    def words(text):
        return re.sub(r"\d+(\.\d+)?", "N", " ".join(text.split()))

    assert words(str(said.value)) == words(shown)


@pytest.mark.parametrize("name", ["OfLeaky", "OfNodes"])
def test_another_seed_is_equal_to_the_other_library_too(page, name):
    torch.manual_seed(1)
    net, frames = page[name](), page["small"].flip(0)
    run = page["by_snntorch" if name == "OfLeaky" else "by_spikingjelly"]
    outputs, theirs = reversible.run(net, frames, 16)[0], run(net, frames)
    assert theirs.mean() > 0.01
    torch.testing.assert_close(outputs, theirs)
    assert relative(page["gradients"](net, outputs), page["gradients"](net, theirs)) < 1e-5


def test_spikingjellys_own_defaults_by_a_hard_reset(page):
    from spikingjelly.activation_based import neuron

    class OfDefaults(page["OfNodes"]):
        reset = "hard"

        def __init__(self):
            super().__init__()
            self.nodes = nn.ModuleList(neuron.LIFNode(v_threshold=0.1) for _ in range(2))
            self.threshold = 0.1

        def update(self, *given):
            decay, current = super().update(*given)
            return decay, current / self.nodes[0].tau

    net, frames = OfDefaults().double(), page["small"].double()
    outputs = reversible.run(net, frames, 16, memory="recompute")[0]
    theirs = page["by_spikingjelly"](net, frames)
    assert theirs.mean() > 0.01 and torch.equal(outputs, theirs)
    assert relative(page["gradients"](net, outputs), page["gradients"](net, theirs)) < 1e-9


def test_snntorchs_soft_reset_below_twice_the_threshold_and_not_beyond(page):
    import snntorch

    class Subtracting(page["OfLeaky"]):
        reset = "soft"

        def __init__(self):
            super().__init__()
            options = {"threshold": 0.5, "learn_beta": True, "reset_delay": False}
            self.leaky = nn.ModuleList(snntorch.Leaky(beta=0.8, **options) for _ in range(2))

    torch.manual_seed(0)
    net = Subtracting()
    for scale, equal in ((0.25, True), (1.0, False)):
        frames = scale * page["small"]
        outputs, theirs = reversible.run(net, frames, 16)[0], page["by_snntorch"](net, frames)
        assert theirs.max() > 0 and torch.equal(outputs, theirs) == equal
        if equal:
            assert relative(page["gradients"](net, outputs), page["gradients"](net, theirs)) < 1e-5


@pytest.mark.parametrize(("decay", "bits"), [(1 / 3, 2), (0.28, 4), (1.0, 1)])
def test_two_bits_do_below_four_down_to_a_third(decay, bits):
    largest = 4.0 - 2**-21
    assert spike_tape.bits_needed(decay, largest, torch.float32) == bits
    assert spike_tape.bits_needed(1 / 3, 4.0, torch.float32) > 2


def test_limits_of_dtype_and_derivative_are_refusals(page):
    cell, frames = page["Gated"](), page["frames"]
    with pytest.raises(TypeError, match=r"expected both of torch\.float32 or both of"):
        page["Gated"]().bfloat16()(frames.bfloat16())
    with pytest.raises(RuntimeError, match="second derivative"):
        torch.autograd.grad(cell(frames).sum(), list(cell.parameters()), create_graph=True)
    with pytest.raises(RuntimeError, match="torch.func's transforms"):
        torch.func.vmap(lambda x: cell(x.unsqueeze(1)), in_dims=1, randomness="same")(frames)
    called = dict(cell.named_parameters())
    assert torch.equal(torch.func.functional_call(cell, called, (frames,)), cell(frames))


def test_autocast_with_a_gate_ended_by_float(page):
    class Mixed(page["Gated"]):
        def update(self, *given):
            gate, current = super().update(*given)
            return gate.float(), current

    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.manual_seed(0)
        assert reversible.check(Mixed(), page["frames"], 16, tolerance=0.02) > 1e-6


def test_hooks_on_layers_fire_twice_and_on_parameters_once(page):
    cell, forward, backward = page["Gated"](), [], []
    cell.head.register_forward_hook(lambda *_: forward.append(1))
    cell.head.weight.register_hook(lambda _: backward.append(1))
    cell(page["frames"]).sum().backward()
    assert len(forward) == 2 * 16 and len(backward) == 1


def test_a_strategy_of_ones_own(page):
    class Elsewhere(reversible.Recompute):
        def keep(self, cell, v, v_next, decay):
            return v.to("cpu", copy=True)

        def recall(self, cell, kept, v_next, current, decay):
            return kept.to(v_next.device)

    assert reversible.check(page["cell"], page["frames"], 16, memory=Elsewhere()) < 1e-4


def test_the_table_is_the_records(page):
    assert own_network.filled(PAGE, RECORD) == PAGE, "run python -m tools.own_network"


def test_the_records_memory_is_found_again():
    """Of the record's engine; a tenth is left to another version of torch."""
    assert RECORD["engine"] == reversible.ENGINE, "run python -m tools.own_network"
    steps = min(own_network.STEPS)
    found = own_network.peaks(steps)
    for row in RECORD["rows"]:
        if row["T"] == steps:
            assert found[row["memory"]] == pytest.approx(row["peak_bytes_per_image"], rel=0.1)
