"""Seconds from `premotor train walk` to its first learning step: with nothing kept, and once what was compiled is.

    python benchmarks/start_time.py --json start.json
    python benchmarks/start_time.py --preset arm --learning.environments 8

Each round has a cache of its own, in which a first process finds nothing and a second one what the first has compiled.
The clock stops when metrics.jsonl has its first line; the process then ends. Of the preset's cloning one step is taken:
all 400 of them are learning already. Seconds of the processor are also told.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def first_step(words: list[str], cache: Path, folder: Path, patience: float = 300.0) -> tuple[float, float]:
    """Seconds of the clock and of the processor until the run in `folder` has learnt one iteration.

    Raises:
        RuntimeError: the process ended before, or did not come so far within `patience` s.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    environment["XDG_CACHE_HOME"] = str(cache)
    command = [sys.executable, "-m", "premotor", "train", *words, "--output", str(folder), "--no-report"]
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    metrics = folder / "metrics.jsonl"
    try:
        while not (metrics.exists() and metrics.stat().st_size):
            if process.poll() is not None:
                raise RuntimeError(f"it ended with status {process.returncode}: {process.stderr.read()[-500:]}")  # type: ignore[union-attr]
            if time.monotonic() - began > patience:
                raise RuntimeError(f"no learning step after {patience:g} s")
            time.sleep(0.02)
        wall = time.monotonic() - began
        fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return wall, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # user and system
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="walk")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options, settings = parser.parse_known_args()
    if options.preset == "walk":
        settings += ["--cloning.iterations", "1"]
    found: dict[str, list[float]] = {"first": [], "first, processor": [], "again": [], "again, processor": []}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as name:
            for which in ("first", "again"):
                wall, processor = first_step([options.preset, *settings], Path(name), Path(name) / which)
                found[which].append(wall)
                found[f"{which}, processor"].append(processor)
    for name, values in found.items():
        print(f"{name}: {statistics.median(values):.1f} s")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
