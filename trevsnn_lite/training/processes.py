"""`train --processes N`: one command that starts N processes of itself on this machine, as torchrun
would, and ends as they do."""

import os
import sys
import tempfile
from collections.abc import Sequence

QUIET = {
    "LOGLEVEL": "CRITICAL",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
}  # of torch's launcher and of DistributedDataParallel: a process that fails says why itself


def train_in(processes: int, arguments: Sequence[str]) -> int:
    """Run `python -m trevsnn_lite ARGUMENTS` in so many processes, which share the batches and the
    processor's cores; the exit code of the first that failed, or 0."""
    for name, value in {"OMP_NUM_THREADS": str(max(1, cores() // processes)), **QUIET}.items():
        os.environ.setdefault(name, value)
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    with tempfile.TemporaryDirectory() as folder:
        shown = DefaultLogsSpecs(
            folder, local_ranks_filter={0}
        )  # the others fail because the first did, and say so at length
        here = {
            "rdzv_backend": "c10d",
            "rdzv_endpoint": "localhost:0",
            "run_id": "train",
            "max_restarts": 0,
            "monitor_interval": 0.1,
            "logs_specs": shown,
        }
        try:
            elastic_launch(LaunchConfig(1, 1, processes, **here), sys.executable)(
                "-m", "trevsnn_lite", *arguments
            )
        except ChildFailedError as failed:
            return failed.get_first_failure()[1].exitcode
        except SignalException as stopped:
            return 128 + stopped.sigval
    return 0


def cores() -> int:
    """The processor's cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
