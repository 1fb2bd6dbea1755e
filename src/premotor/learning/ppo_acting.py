"""How PPO acts in a roll-out, a control step at a time."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from premotor.learning.exploration import Normal
from premotor.networks import Controller, Prepared, Product


@eqx.filter_jit
def prepared(controller: Controller) -> Prepared:
    """The product of a roll-out, once."""
    product = controller.product()
    return product.by_edges() if isinstance(product, Product) else product


@eqx.filter_jit
def prepare(controller: Controller, key: Array, steps: int, environments: int) -> tuple[Prepared, Array, Array]:
    """What a roll-out in a program needs once: the product, the noise of all of its actions, and the next key."""
    keys = jax.random.split(key, steps + 1)
    shape = (environments, len(controller.action_names))
    noise = jax.vmap(lambda key: jax.random.normal(key, shape))(keys[1:])
    return controller.product(), noise, keys[0]


# every leaf is an array; a filtered jit would look at each of them in Python at every step
@partial(jax.jit, static_argnames="exploration")
def act(
    controller: Controller,
    product: Prepared,
    state: Array,
    observation: Array,
    started: Array,
    noise: Array,
    exploration: type[Normal],
) -> tuple[Array, Array, Array]:
    """One control step: the neurons' new state, the executed action and the mean one."""
    state = jnp.where(started, controller.initial_state(len(observation)), state)
    state, mean = controller.select_action(product, state, observation)
    return state, exploration.executed(mean, controller.log_std, noise), mean


@partial(jax.jit, static_argnames="exploration")
def log_probability(action: Array, mean: Array, log_std: Array, exploration: type[Normal]) -> Array:
    """Log-probability of executed actions."""
    return exploration.log_probability(action, mean, log_std)
