"""One DataLoader for files, in this process or in workers, whose errors arrive as raised."""

import os
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch.utils.data import DataLoader, Dataset, default_collate

SAID = (ValueError, OSError, ImportError)  # faults of the data, each with its sentence


class _Careful(Dataset):
    """A data set that hands back an error of SAID in place of a batch: torch would wrap one that a
    worker raises into its traceback."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitems__(self, items: list) -> list | Exception:
        with torch.device("cpu"):
            try:
                return [self.dataset[item] for item in items]
            except SAID as error:
                return error


def _together(batch, collate: Callable):
    with torch.device("cpu"):
        return batch if isinstance(batch, Exception) else collate(batch)


def read(dataset, items: list, workers: int, collate: Callable = default_collate) -> Iterator:
    """The batches of `dataset` for lists of items, one list a batch, with at most a worker a core.

    Everything is made on the CPU, whatever torch.set_default_device says. The workers' seeds come
    from a generator of the loader's own: torch's stays as it was.
    """
    loader = DataLoader(
        _Careful(dataset),
        batch_sampler=items,
        num_workers=min(workers, os.cpu_count() or 1),
        collate_fn=partial(_together, collate=collate),
        generator=torch.Generator(),
    )
    with torch.device("cpu"):
        batches = iter(loader)
    try:
        for batch in batches:
            if isinstance(batch, Exception):
                raise batch
            yield batch
    finally:
        del batches
