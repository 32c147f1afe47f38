"""Training settings: one frozen dataclass, one table with a recipe for each preset, the schedule and the optimiser they name."""

import math
from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
from torch import nn

from trevsnn_lite.losses import LOSSES

OPTIMIZERS = ("adamw", "lamb")


@dataclass(frozen=True)
class TrainConfig:
    epochs: int = 10
    """Passes over the training images."""
    batch_size: int = 128
    """Images in one step; the last, smaller batch of an epoch is trained on as well."""
    optimizer: str = "adamw"
    """"adamw" (torch) or "lamb" (timm, with its trust ratio clipped at 1)."""
    lr: float = 2e-3
    """Learning rate at the end of the warm-up."""
    min_lr: float = 1e-5
    """Learning rate that the cosine comes down to."""
    warmup_epochs: float = 1.0
    """Epochs, fractions allowed, of linear rise to lr."""
    weight_decay: float = 0.01
    """Of convolution and linear weights; gains, biases, ReZero scales and decays have none."""
    clip_norm: float = 1.0
    """Largest norm of the gradient over all parameters; 0 turns clipping off."""
    ema_decay: float = 0.0
    """Decay per step of the exponential moving average of the weights; 0 turns it off. Where it is on, its accuracy is the one reported."""
    loss: str = "cross-entropy"
    """"cross-entropy" (of the mean over time), "deep-supervision" or "tet"."""
    label_smoothing: float = 0.0
    """Share of the target spread evenly over all classes."""
    flip: bool = True
    """Mirror every second training image, drawn from (seed, epoch)."""
    shift: int = 2
    """Largest random shift of a training image, pixels."""
    evaluate_every: int = 1
    """Epochs between evaluations on the test images; the last epoch is always evaluated."""
    checkpoint_steps: int = 0
    """Steps between checkpoints within an epoch; 0: only after each epoch."""
    workers: int = 0
    """Processes that decode the images of a folder; images in memory need none."""
    memory: str = "taped"
    """The network's memory strategy: "store", "recompute", "reversible" or "taped"."""
    seed: int = 0
    """Of the order of the images, their augmentation and torch's own generator; the command line seeds the first weights with it as well."""

    def __post_init__(self):
        for field in fields(self):
            value, kind = getattr(self, field.name), field.type
            if kind is float and type(value) is int:
                object.__setattr__(self, field.name, float(value))
            elif type(value) is not kind:
                raise TypeError(f"{field.name} is {value!r}, expected {kind.__name__}.")
        for name in ("epochs", "batch_size", "evaluate_every"):
            _require(getattr(self, name) >= 1, name, self, "at least 1")
        for name in ("min_lr", "warmup_epochs", "weight_decay", "clip_norm", "checkpoint_steps", "shift", "workers", "seed"):
            _require(0 <= getattr(self, name) < math.inf, name, self, "a finite number of at least 0")
        for name in ("ema_decay", "label_smoothing"):
            _require(0 <= getattr(self, name) < 1, name, self, "a number in [0, 1)")
        _require(0 < self.lr < math.inf, "lr", self, "a finite number above 0")
        _require(self.optimizer in OPTIMIZERS, "optimizer", self, f"one of {', '.join(OPTIMIZERS)}")
        _require(self.loss in LOSSES, "loss", self, f"one of {', '.join(LOSSES)}")


def _require(holds: bool, name: str, config: TrainConfig, expected: str) -> None:
    if not holds:
        raise ValueError(f"{name} is {getattr(config, name)!r}, expected {expected}.")


class Recipe(NamedTuple):
    """The data set that a preset is trained on unless told otherwise, and how."""

    data: str
    training: TrainConfig


# The authors' log for ImageNet: LAMB, lr 2e-3 per 1024 images, 20 of 300 epochs warm-up from 1/200 of lr, cosine to 1/2000, EMA 0.9992.
_IMAGENET = TrainConfig(
    epochs=300, batch_size=512, optimizer="lamb", lr=1e-3, min_lr=5e-7, warmup_epochs=20, weight_decay=0.01,
    ema_decay=0.9992, loss="deep-supervision", label_smoothing=0.1, checkpoint_steps=500,
)  # fmt: skip

RECIPES = {
    "fashion-mini": Recipe("fashion-mnist-10k", TrainConfig(epochs=3, batch_size=50, lr=4e-3, warmup_epochs=0.2, ema_decay=0.99, shift=0, evaluate_every=3)),
    "fashion": Recipe("fashion-mnist", TrainConfig(epochs=4, batch_size=50, lr=4e-3, warmup_epochs=0.1, ema_decay=0.998, shift=0)),
    "paper-384": Recipe("imagefolder", _IMAGENET),
    "paper-512": Recipe("imagefolder", _IMAGENET),
}


def learning_rate(step: int, steps_per_epoch: int, config: TrainConfig) -> float:
    """Learning rate of step 0, 1, ...: linear warm-up to lr, then half a cosine down to min_lr.

    A function of the step alone rather than a scheduler object, so that a resumed run has no schedule to restore."""
    warmup, total = config.warmup_epochs * steps_per_epoch, config.epochs * steps_per_epoch
    if step < warmup:
        return config.lr * min(1.0, (step + 1) / warmup)
    done = (step - warmup) / max(1.0, total - warmup)
    return config.min_lr + (config.lr - config.min_lr) * 0.5 * (1 + math.cos(math.pi * done))


def make_optimizer(net: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser that `config` names, over two groups of parameters: with weight decay and without.

    A parameter with at most one axis longer than 1 is no matrix but a gain, a bias, a ReZero scale or a decay, and is left undecayed."""
    weights, others = [], []
    for parameter in net.parameters():
        (weights if sum(length > 1 for length in parameter.shape) > 1 else others).append(parameter)
    groups = [{"params": weights, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    if config.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=config.lr)
    try:
        from timm.optim import Lamb
    except ImportError:
        raise ImportError("optimizer lamb needs the package timm: pip install timm.") from None
    return Lamb(groups, lr=config.lr, eps=1e-8, trust_clip=True, max_grad_norm=None)  # the loop clips, for both optimisers alike
