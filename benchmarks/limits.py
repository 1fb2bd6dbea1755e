"""What this machine can do at most: products of matrices and copies of memory, on one core and on all of them.

    python benchmarks/limits.py --json limits.json

Floating-point operations a second of products of matrices in float32 and float64, by NumPy's BLAS and by XLA, of
several shapes (one thread of either for each core), and bytes a second that copies move, read and written together: of
arrays beyond every cache, and of 2 MB, which stay in one; and bytes a second that are read of 4 MB, a matrix of 1000
neurons. The best of many short bursts counts, whatever shape and
library it is of: a limit is what can be reached, and other work leaves no burst of a few milliseconds alone for long.
Each number of cores is a process that is bound to as many.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy: each of our threads has one of its own
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

SHAPES = ((320, 320, 320), (512, 512, 512), (101, 1000, 1000), (1000, 1000, 1000))
"""Rows and columns of the first matrix, columns of the second one."""


def best_rate(make: Callable[[], Callable[[], float]], cores: int, seconds: float) -> float:
    """Most units of work a second that `cores` threads did together; `make` gives each its own work."""
    works = [make() for _ in range(cores)]
    best, until = 0.0, time.monotonic() + seconds

    def burst(work: Callable[[], float]) -> float:
        began = time.perf_counter()
        return work() / (time.perf_counter() - began)

    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(burst, works))  # the first one waits for memory
        while best == 0.0 or time.monotonic() < until:
            best = max(best, sum(pool.map(burst, works)))
    return best


def reading(size: int) -> Callable[[], float]:
    """A sum over so many bytes, which are read once; returns their number."""
    numbers = np.ones(size // 4, np.float32)
    times = max(1, 2**24 // size)

    def work() -> float:
        for _ in range(times):
            np.dot(numbers, numbers)
        return 1.0 * size * times

    return work


def _matrices(shape: tuple[int, int, int], dtype: type) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    rows, inner, columns = shape
    return random.normal(size=(rows, inner)).astype(dtype), random.normal(size=(inner, columns)).astype(dtype)


def by_blas(shape: tuple[int, int, int], dtype: type) -> Callable[[], float]:
    """A product of two matrices; returns its floating-point operations."""
    one, other = _matrices(shape, dtype)
    out = np.empty((shape[0], shape[2]), dtype)

    def work() -> float:
        np.matmul(one, other, out=out)
        return 2.0 * shape[0] * shape[1] * shape[2]

    return work


def by_xla(shape: tuple[int, int, int], dtype: type) -> Callable[[], float]:
    """The same by XLA, several in one program, since a call of it takes long beside a product."""
    one, other = map(jnp.asarray, _matrices(shape, dtype))
    times = max(1, 10**8 // (shape[0] * shape[1] * shape[2]))

    @jax.jit
    def program(one: jax.Array, other: jax.Array) -> jax.Array:
        def again(_: int, kept: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            one, _ = kept
            made = one @ other
            return one + 1e-30 * made[:, :1], made  # each product waits for the one before

        return jax.lax.fori_loop(0, times, again, (one, jnp.zeros((shape[0], shape[2]), dtype)))[1]

    jax.block_until_ready(program(one, other))

    def work() -> float:
        jax.block_until_ready(program(one, other))
        return 2.0 * shape[0] * shape[1] * shape[2] * times

    return work


def copy(size: int) -> Callable[[], float]:
    """A copy of so many bytes; returns those read and written."""
    source, target = np.ones(size, np.uint8), np.zeros(size, np.uint8)
    times = max(1, 2**24 // size)  # so that the clock is read seldom

    def work() -> float:
        for _ in range(times):
            np.copyto(target, source)
        return 2.0 * size * times

    return work


def measured(cores: int, seconds: float, far: int = 2**29) -> tuple[dict[str, float], dict[str, str]]:
    """Operations and bytes a second by name, and of which library and shape the former are."""
    found, best = {}, {}
    for name, dtype in (("float32", np.float32), ("float64", np.float64)):
        rates = {}
        for library, make in (("BLAS", by_blas), ("XLA", by_xla)):
            for shape in SHAPES:
                rate = best_rate(partial(make, shape, dtype), cores, seconds)
                rates[f"{library}, {' × '.join(map(str, shape))}"] = rate
        key = f"{name}, {cores}"
        best[key] = max(rates, key=rates.__getitem__)
        found[key] = rates[best[key]]
    for name, extent in (("memory", far), ("cache", 2**20)):
        found[f"{name}, {cores}"] = best_rate(partial(copy, extent), cores, seconds)
    found[f"reading 4 MB, {cores}"] = best_rate(partial(reading, 4_000_000), cores, seconds)
    return found, best


def of_a_process(cores: int, seconds: float) -> tuple[dict[str, float], dict[str, str]]:
    """`measured`, by a process that is bound to as many cores before any library begins threads."""
    command = [sys.executable, __file__, "--seconds", str(seconds), "--cores", str(cores)]
    some = sorted(os.sched_getaffinity(0))[:cores]
    made = subprocess.run(
        command, capture_output=True, text=True, check=True, preexec_fn=lambda: os.sched_setaffinity(0, some)
    )
    found, best = json.loads(made.stdout)
    return found, best


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.5, help="of bursts, for each kind of work")
    parser.add_argument("--cores", type=int, help="measure in this process, with as many threads (for its own use)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.cores:
        jax.config.update("jax_enable_x64", True)
        print(json.dumps(measured(options.cores, options.seconds)))
        return
    found: dict[str, float] = {}
    best: dict[str, str] = {}
    for cores in sorted({1, len(os.sched_getaffinity(0))}):
        for all_of, some in zip((found, best), of_a_process(cores, options.seconds), strict=True):
            all_of.update(some)  # type: ignore[arg-type]
    print("| what, on how many cores | 10⁹ a second | best by |\n|---|---:|---|")
    for name, rate in found.items():
        unit = "operations" if name.startswith("float") else "bytes"
        print(f"| {name} ({unit}) | {rate / 1e9:,.1f} | {best.get(name, '')} |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
