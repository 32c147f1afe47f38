"""A training run: all that changes while it goes on, which is what a checkpoint holds, and the step
that changes it."""

import math
import time
import warnings
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from trevsnn_lite.data import batches
from trevsnn_lite.data.batches import share_length
from trevsnn_lite.data.classes import difference
from trevsnn_lite.losses import LOSSES

from .checkpoints import differences, save_checkpoint, save_shards
from .evaluation import evaluate, right
from .log import COLUMNS, progress_bar, sentence
from .recipes import TrainConfig, clip_gradients, learning_rate, make_optimizer
from .scale_out import OneProcess

MAY_CHANGE = (
    "accumulate",
    "checkpoint_steps",
    "workers",
)  # settings that a resumed run may change: they decide where and how fast, not what
_NOTHING_YET = {"batches": 0, "images": 0, "loss": 0.0, "correct": 0, "seconds": 0.0}


class Run:
    """All that changes while a run goes on, which is all that a checkpoint must hold; `about` says
    which run it is."""

    def __init__(self, net: nn.Module, config: TrainConfig, about: dict, group: OneProcess):
        self.net, self.config, self.about, self.group = net, config, about, group
        self.ema = (
            AveragedModel(
                net, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay), use_buffers=True
            )
            if config.ema_decay
            else None
        )
        self.optimizer = make_optimizer(net, config)
        self.model = group.wrap(net)
        self.epoch = 0  # epochs finished
        self.history: list[dict] = []
        self.sums = dict(_NOTHING_YET)  # of the running epoch, over all processes

    def one_epoch(self, training, test, last: Path, progress: bool) -> None:
        """Train on the batches of the running epoch that are still to come, evaluate, add a row to
        the history."""
        config, sums, started = self.config, self.sums, time.perf_counter() - self.sums["seconds"]
        steps = math.ceil(len(training) / config.batch_size)
        self.net.train()
        choice = {
            "augment": config.augment,
            "start": sums["batches"],
            "workers": config.workers,
            "share": self.group.share,
        }
        order = batches(training, config.batch_size, config.seed, self.epoch, **choice)
        with progress_bar(
            f"epoch {self.epoch + 1}/{config.epochs}", steps, sums["batches"], progress
        ) as bar:
            for images, labels in order:
                total = min(config.batch_size, len(training) - config.batch_size * sums["batches"])
                self.step(
                    images,
                    labels,
                    learning_rate(self.epoch * steps + sums["batches"], steps, config),
                    total,
                )
                bar.set_postfix(loss=f"{sums['loss'] / sums['images']:.3f}", refresh=False)
                bar.update()
                sums["seconds"] = time.perf_counter() - started
                if (
                    config.checkpoint_steps
                    and sums["batches"] % config.checkpoint_steps == 0
                    and sums["batches"] < steps
                ):
                    self.save(last)
        self.close_epoch(test, started)
        if progress:
            print(sentence(self.history[-1], config.epochs), flush=True)

    def step(self, images: Tensor, labels: Tensor, lr: float, total: int | None = None) -> None:
        """One step of the optimiser, and of the averaged weights, on a batch of `total` images, of
        which this process has been given its share.

        images [B, C, H, W], or [T, B, C, H, W] where an input comes a step at a time; labels
        [B]."""
        total = total or len(labels)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.zero_grad()
        where = f"epoch {self.epoch + 1}, batch {self.sums['batches'] + 1}, learning rate {lr:.2g}"
        advice = f"in {where}: lower lr or clip_norm ({self.config.clip_norm})."
        try:
            loss, correct = self.group.sum(self.gradients(images, labels, total))
        except FloatingPointError as error:  # of the network: its potentials have grown so far
            raise FloatingPointError(f"{error} This was {advice}") from error
        if not math.isfinite(loss):
            raise FloatingPointError(f"The loss became {loss} {advice}")
        clip_gradients(self.net, self.config)
        self.optimizer.step()
        if self.ema is not None:
            self.ema.update_parameters(self.net)
        self.sums["batches"] += 1
        self.sums["images"] += total
        self.sums["loss"] += loss * total
        self.sums["correct"] += int(correct)

    def gradients(self, images: Tensor, labels: Tensor, total: int) -> tuple[float, int]:
        """Add the gradients of the whole batch's mean loss to the parameters, part by part; returns
        this process's part of that loss, and of the right answers."""
        group, config = self.group, self.config
        images, labels = images.to(group.device), labels.to(group.device)
        # Else the share is one image that keeps step with the others and weighs nothing.
        has_images = share_length(total, group.share) > 0
        inputs = images.chunk(config.accumulate, dim=images.dim() - 4)
        loss, correct = 0.0, 0
        for number, (part, answers) in enumerate(
            zip(inputs, labels.chunk(config.accumulate)), start=1
        ):
            weight = has_images * len(answers) / total
            with group.without_averaging(self.model) if number < len(inputs) else nullcontext():
                with self.autocast():
                    logits = self.model(part)
                value = LOSSES[config.loss](
                    logits.to(torch.promote_types(logits.dtype, torch.float32)),
                    answers,
                    label_smoothing=config.label_smoothing,
                )
                (
                    value * (weight * group.processes)
                ).backward()  # averaged over the processes, the weights of all parts sum to one
            loss += value.item() * weight
            correct += has_images * right(self.net, logits, answers)
        return loss, correct

    def autocast(self) -> torch.autocast:
        return torch.autocast(
            self.group.device.type, torch.bfloat16, enabled=self.config.precision == "bf16"
        )

    def close_epoch(self, test, started: float) -> None:
        """Turn the sums of the epoch into a row of the history."""
        due = (
            self.epoch + 1
        ) % self.config.evaluate_every == 0 or self.epoch + 1 == self.config.epochs
        averaged = self.ema.module if self.ema is not None else None
        self.group.share_buffers(*filter(None, [self.net, averaged]))
        with self.autocast():
            nets = [net if due else None for net in (self.net, averaged)]
            accuracies = [
                net and evaluate(net, test, workers=self.config.workers, group=self.group)
                for net in nets
            ]
        images, lr = self.sums["images"], self.optimizer.param_groups[0]["lr"]
        accuracy, seconds = self.sums["correct"] / images, time.perf_counter() - started
        row = (
            self.epoch + 1,
            lr,
            self.sums["loss"] / images,
            accuracy,
            *accuracies,
            round(seconds, 2),
        )
        self.history.append(dict(zip(COLUMNS, row)))
        self.epoch, self.sums = self.epoch + 1, dict(_NOTHING_YET)

    def save(self, path: Path) -> None:
        """Write a checkpoint, of which each of several processes writes a shard."""
        state = self.state()
        if self.group.processes > 1:
            save_shards(path, state, f"{self.epoch}-{self.sums['batches']}", self.group)
        else:
            save_checkpoint(path, state)

    def weights(self) -> dict:
        """State dicts of the network and of its moving average."""
        return {
            "model": self.net.state_dict(),
            "ema": None if self.ema is None else self.ema.module.state_dict(),
        }

    def state(self) -> dict:
        """Everything, for a checkpoint."""
        optimizer = self.optimizer.state_dict()
        optimizer["state"] = {
            str(index): state for index, state in optimizer["state"].items()
        }  # JSON has no integer keys
        device = self.group.device
        random = {
            "cpu": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
        }
        progress = {"epoch": self.epoch, "sums": self.sums, "history": self.history}
        updates = None if self.ema is None else self.ema.n_averaged
        return {
            "about": self.about,
            **progress,
            **self.weights(),
            "ema_updates": updates,
            "optimizer": optimizer,
            "random": self.group.gather(random),
        }

    def restore(self, state: dict, path: Path) -> None:
        """Take over what `state()` gave; ValueError when it belongs to another run."""
        now, about = {name: getattr(self.config, name) for name in MAY_CHANGE}, state["about"]
        about["training"] = {
            **asdict(TrainConfig(**about["training"])),
            **now,
        }  # settings that an older checkpoint does not name have their defaults
        named, names = about["data"].get("class_names"), self.about["data"]["class_names"]
        about["data"]["class_names"] = names  # compared by a sentence of its own
        if named is None:
            warnings.warn(
                f"Checkpoint {path} is of a time when class names were not kept: that the classes "
                "are the same is taken on trust.",
                stacklevel=2,
            )
        parts = [
            *(differences(about[part], self.about[part]) for part in ("network", "training")),
            differences(about["data"], self.about["data"]),
            named is not None and named != names and f"its classes: {difference(names, named)}",
        ]
        if differing := "; ".join(part for part in parts if part):
            raise ValueError(
                f"Checkpoint {path} belongs to another run ({differing}): resume with its "
                "settings or choose another folder."
            )
        self.epoch, self.sums, self.history = state["epoch"], state["sums"], state["history"]
        self.net.load_state_dict(state["model"])
        if self.ema is not None:
            self.ema.module.load_state_dict(state["ema"])
            self.ema.n_averaged.copy_(state["ema_updates"])
        optimizer = state["optimizer"]
        self.optimizer.load_state_dict(
            {**optimizer, "state": {int(index): item for index, item in optimizer["state"].items()}}
        )
        if self.group.rank < len(
            state["random"]
        ):  # more processes than before: the new ones draw afresh
            random = state["random"][self.group.rank]
            torch.set_rng_state(random["cpu"])
            if random["cuda"] is not None and torch.cuda.is_available():
                torch.cuda.set_rng_state(random["cuda"], self.group.device)
