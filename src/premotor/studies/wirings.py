"""The same experiment on many wirings, one process each."""

import os
from pathlib import Path
from typing import Any

import pandas as pd

from premotor.bodies.physics import available_cores
from premotor.errors import PremotorError
from premotor.runs.files import Lock, new_folder, read_json, write_atomically, write_json
from premotor.runs.loading import Overrides, dump_settings
from premotor.runs.spiking.history import training_scores
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import load_spiking
from premotor.studies.processes import Job, run_jobs


def train_wirings(
    experiment: Any,
    wirings: int = 10,
    *,
    first: int = 0,
    jobs: int | None = None,
    episodes: int = 100,
    output: str | os.PathLike[str] | None = None,
    overrides: Overrides = (),
    progress: bool = True,
) -> pd.DataFrame:
    """Train an experiment on `wirings` wirings, test each, and write ``seeds.json``.

    Called again it goes on: finished runs are kept, unfinished ones resumed, and more wirings added.

    Args:
        experiment: a preset's name, a YAML file, or settings.
        wirings: how many.
        first: seed of the first wiring; the next follow it.
        jobs: runs side by side; by default one a core. The numbers do not depend on it.
        episodes: of each test.
        output: the folder; by default ``runs/<name>-seeds``.
        overrides: settings by dotted key.
        progress: print what happens.

    Returns:
        One row a wiring: wiring, figures of the test, scores of learning, the iteration with the best weights.

    Raises:
        PremotorError: wrong settings, a folder of another experiment, or a run that failed.
    """
    settings = load_spiking(experiment, overrides)
    cores = available_cores()
    jobs = cores if jobs is None else jobs
    if wirings < 1 or first < 0 or jobs < 1 or episodes < 1:
        raise PremotorError(
            f"wirings is {wirings}, first {first}, jobs {jobs} and episodes {episodes}; at least 1, 0, 1 and 1 are "
            "needed"
        )
    folder = Path("runs") / f"{settings.name}-seeds" if output is None else Path(output)
    lock = _claim(folder, dump_settings(settings))
    try:
        seeds = list(range(first, first + wirings))
        todo = [_job(folder, seed, max(1, cores // jobs), episodes) for seed in seeds]
        run_jobs([job for job in todo if job is not None], jobs, 10**12, progress)
        known = sorted(int(path.name.removeprefix("wiring-")) for path in (folder / "runs").glob("wiring-*[0-9]"))
        rows = [wiring_row(folder, seed) for seed in known if _tested(folder, seed) is not None]
        write_json(folder / "seeds.json", rows)
    finally:
        lock.release()
    return pd.DataFrame(rows)


def read_wirings(folder: str | os.PathLike[str]) -> pd.DataFrame:
    """What `train_wirings` found.

    Raises:
        PremotorError: the folder holds none.
    """
    file = Path(folder) / "seeds.json"
    if not file.exists():
        raise PremotorError(f"{folder} is no folder of runs over wirings: it has no seeds.json")
    return pd.DataFrame(read_json(file)).astype({"wiring": int})


def wiring_row(folder: Path, seed: int) -> dict[str, Any]:
    """The figures of a finished run."""
    run = SpikingRun(_place(folder, seed))
    figures = read_json(run.evaluations_folder / "test.json")
    scores = {key: value if value == value else None for key, value in training_scores(run).items()}
    keys = ("mean", "median", "least", "most", "undecided", "iteration")
    return {
        "wiring": seed,
        **{key: figures[key] for key in keys},
        **scores,
        "steps": int(run.metrics["steps"].iloc[-1]),
    }


def _place(folder: Path, seed: int) -> Path:
    return folder / "runs" / f"wiring-{seed}"


def _tested(folder: Path, seed: int) -> int | None:
    """Episodes of the test, where there is one."""
    file = _place(folder, seed) / "evaluations" / "test.json"
    return int(read_json(file)["episodes"]) if file.exists() else None


def _job(folder: Path, seed: int, threads: int, episodes: int) -> Job | None:
    path = _place(folder, seed)
    words = ["--no-report", "--episodes", str(episodes)]
    if not path.exists():
        source = str(folder / "settings.yaml")
        command = ["train", source, "--output", str(path), "--threads", str(threads), f"--wiring.seed={seed}", *words]
    elif _tested(folder, seed) == episodes:
        return None
    else:
        command = ["resume", str(path), *words]
    return Job(path.name, tuple(command), path / "metrics.jsonl", path.with_suffix(".log"))


def _claim(folder: Path, text: str) -> Lock:
    file = folder / "settings.yaml"
    if folder.exists():
        if not file.is_file() or not (folder / "runs").is_dir():
            raise PremotorError(f"{folder} exists and holds no runs over wirings; name another folder with --output")
        if file.read_text(encoding="utf-8") != text:
            raise PremotorError(f"{folder} holds runs with other settings (see {file}); name another with --output")
        return Lock(folder)
    with new_folder(folder) as (aside, lock):
        write_atomically(aside / "settings.yaml", text)
        (aside / "runs").mkdir()
    return lock
