"""A network of `lif_networks` in Brian2 or NEST; runs in their own environment and prints one line of JSON.

    python lif_peers.py brian2 NETWORK.npz SECONDS SEED FOLDER    builds and runs a C++ standalone program in FOLDER
    python lif_peers.py nest NETWORK.npz SECONDS SEED

Both tell the spikes; NEST also the seconds of its run (Brian2's program keeps its own in results/last_run_info.txt).
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from lif_networks import STEP, Network


def brian2(network: Network, seconds: float, seed: int, folder: str) -> dict[str, Any]:
    """Equations and order of events as Shiu et al. (2024) wrote them for Brian2; exact integration."""
    import brian2 as b2

    cell, size = network.cell, len(network.scale)
    b2.set_device("cpp_standalone", build_on_run=False)
    b2.defaultclock.dt = STEP * b2.second
    b2.seed(seed)
    names = {
        "rest": cell["rest"] * b2.mV,
        "tau": cell["membrane"] * b2.second,
        "threshold": cell["threshold"] * b2.mV,
        "reset": cell["reset"] * b2.mV,
    }
    delta = cell["synapse"] is None
    equations = "dv/dt = (rest - v + current)/tau : volt (unless refractory)\n"
    if not delta:
        names["tau_s"] = cell["synapse"] * b2.second
        equations = "dv/dt = (rest - v + g + current)/tau : volt (unless refractory)\n"
        equations += "dg/dt = -g/tau_s : volt (unless refractory)\n"
    neurons = b2.NeuronGroup(
        size,
        equations + "current : volt (constant)\nheld : second (constant)\n",
        threshold="v > threshold",
        reset="v = reset" if delta else "v = reset\ng = 0*mV",
        refractory="held",
        method="exact",
        namespace=names,
    )
    neurons.v = network.start * b2.mV
    neurons.current = network.current * b2.mV
    neurons.held = cell["refractory"] * b2.second
    synapses = b2.Synapses(
        neurons, neurons, "w : volt", on_pre="v += w" if delta else "g += w", delay=cell["delay"] * b2.second
    )
    pre = np.repeat(np.arange(size), np.diff(network.first))
    synapses.connect(i=pre, j=network.target)
    synapses.w = network.scale[pre] * network.count * b2.mV
    objects = [neurons, synapses]
    if drive := network.poisson:
        driven, weight = neurons[: drive["neurons"]], drive["amplitude"] * b2.mV
        if not drive["refractory"]:
            neurons.held[: drive["neurons"]] = 0 * b2.second
        if len(network.events):
            times, places = network.events[:, 0] * STEP * b2.second, network.events[:, 1]
            sources = np.arange(places.max() + 1)
            source = b2.SpikeGeneratorGroup(len(sources), places, times)
            inputs = b2.Synapses(source, neurons, on_pre="v += weight", namespace={"weight": weight})
            inputs.connect(i=sources, j=sources % drive["neurons"])
            objects += [source, inputs]
        else:
            objects.append(b2.PoissonInput(driven, "v", drive["sources"], drive["rate"] * b2.Hz, weight=weight))
    monitor = b2.SpikeMonitor(neurons)
    b2.Network(*objects, monitor).run(seconds * b2.second)
    b2.device.build(directory=folder, run=True, compile=True)
    steps = np.round(np.asarray(monitor.t) / STEP).astype(np.int64)
    np.savez(Path(folder) / "spikes.npz", step=steps, neuron=np.asarray(monitor.i))
    return {"spikes": int(monitor.num_spikes), "version": f"Brian2 {b2.__version__}"}


def nest(network: Network, seconds: float, seed: int) -> dict[str, Any]:
    """The nearest models of NEST: synaptic current goes on while a neuron is refractory.

    Neurons that are driven without a refractory time repeat their input and receive no other (`parrot_neuron`).
    """
    import nest as kernel

    cell, size, drive = network.cell, len(network.scale), network.poisson
    assert drive is not None
    kernel.verbosity = kernel.VerbosityLevel.ERROR
    kernel.ResetKernel()
    kernel.SetKernelStatus({"resolution": 1e3 * STEP, "rng_seed": seed + 1, "local_num_threads": 1})
    tau = 1e3 * cell["membrane"]
    common = {"C_m": tau, "tau_m": tau, "t_ref": 1e3 * cell["refractory"], "E_L": cell["rest"]}  # so that 1 pA is 1 mV
    common |= {"V_reset": cell["reset"], "V_th": cell["threshold"]}
    parrots = 0 if drive["refractory"] else drive["neurons"]
    if cell["synapse"] is None:
        neurons = kernel.Create("iaf_psc_delta", size, params=common)
    else:
        common |= {"tau_syn_ex": 1e3 * cell["synapse"], "tau_syn_in": 1e3 * cell["synapse"]}
        neurons = kernel.Create("parrot_neuron", parrots) + kernel.Create("iaf_psc_exp", size - parrots, params=common)
    neurons[parrots:].V_m = network.start[parrots:]
    generator = kernel.Create("poisson_generator", params={"rate": drive["rate"] * drive["sources"]})
    kernel.Connect(generator, neurons[: drive["neurons"]], syn_spec={"weight": drive["amplitude"], "delay": 1e3 * STEP})
    pre, onto = np.repeat(np.arange(size), np.diff(network.first)), network.target
    kept = onto >= parrots
    weight, delay = network.scale[pre] * network.count, 1e3 * cell["delay"]
    for begin in range(0, int(kept.sum()), 2_000_000):  # in parts: less memory
        part = np.flatnonzero(kept)[begin : begin + 2_000_000]
        kernel.Connect(
            pre[part] + 1, onto[part] + 1, "one_to_one", {"weight": weight[part], "delay": np.full(len(part), delay)}
        )
    recorder = kernel.Create("spike_recorder")
    kernel.Connect(neurons, recorder)
    kernel.Prepare()
    began = time.perf_counter()
    kernel.Run(1e3 * seconds)
    took = time.perf_counter() - began
    kernel.Cleanup()
    return {"spikes": int(recorder.n_events), "seconds": took, "version": f"NEST {kernel.__version__}"}


if __name__ == "__main__":
    simulator = {"brian2": brian2, "nest": nest}[sys.argv[1]]
    print(json.dumps(simulator(Network.load(Path(sys.argv[2])), float(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])))
