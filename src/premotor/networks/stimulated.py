"""Rate networks under a stimulus: one compiled loop for all replicates."""

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray
from numpy.typing import NDArray
from scipy.stats import poisson

from premotor.errors import PremotorError
from premotor.networks.base import SteppedNetwork
from premotor.networks.stimulation import PoissonInput, Stimulus

if TYPE_CHECKING:
    from jax.typing import DTypeLike

RARE = 1e-12
"""Numbers of events in a step that are less likely than this are not told apart."""


def stimulate(
    network: SteppedNetwork,
    stimulus: Stimulus,
    rates: Float[Array | np.ndarray, "neurons replicates"],
    *,
    every: int = 1,
    record: NDArray[np.int64] | None = None,
    seed: int = 0,
    share: int | None = None,
) -> NDArray[np.float32]:
    """Rates of `network` under `stimulus`, one step of the network a step of the stimulus.

    Args:
        network: a rate network; its step is as long as the stimulus's.
        stimulus: currents and events.
        rates: at the start, (neurons, replicates).
        every: steps between two samples; the first sample is the start.
        record: positions of the neurons to record; by default all.
        seed: of the random events.
        share: replicates i and i + `share` receive the same random events; by default none share them.

    Returns:
        (samples, recorded neurons, replicates), samples = steps / every + 1.

    Raises:
        PremotorError: the number of steps is no multiple of `every`, or the rates do not stay finite.
    """
    if stimulus.steps % every:
        raise PremotorError(f"{stimulus.steps} steps are no multiple of the {every} steps between samples")
    rates = jnp.asarray(rates)
    place = jnp.arange(rates.shape[0]) if record is None else jnp.asarray(record)
    course = jnp.asarray(stimulus.course, rates.dtype).reshape(stimulus.steps // every, every, -1)
    target = jnp.asarray(stimulus.target, rates.dtype)
    noise = [_noise(event, stimulus.period, rates.dtype) for event in stimulus.events]
    own = jnp.arange(rates.shape[1]) % (share or rates.shape[1])
    samples = np.asarray(_scan(network, course, target, noise, rates, place, own, jax.random.key(seed)))
    if not np.isfinite(samples).all():
        raise PremotorError("the rates grow without limit; take a smaller step or weaker weights")
    return samples


class _Noise(NamedTuple):
    neurons: Array
    first: Array
    last: Array
    size: Array
    """Current of one event that lasts one step."""
    cumulative: Array
    """Probabilities of at most 0, 1, 2, … events in a step."""


def _noise(event: PoissonInput, period: float, dtype: "DTypeLike") -> _Noise:
    mean = event.rate * period
    most = int(poisson.isf(RARE, mean)) + 1
    return _Noise(
        neurons=jnp.asarray(event.neurons),
        first=jnp.asarray(event.first),
        last=jnp.asarray(event.last),
        size=jnp.asarray(event.amplitude / mean, dtype),
        cumulative=jnp.asarray(poisson.cdf(np.arange(most + 1), mean), dtype),
    )


@eqx.filter_jit
def _scan(
    network: SteppedNetwork,
    course: Array,
    target: Array,
    noise: list[_Noise],
    rates: Array,
    place: Array,
    replicates: Array,
    key: PRNGKeyArray,
) -> Array:
    product = network.product()
    every = course.shape[1]

    def current(step: Array, values: Array) -> Array:
        total = jnp.broadcast_to(jnp.einsum("i,inr->nr", values, target), rates.shape)
        for number, source in enumerate(noise):
            own = jax.random.fold_in(jax.random.fold_in(key, number), step)
            keys = jax.vmap(jax.random.fold_in, (None, 0))(own, replicates)
            chance = jax.vmap(partial(jax.random.uniform, shape=source.neurons.shape), out_axes=1)(keys)
            count = jnp.searchsorted(source.cumulative, chance).astype(total.dtype)
            on = (step >= source.first) & (step < source.last)
            total = total.at[source.neurons].add(jnp.where(on, source.size, 0) * count)
        return total

    def sample(state: Array, numbered: tuple[Array, Array]) -> tuple[Array, Array]:
        number, values = numbered

        def advance(i: Array, state: Array) -> Array:
            return network.step(product, state, current(number * every + i, values[i]))

        state = jax.lax.fori_loop(0, every, advance, state)
        return state, state[place]

    later = jax.lax.scan(sample, rates, (jnp.arange(course.shape[0]), course))[1]
    return jnp.concatenate([rates[place][None], later])
