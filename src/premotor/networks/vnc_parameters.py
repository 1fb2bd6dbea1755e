"""Parameters of the VNC rate model: distributions, one draw a neuron and replicate, and sizes of cells."""

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.errors import PremotorError
from premotor.networks.settings import VNCSettings

if TYPE_CHECKING:
    from premotor.connectome import Circuit

LARGEST_RATIO = 1_000.0
"""Sizes below this are ratios already; in voxels, nm³ or nm² a neuron has millions."""


class VNCParameters(NamedTuple):
    """One value a neuron and replicate, each (neurons, replicates)."""

    time_constant: Float[Array, "neurons replicates"]
    """s"""
    gain: Float[Array, "neurons replicates"]
    threshold: Float[Array, "neurons replicates"]
    maximum_rate: Float[Array, "neurons replicates"]
    """Hz"""


def relative_sizes(circuit: "Circuit", settings: VNCSettings) -> np.ndarray:
    """Size of each neuron over the median size of the whole dataset, (neurons,); missing or 0 counts as 1.

    Raises:
        PremotorError: the column of sizes holds text, or a size below 0.
    """
    name = settings.size_column
    if name is None or name not in circuit.neurons:
        return np.ones(len(circuit))
    column = pd.to_numeric(circuit.neurons[name], errors="coerce")
    text = column.isna() & circuit.neurons[name].notna() & (circuit.neurons[name].astype("str") != "")
    if text.any():
        found = circuit.neurons[name][text].iloc[0]
        raise PremotorError(f"the column {name!r} of sizes holds {found!r}, which is no number")
    sizes = column.to_numpy(np.float64, na_value=np.nan)
    known = np.isfinite(sizes) & (sizes != 0)
    if (sizes[known] < 0).any():
        raise PremotorError(f"the column {name!r} holds the size {sizes[known].min():g}; sizes are positive")
    median = settings.median_size
    if median is None:
        ratios = not known.any() or sizes[known].max() < LARGEST_RATIO
        median = 1.0 if ratios else float(np.median(sizes[known]))
    return np.where(known, sizes / median, 1.0)


def draw_parameters(circuit: "Circuit", settings: VNCSettings, key: PRNGKeyArray, replicates: int) -> VNCParameters:
    """Draw every parameter from its normal distribution, truncated at 0; scale gain and threshold by size.

    A draw belongs to the key, the replicate's number and the neuron's id: the same neuron has the same
    parameters in every part of a circuit, and more replicates leave the first ones as they are.
    """
    ids = circuit.ids.astype(np.uint64)
    low = jnp.asarray((ids & np.uint64(0xFFFFFFFF)).astype(np.uint32))
    high = jnp.asarray((ids >> np.uint64(32)).astype(np.uint32))
    means = jnp.asarray([getattr(settings, name) for name in VNCParameters._fields])
    spreads = jnp.asarray([getattr(settings, f"{name}_sd") for name in VNCParameters._fields])
    drawn = VNCParameters(*_draw(key, jnp.arange(replicates), low, high, means, spreads))
    size = jnp.asarray(relative_sizes(circuit, settings))[:, None]
    return drawn._replace(gain=drawn.gain / size, threshold=drawn.threshold * size)


@jax.jit
def _draw(
    key: PRNGKeyArray, replicates: Array, low: Array, high: Array, means: Array, spreads: Array
) -> Float[Array, "parameters neurons replicates"]:
    wide = jnp.maximum(spreads, 1e-6 * means)  # a spread of 0 would divide by it

    def draw(low: Array, high: Array, replicate: Array) -> Array:
        own = jax.random.fold_in(jax.random.fold_in(jax.random.fold_in(key, replicate), low), high)
        return means + spreads * jax.random.truncated_normal(own, -means / wide, jnp.inf, means.shape)

    over_replicates = jax.vmap(draw, in_axes=(None, None, 0), out_axes=1)
    return jax.vmap(over_replicates, in_axes=(0, 0, None), out_axes=1)(low, high, replicates)
