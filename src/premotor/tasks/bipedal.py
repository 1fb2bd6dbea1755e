"""Walk with Gymnasium's BipedalWalker: its own reward, imitation of a reference, aids of learning."""

from collections.abc import Callable

import numpy as np

from premotor.bodies import BackEnd
from premotor.bodies.back_ends import CPU
from premotor.errors import PremotorError
from premotor.tasks.base import GaitParts, Records
from premotor.tasks.bipedal_environment import FALL, BipedalEnvironment
from premotor.tasks.bipedal_reference import (
    FRAMES_PER_SECOND,
    STRIDES,
    BipedalReference,
    Motion,
    load_bipedal_reference,
    motion_of,
    repetition_of,
)
from premotor.tasks.gymnasium_settings import BipedalReward, BipedalSettings
from premotor.tasks.gymnasium_task import GymnasiumTask
from premotor.tasks.settings import TASKS


@TASKS.register("bipedal")
class BipedalTask(GymnasiumTask):
    """BipedalWalker as a walking task.

    The phase of the reference advances at its own pace, faster or slower by `phase_slack` so as to stay next to the
    body's own pose, and is told to the controller only by `clock`. Aids of learning (slow episodes that end,
    starts along the reference) have no part in tests, whose reward is the environment's own.
    """

    settings_type = BipedalSettings
    settings: BipedalSettings
    reference: BipedalReference | None

    def __init__(self, settings: BipedalSettings | None = None):
        settings = settings or BipedalSettings()
        super().__init__(settings)
        if len(self.observation_names) != 24 or self.observation_names[4] != "hip_1":
            raise PremotorError(f"task.id is {settings.id!r}; task.kind bipedal needs one of BipedalWalker's ids")
        if self.own_vector:
            raise PremotorError("task.vectorization is 'own'; task.kind bipedal takes 'copies' or 'envpool'")
        if settings.vectorization == "envpool" and settings.start_steps:
            raise PremotorError(
                "task.start_steps replays a walk from its seed, which task.vectorization 'envpool' cannot"
            )
        self.reference = None
        if settings.reference is not None:
            self.reference = load_bipedal_reference(settings.reference, settings.reference_columns)
        if settings.start_steps and self.reference is not None and self.reference.seed is None:
            raise PremotorError("task.start_steps needs a reference that was recorded with its seed")
        if settings.clock:
            self.observation_names += ("phase_sine", "phase_cosine")

    def environment(
        self, environments: int, *, threads: int = 0, seed: int = 0, back_end: BackEnd = CPU
    ) -> BipedalEnvironment:
        """Many copies of BipedalWalker with the task's reward."""
        self.check_device(back_end)
        return BipedalEnvironment(self, self.settings, self.reference, environments, threads=threads, seed=seed)

    def tested(self) -> "BipedalTask":
        """The task without aids of learning, in Gymnasium's own environment and rewarded by it alone."""
        copies = {"vectorization": "copies"} if self.settings.vectorization == "envpool" else {}
        aids = {"least_speed": None, "pose_limit": None, "speed_limit": None, "effort_cost": 0.0, "start_steps": 0}
        plain = copies | aids | {"reward": BipedalReward()}
        return BipedalTask(self.settings.model_copy(update=plain))

    def metrics(self, records: Records) -> dict[str, float]:
        """What counts as success, from evaluation episodes.

        Args:
            records: `reward` (steps, episodes), `alive` (steps, episodes), `terminated` (episodes,) and
                `observation` (steps, episodes, 24).

        Returns:
            what `GymnasiumTask.metrics` gives, and `survived`: fraction of the episodes without a fall, `finished`:
            that reached the end of the ground, `speed`: mean forward speed (m/s), `distance`: mean way (m),
            `joint_frequency`: strides a second by the repetition of the joint angles, which a foot that touches the
            ground more than once in a stride does not disturb; with a reference also `speed_ratio`, to its speed.
        """
        alive = records["alive"].astype(bool)
        steps = alive.sum(0)
        fallen = _fallen(records)
        way = np.where(alive, motion_of(records["observation"]).speed, 0.0).sum(0) * self.control_period
        speed = way / (steps * self.control_period)
        figures = super().metrics(records) | {
            "survived": float(1 - fallen.mean()),
            "finished": float(((records["terminated"] > 0) & ~fallen).mean()),
            "speed": float(speed.mean()),
            "speed_sd": float(speed.std()),
            "distance": float(way.mean()),
        }
        angles = motion_of(records["observation"]).angles
        long = [angles[:count, i] for i, count in enumerate(steps.tolist()) if count > 2 * STRIDES[1]]
        strides = [lag for lag in map(repetition_of, long) if lag is not None]
        if strides:
            figures["joint_frequency"] = float(np.mean(FRAMES_PER_SECOND / np.array(strides)))
        if self.reference is not None:
            figures["reference_speed"] = self.reference.speed
            figures["reference_stride_frequency"] = 1 / self.reference.stride_period
            figures["speed_ratio"] = float(speed.mean() / self.reference.speed)
        return figures

    @property
    def leg_motion(self) -> Callable[[np.ndarray], Motion]:
        """The motion in SI units that observations (…, 24) show."""
        return motion_of

    def demonstration(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Observations (steps, observations) and actions (steps, 4) of the reference; None where there are none."""
        if self.reference is None or not self.reference.actions.any():
            return None
        seen = self.reference.observations
        if self.settings.clock:
            phase = self.reference.nearest_phase(motion_of(seen).angles)
            seen = np.concatenate([seen, np.stack([np.sin(phase), np.cos(phase)], axis=1)], axis=1)
        return seen, self.reference.actions

    def gait_parts(self, records: Records) -> GaitParts:
        """Contacts, joint angles, way and the reference's stride, as an analysis of the gait takes them."""
        motion = motion_of(records["observation"])
        return GaitParts(
            contact=motion.contacts,
            angles=motion.angles,
            position=np.cumsum(motion.speed, axis=0) * self.control_period,
            reference=None if self.reference is None else self.reference.stride.angles,
            legs=motion.angles[..., [0, 2]],
            fallen=_fallen(records),
        )


def _fallen(records: Records) -> np.ndarray:
    """Episodes that ended by a fall, (episodes,); the end of the ground ends them too."""
    steps = records["alive"].astype(bool).sum(0)
    last = records["reward"][steps - 1, np.arange(len(steps))]
    return (records["terminated"] > 0) & (last <= FALL)
