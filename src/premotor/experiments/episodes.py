"""Episodes with the mean action, all of them side by side, and what is recorded of them."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from premotor.analysis import gait_of
from premotor.networks import Controller, Product
from premotor.tasks import PhysicsEnvironment, Task

Records = dict[str, np.ndarray]
"""Arrays of an evaluation with T control steps and E episodes.

`time` (T,) s, `qpos` (T, E, positions), `qvel` (T, E, velocities), `action` (T, E, actions), `contact`
(T, E, feet) 0 or 1, `reward` (T, E), `alive` (T, E) 1 until the episode ended, `rates` (T, neurons) of the
first episode; where the task has them, `command` (E,) and `phase` (T, E) rad. A row holds the state at its
time and the action that was chosen there.
"""


class Episodes:
    """The same episodes for any controller of a task: same starts, same commands, mean action.

    An episode that has ended stays ended: what its world does afterwards is not counted.

    Args:
        task: the task; its time limit is set aside, so that an episode ends by a fall or after `seconds`.
        episodes: how many.
        seconds: length, s.
        seed: of their starts.
        threads: of the physics; 0 for one a core.
    """

    def __init__(self, task: Task, episodes: int, seconds: float, seed: int, threads: int = 0):
        self.task = task
        self.episodes = episodes
        # The last row holds the state at `seconds`, so that a fall in the last step counts.
        self.steps = max(1, round(seconds / task.control_period)) + 1
        task.time_limit = self.steps + 1
        self._environment = PhysicsEnvironment(task, episodes, threads=threads, seed=seed)
        self._beginning = self._environment.snapshot()

    def run(self, controller: Controller) -> Records:
        """All episodes with `controller`."""
        environment, body, count = self._environment, self.task.body, self.episodes
        environment.restore(self._beginning)
        observation: Any = environment.reset()
        memory = environment.memory
        physics = environment.physics
        product = _prepare(controller)
        state = controller.initial_state(count)
        rows: dict[str, list[np.ndarray]] = {}
        alive = np.ones(count, bool)
        for _ in range(self.steps):
            state, chosen = _act(controller, product, state, observation)
            action = np.asarray(chosen)
            now = {
                "qpos": physics.qpos.copy(),  # the physics moves on in place
                "qvel": physics.qvel.copy(),
                "action": action,
                "contact": physics.sensors[:, body.foot_sensors] > 0,
                "alive": alive,
                "rates": np.asarray(state[:, 0]),
            }
            if hasattr(memory, "phase"):
                now["phase"] = np.asarray(memory.phase)
            if hasattr(memory, "command") and "command" not in rows:
                now["command"] = np.asarray(memory.command)
            step = environment.step(action)
            now["reward"] = np.where(alive, step.reward, 0)
            for name, value in now.items():
                rows.setdefault(name, []).append(np.asarray(value, np.float32))
            alive = alive & ~np.asarray(step.terminated)
            observation, memory = step.observation, environment.memory
            if not alive.any():
                break
        records = {name: np.stack(values) for name, values in rows.items()}
        rest = self.steps - len(records["alive"])  # rows after every episode has ended: nothing happens in them
        for name in set(records) - {"command"}:
            ended = np.zeros_like if name in ("alive", "reward") else np.copy
            last = ended(records[name][-1:])
            records[name] = np.concatenate([records[name], np.repeat(last, rest, axis=0)])
        if "command" in records:
            records["command"] = records["command"][0]
        records["time"] = np.arange(self.steps, dtype=np.float32) * np.float32(self.task.control_period)
        return records

    def figures(self, records: Records, gait: bool = True) -> dict[str, Any]:
        """What the task counts as success, the mean return, and with `gait` how the feet and joints move."""
        figures: dict[str, Any] = {
            "episodes": self.episodes,
            "seconds_per_episode": (self.steps - 1) * self.task.control_period,
            "return": float(records["reward"].sum(0).mean()),
            **self.task.figures(records),
        }
        if gait and records["contact"].shape[-1]:
            body = self.task.body
            reference = getattr(self.task, "reference", None)
            forward = body.qpos_index("root_x")[0] if "root_x" in body.joint_names else None
            cycle = None
            if reference is not None and set(body.actuator_names) <= set(reference.joint_names):
                order = [reference.joint_names.index(name) for name in body.actuator_names]
                cycle = reference.joint_angles[:, order]
            whole = gait_of(
                records["contact"],
                records["qpos"][:, :, body.actuated_qpos],
                records["action"],
                self.task.control_period,
                position=None if forward is None else records["qpos"][:, :, forward],
                alive=records["alive"],
                reference=cycle,
            )
            figures |= {name: value for name, value in whole.figures().items() if name != "episodes"}
        return {name: _plain(value) for name, value in figures.items()}


@eqx.filter_jit
def _prepare(controller: Controller) -> Product:
    return controller.product()


@eqx.filter_jit
def _act(
    controller: Controller, product: Product, state: jax.Array, observation: np.ndarray
) -> tuple[jax.Array, jax.Array]:
    state, action = controller.act(product, state, jnp.asarray(observation))
    return state, jnp.clip(action, -1.0, 1.0)


def _plain(value: Any) -> Any:
    """Numbers as JSON can hold them: what does not exist (NaN) is null."""
    return None if isinstance(value, float) and not np.isfinite(value) else value
