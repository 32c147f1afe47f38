"""What defines a T-RevSNN, ours or the released one: its configuration, checked, and the presets in
one table (`PRESETS`)."""

from dataclasses import dataclass, fields, replace
from difflib import get_close_matches

from trevsnn_lite.blocks import BLOCKS
from trevsnn_lite.encoding import STEM_KERNELS
from trevsnn_lite.neurons import RESETS
from trevsnn_lite.spikes import SURROGATES

FEEDBACKS = ("all-levels", "next-level", "none")
INPUTS = ("image", "frames")
RELEASED_HEADS = 4  # of the released network under deep supervision


@dataclass(frozen=True)
class TRevSNNConfig:
    """A T-RevSNN for images or for frames of events. Raises ValueError, naming the field, for a
    value that makes no network."""

    name: str = "custom"
    time_steps: int = 4
    """T: steps, groups of the encoded image, and sub-networks."""
    widths: tuple[int, ...] = (64, 128, 256, 384)
    """Channels of each level (stage), the first at full resolution, each later one at half of the
    one before."""
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
    kernel_size: int = 5
    """Depthwise kernel of the basic block; kernel of both convolutions of an "ms-resnet" block."""
    expansion: int = 4
    """Hidden width of the block, in multiples of the level's width."""
    feedback: str = "all-levels"
    """Whose old potentials enter a level: all above ("all-levels", Eq. (10)), the next above
    ("next-level"), or none ("none")."""
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
        given = self.widths
        object.__setattr__(self, "widths", tuple(given) if isinstance(given, (tuple, list)) else ())
        for name in (
            "time_steps",
            "blocks_per_level",
            "num_classes",
            "in_channels",
            "image_size",
            "kernel_size",
            "expansion",
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} is {value!r}, expected an integer of at least 1.")
        if not self.widths or not all(
            isinstance(width, int) and width >= 1 for width in self.widths
        ):
            raise ValueError(
                f"widths is {given!r}, expected one positive integer per level, such as "
                "(32, 64, 128)."
            )
        if not isinstance(self.decay, (int, float)) or not 0.0 < self.decay <= 1.0:
            raise ValueError(f"decay is {self.decay!r}, expected a number in (0, 1].")
        if self.kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size is {self.kernel_size}, expected an odd number, so that the "
                "block keeps the image's size."
            )
        if not isinstance(self.threshold, (int, float)) or not abs(self.threshold) < float("inf"):
            raise ValueError(f"threshold is {self.threshold!r}, expected a finite number.")
        choices = {
            "inputs": INPUTS,
            "feedback": FEEDBACKS,
            "reset": RESETS,
            "surrogate": tuple(SURROGATES),
            "stem_stride": tuple(STEM_KERNELS),
            "block": tuple(BLOCKS),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}, expected one of "
                    f"{', '.join(map(str, allowed))}."
                )


@dataclass(frozen=True)
class ReleasedConfig:
    """The released network. Raises ValueError, naming the field, for a value that makes no network."""

    name: str = "custom"
    time_steps: int = 4
    """T: columns, one per time step."""
    widths: tuple[int, ...] = (64, 128, 256, 384)
    """Channels of the four levels, at 1/4, 1/8, 1/16 and 1/16 of the image's size."""
    kernel_size: int = 5
    num_classes: int = 1000
    image_size: int = 224
    deep_supervision: bool = True
    """Four heads, the first three for training only; else one head after the last column."""
    in_channels: int = 3

    def __post_init__(self):
        object.__setattr__(
            self, "widths", tuple(self.widths) if isinstance(self.widths, (tuple, list)) else ()
        )
        for name in ("time_steps", "num_classes", "kernel_size", "in_channels", "image_size"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} is {value!r}, expected an integer of at least 1.")
        if len(self.widths) != 4 or not all(
            isinstance(width, int) and width >= 1 for width in self.widths
        ):
            raise ValueError(
                f"widths is {self.widths!r}, expected four positive integers, such as "
                "(64, 128, 256, 384)."
            )
        if self.kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size is {self.kernel_size}, expected an odd number, so that a "
                "block keeps the image's size."
            )
        if self.image_size % 16:
            raise ValueError(
                f"image_size is {self.image_size}, expected a multiple of 16, so that "
                "levels meet in size."
            )
        if self.deep_supervision and len(self.read_steps) > RELEASED_HEADS:
            reads = (
                f"deep supervision would read {len(self.read_steps)} times with "
                f"{RELEASED_HEADS} heads"
            )
            raise ValueError(
                f"time_steps is {self.time_steps}, at which {reads}; expected such as 4, 8 or 12."
            )

    @property
    def read_steps(self) -> tuple[int, ...]:
        """The columns after which a head reads the last level."""
        if not self.deep_supervision:
            return (self.time_steps - 1,)
        interval = max(self.time_steps // RELEASED_HEADS, 1)
        return tuple(range(interval - 1, self.time_steps, interval))


PRESETS = {
    "fashion-mini": TRevSNNConfig(
        "fashion-mini",
        widths=(24, 48, 96),
        blocks_per_level=1,
        in_channels=1,
        image_size=28,
        expansion=2,
    ),
    "fashion": TRevSNNConfig(
        "fashion",
        widths=(32, 64, 128),
        blocks_per_level=1,
        in_channels=1,
        image_size=28,
        expansion=2,
    ),
    "events-mini": TRevSNNConfig(
        "events-mini",
        widths=(24, 48, 96),
        blocks_per_level=1,
        in_channels=2,
        image_size=34,
        inputs="frames",
        expansion=2,
    ),
    "paper-384": TRevSNNConfig(
        "paper-384", widths=(64, 128, 256, 384), num_classes=1000, image_size=224, stem_stride=4
    ),
    "paper-512": TRevSNNConfig(
        "paper-512", widths=(96, 192, 384, 512), num_classes=1000, image_size=224, stem_stride=4
    ),
    "released-tiny": ReleasedConfig("released-tiny"),
    "released-small": ReleasedConfig("released-small", widths=(96, 192, 384, 512)),
}


def preset(name: str, **changes) -> TRevSNNConfig | ReleasedConfig:
    """The named preset with fields changed: preset("fashion-mini", time_steps=8). Raises ValueError
    for an unknown name or field."""
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
