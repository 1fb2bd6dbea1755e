"""The update of PPO compiled on another core while the learner measures the controller, warms up and is taught."""

import threading
from contextlib import suppress
from typing import Any

import equinox as eqx
import jax
import numpy as np

from premotor.host_random import key_of
from premotor.learning.critic import Critic
from premotor.learning.exploration import exploration_of
from premotor.learning.ppo_update import Batch, Descent, Learnt, minibatches, optimiser, trained_arrays, update_on
from premotor.learning.settings import PPOSettings
from premotor.learning.trees import strong
from premotor.networks import Controller
from premotor.on_device import on_device
from premotor.tasks import VectorEnvironment
from premotor.tasks.environment import PhysicsEnvironment


def compiled_ahead(
    controller: Controller, environment: VectorEnvironment, settings: PPOSettings
) -> threading.Thread | None:
    """A thread that compiles the update, to be joined before the first one; None: with one thread, or of other tasks.

    It is compiled for the shapes and types of the first roll-out. Were those others, the first update would compile
    anew, so nothing but time depends on it.
    """
    if type(environment) is not PhysicsEnvironment or getattr(environment.physics, "threads", 1) < 2:
        return None

    def work() -> None:
        with suppress(Exception):  # the first update says what is wrong
            given = _first_given(controller, environment, settings)
            order = minibatches(key_of(0), settings)
            program: Any = update_on
            program.lower(*given, order, Descent.of(settings), exploration_of(environment), True).compile()

    thread = threading.Thread(target=work, name="compiling the update")  # no daemon: compiling cannot be cut off
    thread.start()
    return thread


def _first_given(controller: Controller, environment: VectorEnvironment, settings: PPOSettings) -> tuple[Learnt, Batch]:
    """What the first update is given, of no meaning but in shapes and types."""
    steps, copies = settings.rollout, environment.environments
    actions, observations = len(controller.action_names), len(controller.observation_names)

    def some(*shape: int, dtype: type = np.float32) -> jax.Array:
        return on_device(np.zeros(shape, dtype))

    critic = Critic.initial(observations, settings.critic_layers, key_of(0))
    trained = eqx.filter((controller, critic), trained_arrays(controller, critic))
    shapes = jax.eval_shape(optimiser(Descent.of(settings)).init, trained)
    memory = jax.tree.map(lambda leaf: some(*leaf.shape, dtype=leaf.dtype), shapes)
    discount = settings.discount_at(0)
    batch = Batch(
        first_state=some(controller.rows, copies),
        last_observation=some(copies, observations),
        observation=some(steps, copies, observations),
        action=some(steps, copies, actions),
        mean=some(steps, copies, actions),
        log_probability=some(steps, copies),
        started=some(steps, copies, dtype=bool),
        reward=some(steps, copies),
        final_observation=some(steps, copies, observations),
        terminated=some(steps, copies, dtype=bool),
        truncated=some(steps, copies, dtype=bool),
        discount=None if discount is None else on_device(discount),
        held=some(dtype=bool) if settings.critic_first else None,
    )
    return Learnt(strong(controller), critic, memory, some()), batch
