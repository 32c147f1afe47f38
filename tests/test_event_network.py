"""T-RevSNN on frames of events: a stem per step, in every memory strategy the same gradients, and
what it refuses."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.networks import gradients, small_net, worst_relative_error
from tests.test_trevsnn import by_hand
from trevsnn_lite import TRevSNN, preset
from trevsnn_lite.losses import LOSSES

EVENTS = {"inputs": "frames", "in_channels": 2, "widths": (6, 8, 10)}


def small_frames(seed=0, steps=4, batch=3, dtype=torch.float32):
    """Event counts as the loader gives them: few, whole before the division, [T, B, 2, 16, 16]."""
    random = torch.Generator().manual_seed(seed)
    frames = torch.poisson(
        torch.full((steps, batch, 2, 16, 16), 0.3, dtype=dtype), generator=random
    )
    return frames / frames.square().mean().sqrt(), torch.randint(0, 5, (batch,), generator=random)


@pytest.mark.parametrize("memory", ["recompute", "reversible", "taped"])
@pytest.mark.parametrize("loss", ["cross-entropy", "tet"])
def test_every_memory_strategy_gives_the_gradients_of_store(memory, loss):
    nets = [small_net(memory=kind, dtype=torch.float64, **EVENTS) for kind in ("store", memory)]
    frames, target = small_frames(dtype=torch.float64)
    found = []
    for net in nets:
        LOSSES[loss](net(frames), target).backward()
        found.append({name: p.grad for name, p in net.named_parameters() if p.grad is not None})
    assert all(any(name.startswith(f"encoder.{t}.") for name in found[0]) for t in range(4))
    assert worst_relative_error(found[1], found[0]) < 1e-8


def test_taped_is_as_exact_in_float32():
    frames, target = small_frames()
    expected, found = (
        gradients(small_net(memory=memory, **EVENTS), frames, target)
        for memory in ("store", "taped")
    )
    assert worst_relative_error(found, expected) < 1e-4


def test_gradients_of_the_frames_reach_every_step():
    grads = []
    for memory in ("store", "taped"):
        frames, target = small_frames(dtype=torch.float64)
        frames.requires_grad_()
        cross_entropy(
            small_net(memory=memory, dtype=torch.float64, **EVENTS)(frames).mean(0), target
        ).backward()
        grads.append(frames.grad)
    assert all(grads[0][t].abs().sum() > 0 for t in range(4))
    torch.testing.assert_close(grads[1], grads[0], atol=1e-10, rtol=1e-8)


@pytest.mark.parametrize("memory", ["store", "taped"])
def test_a_frame_touches_its_own_step_and_later_ones_alone(memory):
    net, (frames, _) = (
        small_net(memory=memory, threshold=0.0, read_out="every", **EVENTS),
        small_frames(),
    )  # at 0 even an untrained network spikes at the top
    other = frames.clone()
    other[2] = small_frames(seed=1)[0][2]
    before, after = net(frames), net(other)
    assert torch.equal(before[:2], after[:2])
    assert not torch.equal(before[2], after[2]) and not torch.equal(before[3], after[3])


def test_each_stem_sees_its_frame_and_the_rest_is_eq_10():
    net, (frames, _) = small_net(dtype=torch.float64, **EVENTS), small_frames(dtype=torch.float64)

    class Stems:
        def __getitem__(self, t):
            return lambda images: net.encoder[t](frames[t])

    class Shown:  # the network as `by_hand` reads it, with the stems fed here
        encoder = Stems()

        def __getattr__(self, name):
            return getattr(net, name)

    expected, potentials = by_hand(Shown(), frames)
    logits, states = net(frames, return_states=True)
    torch.testing.assert_close(logits, expected, atol=1e-9, rtol=0)
    for found, v in zip(states, potentials):
        torch.testing.assert_close(found, v, atol=1e-9, rtol=0)


def test_the_same_frame_at_every_step_is_an_image():
    frames, _ = small_frames()
    of_frames, of_image = (
        small_net(**{**EVENTS, "inputs": inputs}) for inputs in ("frames", "image")
    )
    torch.testing.assert_close(
        of_frames(frames[:1].expand_as(frames)), of_image(frames[0]), rtol=0, atol=0
    )


def test_states_go_in_and_out_with_the_batch_size_of_frames():
    net, (frames, _) = small_net(threshold=0.0, **EVENTS), small_frames()
    _, states = net(frames, return_states=True)
    assert [len(state) for state in states] == [3] * 3
    assert not torch.equal(net(frames, states), net(frames))
    with pytest.raises(
        ValueError,
        match=r"states\[0\] has the shape \[3, 6, 8, 8\], expected \[2, 6, 8, 8\] for 2 images",
    ):
        net(frames[:, :2], states)


FRAMES = torch.zeros(4, 2, 2, 16, 16)


@pytest.mark.parametrize(
    ("frames", "error", "sentence"),
    [
        (
            FRAMES[:3],
            ValueError,
            r"images has the shape \[3, 2, 2, 16, 16\], expected \[4, B, 2, 16, 16\] with B >= 1: inputs='frames', one frame for each of the 4",
        ),
        (
            FRAMES[0],
            ValueError,
            r"images has the shape \[2, 2, 16, 16\], expected \[4, B, 2, 16, 16\]",
        ),
        (
            FRAMES[:, :0],
            ValueError,
            r"images has the shape \[4, 0, 2, 16, 16\], expected .* B >= 1",
        ),
        (FRAMES[..., :8], ValueError, r"images has the shape \[4, 2, 2, 16, 8\]"),
        (FRAMES.int(), TypeError, "images has the dtype torch.int32, expected torch.float32"),
        (FRAMES / 0, ValueError, "images holds 4096 NaN or infinite values"),
        (
            FRAMES.numpy(),
            TypeError,
            r"images is a ndarray, expected a torch.Tensor \[4, B, 2, 16, 16\]",
        ),
    ],
)
def test_bad_frames_get_one_sentence(frames, error, sentence):
    with pytest.raises(error, match=sentence):
        small_net(**EVENTS)(frames)


def test_an_image_network_refuses_frames():
    with pytest.raises(
        ValueError,
        match=r"images has the shape \[4, 2, 2, 16, 16\], expected \[B, 2, 16, 16\] with B >= 1\.",
    ):
        small_net(in_channels=2)(FRAMES)


def test_an_unknown_kind_of_inputs_gets_one_sentence():
    with pytest.raises(ValueError, match="inputs is 'events', expected one of image, frames"):
        preset("events-mini", inputs="events")


def test_the_preset_takes_what_the_simulated_set_gives():
    pytest.importorskip("tonic")
    from trevsnn_lite.data import batches, load_events

    config = preset("events-mini")
    train = load_events("simulated-dvs", "train", time_steps=config.time_steps).take(slice(0, 6))
    assert (config.image_size, config.in_channels, config.num_classes, config.inputs) == (
        train.size,
        2,
        len(train.class_names),
        "frames",
    )
    frames, labels = next(batches(train, 6, seed=0, epoch=0))
    net = TRevSNN(config, seed=0)
    loss = LOSSES["tet"](net(frames), labels)
    loss.backward()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.002)
    optimizer.step()
    assert LOSSES["tet"](net(frames), labels) < loss
