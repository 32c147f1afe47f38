"""What spiking networks of LIF neurons are made of, checked: the fields that `spiking_resnet` and
`srevsnn` share."""

from dataclasses import dataclass
from typing import ClassVar

from trevsnn_lite.neurons import RESETS
from trevsnn_lite.spikes import SURROGATES


@dataclass(frozen=True)
class SpikingConfig:
    """Stages of residual blocks for images or frames. Raises ValueError, naming the field, for a
    value that makes no network."""

    inputs: ClassVar[str] = (
        # for `shapes.check_images`; `stepwise.as_frames` takes frames as well, a step at a time
        "image"
    )
    widths: tuple[int, ...] = (16, 32, 64)
    """Channels of each stage, the first at full resolution, each later one at half of the one
    before."""
    blocks_per_stage: int = 1
    num_classes: int = 10
    in_channels: int = 1
    image_size: int = 28
    """Height and width of the images, pixels."""
    time_steps: int = 4
    """T: how often an image is shown; frames bring their own T."""
    decay: float = 0.5
    """1 - 1/tau of every neuron, in (0, 1]."""
    threshold: float = 1.0
    reset: str = "soft"
    surrogate: str = "rectangle"

    def __post_init__(self):
        given = self.widths
        object.__setattr__(self, "widths", tuple(given) if isinstance(given, (tuple, list)) else ())
        for name in ("blocks_per_stage", "num_classes", "in_channels", "image_size", "time_steps"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} is {value!r}, expected an integer of at least 1.")
        if not self.widths or not all(
            isinstance(width, int) and not isinstance(width, bool) and width >= 1
            for width in self.widths
        ):
            raise ValueError(
                f"widths is {given!r}, expected one positive integer per stage, such as "
                "(16, 32, 64)."
            )
        if not _is_number(self.decay) or not 0.0 < self.decay <= 1.0:
            raise ValueError(f"decay is {self.decay!r}, expected a number in (0, 1].")
        if not _is_number(self.threshold) or not 0.0 < self.threshold < float("inf"):
            raise ValueError(
                f"threshold is {self.threshold!r}, expected a finite number above 0, so "
                "that neurons at rest are silent."
            )
        self.check_choices({"reset": RESETS, "surrogate": tuple(SURROGATES)})

    def check_choices(self, choices: dict[str, tuple[str, ...]]) -> None:
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}, expected one of {', '.join(allowed)}."
                )

    @property
    def neuron(self) -> dict[str, float | str]:
        """The settings of `neurons.lif_step`."""
        return {
            "decay": self.decay,
            "threshold": self.threshold,
            "reset": self.reset,
            "surrogate": self.surrogate,
        }


def check_config(config: object, kind: type) -> None:
    if not isinstance(config, kind):
        raise TypeError(f"config is a {type(config).__name__}, expected a {kind.__name__}.")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
