"""Colab's package list as pip's constraints, and the sentence that the book says of the last pass."""

import json
import sys

from tests.book.building import ROOT
from tools import colab_list

sys.path.insert(0, str(ROOT / "book/_ext"))
import book_home

LIST = """# made by pip freeze
numpy==2.1.3
Pillow==11.3.0
torchvision==0.26.0+cu128
torch @ https://download.example/cu128/torch-2.11.0%2Bcu128-cp313-cp313-manylinux_2_28_x86_64.whl#sha256=ab
nvidia-nccl-cu13==2.31.2
google-colab @ file:///colabtools/dist/google_colab-1.0.0.tar.gz
"""


def test_versions_without_labels_are_pins_and_what_has_none_is_left_out():
    assert colab_list.pins(LIST) == {
        "numpy": "2.1.3",
        "pillow": "11.3.0",
        "torchvision": "0.26.0",
        "torch": "2.11.0",
    }


def test_a_file_that_is_no_such_list_is_refused(tmp_path, capsys):
    (tmp_path / "list.txt").write_text("<html>not found</html>", "utf8")
    assert colab_list.main(["pins", str(tmp_path / "list.txt")]) == 2
    assert "lists no torch, expected Colab's pip-freeze.txt." in capsys.readouterr().err


def test_a_pass_counts_the_versions_that_were_really_there():
    import numpy
    import torch

    installed = torch.__version__.split("+")[0]
    record = colab_list.passed(
        {"torch": installed, "numpy": numpy.__version__, "matplotlib": "0.1"}, "2026-08-19"
    )
    assert record["pins"] == 1 and record["torch"] == installed and record["list"] == "2026-08-19"
    assert record["chapters"] == len(list((ROOT / "chapters").glob("[0-9][0-9]_*.ipynb")))


def test_the_book_says_when_and_with_what(tmp_path):
    file = tmp_path / "colab.json"
    assert "have not been run" in book_home.colab_passed(file)
    record = {"chapters": 20, "date": "2026-12-01", "python": "3.13.5", "torch": "2.11.0"}
    file.write_text(json.dumps({**record, "pins": 90, "list": "2026-11-30"}), "utf8")
    assert book_home.colab_passed(file) == (
        "All 20 chapters last passed on 2026-12-01, with Python 3.13.5, torch 2.11.0 and 90 more "
        "versions of Colab's list of 2026-11-30."
    )
