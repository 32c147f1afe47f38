"""`train --processes N`: one command that starts N processes of itself on this machine, as torchrun
would, and ends as they do."""

import os
import socket
import sys
import tempfile
from collections.abc import Sequence

LOOPBACK = "127.0.0.1"
QUIET = {
    "LOGLEVEL": "CRITICAL",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
}  # of torch's launcher and of DistributedDataParallel: a process that fails says why itself


def train_in(processes: int, arguments: Sequence[str]) -> int:
    """Run `python -m trevsnn_lite ARGUMENTS` in so many processes, which share the batches and the
    processor's cores; the exit code of the first that failed, or 0."""
    _check_loopback(processes)
    threads = {"OMP_NUM_THREADS": str(max(1, cores() // processes))}
    for name, value in {**threads, **_loopback(), **QUIET}.items():
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
            "rdzv_endpoint": f"{LOOPBACK}:0",
            "local_addr": LOOPBACK,  # else the workers look up the machine's own name
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


def _check_loopback(processes: int) -> None:
    """Raises OSError where processes of this machine cannot reach one another."""
    try:
        with socket.create_server((LOOPBACK, 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
    except OSError as error:
        raise OSError(
            f"--processes is {processes}, expected 1 here: the processes would meet at "
            f"{LOOPBACK}, which does not answer ({error.strerror or error})."
        ) from None


def _loopback() -> dict[str, str]:
    """Gloo's choice of network card, which else follows the machine's name."""
    cards = [name for _, name in socket.if_nameindex()] if hasattr(socket, "if_nameindex") else []
    own = next((name for name in cards if name in ("lo", "lo0")), None)
    return {"GLOO_SOCKET_IFNAME": own} if own else {}


def cores() -> int:
    """The processor's cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
