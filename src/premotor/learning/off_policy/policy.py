"""The actor's side: actions along sequences, exploration, log-probabilities."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from premotor.learning.off_policy.settings import OffPolicyKind, SACSettings
from premotor.networks import Controller


class Answers(NamedTuple):
    """What a controller answers along sequences, before squashing."""

    now: Float[Array, "steps batch actions"]
    """To each observation."""
    following: Float[Array, "steps batch actions"]
    """To what followed each action. Where an episode ended before the last step, of another episode."""


def along(
    controller: Controller,
    state: Float[Array, "neurons batch"],
    observation: Float[Array, "steps batch observations"],
    last: Float[Array, "batch observations"],
    started: Bool[Array, "steps batch"],
    burn_in: int,
    following: bool,
) -> Answers:
    """Let a controller answer a sequence of observations, its state cut where an episode started.

    Args:
        controller: the actor.
        state: before the first observation.
        observation: burn-in, then what is learnt from.
        last: what followed the last action.
        started: where an episode starts.
        burn_in: so many first steps only move the state; no gradient flows through them.
        following: whether what follows is wanted; zeros are given where not.

    Returns:
        answers to the steps after the burn-in.
    """
    product = controller.product()
    rest = controller.initial_state(observation.shape[1])

    def step(state: Array, seen: Array, start: Array) -> tuple[Array, Array]:
        return controller.answer(product, jnp.where(start, rest, state), seen)

    for i in range(burn_in):
        state = jax.lax.stop_gradient(step(state, observation[i], started[i])[0])
    observation, started = observation[burn_in:], started[burn_in:]
    if len(observation) == 1:
        state, answer = step(state, observation[0], started[0])
        now = answer[None]
    else:
        state, now = jax.lax.scan(lambda carry, row: step(carry, *row), state, (observation, started))
    if not following:
        return Answers(now, jnp.zeros_like(now))
    _, end = controller.answer(product, state, last)
    return Answers(now, jnp.concatenate([now[1:], end[None]]))


def squashed_sample(
    answer: Float[Array, "... actions"], log_std: Float[Array, " actions"], noise: Float[Array, "... actions"]
) -> tuple[Float[Array, "... actions"], Float[Array, "..."]]:
    """tanh of a normal sample around `answer`, and its log-probability (Haarnoja et al. 2018, appendix C)."""
    spread = jnp.exp(jnp.clip(log_std, -5.0, 1.0))
    raw = answer + spread * noise
    log_p = -0.5 * noise**2 - jnp.log(spread) - 0.5 * jnp.log(2 * jnp.pi)
    # log(1 − tanh²) = 2 (log 2 − x − softplus(−2 x)), without cancellation
    log_p -= 2.0 * (jnp.log(2.0) - raw - jax.nn.softplus(-2.0 * raw))
    return jnp.tanh(raw), log_p.sum(-1)


def explore(
    answer: Float[Array, "environments actions"],
    log_std: Float[Array, " actions"],
    memory: Float[Array, "environments actions"],
    key: Array,
    settings: OffPolicyKind,
) -> tuple[Float[Array, "environments actions"], Float[Array, "environments actions"]]:
    """An action as it is executed, in [−1, 1], and the noise's memory afterwards."""
    deviate = jax.random.normal(key, answer.shape)
    if isinstance(settings, SACSettings):
        return squashed_sample(answer, log_std, deviate)[0], memory
    noise = settings.noise
    if noise.kind == "gaussian":
        added = noise.std * deviate
    else:
        memory = memory * (1.0 - noise.theta * noise.interval) + noise.std * jnp.sqrt(noise.interval) * deviate
        added = memory
    return jnp.clip(jnp.tanh(answer) + added, -1.0, 1.0), memory
