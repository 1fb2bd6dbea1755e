"""Tiny environments whose best behaviour is known."""

import json
from collections.abc import Mapping

import numpy as np

from premotor.tasks import Step


class Centre:
    """A point in the plane is to be brought to the origin: reward −|x|², x ← x + 0.2 a, cut after 25 steps.

    Doing nothing earns −2/3 a step on average; going straight home about −0.08.
    """

    discrete = False
    observation_names = ("x", "y")
    action_names = ("push_x", "push_y")

    def __init__(self, environments: int, seed: int = 0):
        self.environments = environments
        self._random = np.random.default_rng(seed)
        self._age, self._alike = np.zeros(environments, int), environments
        self._place = np.zeros((environments, 2))

    def share_starts(self, count: int) -> bool:
        self._alike = count
        return True

    def reset(self) -> np.ndarray:
        alike = np.arange(self.environments) % self._alike
        self._place = self._random.uniform(-1, 1, self._place.shape)[alike]
        self._age = self._random.integers(0, 25, self.environments)[alike]
        return self._place.copy()

    def step(self, action: np.ndarray) -> Step:
        self._place = np.clip(self._place + 0.2 * action, -2, 2)
        self._age += 1
        reward = -(self._place**2).sum(1)
        final = self._place.copy()
        truncated = self._age >= 25
        self._place[truncated] = self._random.uniform(-1, 1, (truncated.sum(), 2))
        self._age[truncated] = 0
        never = np.zeros(self.environments, bool)
        return Step(self._place.copy(), reward, never, truncated, final, {"distance": reward})

    def recorded(self) -> dict[str, np.ndarray]:
        return {"place": self._place.copy()}

    def snapshot(self) -> dict[str, np.ndarray]:
        drawn = np.frombuffer(json.dumps(self._random.bit_generator.state).encode(), np.uint8)
        return {"place": self._place.copy(), "age": self._age.copy(), "random": drawn}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        self._place, self._age = snapshot["place"].copy(), snapshot["age"].copy()
        self._random.bit_generator.state = json.loads(snapshot["random"].tobytes())


class Choice(Centre):
    """The same point, pushed left, right, down, up or not at all: an action is the largest of a row of five."""

    discrete = True
    action_names = ("left", "right", "down", "up", "stay")
    _pushes = np.array([[-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]], float)

    def step(self, action: np.ndarray) -> Step:
        return super().step(self._pushes[np.argmax(action, axis=1)])
