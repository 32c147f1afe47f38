"""Is this laptop ready for the course? `python check_laptop.py` beside packages.txt, in the
environment of the course; `make check-laptop` in a checkout.

Prints a line for each thing it tries; 0 ready, 1 not ready. It starts with the standard library
alone and with any Python 3, so that it can say what is missing."""

import importlib
import os
import pathlib
import platform
import re
import runpy
import shutil
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
OLDEST = (3, 11)
DISK, MEMORY = 2, 4  # GB: free for notebooks and the cache of a browser; in the machine
# How to get what is missing, as the README beside this file says it.
INSTALL = "python -m pip install -r packages.txt"


def names(here=HERE):
    """The packages to look for: packages.txt in an edition, the library's list in a checkout."""
    listed, library = here / "packages.txt", here.parent / "trevsnn_lite/course/packages.py"
    if listed.is_file():
        lines = listed.read_text("utf8").splitlines()
        return [re.split(r"[<>=!~ ;]", line)[0] for line in lines if line and line[0] not in "#-"]
    if library.is_file():
        return runpy.run_path(str(library))["every"]()
    raise FileNotFoundError(
        "packages.txt is missing: run check_laptop.py in the folder that it came in."
    )


def python(version=sys.version_info, bits=None):
    """(is it well, a sentence) on the Python that runs this."""
    bits = bits or (64 if sys.maxsize > 2**32 else 32)
    found = f"Python {version[0]}.{version[1]}, {bits} bits"
    if tuple(version[:2]) < OLDEST or bits < 64:
        return False, (
            f"{found}: the course needs Python 3.11 or newer, 64 bits. Install one from "
            "python.org, and make the environment with it."
        )
    return True, found + "."


def packages(wanted):
    """(is it well, a sentence) on whether each package can be imported, and not only found."""
    broken = {}
    for name in wanted:
        try:
            importlib.import_module(name)
        except ImportError as error:
            broken[name] = "is not installed" if error.name == name else str(error)
        except Exception as error:  # a library that lacks a part of the system says so in any way
            broken[name] = f"cannot start: {error}"
    if not broken:
        return True, f"All {len(wanted)} packages can be imported."
    told = "; ".join(f"{name} {why.splitlines()[0]}" for name, why in broken.items())
    return False, f"{told}. In the course's environment type: {INSTALL}"


def library():
    """(is it well, a sentence) on the course's own library."""
    try:
        found = importlib.import_module("trevsnn_lite")
        importlib.import_module("trevsnn_lite.course")
    except Exception as error:
        return False, (
            f"trevsnn_lite cannot be imported ({error}). Install the file trevsnn_lite-....whl "
            "that lies beside this one, as README.md says."
        )
    return True, f"trevsnn_lite is in {pathlib.Path(found.__file__).parent}."


def disk(free=None):
    """(is it well, a sentence) on the disk."""
    free = shutil.disk_usage(str(HERE)).free if free is None else free
    well = free >= DISK * 1e9
    return well, "{:.1f} GB of disk are free{}".format(
        free / 1e9, "." if well else f"; make room until it is {DISK} GB."
    )


def memory(size=None):
    """(is it well, a sentence) on the memory; a system that does not tell is let pass."""
    size = installed_memory() if size is None else size
    if not size:
        return True, "This system does not tell how much memory it has; 4 GB are enough."
    well = size >= 0.9 * MEMORY * 1e9  # a machine sold with 4 GB shows a little less
    return well, "{:.1f} GB of memory{}".format(
        size / 1e9,
        "." if well else f": some chapters will not fit in. Share a laptop that has {MEMORY} GB.",
    )


def installed_memory():
    """Bytes of memory in the machine, 0 where unknown."""
    if hasattr(os, "sysconf"):
        try:
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (ValueError, OSError):
            return 0
    try:
        import ctypes

        status = (ctypes.c_ulonglong * 8)(64)  # MEMORYSTATUSEX: its size, then its sizes in bytes
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return status[1]
    except (ImportError, AttributeError, OSError):
        return 0


def training():
    """(is it well, a sentence) on one small training step of the course's network."""
    try:
        import torch

        from trevsnn_lite import TRevSNN, preset

        torch.set_num_threads(1)
        torch.manual_seed(0)
        started = time.time()
        net = TRevSNN(preset("fashion-mini", widths=(4, 6), stem_stride=4), seed=0)
        optimiser = torch.optim.SGD(net.parameters(), lr=0.01)
        images, labels = torch.rand(4, 1, 28, 28), torch.arange(4)
        loss = torch.nn.functional.cross_entropy(net(images).mean(0), labels)
        loss.backward()
        optimiser.step()
        assert torch.isfinite(loss) and all(torch.isfinite(p).all() for p in net.parameters())
    except Exception as error:
        return False, f"A training step failed: {type(error).__name__}: {error}"
    return True, f"A training step ran, in {time.time() - started:.1f} s."


def main():
    """Try everything that can be tried; 0 ready, 1 not ready."""
    print(f"This laptop: {platform.system()} {platform.release()}, {platform.machine()}")
    verdicts = []

    def tell(verdict):
        verdicts.append(verdict[0])
        print("{} {}".format("ok     " if verdict[0] else "NOT YET", verdict[1]), flush=True)
        return verdict[0]

    try:
        wanted = names()
    except FileNotFoundError as error:
        print(error)
        return 1
    tell(disk())
    tell(memory())
    if tell(python()) and tell(packages(wanted)) and tell(library()):
        tell(training())
    print("Ready." if all(verdicts) else "Not ready: see NOT YET above, then run this again.")
    return int(not all(verdicts))


if __name__ == "__main__":
    sys.exit(main())
