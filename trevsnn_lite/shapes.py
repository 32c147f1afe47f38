"""Shapes and checks of what comes in from outside. Order of axes everywhere: T time, B batch, C
channels, H, W."""

from collections.abc import Sequence

import torch
from torch import Tensor


def level_shapes(config) -> list[tuple[int, int, int]]:
    """(C, H, W) of each level's potential: the encoder divides the size by its stride, each later
    level halves it, rounding up; the last keeps it where `last_stride` is 1."""
    size, shapes = -(-config.image_size // config.stem_stride), []
    for level, width in enumerate(config.widths):
        if level:
            last = level == len(config.widths) - 1
            size = -(-size // (config.last_stride if last else 2))
        shapes.append((width, size, size))
    return shapes


def check_images(images: Tensor, config, like: Tensor) -> None:
    """Images must be [B, C, H, W], frames of events [T, B, C, H, W]; of `like`'s dtype (or half
    precision under autocast), finite, of the configured size."""
    expected = (config.in_channels, config.image_size, config.image_size)
    frames = config.inputs == "frames"
    wanted = f"[{f'{config.time_steps}, ' if frames else ''}B, {', '.join(map(str, expected))}]"
    if not isinstance(images, Tensor):
        raise TypeError(f"images is a {type(images).__name__}, expected a torch.Tensor {wanted}.")
    fits = (
        images.dim() == 4 + frames
        and tuple(images.shape[-3:]) == expected
        and (not frames or len(images) == config.time_steps)
    )
    if not fits or images.shape[-4] == 0:
        why = (
            f": inputs='frames', one frame for each of the {config.time_steps} steps"
            if frames
            else ""
        )
        raise ValueError(
            f"images has the shape {list(images.shape)}, expected {wanted} with B >= 1{why}."
        )
    check_values(images, like)


def check_values(images: Tensor, like: Tensor) -> None:
    """Images must be of `like`'s dtype (or half precision under autocast), a network's of single or
    double precision, and finite."""
    if like.dtype not in (torch.float32, torch.float64):
        raise TypeError(
            f"the network is of {like.dtype}, expected torch.float32 or torch.float64: its "
            "potentials need them. Compute in half precision under torch.autocast."
        )
    autocast = not images.is_meta and torch.is_autocast_enabled(images.device.type)
    allowed = {like.dtype} | ({torch.float16, torch.bfloat16} if autocast else set())
    if images.dtype not in allowed:
        raise TypeError(
            f"images has the dtype {images.dtype}, expected {like.dtype} (scale integer images to "
            "floats first)."
        )
    unread = images.is_meta or torch.compiler.is_compiling()
    if not unread and not torch.isfinite(images).all():
        raise ValueError(
            f"images holds {(~torch.isfinite(images)).sum().item()} NaN or infinite values, "
            "expected finite numbers."
        )


def check_states(states: Sequence[Tensor], images: Tensor, config) -> None:
    """States must be one [B, C_l, H_l, W_l] per level, with the images' batch size."""
    batch = images.shape[-4]
    expected = [(batch, *shape) for shape in level_shapes(config)]
    if len(states) != len(expected):
        raise ValueError(
            f"states has {len(states)} potentials, expected one for each of the "
            f"{len(expected)} levels."
        )
    for level, (state, shape) in enumerate(zip(states, expected)):
        if tuple(state.shape) != shape:
            raise ValueError(
                f"states[{level}] has the shape {list(state.shape)}, expected "
                f"{list(shape)} for {batch} images."
            )
