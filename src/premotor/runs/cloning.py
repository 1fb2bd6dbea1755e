"""Behaviour cloning as a warm start: before learning from rewards, imitate the recorded actions of a reference.

A controller that is taught on the reference's states alone does not know what to do in its own. In further rounds it
therefore walks itself, and the reference says what it would have done there (DAgger: Ross, Gordon and Bagnell 2011).
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray
from pydantic import Field

from premotor.errors import PremotorError
from premotor.learning import fit_sequences
from premotor.networks import Controller
from premotor.settings import Settings
from premotor.tasks import Task

SHOWN = 600
"""Control steps that a reference which corrects a controller first walks by itself."""


class CloningSettings(Settings):
    """How the actions of the task's reference are imitated before learning begins."""

    iterations: int = Field(0, ge=0)
    """Steps of descent; 0: no cloning."""
    steps: int = Field(100, ge=2)
    """Length of the pieces into which the reference is cut, control steps."""
    batch: int = Field(32, ge=1)
    """Pieces of each step of descent."""
    learning_rate: float = Field(3e-3, gt=0)
    learning_rate_end: float | None = Field(None, gt=0)
    """Where the learning rate goes in the last round; null: it stays."""
    rounds: int = Field(0, ge=0)
    """Rounds in which the controller walks itself and is then taught what the reference would have done there, with
    all that was shown before. Only a task whose reference can say so (`fly-walk`)."""
    round_steps: int = Field(200, ge=2)
    """Control steps that the controller walks in each round, in 64 episodes side by side."""
    round_iterations: int = Field(300, ge=1)
    """Steps of descent of each round."""


def cloned(controller: Controller, task: Task, settings: CloningSettings, key: PRNGKeyArray) -> Controller:
    """The controller after it was taught what the reference did where it was.

    Raises:
        PremotorError: the task has no reference with actions, or one that is shorter than a piece.
    """
    known = _shown(task, settings)
    controller = eqx.tree_at(lambda c: c.normalizer, controller, controller.normalizer.updated(jnp.asarray(known[0])))
    for number in range(settings.rounds + 1):
        if number:
            assert task.expert is not None  # or nothing had been shown
            found = task.expert.corrections(_Walker(controller), settings.round_steps, number)
            known = tuple(np.concatenate(pair, 1) for pair in zip(known, _cut(found, settings.steps), strict=True))
        seen, wanted, started = map(jnp.asarray, known)
        controller, _ = fit_sequences(
            controller,
            seen,
            wanted,
            jax.random.fold_in(key, 2 + number),
            iterations=settings.round_iterations if number else settings.iterations,
            batch=settings.batch,
            learning_rate=settings.learning_rate,
            learning_rate_end=settings.learning_rate_end if number == settings.rounds else None,
            settling=min(10, settings.steps - 1),
            started=started,
        )
    return controller


def _shown(task: Task, settings: CloningSettings) -> tuple[np.ndarray, ...]:
    """What the reference does by itself: observations, actions and starts of episodes, (steps, pieces, …)."""
    steps = settings.steps
    if settings.rounds:
        if task.expert is None:
            raise PremotorError(f"cloning.rounds is {settings.rounds}, but the task {task.name} corrects no controller")
        if settings.round_steps < steps:
            raise PremotorError(
                f"cloning.round_steps is {settings.round_steps}; it must be at least cloning.steps, {steps}"
            )
        return _cut(task.expert.corrections(None, max(SHOWN, steps), 0), steps)
    shown = task.demonstration()
    if shown is None:
        raise PremotorError(
            f"cloning.iterations is {settings.iterations}, but the task {task.name} has no reference with actions"
        )
    observations, actions = shown
    pieces = len(observations) - steps + 1
    if pieces < 1:
        raise PremotorError(f"cloning.steps is {steps}, but the reference has {len(observations)} steps")
    if observations.ndim == 3:
        return _cut((*shown, np.zeros(observations.shape[:2], bool)), steps)
    # one long episode, in pieces that overlap
    starts = np.unique(np.linspace(0, pieces - 1, min(pieces, 8 * settings.batch)).astype(int))
    index = starts + np.arange(steps)[:, None]
    return observations[index].astype(np.float32), actions[index].astype(np.float32), np.zeros(index.shape, bool)


def _cut(records: Sequence[np.ndarray], steps: int) -> tuple[np.ndarray, ...]:
    """Records side by side, (time, episodes, …), in pieces of so many steps: (steps, pieces, …), numbers in float32."""
    whole = len(records[0]) // steps
    cut = []
    for values in records:
        pieces = values[: whole * steps].reshape(whole, steps, *values.shape[1:]).swapaxes(0, 1)
        pieces = pieces.reshape(steps, -1, *values.shape[2:])
        cut.append(pieces if values.dtype == bool else pieces.astype(np.float32))
    return tuple(cut)


class _Walker:
    """A controller at work: actions from observations, with its state kept between."""

    def __init__(self, controller: Controller):
        self._act = partial(_act, controller, eqx.filter_jit(controller.product)())
        self._state: Any = None
        self._controller = controller

    def __call__(self, observation: np.ndarray, started: np.ndarray) -> np.ndarray:
        if self._state is None:
            self._state = self._controller.initial_state(len(observation))
        self._state, action = self._act(self._state, jnp.asarray(observation, jnp.float32), jnp.asarray(started))
        return np.clip(np.asarray(action), -1, 1)


@jax.jit
def _act(
    controller: Controller, product: Any, state: jax.Array, observation: jax.Array, started: jax.Array
) -> tuple[jax.Array, jax.Array]:
    state = jnp.where(started, controller.initial_state(len(observation)), state)
    return controller.select_action(product, state, observation)
