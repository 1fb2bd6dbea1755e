"""Kill workers, nodes and the caller of a study at random, go on, and compare its table with an undisturbed one.

    python scripts/kill_study.py --engine local --kills 20
    python scripts/kill_study.py --engine ray --kills 20           # workers and the caller
    python scripts/slurm_on_loopback.py -- python scripts/kill_study.py --engine slurm --kills 20

Nothing may be lost (every run is there, with the same numbers) and nothing repeated (each iteration stands once in its
log of metrics, and no step was taken again but those since the last checkpoint).
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from slurm_on_loopback import PREMOTOR, done, study_file, table

ENGINES = {
    "local": ["--jobs", "2"],
    "ray": ["--engine", "ray"],
    "slurm": ["--engine", "slurm", "--engine.memory_gb", "1", "--engine.minutes", "30"],
}


def workers(folder: Path) -> list[int]:
    """Processes that go on with a run of this study: those whose command line names its folder of runs."""
    found = []
    mark = f"{folder}/runs/".encode()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (path / "cmdline").read_bytes()
            if mark in words and b"premotor" in words:
                found.append(int(path.name))
    return found


def begin(words: list[str], log: Path) -> "subprocess.Popen[bytes]":
    """Start the study, or go on with it."""
    with log.open("ab") as file:
        return subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)


def repeated(folder: Path) -> list[str]:
    """Runs with an iteration that stands twice, or not at all, in their log."""
    wrong = []
    for log in sorted((folder / "runs").glob("*/metrics.jsonl")):
        numbers = [json.loads(line)["iteration"] for line in log.read_text().splitlines()]
        if numbers != list(range(1, len(numbers) + 1)):
            wrong.append(log.parent.name)
    return wrong


def main() -> None:
    """Parse the words, kill, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=list(ENGINES), default="local")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=5, help="four runs each")
    parser.add_argument("--seed", type=int, default=0, help="of what is killed when")
    parser.add_argument("--longest", type=float, default=20.0, help="s from one kill to the next, at most")
    chosen = parser.parse_args()
    draw = random.Random(chosen.seed)
    with tempfile.TemporaryDirectory(prefix="kill-study-") as place:
        folder = Path(place)
        file, there = study_file(folder, chosen.seeds), folder / "study"
        words = [*PREMOTOR, "study", str(file), "-o", str(there), *ENGINES[chosen.engine]]
        caller = begin(words, folder / "caller.log")
        killed = {"worker": 0, "caller": 0}
        while sum(killed.values()) < chosen.kills and done(there) < 4 * chosen.seeds:
            until = time.monotonic() + 300  # something is at work before the next kill
            while caller.poll() is None and not workers(there) and time.monotonic() < until:
                time.sleep(0.2)
            time.sleep(draw.uniform(0.5, chosen.longest))
            if caller.poll() is not None:
                caller = begin(words, folder / "caller.log")
                continue
            found = workers(there)
            number = draw.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
            if found and draw.random() < 0.7:
                with suppress(ProcessLookupError):
                    os.kill(draw.choice(found), number)
                    killed["worker"] += 1
            else:
                caller.send_signal(number)
                caller.wait()
                killed["caller"] += 1
                caller = begin(words, folder / "caller.log")
            print(f"{time.strftime('%H:%M:%S')} killed {killed}, {done(there)} runs done", flush=True)
        for _ in range(10):  # a run that was killed twice in one call is reported, and taken up by the next
            caller.wait()
            if caller.returncode == 0:
                break
            caller = begin(words, folder / "caller.log")
        if caller.wait():
            sys.exit(f"FAILED: status {caller.returncode}\n{(folder / 'caller.log').read_text()[-2000:]}")
        subprocess.run(
            [*PREMOTOR, "study", str(file), "-o", str(folder / "calm")], check=True, stdout=subprocess.DEVNULL
        )
        same = table(there) == table(folder / "calm")
        wrong = repeated(there)
        tries = sorted(len(list(lease.iterdir())) for lease in (there / "runs" / ".leases").iterdir())
        print(f"killed {killed}; workers a run: {tries}; repeated or lost iterations: {wrong or 'none'}")
        print(f"{done(there)} runs, the table is {'the same' if same else 'ANOTHER'} as without kills")
        sys.exit(0 if same and not wrong else "FAILED")


if __name__ == "__main__":
    main()
