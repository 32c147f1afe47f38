"""Two CPU processes beside one, on tiny networks; run as a script, since processes that share a
group need an environment of their own.

python tests/training/processes.py FOLDER     writes into FOLDER what test_scale_out.py compares

With `--kills 20` it only kills a run of two processes so often, and compares its weights with those
of a run that nobody disturbed.
"""

import argparse
import json
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from tiny import CONFIG, data, network
from torch import nn

from trevsnn_lite.released.network import ReleasedConfig, ReleasedTRevSNN
from trevsnn_lite.reversible import MEMORY_STRATEGIES
from trevsnn_lite.training import TrainConfig, load_checkpoint, save_checkpoint, train
from trevsnn_lite.training.run import Run
from trevsnn_lite.training.scale_out import OneProcess, process_group

PROCESSES = 2
TRAINED = replace(
    CONFIG, epochs=2, checkpoint_steps=1, evaluate_every=1
)  # 24 images in batches of 5: the last one has 4


def opened(memory: str, **changes) -> nn.Module:
    """Four levels, ReZero opened, so that gradients reach everything."""
    net = network(memory, widths=(4, 6, 6, 8), image_size=16, **changes)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("alpha"):
                parameter.fill_(0.5)
    return net


def one_step(memory: str) -> nn.Module:
    """T = 1: the decays have no gradient."""
    return opened(memory, time_steps=1)


def released(memory: str) -> nn.Module:
    """The released network, whose columns share convolutions; BatchNorm in evaluation, where it
    does not depend on the batch."""
    return ReleasedTRevSNN(
        ReleasedConfig(
            widths=(4, 6, 6, 8), num_classes=3, image_size=16, in_channels=1, kernel_size=3
        ),
        memory,
        seed=0,
    ).eval()


CASES: dict[str, tuple[Callable, str, TrainConfig]] = {
    **{memory: (opened, memory, replace(CONFIG, memory=memory)) for memory in MEMORY_STRATEGIES},
    "accumulated": (opened, "taped", replace(CONFIG, accumulate=2)),
    **{
        f"one-step-{memory}": (one_step, memory, replace(CONFIG, memory=memory))
        for memory in ("store", "taped")
    },
    **{
        f"released-{memory}": (
            released,
            memory,
            replace(CONFIG, memory=memory, loss="released-heads"),
        )
        for memory in ("store", "taped")
    },
}


def write_gradients(folder: Path, group: OneProcess) -> None:
    """Each case's gradients of a batch of 5 and then of one image, of which the second process has
    none; and the loss and the right answers."""
    draw = torch.Generator().manual_seed(0)
    pictures, labels = torch.randn(5, 1, 16, 16, generator=draw), torch.tensor([0, 1, 2, 0, 1])
    found = {}
    for name, (make, memory, config) in CASES.items():
        run = Run(make(memory), config, {}, group)
        for whole in (5, 1):
            run.optimizer.zero_grad()
            share = slice(
                whole * group.rank // group.processes,
                whole * (group.rank + 1) // group.processes,
            )
            mine = share if share.start < share.stop else slice(0, 1)
            sums = group.sum(run.gradients(pictures[mine], labels[mine], whole))
            gradients = {key: p.grad for key, p in run.net.named_parameters() if p.grad is not None}
            found[f"{name} {whole}"] = {"gradients": gradients, "loss": sums[0], "right": sums[1]}
    if group.rank == 0:
        save_checkpoint(folder / f"gradients-{group.processes}.safetensors", found)


class Noisy(nn.Module):
    """A network behind dropout, which draws from torch's generator, in each process its own
    numbers."""

    def __init__(self):
        super().__init__()
        self.net, self.dropout = network(), nn.Dropout(0.3)

    def forward(self, pictures):
        return self.net(self.dropout(pictures))


def start(work: Callable[[], object]) -> list[int]:
    """`work` in forked processes, in the environment that a launcher would give them; returns their
    numbers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = []
    for rank in range(PROCESSES):
        children.append(os.fork())
        if children[-1] == 0:
            os.environ.update(
                MASTER_ADDR="127.0.0.1",
                MASTER_PORT=str(port),
                WORLD_SIZE=str(PROCESSES),
                RANK=str(rank),
                LOCAL_RANK=str(rank),
            )
            try:
                work()
            except BaseException as error:
                print(f"process {rank}: {error!r}", file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
    return children


def ended(children: list[int]) -> list[int]:
    """How each ended, -9 if killed."""
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def kill_after_checkpoints(
    children: list[int], last: Path, count: int, seconds: float
) -> list[int]:
    """Kill all some seconds after the count-th new checkpoint; how each ended, and how many batches
    the checkpoint on the disk has seen."""
    seen, before = 0, last.stat().st_mtime_ns if last.exists() else None
    while seen < count:
        now = last.stat().st_mtime_ns if last.exists() else None
        seen, before = seen + (now != before), now
        time.sleep(0.0005)
    time.sleep(seconds)
    for child in children:
        os.kill(child, signal.SIGKILL)
    codes, batches = ended(children), 0
    if last.exists():
        state = load_checkpoint(last)
        batches = 5 * state["epoch"] + state["sums"]["batches"]
    return [*codes, batches]


def shared_gradients(folder: Path) -> None:
    group = process_group(torch.device("cpu"), "fp32")
    write_gradients(folder, group)
    group.close()


def main(folder: Path) -> None:
    write_gradients(folder, OneProcess(torch.device("cpu")))
    assert ended(start(lambda: shared_gradients(folder))) == [0, 0]
    train(network(), data(), TRAINED, folder / "one", progress=False)
    assert ended(
        start(lambda: train(network(), data(), TRAINED, folder / "two", progress=False))
    ) == [0, 0]
    kill_after_checkpoints(
        start(lambda: train(network(), data(), TRAINED, folder / "part", progress=False)),
        folder / "part" / "last.safetensors",
        3,
        0,
    )
    print(json.dumps(kill_again_and_again(folder, 3, TRAINED)))


def kill_again_and_again(folder: Path, kills: int, config: TrainConfig) -> list[list[int]]:
    """Two processes into folder/whole, undisturbed; into folder/killed, killed at moments that a
    seed draws: 1 to 3 checkpoints after the resumption and some hundredths of a second, which is in
    a step, in a shard, or between shards and their names. Returns what each kill saw."""

    def noisy(name: str) -> list[int]:
        torch.manual_seed(0)  # the first weights
        return start(
            lambda: train(Noisy(), data(), config, folder / name, resume=True, progress=False)
        )

    assert ended(noisy("whole")) == [0, 0]
    draw, last = random.Random(0), folder / "killed" / "last.safetensors"
    killed = [
        kill_after_checkpoints(noisy("killed"), last, draw.randint(1, 3), draw.uniform(0, 0.05))
        for _ in range(kills)
    ]
    assert ended(noisy("killed")) == [0, 0]
    return killed


def compare(folder: Path, kills: int) -> None:
    """Twice as many epochs as kills, so that the run outlives them: five batches an epoch, a
    checkpoint after each."""
    killed = kill_again_and_again(folder, kills, replace(TRAINED, epochs=2 * kills))
    whole, resumed = (
        load_checkpoint(folder / name / "final.safetensors") for name in ("whole", "killed")
    )
    different = [
        f"{part}.{name}"
        for part in ("model", "ema")
        for name, value in whole[part].items()
        if not torch.equal(value, resumed[part][name])
    ]
    count = sum(len(whole[part]) for part in ("model", "ema"))
    print(f"{kills} kills, [how each process ended, batches on the disk]: {killed}")
    print(f"of {count} tensors of weights and their averages {len(different)} differ {different}")
    sys.exit(bool(different) or any(codes != [-9, -9] for *codes, _ in killed))


if __name__ == "__main__":
    import accelerate  # noqa: F401  once, before the forks

    torch.set_num_threads(1)  # forking is safe as long as no threads were started
    os.environ["OMP_NUM_THREADS"] = "1"
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int)
    given = parser.parse_args()
    compare(given.folder, given.kills) if given.kills else main(given.folder)
