"""A small microcircuit of Potjans & Diesmann in premotor, Brian2 and NEST, in turns, each on one thread of one core.

    python microcircuit_peers.py premotor NEURONS SECONDS SEED FILE    draws it, keeps its arrays in FILE, and runs it
    python microcircuit_peers.py brian2 FILE SECONDS SEED FOLDER       the same edges; a C++ program in FOLDER
    python microcircuit_peers.py nest FILE SECONDS SEED                numbers, weights and delays alike, own draws

Brian2 and NEST run in their own environment. Each prints one line of JSON; Brian2's program keeps its time itself.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from lif_environment import HERE, make_peers, run

SECONDS = 1.0
"""Simulated."""


def in_turns(folder: Path, neurons: float, rounds: int) -> dict[str, Any]:
    """Rates and seconds of computing of each simulator, and the medians of the ratios of each round."""
    peers = make_peers(folder.resolve())
    words = [str(SECONDS), "1"]
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        file, program = str(Path(name) / "edges.npz"), Path(name) / "standalone"
        script = str(HERE / "microcircuit_peers.py")
        ours = [sys.executable, script, "premotor", str(neurons), *words, file]
        run(ours)
        told = run([peers.python, script, "brian2", file, *words, str(program)]).answer
        for _ in range(rounds):
            made = [run(ours)]
            peer = run([str(program / "main")], program)
            took = float((program / "results" / "last_run_info.txt").read_text().split()[0])
            made.append(peer._replace(answer=told | {"seconds": took}))
            if peers.nest:
                made.append(run([peers.python, script, "nest", file, *words]))
            for answer, peak in made:
                figures = found.setdefault(answer["version"], {"rate": answer["rate"], "seconds": [], "peak, MiB": []})
                figures["seconds"].append(answer["seconds"])
                figures["peak, MiB"].append(peak)
    mine = next(iter(found.values()))["seconds"]
    for figures in found.values():
        figures["times ours"] = statistics.median(t / m for t, m in zip(figures["seconds"], mine, strict=True))
    return found


def premotor(neurons: float, seconds: float, seed: int, file: str) -> dict[str, Any]:
    """Draw it anew, which takes seconds, and run it."""
    import premotor as package
    from premotor.networks import potjans_diesmann

    circuit = potjans_diesmann(neurons, seed=seed)
    network, delays = circuit.network, circuit.network.delays
    assert delays is not None
    if not Path(file).exists():
        late = np.concatenate([np.repeat(np.arange(len(row) - 1), np.diff(row)) for row in delays.slot])
        np.savez(
            file, first=network.first, target=network.target, count=network.count, scale=network.scale,
            late=(delays.shortest + late).astype(np.uint8), start=circuit.start, bounds=circuit.bounds,
            events=circuit.events, weight=circuit.weight,
        )  # fmt: skip
    network.simulate(circuit.stimulus(0.01), threads=1, potential=circuit.start)
    stimulus = circuit.stimulus(seconds)
    began = time.perf_counter()
    spikes = network.simulate(stimulus, seed=seed, threads=1, potential=circuit.start)
    took = time.perf_counter() - began
    rate = circuit.rates(spikes.neuron, seconds).tolist()
    return {"rate": rate, "seconds": took, "version": f"premotor {package.__version__}"}


def brian2(file: str, seconds: float, seed: int, folder: str) -> dict[str, Any]:
    """Exact integration; external events as `PoissonInput`, one a population."""
    import brian2 as b2

    with np.load(file) as arrays:
        kept = dict(arrays)
    size, bounds = len(kept["scale"]), kept["bounds"]
    b2.set_device("cpp_standalone", build_on_run=False)
    b2.defaultclock.dt = 0.1 * b2.ms
    b2.seed(seed)
    neurons = b2.NeuronGroup(
        size,
        "dv/dt = (-65*mV - v + g)/(10*ms) : volt (unless refractory)\ndg/dt = -g/(0.5*ms) : volt",
        threshold="v > -50*mV",
        reset="v = -65*mV",
        refractory=2 * b2.ms,
        method="exact",
    )
    neurons.v = kept["start"] * b2.mV
    pre = np.repeat(np.arange(size, dtype=np.int32), np.diff(kept["first"]))
    synapses = b2.Synapses(neurons, neurons, "w : volt", on_pre="g += w")
    synapses.connect(i=pre, j=kept["target"])
    synapses.w = kept["scale"][pre] * kept["count"] * b2.mV
    synapses.delay = kept["late"] * 0.1 * b2.ms
    inputs = [
        b2.PoissonInput(neurons[int(low) : int(high)], "g", round(rate / 8), 8 * b2.Hz, kept["weight"] * b2.mV)
        for low, high, rate in zip(bounds[:-1], bounds[1:], kept["events"], strict=True)
    ]
    monitor = b2.SpikeMonitor(neurons)
    b2.Network(neurons, synapses, *inputs, monitor).run(seconds * b2.second)
    b2.device.build(directory=folder, run=True, compile=True)
    rate = np.histogram(np.asarray(monitor.i), bounds)[0] / np.diff(bounds) / seconds
    return {"rate": rate.tolist(), "version": f"Brian2 {b2.__version__}"}


def nest(file: str, seconds: float, seed: int) -> dict[str, Any]:
    """As NEST's own example has it: numbers of synapses given, partners, weights and delays drawn by NEST."""
    import nest as kernel

    with np.load(file) as arrays:
        kept = dict(arrays)
    size, bounds = len(kept["scale"]), kept["bounds"]
    source = np.searchsorted(bounds, np.repeat(np.arange(size), np.diff(kept["first"])), "right") - 1
    onto = np.searchsorted(bounds, kept["target"], "right") - 1
    number = np.bincount(8 * onto + source, minlength=64).reshape(8, 8)
    kernel.verbosity = kernel.VerbosityLevel.ERROR
    kernel.ResetKernel()
    kernel.SetKernelStatus({"resolution": 0.1, "rng_seed": seed + 1, "local_num_threads": 1})
    cell = {"C_m": 250.0, "tau_m": 10.0, "tau_syn_ex": 0.5, "tau_syn_in": 0.5, "t_ref": 2.0}
    cell |= {"E_L": -65.0, "V_reset": -65.0, "V_th": -50.0}
    pico = float(kept["weight"]) * 25  # pA that act as 1 mV of g: C_m / τ_m
    groups = []
    for low, high, rate in zip(bounds[:-1], bounds[1:], kept["events"], strict=True):
        group = kernel.Create("iaf_psc_exp", int(high - low), params=cell)
        group.V_m = kept["start"][low:high]
        generator = kernel.Create("poisson_generator", params={"rate": float(rate)})
        kernel.Connect(generator, group, syn_spec={"weight": pico, "delay": 1.5})
        groups.append(group)
    for i in range(8):
        for j in range(8):
            mean = pico * (-4.0 if j % 2 else 2.0 if (i, j) == (0, 2) else 1.0)
            weight = kernel.math.redraw(
                kernel.random.normal(mean=mean, std=0.1 * abs(mean)), *((-np.inf, 0.0) if mean < 0 else (0.0, np.inf))
            )
            delay = 0.75 if j % 2 else 1.5
            late = kernel.math.redraw(kernel.random.normal(mean=delay, std=0.5 * delay), 0.05, np.inf)
            if number[i, j]:
                rule = {"rule": "fixed_total_number", "N": int(number[i, j])}
                kernel.Connect(groups[j], groups[i], rule, {"weight": weight, "delay": late})
    recorders = []
    for group in groups:
        recorders.append(kernel.Create("spike_recorder"))
        kernel.Connect(group, recorders[-1])
    kernel.Prepare()
    began = time.perf_counter()
    kernel.Run(1e3 * seconds)
    took = time.perf_counter() - began
    kernel.Cleanup()
    rate = np.array([r.n_events for r in recorders]) / np.diff(bounds) / seconds
    return {"rate": rate.tolist(), "seconds": took, "version": f"NEST {kernel.__version__}"}


if __name__ == "__main__":
    name, first, seconds, seed, *more = sys.argv[1:]
    if name == "premotor":
        told = premotor(float(first), float(seconds), int(seed), *more)
    else:
        told = {"brian2": brian2, "nest": nest}[name](first, float(seconds), int(seed), *more)
    print(json.dumps(told))
