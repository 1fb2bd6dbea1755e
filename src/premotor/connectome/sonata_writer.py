"""A circuit as a SONATA folder: nodes.h5, edges.h5, their types, circuit_config.json and provenance.json.

| what | where |
|---|---|
| neurons | /nodes/neurons; node_id from 0 in the order of the circuit; the columns in group 0, the ids as `id` |
| synapses | /edges/neurons__neurons__chemical; a row an ordered pair, `nsyns` its count, `syn_weight` the sign |
| gap junctions | /edges/neurons__neurons__electrical; a row a pair, `nsyns` its count |

Format: the SONATA developer guide (Dai et al. 2020, PLoS Comput. Biol. 16:e1007696).
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, triu

from premotor.connectome.storage import PROVENANCE, record_text, write_folder
from premotor.errors import PremotorError, missing_library

if TYPE_CHECKING:
    from premotor.connectome.circuit import Circuit

_NODES = "neurons"
_CHEMICAL, _ELECTRICAL = f"{_NODES}__{_NODES}__chemical", f"{_NODES}__{_NODES}__electrical"
_NODE_TYPES = f"node_type_id population model_type model_template\n0 {_NODES} point_neuron NULL\n"
_EDGE_TYPES = "edge_type_id population is_gap_junction\n"
_VERSION, _MAGIC = (0, 1), 0x0A7A


def write_sonata(circuit: "Circuit", folder: str | Path) -> Path:
    """Write a circuit as a SONATA folder that `load_circuit` reads back to the same circuit; return its path.

    Raises:
        PremotorError: h5py is not installed, the folder exists and is not empty, or a text cannot be stored.
    """
    try:
        import h5py  # noqa: F401
    except ImportError:
        raise missing_library("writing SONATA files", "h5py", "sonata") from None
    return write_folder(Path(folder), lambda aside: _write(circuit, aside), "the circuit")


def _write(circuit: "Circuit", folder: Path) -> None:
    import h5py

    with h5py.File(folder / "nodes.h5", "w") as file:
        _stamp(file)
        _write_nodes(file.create_group(f"nodes/{_NODES}"), circuit.neurons)
    types = _EDGE_TYPES + f"0 {_CHEMICAL} False\n"
    populations = {_CHEMICAL: {"type": "chemical"}}
    with h5py.File(folder / "edges.h5", "w") as file:
        _stamp(file)
        synapses = coo_array(circuit.synapses)
        sign = circuit.neurons["sign"].to_numpy(np.float32)
        _write_edges(file.create_group(f"edges/{_CHEMICAL}"), synapses, 0, {"syn_weight": sign[synapses.row]})
        if circuit.gap_junctions is not None:
            _write_edges(file.create_group(f"edges/{_ELECTRICAL}"), coo_array(triu(circuit.gap_junctions)), 1, {})
            types += f"1 {_ELECTRICAL} True\n"
            populations[_ELECTRICAL] = {"type": "electrical"}
    (folder / "node_types.csv").write_text(_NODE_TYPES, encoding="utf-8")
    (folder / "edge_types.csv").write_text(types, encoding="utf-8")
    networks = {
        kind: [
            {
                f"{kind}_file": f"$BASE_DIR/{kind}.h5",
                f"{kind[:-1]}_types_file": f"$BASE_DIR/{kind[:-1]}_types.csv",
                "populations": there,
            }
        ]
        for kind, there in (("nodes", {_NODES: {"type": "point_neuron"}}), ("edges", populations))
    }
    config = {"manifest": {"$BASE_DIR": "."}, "networks": networks}
    (folder / "circuit_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / PROVENANCE).write_text(record_text(circuit), encoding="utf-8")


def _stamp(file: Any) -> None:
    file.attrs["version"] = np.array(_VERSION, np.uint32)
    file.attrs["magic"] = np.uint32(_MAGIC)


def _write_nodes(group: Any, neurons: pd.DataFrame) -> None:
    size = len(neurons)
    group["node_id"] = np.arange(size, dtype=np.uint64)
    group["node_type_id"] = np.zeros(size, np.int64)
    group["node_group_id"] = np.zeros(size, np.uint32)
    group["node_group_index"] = np.arange(size, dtype=np.uint64)
    group["0/id"] = neurons.index.to_numpy()
    for name in neurons.columns:
        key = quote(str(name), safe=" ()[]:,;=+-_!$&'*@#?<>|~^\"{}`\\")
        if key in ("", ".", "..", "id", "dynamics_params", "@library"):
            raise PremotorError(f"SONATA cannot hold a column called {name!r}; drop or rename it")
        try:
            _write_column(group["0"], key, neurons[name])
        except (ValueError, UnicodeEncodeError) as error:
            raise PremotorError(f"the column {name!r} cannot be stored in HDF5: {error}") from None


def _write_column(group: Any, key: str, column: pd.Series) -> None:
    import h5py

    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        group[key] = column.to_numpy()
    elif column.dtype == bool:
        group[key] = column.to_numpy(np.int8)
    else:
        text = column.astype("str").where(column.notna(), "")
        group.create_dataset(key, data=text.to_numpy(object), dtype=h5py.string_dtype())


def _write_edges(group: Any, edges: coo_array, kind: int, attributes: dict[str, np.ndarray]) -> None:
    size = edges.data.size
    for name, side in (("source_node_id", edges.row), ("target_node_id", edges.col)):
        group[name] = side.astype(np.uint64)
        group[name].attrs["node_population"] = _NODES
    group["edge_type_id"] = np.full(size, kind, np.int64)
    group["edge_group_id"] = np.zeros(size, np.uint32)
    group["edge_group_index"] = np.arange(size, dtype=np.uint64)
    for name, values in {"nsyns": edges.data.astype(np.int64), **attributes}.items():
        group[f"0/{name}"] = values
