"""A memory budget that a computation cannot pass: the meter stops it with an error, as a full GPU
would, and at the same operation on every machine."""

import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class BudgetExceeded(MemoryError):
    """A computation wanted more than its budget."""


class Budget(TorchDispatchMode):
    """Counts the bytes of all tensors made inside `with Budget(megabytes) as budget:` and still
    alive, and raises BudgetExceeded at the operation that passes `megabytes` (10^6 bytes each;
    None: counts and never stops).

    A storage counts once, however many tensors look at it, from the operation that made it until
    it is released, whoever holds it: a name, autograd, a function's `ctx`. What was there before
    (parameters, images) does not count, nor what an operation uses inside itself.
    `budget.peak` is the most that was alive at once, `budget.alive` what is alive now, in bytes;
    `budget.history` has what was alive after each operation.

    Raises ValueError for a budget that is not positive."""

    def __init__(self, megabytes: float | None = None):
        number = isinstance(megabytes, (int, float)) and not isinstance(megabytes, bool)
        if megabytes is not None and not (number and megabytes > 0):
            raise ValueError(f"megabytes is {megabytes!r}, expected a positive number or None.")
        super().__init__()
        self.limit = None if megabytes is None else 1e6 * megabytes
        self.alive = self.peak = 0
        self.history: list[int] = []
        self._living: dict[int, tuple[int, weakref.ref]] = {}  # id of a storage -> bytes, end

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        fresh = [storage for storage in _storages(result) if id(storage) not in self._living]
        if fresh:
            # a view is no new one
            given = {id(storage) for storage in _storages(args, *(kwargs or {}).values())}
            for storage in fresh:
                if id(storage) not in given:
                    self._count(storage)
        self.history.append(self.alive)
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = id(storage), storage.nbytes()
        self._living[key] = size, weakref.ref(storage, lambda _: self._release(key))
        self.alive += size
        self.peak = max(self.peak, self.alive)
        if self.limit is not None and self.alive > self.limit:
            raise BudgetExceeded(
                f"{self.alive / 1e6:.4g} MB of living tensors, and the budget is "
                f"{self.limit / 1e6:g} MB."
            )

    def _release(self, key: int) -> None:
        self.alive -= self._living.pop(key)[0]


def _storages(*values) -> list[torch.UntypedStorage]:
    """Of all tensors in what an operation took or gave: tensors, numbers, and lists of them."""
    found = []
    for value in values:
        if isinstance(value, torch.Tensor):
            found.append(value.untyped_storage())
        elif isinstance(value, list | tuple):
            found += _storages(*value)
    return found
