"""Freed memory that is kept: what glibc is asked, that a second step faults in no new pages, and that the pages are huge."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from trevsnn_lite import allocation



def _has_huge_pages() -> bool:
    """Whether Linux backs memory with huge pages where it is asked to."""
    setting = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return platform.libc_ver()[0] == "glibc" and setting.exists() and "[never]" not in setting.read_text()


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


HUGE = """
import re, torch
from pathlib import Path
from trevsnn_lite.allocation import keep_freed_memory
assert keep_freed_memory()
tensors = [torch.zeros(2**20) for _ in range(48)]  # 192 MB
maps = re.split(r"\\n(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text())
print(sum(int(re.search(r"AnonHugePages: +(\\d+) kB", area)[1]) for area in maps if "[heap]" in area.splitlines()[0]) // 1024)
"""


@pytest.mark.skipif(not _has_huge_pages(), reason="a system that gives no huge pages on request")
def test_the_heap_lies_in_huge_pages(root):
    assert int(subprocess.run([sys.executable, "-c", HUGE], cwd=root, capture_output=True, text=True, check=True).stdout) >= 128


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library's allocator")
@pytest.mark.parametrize("refused", [None, -1, -3])
def test_glibc_is_asked_for_both_thresholds(monkeypatch, refused):
    asked = {}

    class Malloc:
        def mallopt(self, name: int, value: int) -> int:
            asked[name] = value
            return int(name != refused)

    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda name: Malloc())
    monkeypatch.setattr(allocation, "_use_huge_pages", lambda libc: asked.update(huge=True))
    assert allocation.keep_freed_memory() is (refused is None)
    assert asked[-3] == 32 * 2**20 and (refused == -3 or asked[-1] == 2**31 - 1) and ("huge" in asked) is (refused is None)


def test_elsewhere_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda name: pytest.fail("called"))
    assert allocation.keep_freed_memory() is False
