"""One tiny run that many tests read, and copies of it for those that break something."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import compilation_cache
from premotor.runs import Run, train
from tiny import tiny_circuit, tiny_settings


@pytest.fixture(scope="session")
def circuit_folder(tmp_path_factory) -> Path:
    """A small circuit, not to be changed."""
    return tiny_circuit(tmp_path_factory.mktemp("circuits") / "tiny")


@pytest.fixture(scope="session")
def trained(tmp_path_factory, circuit_folder) -> Run:
    """A finished run, not to be changed."""
    output = tmp_path_factory.mktemp("runs") / "trained"
    return train(tiny_settings(circuit_folder), output=output, progress=False, finish=False)


@pytest.fixture
def run_copy(trained, tmp_path) -> Path:
    """The folder of a finished run, to be broken."""
    return Path(shutil.copytree(trained.folder, tmp_path / "run"))


@pytest.fixture(scope="session")
def killable(tmp_path_factory) -> Iterator[dict[str, str]]:
    """The environment of processes to be killed, which may cut short what they compile: it goes to their own folder."""
    compiled, shared = tmp_path_factory.mktemp("compiled"), Path(os.environ["JAX_COMPILATION_CACHE_DIR"])
    compilation_cache.borrow(compiled, shared)
    yield {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(compiled)}
    compilation_cache.give_back(compiled, shared)
