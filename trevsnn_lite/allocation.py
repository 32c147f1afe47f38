"""Memory that a training step frees is what the next one needs: have the allocator keep it rather than give it back to the system, page by page."""

import ctypes
import platform

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
LARGEST_MMAP_THRESHOLD = 32 * 2**20  # bytes, the most that glibc takes


def keep_freed_memory() -> bool:
    """Tell glibc to serve tensors below 32 MB from its heap and never to shrink it: up to a fifth off a step on CPUs, which would else fault each page in again.

    Whether it did: False on systems without glibc. The process then holds on to the most memory that it ever used."""
    if platform.libc_ver()[0] != "glibc":
        return False
    malloc = ctypes.CDLL(None)
    return bool(malloc.mallopt(M_MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD) and malloc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
