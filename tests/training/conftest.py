"""The tiny network and images, as a fixture; one thread, which such small tensors do not share
well."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch


@pytest.fixture(scope="session")
def tiny() -> SimpleNamespace:
    """The names of tiny.py: network(), images(), data(), CONFIG."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("tiny.py"))))


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
