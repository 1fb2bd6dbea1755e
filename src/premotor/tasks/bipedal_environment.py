"""Copies of BipedalWalker with the walking task's reward, phase and aids of learning."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from premotor.tasks.base import Step
from premotor.tasks.bipedal_reference import SPEED_SCALE, TOP_SPEEDS, BipedalReference, motion_of
from premotor.tasks.envpool_environment import EnvPoolEnvironment
from premotor.tasks.gymnasium_environment import GymnasiumEnvironment
from premotor.tasks.gymnasium_settings import BipedalReward, BipedalSettings
from premotor.tasks.gymnasium_spaces import SpacedTask, check_snapshot

FALL = -100.0
"""What the environment pays for a fall, in place of the step's reward."""
PROGRESS = 130 / 30
"""What the environment pays for a metre forward: 130 a unit of its world, of which 30 are a metre in its scale."""


class Judged(NamedTuple):
    """What a step earned."""

    terms: dict[str, np.ndarray]
    fallen: np.ndarray


def judge(
    settings: BipedalReward,
    reference: BipedalReference | None,
    *,
    observation: np.ndarray,
    action: np.ndarray,
    reward: np.ndarray,
    terminated: np.ndarray,
    phase: np.ndarray,
    imitation: float,
) -> Judged:
    """The reward terms of a step, each (environments,).

    Args:
        settings: weights and kind of imitation.
        reference: what is imitated.
        observation: what followed the action, (environments, 24).
        action: (environments, 4).
        reward: the environment's own.
        terminated: by the environment.
        phase: of the reference, rad.
        imitation: w_I at this step.
    """
    fallen = terminated & (reward <= FALL)
    terms: dict[str, np.ndarray] = {"environment": settings.environment * reward}
    if settings.fall:
        terms["fall"] = -settings.fall * fallen
    if reference is not None and settings.needs_reference:
        wanted = reference.at(phase)
        if settings.imitate == "actions":
            likeness = np.exp(-((wanted.actions - np.clip(action, -1, 1)) ** 2).sum(-1))
        else:
            pose = pose_likeness(wanted.angles, motion_of(observation).angles, settings.sharpness)
            velocity = velocity_likeness(wanted.rates, motion_of(observation).rates)
            likeness = settings.pose * pose + (1 - settings.pose) * velocity
        if settings.contact:
            wrong = ((wanted.contacts > 0.5) != (motion_of(observation).contacts > 0.5)).mean(-1)
            likeness = likeness * (1 - settings.contact * wrong)
        terms["imitation"] = imitation * likeness
        terms["goal"] = settings.goal * goal_likeness(reference.speed, motion_of(observation).speed)
    return Judged({name: value.astype(np.float32) for name, value in terms.items()}, fallen)


def pose_likeness(
    wanted: Float[np.ndarray, "*batch 4"], found: Float[np.ndarray, "*batch 4"], sharpness: float = 1.0
) -> np.ndarray:
    """exp(−sharpness · Σ[(cos q_ref − cos q)² + (sin q_ref − sin q)²]) of joint angles in rad."""
    miss = (np.cos(wanted) - np.cos(found)) ** 2 + (np.sin(wanted) - np.sin(found)) ** 2
    return np.exp(-sharpness * miss.sum(-1))


def velocity_likeness(wanted: Float[np.ndarray, "*batch 4"], found: Float[np.ndarray, "*batch 4"]) -> np.ndarray:
    """exp(−1.5 Σ(q̇_ref − q̇)²) of joint speeds in rad/s, compared in parts of the motors' top speeds."""
    return np.exp(-1.5 * (((wanted - found) / TOP_SPEEDS) ** 2).sum(-1))


def goal_likeness(wanted: float, found: Float[np.ndarray, "*batch"]) -> np.ndarray:
    """exp(−4 · max(0, v_ref − v)²) of forward speeds in m/s, compared as the environment observes them."""
    return np.exp(-4.0 * np.maximum(0.0, SPEED_SCALE * (wanted - found)) ** 2)


LEADS = np.linspace(-1.0, 1.0, 9)
"""Advances of the phase that are tried in a step, beside the reference's own pace in parts of the widest allowed."""


class BipedalEnvironment:
    """Many copies of BipedalWalker with the walking task's reward.

    Args:
        task: whose copies these are.
        settings: of the task.
        reference: what is imitated, if anything.
        environments: number of copies.
        threads: of EnvPool.
        seed: of all episode starts.
    """

    discrete = False

    def __init__(
        self,
        task: SpacedTask,
        settings: BipedalSettings,
        reference: BipedalReference | None,
        environments: int,
        *,
        threads: int = 0,
        seed: int = 0,
    ):
        self.task = task
        self.environments = environments
        self._settings, self._reference = settings, reference
        self._copies = self._made(threads, seed)
        self._phase = np.zeros(environments)
        self._steps = 0
        self._recent = np.zeros((settings.slow_steps, environments))
        self._missed = np.zeros_like(self._recent)
        self._age = np.zeros(environments, np.int64)

    def _made(self, threads: int, seed: int) -> GymnasiumEnvironment | EnvPoolEnvironment:
        task, count, reference, most = self.task, self.environments, self._reference, self._settings.start_steps
        if self._settings.vectorization == "envpool":
            return EnvPoolEnvironment(task, count, threads=threads, seed=seed)
        if not most or reference is None:
            return GymnasiumEnvironment(task, count, seed=seed)
        assert reference.seed is not None
        walk, shown = reference.seed, reference.actions

        def opening(draw: int) -> tuple[int, np.ndarray]:
            return walk, shown[: draw % (min(most, len(shown)) + 1)]

        return GymnasiumEnvironment(task, count, seed=seed, opening=opening)

    def share_starts(self, count: int) -> bool:
        """As `GymnasiumEnvironment.share_starts`; not by EnvPool."""
        return isinstance(self._copies, GymnasiumEnvironment) and self._copies.share_starts(count)

    def reset(self) -> np.ndarray:
        """Start an episode everywhere."""
        observation = self._copies.reset()
        self._begun(np.ones(self.environments, bool), observation)
        return self._seen(observation)

    def step(self, action: np.ndarray) -> Step:
        """Act for one control step; `action` (environments, 4) in [−1, 1]."""
        settings, reference = self._settings, self._reference
        step = self._copies.step(action)
        motion = motion_of(step.final_observation)
        self._steps += self.environments
        if reference is not None:
            self._phase = self._followed(motion.angles)
        judged = judge(
            settings.reward,
            reference,
            observation=step.final_observation,
            action=action,
            reward=step.reward,
            terminated=step.terminated,
            phase=self._phase,
            imitation=self._imitation_weight(),
        )
        if settings.speed_limit is not None:
            excess = np.maximum(motion.speed - settings.speed_limit, 0.0) * self.task.control_period
            judged.terms["speed_limit"] = (-PROGRESS * settings.reward.environment * excess).astype(np.float32)
        if settings.effort_cost:
            effort = np.abs(np.clip(action, -1, 1)).sum(1)
            judged.terms["effort"] = (-settings.effort_cost * effort).astype(np.float32)
        final = self._seen(step.final_observation)
        observation = step.observation
        terminated, done = step.terminated, step.terminated | step.truncated
        self._recent[self._age % len(self._recent), np.arange(self.environments)] = motion.speed
        if self._strays:
            self._missed[self._age % len(self._recent), np.arange(self.environments)] = self._miss(motion.angles)
        self._age += 1
        if settings.least_speed is not None or self._strays:
            given_up = self._given_up() & ~done
            observation = self._copies.restart(given_up)
            terminated, done = terminated | given_up, done | given_up
            judged.terms["slow"] = (-settings.slow_cost * given_up).astype(np.float32)
        self._begun(done, observation)
        reward = sum(judged.terms.values(), np.zeros(self.environments, np.float32))
        return Step(self._seen(observation), reward, terminated, step.truncated, final, judged.terms)

    def episode_seed(self, index: int) -> int:
        """The seed of the present episode of a copy."""
        assert isinstance(self._copies, GymnasiumEnvironment)
        return self._copies.episode_seed(index)

    def _begun(self, where: np.ndarray, observation: np.ndarray) -> None:
        self._age[where] = 0
        if self._reference is not None and where.any():
            self._phase[where] = self._reference.nearest_phase(motion_of(observation[where]).angles)

    def _followed(self, angles: np.ndarray) -> np.ndarray:
        """The phase after a step: of those within reach, that whose pose is nearest to the body's."""
        assert self._reference is not None
        candidates = self._phase[:, None] + self._reference.pace * (1 + self._settings.phase_slack * LEADS)
        miss = ((self._reference.at(candidates).angles - angles[:, None]) ** 2).sum(-1)
        best = candidates[np.arange(self.environments), np.argmin(miss, axis=1)]
        return np.mod(best, 2 * np.pi)

    @property
    def _strays(self) -> bool:
        return self._reference is not None and self._settings.pose_limit is not None

    def _miss(self, angles: np.ndarray) -> np.ndarray:
        """Mean square difference of the joint angles from the reference at its present phase, rad²."""
        assert self._reference is not None
        return ((self._reference.at(self._phase).angles - angles) ** 2).mean(-1)

    def _given_up(self) -> np.ndarray:
        """Where the last steps were too slow, or too unlike the reference, to go on learning from."""
        settings = self._settings
        ends = np.zeros(self.environments, bool)
        if settings.least_speed is not None:
            ends |= self._recent.mean(0) < settings.least_speed
        if self._strays:
            assert settings.pose_limit is not None
            ends |= self._missed.mean(0) > settings.pose_limit**2
        return ends & (self._age >= len(self._recent))

    def _imitation_weight(self) -> float:
        reward = self._settings.reward
        if reward.imitation_steps is None:
            return reward.imitation
        return reward.imitation * max(0.0, 1.0 - self._steps / reward.imitation_steps)

    def _seen(self, observation: np.ndarray) -> np.ndarray:
        if not self._settings.clock:
            return observation.copy()
        clock = np.stack([np.sin(self._phase), np.cos(self._phase)], axis=1).astype(np.float32)
        return np.concatenate([observation, clock], axis=1)

    def recorded(self) -> dict[str, np.ndarray]:
        """What an evaluation keeps of the present state; `phase` with a reference, rad."""
        found = self._copies.recorded()
        return found if self._reference is None else found | {"phase": self._phase.copy()}

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that decides how the environments go on."""
        return self._copies.snapshot() | {
            "phase": self._phase.copy(),
            "steps": np.asarray(self._steps),
            "recent": self._recent.copy(),
            "age": self._age.copy(),
            **({"missed": self._missed.copy()} if self._strays else {}),
        }

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot`; raises what the copies' own `restore` raises."""
        own = {"phase": self._phase.shape, "steps": (), "recent": self._recent.shape, "age": self._age.shape}
        if self._strays:
            own["missed"] = self._missed.shape
        check_snapshot(snapshot, own)
        self._copies.restore(snapshot)
        self._phase, self._recent = snapshot["phase"].copy(), snapshot["recent"].copy()
        self._steps, self._age = int(snapshot["steps"]), snapshot["age"].copy()
        if self._strays:
            self._missed = snapshot["missed"].copy()
