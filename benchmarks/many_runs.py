"""Short runs of small networks by `premotor compare`: processes that are kept against a process for each run.

    python benchmarks/many_runs.py --json many.json
    python benchmarks/many_runs.py --cases pendulum --rounds 5 --jobs 2

Both take turns, each time in a new folder, and all find compiled what a first comparison of each case has compiled,
which is not counted. `--empty` gives each comparison an empty cache of its own instead: the first comparison of a kind.
Told are runs an hour, and seconds of the processor a run, which other work on the machine spoils less; both hold the
comparison's own start, statistics and page. Two runs that differ in any array of their best controller or in their test
are an error.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

WAYS = {"a process a run": "false", "kept processes": "true"}


class Case(NamedTuple):
    """A comparison."""

    runs: int
    words: tuple[str, ...]


CASES = {
    "pendulum": Case(8, ("pendulum", "--seeds", "8", "--learning.steps", "2000")),
    "arm": Case(8, ("arm-celegans", "--nulls", "1", "--seeds", "4", "--learning.steps", "4000")),
    "spiking": Case(8, ("cartpole-stdp", "--wirings", "2", "--nulls", "1", "--learning.episodes", "100")),
}


class Cost(NamedTuple):
    """Of a comparison, a run."""

    seconds: float
    processor: float
    """Seconds of all its processes."""


def compared(case: Case, keep: str, jobs: int, cache: Path, folder: Path) -> Cost:
    """A comparison in a new folder.

    Raises:
        RuntimeError: it failed.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    words = ["compare", *case.words, "--jobs", str(jobs), "--engine.keep", keep, "--output", str(folder)]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "premotor", *words],
        env=environment | {"XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with status {done.returncode}: {done.stdout[-500:]}")
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall / case.runs, processor / case.runs)


def results(folder: Path) -> dict[str, bytes]:
    """The best controller and the test of every run."""
    files = [file for name in ("best/*.safetensors", "evaluations/test.json") for file in folder.glob(f"runs/*/{name}")]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--empty", action="store_true", help="an empty cache of compiled programs for each comparison")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for name in options.cases:
        case = CASES[name]
        found[name] = {way: {"seconds": [], "processor": []} for way in WAYS}
        with tempfile.TemporaryDirectory() as place:
            shared = Path(place) / "cache"
            if not options.empty:
                compared(case, "true", options.jobs, shared, Path(place) / "first")
            for turn in range(options.rounds):
                made = []
                for number, (way, keep) in enumerate(WAYS.items()):
                    folder = Path(place) / f"{turn}-{number}"
                    cache = Path(place) / f"cache-{turn}-{number}" if options.empty else shared
                    cost = compared(case, keep, options.jobs, cache, folder)
                    for what, value in cost._asdict().items():
                        found[name][way][what].append(value)
                    made.append(results(folder))
                if made[0] != made[1] or len(made[0]) < 2 * case.runs:
                    raise RuntimeError(f"{name}: the runs differ")
        for way, costs in found[name].items():
            wall, processor = (statistics.median(values) for values in costs.values())
            print(f"{name}, {way}: {3600 / wall:.0f} runs an hour, {processor:.1f} s of the processor a run")
        alone, kept = found[name].values()
        for what, values in alone.items():
            ratio = statistics.median(a / b for a, b in zip(values, kept[what], strict=True))
            print(f"{name}, by {what}: {ratio:.2f} times as many runs ({len(values)} pairs)", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
