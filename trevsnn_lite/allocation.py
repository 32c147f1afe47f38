"""Memory that a training step frees is what the next one needs: have the allocator keep it rather
than give it back to the system, and hold it in large pages."""

import ctypes
import mmap
import platform
from pathlib import Path

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # of glibc's malloc.h
LARGEST_MMAP_THRESHOLD = 32 * 2**20  # bytes, the most that glibc takes
HEAP = (
    2**30
)  # bytes of address space that the heap is given at once; only what is used takes memory
HUGE_PAGE = 2**21
MAPS = Path("/proc/self/maps")


def keep_freed_memory() -> bool:
    """Tell glibc to serve tensors below 32 MB from its heap and never to shrink it, and Linux to
    back the first GB of that heap with pages of 2 MB: up to a fifth
    off a step on CPUs, which would else fault each page in again, and look up the addresses of 512
    pages for one.

    Whether freed memory is kept: False on systems without glibc. The process then holds on to the
    most memory that it ever used."""
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    kept = bool(
        libc.mallopt(M_MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD)
        and libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    )
    if kept and hasattr(mmap, "MADV_HUGEPAGE") and MAPS.exists():
        _use_huge_pages(libc)
    return kept


def _use_huge_pages(libc: ctypes.CDLL) -> None:
    """Grow the heap by HEAP bytes, and ask for huge pages there. Where the system says no, nothing
    is lost."""
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    libc.mallopt(M_TOP_PAD, HEAP)
    libc.free(libc.malloc(LARGEST_MMAP_THRESHOLD // 2))
    libc.mallopt(M_TOP_PAD, mmap.PAGESIZE * 32)  # glibc's own
    for line in MAPS.read_text().splitlines():
        if line.endswith("[heap]"):
            start, end = (int(address, 16) for address in line.split()[0].split("-"))
            start = -(-start // HUGE_PAGE) * HUGE_PAGE
            if end - start >= HUGE_PAGE:
                libc.madvise(start, end - start, mmap.MADV_HUGEPAGE)
