"""The check of the evening before says in plain words what is missing, and the packages of all
editions are one list."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from tools import check_laptop, fetch_packages, kit
from trevsnn_lite.course import packages

GB = 10**9


def test_there_is_one_list_of_packages(root):
    lines = kit.requirements().splitlines()[1:]
    wanted = [re.match(r"[\w-]+", line)[0] for line in lines]
    assert wanted == packages.every() == check_laptop.names(root / "tools")
    assert {"torch", "numpy", "jupyterlab"} <= set(wanted) and len(wanted) == len(set(wanted))
    for chapter in packages.NEEDS:
        assert set(packages.needs(chapter).split()) <= set(wanted)
    assert all(re.search("[<>=]", line) for line in lines), lines
    versions = (root / "constraints.txt").read_text("utf8")
    assert all(f"\n{name}==" in versions for name in wanted)


def test_an_edition_s_list_is_read_from_beside_the_check(tmp_path):
    kit.put(tmp_path)
    assert check_laptop.names(tmp_path) == packages.every()
    assert (tmp_path / "fetch_packages.py").is_file() and (tmp_path / "constraints.txt").is_file()
    with pytest.raises(FileNotFoundError, match=r"packages.txt is missing: run check_laptop.py in"):
        check_laptop.names(tmp_path / "none")


@pytest.mark.parametrize(
    "verdict, well, said",
    [
        (check_laptop.python((3, 10, 4)), False, "Python 3.10, .*: the course needs Python 3.11"),
        (check_laptop.python((3, 12, 0), bits=32), False, "32 bits: the course needs .* 64 bits"),
        (check_laptop.python((3, 12, 0), bits=64), True, r"Python 3.12, 64 bits\."),
        (check_laptop.disk(GB), False, "1.0 GB of disk are free; make room until it is 2 GB."),
        (check_laptop.disk(9 * GB), True, "9.0 GB of disk are free."),
        (check_laptop.memory(2 * GB), False, "2.0 GB of memory: some chapters will not fit"),
        (check_laptop.memory(3.8 * GB), True, "3.8 GB of memory."),
        (check_laptop.packages(["json", "re"]), True, "All 2 packages can be imported."),
        (check_laptop.packages(["json", "no_such"]), False, "no_such is not installed. In the co"),
        (check_laptop.training(), True, "A training step ran, in "),
    ],
)
def test_each_verdict_is_a_sentence(verdict, well, said):
    assert verdict[0] is well and re.match(f".*{said}", verdict[1]), verdict


def test_a_package_that_cannot_start_is_told_from_one_that_is_missing(tmp_path, monkeypatch):
    (tmp_path / "broken_one.py").write_text("raise OSError('libgomp.so.1 is missing')")
    (tmp_path / "half_one.py").write_text("import its_own_need")
    monkeypatch.syspath_prepend(str(tmp_path))
    told = check_laptop.packages(["broken_one", "half_one"])[1]
    assert "broken_one cannot start: libgomp.so.1 is missing" in told
    assert "half_one No module named 'its_own_need'" in told


def test_a_python_with_nothing_installed_is_told_so(tmp_path, root):
    """By the standard library alone: no site-packages, no environment."""
    kit.put(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", tmp_path / "check_laptop.py"], capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stderr == ""
    assert "NOT YET torch is not installed; numpy is not installed" in done.stdout
    assert done.stdout.endswith("Not ready: see NOT YET above, then run this again.\n")
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("system, tag", [("linux", "manylinux_2_28_x86_64"), ("windows", "win_am")])
def test_torch_comes_from_the_index_of_cpu_builds_for_each_system(system, tag):
    torch, rest = fetch_packages.commands(system, "3.12", pathlib.Path("kit"))
    assert torch[-3:] == ["torch", "torchvision", "torchaudio"] and fetch_packages.CPU in torch
    assert "--no-deps" in torch and fetch_packages.CPU not in rest
    for command in (torch, rest):
        assert any(part.startswith(f"--platform={tag}") for part in command)
        assert {"--only-binary=:all:", "--abi=cp312", "--abi=abi3", "--abi=none"} <= set(command)
        assert command[command.index("--dest") + 1] == str(pathlib.Path("kit/wheels") / system)
    assert ("colorama" in rest) == (system == "windows")


def test_fetching_can_be_shown_without_being_done(capsys):
    assert fetch_packages.main(["--dry-run", "--python", "3.13"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6 and all("--abi=cp313" in line for line in lines)
