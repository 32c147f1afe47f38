"""Freed memory that is kept: what glibc is asked, and that a second step faults in no new pages."""

import platform
import subprocess
import sys

import pytest

from trevsnn_lite import allocation

FAULTS = """
import resource, sys, torch
from trevsnn_lite.allocation import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(8):
        tensors = [torch.zeros(2**20) for _ in range(4)]
        del tensors
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library's allocator")
def test_what_is_freed_is_used_again_without_page_faults(root):
    kept, given_back = (int(subprocess.run([sys.executable, "-c", FAULTS, how], cwd=root, capture_output=True, text=True, check=True).stdout) for how in ("keep", "plain"))
    assert kept < 100 < 2000 < given_back


def test_elsewhere_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda name: pytest.fail("called"))
    assert allocation.keep_freed_memory() is False
