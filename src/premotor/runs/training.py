"""Training: the loop around a learner, from settings to a run folder, and on from a run folder."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from premotor.connectome import load_circuit
from premotor.errors import PremotorError
from premotor.runs.arrays import flatten, load_arrays, save_arrays
from premotor.runs.building import build_circuit
from premotor.runs.checkpoints import newest_checkpoint
from premotor.runs.files import Lock, new_folder, read_json, write_atomically, write_json
from premotor.runs.initial_network import starting_arrays
from premotor.runs.loading import Overrides, dump_experiment, load_experiment
from premotor.runs.metrics import truncate_metrics
from premotor.runs.progress import TrainingProgress, speaker
from premotor.runs.provenance import provenance, session
from premotor.runs.run import Run, ended
from premotor.runs.run_folder import RunFolder, free_name
from premotor.runs.session import Session
from premotor.runs.settings import Experiment


def train(
    experiment: Experiment | Mapping[str, Any] | str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
    overrides: Overrides = (),
    progress: bool = True,
) -> Run:
    """Train a controller; everything about it is in the run folder.

    Args:
        experiment: a preset's name, a YAML file, a dict of settings, or an experiment.
        output: the run folder to make; by default ``runs/<name>``, with a number where that exists.
        overrides: settings by dotted key, as `load_experiment` takes them.
        progress: show a progress bar, or lines where there is no terminal.

    Raises:
        PremotorError: wrong settings or data, before anything is written; or training diverged.
        KeyboardInterrupt: stopped by the user, after a checkpoint was written.
    """
    settings = load_experiment(experiment, overrides)
    circuit = build_circuit(settings.circuit)
    start = starting_arrays(settings)
    folder = free_name(Path("runs") / settings.name) if output is None else Path(output)
    with new_folder(folder) as (aside, lock):
        places = RunFolder(aside)
        write_atomically(places.settings_file, dump_experiment(settings))
        circuit.save(places.circuit_folder)
        # From here on as `resume` does it: from what the folder holds, so that both compute the same.
        settings = places.settings()
        places.initial_file.parent.mkdir()
        if start is not None:
            save_arrays(places.start_file, dict(start))
        work = Session(settings, load_circuit(places.circuit_folder), start)
        save_arrays(places.initial_file, flatten(work.learner.candidate))
        write_json(places.provenance_file, provenance(settings, places.circuit_folder))
        places.metrics_file.touch()
        for empty in (places.checkpoints_folder, places.evaluations_folder):
            empty.mkdir()
    return _go_on(RunFolder(folder), work, lock, progress)


def resume(folder: str | os.PathLike[str], *, progress: bool = True) -> Run:
    """Continue a run from its newest whole checkpoint, as if it had never stopped.

    A finished run stays as it is, unless its settings now ask for more steps.

    Raises:
        PremotorError: no run folder, a damaged one, one that another process writes, or training diverged.
        KeyboardInterrupt: stopped by the user, after a checkpoint was written.
    """
    places = RunFolder.open(folder)
    lock = Lock(places.path)
    try:
        run = Run(places)
        say = speaker(progress)
        checkpoint = newest_checkpoint(places.checkpoints_folder, say)
        if checkpoint is not None and ended(checkpoint.record, run.settings):
            say(f"{places.path} is finished ({checkpoint.step:,} steps)")
            lock.release()
            return run
        start = load_arrays(places.start_file) if places.start_file.exists() else None
        work = Session(run.settings, run.circuit, start)
        if checkpoint is not None:
            work.restore(checkpoint)
        truncate_metrics(places.metrics_file, work.iteration)
        _note_session(places, work.step, say)
        for later in places.evaluations_folder.glob("*.json"):
            if later.stem.isdecimal() and int(later.stem) > work.step:
                later.unlink()
    except BaseException:
        lock.release()
        raise
    return _go_on(places, work, lock, progress)


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


def _go_on(places: RunFolder, work: Session, lock: Lock, progress: bool) -> Run:
    try:
        unit = work.environment.task.speed_unit
        with TrainingProgress(work.settings.learning.steps, work.step, progress, unit) as teller:
            work.run(places, teller)
    finally:
        lock.release()
    return Run(places)
