"""What every test shares: hypothesis profiles, deterministic and without a deadline on shared cores; compiled code."""

import os
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import compilation_cache
import shape_checks

if os.environ.get("PREMOTOR_SHAPES") == "1":
    shape_checks.install()

# A shell's background jobs ignore Ctrl-C, and so would every process that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "premotor",
    deadline=None,  # the first call of a jitted function compiles
    derandomize=True,
    database=None,  # a test writes nothing outside its own folder
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("premotor"), derandomize=False, max_examples=1000)
settings.load_profile("premotor")  # `pytest --hypothesis-profile thorough` searches longer


def pytest_configure(config: pytest.Config) -> None:
    """What one worker, or a command that a test starts, has compiled, the others need not compile again."""
    if hasattr(config, "workerinput"):
        return  # a worker has the environment of the process that started it
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="premotor-compiled-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        compilation_cache.borrow(Path(folder.name))
        config.add_cleanup(lambda: compilation_cache.give_back(Path(folder.name)))  # before the folder goes
        os.environ["JAX_COMPILATION_CACHE_DIR"] = folder.name
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "0")
