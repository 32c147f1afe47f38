"""ANN-to-SNN conversion by rate: a trained ReLU network becomes one of integrate-and-fire neurons
whose rates approach its activations as T grows.

An IF neuron with soft reset and threshold 1 obeys V[T] = V[0] + sum_t (W s[t] + b) - sum_t S[t], so
its rate is r(T) = W r_in(T) + b - (V[T] - V[0]) / T:
the ReLU's input, where that lies in [0, 1], to within 1/T for a constant input (1 / (2 T) from V[0]
= 1/2). Each layer's activations are brought into [0, 1]
by the largest activation, or a percentile, that it shows on calibration images (Diehl et al., 2015;
Rueckauer et al., 2017)."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from trevsnn_lite.baselines import stepwise
from trevsnn_lite.baselines.stepwise import States
from trevsnn_lite.neurons import lif_step
from trevsnn_lite.shapes import check_values

LINEAR = (nn.Conv2d, nn.Linear)
PASSED_ON = (
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
    nn.Flatten,
)  # linear without a bias: rates pass through them as activations do
LEFT_OUT = (nn.Dropout, nn.Dropout2d, nn.Identity)


def relu_cnn(
    in_channels: int = 1,
    num_classes: int = 10,
    image_size: int = 28,
    widths: Sequence[int] = (8, 16),
    seed: int | None = None,
) -> nn.Sequential:
    """A small ANN to convert: for each width a 3x3 convolution of stride 2 and ReLU, then a linear
    read-out. Images [B, C, H, W] -> logits [B, K]."""
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for narrow, wide in zip([in_channels, *widths], widths):
            layers += [nn.Conv2d(narrow, wide, 3, stride=2, padding=1), nn.ReLU()]
            image_size = -(-image_size // 2)
        return nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(widths[-1] * image_size**2, num_classes)
        )


class IntegrateAndFire(nn.Module):
    """What stands for a ReLU: V[t+1] = V[t] - S[t] + x[t+1], S[t+1] = Theta(V[t+1] - 1); V[0] =
    `start`."""

    def __init__(self, start: float):
        super().__init__()
        self.start = start

    def forward(self, x: Tensor, v: Tensor | None) -> tuple[Tensor, Tensor]:
        """Current of one step and the potential before it (None at the start) -> spikes and the
        potential after it, all of one shape."""
        return lif_step(
            x,
            torch.full_like(x, self.start) if v is None else v,
            decay=1.0,
            threshold=1.0,
            reset="soft",
        )


class ConvertedSNN(nn.Module):
    """A stepwise network: the ANN's layers with normalised weights and IF neurons. The mean of its
    logits over T approaches the ANN's logits."""

    def __init__(self, layers: Sequence[nn.Module]):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def step(self, x: Tensor, states: States = None) -> tuple[Tensor, States]:
        """One step: x [B, C, H, W] and the potentials before it -> logits [B, K] and the potentials
        after it."""
        expected = sum(isinstance(layer, IntegrateAndFire) for layer in self.layers)
        if states is not None and len(states) != expected:
            raise ValueError(
                f"states has {len(states)} potentials, expected one for each of the "
                f"{expected} layers of neurons."
            )
        new: list[Tensor] = []
        for layer in self.layers:
            if isinstance(layer, IntegrateAndFire):
                x, v = layer(x, None if states is None else states[len(new)])
                new.append(v)
            else:
                x = layer(x)
        return x, tuple(new)

    def forward(self, images: Tensor, time_steps: int = 32) -> Tensor:
        """Images [B, C, H, W], shown at each of time_steps steps -> logits [T, B, K]."""
        if not isinstance(time_steps, int) or time_steps < 1:
            raise ValueError(f"time_steps is {time_steps!r}, expected an integer of at least 1.")
        if not isinstance(images, Tensor) or images.dim() != 4 or not images.numel():
            raise ValueError(
                f"images has the shape {list(getattr(images, 'shape', []))}, expected a "
                "torch.Tensor [B, C, H, W] with at least one of each."
            )
        check_values(images, next(self.parameters()))
        return stepwise.run(self.step, images.expand(time_steps, *images.shape))


def convert(
    ann: nn.Sequential,
    calibration_images: Tensor,
    percentile: float = 100.0,
    half_start: bool = True,
) -> ConvertedSNN:
    """The SNN of a trained ANN: an nn.Sequential of convolutions, linear layers, BatchNorm2d
    (folded), ReLU and average pooling. Its weights are copies.

    calibration_images: [B, C, H, W]; percentile: of each ReLU's positive outputs, the activation
    that becomes rate 1 (100: the maximum);
    half_start: V[0] = 1/2, which rounds rates to the nearest multiple of 1/T instead of down.
    Raises ValueError for a layer that rates do not pass through (such as max pooling) or a
    percentile outside (0, 100]."""
    if not isinstance(percentile, (int, float)) or not 0.0 < percentile <= 100.0:
        raise ValueError(f"percentile is {percentile!r}, expected a number in (0, 100].")
    layers, linear, scale, x = [], None, 1.0, calibration_images
    with torch.no_grad():
        for layer in _folded(ann):
            if not isinstance(layer, nn.ReLU):
                layers.append(copy.deepcopy(layer))
                if isinstance(layer, LINEAR):
                    linear = layers[-1]
                    _multiply(
                        linear, 1.0, bias=1.0 / scale
                    )  # its input comes divided by `scale`, and so leaves its output
            elif linear is None:
                raise ValueError(
                    "ann has a ReLU without a convolution or linear layer since the ReLU "
                    "before it, expected one whose weights can be scaled."
                )
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                largest = _activation(x, percentile)
                _multiply(linear, scale / largest, bias=scale / largest)
                linear, scale = None, largest
                layers.append(IntegrateAndFire(0.5 if half_start else 0.0))
        _multiply(layers[-1], scale, bias=scale)  # the read-out speaks in the ANN's units
    return ConvertedSNN(layers).eval()


def _folded(ann: nn.Sequential) -> list[nn.Module]:
    """The ANN's layers as they act at inference: BatchNorm folded into the convolution before it,
    dropout left out."""
    if not isinstance(ann, nn.Sequential):
        raise ValueError(
            f"ann is a {type(ann).__name__}, expected an nn.Sequential of layers in the "
            "order in which they act."
        )
    layers: list[nn.Module] = []
    for layer in ann:
        if isinstance(layer, nn.BatchNorm2d) and layers and isinstance(layers[-1], nn.Conv2d):
            layers[-1] = nn.utils.fusion.fuse_conv_bn_eval(
                copy.deepcopy(layers[-1]).eval(), copy.deepcopy(layer).eval()
            )
        elif isinstance(layer, (*LINEAR, *PASSED_ON, nn.ReLU)):
            layers.append(layer)
        elif not isinstance(layer, LEFT_OUT):
            raise ValueError(
                f"ann holds a {type(layer).__name__} that rates do not pass through, "
                "expected convolutions, linear layers, ReLU and average pooling."
            )
    if not layers or not isinstance(layers[-1], nn.Linear):
        raise ValueError(
            "ann does not end with an nn.Linear, expected a linear read-out of the last rates."
        )
    return layers


def _activation(activations: Tensor, percentile: float) -> float:
    """The activation of a ReLU that becomes rate 1; 1 for a layer that is silent on the calibration
    images."""
    positive = activations[activations > 0]
    return float(np.percentile(positive.cpu().numpy(), percentile)) if len(positive) else 1.0


def _multiply(linear: nn.Module, weight: float, *, bias: float) -> None:
    linear.weight.mul_(weight)
    if linear.bias is not None:
        linear.bias.mul_(bias)
