"""Training a spiking agent: from settings to a run folder, and on from a run folder."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from premotor.bodies.physics import available_cores
from premotor.errors import PremotorError
from premotor.runs.arrays import save_arrays
from premotor.runs.checkpoints import newest_checkpoint, save_checkpoint
from premotor.runs.files import Lock, new_folder, read_json, replace_atomically, write_atomically, write_json
from premotor.runs.loading import Overrides
from premotor.runs.metrics import MetricsLog, truncate_metrics
from premotor.runs.progress import speaker
from premotor.runs.provenance import session
from premotor.runs.run_folder import free_name
from premotor.runs.spiking.arena import Arena, Hooks
from premotor.runs.spiking.evaluation import try_weights
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.session import Work, timed, work_of
from premotor.runs.spiking.settings import SpikingExperiment, dump_spiking, load_spiking
from premotor.runs.spiking.wiring import circuit_of
from premotor.runs.stopping import stop_requests

LINE_EVERY = 10.0
"""Seconds between two lines of progress."""


def train_spiking(
    experiment: SpikingExperiment | Mapping[str, Any] | str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
    overrides: Overrides = (),
    hooks: Hooks | None = None,
    progress: bool = True,
) -> SpikingRun:
    """Train a spiking agent; everything about it is in the run folder.

    Args:
        experiment: a preset's name (`cartpole-evolution`, `cartpole-stdp`), a YAML file, a dict, or an experiment.
        output: the run folder to make; by default ``runs/<name>``, with a number where that exists.
        overrides: settings by dotted key.
        hooks: a critic or encoder of your own.
        progress: print a line now and then.

    Raises:
        PremotorError: wrong settings, or a folder that exists.
        KeyboardInterrupt: stopped by the user, after a checkpoint was written.
    """
    return _new(load_spiking(experiment, overrides), output, None, hooks, progress)


def continue_spiking(
    folder: str | os.PathLike[str],
    *,
    checkpoint: str | int = "last",
    overrides: Overrides = (),
    copy_from: str | os.PathLike[str] | None = None,
    copy_fields: Sequence[str] = (),
    output: str | os.PathLike[str] | None = None,
    hooks: Hooks | None = None,
    progress: bool = True,
) -> SpikingRun:
    """A new run that goes on from the weights of another one, maybe with other settings.

    Args:
        folder: the run to go on from.
        checkpoint: "best", "last", "initial" or an iteration.
        overrides: settings by dotted key.
        copy_from: a preset or YAML file to take whole sections from.
        copy_fields: those sections, such as ``["plasticity", "learning"]``.
        output: the run folder to make.
        hooks: a critic or encoder of your own.
        progress: print a line now and then.

    Raises:
        PremotorError: no such run, checkpoint or section.
    """
    run = SpikingRun(folder)
    data = run.settings.model_dump(mode="json")
    if copy_from is not None:
        other = load_spiking(copy_from).model_dump(mode="json")
        for name in copy_fields:
            if name not in other:
                raise PremotorError(f"there is no section {name!r} to copy; allowed are {', '.join(other)}")
            data[name] = other[name]
    iteration = run.iteration_of(checkpoint)
    data["parent"] = f"{run.folder.resolve()}@{iteration}"
    return _new(load_spiking(data, overrides), output, run.weights(checkpoint), hooks, progress)


def resume_spiking(folder: str | os.PathLike[str], *, hooks: Hooks | None = None, progress: bool = True) -> SpikingRun:
    """Continue a run from its newest whole checkpoint, as if it had never stopped.

    Raises:
        PremotorError: no run folder, a damaged one, one that another process writes, or one with functions of its
            user where `hooks` are missing.
    """
    run = SpikingRun(folder, hooks)
    trained_with = read_json(run.folder / "provenance.json").get("hooks") or []
    if trained_with != _names(hooks):
        raise PremotorError(
            f"{run.folder} was trained with {', '.join(trained_with) or 'no functions of yours'}; go on from Python "
            "with resume_spiking(…, hooks=Hooks(…)) of the same"
        )
    lock = Lock(run.folder)
    try:
        say = speaker(progress)
        parent = run.folder / "parent.safetensors"
        work = work_of(run.arena, _parent_weights(parent))
        found = newest_checkpoint(run.checkpoints_folder, say)
        reason = None
        if found is not None:
            work.restore(found.arrays)
            reason = found.record.get("finished")
        if reason == "score" or work.finished:
            say(f"{run.folder} is finished ({work.iteration:,} iterations)")
            return run
        truncate_metrics(run.metrics_file, work.iteration)
        record = read_json(run.folder / "provenance.json")
        write_json(run.folder / "provenance.json", {**record, "sessions": [*record["sessions"], session(work.steps)]})
        for later in run.evaluations_folder.glob("*.json"):
            if later.stem.isdecimal() and int(later.stem) > work.iteration:
                later.unlink()
        _learn(run, work, float(found.record.get("seconds", 0.0)) if found else 0.0, progress)
    finally:
        lock.release()
    return run


def _parent_weights(file: Path) -> Any:
    from premotor.runs.arrays import load_arrays

    return load_arrays(file)["weights"] if file.exists() else None


def _names(hooks: Hooks | None) -> list[str]:
    given = (hooks or Hooks())._asdict().items()
    return [f"{use}: {getattr(function, '__qualname__', function)}" for use, function in given if function is not None]


def _new(settings: SpikingExperiment, output: Any, weights: Any, hooks: Hooks | None, progress: bool) -> SpikingRun:
    folder = free_name(Path("runs") / settings.name) if output is None else Path(output)
    with new_folder(folder) as (aside, lock):
        write_atomically(aside / "settings.yaml", dump_spiking(settings))
        record = {"seed": settings.seed, "hooks": _names(hooks), "sessions": [session(0)]}
        write_json(aside / "provenance.json", record)
        circuit = circuit_of(settings.wiring)
        if circuit is not None:
            circuit.save(aside / "circuit")
        if weights is not None:
            save_arrays(aside / "parent.safetensors", {"weights": weights})
        (aside / "metrics.jsonl").touch()
        for empty in ("checkpoints", "evaluations"):
            (aside / empty).mkdir()
        Arena(settings, circuit, hooks)  # refuses what does not fit before the folder is there
    try:
        run = SpikingRun(folder, hooks)  # as `resume_spiking` does it
        work = work_of(run.arena, weights)
        _learn(run, work, 0.0, progress)
    finally:
        lock.release()
    return run


def _learn(run: SpikingRun, work: Work, seconds: float, progress: bool) -> None:
    settings, say = run.settings, speaker(progress)
    threads = settings.threads or available_cores()
    began = last_line = time.monotonic()
    with MetricsLog(run.metrics_file) as log, stop_requests() as request:
        finished = None
        while finished is None:
            row = timed(work, threads)
            total = seconds + time.monotonic() - began
            finished = "steps" if work.finished else None
            if finished or work.iteration % settings.evaluation.every == 0:
                score = _evaluate(run, work)
                row["evaluation"] = score
                if settings.stop.score is not None and score >= settings.stop.score:
                    finished = "score"
            log.append(row | {"iteration": work.iteration, "steps": work.steps, "seconds": round(total, 3)})
            if finished or request.signal or work.iteration % settings.checkpoints.every == 0:
                record = {"steps": work.steps, "seconds": total, "finished": finished}
                save_checkpoint(
                    run.checkpoints_folder, work.iteration, work.snapshot(), record, settings.checkpoints.keep
                )
            if time.monotonic() - last_line >= LINE_EVERY or finished:
                last_line = time.monotonic()
                test = f" · test {row['evaluation']:.1f}" if "evaluation" in row else ""
                of = "episodes of" if settings.task.kind == "cartpole" else "return"
                say(
                    f"iteration {work.iteration:>6,} · {work.steps:>10,} steps · {row['steps_per_second']:,.0f} "
                    f"steps/s · {of} {row['fitness']:.1f}{test}"
                )
            if request.signal and not finished:
                say(f"stopped with a checkpoint; continue with: premotor resume {run.folder}")
                request.obey()


def _evaluate(run: SpikingRun, work: Work) -> float:
    """Test the weights, and keep them where they are the best so far."""
    settings = run.settings.evaluation
    figures = try_weights(run, work.weights, settings.episodes, settings.seed).figures
    figures |= {"iteration": work.iteration, "steps": work.steps}
    write_json(run.evaluations_folder / f"{work.iteration:012d}.json", figures)
    best = run.folder / "best.json"
    before = read_json(best) if best.exists() else None
    if before is None or before["iteration"] > work.iteration or figures["mean"] > before["mean"]:
        with replace_atomically(run.folder / "best.safetensors") as aside:
            save_arrays(aside, {"weights": work.weights})
        write_json(best, figures)
    return float(figures["mean"])
