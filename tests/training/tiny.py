"""A network and images so small that an epoch takes a tenth of a second; run as a script, a
training run that is killed again and again.

python tests/training/tiny.py FOLDER     trains into FOLDER/whole, then into FOLDER/killed with kills, and prints as JSON how each process ended
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch

from trevsnn_lite import TRevSNN, preset
from trevsnn_lite.data import ImageSet
from trevsnn_lite.training import TrainConfig, train

CONFIG = TrainConfig(
    epochs=4,
    batch_size=5,
    lr=0.02,
    warmup_epochs=0.5,
    ema_decay=0.9,
    checkpoint_steps=2,
    shift=1,
    evaluate_every=2,
)


def network(memory: str = "taped", seed: int = 0, **changes) -> TRevSNN:
    small = dict(widths=(4, 6), time_steps=2, image_size=8, kernel_size=3, num_classes=3)
    return TRevSNN(preset("fashion-mini", **{**small, **changes}), memory=memory, seed=seed)


def images(count: int, split: str = "train") -> ImageSet:
    """Noise with a bright row of three pixels' height, whose place is the class."""
    draw = np.random.default_rng(count)
    labels = draw.integers(0, 3, count)
    pixels = draw.integers(0, 100, (count, 1, 8, 8))
    for picture, label in zip(pixels, labels):
        picture[:, 3 * label : 3 * label + 2] += 150
    described = dict(
        class_names=("top", "middle", "bottom"), name="tiny", split=split, mean=(0.3,), std=(0.3,)
    )
    return ImageSet(images=pixels.astype(np.uint8), labels=labels, **described)


def data() -> tuple[ImageSet, ImageSet]:
    return images(24), images(30, "test")


def in_child(
    out: Path, fatal: tuple[str, int] | None = None, kill_after: float | None = None
) -> int:
    """Train in a forked process; kill it at its n-th call of os.NAME, or after some seconds, or not
    at all. Returns how it ended, -9 if killed."""
    child = os.fork()
    if child == 0:
        if fatal:
            name, calls = fatal
            count, real = iter(range(1, calls)), getattr(os, name)
            setattr(
                os,
                name,
                lambda *given: (
                    real(*given) if next(count, None) else os.kill(os.getpid(), signal.SIGKILL)
                ),
            )
        train(network(), data(), CONFIG, out, resume=True, progress=False)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(folder: Path) -> None:
    started = time.perf_counter()
    ended = {"whole": in_child(folder / "whole"), "killed": []}
    seconds = time.perf_counter() - started
    out = folder / "killed"
    for fatal in [("fsync", 1), ("replace", 1), ("replace", 2), ("fsync", 4), ("replace", 4)]:
        ended["killed"].append(in_child(out, fatal=fatal))
    draw = random.Random(0)
    for _ in range(4):
        ended["killed"].append(in_child(out, kill_after=seconds * draw.uniform(0.05, 0.3)))
    ended["last"] = in_child(out)
    print(json.dumps(ended))


if __name__ == "__main__":
    torch.set_num_threads(1)  # forking is safe as long as no threads were started
    main(Path(sys.argv[1]))
