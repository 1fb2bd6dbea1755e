"""Coordinates in which learning is well conditioned: running normalisation, and one measurement before learning."""

from typing import TYPE_CHECKING, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.host_random import normal
from premotor.on_device import on_device

if TYPE_CHECKING:
    from premotor.networks.controller.controller import Controller


class Normalizer(eqx.Module):
    """Running mean and variance of observations (Chan et al. 1979, parallel update), frozen between updates."""

    mean: Float[Array, " observations"]
    variance: Float[Array, " observations"]
    count: Float[Array, ""]
    limit: float = eqx.field(static=True, default=8.0)

    @classmethod
    def identity(cls, observations: int) -> Self:
        """Mean 0 and variance 1, with next to no weight."""
        return cls(on_device(np.zeros(observations)), on_device(np.ones(observations)), on_device(1e-4))

    def __call__(self, observation: Float[Array, "... observations"]) -> Float[Array, "... observations"]:
        """Observations in standard deviations from the mean, clipped to ±`limit`."""
        scaled = (observation - self.mean) * jnp.reciprocal(jnp.sqrt(self.variance + 1e-6))
        return jnp.clip(scaled, -self.limit, self.limit)

    def updated(self, batch: Float[Array, "... observations"]) -> Self:
        """The normalizer after also seeing `batch`."""
        rows = batch.reshape(-1, batch.shape[-1])
        added = jnp.asarray(rows.shape[0], jnp.float32)
        mean, variance = rows.mean(0), rows.var(0)
        total = self.count + added
        shift = mean - self.mean
        pooled = self.variance * self.count + variance * added + shift**2 * self.count * added / total
        return type(self)(self.mean + shift * added / total, pooled / total, total, self.limit)


def normalized(controller: "Controller", observations: Float[Array, "... observations"]) -> "Controller":
    """The controller whose normalizer has also seen `observations`."""
    return eqx.tree_at(lambda c: c.normalizer, controller, _updated(controller.normalizer, observations))


_updated = eqx.filter_jit(Normalizer.updated)


SETTLE = 10
"""Control steps at the start that are left out, so that the rates have settled; of few steps, the first half."""
RIDGE = 0.01
"""Directions of the output rates with less than this part of the largest variance are not amplified further."""


def calibrated(
    controller: "Controller", observations: Float[Array, "steps episodes observations"], key: PRNGKeyArray
) -> "Controller":
    """A copy that starts at rest, whose read-out is whitened and whose step sizes are balanced.

    Rest: the network's state after a second without input.

    Whitening: the symmetric inverse square root of the covariance of the output neurons' rates (ZCA) under
    `observations`, which should look like those that the controller will meet.

    Balance: for each kind of parameter, one step of unit size along the sign of a gradient (as Adam's first one
    is) would change the actions by some root-mean-square amount, found from a Jacobian–vector product; steps are
    scaled by its inverse. Without this, a step of 302 biases or 3,709 magnitudes would swamp that of the maps.

    With maps that were given line by line nothing is whitened: their gains are what the file says. With those that keep
    to their joint each rate is scaled by itself: mixed, a motor neuron would move other joints.

    With maps that are the circuit's own, or a multilayer perceptron whose settings say `calibrate: false`, the
    controller is left as it is.
    """
    if controller.network.maps_are_layers or controller.fixed_maps:
        return controller
    steps, episodes, _ = observations.shape
    probe = on_device(normal(key, (steps - min(SETTLE, steps // 2), episodes, len(controller.action_names))))
    return _calibrated(controller, observations, probe)


@eqx.filter_jit
def _calibrated(
    controller: "Controller",
    observations: Float[Array, "steps episodes observations"],
    probe: Float[Array, "settled episodes actions"],
) -> "Controller":
    controller = eqx.tree_at(lambda c: c.rest_state, controller, _rest(controller))
    if controller.loop is not None:
        return eqx.tree_at(lambda c: c.step_scale, controller, _step_scales(controller, observations, probe))
    rates, actions = _responses(controller, observations)
    rest = rates.mean((0, 2))
    centred = (rates - rest[:, None]).transpose(1, 0, 2).reshape(len(rest), -1)
    variance, axes = jnp.linalg.eigh(centred @ centred.T / centred.shape[1])
    scale = jax.lax.rsqrt(jnp.maximum(variance, RIDGE * variance[-1]) + 1e-12)
    whitening = (axes * scale) @ axes.T
    if controller.output_sign is not None:
        own = (centred**2).mean(1)
        whitening = jnp.diag(jax.lax.rsqrt(jnp.maximum(own, RIDGE * own.max()) + 1e-12))
    controller = eqx.tree_at(lambda c: (c.rest_rate, c.whitening), controller, (rest, whitening))
    return eqx.tree_at(lambda c: c.step_scale, controller, _step_scales(controller, observations, probe))


def smooth_noise(
    key: PRNGKeyArray, observations: int, *, steps: int = 60, episodes: int = 64
) -> Float[Array, "steps episodes observations"]:
    """Stand-in observations: autoregressive noise of variance 1 (correlation 0.9 from step to step)."""

    def step(value: Array, key: Array) -> tuple[Array, Array]:
        value = 0.9 * value + np.sqrt(1 - 0.9**2) * jax.random.normal(key, value.shape)
        return value, value

    keys = jax.random.split(key, steps + 1)
    return jax.lax.scan(step, jax.random.normal(keys[0], (episodes, observations)), keys[1:])[1]


def _rest(controller: "Controller") -> Float[Array, " rows"]:
    network = controller.network
    product, silent = network.product(), network.initial_state(1)
    steps = max(1, round(1.0 / network.control_period))
    rest = jax.lax.fori_loop(0, steps, lambda _, state: network.step(product, state, silent * 0), silent)
    if controller.loop is not None:
        pools = controller.loop.settled(controller.output_weight, rest[controller.output_neurons])
        rest = jnp.concatenate([rest, pools])
    return rest[:, 0]


def _responses(controller: "Controller", observations: Array) -> tuple[Array, Array]:
    product = controller.product()

    def step(state: Array, observation: Array) -> tuple[Array, tuple[Array, Array]]:
        state, action = controller.select_action(product, state, observation)
        return state, (state[controller.output_neurons], action)

    rates, actions = jax.lax.scan(step, controller.initial_state(observations.shape[1]), observations)[1]
    settled = min(SETTLE, len(rates) // 2)
    return rates[settled:], actions[settled:]


def _step_scales(controller: "Controller", observations: Array, probe: Array) -> dict[str, Float[Array, ""]]:
    names = [name for name in controller.relative_learning_rates() if name != "log_std"]
    values = {name: controller.parameter(name) for name in names}

    def actions(values: dict[str, Array]) -> Array:
        return _responses(controller.with_parameters(values), observations)[1]

    _, pull = jax.vjp(actions, values)
    direction = jax.tree.map(jnp.sign, pull(probe)[0])

    def effect(number: Array) -> Array:
        """Of a step along the parameters of one kind alone; in a loop, so that it is compiled once, not once a kind."""
        alone = {name: jnp.where(number == i, direction[name], 0) for i, name in enumerate(names)}
        _, change = jax.jvp(actions, (values,), (alone,))
        return jnp.sqrt((change**2).mean())

    effects = jax.lax.map(effect, jnp.arange(len(names)))
    scales = jnp.where(effects > 0, 1.0 / jnp.maximum(effects, 1e-6), 0.0)
    return {"log_std": jnp.ones(()), **dict(zip(names, scales, strict=True))}
