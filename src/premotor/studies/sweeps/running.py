"""A search for settings: trials as processes side by side, watched, pruned, and gone on with after a kill."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import BufferedWriter
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from premotor.bodies.physics import available_cores
from premotor.errors import PremotorError
from premotor.runs.files import write_atomically, write_json
from premotor.runs.loading import Overrides, dump_settings, load_settings
from premotor.runs.progress import speaker
from premotor.runs.stopping import stop_requests
from premotor.studies.processes import Job, last_line, start_process
from premotor.studies.sweeps.folder import Sweep, is_sweep, open_sweep
from premotor.studies.sweeps.kinds import begin, go_on
from premotor.studies.sweeps.study import check_optuna, grid_point, grid_size, open_study, sampler_for

POLL = 0.2
"""Seconds between two looks at the processes."""
HOPELESS = 5
"""The search ends where so many trials failed and none succeeded."""


class _Running(NamedTuple):
    trial: Any
    folder: Path
    process: "subprocess.Popen[bytes]"
    log: BufferedWriter
    began: float


def sweep(
    source: Any,
    search: Mapping[str, Any] | Sequence[str] = (),
    *,
    trials: int | None = None,
    sampler: str | None = None,
    pruner: str | None = None,
    score: str | None = None,
    minimise: bool | None = None,
    seed: int | None = None,
    episodes: int | None = None,
    jobs: int | None = None,
    output: str | os.PathLike[str] | None = None,
    overrides: Overrides = (),
    progress: bool = True,
) -> Sweep:
    """Search for settings of any experiment. Called again with the same words, or with its folder, it goes on.

    Trials are processes of their own, in ``trials/`` of the search's folder; ``trials.json`` holds their figures,
    ``best.yaml`` the settings of the best one, ``study.journal`` what Optuna knows.

    Args:
        source: a preset's name or a YAML file of settings: of training, of a spiking agent, or of a simulation; or the
            folder of a search to go on with.
        search: where to look, by setting: ``{"learning.learning_rate": "1e-4..1e-2,log", "seed": [0, 1]}``, or the same
            as texts ``"seed=[0, 1]"``.
        trials: how many in all; by default 50, and for a grid all its points.
        sampler: "tpe" (Optuna's tree-structured Parzen estimator), "random" or "grid".
        pruner: "none"; "median" stops trials whose evaluations are worse than the median of the others' at the same
            point, "halving" keeps the best third at each cut.
        score: the figure that counts, a key of a trial's figures.
        minimise: whether less is better.
        seed: of the sampler.
        episodes: of each test.
        jobs: trials side by side; by default one a core. With one, the search is the same however often it was killed.
        output: the search's folder; by default ``runs/<name>-sweep``.
        overrides: settings of all trials, by dotted key.
        progress: print a line for each trial.

    Raises:
        PremotorError: Optuna is missing; a wrong setting, space or figure; another search's folder; or all trials fail.
        KeyboardInterrupt: stopped by the user, after each running trial wrote a checkpoint.
    """
    check_optuna()
    cores = available_cores()
    jobs = cores if jobs is None else jobs
    if jobs < 1 or (trials is not None and trials < 1):
        raise PremotorError(f"jobs is {jobs} and trials {trials}; at least 1 of each is needed")
    options = {"sampler": sampler, "pruner": pruner, "score": score, "minimise": minimise, "seed": seed}
    options["episodes"] = episodes
    if is_sweep(str(source)):
        given = [name for name, value in options.items() if value is not None]
        if given or search or overrides:
            raise PremotorError(f"{source} is a search already; only trials and jobs can be given to go on with it")
        from premotor.runs.files import Lock

        made, lock = Sweep(source), Lock(Path(source))
    else:
        made, lock = open_sweep(source, search, sweep_folder(source, output, overrides), overrides, **options)
    try:
        wanted = trials or (grid_size(made.settings) if made.settings.sampler == "grid" else 50)
        if made.settings.sampler == "grid":
            wanted = min(wanted, grid_size(made.settings))
        _Runner(made, jobs, max(1, cores // jobs), progress).run(wanted)
    finally:
        lock.release()
    return made


def sweep_folder(source: Any, output: str | os.PathLike[str] | None = None, overrides: Overrides = ()) -> Path:
    """Where a search goes: `output`, else a folder by the name of the experiment."""
    if output is not None:
        return Path(output)
    return Path("runs") / f"{load_settings(source, overrides).name}-sweep"


class _Runner:
    """One process's work on a search."""

    def __init__(self, made: Sweep, jobs: int, threads: int, progress: bool):
        self.sweep, self.jobs, self.threads = made, jobs, threads
        self.say = speaker(progress)
        self.study = open_study(made)
        self.running: list[_Running] = []
        self.seen: dict[int, int] = {}

    def run(self, wanted: int) -> None:
        """Bring the search to `wanted` trials."""
        import optuna

        states = optuna.trial.TrialState
        interrupted = [trial for trial in self.study.get_trials(deepcopy=False) if trial.state == states.RUNNING]
        waiting = []
        for trial in interrupted:
            self.study.sampler = sampler_for(self.sweep.settings, trial.number)
            waiting.append(optuna.trial.Trial(self.study, trial._trial_id))
        try:
            self._work(waiting, wanted)
        finally:
            self._stop()
            self._write()

    def _work(self, waiting: list[Any], wanted: int) -> None:
        with stop_requests() as request:
            while True:
                while len(self.running) < self.jobs and (waiting or len(self.study.get_trials(False)) < wanted):
                    self._begin(waiting.pop(0) if waiting else None)
                    self._give_up_if_hopeless()
                if not self.running:
                    break
                time.sleep(POLL)
                request.obey()
                for each in list(self.running):
                    self._look_at(each)

    def _begin(self, trial: Any) -> None:
        sweep, study = self.sweep, self.study
        fresh = trial is None
        if fresh:
            number = len(study.get_trials(False))
            study.sampler = sampler_for(sweep.settings, number)
            if sweep.settings.sampler == "grid":
                study.enqueue_trial(grid_point(sweep.settings, number))
            trial = study.ask()
        values = {key: space.suggest(trial, key) for key, space in sweep.settings.search.items()}
        folder = sweep.trial_folder(trial.number)
        file = folder.with_suffix(".yaml")
        try:
            write_atomically(file, dump_settings(sweep.trial_settings(values)))
        except PremotorError as error:  # each value is allowed, but these do not go together
            trial.set_user_attr("failure", str(error))
            self._tell(trial, None, "FAIL", f"failed: {error}")
            return
        episodes = sweep.settings.episodes
        command = go_on(folder, episodes) if folder.exists() else None
        if command is None:
            command = begin(file, folder, self.threads, episodes)
        job = Job(folder.name, tuple(command), folder / "metrics.jsonl", folder.with_suffix(".log"))
        log = job.log.open("ab")
        self.say(f"trial {trial.number}: {'' if fresh else 'goes on, '}{_words(values)}")
        try:
            process = start_process(job, log)
        except BaseException:
            log.close()
            raise
        self.running.append(_Running(trial, folder, process, log, time.monotonic()))

    def _look_at(self, each: _Running) -> None:
        ended = each.process.poll() is not None
        if self.sweep.settings.pruner != "none" and not ended and self._poor(each):
            each.process.send_signal(signal.SIGTERM)
            each.process.wait()
            self._close(each)
            self._tell(each.trial, None, "PRUNED", f"pruned after {self.seen[each.trial.number]} evaluations")
            return
        if not ended:
            return
        self._close(each)
        if each.process.returncode or not self.sweep.kind.done(each.folder):
            said = last_line(each.folder.with_suffix(".log"))
            each.trial.set_user_attr("failure", said)
            self._tell(each.trial, None, "FAIL", f"failed: {said}")
            self._give_up_if_hopeless()
            return
        figures = self.sweep.kind.scores(each.folder)
        for name, value in figures.items():
            each.trial.set_user_attr(name, value if isfinite(value) else None)
        key = self.sweep.settings.score
        if key not in figures:
            self._tell(each.trial, None, "FAIL", "failed")
            raise PremotorError(
                f"the trials have no figure {key!r} to score by; they have {', '.join(sorted(figures))}"
            )
        score = figures[key]
        each.trial.set_user_attr("seconds", round(time.monotonic() - each.began, 1))
        if isfinite(score):
            self._tell(each.trial, score, "COMPLETE", f"{key} {score:.4g}")
        else:
            each.trial.set_user_attr("failure", f"{key} does not exist: too little was learned")
            self._tell(each.trial, None, "FAIL", f"failed: {key} does not exist")

    def _poor(self, each: _Running) -> bool:
        with suppress(PremotorError):  # a file that is just being written
            curve = self.sweep.kind.curve(each.folder, self.sweep.settings.score)
            for step in range(self.seen.get(each.trial.number, 0), len(curve)):
                each.trial.report(curve[step], step)
                self.seen[each.trial.number] = step + 1
                if each.trial.should_prune():
                    return True
        return False

    def _tell(self, trial: Any, value: float | None, state: str, words: str) -> None:
        import optuna

        self.study.tell(trial, value, state=optuna.trial.TrialState[state])
        self.say(f"trial {trial.number}: {words}")
        self._write()

    def _close(self, each: _Running) -> None:
        each.log.close()
        self.running.remove(each)

    def _give_up_if_hopeless(self) -> None:
        trials = self.study.get_trials(False)
        failed = [trial for trial in trials if trial.state.name == "FAIL"]
        if len(failed) >= HOPELESS and all(trial.state.name in ("FAIL", "RUNNING") for trial in trials):
            raise PremotorError(
                f"all of the first {len(failed)} trials failed, the last with: {failed[-1].user_attrs.get('failure')}"
            )

    def _stop(self) -> None:
        for each in self.running:
            each.process.send_signal(signal.SIGINT)
        for each in self.running:
            each.process.wait()
            each.log.close()

    def _write(self) -> None:
        from premotor.studies.sweeps.spaces import decoded

        rows = []
        for trial in self.study.get_trials(False):
            values = {key: decoded(value) for key, value in trial.params.items()}
            figures = dict(trial.user_attrs)
            row = {"number": trial.number, "state": trial.state.name.lower(), "score": trial.value}
            row |= {f"set/{key}": value for key, value in values.items()}
            rows.append(row | {"evaluations": len(trial.intermediate_values)} | figures)
        write_json(self.sweep.folder / "trials.json", rows)
        best = self.sweep.best
        if best is not None:
            text = self.sweep.trial_folder(int(best["number"])).with_suffix(".yaml").read_text(encoding="utf-8")
            write_atomically(self.sweep.folder / "best.yaml", text)


def _words(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in values.items()
    )
