"""One process's work on a run of a spiking agent: a learner, its tests and its schedule."""

import numpy as np
from numpy.typing import NDArray

from premotor.bodies.physics import available_cores
from premotor.learning import LEARNERS
from premotor.runs.figures import Figures
from premotor.runs.kinds import Arrays, Schedule
from premotor.runs.loop import LearnerWork
from premotor.runs.spiking.evaluation import try_weights
from premotor.runs.spiking.run import Arena


class SpikingWork(LearnerWork):
    """A learner of a spiking agent, as the loop moves it on.

    Args:
        arena: the agent's network and task.
        weights: plastic weights (mV) to begin with; None: the network's own.
    """

    hint = "smaller plasticity rates may help"

    def __init__(self, arena: Arena, weights: NDArray[np.float64] | None = None):
        self.arena = arena
        settings = arena.settings
        self.parameters: int | None = int(arena.network.plastic.sum())
        threads = settings.threads or available_cores()
        made = LEARNERS[settings.learning.kind]
        self.learner = made(arena, None, settings.learning, seed=settings.seed, threads=threads)
        if weights is not None:
            self.learner.adopt(weights)
        self.schedule = Schedule(
            settings.evaluation.every,
            settings.checkpoints.every,
            None,
            settings.checkpoints.keep,
            settings.learning.most,
            settings.stop.score,
            unit="iterations",
            log_score=True,
        )

    @property
    def step(self) -> int:
        """Checkpoints and evaluations are numbered by iterations."""
        return self.iteration

    @property
    def initial(self) -> Arrays:
        """Plastic weights, mV."""
        return {"weights": self.learner.candidate}

    candidate = initial

    def test(self, best: object) -> dict[str, object]:
        """Episodes without plasticity from the start states of the settings' seed."""
        chosen = self.arena.settings.evaluation
        figures = try_weights(self.arena, self.learner.candidate, chosen.episodes, chosen.seed).figures
        return {**figures, "iteration": self.iteration, "steps": self.steps}

    def line(self, row: Figures, evaluation: object) -> str:
        """Steps, speed of learning, length of episodes or return, the newest test."""
        test = f" · test {row['evaluation']:.1f}" if "evaluation" in row else ""
        of = "episodes of" if self.arena.settings.task.kind == "cartpole" else "return"
        return f"{self.steps:,} steps · {row['steps_per_second']:,.0f} steps/s · {of} {row['fitness']:.1f}{test}"
