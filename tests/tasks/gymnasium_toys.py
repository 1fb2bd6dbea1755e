"""Small Gymnasium environments whose course is known, in every way that Gymnasium offers them."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv

WALL = 6.0


class Line(gymnasium.Env):
    """A random walk pushed by the action: terminates beyond ±6, is cut after 9 steps; reward = the action."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}

    def __init__(self, render_mode: str | None = None, step: float = 1.0, low: float = -2.0, high: float = 4.0):
        self.render_mode, self.size = render_mode, step
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
        self.action_space = gymnasium.spaces.Box(np.float32(low), np.float32(high), (1,))

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        self.place, self.age = self.np_random.uniform(-1, 1), 0
        return self._seen(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        self.place += self.size * float(action[0]) + self.np_random.normal()
        self.age += 1
        return self._seen(), float(action[0]), abs(self.place) > WALL, self.age >= 9, {}

    def render(self) -> np.ndarray:
        return np.full((16, 24, 3), self.age, np.uint8)

    def _seen(self) -> np.ndarray:
        return np.array([self.place, self.age], np.float32)


class Sides(Line):
    """The same with three choices, −1, 0 and 1, numbered from 5."""

    def __init__(self, render_mode: str | None = None):
        super().__init__(render_mode)
        self.action_space = gymnasium.spaces.Discrete(3, start=5)

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        assert self.action_space.contains(action)
        return super().step(np.array([action - 6.0]))


class Forgetful(Line):
    """No function of seed and actions: what it shows comes from a generator of its own."""

    unseeded = np.random.default_rng(1)

    def _seen(self) -> np.ndarray:
        return self.unseeded.normal(size=2).astype(np.float32)


class Named(Line):
    """Observations that are no box."""

    def __init__(self, render_mode: str | None = None):
        super().__init__(render_mode)
        self.observation_space = gymnasium.spaces.Dict({"place": self.observation_space})


def own_vector(mode: AutoresetMode) -> Any:
    """A factory of vector environments in one of the autoreset modes."""

    def make(num_envs: int, **options: Any) -> VectorEnv:
        return SyncVectorEnv([lambda: Line(**options)] * num_envs, autoreset_mode=mode)

    return make


def register() -> None:
    """Make them known to Gymnasium, for this process."""
    for name, kind in (("Line", Line), ("Sides", Sides), ("Forgetful", Forgetful), ("Named", Named)):
        gymnasium.register(f"toys/{name}-v0", kind)
    for mode in AutoresetMode:
        gymnasium.register(f"toys/{mode.value}-v0", Line, vector_entry_point=own_vector(mode))
