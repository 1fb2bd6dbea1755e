"""Who is connected to whom in a spiking network, as tables."""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.runs.loading import kind_in, preset_names
from premotor.runs.spiking.settings import WiringSettings, circuit_of, load_spiking, network_of

if TYPE_CHECKING:
    from premotor.networks.spiking.event_driven import SpikingNetwork
    from premotor.runs.spiking.settings import SpikingWiring


class DescribedNetwork(NamedTuple):
    """The network of an experiment or of a run, before learning."""

    name: str
    network: "SpikingNetwork"
    seed: int

    def summary(self) -> str:
        """Its size, cells by population with their partners, and projections."""
        network = self.network
        between, plastic = network.pre < network.cells, int(network.plastic.sum())
        head = (
            f"{self.name}: {network.cells:,} cells in {len(network.populations)} populations, {network.sources:,} "
            f"sources, {len(network.pre):,} synapses ({int((~between).sum()):,} of sources, {plastic:,} plastic), "
            f"seed {self.seed}"
        )
        degrees = degree_table(network).groupby("population", sort=False)
        partners = degrees[["in_degree", "out_degree"]].agg(["mean", "min", "max"])
        partners.columns = [" ".join(pair) for pair in partners.columns]
        partners.insert(0, "cells", degrees.size())
        tables = partners.reset_index(), projection_table(network)
        texts = [table.to_string(index=False, float_format=lambda value: f"{value:.4g}") for table in tables]
        return f"{head}\n\n{texts[0]}\n\n{texts[1]}\n"


def described_network(source: str | os.PathLike[str]) -> DescribedNetwork | None:
    """The network of a preset, a settings file or a run folder of a spiking agent; None where `source` is no such.

    Raises:
        PremotorError: settings that are wrong.
    """
    path = Path(source)
    if os.path.isdir(path):
        if kind_in(path) != "spiking":
            return None
        from premotor.runs.run import Run
        from premotor.runs.spiking.run import SpikingRun

        run = SpikingRun.of(Run(path))
        return DescribedNetwork(str(source), run.network(), run.settings.wiring.seed)
    if str(source) not in preset_names("spiking") and path.suffix not in (".yaml", ".yml"):
        return None
    settings = load_spiking(source)
    network = network_of(settings.wiring, settings.interface, circuit_of(settings.wiring))
    return DescribedNetwork(str(source), network, settings.wiring.seed)


def population_names(network: "SpikingNetwork") -> NDArray[np.object_]:
    """The population of every node, "inputs" for sources, "noise" for random trains; of two that hold a cell the
    later, (nodes,)."""
    names = np.full(network.nodes, "inputs", object)
    names[network.cells + network.sources :] = "noise"
    for name, cells in network.populations.items():
        names[cells] = name
    return names


def type_names(wiring: "SpikingWiring", network: "SpikingNetwork") -> list[str]:
    """Names of the network's cell types."""
    if isinstance(wiring, WiringSettings):
        own = list(wiring.types())[len(BUILT_IN) :]
        return [*BUILT_IN, *own]
    return list(BUILT_IN[: len(network.cell_types)])


BUILT_IN = ("excitatory", "fast-spiking", "low-threshold")
"""What the cell types E, I and IL are called in tables."""


def connection_table(network: "SpikingNetwork") -> pd.DataFrame:
    """One row a synapse: pre- and postsynaptic node (sources after the cells) with their populations, receptor, weight
    before learning (mV), delay (ms), and whether it learns."""
    from premotor.networks.spiking.event_driven import RECEPTORS

    names = population_names(network)
    return pd.DataFrame(
        {
            "pre": network.pre,
            "post": network.post,
            "pre_population": names[network.pre],
            "post_population": names[network.post],
            "receptor": np.array(RECEPTORS)[network.receptor],
            "weight": network.weight,
            "delay": network.delay,
            "plastic": network.plastic,
        }
    )


def projection_table(network: "SpikingNetwork") -> pd.DataFrame:
    """One row a pair of populations and receptor: connected pairs and their fraction of all pairs, presynaptic cells of
    a postsynaptic one (convergence) and the reverse (divergence), mean and deviation of the weights (mV), least and
    most delay (ms), fraction that learns."""
    names, rows = population_names(network), []
    size = Counter(names)
    grouped = connection_table(network).groupby(["pre_population", "post_population", "receptor"], sort=False)
    for (pre, post, receptor), group in grouped:
        pairs = len(group.drop_duplicates(["pre", "post"]))
        possible = size[pre] * size[post] - (size[pre] if pre == post else 0)
        rows.append(
            {
                "pre": pre,
                "post": post,
                "receptor": receptor,
                "pairs": pairs,
                "probability": pairs / max(possible, 1),
                "convergence": pairs / size[post],
                "divergence": pairs / size[pre],
                "weight": group["weight"].mean(),
                "deviation": float(np.round(group["weight"].std(ddof=0), 9)),  # equal weights deviate by rounding
                "least_delay": group["delay"].min(),
                "most_delay": group["delay"].max(),
                "plastic": group["plastic"].mean(),
            }
        )
    return pd.DataFrame(rows)


def degree_table(network: "SpikingNetwork") -> pd.DataFrame:
    """One row a cell: population, how many cells it gets synapses from and gives them to, and how many sources."""
    pairs = np.unique(np.stack([network.pre, network.post]), axis=1)
    inner = pairs[0] < network.cells
    counts = [
        np.bincount(side, minlength=network.cells) for side in (pairs[1, inner], pairs[0, inner], pairs[1, ~inner])
    ]
    table = pd.DataFrame(dict(zip(("in_degree", "out_degree", "sources"), counts, strict=True)))
    table.insert(0, "cell", np.arange(network.cells))
    table.insert(1, "population", population_names(network)[: network.cells])
    return table
