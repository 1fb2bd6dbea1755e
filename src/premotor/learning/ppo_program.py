"""An iteration of PPO as one program on the device: physics, task, controller and update, without the host between."""

import dataclasses
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from premotor.learning.exploration import Normal, exploration_of
from premotor.learning.ppo_acting import act, log_probability, prepare
from premotor.learning.ppo_update import Batch, Learnt, update
from premotor.learning.settings import PPOSettings
from premotor.on_device import PyTree
from premotor.tasks.program import Copies, ProgramEnvironment

if TYPE_CHECKING:
    from premotor.learning.ppo import PPOState


def in_one_program(
    state: "PPOState",
    learnt: Learnt,
    environment: ProgramEnvironment,
    settings: PPOSettings,
    discount: float | None,
) -> "tuple[PPOState, Learnt, dict[str, float], dict[str, Array]]":
    """The roll-out and the update of one iteration, of the same functions as with every other environment.

    The environments are shared among the devices of the physics; what is learnt is on all of them.

    Args:
        state: before the iteration.
        learnt: what the update changes, with the step size of this iteration.
        environment: goes on, too.
        settings: of learning.
        discount: where it is not that of the settings.

    Returns:
        the state after the roll-out, with the key for the next one; what was learnt; figures of the roll-out, as
        `premotor.learning.ppo` gives them; figures of the update.

    Raises:
        PhysicsError: a world became unstable; the environment is as it was before.
    """
    limit = settings.reward_clip_at(int(state.steps))
    held = None if state.hold is None else state.iteration < state.hold
    clip, view = (None if value is None else jnp.asarray(value) for value in (limit, discount))
    state, copies, learnt, metrics, losses = _iteration(
        state, environment.copies, learnt, clip, view, held, environment, settings, exploration_of(environment)
    )
    environment.adopt(copies)
    found = {name: float(value) for name, value in metrics.items()}
    if not found["episodes"]:
        found = {name: value for name, value in found.items() if name not in ("return", "episode_length")}
    return state, learnt, found, losses


Carried = tuple[Copies, Array, Array, Array, Array, Array]
"""From step to step of a roll-out: copies, neurons, observations, starts of episodes, returns and lengths so far."""


@eqx.filter_jit
def _iteration(
    state: "PPOState",
    copies: Copies,
    learnt: Learnt,
    limit: Float[Array, ""] | None,
    discount: Float[Array, ""] | None,
    held: Bool[Array, ""] | None,
    environment: ProgramEnvironment,
    settings: PPOSettings,
    exploration: type[Normal],
) -> "tuple[PPOState, Copies, Learnt, dict[str, Array], dict[str, Array]]":
    state, copies, batch, metrics = roll_out(state, copies, environment, settings, limit, exploration)
    if discount is not None:
        batch = batch._replace(discount=discount)
    batch = batch._replace(held=held)
    key, key_update = jax.random.split(state.key)
    learnt, losses = update(learnt, batch, key_update, settings, exploration, one_device=False)
    return dataclasses.replace(state, key=key), copies, learnt, metrics, losses


def roll_out(
    state: "PPOState",
    copies: Copies,
    environment: ProgramEnvironment,
    settings: PPOSettings,
    limit: Float[Array, ""] | None,
    exploration: type[Normal],
) -> "tuple[PPOState, Copies, Batch, dict[str, Array]]":
    """Act for `rollout` control steps in every environment; pure, for use in a program.

    Args:
        state: of learning.
        copies: of the task, which is `environment`'s.
        environment: gives `control_step`; its own state plays no part.
        settings: of learning.
        limit: of rewards; None for none.
        exploration: how actions are drawn.
    """
    shared, controller = environment.physics.engine.shared, state.controller
    product, noise, key = prepare(controller, state.key, settings.rollout, environment.environments)
    first_state = shared(state.state, axis=1)

    def step(carry: Carried, deviate: Array) -> tuple[Carried, PyTree]:
        copies, neurons, observation, started, earned, lasted = carry
        neurons, action, mean = act(controller, product, neurons, observation, started, deviate, exploration)
        copies, made = environment.control_step(copies, action)
        done = made.terminated | made.truncated
        reward = made.reward if limit is None else jnp.clip(made.reward, -limit, limit)
        earned, lasted = earned + made.reward, lasted + 1
        ended = jnp.where(done, earned, 0).sum(), jnp.where(done, lasted, 0).sum(), done.sum()
        terms = {name: value.mean() for name, value in made.terms.items()}
        row = observation, action, mean, started, reward, made.final_observation, made.terminated, made.truncated
        carry = copies, neurons, made.observation, done, jnp.where(done, 0, earned), jnp.where(done, 0, lasted)
        return carry, (row, (made.reward.mean(), terms, ended))

    begun = state.observation, state.started, state.episode_return, state.episode_length
    carry = copies, first_state, *shared(begun)
    carry, (rows, figures) = jax.lax.scan(step, carry, shared(noise, axis=1))
    seen, actions, means, *rest = shared(rows, axis=1)
    copies, neurons, observation, started, earned, lasted = carry
    log_p = log_probability(actions, means, controller.log_std, exploration)
    batch = Batch(first_state, observation, seen, actions, means, log_p, *rest)
    reward, terms, (returns, lengths, episodes) = figures
    count = episodes.sum()
    metrics = {f"reward/{name}": value.mean() for name, value in terms.items()} | {
        "episodes": count,
        "reward": reward.mean(),
        "return": returns.sum() / jnp.maximum(count, 1),
        "episode_length": lengths.sum() / jnp.maximum(count, 1),
    }
    state = dataclasses.replace(
        state,
        key=key,
        state=neurons,
        observation=observation,
        started=started,
        episode_return=earned,
        episode_length=lasted,
    )
    return state, copies, batch, metrics
