"""Stand with a fly, and walk with it at a commanded speed on a commanded heading."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from premotor.tasks.base import Records
from premotor.tasks.environment import Start
from premotor.tasks.fly import FlyTask
from premotor.tasks.fly_expert import FlyExpert
from premotor.tasks.fly_settings import FlyStandSettings, FlyWalkSettings
from premotor.tasks.settings import TASKS


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


@TASKS.register("fly-walk")
class FlyWalkTask(FlyTask):
    """Walk at a commanded speed on a commanded heading that may turn."""

    settings_type = FlyWalkSettings
    settings: FlyWalkSettings

    def __init__(self, settings: FlyWalkSettings | None = None):
        settings = settings or FlyWalkSettings()
        super().__init__(settings, settings.reference)
        self.reference = self._stride
        self.commanded_speeds = settings.speed

    def start(self, key: PRNGKeyArray) -> Start:
        """A random phase, command and heading; standing still where the settings say so."""
        settings = self.settings
        key_phase, key_speed, key_turn, key_heading, key_noise, key_memory = jax.random.split(key, 6)
        phase = jax.random.uniform(key_phase, (), maxval=2 * jnp.pi)
        low, high = settings.speed
        command = jax.random.uniform(key_speed, (), minval=low, maxval=high)
        turn = jax.random.uniform(key_turn, (), minval=-settings.turn, maxval=settings.turn)
        turn = jnp.where(jax.random.bernoulli(jax.random.fold_in(key_turn, 1)), turn, 0.0)
        heading = jax.random.uniform(key_heading, (), minval=-settings.heading, maxval=settings.heading)
        noise = self.posture_noise(key_noise)
        if settings.start == "gait":
            return self.start_at(phase, command, heading, turn, key_memory, noise)
        start = self.start_at(phase, jnp.zeros(()), heading, turn, key_memory, noise)
        return start._replace(memory=start.memory._replace(command=command))

    @property
    def expert(self) -> FlyExpert:
        """The reference, walking by its own clock."""
        return FlyExpert(self)

    def demonstration(self) -> tuple[np.ndarray, np.ndarray]:
        """How the reference walks (`FlyExpert`): observations and actions, (steps, episodes, …)."""
        shown = self.expert.demonstrate(600, 64, noise=0.3)
        return shown.observation, shown.action

    def metrics(self, records: Records) -> dict[str, float]:
        """What counts as success, from evaluation episodes (arrays as in `WalkTask.metrics`).

        Returns:
            `survived`: fraction of the episodes without a fall. Of the time each lasted: `speed` along the path and
            `command`, mm/s; `speed_error`: mean |speed − command| / command; `drift`: mean distance of the end from
            the line along the commanded heading, mm, of the episodes without a turn; `yaw`: mean |heading error| at
            the end, rad. `score`: mean over episodes of time survived × (1 − 2 · speed error), at least 0.
        """
        alive, last, place = self.ways(records)
        each = np.arange(alive.shape[1])
        moved = place[last, each] - place[0]
        command, heading = records["command"], records["heading"]
        straight = heading[-1] == heading[0]
        seconds = np.maximum(last, 1) * self.control_period
        along = np.stack([np.cos(heading), np.sin(heading)], -1)  # (steps, episodes, 2)
        steps_taken = np.diff(place[:, :, :2], axis=0) * alive[1:, :, None]
        speed = (steps_taken * along[:-1]).sum((0, 2)) / seconds
        error = np.abs(speed - command) / command
        score = alive.sum(0) / len(alive) * np.maximum(0.0, 1.0 - 2.0 * error)
        turned = heading[last, each] - place[last, each, 3]
        result = {
            "survived": float(alive[-1].mean()),
            "speed": float(speed.mean()),
            "speed_sd": float(speed.std()),
            "command": float(command.mean()),
            "speed_error": float(error.mean()),
            "yaw": float(np.abs(np.mod(turned + np.pi, 2 * np.pi) - np.pi).mean()),
        }
        if straight.any():
            side = moved[:, 1] * np.cos(heading[0]) - moved[:, 0] * np.sin(heading[0])
            result["drift"] = float(np.abs(side[straight]).mean())
        return result | {"score": float(score.mean())}
