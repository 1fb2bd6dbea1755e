"""A fly that walks by the clock: the reference's servo targets, steered by strides of different length.

It knows what a controller does not, the phase of its own stride, and so serves as a teacher (`cloning`) and as a
measure of what the body can do.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Bool, Float

from premotor.bodies import Body
from premotor.on_device import on_device
from premotor.tasks.base import Walker
from premotor.tasks.environment import PhysicsEnvironment, View
from premotor.tasks.fly import FlyMemory, FlyTask, target_angle
from premotor.tasks.fly_settings import SPEEDS

STEERING = 0.15
"""Time in which an error of heading is walked off, s."""
HASTE = 1.5
"""How much faster than commanded it strides for each mm/s that it is too slow."""
CORRELATION = 0.03
"""Of the noise on shown actions, s."""


class Demonstration(NamedTuple):
    """What a teacher did, and what it saw."""

    observation: Float[np.ndarray, "steps episodes observations"]
    action: Float[np.ndarray, "steps episodes actions"]
    """Wanted; what was done had noise added, so that ways back to the gait are shown."""
    place: Float[np.ndarray, "steps episodes 2"]
    """Of the thorax, mm."""
    planned: Float[np.ndarray, "steps episodes actions"]
    """The action without what undoes noise, or another's actions (`FlyExpert.plan`)."""
    started: Bool[np.ndarray, "steps episodes"]
    """Where an episode began."""


class FlyExpert:
    """Actions for a walking task from a clock of its own.

    Left and right legs go at the reference's strides of different speeds, so that the fly turns towards its commanded
    heading. The low-pass filter on the action is undone.
    """

    def __init__(self, task: FlyTask):
        self.task = task
        self._left = on_device([name.startswith("l") for name in task.action_names])
        body = task.body
        self.half_track = float(np.abs(_feet_at_rest(body)[:, 1]).mean())
        """Mean distance of the feet from the middle line, mm."""

    def act(self, view: View, memory: FlyMemory, phase: Array) -> tuple[Float[Array, " actions"], Array]:
        """The action in one world and the phase (rad) after it."""
        action, _, after = self.plan(view, memory, phase)
        return action, after

    def plan(self, view: View, memory: FlyMemory, phase: Array) -> tuple[Array, Array, Array]:
        """Its action, what that would be had the last ones been done as it wanted them, and the phase after it.

        The first undoes what the filter on the action still holds of noise, or of another's actions.
        """
        task, period = self.task, self.task.control_period
        yaw = view.qpos[task.body.qpos_index("root_yaw")[0]]
        error = target_angle(memory, yaw)
        ahead = jnp.stack([jnp.cos(memory.heading), jnp.sin(memory.heading)])
        late = jnp.clip(memory.command - memory.velocity @ ahead, -0.2 * memory.command, 0.2 * memory.command)
        speed = memory.command + HASTE * late
        turn = jnp.clip((memory.turn + error / STEERING) * self.half_track, -0.6 * speed, 0.6 * speed)
        left, right = (jnp.clip(speed + side * turn, *SPEEDS) for side in (-1, 1))
        step = 2 * jnp.pi * task.gait.rate(speed) * period

        def wanted_at(phase: Array) -> Array:
            angles = jnp.where(self._left, task.gait.target(left, phase), task.gait.target(right, phase))
            return task.action_for(angles)

        wanted, before = wanted_at(phase + step / 2), wanted_at(phase - step / 2)  # held for the whole period
        action, planned = (jnp.clip(last + (wanted - last) / task.blend, -1, 1) for last in (memory.target, before))
        return action, planned, jnp.mod(phase + step, 2 * jnp.pi)

    def demonstrate(
        self,
        steps: int,
        episodes: int,
        *,
        noise: float = 0.0,
        seed: int = 0,
        threads: int = 0,
        walker: Walker | None = None,
    ) -> Demonstration:
        """Walk `steps` control steps in so many episodes at once (new ones begin where one ends).

        With a `walker` it only looks on: the walker's actions are done, and those shown are what it would have done in
        the walker's place, from the phase of the reference that is nearest to the walker's pose.

        Args:
            steps: control steps.
            episodes: side by side.
            noise: standard deviation of what is added to the actions.
            seed: of starts and noise.
            threads: of the physics; 0 for one a core.
            walker: actions (episodes, actions) from observations and from where an episode began; None: itself.
        """
        environment = PhysicsEnvironment(self.task, episodes, threads=threads, seed=seed)
        plan = jax.jit(jax.vmap(self.plan))
        generator = np.random.default_rng(seed)
        observation = environment.reset()
        phase = environment.memory.phase
        disturbance = np.zeros((episodes, len(self.task.action_names)), np.float32)
        kept = np.exp(-self.task.control_period / CORRELATION)
        rows: list[tuple[np.ndarray, ...]] = []
        started = np.ones(episodes, bool)
        for _ in range(steps):
            if walker is not None:
                phase = environment.memory.phase
            chosen, planned, phase = plan(environment.view, environment.memory, phase)
            action, place = np.asarray(chosen), np.asarray(environment.memory.place)
            rows.append((observation, action, place, np.asarray(planned), started))
            done = action if walker is None else walker(observation, started)
            fresh = generator.standard_normal(disturbance.shape).astype(np.float32)
            disturbance = kept * disturbance + noise * np.sqrt(1 - kept**2) * fresh
            step = environment.step(np.clip(done + disturbance, -1, 1).astype(np.float32))
            observation, started = step.observation, step.terminated | step.truncated
            phase = jnp.where(started, environment.memory.phase, phase)
        return Demonstration(*map(np.stack, zip(*rows, strict=True)))

    def corrections(self, walker: Walker | None, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What it would have done where a walker (None: itself) went: observations, actions, and starts.

        Disturbed episodes side by side, (steps, 64, …); see `demonstrate`. The actions are those that it planned: a
        network with a delay of its own cannot undo what its last actions did.
        """
        noise = 0.3 if walker is None else 0.1
        shown = self.demonstrate(steps, 64, noise=noise, seed=seed, walker=walker)
        return shown.observation, shown.planned, shown.started


def _feet_at_rest(body: Body) -> np.ndarray:
    data = mujoco.MjData(body.model)
    data.qpos[:] = body.rest_pose
    mujoco.mj_kinematics(body.model, data)
    return np.array([data.geom(name).xpos.copy() for name in body.feet])
