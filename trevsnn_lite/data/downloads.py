"""One download that either ends in the right file or changes nothing: sha256 while streaming, then
an atomic rename."""

import hashlib
import os
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import nullcontext
from http.client import HTTPException
from pathlib import Path

CHUNK = 1 << 16  # bytes


def sha256_of(path: str | os.PathLike) -> str:
    """The sha256 of a file's bytes, as 64 lower-case hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """Where downloads go when the caller names no folder: trevsnn_lite in $XDG_CACHE_HOME, else in
    ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trevsnn_lite"


def fetch(url: str, path: str | os.PathLike, sha256: str, timeout: float = 30.0) -> Path:
    """Downloads `url` to `path` unless a file with this sha256 is there already; returns the path.

    A wrong file at `path` is replaced only by a verified one. Raises ConnectionError where the
    address does not answer or the
    transfer breaks off (`timeout` seconds without a byte count as broken), ValueError where the
    bytes have another sha256.
    """
    path = Path(path)
    if path.is_file() and sha256_of(path) == sha256:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, because os.replace is atomic only within one file system.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as file:
            for chunk in _chunks(url, path.name, timeout):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != sha256:
            raise ValueError(
                f"the file from {url} has sha256 {digest.hexdigest()}, expected {sha256}; "
                "nothing was kept"
            )
        os.chmod(temporary, 0o644)  # mkstemp gives 0600
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)  # gone already where the rename succeeded
    return path


def _chunks(url: str, label: str, timeout: float) -> Iterator[bytes]:
    """The body of `url`, piece by piece. A generator, so that an error of the disk is not taken for
    one of the network."""
    received = 0
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            total = int(response.headers.get("Content-Length") or 0)
            with _progress(total, label) as bar:
                while chunk := response.read(CHUNK):
                    received += len(chunk)
                    yield chunk
                    if bar is not None:
                        bar.update(len(chunk))
    except (HTTPException, OSError) as error:  # urllib's URLError is an OSError
        raise ConnectionError(
            f"the download of {url} failed after {received} bytes ({error}); nothing was kept"
        ) from error
    if received < total:  # http.client returns short reads without an error
        raise ConnectionError(
            f"the download of {url} broke off after {received} of {total} bytes; nothing was kept"
        )


def _progress(total: int, label: str):
    """A tqdm bar on a terminal where tqdm is installed, else a context that gives None."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return nullcontext()
    return tqdm(total=total or None, unit="B", unit_scale=True, desc=label, disable=None)
