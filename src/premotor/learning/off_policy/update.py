"""Updates of DDPG, TD3 and SAC: one program for what they share, a few lines for where they differ."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from premotor.learning.critic import Critic
from premotor.learning.off_policy.policy import along, squashed_sample
from premotor.learning.off_policy.replay import Columns
from premotor.learning.off_policy.settings import (
    DDPGSettings,
    OffPolicyKind,
    OffPolicySettings,
    SACSettings,
    TD3Settings,
)
from premotor.networks import Controller

Critics = tuple[Critic, ...]


class Learnt(NamedTuple):
    """What updates change; each part one vector, so that a step of Adam is one pass over it."""

    actor: Float[Array, " parameters"]
    """The controller's trained arrays."""
    target_actor: Float[Array, " parameters"]
    """Nothing for SAC."""
    critics: Float[Array, " weights"]
    target_critics: Float[Array, " weights"]
    actor_moments: optax.OptState
    critic_moments: optax.OptState
    log_temperature: Float[Array, ""]
    """Of SAC."""
    updates: Array


class Parts(NamedTuple):
    """How the vectors of `Learnt` become a controller and critics, and which step sizes they have."""

    controller: Callable[[Array], Controller]
    critics: Callable[[Array], Critics]
    rates: Float[Array, " parameters"]
    pace: Float[Array, ""]
    """Factor of all learning rates."""


class Sequences(NamedTuple):
    """A batch, steps first."""

    state: Float[Array, "neurons batch"]
    observation: Float[Array, "steps batch observations"]
    last: Float[Array, "batch observations"]
    started: Array
    action: Float[Array, "steps batch actions"]
    """Without the burn-in, as are the following."""
    reward: Float[Array, "steps batch"]
    next_observation: Float[Array, "steps batch observations"]
    continues: Float[Array, "steps batch"]
    """0 where the episode ended of itself."""
    counts: Float[Array, "steps batch"]
    """0 where what followed is not known, because the state of the next episode has taken its place."""


ADAM = optax.scale_by_adam()


def critic_count(settings: OffPolicySettings) -> int:
    """DDPG has one critic, TD3 and SAC have two."""
    return 1 if isinstance(settings, DDPGSettings) else 2


def trained_vector(controller: Controller) -> tuple[Array, Callable[[Array], Controller], Array]:
    """The arrays that learning changes as one vector, the way back, and each element's relative step size."""
    trained = controller.trained()
    arrays, fixed = eqx.partition(controller, trained)
    vector, restore = ravel_pytree(arrays)
    sizes = eqx.filter(controller.learning_rates(), trained)
    rates = jax.tree.map(lambda array, rate: jnp.broadcast_to(rate, array.shape), arrays, sizes)
    return vector, lambda values: eqx.combine(restore(values), fixed), ravel_pytree(rates)[0]


def sequences(rows: Array, states: Array, controller: Controller, settings: OffPolicySettings) -> Sequences:
    """A batch from rows (batch, steps, columns) and states (batch, neurons) of the memory."""
    columns = Columns(len(controller.observation_names), len(controller.action_names))
    rows = rows.transpose(1, 0, 2)
    learnt = rows[settings.burn_in :]
    ended = learnt[..., columns.ended.start]
    # Only the last step's successor is known where an episode ended: the others are read from the next row.
    counts = jnp.concatenate([1.0 - ended[:-1], jnp.ones_like(ended[-1:])])
    terminated = learnt[..., columns.terminated.start]
    counts = jnp.maximum(counts, terminated)  # what follows is worth nothing and so need not be known
    batch = rows.shape[1]
    return Sequences(
        state=states.T if states.shape[-1] else controller.initial_state(batch),
        observation=rows[..., columns.observation],
        last=rows[-1][:, columns.next_observation],
        started=rows[..., columns.started.start] > 0,
        action=learnt[..., columns.action],
        reward=settings.reward_scale * learnt[..., columns.reward.start],
        next_observation=learnt[..., columns.next_observation],
        continues=1.0 - terminated,
        counts=counts,
    )


def learn(
    learnt: Learnt, parts: Parts, rows: Array, states: Array, key: Array, settings: OffPolicyKind
) -> tuple[Learnt, dict[str, Array]]:
    """As many updates as `rows` (updates, batch, steps, columns) has batches; figures are means over them."""

    def once(learnt: Learnt, given: tuple[Array, Array, Array]) -> tuple[Learnt, dict[str, Array]]:
        return _update(learnt, parts, *given, settings)

    keys = jax.random.split(key, len(rows))
    if len(rows) == 1:
        learnt, figures = once(learnt, (rows[0], states[0], keys[0]))
        return learnt, figures
    learnt, figures = jax.lax.scan(once, learnt, (rows, states, keys))
    return learnt, {name: values.mean() for name, values in figures.items()}


def _update(
    learnt: Learnt, parts: Parts, rows: Array, states: Array, key: Array, settings: OffPolicyKind
) -> tuple[Learnt, dict[str, Array]]:
    controller = parts.controller(learnt.actor)
    batch = sequences(rows, states, controller, settings)
    key_target, key_actor = jax.random.split(key)
    target = jax.lax.stop_gradient(_target(learnt, parts, batch, key_target, settings))
    normalize = controller.normalizer
    seen = normalize(batch.observation[settings.burn_in :])
    weight = batch.counts / jnp.maximum(batch.counts.sum(), 1.0)

    def critic_loss(vector: Array) -> tuple[Array, Array]:
        values = _values(parts.critics(vector), seen, batch.action)
        error = values - target
        loss = optax.losses.huber_loss(error) if settings.critic_loss == "huber" else 0.5 * error**2
        return (loss * weight).sum(), values.mean()

    (loss, value), gradient = jax.value_and_grad(critic_loss, has_aux=True)(learnt.critics)
    change, critic_moments = ADAM.update(_limited(gradient, settings), learnt.critic_moments)
    critics = learnt.critics - parts.pace * settings.critic_learning_rate * change
    learnt = learnt._replace(critics=critics, critic_moments=critic_moments, updates=learnt.updates + 1)
    figures = {"critic_loss": loss, "value": value / settings.reward_scale}

    def improved(learnt: Learnt) -> tuple[Learnt, Array]:
        return _improve(learnt, parts, batch, seen, key_actor, settings)

    if isinstance(settings, TD3Settings) and settings.policy_delay > 1:
        due = learnt.updates % settings.policy_delay == 0
        learnt, log_p = jax.lax.cond(due, improved, lambda same: (same, jnp.zeros(())), learnt)
    else:
        learnt, log_p = improved(learnt)
    if isinstance(settings, SACSettings):
        figures |= {"entropy": -log_p, "temperature": jnp.exp(learnt.log_temperature)}
    return learnt, figures


def _values(critics: Critics, seen: Array, action: Array) -> Float[Array, "critics steps batch"]:
    together = jnp.concatenate([action, seen], -1)
    return jnp.stack([critic(together) for critic in critics])


def _target(learnt: Learnt, parts: Parts, batch: Sequences, key: Array, settings: OffPolicyKind) -> Array:
    """r + γ Q̄(next observation, action there), the smaller of two critics where there are two."""
    soft = isinstance(settings, SACSettings)
    actor = parts.controller(learnt.actor if soft else learnt.target_actor)
    answer = along(actor, batch.state, batch.observation, batch.last, batch.started, settings.burn_in, True).following
    bonus: Array | float = 0.0
    if soft:
        action, log_p = squashed_sample(answer, actor.log_std, jax.random.normal(key, answer.shape))
        bonus = -jnp.exp(learnt.log_temperature) * log_p
    else:
        action = jnp.tanh(answer)
        if isinstance(settings, TD3Settings):
            noise = settings.target_noise * jax.random.normal(key, action.shape)
            action = jnp.clip(
                action + jnp.clip(noise, -settings.target_noise_clip, settings.target_noise_clip), -1.0, 1.0
            )
    seen = actor.normalizer(batch.next_observation)
    value = _values(parts.critics(learnt.target_critics), seen, action).min(0) + bonus
    return batch.reward + settings.discount * batch.continues * value


def _improve(
    learnt: Learnt, parts: Parts, batch: Sequences, seen: Array, key: Array, settings: OffPolicyKind
) -> tuple[Learnt, Array]:
    """A step of the actor towards larger values, and of all targets towards what they follow."""
    critics = parts.critics(learnt.critics)

    def actor_loss(vector: Array) -> tuple[Array, Array]:
        actor = parts.controller(vector)
        answer = along(actor, batch.state, batch.observation, batch.last, batch.started, settings.burn_in, False).now
        if isinstance(settings, SACSettings):
            action, log_p = squashed_sample(answer, actor.log_std, jax.random.normal(key, answer.shape))
            value = _values(critics, seen, action).min(0)
            return (jnp.exp(learnt.log_temperature) * log_p - value).mean(), log_p.mean()
        cost = settings.saturation * (answer**2).mean()
        return cost - _values(critics[:1], seen, jnp.tanh(answer)).mean(), jnp.zeros(())

    (_, log_p), gradient = jax.value_and_grad(actor_loss, has_aux=True)(learnt.actor)
    change, moments = ADAM.update(_limited(gradient, settings), learnt.actor_moments)
    actor = learnt.actor - parts.pace * settings.learning_rate * parts.rates * change
    rate = settings.tau
    learnt = learnt._replace(
        actor=actor,
        actor_moments=moments,
        target_critics=learnt.target_critics + rate * (learnt.critics - learnt.target_critics),
    )
    if not isinstance(settings, SACSettings):
        return learnt._replace(target_actor=learnt.target_actor + rate * (actor - learnt.target_actor)), log_p
    wanted = -float(batch.action.shape[-1]) if settings.target_entropy is None else settings.target_entropy
    step = settings.temperature_learning_rate * (log_p + wanted)  # up where the entropy is less than wanted
    return learnt._replace(log_temperature=learnt.log_temperature + step), log_p


def _limited(gradient: Array, settings: OffPolicySettings) -> Array:
    if settings.max_grad_norm is None:
        return gradient
    norm = jnp.sqrt((gradient**2).sum())
    return gradient * jnp.minimum(1.0, settings.max_grad_norm / (norm + 1e-12))
