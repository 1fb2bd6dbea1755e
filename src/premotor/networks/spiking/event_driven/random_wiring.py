"""Networks that are wired at random, and null models of them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from premotor.connectome import Circuit, Provenance
from premotor.connectome.nulls import NULL_MODELS, make_null
from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven.cell import RECEPTORS
from premotor.networks.spiking.event_driven.network import SpikingNetwork
from premotor.networks.spiking.event_driven.random_settings import (
    ProjectionSettings,
    RandomNetworkSettings,
    SynapseSettings,
)


def random_network(
    seed: int, settings: RandomNetworkSettings | None = None, sources: int | None = None
) -> SpikingNetwork:
    """Draw a wiring: partners without replacement and without autapses, delays for each synapse.

    The synapses of a pair onto two receptors share their partners but not their delays.

    Args:
        seed: which one.
        settings: populations and projections; by default the network of Hasegan et al. (2022).
        sources: that drive the input cells, each its share of them in their order; by default one for each.

    Raises:
        PremotorError: fewer input cells than sources, or a wiring without a plastic synapse.
    """
    words, random = settings or RandomNetworkSettings(), np.random.default_rng(seed)
    sizes = [words.size(name) for name in words.populations]
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    populations = {name: np.arange(bounds[k], bounds[k + 1]) for k, name in enumerate(words.populations)}
    cells, driven = int(bounds[-1]), populations[words.inputs]
    sources = len(driven) if sources is None else sources
    if len(driven) < sources:
        raise PremotorError(
            f"wiring.populations.{words.inputs}.size is {len(driven)}, but the receptive fields have {sources} bins; "
            "they need a cell each: make it larger or give the fields fewer bins"
        )
    source = np.concatenate([np.full(len(part), k) for k, part in enumerate(np.array_split(driven, sources))])
    stimulus, many = words.stimulus, len(driven)
    parts: list[tuple[NDArray, NDArray, str, NDArray, NDArray, bool]] = [
        (
            cells + source,
            driven,
            stimulus.receptor,
            np.full(many, stimulus.weight),
            random.uniform(*stimulus.delay, many),
            False,
        )
    ]
    for name, projection in words.projections.items():
        first, _, second = name.partition("-")
        pre, post = _partners(random, populations[first], populations[second], projection)
        gain = getattr(words.gains, "".join("EI"[words.inhibits(end)] for end in (first, second)))
        for receptor, synapse in projection.synapses.items():
            parts.append(
                (
                    pre,
                    post,
                    receptor,
                    gain * synapse.weight * _spread(random, synapse, len(pre)),
                    random.uniform(*words.delay(receptor, synapse), len(pre)),
                    synapse.plastic,
                )
            )
    rates: list[float] = []
    for name, receptors in words.noise.items():
        for receptor, noise in receptors.items():
            post = populations[name]
            train = cells + sources + len(rates) + np.arange(len(post))
            delay = random.uniform(*words.delay(receptor), len(post))
            parts.append((train, post, receptor, np.full(len(post), noise.weight), delay, False))
            rates += [noise.rate] * len(post)
    lengths, types = [len(part[0]) for part in parts], words.types()
    network = SpikingNetwork.of(
        tuple(types.values()),
        np.repeat([list(types).index(one.cell) for one in words.populations.values()], sizes),
        pre=np.concatenate([part[0] for part in parts]),
        post=np.concatenate([part[1] for part in parts]),
        receptor=np.repeat([RECEPTORS.index(part[2]) for part in parts], lengths),
        weight=np.concatenate([part[3] for part in parts]),
        delay=np.concatenate([part[4] for part in parts]),
        plastic=np.repeat([part[5] for part in parts], lengths),
        sources=sources,
        populations=populations,
        noise=rates,
    )
    if not network.plastic.any():
        raise PremotorError(f"the random wiring of seed {seed} has no plastic synapse; raise a probability")
    return network


def _partners(
    random: np.random.Generator, pre: NDArray[np.int64], post: NDArray[np.int64], projection: ProjectionSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pre- and postsynaptic cell of each connected pair, (pairs,) each."""
    chosen = []
    for cell in post:
        others = pre[pre != cell]
        if projection.probability is None:
            chosen.append(random.choice(others, projection.convergence, replace=False))
        else:
            chosen.append(others[random.random(len(others)) < projection.probability])
    return np.concatenate(chosen), np.repeat(post, [len(part) for part in chosen])


def _spread(random: np.random.Generator, synapse: SynapseSettings, count: int) -> NDArray[np.float64]:
    """Weights over their mean, (count,)."""
    if synapse.deviation:
        return np.maximum(random.normal(1.0, synapse.deviation, count), 0.0)
    return random.uniform(1 - synapse.spread, 1 + synapse.spread, count)


def with_partners(network: SpikingNetwork, pairs: dict[str, NDArray]) -> SpikingNetwork:
    """The network with given partners in some projections; weights and delays stay where they were drawn.

    Args:
        network: as it was drawn.
        pairs: `pre` and `post`, cells by number, (pairs,) each: every connected pair of the projections in question.

    Raises:
        PremotorError: a cell has another number of partners in a projection than was drawn.
    """
    name = np.full(network.nodes, "", object)
    for population, cells in network.populations.items():
        name[cells] = population
    pre, given = network.pre.copy(), np.array([f"{name[a]}-{name[b]}" for a, b in zip(pairs["pre"], pairs["post"])])  # noqa: B905
    drawn = np.array([f"{name[a]}-{name[b]}" for a, b in zip(network.pre, network.post, strict=True)])
    for projection in np.unique(given):
        mine = given == projection
        order = np.lexsort((pairs["pre"][mine], pairs["post"][mine]))
        first, second = pairs["pre"][mine][order], pairs["post"][mine][order]
        for receptor in np.unique(network.receptor[drawn == projection]):
            place = np.flatnonzero((drawn == projection) & (network.receptor == receptor))
            place = place[np.argsort(network.post[place], kind="stable")]
            if not np.array_equal(network.post[place], second):
                raise PremotorError(
                    f"{len(first)} pairs are given for {projection}, which do not fit the {len(place)} drawn: every "
                    "cell needs as many partners as the settings say"
                )
            pre[place] = first
        if not (drawn == projection).any():
            raise PremotorError(f"partners are given for {projection}, which the settings do not connect")
    return replace(network, pre=pre)


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
