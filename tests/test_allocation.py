"""Freed memory that is kept: what glibc is asked, and that a second step faults in no new pages."""

import platform
import subprocess
import sys

import pytest

from trevsnn_lite import allocation

FAULTS = """
import resource, torch
from trevsnn_lite.allocation import keep_freed_memory
assert keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(3):
        tensors = [torch.zeros(2**20) for _ in range(48)]  # 192 MB: more than glibc's own thresholds ever leave
        del tensors
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library's allocator")
def test_what_is_freed_is_used_again_without_page_faults(root):
    """Without, a step faults in up to all of its pages again; whether it does depends on what else lies on the heap."""
    assert int(subprocess.run([sys.executable, "-c", FAULTS], cwd=root, capture_output=True, text=True, check=True).stdout) < 100


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library's allocator")
@pytest.mark.parametrize("refused", [None, -1, -3])
def test_glibc_is_asked_for_both_thresholds(monkeypatch, refused):
    asked = {}

    class Malloc:
        def mallopt(self, name: int, value: int) -> int:
            asked[name] = value
            return int(name != refused)

    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda name: Malloc())
    assert allocation.keep_freed_memory() is (refused is None)
    assert asked[-3] == 32 * 2**20 and (refused == -3 or asked[-1] == 2**31 - 1)


def test_elsewhere_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda name: pytest.fail("called"))
    assert allocation.keep_freed_memory() is False
