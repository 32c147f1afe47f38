"""Whether a process that does not answer is slow itself, or waits for a machine that is busy with
other programs. Linux says so for every thread: how long it had a processor, and how long it stood
in the line for one."""

import os
import pathlib
import time
from contextlib import suppress

# A process is waited for no longer, however busy the machine is: times its seconds, or seconds.
MOST, LEAST = 5, 600.0
TICKS = os.sysconf("SC_CLK_TCK")


class Share:
    """So many seconds for a process and its children, from now: seconds of the clock, less those in
    which it stood in line for a processor. Where the system does not tell these, seconds of the
    clock. Has the `left` of a transport.Deadline."""

    def __init__(self, process: int, seconds: float):
        self.process, self.seconds, self.begin = process, seconds, time.monotonic()
        self.end = self.begin + seconds
        self.last = self.begin + max(MOST * seconds, LEAST)
        self.first, self.waits = used_and_waits(process)
        self.used, self.busy = 0.0, False

    def left(self) -> float:
        """Seconds left, as far as one can know; 0 when they are over, and then `used` is the
        processor time taken, and `busy` says that the machine did not give it its share."""
        now = time.monotonic()
        if now < self.end:
            return self.end - now
        used, waits = used_and_waits(self.process)
        self.used = max(0.0, used - self.first)
        waited = max((wait - self.waits.get(n, 0.0) for n, wait in waits.items()), default=0.0)
        # Children that stand in each other's way have had their share, all together.
        had = max(self.used, now - self.begin - waited)
        missing = self.seconds - had
        # Every process waits a little: a tenth is no busy machine.
        if missing <= 0.1 * self.seconds:
            return 0.0
        self.busy = now >= self.last
        if self.busy:
            return 0.0
        self.end = min(now + missing, self.last)
        return max(self.end - now, 0.01)


def used_and_waits(process: int) -> tuple[float, dict[int, float]]:
    """Of a process and its children: seconds of processor time, and for each thread the seconds in
    line. (0, {}) where the system has no /proc."""
    used, waits, waiting = 0.0, {}, [process]
    while waiting:
        folder = pathlib.Path(f"/proc/{waiting.pop()}")
        with suppress(OSError, ValueError, IndexError):  # it may have ended meanwhile
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            used += sum(map(int, fields[11:15])) / TICKS  # its own and its ended children's
            for task in (folder / "task").iterdir():
                waits[int(task.name)] = int((task / "schedstat").read_text().split()[1]) / 1e9
                waiting += map(int, (task / "children").read_text().split())
    return used, waits
