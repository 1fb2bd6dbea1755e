"""Make the archives in tests/data/runs, a tiny run folder of each kind, with the code of an older commit.

    python scripts/make_old_runs.py --commit COMMIT

The tests resume, evaluate and report them with today's code. Made once for each layout that users have; an archive
that is there already stays as it is.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from same_runs import Worker, checked_out  # noqa: E402
from same_runs_cases import BRIEF, CIRCUIT, EVOLUTION, OFF, PLASTIC, PPO, TINY, Case, run, write  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "tests" / "data" / "runs"

SMALL = "--circuit.source fly-cpg --network.hidden [8] --learning.critic_layers [8] --learning.memory 96"
LAST = "--checkpoints.keep 1 --threads 1 --no-report -o run"

CASES = (
    Case("rate", (*CIRCUIT, run(f"train walk {TINY} {PPO} {BRIEF} {LAST}"))),
    Case("off-policy", (run(f"train pendulum {SMALL} {OFF} {LAST}"),)),
    Case("spiking-evolution", (run(f"train cartpole-evolution {EVOLUTION} {LAST}"),)),
    Case("spiking-plasticity", (run(f"train cartpole-stdp {PLASTIC} {LAST}"),)),
    Case(
        "spectrum-training",
        (
            run(
                "dynamics train --neurons 8 --samples 1 --exponents 2 --epochs 2 --length 10 --t-ons 1 "
                "--learning.transient 5 --learning.frame_transient 2 --learning.gradient.window 5 --verify.states 1 "
                "--no-figures -o run"
            ),
        ),
    ),
    Case(
        "transition",
        (
            write("short.yaml", "transient: 10\n"),
            run(
                "dynamics transition short.yaml --length 20 --neurons 8 --exponents 2 --values 2 --samples 2 --t-ons 1 "
                "--threads 1 --no-figures -o run"
            ),
        ),
    ),
    Case(
        "simulation",
        (
            *CIRCUIT,
            run(
                "simulate inputs/tiny --model rate --drive class=sensory:0.5 --seconds 0.6 --replicates 1 "
                "--record class=motor --no-figures -o run"
            ),
        ),
    ),
    Case(
        "comparison",
        (
            *CIRCUIT,
            run(f"compare walk {TINY} --nulls 1 --null shuffled_weights --seeds 1 --jobs 1 {PPO} {BRIEF} -o run"),
        ),
    ),
    Case(
        "sweep",
        (
            run(f'sweep pendulum {SMALL} --search "learning.learning_rate=[1e-3, 1e-4]" --sampler grid --jobs 1 {OFF} '
                "-o run"),
        ),
    ),
)  # fmt: skip

LEFT_OUT = ("events", "video", ".lock", "report.html", "comparison.html", "*.png", "log.txt", "*.log", "worker.lock")


def pack(folder: Path, name: str) -> None:
    """Put what a run cannot do without into an archive."""
    TARGET.mkdir(parents=True, exist_ok=True)
    file = TARGET / f"{name}.tar.xz"
    with tempfile.TemporaryDirectory(prefix="premotor-old-") as place:
        shutil.copytree(folder, Path(place) / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for text in Path(place).rglob("*"):
            if text.suffix in (".json", ".yaml", ".jsonl"):  # settings name circuits by their whole path
                text.write_text(re.sub(r'[^\s"\']*/inputs/', "inputs/", text.read_text()))
        with tarfile.open(file, "w:xz") as archive:
            archive.add(Path(place) / name, name)
    print(f"{file.name}: {file.stat().st_size:,} bytes", flush=True)


def main() -> int:
    """Make the folders that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", required=True)
    arguments = parser.parse_args()
    cases = [case for case in CASES if not (TARGET / f"{case.name}.tar.xz").exists()]
    given = ["git", "-C", str(ROOT), "rev-parse", f"{arguments.commit}^{{commit}}"]
    commit = subprocess.run(given, check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="premotor-old-") as place:
        worker = Worker(checked_out(commit, Path(place)))
        for case in cases:
            folder = Path(place) / case.name
            folder.mkdir()
            problem = worker.make(case, False, folder, 900)
            if problem is not None:
                print(f"{case.name}: {problem}", file=sys.stderr)
                return 1
            pack(folder / "run", case.name)
        worker.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
