"""Gymnasium's Walker2d-v5 as one of our tasks, for a comparison on the same model."""

from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from premotor.bodies import mjcf_body
from premotor.tasks import Outcome, PhysicsTask, PhysicsTaskSettings, Start, View


class WalkerMemory(NamedTuple):
    """Where the walker was, m."""

    x: jax.Array


class Walker2dTask(PhysicsTask):
    """Observation, reward, start and end as Gymnasium documents them for Walker2d-v5; `xml` is its model's file."""

    settings_type = PhysicsTaskSettings

    def __init__(self, xml: str):
        settings = PhysicsTaskSettings(kind="walker2d", control_period=0.008, seconds=8.0)
        super().__init__(settings, mjcf_body("walker2d", Path(xml)))
        model = self.body.model
        self.observation_names = tuple(f"o{i}" for i in range(model.nq - 1 + model.nv))

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

    def metrics(self, records: dict[str, np.ndarray]) -> dict[str, Any]:
        """Nothing: this task is for timing."""
        return {}
