"""A trained controller as the expert of any task that it can see and act in: it says what it would do."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from premotor.errors import PremotorError
from premotor.networks import Controller, Prepared
from premotor.tasks import Task, build_environment
from premotor.tasks.base import Walker

EPISODES = 64
"""Side by side in a round."""
NOISE = (0.2, 0.1)
"""Standard deviation of what is added to actions: to the teacher's own, and to those of a walker that it corrects."""


class Actor:
    """A controller at work: actions from observations, with its state kept between."""

    def __init__(self, controller: Controller):
        """It begins at rest, in as many episodes as the first observations have."""
        self._controller = controller
        self._act = partial(_act, controller, jax.jit(lambda c: c.product())(controller))
        self._state: jax.Array | None = None

    def __call__(self, observation: np.ndarray, started: np.ndarray) -> np.ndarray:
        """Mean actions in [−1, 1], (episodes, actions); where an episode `started`, the state begins anew."""
        if self._state is None:
            self._state = self._controller.initial_state(len(observation))
        self._state, action = self._act(self._state, jnp.asarray(observation, jnp.float32), jnp.asarray(started))
        return np.clip(np.asarray(action), -1, 1)


@jax.jit
def _act(
    controller: Controller, product: Prepared, state: jax.Array, observation: jax.Array, started: jax.Array
) -> tuple[jax.Array, jax.Array]:
    state = jnp.where(started, controller.initial_state(len(observation)), state)
    return controller.select_action(product, state, observation)


class Teacher:
    """A trained controller, of whatever network, that corrects another one.

    Args:
        controller: with the observations and the actions of the task.
        task: in which both are.
        threads: of the physics; 0 for one a core.

    Raises:
        PremotorError: it sees or does something else than the task shows and asks for.
    """

    def __init__(self, controller: Controller, task: Task, threads: int = 0):
        """Compare what it sees and does with the task's."""
        for what, own, asked in (
            ("observations", controller.observation_names, task.observation_names),
            ("actions", controller.action_names, task.action_names),
        ):
            if tuple(own) != tuple(asked):
                other = sorted(set(own) ^ set(asked)) or ["their order"]
                raise PremotorError(
                    f"cloning.expert has other {what} than the task {task.name}; they differ in {', '.join(other[:5])}"
                )
        self._controller, self._task, self._threads = controller, task, threads

    def corrections(self, walker: Walker | None, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What it would have done where a walker (None: itself) went, in disturbed episodes side by side.

        Returns:
            observations (steps, episodes, observations), actions (steps, episodes, actions), and where an episode
            began (steps, episodes).
        """
        environment = build_environment(self._task, EPISODES, threads=self._threads, seed=seed)
        say, noise = Actor(self._controller), np.random.default_rng(seed)
        spread = NOISE[0] if walker is None else NOISE[1]
        seen, started = environment.reset(), np.ones(EPISODES, bool)
        rows: list[tuple[np.ndarray, ...]] = []
        for _ in range(steps):
            action = say(seen, started)
            rows.append((seen, action, started))
            done = action if walker is None else walker(seen, started)
            shaken = done + spread * noise.standard_normal(done.shape)
            step = environment.step(np.clip(shaken, -1, 1).astype(np.float32))
            seen, started = step.observation, step.terminated | step.truncated
        observations, actions, begun = (np.stack(part) for part in zip(*rows, strict=True))
        return observations, actions, begun
