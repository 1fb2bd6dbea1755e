"""Every benchmark by one command, and the table of docs/performance.md.

    python benchmarks/all.py                     # go on where it was stopped; an hour at most
    python benchmarks/all.py --only training fly # some of them
    python benchmarks/all.py --again             # all of them anew
    python benchmarks/all.py --table             # only write the page
    python benchmarks/all.py --patience 3        # time limits of three times as long, for a busy machine

Each benchmark is a process with a time limit, and keeps what it found, with date, revision, machine, load and versions,
as a file of its own under `.benchmarks/performance/NAME/`, which no later one overwrites: trends can be read. The
newest of each also goes to docs/data/performance.json, from which the page is made; of the machine's limits the best
that was seen. A benchmark that this revision has ended already is not run again. Peers are used where their
environments are (`.benchmarks/`); `--peers` makes them, which downloads PyTorch, Stable-Baselines3, Brian2, NEST and
NetPyNE.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from lif_environment import device
from peers.environment import make_environment
from performance import BUSY, table, with_table

HERE = Path(__file__).parent
ROOT = HERE.parent
KEPT = ROOT / ".benchmarks" / "performance"
NEWEST = ROOT / "docs" / "data" / "performance.json"
PAGE = ROOT / "docs" / "performance.md"
PACKAGES = ("premotor", "jax", "mujoco", "numpy", "numba")
TORCH = ROOT / ".benchmarks" / "environment" / "bin" / "python"


class Benchmark(NamedTuple):
    """A script, its words and how long it may take."""

    name: str
    words: tuple[str, ...]
    minutes: float
    peer: tuple[str, ...] = ()
    """Words that bring the peer in, given where `there` exists."""
    there: Path | None = None
    alone: tuple[str, ...] | None = ()
    """Words for where the peer is not there; None: it cannot run alone."""
    needs: str | None = None
    """A package that it needs."""


def peer_python(word: str) -> tuple[str, ...]:
    """Words that name the Python with PyTorch and Stable-Baselines3."""
    return (word, str(TORCH))


BENCHMARKS = (
    Benchmark("limits", ("limits.py",), 1),
    Benchmark("start", ("start_time.py",), 3),
    Benchmark("training", ("training_speed.py",), 8, peer_python("--peer-python"), TORCH),
    Benchmark("training-leg", ("training_speed.py", "--circuit", "fly-leg"), 3),
    Benchmark("fly", ("fly.py", "--joints", "18"), 3),
    Benchmark("worm", ("worm_speed.py", "--worms", "64"), 2),
    Benchmark("off-policy", ("off_policy_speed.py",), 4, peer_python("--peer-python"), TORCH, None),
    Benchmark("lyapunov", ("lyapunov_speed.py", "--rounds", "3", "--cases", "3", "4", "5"), 6,
              peer_python("--torch-python"), TORCH, None),
    Benchmark("lif", ("lif_speed.py", "--rounds", "3", "--no-nest"), 6, (),
              ROOT / ".benchmarks" / "lif" / "installed.json", None),
    Benchmark("microcircuit", ("microcircuit.py", "--seconds", "2"), 4, ("--peers",),
              ROOT / ".benchmarks" / "lif" / "installed.json"),
    Benchmark("spiking", ("spiking_speed.py", "--turns", "2", "--seconds", "4"), 4, (),
              ROOT / ".benchmarks" / "netpyne" / "mechanisms", ("--no-peer",)),
    Benchmark("gymnasium", ("gymnasium_copies.py",), 2, needs="envpool"),
    Benchmark("products", ("products.py", "--neurons", "150", "300", "1000"), 3),
    Benchmark("nulls", ("null_models.py", "--circuit", "fly-leg", "--draws", "200"), 1),
    Benchmark("many", ("many_runs.py", "--rounds", "1"), 5),
    Benchmark("flywire", ("flywire_size.py", "--format", "csv.gz"), 5),
)  # fmt: skip


def revision() -> str:
    """The commit, with a plus where files differ from it."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    changed = subprocess.run([*git, "status", "--porcelain", "src"], capture_output=True, text=True, check=True).stdout
    return commit.strip() + ("+" if changed else "")


def versions() -> dict[str, str]:
    """Of what a figure may depend on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def measured(benchmark: Benchmark, peers: bool, patience: float, commit: str) -> dict[str, Any]:
    """Run it; its record, whatever became of it."""
    minutes = patience * benchmark.minutes
    makes_peer = peers and not benchmark.peer  # the script itself, at its first call
    present = benchmark.there is not None and (makes_peer or benchmark.there.exists())
    record: dict[str, Any] = {
        "name": benchmark.name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": commit,
        "processor": device(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "versions": versions(),
        "peer": present,
        "status": "ended",
        "figures": None,
    }
    if benchmark.needs and find_spec(benchmark.needs) is None:
        return record | {"status": f"needs {benchmark.needs}, which is not installed"}
    if benchmark.there is not None and not present and benchmark.alone is None:
        return record | {"status": "its peer is not installed (--peers makes its environment)"}
    extra = benchmark.peer if present else benchmark.alone or ()
    folder = KEPT / benchmark.name
    folder.mkdir(parents=True, exist_ok=True)
    out, log = folder / "unfinished.json", folder / "log.txt"
    out.unlink(missing_ok=True)
    script, *words = benchmark.words
    command = [sys.executable, str(HERE / script), *words, *extra, "--json", str(out)]
    began = time.monotonic()
    try:
        with log.open("w") as text:
            subprocess.run(command, cwd=ROOT, stdout=text, stderr=subprocess.STDOUT, check=True,
                           timeout=60 * minutes)  # fmt: skip
        record["figures"] = json.loads(out.read_text())
    except subprocess.TimeoutExpired:
        record["status"] = f"not done after {minutes:g} minutes"
    except (subprocess.CalledProcessError, OSError, ValueError) as error:
        record["status"] = f"failed ({type(error).__name__}); {log.relative_to(ROOT)} says why"
    out.unlink(missing_ok=True)
    return record | {"seconds": round(time.monotonic() - began, 1)}


def newest(folder: Path, name: str) -> dict[str, Any] | None:
    """The last record of a benchmark that has figures, or else the last one; None where there is none."""
    files = [file for file in sorted((folder / name).glob("*.json")) if file.name[0].isdigit()]
    records = [json.loads(file.read_text()) for file in files]
    return next((r for r in reversed(records) if r["figures"] is not None), records[-1] if records else None)


def publish(folder: Path) -> None:
    """Write the newest records to docs/data and the table to the page."""
    records = json.loads(NEWEST.read_text()) if NEWEST.exists() else {}
    for benchmark in BENCHMARKS:
        found = newest(folder, benchmark.name)
        if found is not None and (found["figures"] is not None or benchmark.name not in records):
            before, records[benchmark.name] = records.get(benchmark.name), found
            if benchmark.name == "limits" and before and before["processor"] == found["processor"]:
                best = {name: max(rate, before["figures"].get(name, 0.0)) for name, rate in found["figures"].items()}
                found["figures"] = best
    NEWEST.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table(records)), encoding="utf-8")


def main() -> None:
    """Run what is left to run, and write the page after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--again", action="store_true", help="run also what this revision has ended already")
    parser.add_argument("--peers", action="store_true", help="let benchmarks make the environments of their peers")
    parser.add_argument("--patience", type=float, default=1.0, help="factor of all time limits")
    parser.add_argument("--table", action="store_true", help="only write the page")
    options = parser.parse_args()
    commit = revision()
    if options.peers and not options.table:
        make_environment(TORCH.parents[2], sys.executable, "torch", version("mujoco"))
    for benchmark in () if options.table else BENCHMARKS:
        if benchmark.name not in options.only:
            continue
        before = newest(KEPT, benchmark.name)
        if before and before["revision"] == commit and before["figures"] is not None and not options.again:
            print(f"{benchmark.name}: ended already at {before['date']}, load {before['load']}", flush=True)
            continue
        record = measured(benchmark, options.peers, options.patience, commit)
        file = KEPT / benchmark.name / f"{record['date'].replace(':', '')}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(record, indent=1) + "\n")
        busy = " (other work ran: only ratios count)" if record["load"] > BUSY else ""
        print(f"{benchmark.name}: {record['status']}, load {record['load']}{busy}", flush=True)
        publish(KEPT)
    publish(KEPT)


if __name__ == "__main__":
    main()
