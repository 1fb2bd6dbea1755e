"""A task in many copies of simulated physics."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from premotor.bodies import BatchPhysics, Physics
from premotor.errors import PremotorError
from premotor.tasks.base import Driven, PhysicsTask, Start, Step, Varied, View

WORLDS = 2**32 - 1
"""The number that draws the differences between worlds, where a reset has its own."""


class PhysicsEnvironment:
    """Many copies of a task, stepped together on a pool of C threads, or by MuJoCo Warp.

    The task's own functions run in one jitted program a control step; physics stays with its engine. Every episode
    start is drawn from (seed, number of the reset, environment), so results do not depend on the thread count.

    Args:
        task: what is done.
        environments: number of copies.
        threads: physics threads; 0 for one a core.
        seed: of all episode starts.
        physics: another back end than MuJoCo's C threads.
    """

    discrete = False

    def __init__(
        self,
        task: PhysicsTask,
        environments: int,
        *,
        threads: int = 0,
        seed: int = 0,
        physics: Physics | None = None,
    ):
        self.task = task
        self.environments = environments
        self.physics: Physics = physics or BatchPhysics(task.body.model, environments, threads)
        self._key = jax.random.PRNGKey(seed)
        if isinstance(task, Varied):
            self.physics.vary(**task.variation(jax.random.fold_in(self._key, WORLDS), environments))
        self._resets = 0
        self._elapsed = np.zeros(environments, np.int32)
        self._draw = jax.jit(self._starts)
        self._next: Start = self._draw(self._key, self._resets)
        self._memory: Any = self._next.memory
        self._resume = jax.jit(self._resumes)
        self._control = jax.jit(jax.vmap(task.control))
        self._drive = jax.jit(jax.vmap(task.drive)) if isinstance(task, Driven) else None
        self._advance = jax.jit(self._advances)

    def _starts(self, key: jax.Array, number: jax.Array | int) -> Start:
        keys = jax.random.split(jax.random.fold_in(key, number), self.environments)
        return jax.vmap(self.task.start)(keys)

    def _resumes(self, view: View, where: jax.Array, new: Any, old: Any) -> tuple[jax.Array, Any]:
        memory = _merge(where, new, old)
        return jax.vmap(self.task.observe)(view, memory), memory

    def _advances(self, view: View, memory: Any, action: jax.Array) -> tuple[Any, ...]:
        outcome = jax.vmap(self.task.advance)(view, memory, action)
        reward = sum(outcome.terms.values(), jnp.zeros(self.environments))
        return outcome, reward, jax.vmap(self.task.observe)(view, outcome.memory)

    @property
    def view(self) -> View:
        """The present state of all worlds, as the task sees it."""
        physics: Any = self.physics  # NumPy arrays: a jitted function takes them as they are
        return View(physics.qpos, physics.qvel, physics.sensors)

    @property
    def memory(self) -> Any:
        """What the task carries along in each environment, a pytree of arrays with environments first."""
        return self._memory

    def recorded(self) -> dict[str, np.ndarray]:
        """State and contacts of the worlds; phase, heading and command where the task has them."""
        physics, memory = self.physics, self._memory
        found = {
            "qpos": physics.qpos.copy(),  # the physics moves on in place
            "qvel": physics.qvel.copy(),
            "contact": physics.sensors[:, self.task.body.foot_sensors] > 0,
        }
        named = {name: getattr(memory, name) for name in ("phase", "heading", "command") if hasattr(memory, name)}
        return found | {name: np.asarray(value) for name, value in named.items()}

    def reset(self) -> np.ndarray:
        """Start an episode everywhere."""
        return self._begin(np.ones(self.environments, bool))

    def reseed(self, seed: int) -> None:
        """Draw all starts from now on as an environment made with this seed would."""
        self._key = jax.random.PRNGKey(seed)
        self._resets = 0
        self._next = self._draw(self._key, self._resets)

    def place(self, start: Start) -> np.ndarray:
        """Start an episode everywhere from given states (arrays with environments first)."""
        return self._put(np.ones(self.environments, bool), start)

    def step(self, action: np.ndarray) -> Step:
        """Act for one control period; `action` (environments, actions) in [−1, 1]."""
        if self._drive is None:
            self.physics.set_control(np.asarray(self._control(action)))
        else:
            control, force = self._drive(action, self._memory)
            self.physics.set_control(np.asarray(control))
            self.physics.set_force(np.asarray(force))
        self.physics.step(self.task.substeps)
        outcome, reward, final = self._advance(self.view, self._memory, action)
        self._memory = outcome.memory
        self._elapsed += 1
        terminated = np.asarray(outcome.terminated)
        truncated = (self._elapsed >= self.task.time_limit) & ~terminated
        done = terminated | truncated
        observation = final = np.asarray(final)
        if done.any():
            observation = self._begin(done)
        terms = {name: np.asarray(value) for name, value in outcome.terms.items()}
        return Step(observation, np.asarray(reward), terminated, truncated, final, terms)

    def _begin(self, where: np.ndarray) -> np.ndarray:
        start = self._next
        self._resets += 1
        self._next = self._draw(self._key, self._resets)  # runs on while physics steps
        return self._put(where, start)

    def _put(self, where: np.ndarray, start: Start) -> np.ndarray:
        self.physics.set_state(where, np.asarray(start.qpos)[where], np.asarray(start.qvel)[where])
        self._elapsed[where] = 0
        observation, self._memory = self._resume(self.view, where, start.memory, self._memory)
        return np.asarray(observation)

    def snapshot(self) -> dict[str, np.ndarray]:
        """Everything that decides how the environments go on."""
        arrays = {f"physics/{name}": value for name, value in self.physics.snapshot().items()}
        for i, leaf in enumerate(jax.tree.leaves(self._memory)):
            arrays[f"memory/{i}"] = np.asarray(leaf)
        return arrays | {"elapsed": self._elapsed.copy(), "resets": np.asarray(self._resets)}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot` of the same task and number of environments.

        Raises:
            PremotorError: something is missing or has another shape.
        """
        prefix = "physics/"
        self.physics.restore({k.removeprefix(prefix): v for k, v in snapshot.items() if k.startswith(prefix)})
        leaves, structure = jax.tree.flatten(self._memory)
        loaded = []
        for i, leaf in enumerate(leaves):
            value = snapshot.get(f"memory/{i}")
            if value is None or value.shape != leaf.shape or value.dtype != leaf.dtype:
                found = "nothing" if value is None else f"{value.dtype}{value.shape}"
                raise PremotorError(f"snapshot: memory/{i} should be {leaf.dtype}{leaf.shape}, found {found}")
            loaded.append(jnp.asarray(value))
        for name in ("elapsed", "resets"):
            if name not in snapshot:
                raise PremotorError(f"snapshot: {name} is missing")
        self._memory = jax.tree.unflatten(structure, loaded)
        self._elapsed = np.array(snapshot["elapsed"], np.int32)
        self._resets = int(snapshot["resets"])
        self._next = self._draw(self._key, self._resets)


def _merge(where: jax.Array, new: Any, old: Any) -> Any:
    def choose(a: jax.Array, b: jax.Array) -> jax.Array:
        return jnp.where(where.reshape(where.shape + (1,) * (a.ndim - 1)), a, b)

    return jax.tree.map(choose, new, old)
