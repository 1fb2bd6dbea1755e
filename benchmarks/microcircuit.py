"""The cortical microcircuit of Potjans & Diesmann (2014) at full scale: its rates, how irregular, how fast.

    python benchmarks/microcircuit.py                      # 77,169 neurons, 0.3 billion synapses, 2 GB, 10 s
    python benchmarks/microcircuit.py --seeds 0 1 2 --figure FILE.png --json FILE.json
    python benchmarks/microcircuit.py --peers --seconds 2  # and a tenth of the neurons, all their inputs, in turns with
                                                           # Brian2 and NEST, whose full network takes 10 GB and more

One thread. A time is that of the simulation alone; drawing the network is told apart. Irregularity is the mean CV of
intervals between spikes, of neurons with at least 10 of them; synchrony the variance over the mean of the spikes that
1,000 neurons of a population have in bins of 3 ms (Potjans & Diesmann 2014, fig. 6).
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from lif_environment import FOLDER, device
from microcircuit_peers import in_turns
from premotor.analysis import interval_variation
from premotor.networks import Microcircuit, Spikes, potjans_diesmann
from premotor.networks.spiking.clock_driven.microcircuit import POPULATIONS, RATES

TRANSIENT = 0.5
"""s, left out."""
NEST = (0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829)
"""Hz: the rates that NEST's example of the model now states, of one network at full scale."""
SAMPLED, BIN = 1_000, 0.003


def simulated(circuit: Microcircuit, seconds: float, seed: int) -> tuple[Spikes, dict[str, float]]:
    """Run it after a short run that compiles; spikes, and seconds of clock and processor a biological second."""
    circuit.network.simulate(circuit.stimulus(0.01), threads=1, potential=circuit.start)
    stimulus = circuit.stimulus(seconds)
    clock, processor = time.perf_counter(), time.process_time()
    spikes = circuit.network.simulate(stimulus, seed=seed, threads=1, potential=circuit.start)
    took = {"clock": time.perf_counter() - clock, "processor": time.process_time() - processor}
    return spikes, {name: value / seconds for name, value in took.items()}


def activity(circuit: Microcircuit, spikes: Spikes, seconds: float) -> dict[str, list[float]]:
    """Rate, irregularity and synchrony of each population after the transient."""
    late = spikes.time >= TRANSIENT
    when, neuron, bounds = spikes.time[late] - TRANSIENT, spikes.neuron[late], circuit.bounds
    variation = interval_variation(when, neuron, len(circuit.start), least=9)
    irregular, synchrony = [], []
    for low, high in zip(bounds[:-1], bounds[1:], strict=True):
        irregular.append(float(np.nanmean(variation[low:high])))
        mine = when[(neuron >= low) & (neuron < min(high, low + SAMPLED))]
        counts = np.histogram(mine, np.arange(round(seconds / BIN) + 1) * BIN)[0]
        synchrony.append(float(counts.var() / counts.mean()))
    return {"rate": circuit.rates(neuron, seconds).tolist(), "cv": irregular, "synchrony": synchrony}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every network in turn; draws the raster of the first."""
    found: dict[str, Any] = {
        "neurons": options.neurons,
        "inputs": options.inputs,
        "seconds": options.seconds,
        "runs": [],
    }
    for seed in options.seeds:
        load, began = os.getloadavg()[0], time.process_time()
        circuit = potjans_diesmann(options.neurons, options.inputs, seed)
        drawing = time.process_time() - began
        spikes, took = simulated(circuit, options.seconds + TRANSIENT, seed)
        found |= {"synapses": len(circuit.network.target)}
        found["runs"].append(
            {"seed": seed, "spikes": len(spikes.step), "drawing, processor": drawing, "load": load}
            | {f"a second, {name}": value for name, value in took.items()}
            | activity(circuit, spikes, options.seconds)
        )
        if options.figure and seed == options.seeds[0]:
            draw(circuit, spikes, options.figure)
        del circuit, spikes
    found["peak memory, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def draw(circuit: Microcircuit, spikes: Spikes, file: Path) -> None:
    """Spikes of every twentieth neuron in the last 0.4 s, top to bottom as the layers, and each population's rate."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    end = spikes.steps * spikes.period
    late = (spikes.time >= end - 0.4) & (spikes.neuron % 20 == 0)
    bounds, middles = circuit.bounds, (circuit.bounds[:-1] + circuit.bounds[1:]) / 2
    figure, (raster, bars) = plt.subplots(1, 2, figsize=(9, 5), width_ratios=(3, 1), layout="constrained", sharey=True)
    kind = np.searchsorted(bounds, spikes.neuron[late], "right") - 1
    for number in range(8):
        mine, colour = kind == number, ("#1f4e79", "#c0392b")[number % 2]
        when = 1e3 * (spikes.time[late][mine] - end + 0.4)
        raster.plot(when, spikes.neuron[late][mine], ".", ms=1.4, color=colour)
        rate = circuit.rates(spikes.neuron, end)[number]
        height = 0.9 * (bounds[number + 1] - bounds[number])
        bars.barh(middles[number], rate, height, color=colour)
        bars.plot(RATES[number], middles[number], "k|", ms=9, mew=1.5)
    raster.set(yticks=middles, yticklabels=POPULATIONS, xlabel="ms", xlim=(0, 400), ylim=(bounds[-1], 0))
    raster.set_title("every twentieth neuron, the last 400 ms", fontsize=9)
    bars.set(xlabel="Hz")
    bars.set_title("mean rate; | published", fontsize=9)
    figure.savefig(file, dpi=110)


def report(found: dict[str, Any]) -> None:
    """Print the tables."""
    runs = found["runs"]
    print(f"{found['synapses']:,} synapses, {found['peak memory, MiB']:,.0f} MiB; {len(runs)} network(s), "
          f"{found['seconds']:g} s each after {TRANSIENT:g} s; {device()}, one thread")  # fmt: skip
    for run in runs:
        print(f"seed {run['seed']}: a biological second takes {run['a second, processor']:.2f} s of the processor, "
              f"{run['a second, clock']:.2f} s by the clock (load average {run['load']:.1f}); "
              f"drawing {run['drawing, processor']:.1f} s of the processor")  # fmt: skip
    print("\n| population | Hz | published | difference | NEST's example | difference | CV | synchrony |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for number, name in enumerate(POPULATIONS):
        rate, cv, synchrony = (statistics.mean(run[key][number] for run in runs) for key in ("rate", "cv", "synchrony"))
        cells = [f"{rate:.3f}"]
        for other in (RATES[number], NEST[number]):
            cells += [f"{other:.3f}", f"{100 * (rate / other - 1):+.1f}%"]
        print(f"| {name} | {' | '.join(cells)} | {cv:.2f} | {synchrony:.1f} |")
    for name, peer in found.get("peers", {}).items():
        print(f"\n{name}: {json.dumps(peer)}")


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--neurons", type=float, default=1.0, help="part of the full network's neurons")
    parser.add_argument("--inputs", type=float, default=1.0, help="part of a neuron's inputs")
    parser.add_argument("--seconds", type=float, default=10.0, help="biological time after the transient")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="one network each")
    parser.add_argument("--peers", action="store_true", help="compare with Brian2 and NEST")
    parser.add_argument("--peers-folder", type=Path, default=FOLDER, help="where the peers' environment is kept")
    parser.add_argument("--peers-neurons", type=float, default=0.1, help="part of the neurons for that comparison")
    parser.add_argument("--rounds", type=int, default=3, help="turns of the comparison")
    parser.add_argument("--figure", type=Path, help="draw spikes and rates here")
    parser.add_argument("--json", type=Path, help="keep every figure here")
    options = parser.parse_args()
    found = measure(options)
    if options.peers:
        found["peers"] = in_turns(options.peers_folder, options.peers_neurons, options.rounds)
    report(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
