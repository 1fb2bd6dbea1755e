"""Training of every kind: from settings to a run folder, on from a run folder, and what follows at the end."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from premotor.connectome import load_circuit
from premotor.errors import PremotorError
from premotor.files import Lock, new_folder, read_json, write_atomically, write_json
from premotor.registry import Registry
from premotor.runs.arrays import load_arrays, save_arrays
from premotor.runs.blas import one_blas_thread
from premotor.runs.checkpoints import ARRAYS, Checkpoint, newest_checkpoint
from premotor.runs.effect import leaves, refuse_memory
from premotor.runs.figures import Figures
from premotor.runs.hooks import UserFunctions, hook_names
from premotor.runs.kinds import Evaluation, Work, kind_of
from premotor.runs.loading import Overrides, Source, dump_settings, load_settings, override_pairs
from premotor.runs.loop import Loop
from premotor.runs.progress import TrainingProgress, speaker
from premotor.runs.provenance import provenance, session
from premotor.runs.run import Run, ended
from premotor.runs.run_folder import RunFolder, free_name, truncate_metrics
from premotor.runs.settings import RunSettings
from premotor.runs.tracking import check_trackers
from premotor.runs.warm_start import warm_start


@one_blas_thread
def train(
    experiment: Source,
    *,
    output: str | os.PathLike[str] | None = None,
    overrides: Overrides = (),
    initial: str | os.PathLike[str] | Run | None = None,
    partial: bool | None = None,
    hooks: UserFunctions | None = None,
    progress: bool = True,
    finish: bool = True,
    episodes: int | None = None,
    report: bool = True,
    track: Sequence[str] = (),
    overwrite: bool = False,
    **changes: object,
) -> Run:
    """Train an experiment of any kind, test it and write its report; everything about it is in the run folder.

    Args:
        experiment: a preset's name, a YAML file, a dict of settings, or settings.
        output: the run folder to make; by default ``runs/<name>``, with a number where that exists.
        overrides: settings by dotted key, as `load_settings` takes them.
        initial: a run, a run folder or ``FOLDER@CHECKPOINT`` whose weights this one begins with; as the setting
            `initial.run`.
        partial: whether parts that do not fit may be left; as the setting `initial.partial`.
        hooks: functions of your own, where the kind takes some (`premotor.runs.spiking.Hooks`).
        progress: show a progress bar, or lines where there is no terminal, and what is found at the end.
        finish: whether to test it when learning has ended.
        episodes: of that test; None: as `evaluate` takes them.
        report: whether lesions, video and page follow the test.
        track: where metrics go beside the run folder and TensorBoard, now and after `resume`: "wandb", "mlflow", or of
            your own (`premotor.runs.tracking.TRACKERS`).
        overwrite: whether a run in the folder `output`, or in ``runs/<name>``, is replaced.
        changes: further settings by their name at the top, sections as dicts:
            ``train("walk", seed=1, learning={"steps": 100_000})``.

    Raises:
        PremotorError: wrong settings or data, before anything is written; or training diverged.
        KeyboardInterrupt: stopped by the user, after a checkpoint was written.
    """
    settings = load_settings(experiment, {**override_pairs(overrides), **leaves(changes)})
    if initial is not None:
        place = str(initial.folder if isinstance(initial, Run) else initial)
        settings = load_settings(settings, {"initial": place})
    if partial is not None:
        settings = load_settings(settings, {"initial.partial": partial})
    kind = kind_of(settings)
    refuse_memory(settings)
    check_trackers(track)
    circuit = kind.circuit(settings)
    usual = Path("runs") / settings.name
    folder = Path(output) if output is not None else usual if overwrite else free_name(usual)
    say = speaker(progress)
    with new_folder(folder, RunFolder(folder).provenance_file.name if overwrite else "") as (aside, lock):
        places = RunFolder(aside)
        write_atomically(places.settings_file, dump_settings(settings))
        if circuit is not None:
            circuit.save(places.circuit_folder)
            circuit = load_circuit(places.circuit_folder)
        # From here on as `resume` does it: from what the folder holds, so that both compute the same.
        settings = load_settings(places.settings_file)
        places.initial_file.parent.mkdir()
        start, parent = warm_start(settings, circuit, say)
        if start is not None:
            save_arrays(places.start_file, dict(start))
        for empty in (places.checkpoints_folder, places.evaluations_folder):
            empty.mkdir()
        work = kind.work(settings, circuit, start, RunFolder(folder), hooks)
        save_arrays(places.initial_file, work.initial)
        record = provenance(settings, places.circuit_folder) | parent | {"parameters": work.parameters}
        named = hook_names(hooks)
        write_json(places.provenance_file, record | ({"hooks": named} if named else {}))
        places.metrics_file.touch()
        if track:
            write_json(places.tracking_file, dict.fromkeys(track))
    return _go_on(Run(folder, hooks), work, None, lock, progress, finish, episodes, report)


@one_blas_thread
def resume(
    folder: str | os.PathLike[str],
    *,
    hooks: UserFunctions | None = None,
    progress: bool = True,
    finish: bool = True,
    episodes: int | None = None,
    report: bool = True,
) -> Run:
    """Continue a run from its newest whole checkpoint, as if it had never stopped; see `train`.

    A finished run stays as it is, unless its settings now ask for more steps. To go on with other settings, begin a
    new run with its weights: ``train(…, initial=folder)``.

    Raises:
        PremotorError: no run folder, a damaged one, one that another process writes, one with functions of its user
            where `hooks` are missing, or training diverged.
        KeyboardInterrupt: stopped by the user, after a checkpoint was written.
    """
    places = RunFolder.open(folder)
    lock = Lock(places.path)
    try:
        run = Run(places, hooks)
        kind, say = run.kind, speaker(progress)
        if not kind.resumable:
            raise PremotorError(f"{places.path} is a run of the kind {kind.name}, which is there in full; make another")
        _check_hooks(places, hooks)
        checkpoint = newest_checkpoint(places.checkpoints_folder, say)
        reason = None if checkpoint is None else ended(checkpoint.record, kind, run.settings)
        done = reason is not None and not (reason == "steps" and kind.cut_short)
        work: Work | None = None
        if not done:
            start = load_arrays(places.start_file) if places.start_file.exists() else None
            work = kind.work(run.settings, run.wiring, start, places, hooks)
            if checkpoint is not None:
                work.restore(checkpoint.arrays, checkpoint.folder / ARRAYS)
            done = work.finished
        if done or work is None:
            say(f"{places.path} is finished ({run.step:,} steps)")
            lock.release()
            return kind.opened(finish_run(run, episodes, report, say) if finish else run)
        places.evaluations_folder.mkdir(exist_ok=True)
        truncate_metrics(places.metrics_file, work.iteration)
        _note_session(places, work.steps, say)
        for later in places.evaluations_folder.glob("*.json"):
            if later.stem.isdecimal() and int(later.stem) > work.step:
                later.unlink()
    except BaseException:
        lock.release()
        raise
    return _go_on(run, work, checkpoint, lock, progress, finish, episodes, report)


def train_or_resume(
    settings: RunSettings,
    output: str | os.PathLike[str] | None,
    place: Path = Path("runs"),
    *,
    hooks: UserFunctions | None = None,
    progress: bool = True,
) -> Run:
    """Train into a new folder of `place`, or go on with the run in `output`, if it has the same settings.

    Raises:
        PremotorError: the folder holds something else.
    """
    if output is None or not Path(output).exists():
        output = free_name(place / settings.name) if output is None else output
        return train(settings, output=output, hooks=hooks, progress=progress, finish=False)
    if not (Path(output) / "settings.yaml").exists():
        raise PremotorError(f"{output} exists already and is no run folder; name another folder")
    run = Run(output, hooks)
    if run.settings != settings:
        raise PremotorError(f"{output} holds a result of other settings; name another folder, or remove it first")
    return resume(output, hooks=hooks, progress=progress, finish=False)


def _check_hooks(places: RunFolder, hooks: UserFunctions | None) -> None:
    record = read_json(places.provenance_file)
    trained_with = (record.get("hooks") if isinstance(record, dict) else None) or []
    if trained_with != hook_names(hooks):
        raise PremotorError(
            f"{places.path} was trained with {', '.join(trained_with) or 'no functions of yours'}; go on from Python "
            "with resume(…, hooks=Hooks(…)) of the same"
        )


def _note_session(places: RunFolder, step: int, say: Callable[[str], None]) -> None:
    """Add this process to the run's record; say so where other versions may give other numbers."""
    record = read_json(places.provenance_file)
    sessions = record.get("sessions") if isinstance(record, dict) else None
    if not isinstance(sessions, list) or not sessions or not isinstance(sessions[0], dict):
        raise PremotorError(f"{places.provenance_file} is damaged: it has no sessions")
    now = session(step)
    for part in ("versions", "machine"):  # sums split among another number of cores are rounded otherwise
        before = sessions[-1].get(part)
        before = before if isinstance(before, dict) else {}
        changed = [
            f"{name} {before.get(name)} → {value}" for name, value in now[part].items() if before.get(name) != value
        ]
        if changed:
            say(f"warning: other {part} than before ({', '.join(changed)}); numbers may differ")
    write_json(places.provenance_file, {**record, "sessions": [*sessions, now]})


def _go_on(
    run: Run,
    work: Work,
    checkpoint: Checkpoint | None,
    lock: Lock,
    progress: bool,
    finish: bool,
    episodes: int | None,
    report: bool,
) -> Run:
    schedule = work.schedule
    try:
        with TrainingProgress(schedule.total, work.step, progress, schedule.unit) as teller:
            Loop(work, run.places, checkpoint).run(teller)
    finally:
        lock.release()
    return run.kind.opened(finish_run(run, episodes, report, speaker(progress)) if finish else run)


WRITERS: Registry[Callable[[Path], Sequence[Path]]] = Registry(
    "writer of pages and videos", {"report": "premotor.report.video", "video": "premotor.report.video"}
)
"""What writes the page ("report") and the video ("video") of a folder; the room of reports registers itself here."""


def finish_run(run: Run, episodes: int | None = None, report: bool = True, say: Callable[[str], object] = print) -> Run:
    """Test a trained run; with `report` also write its lesions, video and page; say what was reached."""
    kind, settings = run.kind, run.settings
    test = Evaluation(episodes, threads=settings.threads)
    say(f"testing the best of it{'' if episodes is None else f' in {episodes} episodes'} …")
    say(kind.verdict(run, kind.evaluate(run, test)))
    if not report:
        return run
    if kind.lesioned(settings):
        say("silencing each group of its synapses in turn …")
        rows = kind.lesions(run, test)
        if rows is not None:
            say(worth(rows, kind.score))
    kind.looked_into(run, test)
    try:
        say(f"video: {', '.join(map(str, WRITERS['video'](run.folder)))}")
    except PremotorError as error:  # a report without a video is better than none
        say(f"no video: {error}")
    say(f"report: {', '.join(map(str, WRITERS['report'](run.folder)))}")
    chosen = kind.circuit_settings(settings)
    if run.wired and chosen is not None and chosen.null is None:
        say("is it the wiring? compare with null models of it:")
        say(f"  premotor compare {run.places.settings_file} --nulls 3 --seeds 2")
    return run


def worth(rows: Sequence[Figures], score: str = "score") -> str:
    """What is left without the recurrent synapses, in one line."""
    by_name = {row["name"]: row for row in rows}
    intact, lesioned = by_name["intact"], by_name.get("all recurrent")
    between = by_name.get("interneuron → interneuron")
    parts = [f"score {intact[score]:.2f} intact"]
    if lesioned is not None:
        parts.append(f"{lesioned[score]:.2f} without all recurrent synapses")
    if between is not None:
        parts.append(f"{between[score]:.2f} without those from interneurons to interneurons")
    return "; ".join(parts)
