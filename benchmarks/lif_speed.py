"""The LIF network's speed and memory beside Brian2 (C++ standalone) and NEST, each on one thread of one core.

    python benchmarks/lif_speed.py

All run the same arrays in processes of their own, in turns. A time is that of the simulation alone: for Brian2 its
program's main loop by its own clock, for NEST its `Run`, for us the call of `simulate`. Building, loading and compiling
are left out; memory is the process's largest resident one and has everything in it.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from lif_environment import FOLDER, HERE, Peers, device, make_peers, run
from lif_networks import Network, brunel, fly_sized

NETWORKS = {
    "Brunel 2000, 12,500 neurons": brunel,
    "fly-sized, 1,000 driven": fly_sized,
    "fly-sized, 10,000 driven": lambda: fly_sized(driven=10_000),
}


def measure(peers: Peers, network: Network, seconds: float, rounds: int) -> dict[str, dict[str, list]]:
    """Spikes, seconds of computing and MiB of each simulator, `rounds` times in turns."""
    found: dict[str, dict[str, list]] = {}
    with tempfile.TemporaryDirectory() as name:
        file, program = network.save(Path(name) / "network.npz"), Path(name) / "standalone"
        words = [str(file), str(seconds)]
        told = run([peers.python, str(HERE / "lif_peers.py"), "brian2", *words, "0", str(program)]).answer
        for turn in range(rounds):
            made = [run([sys.executable, str(HERE / "lif_ours.py"), *words, str(turn)])]
            peer = run([str(program / "main")], program)
            took = float((program / "results" / "last_run_info.txt").read_text().split()[0])
            made.append(peer._replace(answer=told | {"seconds": took}))
            if peers.nest:
                made.append(run([peers.python, str(HERE / "lif_peers.py"), "nest", *words, str(turn)]))
            for answer, peak in made:
                figures = found.setdefault(answer["version"], {"spikes": [], "seconds": [], "peak": []})
                for key, value in (answer | {"peak": peak}).items():
                    if key in figures:
                        figures[key].append(value)
    return found


def rows(name: str, found: dict[str, dict[str, list]]) -> list[str]:
    """Lines of the table: medians, and the median of the ratios of each round."""
    ours = next(iter(found.values()))
    lines = []
    for simulator, figures in found.items():
        times = figures["seconds"]
        ratio = statistics.median(theirs / mine for theirs, mine in zip(times, ours["seconds"], strict=True))
        cells: list[Any] = [name, simulator, f"{statistics.median(figures['spikes']):,.0f}"]
        cells += [f"{statistics.median(times):.3f} ({min(times):.3f} to {max(times):.3f})", f"{ratio:.1f}"]
        lines.append(f"| {' | '.join(cells)} | {statistics.median(figures['peak']):,.0f} |")
    return lines


def main() -> None:
    """Print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers-folder", type=Path, default=FOLDER, help="where the peers' environment is kept")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="simulated time")
    parser.add_argument("--nest", action=argparse.BooleanOptionalAction, default=True, help="NEST takes the longest")
    parser.add_argument("--json", type=Path, help="keep every measurement here")
    options = parser.parse_args()
    peers = make_peers(options.peers_folder.resolve())
    if not peers.nest:
        print("NEST does not install here; Brian2 alone is compared")
    peers = peers._replace(nest=peers.nest and options.nest)
    print(f"{device()}, one core, {options.seconds:g} s simulated, medians of {options.rounds} rounds (range)\n")
    print("| network | simulator | spikes | s | times ours | MiB |\n|---|---|---|---|---|---|")
    every = {}
    for name, make in NETWORKS.items():
        network = make()
        every[name] = measure(peers, network, options.seconds, options.rounds)
        edges = f"{len(network.target) / 1e6:.1f} M edges"
        print("\n".join(rows(f"{name}, {edges}", every[name])), flush=True)
    if options.json:
        options.json.write_text(json.dumps(every, indent=2) + "\n")


if __name__ == "__main__":
    main()
