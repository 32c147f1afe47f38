"""Networks with random weights in which, as after training, every level fires and no scale, gain,
bias, decay or statistic is what it was at the start."""

import torch
from torch import nn

from tests.networks import small_net


def trained_like(net: nn.Module, seed: int = 1) -> nn.Module:
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in [*net.named_parameters(), *net.named_buffers()]:
            draw = (
                torch.randn(tensor.shape, generator=random).to(tensor)
                if tensor.is_floating_point()
                else None
            )
            kind = name.rsplit(".", 1)[-1]
            if kind in ("alpha", "decay", "scale"):
                tensor.copy_(0.5 + 0.1 * draw)
            elif kind == "gain":
                tensor.mul_(1 + 0.3 * draw)
            elif kind in ("bias", "running_mean"):
                tensor.copy_(0.4 + 0.3 * draw)
            elif kind == "running_var":
                tensor.copy_(0.2 + draw**2)
            elif kind == "weight" and tensor.dim() == 4 and "depthwise" in name:
                tensor.copy_(0.3 * draw)
    return net


def active_net(**changes) -> nn.Module:
    return trained_like(small_net(**{"memory": "store", "image_size": 24} | changes))
