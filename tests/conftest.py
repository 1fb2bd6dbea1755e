"""What every test shares: hypothesis profiles, deterministic and without a deadline on shared cores; compiled code."""

import gc
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import compilation_cache
import shape_checks

# Before anything imports JAX, which reads all this then; workers and commands that a test starts have it, too.
# Commands side by side have one thread each, and find what the tests have compiled.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
# NumPy reads this when it is imported: a worker a core, whose threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Most tests run a program a few times on little data, so that compiling it fast takes less time than fast code saves.
if "xla_backend_optimization_level" not in os.environ["XLA_FLAGS"]:
    os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "0")
BORROWED = compilation_cache.begin()

# JAX keeps so many objects that Python's collector, by default at every 700 new ones, took a tenth of the suite's time.
gc.set_threshold(50_000, 20, 20)

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
    """What the tests compile is kept for the next time."""
    if BORROWED is not None:
        config.add_cleanup(BORROWED.cleanup)
        config.add_cleanup(lambda: compilation_cache.give_back(Path(BORROWED.name)))  # before the folder goes


@pytest.fixture(autouse=True, scope="module")
def few_programs_in_memory():
    """Linux gives a process 65,530 mappings, a compiled program takes six, and XLA crashes where there are no more.

    No module compiles a thousand programs. To let go of thousands takes seconds, and what is used again is read again.
    """
    yield
    maps, limit = Path("/proc/self/maps"), Path("/proc/sys/vm/max_map_count")
    if not (limit.exists() and "jax" in sys.modules):
        return
    with maps.open("rb") as lines:
        mapped = sum(1 for _ in lines)
    if mapped > int(limit.read_text()) * 4 // 5:
        sys.modules["jax"].clear_caches()
        gc.collect()
