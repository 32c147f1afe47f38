"""Stepwise networks: step(x_t, states) -> (logits_t, states), state in and state out, and the two
ways to feed them over time (images or frames)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from trevsnn_lite.neurons import lif_step
from trevsnn_lite.shapes import check_images

States = tuple[Tensor, ...] | None
"""One potential per layer of neurons, in the order in which the input meets them; None before the
first step (all at rest)."""


def as_frames(images: Tensor, config, like: Tensor) -> Tensor:
    """Images [B, C, H, W], shown at each of config.time_steps steps, or frames [T, B, C, H, W] ->
    frames [T, B, C, H, W] (a view).

    Raises ValueError or TypeError for what does not fit the configuration
    (`shapes.check_images`)."""
    if isinstance(images, Tensor) and images.dim() == 5 and len(images):
        check_images(images.flatten(0, 1), config, like)
        return images
    check_images(images, config, like)
    return images.expand(config.time_steps, *images.shape)


def check_batch(values: int, images: Tensor) -> None:
    """BatchNorm in training needs two values a channel: `values` is what the smallest map has."""
    if values < 2:
        raise ValueError(
            f"images has the shape {list(images.shape)}, one value a channel for BatchNorm: "
            "expected two images or larger ones in training, or net.eval()."
        )


def run(step: Callable[[Tensor, States], tuple[Tensor, States]], frames: Tensor) -> Tensor:
    """All steps from rest: frames [T, B, C, H, W] -> logits [T, B, K]."""
    states, logits = None, []
    for x in frames:
        logits_t, states = step(x, states)
        logits.append(logits_t)
    return torch.stack(logits)


class Neurons:
    """The LIF neurons of one step: layers call it in turn, and `new` holds their potentials
    afterwards. It lives for one step only.

    Eqs. (1) and (2): V[t+1] = decay * reset(V[t]) + x[t+1], S[t+1] = Theta(V[t+1] - V_th)."""

    def __init__(
        self,
        states: Sequence[Tensor] | None,
        *,
        decay: float,
        threshold: float,
        reset: str,
        surrogate: str,
    ):
        self.old = None if states is None else list(states)
        self.new: list[Tensor] = []
        self.settings = {
            "decay": decay,
            "threshold": threshold,
            "reset": reset,
            "surrogate": surrogate,
        }

    def __call__(self, x: Tensor) -> Tensor:
        """Current of the next layer, any shape -> its spikes, same shape."""
        layer = len(self.new)
        if self.old is not None and (layer >= len(self.old) or self.old[layer].shape != x.shape):
            found = "none" if layer >= len(self.old) else f"the shape {list(self.old[layer].shape)}"
            raise ValueError(
                f"states has {found} for layer {layer} of the neurons, expected a "
                f"potential of the shape {list(x.shape)}."
            )
        v = torch.zeros_like(x) if self.old is None else self.old[layer]
        spikes, v = lif_step(x, v, **self.settings)
        self.new.append(v)
        return spikes

    def check_all_used(self) -> None:
        if self.old is not None and len(self.old) != len(self.new):
            raise ValueError(
                f"states has {len(self.old)} potentials, expected one for each of the "
                f"{len(self.new)} layers of neurons."
            )
