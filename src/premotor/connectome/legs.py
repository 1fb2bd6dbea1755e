"""Six legs from the circuit of one: copies that are mirrored and serially homologous, coupled to their neighbours.

The circuits of a fly's six legs are largely alike: most of their neurons belong to serially repeated sets, left and
right (Marin et al. 2024; Cheong et al. 2024). What is known here is the circuit of one leg. The synapses *within* each
leg are its own, copied. The synapses *between* legs are not in it: they are an assumption, marked as such in the
record, to be trained or replaced. Each of the chosen coupling neurons repeats a part of its own synapses onto the same
interneurons of the neighbouring legs, with its own sign.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.sparse import block_array, csr_array

from premotor.connectome.circuit import Circuit
from premotor.connectome.columns import EFFECTOR
from premotor.connectome.effectors import KIND, MODULE, Effectors, main_effectors
from premotor.errors import PremotorError

LEGS = ("lf", "lm", "lh", "rf", "rm", "rh")
"""Left and right front, middle and hind."""
NEIGHBOURS = (("lf", "lm"), ("lm", "lh"), ("rf", "rm"), ("rm", "rh"), ("lf", "rf"), ("lm", "rm"), ("lh", "rh"))
"""Legs that are coupled, both ways: those next to each other on a side, and the two of a pair."""
MODULES = {
    "coxa swing": ("ThC", -1),
    "coxa stance": ("ThC", 1),
    "femur/tr flex": ("CTr_pitch", -1),
    "femur/tr extend": ("CTr_pitch", 1),
    "tibia flex": ("FTi_pitch", 1),
    "tibia extend": ("FTi_pitch", -1),
}
"""Motor module → joint that it moves, in the names of the body `fly`, and whether its angle grows or shrinks.

``ThC`` is the joint that swings the leg: thorax–coxa pitch in front legs, roll in the others. The femur reductors move
a joint that the body does not have."""
SWAPPED = {"left": "right", "right": "left", "LHS": "RHS", "RHS": "LHS"}


def six_legs(circuit: Circuit, *, coupling: int = 8, strength: float = 0.25, entries: int = 20) -> Circuit:
    """The circuit of one left leg as the circuit of all six.

    Ids are the leg's number (1 to 6, in the order of `LEGS`) in front of the neuron's own. The neuron table gains
    ``leg``, ``homologue`` (the id in `circuit`), ``role`` (``input``: the neurons of each leg that proprioception
    enters; ``output``: motor neurons with a module), ``joint`` and ``direction`` (of the joint's angle, −1 or 1, by
    `MODULES`). On the right, sides are swapped. Each leg has the effectors of the one, with the leg in front of their
    names, and the columns ``leg``, ``joint`` and ``direction``.

    Args:
        circuit: of one leg, with interneurons and motor neurons.
        coupling: how many interneurons of each leg also reach its neighbours: those with most synapses onto
            interneurons. 0: legs without any synapse between them.
        strength: number of their synapses in a neighbouring leg over that in their own, rounded up.
        entries: interneurons of each leg that are inputs: those with the smallest part of their synapses on motor
            neurons.

    Raises:
        PremotorError: no interneurons or motor neurons, or an argument out of range.
    """
    kinds = circuit.neurons["class"].to_numpy()
    inner, motor = np.flatnonzero(kinds == "interneuron"), np.flatnonzero(kinds == "motor")
    if not len(inner) or not len(motor):
        missing = "interneurons" if not len(inner) else "motor neurons"
        raise PremotorError(f"the circuit of a leg has no {missing} (classes: {', '.join(sorted(set(kinds)))})")
    for name, value in (("coupling", coupling), ("entries", entries)):
        if not 0 <= value <= len(inner):
            raise PremotorError(f"{name} is {value}; allowed are 0 to {len(inner)}, the interneurons of the leg")
    if not 0 < strength <= 1:
        raise PremotorError(f"strength is {strength}; it must be more than 0 and at most 1")
    between = _between(circuit, inner, coupling, strength)
    blocks: list[list[csr_array | None]] = [[None] * len(LEGS) for _ in LEGS]
    for i in range(len(LEGS)):
        blocks[i][i] = circuit.synapses
    for one, other in NEIGHBOURS if coupling else ():
        i, j = LEGS.index(one), LEGS.index(other)
        blocks[i][j] = blocks[j][i] = between
    synapses = csr_array(block_array(blocks, format="csr", dtype=np.int64))
    junctions = None
    if circuit.gap_junctions is not None:
        junctions = csr_array(block_array(_diagonal(circuit.gap_junctions), format="csr", dtype=np.int64))
    roles = _roles(circuit, inner, motor, entries)
    neurons = pd.concat([_leg_table(circuit, leg, number + 1, roles) for number, leg in enumerate(LEGS)])
    arguments = {
        "coupling": f"assumed: {coupling} interneurons of each leg reach its neighbours",
        "strength": strength,
        "entries": entries,
        "synapses_between_legs": int(synapses.sum() - len(LEGS) * circuit.synapses.sum()),
    }
    made = Circuit(neurons, synapses, junctions, circuit.provenance, **_effectors(circuit))
    return replace(made, provenance=circuit.provenance.with_step("six legs", arguments, size=made.size))


def _between(circuit: Circuit, inner: np.ndarray, coupling: int, strength: float) -> csr_array:
    """Synapses onto one neighbouring leg, (neurons, neurons)."""
    own = circuit.synapses[inner][:, inner].tocoo()
    given = np.bincount(own.row, own.data, minlength=len(inner))
    chosen = np.zeros(len(inner), bool)
    chosen[np.argsort(-given, kind="stable")[:coupling]] = True
    kept = chosen[own.row]
    counts = np.ceil(strength * own.data[kept]).astype(np.int64)
    shape = circuit.synapses.shape
    return csr_array((counts, (inner[own.row[kept]], inner[own.col[kept]])), shape=shape, dtype=np.int64)


def _roles(circuit: Circuit, inner: np.ndarray, motor: np.ndarray, entries: int) -> np.ndarray:
    given = np.asarray(circuit.synapses.sum(1)).ravel()[inner]
    direct = np.asarray(circuit.synapses[:, motor].sum(1)).ravel()[inner]
    fraction = np.where(given > 0, direct / np.maximum(given, 1), np.inf)  # who gives nothing, passes nothing on
    roles = np.full(len(circuit), "", object)
    roles[inner[np.lexsort((-given, fraction))[:entries]]] = "input"
    modules = _modules(circuit)
    roles[motor] = np.where(np.isin(modules[motor], list(MODULES)), "output", "") if modules is not None else "output"
    return roles


def _modules(circuit: Circuit) -> np.ndarray | None:
    """Return the name of each neuron's module, "" for none; None where the circuit has no modules."""
    if not (circuit.effectors[KIND] == MODULE).any():
        return None
    return np.array([*circuit.effectors.index, ""], object)[main_effectors(circuit)]


def _moved(leg: str, module: str) -> tuple[str, int]:
    """Return the joint that a module moves, "" for none, and in which direction."""
    joint, direction = MODULES.get(module, ("", 0))
    swing = "ThC_pitch" if leg[1] == "f" else "ThC_roll"
    return f"{leg}_{swing if joint == 'ThC' else joint}" if joint else "", direction


def _effectors(circuit: Circuit) -> Effectors:
    """Return the effectors of all legs as attributes of a circuit."""
    if not len(circuit.effectors):
        return {}
    tables = []
    for leg in LEGS:
        moves = [_moved(leg, module) for module in circuit.effectors.index]
        joints = pd.array([joint for joint, _ in moves], dtype="str")
        table = circuit.effectors.assign(
            leg=pd.array([leg] * len(moves), dtype="str"),
            joint=joints,
            direction=np.array([direction for _, direction in moves], np.int8),
        )
        tables.append(table.set_axis(leg + " " + table.index))
    synapses, junctions = (
        csr_array(block_array(_diagonal(matrix), format="csr", dtype=np.int64))
        for matrix in (circuit.neuromuscular, circuit.muscle_junctions)
    )
    effectors = pd.concat(tables).rename_axis(index=EFFECTOR)
    return {"effectors": effectors, "neuromuscular": synapses, "muscle_junctions": junctions}


def _leg_table(circuit: Circuit, leg: str, number: int, roles: np.ndarray) -> pd.DataFrame:
    ids = circuit.ids
    base = 10 ** len(str(int(ids.max())))
    table = circuit.neurons.copy()
    table.index = pd.Index(number * base + ids, name="id", dtype=np.int64)
    if leg.startswith("r"):
        for name in ("side", "somaSide"):
            if name in table:
                table[name] = table[name].map(lambda word: SWAPPED.get(word, word))
    if "target" in table:
        neuropil = f"LegNpT{'fmh'.index(leg[1]) + 1}_{leg[0].upper()}"
        table["target"] = [neuropil if str(word).startswith("LegNp") else word for word in table["target"]]
    modules = _modules(circuit)
    moves = [_moved(leg, word) for word in (modules if modules is not None else [""] * len(table))]
    joints = [joint for joint, _ in moves]
    table["leg"], table["homologue"], table["role"] = leg, ids, roles
    table["joint"], table["direction"] = joints, np.array([direction for _, direction in moves], np.int8)
    return table


def _diagonal(block: csr_array) -> list[list[csr_array | None]]:
    return [[block if i == j else None for j in range(len(LEGS))] for i in range(len(LEGS))]
