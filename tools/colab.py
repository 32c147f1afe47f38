"""A stand-in for a Colab runtime, or for a bare Jupyter, without a network: a fresh environment
that shares torch and the rest with this one, and not the book's library."""

import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable

from packaging.requirements import Requirement

OWN = "trevsnn-lite"
# Installed here, and not in Colab: a chapter's set-up must bring those that it needs. `onnx_ir` and
# the like are what the others rest on.
ABSENT = (
    "onnx",
    "onnx-ir",
    "onnxruntime",
    "onnxscript",
    "spikingjelly",
    "loguru",
    "SciencePlots",
    "tonic",
    "importRosbag",
    "expelliarmus",
    "nbval",
    "jupyter-book",
)
# What a bare Jupyter has: a kernel, torch (as every place where it is taught has it), and no more.
BARE = ("ipykernel", "nbclient", "nbformat", "pip", "torch", "numpy")
NO_NETWORK = (("unshare", "--user", "--map-root-user", "--net"), ("unshare", "--net"))
DEAD = "http://127.0.0.1:9"  # the discard port: a request that goes there fails at once


def closure(names: Iterable[str]) -> set[str]:
    """`names` and all installed packages that they rest on, in lower case, with dashes."""
    found, open_ = set(), list(names)
    while open_:
        name = re.sub(r"[-_.]+", "-", open_.pop()).lower()
        if name in found:
            continue
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(name)
        rest = (Requirement(need) for need in needs)
        open_ += [
            need.name for need in rest if not need.marker or need.marker.evaluate({"extra": ""})
        ]
    return found


def beside(names: tuple[str, ...] = BARE) -> tuple[str, ...]:
    """Names of this environment's packages that `names` do not rest on."""
    installed = (found.name for found in importlib.metadata.distributions() if found.name)
    plain = {re.sub(r"[-_.]+", "-", name).lower() for name in installed}
    return tuple(sorted(plain - closure(names) - {OWN}))


def site_packages() -> pathlib.Path:
    """The folder in which this interpreter's packages lie."""
    return pathlib.Path(importlib.metadata.distribution("ipykernel").locate_file("")).resolve()


def share(folder: pathlib.Path, absent: tuple[str, ...] = ABSENT) -> pathlib.Path:
    """Fill `folder` with links to all packages of this environment but the book's library and
    `absent`. A .pth file in it would not be obeyed,
    so that an editable install of the library is out of sight, its metadata in the checkout and in
    this environment too."""
    folder.mkdir(parents=True)
    hidden = {"__pycache__"}
    for name in (OWN, *absent):
        hidden |= {file.parts[0] for file in _files(name) if file.parts[0] != ".."}
    for entry in site_packages().iterdir():
        if (
            entry.name not in hidden
            and not entry.name.startswith(("__editable__", OWN.replace("-", "_")))
            and entry.suffix != ".pth"
        ):
            (folder / entry.name).symlink_to(entry)
    return folder


def wheelhouse(folder: pathlib.Path, names: tuple[str, ...] = ABSENT) -> pathlib.Path:
    """Wheels of the packages `names`, zipped from their installed files: what pip finds in place of
    the network."""
    folder.mkdir(parents=True)
    for name in names:
        files = [
            file
            for file in _files(name)
            if ".." not in file.parts
            and file.suffix != ".pyc"
            and file.name not in ("INSTALLER", "REQUESTED", "direct_url.json")
        ]
        if files:
            found = importlib.metadata.distribution(name)
            tags = re.findall(r"^Tag: (.*)$", found.read_text("WHEEL"), re.MULTILINE)
            parts = zip(*(tag.strip().split("-") for tag in tags))  # py2.py3-none-any
            tag = "-".join(".".join(dict.fromkeys(part)) for part in parts)
            with zipfile.ZipFile(
                folder / f"{name.replace('-', '_')}-{found.version}-{tag}.whl", "w"
            ) as wheel:
                for file in files:
                    wheel.write(file.locate(), str(file))
    return folder


def _files(name: str) -> list:
    try:
        return importlib.metadata.files(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def environment(folder: pathlib.Path, shared: pathlib.Path, colab: bool = True) -> pathlib.Path:
    """A fresh environment in `folder` that sees the packages in `shared`; with `colab`, every
    process in it finds google.colab imported. Its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python, packages = folder / "bin/python", next(folder.glob("lib/python*/site-packages"))
    (packages / "shared.pth").write_text(f"{shared}\n")
    if colab:
        (packages / "google/colab").mkdir(parents=True)
        (packages / "google/colab/__init__.py").write_text(
            '"""A fake: its presence is what the chapters ask for."""\n'
        )
        (packages / "zz_colab.pth").write_text("import google.colab\n")
    kernel = folder / "share/jupyter/kernels/python3/kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(
        json.dumps(
            {
                "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                "display_name": "Python 3",
                "language": "python",
            }
        )
    )
    return python


def installed(folder: pathlib.Path) -> set[str]:
    """Names of what pip has put into the environment in `folder` itself."""
    packages = next(folder.glob("lib/python*/site-packages"))
    return {found.name for found in importlib.metadata.distributions(path=[str(packages)])}


def variables(home: pathlib.Path, **more: str) -> dict[str, str]:
    """The process's whole environment: nothing of the caller's but the threads, no index for pip, a
    dead proxy for everybody."""
    home.mkdir(parents=True, exist_ok=True)
    proxies = {
        name: DEAD
        for name in (
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
        )
    }
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **proxies,
        **more,
    }


def no_network() -> tuple[str, ...]:
    """The command that starts another without any network, loopback included; empty where the
    system has none, or forbids it."""
    for command in NO_NETWORK if shutil.which("unshare") else ():
        if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    return ()
