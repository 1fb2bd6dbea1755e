"""The network of Hasegan et al. (2022), wired at random, and null models of a network that is no connectome's."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premotor.connectome import Circuit, Provenance
from premotor.connectome.nulls import NULL_MODELS, make_null
from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven.cell import CELLS, RECEPTORS
from premotor.networks.spiking.event_driven.network import SpikingNetwork

SIZES = {"ES": 80, "EA": 40, "IA": 10, "IAL": 10, "EM": 40, "IM": 10, "IML": 10}
TYPE_OF = {"ES": 0, "EA": 0, "EM": 0, "IA": 1, "IM": 1, "IAL": 2, "IML": 2}
STIMULUS_WEIGHT = 35.0
"""mV, onto AM."""
SPREAD = 0.5
"""Plastic weights are uniform within this fraction of their mean."""
DELAYS = {
    "AM": (1.8, 2.2),
    "NM": (1.8, 2.2),
    "GA": (1.8, 2.2),
    "AM2": (1.8, 2.2),
    "NM2": (1.8, 2.2),
    "GA2": (3.0, 12.0),
}
"""ms"""
STIMULUS_DELAY = (0.8, 1.2)


class Projection(NamedTuple):
    """Synapses from one population to another."""

    pre: str
    post: str
    convergence: int
    """Presynaptic cells of each postsynaptic one."""
    weights: tuple[tuple[str, float], ...]
    """mV by receptor."""
    plastic: bool = False
    """Whether the first receptor's synapses learn; their weights are then drawn."""


PROJECTIONS = (
    Projection("ES", "EA", 25, (("AM2", 10.0), ("NM2", 0.196)), plastic=True),
    Projection("EA", "EM", 20, (("AM2", 6.5), ("NM2", 0.10)), plastic=True),
    Projection("EA", "IA", 15, (("AM2", 5.85), ("NM2", 0.0585))),
    Projection("EM", "IM", 16, (("AM2", 5.85), ("NM2", 0.0585))),
    Projection("EA", "IAL", 15, (("AM2", 5.94), ("NM2", 0.294))),
    Projection("EM", "IML", 16, (("AM2", 2.94), ("NM2", 0.294))),
    Projection("IA", "EA", 4, (("GA", 18.0),)),
    Projection("IM", "EM", 4, (("GA", 18.0),)),
    Projection("IA", "IA", 1, (("GA", 4.5),)),
    Projection("IM", "IM", 1, (("GA", 4.5),)),
    Projection("IA", "IAL", 2, (("GA", 4.5),)),
    Projection("IM", "IML", 2, (("GA", 4.5),)),
    Projection("IAL", "EA", 4, (("GA2", 5.0),)),
    Projection("IML", "EM", 4, (("GA2", 5.0),)),
    Projection("IAL", "IA", 2, (("GA2", 2.25),)),
    Projection("IML", "IM", 2, (("GA2", 2.25),)),
    Projection("IAL", "IAL", 1, (("GA2", 5.5),)),
    Projection("IML", "IML", 1, (("GA2", 5.5),)),
)


def random_network(seed: int, cell: str = "conductance") -> SpikingNetwork:
    """Draw a wiring: partners without replacement and without autapses, delays for each synapse.

    The synapses of a pair onto two receptors share their partners but not their delays. One source drives each
    input cell (population ES). `cell` is the model of the cells, one of `CELLS`.
    """
    random = np.random.default_rng(seed)
    bounds = np.concatenate([[0], np.cumsum(list(SIZES.values()))])
    populations = {name: np.arange(bounds[k], bounds[k + 1]) for k, name in enumerate(SIZES)}
    cells, inputs = int(bounds[-1]), populations["ES"]
    parts: list[tuple[NDArray, NDArray, str, NDArray, NDArray, bool]] = [
        (
            cells + np.arange(len(inputs)),
            inputs,
            "AM",
            np.full(len(inputs), STIMULUS_WEIGHT),
            random.uniform(*STIMULUS_DELAY, len(inputs)),
            False,
        )
    ]
    for projection in PROJECTIONS:
        post = np.repeat(populations[projection.post], projection.convergence)
        pre = np.concatenate(
            [
                random.choice(
                    populations[projection.pre][populations[projection.pre] != cell],
                    projection.convergence,
                    replace=False,
                )
                for cell in populations[projection.post]
            ]
        )
        for number, (receptor, mean) in enumerate(projection.weights):
            plastic = projection.plastic and number == 0
            spread = SPREAD if plastic else 0.0
            weight = mean * random.uniform(1 - spread, 1 + spread, len(pre))
            parts.append((pre, post, receptor, weight, random.uniform(*DELAYS[receptor], len(pre)), plastic))
    lengths = [len(part[0]) for part in parts]
    return SpikingNetwork.of(
        CELLS[cell].types,
        np.repeat([TYPE_OF[name] for name in SIZES], list(SIZES.values())),
        pre=np.concatenate([part[0] for part in parts]),
        post=np.concatenate([part[1] for part in parts]),
        receptor=np.repeat([RECEPTORS.index(part[2]) for part in parts], lengths),
        weight=np.concatenate([part[3] for part in parts]),
        delay=np.concatenate([part[4] for part in parts]),
        plastic=np.repeat([part[5] for part in parts], lengths),
        sources=len(inputs),
        populations=populations,
    )


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
