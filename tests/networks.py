"""Small networks, batches and comparisons that several tests share."""

import torch
from torch.nn.functional import cross_entropy

from trevsnn_lite import TRevSNN, preset


def small_net(memory="taped", seed=0, dtype=torch.float32, **changes) -> TRevSNN:
    """Four levels on 16x16 images, with ReZero opened (alpha = 0.5), so that gradients reach
    everything."""
    fields = {
        "widths": (6, 8, 10, 12),
        "image_size": 16,
        "in_channels": 3,
        "num_classes": 5,
        "blocks_per_level": 1,
    } | changes
    net = TRevSNN(preset("fashion-mini", **fields), memory=memory, seed=seed).to(dtype)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("alpha"):
                parameter.fill_(0.5)
    return net


def small_batch(seed=0, batch=3, dtype=torch.float32, size=16, channels=3, classes=5):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(batch, channels, size, size, generator=random, dtype=dtype), torch.randint(
        0, classes, (batch,), generator=random
    )


def gradients(net, images, target) -> dict[str, torch.Tensor]:
    net.zero_grad()
    cross_entropy(net(images).mean(0), target).backward()
    return {
        name: parameter.grad.clone()
        for name, parameter in net.named_parameters()
        if parameter.grad is not None
    }


def worst_relative_error(found: dict, expected: dict) -> float:
    """Over all parameters, the largest deviation in units of the parameter's largest gradient
    (those that are zero must be zero)."""
    assert found.keys() == expected.keys()
    return max(
        ((found[name] - reference).abs().max() / reference.abs().max().clamp(min=1e-12)).item()
        for name, reference in expected.items()
    )
