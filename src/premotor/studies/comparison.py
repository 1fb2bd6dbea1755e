"""A network against null models of its wiring and networks without one, over several seeds."""

import re
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

import pandas as pd

from premotor.connectome.nulls import NULL_MODELS
from premotor.errors import PremotorError
from premotor.files import Lock, read_json, write_json
from premotor.networks import NETWORKS, baseline_settings
from premotor.runs.building import build_circuit
from premotor.runs.kinds import Kind, kind_of
from premotor.runs.loading import Overrides, Source, dump_settings, load_settings
from premotor.runs.settings import RunSettings
from premotor.settings import note
from premotor.studies.contrasts import Comparison, compared
from premotor.studies.engines import engine_for, engine_settings
from premotor.studies.members import Member, finished_with, plan, row_of
from premotor.studies.processes import Job, claim, training
from premotor.studies.scheduling import CANCEL, run_jobs

CONNECTOME = "connectome"


def compare(
    experiment: Source,
    *,
    nulls: int | None = None,
    seeds: int | None = None,
    null: str | Sequence[str] | None = None,
    baselines: str | Sequence[str] | None = None,
    circuits: str | Sequence[str] | None = None,
    wirings: int | None = None,
    first: int = 0,
    jobs: int | None = None,
    engine: str | Mapping[str, object] | None = None,
    episodes: int | None = None,
    output: str | PathLike[str] | None = None,
    overrides: Overrides = (),
    progress: bool = True,
) -> Comparison:
    """Train an experiment of any kind, null models of its wiring and baselines with several seeds each, and compare.

    Runs are folders in ``runs/`` of the comparison's folder. On this machine a process makes one after another, each
    with the numbers that it has alone (``engine={"kind": "local", "keep": False}``: a process a run). Called again with
    the same settings (and maybe more nulls or seeds) it goes on: finished runs are kept, unfinished ones resumed.
    Everything about a null model's run is as the connectome's but the wiring: seeds, settings, rules for
    weights and signs.

    Args:
        experiment: a preset's name, a YAML file, a dict of settings, or settings; its wiring is no null model.
        nulls: how many wirings of each null model, with null seeds 0, 1, …; so many for each seed of learning where
            `compare.independent` is set.
        seeds: how many seeds of learning each, from the experiment's on.
        null: name of the null model, or several of them.
        baselines: kinds of networks without a connectome that are trained too (`mlp`, `gru`), by default with as many
            parameters that learn. What is None here is as the experiment's section `compare` says. An experiment whose
            own network has no wiring has no null models: its seeds are trained, and other baselines beside them.
        circuits: other connectomes that are trained too, each named as `circuit.source` names one.
        wirings: how many random wirings are drawn, each with its null models; None: the experiment's own one.
        first: seed of the first of them; the next follow it.
        jobs: runs side by side; by default one a core. The numbers do not depend on it.
        engine: where they run: the name of an engine, or a mapping with its `kind` and settings; None: this machine.
        episodes: of each test; None: as many as is usual.
        output: the comparison's folder; by default ``runs/<name>-comparison``.
        overrides: settings by dotted key.
        progress: print what happens.

    Returns:
        What ``comparison.json`` holds: `rows`, one a run; `summary`, one a wiring with means and 95%
        bootstrap intervals; `test`, for each figure the Mann–Whitney test and effect sizes of the connectome
        against the null models, over runs.

    Raises:
        PremotorError: wrong settings, a folder of another comparison, or a run that failed.
        KeyboardInterrupt: stopped by the user, after each running process wrote a checkpoint.
    """
    settings = load_settings(experiment, overrides)
    kind, chosen = kind_of(settings), settings.compare
    names = _nulls(kind, settings, chosen.null, null, nulls)
    kinds = _listed(chosen.baselines if baselines is None else baselines)
    for name in kinds:
        baseline_settings(name)
    others = _others(kind, settings, _listed(chosen.circuits if circuits is None else circuits))
    nulls = chosen.nulls if nulls is None else nulls
    seeds = chosen.seeds if seeds is None else seeds
    given = {"nulls": nulls, "seeds": seeds, "episodes": episodes, "jobs": jobs, "wirings": wirings}
    for name, value in given.items():
        if value is not None and value < 1:
            raise PremotorError(f"{name} is {value}; at least 1 is needed")
    draws = None if wirings is None else range(first, first + wirings)
    members = plan(settings, names, nulls, seeds, kinds, others, draws)
    chosen_engine = engine_settings(engine, jobs)
    folder = comparison_folder(settings) if output is None else Path(output)
    lock = _claim(folder, kind, settings)
    try:
        at_work = engine_for(chosen_engine, folder)
        threads = at_work.threads
        todo = [_job(folder, member, threads, episodes, settings) for member in members]
        left, total = [job for job in todo if job is not None], kind.total(settings)
        if progress:
            print(budget(len(members), len(left), total, at_work.at_once, kind.unit, at_work.way), flush=True)
        (folder / CANCEL).unlink(missing_ok=True)
        run_jobs(left, at_work, progress, stop=(folder / CANCEL).exists)
        result = compared([row_of(folder, member) for member in members], kind.figures, chosen.margin)
        write_json(folder / "comparison.json", result)
    finally:
        lock.release()
    return result


def comparison_folder(experiment: Source, overrides: Overrides = ()) -> Path:
    """Where a comparison goes by default."""
    return Path("runs") / f"{load_settings(experiment, overrides).name}-comparison"


def is_comparison(folder: str | Path) -> bool:
    """Whether a folder is one of a comparison, finished or not."""
    return (Path(folder) / "settings.yaml").is_file() and (Path(folder) / "runs").is_dir()


def _nulls(
    kind: Kind, settings: RunSettings, usual: Sequence[str], null: str | Sequence[str] | None, count: int | None
) -> list[str]:
    """Names of the null models, all of which there are."""
    wanted = _listed(usual if null is None else null)
    for name in wanted:
        NULL_MODELS.known(name)
    own = kind.wiring(settings)
    if not kind.rewirable(settings):
        if null is not None and wanted:
            raise PremotorError(
                f"the network ({own}) has no wiring that a null model ({', '.join(wanted)}) could replace; leave "
                "--null out to compare seeds, or name other networks with --baselines"
            )
        if count is not None:
            note(f"the network ({own}) has no wiring that a null model could replace: seeds are compared")
        return []
    held = kind.circuit_settings(settings)
    if held is not None and held.null is not None:
        raise PremotorError(
            f"circuit.null is {held.null!r}, but a comparison starts from the connectome's own "
            "wiring; leave it null and name the null model with --null"
        )
    return wanted


def _others(kind: Kind, settings: RunSettings, sources: Sequence[str]) -> dict[str, str]:
    """Where other circuits come from, by the name that a comparison gives each: that of its file or folder."""
    if not sources:
        return {}
    held = kind.circuit_settings(settings)
    if held is None or not kind.wired(settings):
        raise PremotorError(
            f"the network ({kind.wiring(settings)}) has no connectome beside which other circuits "
            f"({', '.join(sources)}) could stand"
        )
    found: dict[str, str] = {}
    for source in sources:
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(source).name.split(".")[0]).strip("-.")
        if not name or name in found or name in (CONNECTOME, *NULL_MODELS, *NETWORKS):
            raise PremotorError(f"the circuit {source!r} of the comparison needs a name of its own, but it is {name!r}")
        build_circuit(held.model_copy(update={"source": source}))
        path = Path(source)
        found[name] = str(path.resolve()) if path.exists() else source
    return found


def budget(runs: int, left: int, steps: int, jobs: int, unit: str = "control steps", way: str = "") -> str:
    """What a comparison asks for, in one line."""
    all_steps = left * steps
    most = f"{all_steps / 1e6:,.1f} million {unit}" if all_steps >= 100_000 else f"{all_steps:,} {unit}"
    side = min(jobs, max(left, 1))
    return f"{runs} runs of {steps:,} {unit} each, {left} of them to do, {side} side by side{way}: {most} at most"


def _listed(names: str | Sequence[str]) -> list[str]:
    words = names.split(",") if isinstance(names, str) else list(names)
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))


def read_wirings(folder: str | PathLike[str]) -> pd.DataFrame:
    """The runs of a comparison over random wirings, one row each; `wiring` is the seed of the wiring.

    Raises:
        PremotorError: the folder holds none.
    """
    old, new = (Path(folder) / name for name in ("seeds.json", "comparison.json"))
    if new.exists():
        table = pd.DataFrame(read_json(new)["rows"])
        table = table[table["drawn"].notna() & table["null_seed"].isna()] if "drawn" in table else table[:0]
        if len(table):
            return table.assign(wiring=table["drawn"].astype(int), mean=table["score"].astype(float))
    elif old.exists():
        return pd.DataFrame(read_json(old)).astype({"wiring": int})
    raise PremotorError(f"{folder} is no folder of runs over wirings: it has no comparison.json of drawn ones")


def _claim(folder: Path, kind: Kind, settings: RunSettings) -> Lock:
    """Make the comparison's folder, or go on in the one there is; the lock on it."""
    file = folder / "settings.yaml"

    def same() -> bool:
        return bool(load_settings(file).model_copy(update={"compare": settings.compare}) == settings)

    if not folder.exists():
        kind.circuit(settings)  # a wrong circuit is seen here, once, and not in every process
    return claim(folder, "runs", {file.name: dump_settings(settings)}, same, "comparison")


def _job(folder: Path, member: Member, threads: int, episodes: int | None, settings: RunSettings) -> Job | None:
    """What brings a run to its end, or None where it is there."""
    path = folder / "runs" / member.name
    if finished_with(path, episodes):
        return None
    return training(member.name, folder / "settings.yaml", path, episodes, threads, member.words, settings)
