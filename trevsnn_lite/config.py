"""What defines a T-RevSNN: its configuration, checked, and the presets in one table (`PRESETS`)."""

from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

from trevsnn_lite.blocks import BLOCKS
from trevsnn_lite.neurons import RESETS
from trevsnn_lite.released.config import ReleasedConfig
from trevsnn_lite.settings import check_choices, check_integers, check_number, check_widths
from trevsnn_lite.spikes import SURROGATES

STEM_KERNELS = {1: 3, 2: 5, 4: 7}
CHOICES = {
    "inputs": ("image", "frames"),
    "stem_stride": tuple(STEM_KERNELS),
    "last_stride": (1, 2),
    "sharing": ("turned-on", "none"),
    "feedback": ("next-level", "all-levels", "none"),
    "read_out": ("last", "every"),
    "reset": RESETS,
    "surrogate": tuple(SURROGATES),
    "block": tuple(BLOCKS),
}


@dataclass(frozen=True)
class TRevSNNConfig:
    """A T-RevSNN for images or for frames of events. Raises ValueError, naming the field, for a
    value that makes no network."""

    name: str = "custom"
    time_steps: int = 4
    """T: steps, groups of the encoded image, and sub-networks."""
    widths: tuple[int, ...] = (64, 128, 256, 384)
    """Channels of each level (stage), at least 2. The first has the encoder's resolution, each
    later one half of the one before; the last, see `last_stride`."""
    blocks_per_level: int = 2
    num_classes: int = 10
    in_channels: int = 3
    image_size: int = 32
    """Height and width of the images, pixels."""
    inputs: str = "image"
    """What the T groups of the encoder see: all one image ("image"), or group t the frame of step t
    ("frames", for event cameras)."""
    stem_stride: int = 2
    """Stride of the encoding convolution: 1, 2 or 4, with kernels of 3, 5 and 7."""
    last_stride: int = 1
    """How the last level is reached: 1, by a 1x1 convolution at the resolution of the one before,
    as the paper's numbers of parameters have it; 2, by a 3x3 one of stride 2, as the others are."""
    kernel_size: int = 5
    """Depthwise kernel of the basic block; kernel of both convolutions of an "ms-resnet" block."""
    expansion: int = 4
    """Hidden width of the block, in multiples of the level's width."""
    sharing: str = "turned-on"
    """Which weights the steps share: those that feed a turned-on neuron ("turned-on": the second
    half of each level's last block), or none ("none"). Turned-off neurons have their own."""
    feedback: str = "next-level"
    """Whose old potentials enter a level: the next one's ("next-level", Fig. 3), all above
    ("all-levels", Eq. (10) in general), or none ("none")."""
    read_out: str = "last"
    """Which steps are read: the "last" alone, or "every" one, each by a read-out of its own."""
    decay: float = 0.5
    """Initial decay 1 - 1/tau of every turned-on neuron, in (0, 1]; learnt, one per level."""
    reset: str = "none"
    """Reset of the turned-on neurons: "none" as Eqs. (9)-(11), "soft", or "hard" (which no strategy
    can undo without its floats)."""
    threshold: float = 0.5
    surrogate: str = "rectangle"
    block: str = "convnext"
    """"convnext", the paper's (Fig. 4), or "ms-resnet", of two dense convolutions (Table 6; there
    with kernel_size=3 and expansion=1)."""

    def __post_init__(self):
        check_integers(
            self,
            *("time_steps", "blocks_per_level", "num_classes", "in_channels", "image_size"),
            *("kernel_size", "expansion"),
        )
        object.__setattr__(self, "widths", check_widths(self.widths, "level", least=2))
        check_choices(self, CHOICES)
        check_number(self, "decay", 0.0, 1.0, above=True)
        check_number(self, "threshold", -5.0, 5.0)
        if self.kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size is {self.kernel_size}, expected an odd number, so that the block "
                "keeps the image's size."
            )
        if self.kernel_size == 1 and self.block == "convnext":
            raise ValueError(
                "kernel_size is 1, expected at least 3: a depthwise kernel of one weight has "
                "nothing left when it is standardised."
            )


_MINI: dict[str, Any] = {"widths": (24, 48, 96), "blocks_per_level": 1, "expansion": 2}
_EVENTS: dict[str, Any] = {"in_channels": 2, "image_size": 34, "inputs": "frames"}
_IMAGENET: dict[str, Any] = {"num_classes": 1000, "image_size": 224, "stem_stride": 4}

PRESETS = {
    config.name: config
    for config in (
        TRevSNNConfig("fashion-mini", **_MINI, in_channels=1, image_size=28),
        TRevSNNConfig("fashion", **_MINI | {"widths": (32, 64, 128)}, in_channels=1, image_size=28),
        TRevSNNConfig("events-mini", **_MINI, **_EVENTS),
        TRevSNNConfig("events", **_MINI | {"widths": (32, 64, 128)}, **_EVENTS),
        TRevSNNConfig("paper-384", widths=(64, 128, 256, 384), **_IMAGENET),
        TRevSNNConfig("paper-512", widths=(96, 192, 384, 512), **_IMAGENET),
        TRevSNNConfig(
            "paper-256",
            time_steps=10,
            widths=(32, 64, 128, 256),
            in_channels=2,
            image_size=128,
            stem_stride=4,
            inputs="frames",
        ),
        ReleasedConfig("released-tiny"),
        ReleasedConfig("released-small", widths=(96, 192, 384, 512)),
    )
}


def preset(name: str, **changes) -> TRevSNNConfig | ReleasedConfig:
    """The named preset with fields changed: preset("fashion-mini", time_steps=8). Raises ValueError
    for an unknown name or field."""
    if not isinstance(name, str):
        raise TypeError(f"preset is a {type(name).__name__}, expected a name, such as 'fashion'.")
    if name not in PRESETS:
        raise ValueError(
            f"preset is {name!r}, expected one of "
            f"{', '.join(PRESETS)}.{_did_you_mean(name, PRESETS)}"
        )
    known = [field.name for field in fields(PRESETS[name])]
    for change in changes:
        if change not in known:
            raise ValueError(
                f"preset got the field {change!r}, expected one of "
                f"{', '.join(known)}.{_did_you_mean(change, known)}"
            )
    return replace(PRESETS[name], **changes)


def _did_you_mean(word: str, known) -> str:
    close = get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
