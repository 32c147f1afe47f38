"""A thousand bad inputs, by the rules of tools/bad_inputs.py: each refused by one sentence that
names what was given, what came and what is expected, and nothing is left behind."""

import random

import pytest
import torch

from tools import bad_inputs
from tools.bad_inputs import Case, complaint


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.slow
def test_every_bad_input_is_refused_in_one_sentence():
    counts, wrong = bad_inputs.try_all(seed=0)
    assert sum(counts.values()) >= 1000 and min(counts.values()) >= 20, counts
    assert set(counts) == {"configuration", "argument", "environment", "file", "array"}
    assert wrong == []


def test_a_seed_makes_the_same_cases_and_another_seed_others():
    labels = [[case.label for case in bad_inputs.cases(seed)] for seed in (0, 0, 1)]
    assert labels[0] == labels[1] != labels[2] and len(labels[0]) >= 1000


def test_each_kind_is_tried_on_a_few(tmp_path):
    made = bad_inputs.cases(seed=1)
    few = [
        case
        for kind in ("configuration", "environment", "array")
        for case in random.Random(0).sample([case for case in made if case.kind == kind], 8)
    ]
    assert [complaint(case, tmp_path / str(n)) for n, case in enumerate(few)] == [None] * len(few)


def raising(error: BaseException):
    def attempt(folder):
        raise error

    return attempt


def leaving(folder) -> str:
    (folder / "out" / "half").write_text("x")
    return "lr is -1, expected more"


@pytest.mark.parametrize(
    ("attempt", "found"),
    [
        (lambda folder: "", "was accepted"),
        (raising(KeyError("lr")), "ended in KeyError"),
        (raising(RuntimeError("lr is -1, expected more")), "ended in RuntimeError"),
        (lambda folder: "something is wrong with lr, expected more", "did not name"),
        (lambda folder: "lr is -1", "did not say what is expected"),
        (lambda folder: "lr is -1,\nexpected more", "said more than a line"),
        (leaving, "left"),
        (raising(ValueError("lr is -1, expected more")), None),
    ],
)
def test_what_the_corpus_complains_of(tmp_path, attempt, found):
    said = complaint(Case("test", "one", attempt, ("lr", "-1")), tmp_path / "case")
    assert said is None if found is None else said.startswith(found)
