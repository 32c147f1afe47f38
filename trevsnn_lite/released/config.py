"""The configuration of the network that the authors released."""

from dataclasses import dataclass

from trevsnn_lite.settings import check_integers, check_widths

HEADS = 4  # under deep supervision


@dataclass(frozen=True)
class ReleasedConfig:
    """The released network. Raises ValueError, naming the field, for what makes no network."""

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
        check_integers(
            self, "time_steps", "num_classes", "kernel_size", "in_channels", "image_size"
        )
        object.__setattr__(self, "widths", check_widths(self.widths, "level", least=2, count=4))
        if not isinstance(self.deep_supervision, bool):
            raise ValueError(
                f"deep_supervision is {self.deep_supervision!r}, expected True or False."
            )
        if self.kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size is {self.kernel_size}, expected an odd number, so that a block keeps "
                "the image's size."
            )
        if self.image_size % 16:
            raise ValueError(
                f"image_size is {self.image_size}, expected a multiple of 16, so that levels meet "
                "in size."
            )
        if self.deep_supervision and self.num_classes < 2:
            raise ValueError(
                "num_classes is 1, expected at least 2: the last head is normalised over them."
            )
        if self.deep_supervision and len(self.read_steps) > HEADS:
            raise ValueError(
                f"time_steps is {self.time_steps}, at which deep supervision would read "
                f"{len(self.read_steps)} times with {HEADS} heads; expected such as 4, 8 or 12."
            )

    @property
    def read_steps(self) -> tuple[int, ...]:
        """The columns after which a head reads the last level."""
        if not self.deep_supervision:
            return (self.time_steps - 1,)
        interval = max(self.time_steps // HEADS, 1)
        return tuple(range(interval - 1, self.time_steps, interval))
