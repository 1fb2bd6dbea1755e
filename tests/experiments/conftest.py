"""One tiny run that many tests read, and copies of it for those that break something."""

import shutil
from pathlib import Path

import jax
import pytest

from premotor.experiments import Run, train
from tiny import tiny_circuit, tiny_settings


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory):
    """Programs that one test has compiled are read from a folder by the next."""
    names = {
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("compiled")),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": 0,
    }
    before = {name: getattr(jax.config, name) for name in names}
    for name, value in names.items():
        jax.config.update(name, value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.fixture(scope="session")
def circuit_folder(tmp_path_factory) -> Path:
    """A small circuit, not to be changed."""
    return tiny_circuit(tmp_path_factory.mktemp("circuits") / "tiny")


@pytest.fixture(scope="session")
def trained(tmp_path_factory, circuit_folder) -> Run:
    """A finished run, not to be changed."""
    output = tmp_path_factory.mktemp("runs") / "trained"
    return train(tiny_settings(circuit_folder), output=output, progress=False)


@pytest.fixture
def run_copy(trained, tmp_path) -> Path:
    """The folder of a finished run, to be broken."""
    return Path(shutil.copytree(trained.folder, tmp_path / "run"))
