"""ANN-to-SNN conversion: one neuron's rate against its ReLU, whole networks against the ANN,
SpikingJelly and real images."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from trevsnn_lite.baselines.conversion import ConvertedSNN, IntegrateAndFire, convert, relu_cnn
from trevsnn_lite.data import load_images


def rates(z: torch.Tensor, time_steps: int, start: float) -> torch.Tensor:
    neuron, v, fired = IntegrateAndFire(start), None, torch.zeros_like(z)
    for _ in range(time_steps):
        spikes, v = neuron(z, v)
        fired += spikes
    return fired / time_steps


@pytest.mark.parametrize("time_steps", [1, 3, 10, 100])
def test_a_rate_is_the_relu_to_within_one_over_t(time_steps):
    z = (
        torch.linspace(-1.0, 1.0, 2003, dtype=torch.float64) + 1e-9
    )  # off the multiples of 1/T, where float rounding decides
    z, relu = z[:-1], z[:-1].clamp(min=0)
    down = rates(z, time_steps, start=0.0) - relu
    nearest = rates(z, time_steps, start=0.5) - relu
    assert -1 / time_steps < down.min() < -0.9 / time_steps and down.max() <= 1e-8
    assert 0.45 / time_steps < nearest.abs().max() <= 0.5 / time_steps + 1e-8
    assert rates(torch.tensor([1.7]), time_steps, start=0.0).item() == 1.0  # rates end at 1


def small_ann(seed=0) -> nn.Sequential:
    """What conversion must see through: BatchNorm with statistics, pooling, dropout, two linear
    layers without a ReLU between, no bias somewhere."""
    torch.manual_seed(seed)
    norm = nn.BatchNorm2d(6)
    (
        nn.init.uniform_(norm.running_mean),
        nn.init.uniform_(norm.running_var, 0.5, 2.0),
        nn.init.uniform_(norm.weight, 0.5, 2.0),
    )
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1), norm, nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 8, 3, bias=False), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.Flatten(), nn.Linear(32, 12), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 5),
    ).eval()  # fmt: skip


def test_logits_approach_the_anns_and_the_ann_is_left_alone():
    ann, images = small_ann(), torch.randn(32, 2, 8, 8)
    before = {name: value.clone() for name, value in ann.state_dict().items()}
    with torch.no_grad():
        expected = ann(images)
        logits = convert(ann, images)(images, time_steps=128)
    assert logits.shape == (128, 32, 5)
    off = [
        ((logits[:t].mean(0) - expected).abs().mean() / expected.std()).item() for t in (8, 32, 128)
    ]
    assert off[0] > 2 * off[1] > 4 * off[2] and off[2] < 0.05
    assert all(torch.equal(before[name], value) for name, value in ann.state_dict().items())


def test_calibrated_rates_fill_the_unit_interval():
    """With percentile 100 the largest rate on the calibration images is 1; with 50 half of the
    active neurons are beyond it and saturate."""
    ann, images = small_ann()[:3], torch.randn(16, 2, 8, 8)
    ann = nn.Sequential(*ann, nn.Flatten(), nn.Linear(6 * 64, 3)).eval()
    saturated = {}
    with torch.no_grad():
        active = ann[:3](images) > 0
        for percentile in (100.0, 50.0):
            first = nn.Sequential(*convert(ann, images, percentile).layers[:1])
            current = first(images)
            assert (
                current.max() == pytest.approx(1.0, abs=1e-5)
                if percentile == 100.0
                else current.max() > 2
            )
            saturated[percentile] = (current[active] >= 1.0 - 1e-5).float().mean().item()
    assert saturated[100.0] < 0.01 and saturated[50.0] == pytest.approx(0.5, abs=0.01)


def test_spikingjelly_converts_to_the_same_rates():
    ann2snn = pytest.importorskip("spikingjelly.activation_based.ann2snn")
    from spikingjelly.activation_based import functional

    ann, images = (
        relu_cnn(image_size=8, widths=(4, 6), seed=0).eval(),
        torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(0)),
    )
    recipe = ann2snn.RateCodingRecipe(dataloader=[(images, None)], mode="Max", channel_wise=False)
    peer, ours = (
        ann2snn.Converter(recipe=recipe).convert(ann),
        convert(ann, images, half_start=False),
    )
    functional.reset_net(peer)
    with torch.no_grad():
        theirs = torch.stack([peer(images) for _ in range(16)])
        logits = ours(images, time_steps=16)
    same = ((theirs - logits).abs() < 1e-4).float().mean().item()
    assert (
        same > 0.95 and logits.std(0).mean() > 1e-3
    )  # they scale currents, we scale weights: a tie may fall either way


@pytest.fixture(scope="module")
def trained():
    """A CNN trained for one pass over 4,000 images of Fashion-MNIST, and 300 images to test it on."""
    images, labels = load_images("fashion-mnist-10k", "train").take(slice(0, 4000)).tensors()
    ann, random = relu_cnn(seed=0), torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(ann.parameters(), lr=5e-3)
    for part in torch.randperm(len(images), generator=random).split(64):
        optimiser.zero_grad()
        cross_entropy(ann(images[part]), labels[part]).backward()
        optimiser.step()
    return (
        ann,
        images[:200],
        *load_images("fashion-mnist-10k", "test").take(slice(0, 300)).tensors(),
    )


@pytest.mark.parametrize("half_start", [True, False])
def test_accuracy_rises_with_t_towards_the_anns(trained, half_start):
    ann, calibration, images, labels = trained
    with torch.no_grad():
        logits, reference = (
            convert(ann, calibration, half_start=half_start)(images, time_steps=64),
            ann(images),
        )
    means = {t: logits[:t].mean(0) for t in (1, 4, 16, 64)}
    accuracy = {t: (mean.argmax(1) == labels).float().mean().item() for t, mean in means.items()}
    off = {t: (mean - reference).abs().mean().item() for t, mean in means.items()}
    of_ann = (reference.argmax(1) == labels).float().mean().item()
    assert of_ann > 0.65
    assert accuracy[1] + 0.1 < accuracy[4] < accuracy[16] + 0.03
    assert accuracy[64] == pytest.approx(of_ann, abs=0.02)
    assert off[4] > 2 * off[16] > 4 * off[64]


def test_steps_are_forward_and_state_goes_in_and_out():
    images = torch.randn(4, 2, 8, 8)
    snn, states, logits = convert(small_ann(), images), None, []
    with torch.no_grad():
        for _ in range(3):
            assert torch.equal(snn.step(images, states)[0], snn.step(images, states)[0])
            logits_t, states = snn.step(images, states)
            logits.append(logits_t)
        assert len(states) == 3 and torch.equal(snn(images, time_steps=3), torch.stack(logits))


def with_layer(layer: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), layer, nn.Flatten(), nn.Linear(4, 2))


IMAGES = torch.zeros(2, 2, 8, 8)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: convert(with_layer(nn.MaxPool2d(2)), IMAGES),
            "ann holds a MaxPool2d that rates do not pass through, expected convolutions",
        ),
        (
            lambda: convert(with_layer(nn.ReLU()), IMAGES),
            "ann has a ReLU without a convolution or linear layer since the ReLU before it",
        ),
        (lambda: convert(nn.Linear(2, 2), IMAGES), "ann is a Linear, expected an nn.Sequential"),
        (
            lambda: convert(nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU()), IMAGES),
            "ann does not end with an nn.Linear",
        ),
        (
            lambda: convert(small_ann(), IMAGES, percentile=0.0),
            r"percentile is 0.0, expected a number in \(0, 100\].",
        ),
        (
            lambda: convert(small_ann(), IMAGES)(IMAGES, time_steps=0),
            "time_steps is 0, expected an integer of at least 1.",
        ),
        (
            lambda: convert(small_ann(), IMAGES)(IMAGES[0]),
            r"images has the shape \[2, 8, 8\], expected a torch.Tensor \[B, C, H, W\].",
        ),
        (
            lambda: ConvertedSNN([]).step(IMAGES, (IMAGES,)),
            "states has 1 potentials, expected one for each of the 0 layers of neurons.",
        ),
    ],
)
def test_bad_arguments_get_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
