"""The update of proximal policy optimisation: replay of whole sequences, one jitted program."""

from typing import NamedTuple, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int

from premotor.host_random import key_rows, permutation
from premotor.learning.critic import Critic, generalised_advantages
from premotor.learning.exploration import Normal
from premotor.learning.settings import PPOSettings
from premotor.networks import Controller, Product
from premotor.on_device import PyTree, on_device

WIDE = 64
"""Sequences of a minibatch from which on gradients take a prepared product; with fewer it would round otherwise."""


class Batch(NamedTuple):
    """One roll-out."""

    first_state: Float[Array, "neurons environments"]
    """The neurons before the first step, before any reset that `started` asks for."""
    last_observation: Float[Array, "environments observations"]
    observation: Float[Array, "steps environments observations"]
    action: Float[Array, "steps environments actions"]
    """As executed."""
    mean: Float[Array, "steps environments actions"]
    log_probability: Float[Array, "steps environments"]
    started: Bool[Array, "steps environments"]
    reward: Float[Array, "steps environments"]
    final_observation: Float[Array, "steps environments observations"]
    """What followed the action, before any reset."""
    terminated: Bool[Array, "steps environments"]
    truncated: Bool[Array, "steps environments"]
    learnt_from: Bool[Array, "steps environments"] | None = None
    """False where a step only started an episode (`Step.skipped`); None: every step counts."""
    discount: Float[Array, ""] | None = None
    """Where it is not that of the settings."""
    held: Bool[Array, ""] | None = None
    """Whether the controller stays as it is and only the critic learns; None: it learns."""


class Learnt(NamedTuple):
    """What an update changes."""

    controller: Controller
    critic: Critic
    optimiser: optax.OptState
    learning_rate: Float[Array, ""]


class Descent(NamedTuple):
    """What of the settings an update reads; runs that differ in the rest of them share its program."""

    discount: float
    gae_lambda: float
    clip: float
    value_coef: float
    entropy_coef: float
    max_grad_norm: float
    critic_learning_rate: float
    action_std: tuple[float, float] | None
    schedule: str
    target_kl: float
    learning_rate_limits: tuple[float, float]

    @classmethod
    def of(cls, settings: PPOSettings) -> Self:
        """That of some settings."""
        return cls(**{name: getattr(settings, name) for name in cls._fields})


def optimiser(settings: Descent) -> optax.GradientTransformation:
    """Adam without its step size, which the schedule gives, on gradients of limited norm."""
    return optax.chain(optax.clip_by_global_norm(settings.max_grad_norm), optax.scale_by_adam(eps=1e-5))


def trained_arrays(controller: Controller, critic: Critic) -> tuple[PyTree, PyTree]:
    """Which arrays of (controller, critic) change at all."""
    return controller.trained(), jax.tree.map(lambda _: True, critic)


def replay(
    controller: Controller,
    first_state: Float[Array, "neurons environments"],
    observation: Float[Array, "steps environments observations"],
    started: Bool[Array, "steps environments"],
    *,
    forward_mode: bool = False,
    one_device: bool = True,
) -> Float[Array, "steps environments actions"]:
    """Mean actions of the controller along recorded observations, its state cut where an episode started.

    With `forward_mode` they have forward-mode derivatives, too, which a prepared product has not; without `one_device`
    they can be shared among devices, which a product edge by edge cannot.
    """
    product = controller.product()
    if isinstance(product, Product) and not forward_mode:
        product = product.by_edges() if one_device else product
        product = product.for_gradients() if observation.shape[1] >= WIDE else product
    initial = controller.initial_state(observation.shape[1])

    def step(state: Array, row: tuple[Array, Array]) -> tuple[Array, Array]:
        seen, start = row
        return controller.select_action(product, jnp.where(start, initial, state), seen)

    return jax.lax.scan(step, first_state, (observation, started))[1]


def update(
    learnt: Learnt,
    batch: Batch,
    key: Array,
    settings: PPOSettings,
    exploration: type[Normal] = Normal,
    *,
    one_device: bool = True,
) -> tuple[Learnt, dict[str, Array]]:
    """`epochs` × `minibatches` steps of descent; the figures are means over all of them. See `replay`."""
    return update_on(learnt, batch, minibatches(key, settings), Descent.of(settings), exploration, one_device)


def minibatches(key: Array, settings: PPOSettings) -> Int[Array, "epochs minibatches sequences"]:
    """The environments of each step of descent, anew in random order for each epoch."""
    order = permutation(key_rows(key, settings.epochs), settings.environments)
    return on_device(order.reshape(settings.epochs, settings.minibatches, -1))


@eqx.filter_jit
def update_on(
    learnt: Learnt,
    batch: Batch,
    chosen: Int[Array, "epochs minibatches sequences"],
    settings: Descent,
    exploration: type[Normal],
    one_device: bool,
) -> tuple[Learnt, dict[str, Array]]:
    """As `update`, with the environments of each minibatch."""
    controller, critic = learnt.controller, learnt.critic
    normalizer = controller.normalizer
    discount = settings.discount if batch.discount is None else batch.discount
    scale = 1.0 - discount if settings.discount < 1 else 1.0  # values of order 1 for rewards of order 1
    seen = normalizer(batch.observation)
    value = critic(seen)
    done = batch.terminated | batch.truncated
    following = jnp.concatenate([value[1:], critic(normalizer(batch.last_observation))[None]])
    next_value = jnp.where(done, critic(normalizer(batch.final_observation)), following)
    advantage = generalised_advantages(
        scale * batch.reward,
        value,
        next_value,
        batch.terminated,
        batch.truncated,
        discount,
        settings.gae_lambda,
    )
    target = advantage + value
    advantage = (advantage - _mean(advantage, batch.learnt_from)) / (_spread(advantage, batch.learnt_from) + 1e-8)
    spread = controller.log_std
    trained = trained_arrays(controller, critic)
    parameters, fixed = eqx.partition((controller, critic), trained)
    # the schedule follows the controller's divergence, in which the critic has no part
    step_sizes = (
        jax.tree.map(lambda rate: rate * learnt.learning_rate, controller.learning_rates()),
        jax.tree.map(lambda _: settings.critic_learning_rate, critic),
    )
    if settings.action_std is not None:
        step_sizes = eqx.tree_at(lambda s: s[0].log_std, step_sizes, jnp.zeros(()))
    step_sizes = eqx.filter(step_sizes, trained)
    adam = optimiser(settings)

    def loss(parameters: PyTree, index: Array) -> tuple[Array, dict[str, Array]]:
        controller, critic = eqx.combine(parameters, fixed)
        seen_by = batch.first_state[:, index], batch.observation[:, index], batch.started[:, index]
        mean = replay(controller, *seen_by, one_device=one_device)
        counts = None if batch.learnt_from is None else batch.learnt_from[:, index]
        log_p = exploration.log_probability(batch.action[:, index], mean, controller.log_std)
        ratio = jnp.exp(log_p - batch.log_probability[:, index])
        gain = advantage[:, index]
        least = jnp.minimum(ratio * gain, jnp.clip(ratio, 1 - settings.clip, 1 + settings.clip) * gain)
        policy = -_mean(least, counts)
        error = 0.5 * _mean((critic(seen[:, index]) - target[:, index]) ** 2, counts)
        kl = _mean(exploration.divergence(batch.mean[:, index], spread, mean, controller.log_std), counts)
        entropy = exploration.entropy(mean, controller.log_std)
        total = policy + settings.value_coef * error - settings.entropy_coef * entropy
        clipped = _mean(jnp.abs(ratio - 1) > settings.clip, counts)
        return total, {"policy_loss": policy, "value_loss": error, "kl": kl, "clipped_fraction": clipped}

    def descend(carry: tuple[PyTree, PyTree], index: Array) -> tuple[tuple[PyTree, PyTree], dict[str, Array]]:
        parameters, memory = carry
        (_, figures), gradient = eqx.filter_value_and_grad(loss, has_aux=True)(parameters, index)
        figures["gradient_norm"] = optax.tree.norm(gradient)
        change, memory = adam.update(gradient, memory)
        moved = jax.tree.map(lambda p, c, r: p - r * c, parameters, change, step_sizes)
        return ((_unless(batch.held, parameters[0], moved[0]), moved[1]), memory), figures

    def epoch(carry: PyTree, order: Array) -> tuple[PyTree, dict[str, Array]]:
        return jax.lax.scan(descend, carry, order)

    carry, figures = jax.lax.scan(epoch, (parameters, learnt.optimiser), chosen)
    parameters, memory = carry
    rate = learnt.learning_rate
    if settings.schedule == "divergence":
        rate = _unless(batch.held, rate, _paced(rate, figures["kl"][-1].mean(), settings))
    controller, critic = eqx.combine(parameters, fixed)
    # the normalizer moves between updates only, so that roll-out and replay see the same observations
    normalizer = _unless(batch.held, normalizer, normalizer.updated(batch.observation))
    controller = eqx.tree_at(lambda c: c.normalizer, controller, normalizer)
    result = {name: values.mean() for name, values in figures.items()}
    result |= {
        "learning_rate": rate,
        "action_spread": jnp.exp(controller.log_std).mean(),
        "explained_variance": 1 - (target - value).var() / (target.var() + 1e-12),
    }
    return Learnt(controller, critic, memory, rate), result


def _unless[Tree](held: Array | None, old: Tree, new: Tree) -> Tree:
    """`new`, or `old` to the bit while it is held."""
    return new if held is None else jax.tree.map(lambda before, after: jnp.where(held, before, after), old, new)


def _mean(values: Array, where: Array | None) -> Array:
    return values.mean() if where is None else jnp.where(where, values, 0.0).sum() / jnp.maximum(where.sum(), 1)


def _spread(values: Array, where: Array | None) -> Array:
    return values.std() if where is None else jnp.sqrt(_mean((values - _mean(values, where)) ** 2, where))


def _paced(rate: Array, kl: Array, settings: Descent) -> Array:
    """The next step size: smaller where the last epoch went too far from the old policy, larger where not far."""
    rate = jnp.where(kl > 2 * settings.target_kl, rate / 1.5, rate)
    rate = jnp.where(kl < 0.5 * settings.target_kl, rate * 1.5, rate)
    return jnp.clip(rate, *settings.learning_rate_limits)
