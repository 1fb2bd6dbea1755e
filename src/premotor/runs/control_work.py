"""Learning in copies of a task, as work: PPO, DDPG and all other learners of `LEARNERS`."""

from pathlib import Path

from premotor.bodies import PhysicsError
from premotor.connectome import Circuit
from premotor.host_random import folded, key_of
from premotor.learning import LEARNERS
from premotor.learning.base import refused
from premotor.learning.cloning import cloned
from premotor.learning.teacher import Teacher
from premotor.learning.trees import fill, flatten
from premotor.networks import Controller
from premotor.runs.building import controller_for
from premotor.runs.episodes import Episodes, joined
from premotor.runs.figures import Figures, better
from premotor.runs.kinds import Arrays, Schedule
from premotor.runs.loop import LearnerWork
from premotor.runs.settings import Experiment
from premotor.settings import note
from premotor.tasks import build_environment, build_task

START = Path("initial/start.safetensors")
LEARNER = "learner/"
"""What the names of arrays begin with that a warm start gives to the learner beside its controller."""


def _with(controller: Controller, adopted: Arrays) -> Controller:
    """The controller with what a warm start takes over."""
    return fill(controller, flatten(controller, "controller/") | adopted, START, "controller/")


class Learning(LearnerWork):
    """Everything that learning in copies of a task carries along in memory.

    Evaluations and checkpoints read this state and never touch it, so they do not alter the numbers.
    """

    hint = "a lower learning.learning_rate may help"

    def __init__(self, settings: Experiment, circuit: Circuit, start: Arrays | None = None):
        """The state before the first iteration; `start` as `Control.start` and `adopt` gave it.

        Raises:
            PremotorError: the circuit cannot drive this task with these settings.
        """
        self.settings = settings
        self._task = build_task(settings.task)
        start = dict(start or {})
        adopted = {name: start.pop(name) for name in list(start) if name.startswith("controller/")}
        inherited = {name.removeprefix(LEARNER): start.pop(name) for name in list(start) if name.startswith(LEARNER)}
        learning, chosen = settings.learning, settings.checkpoints
        learner = LEARNERS[learning.kind]
        controller = controller_for(circuit, self._task, settings, start or None, calibrate=not learner.calibrates)
        if adopted:
            controller = _with(controller, adopted)
        refused(learner, controller, None, learning)  # before worlds are made for it
        self.environment = build_environment(
            self._task, learning.environments, threads=settings.threads, seed=settings.seed, back_end=settings.physics
        )
        self.learner = learner(controller, self.environment, learning, seed=settings.seed, threads=settings.threads)
        if adopted and learner.calibrates:
            # measured anew, the coordinates of the read-out would be others than those its weights were learned in
            self.learner.adopt(_with(self.learner.candidate, adopted))
        if inherited:
            self.learner.inherit(inherited, START)
        self._untaught = settings.cloning.iterations > 0
        self.parameters: int | None = controller.learned
        self._tests: dict[int, Episodes] = {}
        self.schedule = Schedule(
            settings.evaluation.every_steps,
            chosen.every_steps,
            chosen.every_seconds,
            chosen.keep,
            learning.steps,
            settings.stop.score,
            settings.stop.minutes,
        )

    @property
    def step(self) -> int:
        """Control steps of learning so far."""
        return self.steps

    def _teach(self) -> None:
        """Cloning, once, before anything is learned; a run that goes on from a checkpoint has had it."""
        if self._untaught:
            self._untaught = False
            settings, task = self.settings.cloning, self._task
            teacher = None
            if settings.expert is not None:
                from premotor.runs.own_loop import trained  # with all that shows a controller at work

                note(f"taught by {settings.expert} before learning begins, in {settings.rounds} rounds after the first")
                teacher = Teacher(trained(settings.expert).controller, task, self.settings.threads)
            key = folded(key_of(self.settings.seed), 1)
            self.learner.adopt(cloned(self.learner.candidate, task, settings, key, teacher, note))

    def restore(self, arrays: Arrays, source: Path) -> None:
        """Go on from a checkpoint, where cloning has been."""
        self._untaught = False
        super().restore(arrays, source)

    @property
    def initial(self) -> Arrays:
        """The controller as it is now; before the first iteration that of the beginning."""
        self._teach()
        return flatten(self.learner.candidate)

    candidate = initial

    def iterate(self) -> dict[str, object]:
        """One iteration of the learner."""
        self._teach()
        try:
            return super().iterate()
        except PhysicsError as error:
            raise FloatingPointError(str(error)) from error

    def test(self, best: Figures | None) -> dict[str, object]:
        """Episodes that are the same every time; further ones where they are the best so far and `confirm` is set."""
        chosen, controller = self.settings.evaluation, self.learner.candidate
        episodes = self._episodes(chosen.episodes, chosen.seed)
        try:
            records = episodes.run(controller)
            figures = episodes.figures(records)
            if chosen.confirm and better(figures, best):
                further = self._episodes(chosen.confirm, chosen.seed + 1).run(controller)
                figures = episodes.figures(joined(records, further))
        except PhysicsError as error:
            raise FloatingPointError(str(error)) from error
        return figures

    def line(self, row: Figures, evaluation: Figures | None) -> str:
        """Speed of learning, return, speed of the body."""
        parts = [f"{row['steps_per_second']:,.0f} steps/s"]
        if row.get("return") is not None:
            parts.append(f"return {row['return']:.1f}")
        if evaluation is not None and evaluation.get("speed") is not None:
            parts.append(f"speed {evaluation['speed']:.2f} {self._task.speed_unit}")
        return " · ".join(parts)

    def _episodes(self, count: int, seed: int) -> Episodes:
        """The same test episodes every time, made when first asked for."""
        if seed not in self._tests:
            task = build_task(self.settings.task)
            self._tests[seed] = Episodes(task, count, self.settings.evaluation.seconds, seed, self.settings.threads)
        return self._tests[seed]
