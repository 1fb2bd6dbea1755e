"""Gymnasium's Walker2d-v5 as one of our tasks, for a comparison on the same model."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from premotor.bodies import Body
from premotor.tasks import Outcome, Start, View


class WalkerMemory(NamedTuple):
    """Where the walker was, m."""

    x: jax.Array


class Walker2dTask:
    """Observation, reward, start and end as Gymnasium documents them for Walker2d-v5; `xml` is its model's file."""

    name = "walker2d"
    substeps = 4
    time_limit = 1000

    def __init__(self, xml: str):
        spec = mujoco.MjSpec.from_file(xml)
        spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
        self.body = Body("walker2d", spec.compile(), spec.to_xml())
        model = self.body.model
        self.observation_names = tuple(f"o{i}" for i in range(model.nq - 1 + model.nv))
        self.action_names = self.body.actuator_names

    @property
    def control_period(self) -> float:
        """0.008 s."""
        return self.substeps * self.body.timestep

    def start(self, key: jax.Array) -> Start:
        """The model's own pose, every coordinate off by up to 0.005."""
        first, second = jax.random.split(key)
        model = self.body.model
        noise = {"minval": -5e-3, "maxval": 5e-3}
        qpos = jnp.asarray(model.qpos0, jnp.float32) + jax.random.uniform(first, (model.nq,), **noise)
        return Start(qpos, jax.random.uniform(second, (model.nv,), **noise), WalkerMemory(qpos[0]))

    def observe(self, view: View, memory: WalkerMemory) -> jax.Array:
        """Coordinates but for x, and velocities within ±10."""
        return jnp.concatenate([view.qpos[1:], jnp.clip(view.qvel, -10, 10)])

    def control(self, action: jax.Array) -> jax.Array:
        """Torques as they are."""
        return action

    def advance(self, view: View, memory: WalkerMemory, action: jax.Array) -> Outcome:
        """Speed + 1 − 0.001 · squared action; over where it falls."""
        x, z, tilt = view.qpos[:3]
        healthy = (z > 0.8) & (z < 2.0) & (jnp.abs(tilt) < 1.0)
        terms = {
            "forward": (x - memory.x) / self.control_period,
            "healthy": healthy.astype(jnp.float32),
            "control": -1e-3 * (action**2).sum(),
        }
        return Outcome(WalkerMemory(x), terms, ~healthy)

    def figures(self, records: dict[str, np.ndarray]) -> dict[str, Any]:
        """Nothing: this task is for timing."""
        return {}
