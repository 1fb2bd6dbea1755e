"""The one loop of learning: iterate, evaluate, keep the best, write checkpoints, obey a request to stop."""

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from premotor.errors import PremotorError
from premotor.files import read_json, replace_atomically, write_json
from premotor.runs.arrays import Arrays, save_arrays
from premotor.runs.checkpoints import Checkpoint, CheckpointRecord, save_checkpoint, step_name
from premotor.runs.figures import better
from premotor.runs.kinds import Work
from premotor.runs.progress import TrainingProgress
from premotor.runs.run_folder import MetricsLog, RunFolder
from premotor.runs.tracking import Tracking, numbers

if TYPE_CHECKING:
    from premotor.learning import Learner


class StopRequest:
    """Whether the user, or the machine, asked this process to stop."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def obey(self) -> None:
        """End the process's work in the way that the signal would have; nothing where none came."""
        if self.signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self.signal is not None:
            raise SystemExit(128 + self.signal)


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Note the first SIGINT, SIGTERM or SIGHUP instead of dying of it; a second Ctrl-C interrupts at once.

    A process for which SIGHUP is ignored, as by nohup, goes on ignoring it. Outside the main thread, where signals
    never arrive, nothing is noted.
    """
    request = StopRequest()

    def note(number: int, frame: FrameType | None) -> None:
        request.signal = number
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    wanted = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        wanted.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in wanted}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class LearnerWork:
    """Work that one of `LEARNERS` does; a subclass says the rest of `Work`."""

    learner: "Learner"

    @property
    def iteration(self) -> int:
        """Iterations so far."""
        return self.learner.iteration

    @property
    def steps(self) -> int:
        """Steps of the task so far."""
        return self.learner.steps

    @property
    def finished(self) -> bool:
        """Whether the learner's settings ask for no more."""
        return self.learner.finished

    def iterate(self) -> dict[str, object]:
        """One iteration of the learner, timed."""
        began, before = time.monotonic(), self.steps
        row = self.learner.iterate()
        return row | {"steps_per_second": (self.steps - before) / max(time.monotonic() - began, 1e-9)}

    def snapshot(self) -> Arrays:
        """Everything that the next iteration depends on."""
        return self.learner.snapshot()

    def restore(self, arrays: Arrays, source: Path) -> None:
        """Take over from a snapshot of the same experiment."""
        self.learner.restore(arrays, source)


class Loop:
    """Work of any kind in its run folder, from where a checkpoint left it.

    Args:
        work: it is at the beginning, or was restored from `checkpoint` already.
        places: its run folder.
        checkpoint: where it was put down.
    """

    def __init__(self, work: Work, places: RunFolder, checkpoint: Checkpoint | None = None):
        self.work, self.places = work, places
        record: CheckpointRecord = {} if checkpoint is None else checkpoint.record
        self.seconds = float(record.get("seconds", 0.0))
        self.best, self.evaluation = record.get("best"), record.get("evaluation")
        self._saved = 0 if checkpoint is None else checkpoint.step
        if checkpoint is not None and "best" not in record and places.best_record.exists():
            held = read_json(places.best_record)  # older runs of spiking agents keep it there alone
            self.best = held if held.get("step", held.get("iteration", 0)) <= checkpoint.step else None

    def run(self, teller: TrainingProgress) -> None:
        """Learn until the settings say that it is enough.

        Raises:
            PremotorError: training diverged; the last checkpoint is good.
            KeyboardInterrupt: Ctrl-C, after a checkpoint was written.
            SystemExit: the termination signal, likewise.
        """
        try:
            self._run(teller)
        except OSError as error:  # a full disk above all
            place = f": {error.filename}" if error.filename else ""
            raise PremotorError(
                f"{error.strerror or error}{place}; {self._good()}; go on with: premotor resume {self.places.path}"
            ) from error

    def _run(self, teller: TrainingProgress) -> None:
        work, places, schedule = self.work, self.places, self.work.schedule
        began = time.monotonic() - self.seconds
        last_saved = time.monotonic()
        with (
            MetricsLog(places.metrics_file) as log,
            closing(Tracking(places, work.step)) as tracking,
            stop_requests() as request,
        ):
            finished = None
            while finished is None:
                before = work.step
                try:
                    row = dict(work.iterate())
                    self.seconds = time.monotonic() - began
                    finished = self._enough()
                    if finished or self._due(schedule.evaluate_every, before):
                        self._evaluate()
                        finished = finished or self._good_enough()
                        if schedule.log_score and self.evaluation is not None:
                            row["evaluation"] = self.evaluation.get("score")
                except FloatingPointError as error:
                    raise PremotorError(self._diverged(before, error)) from error
                row |= {"iteration": work.iteration, "steps": work.steps, "seconds": round(self.seconds, 3)}
                log.append(row)
                self._tell(tracking, row)
                teller.update(work.step, work.line(row, self.evaluation))
                waited = time.monotonic() - last_saved
                if (
                    finished
                    or request.signal
                    or (schedule.save_seconds is not None and waited >= schedule.save_seconds)
                    or self._due(schedule.save_every, before)
                ):
                    self._save(finished)
                    last_saved = time.monotonic()
                if request.signal and not finished:
                    teller.say(
                        f"stopped after {work.step:,} {schedule.unit} with a checkpoint; "
                        f"continue with: premotor resume {places.path}"
                    )
                    request.obey()

    def _due(self, every: int | None, before: int) -> bool:
        """Whether this iteration reached a multiple of `every`: a rule that resuming cannot shift."""
        return every is not None and self.work.step // every > before // every

    def _enough(self) -> str | None:
        if self.work.finished:
            return "steps"
        minutes = self.work.schedule.stop_minutes
        return "minutes" if minutes is not None and self.seconds >= 60 * minutes else None

    def _good_enough(self) -> str | None:
        target, score = self.work.schedule.stop_score, (self.evaluation or {}).get("score")
        return "score" if target is not None and score is not None and score >= target else None

    def _evaluate(self) -> None:
        places, step = self.places, self.work.step
        figures = dict(self.work.test(self.best))
        self.evaluation = {"step": step, **figures}
        write_json(places.evaluations_folder / f"{step_name(step)}.json", self.evaluation)
        if better(figures, self.best):
            self.best = self.evaluation
            places.best_folder.mkdir(exist_ok=True)
            with replace_atomically(places.best_file) as aside:
                save_arrays(aside, self.work.candidate)
            write_json(places.best_record, self.best)

    def _tell(self, tracking: Tracking, row: Mapping[str, object]) -> None:
        step, found = self.work.step, numbers(row)
        if self.evaluation and self.evaluation["step"] == step:
            found |= {f"evaluation/{name}": value for name, value in numbers(self.evaluation).items()}
        tracking.tell(found, step)

    def _save(self, finished: str | None) -> None:
        work = self.work
        record: CheckpointRecord = {
            "iteration": work.iteration,
            "steps": work.steps,
            "seconds": self.seconds,
            "finished": finished,
            "best": self.best,
            "evaluation": self.evaluation,
        }
        save_checkpoint(self.places.checkpoints_folder, work.step, work.snapshot(), record, work.schedule.keep)
        self._saved = work.step

    def _diverged(self, before: int, error: Exception) -> str:
        return f"training diverged after step {before:,} ({error}); {self._good()}; {self.work.hint}"

    def _good(self) -> str:
        if self._saved:
            return f"the checkpoint of step {self._saved:,} in {self.places.path} is good"
        return "there is no checkpoint yet"
