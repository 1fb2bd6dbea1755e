"""One process's work on a run: iterate, evaluate, keep the best, write checkpoints, stop."""

import time
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from premotor.bodies import PhysicsError
from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.learning import LEARNERS
from premotor.runs.arrays import flatten, save_arrays
from premotor.runs.building import controller_for
from premotor.runs.checkpoints import ARRAYS, Checkpoint, save_checkpoint, step_name
from premotor.runs.cloning import cloned
from premotor.runs.episodes import Episodes, joined
from premotor.runs.files import replace_atomically, write_json
from premotor.runs.metrics import MetricsLog
from premotor.runs.progress import TrainingProgress
from premotor.runs.run_folder import RunFolder
from premotor.runs.settings import Experiment
from premotor.runs.stopping import stop_requests
from premotor.tasks import build_environment, build_task


class Session:
    """Everything that learning carries along in memory, and the loop that moves it on.

    Evaluations and checkpoints read this state and never touch it, so they do not alter the numbers.
    """

    def __init__(self, settings: Experiment, circuit: Circuit, start: Mapping[str, np.ndarray] | None = None):
        """The state before the first iteration; `start` holds parameters of the network to start from.

        Raises:
            PremotorError: the circuit cannot drive this task with these settings.
        """
        self.settings = settings
        task = build_task(settings.task)
        controller = controller_for(circuit, task, settings, start)
        learning = settings.learning
        self.environment = build_environment(
            task, learning.environments, threads=settings.threads, seed=settings.seed, back_end=settings.physics
        )
        self.learner = LEARNERS[learning.kind](controller, self.environment, learning, seed=settings.seed)
        if settings.cloning.iterations:
            key = jax.random.fold_in(jax.random.PRNGKey(settings.seed), 1)
            self.learner.adopt(cloned(self.learner.candidate, task, settings.cloning, key))
        self.seconds = 0.0
        self.best: dict[str, Any] | None = None
        self.evaluation: dict[str, Any] | None = None
        self._tests: dict[int, Episodes] = {}
        self._saved = 0

    @property
    def step(self) -> int:
        """Control steps of learning so far."""
        return self.learner.steps

    @property
    def iteration(self) -> int:
        """Iterations of learning so far."""
        return self.learner.iteration

    def restore(self, checkpoint: Checkpoint) -> None:
        """Take over from a checkpoint of the same experiment.

        Raises:
            PremotorError: it is not of this experiment.
        """
        self.learner.restore(checkpoint.arrays, checkpoint.folder / ARRAYS)
        self.seconds = float(checkpoint.record.get("seconds", 0.0))
        self.best = checkpoint.record.get("best")
        self.evaluation = checkpoint.record.get("evaluation")
        self._saved = checkpoint.step

    def run(self, places: RunFolder, teller: TrainingProgress) -> None:
        """Learn until the settings say that it is enough.

        Raises:
            PremotorError: training diverged; the last checkpoint is good.
            KeyboardInterrupt: Ctrl-C, after a checkpoint was written.
            SystemExit: the termination signal, likewise.
        """
        from tensorboardX import SummaryWriter  # slow to import, and needed here only

        began = time.monotonic() - self.seconds
        last_saved = time.monotonic()
        with (
            MetricsLog(places.metrics_file) as log,
            SummaryWriter(str(places.events_folder), purge_step=self.step + 1, flush_secs=10) as events,
            stop_requests() as request,
        ):
            finished = None
            while finished is None:
                before = self.step
                try:
                    row = self._iterate()
                    self.seconds = time.monotonic() - began
                    finished = self._enough()
                    if finished or self._due(self.settings.evaluation.every_steps, before):
                        self._evaluate(places)
                        finished = finished or self._good_enough()
                except (FloatingPointError, PhysicsError) as error:
                    raise PremotorError(self._diverged(places, before, error)) from error
                row |= {"iteration": self.iteration, "steps": self.step, "seconds": round(self.seconds, 3)}
                log.append(row)
                for name, value in row.items():
                    events.add_scalar(name, value, self.step)
                if self.evaluation and self.evaluation["step"] == self.step:
                    for name, value in self.evaluation.items():
                        if value is not None:
                            events.add_scalar(f"evaluation/{name}", value, self.step)
                teller.update(self.step, row, self.evaluation)
                every = self.settings.checkpoints
                waited = time.monotonic() - last_saved
                if (
                    finished
                    or request.signal
                    or (every.every_seconds is not None and waited >= every.every_seconds)
                    or self._due(every.every_steps, before)
                ):
                    self._save(places, finished)
                    last_saved = time.monotonic()
                if request.signal and not finished:
                    teller.say(
                        f"stopped after {self.step:,} steps with a checkpoint; "
                        f"continue with: premotor resume {places.path}"
                    )
                    request.obey()

    def _iterate(self) -> dict[str, Any]:
        began, before = time.monotonic(), self.step
        metrics = self.learner.iterate()
        return metrics | {"steps_per_second": (self.step - before) / (time.monotonic() - began)}

    def _due(self, every: int | None, before: int) -> bool:
        """Whether this iteration reached a multiple of `every`: a rule that resuming cannot shift."""
        return every is not None and self.step // every > before // every

    def _enough(self) -> str | None:
        if self.learner.finished:
            return "steps"
        minutes = self.settings.stop.minutes
        return "minutes" if minutes is not None and self.seconds >= 60 * minutes else None

    def _good_enough(self) -> str | None:
        target, score = self.settings.stop.score, (self.evaluation or {}).get("score")
        return "score" if target is not None and score is not None and score >= target else None

    def _evaluate(self, places: RunFolder) -> None:
        chosen, controller = self.settings.evaluation, self.learner.candidate
        episodes = self._episodes(chosen.episodes, chosen.seed)
        records = episodes.run(controller)
        figures = episodes.figures(records)
        if chosen.confirm and self._best_so_far(figures):
            further = self._episodes(chosen.confirm, chosen.seed + 1).run(controller)
            figures = episodes.figures(joined(records, further))
        self.evaluation = {"step": self.step, **figures}
        write_json(places.evaluations_folder / f"{step_name(self.step)}.json", self.evaluation)
        if self._best_so_far(figures):
            self.best = self.evaluation
            places.best_folder.mkdir(exist_ok=True)
            with replace_atomically(places.best_file) as aside:
                save_arrays(aside, flatten(controller))
            write_json(places.best_record, self.best)

    def _episodes(self, count: int, seed: int) -> Episodes:
        """The same test episodes every time, made when first asked for."""
        if seed not in self._tests:
            task = build_task(self.settings.task)
            self._tests[seed] = Episodes(task, count, self.settings.evaluation.seconds, seed, self.settings.threads)
        return self._tests[seed]

    def _best_so_far(self, figures: Mapping[str, Any]) -> bool:
        score, best = figures.get("score"), (self.best or {}).get("score")
        return self.best is None or (score is not None and (best is None or score > best))

    def _save(self, places: RunFolder, finished: str | None) -> None:
        record = {
            "iteration": self.iteration,
            "seconds": self.seconds,
            "finished": finished,
            "best": self.best,
            "evaluation": self.evaluation,
        }
        keep = self.settings.checkpoints.keep
        save_checkpoint(places.checkpoints_folder, self.step, self.learner.snapshot(), record, keep)
        self._saved = self.step

    def _diverged(self, places: RunFolder, before: int, error: Exception) -> str:
        good = "there is no checkpoint yet"
        if self._saved:
            good = f"the checkpoint of step {self._saved:,} in {places.path} is good"
        return f"training diverged after step {before:,} ({error}); {good}; a lower learning.learning_rate may help"
