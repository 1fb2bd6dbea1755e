"""A search for settings by Optuna: trials as processes side by side, watched, pruned, gone on with after a kill."""

import json
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import isfinite, prod
from pathlib import Path
from typing import Any

import numpy as np

from premotor.bodies.physics import available_cores
from premotor.errors import PremotorError
from premotor.files import Lock, read_bytes, write_atomically, write_json
from premotor.runs.loading import Overrides, dump_settings, load_settings
from premotor.runs.loop import stop_requests
from premotor.runs.progress import speaker
from premotor.settings import note
from premotor.studies.processes import POLL, Processes, Running, cut_off, last_line, training
from premotor.studies.spaces import MOST_POINTS, decoded, encoded
from premotor.studies.sweeps import Sweep, SweepSettings, is_sweep, open_sweep

MOST_JOURNAL = 2**30
"""Bytes of a journal that are read."""
HOPELESS = 5
"""The search ends where so many trials failed and none succeeded."""
HALVING = {"min_resource": 1, "reduction_factor": 3}
"""Of successive halving: evaluations before the first cut, and the part that is kept."""


def sweep(
    source: Any,
    search: Mapping[str, Any] | Sequence[str] = (),
    *,
    where: Sequence[str] = (),
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
        source: a preset's name, a YAML file or settings of an experiment of any kind; or the folder of a search to go
            on with.
        search: where to look, by setting: ``{"learning.learning_rate": "1e-4..1e-2,log", "seed": [0, 1]}``, or the same
            as texts ``"seed=[0, 1]"``.
        where: settings that follow another one: ``"A == B"`` gives A the value of B, searched or not.
        trials: how many in all; by default 50, and for a grid all its points.
        sampler: "tpe" (Optuna's tree-structured Parzen estimator), "random" or "grid".
        pruner: "none"; "median" stops trials whose evaluations are worse than the median of the others' at the same
            point, "halving" keeps the best third at each cut.
        score: the figure that counts, a key of a trial's figures.
        minimise: whether less is better.
        seed: of the sampler.
        episodes: of each test; None: as many as is usual.
        jobs: trials side by side; by default one a core. With one, the search is the same however often it was killed.
        output: the search's folder; by default ``runs/<name>-sweep``.
        overrides: settings of all trials, by dotted key.
        progress: print a line for each trial.

    Raises:
        PremotorError: Optuna is missing; a wrong setting, space or figure; another search's folder; or all trials fail.
        KeyboardInterrupt: stopped by the user, after each running trial wrote a checkpoint.
    """
    _check_optuna()
    cores = available_cores()
    jobs = cores if jobs is None else jobs
    if jobs < 1 or (trials is not None and trials < 1):
        raise PremotorError(f"jobs is {jobs} and trials {trials}; at least 1 of each is needed")
    options: dict[str, Any] = {"sampler": sampler, "pruner": pruner, "score": score, "minimise": minimise, "seed": seed}
    options |= {"episodes": episodes, "where": tuple(where) or None}
    if is_sweep(str(source)):
        given = [name for name, value in options.items() if value is not None]
        if given or search or overrides:
            raise PremotorError(f"{source} is a search already; only trials and jobs can be given to go on with it")
        made, lock = Sweep(source), Lock(Path(source))
    else:
        made, lock = open_sweep(source, search, sweep_folder(source, output, overrides), overrides, **options)
    try:
        wanted = trials or (_grid_size(made.settings) if made.settings.sampler == "grid" else 50)
        if made.settings.sampler == "grid":
            wanted = min(wanted, _grid_size(made.settings))
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
        self.study = _study(made)
        self.processes = Processes()
        self.trials: dict[str, Any] = {}
        """Trials at work by the name of their job."""
        self.seen: dict[int, int] = {}
        """Evaluations of each trial that the pruner was told."""

    def run(self, wanted: int) -> None:
        """Bring the search to `wanted` trials."""
        import optuna

        states = optuna.trial.TrialState
        interrupted = [trial for trial in self.study.get_trials(deepcopy=False) if trial.state == states.RUNNING]
        waiting = []
        for trial in interrupted:
            self.study.sampler = _sampler(self.sweep.settings, trial.number)
            waiting.append(optuna.trial.Trial(self.study, trial._trial_id))
        try:
            with self.processes:
                self._work(waiting, wanted)
        finally:
            self._write()

    def _work(self, waiting: list[Any], wanted: int) -> None:
        running = self.processes.running
        with stop_requests() as request:
            while True:
                while len(running) < self.jobs and (waiting or len(self.study.get_trials(False)) < wanted):
                    self._begin(waiting.pop(0) if waiting else None)
                    self._give_up_if_hopeless()
                if not running:
                    break
                time.sleep(POLL)
                request.obey()
                for each in self.processes.ended():
                    self._judge(each)
                for each in list(running) if self.sweep.settings.pruner != "none" else ():
                    self._prune_if_poor(each)

    def _begin(self, trial: Any) -> None:
        sweep, study = self.sweep, self.study
        fresh = trial is None
        if fresh:
            number = len(study.get_trials(False))
            study.sampler = _sampler(sweep.settings, number)
            if sweep.settings.sampler == "grid":
                study.enqueue_trial(_grid_point(sweep.settings, number))
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
        self.say(f"trial {trial.number}: {'' if fresh else 'goes on, '}{_words(values)}")
        self.processes.begin(training(folder.name, file, folder, sweep.settings.episodes, self.threads))
        self.trials[folder.name] = trial
        self._write()

    def _prune_if_poor(self, each: Running) -> None:
        trial = self.trials[each.job.name]
        with suppress(PremotorError):  # a file that is just being written
            curve = self.sweep.kind.curve(self.sweep.trial_folder(trial.number), self.sweep.settings.score)
            for step in range(self.seen.get(trial.number, 0), len(curve)):
                trial.report(curve[step], step)
                self.seen[trial.number] = step + 1
                if trial.should_prune():
                    self.processes.stop(each)
                    self._tell(trial, None, "PRUNED", f"pruned after {step + 1} evaluations")
                    return

    def _judge(self, each: Running) -> None:
        trial = self.trials[each.job.name]
        folder = self.sweep.trial_folder(trial.number)
        if cut_off(each):
            self.say(f"trial {trial.number}: its process was ended from outside; it goes on")
            if not each.job.again:
                self.processes.begin(each.job._replace(again=True))
            return  # a second time: it stays as it is, for the next call of this search
        if each.process.returncode or not self.sweep.kind.done(folder):
            said = last_line(each.job.log)
            trial.set_user_attr("failure", said)
            self._tell(trial, None, "FAIL", f"failed: {said}")
            self._give_up_if_hopeless()
            return
        figures = self.sweep.kind.scores(folder)
        for name, value in figures.items():
            trial.set_user_attr(name, value if isfinite(value) else None)
        key = self.sweep.settings.score
        if key not in figures:
            self._tell(trial, None, "FAIL", "failed")
            raise PremotorError(
                f"the trials have no figure {key!r} to score by; they have {', '.join(sorted(figures))}"
            )
        score = figures[key]
        trial.set_user_attr("seconds", round(time.monotonic() - each.began, 1))
        if isfinite(score):
            self._tell(trial, score, "COMPLETE", f"{key} {score:.4g}")
        else:
            trial.set_user_attr("failure", f"{key} does not exist: too little was learned")
            self._tell(trial, None, "FAIL", f"failed: {key} does not exist")

    def _tell(self, trial: Any, value: float | None, state: str, words: str) -> None:
        import optuna

        self.study.tell(trial, value, state=optuna.trial.TrialState[state])
        self.say(f"trial {trial.number}: {words}")
        self._write()

    def _give_up_if_hopeless(self) -> None:
        trials = self.study.get_trials(False)
        failed = [trial for trial in trials if trial.state.name == "FAIL"]
        if len(failed) >= HOPELESS and all(trial.state.name in ("FAIL", "RUNNING") for trial in trials):
            raise PremotorError(
                f"all of the first {len(failed)} trials failed, the last with: {failed[-1].user_attrs.get('failure')}"
            )

    def _write(self) -> None:
        rows = []
        for trial in self.study.get_trials(False):
            values = {key: decoded(value) for key, value in trial.params.items()}
            figures = dict(trial.user_attrs)
            row = {"number": trial.number, "state": trial.state.name.lower(), "score": trial.value}
            row |= {f"set/{key}": value for key, value in values.items()}
            row["evaluations"] = len(trial.intermediate_values)
            rows.append(row | {name: value for name, value in figures.items() if name not in row})
        write_json(self.sweep.folder / "trials.json", rows)
        best = self.sweep.best
        if best is not None:
            text = self.sweep.trial_folder(int(best["number"])).with_suffix(".yaml").read_text(encoding="utf-8")
            write_atomically(self.sweep.folder / "best.yaml", text)


def _words(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in values.items()
    )


def _check_optuna() -> None:
    """Say in time that Optuna is missing."""
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise PremotorError("a search needs optuna, which is not installed: pip install 'premotor[sweep]'") from None


def _study(sweep: Sweep) -> Any:
    """The study of a search, from its journal, which outlives a kill."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    class Held(JournalFileOpenLock):  # Optuna's own outlives a kill, and the next process waits for it for ever
        """Nothing to do: the lock on the folder is held."""

        def acquire(self) -> bool:
            return True

        def release(self) -> None:
            pass

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for left in sweep.folder.glob(f"{sweep.journal.name}.lock*"):  # of searches by earlier versions
        left.unlink()
    repair_journal(sweep.journal)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(sweep.journal), Held(str(sweep.journal)))),
            study_name="sweep",
            direction="minimize" if sweep.settings.minimise else "maximize",
            load_if_exists=True,
            pruner=_pruner(sweep.settings),
        )


def repair_journal(path: Path) -> None:
    """Cut a journal back to its last whole line, which a killed process or a full disk leaves torn.

    Raises:
        PremotorError: it is a link, or a line before the last is damaged.
    """
    if path.is_symlink():
        raise PremotorError(f"{path} is a symbolic link, through which nothing is written; remove it")
    if not path.exists():
        return
    data = read_bytes(path, MOST_JOURNAL)
    lines = data.split(b"\n")
    whole = lines[:-1]
    for number, line in enumerate(whole, start=1):
        try:
            json.loads(line)
        except (ValueError, RecursionError):
            if number < len(whole):
                raise PremotorError(f"{path}, line {number}, is damaged; remove what is in it from there on") from None
            whole = whole[:-1]
    kept = b"".join(line + b"\n" for line in whole)
    if kept != data:
        note(f"{path}: a torn last line of {len(data) - len(kept)} bytes is dropped")
        write_atomically(path, kept)


def _sampler(settings: SweepSettings, number: int) -> Any:
    """The sampler for one trial. Its draws depend on the search's seed and the trial's number alone, so that a search
    that was killed goes on as if it had not been."""
    from optuna import samplers

    seed = int(np.random.SeedSequence([settings.seed, number]).generate_state(1)[0])
    if settings.sampler in ("random", "grid"):
        return samplers.RandomSampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on features under trial
        return samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)


def _grid_size(settings: SweepSettings) -> int:
    """Points of the whole grid.

    Raises:
        PremotorError: there are too many.
    """
    size = prod(len(space.points()) for space in settings.search.values())
    if size > MOST_POINTS:
        raise PremotorError(f"the grid has {size:,} points; at most {MOST_POINTS:,} are allowed")
    return size


def _grid_point(settings: SweepSettings, number: int) -> dict[str, Any]:
    """The values of one point of the grid, the last setting changing fastest."""
    point = {}
    for key, space in reversed(settings.search.items()):
        values = space.points()
        number, place = divmod(number, len(values))
        point[key] = encoded(values[place])
    return point


def _pruner(settings: SweepSettings) -> Any:
    from optuna import pruners

    if settings.pruner == "median":
        return pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1)
    if settings.pruner == "halving":
        return pruners.SuccessiveHalvingPruner(**HALVING)
    return pruners.NopPruner()
