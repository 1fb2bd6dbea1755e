"""The recorded test of a spiking agent as parquet tables, and as an NWB file (Neurodata Without Borders 2).

| what | parquet | NWB |
|---|---|---|
| every spike | spikes: time (s), cell, population, episode, step | units: spike_times (s), cell, population, action |
| every step of the task | steps: time (s), episode, step, observations, action, tie, reward | processing/task: series |
| every episode | episodes: start and stop time (s), steps, undecided moves … | trials |
| every cell | cells: cell, population, type, action that it votes for | units |
"""

import uuid
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from premotor.errors import PremotorError
from premotor.runs.files import replace_atomically
from premotor.runs.loading import dump_settings
from premotor.runs.simulation.nwb import check_nwb
from premotor.runs.spiking.records import episode_table, read_test, spikes_of_test
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import CartPoleSettings

CARTPOLE = ("position", "velocity", "angle", "angular_velocity")
TYPES = ("excitatory", "fast-spiking", "low-threshold")


def tables_of_test(run: SpikingRun) -> dict[str, pd.DataFrame]:
    """Spikes, steps, episodes and cells of the recorded test; see the table above.

    Raises:
        PremotorError: there is no recorded test, or the run's weights have changed since.
    """
    record = read_test(run)
    train = spikes_of_test(run, record)
    agent = run.agent("initial")
    network, votes = agent.network, agent.interface.action
    step = run.settings.interface.step / 1000.0
    population = np.full(network.cells, "", object)
    for name, members in network.populations.items():
        population[members] = name
    episode = record.episode
    first = np.concatenate([[0], np.cumsum(record.length)])
    variables = record.observation.shape[1]
    known = isinstance(run.settings.task, CartPoleSettings)
    names = CARTPOLE if known else [f"observation_{number}" for number in range(variables)]
    steps = pd.DataFrame({"time": np.arange(len(episode)) * step, "episode": episode})
    steps["step"] = np.arange(len(episode)) - first[episode]
    for number, name in enumerate(names):
        steps[name] = record.observation[:, number]
    steps["action"], steps["tie"], steps["reward"] = record.action, record.tie, record.reward
    episodes = episode_table(run, record)
    episodes.insert(1, "start", first[:-1] * step)
    episodes.insert(2, "stop", first[1:] * step)
    kinds = network.cell_type
    labels = TYPES if len(network.cell_types) == len(TYPES) else [str(k) for k in range(len(network.cell_types))]
    return {
        "spikes": pd.DataFrame(
            {
                "time": train.time / 1000.0,
                "cell": train.cell,
                "population": population[train.cell],
                "episode": episode[train.step],
                "step": train.step - first[episode[train.step]],
            }
        ),
        "steps": steps,
        "episodes": episodes,
        "cells": pd.DataFrame(
            {
                "cell": np.arange(network.cells),
                "population": population,
                "type": [labels[kind] for kind in kinds],
                "action": votes,
            }
        ),
    }


def export_parquet(run: SpikingRun, folder: str | Path) -> list[Path]:
    """Write the tables of the recorded test as parquet files; return them.

    Raises:
        PremotorError: there is no recorded test.
    """
    place = Path(folder)
    tables = tables_of_test(run)
    place.mkdir(parents=True, exist_ok=True)
    files = []
    for name, table in tables.items():
        files.append(place / f"{name}.parquet")
        with replace_atomically(files[-1]) as aside:
            table.to_parquet(aside, index=False)
    return files


def export_nwb(run: SpikingRun, path: str | Path) -> Path:
    """Write the recorded test as an NWB file; return its path.

    Raises:
        PremotorError: pynwb is not installed, there is no recorded test, or the file exists.
    """
    check_nwb()
    from pynwb import NWBHDF5IO, NWBFile, ProcessingModule, TimeSeries

    path = Path(path)
    if path.exists():
        raise PremotorError(f"{path} exists already; name another file or remove it first")
    tables = tables_of_test(run)
    figures = read_test(run).figures
    step = run.settings.interface.step / 1000.0
    file = NWBFile(
        session_description=f"test of {run.settings.name}: {figures['episodes']} episodes without learning",
        identifier=str(uuid.uuid4()),
        session_start_time=datetime.now(UTC),
        experiment_description=f"spiking agent, weights {figures['checkpoint']}, iteration {figures['iteration']}",
        notes=dump_settings(run.settings),
        keywords=["simulation", "reinforcement learning"],
    )
    module = ProcessingModule(name="task", description="what the agent saw and did; one sample a step of the task")
    file.add_processing_module(module)
    steps = tables["steps"]
    for name in steps.columns.difference(["time", "episode", "step"], sort=False):
        unit = {"position": "m", "velocity": "m/s", "angle": "rad", "angular_velocity": "rad/s"}.get(name, "n/a")
        values = steps[name].to_numpy()
        data = values.astype(np.int8) if values.dtype == bool else values
        module.add(TimeSeries(name=name, data=data, unit=unit, rate=1 / step, starting_time=0.0))
    for row in tables["episodes"].to_dict("records"):
        file.add_trial(start_time=row["start"], stop_time=row["stop"])
    file.add_trial_column("undecided", "fraction of undecided moves", data=tables["episodes"]["undecided"].tolist())
    file.add_trial_column("returned", "sum of the task's rewards", data=tables["episodes"]["returned"].tolist())
    _add_units(file, tables["spikes"], tables["cells"], float(tables["episodes"]["stop"].iloc[-1]))
    with warnings.catch_warnings(), replace_atomically(path) as aside:
        warnings.simplefilter("ignore", UserWarning)  # advice on chunks and suffixes
        with NWBHDF5IO(str(aside), mode="w") as out:
            out.write(file)
    return path


def _add_units(file: Any, spikes: pd.DataFrame, cells: pd.DataFrame, end: float) -> None:
    for name, words in (
        ("cell", "number of the cell"),
        ("population", "population of the cell"),
        ("action", "action that it votes for, -1 for none"),
    ):
        file.add_unit_column(name, words)
    order = np.argsort(spikes["cell"].to_numpy(), kind="stable")
    ends = np.cumsum(np.bincount(spikes["cell"], minlength=len(cells)))
    trains = np.split(spikes["time"].to_numpy()[order], ends[:-1])
    for cell, population, _, action in cells.itertuples(index=False):
        file.add_unit(
            spike_times=trains[cell],
            obs_intervals=[[0.0, end]],
            cell=cell,
            population=population,
            action=int(action),
        )
