"""A circuit as a folder: neurons.csv, connections.csv, gap_junctions.csv and provenance.json.

| file | columns |
|---|---|
| neurons.csv | id, type, class, transmitter, sign, side, the source's other columns |
| connections.csv | pre, post, count |
| gap_junctions.csv (where there are any) | a, b, count; each pair once, a not after b in neurons.csv |
| provenance.json | dataset, version, citation, steps; column_types restores the columns exactly |
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, triu

from premotor.connectome.new_folder import write_folder

if TYPE_CHECKING:
    from premotor.connectome.circuit import Circuit

NEURONS = "neurons.csv"
CONNECTIONS = "connections.csv"
GAP_JUNCTIONS = "gap_junctions.csv"
PROVENANCE = "provenance.json"


def save_circuit(circuit: "Circuit", folder: Path) -> Path:
    """Write a circuit's files aside, then give them their name in one step; return the folder.

    Raises:
        PremotorError: the folder exists and is not empty, or the disk refuses.
    """
    return write_folder(folder, lambda aside: write_tables(circuit, aside), "the circuit")


def write_tables(circuit: "Circuit", folder: Path) -> None:
    """Write the files into an existing folder."""
    neurons = circuit.neurons
    neurons.to_csv(folder / NEURONS, index_label="id", lineterminator="\n")
    ids = circuit.ids
    _write_edges(folder / CONNECTIONS, coo_array(circuit.synapses), ids, ("pre", "post"))
    if circuit.gap_junctions is not None:
        _write_edges(folder / GAP_JUNCTIONS, coo_array(triu(circuit.gap_junctions)), ids, ("a", "b"))
    (folder / PROVENANCE).write_text(record_text(circuit), encoding="utf-8")


def record_text(circuit: "Circuit") -> str:
    """Return provenance.json: the record, and the types of the neuron table's columns."""
    record = circuit.provenance.as_dict()
    record["column_types"] = {str(name): str(kind) for name, kind in circuit.neurons.dtypes.items()}
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def _write_edges(path: Path, matrix: coo_array, ids: np.ndarray, names: tuple[str, str]) -> None:
    table = pd.DataFrame({names[0]: ids[matrix.row], names[1]: ids[matrix.col], "count": matrix.data})
    table.to_csv(path, index=False, lineterminator="\n")
