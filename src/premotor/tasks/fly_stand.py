"""Stand with a fly."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from premotor.tasks.base import Records
from premotor.tasks.environment import Start
from premotor.tasks.fly import FlyTask
from premotor.tasks.fly_settings import FlyStandSettings
from premotor.tasks.registry import TASKS


@TASKS.register("fly-stand")
class FlyStandTask(FlyTask):
    """Stand where the fly is put, near its rest posture."""

    settings_type = FlyStandSettings

    def __init__(self, settings: FlyStandSettings | None = None):
        super().__init__(settings or FlyStandSettings())

    def start(self, key: PRNGKeyArray) -> Start:
        """Near the rest posture."""
        key_phase, _, _, _, key_noise, key_memory = jax.random.split(key, 6)
        phase, zero = jax.random.uniform(key_phase, (), maxval=2 * jnp.pi), jnp.zeros(())
        return self.start_at(phase, zero, zero, zero, key_memory, self.posture_noise(key_noise))

    def metrics(self, records: Records) -> dict[str, float]:
        """What counts as success, from evaluation episodes (arrays as in `WalkTask.metrics`).

        Returns:
            `survived`: fraction of the episodes without a fall; `distance`: mean distance from the start, mm;
            `score`: mean over episodes of time survived × (1 − distance from the start in mm), at least 0.
        """
        alive, last, place = self.ways(records)
        distance = np.linalg.norm((place[last, np.arange(alive.shape[1])] - place[0])[:, :2], axis=1)
        score = alive.sum(0) / len(alive) * np.maximum(0.0, 1.0 - distance)
        return {
            "survived": float(alive[-1].mean()),
            "distance": float(distance.mean()),
            "score": float(score.mean()),
        }
