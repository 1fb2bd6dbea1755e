"""Copies of BipedalWalker with the walking task's reward, phase and aids of learning."""

from collections.abc import Mapping

import numpy as np

from premotor.errors import PremotorError
from premotor.tasks.base import Step
from premotor.tasks.bipedal import PROGRESS, BipedalTask, judge
from premotor.tasks.bipedal_walker import motion_of
from premotor.tasks.gymnasium_environment import GymnasiumEnvironment
from premotor.tasks.gymnasium_pool import Episode

LEADS = np.linspace(0.5, 1.5, 9)
"""Advances of the phase that are tried in a step, in parts of the reference's own pace."""


class BipedalEnvironment(GymnasiumEnvironment):
    """Many copies of BipedalWalker under a `BipedalTask`; arguments as for `GymnasiumEnvironment`."""

    task: BipedalTask

    def __init__(self, task: BipedalTask, environments: int, *, threads: int = 0, seed: int = 0, render: bool = False):
        super().__init__(task, environments, threads=threads, seed=seed, render=render)
        self._observation = np.zeros((environments, 24), np.float32)
        self._phase = np.zeros(environments)
        self._steps = 0
        self._recent = np.zeros((task.settings.slow_steps, environments))
        self._age = np.zeros(environments, np.int64)

    def reset(self) -> np.ndarray:
        """Start an episode everywhere."""
        super().reset()
        self._begun(np.ones(self.environments, bool))
        return self._seen(self._observation)

    def step(self, action: np.ndarray) -> Step:
        """Act for one control step; `action` (environments, 4) in [−1, 1]."""
        task, settings = self.task, self.task.settings
        step = super().step(action)
        motion = motion_of(step.final_observation)
        self._steps += self.environments
        if task.reference is not None:
            self._phase = self._followed(motion.angles)
        judged = judge(
            settings.reward,
            task.reference,
            observation=step.final_observation,
            action=action,
            reward=step.reward,
            terminated=step.terminated,
            phase=self._phase,
            imitation=self._imitation_weight(),
        )
        if settings.speed_limit is not None:
            excess = np.maximum(motion.speed - settings.speed_limit, 0.0) * task.control_period
            judged.terms["speed_limit"] = (-PROGRESS * settings.reward.environment * excess).astype(np.float32)
        final = self._seen(step.final_observation)
        terminated, done = step.terminated, step.terminated | step.truncated
        self._recent[self._age % len(self._recent), np.arange(self.environments)] = motion.speed
        self._age += 1
        if settings.least_speed is not None:
            slow = (self._age >= len(self._recent)) & (self._recent.mean(0) < settings.least_speed) & ~done
            self.restart(slow)
            terminated, done = terminated | slow, done | slow
            judged.terms["slow"] = (-settings.slow_cost * slow).astype(np.float32)
        self._begun(done)
        reward = sum(judged.terms.values(), np.zeros(self.environments, np.float32))
        return Step(self._seen(self._observation), reward, terminated, step.truncated, final, judged.terms)

    def _begun(self, where: np.ndarray) -> None:
        self._age[where] = 0
        if self.task.reference is not None and where.any():
            angles = motion_of(self._observation[where]).angles
            self._phase[where] = self.task.reference.nearest_phase(angles)

    def _beginning(self, index: int) -> Episode:
        settings, reference = self.task.settings, self.task.reference
        if not settings.start_steps or reference is None or reference.seed is None:
            return super()._beginning(index)
        _, draw = self._draws(index, 2)
        steps = draw % (min(settings.start_steps, len(reference.actions)) + 1)
        return Episode(index, reference.seed, reference.actions[:steps])

    def _followed(self, angles: np.ndarray) -> np.ndarray:
        """The phase after a step: of those within reach, that whose pose is nearest to the body's."""
        assert self.task.reference is not None
        candidates = self._phase[:, None] + self.task.reference.pace * LEADS
        miss = ((self.task.reference.at(candidates).angles - angles[:, None]) ** 2).sum(-1)
        best = candidates[np.arange(self.environments), np.argmin(miss, axis=1)]
        return np.mod(best, 2 * np.pi)

    def _imitation_weight(self) -> float:
        reward = self.task.settings.reward
        if reward.imitation_steps is None:
            return reward.imitation
        return reward.imitation * max(0.0, 1.0 - self._steps / reward.imitation_steps)

    def _seen(self, observation: np.ndarray) -> np.ndarray:
        if not self.task.settings.clock:
            return observation.copy()
        clock = np.stack([np.sin(self._phase), np.cos(self._phase)], axis=1).astype(np.float32)
        return np.concatenate([observation, clock], axis=1)

    def recorded(self) -> dict[str, np.ndarray]:
        """What an evaluation keeps of the present state; `phase` with a reference, rad."""
        found = super().recorded()
        return found if self.task.reference is None else found | {"phase": self._phase.copy()}

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that decides how the environments go on."""
        return super().snapshot() | {
            "phase": self._phase.copy(),
            "steps": np.asarray(self._steps),
            "recent": self._recent.copy(),
            "age": self._age.copy(),
        }

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot`; raises what `GymnasiumEnvironment.restore` raises."""
        own = {"phase": self._phase.shape, "steps": (), "recent": self._recent.shape, "age": self._age.shape}
        for name, shape in own.items():
            if name not in snapshot or snapshot[name].shape != shape:
                found = "nothing" if name not in snapshot else str(snapshot[name].shape)
                raise PremotorError(f"snapshot: {name} should have shape {shape}, found {found}")
        super().restore(snapshot)
        self._phase, self._recent = snapshot["phase"].copy(), snapshot["recent"].copy()
        self._steps, self._age = int(snapshot["steps"]), snapshot["age"].copy()
