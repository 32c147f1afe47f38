"""The executable proof, `python -m trevsnn_lite.reversible`: a gated cell's gradients are plain
autograd's, and what each strategy keeps."""

from functools import partial

import torch
from torch import nn

from trevsnn_lite.meters.memory import kept_for_backward
from trevsnn_lite.reversible import Cell, check, run


class Gated(Cell):
    """Two levels whose gates see the input, with dropout, BatchNorm and a soft reset."""

    levels, reset = 2, "soft"

    def __init__(self):
        super().__init__()
        self.gates = nn.ModuleList(nn.Conv2d(c, 8, 3, padding=1) for c in (2, 8))
        self.candidates = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Dropout(0.1))
            for c in (2, 8)
        )
        self.head = nn.Linear(8, 5)

    def update(self, t, level, x, below, above):
        seen = below if level else x[t]
        gate = 0.4 + 0.5 * torch.sigmoid(self.gates[level](seen))
        return gate, (1 - gate) * self.candidates[level](seen)

    def read_out(self, t, top):
        return self.head(self.fire(top).mean((-2, -1)))


def main(steps: int = 16) -> None:
    torch.manual_seed(0)
    cell, x = Gated(), torch.randn(steps, 8, 2, 16, 16)
    print(f"a gated spiking network of two levels, T = {steps}, dropout, BatchNorm, soft reset")
    for memory in ("store", "recompute", "taped"):
        error = check(cell, x, steps, memory=memory)
        kept = kept_for_backward(partial(run, cell, x, steps, None, memory))
        print(f"{memory:10} within {error:.0e} of autograd, keeps {kept / 1e6:6.2f} MB")


if __name__ == "__main__":
    main()
