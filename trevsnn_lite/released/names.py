"""The released network's parameters under the authors' names: loading their state dicts into
`released.ReleasedTRevSNN`."""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from trevsnn_lite.released.network import HEADS, ReleasedTRevSNN

RENAMED = [  # in order; authors' name -> ours
    (r"^module\.", ""),
    (r"^stem\.down1\.0\.", "stem.0."),
    (r"^stem\.down2\.0\.", "stem.1."),
    (r"^subnet(\d+)\.alpha(\d)$", r"subnets.\1.\2.alpha"),
    (r"^subnet(\d+)\.level(\d)\.", r"subnets.\1.\2."),
    (r"\.fusion\.(down|up)\.encode_conv\.", r".\1.0."),
    (r"\.fusion\.(down|up)\.encode_bn\.", r".\1.1."),
    (r"\.dwconv1\.", ".depthwise_in."),
    (r"\.pwconv1\.", ".expand."),
    (r"\.pwconv2(_reuse)?\.", ".project."),
    (r"\.dwconv2(_reuse)?\.", ".depthwise_out."),
    (r"\.gamma$", ".scale"),
    (r"^cls_blocks\.(\d)\.classifier\.0\.", r"heads.\1."),
    (rf"^cls_blocks\.{HEADS - 1}\.classifier1\.0\.", f"heads.{HEADS - 1}.0."),
    (rf"^cls_blocks\.{HEADS - 1}\.classifier2\.", f"heads.{HEADS - 1}.1."),
    (r"^cls_blocks\.classifier1\.0\.", "heads.0.0."),
    (r"^cls_blocks\.classifier2\.", "heads.0.1."),
]


def our_name(theirs: str) -> str:
    """The authors' name of a tensor -> ours: "subnet1.alpha2" -> "subnets.1.2.alpha"."""
    for pattern, replacement in RENAMED:
        theirs = re.sub(pattern, replacement, theirs)
    return theirs


def load_authors_state(net: ReleasedTRevSNN, state: Mapping[str, Tensor]) -> None:
    """Copy a state dict with the authors' names into `net`. Axes of size 1 may differ: their gains
    are [C, 1, 1, 1], ours [C].

    Raises ValueError, naming the tensors, for a missing, unknown or wrongly shaped one; then
    nothing was copied."""
    own = net.state_dict()
    given = {our_name(name): (name, tensor) for name, tensor in state.items()}
    unknown = [name for ours, (name, _) in given.items() if ours not in own]
    missing = [ours for ours in own if ours not in given]
    if unknown or missing:
        raise ValueError(
            f"state has {_some(unknown)} unknown to this network, and lacks "
            f"{_some(missing)}; expected a state dict of a network of this configuration."
        )
    for ours, (name, tensor) in given.items():
        if _squeezed(tensor) != _squeezed(own[ours]):
            raise ValueError(
                f"state[{name!r}] has the shape {list(tensor.shape)}, expected "
                f"{list(own[ours].shape)} up to axes of size 1."
            )
    net.load_state_dict(
        {
            ours: torch.as_tensor(tensor).reshape(own[ours].shape)
            for ours, (_, tensor) in given.items()
        }
    )


def _squeezed(tensor: Tensor) -> list[int]:
    return [size for size in tensor.shape if size != 1]


def _some(names: list[str]) -> str:
    return (
        "nothing"
        if not names
        else f"{len(names)} tensors ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
    )
