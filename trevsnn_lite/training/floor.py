"""The honest floor for event data: a linear read-out of each recording's frames summed over time,
which knows no order of events.

A network that reads time is worth its T steps only by what it gains over this one matrix.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from trevsnn_lite.data import EventSet, batches


def linear_floor(
    train: EventSet,
    test: EventSet,
    seed: int = 0,
    epochs: int = 12,
    weight_decay: float = 0.1,
    batch_size: int = 200,
) -> float:
    """Test accuracy in [0, 1] of multinomial logistic regression on the time-summed frames, both
    polarities kept apart: [N, 2 * H * W] inputs.

    AdamW with a cosine from 1e-3 to 0, the order of the recordings drawn from `seed`; the inputs
    are centred on the training set's mean and scaled by its one standard deviation.
    Raises ValueError where the two sets have other classes or no recordings."""
    if train.class_names != test.class_names or not len(train) or not len(test):
        raise ValueError(f"train and test have {len(train)} and {len(test)} recordings of "
            f"{len(train.class_names)} and {len(test.class_names)} classes, "
                         "expected at least one each of the same classes")  # fmt: skip
    (inputs, labels), (test_inputs, test_labels) = summed(train), summed(test)
    mean, scale = inputs.mean(0), inputs.std().clamp(min=1e-6)
    inputs, test_inputs = (inputs - mean) / scale, (test_inputs - mean) / scale
    random = torch.Generator().manual_seed(seed)
    weight = torch.zeros(inputs.shape[1], len(train.class_names), requires_grad=True)
    bias = torch.zeros(len(train.class_names), requires_grad=True)
    optimizer = torch.optim.AdamW([weight, bias], lr=1e-3, weight_decay=weight_decay)
    steps = -(-len(inputs) // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps)
    with torch.enable_grad():
        for _ in range(epochs):
            for part in torch.randperm(len(inputs), generator=random).split(batch_size):
                optimizer.zero_grad()
                F.cross_entropy(inputs[part] @ weight + bias, labels[part]).backward()
                optimizer.step()
                schedule.step()
    with torch.no_grad():
        return ((test_inputs @ weight + bias).argmax(1) == test_labels).float().mean().item()


def summed(recordings: EventSet) -> tuple[Tensor, Tensor]:
    """All recordings' frames summed over time, [N, 2 * H * W], and the labels [N]; unshuffled."""
    parts = [
        (frames.sum(0).flatten(1), labels)
        for frames, labels in batches(recordings, 200, seed=0, epoch=0, shuffle=False)
    ]
    return torch.cat([frames for frames, _ in parts]), torch.cat([labels for _, labels in parts])
