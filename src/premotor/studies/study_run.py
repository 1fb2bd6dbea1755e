"""Running a study: only what is new, on any engine; a run that fails stops no other."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from premotor.errors import PremotorError
from premotor.files import Lock, new_folder, write_atomically, write_json
from premotor.runs.kinds import kind_of
from premotor.runs.loading import dump_settings
from premotor.runs.settings import RunSettings
from premotor.settings import note
from premotor.studies.adopting import adopt as take_over
from premotor.studies.comparison import is_comparison
from premotor.studies.engines import ENGINES, engine_for, engine_settings
from premotor.studies.members import Member
from premotor.studies.processes import Job, training
from premotor.studies.run_index import Row
from premotor.studies.scheduling import CANCEL, run_jobs
from premotor.studies.study_folder import FILE, ROWS, Study, is_study
from premotor.studies.study_plan import experiment_settings, plan_study
from premotor.studies.study_settings import StudySettings, dump_study, read_study
from premotor.studies.sweeps import is_sweep

WRITE_EVERY = 30.0
"""Seconds between two writings of the rows while runs end."""


def study(
    source: str | os.PathLike[str] | Mapping[str, object],
    *,
    output: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    engine: str | Mapping[str, object] | None = None,
    overrides: Mapping[str, object] | None = None,
    adopt: Sequence[str | os.PathLike[str]] = (),
    progress: bool = True,
) -> Study:
    """Train every run of a study. Called again, maybe with more seeds, nulls or experiments, it runs what is new.

    Its folder holds ``study.yaml`` (complete settings), ``experiments/`` (settings of each), ``runs/`` (the run
    folders), ``rows.json`` (one row a finished run), ``index.sqlite`` (the same as a cache, made anew where it is lost)
    and ``registered.json`` (hypotheses and margins with their hash and time).

    Args:
        source: a YAML file, a mapping of settings, or the folder of a study to go on with.
        output: the folder; by default ``runs/<name>-study``.
        jobs: runs side by side; None: as the engine's settings say.
        engine: name or settings of an engine, in the place of the study's own.
        overrides: settings of the study, by dotted key.
        adopt: folders with finished runs, of a comparison for example, of which those are taken over that the study
            asks for (`premotor.studies.adopting`).
        progress: print what happens.

    Raises:
        PremotorError: wrong settings; a folder with another study; or runs that failed, when all others have ended.
        KeyboardInterrupt: stopped by the user, after each running process wrote a checkpoint.
    """
    settings = read_study(source, overrides)
    if engine is not None:
        settings = settings.model_copy(update={"engine": {"kind": engine} if isinstance(engine, str) else dict(engine)})
    chosen = engine_settings(settings.engine, jobs)
    folder = study_folder(settings, source) if output is None else Path(output)
    if isinstance(source, str | os.PathLike) and is_study(source):
        there = Study(source)
        experiments = {name: there.experiment(name) for name in settings.experiments}
    else:
        experiments = {name: experiment_settings(name, each) for name, each in settings.experiments.items()}
    plan_study(settings, experiments, note)  # what is wrong is said before anything is written
    lock = _claim(folder, settings, experiments)
    try:
        made = Study(folder)
        (folder / CANCEL).unlink(missing_ok=True)
        for place in adopt:
            for line in take_over(made, place):
                print(line, flush=True)
        made.register()  # with the number of runs that are done by now
        done = {row["name"] for row in made.finished_rows()}
        write_rows(made)
        left = [each for each in made.members if each.name not in done]
        if progress:
            print(f"{len(made.members)} runs, {len(left)} of them to do", flush=True)
        if not left:
            return made
        at_work = engine_for(chosen, folder)
        todo = [_job(made, each, at_work.threads) for each in left]
        if progress:
            print(
                f"{min(at_work.at_once, len(todo))} side by side on the engine {at_work.name}{at_work.way}", flush=True
            )
        last = time.monotonic()

        def written(job: Job) -> None:
            nonlocal last
            if time.monotonic() - last > WRITE_EVERY:
                write_rows(made)
                last = time.monotonic()

        try:
            run_jobs(todo, at_work, progress, done=written, stop=(folder / CANCEL).exists)
        finally:
            write_rows(made)
    finally:
        lock.release()
    return made


def study_folder(settings: StudySettings, source: str | os.PathLike[str] | Mapping[str, object]) -> Path:
    """Where a study goes by default: where it is already, or ``runs/<name>-study``."""
    if isinstance(source, str | os.PathLike) and is_study(source):
        return Path(source)
    return Path("runs") / f"{settings.name}-study"


def write_rows(made: Study) -> list[Row]:
    """Write ``rows.json`` anew and return the rows."""
    rows = made.finished_rows()
    write_json(made.folder / ROWS, {"study": made.settings.name, "runs": len(made.members), "rows": rows})
    return rows


def cancel_study(folder: str | os.PathLike[str]) -> str:
    """Ask for a study to stop: whoever runs it, here or elsewhere, and the jobs in a cluster's queue; what was done.

    Comparisons and searches are asked too; their jobs that wait in a queue end as soon as they begin.

    Raises:
        PremotorError: it is no such folder, or the study's engine cannot be reached.
    """
    if is_sweep(folder) or is_comparison(Path(folder)):
        (Path(folder) / CANCEL).touch()
        return "asked to stop; each run writes its checkpoint"
    made = Study(folder)
    (made.folder / CANCEL).touch()
    chosen = engine_settings(made.settings.engine)
    if not ENGINES[type(chosen).KIND].outlives:
        return "asked to stop; each run writes its checkpoint"
    at_work = engine_for(chosen, made.folder)
    left = {member.name for member in made.members} - {row["name"] for row in made.finished_rows()}
    jobs = [_job(made, member, 1) for member in made.members if member.name in left]
    count = len(jobs) - len(at_work.reattach(jobs))
    at_work.cancel()
    return f"asked to stop; {count} jobs on the engine {at_work.name} are cancelled, each with a checkpoint"


def _job(made: Study, member: Member, threads: int) -> Job:
    experiment = made.folder / "experiments" / f"{member.axes['experiment']}.yaml"
    run, words, base = made.run_folder(member), member.words, made.experiment(member.axes["experiment"])
    return training(member.name, experiment, run, made.episodes_of(member), threads, words, base)


def _claim(folder: Path, settings: StudySettings, experiments: Mapping[str, RunSettings]) -> Lock:
    """Make the study's folder, or go on in the one there is; the lock on it."""
    texts = {name: dump_settings(each) for name, each in experiments.items()}
    if not folder.exists():
        for base in experiments.values():  # a wrong circuit is seen here, once, and not in every process
            kind_of(base).circuit(base)
        with new_folder(folder) as (aside, lock):
            write_atomically(aside / FILE, dump_study(settings))
            (aside / "runs").mkdir()
            (aside / "experiments").mkdir()
            _write_experiments(aside, texts)
        return lock
    if not is_study(folder):
        raise PremotorError(f"{folder} exists and is no study; name another folder with --output")
    lock = Lock(folder)
    try:
        _refuse_other(folder, settings, experiments, texts)
        _write_experiments(folder, texts)
        write_atomically(folder / FILE, dump_study(settings))
    except BaseException:
        lock.release()
        raise
    return lock


def _refuse_other(
    folder: Path, settings: StudySettings, experiments: Mapping[str, RunSettings], texts: Mapping[str, str]
) -> None:
    """Names may come and go between two calls; what a name stands for may not change, since there are runs of it."""
    before = read_study(folder)
    for axis in ("circuits", "learns", "learners"):
        now, then = getattr(settings, axis), getattr(before, axis)
        for name in now.keys() & then.keys():
            if now[name] != then[name]:
                raise PremotorError(
                    f"{axis}.{name} was {then[name]} in {folder / FILE} and is {now[name]} now; give it another name, "
                    "or the study another folder"
                )
    for name, text in texts.items():
        file = folder / "experiments" / f"{name}.yaml"
        if file.exists() and file.read_text(encoding="utf-8") != text:
            raise PremotorError(
                f"the experiment {name} has other settings than before (see {file}); give it another name"
            )
    gone = {member.name for member in Study(folder).members} - {
        member.name for member in plan_study(settings, experiments)
    }
    there = sum((folder / "runs" / name).exists() for name in gone)
    if there:
        note(f"{there} runs in {folder} are no part of the study any more; they stay, and are not in its tables")


def _write_experiments(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        file = folder / "experiments" / f"{name}.yaml"
        if not file.exists():
            write_atomically(file, text)
