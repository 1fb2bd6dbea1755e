"""A search for settings by Optuna: trials side by side on any engine, watched, pruned, gone on with after a kill."""

import json
import os
import time
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from premotor.errors import PremotorError
from premotor.files import Lock, read_bytes, write_atomically, write_json
from premotor.runs.loading import Overrides, Source, dump_settings, load_settings
from premotor.runs.loop import stop_requests
from premotor.runs.progress import speaker
from premotor.settings import note
from premotor.studies.engines import Ended, Engine, engine_for, engine_settings, status_of
from premotor.studies.processes import POLL, Job, is_cut_off, last_line, training
from premotor.studies.samplers import grid_point, grid_size, pruner_of, sampler_of
from premotor.studies.scheduling import CANCEL, begins_again, obey
from premotor.studies.spaces import decoded
from premotor.studies.sweeps import Sweep, is_sweep, open_sweep

if TYPE_CHECKING:
    import optuna

MOST_JOURNAL = 2**30
"""Bytes of a journal that are read."""
HOPELESS = 5
"""The search ends where so many trials failed and none succeeded."""


def sweep(
    source: Source,
    search: Mapping[str, object] | Sequence[str] = (),
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
    engine: str | Mapping[str, object] | None = None,
    output: str | os.PathLike[str] | None = None,
    overrides: Overrides = (),
    initial: str | os.PathLike[str] | None = None,
    just_init: bool = False,
    progress: bool = True,
) -> Sweep:
    """Search for settings of any experiment. Called again with the same words, or with its folder, it goes on.

    Trials are runs in ``trials/`` of the search's folder, one after another in each process as in `compare`;
    ``trials.json`` holds their figures, ``best.yaml`` the settings of the best one, and
    ``study.journal`` what Optuna knows.

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
        jobs: trials side by side; by default one a core, or as many as the engine has room for. With one, the search is
            the same however often it was killed.
        engine: where they run: the name of an engine, or a mapping with its `kind` and settings; None: this machine.
        output: the search's folder; by default ``runs/<name>-sweep``.
        overrides: settings of all trials, by dotted key.
        initial: a folder of trained runs: each trial begins with the weights of one of them, and has its wiring.
        just_init: make the folder and the settings of all trials, ``trials/<number>.yaml``, and train none; called
            again without it, the search trains them.
        progress: print a line for each trial.

    Raises:
        PremotorError: Optuna is missing; a wrong setting, space or figure; another search's folder; or all trials fail.
        KeyboardInterrupt: stopped by the user, after each running trial wrote a checkpoint.
    """
    _check_optuna()
    if trials is not None and trials < 1:
        raise PremotorError(f"trials is {trials}; at least 1 is needed")
    chosen = engine_settings(engine, jobs)
    options: dict[str, object] = {"sampler": sampler, "pruner": pruner, "score": score, "minimise": minimise}
    options |= {"seed": seed, "episodes": episodes}
    if is_sweep(str(source)):
        given = any(value is not None for value in (*options.values(), initial))
        if given or where or search or overrides:
            raise PremotorError(
                f"{source} is a search already; only trials, jobs and an engine can be given to go on with it"
            )
        made, lock = Sweep(str(source)), Lock(Path(str(source)))
    else:
        place = sweep_folder(source, output, overrides)
        made, lock = open_sweep(source, search, place, overrides, where=where, initial=initial, **options)
    try:
        wanted = trials or (grid_size(made.settings) if made.settings.sampler == "grid" else 50)
        if made.settings.sampler == "grid":
            wanted = min(wanted, grid_size(made.settings))
        (made.folder / CANCEL).unlink(missing_ok=True)
        runner = _Runner(made, engine_for(chosen, made.folder), progress)
        if just_init:
            runner.prepare(wanted)
        else:
            runner.run(wanted)
    finally:
        lock.release()
    return made


def sweep_folder(source: Source, output: str | os.PathLike[str] | None = None, overrides: Overrides = ()) -> Path:
    """Where a search goes: `output`, else a folder by the name of the experiment."""
    if output is not None:
        return Path(output)
    return Path("runs") / f"{load_settings(source, overrides).name}-sweep"


class _Runner:
    """One process's work on a search."""

    def __init__(self, made: Sweep, engine: Engine, progress: bool):
        self.sweep, self.engine = made, engine
        self.say = speaker(progress)
        self.study = _study(made)
        self.jobs: dict[str, Job] = {}
        """At work, by name."""
        self.trials: dict[str, optuna.Trial] = {}
        """The trial of each job."""
        self.tries: Counter[str] = Counter()
        """How often a job was ended from outside."""
        self.began: dict[str, float] = {}
        self.pruned: set[str] = set()
        """Jobs whose trial is over, and which still write their checkpoint."""
        self.seen: dict[int, int] = {}
        """Evaluations of each trial that the pruner was told."""

    def run(self, wanted: int) -> None:
        """Bring the search to `wanted` trials."""
        import optuna

        states = optuna.trial.TrialState
        interrupted = [trial for trial in self.study.get_trials(deepcopy=False) if trial.state == states.RUNNING]
        waiting = []
        for trial in interrupted:
            self.study.sampler = sampler_of(self.sweep.settings, trial.number)
            waiting.append(optuna.trial.Trial(self.study, trial._trial_id))
        try:
            self._work(waiting, wanted)
        finally:
            self.engine.close()
            self._write()

    def prepare(self, wanted: int) -> None:
        """Draw the settings of `wanted` trials and write them, without a run."""
        if self.sweep.settings.sampler == "tpe":
            note("without results the sampler tpe draws at random; trials drawn beyond these follow the results")
        for _ in range(len(self.study.get_trials(False)), wanted):
            self._draw()
            self._give_up_if_hopeless()
        self._write()

    def _draw(self) -> "tuple[optuna.Trial, dict[str, object]] | None":
        """The next trial and its values, with its settings written; None where these do not go together."""
        number = len(self.study.get_trials(False))
        self.study.sampler = sampler_of(self.sweep.settings, number)
        if self.sweep.settings.sampler == "grid":
            self.study.enqueue_trial(grid_point(self.sweep.settings, number))
        return self._set(self.study.ask())

    def _set(self, trial: "optuna.Trial") -> "tuple[optuna.Trial, dict[str, object]] | None":
        values = {key: space.suggest(trial, key) for key, space in self.sweep.settings.search.items()}
        file = self.sweep.trial_folder(trial.number).with_suffix(".yaml")
        try:
            write_atomically(file, dump_settings(self.sweep.trial_settings(values)))
        except PremotorError as error:  # each value is allowed, but these do not go together
            trial.set_user_attr("failure", str(error))
            self._tell(trial, None, "FAIL", f"failed: {error}")
            return None
        return trial, values

    def _work(self, waiting: "list[optuna.Trial]", wanted: int) -> None:
        engine = self.engine
        with stop_requests() as request:
            left = list(engine.reattach(begun := self._begin(waiting, wanted)))
            if len(left) < len(begun):
                self.say(f"{len(begun) - len(left)} trials of a former call wait or work still")
            while left or self.jobs:
                if left:
                    engine.submit(left)
                ended = engine.ended(POLL)
                obey(request, engine, (self.sweep.folder / CANCEL).exists)
                left = [job for each in ended if (job := self._judge(each)) is not None]
                for job in list(self.jobs.values()) if self.sweep.settings.pruner != "none" else ():
                    self._prune_if_poor(job)
                left += self._begin(waiting, wanted)

    def _begin(self, waiting: "list[optuna.Trial]", wanted: int) -> list[Job]:
        """Jobs of the next trials, as many as there is room for: those that were interrupted, then new ones."""
        begun = []
        while len(self.jobs) < self.engine.at_once and (waiting or len(self.study.get_trials(False)) < wanted):
            job = self._job(waiting.pop(0) if waiting else None)
            if job is not None:
                begun.append(job)
            self._give_up_if_hopeless()
        return begun

    def _job(self, trial: "optuna.Trial | None") -> Job | None:
        made = self._draw() if trial is None else self._set(trial)
        if made is None:
            return None
        trial, values = made
        going = self.sweep.trial_folder(trial.number).exists()
        self.say(f"trial {trial.number}: {'goes on, ' if going else ''}{_words(values)}")
        job = self._training(trial)
        self.jobs[job.name], self.trials[job.name], self.began[job.name] = job, trial, time.monotonic()
        self._write()
        return job

    def _training(self, trial: "optuna.Trial") -> Job:
        folder = self.sweep.trial_folder(trial.number)
        file, episodes = folder.with_suffix(".yaml"), self.sweep.settings.episodes
        return training(folder.name, file, folder, episodes, self.engine.threads)

    def _prune_if_poor(self, job: Job) -> None:
        if job.name in self.pruned:
            return
        trial = self.trials[job.name]
        with suppress(PremotorError):  # a file that is just being written
            curve = self.sweep.kind.curve(self.sweep.trial_folder(trial.number), self.sweep.settings.score)
            for step in range(self.seen.get(trial.number, 0), len(curve)):
                trial.report(curve[step], step)
                self.seen[trial.number] = step + 1
                if trial.should_prune():
                    self.pruned.add(job.name)
                    self.engine.stop(job)
                    self._tell(trial, None, "PRUNED", f"pruned after {step + 1} evaluations")
                    return

    def _judge(self, each: Ended) -> Job | None:
        """Take in how a job ended; the job where it has to go on."""
        job, trial = self.jobs[each.name], self.trials[each.name]
        status, folder = status_of(each, job), self.sweep.trial_folder(trial.number)
        if job.name not in self.pruned and (status is None or is_cut_off(status)):
            self.tries[job.name] += 1
            self.say(f"trial {trial.number}: its process was ended from outside; it goes on")
            if begins_again(self.engine, status, self.tries[job.name]):
                return self._training(trial)
        elif job.name not in self.pruned:
            self._score(job, trial, folder, status)
        del self.jobs[job.name]
        self.pruned.discard(job.name)
        return None

    def _score(self, job: Job, trial: "optuna.Trial", folder: Path, status: int | None) -> None:
        if status or not self.sweep.kind.done(folder):
            said = last_line(job.log)
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
        trial.set_user_attr("seconds", round(time.monotonic() - self.began[job.name], 1))
        if isfinite(score):
            self._tell(trial, score, "COMPLETE", f"{key} {score:.4g}")
        else:
            trial.set_user_attr("failure", f"{key} does not exist: too little was learned")
            self._tell(trial, None, "FAIL", f"failed: {key} does not exist")

    def _tell(self, trial: "optuna.Trial", value: float | None, state: str, words: str) -> None:
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


def _words(values: Mapping[str, object]) -> str:
    return ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in values.items()
    )


def _check_optuna() -> None:
    """Say in time that Optuna is missing."""
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise PremotorError("a search needs optuna, which is not installed: pip install 'premotor[sweep]'") from None


def _study(sweep: Sweep) -> "optuna.Study":
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
            pruner=pruner_of(sweep.settings),
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
