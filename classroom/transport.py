"""What crosses between the grader and a student's process: out of it plain data as JSON, which
cannot run; into it pickles, which only that process opens."""

import base64
import io
import itertools
import json
import math
import pickle
import select
import socket
import struct
import time
import types

import numpy as np
import torch

CHECKS = "trevsnn_lite.course.exercises."  # the students' processes have no such modules
MOST_BYTES = 16 * 2**20  # of one message from a student's process
# Of an iterator that a student's function gives back, and of all lists of a message together: sets
# and dicts of more could be made to take hours of the grader's time.
MOST_ITEMS = 100_000
DTYPES = {
    str(dtype).partition(".")[2]: dtype
    for dtype in (
        torch.bool,
        torch.uint8,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
    )
}


class Unreadable(ValueError):
    """What came is no message of ours, or too large."""


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float):
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left; 0 when it is over."""
        return max(0.0, self.end - time.monotonic())


FOREVER = Deadline(math.inf)


class Channel:
    """Messages over a socket, each with its length in front."""

    def __init__(self, end: socket.socket):
        self.end = end
        end.setblocking(False)

    def send(self, message: bytes, deadline: Deadline = FOREVER) -> None:
        """Raises TimeoutError, or OSError where the other side has gone."""
        rest = memoryview(struct.pack(">Q", len(message)) + message)
        while rest:
            self._wait(deadline, writing=True)
            try:
                rest = rest[self.end.send(rest) :]
            except BlockingIOError:
                continue

    def receive(self, deadline: Deadline = FOREVER, most: float = math.inf) -> bytes:
        """Raises TimeoutError, EOFError where the other side has gone, Unreadable before a message
        longer than `most` is read."""
        size = struct.unpack(">Q", self._read(8, deadline))[0]
        if size > most:
            raise Unreadable(f"a message of {size} bytes, more than {most}")
        return self._read(size, deadline)

    def _read(self, size: int, deadline: Deadline) -> bytes:
        parts = []
        while size:
            self._wait(deadline)
            try:
                part = self.end.recv(min(size, 2**20))
            except BlockingIOError:
                continue
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _wait(self, deadline: Deadline, writing: bool = False) -> None:
        reading, written = ([], [self.end]) if writing else ([self.end], [])
        while (left := deadline.left()) > 0:
            if any(select.select(reading, written, [], None if left == math.inf else left)):
                return
        raise TimeoutError


def encode(value):
    """The value as what JSON can hold. Numbers, strings, lists, tuples, sets, dicts, tensors,
    arrays; other iterables become lists. Else TypeError."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, (tuple, set, frozenset)):
        return {
            "kind": "tuple" if isinstance(value, tuple) else "set",
            "of": [encode(item) for item in value],
        }
    if isinstance(value, dict):
        return {"kind": "dict", "of": [[encode(key), encode(item)] for key, item in value.items()]}
    if value is ...:
        return {"kind": "..."}
    if isinstance(value, np.generic):
        return encode(value.item())
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return _encode_tensor(value)
    if hasattr(value, "__float__"):
        return float(value)
    if hasattr(value, "__iter__"):
        return [encode(item) for item in itertools.islice(value, MOST_ITEMS)]
    raise TypeError(
        f"a {type(value).__name__} was given, and not a number, string, list, tensor or "
        "dict of these"
    )


def _encode_tensor(value):
    kind = "tensor" if isinstance(value, torch.Tensor) else "array"
    if kind == "array" and value.dtype.kind not in "biuf":
        return encode(value.tolist())
    tensor = value.detach().cpu() if kind == "tensor" else torch.from_numpy(np.array(value))
    data = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    return {
        "kind": kind,
        "dtype": str(tensor.dtype).partition(".")[2],
        "shape": list(tensor.shape),
        "of": base64.b64encode(data).decode(),
    }


def decode(data):
    """The value that `encode` saw. Raises Unreadable for anything that it did not write."""
    try:
        if _count(data) > MOST_ITEMS:
            raise ValueError(f"more than {MOST_ITEMS} items")
        return _decode(data)
    except (ValueError, TypeError, KeyError, RuntimeError, RecursionError, OverflowError) as error:
        raise Unreadable(str(error)) from None


def _count(data) -> int:
    inner = data if isinstance(data, list) else data.values() if isinstance(data, dict) else ()
    return len(inner) + sum(map(_count, inner))


def _decode(data):
    if isinstance(data, list):
        return [_decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    kind = data["kind"]
    if kind in ("tuple", "set"):
        return (tuple if kind == "tuple" else set)(_decode(item) for item in data["of"])
    if kind == "dict":
        return {_decode(key): _decode(item) for key, item in data["of"]}
    if kind == "...":
        return ...
    content, dtype, shape = (
        bytearray(base64.b64decode(data["of"], validate=True)),
        DTYPES[data["dtype"]],
        data["shape"],
    )
    if (
        kind not in ("tensor", "array")
        or not all(type(n) is int and n >= 0 for n in shape)
        or math.prod(shape) * dtype.itemsize != len(content)
    ):
        raise ValueError(f"no {kind} of shape {shape}")
    tensor = (
        torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)
    ).reshape(shape)
    return tensor if kind == "tensor" else tensor.numpy()


def to_json(message: dict) -> bytes:
    return json.dumps(message).encode()


def from_json(content: bytes) -> dict:
    """A message of a student's process: a JSON object, or Unreadable."""
    try:
        message = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None
    if not isinstance(message, dict):
        raise Unreadable("a message that is no object")
    return message


def pickled(value, functions: list) -> bytes:
    """For the student's process: functions of a check, and functions made within functions, stay
    here, are added to `functions`, and cross as their number."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            if not isinstance(item, types.FunctionType) or not (
                "<" in item.__qualname__ or item.__module__.startswith(CHECKS)
            ):
                return None  # what both sides can import goes by name
            functions.append(item)
            return len(functions) - 1

    buffer = io.BytesIO()
    Pickler(buffer).dump(value)
    return buffer.getvalue()


def unpickled(content: bytes, stand_in):
    """In the student's process: `stand_in(number)` stands for a function that stayed with the
    grader."""

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, number):
            return stand_in(number)

    return Unpickler(io.BytesIO(content)).load()
