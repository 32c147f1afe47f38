"""Freed memory that is kept: what glibc is asked, that a second step faults in no new pages, and
that the pages are huge."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from trevsnn_lite import allocation


def _tells_of_huge_pages() -> bool:
    """Whether Linux takes requests for huge pages, and tells which memory they were made for."""
    setting, told = Path("/sys/kernel/mm/transparent_hugepage/enabled"), Path("/proc/self/smaps")
    return platform.libc_ver()[0] == "glibc" and setting.exists() and "VmFlags" in told.read_text()


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
    """Without, a step faults in up to all of its pages again; whether it does depends on what else
    lies on the heap."""
    assert (
        int(
            subprocess.run(
                [sys.executable, "-c", FAULTS], cwd=root, capture_output=True, text=True, check=True
            ).stdout
        )
        < 100
    )


HUGE = """
import re
from pathlib import Path
from trevsnn_lite.allocation import keep_freed_memory
assert keep_freed_memory()
areas = re.split(r"\\n(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text())
asked = [area for area in areas if area.splitlines()[0].endswith("[heap]") and " hg" in area.split("VmFlags:")[1]]
print(sum(int(re.search(r"Size: +(\\d+) kB", area)[1]) for area in asked) // 1024)
"""


@pytest.mark.skipif(
    not _tells_of_huge_pages(), reason="a system that knows no huge pages, or does not tell"
)
def test_a_gigabyte_of_the_heap_asks_for_huge_pages(root):
    """Whether it gets them is the system's affair: its memory may be in pieces."""
    assert (
        int(
            subprocess.run(
                [sys.executable, "-c", HUGE], cwd=root, capture_output=True, text=True, check=True
            ).stdout
        )
        >= 1000
    )


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
    assert (
        asked[-3] == 32 * 2**20
        and (refused == -3 or asked[-1] == 2**31 - 1)
        and ("huge" in asked) is (refused is None)
    )


def test_elsewhere_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda name: pytest.fail("called"))
    assert allocation.keep_freed_memory() is False
