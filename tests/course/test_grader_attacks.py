"""Attacks on the grader from within a notebook, each with what must come of it: behind each wall
that this system can build. They run as whoever runs the tests; a slow test runs them as an
ordinary user where that is root."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

import pytest

from classroom import guard
from tests.course.grader_kit import ROOT, Room, tools

# name -> code that leaves what it reached in `got`; an error means that it reached nothing.
# Known to it: LIBRARY, PREFIX, BASE, PAPERS, OUT, ROOT, HOME, GRADER (a process), PORT.
ATTACKS = {
    # the library, for all who are graded later
    "a file in the library's copy": "open(LIBRARY + '/classroom/own.py', 'w'); got = 1",
    "the grader's part rewritten": "open(LIBRARY + '/classroom/student_process.py', 'a'); got = 1",
    "its rights changed": "os.chmod(LIBRARY + '/classroom', 0o777); got = 1",
    "the library moved away": "os.rename(LIBRARY + '/trevsnn_lite', LIBRARY + '/gone'); got = 1",
    "another link to the data": "os.unlink(LIBRARY + '/data'); os.symlink('/tmp', LIBRARY + '/data'); got = 1",
    "the data changed": "open(sorted(glob.glob(LIBRARY + '/data/*.json'))[0], 'a'); got = 1",
    # the teacher's environment
    "a .pth file": "open(SITE + '/own.pth', 'w'); got = 1",
    "sitecustomize": "open(SITE + '/sitecustomize.py', 'w'); got = 1",
    "a poisoned .pyc": "open(SITE + '/torch/__pycache__/own.pyc', 'w'); got = 1",
    "torch itself": "open(SITE + '/torch/__init__.py', 'a'); got = 1",
    "Python's own library": "open(os.__file__, 'a'); got = 1",
    "the interpreter": "open(os.path.realpath(sys.executable), 'ab'); got = 1",
    "a hard link to its outside": "os.link(SITE + '/torch/__init__.py', HOME + '/x'); open(HOME + '/x', 'a'); got = 1",
    # papers, results, solutions, files of the teacher
    "other papers": "got = os.listdir(PAPERS)",
    "the results": "open(OUT + '/grades.csv', 'w'); got = 1",
    "the checkout": "got = [name for name in os.listdir(ROOT) if name not in ('.venv', 'data')] or os.listdir(ROOT + '/chapters')",
    "solutions": "from trevsnn_lite.course.exercise import find; got = find('07.a').solution",
    "solutions in a wheel beside": "import trevsnn_lite.course.exercises.ch07 as got",
    "the home folder": "names = os.listdir(TEACHER); got = [n for n in names if not (PREFIX + BASE).count(n)] or None",
    "the account's secrets": "got = open('/etc/shadow').read() + open('/etc/passwd').read()",
    "the environment": "got = [name for name in os.environ if name in ('SECRET', 'LD_PRELOAD', 'PYTHONSTARTUP')] or None",
    "the grader's temporary folder": "got = [n for n in os.listdir('/tmp') if 'trevsnn-room' not in n and n != 'home' and not (PREFIX + BASE + LIBRARY).count(n)] or None",
    "through /proc/1/root": "got = os.listdir('/proc/1/root' + PAPERS)",
    "through an inherited descriptor": "got = [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if 'socket' not in (os.readlink(f'/proc/self/fd/{n}') if os.path.lexists(f'/proc/self/fd/{n}') else 'socket') and not os.readlink(f'/proc/self/fd/{n}').startswith(('/dev/null', '/proc', 'pipe', 'anon'))] or None",
    # other processes
    "a list of processes": "got = [n for n in os.listdir('/proc') if n.isdigit() and int(n) > 60] or None",
    "a signal to the grader": "os.kill(GRADER, 0) if GRADER > 60 else 1 / 0; got = 1",
    "a signal to all": "pid = os.fork()\nif pid == 0:\n    time.sleep(9)\n    os._exit(0)\nos.kill(pid, 9); got = open(f'/proc/{GRADER}/comm').read()",
    "ptrace": "got = 1 if libc.ptrace(16, GRADER, 0, 0) == 0 else None",
    "its memory": "open(f'/proc/{GRADER}/mem', 'r+b'); got = 1",
    "a note that an earlier one left in the kernel": "found = libc.syscall(CALLS[1], b'user', b'trevsnn-note', None, 0); left = libc.syscall(CALLS[0], b'user', b'trevsnn-note', b'x', 1, -4); assert left > 0; got = 1 if found > 0 else None",
    "a higher place in the line": "os.nice(-5); got = 1",
    # the wall itself
    "umount": "got = any(libc.umount2(p.encode(), 2) == 0 for p in (PREFIX, BASE, LIBRARY, '/usr')) or None",
    "remount": "got = any(libc.mount(b'none', p.encode(), None, 4096 | 32, None) == 0 for p in (PREFIX, LIBRARY, '/usr', '/')) or None",
    "umount in a user namespace of its own": "done = subprocess.run(['unshare', '-rm', 'sh', '-c', f'umount -l {LIBRARY}; umount -l {PREFIX}; mount -o remount,bind,rw {LIBRARY}; touch {LIBRARY}/own; mount -o remount,bind,rw /; touch /own; ls {LIBRARY}/own /own; ls {PAPERS}'], capture_output=True, text=True); got = done.stdout.strip() or None",
    "a new proc": "done = subprocess.run(['unshare', '-rmpf', 'sh', '-c', 'mount -t proc proc /proc && ls -d /proc/[0-9]* | wc -l'], capture_output=True, text=True); got = done.stdout.strip() if int(done.stdout.strip() or 0) > 8 else None",
    "chroot": "os.chroot('/proc/1/root'); got = 1",
    "another root by pivot_root": "got = 1 if libc.syscall(CALLS[2], b'/tmp', b'/tmp') == 0 else None",
    "a disk of its own": "os.mknod(HOME + '/disk', 0o60600, os.makedev(254, 0)); open(HOME + '/disk', 'rb').read(1); got = 1",
    "the kernel's settings": "open('/proc/sys/kernel/core_pattern', 'w').write('|/bin/sh'); got = 1",
    "the system request key": "open('/proc/sysrq-trigger', 'w').write('h'); got = 1",
    "a setuid program": "done = subprocess.run(['su', '-c', 'id -u'], capture_output=True, text=True, stdin=subprocess.DEVNULL); got = done.stdout if done.returncode == 0 else None",
    "to be root": "os.setuid(0) if os.getuid() else 1 / 0; got = os.getuid() == 0",
    "a file outside of its room": "got = [p for p in ('/', '/usr', '/dev', '/etc', '/var', '/opt', '/home') if not subprocess.run(['touch', p + '/own'], capture_output=True).returncode] or None",
    # the network
    "a server of the grader": "socket.create_connection(('127.0.0.1', PORT), 2); got = 1",
    "another interface": "got = [name for _, name in socket.if_nameindex() if name != 'lo'] or None",
    "the grader's abstract socket": "s = socket.socket(socket.AF_UNIX); s.connect('\\0trevsnn-attack-%d' % PORT); got = 1",
    "the system's sockets": "got = [p for p in glob.glob('/run/*') + glob.glob('/var/run/*') + glob.glob('/tmp/.X11-unix/*')] or None",
    # limits
    "a higher limit": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1)); got = 1",
    "a core of its crash": "pid = os.fork()\nif pid == 0:\n    os.abort()\nos.waitpid(pid, 0); got = glob.glob('core*') + glob.glob(HOME + '/core*') + glob.glob('/tmp/core*') or None",
    "300 processes": "pids = []\ntry:\n    for _ in range(300):\n        pid = os.fork()\n        if pid == 0:\n            time.sleep(30)\n            os._exit(0)\n        pids.append(pid)\nexcept OSError:\n    pass\nfor pid in pids:\n    os.kill(pid, 9)\n    os.waitpid(pid, 0)\ngot = len(pids) if len(pids) >= 300 else None",
    "a room of any size": "n = 0\ntry:\n    for n in range(40):\n        with open(f'{HOME}/big{n}', 'wb') as file:\n            for _ in range(16):\n                file.write(bytes(2**20))\nexcept OSError:\n    pass\nfor name in glob.glob(HOME + '/big*'):\n    os.unlink(name)\ngot = n if n > 20 else None",
}
LOOK = """
import ctypes, glob, os, resource, socket, subprocess, sys, sysconfig, time
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = libc.syscall.restype = ctypes.c_long
# add_key, request_key, pivot_root
CALLS = {{"x86_64": (248, 249, 155)}}.get(os.uname().machine, (217, 218, 41))
SITE = sysconfig.get_paths()["purelib"]
seen = {{}}
for name, code in {attacks!r}.items():
    space = dict(globals(), got=None)
    try:
        exec(code, space)
        seen[name] = repr(space["got"])[:300]
    except (OSError, ImportError, KeyError, ZeroDivisionError, ValueError) as error:
        seen[name] = "None"  # refused; any other error is one of this test
"""
# Of these it is safe to see that they work where there is no wall.
HARMLESS = (
    "other papers",
    "the checkout",
    "the grader's temporary folder",
    "a list of processes",
    "a signal to the grader",
    "a signal to all",
    "a server of the grader",
    "the grader's abstract socket",
)


@contextlib.contextmanager
def servers():
    """The port of a server of ours, beside which an abstract socket waits."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as other:
        port = server.getsockname()[1]
        other.bind(f"\0trevsnn-attack-{port}")
        other.listen()
        yield port


def reached(room: Room, port: int, attacks: dict[str, str] = ATTACKS) -> dict[str, str]:
    """The attacks of which something came: {} for none."""
    places = {
        "LIBRARY": str(room.library),
        "PREFIX": sys.prefix,
        "BASE": sys.base_prefix,
        "PAPERS": str(room.papers),
        "OUT": str(room.out),
        "ROOT": str(ROOT),
        "HOME": room.wall.home if room.wall else str(room.process.folder),
        "TEACHER": str(pathlib.Path.home()),
        "GRADER": os.getpid(),
        "PORT": port,
    }
    code = "".join(f"{name} = {value!r}\n" for name, value in places.items())
    seen = room.seen(code + LOOK.format(attacks=attacks))
    assert list(seen) == list(attacks)
    return {name: got for name, got in seen.items() if got != "None"}


@pytest.mark.parametrize("tool", tools())
def test_no_attack_from_a_notebook_reaches_anything(tool, monkeypatch):
    for name in ("SECRET", "LD_PRELOAD", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, "")
    with Room(tool) as room, servers() as port:
        held = guard.Guard((room.library,), guard.start_folders())
        before = sorted(room.folder.rglob("*"))
        assert reached(room, port) == {}
        held.verify("in the test")
        assert sorted(room.folder.rglob("*")) == before, "nothing of what it wrote is outside"


def test_without_a_wall_these_attacks_work():
    """Else the test above would say nothing."""
    with Room("") as room, servers() as port:
        harmless = {name: ATTACKS[name] for name in HARMLESS}
        assert reached(room, port, harmless).keys() == harmless.keys()


# In a mount space of its own, where an ordinary user may walk to Python: bind it away, lay an open
# folder over the closed one, bind it back.
ORDINARY = """
set -e
base=$1 closed=$2 home=$3
shift 3
if [ "$closed" ]; then
    mkdir "$home/python"
    mount --bind "$base" "$home/python"
    mount -t tmpfs -o mode=755 none "$closed"
    mkdir -p "$base"
    mount --bind "$home/python" "$base"
    umount "$home/python"
fi
exec setpriv --reuid 12345 --regid 12345 --clear-groups --inh-caps=-all --bounding-set=-all "$@"
"""


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="the tests above ran as an ordinary user")
def test_no_attack_reaches_anything_where_an_ordinary_user_grades():
    def closed(path: str) -> str:
        ways = [*reversed(pathlib.Path(path).parents), pathlib.Path(path)]
        return next((str(way) for way in ways if not way.stat().st_mode & 1), "")

    if closed(str(ROOT)) or closed(sys.prefix) or not tools():
        pytest.skip("an ordinary user cannot walk to this checkout")
    home = tempfile.mkdtemp(prefix="trevsnn-user-", dir="/tmp")
    try:
        for place in (home, f"{home}/home", f"{home}/tmp"):
            os.makedirs(place, exist_ok=True)
            os.chown(place, 12345, 12345)
        pathlib.Path(home, "home", "key").write_text("secret")
        command = ["unshare", "--mount", "sh", "-c", ORDINARY, "sh", sys.base_prefix]
        command += [closed(sys.base_prefix), home, "env", f"HOME={home}/home", f"TMPDIR={home}/tmp"]
        command += ["PYTHONDONTWRITEBYTECODE=1", sys.executable, "-m", "pytest", "-q", "-rs"]
        command += ["-p", "no:cacheprovider", f"--basetemp={home}/tmp/tests", "-k", "no_attack"]
        done = subprocess.run([*command, __file__], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{len(tools())} passed" in done.stdout, done.stdout
    finally:
        shutil.rmtree(home)
