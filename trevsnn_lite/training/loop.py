"""Training: `train` takes a run through its epochs, with exact resume from a checkpoint.

A run is a function of (network, data, TrainConfig): the order of the images and their augmentation
follow from (seed, epoch), the learning
rate from the step, and everything that changes lies in `Run`, which is what a checkpoint holds. So
a run that was killed and resumed
ends with the weights of one that was not, bit for bit on the same machine with the same number of
threads and processes.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from trevsnn_lite.data import FolderImageSet, ImageSet
from trevsnn_lite.data.classes import in_order_of
from trevsnn_lite.files import locked
from trevsnn_lite.trevsnn import TRevSNN

from .checkpoints import as_written, load_checkpoint, save_checkpoint
from .log import Log
from .recipes import TrainConfig
from .run import Run
from .scale_out import OneProcess, process_group

Images = ImageSet | FolderImageSet


class TrainResult(NamedTuple):
    test_accuracy: float
    """Share in [0, 1] of the test images, after the last epoch: of the averaged weights where there
    are any, else of the weights themselves."""
    history: list[dict]
    """One dict an epoch, with the keys of the CSV log; None where an epoch was not evaluated."""
    checkpoint: Path
    """final.safetensors: configurations and weights."""


def train(
    net: nn.Module,
    data: tuple[Images, Images],
    config: TrainConfig,
    out_dir: str | Path,
    resume: bool = False,
    progress: bool = True,
) -> TrainResult:
    """Train `net` in place on data = (training images, test images); write log.csv,
    last.safetensors and final.safetensors to `out_dir`.

    In every process of a launcher (torchrun, accelerate launch) the same call makes one run of all
    of them, with an `out_dir` that all see.
    With `resume` go on after out_dir/last.safetensors, or start where there is none yet. Raises
    ValueError when the test images have other classes (in another order they are numbered anew),
    when `out_dir` holds a run and `resume` is off, when another run is at work there, or
    when the run there has another configuration; OSError when the disk takes no checkpoint;
    FloatingPointError on a loss of nan or inf. A log.csv that cannot be written is a warning."""
    check_free(out_dir, resume)
    data = data[0], same_classes(*data)
    about = describe(net, data[0], config)
    net.class_names = getattr(data[0], "class_names", ())  # by which `evaluate` matches labels
    group = process_group(next(net.parameters()).device, config.precision)
    try:
        with _locked_for_all(out_dir, group):
            last = check_free(out_dir, resume)  # again: another run may just have ended
            shown = progress and group.rank == 0
            return _train(net.to(group.device), data, config, about, last, group, shown)
    finally:
        group.close()


@contextmanager
def _locked_for_all(out_dir: str | Path, group: OneProcess) -> Iterator[None]:
    """The first process holds `out_dir`; where it cannot, every process raises what it was told."""
    with ExitStack() as stack:
        refused = None
        if group.rank == 0:
            try:
                stack.enter_context(locked(out_dir))
            except (ValueError, OSError) as error:
                refused = error
        if refusal := group.gather(refused)[0]:
            raise refusal
        yield


def check_free(out_dir: str | Path, resume: bool) -> Path:
    """The checkpoint that a run in `out_dir` writes; ValueError where there is one already that is
    not to be resumed."""
    last = Path(out_dir) / "last.safetensors"
    if os.path.exists(last) and not resume:  # False as well for a name that no system takes
        raise ValueError(
            f"out_dir {out_dir} already holds a run: resume it (resume=True, --resume) or "
            "choose another folder."
        )
    return last


def _train(
    net: nn.Module,
    data: tuple[Images, Images],
    config: TrainConfig,
    about: dict,
    last: Path,
    group: OneProcess,
    progress: bool,
) -> TrainResult:
    """The run of `train`, in one process or in several."""
    out_dir, first = last.parent, group.rank == 0
    log = Log(out_dir / "log.csv")
    if len(set(group.gather(last.exists()))) > 1:
        raise ValueError(
            f"out_dir {out_dir} holds {last.name} for some processes and not for others, "
            "expected a folder that all of them see."
        )
    with torch.random.fork_rng(
        [group.device] if group.device.type == "cuda" else []
    ):  # the caller's generator stays as it was
        torch.manual_seed(config.seed + 2**32 * group.rank)
        run = Run(net, config, about, group)
        if last.exists():
            state = load_checkpoint(last)
            with as_written(last):
                run.restore(state, last)
        if run.history and first:
            log.write(run.history)  # a kill may have come between the last checkpoint and its log
        try:
            while run.epoch < config.epochs:
                run.one_epoch(*data, last, progress)
                run.save(last)
                if first:
                    log.write(run.history)
            if first:
                save_checkpoint(
                    out_dir / "final.safetensors",
                    {"about": run.about, "history": run.history, **run.weights()},
                )
            group.wait()
        except KeyboardInterrupt:
            kept = f"{last} holds what was done" if last.exists() else "no checkpoint was due yet"
            again = (
                "the same call with resume=True (on the command line, the same command with "
                "--resume) goes on from there"
            )
            raise KeyboardInterrupt(
                f"Stopped in epoch {min(run.epoch + 1, config.epochs)} of "
                f"{config.epochs}; {kept}, and {again}."
            ) from None
    ended = run.history[-1]
    accuracy = (
        ended["test_accuracy"] if ended["ema_test_accuracy"] is None else ended["ema_test_accuracy"]
    )
    return TrainResult(accuracy, run.history, out_dir / "final.safetensors")


def same_classes(training: Images, test: Images) -> Images:
    """The test images, their labels numbered as the training images' are, by the classes' names;
    ValueError where the names differ."""
    names = getattr(training, "class_names", None)
    advice = "give both the same class folders" if training.name == "imagefolder" else ""
    return in_order_of(test, names, "the test images", "the training images", advice)


def describe(net: nn.Module, images: Images, config: TrainConfig) -> dict[str, dict]:
    """What makes a run the run it is, as JSON: the network's and the training's configuration, and
    the data."""
    if len(images) == 0:
        raise ValueError("data holds no training images, expected at least one.")
    if getattr(net, "memory", config.memory) != config.memory:
        raise ValueError(
            f"memory is {config.memory!r} in the training's configuration, expected the "
            f"network's {net.memory!r}."
        )
    network = asdict(net.config) if is_dataclass(getattr(net, "config", None)) else {}
    if type(net) is not TRevSNN:
        network["class"] = type(net).__name__
    return {
        "network": network,
        "training": asdict(config),
        "data": {
            "data": images.name,
            "train_images": len(images),
            "class_names": list(getattr(images, "class_names", ())),
        },
    }
