"""Two file formats of image sets, read without trusting the file: MNIST's idx (plain or gzip'd) and
CIFAR-10's python batches."""

import gzip
import math
import os
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np


def read_idx(path: str | os.PathLike, rank: int) -> np.ndarray:
    """The uint8 array of `rank` dimensions in an idx file; a name that ends in .gz is unpacked.

    Header: two zero bytes, 8 (uint8), the rank, then each size as big-endian uint32. Raises
    ValueError for any other file.
    """
    path = Path(path)
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{path} is truncated or altered, expected a gzip'd idx file ({error}); fetch it again"
        ) from error
    start = 4 + 4 * rank
    if len(content) < start or content[:4] != bytes([0, 0, 8, rank]):
        raise ValueError(
            f"{path} starts with the bytes {content[:4].hex(' ') or '(none)'}, expected "
            f"00 00 08 {rank:02x}: "
            f"an idx file of uint8 with {rank} dimensions"
        )
    shape = struct.unpack(f">{rank}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise ValueError(
            f"{path} holds {len(content) - start} bytes of values, expected "
            f"{math.prod(shape)} for its shape {shape}; "
            "it is truncated or altered, fetch it again"
        )
    return (
        np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()
    )  # frombuffer alone is read-only


class _ArraysOnly(pickle.Unpickler):
    """Unpickles dicts, lists, strings, numbers and numpy arrays: a pickle may name any function,
    and would have it called."""

    ALLOWED = {
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("_codecs", "encode"),
    }

    def find_class(self, module: str, name: str):
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no image file needs")
        return super().find_class(module, name)


def read_cifar_pickle(path: str | os.PathLike) -> dict:
    """The dict in one file of cifar-10-batches-py, read by an unpickler that builds nothing but
    arrays and plain values."""
    with open(path, "rb") as file:
        try:
            content = _ArraysOnly(
                file, encoding="latin1"
            ).load()  # written by Python 2: its str are bytes
        except Exception as error:  # a damaged pickle raises nearly any exception
            raise ValueError(
                f"{path} is truncated, altered or no CIFAR-10 file ({error}); fetch it again"
            ) from error
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} holds a {type(content).__name__}, expected the dict of a CIFAR-10 python batch"
        )
    return content


def read_cifar_batch(path: str | os.PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [N, 3, 32, 32] and labels int64 [N] of one data_batch_k or test_batch."""
    content = read_cifar_pickle(path)
    images, labels = content.get("data"), content.get("labels")
    if not (
        isinstance(images, np.ndarray)
        and images.dtype == np.uint8
        and images.ndim == 2
        and images.shape[1] == 3072
    ):
        came = (
            f"{images.dtype} {list(images.shape)}"
            if isinstance(images, np.ndarray)
            else type(images).__name__
        )
        raise ValueError(f"{path} has {came} under 'data', expected uint8 [N, 3072]")
    if not (
        isinstance(labels, list)
        and len(labels) == len(images)
        and all(type(k) is int for k in labels)
    ):
        raise ValueError(
            f"{path} needs under 'labels' a list of {len(images)} integers, one for each image"
        )
    return images.reshape(-1, 3, 32, 32), np.array(labels, np.int64)
