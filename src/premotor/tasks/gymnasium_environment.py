"""Copies of a Gymnasium environment behind our interface, which go on from a snapshot bit for bit."""

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from premotor.bodies.physics import available_cores
from premotor.tasks.base import Step
from premotor.tasks.gymnasium_pool import Episode, ProcessPool
from premotor.tasks.gymnasium_settings import GymnasiumSettings
from premotor.tasks.gymnasium_spaces import SpacedTask, check_replayed, check_snapshot, refused

if TYPE_CHECKING:
    from premotor.tasks.gymnasium_worker import Copies


class GymnasiumEnvironment:
    """Many copies of a Gymnasium environment, in this process or in several.

    Each episode has a seed of its own, drawn from (seed, copy, number of the episode), and a copy is reset as soon
    as its episode has ended, so that a step's observation is the next episode's and `final_observation` the last
    of the one that ended (Gymnasium calls this the same-step mode).

    The state of an environment cannot be read in general. A snapshot holds the actions of the episodes that are
    under way, and `restore` replays them from their seeds: the same numbers, bit for bit, wherever the environment
    is a function of seed and actions, as Gymnasium demands. Where it is not, `restore` says so.

    Args:
        task: which environment.
        environments: number of copies.
        seed: of all episode starts.
        render: whether the copies can be drawn (in this process then).
        opening: a random number of an episode → its seed, and the actions (steps, actions) that come before it; by
            default every episode has a seed of its own and starts where the environment does.
    """

    def __init__(
        self,
        task: SpacedTask,
        environments: int,
        *,
        seed: int = 0,
        render: bool = False,
        opening: Callable[[int], tuple[int, np.ndarray]] | None = None,
    ):
        self.task = task
        self.environments = environments
        self.discrete = task.spaces.discrete
        self._seed, self._alike = seed, environments
        self._opening = opening
        self._pool = _pool(task, environments, render)
        self._episode = np.zeros(environments, np.int64)
        self._elapsed = np.zeros(environments, np.int64)
        spaces = task.spaces
        self._log = np.zeros((0, environments, spaces.columns), spaces.kind)
        self._observation = np.zeros((environments, len(spaces.observation_names)), np.float32)

    def share_starts(self, count: int) -> bool:
        """From the next reset on, copies whose numbers leave the same rest by `count` start alike; whether they can."""
        self._alike = count
        return True

    def reset(self) -> np.ndarray:
        """Start an episode everywhere."""
        if self._alike < self.environments:
            self._episode[:] = self._episode.max()
        self._begin(np.ones(self.environments, bool))
        return self._observation.copy()

    def step(self, action: np.ndarray) -> Step:
        """Act for one control step; `action` (environments, actions), in [−1, 1] or preferences."""
        executed = self.task.spaces.executed(np.asarray(action))
        self._write_down(executed)
        final, reward, flags = self._pool.step(executed)
        self._elapsed += 1
        terminated = (flags & 1).astype(bool)
        truncated = ((flags & 2).astype(bool) | (self._elapsed >= self.task.time_limit)) & ~terminated
        done = terminated | truncated
        self._observation = final.copy()
        if done.any():
            self._begin(done)
        reward = reward.astype(np.float32)
        return Step(self._observation.copy(), reward, terminated, truncated, final, {"environment": reward})

    def restart(self, where: np.ndarray) -> np.ndarray:
        """Start an episode in some copies, wherever the old one is; the observations of all."""
        if where.any():
            self._begin(where)
        return self._observation.copy()

    def recorded(self) -> dict[str, np.ndarray]:
        """What an evaluation keeps of the present state."""
        return {"observation": self._observation}

    def picture(self, index: int = 0) -> np.ndarray:
        """What a copy looks like now, (height, width, 3) uint8; needs `render`."""
        assert not isinstance(self._pool, ProcessPool)
        return self._pool.picture(index)

    def _begin(self, where: np.ndarray) -> None:
        self._episode[where] += 1
        chosen = np.flatnonzero(where).tolist()
        episodes = [self._beginning(i) for i in chosen]
        self._observation[chosen] = self._pool.begin(episodes)
        for episode in episodes:
            steps = self._elapsed[episode.copy] = len(episode.actions)
            self._make_room(steps)
            self._log[:steps, episode.copy] = episode.actions

    def _beginning(self, index: int) -> Episode:
        """How the present episode of a copy began: a function of nothing but its number."""
        if self._opening is not None:
            return Episode(index, *self._opening(self._draws(index, 2)[1]))
        return Episode(index, self._draws(index, 1)[0], self._log[:0, 0])

    def episode_seed(self, index: int) -> int:
        """The seed of the present episode of a copy."""
        return self._beginning(index).seed

    def _draws(self, index: int, count: int) -> list[int]:
        """Random numbers of the present episode of a copy, 32 bits each: all that some environments take as seed."""
        sequence = np.random.SeedSequence([self._seed, index % self._alike, int(self._episode[index])])
        return sequence.generate_state(count).tolist()

    def _write_down(self, executed: np.ndarray) -> None:
        self._make_room(int(self._elapsed.max()) + 1)
        self._log[self._elapsed, np.arange(self.environments)] = executed

    def _make_room(self, steps: int) -> None:
        if steps > len(self._log):
            more = np.zeros((max(64, steps), *self._log.shape[1:]), self._log.dtype)
            self._log = np.concatenate([self._log, more])

    def snapshot(self) -> dict[str, np.ndarray]:
        """Numbers of the episodes, the actions in them so far, and what is observed now."""
        steps = int(self._elapsed.max(initial=0))
        under_way = np.arange(steps)[:, None] < self._elapsed  # the log keeps older episodes' actions beyond
        return {
            "episode": self._episode.copy(),
            "elapsed": self._elapsed.copy(),
            "actions": np.where(under_way[:, :, None], self._log[:steps], 0),
            "observation": self._observation.copy(),
        }

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot` of the same task and number of environments, by replaying its episodes.

        Raises:
            PremotorError: something is missing or has another shape, or the environment is no function of seed
                and actions.
        """
        steps = int(np.max(snapshot["elapsed"], initial=0)) if "elapsed" in snapshot else 0
        expected = {
            "episode": self._episode.shape,
            "elapsed": self._elapsed.shape,
            "actions": (steps, *self._log.shape[1:]),
            "observation": self._observation.shape,
        }
        check_snapshot(snapshot, expected)
        self._episode = snapshot["episode"].astype(np.int64)
        self._elapsed = snapshot["elapsed"].astype(np.int64)
        self._log = snapshot["actions"].astype(self._log.dtype)
        if not self._episode.any():  # nothing has begun yet
            return
        episodes = []
        for i in range(self.environments):
            episodes.append(self._beginning(i)._replace(actions=self._log[: self._elapsed[i], i]))
        self._observation = self._pool.begin(episodes)
        check_replayed(self.task.settings.id, self._observation, snapshot)


def _pool(task: SpacedTask, environments: int, render: bool) -> "ProcessPool | Copies":
    settings, spaces = task.settings, task.spaces
    processes = settings.processes or available_cores()
    if processes == 1 or environments == 1 or render:
        return _local(settings, environments, render)
    return ProcessPool(
        settings.id,
        settings.options,
        environments,
        processes=min(processes, environments),
        columns=spaces.columns,
        kind=spaces.kind,
        width=len(spaces.observation_names),
    )


def _local(settings: GymnasiumSettings, environments: int, render: bool) -> "Copies":
    from premotor.tasks.gymnasium_worker import Copies

    made: Copies = refused(settings.id, lambda: Copies(settings.id, settings.options, environments, render))
    weakref.finalize(made, made.close)
    return made
