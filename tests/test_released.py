"""The released network: parameter counts, agreement with the authors' numbers and with an
independent version, names, and what the verifier notices."""

import json

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.networks import worst_relative_error
from tests.released_oracle import parameters, write_file
from trevsnn_lite import TRevSNN, build, preset
from trevsnn_lite.__main__ import main
from trevsnn_lite.config import ReleasedConfig
from trevsnn_lite.losses import released_heads
from trevsnn_lite.released.names import load_authors_state
from trevsnn_lite.released.network import ReleasedTRevSNN
from trevsnn_lite.released.verify import read_file, verify

SMALL = {
    "channels": [8, 6, 5, 7],
    "num_subnet": 4,
    "kernel_size": 3,
    "num_classes": 5,
    "inter_supv": True,
}
CONFIG = ReleasedConfig("small", 4, (8, 6, 5, 7), 3, 5, 32)


@pytest.mark.parametrize(
    ("name", "count"), [("released-tiny", 17_376_912), ("released-small", 32_331_312)]
)
def test_parameter_counts_are_the_authors(name, count):
    with torch.device("meta"):
        net = ReleasedTRevSNN(preset(name))
    assert sum(parameter.numel() for parameter in net.parameters()) == count


@pytest.fixture(scope="module")
def authors_file(request):
    return request.path.parent / "fixtures/released_t4.npz"


def test_the_authors_numbers_under_every_strategy(authors_file):
    rows = verify(authors_file)
    assert [row.memory for row in rows] == ["store", "recompute", "reversible", "taped"]
    for row in rows:
        assert max(row.logits_train, row.logits_eval, row.states, row.loss) <= 1e-5, row
        assert row.gradients <= 1e-4, row


@pytest.mark.parametrize(
    "changes",
    [
        {"num_subnet": 8},
        {"num_subnet": 2},
        {"num_subnet": 1, "kernel_size": 5},
        {"num_subnet": 9},
        {"inter_supv": False, "num_subnet": 3},
    ],
    ids=str,
)
def test_other_configurations_agree_with_an_independent_version(tmp_path, changes):
    write_file(tmp_path / "other.npz", SMALL | changes)
    for row in verify(tmp_path / "other.npz", ["store", "recompute", "taped"]):
        assert row.passes, row


@pytest.mark.parametrize(
    "fault",
    [
        "logits_train.0",
        "logits_eval.3",
        "state_train.2",
        "state_eval.1",
        "loss",
        "grad.stem.down1.0.weight",
        "grad.subnet3.alpha1",
    ],
)
def test_a_wrong_number_fails(tmp_path, fault, capsys):
    arrays = write_file(tmp_path / "x.npz", SMALL)
    arrays[fault] = arrays[fault] + 1e-3 * np.abs(arrays[fault]).max()
    np.savez(tmp_path / "x.npz", **arrays)
    assert main(["verify-released", str(tmp_path / "x.npz")]) == 1
    assert "FAILED" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::trevsnn_lite.reversible.ReconstructionWarning")
def test_nan_fails_and_right_numbers_pass(tmp_path, capsys):
    arrays = write_file(tmp_path / "x.npz", SMALL)
    assert main(["verify-released", str(tmp_path / "x.npz")]) == 0
    assert capsys.readouterr().out.count(" ok") >= 3
    arrays["param.stem.down1.0.bias"] = arrays["param.stem.down1.0.bias"] * np.nan
    np.savez(tmp_path / "x.npz", **arrays)
    assert main(["verify-released", str(tmp_path / "x.npz")]) == 1
    assert "the potential of level 0 is NaN or infinite" in capsys.readouterr().err


def test_files_that_are_not_such_files(tmp_path, capsys):
    for content in (b"", b"words"):
        (tmp_path / "bad.npz").write_bytes(content)
        assert main(["verify-released", str(tmp_path / "bad.npz")]) == 2
        assert "not a readable .npz file" in capsys.readouterr().err
    assert main(["verify-released", str(tmp_path / "none.npz")]) == 2
    arrays = write_file(tmp_path / "x.npz", SMALL)
    np.savez(
        tmp_path / "less.npz",
        **{key: value for key, value in arrays.items() if not key.startswith("grad.")},
    )
    with pytest.raises(ValueError, match="lacks grad"):
        read_file(tmp_path / "less.npz")
    np.savez(
        tmp_path / "other.npz",
        **arrays | {"config": json.dumps(SMALL | {"channels": [8, 6, 5, 8]})},
    )
    with pytest.raises(ValueError, match=r"param|state\["):
        verify(tmp_path / "other.npz", ["store"])


def test_loading_refuses_without_copying_anything():
    net, state = ReleasedTRevSNN(CONFIG, seed=0), parameters(SMALL, 0)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state.pop("stem.down1.0.bias")
    with pytest.raises(ValueError, match=r"lacks 1 tensors \(stem.0.bias\)"):
        load_authors_state(net, state)
    state["stem.down1.0.bias"] = torch.zeros(9)
    with pytest.raises(ValueError, match=r"stem.down1.0.bias.*shape \[9\], expected \[8\]"):
        load_authors_state(net, state)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_negative_and_small_decays_keep_the_gradients_exact_over_sixteen_steps():
    def grads(memory):
        net = ReleasedTRevSNN(ReleasedConfig("x", 16, (8, 6, 5, 7), 3, 5, 32), memory, seed=0)
        with torch.no_grad():
            for name, parameter in net.named_parameters():
                if name.endswith("alpha"):
                    parameter.copy_(
                        torch.linspace(-0.9, 0.9, len(parameter)).view_as(parameter) + 1e-4
                    )
        images = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))
        released_heads(net(images), torch.tensor([0, 1, 2])).backward()
        return {name: p.grad for name, p in net.named_parameters() if p.grad is not None}

    expected = grads("store")
    assert (
        min(
            grad.abs().max()
            for name, grad in expected.items()
            if name.endswith("alpha") and not name.startswith("subnets.0.")
        )
        > 0
    )
    assert worst_relative_error(grads("recompute"), expected) <= 1e-4
    assert worst_relative_error(grads("taped"), expected) <= 1e-4


def test_batch_statistics_are_counted_once_and_the_tie_at_one_half_differs_in_evaluation():
    net = ReleasedTRevSNN(CONFIG, "taped", seed=0)
    net(torch.randn(2, 3, 32, 32)).sum().backward()
    counts = {
        module.num_batches_tracked.item()
        for module in net.modules()
        if isinstance(module, torch.nn.BatchNorm2d)
    }
    assert counts == {1}
    half = torch.tensor([0.5, 0.5 + 2**-23])
    assert net.train().fire(half).tolist() == [1.0, 1.0]
    assert net.eval().fire(half).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("changes", "said"), [
    ({"time_steps": 6}, "read 6 times with 4 heads"), ({"widths": (8, 8)}, "expected 4 integers from 2 to 65536"), ({"kernel_size": 4}, "odd"), ({"image_size": 40}, "multiple of 16"),
    ({"num_classes": 0}, "num_classes is 0"),
])  # fmt: skip
def test_configurations_that_make_no_network(changes, said):
    with pytest.raises(ValueError, match=said):
        ReleasedConfig(**changes)


def test_images_that_do_not_fit():
    with pytest.raises(ValueError, match=r"\[2, 3, 40, 32\].*multiples of 16"):
        ReleasedTRevSNN(CONFIG)(torch.zeros(2, 3, 40, 32))


def test_build_makes_the_network_of_any_preset():
    net = build(
        preset("released-tiny", widths=(4, 4, 4, 4), num_classes=3, image_size=32),
        memory="store",
        seed=3,
    )
    logits = net(torch.zeros(2, 3, 32, 32))
    assert isinstance(net, ReleasedTRevSNN) and logits.shape == (4, 2, 3)
    assert torch.equal(net.decide(logits), logits[-1])
    assert isinstance(build(preset("fashion-mini")), TRevSNN)
    for wrong, make in ((CONFIG, TRevSNN), ("fashion", build)):
        with pytest.raises(TypeError, match="config is a"):
            make(wrong)


@pytest.mark.slow  # test_compiled.py compiles the default network
def test_compiled_by_torch_store_has_the_same_gradients():
    """The compiler looks into autograd Functions: what they do in place it would take for the
    function, and differentiate."""
    images, labels = (
        torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)),
        torch.tensor([0, 1]),
    )
    found = []
    for compiled in (False, True):
        net = build(
            preset(
                "released-tiny",
                widths=(4, 6, 8, 8),
                num_classes=3,
                image_size=32,
                time_steps=2,
                deep_supervision=False,
            ),
            "store",
            seed=0,
        )
        logits = (torch.compile(net, backend="aot_eager") if compiled else net)(images)
        torch.nn.functional.cross_entropy(logits[-1], labels).backward()
        found.append(
            {
                name: parameter.grad
                for name, parameter in net.named_parameters()
                if parameter.grad is not None
            }
        )
    plain, compiled = found
    assert plain.keys() == compiled.keys() and sum(
        bool(grad.abs().max() > 0) for grad in plain.values()
    ) > 0.8 * len(plain)
    assert (
        max(
            ((compiled[name] - grad).abs().max() / grad.abs().max().clamp(min=1e-12)).item()
            for name, grad in plain.items()
        )
        < 1e-4
    )


def test_the_second_pass_over_the_stem_stops_before_its_last_convolution():
    class Counter(TorchDispatchMode):
        seen = []

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            if function is torch.ops.aten.convolution.default:
                self.seen.append(args[1].shape)
            return function(*args, **(kwargs or {}))

    net = ReleasedTRevSNN(CONFIG, seed=0)
    with Counter() as counter:
        released_heads(net(torch.randn(2, 3, 32, 32)), torch.tensor([0, 1])).backward()
    first, second = (counter.seen.count(conv.weight.shape) for conv in net.stem)
    assert (first, second) == (2, 2) and all(conv.weight.grad.abs().max() > 0 for conv in net.stem)
