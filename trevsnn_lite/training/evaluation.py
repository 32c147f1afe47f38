"""Accuracy on an image set, over one process or several, and the networks that checkpoints hold."""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from trevsnn_lite.data import batches
from trevsnn_lite.data.batches import share_length
from trevsnn_lite.data.classes import in_order_of
from trevsnn_lite.presets import NETWORKS, build

from .checkpoints import as_written, load_checkpoint
from .scale_out import OneProcess

CONFIGS = {network.__name__: config for config, network in NETWORKS.items()}


@torch.no_grad()
def evaluate(
    net: nn.Module,
    images,
    batch_size: int = 200,
    workers: int = 0,
    group: OneProcess | None = None,
) -> float:
    """The share in [0, 1] of `images` whose label the network decides for (its `decide`, else the
    largest mean logit).

    Where the network knows its classes (`class_names`, from its training or its checkpoint), the
    labels are matched by name; ValueError where the names differ. With `group`, the processes take
    `batch_size` images each at a time, and the sum over all of them comes back to every one (the
    released code prints the accuracy of the first process's images)."""
    images = matched(net, images)
    was_training = net.training
    net.eval()
    device = next(net.parameters()).device
    group = group or OneProcess(device)
    total, correct, start = batch_size * group.processes, 0, 0
    for pictures, labels in batches(
        images, total, seed=0, epoch=0, shuffle=False, workers=workers, share=group.share
    ):
        mine = share_length(min(total, len(images) - start), group.share)
        correct += right(net, net(pictures.to(device)), labels.to(device)) if mine else 0
        start += total
    net.train(was_training)
    return group.sum([correct])[0] / len(images)


def matched(net: nn.Module, images):
    """`images` with its labels numbered as the network's classes are; itself, with a warning, where
    the network comes from a checkpoint that holds no names."""
    names = getattr(net, "class_names", ())
    if not names and names is not None:
        return images
    if names is None:
        warnings.warn(
            "the checkpoint is of a time when class names were not kept: labels are matched by "
            "their numbers alone",
            stacklevel=3,
        )
        return images
    which = f"the {getattr(images, 'split', 'test')} images"
    return in_order_of(images, names, which, "the network")


def right(net: nn.Module, logits: Tensor, labels: Tensor) -> int:
    """For how many of the labels [B] the network decides, given its logits [T, B, K]."""
    decided = net.decide(logits) if hasattr(net, "decide") else logits.mean(0)
    return int((decided.detach().argmax(1) == labels).sum())


def load_network(path: str | Path, memory: str = "taped") -> nn.Module:
    """The network that `train` left in a checkpoint, with its averaged weights where there are any,
    in evaluation mode; `class_names` are those of its training data, None in an old checkpoint.

    Raises FileNotFoundError for a missing checkpoint, ValueError for a truncated one or another
    class of network."""
    state = load_checkpoint(path)
    with as_written(path):
        fields = dict(state["about"]["network"])
        name = fields.pop("class", "TRevSNN")
        if name not in CONFIGS:
            raise ValueError(
                f"Checkpoint {path} holds a {name}, expected one of {', '.join(CONFIGS)}."
            )
        net = build(CONFIGS[name](**fields), memory=memory)
        net.load_state_dict(state["ema"] or state["model"])
        names = state["about"]["data"].get("class_names")
        net.class_names = names and tuple(names)
    return net.eval()
