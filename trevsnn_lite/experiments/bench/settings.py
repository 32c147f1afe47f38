"""What the benchmark runs, and at which sizes: on a processor ("full"), on one GPU of 80 GB
("gpu"), and in seconds on either ("quick")."""

import torch

BASE, SMALL, LARGE, LEAST = (32, 64, 128, 192), (16, 32, 64, 96), (48, 96, 192, 288), (4, 6, 8, 8)
RELEASED_TINY, RELEASED_SMALL = (64, 128, 256, 384), (96, 192, 384, 512)


def _size(widths: tuple[int, ...], image_size: int, images: int, steps: tuple[int, ...]) -> dict:
    """Channels of the levels, pixels of a side, images a step, and each T."""
    return {"widths": widths, "image_size": image_size, "images": images, "T": steps}


SETTINGS = {
    "full": {
        "networks": ["released", "paper"],
        "rounds": 21,
        "all_rounds_up_to": 4,
        "rounds_beyond": 3,
        "peer_rounds": 5,
        "inference_rounds": 15,
        "limit_s": None,
        "multiple": 1,
        "sizes": {
            "small": _size(SMALL, 64, 16, (4,)),
            "base": _size(BASE, 64, 16, (2, 4, 8, 16, 32)),
            "large": _size(LARGE, 64, 16, (4,)),
        },
        "peer": _size(BASE, 64, 16, (4, 16)),
        "exact": _size(SMALL, 64, 4, (4, 16)),
        "zoo": ["ms-resnet-10", "sdt-2-256"],
    },
    "gpu": {
        "networks": ["released", "paper"],
        "rounds": 5,
        "all_rounds_up_to": 4,
        "rounds_beyond": 2,
        "peer_rounds": 3,
        "inference_rounds": 15,
        "limit_s": 400,
        "multiple": 8,
        "sizes": {
            # a CPU's size, at which a GPU waits for its next kernel
            "launch-bound": _size(BASE, 64, 16, (4, 16)),
            "tiny": _size(RELEASED_TINY, 224, 48, (2, 4, 8, 16, 32)),
            "small": _size(RELEASED_SMALL, 224, 48, (4,)),
        },
        "peer": _size(RELEASED_TINY, 224, 32, (4, 16)),
        "exact": _size(BASE, 64, 16, (4, 16)),
        "zoo": ["ms-resnet-18", "sdt-8-384"],
    },
    "quick": {
        "networks": ["released", "paper"],
        "rounds": 2,
        "all_rounds_up_to": 8,
        "rounds_beyond": 2,
        "peer_rounds": 2,
        "inference_rounds": 2,
        "limit_s": None,
        "multiple": 1,
        "sizes": {"least": _size(LEAST, 32, 2, (4, 8))},
        "peer": _size(LEAST, 32, 2, (4,)),
        "exact": _size(LEAST, 32, 2, (4,)),
        "zoo": [],
    },
}
"""limit_s: seconds after which nothing more is begun; multiple: of which widths at equal parameters
are; rounds_beyond: rounds of the T above `all_rounds_up_to`."""


def chosen(quick: bool, device: str) -> dict:
    """The settings of a run."""
    return SETTINGS["quick" if quick else "gpu" if torch.device(device).type == "cuda" else "full"]
