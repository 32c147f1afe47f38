"""Inside the wall, before any notebook: try what a notebook must not be able to do. Prints a list
of what succeeded as JSON; the grader believes no wall that this program gets through."""

import contextlib
import json
import os
import socket
import sys


def faults(task: dict) -> list[str]:
    """What is wrong, in words. `task` has `shown`, `secret`, `rooms`: paths; `home`; `port` of a
    server of the grader's."""
    return [
        *(
            f"it can write in {path}"
            for path in task["shown"]
            if os.path.isdir(path)
            if _writes(path)
        ),
        *(f"it can write on {path}" for path in _open_mounts(task["rooms"])),
        *(f"it sees {path}" for path in task["secret"] if _sees(path, task["shown"])),
        *(["it reaches the network"] if _reaches(task["port"]) else []),
        *(["it sees other processes"] if _processes() > 4 else []),
        *_rights(),
        *([] if _writes(task["home"]) else [f"it cannot write in {task['home']}, its own room"]),
    ]


def _writes(folder: str) -> bool:
    name = os.path.join(folder, ".probe")
    try:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    except OSError:
        return False
    os.unlink(name)
    return True


def _open_mounts(rooms: list[str]) -> list[str]:
    """Mounts that can be written, beyond the rooms and the kernel's own."""
    found = []
    with open("/proc/self/mountinfo") as lines:
        for line in lines:
            before, _, after = line.partition(" - ")
            target, options = before.split()[4:6]
            kernel = after.split()[0] in ("proc", "devpts") or (
                target.startswith("/dev/") and not os.path.isdir(target)
            )
            if options.split(",")[0] == "rw" and not kernel and target not in rooms:
                found.append(target)
    return found


def _sees(path: str, shown: list[str]) -> bool:
    """Whether anything of a secret place is there but the way to a folder that is shown."""
    if not os.path.isdir(path):
        return os.path.lexists(path)
    way = {
        one[len(path) :].strip("/").partition("/")[0]
        for one in shown
        if one.startswith(path.rstrip("/") + "/")
    }
    try:
        return bool(set(os.listdir(path)) - way)
    except OSError:
        return False


def _reaches(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2):
        return True
    return {name for _, name in socket.if_nameindex()} - {"lo"} != set()


def _processes() -> int:
    return sum(name.isdigit() for name in os.listdir("/proc"))


def _rights() -> list[str]:
    with open("/proc/self/status") as lines:
        status = dict(line.split(":", 1) for line in lines)
    with open("/proc/self/uid_map") as lines:
        outside = [int(line.split()[1]) for line in lines]
    root = os.getuid() == 0 and outside == [0]
    held = [name for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb") if int(status[name], 16)]
    return [
        *(["it has privileges"] if held else []),
        *(["it can gain privileges"] if status["NoNewPrivs"].strip() != "1" else []),
        *(["it is root"] if root else []),
    ]


if __name__ == "__main__":
    print(json.dumps(faults(json.loads(sys.argv[1]))))
