"""A network of `lif_networks` in premotor: as a module, and as a process that prints one line of JSON.

python lif_ours.py NETWORK.npz SECONDS SEED
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

import premotor
from lif_networks import Network
from premotor.networks import LIFNetwork, LIFSettings, Spikes, Stimulus
from premotor.networks.stimulation import PoissonInput


def build(network: Network, engine: str = "auto") -> LIFNetwork:
    """The same network as one of ours."""
    cell, size = network.cell, len(network.scale)
    settings = LIFSettings(
        resting_potential=cell["rest"],
        reset_potential=cell["reset"],
        threshold=cell["threshold"],
        membrane_time_constant=cell["membrane"],
        synaptic_time_constant=cell["synapse"],
        refractory=cell["refractory"],
        delay=cell["delay"],
        engine=engine,
    )
    silent = np.zeros(size, bool)
    ids = np.arange(size)
    return LIFNetwork(network.first, network.target, network.count, network.scale, ids, settings, silent)


def simulate(
    ours: LIFNetwork, network: Network, seconds: float, seed: int = 0, record: np.ndarray | None = None
) -> Spikes:
    """Run it on one thread; `record` names neurons whose potential is kept at every step."""
    steps, size = round(seconds / ours.period), ours.neurons
    events = ()
    if network.poisson:
        drive = network.poisson
        rate = drive["rate"] * drive["sources"]
        driven = np.arange(drive["neurons"])
        events = (PoissonInput(driven, rate, drive["amplitude"], 0, steps, drive["refractory"]),)
    constant = bool(network.current.any())
    stimulus = Stimulus(
        np.ones((steps, 1 if constant else 0)),
        network.current[None, :, None] if constant else np.zeros((0, size, 1)),
        events,
        ours.period,
    )
    return ours.simulate(stimulus, seed=seed, threads=1, record=record, every=1, potential=network.start)


def main() -> None:
    """Time a run after a short one that compiles."""
    network, seconds, seed = Network.load(Path(sys.argv[1])), float(sys.argv[2]), int(sys.argv[3])
    ours = build(network)
    simulate(ours, network, 0.06)
    began = time.perf_counter()
    spikes = simulate(ours, network, seconds, seed)
    took = time.perf_counter() - began
    print(json.dumps({"spikes": len(spikes.step), "seconds": took, "version": f"premotor {premotor.__version__}"}))


if __name__ == "__main__":
    main()
