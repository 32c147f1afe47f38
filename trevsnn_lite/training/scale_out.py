"""Leaving one process: where a launcher has started several, Hugging Face's accelerate joins them;
in one process nothing is imported.

`torchrun` and `accelerate launch` start the same command once for each GPU (or CPU process) and say
so in the environment. Every process then trains its share of each batch on the same weights, and
gradients are averaged (DistributedDataParallel). A batch is the batch of all processes: how many
there are changes the speed and the order of sums, and nothing else."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn


class OneProcess:
    """What the training loop asks of its process group, where there is one process and nothing to
    share."""

    rank, processes = 0, 1

    def __init__(self, device: torch.device):
        self.device = device

    @property
    def share(self) -> tuple[int, int]:
        """(rank, processes): which part of each batch is this process's."""
        return self.rank, self.processes

    def wrap(self, net: nn.Module) -> nn.Module:
        """The network to call in training: gradients of a backward pass are averaged over the
        processes."""
        return net

    def without_averaging(self, model: nn.Module) -> AbstractContextManager:
        """Within, backward passes add to this process's own gradients; the first pass outside
        averages the sums."""
        return nullcontext()

    def sum(self, values: Sequence[float]) -> list[float]:
        """Each number summed over the processes."""
        return list(values)

    def gather(self, value: object) -> list:
        """The value of every process, by rank."""
        return [value]

    def share_buffers(self, *nets: nn.Module) -> None:
        """Give every process rank 0's buffers: BatchNorm's statistics are each process's own, of
        its share of the batches."""

    def wait(self) -> None:
        """Until every process is here."""

    def close(self) -> None:
        """Part from the other processes."""


class SeveralProcesses(OneProcess):
    """The same, through accelerate's `Accelerator`: gloo between CPU processes, NCCL between GPUs,
    one process a GPU."""

    def __init__(self, device: torch.device):
        try:
            from accelerate import Accelerator
        except ImportError:
            raise ImportError(
                "training in several processes needs the package accelerate: pip install "
                "accelerate."
            ) from None
        self._joined_before = torch.distributed.is_initialized()
        # The loop sets its precision itself.
        self._accelerator = Accelerator(cpu=device.type == "cpu", mixed_precision="no")
        self.rank, self.processes = self._accelerator.process_index, self._accelerator.num_processes
        super().__init__(self._accelerator.device)

    def wrap(self, net):
        return self._accelerator.prepare_model(net)

    def without_averaging(self, model):
        return model.no_sync()

    def sum(self, values):
        return self._accelerator.reduce(
            torch.tensor(values, dtype=torch.float64, device=self.device), "sum"
        ).tolist()

    def gather(self, value):
        from accelerate.utils import gather_object

        return gather_object([value])

    def share_buffers(self, *nets):
        for net in nets:
            for buffer in net.buffers():
                torch.distributed.broadcast(buffer, src=0)

    def wait(self):
        self._accelerator.wait_for_everyone()

    def close(self):
        """Leave the group, unless the caller had opened it, and accelerate's process-wide state, so
        that another run can begin."""
        from accelerate.state import AcceleratorState, GradientState

        if not self._joined_before:
            self._accelerator.end_training()
        AcceleratorState._reset_state(reset_partial_state=True)
        GradientState._reset_state()


def launched_as() -> tuple[int, int]:
    """(rank, processes) as the launcher's environment says; (0, 1) without a launcher. Raises
    ValueError where it says what no launcher does."""
    processes = _from_environment("WORLD_SIZE", 1, 1)
    rank = _from_environment("RANK", 0, 0)
    if rank >= processes:
        raise ValueError(
            f"RANK is {rank} in the environment, expected less than WORLD_SIZE, {processes}."
        )
    return rank, processes


def _from_environment(name: str, default: int, least: int) -> int:
    text = os.environ.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        raise ValueError(
            f"{name} is {text!r} in the environment, expected a whole number of at least {least}, "
            "as torchrun sets it, or no such variable."
        )
    return int(text)


def own_device(device: str) -> str:
    """Under a launcher "cuda" means this process's own GPU, cuda:LOCAL_RANK; every other device is
    what it is called."""
    if device == "cuda" and "LOCAL_RANK" in os.environ:
        return f"cuda:{_from_environment('LOCAL_RANK', 0, 0)}"
    return device


def process_group(device: torch.device, precision: str) -> OneProcess:
    """Join the other processes if a launcher started any. Raises ValueError where `accelerate
    launch` was told another precision than the recipe."""
    asked = os.environ.get("ACCELERATE_MIXED_PRECISION", "no")
    if asked not in ("no", precision):
        raise ValueError(
            f"precision is {precision!r}, and accelerate launch was told "
            f"--mixed_precision {asked}: expected one of fp32, bf16, by --set "
            "precision=bf16."
        )
    processes = launched_as()[1]
    for name in ("MASTER_ADDR", "MASTER_PORT") if processes > 1 else ():
        if not os.environ.get(name):
            raise ValueError(
                f"{name} is {os.environ.get(name)!r} in the environment and WORLD_SIZE "
                f"{processes}, expected both or neither, as torchrun sets them."
            )
    return SeveralProcesses(device) if processes > 1 else OneProcess(device)
