"""Copies of BipedalWalker with the walking task's reward, phase and aids of learning."""

from collections.abc import Mapping

import numpy as np

from premotor.tasks.base import Step
from premotor.tasks.bipedal import PROGRESS, BipedalTask, judge
from premotor.tasks.bipedal_walker import motion_of
from premotor.tasks.envpool_environment import EnvPoolEnvironment
from premotor.tasks.gymnasium_environment import GymnasiumEnvironment
from premotor.tasks.snapshots import check_snapshot

LEADS = np.linspace(-1.0, 1.0, 9)
"""Advances of the phase that are tried in a step, beside the reference's own pace in parts of the widest allowed."""


class BipedalEnvironment:
    """Many copies of BipedalWalker under a `BipedalTask`; arguments as for `GymnasiumEnvironment`."""

    discrete = False

    def __init__(self, task: BipedalTask, environments: int, *, threads: int = 0, seed: int = 0, render: bool = False):
        self.task = task
        self.environments = environments
        self._copies = self._made(threads, seed, render)
        self._phase = np.zeros(environments)
        self._steps = 0
        self._recent = np.zeros((task.settings.slow_steps, environments))
        self._age = np.zeros(environments, np.int64)

    def _made(self, threads: int, seed: int, render: bool) -> GymnasiumEnvironment | EnvPoolEnvironment:
        task, count = self.task, self.environments
        if task.settings.vectorization == "envpool" and not render:
            return EnvPoolEnvironment(task, count, threads=threads, seed=seed)
        reference, most = task.reference, task.settings.start_steps
        if not most or reference is None:
            return GymnasiumEnvironment(task, count, threads=threads, seed=seed, render=render)
        assert reference.seed is not None
        walk, shown = reference.seed, reference.actions

        def opening(draw: int) -> tuple[int, np.ndarray]:
            return walk, shown[: draw % (min(most, len(shown)) + 1)]

        return GymnasiumEnvironment(task, count, threads=threads, seed=seed, render=render, opening=opening)

    def reset(self) -> np.ndarray:
        """Start an episode everywhere."""
        observation = self._copies.reset()
        self._begun(np.ones(self.environments, bool), observation)
        return self._seen(observation)

    def step(self, action: np.ndarray) -> Step:
        """Act for one control step; `action` (environments, 4) in [−1, 1]."""
        task, settings = self.task, self.task.settings
        step = self._copies.step(action)
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
        if settings.effort_cost:
            effort = np.abs(np.clip(action, -1, 1)).sum(1)
            judged.terms["effort"] = (-settings.effort_cost * effort).astype(np.float32)
        final = self._seen(step.final_observation)
        observation = step.observation
        terminated, done = step.terminated, step.terminated | step.truncated
        self._recent[self._age % len(self._recent), np.arange(self.environments)] = motion.speed
        self._age += 1
        if settings.least_speed is not None:
            slow = (self._age >= len(self._recent)) & (self._recent.mean(0) < settings.least_speed) & ~done
            observation = self._copies.restart(slow)
            terminated, done = terminated | slow, done | slow
            judged.terms["slow"] = (-settings.slow_cost * slow).astype(np.float32)
        self._begun(done, observation)
        reward = sum(judged.terms.values(), np.zeros(self.environments, np.float32))
        return Step(self._seen(observation), reward, terminated, step.truncated, final, judged.terms)

    def episode_seed(self, index: int) -> int:
        """The seed of the present episode of a copy."""
        assert isinstance(self._copies, GymnasiumEnvironment)
        return self._copies.episode_seed(index)

    def picture(self, index: int = 0) -> np.ndarray:
        """What a copy looks like now, (height, width, 3) uint8; needs `render`."""
        assert isinstance(self._copies, GymnasiumEnvironment)
        return self._copies.picture(index)

    def _begun(self, where: np.ndarray, observation: np.ndarray) -> None:
        self._age[where] = 0
        if self.task.reference is not None and where.any():
            self._phase[where] = self.task.reference.nearest_phase(motion_of(observation[where]).angles)

    def _followed(self, angles: np.ndarray) -> np.ndarray:
        """The phase after a step: of those within reach, that whose pose is nearest to the body's."""
        assert self.task.reference is not None
        candidates = self._phase[:, None] + self.task.reference.pace * (1 + self.task.settings.phase_slack * LEADS)
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
        found = self._copies.recorded()
        return found if self.task.reference is None else found | {"phase": self._phase.copy()}

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that decides how the environments go on."""
        return self._copies.snapshot() | {
            "phase": self._phase.copy(),
            "steps": np.asarray(self._steps),
            "recent": self._recent.copy(),
            "age": self._age.copy(),
        }

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot`; raises what the copies' own `restore` raises."""
        own = {"phase": self._phase.shape, "steps": (), "recent": self._recent.shape, "age": self._age.shape}
        check_snapshot(snapshot, own)
        self._copies.restore(snapshot)
        self._phase, self._recent = snapshot["phase"].copy(), snapshot["recent"].copy()
        self._steps, self._age = int(snapshot["steps"]), snapshot["age"].copy()
