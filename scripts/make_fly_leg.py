"""Make src/premotor/connectome/data/fly-leg from tables of the standard leg premotor circuit of MANC.

    python scripts/make_fly_leg.py FOLDER

FOLDER holds, for the left front leg:

| file | columns |
|---|---|
| neurons.csv | bodyId, type, group_name, class, subclass, hemilineage, size, predictedNt, motor module, … |
| connections.csv | bodyId_pre, bodyId_post, weight (synapses of MANC v1.0, pairs with 5 or more) |
| layers.json | the published layers: lists of body ids |

What each column of the result means is said in premotor/connectome/builtin.py.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from premotor.connectome import Circuit, colour_layers, layer_numbers, load_circuit

OUT = Path(__file__).parents[1] / "src/premotor/connectome/data/fly-leg"
RECORD = {
    "dataset": "fly-leg",
    "version": "MANC v1.0, annotations of v1.2; pairs with 5 synapses or more",
    "citation": (
        "Takemura et al. 2024, A connectome of the male Drosophila ventral nerve cord, eLife 13:RP97769; the standard "
        "leg circuit, left front leg, and its motor modules: Cheong et al. 2024, Transforming descending input into "
        "behavior, eLife 13:RP96084 (CC BY 4.0)"
    ),
    "steps": [],
}


def check(circuit: Circuit) -> None:
    """Compare with the published numbers."""
    kinds, signs = circuit.neurons["class"], circuit.neurons["sign"].to_numpy()
    assert kinds.value_counts().to_dict() == {"interneuron": 93, "motor": 50}
    assert (circuit.synapses.nnz, circuit.synapses.sum()) == (1624, 52288)
    assert circuit.synapses[:, np.flatnonzero(kinds == "motor")].nnz == 527
    of_edges = np.repeat(signs, np.diff(circuit.synapses.indptr))
    assert [(of_edges == sign).sum() for sign in (1, -1, 0)] == [818, 801, 5]


def main() -> None:
    """Write neurons.csv, connections.csv and provenance.json, after checking the published numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    circuit = load_circuit(folder)
    check(circuit)
    layers = json.loads((folder / "layers.json").read_text())
    # Text stays as it was written: the values of a table that comes from here are those of the source.
    neurons = pd.read_csv(folder / "neurons.csv", dtype=str, keep_default_na=False).rename(columns={"bodyId": "id"})
    neurons["layer"] = layer_numbers(circuit, colour_layers(circuit))
    neurons["published_layers"] = [
        ";".join(str(place) for place, layer in enumerate(layers) if int(neuron) in layer) for neuron in neurons["id"]
    ]
    edges = pd.read_csv(folder / "connections.csv", dtype=str)
    edges.columns = pd.Index(["pre", "post", "count"])
    OUT.mkdir(parents=True, exist_ok=True)
    neurons.to_csv(OUT / "neurons.csv", index=False, lineterminator="\n")
    edges.to_csv(OUT / "connections.csv", index=False, lineterminator="\n")
    record = json.dumps(RECORD, indent=2, ensure_ascii=False) + "\n"
    (OUT / "provenance.json").write_text(record, encoding="utf-8")


if __name__ == "__main__":
    main()
