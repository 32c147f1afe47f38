"""What the tests of the experiments share: each experiment's smoke run, made once."""

from functools import cache
from types import SimpleNamespace

import pytest

from trevsnn_lite.experiments import run


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """smoke(id): the result of an experiment at smoke scale, and the folder that it was written
    to."""

    @cache
    def made(id: str) -> SimpleNamespace:
        folder = tmp_path_factory.mktemp(id)
        return SimpleNamespace(result=run(id, "smoke", 0, folder), folder=folder)

    return made
