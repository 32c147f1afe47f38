"""Training: the loop over epochs and batches, evaluation, the CSV log, and exact resume from a checkpoint.

A run is a function of (network, data, TrainConfig): the order of the images and their augmentation follow from (seed, epoch), the learning
rate from the step, and everything that changes lies in `_Run`, which is what a checkpoint holds. So a run that was killed and resumed
ends with the weights of one that was not, bit for bit on the same machine with the same number of threads.
"""

import math
import time
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from trevsnn_lite.config import TRevSNNConfig
from trevsnn_lite.data import Augment, FolderImageSet, ImageSet, batches
from trevsnn_lite.losses import LOSSES
from trevsnn_lite.trevsnn import TRevSNN

from .checkpoints import differences, load_checkpoint, save_checkpoint
from .log import COLUMNS, progress_bar, sentence, write_log
from .recipes import TrainConfig, learning_rate, make_optimizer

Images = ImageSet | FolderImageSet


class TrainResult(NamedTuple):
    test_accuracy: float
    """Share in [0, 1] of the test images, after the last epoch: of the averaged weights where there are any, else of the weights themselves."""
    history: list[dict]
    """One dict an epoch, with the keys of the CSV log; None where an epoch was not evaluated."""
    checkpoint: Path
    """final.safetensors: configurations and weights."""


def train(
    net: nn.Module, data: tuple[Images, Images], config: TrainConfig, out_dir: str | Path, resume: bool = False, progress: bool = True
) -> TrainResult:
    """Train `net` in place on data = (training images, test images); write log.csv, last.safetensors and final.safetensors to `out_dir`.

    With `resume` go on after out_dir/last.safetensors, or start where there is none yet. Raises ValueError when `out_dir` holds a run and `resume`
    is off, or when the run there has another configuration; OSError when the disk takes no checkpoint; FloatingPointError on a loss of nan or inf."""
    out_dir = Path(out_dir)
    last = out_dir / "last.safetensors"
    if last.exists() and not resume:
        raise ValueError(f"out_dir {out_dir} already holds a run: resume it (resume=True, --resume) or choose another folder.")
    out_dir.mkdir(parents=True, exist_ok=True)
    training, test = data
    device = next(net.parameters()).device
    with torch.random.fork_rng([device] if device.type == "cuda" else []):  # the caller's generator stays as it was
        torch.manual_seed(config.seed)
        run = _Run(net, config, describe(net, training, config))
        if last.exists():
            run.restore(load_checkpoint(last), last)
        if run.history:
            write_log(out_dir / "log.csv", run.history)  # a kill may have come between the last checkpoint and its log
        try:
            while run.epoch < config.epochs:
                run.one_epoch(training, test, last, progress)
                save_checkpoint(last, run.state())
                write_log(out_dir / "log.csv", run.history)
            save_checkpoint(out_dir / "final.safetensors", {"about": run.about, "history": run.history, **run.weights()})
        except KeyboardInterrupt:
            kept = f"{last} holds what was done" if last.exists() else "no checkpoint was due yet"
            again = "the same call with resume=True (on the command line, the same command with --resume) goes on from there"
            raise KeyboardInterrupt(f"Stopped in epoch {min(run.epoch + 1, config.epochs)} of {config.epochs}; {kept}, and {again}.") from None
    final = run.history[-1]
    accuracy = final["test_accuracy"] if final["ema_test_accuracy"] is None else final["ema_test_accuracy"]
    return TrainResult(accuracy, run.history, out_dir / "final.safetensors")


@torch.no_grad()
def evaluate(net: nn.Module, images: Images, batch_size: int = 200) -> float:
    """The share in [0, 1] of `images` whose label has the largest logit, averaged over the T steps."""
    was_training = net.training
    net.eval()
    device = next(net.parameters()).device
    correct = 0
    for pictures, labels in batches(images, batch_size, seed=0, epoch=0, shuffle=False):
        correct += _correct(net(pictures.to(device)), labels.to(device))
    net.train(was_training)
    return correct / len(images)


def load_network(path: str | Path, memory: str = "taped") -> TRevSNN:
    """The network that `train` left in a checkpoint, with its averaged weights where there are any, in evaluation mode.

    Raises FileNotFoundError for a missing checkpoint, ValueError for a truncated one."""
    state = load_checkpoint(path)
    network = state["about"]["network"]
    if "class" in network:
        raise ValueError(f"Checkpoint {path} holds a {network['class']}, expected a TRevSNN.")
    net = TRevSNN(TRevSNNConfig(**network), memory=memory)
    net.load_state_dict(state["ema"] or state["model"])
    return net.eval()


def describe(net: nn.Module, images: Images, config: TrainConfig) -> dict[str, dict]:
    """What makes a run the run it is, as JSON: the network's and the training's configuration, and the data."""
    if len(images) == 0:
        raise ValueError("data holds no training images, expected at least one.")
    if getattr(net, "memory", config.memory) != config.memory:
        raise ValueError(f"memory is {config.memory!r} in the training's configuration, expected the network's {net.memory!r}.")
    network = asdict(net.config) if is_dataclass(getattr(net, "config", None)) else {"class": type(net).__name__}
    return {"network": network, "training": asdict(config), "data": {"data": images.name, "train_images": len(images)}}


class _Run:
    """All that changes while a run goes on, which is all that a checkpoint must hold; `about` says which run it is."""

    def __init__(self, net: nn.Module, config: TrainConfig, about: dict):
        self.net, self.config, self.about = net, config, about
        self.ema = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay), use_buffers=True) if config.ema_decay else None
        self.optimizer = make_optimizer(net, config)
        self.epoch = 0  # epochs finished
        self.history: list[dict] = []
        self.sums = dict(_NOTHING_YET)  # of the running epoch

    def one_epoch(self, training: Images, test: Images, last: Path, progress: bool) -> None:
        """Train on the batches of the running epoch that are still to come, evaluate, add a row to the history."""
        config, sums, started = self.config, self.sums, time.perf_counter() - self.sums["seconds"]
        steps = math.ceil(len(training) / config.batch_size)
        self.net.train()
        augment = Augment(config.flip, config.shift)
        order = batches(training, config.batch_size, config.seed, self.epoch, augment, start=sums["batches"], workers=config.workers)
        with progress_bar(f"epoch {self.epoch + 1}/{config.epochs}", steps, sums["batches"], progress) as bar:
            for images, labels in order:
                self.step(images, labels, learning_rate(self.epoch * steps + sums["batches"], steps, config))
                bar.set_postfix(loss=f"{sums['loss'] / sums['images']:.3f}", refresh=False)
                bar.update()
                sums["seconds"] = time.perf_counter() - started
                if config.checkpoint_steps and sums["batches"] % config.checkpoint_steps == 0 and sums["batches"] < steps:
                    save_checkpoint(last, self.state())
        self.close_epoch(test, started)
        if progress:
            print(sentence(self.history[-1], config.epochs), flush=True)

    def step(self, images: Tensor, labels: Tensor, lr: float) -> None:
        """One step of the optimiser on images [B, C, H, W], and of the averaged weights."""
        device = next(self.net.parameters()).device
        images, labels = images.to(device), labels.to(device)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        logits = self.net(images)
        loss = LOSSES[self.config.loss](logits, labels, label_smoothing=self.config.label_smoothing)
        value = loss.item()
        if not math.isfinite(value):
            where = f"epoch {self.epoch + 1}, batch {self.sums['batches'] + 1}, learning rate {lr:.2g}"
            raise FloatingPointError(f"The loss became {value} in {where}: lower lr or clip_norm ({self.config.clip_norm}).")
        self.optimizer.zero_grad()
        loss.backward()
        if self.config.clip_norm:
            nn.utils.clip_grad_norm_(self.net.parameters(), self.config.clip_norm)
        self.optimizer.step()
        if self.ema is not None:
            self.ema.update_parameters(self.net)
        self.sums["batches"] += 1
        self.sums["images"] += len(labels)
        self.sums["loss"] += value * len(labels)
        self.sums["correct"] += _correct(logits, labels)

    def close_epoch(self, test: Images, started: float) -> None:
        """Turn the sums of the epoch into a row of the history."""
        due = (self.epoch + 1) % self.config.evaluate_every == 0 or self.epoch + 1 == self.config.epochs
        test_accuracy = evaluate(self.net, test) if due else None
        ema_accuracy = evaluate(self.ema.module, test) if due and self.ema is not None else None
        images, lr = self.sums["images"], self.optimizer.param_groups[0]["lr"]
        accuracy, seconds = self.sums["correct"] / images, time.perf_counter() - started
        row = (self.epoch + 1, lr, self.sums["loss"] / images, accuracy, test_accuracy, ema_accuracy, round(seconds, 2))
        self.history.append(dict(zip(COLUMNS, row)))
        self.epoch, self.sums = self.epoch + 1, dict(_NOTHING_YET)

    def weights(self) -> dict:
        """State dicts of the network and of its moving average."""
        return {"model": self.net.state_dict(), "ema": None if self.ema is None else self.ema.module.state_dict()}

    def state(self) -> dict:
        """Everything, for a checkpoint."""
        optimizer = self.optimizer.state_dict()
        optimizer["state"] = {str(index): state for index, state in optimizer["state"].items()}  # JSON has no integer keys
        device = next(self.net.parameters()).device
        random = {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None}
        progress = {"epoch": self.epoch, "sums": self.sums, "history": self.history}
        updates = None if self.ema is None else self.ema.n_averaged
        return {"about": self.about, **progress, **self.weights(), "ema_updates": updates, "optimizer": optimizer, "random": random}

    def restore(self, state: dict, path: Path) -> None:
        """Take over what `state()` gave; ValueError when it belongs to another run."""
        parts = (differences(state["about"][part], self.about[part]) for part in ("network", "training", "data"))
        if differing := "; ".join(part for part in parts if part):
            raise ValueError(f"Checkpoint {path} belongs to another run ({differing}): resume with its settings or choose another folder.")
        self.epoch, self.sums, self.history = state["epoch"], state["sums"], state["history"]
        self.net.load_state_dict(state["model"])
        if self.ema is not None:
            self.ema.module.load_state_dict(state["ema"])
            self.ema.n_averaged.copy_(state["ema_updates"])
        optimizer = state["optimizer"]
        self.optimizer.load_state_dict({**optimizer, "state": {int(index): item for index, item in optimizer["state"].items()}})
        torch.set_rng_state(state["random"]["cpu"])
        if state["random"]["cuda"] is not None and torch.cuda.is_available():
            torch.cuda.set_rng_state(state["random"]["cuda"], next(self.net.parameters()).device)


_NOTHING_YET = {"batches": 0, "images": 0, "loss": 0.0, "correct": 0, "seconds": 0.0}


def _correct(logits: Tensor, labels: Tensor) -> int:
    """How many of the labels [B] have the largest of the logits [T, B, K], averaged over T."""
    return int((logits.detach().mean(0).argmax(1) == labels).sum())
