"""Null models of a spiking network that is no connectome's: its wiring as a circuit, rewired, and back."""

from dataclasses import replace

import numpy as np

from premotor.connectome import Circuit, Provenance
from premotor.connectome.nulls import NULL_MODELS, make_null
from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven.cell import RECEPTORS
from premotor.networks.spiking.event_driven.network import SpikingNetwork

INHIBITORY = [RECEPTORS.index(name) for name in RECEPTORS if name.startswith("GA")]


def null_network(network: SpikingNetwork, name: str, seed: int) -> SpikingNetwork:
    """The network with the wiring of its cells replaced by a null model of it; what drives it from outside stays.

    The cells are the neurons of a circuit whose classes are the populations; each connected pair is an edge, whose
    count tells which it was. Wherever a null model puts that edge, the synapses of the pair go with it: receptors,
    weights, delays and whether they learn. So `rewired` keeps every cell's partners in number by population, and
    `shuffled_weights` exchanges the synapses of pairs within each projection.

    Args:
        network: the original.
        name: of a null model of `premotor.connectome.nulls`.
        seed: of the null model.

    Raises:
        PremotorError: there is no such null model, it alters the counts of edges, it gives inhibitory synapses to an
            excitatory cell or the reverse, or it changes nothing.
    """
    between = network.pre < network.cells
    pairs, pair = np.unique(np.stack([network.pre, network.post])[:, between], axis=1, return_inverse=True)
    sign = np.zeros(network.cells, np.int8)
    sign[network.pre[between]] = np.where(np.isin(network.receptor[between], INHIBITORY), -1, 1)
    null = make_null(_circuit(network, pairs, sign), name, seed).synapses.tocoo()
    edge = null.data - 1
    if not np.array_equal(np.sort(edge), np.arange(pairs.shape[1])):
        raise PremotorError(
            f"the null model {name} does not keep the counts of edges, which tell the synapses of a spiking network "
            f"apart; try another of {', '.join(NULL_MODELS)}"
        )
    moved = np.empty_like(pairs)
    moved[:, edge] = null.row, null.col
    if (sign[moved[0]] != sign[pairs[0]]).any():
        raise PremotorError(
            f"the null model {name} gives the synapses of excitatory cells to inhibitory ones, which have other "
            f"receptors; try another of {', '.join(NULL_MODELS)}"
        )
    if np.array_equal(moved, pairs):
        raise PremotorError(f"the null model {name} (seed {seed}) leaves the spiking network as it is")
    pre, post = network.pre.copy(), network.post.copy()
    pre[between], post[between] = moved[:, pair]
    return replace(network, pre=pre, post=post)


def _circuit(network: SpikingNetwork, pairs: np.ndarray, sign: np.ndarray) -> Circuit:
    """Cells as neurons by population; edge k of `pairs` (2, edges) has the count k + 1."""
    import pandas as pd
    from scipy.sparse import coo_array

    names = np.full(network.cells, "", object)
    for name, cells in network.populations.items():
        names[cells] = name
    columns = {"type": names, "class": names, "transmitter": "", "sign": sign, "side": ""}
    table = pd.DataFrame(columns, index=pd.Index(np.arange(network.cells), dtype=np.int64, name="id"))
    counts = np.arange(1, pairs.shape[1] + 1, dtype=np.int64)
    matrix = coo_array((counts, (pairs[0], pairs[1])), shape=(network.cells, network.cells)).tocsr()
    return Circuit(table, matrix, None, Provenance("a spiking network"))
