"""The spiking CartPole agent beside NetPyNE and NEURON: environment steps a second on one core.

The peers' environment is made in `.benchmarks/netpyne`; NEURON's mechanisms need a C++ compiler. Turns alternate
between both, with and without learning, on the same core. Seconds are those of the processor, so that other work on the
machine counts little; the ratio is the median over the turns. Then, in seconds of the wall clock, the curve over the
number of networks of ours side by side on all cores.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDER = HERE.parent / ".benchmarks" / "netpyne"
PEERS = ("netpyne>=1.1", "neuron>=8.2")
MODES = ("learn", "no")


def make_peer(folder: Path, python: str) -> str:
    """Python of an environment with NetPyNE and NEURON, made at the first call."""
    peer = folder / "environment" / "bin" / "python"
    if not peer.exists():
        print(f"making an environment with NetPyNE and NEURON in {folder}", flush=True)
        subprocess.run([python, "-m", "venv", str(folder / "environment")], check=True)
        subprocess.run([str(peer), "-m", "pip", "install", "-qq", *PEERS], check=True)
    return str(peer)


def compile_mechanisms(peer: str, folder: Path) -> Path:
    """The folder in which NEURON finds the cell and the plastic synapse."""
    place = folder / "mechanisms"
    place.mkdir(parents=True, exist_ok=True)
    for source in (HERE / "peers" / "spiking").glob("*.mod"):
        (place / source.name).write_text(source.read_text())
    environment = os.environ | {"PATH": f"{Path(peer).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["nrnivmodl", "."], cwd=place, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"nrnivmodl failed:\n{done.stdout}\n{done.stderr}")
    return place


def answer(command: list[str], folder: Path | None = None, words: str | None = None, cores: int = 1) -> dict[str, Any]:
    """The last line of a process's output as JSON; it runs on the first `cores` of this process's cores."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    done = subprocess.run(
        command,
        cwd=folder,
        input=words,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, allowed),
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--peer-python", help="a Python with NetPyNE and NEURON instead of an environment of its own")
    parser.add_argument("--no-peer", action="store_true", help="ours alone")
    parser.add_argument("--networks", type=int, nargs="*", default=[1, 2, 4, 8, 16], help="side by side, on all cores")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    ours = [sys.executable, str(HERE / "spiking_ours.py")]
    rows: dict[str, list[dict[str, Any]]] = {f"{who} {mode}": [] for who in ("ours", "NetPyNE") for mode in MODES}
    if not options.no_peer:
        peer = options.peer_python or make_peer(options.folder, sys.executable)
        place = compile_mechanisms(peer, options.folder)
        network = json.dumps(answer([*ours, "network"]))
    for turn in range(options.turns):
        for mode in MODES:
            rows[f"ours {mode}"].append(answer([*ours, str(options.seconds), mode]))
            if not options.no_peer:
                words = [peer, str(HERE / "spiking_netpyne.py"), str(options.seconds), mode]
                rows[f"NetPyNE {mode}"].append(answer(words, place, network))
        print(f"turn {turn + 1} of {options.turns}", file=sys.stderr, flush=True)
    print(table(rows))
    curve = {}
    cores = len(os.sched_getaffinity(0))
    for count in options.networks:
        words = [*ours, str(options.seconds / 2), "learn", str(count), str(cores)]
        curve[count] = answer(words, cores=cores)["total_steps_per_second"]
    if curve:
        print(f"\nNetworks side by side, learning, on {cores} cores:\n\n| networks | steps/s together |\n|---:|---:|")
        print("\n".join(f"| {count} | {value:,.0f} |" for count, value in curve.items()))
    if options.json:
        options.json.write_text(json.dumps({"rows": rows, "curve": curve}, indent=2))


def table(rows: dict[str, list[dict[str, Any]]]) -> str:
    """Medians, and the ratio turn by turn."""
    lines = ["| | ours, steps/s | NetPyNE, steps/s | ours / NetPyNE |", "|---|---:|---:|---:|"]
    for mode, name in zip(MODES, ("with learning", "without"), strict=True):
        mine = [row["steps_per_second"] for row in rows[f"ours {mode}"]]
        theirs = [row["steps_per_second"] for row in rows[f"NetPyNE {mode}"]]
        ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True)) if theirs else float("nan")
        other = statistics.median(theirs) if theirs else float("nan")
        lines.append(f"| {name} | {statistics.median(mine):,.0f} | {other:,.0f} | {ratio:.0f} |")
    lines += ["", "| rates, Hz (without learning) | " + " | ".join(rows["ours no"][0]["rates"]) + " | undecided |"]
    lines.append("|---|" + "---:|" * (len(rows["ours no"][0]["rates"]) + 1))
    for who in ("ours", "NetPyNE"):
        found = rows[f"{who} no"]
        if found:
            rates = [statistics.mean(row["rates"][name] for row in found) for name in found[0]["rates"]]
            ties = statistics.mean(row["undecided"] for row in found)
            lines.append(f"| {who} | " + " | ".join(f"{rate:.2f}" for rate in rates) + f" | {ties:.1%} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
