"""Null models a minute: every null model of a circuit, many times over.

    python benchmarks/null_models.py --circuit FOLDER      # the standard leg circuit of MANC, or any other
    python benchmarks/null_models.py                       # C. elegans, which comes with premotor

Each is drawn with seeds 0, 1, …; the target is 1,000 rewirings of the leg circuit in a minute.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import premotor as pm
from premotor.connectome.nulls import NULL_MODELS


def main() -> None:
    """Draw and time them; print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuit", default="celegans", help="a source as `premotor circuit info` takes it")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--json", type=Path, help="file for the seconds of all draws of each null model")
    options = parser.parse_args()
    circuit = pm.load_circuit(options.circuit)
    print(f"{circuit.neurons.shape[0]} neurons, {circuit.synapses.nnz} pairs, {options.draws} draws\n")
    print("| null model | all draws, s | median of one, ms | pairs that are not in the circuit, median |")
    print("|---|---|---|---|")
    real = set(zip(*circuit.synapses.nonzero(), strict=True))
    found = {}
    for name, make in NULL_MODELS.items():
        seconds, other = [], []
        for seed in range(options.draws):
            start = time.perf_counter()
            null = make(circuit, seed)
            seconds.append(time.perf_counter() - start)
            if seed < 20:
                other.append(np.mean([pair not in real for pair in zip(*null.synapses.nonzero(), strict=True)]))
        found[name] = {"draws": options.draws, "seconds": sum(seconds)}
        print(f"| {name} | {sum(seconds):.1f} | {1e3 * np.median(seconds):.1f} | {np.median(other):.0%} |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
