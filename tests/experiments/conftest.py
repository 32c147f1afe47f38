"""What the tests of the experiments share: each one's smoke run, made once, and its record."""

import pickle
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import filelock
import pytest

from trevsnn_lite.experiments import load_result, run
from trevsnn_lite.experiments.record import ENGINE

RUNS = Path(__file__).resolve().parents[2] / "data/runs"
UNRECORDED: set[str] = set()
"""Experiments whose cpu run is still to be made; the list may only shrink."""
AWAITING: set[str] = set()
"""Records of an older engine, or of settings before the paper was read, still to be taken again:
their tests are skipped. The list may only shrink."""


def current(id: str):
    """The record, or a skip that says why it is not held to today's code."""
    if id in AWAITING | UNRECORDED:
        pytest.skip(f"the record of {id} is still to be taken on engine {ENGINE}")
    return load_result(RUNS / f"{id}.json")


@pytest.fixture(scope="session")
def smoke(tmp_path_factory, worker_id):
    """smoke(id): the result of an experiment at smoke scale, and the folder that it was written
    to. The workers share it: who asks first runs it, the others wait."""
    shared = tmp_path_factory.getbasetemp()
    shared = (shared if worker_id == "master" else shared.parent) / "smoke"
    shared.mkdir(exist_ok=True)

    @cache
    def made(id: str) -> SimpleNamespace:
        folder, kept = shared / id, shared / f"{id}.pickle"
        with filelock.FileLock(shared / f"{id}.lock"):
            if not kept.exists():
                folder.mkdir()
                kept.write_bytes(pickle.dumps(run(id, "smoke", 0, folder)))
        return SimpleNamespace(result=pickle.loads(kept.read_bytes()), folder=folder)

    return made
