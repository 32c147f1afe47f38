"""check-data: every file of a folder is read, what is wrong is listed by kind, and the exit code
says whether anything is."""

import numpy as np
import pytest

from trevsnn_lite.__main__ import main
from trevsnn_lite.data import check
from trevsnn_lite.data.check import check_data, kind_of

from .test_bad_events import columns, write
from .test_folders import APPLE_DOUBLE, BAD, Image, noise, saved

pytest.importorskip("tonic")


@pytest.fixture
def pictures(tmp_path):
    """A good folder, with what systems leave in one."""
    for split in ("train", "val"):
        for name in ("ant", "bee"):
            (tmp_path / split / name).mkdir(parents=True)
            for k in range(3):
                Image.fromarray(noise(k)).save(tmp_path / split / name / f"{k}.png")
    (tmp_path / "train" / "ant" / "._0.jpg").write_bytes(APPLE_DOUBLE)
    (tmp_path / "train" / "ant" / "Thumbs.db").touch()
    (tmp_path / "train" / ".ipynb_checkpoints").mkdir()
    return tmp_path


def counts(report) -> dict[str, int]:
    return {kind: len(sentences) for kind, sentences in report.faults.items()}


def test_a_good_folder_has_nothing_wrong(pictures, capsys):
    assert main(["check-data", str(pictures)]) == 0
    said = capsys.readouterr().out
    assert "train 6, test 6" in said and "Passed over: 3 hidden" in said
    assert said.endswith("Nothing is wrong.\n")


@pytest.mark.parametrize("few", [0, 1000])
def test_ten_kinds_of_bad_file_are_each_listed(few, pictures, capsys, monkeypatch):
    monkeypatch.setattr(check, "FEW", few)  # with workers and without
    ant = pictures / "train" / "ant"
    for name, kind, _ in BAD:
        saved(ant / name, kind)
    (ant / "photo.heic").touch()
    (pictures / "train" / "list.csv").touch()
    (pictures / "train" / "wasp").mkdir()
    (pictures / "val" / "bee").rename(pictures / "val" / "Bee")
    assert main(["check-data", str(pictures)]) == 1
    said = capsys.readouterr().out
    report = check_data(pictures)
    assert said == f"{report}\n" and report.read == {"train": 6 + len(BAD), "test": 6}
    expected = {kind: [k for _, k, _ in BAD].count(kind) for _, kind, _ in BAD}
    others = ("not read", "outside the classes", "class without pictures", "classes differ")
    assert counts(report) == expected | dict.fromkeys(others, 1) and len(expected) == 9
    for name, _, _ in BAD:
        assert said.count(f"{ant / name} ") == 1
    assert f"{len(BAD) + 4} faults." in said


def test_a_long_list_is_cut_and_counted(pictures):
    for k in range(check.SHOWN + 7):
        (pictures / "train" / "ant" / f"empty{k}.png").touch()
    said = str(check_data(pictures))
    assert said.count("(0 bytes)") == check.SHOWN and "... and 7 more" in said
    assert f"empty file ({check.SHOWN + 7})" in said


def test_a_missing_split_is_a_fault(pictures):
    (pictures / "val").rename(pictures / "validation")
    assert counts(check_data(pictures)) == {"missing split": 1}


@pytest.fixture
def digits(tmp_path):
    for split in ("Train", "Test"):
        for digit in range(10):
            write(tmp_path / split / str(digit) / "00002.bin", columns(sensor=34))
    return tmp_path


def test_recordings_are_all_read(digits):
    assert kind_of(digits) == "n-mnist" and not check_data(digits).faulty
    write(digits / "Train" / "4" / "00002.bin", columns(sensor=34, x=np.full(40, 40)))
    (digits / "Test" / "7" / "00003.bin").write_bytes(b"\x01\x02")
    report = check_data(f"n-mnist={digits}")
    assert counts(report) == {"bad recording": 2} and report.read == {"train": 10, "test": 11}
    assert "4/00002.bin: event 0 of 40 lies at x = 40" in str(report)
    (digits / "Test" / "9" / "00002.bin").unlink()
    assert counts(check_data(digits)) == {"bad recording": 1, "missing recordings": 1}


def test_arrays_are_read_as_training_reads_them(tmp_path):
    assert not check_data("fashion-mnist-10k").faulty
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"rubbish")
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"rubbish")
    assert kind_of(tmp_path) == "fashion-mnist"
    assert counts(check_data(tmp_path)) == {"missing or damaged set": 2}


def test_no_folder_gets_one_sentence(tmp_path, capsys):
    for given in (str(tmp_path / "gone"), f"n-mnist={tmp_path / 'gone'}", "imagefolder"):
        assert main(["check-data", given]) == 2
        assert f"FOLDER is {given}, expected a folder" in capsys.readouterr().err
