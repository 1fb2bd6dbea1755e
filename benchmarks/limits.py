"""What this machine can do at most: products of matrices and copies of memory, on one core and on all of them.

    python benchmarks/limits.py --json limits.json

Floating-point operations a second of large products in float32 and float64 (NumPy, one thread of it for each core),
and bytes a second that copies move, read and written together: of arrays beyond every cache, and of 2 MB, which stay
in one. The best of many short bursts counts: a limit is what can be reached, and other work leaves no burst of a few
milliseconds alone for long.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy: each of our threads has one of its own

import numpy as np  # noqa: E402


def best_rate(make: Callable[[], Callable[[], float]], cores: int, rounds: int) -> float:
    """Most units of work a second that `cores` threads did together; `make` gives each its own work."""
    works = [make() for _ in range(cores)]

    def burst(work: Callable[[], float]) -> float:
        began = time.perf_counter()
        return work() / (time.perf_counter() - began)

    with ThreadPoolExecutor(cores) as pool:
        return max(sum(pool.map(burst, works)) for _ in range(rounds))


def product(size: int, dtype: type) -> Callable[[], float]:
    """A product of two matrices; returns its floating-point operations."""
    one, other = (np.random.default_rng(seed).normal(size=(size, size)).astype(dtype) for seed in (0, 1))
    out = np.empty_like(one)

    def work() -> float:
        np.matmul(one, other, out=out)
        return 2.0 * size**3

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


def measured(rounds: int, size: int = 320, far: int = 2**29) -> dict[str, float]:
    """Operations and bytes a second by name."""
    found = {}
    for cores in sorted({1, len(os.sched_getaffinity(0))}):
        for name, dtype in (("float32", np.float32), ("float64", np.float64)):
            found[f"{name}, {cores}"] = best_rate(lambda d=dtype: product(size, d), cores, rounds)  # type: ignore[misc]
        for name, extent in (("memory", far), ("cache", 2**20)):
            few = rounds if extent < far else max(1, rounds // 200)
            found[f"{name}, {cores}"] = best_rate(lambda e=extent: copy(e), cores, few)  # type: ignore[misc]
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3000, help="bursts of each")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = measured(options.rounds)
    print("| what, on how many cores | 10⁹ a second |\n|---|---:|")
    for name, rate in found.items():
        unit = "operations" if name.startswith("float") else "bytes"
        print(f"| {name} ({unit}) | {rate / 1e9:,.1f} |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
