"""The connectome against null models of its wiring and baselines, over several seeds, one process a run."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from premotor.analysis import bootstrap_mean, hedges_g, mann_whitney
from premotor.bodies.physics import available_cores
from premotor.connectome.nulls import NULL_MODELS
from premotor.errors import PremotorError
from premotor.networks import NETWORKS, baseline_settings, is_baseline
from premotor.runs.building import build_circuit
from premotor.runs.files import Lock, new_folder, read_json, write_atomically, write_json
from premotor.runs.loading import Overrides, dump_experiment, load_experiment
from premotor.runs.run import Run
from premotor.runs.settings import Experiment
from premotor.studies.processes import Job, run_jobs

FIGURES = ("score", "survived", "speed", "speed_error", "success", "return")
CONNECTOME = "connectome"


class Member(NamedTuple):
    """One run of a comparison."""

    name: str
    wiring: str
    """`connectome`, the name of a null model or of another circuit, or the kind of a baseline."""
    null_seed: int | None
    """None but for null models."""
    seed: int
    other: bool = False
    """Whether it is a baseline beside the experiment's own."""
    source: str | None = None
    """Of another circuit, as `circuit.source`."""

    def overrides(self, threads: int) -> list[str]:
        """How its settings differ from the comparison's."""
        words = ["--seed", str(self.seed), "--threads", str(threads), "--name", self.name]
        if self.null_seed is not None:
            words += ["--circuit.null", self.wiring, "--circuit.null_seed", str(self.null_seed)]
        elif self.other:
            words += ["--network.kind", self.wiring]
        elif self.source is not None:
            words += ["--circuit.source", self.source]
        return words


def compare(
    experiment: Experiment | Mapping[str, Any] | str | os.PathLike[str],
    *,
    nulls: int | None = None,
    seeds: int | None = None,
    null: str | Sequence[str] | None = None,
    baselines: str | Sequence[str] | None = None,
    circuits: str | Sequence[str] | None = None,
    jobs: int | None = None,
    episodes: int = 100,
    output: str | os.PathLike[str] | None = None,
    overrides: Overrides = (),
    progress: bool = True,
) -> dict[str, Any]:
    """Train the connectome, null models of it and baselines with several seeds each, test all, and compare.

    Runs are processes of their own in ``runs/`` of the comparison's folder. Called again with the same
    settings (and maybe more nulls or seeds) it goes on: finished runs are kept, unfinished ones resumed.
    Everything about a null model's run is as the connectome's but the wiring: seeds, settings, rules for
    weights and signs.

    Args:
        experiment: a preset's name, a YAML file, a dict of settings, or an experiment; its wiring is the
            connectome's own (`circuit.null` is null).
        nulls: how many wirings of each null model, with null seeds 0, 1, …; so many for each seed of learning where
            `compare.independent` is set.
        seeds: how many seeds of learning each, from the experiment's on.
        null: name of the null model, or several of them.
        baselines: kinds of networks without a connectome that are trained too (`mlp`, `gru`), by default with as many
            parameters that learn. What is None here is as the experiment's section `compare` says. An experiment whose
            own network is a baseline has no null models: its seeds are trained, and other baselines beside them.
        circuits: other connectomes that are trained too, each named as `circuit.source` names one.
        jobs: processes side by side; by default one a core. The numbers do not depend on it.
        episodes: of each test.
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
    settings = load_experiment(experiment, overrides)
    chosen = settings.compare
    wanted = _listed(chosen.null if null is None else null)
    if is_baseline(settings.network.kind):
        if null is not None:
            raise PremotorError(
                f"network.kind is {settings.network.kind}: it has no wiring that a null model ({', '.join(wanted)}) "
                "could replace; leave --null out to compare seeds, or name other networks with --baselines"
            )
        wanted = []
    kinds = _listed(chosen.baselines if baselines is None else baselines)
    others = _others(settings, _listed(chosen.circuits if circuits is None else circuits))
    nulls = chosen.nulls if nulls is None else nulls
    seeds = chosen.seeds if seeds is None else seeds
    for name in wanted:
        NULL_MODELS.known(name)
    for kind in kinds:
        baseline_settings(kind)
    if settings.circuit.null is not None:
        raise PremotorError(
            f"circuit.null is {settings.circuit.null!r}, but a comparison starts from the connectome's own "
            "wiring; leave it null and name the null model with --null"
        )
    for name, value, least in (("nulls", nulls, 1), ("seeds", seeds, 1), ("episodes", episodes, 1)):
        if value < least:
            raise PremotorError(f"{name} is {value}; at least {least} is needed")
    cores = available_cores()
    jobs = cores if jobs is None else jobs
    if jobs < 1:
        raise PremotorError(f"jobs is {jobs}; at least 1 is needed")
    folder = comparison_folder(settings) if output is None else Path(output)
    lock = _claim(folder, settings)
    try:
        members = plan(settings, wanted, nulls, seeds, kinds, others)
        threads = max(1, cores // jobs)
        todo = [_job(folder, member, threads, episodes) for member in members]
        total = settings.learning.steps
        left = [job for job in todo if job is not None]
        if progress:
            print(budget(len(members), len(left), total, jobs), flush=True)
        run_jobs(left, jobs, total, progress)
        result = compared([row_of(folder, member) for member in members])
        write_json(folder / "comparison.json", result)
    finally:
        lock.release()
    return result


def comparison_folder(
    experiment: Experiment | Mapping[str, Any] | str | os.PathLike[str], overrides: Overrides = ()
) -> Path:
    """Where a comparison goes by default."""
    return Path("runs") / f"{load_experiment(experiment, overrides).name}-comparison"


def plan(
    settings: Experiment,
    null: Sequence[str],
    nulls: int,
    seeds: int,
    baselines: Sequence[str] = (),
    circuits: Mapping[str, str] | None = None,
) -> list[Member]:
    """The runs, seed by seed, so that an unfinished comparison is balanced.

    Where the experiment's own network is a baseline, it takes the connectome's place and there are no null models.
    """
    members = []
    own = settings.network.kind if is_baseline(settings.network.kind) else CONNECTOME
    for seed in range(settings.seed, settings.seed + seeds):
        members.append(Member(f"{own}-s{seed}", own, None, seed))
        first = (seed - settings.seed) * nulls if settings.compare.independent else 0
        members += [Member(f"{name}-{k}-s{seed}", name, k, seed) for name in null for k in range(first, first + nulls)]
        members += [Member(f"{kind}-s{seed}", kind, None, seed, True) for kind in baselines if kind != own]
        members += [
            Member(f"{name}-s{seed}", name, None, seed, source=source) for name, source in (circuits or {}).items()
        ]
    return members


def _others(settings: Experiment, sources: Sequence[str]) -> dict[str, str]:
    """Where other circuits come from, by the name that a comparison gives each: that of its file or folder."""
    if sources and is_baseline(settings.network.kind):
        raise PremotorError(
            f"network.kind is {settings.network.kind}: it has no wiring beside which other circuits "
            f"({', '.join(sources)}) could stand"
        )
    found: dict[str, str] = {}
    for source in sources:
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(source).name.split(".")[0]).strip("-.")
        if not name or name in found or name in (CONNECTOME, *NULL_MODELS, *NETWORKS):
            raise PremotorError(f"the circuit {source!r} of the comparison needs a name of its own, but it is {name!r}")
        build_circuit(settings.circuit.model_copy(update={"source": source}))
        path = Path(source)
        found[name] = str(path.resolve()) if path.exists() else source
    return found


def budget(runs: int, left: int, steps: int, jobs: int) -> str:
    """What a comparison asks for, in one line."""
    return (
        f"{runs} runs of {steps:,} control steps each, {left} of them to do, {min(jobs, max(left, 1))} side by side: "
        f"{left * steps / 1e6:,.1f} million steps at most"
    )


def _listed(names: str | Sequence[str]) -> list[str]:
    words = names.split(",") if isinstance(names, str) else list(names)
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))


def row_of(folder: Path, member: Member) -> dict[str, Any]:
    """The figures of a finished run; PremotorError where its test is missing or damaged."""
    run = Run(folder / "runs" / member.name)
    figures = read_json(run.places.test_file)
    if not isinstance(figures, dict) or not isinstance(figures.get("score"), int | float):
        raise PremotorError(f"{run.places.test_file} is damaged: it has no score")
    return {
        **{name: value for name, value in member._asdict().items() if name not in ("other", "source")},
        **{name: figures.get(name) for name in FIGURES},
        "steps": run.step,
        "best_step": figures.get("step"),
        "finished": run.finished,
    }


def compared(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means and intervals by wiring, and the connectome against each null model, over runs.

    Runs with the same null seed share a wiring and are not independent; with several seeds the tests are
    therefore a little too sure, unless `compare.independent` gave every seed null wirings of its own.
    """
    wirings = list(dict.fromkeys(row["wiring"] for row in rows))
    own = wirings[0]
    values = {
        (wiring, figure): np.array(
            [row[figure] for row in rows if row["wiring"] == wiring and row.get(figure) is not None], float
        )
        for wiring in wirings
        for figure in FIGURES
    }
    summary = []
    for wiring in wirings:
        figures = {figure: _interval(values[wiring, figure]) for figure in FIGURES}
        entry = {"wiring": wiring, "runs": len(values[wiring, "score"]), **figures["score"]}
        summary.append({**entry, "figures": figures})
    tests = []
    for wiring in wirings:
        for figure in FIGURES:
            ours, theirs = values[own, figure], values[wiring, figure]
            if wiring == own or not len(ours) or not len(theirs):
                continue
            ranks = mann_whitney(ours, theirs)
            tests.append(
                {
                    "wiring": wiring,
                    "figure": figure,
                    "u": ranks.u,
                    "p": ranks.p,
                    "rank_biserial": ranks.rank_biserial,
                    "hedges_g": _number(hedges_g(ours, theirs)),
                }
            )
    return {"rows": rows, "summary": summary, "test": tests}


def _interval(values: np.ndarray) -> dict[str, float | None]:
    if not len(values):
        return {"mean": None, "ci_low": None, "ci_high": None}
    estimate = bootstrap_mean(values)
    return {"mean": estimate.value, "ci_low": _number(estimate.low), "ci_high": _number(estimate.high)}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _claim(folder: Path, settings: Experiment) -> Lock:
    """Make the comparison's folder, or go on in the one there is; the lock on it."""
    file = folder / "settings.yaml"
    if folder.exists():
        if not file.is_file() or not (folder / "runs").is_dir():
            raise PremotorError(f"{folder} exists and is no comparison; name another folder with --output")
        held = load_experiment(file)
        if held.model_copy(update={"compare": settings.compare}) != settings:
            raise PremotorError(
                f"{folder} holds a comparison with other settings (see {file}); name another folder with --output"
            )
        return Lock(folder)
    build_circuit(settings.circuit)  # a wrong circuit is seen here, once, and not in every process
    with new_folder(folder) as (aside, lock):
        write_atomically(aside / "settings.yaml", dump_experiment(settings))
        (aside / "runs").mkdir()
    return lock


def _job(folder: Path, member: Member, threads: int, episodes: int) -> Job | None:
    """The command that brings a run to its end, or None where it is there."""
    path = folder / "runs" / member.name
    words = ["--no-report", "--episodes", str(episodes)]
    if not path.exists():
        command = ["train", str(folder / "settings.yaml"), "--output", str(path), *words]
        command += member.overrides(threads)
    else:
        run = Run(path)
        if run.finished and _tested(run, episodes):
            return None
        command = ["resume", str(path), *words]
    return Job(member.name, tuple(command), path / "metrics.jsonl", folder / "runs" / f"{member.name}.log")


def _tested(run: Run, episodes: int) -> bool:
    file = run.places.test_file
    if not file.exists():
        return False
    figures = read_json(file)
    return isinstance(figures, dict) and figures.get("episodes") == episodes
