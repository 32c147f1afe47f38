"""Fetch the course's packages for laptops without a network: `python fetch_packages.py` beside
packages.txt, on a machine that has one. It fills wheels/linux, wheels/windows and wheels/macos.

Torch comes from its own index of CPU builds: from PyPI it would bring 3 GB of NVIDIA's libraries to
Linux, and pip, which reads the conditions of packages for the machine that it runs on, would ask
for these for Windows too. For the same reason it is told of what one system alone needs."""

import argparse
import pathlib
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CPU = "https://download.pytorch.org/whl/cpu"
TORCH = ("torch", "torchvision", "torchaudio")  # spikingjelly asks for all three
# Tags that pip takes for each system, the newest first, and packages that it alone asks for.
SYSTEMS = {
    "linux": (
        [*(f"manylinux_2_{n}_x86_64" for n in range(28, 4, -1)), "manylinux2014_x86_64"],
        ["pexpect"],
    ),
    "windows": (["win_amd64"], ["colorama", "pywinpty", "tzdata"]),
    "macos": (["macosx_14_0_arm64"], ["appnope", "pexpect"]),
}


def commands(system: str, python: str, folder: pathlib.Path = HERE) -> list[list[str]]:
    """pip's two commands for a system and a Python version ("3.12"): torch, then the rest."""
    platforms, alone = SYSTEMS[system]
    out = str(folder / "wheels" / system)
    pip = [sys.executable, "-m", "pip", "download", "--only-binary=:all:", "--dest", out]
    pip += ["--python-version", python, "--implementation", "cp"]
    pip += [f"--abi={abi}" for abi in (f"cp{python.replace('.', '')}", "abi3", "none")]
    pip += [f"--platform={platform}" for platform in platforms]
    pip += ["--constraint", str(folder / "constraints.txt")]
    rest = ["--find-links", out, "--requirement", str(folder / "packages.txt"), *alone]
    return [[*pip, "--no-deps", "--index-url", CPU, *TORCH], [*pip, *rest]]


def main(arguments: list[str] | None = None) -> int:
    """Fetch; 0 all are there, 1 pip failed for some system."""
    parser = argparse.ArgumentParser(
        prog="python fetch_packages.py", description="Fetches the packages as files, by pip."
    )
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument(
        "--python", default=own, help="the laptops' version of Python (default: %(default)s)"
    )
    parser.add_argument("--dry-run", action="store_true", help="print pip's commands alone")
    given = parser.parse_args(arguments)
    failed = []
    for system in given.systems:
        for command in commands(system, given.python):
            print(shlex.join(command), flush=True)
            if not given.dry_run and subprocess.run(command).returncode:
                failed.append(system)
                break
    if failed:
        print(f"Not fetched: {', '.join(failed)}. pip's last lines say why.", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
