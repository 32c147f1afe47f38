"""One download that either ends in the right file or changes nothing, by pooch: sha256, then an
atomic rename."""

import hashlib
import logging
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from trevsnn_lite.files import make_folder


def sha256_of(path: str | os.PathLike) -> str:
    """The sha256 of a file's bytes, as 64 lower-case hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """Where downloads go when the caller names no folder: trevsnn_lite in $XDG_CACHE_HOME, else in
    ~/.cache.

    Raises OSError where there is no home, as for a user that a container does not know."""
    if given := os.environ.get("XDG_CACHE_HOME"):
        return Path(given) / "trevsnn_lite"
    try:
        return Path.home() / ".cache" / "trevsnn_lite"
    except RuntimeError:
        raise OSError(
            "HOME is not set and the user has no home folder, expected one for data sets: set "
            "HOME or XDG_CACHE_HOME, or name the data's folder (--data NAME=DIR)."
        ) from None


def fetch(url: str, path: str | os.PathLike, sha256: str, timeout: float = 30.0) -> Path:
    """Downloads `url` to `path` unless a file with this sha256 is there already; returns the path.

    A wrong file at `path` is replaced only by a verified one. Raises ConnectionError where the
    address does not answer or the transfer breaks off (`timeout` seconds without a byte count as
    broken), ValueError where the bytes have another sha256, OSError where the disk does not take
    them, ImportError without pooch."""
    path = Path(path)
    if path.is_file() and sha256_of(path) == sha256:
        return path
    try:
        import pooch
        from requests import RequestException  # pooch brings it
    except ImportError:
        raise ImportError("downloads need the package pooch: pip install pooch.") from None
    make_folder(path.parent, "folder")
    pooch.get_logger().setLevel(logging.WARNING)  # else it tells where it writes
    # The bytes as they lie on the server, whose sha256 is known.
    plain = {"Accept-Encoding": "identity"}
    get = pooch.HTTPDownloader(_shows_progress(), timeout=timeout, headers=plain)
    try:
        pooch.retrieve(url, sha256, path.name, path.parent, downloader=get)
    except RequestException as error:
        raise ConnectionError(
            f"the download of {url} failed ({error}); nothing was kept"
        ) from error
    except ValueError as error:
        raise ValueError(f"the file from {url} is not the right one: {error}") from None
    os.chmod(path, 0o644)  # a temporary file has 0600
    return path


def _shows_progress() -> bool:
    """A bar on a terminal where tqdm is installed."""
    terminal = sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()
    return terminal and find_spec("tqdm") is not None
