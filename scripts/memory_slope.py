"""Train for a given time and show that memory does not grow and checkpoints do not pile up.

    python scripts/memory_slope.py --minutes 12 --output docs/data/memory-slope.json

Starts `premotor train` with the words after `--` (the worm's circuit in a walk if there are none), reads the resident
memory of the process once a second, and ends it by SIGTERM when the time is over. The slope is the median of the slopes
between pairs of points (Theil and Sen), after the first fifth, in which programs are compiled.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.stats import theilslopes

WORDS = (
    "train walk --learning.steps 1000000000 --evaluation.every_steps 20000 --evaluation.seconds 1 "
    "--evaluation.episodes 2 --checkpoints.every_seconds 5 --checkpoints.keep 3 --threads 1"
)
PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(process: int) -> float:
    """The resident memory of a process in MB."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE / 1e6


def watched(words: list[str], folder: Path, seconds: float) -> tuple[list[tuple[float, float]], int]:
    """Time (s) and memory (MB) of a run as long as it lasts, and the most checkpoints that there were."""
    run, points, most = folder / "run", [], 0
    with (folder / "log.txt").open("w") as log:
        command = [sys.executable, "-m", "premotor", *words, "--no-report", "-o", str(run)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        began = time.monotonic()
        try:
            while time.monotonic() - began < seconds and process.poll() is None:
                time.sleep(1)
                points.append((time.monotonic() - began, resident(process.pid)))
                kept = run / "checkpoints"
                most = max(most, len(list(kept.iterdir())) if kept.exists() else 0)
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait()
    if time.monotonic() - began < seconds:
        raise SystemExit(f"the run ended with status {status}: {(folder / 'log.txt').read_text()[-1000:]}")
    return points, most


def main() -> int:
    """Print memory against time and its slope."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--output", type=Path)
    parser.add_argument("words", nargs="*", default=WORDS.split(), help="after --: words of premotor")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="premotor-memory-") as place:
        points, most = watched(options.words, Path(place), 60 * options.minutes)
    if most == 0:
        raise SystemExit("the run was still starting; give it more minutes")
    times, memory = np.array(points).T
    kept = times > times[-1] / 5
    fit = theilslopes(memory[kept], times[kept] / 3600, 0.95)
    slope, low, high = float(fit.slope), float(fit.low_slope), float(fit.high_slope)
    for second in np.linspace(0, len(times) - 1, 13).astype(int):
        print(f"{times[second] / 60:6.1f} min  {memory[second]:8.1f} MB")
    print(f"slope {slope:+.1f} MB/h (95% interval {low:+.1f} to {high:+.1f}); at most {most} checkpoints at a time")
    if options.output is not None:
        figures = {"command": options.words, "minutes": options.minutes, "slope_mb_per_hour": slope}
        figures |= {"interval": [low, high], "most_checkpoints": most}
        figures["memory"] = [[round(t, 1), round(m, 2)] for t, m in points[:: max(1, len(points) // 200)]]
        options.output.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
