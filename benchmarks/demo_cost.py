"""Seconds of the processor that learning the demo takes, with this code and with that of a former commit, in turns.

    python benchmarks/demo_cost.py --against 78d9f2d

A short run and a longer one of `premotor train walk` in each turn; what they differ by is learning alone, without
start, cloning, tests and end. The former code is unpacked into a folder of its own, with this environment's libraries.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def seconds(source: Path, steps: int, folder: Path, words: list[str]) -> float:
    """Seconds of the processor, user and system, of a run of so many control steps by the code in `source`.

    Raises:
        RuntimeError: the run failed.
    """
    command = [sys.executable, "-m", "premotor", "train", "walk", "--output", str(folder), "--no-report"]
    command += ["--learning.steps", str(steps), "--evaluation.every_steps", str(10 * steps), *words]
    environment = os.environ | {"PYTHONPATH": str(source / "src")}
    with (folder.parent / f"{folder.name}.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder.parent, stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError((folder.parent / f"{folder.name}.log").read_text()[-1000:])
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", default="78d9f2d", help="the former commit (default: the last one of this issue)")
    parser.add_argument("--steps", type=int, nargs=2, default=[10_000, 110_000], help="of the two runs")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options, words = parser.parse_known_args()
    found: dict[str, list[float]] = {"former": [], "now": []}
    with tempfile.TemporaryDirectory() as name:
        former = Path(name) / "former"
        former.mkdir()
        archive = subprocess.run(
            ["git", "-C", str(ROOT), "archive", options.against, "src"], capture_output=True, check=True
        )
        subprocess.run(["tar", "-x", "-C", str(former)], input=archive.stdout, check=True)
        for turn in range(options.rounds):
            for which, source in (("former", former), ("now", ROOT)):
                short, long = (
                    seconds(source, steps, Path(name) / f"{which}-{turn}-{steps}", words) for steps in options.steps
                )
                more = options.steps[1] - options.steps[0]
                found[which].append(1e6 * (long - short) / more)
                print(f"{which}: {short:.1f} and {long:.1f} s, {found[which][-1]:.0f} µs a step", flush=True)
    ratio = statistics.median(one / other for one, other in zip(*found.values(), strict=True))
    print(f"{ratio:.2f} times less of the processor for learning (median of {options.rounds} turns)")
    if options.json:
        options.json.write_text(json.dumps(found | {"ratio": ratio}, indent=1) + "\n")


if __name__ == "__main__":
    main()
