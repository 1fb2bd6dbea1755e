"""How time and memory grow with neurons, synapses, environments, episodes and runs in a folder.

    python benchmarks/growth.py --json docs/data/growth.json --figure docs/data/growth.png

Every size has a process of its own. Time is that of the processor without compiling; memory is the peak of resident
memory, with all that was imported. The slope is that of a line through the upper half of the sizes, both axes
logarithmic: 1 is growth like the work.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

SIZES = {
    "neurons": [100, 1_000, 10_000, 100_000],
    "synapses": [10_000, 100_000, 1_000_000, 5_000_000],
    "environments": [1, 8, 64, 512, 4096],
    "episodes": [1, 10, 100, 1000],
    "runs": [1, 10, 100, 1000, 10_000],
}
RUN = Path(__file__).parents[1] / "tests" / "data" / "runs" / "rate.tar.xz"
Work = tuple[str, Callable[[], Any]]


def tables(folder: Path, neurons: int, pairs: int) -> Path:
    """A circuit of random partners as tables."""
    random = np.random.default_rng(0)
    types = random.choice(["acetylcholine", "gaba"], neurons)
    lines = "\n".join(f"{i},N{i % 50},{kind}" for i, kind in enumerate(types, 1))
    (folder / "neurons.csv").write_text(f"id,type,transmitter\n{lines}\n")
    pre, post = random.integers(1, neurons + 1, (2, pairs))
    columns = np.column_stack([pre, post, random.integers(1, 20, pairs)])
    np.savetxt(folder / "connections.csv", columns, "%d", ",", header="pre,post,count", comments="")
    return folder


def wiring(folder: Path, neurons: int, pairs: int) -> Iterator[Work]:
    """Loading a circuit, and a tenth of a second of its LIF network with every hundredth neuron driven."""
    import premotor as pm
    from premotor.networks import LIFNetwork, LIFSettings, Stimulus
    from premotor.networks.stimulation import PoissonInput

    made: dict[str, Any] = {}
    (folder / "small").mkdir()
    pm.load_circuit(tables(folder / "small", 10, 20))  # imports
    tables(folder, neurons, pairs)
    yield "load", lambda: made.update(circuit=pm.load_circuit(folder))
    driven = np.arange(0, neurons, 100)
    events = (PoissonInput(driven, 100.0, 68.75, 0, 1000, False),)
    stimulus = Stimulus(np.ones((1000, 0)), np.zeros((0, neurons, 1)), events, 1e-4)
    small = Stimulus(np.ones((300, 0)), np.zeros((0, neurons, 1)), events, 1e-4)
    for engine in ("dense", "event"):
        LIFNetwork.wire(made["circuit"], LIFSettings(engine=engine)).simulate(small, threads=1)
    network = LIFNetwork.wire(made["circuit"])
    yield "LIF, 0.1 s", lambda: network.simulate(stimulus, threads=1)


def environments(count: int) -> Iterator[Work]:
    """Making bipeds and ten control steps of all."""
    from premotor.runs import load_experiment
    from premotor.tasks import PhysicsEnvironment, build_task

    task = build_task(load_experiment("walk").task)
    made: dict[str, Any] = {}

    def make() -> None:
        made["environment"] = PhysicsEnvironment(task, count)
        made["environment"].reset()

    def steps(number: int) -> None:
        for _ in range(number):
            made["environment"].step(np.zeros((count, len(task.action_names)), np.float32))

    make()
    steps(3)
    yield "make and reset", make
    yield "10 steps", lambda: steps(10)


def episodes(count: int) -> Iterator[Work]:
    """Half a second of test episodes, side by side."""
    from premotor.runs import build_circuit, controller_for, load_experiment
    from premotor.runs.episodes import Episodes
    from premotor.tasks import build_task

    experiment = load_experiment("walk")
    task = build_task(experiment.task)
    controller = controller_for(build_circuit(experiment.circuit), task, experiment)
    chosen = Episodes(task, count, 0.5, 0, 1)
    chosen.run(controller)
    yield "test, 0.5 s", lambda: chosen.run(controller)


def runs(folder: Path, count: int) -> Iterator[Work]:
    """Listing copies of a run, without and with an index."""
    from premotor.studies.run_lists import list_runs

    with tarfile.open(RUN) as archive:
        archive.extractall(folder / "one", filter="data")
    source = next(path.parent for path in (folder / "one").rglob("settings.yaml"))
    every = folder / "runs"
    for number in range(count):
        shutil.copytree(
            source, every / f"run-{number}", ignore=shutil.ignore_patterns("checkpoints", "video", "*.arrow")
        )
    yield "list, first", lambda: list_runs(every)
    yield "list, again", lambda: list_runs(every)


def peak() -> float:
    """Largest resident memory so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def one(kind: str, size: int) -> dict[str, Any]:
    """Seconds of each part at one size, and the largest resident memory, MiB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = {
            "neurons": lambda: wiring(folder, size, 50 * size),
            "synapses": lambda: wiring(folder, 10_000, size),
            "environments": lambda: environments(size),
            "episodes": lambda: episodes(size),
            "runs": lambda: runs(folder, size),
        }[kind]()
        seconds = {}
        for label, work in parts:
            began = time.process_time()
            work()
            seconds[label] = time.process_time() - began
    return {"size": size, "seconds": seconds, "peak": peak()}


def slope(sizes: list[int], values: list[float]) -> float:
    """Of a line through the upper half, on logarithmic axes."""
    half = len(sizes) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(np.maximum(values[half:], 1e-4)), 1)[0])


def slopes(found: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, float]]:
    """By kind and by part or memory."""
    every = {}
    for kind, points in found.items():
        sizes = [point["size"] for point in points]
        series = {label: [point["seconds"][label] for point in points] for label in points[0]["seconds"]}
        series["memory"] = [point["peak"] for point in points]
        every[kind] = {label: slope(sizes, values) for label, values in series.items()}
    return every


def draw(found: dict[str, list[dict[str, Any]]], file: Path) -> None:
    """One panel a kind: seconds of each part and MiB."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(found), figsize=(3 * len(found), 2.8), layout="constrained")
    told = slopes(found)
    for panel, (kind, points) in zip(np.atleast_1d(panels), found.items(), strict=True):
        sizes = [point["size"] for point in points]
        for label in points[0]["seconds"]:
            values = [point["seconds"][label] for point in points]
            panel.loglog(sizes, values, "o-", ms=3, label=f"{label}, s (slope {told[kind][label]:.2f})")
        memory = [point["peak"] for point in points]
        panel.loglog(sizes, memory, "s--", ms=3, color="grey", label=f"memory, MiB ({told[kind]['memory']:.2f})")
        panel.set(xlabel=kind)
        panel.legend(fontsize=6)
        panel.grid(alpha=0.3)
    figure.savefig(file, dpi=110)


def main() -> None:
    """Measure every size in a process of its own, print slopes, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="*", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--most", type=int, help="leave larger sizes out")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument(
        "--json",
        type=Path,
        help="kinds that are measured replace those there; with --kinds and no kind after it nothing is measured",
    )
    parser.add_argument("--figure", type=Path)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one[0], int(options.one[1]))))
        return
    found: dict[str, list[dict[str, Any]]] = {}
    if options.json and options.json.exists():
        found = json.loads(options.json.read_text(encoding="utf-8"))["points"]
    for kind in options.kinds:
        found[kind] = []
        for size in SIZES[kind]:
            if options.most and size > options.most:
                continue
            command = [sys.executable, __file__, "--one", kind, str(size)]
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[kind].append(json.loads(answer.splitlines()[-1]))
            print(kind, json.dumps(found[kind][-1]), flush=True)
    found = {kind: found[kind] for kind in SIZES if kind in found}
    for kind, told in slopes(found).items():
        print(f"| {kind} | " + ", ".join(f"{label} {value:.2f}" for label, value in told.items()) + " |")
    if options.json:
        text = json.dumps({"points": found, "slopes": slopes(found)}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    if options.figure:
        draw(found, options.figure)


if __name__ == "__main__":
    main()
