"""Gymnasium's Walker2d-v5 as a task of ours, on its own model file, and the proof that it is the same."""

from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies import Body
from premotor.tasks import Outcome, PhysicsEnvironment, Start, View

NOISE = 5e-3
"""Half the width of the uniform noise on positions and velocities at the start."""
HEIGHT, ANGLE = (0.8, 2.0), (-1.0, 1.0)
"""Range of the torso's height (m) and pitch (rad) in which it is healthy."""


def walker_body(file: Path) -> Body:
    """The body of a Walker2d model file, actuators named after their joints.

    MuJoCo's silent resets of unstable worlds are switched off, as our physics asks.
    """
    spec = mujoco.MjSpec.from_file(str(file))
    spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    for actuator in spec.actuators:
        actuator.name = actuator.target
    return Body("walker2d", spec.compile(), spec.to_xml())


class WalkerTask:
    """Walker2d-v5 as Gymnasium documents it: run forward, stay healthy, spend little.

    Reward: forward speed (m/s) + 1 while healthy − 0.001 · Σ action². An episode ends where the torso leaves
    its healthy range, or after 1,000 steps. Observation: all positions but the first, and velocities clipped to ±10.
    """

    name = "walker2d"
    substeps = 4
    time_limit = 1000

    def __init__(self, file: Path):
        self.body = walker_body(file)
        joints = self.body.joint_names
        self.observation_names = (*joints[1:], *(f"{joint}_speed" for joint in joints))
        self.action_names = self.body.actuator_names
        self._rest = jnp.asarray(self.body.rest_pose)

    @property
    def control_period(self) -> float:
        """Time between two actions, s."""
        return self.substeps * self.body.timestep

    def start(self, key: PRNGKeyArray) -> Start:
        """Upright, with a little noise."""
        key_position, key_speed = jax.random.split(key)
        qpos = self._rest + jax.random.uniform(key_position, self._rest.shape, minval=-NOISE, maxval=NOISE)
        qvel = jax.random.uniform(key_speed, (self.body.model.nv,), minval=-NOISE, maxval=NOISE)
        return Start(qpos, qvel, qpos[0])

    def observe(self, view: View, memory: Array) -> Float[Array, " observations"]:
        """Positions but the first, and clipped velocities."""
        return jnp.concatenate([view.qpos[1:], jnp.clip(view.qvel, -10, 10)])

    def control(self, action: Float[Array, " actions"]) -> Float[Array, " actuators"]:
        """The action itself: torques as fractions of the greatest."""
        return action

    def advance(self, view: View, memory: Array, action: Float[Array, " actions"]) -> Outcome:
        """Forward speed + healthy − control cost; `memory` is the position before the step, m."""
        x, height, angle = view.qpos[:3]
        healthy = (height > HEIGHT[0]) & (height < HEIGHT[1]) & (angle > ANGLE[0]) & (angle < ANGLE[1])
        terms = {
            "forward": (x - memory) / self.control_period,
            "healthy": jnp.where(healthy, 1.0, 0.0),
            "control": -1e-3 * (action**2).sum(),
        }
        return Outcome(x, terms, ~healthy)


class Parity(NamedTuple):
    """Largest differences from Gymnasium's own environment over a recorded script."""

    steps: int
    episodes: int
    observation: float
    reward: float
    same_ends: bool

    def holds(self, tolerance: float = 1e-6) -> bool:
        """Whether both are the same environment."""
        return self.same_ends and max(self.observation, self.reward) <= tolerance


def parity(file: Path, script: list[dict[str, Any]]) -> Parity:
    """Repeat what the peer recorded, step by step, in 64-bit precision.

    Args:
        file: the model file.
        script: one entry a step: `action`, `observation`, `reward`, `terminated`, and where an episode starts
            `qpos` and `qvel`.
    """
    observation_error = reward_error = 0.0
    same, episodes = True, 0
    with jax.enable_x64(True):
        task = WalkerTask(file)
        environment = PhysicsEnvironment(task, 1, threads=1)
        for row in script:
            if "qpos" in row:
                qpos, qvel = (np.array([row[name]]) for name in ("qpos", "qvel"))
                environment.place(Start(qpos, qvel, qpos[:, 0]))
                episodes += 1
            step = environment.step(np.array([row["action"]]))
            observation_error = max(observation_error, np.abs(step.final_observation[0] - row["observation"]).max())
            reward_error = max(reward_error, abs(float(step.reward[0]) - row["reward"]))
            same &= bool(step.terminated[0]) == row["terminated"]
    return Parity(len(script), episodes, float(observation_error), float(reward_error), same)
