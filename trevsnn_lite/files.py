"""Files that are never half-written, and folders that one run holds at a time."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK, HOLDER = ".lock", ".holder"
"""In a run's folder while it goes on: what the system locks, and who holds it, in words."""


def write_atomically(path: str | Path, data: bytes) -> None:
    """Replace the file at `path` by `data` in one step: readers see the old file or the new one,
    never a part. Raises OSError, with the bytes and what is left, where the system refuses."""
    path = Path(path)
    # One fixed name beside the file: a kill leaves at most one, and the next write takes it.
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # the bytes must reach the disk before the name does
        os.replace(partial, path)
    except OSError as error:
        raise _failure(path, len(data), error) from None
    finally:
        # Also on Ctrl-C; after os.replace there is nothing left to remove, and what the system
        # refuses here the failure has said.
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _failure(path: Path, size: int, error: OSError) -> OSError:
    if path.is_file():
        kept = "the earlier one is intact"
    elif path.is_dir():
        kept = "a folder has that name"
    else:
        kept = "there was no earlier one"
    failure = OSError(f"could not write {path}, {size} bytes ({error.strerror}): {kept}.")
    failure.errno = error.errno
    return failure


def make_folder(folder: str | Path, name: str = "out_dir") -> Path:
    """The folder, made with its parents where it is missing. Raises OSError that names the argument
    `name` where the system refuses."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        raise _refused(folder, name, error) from None
    return folder


@contextmanager
def locked(folder: str | Path, name: str = "out_dir") -> Iterator[None]:
    """Hold `folder` for one run, in this process and its threads; makes it where it is missing.

    The system itself drops the lock of a process that has died, however it died: a lock file that
    is left behind holds nobody up. Raises ValueError, with who holds it, where another run does;
    OSError where the folder cannot be written to."""
    from filelock import FileLock, Timeout  # torch brings it

    folder = make_folder(folder, name)
    lock, note = FileLock(folder / LOCK), folder / HOLDER
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ValueError(
            f"{name} {folder} is in use by {_read(note) or 'another run'}: wait until that run "
            "has ended, or choose another folder."
        ) from None
    except OSError as error:
        raise _refused(folder, name, error) from None
    try:
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        with suppress(OSError):  # a full disk is the run's to report
            note.write_text(f"process {os.getpid()} on {socket.gethostname()} since {since}")
        yield
    finally:
        for file in (note, folder / LOCK):  # before the release: later they could be another's
            with suppress(OSError):
                file.unlink()
        lock.release()


def _refused(folder: Path, name: str, error: Exception) -> OSError:
    why = getattr(error, "strerror", None) or error
    failure = OSError(f"{name} is {str(folder)!r}, expected a folder to write to ({why}).")
    failure.errno = getattr(error, "errno", None)
    return failure


def _read(path: Path) -> str:
    try:
        return path.read_text("utf8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
