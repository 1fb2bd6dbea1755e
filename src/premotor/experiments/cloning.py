"""Behaviour cloning as a warm start: before learning from rewards, imitate the recorded actions of a reference."""

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


class CloningSettings(Settings):
    """How the actions of the task's reference are imitated before learning begins."""

    iterations: int = Field(0, ge=0)
    """Steps of descent; 0: no cloning."""
    steps: int = Field(100, ge=2)
    """Length of the pieces into which the reference is cut, control steps."""
    batch: int = Field(32, ge=1)
    """Pieces of each step of descent."""
    learning_rate: float = Field(3e-3, gt=0)


def cloned(controller: Controller, task: Task, settings: CloningSettings, key: PRNGKeyArray) -> Controller:
    """The controller after it was taught what the reference did where it was.

    Raises:
        PremotorError: the task has no reference with actions, or one that is shorter than a piece.
    """
    shown = task.demonstration() if hasattr(task, "demonstration") else None
    if shown is None:
        raise PremotorError(
            f"cloning.iterations is {settings.iterations}, but the task {task.name} has no reference with actions"
        )
    observations, actions = shown
    pieces = len(observations) - settings.steps + 1
    if pieces < 1:
        raise PremotorError(f"cloning.steps is {settings.steps}, but the reference has {len(observations)} steps")
    if observations.ndim == 2:  # one long episode, in pieces that overlap
        starts = np.unique(np.linspace(0, pieces - 1, min(pieces, 8 * settings.batch)).astype(int))
    else:
        starts = np.arange(0, pieces, settings.steps)
    index = starts + np.arange(settings.steps)[:, None]
    observations, actions = (_pieces(values, index) for values in (observations, actions))
    seen = jnp.asarray(observations, jnp.float32)
    controller = eqx.tree_at(lambda c: c.normalizer, controller, controller.normalizer.updated(seen))
    taught, _ = fit_sequences(
        controller,
        seen,
        jnp.asarray(actions, jnp.float32),
        jax.random.fold_in(key, 2),
        iterations=settings.iterations,
        batch=settings.batch,
        learning_rate=settings.learning_rate,
        settling=min(10, settings.steps - 1),
    )
    return taught


def _pieces(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Pieces (steps, pieces, …) of one record (time, …) or of several side by side (time, records, …)."""
    cut = values[index]
    return cut if values.ndim == 2 else cut.reshape(len(index), -1, values.shape[-1])
