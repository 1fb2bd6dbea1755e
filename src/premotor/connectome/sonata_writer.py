"""A circuit as a SONATA folder: nodes.h5, edges.h5, their types, circuit_config.json and provenance.json.

| what | where |
|---|---|
| neurons | /nodes/neurons; node_id from 0 in the order of the circuit; the columns in group 0, the ids as `id` |
| synapses | /edges/neurons__neurons__chemical; a row an ordered pair, `nsyns` its count, `syn_weight` the sign |
| gap junctions | /edges/neurons__neurons__electrical; a row a pair, `nsyns` its count |
| effectors, where there are any | /nodes/effectors; their names as `effector`, the other columns beside |
| what reaches them | /edges/neurons__effectors__chemical, and __electrical where there are gap junctions |

Format: the SONATA developer guide (Dai et al. 2020, PLoS Comput. Biol. 16:e1007696).
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, triu

from premotor.connectome.columns import EFFECTOR
from premotor.connectome.storage import PROVENANCE, record_text, write_folder
from premotor.errors import PremotorError, missing_library

if TYPE_CHECKING:
    import h5py

    from premotor.connectome.circuit import Circuit

_NODES, _EFFECTORS = "neurons", "effectors"
_NODE_TYPES = f"node_type_id population model_type model_template\n0 {_NODES} point_neuron NULL\n"
_OF_EFFECTORS = f"1 {_EFFECTORS} virtual NULL\n"
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

    nodes: dict[str, dict[str, str]] = {_NODES: {"type": "point_neuron"}}
    edges: dict[str, dict[str, str]] = {}
    effectors = circuit.effectors
    with h5py.File(folder / "nodes.h5", "w") as file:
        _stamp(file)
        _write_nodes(file.create_group(f"nodes/{_NODES}"), circuit.neurons, "id", 0)
        if len(effectors):
            _write_nodes(file.create_group(f"nodes/{_EFFECTORS}"), effectors, EFFECTOR, 1)
            nodes[_EFFECTORS] = {"type": "virtual"}
    types = _EDGE_TYPES
    with h5py.File(folder / "edges.h5", "w") as file:
        _stamp(file)
        gaps = None if circuit.gap_junctions is None else triu(circuit.gap_junctions)
        junctions = circuit.muscle_junctions if circuit.muscle_junctions.nnz else None
        for target, chemical, electrical in (
            (_NODES, circuit.synapses, gaps),
            (_EFFECTORS, circuit.neuromuscular if len(effectors) else None, junctions),
        ):
            for kind, matrix in (("chemical", chemical), ("electrical", electrical)):
                if matrix is None:
                    continue
                name = f"{_NODES}__{target}__{kind}"
                entries = coo_array(matrix)
                weight = circuit.neurons["sign"].to_numpy(np.float32)[entries.row]
                attributes = {"syn_weight": weight} if kind == "chemical" else {}
                _write_edges(file.create_group(f"edges/{name}"), entries, len(edges), attributes, target)
                types += f"{len(edges)} {name} {kind == 'electrical'}\n"
                edges[name] = {"type": kind}
    node_types = _NODE_TYPES + (_OF_EFFECTORS if len(effectors) else "")
    (folder / "node_types.csv").write_text(node_types, encoding="utf-8")
    (folder / "edge_types.csv").write_text(types, encoding="utf-8")
    networks = {
        kind: [
            {
                f"{kind}_file": f"$BASE_DIR/{kind}.h5",
                f"{kind[:-1]}_types_file": f"$BASE_DIR/{kind[:-1]}_types.csv",
                "populations": there,
            }
        ]
        for kind, there in (("nodes", nodes), ("edges", edges))
    }
    config = {"manifest": {"$BASE_DIR": "."}, "networks": networks}
    (folder / "circuit_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / PROVENANCE).write_text(record_text(circuit), encoding="utf-8")


def _stamp(file: "h5py.File") -> None:
    file.attrs["version"] = np.array(_VERSION, np.uint32)
    file.attrs["magic"] = np.uint32(_MAGIC)


def _write_nodes(group: "h5py.Group", table: pd.DataFrame, index: str, kind: int) -> None:
    size = len(table)
    group["node_id"] = np.arange(size, dtype=np.uint64)
    group["node_type_id"] = np.full(size, kind, np.int64)
    group["node_group_id"] = np.zeros(size, np.uint32)
    group["node_group_index"] = np.arange(size, dtype=np.uint64)
    _write_column(group.create_group("0"), index, table.index.to_series())
    for name in table.columns:
        key = quote(str(name), safe=" ()[]:,;=+-_!$&'*@#?<>|~^\"{}`\\")
        if key in ("", ".", "..", index, "dynamics_params", "@library"):
            raise PremotorError(f"SONATA cannot hold a column called {name!r}; drop or rename it")
        try:
            _write_column(group["0"], key, table[name])
        except (ValueError, UnicodeEncodeError) as error:
            raise PremotorError(f"the column {name!r} cannot be stored in HDF5: {error}") from None


def _write_column(group: "h5py.Group", key: str, column: pd.Series) -> None:
    import h5py

    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        group[key] = column.to_numpy()
    elif column.dtype == bool:
        group[key] = column.to_numpy(np.int8)
    else:
        text = column.astype("str").where(column.notna(), "")
        group.create_dataset(key, data=text.to_numpy(object), dtype=h5py.string_dtype())


def _write_edges(
    group: "h5py.Group", edges: coo_array, kind: int, attributes: dict[str, np.ndarray], target: str
) -> None:
    size = edges.data.size
    for name, side, of in (("source_node_id", edges.row, _NODES), ("target_node_id", edges.col, target)):
        group[name] = side.astype(np.uint64)
        group[name].attrs["node_population"] = of
    group["edge_type_id"] = np.full(size, kind, np.int64)
    group["edge_group_id"] = np.zeros(size, np.uint32)
    group["edge_group_index"] = np.arange(size, dtype=np.uint64)
    for name, values in {"nsyns": edges.data.astype(np.int64), **attributes}.items():
        group[f"0/{name}"] = values
