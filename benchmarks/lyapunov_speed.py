"""Lyapunov exponents a second: ours beside a plain PyTorch implementation and beside lyapax, on one core each.

    python benchmarks/lyapunov_speed.py --torch-python PYTHON     # a Python that has torch
    python benchmarks/lyapunov_speed.py                           # makes one in .benchmarks/ for it

Every case has a process of its own on both sides, which answer in turns; the ratio is the median over the turns. Steps
are averaged over without transients. PyTorch takes a QR every 2 steps, as the original does; ours takes as many as the
precision needs, and for comparison as many as PyTorch. lyapax, which is JAX as ours is, does what PyTorch does; it has
no epoch of training.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
CASES = [
    # neurons, exponents, our steps, PyTorch's steps
    (100, 1, 40_000, 2000),
    (100, 10, 20_000, 2000),
    (100, 100, 4000, 1000),
    (1000, 1, 2000, 100),
    (1000, 100, 500, 50),
]
ORIGINAL = 2
"""Steps between two QRs in the original: t_ONS = 0.2, dt = 0.1."""
EPOCH = (100, 10, 2000)
"""Neurons, exponents, steps (a length of 200)."""


class Worker:
    """A process that answers requests, and what it said."""

    def __init__(self, python: str, script: Path, core: int | None):
        environment = os.environ | {
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
        }
        bound = {} if core is None else {"preexec_fn": lambda: os.sched_setaffinity(0, {core})}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen([python, str(script)], text=True, env=environment, **pipes, **bound)  # type: ignore[call-overload]
        self.seconds: list[float] = []
        self.peak = 0.0
        self.exponents: list[float] = []

    def ask(self, request: dict[str, Any] | None = None) -> None:
        """One run; the first request says of what."""
        self._process.stdin.write(json.dumps(request or {}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        self.seconds.append(answer["seconds"])
        self.peak, self.exponents = answer["peak_kib"] / 2**10, answer["exponents"]

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait(timeout=60)


def weights_of(neurons: int, gain: float = 3.0) -> list[list[float]]:
    """A random network, N(0, g²/N), without self-connections."""
    weights = np.random.default_rng(0).normal(size=(neurons, neurons)) * gain / np.sqrt(neurons)
    np.fill_diagonal(weights, 0.0)
    return weights.round(6).tolist()


def in_turns(
    peer_python: str,
    ours: list[dict[str, Any]],
    lyapax: dict[str, Any] | None,
    torch: dict[str, Any],
    rounds: int,
    core: int | None,
) -> list[Worker]:
    """Workers of ours, one a request, of lyapax where it is asked, and of PyTorch, after `rounds` turns."""
    workers = [Worker(sys.executable, HERE / "lyapunov_ours.py", core) for _ in ours]
    requests = list(ours)
    if lyapax is not None:
        workers.append(Worker(peer_python, HERE / "peers" / "lyapunov_lyapax.py", core))
        requests.append(lyapax)
    workers.append(Worker(peer_python, HERE / "peers" / "lyapunov_torch.py", core))
    for worker, request in zip(workers, [*requests, torch], strict=True):
        worker.ask(request)
    for _ in range(rounds - 1):
        for worker in workers:
            worker.ask()
    for worker in workers:
        worker.close()
    return workers


def report(name: str, workers: list[Worker], steps: list[int], labels: list[str], kept: dict[str, Any]) -> None:
    """Rows of the table: time a step (or an epoch), ratio to PyTorch, peak of memory."""
    peer = np.array(workers[-1].seconds) / steps[-1]
    unit = "s" if name.startswith("epoch") else "µs"
    factor = 1.0 if unit == "s" else 1e6
    for worker, count, label in zip(workers, steps, labels, strict=True):
        each = np.array(worker.seconds) / count
        ratio = float(np.median(peer / each))
        said = "" if worker is workers[-1] else f"{ratio:.0f}"
        first = f"{worker.exponents[0]:.3f}"
        print(
            f"| {name} | {label} | {factor * np.median(each):.3g} {unit} | {said} | {worker.peak:.0f} | {first} |",
            flush=True,
        )
        kept[f"{name}: {label}"] = {"seconds": worker.seconds, "steps": count, "ratio": ratio, "peak_mib": worker.peak}


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--torch-python", help="a Python that has torch; one is made in .benchmarks/ when left out")
    add("--torch-requirement", default="torch", help="what pip is to install as torch when one is made")
    add("--rounds", type=int, default=5)
    add(
        "--cases",
        type=int,
        nargs="+",
        default=list(range(len(CASES) + 1)),
        help="numbers of cases; the last: the epoch",
    )
    add("--core", type=int, help="core to bind all processes to")
    add("--json", type=Path, help="file for everything that was measured")
    args = parser.parse_args()
    python = args.torch_python
    if python is None:
        from importlib.metadata import version

        from peers.environment import make_environment

        python = str(make_environment(Path(".benchmarks"), sys.executable, args.torch_requirement, version("mujoco")))
    has_lyapax = subprocess.run([python, "-c", "import lyapax"], capture_output=True, check=False).returncode == 0
    if not has_lyapax:
        print(f"{python} has no lyapax: left out")
    kept: dict[str, Any] = {}
    print("| case | implementation | time a step | PyTorch / ours | peak memory, MiB | λ1 |")
    print("|---|---|---:|---:|---:|---:|", flush=True)
    for number in args.cases:
        if number == len(CASES):
            neurons, exponents, steps = EPOCH
            size = {"neurons": neurons, "exponents": exponents, "steps": steps, "kind": "epoch"}
            size["weights"] = weights_of(neurons)
            intervals = [20, ORIGINAL]
            requests = [size | {"qr_interval": interval} for interval in intervals]
            workers = in_turns(python, requests, None, size | {"qr_interval": ORIGINAL}, args.rounds, args.core)
            labels = ["ours, float32, QR every 20 steps", "ours, float32, QR every 2 steps", "PyTorch, float32"]
            report("epoch, N = 100, k = 10, length 200", workers, [1, 1, 1], labels, kept)
            continue
        neurons, exponents, steps, fewer = CASES[number]
        size = {"neurons": neurons, "exponents": exponents, "weights": weights_of(neurons), "kind": "spectrum"}
        mine = size | {"steps": steps}
        requests = [
            mine | {"precision": "float64", "qr_interval": None},
            mine | {"precision": "float32", "qr_interval": None},
            mine | {"precision": "float32", "qr_interval": ORIGINAL},
        ]
        theirs = size | {"steps": fewer, "qr_interval": ORIGINAL}
        second = mine | {"qr_interval": ORIGINAL} if has_lyapax else None
        workers = in_turns(python, requests, second, theirs, args.rounds, args.core)
        labels = ["ours, float64", "ours, float32", "ours, float32, QR every 2 steps"]
        labels += ["lyapax, float32"] * has_lyapax + ["PyTorch, float32"]
        counts = [steps] * (len(workers) - 1) + [fewer]
        report(f"N = {neurons}, k = {exponents}", workers, counts, labels, kept)
    if args.json:
        args.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
