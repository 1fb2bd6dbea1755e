"""Any Gymnasium environment as a task."""

from typing import Any, Literal

import numpy as np
from pydantic import Field

from premotor.settings import Settings
from premotor.tasks.gymnasium_spaces import Spaces, refused, time_step

Vectorization = Literal["auto", "own", "copies", "envpool"]
UNLIMITED = 1_000
"""Control steps of an episode where neither the settings nor the environment give a limit."""


class GymnasiumSettings(Settings):
    """Settings of `GymnasiumTask`."""

    kind: Literal["gymnasium"] = "gymnasium"
    id: str = "BipedalWalker-v3"
    """As `gymnasium.make` takes it; `module:Name-v0` imports the module that registers it."""
    options: dict[str, bool | int | float | str | list[int] | list[float] | list[str]] = Field(default_factory=dict)
    """Keyword arguments of the environment."""
    vectorization: Vectorization = "auto"
    """`own`: the vector environment that the environment brings; `copies`: many of it; `auto`: own if it has one;
    `envpool`: EnvPool's copies in C++, with random numbers of their own."""
    processes: int = Field(1, ge=0)
    """Processes that step the copies; 0 for one a core. The numbers do not depend on it."""
    control_period: float | None = Field(None, gt=0)
    """Time between two actions, s; null: the environment's `dt`, else one frame of its video, else 0.02."""
    time_limit: int | None = Field(None, ge=1)
    """Control steps after which an episode is cut; null: the environment's own limit, else 1,000."""
    restart_steps: int = Field(1_000, ge=1)
    """Steps after which all episodes of an environment's own vector environment, or of EnvPool's copies, are cut and
    started anew: resuming replays what came since."""


class GymnasiumTask:
    """An environment of Gymnasium with box observations, and box or discrete actions.

    Observations are flattened. A box of actions is scaled from [−1, 1] to its bounds (no bounds: passed on as it
    is); of a discrete space every choice is an action, and the one preferred most is executed.

    Raises:
        PremotorError: no such environment, or one with other spaces.
    """

    name = "gymnasium"

    def __init__(self, settings: GymnasiumSettings | None = None):
        self.settings = settings = settings or GymnasiumSettings()
        environment: Any = refused(settings.id, lambda: _made(settings))
        self.spaces = Spaces.of(settings.id, environment.observation_space, environment.action_space)
        self.control_period = time_step(environment, settings.control_period)
        spec = environment.spec
        own = spec.max_episode_steps if spec is not None else None
        self.time_limit: int = settings.time_limit or own or UNLIMITED
        self.own_vector = settings.vectorization == "own" or (
            settings.vectorization == "auto" and spec is not None and spec.vector_entry_point is not None
        )
        environment.close()
        self.observation_names = self.spaces.observation_names
        self.action_names = self.spaces.action_names

    def figures(self, records: dict[str, np.ndarray]) -> dict[str, float]:
        """What counts as success, from evaluation episodes.

        Args:
            records: `reward` (steps, episodes), 0 after the end of an episode; `alive` (steps, episodes), 1 until
                its end; `terminated` (episodes,), whether it ended before its time.

        Returns:
            `score`: mean return, `return_sd` its standard deviation over episodes, `length`: mean length in steps,
            `terminated`: fraction of the episodes that ended before their time, whether that is good or bad.
        """
        returns = records["reward"].sum(0)
        return {
            "score": float(returns.mean()),
            "return_sd": float(returns.std()),
            "length": float(records["alive"].sum(0).mean()),
            "terminated": float(records["terminated"].mean()),
        }


def _made(settings: GymnasiumSettings) -> Any:
    from premotor.tasks.gymnasium_worker import make_environment

    return make_environment(settings.id, settings.options)
