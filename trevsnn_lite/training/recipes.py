"""Training settings: one frozen dataclass, one table with a recipe for each preset, the schedule
and the optimiser they name."""

import math
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import torch
from torch import nn

from trevsnn_lite.data import Augment
from trevsnn_lite.losses import LOSSES
from trevsnn_lite.reversible import MEMORY_STRATEGIES

OPTIMIZERS = ("adamw", "lamb")
PRECISIONS = ("fp32", "bf16")
MOST_WORKERS = 256


@dataclass(frozen=True)
class TrainConfig:
    epochs: int = 10
    """Passes over the training images."""
    batch_size: int = 128
    """Images in one step, of all processes together; the last, smaller batch of an epoch is trained
    on as well."""
    accumulate: int = 1
    """Parts in which each process takes its share of a batch, one after another: the memory of one
    part, the gradients of all."""
    precision: str = "fp32"
    """"fp32", or "bf16": convolutions and linear maps in bfloat16 (autocast); weights, potentials
    and the optimiser stay in float32."""
    optimizer: str = "adamw"
    """"adamw" (torch) or "lamb" (timm, with its trust ratio clipped at 1)."""
    lr: float = 2e-3
    """Learning rate at the end of the warm-up."""
    min_lr: float = 1e-5
    """Learning rate that the cosine comes down to."""
    warmup_epochs: float = 1.0
    """Epochs, fractions allowed, of linear rise to lr."""
    warmup_lr: float = 0.0
    """Learning rate that the rise begins at."""
    weight_decay: float = 0.01
    """Of convolution and linear weights; gains, biases, ReZero scales and decays have none."""
    clip_norm: float = 1.0
    """Largest norm of the gradient over all parameters; 0 turns clipping off."""
    adaptive_clip: float = 0.0
    """Largest norm of each output unit's gradient, in multiples of the norm of its weights (AGC,
    Brock et al. 2021), before clip_norm; 0: off."""
    ema_decay: float = 0.0
    """Decay per step of the exponential moving average of the weights; 0 turns it off. Where it is
    on, its accuracy is the one reported."""
    loss: str = "cross-entropy"
    """"cross-entropy" (of the mean over time), "deep-supervision", "released-heads" (the released
    code's) or "tet"."""
    label_smoothing: float = 0.0
    """Share of the target spread evenly over all classes."""
    flip: bool = True
    """Mirror every second training image, drawn from (seed, epoch)."""
    shift: int = 2
    """Largest random shift of a training image, pixels."""
    policy: str = ""
    """For photographs in a folder: timm's name of an augmentation, such as "rand-m9-mstd0.5-inc1"
    (RandAugment)."""
    colour_jitter: float = 0.0
    """For photographs: strength of the changes of brightness, contrast and saturation, which timm
    leaves out beside a policy."""
    erasing: float = 0.0
    """For photographs: probability of filling a rectangle with noise."""
    evaluate_every: int = 1
    """Epochs between evaluations on the test images; the last epoch is always evaluated."""
    checkpoint_steps: int = 0
    """Steps between checkpoints within an epoch; 0: only after each epoch."""
    workers: int = 0
    """Processes that decode the images of a folder; images in memory need none."""
    memory: str = "taped"
    """The network's memory strategy: "store", "recompute", "reversible" or "taped"."""
    seed: int = 0
    """Of the order of the images, their augmentation and torch's own generator; the command line
    seeds the first weights with it as well."""

    def __post_init__(self):
        for field in fields(self):
            value, kind = getattr(self, field.name), field.type
            if kind is float and type(value) is int:
                object.__setattr__(self, field.name, float(value))
            elif type(value) is not kind:
                raise TypeError(f"{field.name} is {value!r}, expected {kind.__name__}.")
        for name in ("epochs", "batch_size", "accumulate", "evaluate_every"):
            _require(getattr(self, name) >= 1, name, self, "at least 1")
        for name in (
            "min_lr",
            "warmup_epochs",
            "warmup_lr",
            "weight_decay",
            "clip_norm",
            "adaptive_clip",
            "checkpoint_steps",
        ):
            _require(
                0 <= getattr(self, name) < math.inf, name, self, "a finite number of at least 0"
            )
        # Each process has a generator of its own, seeded seed + 2**32 * rank.
        _require(0 <= self.seed < 2**32, "seed", self, "a whole number of at least 0, below 2**32")
        most = MOST_WORKERS
        _require(0 <= self.workers <= most, "workers", self, f"a whole number from 0 to {most}")
        for name in ("ema_decay", "label_smoothing", "colour_jitter", "erasing"):
            _require(0 <= getattr(self, name) < 1, name, self, "a number in [0, 1)")
        _ = self.augment  # its own checks: shift, and what goes with photographs
        _require(0 < self.lr < math.inf, "lr", self, "a finite number above 0")
        _require(self.optimizer in OPTIMIZERS, "optimizer", self, f"one of {', '.join(OPTIMIZERS)}")
        _require(self.loss in LOSSES, "loss", self, f"one of {', '.join(LOSSES)}")
        known = MEMORY_STRATEGIES
        _require(self.memory in known, "memory", self, f"one of {', '.join(known)}")
        _require(self.precision in PRECISIONS, "precision", self, f"one of {', '.join(PRECISIONS)}")

    @property
    def augment(self) -> Augment:
        """The changes to training images."""
        return Augment(
            flip=self.flip,
            shift=self.shift,
            policy=self.policy,
            colour_jitter=self.colour_jitter,
            erasing=self.erasing,
        )


def _require(holds: bool, name: str, config: TrainConfig, expected: str) -> None:
    if not holds:
        raise ValueError(f"{name} is {getattr(config, name)!r}, expected {expected}.")


class Recipe(NamedTuple):
    """The data set that a preset is trained on unless told otherwise, and how."""

    data: str
    training: TrainConfig


# ImageNet, 8 x 512 images a step. Where each number comes from: [P] the paper's Table 7 or its
# appendix C, [L] the log of the authors' run of `small`, [C] the released code or its settings,
# [?] our choice, which no source confirms. The book's page on scale says more.
_IMAGENET = TrainConfig(
    epochs=300,  # [P]; the log ends at epoch 250, its best at 173
    batch_size=8 * 512,  # [P, L]
    optimizer="lamb",  # [P]; timm's, ratio clipped at 1, eps 1e-8 [L, C]
    # [L]; another batch: lr, min_lr and warmup_lr in proportion
    lr=2e-3 * 8 * 512 / 1024, min_lr=4e-6, warmup_epochs=20, warmup_lr=4e-5,
    # [P, L]; there gains, decays and ReZero scales decay too [C], here they do not [?]
    weight_decay=0.01,
    clip_norm=1.0,  # [C] LAMB's own, over all parameters
    adaptive_clip=0.02,  # [L] per output unit [C]
    ema_decay=0.9992,  # [L]
    label_smoothing=0.1,  # [P, L]
    loss="cross-entropy",  # [P] of the last step's output, the only one
    # [P, C]; jitter and erasing [C]; noise in the rectangle, crop scale 0.08 to 1 [?]
    policy="rand-m9-mstd0.5-inc1", colour_jitter=0.4, erasing=0.25,
    flip=True, shift=0,  # [?] timm's default flip
    precision="bf16",  # [?]; the paper has float16
    checkpoint_steps=100, workers=8, evaluate_every=1,  # [?] they change no weight
)  # fmt: skip
# [C]; the log's first loss, 24.24, is that of its weights.
_RELEASED = replace(_IMAGENET, loss="released-heads")

RECIPES = {
    "fashion-mini": Recipe(
        "fashion-mnist-10k",
        TrainConfig(
            epochs=3,
            batch_size=50,
            lr=4e-3,
            warmup_epochs=0.2,
            ema_decay=0.99,
            shift=0,
            evaluate_every=3,
        ),
    ),
    # Plain autograd: 250 images of 28 x 28 need no tape, and a step takes four fifths of the time.
    # Meant for --processes 2.
    "fashion": Recipe(
        "fashion-mnist",
        TrainConfig(
            epochs=6,
            batch_size=250,
            lr=8e-3,
            warmup_epochs=0.1,
            ema_decay=0.99,
            shift=0,
            memory="store",
        ),
    ),
    "events-mini": Recipe(
        "simulated-dvs",
        TrainConfig(
            epochs=3,
            batch_size=50,
            lr=4e-3,
            warmup_epochs=0.2,
            ema_decay=0.99,
            loss="tet",
            evaluate_every=3,
        ),
    ),
    # Plain autograd, as for `fashion`.
    "events": Recipe(
        "simulated-dvs",
        TrainConfig(
            epochs=4,
            batch_size=50,
            lr=4e-3,
            warmup_epochs=0.2,
            ema_decay=0.99,
            loss="tet",
            memory="store",
            evaluate_every=2,
        ),
    ),
    "paper-384": Recipe("imagefolder", _IMAGENET),
    "paper-512": Recipe("imagefolder", _IMAGENET),
    # Appendix C: epochs, batch and rate. The optimiser is that of images; the loss is not stated.
    "paper-256": Recipe(
        "cifar10-dvs", TrainConfig(epochs=300, batch_size=16, optimizer="lamb", lr=0.01)
    ),
    "released-tiny": Recipe("imagefolder", _RELEASED),
    "released-small": Recipe("imagefolder", _RELEASED),
}


def learning_rate(step: int, steps_per_epoch: int, config: TrainConfig) -> float:
    """Learning rate of step 0, 1, ...: linear warm-up from warmup_lr to lr, then half a cosine down
    to min_lr.

    A function of the step alone rather than a scheduler object, so that a resumed run has no
    schedule to restore."""
    warmup, total = config.warmup_epochs * steps_per_epoch, config.epochs * steps_per_epoch
    if step < warmup:
        return config.warmup_lr + (config.lr - config.warmup_lr) * min(1.0, (step + 1) / warmup)
    done = (step - warmup) / max(1.0, total - warmup)
    return config.min_lr + (config.lr - config.min_lr) * 0.5 * (1 + math.cos(math.pi * done))


def make_optimizer(net: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser that `config` names, over two groups of parameters: with weight decay and
    without.

    A parameter with at most one axis longer than 1 is no matrix but a gain, a bias, a ReZero scale
    or a decay, and is left undecayed."""
    weights, others = [], []
    for parameter in net.parameters():
        (weights if sum(length > 1 for length in parameter.shape) > 1 else others).append(parameter)
    groups = [
        {"params": weights, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if config.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=config.lr, fused=True)
    try:
        from timm.optim import Lamb
    except ImportError:
        raise ImportError("optimizer lamb needs the package timm: pip install timm.") from None
    return Lamb(
        groups, lr=config.lr, eps=1e-8, trust_clip=True, max_grad_norm=None
    )  # the loop clips, for both optimisers alike


def clip_gradients(net: nn.Module, config: TrainConfig) -> None:
    """Bound the gradients in place: each unit's by its weights (adaptive_clip), then the norm of
    all (clip_norm)."""
    if config.adaptive_clip:
        try:
            from timm.utils.agc import adaptive_clip_grad
        except ImportError:
            raise ImportError("adaptive_clip needs the package timm: pip install timm.") from None
        adaptive_clip_grad(net.parameters(), clip_factor=config.adaptive_clip)
    if config.clip_norm:
        nn.utils.clip_grad_norm_(net.parameters(), config.clip_norm)
