"""The wall round a student's process: a file system of its own in which the libraries are read-only
and nothing else of the teacher's is there, no network, no other process, no privilege.

bubblewrap builds it where it is installed, `unshare` and `mount` of util-linux where it is not. No
wall is believed: a probe inside it (probe.py) tries what it must prevent before the first notebook
runs."""

import itertools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

ROOM = "/tmp"  # the one folder that can be written, in memory, gone with the process
HOME = "/tmp/home"
SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/localtime",
)
# The interpreter without links on its way: only what is shown is there. The last name stays as it
# is, a link out of a virtual environment.
PYTHON = str(pathlib.Path(sys.executable).parent.resolve() / pathlib.Path(sys.executable).name)
# Accounts that nothing belongs to. Each process of root's gets another, so that none finds what an
# earlier one has left in the kernel, such as keys.
STRANGERS = itertools.count(2_000_000_000 + os.getpid() * 1000 % 100_000_000)
# bubblewrap's work in mount's words. Each argument pair or triple is a line of View.lines.
SCRIPT = r"""
set -e
umask 022
PATH=$PATH:/usr/sbin:/sbin
new=$1 size=$2 home=$3 own=$4
shift 4
mount -t tmpfs -o mode=755,size=1m none "$new"
place() {
    if [ -d "$1" ]; then mkdir -p "$new$1"; else mkdir -p "$new${1%/*}"; : > "$new$1"; fi
}
room() { mkdir -p "$new$1"; mount -t tmpfs -o "nosuid,nodev,mode=1777,size=$size" none "$new$1"; }
closed() {
    findmnt -Rrno TARGET,VFS-OPTIONS "$1" | while read -r target options; do
        mount -o "remount,bind,ro${options#r[ow]}" "$(printf %b "$target")"
    done
}
for device in null zero full random urandom; do
    place /dev/$device
    mount --bind /dev/$device "$new/dev/$device"
done
ln -s /proc/self/fd "$new/dev/fd"
room /dev/shm
room /tmp
mkdir -p "$new$home" "$new/proc"
chmod 1777 "$new$home"
mount -t proc -o nosuid,nodev,noexec none "$new/proc"
if [ "$own" ]; then echo 0 > "$new/proc/sys/user/max_user_namespaces"; fi
while [ "$1" != -- ]; do
    case $1 in
        link) ln -s "$2" "$new$3"; shift ;;
        show) place "$2"; mount --rbind "$2" "$new$2"; closed "$new$2" ;;
        cover) mount -t tmpfs -o mode=755,size=64k none "$new$2" ;;
        close) mount -o remount,bind,ro "$new$2" ;;
    esac
    shift 2
done
shift
mount -o remount,bind,ro "$new"
cd "$new"
pivot_root . .
umount -l .
cd "$home"
exec "$@"
"""


class NoWall(Exception):
    """This system builds none; the message says why, tool by tool."""


@dataclass(frozen=True)
class View:
    """What a student's process sees of the machine: `shown` read-only, `covered` empty (only what
    would else be seen inside of `shown`), `secret` not at all. `size` is that of its room in
    bytes."""

    shown: tuple[pathlib.Path, ...]
    secret: tuple[pathlib.Path, ...] = ()
    size: int = 256 * 2**20

    @property
    def covered(self) -> tuple[pathlib.Path, ...]:
        return tuple(
            path
            for path in dict.fromkeys(self.secret)
            if path.is_dir()
            and any(path.is_relative_to(one) for one in self.places)
            and not any(one.is_relative_to(path) for one in self.shown)
        )

    @property
    def places(self) -> tuple[pathlib.Path, ...]:
        """`shown` and the system's own folders, each once, links left out."""
        system = [pathlib.Path(name) for name in SYSTEM]
        found = [path for path in (*system, *self.shown) if path.exists()]
        return tuple(dict.fromkeys(path for path in found if path not in self.links))

    @property
    def links(self) -> dict[pathlib.Path, str]:
        """/bin and the like, where they are links into /usr."""
        return {
            path: os.readlink(path)
            for path in map(pathlib.Path, SYSTEM)
            if path.is_symlink() and path.parent == pathlib.Path("/")
        }

    def lines(self) -> list[tuple[str, ...]]:
        """("link", target, path), ("show", path), ("cover", path), ("close", path), outer folders
        before inner ones."""
        mounts = [("show", path) for path in self.places]
        mounts += [("cover", path) for path in self.covered]
        mounts.sort(key=lambda line: len(line[1].parts))
        return [
            *(("link", target, str(path)) for path, target in self.links.items()),
            *((kind, str(path)) for kind, path in mounts),
            *(("close", str(path)) for path in self.covered),
        ]


@dataclass(frozen=True)
class Wall:
    """`tool` is who builds it, with `words`."""

    tool: str
    words: tuple[str, ...] = field(repr=False)
    home: str = HOME

    def command(self) -> tuple[str, ...]:
        """What goes in front of one program: the wall, and behind it the loss of all rights."""
        return (*self.words, *_plain())


def build(view: View, empty: pathlib.Path, probe: pathlib.Path) -> Wall:
    """The first wall that stands the probe. `empty` is an empty folder, `probe` the program, in a
    folder that is shown. Raises NoWall."""
    faults = []
    for tool, words in (("bubblewrap", _bubblewrap(view)), ("unshare", _unshare(view, empty))):
        program = shutil.which(words[0])
        wall = Wall(tool, (program or "", *words[1:]))
        fault = tried(wall, view, probe) if program else "it is not installed"
        if not fault:
            return wall
        faults.append(f"{tool}: {fault}")
    raise NoWall("; ".join(faults))


def tried(wall: Wall, view: View, probe: pathlib.Path) -> str:
    """What the probe found wrong with a wall, in words; "" for nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.NamedTemporaryFile() as near:
        task = {
            "port": server.getsockname()[1],
            "shown": [str(path) for path in view.places],
            "secret": [*map(str, view.secret), near.name, str(pathlib.Path.home())],
            "rooms": [ROOM, "/dev/shm"],
            "home": HOME,
        }
        try:
            done = subprocess.run(
                [*wall.command(), PYTHON, "-I", str(probe), json.dumps(task)],
                capture_output=True,
                text=True,
                timeout=60,
                stdin=subprocess.DEVNULL,
                env={"PATH": os.defpath},
            )
            return "; ".join(json.loads(done.stdout.splitlines()[-1]))
        except subprocess.TimeoutExpired:
            return "it did not answer"
        except (IndexError, ValueError, TypeError):
            return (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]


def _plain() -> tuple[str, ...]:
    """Nobody keeps a right, and root becomes somebody else."""
    one = str(next(STRANGERS))
    other = ("--reuid", one, "--regid", one, "--clear-groups") if os.getuid() == 0 else ()
    rights = ("--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs")
    return ("setpriv", *rights, *other)


def _bubblewrap(view: View) -> tuple[str, ...]:
    root = os.getuid() == 0
    size = ("--perms", "1777", "--size", str(view.size), "--tmpfs")
    words: list[str] = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-net"]
    words += ["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if root:
        words += ["--cap-drop", "ALL"]
        for right in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            words += ["--cap-add", right]
    else:
        words += ["--unshare-user", "--disable-userns"]
    words += ["--proc", "/proc", "--dev", "/dev", *size, "/dev/shm", *size, ROOM]
    words += ["--perms", "1777", "--dir", HOME]
    for kind, *paths in view.lines():
        if kind == "link":
            words += ["--symlink", *paths]
            continue
        # bubblewrap makes the folders on the way for their owner alone.
        for parent in reversed(pathlib.Path(paths[0]).parents[:-1]):
            words += ["--perms", "0755", "--dir", str(parent)]
        if kind == "show":
            words += ["--ro-bind", paths[0], paths[0]]
        elif kind == "cover":
            words += ["--perms", "0755", "--tmpfs", paths[0]]
        else:
            words += ["--remount-ro", paths[0]]
    return (*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME)


def _unshare(view: View, empty: pathlib.Path) -> tuple[str, ...]:
    own = () if os.getuid() == 0 else ("--user", "--map-root-user")
    spaces = ("--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child")
    words = [word for line in view.lines() for word in line]
    script = ("sh", "-c", SCRIPT, "sh", str(empty), str(view.size), HOME, "".join(own))
    return ("unshare", *own, *spaces, *script, *words, "--")
