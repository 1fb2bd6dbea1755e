"""Null models of the wiring onto effectors (muscles, motor modules), alone or with that among neurons."""

import numpy as np
from scipy.sparse import csr_array

from premotor.connectome.circuit import Circuit
from premotor.connectome.effectors import effector_matrix
from premotor.connectome.nulls.base import NULL_MODELS, null_circuit
from premotor.connectome.nulls.blocks import edges, source_groups
from premotor.connectome.nulls.rewired import SWAPS_PER_EDGE, rewired
from premotor.connectome.nulls.shuffled import shuffled_weights
from premotor.connectome.nulls.swaps import EdgeList, swap
from premotor.connectome.provenance import arguments_of
from premotor.errors import PremotorError


@NULL_MODELS.register("rewired_neuromuscular")
def rewired_neuromuscular(circuit: Circuit, seed: int = 0, *, swaps_per_edge: float = SWAPS_PER_EDGE) -> Circuit:
    """Return the circuit with other neurons at its effectors; the wiring among neurons stays as it is.

    Kept exactly: the neuron table, synapses and gap junctions among neurons; for every neuron its number of effectors
    and the counts of its synapses onto them; for every effector its number of neurons of each sign and class.
    Everything else is as random as at least `swaps_per_edge` accepted double-edge swaps an edge make it, in every
    block of (sign and class of the neuron). Gap junctions onto effectors are rewired likewise, by themselves.

    Raises:
        PremotorError: the circuit has no effectors.
    """
    matrices, swaps = _rewired_links(circuit, "rewired_neuromuscular", seed, swaps_per_edge)
    arguments = {"seed": seed, "swaps_per_edge": swaps_per_edge, **swaps}
    return null_circuit(
        circuit, circuit.synapses, circuit.gap_junctions, "rewired_neuromuscular", arguments, onto_effectors=matrices
    )


@NULL_MODELS.register("rewired_all")
def rewired_all(circuit: Circuit, seed: int = 0, *, swaps_per_edge: float = SWAPS_PER_EDGE) -> Circuit:
    """Return the circuit rewired among neurons as by `rewired`, and onto effectors as by `rewired_neuromuscular`.

    Each part is the same as that null model of the same seed alone.

    Raises:
        PremotorError: the circuit has no effectors.
    """
    matrices, swaps = _rewired_links(circuit, "rewired_all", seed, swaps_per_edge)
    central = rewired(circuit, seed, swaps_per_edge=swaps_per_edge)
    done = arguments_of(central.provenance.steps[-1])
    arguments = {name: value for name, value in done.items() if name not in ("neuromuscular", *_MEASURED)}
    return null_circuit(
        circuit,
        central.synapses,
        central.gap_junctions,
        "rewired_all",
        {**arguments, **swaps},
        onto_effectors=matrices,
    )


_MEASURED = ("edges_moved", "gap_junctions_moved")


@NULL_MODELS.register("shuffled_weights_all")
def shuffled_weights_all(circuit: Circuit, seed: int = 0) -> Circuit:
    """Return the circuit with its counts permuted as by `shuffled_weights`, those onto effectors too.

    Raises:
        PremotorError: the circuit has no effectors.
    """
    refuse_none(circuit, "shuffled_weights_all")
    return shuffled_weights(circuit, seed, neuromuscular=True)


def refuse_none(circuit: Circuit, name: str) -> None:
    """Refuse a circuit without effectors.

    Raises:
        PremotorError: it has none.
    """
    if not len(circuit.effectors):
        raise PremotorError(
            f"the null model {name} needs muscles or motor modules, which {circuit.provenance.dataset} does not have"
        )


def _rewired_links(
    circuit: Circuit, name: str, seed: int, swaps_per_edge: float
) -> tuple[tuple[csr_array, csr_array], dict[str, int]]:
    """Return other synapses and gap junctions onto effectors, and how many swaps there were."""
    refuse_none(circuit, name)
    rng = np.random.default_rng([seed, 1])  # of its own: `rewired` draws from the seed alone
    synapses, swaps = _rewired_matrix(circuit, circuit.neuromuscular, rng, swaps_per_edge)
    junctions, junction_swaps = _rewired_matrix(circuit, circuit.muscle_junctions, rng, swaps_per_edge)
    told = {"muscle_junction_swaps": junction_swaps} if junctions.nnz else {}
    return (synapses, junctions), {"neuromuscular_swaps": swaps, **told}


def _rewired_matrix(
    circuit: Circuit, matrix: csr_array, rng: np.random.Generator, swaps_per_edge: float
) -> tuple[csr_array, int]:
    size, effectors = matrix.shape
    neuron, effector, count = edges(matrix)
    # Effectors stand after the neurons, so that no edge is one from a neuron to itself.
    links = EdgeList(neuron, effector + size, source_groups(circuit, neuron))
    swaps = swap(links, size + effectors, rng, swaps_per_edge)
    return effector_matrix(size, effectors, neuron, links.head - size, count), swaps
